//! Page and engine in a browser that refuses relaxed SIMD by itself: Firefox with the preference that takes it away.
//!
//! Chromium cannot be made one, and a `WebAssembly.validate` that a test has replaced (see `builds.rs`) shows only
//! which build is chosen, not that the browser takes it.

use crate::golden_chain::Golden;
use crate::models_folder::ModelsFolder;
use crate::page_states::{Answer, SETTLED, showing};
use crate::server::Server;
use crate::site::{manifest, models};
use chromium::Firefox;
use messages::{EngineInfo, Prediction};
use serde_json::json;

/// The browser, after it was asked whether it is one: it refuses the relaxed build, and takes the other.
fn launch(origin: &str) -> Firefox {
    let preferences = [("javascript.options.wasm_relaxed_simd", false), ("devtools.jsonview.enabled", false)];
    let mut page = Firefox::launch(&chromium::find_firefox().unwrap(), &preferences).unwrap();
    page.goto(&format!("{origin}/models/manifest.json")).unwrap();
    let takes: [bool; 2] = page
        .evaluate(
            "const module = async (build) => (await fetch(`/engine/${build}/tickertone_engine_bg.wasm`)).arrayBuffer();
             return [WebAssembly.validate(await module('relaxed')), WebAssembly.validate(await module('simd128'))];",
        )
        .unwrap();
    assert_eq!(takes, [false, true], "whether the browser takes the relaxed and the simd128 build");
    page
}

#[test]
fn the_engine_computes_what_the_trainer_wrote_down() {
    let server = Server::start(&models(), None);
    let mut page = launch(&server.origin);
    for model in manifest().models {
        let golden = Golden::read(&model);
        for worker in [true, false] {
            let (info, found): (EngineInfo, Vec<Prediction>) =
                page.evaluate(&golden.script(&model, "auto", worker)).unwrap();
            assert_eq!(info.engine, "simd128");
            golden.assert_agrees(&model, &info, &found);
        }
    }
}

#[test]
fn the_page_classifies() {
    let folder = ModelsFolder::without_preview();
    let path = folder.path().to_owned();
    let server = Server::start(&path, Some(folder));
    let mut page = launch(&server.origin);
    let text = "Shares plunge after guidance cut";
    let script = format!(
        "const {{ Classifier }} = await import('/engine/tickertone.js');
         const {{ models: [{{ file }}] }} = await (await fetch('/models/manifest.json')).json();
         const classifier = await Classifier.load({{ model: '/models/' + file }});
         const [prediction] = await classifier.classify([{}]);
         classifier.dispose();
         return prediction;",
        json!(text)
    );
    let expected: Prediction = page.evaluate(&script).unwrap();
    assert_eq!(expected.label, "Bearish");

    page.goto(&server.origin).unwrap();
    page.wait_for::<bool>("!!document.querySelector('#tweet')").unwrap();
    let typed = format!("tweet.focus(); return document.execCommand('insertText', false, {});", json!(text));
    assert!(page.evaluate::<bool>(&typed).unwrap(), "the text was not typed");
    page.wait_for::<Answer>(&showing(SETTLED, &expected)).unwrap();
    let build: String =
        page.evaluate("return document.querySelector('[data-testid=engine]').textContent;").unwrap();
    assert!(build.contains("simd128 "), "the page runs {build}");
    assert_eq!(page.errors(), &[] as &[String]);
}

//! Engine and model from another origin, and pages under policies: what works, and which header an error names.

use crate::elsewhere::Elsewhere;
use crate::site::{Site, default_model};
use serde_json::json;

const OPEN: &[(&str, &str)] = &[("/", "Access-Control-Allow-Origin: *")];

/// Opens the first origin's page, imports the engine of the second and loads with these options, as they are written in
/// JavaScript; returns a label and the totals that were told, or what went wrong.
fn load(
    site: &mut Site,
    page: &str,
    engine: &str,
    options: &str,
) -> Result<(String, Vec<Option<u64>>), String> {
    site.page.goto(page).unwrap();
    let script = format!(
        "const {{ Classifier }} = await import('{engine}/engine/tickertone.js');
         const totals = [];
         try {{
           const onProgress = ({{ total }}) => totals.push(total ?? null);
           const classifier = await Classifier.load({{ onProgress, ...({options}) }});
           const [{{ label }}] = await classifier.classify(['Shares plunge after a profit warning']);
           classifier.dispose();
           return {{ Ok: [label, totals] }};
         }} catch (error) {{
           return {{ Err: error.message }};
         }}"
    );
    site.page.evaluate(&script).unwrap()
}

#[test]
fn a_model_of_another_origin_is_taken_packed_or_not() {
    let mut site = Site::open();
    let (here, there) = (Elsewhere::start(&[]).origin, Elsewhere::start(OPEN).origin);
    let model = default_model();
    for worker in [true, false] {
        for (file, size) in [("model.gguf", Some(model.size_bytes)), ("packed.gguf", None)] {
            let options =
                format!("{{ model: '{there}/{file}', sha256: '{}', worker: {worker} }}", model.sha256);
            let (label, totals) = load(&mut site, &here, &here, &options).unwrap();
            assert_eq!(label, "Bearish");
            assert_eq!(totals.last(), Some(&size), "{file}");
        }
    }
}

#[test]
fn a_model_that_another_origin_withholds_names_the_header() {
    let mut site = Site::open();
    let (here, there) = (Elsewhere::start(&[]).origin, Elsewhere::start(&[]).origin);
    for worker in [true, false] {
        let options = format!("{{ model: '{there}/model.gguf', worker: {worker} }}");
        let message = load(&mut site, &here, &here, &options).unwrap_err();
        let header = format!("{there} answers with Access-Control-Allow-Origin for {here}");
        assert!(message.contains(&header), "{message}");
    }
}

#[test]
fn an_engine_of_another_origin_starts_its_worker_where_it_is_named() {
    let mut site = Site::open();
    let (here, there) = (Elsewhere::start(&[]).origin, Elsewhere::start(OPEN).origin);
    let message = load(&mut site, &here, &there, "{ model: '/model.gguf' }").unwrap_err();
    assert!(message.contains("workerUrl") && message.contains("worker: false"), "{message}");
    for more in [format!("workerUrl: '{there}/engine/worker.js'"), "worker: false".to_owned()] {
        let options = format!("{{ model: '/model.gguf', {more} }}");
        assert_eq!(load(&mut site, &here, &there, &options).unwrap().0, "Bearish", "{more}");
    }
}

#[test]
fn under_an_embedder_policy_the_worker_needs_the_same_header() {
    let mut site = Site::open();
    // With a slash alone, the header is the page's and the engine's; else it is the page's alone.
    for (headers, is_worker_allowed) in [
        (&[("/", "Cross-Origin-Embedder-Policy: require-corp")][..], true),
        (&[("/?", "Cross-Origin-Embedder-Policy: require-corp")], false),
    ] {
        let here = Elsewhere::start(headers).origin;
        let found = load(&mut site, &format!("{here}/?"), &here, "{ model: '/model.gguf' }");
        match found {
            Ok((label, _)) => assert!(is_worker_allowed && label == "Bearish"),
            Err(message) => {
                assert!(!is_worker_allowed, "{message}");
                for words in ["Cross-Origin-Embedder-Policy", "worker: false"] {
                    assert!(message.contains(words), "expected `{words}` in `{message}`");
                }
                let found =
                    load(&mut site, &format!("{here}/?"), &here, "{ model: '/model.gguf', worker: false }");
                assert_eq!(found.unwrap().0, "Bearish");
            }
        }
    }
}

#[test]
fn in_a_sandboxed_frame_the_engine_runs_without_workers() {
    let mut site = Site::open();
    let (here, there) = (Elsewhere::start(&[]).origin, Elsewhere::start(OPEN).origin);
    site.page.goto(&here).unwrap();
    let frame = |options: &str| {
        format!(
            "<script type=module>
               const {{ Classifier }} = await import('{there}/engine/tickertone.js');
               const said = await Classifier.load({{ model: '{there}/model.gguf', {options} }})
                 .then((classifier) => classifier.classify(['Shares plunge after a profit warning']))
                 .then(([{{ label }}]) => label, ({{ message }}) => message);
               parent.postMessage(said, '*');
             </script>"
        )
    };
    let mut says = |options: &str| -> String {
        let script = format!(
            "const frame = document.createElement('iframe');
             frame.sandbox = 'allow-scripts';
             frame.srcdoc = {};
             const said = new Promise((resolve) => addEventListener('message', ({{ data }}) => resolve(data), {{ once: true }}));
             document.body.append(frame);
             return said;",
            json!(frame(options))
        );
        site.page.evaluate(&script).unwrap()
    };
    let message = says("");
    assert!(message.contains("worker: false"), "{message}");
    assert_eq!(says("worker: false"), "Bearish");
}

//! Which build of the engine runs: the one that was asked for, or another one that says why.

use crate::site::{Site, default_model, prelude};
use messages::{EngineInfo, Prediction};

/// Makes the browser one without relaxed SIMD: the opcode with this byte is in no other probe.
const WITHOUT_RELAXED: &str = "
    const validate = WebAssembly.validate;
    WebAssembly.validate = (bytes) => !bytes.includes(147) && validate(bytes);";

/// Loads with these options after this preparation, classifies a text, and says what answered.
fn load(site: &mut Site, preparation: &str, options: &str) -> (EngineInfo, Prediction) {
    // Another document for each: a preparation spoils it.
    site.goto_blank();
    let script = format!(
        "{} {preparation}
         const classifier = await Classifier.load({{ ...options, ...({options}) }});
         const [prediction] = await classifier.classify(['Shares plunge after guidance cut']);
         classifier.dispose();
         return [classifier.info, prediction];",
        prelude()
    );
    site.page.evaluate(&script).unwrap()
}

#[test]
fn every_build_runs_and_names_itself() {
    let mut site = Site::open();
    let model = default_model();
    for (engine, expected) in [("auto", "relaxed"), ("relaxed", "relaxed"), ("simd128", "simd128")] {
        for worker in [true, false] {
            let options = format!("{{ engine: '{engine}', worker: {worker} }}");
            let (info, prediction) = load(&mut site, "", &options);
            assert_eq!((info.engine.as_str(), &info.fallback), (expected, &None), "{options}");
            assert_eq!((&info.model, &info.labels), (&model.id, &model.labels));
            assert!(!info.kernel.is_empty() && info.max_tokens >= 64, "{info:?}");
            assert_eq!(prediction.label, "Bearish", "{options}");
        }
    }
}

#[test]
fn a_build_that_the_browser_cannot_validate_is_replaced() {
    let mut site = Site::open();
    for (options, is_told) in
        [("{ engine: 'relaxed' }", true), ("{ engine: 'auto' }", false), ("{ engine: 'simd128' }", false)]
    {
        let (info, prediction) = load(&mut site, WITHOUT_RELAXED, options);
        assert_eq!(info.engine, "simd128", "{options}");
        let fallback = info.fallback.unwrap_or_default();
        assert_eq!(fallback.contains("lacks relaxed WebAssembly SIMD"), is_told, "{options}: {fallback}");
        assert_eq!(fallback.is_empty(), !is_told, "{options}: {fallback}");
        assert_eq!(prediction.label, "Bearish", "{options}");
    }
}

#[test]
fn a_build_that_the_browser_cannot_compile_is_replaced() {
    let mut site = Site::open();
    let broken = "
        const compileStreaming = WebAssembly.compileStreaming;
        WebAssembly.compileStreaming = async (source) => {
          if ((await source).url.includes('/relaxed/')) throw new WebAssembly.CompileError('an odd opcode');
          return compileStreaming(source);
        };";
    for engine in ["auto", "relaxed"] {
        let options = format!("{{ engine: '{engine}', worker: false }}");
        let (info, prediction) = load(&mut site, broken, &options);
        assert_eq!(info.engine, "simd128", "{options}");
        let fallback = info.fallback.unwrap_or_default();
        assert!(fallback.contains("\"relaxed\"") && fallback.contains("an odd opcode"), "{fallback}");
        assert_eq!(prediction.label, "Bearish", "{options}");
    }
}

#[test]
fn a_browser_without_any_simd_is_told_what_it_lacks() {
    let mut site = Site::open();
    site.goto_blank();
    let script = format!(
        "{} WebAssembly.validate = () => false;
         return Classifier.load(options).then(() => 'loaded', (error) => error.message);",
        prelude()
    );
    let message: String = site.page.evaluate(&script).unwrap();
    for feature in ["relaxed WebAssembly SIMD", "128-bit WebAssembly SIMD", "update it"] {
        assert!(message.contains(feature), "expected `{feature}` in `{message}`");
    }
    assert!(!site.page.requests().iter().any(|url| url.ends_with(".gguf")), "the model was fetched in vain");
}

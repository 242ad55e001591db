//! Scripts as the browsers take them.

use serde_json::json;

/// The body of an async function, called.
pub(crate) fn call(body: &str) -> String {
    format!("(async () => {{ {body}\n}})()")
}

/// A body that looks at an expression once a frame until it is true, or for two minutes, and returns its value.
pub(crate) fn waiting_for(condition: &str) -> String {
    let told = json!(format!("waited two minutes in vain for: {condition}"));
    format!(
        "const deadline = performance.now() + 120_000;
         for (;;) {{
           const value = {condition};
           if (value) return value;
           if (performance.now() > deadline) throw new Error({told} + '\\n' + document.body?.innerText);
           await new Promise(requestAnimationFrame);
         }}"
    )
}

//! What the tests of reading many texts share: opening the view, handing over files, waiting for an end, and the saved
//! file.

use crate::site::Site;
use serde_json::json;

/// The app with the view for many texts open. Saved files are kept in `window.saved`.
pub fn open() -> Site {
    let mut site = Site::open();
    show(&mut site);
    site
}

/// Opens the view.
pub fn show(site: &mut Site) {
    site.goto_app();
    let script = "
        const create = URL.createObjectURL;
        URL.createObjectURL = (blob) => ((window.saved = blob), create(blob));
        [...document.querySelectorAll('nav button, nav a')].find((tab) => tab.textContent.trim() === 'Many').click();
        return true;";
    site.page.evaluate::<bool>(script).unwrap();
    wait(site, "document.querySelector('[data-testid=many-file]')");
}

/// Waits until an expression is true.
pub fn wait(site: &mut Site, condition: &str) {
    site.page.wait_for::<bool>(&format!("!!({condition})")).unwrap();
}

/// Chooses a file, as a visitor does; `parts` is a JavaScript expression of what it is made of.
pub fn choose_made_of(site: &mut Site, name: &str, parts: &str) {
    let script = format!(
        "const data = new DataTransfer();
         data.items.add(new File({parts}, {}));
         const field = document.querySelector('[data-testid=many-file]');
         field.files = data.files;
         field.dispatchEvent(new Event('change', {{ bubbles: true }}));
         return true;",
        json!(name)
    );
    site.page.evaluate::<bool>(&script).unwrap();
}

/// Chooses a file of this text.
pub fn choose(site: &mut Site, name: &str, text: &str) {
    choose_made_of(site, name, &format!("[{}]", json!(text)));
}

/// Starts as soon as that can be done, which needs a model.
pub fn start(site: &mut Site) {
    wait(site, "document.querySelector('[data-testid=many-start]:enabled')");
    site.page.click("[data-testid=many-start]").unwrap();
}

/// Waits until every row has its outcome.
pub fn wait_for_end(site: &mut Site) {
    wait(site, "document.querySelector('[data-testid=many-figures]')?.textContent.includes(' tweets in ')");
}

/// Saves and returns the file. `kind` is `csv` or `jsonl`.
pub fn save(site: &mut Site, kind: &str) -> String {
    site.page.evaluate::<bool>("window.saved = null; return true;").unwrap();
    site.page.click(&format!("[data-testid=many-save-{kind}]")).unwrap();
    wait(site, "window.saved");
    // Blob.text() would leave out a byte order mark.
    site.page
        .evaluate(
            "return new TextDecoder('utf-8', { ignoreBOM: true }).decode(await window.saved.arrayBuffer());",
        )
        .unwrap()
}

/// The text of an element, empty where there is none.
pub fn text(site: &mut Site, selector: &str) -> String {
    site.page
        .evaluate(&format!("return document.querySelector({})?.innerText ?? '';", json!(selector)))
        .unwrap()
}

/// Sets a field, checkbox or select, as a visitor does.
pub fn set(site: &mut Site, selector: &str, value: &str) {
    let script = format!(
        "const field = document.querySelector({});
         if (field.type === 'checkbox') {{ if (String(field.checked) !== {value}) field.click(); return true; }}
         field.value = {value};
         field.dispatchEvent(new Event('input', {{ bubbles: true }}));
         field.dispatchEvent(new Event('change', {{ bubbles: true }}));
         return true;",
        json!(selector),
        value = json!(value)
    );
    site.page.evaluate::<bool>(&script).unwrap();
}

/// Rows that the table shows, as it says.
pub fn num_rows(site: &mut Site) -> usize {
    let count: String = site
        .page
        .evaluate(
            "return document.querySelector('[data-testid=many-rows] table').getAttribute('aria-rowcount');",
        )
        .unwrap();
    count.parse::<usize>().unwrap() - 1
}

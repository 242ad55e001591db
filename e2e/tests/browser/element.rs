//! `<ticker-tone>`, the package's custom element: what it shows, what it shares, and that a strict policy lets it.

use crate::models_folder::ModelsFolder;
use crate::site::{Site, default_model};
use serde_json::json;

/// Puts elements into a document without an app, and waits until none of them is loading.
fn show(site: &mut Site, html: &str) {
    site.goto_blank();
    let script = format!(
        "globalThis.told = [];
         for (const type of ['tickertone-prediction', 'tickertone-error']) {{
           document.addEventListener(type, ({{ type, detail }}) =>
             told.push([type, detail.text ?? detail.error.message, detail.prediction?.label ?? null]));
         }}
         await import('/engine/element.js');
         document.body.innerHTML = {};",
        json!(html)
    );
    site.page.evaluate::<()>(&script).unwrap();
    site.page.wait_for::<bool>("!document.querySelector('ticker-tone[aria-busy]')").unwrap();
}

/// What each element shows, in words and in the names of its parts.
fn shown(site: &mut Site) -> Vec<(String, String)> {
    let script = "return [...document.querySelectorAll('ticker-tone')].map(({ shadowRoot }) => {
        const visible = [...shadowRoot.children].filter(({ localName, hidden }) => localName === 'span' && !hidden);
        return [visible.map(({ textContent }) => textContent).join(), visible.map((span) => span.getAttribute('part')).join()];
      });";
    site.page.evaluate(script).unwrap()
}

fn model() -> String {
    format!("/models/{}", default_model().file)
}

#[test]
fn elements_show_label_and_probability_and_share_one_classifier() {
    let mut site = Site::open_with(ModelsFolder::without_preview(), Vec::new());
    let texts = ["record deliveries, shares jump", "Shares plunge after a profit warning"];
    let html = format!(
        "<div model='{}' lang='de'><ticker-tone>{}</ticker-tone> <ticker-tone text='{}'></ticker-tone></div>",
        model(),
        texts[0],
        texts[1]
    );
    show(&mut site, &html);
    let shown = shown(&mut site);
    for ((words, parts), label) in shown.iter().zip(["Bullish", "Bearish"]) {
        assert!(words.starts_with(label) && words.ends_with("\u{a0}%"), "in German, with a space: {words}");
        assert_eq!(parts, &format!("result {}", label.to_lowercase()));
    }
    assert_eq!(site.downloads(), 1, "both elements have the same model");
    site.page.wait_for_workers(1).unwrap();
    let told: Vec<(String, String, Option<String>)> = site.page.evaluate("return told").unwrap();
    assert_eq!(told.len(), 2);
    assert!(
        told.iter().all(|(kind, text, _)| kind == "tickertone-prediction" && texts.contains(&text.as_str()))
    );

    // Another text is another answer.
    let labels =
        "[...document.querySelectorAll('ticker-tone')].map(({ prediction }) => prediction?.label).join()";
    let script = "const [one, other] = document.querySelectorAll('ticker-tone');
        other.text = 'record deliveries, shares jump';
        one.firstChild.data = 'Shares plunge after a profit warning';";
    site.page.evaluate::<()>(script).unwrap();
    site.page.wait_for::<bool>(&format!("{labels} === 'Bearish,Bullish'")).unwrap();
    // Moving loads nothing, and with the last element the classifier goes.
    let script = "const [one, other] = document.querySelectorAll('ticker-tone');
        other.remove();
        one.parentElement.append(one);";
    site.page.evaluate::<()>(script).unwrap();
    site.page.wait_for::<bool>(&format!("{labels} === 'Bearish'")).unwrap();
    assert_eq!(site.downloads(), 1);
    site.page.evaluate::<()>("document.body.replaceChildren()").unwrap();
    site.page.wait_for_workers(0).unwrap();
}

#[test]
fn an_element_says_what_is_wrong() {
    let mut site = Site::open();
    let html = format!(
        "<ticker-tone>a text</ticker-tone>
         <ticker-tone model='/models/none.gguf'>a text</ticker-tone>
         <ticker-tone model='{}'>https://example.org</ticker-tone>
         <ticker-tone model='{}'></ticker-tone>",
        model(),
        model()
    );
    show(&mut site, &html);
    let shown = shown(&mut site);
    for ((words, parts), expected) in
        shown.iter().zip(["the address of a model file", "404", "at least one word"])
    {
        assert!(words.contains(expected) && !words.contains("texts["), "expected `{expected}` in `{words}`");
        assert_eq!(parts, "status error");
    }
    assert_eq!(shown[3].0, "", "nothing to say of nothing");
}

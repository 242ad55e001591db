//! `report`: one page with every section, from nothing but the run and its data, which asks nobody for anything.

use crate::program::{Folder, model, text};
use crate::tiny_base::{trained, trained_with};
use roxmltree::{Document, Node};

/// The page's body; maud writes it as XML would have it, but for the head's void elements.
fn body(page: &str) -> &str {
    let (start, end) = (page.find("<body>").unwrap(), page.rfind("</body>").unwrap());
    &page[start..end + "</body>".len()]
}

fn text_of(node: Node<'_, '_>) -> String {
    node.descendants().filter_map(|node| node.is_text().then(|| node.text()).flatten()).collect()
}

fn section<'a, 'input>(document: &'a Document<'input>, id: &str) -> Node<'a, 'input> {
    let found = document.descendants().find(|node| node.attribute("id") == Some(id));
    found.unwrap_or_else(|| panic!("no section {id}"))
}

/// Text of every body row of the section's table.
fn rows(document: &Document<'_>, id: &str) -> Vec<Vec<String>> {
    let bodies = section(document, id).descendants().filter(|node| node.has_tag_name("tbody"));
    let rows = bodies.flat_map(|body| body.children().filter(|node| node.has_tag_name("tr")));
    rows.map(|row| row.children().filter(Node::is_element).map(text_of).collect()).collect()
}

#[test]
fn the_page_has_every_section_and_its_figures() {
    let (folder, run) = trained();
    let said = folder.succeeds(&["report", &run]);
    assert_eq!(said.trim(), format!("{run}/report.html"));
    let page = std::fs::read_to_string(folder.path(&run).join("report.html")).unwrap();
    let document = Document::parse(body(&page)).unwrap();
    let headings: Vec<String> =
        document.descendants().filter(|node| node.has_tag_name("h2")).map(text_of).collect();
    assert_eq!(
        headings,
        [
            "Learning curves",
            "Confusion",
            "Each label",
            "Calibration",
            "Accuracy against size",
            "Most confident mistakes",
            "Harmless edits",
            "Challenge set",
            "Configuration and provenance"
        ]
    );
    // Every entry of the table of contents leads somewhere.
    for link in document.descendants().filter(|node| node.has_tag_name("a")) {
        section(&document, link.attribute("href").unwrap().strip_prefix('#').unwrap());
    }
    let formats: Vec<String> = rows(&document, "size").into_iter().map(|row| row[0].clone()).collect();
    assert_eq!(formats, ["checkpoint", "F32", "Q8_0 configured", "Q4_0, embeddings Q8_0", "Q4_0"]);
    let confusion: usize = rows(&document, "confusion")
        .iter()
        .flat_map(|row| &row[1..])
        .map(|cell| cell.split_once(' ').unwrap().0.parse::<usize>().unwrap())
        .sum();
    assert_eq!(confusion, 48, "every test row is in the matrix");
    let predictions: usize =
        rows(&document, "calibration").iter().map(|row| row[1].parse::<usize>().unwrap()).sum();
    assert_eq!(predictions, 48, "every test row is in a bin");
    assert_eq!(rows(&document, "labels").len(), 3);
    let edits = rows(&document, "edits");
    assert!(edits.iter().any(|row| row[..2] == ["another number", "48"]), "{edits:?}");
    assert!(edits.iter().any(|row| row[1..] == ["0", "0", "–", "–", "–"]), "{edits:?}");
    let words = text_of(section(&document, "edits"));
    assert!(words.contains("no label can flip: upper case (48 texts), added URL (48)"), "{words}");
    let lead = document.descendants().find(|node| node.attribute("class") == Some("lead")).unwrap();
    assert!(text_of(lead).contains("nobody had scored this run on them before"), "{}", text_of(lead));
    let provenance = text_of(section(&document, "provenance"));
    for fact in ["168 training, 24 validation, 48 test", "learning_rate = 0.003", "tweets.csv"] {
        assert!(provenance.contains(fact), "{fact} in {provenance}");
    }
    // Both panels, the diagram and the plot; each with a description in words.
    let plots: Vec<_> = document.descendants().filter(|node| node.attribute("role") == Some("img")).collect();
    assert_eq!(plots.len(), 4);
    assert!(plots.iter().all(|plot| plot.attribute("aria-label").is_some_and(|words| words.len() > 20)));
}

#[test]
fn the_configured_storage_is_the_one_in_the_headline() {
    let (folder, run) = trained_with(&["export.quantization=Q4_0", "train.epochs=1"]);
    let page_path = folder.path("page.html");
    folder.succeeds(&["report", &run, "--output", "page.html"]);
    assert!(!folder.path(&run).join("report.html").exists());
    folder.succeeds(&["export", "--run", &run, "--id", "tiny"]);
    let page = std::fs::read_to_string(page_path).unwrap();
    let document = Document::parse(body(&page)).unwrap();
    let chosen = rows(&document, "size").into_iter().find(|row| row[0] == "Q4_0 configured").unwrap();
    let manifest = std::fs::read(folder.path("models/manifest.json")).unwrap();
    let manifest: messages::Manifest = serde_json::from_slice(&manifest).unwrap();
    let percent = |share: f64| format!("{:.1} %", share * 100.0);
    // The report measures what the export writes.
    let metrics = &manifest.models[0].metrics;
    assert_eq!([&chosen[2], &chosen[5]], [&percent(metrics.accuracy), &percent(metrics.macro_f1)]);
    let headline = document.descendants().find(|node| node.attribute("class") == Some("tiles")).unwrap();
    assert!(text_of(headline).contains(&chosen[2]), "{}", text_of(headline));
}

#[test]
fn texts_are_shown_as_texts_and_the_page_asks_nobody_for_anything() {
    // Too short a training to learn anything: there are mistakes to show.
    let (folder, run) =
        trained_with(&["train.epochs=1", "train.learning_rate=1e-6", "data.train=hostile.csv"]);
    folder.succeeds(&["report", &run]);
    let page = std::fs::read_to_string(folder.path(&run).join("report.html")).unwrap();
    assert!(!page.contains("<script") && !page.contains("<img"), "a text has become markup");
    let document = Document::parse(body(&page)).unwrap();
    let mistakes: Vec<String> = section(&document, "mistakes")
        .descendants()
        .filter(|node| node.has_tag_name("blockquote"))
        .map(text_of)
        .collect();
    assert_eq!(mistakes.len(), 20);
    assert!(
        mistakes.iter().all(|text| text.starts_with("<script>alert('&')</script><img src=\"")),
        "{mistakes:?}"
    );
    for attribute in document.descendants().flat_map(|node| node.attributes()) {
        assert!(!attribute.value().contains("//"), "an address: {attribute:?}");
    }
    let head = page.split("<body>").next().unwrap();
    assert!(!head.contains("//") && !head.contains("url(") && !head.contains("@import"), "{head}");
    assert!(page.contains("default-src 'none'"), "the page's own policy");
}

#[test]
fn what_is_no_finished_run_is_named() {
    let (folder, run) = trained_with(&["train.epochs=1"]);
    folder.fails(&["report", "nowhere"], &["nowhere", "trainer train"]);
    folder.fails(&["report", text(&model())], &["model.gguf"]);
    let path = folder.path(&run);
    std::fs::remove_file(path.join("evaluation.json")).unwrap();
    folder.fails(&["report", &run], &[&run, "evaluation.json", "interrupted"]);
    folder.fails(&["export", "--run", &run, "--id", "early"], &[&run, "evaluation.json", "interrupted"]);
    assert!(!path.join("report.html").exists());
    assert!(Folder::new().trainer(&["report"]).status.code() == Some(2), "clap asks for the run");
}

//! Files as they are found in the wild: other encodings, odd rows, things that are no text, things that are too much.
//! Each gets rows, or a message that says what to do.

use crate::many_desk::{choose, choose_made_of, num_rows, open, save, set, start, text, wait, wait_for_end};
use crate::site::Site;

/// What is said of a file that cannot be opened; it says neither a place in the program nor a number from 0.
fn problem(site: &mut Site) -> String {
    wait(site, "document.querySelector('[data-testid=many-problem]')");
    text(site, "[data-testid=many-problem] .failure-message")
}

fn wait_until_ready(site: &mut Site) {
    wait(site, "document.querySelector('[data-testid=many-start]:enabled')");
}

fn begin_anew(site: &mut Site) {
    site.page.click("[data-testid=many-other]").unwrap();
    wait(site, "document.querySelector('[data-testid=many-file]')");
}

fn preview(site: &mut Site) -> String {
    text(site, ".many-preview")
}

#[test]
fn what_cannot_be_opened_says_what_to_do() {
    let mut site = open();
    for (name, parts, words) in [
        ("book.xlsx", "[new Uint8Array([0x50, 0x4b, 3, 4, 0, 0])]", "save it as CSV"),
        ("noise.csv", "[new Uint8Array(5000).map((_, at) => at * 7)]", "binary"),
        ("nothing.csv", "[]", "empty"),
        ("blank.txt", "['\\n\\n  \\n']", "empty"),
        ("list.json", "['[{\"text\": \"a\"}, {\"text\": \"b\"}]']", "one object a line"),
        // A hundred times the same ten megabytes: a gigabyte that nobody has to write.
        (
            "huge.csv",
            "Array(100).fill(new Blob([new Uint8Array(1e7).fill(97)]))",
            "1000 MB, and up to 200 MB",
        ),
    ] {
        choose_made_of(&mut site, name, parts);
        wait(
            &mut site,
            &format!("document.querySelector('[data-testid=many-problem]')?.textContent.includes('{name}')"),
        );
        let problem = problem(&mut site);
        assert!(problem.contains(words), "{name}: {problem}");
    }
    site.take_pictures("many-problem");
    choose(&mut site, "wide.csv", &format!("text\nok\n{}", ",".repeat(1_000_000)));
    wait(
        &mut site,
        "document.querySelector('[data-testid=many-notes]')?.textContent.includes('more than 1000 columns')",
    );
    assert!(
        site.page
            .evaluate::<bool>("return document.querySelector('[data-testid=many-start]').disabled;")
            .unwrap()
    );
    set(&mut site, "#many-format", "4");
    wait_until_ready(&mut site);
    choose_header_alone(&mut site);
}

fn choose_header_alone(site: &mut Site) {
    begin_anew(site);
    choose(site, "header.csv", "text,label\n");
    wait(site, "document.querySelector('[data-testid=many-notes]')?.textContent.includes('no rows below')");
    set(site, "#many-header", "false");
    wait(site, "document.querySelector('[data-testid=many-start]')?.textContent.includes('1 tweets')");
    begin_anew(site);
    choose(site, "numbers.csv", "a,b\n1,2\n3,4\n");
    wait(
        site,
        "document.querySelector('.many-actions')?.textContent.includes('choose the one that holds the tweets')",
    );
    set(site, "#many-text", "1");
    wait_until_ready(site);
}

#[test]
fn every_encoding_is_read_by_its_mark_its_zeros_or_by_choice() {
    let mut site = open();
    let utf16 = |order: &str, mark: &str| {
        format!(
            "(() => {{
               const text = '{mark}text\\nAktie fällt um 5 %: übel 😀\\nund noch eine Zeile\\n';
               const view = new DataView(new ArrayBuffer(2 * text.length));
               for (let at = 0; at < text.length; at += 1) view.setUint16(2 * at, text.charCodeAt(at), {order});
               return [view];
             }})()"
        )
    };
    let utf8 = "['\\ufefftext\\nAktie fällt um 5 %: übel 😀\\nund noch eine Zeile\\n']";
    for (parts, encoding) in [
        (utf8.to_owned(), "utf-8"),
        (utf16("true", "\\ufeff"), "utf-16le"),
        (utf16("false", "\\ufeff"), "utf-16be"),
        (utf16("true", ""), "utf-16le"),
        (utf16("false", ""), "utf-16be"),
    ] {
        choose_made_of(&mut site, "a.csv", &parts);
        wait_until_ready(&mut site);
        wait(&mut site, &format!("document.querySelector('#many-encoding').value === '{encoding}'"));
        assert!(preview(&mut site).contains("Aktie fällt um 5 %: übel 😀"), "{}", preview(&mut site));
        begin_anew(&mut site);
    }
    // "fällt" and "übel" in Windows-1252.
    choose_made_of(
        &mut site,
        "old.csv",
        "[new Uint8Array([...'text\\nAktie f\\xe4llt, \\xfcbel\\nmehr davon\\n'].map((c) => c.charCodeAt(0)))]",
    );
    wait_until_ready(&mut site);
    assert!(preview(&mut site).contains("Aktie fällt, übel"), "{}", preview(&mut site));
    assert!(text(&mut site, "[data-testid=many-notes]").contains("Windows-1252"));
    set(&mut site, "#many-encoding", "utf-8");
    wait(&mut site, "document.querySelector('[data-testid=many-notes]')?.textContent.includes('1 row with')");
    wait_until_ready(&mut site);
}

#[test]
fn odd_rows_are_marked_kept_and_read() {
    let mut site = open();
    // A missing cell, one too many, a stray Latin-1 byte amid UTF-8, and an end inside quotation marks.
    let csv =
        "text,label\\nAktie fällt, \\u20ac weg\\nShares plunge\\nup,1,extra\\nNo\\xe9l opens,0\\n\"cut off";
    let parts = format!(
        "(() => {{
           const encoder = new TextEncoder();
           const bytes = [...'{}'].flatMap((c) => (c === '\\xe9' ? [0xe9] : [...encoder.encode(c)]));
           return [new Uint8Array(bytes)];
         }})()",
        csv.replace("Aktie fällt, ", "\"Aktie fällt, ").replace(" weg", " weg\",-1")
    );
    choose_made_of(&mut site, "odd.csv", &parts);
    wait_until_ready(&mut site);
    let notes = text(&mut site, "[data-testid=many-notes]");
    for words in ["1 row with characters", "3 rows with more or fewer cells", "ends in the middle"] {
        assert!(notes.contains(words), "{words}: {notes}");
    }
    site.take_pictures("many-odd");
    start(&mut site);
    wait_for_end(&mut site);
    assert_eq!(num_rows(&mut site), 5);
    let csv = save(&mut site, "csv");
    assert!(csv.contains("up,1,extra,"), "{csv}");
    assert_eq!(
        csv.lines().filter(|line| line.ends_with("true,") || line.ends_with("false,")).count(),
        5,
        "{csv}"
    );
    set(&mut site, "#many-kept", "7");
    wait(&mut site, "document.querySelector('[data-testid=many-found]').textContent.startsWith('4 of 5')");
}

#[test]
fn json_lines_and_tabs_and_semicolons_are_read() {
    let mut site = open();
    choose(
        &mut site,
        "a.jsonl",
        "{\"id\":12345678901234567890,\"text\":\"Shares plunge\"}\nnot json\n{\"text\":\"Record profit\",\"more\":[1]}\n",
    );
    wait(
        &mut site,
        "document.querySelector('[data-testid=many-notes]')?.textContent.includes('1 line without a JSON object')",
    );
    start(&mut site);
    wait_for_end(&mut site);
    let jsonl = save(&mut site, "jsonl");
    let lines: Vec<&str> = jsonl.lines().collect();
    assert!(
        lines[0].starts_with("{\"id\":12345678901234567890,\"text\":\"Shares plunge\",\"label\":\"Bearish\""),
        "{jsonl}"
    );
    assert!(lines[1].contains("not json") && lines[1].contains("error"), "{jsonl}");
    assert!(lines[2].contains("\"more\":[1]") && lines[2].contains("Bullish"), "{jsonl}");
    for (name, csv) in
        [("a.tsv", "text\tlabel\nShares, plunge\t-1\n"), ("a.csv", "text;label\nShares, plunge;-1\n")]
    {
        begin_anew(&mut site);
        choose(&mut site, name, csv);
        wait(&mut site, "document.querySelector('#many-label')?.selectedOptions[0].textContent === 'label'");
        wait_until_ready(&mut site);
    }
}

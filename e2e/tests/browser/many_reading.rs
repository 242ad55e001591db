//! Many texts from a file or pasted, to a table and to a file again.

use crate::many_desk::{choose, num_rows, open, save, set, start, text, wait, wait_for_end};

const TWEETS: &str = "id,Created At,Tweet,sentiment\n\
    1,2024-05-06,\"$TSLA to the moon, record deliveries\",1\n\
    2,2024-05-06,Shares plunge after guidance cut,-1\n\
    3,2024-05-07,,0\n\
    4,2024-05-09,\"$tsla shares rise\n\non record profit\",1\n\
    5,2024-05-09,=cmd()|' $AAPL falls,-1\n\
    6,2024-05-10,The company holds its annual meeting on Tuesday,0\n";

#[test]
fn a_file_becomes_a_table_and_a_file_with_every_column() {
    let mut site = open();
    site.take_pictures("many-empty");
    choose(&mut site, "tweets.csv", TWEETS);
    wait(&mut site, "document.querySelector('#many-text')?.selectedOptions[0]?.textContent === 'Tweet'");
    for (select, chosen) in [("#many-label", "sentiment"), ("#many-date", "Created At")] {
        wait(
            &mut site,
            &format!("document.querySelector('{select}').selectedOptions[0].textContent === '{chosen}'"),
        );
    }
    wait(&mut site, "document.querySelector('[data-testid=many-start]:enabled')");
    site.take_pictures("many-setup");
    start(&mut site);
    wait_for_end(&mut site);
    site.take_pictures("many-small");
    assert_eq!(num_rows(&mut site), 6);
    assert!(text(&mut site, "[data-testid=many-tickers]").contains("$TSLA"), "no tickers");
    let expected = site.classify("Shares plunge after guidance cut");
    let csv = save(&mut site, "csv");
    let lines: Vec<&str> = csv.split("\r\n").collect();
    assert!(
        lines[0].starts_with("id,Created At,Tweet,sentiment,label,confidence,probability_Bearish,"),
        "{}",
        lines[0]
    );
    assert!(
        lines[2].starts_with("2,2024-05-06,Shares plunge after guidance cut,-1,Bearish,"),
        "{}",
        lines[2]
    );
    let confidence: f32 = lines[2].split(',').nth(5).unwrap().parse().unwrap();
    assert!((confidence - expected.scores["Bearish"]).abs() < 1e-6, "{confidence} and {expected:?}");
    assert!(lines[3].contains("The text is empty."), "{}", lines[3]);
    assert!(csv.contains("\"$tsla shares rise\n\non record profit\",1,Bullish"), "{csv}");
    assert!(csv.contains("5,2024-05-09,'=cmd()"), "a formula was not made safe: {csv}");
    let jsonl = save(&mut site, "jsonl");
    assert!(jsonl.contains("\"Tweet\":\"=cmd()"), "JSON lines are never changed: {jsonl}");
    assert_eq!(jsonl.lines().count(), 6);
    set(&mut site, "#many-safe", "false");
    set(&mut site, "#many-mark", "true");
    let csv = save(&mut site, "csv");
    assert!(csv.starts_with("\u{feff}id,") && csv.contains(",=cmd()"), "{csv}");
}

#[test]
fn pasted_lines_are_read_and_pasted_tables_are_seen_as_such() {
    let mut site = open();
    set(&mut site, "#many-lines", "Shares plunge after guidance cut\nRecord deliveries, to the moon\n");
    site.page.click("[data-testid=many-paste]").unwrap();
    wait(
        &mut site,
        "document.querySelector('#many-format')?.selectedOptions[0].textContent === 'One text a line'",
    );
    start(&mut site);
    wait_for_end(&mut site);
    assert_eq!(num_rows(&mut site), 2);
    // Unsaved answers are not thrown away without a word.
    site.page.click("[data-testid=many-other]").unwrap();
    wait(&mut site, "document.querySelector('[data-testid=many-question]')");
    site.page.click("[data-testid=many-keep]").unwrap();
    assert_eq!(num_rows(&mut site), 2);
    site.page.click("[data-testid=many-other]").unwrap();
    site.page.click("[data-testid=many-discard]").unwrap();
    wait(&mut site, "document.querySelector('#many-lines')");
    let csv: String = (0..500).map(|row| format!("{row},\"Apple falls, again {row}\"\n")).collect();
    set(&mut site, "#many-lines", &format!("id,text\n{csv}"));
    site.page.click("[data-testid=many-paste]").unwrap();
    start(&mut site);
    wait_for_end(&mut site);
    assert_eq!(num_rows(&mut site), 500);
    assert!(save(&mut site, "csv").contains("\r\n499,\"Apple falls, again 499\",Bearish"));
}

//! What comes out is what went in, with the answers behind it: cell for cell, whatever stands in the cells.

use proptest::prelude::*;

use super::*;
use crate::many::Format;
use crate::many::batch::tests::{answered, answered_as, opened_as};
use crate::many::table::Table;

const CSV: Format = Format::Delimited { delimiter: b',', is_quoted: true };

fn export(batch: &Batch, options: ExportOptions) -> String {
    let mut export = Export::new(batch, options);
    std::iter::from_fn(|| export.next_piece(batch, 2)).collect()
}

fn csv(batch: &Batch) -> String {
    export(batch, ExportOptions::default())
}

fn read(text: &str) -> Table {
    let (mut table, mut parser) = (CSV.table(), CSV.parser());
    parser.feed(text, &mut table).unwrap();
    parser.finish(&mut table).unwrap();
    table
}

#[test]
fn every_row_and_column_comes_back_in_order_with_its_answer() {
    let batch = answered("id,text\n7,up\n8,\n9,\"down,\nagain\"\n", &[("Bullish", 0.75), ("Bearish", 0.5)]);
    let expected = "id,text,label,confidence,probability_Bearish,probability_Bullish,probability_Neutral,uncertain,error\r\n\
        7,up,Bullish,0.75,0.125,0.75,0.125,false,\r\n\
        8,,,,,,,,The text is empty.\r\n\
        9,\"down,\nagain\",Bearish,0.5,0.5,0.25,0.25,true,\r\n";
    assert_eq!(csv(&batch), expected);
    let options = ExportOptions { format: ExportFormat::JsonLines, ..ExportOptions::default() };
    let expected = "{\"id\":\"7\",\"text\":\"up\",\"label\":\"Bullish\",\"confidence\":0.75,\"probability_Bearish\":0.125,\
        \"probability_Bullish\":0.75,\"probability_Neutral\":0.125,\"uncertain\":false}";
    assert_eq!(export(&batch, options).lines().next(), Some(expected));
    assert_eq!(Export::file_name(&batch, ExportFormat::Csv), "tweets-tickertone.csv");
}

#[test]
fn json_keeps_its_types_and_lines_that_are_none_keep_their_text() {
    let text = "{\"id\":12345678901234567890123,\"text\":\"up\",\"tags\":[1,\"a\"]}\n{\"text\":\"cut o\n";
    let batch = answered_as(Some("a.jsonl"), Format::JsonLines, text, &[("Bullish", 0.75)]);
    let options = ExportOptions { format: ExportFormat::JsonLines, ..ExportOptions::default() };
    let lines: Vec<String> = export(&batch, options).lines().map(str::to_owned).collect();
    assert!(
        lines[0].starts_with("{\"id\":12345678901234567890123,\"text\":\"up\",\"tags\":[1,\"a\"],\"label\"")
    );
    assert!(lines[1].contains("cut o") && lines[1].contains("\"error\""), "{}", lines[1]);
    for line in lines {
        serde_json::from_str::<serde_json::Value>(&line).unwrap();
    }
    assert_eq!(Export::file_name(&batch, ExportFormat::JsonLines), "a-tickertone.jsonl");
}

#[test]
fn formulas_are_made_safe_by_choice_and_numbers_stay() {
    let text = "text,a,b\n=1+1,-1,+3.5%\n@cmd,\"\tx\",-1+1\n";
    let batch = answered(text, &[("Bullish", 0.75), ("Bearish", 0.75)]);
    let safe = read(&csv(&batch));
    let row = |table: &Table, row| -> Vec<String> {
        (0..3).map(|column| table.cell(row, column).unwrap().into_owned()).collect()
    };
    assert_eq!(row(&safe, 1), ["'=1+1", "-1", "+3.5%"]);
    assert_eq!(row(&safe, 2), ["'@cmd", "'\tx", "'-1+1"]);
    let left = export(&batch, ExportOptions { is_safe: false, has_mark: true, ..ExportOptions::default() });
    assert!(left.starts_with("\u{feff}text,"), "{left}");
    assert_eq!(row(&read(left.trim_start_matches('\u{feff}')), 1), ["=1+1", "-1", "+3.5%"]);
}

#[test]
fn our_columns_never_take_the_name_of_another() {
    let batch = answered("text,Label,label,\nup,1,2,3\n", &[("Bullish", 0.75)]);
    let header = csv(&batch).lines().next().unwrap().to_owned();
    assert!(header.starts_with("text,Label,label,column_4,tickertone_label,confidence,"), "{header}");
}

#[test]
fn rows_that_were_not_reached_say_so() {
    let mut batch = opened_as(None, CSV, "text\none text\nanother text\n");
    batch.apply(crate::many::Action::Started(crate::many::results::tests::labels(), String::new(), 0.0));
    batch.apply(crate::many::Action::Stopped(1.0));
    assert_eq!(csv(&batch).matches("This row was not reached.").count(), 2);
}

proptest! {
    #[test]
    fn any_cells_survive(
        cells in prop::collection::vec(prop::collection::vec("[a-b=+,;'\"\r\n é😀@-]{1,6}", 2..=2), 1..5),
        is_safe: bool,
    ) {
        let quoted = |cell: &String| format!("\"{}\"", cell.replace('"', "\"\""));
        let line = |row: &Vec<String>| row.iter().map(quoted).collect::<Vec<_>>().join(",");
        let text = format!("text,other\n{}\n", cells.iter().map(line).collect::<Vec<_>>().join("\n"));
        let batch = answered_as(None, CSV, &text, &[]);
        let options = ExportOptions { is_safe, ..ExportOptions::default() };
        let table = read(&export(&batch, options));
        prop_assert_eq!(table.num_rows(), cells.len() + 1);
        for (row, cells) in cells.iter().enumerate() {
            for (column, cell) in cells.iter().enumerate() {
                let found = table.cell(row + 1, column).unwrap().into_owned();
                let expected = if is_safe && is_formula(cell) { format!("'{cell}") } else { cell.clone() };
                prop_assert_eq!(found, expected);
            }
        }
    }
}

//! One JSON object a line: keys are columns, values are kept as they were written.

use std::borrow::Cow;

use indexmap::IndexMap;
use serde_json::value::RawValue;

use super::problem::Problem;
use super::table::Table;

/// A line as a row; what is no object becomes a row that is marked.
///
/// # Errors
/// There are too many rows or keys already.
pub fn push(line: &str, table: &mut Table) -> Result<(), Problem> {
    let Ok(object) = serde_json::from_str::<IndexMap<Cow<'_, str>, &RawValue>>(line) else {
        return table.push_broken(line);
    };
    let mut cells: Vec<&str> = vec![""; table.num_columns()];
    for (key, value) in &object {
        let row = table.num_rows() + 1;
        let column = table.column_of(key).ok_or(Problem::TooManyColumns { row })?;
        if column >= cells.len() {
            cells.resize(column + 1, "");
        }
        if let Some(cell) = cells.get_mut(column) {
            *cell = value.get();
        }
    }
    let text = cells.concat();
    let ends: Vec<usize> = cells
        .iter()
        .scan(0, |end, cell| {
            *end += cell.len();
            Some(*end)
        })
        .collect();
    table.push(&text, ends.into_iter())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_become_columns_as_they_come_and_values_stay_as_written() {
        let mut table = Table::of_json();
        push(r#"{"text":"up \"5%\" 😀\n","id":12345678901234567890123}"#, &mut table).unwrap();
        push(r#"{"more":{"a":[1, 2]},"text":"two","gone":null}"#, &mut table).unwrap();
        assert_eq!(table.keys(), ["text", "id", "more", "gone"]);
        assert_eq!(table.cell(0, 0).as_deref(), Some("up \"5%\" 😀\n"));
        assert_eq!(table.written(0, 1), Some("12345678901234567890123"));
        assert_eq!(table.cell(0, 2), None, "a key that came later");
        assert_eq!(table.written(1, 1), Some(""), "a key that is missing");
        assert_eq!(table.cell(1, 2).as_deref(), Some(r#"{"a":[1, 2]}"#));
        assert_eq!(table.cell(1, 3), None, "null is nothing");
        assert_eq!(table.num_ragged(), 0);
    }

    #[test]
    fn a_line_that_is_no_object_is_a_row_with_a_mark() {
        let mut table = Table::of_json();
        for line in [r#"{"text":"a"}"#, "[1]", r#"{"text":"cut o"#] {
            push(line, &mut table).unwrap();
        }
        assert_eq!((table.num_rows(), table.num_broken()), (3, 2));
        assert_eq!(table.broken(2), Some(r#"{"text":"cut o"#));
        assert_eq!(table.cell(1, 0), None);
    }
}

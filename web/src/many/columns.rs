//! Which column holds the text, which a label, which a date: guessed by name, else by what stands in it.

use super::dates;
use super::table::Table;

const SAMPLE_ROWS: usize = 200;

const TEXT_NAMES: [&str; 17] = [
    "text",
    "tweet",
    "full_text",
    "tweet_text",
    "content",
    "body",
    "message",
    "post",
    "comment",
    "title",
    "headline",
    "sentence",
    "description",
    "status",
    "review",
    "summary",
    "news",
];
const LABEL_NAMES: [&str; 12] = [
    "label",
    "sentiment",
    "class",
    "target",
    "polarity",
    "stance",
    "category",
    "annotation",
    "gold",
    "tag",
    "mood",
    "y",
];
const DATE_NAMES: [&str; 13] = [
    "date",
    "created_at",
    "datetime",
    "timestamp",
    "time",
    "published",
    "published_at",
    "created",
    "posted",
    "posted_at",
    "post_date",
    "day",
    "created_utc",
];

/// The columns that matter; the text column is the one that nothing works without.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    /// What is read.
    pub text: Option<usize>,
    /// What somebody else says of it.
    pub label: Option<usize>,
    /// When it was written.
    pub date: Option<usize>,
}

/// Whether this looks like the name of a column rather than like a text.
pub fn is_known_name(name: &str) -> bool {
    let name = plain(name);
    [&TEXT_NAMES[..], &LABEL_NAMES, &DATE_NAMES].iter().any(|names| names.contains(&&*name))
        || matches!(name.as_str(), "id" | "tweet_id" | "user" | "author" | "source" | "url")
}

/// Whether the first row names the columns.
pub fn has_header(table: &Table) -> bool {
    let first: Vec<String> =
        (0..table.num_cells(0)).map(|at| table.cell(0, at).unwrap_or_default().trim().to_owned()).collect();
    if first.is_empty()
        || first.iter().any(|name| name.len() > 40 || is_number(name) || dates::parse(name).is_some())
    {
        return false;
    }
    if first.iter().any(|name| is_known_name(name)) {
        return true;
    }
    // Names are short words over longer or other things.
    let is_over = |column: usize, name: &str| {
        let below = Sample::of(table, column, 1);
        below.numbers * 2 > below.filled || (!name.contains(' ') && below.mean_length > 3 * name.len().max(4))
    };
    let is_unique = (1..first.len()).all(|at| !first[..at].contains(&first[at]));
    is_unique && first.len() > 1 && first.iter().enumerate().any(|(column, name)| is_over(column, name))
}

impl Columns {
    /// The columns of a table; `names` are empty where there are none.
    pub fn guess(table: &Table, first_row: usize, names: &[String]) -> Self {
        let columns: Vec<usize> = (0..table.num_columns().min(200)).collect();
        let samples: Vec<Sample> =
            columns.iter().map(|column| Sample::of(table, *column, first_row)).collect();
        let is_text = |column: &usize| samples.get(*column).is_some_and(Sample::is_text);
        let text = named(names, &TEXT_NAMES).filter(is_text).or_else(|| {
            let longest = columns.iter().copied().filter(is_text).max_by_key(|at| samples[*at].mean_length);
            longest.or_else(|| (columns.len() == 1 && samples[0].numbers == 0).then_some(0))
        });
        let others = |column: &usize| Some(*column) != text;
        let label = named(names, &LABEL_NAMES)
            .filter(others)
            .filter(|at| samples.get(*at).is_some_and(|sample| sample.distinct.len() <= 12))
            .or_else(|| {
                let tells = |at: &usize| samples[*at].tells_directions();
                columns.iter().copied().filter(others).find(tells)
            });
        let date = named(names, &DATE_NAMES)
            .filter(others)
            .filter(|at| samples.get(*at).is_some_and(|sample| sample.dates * 10 >= sample.filled * 7))
            .or_else(|| {
                let is_date = |at: &usize| {
                    samples[*at].filled > 0
                        && samples[*at].dates == samples[*at].filled
                        && samples[*at].numbers == 0
                };
                columns.iter().copied().filter(others).find(is_date)
            });
        Self { text, label, date }
    }
}

/// What stands in a column.
struct Sample {
    filled: usize,
    numbers: usize,
    dates: usize,
    with_spaces: usize,
    /// In bytes.
    mean_length: usize,
    /// Of short values, up to 13.
    distinct: Vec<String>,
}

impl Sample {
    fn of(table: &Table, column: usize, first_row: usize) -> Self {
        let mut sample =
            Self { filled: 0, numbers: 0, dates: 0, with_spaces: 0, mean_length: 0, distinct: Vec::new() };
        let mut length = 0;
        for row in first_row..table.num_rows().min(first_row + SAMPLE_ROWS) {
            let Some(cell) = table.cell(row, column) else { continue };
            let cell = cell.trim();
            if cell.is_empty() {
                continue;
            }
            sample.filled += 1;
            length += cell.len();
            sample.numbers += usize::from(is_number(cell));
            sample.dates += usize::from(cell.len() < 60 && dates::parse(cell).is_some());
            sample.with_spaces += usize::from(cell.contains(char::is_whitespace));
            if sample.distinct.len() < 13 && !sample.distinct.iter().any(|known| known == cell) {
                sample.distinct.push(cell.chars().take(40).collect());
            }
        }
        sample.mean_length = length / sample.filled.max(1);
        sample
    }

    fn is_text(&self) -> bool {
        self.filled > 0
            && self.numbers * 2 < self.filled
            && self.dates * 2 < self.filled
            && self.mean_length >= 4
            && (self.with_spaces * 4 > self.filled || self.mean_length > 20)
    }

    fn tells_directions(&self) -> bool {
        let known = ["bullish", "bearish", "neutral", "positive", "negative"];
        self.filled > 0
            && self.distinct.len() <= 6
            && self.distinct.iter().all(|value| known.contains(&value.to_lowercase().as_str()))
    }
}

fn named(names: &[String], known: &[&str]) -> Option<usize> {
    let plain: Vec<String> = names.iter().map(|name| plain(name)).collect();
    let exactly = |wanted: &&str| plain.iter().position(|name| name == *wanted);
    let within = |wanted: &&str| {
        let is_part = |name: &String| wanted.len() > 2 && name.split('_').any(|part| part == *wanted);
        plain.iter().position(is_part)
    };
    known.iter().find_map(exactly).or_else(|| known.iter().find_map(within))
}

/// `Tweet Text` and `tweet-text` are `tweet_text`.
fn plain(name: &str) -> String {
    name.trim().to_lowercase().replace([' ', '-', '.'], "_")
}

fn is_number(cell: &str) -> bool {
    cell.bytes().any(|byte| byte.is_ascii_digit())
        && cell.replace(',', ".").trim_end_matches('%').parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::many::Format;

    fn table(text: &str) -> Table {
        let format = Format::Delimited { delimiter: b',', is_quoted: true };
        let (mut table, mut parser) = (format.table(), format.parser());
        parser.feed(text, &mut table).unwrap();
        parser.finish(&mut table).unwrap();
        table
    }

    fn guess(text: &str) -> (bool, Columns) {
        let table = table(text);
        let has_header = has_header(&table);
        let names: Vec<String> = (0..table.num_cells(0))
            .filter(|_| has_header)
            .map(|at| table.cell(0, at).unwrap().into_owned())
            .collect();
        (has_header, Columns::guess(&table, usize::from(has_header), &names))
    }

    const fn columns(text: usize, label: Option<usize>, date: Option<usize>) -> Columns {
        Columns { text: Some(text), label, date }
    }

    #[test]
    fn names_decide() {
        let found =
            guess("id,Created At,Tweet Text,Sentiment\n1,2024-05-06,to the moon,1\n2,2024-05-07,down,-1\n");
        assert_eq!(found, (true, columns(2, Some(3), Some(1))));
        let found = guess("user,body,title\na,a long text of a post,short title here\n");
        assert_eq!(found.1.text, Some(1), "the body before the title");
    }

    #[test]
    fn without_names_the_longest_texts_are_the_texts() {
        let found = guess(
            "1,Shares of Apple plunge after a weak quarter,Bearish,2024-05-06\n2,Nothing to see here today,Neutral,2024-05-07\n",
        );
        assert_eq!(found, (false, columns(1, Some(2), Some(3))));
        let found = guess(
            "symbol,was,price\nTSLA,a text that somebody wrote about cars,1.5\nF,another one on cars,2\n",
        );
        assert_eq!(found, (true, columns(1, None, None)));
    }

    #[test]
    fn numbers_alone_are_no_texts() {
        assert_eq!(guess("a,b\n1,2\n3,4\n").1, Columns::default());
        assert_eq!(guess("text\nshort\nup\n").1.text, Some(0), "a single column of words");
        assert_eq!(guess("text\n5\n6\n").1.text, None);
    }
}

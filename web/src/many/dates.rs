//! When a text was written, in whole hours since 1970: ISO 8601, US and European orders, names of months, Unix time.
//!
//! `05/06/2024` can be read in two ways. Both are kept ([`When::Either`]) until other rows or the visitor decide.
//! Dates are taken as they are written: no time zone is added or removed.

/// Years that count as dates; a number outside is an id.
const YEARS: std::ops::RangeInclusive<i32> = 1970..=2100;

/// Hours since 1970-01-01T00:00.
pub type Hour = i32;

/// What a date says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// One hour.
    Sure(Hour),
    /// It depends on the order.
    Either {
        /// Day before month.
        day_first: Hour,
        /// Month before day.
        month_first: Hour,
    },
    /// The day comes first: the number behind it is above 12 as a month would not be.
    DayFirst(Hour),
    /// The month comes first.
    MonthFirst(Hour),
}

/// Reads a date with or without a time.
pub fn parse(text: &str) -> Option<When> {
    let text = text.trim().trim_matches('"');
    if text.len() < 6 || text.len() > 60 || !text.is_ascii() {
        return None;
    }
    if let Some(when) = unix_time(text) {
        return Some(When::Sure(when));
    }
    let hour = hour_of_day(text);
    let at = |year, month, day| Some(day_number(year, month, day)? * 24 + hour);
    if let Some(month) = month_name(text) {
        let (year, day) = year_and_day(text)?;
        return at(year, month, day).map(When::Sure);
    }
    let date = text.split(['T', ' ', ',']).next()?;
    if date.len() == 8 && date.bytes().all(|byte| byte.is_ascii_digit()) {
        let number: i32 = date.parse().ok()?;
        return at(number / 10_000, number / 100 % 100, number % 100).map(When::Sure);
    }
    let separator = date.chars().find(|c| !c.is_ascii_digit())?;
    if !"-/.".contains(separator) {
        return None;
    }
    let mut parts = date.split(separator);
    let (first, second, third) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let number = |part: &str| -> Option<i32> { (part.len() <= 4).then(|| part.parse().ok()).flatten() };
    let (one, two, three) = (number(first)?, number(second)?, number(third)?);
    if first.len() == 4 {
        return at(one, two, three).map(When::Sure);
    }
    let year = match third.len() {
        4 => three,
        2 => 2000 + three,
        _ => return None,
    };
    match (at(year, two, one), at(year, one, two)) {
        (Some(day_first), _) if separator == '.' => Some(When::DayFirst(day_first)),
        (Some(day_first), Some(_)) if one == two => Some(When::Sure(day_first)),
        (Some(day_first), Some(month_first)) => Some(When::Either { day_first, month_first }),
        (Some(day_first), None) => Some(When::DayFirst(day_first)),
        (None, Some(month_first)) => Some(When::MonthFirst(month_first)),
        (None, None) => None,
    }
}

/// Days since 1970-01-01 in the Gregorian calendar (Hinnant, "chrono-compatible low-level date algorithms").
pub fn day_number(year: i32, month: i32, day: i32) -> Option<i32> {
    let length = match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !YEARS.contains(&year) || !(1..=length).contains(&day) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let era = year / 400;
    let year_of_era = year % 400;
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468)
}

/// Year, month and day of a day number.
pub fn civil(day_number: i32) -> (i32, i32, i32) {
    let days = day_number + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year_of_era + era * 400 + i32::from(month <= 2), month, day)
}

/// Seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by their size.
fn unix_time(text: &str) -> Option<Hour> {
    let whole = text.split_once('.').map_or(text, |(whole, _)| whole);
    let number: i64 = whole.parse().ok()?;
    let seconds = match whole.len() {
        9 | 10 => number,
        12 | 13 => number / 1000,
        15 | 16 => number / 1_000_000,
        18 | 19 => number / 1_000_000_000,
        _ => return None,
    };
    (100_000_000..4_102_444_800).contains(&seconds).then_some((seconds / 3600) as Hour)
}

/// The hour of a time anywhere in the text, 0 without one.
fn hour_of_day(text: &str) -> i32 {
    let Some((before, after)) = text.split_once(':') else { return 0 };
    let digits = before.bytes().rev().take(2).take_while(u8::is_ascii_digit).count();
    let hour = before.get(before.len() - digits..).and_then(|hour| hour.parse().ok()).unwrap_or(0);
    let half = after.to_ascii_lowercase();
    match hour {
        12 if half.contains("am") => 0,
        1..=11 if half.contains("pm") => hour + 12,
        0..=23 => hour,
        _ => 0,
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != ':' && c != '+').filter(|word| !word.is_empty())
}

fn month_name(text: &str) -> Option<i32> {
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    const LONG: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let month = |word: &str| {
        let word = word.to_ascii_lowercase();
        let is_it = |at: &usize| MONTHS[*at] == word || LONG[*at] == word || (word == "sept" && *at == 8);
        (0..12).find(is_it).map(|at| at as i32 + 1)
    };
    words(text).find_map(month)
}

/// Beside the name of a month: the first small number is the day, the one of four digits the year.
fn year_and_day(text: &str) -> Option<(i32, i32)> {
    let number = |word: &str| {
        let word = word.trim_end_matches(|c: char| c.is_ascii_lowercase());
        word.bytes().all(|byte| byte.is_ascii_digit()).then(|| word.parse::<i32>().ok()).flatten()
    };
    let numbers: Vec<(usize, i32)> =
        words(text).filter_map(|word| Some((word.len(), number(word)?))).collect();
    let day = numbers.iter().find(|(_, number)| (1..=31).contains(number))?.1;
    let year = numbers.iter().find(|(_, number)| YEARS.contains(number)).map(|(_, year)| *year);
    // `26-Nov-26`: the second of two small ones.
    let short = || {
        let mut small = numbers.iter().filter(|(length, number)| *length == 2 && *number < 100);
        (numbers.len() == 2).then(|| small.nth(1)).flatten().map(|(_, year)| 2000 + year)
    };
    Some((year.or_else(short)?, day))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sure(text: &str) -> Option<(i32, i32, i32, i32)> {
        let hour = match parse(text)? {
            When::Sure(hour) | When::DayFirst(hour) | When::MonthFirst(hour) => hour,
            When::Either { .. } => return None,
        };
        let (year, month, day) = civil(hour.div_euclid(24));
        Some((year, month, day, hour.rem_euclid(24)))
    }

    #[test]
    fn usual_ways_to_write_a_date_are_read() {
        for (text, expected) in [
            ("2024-05-06", (2024, 5, 6, 0)),
            ("2024-05-06T17:38:57.000Z", (2024, 5, 6, 17)),
            ("2024-05-06 09:00:00+00:00", (2024, 5, 6, 9)),
            ("2024/5/6 9:07", (2024, 5, 6, 9)),
            ("20240506", (2024, 5, 6, 0)),
            ("31/12/2024", (2024, 12, 31, 0)),
            ("12/31/2024 11:59 PM", (2024, 12, 31, 23)),
            ("12/31/24 12:10 am", (2024, 12, 31, 0)),
            ("06.05.2024", (2024, 5, 6, 0)),
            ("5.6.24", (2024, 6, 5, 0)),
            ("Mon May 06 17:38:57 +0000 2024", (2024, 5, 6, 17)),
            ("May 6, 2024", (2024, 5, 6, 0)),
            ("6th September 2024", (2024, 9, 6, 0)),
            ("06-May-24", (2024, 5, 6, 0)),
            ("1714980000", (2024, 5, 6, 7)),
            ("1714980000.5", (2024, 5, 6, 7)),
            ("1714980000123", (2024, 5, 6, 7)),
            ("2024-02-29", (2024, 2, 29, 0)),
        ] {
            assert_eq!(sure(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn an_order_that_is_not_clear_is_kept_in_both() {
        let either = parse("05/06/2024");
        let hour = |month, day| day_number(2024, month, day).unwrap() * 24;
        assert_eq!(either, Some(When::Either { day_first: hour(6, 5), month_first: hour(5, 6) }));
        assert_eq!(parse("05/05/2024"), Some(When::Sure(hour(5, 5))));
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "hello",
            "123456",
            "2023-02-29",
            "2024-13-01",
            "1/2",
            "1.2.3.4",
            "99/99/2024",
            "in May we trust",
            "1234567890123456789012",
            "3.14159",
            "0800-2024-11",
            "42.000.000",
            "$TSLA 5/6/2024",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn day_numbers_come_back(day in 0i32..47_000) {
            let (year, month, date) = civil(day);
            prop_assert_eq!(day_number(year, month, date), Some(day));
        }

        #[test]
        fn nothing_panics(text in "\\PC{0,40}", digits in "[0-9:/.T -]{0,24}") {
            let _ = (parse(&text), parse(&digits));
        }
    }
}

//! Labels over time: counted by the hour as answers come, drawn in as many columns as can be told apart.

use std::collections::BTreeMap;

use super::dates::{self, Hour, When, civil, day_number};

/// Columns of a chart, at most.
const MAX_COLUMNS: usize = 60;

/// Which number of `05/06/2024` is the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateOrder {
    /// As in Europe.
    DayFirst,
    /// As in the United States.
    MonthFirst,
}

/// What a column of the chart spans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// An hour.
    Hour,
    /// A day.
    Day,
    /// Seven days from a Monday on.
    Week,
    /// A calendar month.
    Month,
    /// A calendar year.
    Year,
}

/// Rows of one span of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its first hour.
    pub hour: Hour,
    /// Rows of each label.
    pub counts: Vec<u32>,
}

/// Counts of labels by the hour, in both orders of day and month.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    day_first: BTreeMap<Hour, Vec<u32>>,
    month_first: BTreeMap<Hour, Vec<u32>>,
    num_dated: usize,
    num_undated: usize,
    num_unclear: usize,
    num_day_first: usize,
    num_month_first: usize,
    chosen: Option<DateOrder>,
}

impl Timeline {
    /// Counts a row.
    pub fn add(&mut self, date: Option<&str>, label: usize, num_labels: usize) {
        let Some(when) = date.and_then(dates::parse) else {
            self.num_undated += 1;
            return;
        };
        self.num_dated += 1;
        let (day_first, month_first) = match when {
            When::Sure(hour) => (hour, hour),
            When::DayFirst(hour) => {
                self.num_day_first += 1;
                (hour, hour)
            }
            When::MonthFirst(hour) => {
                self.num_month_first += 1;
                (hour, hour)
            }
            When::Either { day_first, month_first } => {
                self.num_unclear += 1;
                (day_first, month_first)
            }
        };
        for (counts, hour) in [(&mut self.day_first, day_first), (&mut self.month_first, month_first)] {
            let counts = counts.entry(hour).or_insert_with(|| vec![0; num_labels]);
            if let Some(count) = counts.get_mut(label) {
                *count += 1;
            }
        }
    }

    /// Rows with a date.
    pub fn num_dated(&self) -> usize {
        self.num_dated
    }

    /// Rows whose date is missing or cannot be read.
    pub fn num_undated(&self) -> usize {
        self.num_undated
    }

    /// Rows whose day and month can be told apart only by [`Timeline::order`].
    pub fn num_unclear(&self) -> usize {
        self.num_unclear
    }

    /// Other rows say nothing about the order of day and month, or contradict each other.
    pub fn is_order_a_guess(&self) -> bool {
        let is_clear = (self.num_day_first == 0) != (self.num_month_first == 0);
        self.num_unclear > 0 && self.chosen.is_none() && !is_clear
    }

    /// The order in which unclear dates are read: the chosen one, else the one of the clear dates.
    pub fn order(&self) -> DateOrder {
        let by_rows = if self.num_day_first > self.num_month_first {
            DateOrder::DayFirst
        } else {
            DateOrder::MonthFirst
        };
        self.chosen.unwrap_or(by_rows)
    }

    /// The visitor knows.
    pub fn choose(&mut self, order: DateOrder) {
        self.chosen = Some(order);
    }

    /// The columns of a chart without gaps, and what each spans.
    pub fn columns(&self) -> (Unit, Vec<Column>) {
        let counts = match self.order() {
            DateOrder::DayFirst => &self.day_first,
            DateOrder::MonthFirst => &self.month_first,
        };
        let (Some((first, some)), Some((last, _))) = (counts.first_key_value(), counts.last_key_value())
        else {
            return (Unit::Day, Vec::new());
        };
        let has_hours = counts.keys().any(|hour| hour % 24 != 0);
        let units = [Unit::Hour, Unit::Day, Unit::Week, Unit::Month, Unit::Year];
        let fits = |unit: &Unit| {
            let span = starts(*unit, *first).take_while(|hour| hour <= last).take(MAX_COLUMNS + 1).count();
            (*unit != Unit::Hour || has_hours) && span <= MAX_COLUMNS
        };
        let unit = units.into_iter().find(fits).unwrap_or(Unit::Year);
        let empty = vec![0; some.len()];
        let mut columns: Vec<Column> = starts(unit, *first)
            .take_while(|hour| hour <= last)
            .take(2 * MAX_COLUMNS + 12)
            .map(|hour| Column { hour, counts: empty.clone() })
            .collect();
        for (hour, counts) in counts {
            let at = columns.partition_point(|column| column.hour <= *hour).saturating_sub(1);
            let Some(column) = columns.get_mut(at) else { continue };
            column.counts.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        }
        (unit, columns)
    }
}

/// The beginnings of all spans from the one that holds this hour on.
fn starts(unit: Unit, hour: Hour) -> impl Iterator<Item = Hour> {
    let day = hour.div_euclid(24);
    let (year, month, _) = civil(day);
    // Day 4 is a Monday.
    let monday = day - (day - 4).rem_euclid(7);
    (0..).map(move |step: i32| match unit {
        Unit::Hour => hour + step,
        Unit::Day => (day + step) * 24,
        Unit::Week => (monday + 7 * step) * 24,
        Unit::Month => {
            let months = year * 12 + month - 1 + step;
            day_number(months / 12, months % 12 + 1, 1).map_or(Hour::MAX, |day| day * 24)
        }
        Unit::Year => day_number(year + step, 1, 1).map_or(Hour::MAX, |day| day * 24),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timeline(dates: &[&str]) -> Timeline {
        let mut timeline = Timeline::default();
        for (at, date) in dates.iter().enumerate() {
            timeline.add(Some(date), at % 2, 2);
        }
        timeline
    }

    fn sums(columns: &[Column]) -> Vec<u32> {
        columns.iter().map(|column| column.counts.iter().sum()).collect()
    }

    #[test]
    fn the_span_decides_the_unit_and_gaps_are_shown() {
        for (dates, expected, columns) in [
            (["2024-05-06 09:00", "2024-05-06 12:59"], Unit::Hour, 4),
            (["2024-05-06", "2024-05-08"], Unit::Day, 3),
            (["2024-05-06", "2024-08-06"], Unit::Week, 14),
            (["2021-05-06", "2024-08-06"], Unit::Month, 40),
            (["1999-05-06", "2024-08-06"], Unit::Year, 26),
        ] {
            let (unit, found) = timeline(&dates).columns();
            assert_eq!((unit, found.len()), (expected, columns), "{dates:?}");
            let sums = sums(&found);
            assert_eq!((sums[0], *sums.last().unwrap(), sums.iter().sum::<u32>()), (1, 1, 2), "{dates:?}");
        }
    }

    #[test]
    fn clear_dates_decide_for_the_others_and_a_visitor_for_all() {
        let mut mixed = timeline(&["05/06/2024", "25/06/2024"]);
        assert_eq!((mixed.order(), mixed.is_order_a_guess()), (DateOrder::DayFirst, false));
        assert_eq!(sums(&mixed.columns().1).len(), 21);
        mixed.choose(DateOrder::MonthFirst);
        assert_eq!(sums(&mixed.columns().1).len(), 51);
        let unclear = timeline(&["05/06/2024", "07/08/2024", "soon"]);
        assert!(unclear.is_order_a_guess());
        assert_eq!((unclear.num_unclear(), unclear.num_undated(), unclear.num_dated()), (2, 1, 2));
        assert!(!timeline(&["2024-05-06"]).is_order_a_guess());
    }
}

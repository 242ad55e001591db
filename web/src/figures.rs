//! How numbers read on the page: bytes, shares, milliseconds, differences, in the visitor's locale. Pure text, tested
//! natively in plain English.

use locale::decimal;

mod locale;

/// `12.4 of 23.8 MB`; without a known total `12.4 MB`. One MB is 10⁶ bytes, as operating systems and browsers say.
pub fn megabytes(loaded: u64, total: Option<u64>) -> String {
    let in_mb = |bytes: u64| bytes as f64 / 1e6;
    match total {
        Some(total) => format!("{} of {} MB", decimal(in_mb(loaded), 1), decimal(in_mb(total), 1)),
        None => format!("{} MB", decimal(in_mb(loaded), 1)),
    }
}

/// Room on a device: `900.0 MB`, from a thousand on `10.8 GB`.
pub fn room(bytes: u64) -> String {
    if bytes < 1_000_000_000 {
        megabytes(bytes, None)
    } else {
        format!("{} GB", decimal(bytes as f64 / 1e9, 1))
    }
}

/// A pace as `1.2 MB/s`.
pub fn pace(bytes_per_second: f64) -> String {
    format!("{} MB/s", decimal(bytes_per_second / 1e6, 1))
}

/// A time to wait, never promised too exactly: `a moment`, `20 s`, `3 min`.
pub fn time_left(seconds: f64) -> String {
    match seconds {
        s if s < 2.0 => "a moment".to_owned(),
        s if s < 20.0 => format!("{} s", decimal(s, 0)),
        s if s < 90.0 => format!("{} s", decimal((s / 10.0).round() * 10.0, 0)),
        s => format!("{} min", decimal(s / 60.0, 0)),
    }
}

/// A number of things: `2,030`.
pub fn count(number: usize) -> String {
    decimal(number as f64, 0)
}

/// How much of a download is there, as `43%`; a hundred only once it is whole.
pub fn arrived(loaded: u64, total: u64) -> String {
    format!("{}%", decimal((loaded * 100).checked_div(total).unwrap_or(0).min(100) as f64, 0))
}

/// A probability as `93%`. What rounds to a certainty without being one stays visible: `>99%`, `<1%`.
pub fn percent(probability: f32) -> String {
    match probability {
        p if p > 0.995 && p < 1.0 => ">99%".to_owned(),
        p if p > 0.0 && p < 0.005 => "<1%".to_owned(),
        p => format!("{}%", decimal(f64::from(p) * 100.0, 0)),
    }
}

/// A duration as `6.4 ms`, from 10 ms on as `64 ms`, from a second on as `1.2 s`.
pub fn duration(milliseconds: f64) -> String {
    match milliseconds {
        ms if ms < 9.95 => format!("{} ms", decimal(ms, 1)),
        ms if ms < 999.5 => format!("{} ms", decimal(ms, 0)),
        ms => format!("{} s", decimal(ms / 1000.0, 1)),
    }
}

/// A difference of probabilities in percentage points: `+12.3`, `−4.0`, `0.0`.
pub fn points(difference: f32) -> String {
    let points = (f64::from(difference) * 1000.0).round() / 10.0;
    let size = decimal(points.abs(), 1);
    match points {
        p if p > 0.0 => format!("+{size}"),
        p if p < 0.0 => format!("−{size}"),
        _ => size,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_read_as_part_of_a_whole() {
        assert_eq!(megabytes(12_400_000, Some(23_849_000)), "12.4 of 23.8 MB");
        assert_eq!(megabytes(0, None), "0.0 MB");
        assert_eq!([room(15_700_000), room(10_753_200_000)], ["15.7 MB", "10.8 GB"]);
    }

    #[test]
    fn waiting_is_not_promised_too_exactly() {
        let read = [0.4, 7.4, 44.0, 200.0].map(time_left);
        assert_eq!(read, ["a moment", "7 s", "40 s", "3 min"]);
        assert_eq!(pace(1_240_000.0), "1.2 MB/s");
    }

    #[test]
    fn a_download_is_complete_only_at_the_end() {
        assert_eq!(arrived(0, 8_000_000), "0%");
        assert_eq!(arrived(7_999_999, 8_000_000), "99%");
        assert_eq!(arrived(8_000_000, 8_000_000), "100%");
        assert_eq!(arrived(0, 0), "0%");
    }

    #[test]
    fn a_percentage_never_claims_a_certainty_that_is_none() {
        assert_eq!(percent(0.934), "93%");
        assert_eq!(percent(0.9999), ">99%");
        assert_eq!(percent(0.0001), "<1%");
        assert_eq!(percent(1.0), "100%");
        assert_eq!(percent(0.0), "0%");
    }

    #[test]
    fn durations_keep_two_digits_worth_reading() {
        assert_eq!(duration(6.44), "6.4 ms");
        assert_eq!(duration(64.4), "64 ms");
        assert_eq!(duration(1234.0), "1.2 s");
    }

    #[test]
    fn differences_carry_their_sign() {
        assert_eq!(points(0.1234), "+12.3");
        assert_eq!(points(-0.04), "−4.0");
        assert_eq!(points(-0.0001), "0.0");
    }
}

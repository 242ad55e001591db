//! How numbers read on the page: bytes, shares, milliseconds, differences. Pure text, tested natively.

/// `12.4 of 23.8 MB`; without a known total `12.4 MB`. One MB is 10⁶ bytes, as operating systems and browsers say.
pub fn megabytes(loaded: u64, total: Option<u64>) -> String {
    let in_mb = |bytes: u64| bytes as f64 / 1e6;
    match total {
        Some(total) => format!("{:.1} of {:.1} MB", in_mb(loaded), in_mb(total)),
        None => format!("{:.1} MB", in_mb(loaded)),
    }
}

/// How much of a download is there, as `43%`; a hundred only once it is whole.
pub fn arrived(loaded: u64, total: u64) -> String {
    format!("{}%", (loaded * 100).checked_div(total).unwrap_or(0).min(100))
}

/// A probability as `93%`. What rounds to a certainty without being one stays visible: `>99%`, `<1%`.
pub fn percent(probability: f32) -> String {
    match probability {
        p if p > 0.995 && p < 1.0 => ">99%".to_owned(),
        p if p > 0.0 && p < 0.005 => "<1%".to_owned(),
        p => format!("{:.0}%", p * 100.0),
    }
}

/// A duration as `6.4 ms`, from 10 ms on as `64 ms`, from a second on as `1.2 s`.
pub fn duration(milliseconds: f64) -> String {
    match milliseconds {
        ms if ms < 9.95 => format!("{ms:.1} ms"),
        ms if ms < 999.5 => format!("{ms:.0} ms"),
        ms => format!("{:.1} s", ms / 1000.0),
    }
}

/// A difference of probabilities in percentage points: `+12.3`, `−4.0`, `0.0`.
pub fn points(difference: f32) -> String {
    let points = (difference * 1000.0).round() / 10.0;
    match points {
        p if p > 0.0 => format!("+{p:.1}"),
        p if p < 0.0 => format!("−{:.1}", -p),
        _ => "0.0".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_read_as_part_of_a_whole() {
        assert_eq!(megabytes(12_400_000, Some(23_849_000)), "12.4 of 23.8 MB");
        assert_eq!(megabytes(0, None), "0.0 MB");
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

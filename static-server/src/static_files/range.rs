//! `Range: bytes=…` (RFC 9110, sections 14.1 and 14.2): which bytes of a file are asked for.
//!
//! One range is answered with 206, several with the whole file, as section 14.2 allows: nobody fetches models in
//! scattered pieces, and so a long header costs one look at each of its ranges. The library that was here before
//! (`http-range-header`) compares every range with every other and takes a suffix longer than the file for an error.

use std::ops::Range;

/// What a Range header asks of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestedRange {
    /// The whole file: the header is malformed, of another unit, or asks for several ranges.
    Whole,
    /// These bytes, at least one.
    Part(Range<usize>),
    /// Nothing that the file has.
    Unsatisfiable,
}

impl RequestedRange {
    /// Reads the value of a Range header for a file of this size.
    pub fn parse(header: &str, size_bytes: usize) -> Self {
        let Some((unit, ranges)) = header.split_once('=') else { return Self::Whole };
        if !unit.trim().eq_ignore_ascii_case("bytes") {
            return Self::Whole;
        }
        // Empty elements of a list are skipped (RFC 9110, section 5.6.1.2).
        let specs =
            ranges.split(',').map(|spec| spec.trim_matches([' ', '\t'])).filter(|spec| !spec.is_empty());
        let mut num_specs = 0;
        let mut found = None;
        let mut num_found = 0;
        for spec in specs {
            let Some(range) = parse_spec(spec, size_bytes) else { return Self::Whole };
            num_specs += 1;
            if !range.is_empty() {
                num_found += 1;
                found = Some(range);
            }
        }
        match found {
            Some(range) if num_found == 1 => Self::Part(range),
            None if num_specs > 0 && size_bytes > 0 => Self::Unsatisfiable,
            _ => Self::Whole,
        }
    }
}

/// One `first-last`, `first-` or `-suffix` within the file, empty if that has none of it; `None` is no range.
fn parse_spec(spec: &str, size_bytes: usize) -> Option<Range<usize>> {
    let (first, last) = spec.split_once('-')?;
    if first.is_empty() {
        return Some(size_bytes.saturating_sub(parse_position(last)?)..size_bytes);
    }
    let first = parse_position(first)?;
    let end = match last {
        "" => size_bytes,
        last => {
            let last = parse_position(last)?;
            if last < first {
                return None;
            }
            last.saturating_add(1).min(size_bytes)
        }
    };
    Some(first.min(end)..end)
}

/// Digits as a number; more than fit are further than any file's end.
fn parse_position(digits: &str) -> Option<usize> {
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::RequestedRange::{self, Part, Unsatisfiable, Whole};

    #[test]
    fn a_header_asks_for_what_rfc_9110_says() {
        for (header, expected) in [
            ("bytes=0-0", Part(0..1)),
            ("bytes=3-", Part(3..10)),
            ("bytes=-4", Part(6..10)),
            ("bytes=-99999999", Part(0..10)),
            ("bytes=0-99999999999999999999999", Part(0..10)),
            ("bytes=00-03", Part(0..4)),
            ("Bytes=0-3", Part(0..4)),
            ("bytes= 0-3 , ,", Part(0..4)),
            ("bytes=0-1,99999999-", Part(0..2)),
            ("bytes=99999999-,-0,2-3", Part(2..4)),
            ("bytes=0-1,4-5", Whole),
            ("bytes=0-1,0-1", Whole),
            ("bytes=10-", Unsatisfiable),
            ("bytes=99999999999999999999999-", Unsatisfiable),
            ("bytes=-0", Unsatisfiable),
            ("bytes=10-,-0", Unsatisfiable),
            ("bytes=3-2", Whole),
            ("bytes=3-x", Whole),
            ("bytes=0-1,x", Whole),
            ("bytes=+1-2", Whole),
            ("bytes=-", Whole),
            ("bytes=", Whole),
            ("bytes", Whole),
            ("", Whole),
            ("lines=1-2", Whole),
        ] {
            assert_eq!(RequestedRange::parse(header, 10), expected, "{header}");
        }
        for header in ["bytes=0-", "bytes=-5", "bytes=7-8"] {
            assert_eq!(RequestedRange::parse(header, 0), Whole, "an empty file: {header}");
        }
    }
}

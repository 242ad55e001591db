//! Content codings: which one a client takes (RFC 9110, section 12.5.3), and the compression itself.

use axum::http::{HeaderMap, header};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;

/// How the bytes of an answer are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// Not at all.
    Identity,
    /// Brotli (RFC 7932); browsers ask for it over HTTPS and on localhost.
    Brotli,
    /// gzip (RFC 1952).
    Gzip,
}

impl Coding {
    /// Name in `accept-encoding` and `content-encoding`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }

    /// Whether the request's `accept-encoding` names this coding, with a weight above zero.
    pub(super) fn is_accepted(self, headers: &HeaderMap) -> bool {
        let values = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).any(|choice| {
            let (name, weight) = choice.split_once(';').unwrap_or((choice, "q=1"));
            let weight = weight.trim().strip_prefix("q=").and_then(|weight| weight.parse::<f32>().ok());
            name.trim().eq_ignore_ascii_case(self.name()) && weight.is_some_and(|weight| weight > 0.0)
        })
    }

    /// The bytes packed this way, if that makes them smaller.
    pub(super) fn compress(self, plain: &[u8]) -> Option<Vec<u8>> {
        let packed = match self {
            Self::Identity => None,
            Self::Brotli => brotli(plain).ok(),
            Self::Gzip => gzip(plain).ok(),
        };
        packed.filter(|packed| packed.len() < plain.len())
    }
}

fn brotli(plain: &[u8]) -> std::io::Result<Vec<u8>> {
    // Quality 9 is within some percent of 11, which takes ten times as long: seconds of every start.
    let params = brotli::enc::BrotliEncoderParams {
        quality: 9,
        lgwin: 22,
        size_hint: plain.len(),
        ..Default::default()
    };
    let mut packed = Vec::new();
    brotli::BrotliCompress(&mut &*plain, &mut packed, &params)?;
    Ok(packed)
}

fn gzip(plain: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use super::Coding;
    use axum::http::{HeaderMap, HeaderValue, header};

    #[test]
    fn a_coding_is_accepted_only_where_it_is_named_with_a_weight() {
        let cases = [
            ("gzip, deflate, br", true),
            ("BR;q=0.5", true),
            ("gzip", false),
            ("br;q=0", false),
            ("br;q=zero", false),
            ("", false),
        ];
        for (value, expected) in cases {
            let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(value))]);
            assert_eq!(Coding::Brotli.is_accepted(&headers), expected, "{value}");
        }
    }
}

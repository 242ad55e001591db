//! Bytes made of bytes: what a search tries beside its seeds.
//!
//! Blind, but not aimless: lengths and counts are where readers trust too much, so whole numbers are put in place of
//! what stands there, binary ones and written ones.

/// Longest input that is made; longer ones find the same and take longer.
const MAX_LEN: usize = 1 << 16;
/// Where a reader's arithmetic ends.
const NUMBERS: [u64; 16] = [
    0,
    1,
    2,
    0x7f,
    0x80,
    0xff,
    0x7fff,
    0x8000,
    0xffff,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x1_0000_0000,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
    0xffff_ffff_ffff_ffff,
];
/// The same for those who write numbers, and what is structure in texts.
const WORDS: [&str; 28] = [
    "0",
    "-1",
    "1",
    "00",
    "9",
    "255",
    "65536",
    "4294967296",
    "18446744073709551615",
    "18446744073709551616",
    "1e999",
    "-0.0",
    "null",
    "[",
    "]",
    "{",
    "}",
    "\"",
    "\\",
    "\\ud800",
    ",",
    ";",
    "-",
    "\r",
    "\n",
    "\t",
    "\0",
    "\u{feff}",
];

/// A source of inputs: the same from the same number.
#[derive(Debug)]
pub struct Mutator {
    state: u64,
}

impl Mutator {
    /// The one with this number.
    pub fn new(number: u64) -> Self {
        Self { state: number }
    }

    /// One of the seeds with one to four changes; nothing where there are no seeds.
    pub fn next_input(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let Some(seed) = self.pick(seeds) else { return Vec::new() };
        let mut input = seed.clone();
        for _ in 0..=self.below(4) {
            self.change(&mut input, seeds);
        }
        input.truncate(MAX_LEN.max(seed.len()));
        input
    }

    fn change(&mut self, input: &mut Vec<u8>, seeds: &[Vec<u8>]) {
        let range = self.range(input.len());
        let at = range.start;
        match self.below(10) {
            0 if at < input.len() => input[at] ^= 1 << self.below(8),
            1 if at < input.len() => input[at] = self.below(256) as u8,
            2 => self.overwrite_number(&mut input[at..]),
            3 => input.truncate(at),
            4 => drop(input.drain(range)),
            5 => {
                let part = input[range].repeat(1 + self.below(40));
                input.splice(at..at, part);
            }
            6 => {
                let other = self.pick(seeds).map(Vec::as_slice).unwrap_or_default();
                let part = other[self.range(other.len())].to_vec();
                input.splice(range, part);
            }
            7 => self.replace_digits(input),
            8 => {
                let part = input[range].to_vec();
                let elsewhere = self.below(input.len() + 1);
                input.splice(elsewhere..elsewhere, part);
            }
            _ => {
                let word = self.pick(&WORDS).copied().unwrap_or_default();
                input.splice(at..at, word.bytes());
            }
        }
    }

    /// Writes a number over the beginning, in one of the widths and one of the orders.
    fn overwrite_number(&mut self, place: &mut [u8]) {
        let number = self.pick(&NUMBERS).copied().unwrap_or_default();
        let width = (1 << self.below(4)).min(place.len());
        let little = number.to_le_bytes();
        let is_little = self.below(4) > 0;
        for (at, byte) in place[..width].iter_mut().enumerate() {
            *byte = little[if is_little { at } else { width - 1 - at }];
        }
    }

    /// Puts another number in the place of one that is written in digits.
    fn replace_digits(&mut self, input: &mut Vec<u8>) {
        let from = self.below(input.len() + 1);
        let Some(start) = input[from..].iter().position(u8::is_ascii_digit).map(|at| from + at) else {
            return;
        };
        let len = input[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let number = match self.below(3) {
            0 => self.below(200) as u64,
            _ => self.pick(&NUMBERS).copied().unwrap_or_default(),
        };
        input.splice(start..start + len, number.to_string().bytes());
    }

    /// A part of so many bytes: mostly a short one.
    fn range(&mut self, len: usize) -> std::ops::Range<usize> {
        let start = self.below(len + 1);
        let longest = if self.below(4) == 0 { len } else { 16 };
        start..(start + self.below(longest + 1)).min(len)
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.below(from.len()))
    }

    /// A number below this one, 0 below 0 (SplitMix64, Steele, Lea, Flood 2014).
    fn below(&mut self, end: usize) -> usize {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % end.max(1) as u64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::Mutator;
    use std::collections::HashSet;

    #[test]
    fn inputs_differ_and_come_again() {
        let seeds = [b"{\"a\": 12}".to_vec(), vec![7; 300], Vec::new()];
        let inputs = |number| {
            let mut mutator = Mutator::new(number);
            (0..500).map(|_| mutator.next_input(&seeds)).collect::<Vec<_>>()
        };
        assert_eq!(inputs(1), inputs(1));
        assert_ne!(inputs(1), inputs(2));
        assert!(inputs(1).iter().collect::<HashSet<_>>().len() > 300, "mutations that change nothing");
    }
}

//! Writes into a region whose room was checked for many values at once.

use millrace_batch::text;

/// The two digits of every number below 100.
pub(super) const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[0; 2]; 100];
    let mut index = 0;
    while index < 100 {
        pairs[index] = [b'0' + (index / 10) as u8, b'0' + (index % 10) as u8];
        index += 1;
    }
    pairs
};

/// Bytes that may be written behind a value and are overwritten by the next one.
pub(super) const SLACK: usize = 64;

/// A text of a few bytes that is written by one store.
#[derive(Clone, Debug)]
pub(super) struct Short {
    bytes: [u8; 8],
    length: usize,
    /// The whole text, when it is longer than one store.
    long: Option<Vec<u8>>,
}

impl Short {
    /// Any text; longer ones are slower.
    pub(super) fn new(text: &[u8]) -> Self {
        let mut bytes = [0; 8];
        let head = text.len().min(8);
        bytes[..head].copy_from_slice(&text[..head]);
        Self { bytes, length: text.len(), long: (text.len() > 8).then(|| text.to_vec()) }
    }
}

/// A position in a region. Every method panics at the end of the region; the caller checks the room before.
pub(super) struct Pen<'a> {
    /// The region.
    pub out: &'a mut [u8],
    /// Bytes written.
    pub length: usize,
}

impl Pen<'_> {
    /// One byte.
    #[inline(always)]
    pub(super) fn push(&mut self, byte: u8) {
        self.out[self.length] = byte;
        self.length += 1;
    }

    /// Bytes; short ones are copied without asking how many there are. Needs [`SLACK`] behind them.
    #[inline(always)]
    pub(super) fn text(&mut self, bytes: &[u8], range: std::ops::Range<usize>) {
        let length = range.len();
        if length <= 32
            && let Some(from) = bytes[range.start..].first_chunk::<32>()
            && let Some(to) = self.out[self.length..].first_chunk_mut::<32>()
        {
            *to = *from;
        } else {
            self.out[self.length..self.length + length].copy_from_slice(&bytes[range]);
        }
        self.length += length;
    }

    /// A short text. Needs [`SLACK`] behind it.
    #[inline(always)]
    pub(super) fn short(&mut self, short: &Short) {
        if let Some(text) = &short.long {
            return self.slice(text);
        }
        self.eight(short.bytes, short.length);
    }

    /// The first `length` of eight bytes. Needs [`SLACK`] behind them.
    #[inline(always)]
    pub(super) fn eight(&mut self, bytes: [u8; 8], length: usize) {
        match self.out[self.length..].first_chunk_mut::<8>() {
            Some(to) => *to = bytes,
            None => self.out[self.length..self.length + length].copy_from_slice(&bytes[..length]),
        }
        self.length += length;
    }

    /// Bytes.
    #[inline(always)]
    pub(super) fn slice(&mut self, bytes: &[u8]) {
        self.out[self.length..self.length + bytes.len()].copy_from_slice(bytes);
        self.length += bytes.len();
    }

    /// An integer in decimal.
    #[inline(always)]
    pub(super) fn integer(&mut self, value: i64) {
        if value < 0 {
            self.push(b'-');
        }
        self.unsigned(value.unsigned_abs());
    }

    #[inline(always)]
    fn unsigned(&mut self, mut value: u64) {
        let digits = count_digits(value);
        let mut at = self.length + digits;
        self.length = at;
        while value >= 100 {
            at -= 2;
            self.out[at..at + 2].copy_from_slice(&PAIRS[(value % 100) as usize]);
            value /= 100;
        }
        if value >= 10 {
            self.out[at - 2..at].copy_from_slice(&PAIRS[value as usize]);
        } else {
            self.out[at - 1] = b'0' + value as u8;
        }
    }

    /// A double as Java prints it.
    #[inline(always)]
    pub(super) fn double(&mut self, value: f64) {
        // Two digits behind the point are the most frequent case. When the hundredths, divided back, give the very same
        // double, they are its shortest digits: no two decimals of up to 15 digits share a double.
        let magnitude = value.abs();
        if (0.01..1e7).contains(&magnitude) {
            let hundredths = (magnitude * 100.0 + 0.5) as u64;
            if (hundredths as f64 / 100.0).to_bits() == magnitude.to_bits() {
                if value < 0.0 {
                    self.push(b'-');
                }
                self.unsigned(hundredths / 100);
                let pair = PAIRS[(hundredths % 100) as usize];
                self.slice(&[b'.', pair[0], pair[1]]);
                self.length -= usize::from(pair[1] == b'0');
                return;
            }
        }
        self.length += text::write_f64(value, &mut self.out[self.length..]);
    }
}

#[inline(always)]
fn count_digits(value: u64) -> usize {
    let bits = 64 - (value | 1).leading_zeros() as usize;
    let guess = (bits * 1_233) >> 12;
    guess + usize::from(value >= super::number::POWERS_U64[guess]) + usize::from(value == 0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;
    use proptest::prelude::*;

    fn written(write: impl FnOnce(&mut Pen<'_>)) -> String {
        let mut out = [0u8; 128];
        let mut pen = Pen { out: &mut out, length: 0 };
        write(&mut pen);
        let length = pen.length;
        String::from_utf8(out[..length].to_vec()).unwrap()
    }

    fn java(value: f64) -> String {
        let mut out = [0u8; 64];
        let length = text::write_f64(value, &mut out);
        String::from_utf8(out[..length].to_vec()).unwrap()
    }

    #[test]
    fn integers_at_every_power_of_ten() {
        for power in 0..19 {
            let value = 10i64.pow(power);
            for value in [value - 1, value, value + 1, -value] {
                assert_eq!(written(|pen| pen.integer(value)), value.to_string());
            }
        }
        assert_eq!(written(|pen| pen.integer(i64::MIN)), i64::MIN.to_string());
        assert_eq!(written(|pen| pen.integer(i64::MAX)), i64::MAX.to_string());
    }

    #[test]
    fn doubles_at_the_edges_of_the_fast_path() {
        for value in
            [0.0, -0.0, 0.01, 0.009, 0.1, 1.0, -1.5, 9_999_999.99, 9_999_999.995, 1e7, 0.005, f64::NAN, 123.456, 1e300]
        {
            assert_eq!(written(|pen| pen.double(value)), java(value), "{value}");
        }
    }

    proptest! {
        #[test]
        fn doubles_print_as_the_careful_way_prints_them(hundredths in -2_000_000_000i64..2_000_000_000, any: f64) {
            let value = hundredths as f64 / 100.0;
            prop_assert_eq!(written(|pen| pen.double(value)), java(value));
            prop_assert_eq!(written(|pen| pen.double(any)), java(any));
        }

        #[test]
        fn integers_print_in_decimal(value: i64) {
            prop_assert_eq!(written(|pen| pen.integer(value)), value.to_string());
        }
    }
}

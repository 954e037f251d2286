//! Numbers from text, eight digits at a time in one register.
//!
//! Each function is a fast path: `None` means that the text has to go the careful way of [`millrace_batch::parse`], not
//! that it is wrong. What a fast path gives equals what the careful way gives.

const ZEROS: u64 = 0x3030_3030_3030_3030;
const DOTS: u64 = 0x2e2e_2e2e_2e2e_2e2e;
const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH_BITS: u64 = 0x8080_8080_8080_8080;

/// Powers of ten that a double holds exactly.
const POWERS_F64: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];
const POWERS_F32: [f32; 11] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10];

/// Powers of ten of 64 bits.
pub(super) const POWERS_U64: [u64; 20] = {
    let mut powers = [1u64; 20];
    let mut index = 1;
    while index < 20 {
        powers[index] = powers[index - 1] * 10;
        index += 1;
    }
    powers
};

/// A field's place in a larger text; the bytes before it may be read.
#[derive(Clone, Copy)]
pub(super) struct Field<'a> {
    /// The whole text.
    pub bytes: &'a [u8],
    /// First byte.
    pub start: usize,
    /// Behind the last byte.
    pub end: usize,
}

impl<'a> Field<'a> {
    /// The field alone.
    #[inline(always)]
    pub(super) fn text(self) -> &'a [u8] {
        &self.bytes[self.start..self.end]
    }

    /// The eight bytes before `end`; `None` at the very beginning of the text.
    #[inline(always)]
    fn tail(self, end: usize) -> Option<u64> {
        let bytes = self.bytes.get(end.checked_sub(8)?..end)?;
        Some(u64::from_le_bytes(bytes.try_into().ok()?))
    }
}

/// `[-]d{1,16}`.
#[inline(always)]
pub(super) fn fast_i64(field: Field<'_>) -> Option<i64> {
    let negative = *field.bytes.get(field.start)? == b'-';
    let length = field.end.wrapping_sub(field.start + usize::from(negative));
    let last = field.tail(field.end)?;
    let value = if (1..=8).contains(&length) {
        digits(keep_last(last, length))?
    } else if (9..=16).contains(&length) {
        let first = keep_last(field.tail(field.end - 8)?, length - 8);
        digits(first)? * 100_000_000 + digits(last)?
    } else {
        return None;
    } as i64;
    Some(if negative { -value } else { value })
}

/// A decimal number without an exponent: its digits as an integer, and how many of them stand behind the point.
pub(super) struct Plain {
    /// The number was written with a minus sign.
    pub negative: bool,
    /// All digits.
    pub digits: u64,
    /// Digits behind the point.
    pub scale: usize,
}

/// `[-]d*[.d*]` of 1 to 16 bytes behind the sign, with at least one digit.
#[inline(always)]
pub(super) fn fast_plain(field: Field<'_>) -> Option<Plain> {
    let negative = *field.bytes.get(field.start)? == b'-';
    let length = field.end.wrapping_sub(field.start + usize::from(negative));
    let last = field.tail(field.end)?;
    if (1..=8).contains(&length) {
        let word = keep_last(last, length);
        let dots = zero_bytes(word ^ DOTS);
        if dots == 0 {
            return Some(Plain { negative, digits: digits(word)?, scale: 0 });
        }
        let (word, scale) = close_gap(word, dots);
        return (length > 1).then_some(Plain { negative, digits: digits(word)?, scale });
    }
    if !(9..=16).contains(&length) {
        return None;
    }
    let first = keep_last(field.tail(field.end - 8)?, length - 8);
    let (first_dots, last_dots) = (zero_bytes(first ^ DOTS), zero_bytes(last ^ DOTS));
    let (first, last, scale) = if last_dots != 0 {
        let (closed, scale) = close_gap(last, last_dots);
        // The byte that made room in the second word is the last one of the first word.
        ((first << 8) | 0x30, (closed & !0xff) | (first >> 56), scale)
    } else if first_dots != 0 {
        let (closed, scale) = close_gap(first, first_dots);
        (closed, last, scale + 8)
    } else {
        (first, last, 0)
    };
    Some(Plain { negative, digits: digits(first)? * 100_000_000 + digits(last)?, scale })
}

/// A double of at most 15 or so digits: exact, because digits and power of ten are exact and one division rounds once.
#[inline(always)]
pub(super) fn fast_f64(field: Field<'_>) -> Option<f64> {
    let plain = fast_plain(field)?;
    if plain.digits > 1 << 53 {
        return None;
    }
    let value = plain.digits as f64 / POWERS_F64[plain.scale];
    Some(if plain.negative { -value } else { value })
}

/// As [`fast_f64`] for a float.
#[inline(always)]
pub(super) fn fast_f32(field: Field<'_>) -> Option<f32> {
    let plain = fast_plain(field)?;
    if plain.digits > 1 << 24 || plain.scale >= POWERS_F32.len() {
        return None;
    }
    let value = plain.digits as f32 / POWERS_F32[plain.scale];
    Some(if plain.negative { -value } else { value })
}

/// Keeps the last `length` (1..=8) bytes of a little-endian word and fills the others with the digit 0.
#[inline(always)]
fn keep_last(word: u64, length: usize) -> u64 {
    let mask = u64::MAX << (8 * (8 - length));
    (word & mask) | (ZEROS & !mask)
}

/// The value of eight ASCII digits, the first in the lowest byte; `None` when a byte is no digit.
#[inline(always)]
fn digits(word: u64) -> Option<u64> {
    let values = word ^ ZEROS;
    // A byte above 9 reaches its high bit by the addition, or had it before.
    if (values.wrapping_add(0x7676_7676_7676_7676) | values) & HIGH_BITS != 0 {
        return None;
    }
    let pairs = values.wrapping_mul(10).wrapping_add(values >> 8);
    let first = (pairs & 0x0000_00ff_0000_00ff).wrapping_mul(0x000f_4240_0000_0064);
    let second = ((pairs >> 16) & 0x0000_00ff_0000_00ff).wrapping_mul(0x0000_2710_0000_0001);
    Some(first.wrapping_add(second) >> 32)
}

/// The high bit of every zero byte, exact up to and including the lowest one.
#[inline(always)]
fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word & HIGH_BITS
}

/// Takes the byte at the lowest bit of `dots` out of the word and puts a digit 0 in front; also the bytes behind it.
#[inline(always)]
fn close_gap(word: u64, dots: u64) -> (u64, usize) {
    let shift = dots.trailing_zeros() & !7;
    let before = (1u64 << shift) - 1;
    let behind = (u64::MAX << shift) << 8;
    ((word & behind) | ((word & before) << 8) | 0x30, 7 - (shift / 8) as usize)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;
    use millrace_batch::parse::{parse_decimal, parse_f32, parse_f64, parse_i64};
    use proptest::prelude::*;

    fn with_field<T>(text: &str, read: impl Fn(Field<'_>) -> T) -> T {
        let padded = format!("0123456789abcdef{text},x");
        read(Field { bytes: padded.as_bytes(), start: 16, end: 16 + text.len() })
    }

    #[test]
    fn integers_of_every_length_are_read() {
        for length in 1..=16 {
            let text = &"1234567890123456"[..length];
            assert_eq!(with_field(text, fast_i64), Some(text.parse().unwrap()), "{text}");
            assert_eq!(with_field(&format!("-{text}"), fast_i64), Some(-text.parse::<i64>().unwrap()), "-{text}");
        }
        for text in ["", "-", "+1", " 1", "1 ", "1.5", "12345678901234567", "1234x678", "1:", "1/", "\u{ff}1"] {
            assert_eq!(with_field(text, fast_i64), None, "{text}");
        }
    }

    #[test]
    fn a_field_at_the_beginning_of_the_text_goes_the_careful_way() {
        assert_eq!(fast_i64(Field { bytes: b"12,", start: 0, end: 2 }), None);
        assert_eq!(fast_i64(Field { bytes: b"", start: 0, end: 0 }), None);
    }

    #[test]
    fn plain_numbers_with_a_point_anywhere_are_read() {
        for text in ["1.", ".5", "0.1", "1234.567", "12345678.9", "1234567890.12345", "-.25", ".123456789012345"] {
            assert_eq!(with_field(text, fast_f64), parse_f64(text.as_bytes()), "{text}");
        }
        for text in [".", "-", "", "1.2.3", "1e5", "NaN", "1234.5678.9012", "123456789.12.", "1,5"] {
            assert_eq!(with_field(text, fast_f64), None, "{text}");
        }
        assert!(with_field("-0.0", fast_f64).unwrap().is_sign_negative());
    }

    proptest! {
        #[test]
        fn what_the_fast_paths_give_equals_the_careful_way(text in "-?[0-9]{0,10}[.]?[0-9]{0,9}") {
            if let Some(value) = with_field(&text, fast_i64) {
                prop_assert_eq!(Some(value), parse_i64(text.as_bytes()));
            }
            if let Some(value) = with_field(&text, fast_f64) {
                prop_assert_eq!(Some(value.to_bits()), parse_f64(text.as_bytes()).map(f64::to_bits));
            }
            if let Some(value) = with_field(&text, fast_f32) {
                prop_assert_eq!(Some(value.to_bits()), parse_f32(text.as_bytes()).map(f32::to_bits));
            }
            if let Some(plain) = with_field(&text, fast_plain) {
                let unscaled = i128::from(plain.digits) * if plain.negative { -1 } else { 1 };
                prop_assert_eq!(Some((unscaled, plain.scale as i32)), parse_decimal(text.as_bytes()));
            }
        }

        #[test]
        fn any_bytes_that_are_taken_are_right(text in "[-+0-9. a:/]{0,18}") {
            if let Some(value) = with_field(&text, fast_i64) {
                prop_assert_eq!(Some(value), parse_i64(text.as_bytes()));
            }
            if let Some(value) = with_field(&text, fast_f64) {
                prop_assert_eq!(Some(value.to_bits()), parse_f64(text.as_bytes()).map(f64::to_bits));
            }
        }
    }
}

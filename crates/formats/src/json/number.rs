//! Numbers from text, eight digits at a time in one register.

const ZEROS: u64 = 0x3030_3030_3030_3030;
const HIGH_BITS: u64 = 0x8080_8080_8080_8080;

/// Powers of ten that a double holds exactly.
const POWERS_F64: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];
const POWERS_F32: [f32; 11] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10];
const POWERS_U64: [u64; 9] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

/// A number without an exponent and of few digits: `digits / 10^scale`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Plain {
    /// The number was written with a minus sign.
    pub negative: bool,
    /// All digits; below 10^18.
    pub digits: u64,
    /// Digits behind the point, at most 8.
    pub scale: usize,
    /// Bytes of the number.
    pub length: usize,
}

impl Plain {
    /// The number as an integer, when it has no point.
    #[inline(always)]
    pub(super) fn integer(self) -> Option<i64> {
        (self.scale == 0).then_some(if self.negative { -(self.digits as i64) } else { self.digits as i64 })
    }

    /// The nearest double, when one division gives it.
    #[inline(always)]
    pub(super) fn double(self) -> Option<f64> {
        // Digits and power of ten are exact, so that the division rounds once.
        (self.digits <= 1 << 53).then(|| {
            let value = self.digits as f64 / POWERS_F64[self.scale];
            if self.negative { -value } else { value }
        })
    }

    /// The nearest float, when one division gives it.
    #[inline(always)]
    pub(super) fn float(self) -> Option<f32> {
        (self.digits <= 1 << 24).then(|| {
            let value = self.digits as f32 / POWERS_F32[self.scale];
            if self.negative { -value } else { value }
        })
    }
}

/// Reads a number at `at` of the JSON grammar without an exponent: at most 16 digits, or at most 10 before and 8 behind a point.
/// `None` means the careful way, not a fault. What follows the number is not a digit, a point or an exponent.
#[inline(always)]
pub(super) fn plain(bytes: &[u8], at: usize) -> Option<Plain> {
    let negative = *bytes.get(at)? == b'-';
    let start = at + usize::from(negative);
    let first = word(bytes, start)?;
    let (mut count, mut digits) = leading_digits(first);
    if count == 8 {
        let (more, rest) = leading_digits(word(bytes, start + 8)?);
        digits = digits * POWERS_U64[more] + rest;
        count += more;
    }
    if count == 0 || (count > 1 && first as u8 == b'0') {
        return None;
    }
    let mut end = start + count;
    let (mut next, mut scale) = (*bytes.get(end)?, 0);
    if next == b'.' {
        let (behind, fraction) = leading_digits(word(bytes, end + 1)?);
        if behind == 0 || count > 10 {
            return None;
        }
        digits = digits * POWERS_U64[behind] + fraction;
        scale = behind;
        end += 1 + behind;
        next = *bytes.get(end)?;
    }
    if next.is_ascii_digit() || matches!(next, b'e' | b'E' | b'.') {
        return None;
    }
    Some(Plain { negative, digits, scale, length: end - at })
}

#[inline(always)]
fn word(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk::<8>()?))
}

/// How many of the eight bytes, the first in the lowest, are digits before anything else, and their value.
#[inline(always)]
fn leading_digits(word: u64) -> (usize, u64) {
    let values = word ^ ZEROS;
    // A byte above 9 reaches its high bit by the addition, or had it before; exact up to the first such byte.
    let others = (values.wrapping_add(0x7676_7676_7676_7676) | values) & HIGH_BITS;
    let count = (others.trailing_zeros() / 8) as usize;
    // Two shifts, because one by 64 is not defined.
    let aligned = (values << (4 * (8 - count))) << (4 * (8 - count));
    let pairs = aligned.wrapping_mul(10).wrapping_add(aligned >> 8);
    let low = (pairs & 0x0000_00ff_0000_00ff).wrapping_mul(0x000f_4240_0000_0064);
    let high = ((pairs >> 16) & 0x0000_00ff_0000_00ff).wrapping_mul(0x0000_2710_0000_0001);
    (count, low.wrapping_add(high) >> 32)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Option<Plain> {
        plain(format!("{text},           ").as_bytes(), 0)
    }

    #[test]
    fn numbers_of_every_length_are_read() {
        for length in 1..16 {
            let text = &"1234567890123456"[..length];
            assert_eq!(read(text).and_then(Plain::integer), Some(text.parse().unwrap()), "{text}");
            assert_eq!(read(&format!("-{text}")).and_then(Plain::integer), Some(-text.parse::<i64>().unwrap()));
        }
        assert_eq!(read("12.34").and_then(Plain::double), Some(12.34));
        assert_eq!(read("-0.5").and_then(Plain::float), Some(-0.5));
        assert!(read("-0").and_then(Plain::double).unwrap().is_sign_negative());
    }

    #[test]
    fn what_is_no_plain_number_goes_the_careful_way() {
        for text in ["", "-", "01", "00", "1.", ".5", "+1", "1e5", "1.5E3", "12345678901234567", "1.123456789", "x"] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(plain(b"12", 0), None, "too near to the end of the text");
    }

    proptest! {
        #[test]
        fn what_is_read_equals_the_careful_way(text in "-?[0-9]{1,11}([.][0-9]{1,9})?") {
            if let Some(plain) = read(&text) {
                prop_assert_eq!(plain.length, text.len());
                if let Some(value) = plain.double() {
                    prop_assert_eq!(value.to_bits(), text.parse::<f64>().unwrap().to_bits());
                }
                if let Some(value) = plain.float() {
                    prop_assert_eq!(value.to_bits(), text.parse::<f32>().unwrap().to_bits());
                }
            }
        }
    }
}

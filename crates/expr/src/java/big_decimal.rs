//! Decimals as SeaTunnel computes with them: through doubles, and rounded by mode.

use millrace_batch::parse::parse_decimal;
use millrace_batch::text;

/// Rounding modes of `BigDecimal.setScale`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rounding {
    /// Away from zero.
    Up,
    /// Toward zero.
    Down,
    /// Toward +∞.
    Ceiling,
    /// Toward −∞.
    Floor,
    /// To the nearest, halves away from zero.
    HalfUp,
}

/// Brings a decimal to `scale` digits behind the point. `None` when 38 digits do not hold it.
pub(crate) fn rescale(unscaled: i128, from_scale: i32, scale: i32, rounding: Rounding) -> Option<i128> {
    let shift = scale.checked_sub(from_scale)?;
    if shift >= 0 {
        if unscaled == 0 {
            return Some(0);
        }
        if shift == 0 {
            return (unscaled.unsigned_abs() < 10u128.pow(38)).then_some(unscaled);
        }
        let value = unscaled.checked_mul(10i128.checked_pow(shift.unsigned_abs())?)?;
        return (value.unsigned_abs() < 10u128.pow(38)).then_some(value);
    }
    let Some(divisor) = 10i128.checked_pow(shift.unsigned_abs()) else {
        return Some(away_from_zero(unscaled, false, rounding) * unscaled.signum());
    };
    let (quotient, remainder) = (unscaled / divisor, unscaled % divisor);
    if remainder == 0 {
        return Some(quotient);
    }
    let half = remainder.unsigned_abs() >= divisor.unsigned_abs().div_ceil(2);
    Some(quotient + away_from_zero(unscaled, half, rounding) * unscaled.signum())
}

/// 1 when a non-zero remainder of a value with the sign of `value` moves the quotient away from zero, else 0.
fn away_from_zero(value: i128, half: bool, rounding: Rounding) -> i128 {
    i128::from(match rounding {
        Rounding::Up => value != 0,
        Rounding::Down => false,
        Rounding::Ceiling => value > 0,
        Rounding::Floor => value < 0,
        Rounding::HalfUp => half,
    })
}

/// `BigDecimal.doubleValue`: the nearest double.
pub(crate) fn to_f64(unscaled: i128, scale: i8) -> f64 {
    const EXACT: u128 = 1 << 53;
    if unscaled.unsigned_abs() <= EXACT && (0..=22).contains(&scale) {
        return unscaled as f64 / POWERS_OF_TEN[scale as usize];
    }
    if scale == 0 {
        return unscaled as f64;
    }
    let mut scratch = [0u8; text::MAX_SCALAR_BYTES];
    let length = text::write_decimal(unscaled, scale, &mut scratch);
    std::str::from_utf8(&scratch[..length]).ok().and_then(|digits| digits.parse().ok()).unwrap_or(f64::NAN)
}

/// Powers of ten that a double holds exactly.
const POWERS_OF_TEN: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];

/// `BigDecimal.valueOf(double)`: the shortest digits that read back as the value. `None` for NaN and infinities.
pub(crate) fn from_f64(value: f64) -> Option<(i128, i32)> {
    if !value.is_finite() {
        return None;
    }
    if value.fract().abs() <= 0.0 && value.abs() < 9e15 {
        return Some((value as i128, 0));
    }
    let mut scratch = [0u8; text::MAX_SCALAR_BYTES];
    let length = text::write_f64(value, &mut scratch);
    parse_decimal(&scratch[..length])
}

/// A double rounded to `digits` behind the point (before it when negative), through its shortest digits.
pub(crate) fn round_f64(value: f64, digits: i32, rounding: Rounding) -> f64 {
    let Some((unscaled, scale)) = from_f64(value) else { return value };
    if scale <= digits {
        return value;
    }
    let Some(rounded) = rescale(unscaled, scale, digits, rounding) else { return value };
    let exponent = -i64::from(digits);
    format!("{rounded}e{exponent}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mode_rounds_as_java_does() {
        use Rounding::{Ceiling, Down, Floor, HalfUp, Up};
        for (unscaled, from, to, mode, expected) in [
            (1_231, 3, 2, Ceiling, Some(124)),
            (-1_239, 3, 2, Ceiling, Some(-123)),
            (-1_231, 3, 2, Floor, Some(-124)),
            (1_239, 3, 2, Down, Some(123)),
            (1_231, 3, 2, Up, Some(124)),
            (-1_231, 3, 2, Up, Some(-124)),
            (1_235, 3, 2, HalfUp, Some(124)),
            (-1_235, 3, 2, HalfUp, Some(-124)),
            (12, 0, 2, Up, Some(1_200)),
            (0, 0, 200, Up, Some(0)),
            (1, 60, 2, Up, Some(1)),
            (-1, 60, 2, Ceiling, Some(0)),
            (i128::MAX, 0, 2, Up, None),
        ] {
            assert_eq!(rescale(unscaled, from, to, mode), expected, "{unscaled} {from}->{to} {mode:?}");
        }
    }

    #[test]
    fn doubles_and_decimals_convert_by_shortest_digits() {
        assert_eq!(from_f64(12.35), Some((1_235, 2)));
        assert_eq!(from_f64(7.0), Some((7, 0)));
        assert_eq!(from_f64(f64::NAN), None);
        assert!((to_f64(1_235, 2) - 12.35).abs() < f64::EPSILON);
        assert!((to_f64(123_456_789_012_345_678_901_234, 6) - 123_456_789_012_345_678.901_234).abs() < 1e-9);
        assert!((round_f64(2.5, 0, Rounding::HalfUp) - 3.0).abs() < f64::EPSILON);
        assert!((round_f64(1.005, 2, Rounding::HalfUp) - 1.01).abs() < f64::EPSILON);
        assert!((round_f64(1_250.0, -2, Rounding::HalfUp) - 1_300.0).abs() < f64::EPSILON);
        assert!(round_f64(f64::INFINITY, 2, Rounding::Up).is_infinite());
    }
}

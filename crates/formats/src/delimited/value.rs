//! One field's text to one value, the careful way.

use millrace_batch::parse::{self, rescale_half_up};
use millrace_batch::schema::DataType;
use millrace_batch::{ErrorCode, KernelError};

/// Whether a text is empty or only white space: such a field is null, of whatever type.
///
/// # Source
/// `StringUtils.isBlank`, which asks `Character.isWhitespace`: no-break spaces are not white space.
#[inline(always)]
pub(crate) fn is_blank(text: &[u8]) -> bool {
    match text.first() {
        None => true,
        Some(byte) if *byte > b' ' && *byte < 0x80 => false,
        Some(_) => is_blank_slowly(text),
    }
}

#[cold]
fn is_blank_slowly(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok_and(|text| {
        text.chars().all(|c| {
            matches!(c, '\t'..='\r' | '\u{1c}'..=' ' | '\u{1680}' | '\u{2000}'..='\u{2006}' | '\u{2008}'..='\u{200a}')
                || matches!(c, '\u{2028}' | '\u{2029}' | '\u{205f}' | '\u{3000}')
        })
    })
}

/// `true` in any letter case is true, everything else is false.
///
/// # Source
/// `Boolean.parseBoolean`.
#[inline(always)]
pub(crate) fn parse_boolean(text: &[u8]) -> bool {
    match text.first_chunk::<4>() {
        Some(head) if text.len() == 4 => u32::from_le_bytes(*head) | 0x2020_2020 == u32::from_le_bytes(*b"true"),
        _ => false,
    }
}

/// A decimal of a column: rounded half up to its scale, refused when it has more digits than its precision.
pub(crate) fn parse_decimal(text: &[u8], precision: u8, scale: i8) -> Option<i128> {
    let (unscaled, from_scale) = parse::parse_decimal(text)?;
    rescale_half_up(unscaled, from_scale, precision, scale)
}

/// The error of a text that is not of its column's type.
#[cold]
pub(crate) fn malformed(data_type: &DataType, text: &[u8]) -> KernelError {
    let code = match data_type {
        DataType::Date => ErrorCode::DateUnsupported,
        DataType::Timestamp | DataType::TimestampTz => ErrorCode::DateTimeUnsupported,
        _ => ErrorCode::ValueMalformed,
    };
    let shown = String::from_utf8_lossy(&text[..text.len().min(64)]).into_owned();
    let dots = if text.len() > 64 { "…" } else { "" };
    KernelError::new(code, format!("reading '{shown}{dots}' as {data_type}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    #[test]
    fn white_space_of_java_is_blank_and_no_break_space_is_not() {
        for text in ["", " ", "\t \u{b}", "\u{3000}\u{2003}", "\u{1f}"] {
            assert!(is_blank(text.as_bytes()), "{text:?}");
        }
        for text in ["a", " a", "\u{a0}", "\u{2007}", "\u{1}", "é"] {
            assert!(!is_blank(text.as_bytes()), "{text:?}");
        }
    }

    #[test]
    fn only_the_word_true_is_true() {
        for text in ["true", "TRUE", "tRuE"] {
            assert!(parse_boolean(text.as_bytes()), "{text}");
        }
        for text in ["", "1", "yes", "false", " true", "truee", "tru"] {
            assert!(!parse_boolean(text.as_bytes()), "{text}");
        }
    }
}

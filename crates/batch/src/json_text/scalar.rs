//! Values that are not containers, and their texts.

use crate::text::{MAX_SCALAR_BYTES, write_f64};
use std::borrow::Cow;

/// One value that is not null and not a container.
pub enum Scalar<'a> {
    /// Text without its quotes, escapes resolved.
    Text(Cow<'a, [u8]>),
    /// A number without point and exponent.
    Integer(&'a [u8]),
    /// A number with point or exponent.
    Decimal(&'a [u8]),
    /// `true` or `false`.
    Boolean(bool),
    /// An object or an array, which was skipped.
    Container,
}

impl Scalar<'_> {
    /// The text that the value has as a string; `None` for a container.
    ///
    /// # Source
    /// Jackson `JsonNode.asText`: a number with a point is a double in Java's text form.
    #[inline]
    pub fn as_text(&self) -> Option<Cow<'_, [u8]>> {
        Some(match self {
            Scalar::Text(text) => Cow::Borrowed(text),
            Scalar::Integer(text) => Cow::Borrowed(integer_text(text)),
            Scalar::Decimal(text) => Cow::Owned(decimal_text(text)),
            Scalar::Boolean(value) => Cow::Borrowed(if *value { b"true" } else { b"false" }),
            Scalar::Container => return None,
        })
    }
}

/// The text of an integer: zero has no sign.
#[inline]
pub fn integer_text(text: &[u8]) -> &[u8] {
    if text == b"-0" { b"0" } else { text }
}

/// The text of a number with point or exponent, as Java prints the double.
pub fn decimal_text(text: &[u8]) -> Vec<u8> {
    let mut out = vec![0; MAX_SCALAR_BYTES];
    let length = write_f64(double(text), &mut out);
    out.truncate(length);
    out
}

/// The double nearest to a number of the JSON grammar.
pub fn double(text: &[u8]) -> f64 {
    std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()).unwrap_or(f64::NAN)
}

/// The beginning of a text, at most 64 bytes.
pub fn shorten(text: &[u8]) -> String {
    const SHOWN: usize = 61;
    if text.len() <= 64 {
        return String::from_utf8_lossy(text).into_owned();
    }
    let end = (0..=SHOWN).rev().find(|end| text[*end] & 0xc0 != 0x80).unwrap_or(0);
    format!("{}…", String::from_utf8_lossy(&text[..end]))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::super::lexer::Lexer;
    use super::*;

    #[test]
    fn scalars_have_the_text_that_jackson_gives_them() {
        for (json, expected) in [
            ("12", "12"),
            ("-0", "0"),
            ("1.50", "1.5"),
            ("1e3", "1000.0"),
            ("1e7", "1.0E7"),
            ("true", "true"),
            (r#""\u0041\n\/""#, "A\n/"),
            ("123456789012345678901234567890", "123456789012345678901234567890"),
        ] {
            let mut lexer = Lexer::new(json.as_bytes(), 0, json.len());
            assert_eq!(lexer.scalar().unwrap().as_text().unwrap(), expected.as_bytes(), "{json}");
        }
    }

    #[test]
    fn a_long_text_is_shortened_at_a_whole_character() {
        assert_eq!(shorten(b"short"), "short");
        let shown = shorten("é".repeat(100).as_bytes());
        assert!(shown.len() <= 64 && shown.ends_with('…'), "{shown}");
    }
}

//! The tokens of JSON text.

use super::scan::find_string_end;
use millrace_batch::text::{MAX_SCALAR_BYTES, write_f64};
use millrace_batch::{ErrorCode, KernelError};
use std::borrow::Cow;

/// Containers may be nested this deep; the outermost counts.
pub(super) const DEPTH_LIMIT: u32 = 64;

/// Why reading stopped. The place is the lexer's position, the text of a bad value is in [`Lexer::error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The text is not JSON, or ends too early.
    Syntax,
    /// Containers are nested too deep.
    Depth,
    /// A value is not of its column's type.
    Value,
    /// A key came twice: the record has to be read with [`Lexer::careful`].
    Duplicate,
    /// The values would take more memory than a record may.
    TooLarge,
}

/// A cursor over JSON text that is valid UTF-8 up to `end`.
pub(super) struct Lexer<'a> {
    /// The text; bytes behind `end` may be looked at and mean nothing.
    pub bytes: &'a [u8],
    /// Position of the next byte.
    pub at: usize,
    /// Where the text ends.
    pub end: usize,
    /// Containers around the position.
    pub depth: u32,
    /// Read objects in two steps, so that the last of equal keys wins and errors come in the order of the columns.
    pub careful: bool,
    /// Values that this record may still make.
    pub budget: usize,
    /// The error of the last [`Fault::Value`].
    pub error: Option<Box<KernelError>>,
}

/// One value that is not null and not a container.
pub(super) enum Scalar<'a> {
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

impl<'a> Lexer<'a> {
    /// Starts at `at`.
    pub(super) fn new(bytes: &'a [u8], at: usize, end: usize) -> Self {
        Self { bytes, at, end, depth: 0, careful: false, budget: usize::MAX, error: None }
    }

    /// The next byte; 0 at the end.
    #[inline(always)]
    pub(super) fn peek(&self) -> u8 {
        if self.at < self.end { self.bytes[self.at] } else { 0 }
    }

    /// Skips white space.
    #[inline(always)]
    pub(super) fn skip_blanks(&mut self) {
        while matches!(self.peek(), b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
        }
    }

    /// Skips one byte that must be `byte`.
    #[inline(always)]
    pub(super) fn expect(&mut self, byte: u8) -> Result<(), Fault> {
        if self.peek() != byte {
            return Err(Fault::Syntax);
        }
        self.at += 1;
        Ok(())
    }

    /// Skips a word.
    #[inline(always)]
    pub(super) fn word(&mut self, word: &[u8]) -> Result<(), Fault> {
        let end = self.at + word.len();
        if end > self.end || &self.bytes[self.at..end] != word {
            return Err(Fault::Syntax);
        }
        self.at = end;
        Ok(())
    }

    /// Steps into a container whose first byte was skipped.
    #[inline(always)]
    pub(super) fn enter(&mut self) -> Result<(), Fault> {
        self.depth += 1;
        if self.depth > DEPTH_LIMIT { Err(Fault::Depth) } else { Ok(()) }
    }

    /// Takes `values` from the budget.
    #[inline(always)]
    pub(super) fn spend(&mut self, values: usize) -> Result<(), Fault> {
        self.budget = self.budget.checked_sub(values).ok_or(Fault::TooLarge)?;
        Ok(())
    }

    /// Inside a container, behind an element or its opening byte: skips to the next element, or behind `close`.
    /// Returns whether there is another element.
    #[inline]
    pub(super) fn next_element(&mut self, first: bool, close: u8) -> Result<bool, Fault> {
        self.skip_blanks();
        if self.peek() == close {
            self.at += 1;
            return Ok(false);
        }
        if !first {
            self.expect(b',')?;
            self.skip_blanks();
        }
        Ok(true)
    }

    /// Skips a string, checking its escapes. Returns the range between the quotes and whether there is an escape in it.
    #[inline]
    pub(super) fn string(&mut self) -> Result<(std::ops::Range<usize>, bool), Fault> {
        self.expect(b'"')?;
        let start = self.at;
        let stop = find_string_end(self.bytes, start, self.end);
        if stop < self.end && self.bytes[stop] == b'"' {
            self.at = stop + 1;
            return Ok((start..stop, false));
        }
        self.at = stop;
        self.string_with_escapes(start)
    }

    #[cold]
    fn string_with_escapes(&mut self, start: usize) -> Result<(std::ops::Range<usize>, bool), Fault> {
        while self.at < self.end {
            if self.bytes[self.at] == b'"' {
                self.at += 1;
                return Ok((start..self.at - 1, true));
            }
            self.escape()?;
            self.at = find_string_end(self.bytes, self.at, self.end);
        }
        Err(Fault::Syntax)
    }

    /// Reads one escape sequence.
    fn escape(&mut self) -> Result<char, Fault> {
        self.expect(b'\\')?;
        let kind = self.peek();
        self.at += 1;
        Ok(match kind {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let first = self.four_hex_digits()?;
                let code = match first {
                    0xd800..=0xdbff => {
                        self.word(b"\\u")?;
                        let second = self.four_hex_digits()?;
                        if !(0xdc00..=0xdfff).contains(&second) {
                            return Err(Fault::Syntax);
                        }
                        0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00)
                    }
                    _ => first,
                };
                char::from_u32(code).ok_or(Fault::Syntax)?
            }
            _ => {
                self.at -= 1;
                return Err(Fault::Syntax);
            }
        })
    }

    fn four_hex_digits(&mut self) -> Result<u32, Fault> {
        let mut value = 0;
        for _ in 0..4 {
            value = value * 16 + char::from(self.peek()).to_digit(16).ok_or(Fault::Syntax)?;
            self.at += 1;
        }
        Ok(value)
    }

    /// Appends the text of a string that [`Lexer::string`] has found, escapes resolved.
    pub(super) fn unescape(&self, range: std::ops::Range<usize>, out: &mut Vec<u8>) -> Result<(), Fault> {
        let mut inner = Lexer::new(self.bytes, range.start, range.end);
        while inner.at < inner.end {
            let stop = find_string_end(inner.bytes, inner.at, inner.end);
            out.extend_from_slice(&inner.bytes[inner.at..stop]);
            inner.at = stop;
            if stop < inner.end {
                let character = inner.escape()?;
                out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
        Ok(())
    }

    /// Skips a string and returns its text.
    pub(super) fn text(&mut self) -> Result<Cow<'a, [u8]>, Fault> {
        let (range, escaped) = self.string()?;
        if !escaped {
            return Ok(Cow::Borrowed(&self.bytes[range]));
        }
        let mut text = Vec::with_capacity(range.len());
        self.unescape(range, &mut text)?;
        Ok(Cow::Owned(text))
    }

    /// Skips a number. Returns its text and whether it has a point or an exponent.
    pub(super) fn number(&mut self) -> Result<(&'a [u8], bool), Fault> {
        let start = self.at;
        self.at += usize::from(self.peek() == b'-');
        let first = self.peek();
        if self.digits()? > 1 && first == b'0' {
            return Err(Fault::Syntax);
        }
        let mut decimal = false;
        if self.peek() == b'.' {
            self.at += 1;
            self.digits()?;
            decimal = true;
        }
        if matches!(self.peek(), b'e' | b'E') {
            self.at += 1;
            self.at += usize::from(matches!(self.peek(), b'+' | b'-'));
            self.digits()?;
            decimal = true;
        }
        Ok((&self.bytes[start..self.at], decimal))
    }

    fn digits(&mut self) -> Result<usize, Fault> {
        let start = self.at;
        while self.peek().is_ascii_digit() {
            self.at += 1;
        }
        if self.at == start { Err(Fault::Syntax) } else { Ok(self.at - start) }
    }

    /// Reads a value that is not null.
    pub(super) fn scalar(&mut self) -> Result<Scalar<'a>, Fault> {
        Ok(match self.peek() {
            b'"' => Scalar::Text(self.text()?),
            b't' => {
                self.word(b"true")?;
                Scalar::Boolean(true)
            }
            b'f' => {
                self.word(b"false")?;
                Scalar::Boolean(false)
            }
            b'{' | b'[' => {
                self.skip_value()?;
                Scalar::Container
            }
            _ => match self.number()? {
                (text, true) => Scalar::Decimal(text),
                (text, false) => Scalar::Integer(text),
            },
        })
    }

    /// Skips a value of any kind, checking its grammar.
    pub(super) fn skip_value(&mut self) -> Result<(), Fault> {
        let outside = self.depth;
        // Bit `depth - outside - 1` is set when the container at that depth is an object; 64 levels at most.
        let mut objects = 0u64;
        loop {
            self.skip_blanks();
            let opened = match self.peek() {
                b'"' => {
                    self.string()?;
                    false
                }
                open @ (b'{' | b'[') => {
                    self.at += 1;
                    self.enter()?;
                    objects = (objects << 1) | u64::from(open == b'{');
                    true
                }
                b't' => {
                    self.word(b"true")?;
                    false
                }
                b'f' => {
                    self.word(b"false")?;
                    false
                }
                b'n' => {
                    self.word(b"null")?;
                    false
                }
                _ => {
                    self.number()?;
                    false
                }
            };
            let mut first = opened;
            loop {
                if self.depth == outside {
                    return Ok(());
                }
                let object = objects & 1 == 1;
                if self.next_element(first, if object { b'}' } else { b']' })? {
                    if object {
                        self.string()?;
                        self.skip_blanks();
                        self.expect(b':')?;
                    }
                    break;
                }
                self.depth -= 1;
                objects >>= 1;
                first = false;
            }
        }
    }

    /// Remembers why a value between `start` and the position does not fit its column.
    #[cold]
    pub(super) fn value_fault(&mut self, code: ErrorCode, start: usize, type_name: &dyn std::fmt::Display) -> Fault {
        let shown = shorten(&self.bytes[start..self.at.clamp(start, self.end.max(start))]);
        self.error = Some(Box::new(KernelError::new(code, format!("reading '{shown}' as {type_name}"))));
        Fault::Value
    }
}

impl Scalar<'_> {
    /// The text that the value has as a string; `None` for a container.
    ///
    /// # Source
    /// Jackson `JsonNode.asText`: a number with a point is a double in Java's text form.
    pub(super) fn as_text(&self) -> Option<Cow<'_, [u8]>> {
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
pub(super) fn integer_text(text: &[u8]) -> &[u8] {
    if text == b"-0" { b"0" } else { text }
}

/// The text of a number with point or exponent, as Java prints the double.
pub(super) fn decimal_text(text: &[u8]) -> Vec<u8> {
    let mut out = vec![0; MAX_SCALAR_BYTES];
    let length = write_f64(double(text), &mut out);
    out.truncate(length);
    out
}

/// The double nearest to a number of the JSON grammar.
pub(super) fn double(text: &[u8]) -> f64 {
    std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()).unwrap_or(f64::NAN)
}

/// The beginning of a text, at most 64 bytes.
pub(super) fn shorten(text: &[u8]) -> String {
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

    use super::*;

    fn skip(text: &str) -> Result<usize, Fault> {
        let mut lexer = Lexer::new(text.as_bytes(), 0, text.len());
        lexer.skip_value().map(|()| lexer.at)
    }

    #[test]
    fn values_of_the_grammar_are_skipped_whole() {
        for text in [
            "0",
            "-1.5e+10",
            "true",
            "false",
            "null",
            r#""""#,
            r#""a\"bé\ud83d\ude00""#,
            "[]",
            "{}",
            "[ 1 , [2] ]",
            r#"{"a":{"b":[1,{}]},"c":null}"#,
            "\"a raw\ttab is taken\"",
        ] {
            assert_eq!(skip(text), Ok(text.len()), "{text}");
        }
    }

    #[test]
    fn what_is_not_json_is_refused() {
        for text in [
            "",
            "-",
            "01",
            "1.",
            ".5",
            "+1",
            "1e",
            "tru",
            "nul",
            "\"a",
            r#""\x""#,
            r#""\u12""#,
            r#""\ud800""#,
            r#""\udc00""#,
            r#""\ud800A""#,
            "[1,]",
            "[1 2]",
            "{a:1}",
            r#"{"a"}"#,
            r#"{"a":1,}"#,
            r#"{"a":1"#,
            "[1}",
            "NaN",
        ] {
            assert_eq!(skip(text), Err(Fault::Syntax), "{text}");
        }
    }

    #[test]
    fn nesting_stops_at_its_limit() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(skip(&nested(64)), Ok(128));
        assert_eq!(skip(&nested(65)), Err(Fault::Depth));
        assert_eq!(skip(&"[".repeat(1 << 20)), Err(Fault::Depth));
    }

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

//! The strings of JSON text.

use super::lexer::{Fault, Lexer};
use super::scan::find_string_end;
use std::borrow::Cow;

impl<'a> Lexer<'a> {
    /// Skips a string, checking its escapes. Returns the range between the quotes and whether there is an escape in it.
    ///
    /// # Errors
    /// See [`Fault`].
    #[inline]
    pub fn string(&mut self) -> Result<(std::ops::Range<usize>, bool), Fault> {
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
    ///
    /// # Errors
    /// See [`Fault`].
    #[inline]
    pub fn unescape(&self, range: std::ops::Range<usize>, out: &mut Vec<u8>) -> Result<(), Fault> {
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
    ///
    /// # Errors
    /// See [`Fault`].
    #[inline]
    pub fn text(&mut self) -> Result<Cow<'a, [u8]>, Fault> {
        let (range, escaped) = self.string()?;
        if !escaped {
            return Ok(Cow::Borrowed(&self.bytes[range]));
        }
        let mut text = Vec::with_capacity(range.len());
        self.unescape(range, &mut text)?;
        Ok(Cow::Owned(text))
    }
}

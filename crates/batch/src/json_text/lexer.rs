//! The tokens of JSON text.

use super::scalar::{Scalar, shorten};
use crate::{ErrorCode, KernelError};

/// Containers may be nested this deep; the outermost counts.
pub const DEPTH_LIMIT: u32 = 64;

/// Why reading stopped. The place is the lexer's position, the text of a bad value is in [`Lexer::error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
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
pub struct Lexer<'a> {
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
    /// Numbers, and text that is base64, may stand for dates, times and decimals, as in change events.
    pub logical: bool,
    /// Values that this record may still make.
    pub budget: usize,
    /// The error of the last [`Fault::Value`].
    pub error: Option<Box<KernelError>>,
}

impl<'a> Lexer<'a> {
    /// Starts at `at`.
    pub fn new(bytes: &'a [u8], at: usize, end: usize) -> Self {
        Self { bytes, at, end, depth: 0, careful: false, logical: false, budget: usize::MAX, error: None }
    }

    /// The next byte; 0 at the end.
    #[inline(always)]
    pub fn peek(&self) -> u8 {
        if self.at < self.end { self.bytes[self.at] } else { 0 }
    }

    /// Skips white space.
    #[inline(always)]
    pub fn skip_blanks(&mut self) {
        while matches!(self.peek(), b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
        }
    }

    /// Skips one byte that must be `byte`.
    ///
    /// # Errors
    /// See [`Fault`].
    #[inline(always)]
    pub fn expect(&mut self, byte: u8) -> Result<(), Fault> {
        if self.peek() != byte {
            return Err(Fault::Syntax);
        }
        self.at += 1;
        Ok(())
    }

    /// Skips a word.
    ///
    /// # Errors
    /// See [`Fault`].
    #[inline(always)]
    pub fn word(&mut self, word: &[u8]) -> Result<(), Fault> {
        let end = self.at + word.len();
        if end > self.end || &self.bytes[self.at..end] != word {
            return Err(Fault::Syntax);
        }
        self.at = end;
        Ok(())
    }

    /// Steps into a container whose first byte was skipped.
    ///
    /// # Errors
    /// See [`Fault`].
    #[inline(always)]
    pub fn enter(&mut self) -> Result<(), Fault> {
        self.depth += 1;
        if self.depth > DEPTH_LIMIT { Err(Fault::Depth) } else { Ok(()) }
    }

    /// Takes `values` from the budget.
    ///
    /// # Errors
    /// See [`Fault`].
    #[inline(always)]
    pub fn spend(&mut self, values: usize) -> Result<(), Fault> {
        self.budget = self.budget.checked_sub(values).ok_or(Fault::TooLarge)?;
        Ok(())
    }

    /// Inside a container, behind an element or its opening byte: skips to the next element, or behind `close`.
    /// Returns whether there is another element.
    ///
    /// # Errors
    /// See [`Fault`].
    #[inline]
    pub fn next_element(&mut self, first: bool, close: u8) -> Result<bool, Fault> {
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

    /// Skips a number. Returns its text and whether it has a point or an exponent.
    ///
    /// # Errors
    /// See [`Fault`].
    #[inline]
    pub fn number(&mut self) -> Result<(&'a [u8], bool), Fault> {
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
    ///
    /// # Errors
    /// See [`Fault`].
    #[inline]
    pub fn scalar(&mut self) -> Result<Scalar<'a>, Fault> {
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
    ///
    /// # Errors
    /// See [`Fault`].
    #[inline]
    pub fn skip_value(&mut self) -> Result<(), Fault> {
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
    pub fn value_fault(&mut self, code: ErrorCode, start: usize, type_name: &dyn std::fmt::Display) -> Fault {
        let shown = shorten(&self.bytes[start..self.at.clamp(start, self.end.max(start))]);
        self.error = Some(Box::new(KernelError::new(code, format!("reading '{shown}' as {type_name}"))));
        Fault::Value
    }
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
}

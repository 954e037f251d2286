//! Words of a `.proto` text, each with its place.

use millrace_batch::{ErrorCode, KernelError, Result};

/// What a word is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A name or a keyword.
    Word(String),
    /// A number without its sign, as it is written.
    Number(String),
    /// Text in quotes, escapes resolved.
    Text(Vec<u8>),
    /// One character of punctuation.
    Symbol(char),
    /// Behind the last word.
    End,
}

/// Where a word begins, both counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
}

impl Place {
    /// `OPTION_INVALID` at this place.
    pub(super) fn invalid(self, what: &str) -> KernelError {
        self.error(ErrorCode::OptionInvalid, what)
    }

    /// An error at this place.
    pub(super) fn error(self, code: ErrorCode, what: &str) -> KernelError {
        let Place { line, column } = self;
        KernelError::new(code, format!("reading the protobuf schema: line {line}, column {column}: {what}"))
    }
}

/// Cuts a text into words; the last one is [`Token::End`].
///
/// # Errors
/// `OPTION_INVALID` at the character that begins no word, or the comment or text that does not end.
pub(super) fn tokens(text: &str) -> Result<Vec<(Token, Place)>> {
    let mut lexer = Lexer { rest: text.strip_prefix('\u{feff}').unwrap_or(text), place: Place { line: 1, column: 1 } };
    let mut tokens = Vec::new();
    loop {
        lexer.skip_blanks()?;
        let place = lexer.place;
        let token = lexer.token()?;
        let is_end = token == Token::End;
        tokens.push((token, place));
        if is_end {
            return Ok(tokens);
        }
    }
}

struct Lexer<'a> {
    rest: &'a str,
    place: Place,
}

impl<'a> Lexer<'a> {
    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let character = self.peek()?;
        self.advance(character.len_utf8());
        Some(character)
    }

    /// Goes on by so many bytes, which end a character.
    fn advance(&mut self, bytes: usize) -> &'a str {
        let (passed, rest) = self.rest.split_at(bytes);
        self.rest = rest;
        match passed.rfind('\n') {
            Some(last) => {
                self.place.line += passed.matches('\n').count();
                self.place.column = passed[last + 1..].chars().count() + 1;
            }
            None => self.place.column += passed.chars().count(),
        }
        passed
    }

    fn skip_blanks(&mut self) -> Result<()> {
        loop {
            let blanks =
                self.rest.len() - self.rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '\u{b}').len();
            self.advance(blanks);
            if self.rest.starts_with("//") {
                self.advance(self.rest.find('\n').unwrap_or(self.rest.len()));
            } else if self.rest.starts_with("/*") {
                let end = self.rest[2..].find("*/").ok_or_else(|| self.place.invalid("the comment does not end"))?;
                self.advance(end + 4);
            } else {
                return Ok(());
            }
        }
    }

    fn token(&mut self) -> Result<Token> {
        let Some(first) = self.peek() else { return Ok(Token::End) };
        let has_digit_next = self.rest[first.len_utf8()..].starts_with(|c: char| c.is_ascii_digit());
        match first {
            'a'..='z' | 'A'..='Z' | '_' => Ok(Token::Word(self.take_while(|c| c.is_ascii_alphanumeric() || c == '_'))),
            '0'..='9' => Ok(self.number()),
            '.' if has_digit_next => Ok(self.number()),
            '"' | '\'' => self.text(first),
            _ if first.is_ascii_punctuation() => {
                self.advance(1);
                Ok(Token::Symbol(first))
            }
            _ => Err(self.place.invalid(&format!("'{}' begins no word", first.escape_default()))),
        }
    }

    fn take_while(&mut self, accept: impl Fn(char) -> bool) -> String {
        let length = self.rest.find(|c| !accept(c)).unwrap_or(self.rest.len());
        self.advance(length).to_owned()
    }

    /// Digits, and the sign of an exponent; what they mean is found out where they stand.
    fn number(&mut self) -> Token {
        let is_hexadecimal = self.rest.starts_with("0x") || self.rest.starts_with("0X");
        let mut before = ' ';
        let length = self
            .rest
            .find(|c: char| {
                let is_sign = (c == '+' || c == '-') && !is_hexadecimal && matches!(before, 'e' | 'E');
                before = c;
                !(c.is_ascii_alphanumeric() || c == '.' || c == '_' || is_sign)
            })
            .unwrap_or(self.rest.len());
        Token::Number(self.advance(length).to_owned())
    }

    fn text(&mut self, quote: char) -> Result<Token> {
        let start = self.place;
        self.next();
        let mut bytes = Vec::new();
        loop {
            match self.next() {
                Some('\\') => self.escape(&mut bytes)?,
                Some(character) if character == quote => return Ok(Token::Text(bytes)),
                None | Some('\n') => return Err(start.invalid("the text does not end on its line")),
                Some(character) => {
                    bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                }
            }
        }
    }

    fn escape(&mut self, out: &mut Vec<u8>) -> Result<()> {
        let place = self.place;
        let invalid = || place.invalid("this escape means no character");
        let escape = self.next().ok_or_else(invalid)?;
        out.push(match escape {
            'a' => 7,
            'b' => 8,
            'f' => 12,
            'n' => b'\n',
            'r' => b'\r',
            't' => b'\t',
            'v' => 11,
            '\\' | '\'' | '"' | '?' => escape as u8,
            '0'..='7' => {
                let more = self.digits(8, 2);
                let value = u32::from_str_radix(&format!("{escape}{more}"), 8).map_err(|_| invalid())?;
                u8::try_from(value).map_err(|_| invalid())?
            }
            'x' | 'X' => u8::from_str_radix(&self.digits(16, 2), 16).map_err(|_| invalid())?,
            'u' | 'U' => {
                let length = if escape == 'u' { 4 } else { 8 };
                let digits = self.digits(16, length);
                let value = u32::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == length);
                let character = value.and_then(char::from_u32).ok_or_else(invalid)?;
                out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                return Ok(());
            }
            _ => return Err(invalid()),
        });
        Ok(())
    }

    fn digits(&mut self, radix: u32, most: usize) -> String {
        let length = self.rest.bytes().take(most).take_while(|byte| char::from(*byte).is_digit(radix)).count();
        self.advance(length).to_owned()
    }
}

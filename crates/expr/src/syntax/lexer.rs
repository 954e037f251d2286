//! SQL text to tokens with byte offsets.

use std::ops::Range;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// A bare word: keyword or name.
    Word,
    /// A name in backticks or double quotes.
    QuotedName,
    /// Digits.
    Integer,
    /// Digits with a point or an exponent.
    Decimal,
    /// A string literal with its quotes.
    Text,
    /// An operator or a punctuation mark.
    Symbol,
    /// The end of the text.
    End,
}

/// One token and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) range: Range<usize>,
}

/// Text that is no token at all, at a byte offset.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct LexicalError {
    pub(crate) offset: usize,
    pub(crate) cause: &'static str,
}

const SYMBOLS: [&str; 28] = [
    "<=>", "||", "&&", "<>", "!=", "<=", ">=", "<<", ">>", "::", "=", "<", ">", "+", "-", "*", "/", "%", "^", "&", "|",
    "(", ")", ",", ".", ";", "~", "!",
];

/// Cuts SQL text into tokens; blanks and comments are dropped. The last token is [`TokenKind::End`].
pub(crate) fn tokenize(sql: &str) -> Result<Vec<Token>, LexicalError> {
    let bytes = sql.as_bytes();
    let mut tokens = Vec::with_capacity(sql.len() / 4 + 1);
    let mut at = 0;
    while at < bytes.len() {
        let rest = &sql[at..];
        let Some(first) = rest.chars().next() else { break };
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        if rest.starts_with("--") {
            at += rest.find('\n').unwrap_or(rest.len());
            continue;
        }
        if rest.starts_with("/*") {
            let end = rest.find("*/").ok_or(LexicalError { offset: at, cause: "the comment does not end" })?;
            at += end + 2;
            continue;
        }
        let (kind, length) = next_token(rest, first).map_err(|cause| LexicalError { offset: at, cause })?;
        tokens.push(Token { kind, range: at..at + length });
        at += length;
    }
    tokens.push(Token { kind: TokenKind::End, range: sql.len()..sql.len() });
    Ok(tokens)
}

fn next_token(rest: &str, first: char) -> Result<(TokenKind, usize), &'static str> {
    match first {
        '\'' => Ok((TokenKind::Text, quoted_length(rest, b'\'').ok_or("the string does not end")?)),
        '`' => Ok((TokenKind::QuotedName, quoted_length(rest, b'`').ok_or("the quoted name does not end")?)),
        '"' => Ok((TokenKind::QuotedName, quoted_length(rest, b'"').ok_or("the quoted name does not end")?)),
        '0'..='9' => Ok(number(rest)),
        '.' if rest.as_bytes().get(1).is_some_and(u8::is_ascii_digit) => Ok(number(rest)),
        _ if is_word_start(first) => {
            let length = rest.find(|c: char| !is_word_part(c)).unwrap_or(rest.len());
            Ok((TokenKind::Word, length))
        }
        _ => SYMBOLS
            .iter()
            .find(|symbol| rest.starts_with(**symbol))
            .map(|symbol| (TokenKind::Symbol, symbol.len()))
            .ok_or("the character is not part of any token"),
    }
}

fn is_word_start(c: char) -> bool {
    c.is_alphabetic() || matches!(c, '_' | '$' | '#' | '@')
}

fn is_word_part(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$' | '#' | '@')
}

/// Length of a quoted token; a doubled quote stays inside.
fn quoted_length(rest: &str, quote: u8) -> Option<usize> {
    let bytes = rest.as_bytes();
    let mut at = 1;
    loop {
        at += memchr::memchr(quote, bytes.get(at..)?)? + 1;
        if bytes.get(at) != Some(&quote) {
            return Some(at);
        }
        at += 1;
    }
}

fn number(rest: &str) -> (TokenKind, usize) {
    let bytes = rest.as_bytes();
    let digits = |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut length = digits(0);
    let mut kind = TokenKind::Integer;
    if bytes.get(length) == Some(&b'.') {
        kind = TokenKind::Decimal;
        length += 1 + digits(length + 1);
    }
    if matches!(bytes.get(length), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(length + 1), Some(b'+' | b'-')));
        let exponent = bytes.get(length + 1 + sign..).map_or(0, |_| digits(length + 1 + sign));
        if exponent > 0 {
            kind = TokenKind::Decimal;
            length += 1 + sign + exponent;
        }
    }
    (kind, length)
}

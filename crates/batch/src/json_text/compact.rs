//! The compact JSON text of a container that is read into a column of text.

use super::lexer::{Fault, Lexer};
use super::scalar::{decimal_text, integer_text};
use super::scan::{find_escaped, is_escaped};

/// Reads a value and appends its text without white space, numbers and strings as Jackson writes them.
///
/// # Source
/// Jackson `JsonNode.toString`. Different: a key that comes twice in one object is kept twice.
///
/// # Errors
/// See [`Fault`].
#[inline]
pub fn compact(lexer: &mut Lexer<'_>, out: &mut Vec<u8>) -> Result<(), Fault> {
    let outside = lexer.depth;
    let mut objects = 0u64;
    loop {
        lexer.skip_blanks();
        let mut first = false;
        match lexer.peek() {
            b'"' => string(lexer, out)?,
            open @ (b'{' | b'[') => {
                lexer.at += 1;
                lexer.enter()?;
                objects = (objects << 1) | u64::from(open == b'{');
                out.push(open);
                first = true;
            }
            b't' | b'f' | b'n' => {
                let word: &[u8] = match lexer.peek() {
                    b't' => b"true",
                    b'f' => b"false",
                    _ => b"null",
                };
                lexer.word(word)?;
                out.extend_from_slice(word);
            }
            _ => number(lexer, out)?,
        }
        loop {
            if lexer.depth == outside {
                return Ok(());
            }
            let object = objects & 1 == 1;
            let close = if object { b'}' } else { b']' };
            if lexer.next_element(first, close)? {
                if !first {
                    out.push(b',');
                }
                if object {
                    string(lexer, out)?;
                    lexer.skip_blanks();
                    lexer.expect(b':')?;
                    out.push(b':');
                }
                break;
            }
            out.push(close);
            lexer.depth -= 1;
            objects >>= 1;
            first = false;
        }
    }
}

fn number(lexer: &mut Lexer<'_>, out: &mut Vec<u8>) -> Result<(), Fault> {
    match lexer.number()? {
        (text, false) => out.extend_from_slice(integer_text(text)),
        (text, true) => {
            let text = decimal_text(text);
            let finite = text.last().is_some_and(u8::is_ascii_digit);
            let quote: &[u8] = if finite { b"" } else { b"\"" };
            out.extend_from_slice(quote);
            out.extend_from_slice(&text);
            out.extend_from_slice(quote);
        }
    }
    Ok(())
}

fn string(lexer: &mut Lexer<'_>, out: &mut Vec<u8>) -> Result<(), Fault> {
    let text = lexer.text()?;
    out.push(b'"');
    escape_into(&text, out);
    out.push(b'"');
    Ok(())
}

/// Appends text with the escapes of [`escape_sequence`].
#[inline]
pub fn escape_into(text: &[u8], out: &mut Vec<u8>) {
    let mut at = 0;
    while at < text.len() {
        let stop = find_escaped(text, at);
        out.extend_from_slice(&text[at..stop]);
        at = stop;
        while at < text.len() && is_escaped(text[at]) {
            let (sequence, length) = escape_sequence(text[at]);
            out.extend_from_slice(&sequence[..length]);
            at += 1;
        }
    }
}

/// How a byte of which [`is_escaped`] holds is written, and the length of that.
///
/// # Source
/// Jackson: `\" \\ \b \f \n \r \t`, other control characters as `\u00XX` with upper-case digits.
#[inline]
pub fn escape_sequence(byte: u8) -> ([u8; 6], usize) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let short = match byte {
        b'"' => b'"',
        b'\\' => b'\\',
        8 => b'b',
        9 => b't',
        10 => b'n',
        12 => b'f',
        13 => b'r',
        _ => {
            let (high, low) = (HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]);
            return ([b'\\', b'u', b'0', b'0', high, low], 6);
        }
    };
    ([b'\\', short, 0, 0, 0, 0], 2)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    #[test]
    fn containers_are_written_without_white_space_as_jackson_writes_them() {
        for (json, expected) in [
            ("{ \"a\" : [ 1 , 2.50 , null ] , \"b\" : { } }", r#"{"a":[1,2.5,null],"b":{}}"#),
            ("[ ]", "[]"),
            (r#"["\u0041\/\u0001\n\"é"]"#, r#"["A/\u0001\n\"é"]"#),
            ("[1e7,1e400,-0,-0.0,true,false]", r#"[1.0E7,"Infinity",0,-0.0,true,false]"#),
        ] {
            let mut out = Vec::new();
            let mut lexer = Lexer::new(json.as_bytes(), 0, json.len());
            compact(&mut lexer, &mut out).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), expected, "{json}");
            assert_eq!(lexer.at, json.len());
        }
    }
}

//! Telling a file of lines from a file that is one array.

use super::decoder::BYTE_ORDER_MARK;
use millrace_batch::Result;
use millrace_batch::codec::Context;
use millrace_batch::json_text::find_string_end;
use serde_json::{Value, json};

/// Bytes that are asked for when the first piece is empty.
const FIRST_PIECE_BYTES: u64 = 64 << 10;

/// Looks at the first bytes of a file. Answers `{"layout":"lines"}` or `{"layout":"array"}`: an array when the file begins
/// with a bracket that is not closed on its line, or with nothing but blanks behind it. Asks for the first 64 KiB, as
/// `{"wanted":[[0,length]]}`, when it was given none of them.
#[allow(clippy::unnecessary_wraps)]
pub(super) fn inspect(
    _options: &Value,
    file_length: u64,
    offset: u64,
    piece: &[u8],
    _context: &Context,
) -> Result<Value> {
    if file_length > 0 && (offset > 0 || piece.is_empty()) {
        return Ok(json!({ "wanted": [[0, file_length.min(FIRST_PIECE_BYTES)]] }));
    }
    let text = piece.strip_prefix(BYTE_ORDER_MARK).unwrap_or(piece).trim_ascii_start();
    Ok(json!({ "layout": if is_array_document(text) { "array" } else { "lines" } }))
}

fn is_array_document(text: &[u8]) -> bool {
    if text.first() != Some(&b'[') {
        return false;
    }
    let (mut at, mut depth) = (0, 0usize);
    while at < text.len() {
        match text[at] {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return text[at + 1..].trim_ascii_start().is_empty();
                }
            }
            b'\n' => return true,
            b'"' => {
                at = find_string_end(text, at + 1, text.len());
                while text.get(at) == Some(&b'\\') {
                    at = find_string_end(text, (at + 2).min(text.len()), text.len());
                }
            }
            _ => {}
        }
        at += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    #[test]
    fn a_layout_is_told_from_the_first_piece() {
        for (text, layout) in [
            ("", "lines"),
            ("{\"a\":1}\n{\"a\":2}\n", "lines"),
            ("[{\"a\":1},{\"a\":2}]", "array"),
            ("\u{feff} [\n  {\"a\":1}\n]\n", "array"),
            ("[{\"a\":\"]\\\"]\"},{\"a\":", "array"),
            ("[{\"a\":1}]\n[{\"a\":2}]\n", "lines"),
            ("[]\n", "array"),
            ("text", "lines"),
        ] {
            let answer = inspect(&Value::Null, text.len() as u64, 0, text.as_bytes(), &Context::default()).unwrap();
            assert_eq!(answer, json!({ "layout": layout }), "{text}");
        }
    }

    #[test]
    fn the_first_bytes_are_asked_for() {
        let answer = inspect(&Value::Null, 1 << 30, 0, b"", &Context::default()).unwrap();
        assert_eq!(answer, json!({ "wanted": [[0, 65_536]] }));
    }
}

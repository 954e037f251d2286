//! The names in a file's first line.

use super::careful::Careful;
use super::options::{Defaults, Dialect, boolean};
use super::table::Table;
use millrace_batch::{ErrorCode, KernelError, Result};
use serde_json::{Value, json};

/// How much of a file is looked at first.
const FIRST_BYTES: u64 = 64 << 10;

/// Reads the first line of a file as column names: `{"headerColumns":["a","b"]}` when the option `readHeader` is true, else
/// `{}`. A byte-order mark is skipped; a file without a byte has no names.
///
/// # Errors
/// `OPTION_INVALID` for a value that is not allowed; `RECORD_MALFORMED` and `ENCODING_INVALID` for the line.
pub(super) fn inspect(
    options: &Value,
    defaults: &Defaults,
    file_length: u64,
    offset: u64,
    piece: &[u8],
) -> Result<Value> {
    if !boolean(options, "readHeader")? {
        return Ok(json!({}));
    }
    if offset != 0 || (piece.is_empty() && file_length > 0) {
        return Ok(json!({"wanted": [[0, file_length.min(FIRST_BYTES)]]}));
    }
    let dialect = Dialect::read(options, defaults)?;
    let end_of_file = piece.len() as u64 >= file_length;
    let text = piece.strip_prefix(b"\xef\xbb\xbf").unwrap_or(piece);
    let mut careful = Careful::new(&dialect, text.len());
    // A first line has no more fields than bytes, and one.
    let fields = memchr::memchr_iter(dialect.field_delimiter[0], text).count() + 1;
    let mut table = Table::new((0..fields).collect());
    let cut = careful.cut(text, text.len(), end_of_file, 1, &mut table);
    if let Some(fault) = cut.fault {
        return Err(fault.error);
    }
    if table.rows.is_empty() && !end_of_file {
        let longer = file_length.min((piece.len() as u64).saturating_mul(4).max(FIRST_BYTES));
        return Ok(json!({"wanted": [[0, longer]]}));
    }
    let names = if table.rows.is_empty() { Vec::new() } else { table.first_row(text) };
    let names = names
        .into_iter()
        .map(String::from_utf8)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| KernelError::new(ErrorCode::EncodingInvalid, "reading a header that is not valid UTF-8"))?;
    Ok(json!({"headerColumns": names}))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;
    use crate::delimited::options::QuoteMode;

    const CSV: Defaults = Defaults { field_delimiter: ",", quote: Some('"'), quote_mode: QuoteMode::Minimal };

    #[test]
    fn the_first_line_gives_the_names() {
        for (text, expected) in [
            ("a,b\n1,2\n", json!({"headerColumns": ["a", "b"]})),
            ("\u{feff}a,\"b,c\"\r\n", json!({"headerColumns": ["a", "b,c"]})),
            ("a", json!({"headerColumns": ["a"]})),
            ("a,\n", json!({"headerColumns": ["a", ""]})),
            ("", json!({"headerColumns": []})),
        ] {
            let answer = inspect(&json!({"readHeader": true}), &CSV, text.len() as u64, 0, text.as_bytes());
            assert_eq!(answer.unwrap(), expected, "{text:?}");
        }
    }

    #[test]
    fn a_line_that_is_cut_off_asks_for_more() {
        let options = json!({"readHeader": true});
        assert_eq!(inspect(&options, &CSV, 100, 0, b"").unwrap(), json!({"wanted": [[0, 100]]}));
        assert_eq!(inspect(&options, &CSV, 1 << 20, 0, b"a,b").unwrap(), json!({"wanted": [[0, 64 << 10]]}));
        assert_eq!(inspect(&json!({}), &CSV, 3, 0, b"a,b").unwrap(), json!({}));
    }
}

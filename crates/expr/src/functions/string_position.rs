//! Strings: searching.

use super::cells::{Longs, Texts, primitive_column};
use super::{Call, Function, Parameter, ResultType, function};
use crate::compute::value::Value;
use crate::java::utf16;
use arrow_array::ArrayRef;
use arrow_array::types::Int32Type;
use millrace_batch::{DataType, Result};

use Parameter::{Long, Text};

const INT: ResultType = ResultType::Fixed(DataType::Int);

/// Strings: searching.
pub(super) static FUNCTIONS: &[Function] = &[
    function!(
        ["LOCATE", "POSITION"],
        [Text, Text, Long],
        2,
        INT,
        locate,
        "Position (1-based, UTF-16 units) of the first argument in the second from a start on; 0 when there is none, \
         also for null. A negative start counts from the end and searches backwards.",
        ("LOCATE('l', 'Hello', -2)", "4")
    ),
    function!(
        ["INSTR"],
        [Text, Text, Long],
        2,
        INT,
        instr,
        "As LOCATE with the text first.",
        ("INSTR('Hello', 'l')", "3")
    ),
];

fn locate(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    search(call, &arguments[0], &arguments[1], arguments.get(2))
}

fn instr(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    search(call, &arguments[1], &arguments[0], arguments.get(2))
}

fn search(call: &Call<'_>, search: &Value, text: &Value, start: Option<&Value>) -> Result<ArrayRef> {
    let (searches, texts, starts) = (Texts::new(search), Texts::new(text), start.map(Longs::new));
    primitive_column::<Int32Type>(call, |row| {
        let (Some(search), Some(text)) = (searches.get(row), texts.get(row)) else { return Ok(Some(0)) };
        let start = starts.as_ref().and_then(|starts| starts.get(row)).unwrap_or(0);
        Ok(Some(position(search, text, start)))
    })
}

/// # Source
/// `String.indexOf` and `String.lastIndexOf`: a start behind the end finds only an empty text, at the end.
fn position(search: &str, text: &str, start: i64) -> i32 {
    let units = utf16::length(text) as i64;
    let found = if start < 0 {
        let last = units.saturating_add(start);
        if last < 0 {
            return 0;
        }
        // A match may begin at `last` and reach beyond it.
        let end = utf16::byte_offset(text, last as usize) + search.len();
        let end = (end.min(text.len())..=text.len()).find(|end| text.is_char_boundary(*end)).unwrap_or(text.len());
        text[..end].rfind(search)
    } else {
        let from = utf16::byte_offset(text, (start - 1).clamp(0, units) as usize);
        text[from..].find(search).map(|at| at + from)
    };
    found.map_or(0, |at| utf16::unit_offset(text, at) as i32 + 1)
}

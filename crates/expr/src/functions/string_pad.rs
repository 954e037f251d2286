//! Strings: padding and trimming.

use super::cells::{Longs, Texts, check_length, text_column};
use super::{Call, Function, Parameter, ResultType, function};
use crate::compute::value::Value;
use crate::java::utf16;
use arrow_array::ArrayRef;
use millrace_batch::{DataType, Result};

use Parameter::{Long, Text};

const STRING: ResultType = ResultType::Fixed(DataType::String);

/// Strings: padding and trimming.
pub(super) static FUNCTIONS: &[Function] = &[
    function!(
        ["LPAD"],
        [Text, Long, Text],
        2,
        STRING,
        lpad,
        "Fills at the front with the first character of the padding (a blank by default) to a length in UTF-16 \
         units; cuts a longer text.",
        ("LPAD('ab', 4, 'xy')", "xxab")
    ),
    function!(["RPAD"], [Text, Long, Text], 2, STRING, rpad, "As LPAD at the end.", ("RPAD('ab', 4, 'xy')", "abxx")),
    function!(
        ["LTRIM"],
        [Text, Text],
        1,
        STRING,
        ltrim,
        "Takes the first character of the second argument (a blank by default) off the front.",
        ("LTRIM('xxabx', 'xy')", "abx")
    ),
    function!(["RTRIM"], [Text, Text], 1, STRING, rtrim, "As LTRIM at the end.", ("RTRIM('xabxx', 'xy')", "xab")),
    function!(["TRIM"], [Text, Text], 1, STRING, trim, "As LTRIM at both ends.", ("TRIM('xxabxx', 'x')", "ab")),
];

fn pad(call: &Call<'_>, arguments: &[Value], at_front: bool) -> Result<ArrayRef> {
    let (texts, lengths) = (Texts::new(&arguments[0]), Longs::new(&arguments[1]));
    let paddings = arguments.get(2).map(Texts::new);
    text_column(call, |row, out| {
        let (Some(text), Some(length)) = (texts.get(row), lengths.get(row)) else { return Ok(false) };
        let length = usize::try_from(length).unwrap_or(0);
        let units = utf16::length(text);
        if length <= units {
            out.push_str(utf16::slice(text, 0, length));
            return Ok(true);
        }
        let padding = paddings.as_ref().and_then(|texts| texts.get(row)).and_then(|text| text.chars().next());
        let padding = padding.unwrap_or(' ');
        let missing = length - units;
        check_length(call, missing.saturating_mul(padding.len_utf8()))?;
        if !at_front {
            out.push_str(text);
        }
        out.extend(std::iter::repeat_n(padding, missing));
        if at_front {
            out.push_str(text);
        }
        Ok(true)
    })
}

fn lpad(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    pad(call, arguments, true)
}

fn rpad(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    pad(call, arguments, false)
}

fn trimmed(call: &Call<'_>, arguments: &[Value], part: impl for<'t> Fn(&'t str, char) -> &'t str) -> Result<ArrayRef> {
    let texts = Texts::new(&arguments[0]);
    let characters = arguments.get(1).map(Texts::new);
    text_column(call, |row, out| {
        let Some(text) = texts.get(row) else { return Ok(false) };
        let character = characters.as_ref().and_then(|texts| texts.get(row)).and_then(|text| text.chars().next());
        out.push_str(part(text, character.unwrap_or(' ')));
        Ok(true)
    })
}

fn ltrim(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    trimmed(call, arguments, |text, character| text.trim_start_matches(character))
}

fn rtrim(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    trimmed(call, arguments, |text, character| text.trim_end_matches(character))
}

fn trim(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    trimmed(call, arguments, |text, character| text.trim_matches(character))
}

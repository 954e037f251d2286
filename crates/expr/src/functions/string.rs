//! Strings: length, case, parts.

use super::cells::{Longs, Texts, check_length, failed, primitive_column, text_column};
use super::{Call, Function, Parameter, ResultType, function};
use crate::compute::value::Value;
use crate::java::utf16;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, ArrayRef, StringArray};
use arrow_buffer::OffsetBuffer;
use millrace_batch::{DataType, Result};
use std::sync::Arc;

use Parameter::{Long, Text};

const STRING: ResultType = ResultType::Fixed(DataType::String);
const BIGINT: ResultType = ResultType::Fixed(DataType::BigInt);

/// Strings: length, case, parts.
pub(super) static FUNCTIONS: &[Function] = &[
    function!(
        ["BIT_LENGTH"],
        [Text],
        1,
        BIGINT,
        bit_length,
        "Length in bits of the UTF-8 form.",
        ("BIT_LENGTH('é')", "16")
    ),
    function!(
        ["OCTET_LENGTH"],
        [Text],
        1,
        BIGINT,
        octet_length,
        "Length in bytes of the UTF-8 form.",
        ("OCTET_LENGTH('é')", "2")
    ),
    function!(
        ["CHAR_LENGTH", "LENGTH"],
        [Text],
        1,
        BIGINT,
        char_length,
        "Length in UTF-16 units.",
        ("LENGTH('😀')", "2")
    ),
    Function {
        names: &["CONCAT"],
        parameters: &[Text],
        required: 1,
        variadic: true,
        result: STRING,
        pure: true,
        evaluate: concat,
        doc: "Java texts of the arguments one after the other. Nulls are left out; the result is never null.",
        example: ("CONCAT('a', NULL, 1)", "a1"),
    },
    Function {
        names: &["CONCAT_WS"],
        parameters: &[Text, Text],
        required: 2,
        variadic: true,
        result: STRING,
        pure: true,
        evaluate: concat_ws,
        doc: "As CONCAT with a separator between the values that are not null. A null separator is empty.",
        example: ("CONCAT_WS('-', 'a', NULL, 'b')", "a-b"),
    },
    function!(
        ["INSERT"],
        [Text, Long, Long, Text],
        4,
        STRING,
        insert,
        "Replaces `length` units from `start` (1-based). A null text gives the addition, a null addition the text; a \
         start outside the text or a length below 1 changes nothing.",
        ("INSERT('Hello', 2, 2, 'XX')", "HXXlo")
    ),
    function!(["LOWER", "LCASE"], [Text], 1, STRING, lower, "Lower case.", ("LOWER('ABC')", "abc")),
    function!(["UPPER", "UCASE"], [Text], 1, STRING, upper, "Upper case.", ("UPPER('aß')", "ASS")),
    function!(
        ["LEFT"],
        [Text, Long],
        2,
        STRING,
        left,
        "The first units; the whole text when it is shorter. Fails on a negative number.",
        ("LEFT('Hello', 2)", "He")
    ),
    function!(
        ["RIGHT"],
        [Text, Long],
        2,
        STRING,
        right,
        "The last units; the whole text when it is shorter. Fails on a negative number.",
        ("RIGHT('Hello', 2)", "lo")
    ),
    function!(
        ["REPEAT"],
        [Text, Long],
        2,
        STRING,
        repeat,
        "The text several times; empty for a number below 1.",
        ("REPEAT('ab', 3)", "ababab")
    ),
    function!(
        ["REPLACE"],
        [Text, Text, Text],
        2,
        STRING,
        replace,
        "Every occurrence replaced; deleted without a replacement or with null.",
        ("REPLACE('Hello', 'l', 'L')", "HeLLo")
    ),
    function!(
        ["SPACE"],
        [Long],
        1,
        STRING,
        space,
        "That many blanks; empty for a number below 1.",
        ("CONCAT('[', SPACE(2), ']')", "[  ]")
    ),
    function!(
        ["SUBSTRING", "SUBSTR"],
        [Text, Long, Long],
        2,
        STRING,
        substring,
        "Units from `start` (1-based; 0 is 1; negative counts from the end), clipped to the text. An empty result is \
         null.",
        ("SUBSTRING('Hello', -3)", "llo")
    ),
];

fn lengths(call: &Call<'_>, arguments: &[Value], length: impl Fn(&str) -> usize) -> Result<ArrayRef> {
    let texts = Texts::new(&arguments[0]);
    primitive_column::<Int64Type>(call, |row| Ok(texts.get(row).map(|text| length(text) as i64)))
}

fn bit_length(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    lengths(call, arguments, |text| text.len() * 8)
}

fn octet_length(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    lengths(call, arguments, str::len)
}

fn char_length(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    lengths(call, arguments, utf16::length)
}

fn concat(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    let texts: Vec<_> = arguments.iter().map(Texts::new).collect();
    text_column(call, |row, out| {
        texts.iter().filter_map(|text| text.get(row)).for_each(|text| out.push_str(text));
        Ok(true)
    })
}

fn concat_ws(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    let separators = Texts::new(&arguments[0]);
    let texts: Vec<_> = arguments[1..].iter().map(Texts::new).collect();
    text_column(call, |row, out| {
        let separator = separators.get(row).unwrap_or_default();
        for (index, text) in texts.iter().filter_map(|text| text.get(row)).enumerate() {
            out.push_str(if index > 0 { separator } else { "" });
            out.push_str(text);
        }
        Ok(true)
    })
}

fn insert(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    let (texts, additions) = (Texts::new(&arguments[0]), Texts::new(&arguments[3]));
    let (starts, lengths) = (Longs::new(&arguments[1]), Longs::new(&arguments[2]));
    text_column(call, |row, out| {
        let (text, addition) = match (texts.get(row), additions.get(row)) {
            (None, None) => return Ok(false),
            (Some(only), None) | (None, Some(only)) => {
                out.push_str(only);
                return Ok(true);
            }
            (Some(text), Some(addition)) => (text, addition),
        };
        let (Some(start), Some(length)) = (starts.get(row), lengths.get(row)) else { return Ok(false) };
        let units = utf16::length(text) as i64;
        if start < 1 || length <= 0 || start - 1 > units {
            out.push_str(text);
            return Ok(true);
        }
        let end = (start - 1).saturating_add(length).min(units);
        out.push_str(utf16::slice(text, 0, start as usize - 1));
        out.push_str(addition);
        out.push_str(utf16::slice(text, end as usize, usize::MAX));
        Ok(true)
    })
}

/// Changes the case of a whole column at once when it is ASCII, for then every value keeps its length.
fn change_case(call: &Call<'_>, value: &Value, ascii: fn(&mut [u8]), unicode: fn(&str) -> String) -> Result<ArrayRef> {
    let texts = value.array().as_string::<i32>();
    if texts.len() == call.rows {
        let first = texts.value_offsets()[0];
        let last = texts.value_offsets()[texts.len()];
        let bytes = &texts.value_data()[first as usize..last as usize];
        if bytes.is_ascii() {
            let mut changed = bytes.to_vec();
            ascii(&mut changed);
            let offsets = if first == 0 {
                texts.offsets().clone()
            } else {
                let shifted: Vec<i32> = texts.value_offsets().iter().map(|offset| offset - first).collect();
                OffsetBuffer::new(shifted.into())
            };
            // SAFETY: the offsets are those of a valid array over ASCII bytes, and changing their case keeps them ASCII.
            let array = unsafe { StringArray::new_unchecked(offsets, changed.into(), texts.nulls().cloned()) };
            return Ok(Arc::new(array));
        }
    }
    let texts = Texts::new(value);
    text_column(call, |row, out| {
        let Some(text) = texts.get(row) else { return Ok(false) };
        out.push_str(&unicode(text));
        Ok(true)
    })
}

fn lower(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    change_case(call, &arguments[0], <[u8]>::make_ascii_lowercase, str::to_lowercase)
}

fn upper(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    change_case(call, &arguments[0], <[u8]>::make_ascii_uppercase, str::to_uppercase)
}

fn edge(call: &Call<'_>, arguments: &[Value], part: impl for<'t> Fn(&'t str, usize) -> &'t str) -> Result<ArrayRef> {
    let (texts, counts) = (Texts::new(&arguments[0]), Longs::new(&arguments[1]));
    text_column(call, |row, out| {
        let (Some(text), Some(count)) = (texts.get(row), counts.get(row)) else { return Ok(false) };
        let count = usize::try_from(count).map_err(|_| failed(format!("the length '{count}' is negative")))?;
        out.push_str(part(text, count));
        Ok(true)
    })
}

fn left(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    edge(call, arguments, |text, count| utf16::slice(text, 0, count))
}

fn right(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    edge(call, arguments, |text, count| utf16::slice(text, utf16::length(text).saturating_sub(count), usize::MAX))
}

fn repeat(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    let (texts, counts) = (Texts::new(&arguments[0]), Longs::new(&arguments[1]));
    text_column(call, |row, out| {
        let (Some(text), Some(count)) = (texts.get(row), counts.get(row)) else { return Ok(false) };
        let count = usize::try_from(count).unwrap_or(0);
        check_length(call, text.len().saturating_mul(count))?;
        if !text.is_empty() {
            (0..count).for_each(|_| out.push_str(text));
        }
        Ok(true)
    })
}

fn space(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    let counts = Longs::new(&arguments[0]);
    text_column(call, |row, out| {
        let Some(count) = counts.get(row) else { return Ok(false) };
        let count = usize::try_from(count).unwrap_or(0);
        check_length(call, count)?;
        out.extend(std::iter::repeat_n(' ', count));
        Ok(true)
    })
}

fn replace(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    let (texts, searches) = (Texts::new(&arguments[0]), Texts::new(&arguments[1]));
    let replacements = arguments.get(2).map(Texts::new);
    text_column(call, |row, out| {
        let Some(text) = texts.get(row) else { return Ok(false) };
        let replacement = replacements.as_ref().and_then(|texts| texts.get(row)).unwrap_or_default();
        let search = searches.get(row).unwrap_or_default();
        if search.is_empty() {
            out.push_str(text);
            return Ok(true);
        }
        let (start, mut rest) = (out.len(), text);
        while let Some(at) = memchr::memmem::find(rest.as_bytes(), search.as_bytes()) {
            out.push_str(&rest[..at]);
            out.push_str(replacement);
            rest = &rest[at + search.len()..];
            check_length(call, out.len() - start)?;
        }
        out.push_str(rest);
        Ok(true)
    })
}

fn substring(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    let (texts, starts) = (Texts::new(&arguments[0]), Longs::new(&arguments[1]));
    let lengths = arguments.get(2).map(Longs::new);
    text_column(call, |row, out| {
        let (Some(text), Some(start)) = (texts.get(row), starts.get(row)) else { return Ok(false) };
        let units = utf16::length(text) as i64;
        let start = match start {
            0 => 1,
            1.. => start,
            _ => units.saturating_add(start).saturating_add(1),
        };
        let end = match &lengths {
            Some(lengths) => match lengths.get(row) {
                Some(length) => start.saturating_add(length).min(units + 1),
                None => return Ok(false),
            },
            None => units + 1,
        };
        let start = start.max(1);
        if start > units || end <= start {
            return Ok(false);
        }
        out.push_str(utf16::slice(text, start as usize - 1, end as usize - 1));
        Ok(true)
    })
}

//! Encodings of text, values inside JSON text.

use super::cells::{Texts, failed, text_column};
use super::{Call, Function, Parameter, ResultType, function};
use crate::compute::value::Value;
use crate::java::charset::Charset;
use crate::java::json_path::{Step, find, parse_path};
use crate::java::text_form::push_cell;
use arrow_array::ArrayRef;
use arrow_array::cast::AsArray;
use arrow_schema::DataType as ArrowType;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use millrace_batch::{DataType, Result};
use std::fmt::Write;

use Parameter::{Any, Text};

const STRING: ResultType = ResultType::Fixed(DataType::String);

/// Encodings of text, values inside JSON text.
pub(super) static FUNCTIONS: &[Function] = &[
    function!(
        ["TO_BASE64"],
        [Any, Text],
        1,
        STRING,
        to_base64,
        "Base64 of BYTES, or of the text of anything else in a charset: UTF-8 (default), UTF-16, UTF-16BE, UTF-16LE, \
         ISO-8859-1 or US-ASCII. Fails for another charset, and for a charset with BYTES.",
        ("TO_BASE64('abc')", "YWJj")
    ),
    function!(
        ["FROM_BASE64"],
        [Text, Text],
        1,
        STRING,
        from_base64,
        "The text of base64 in a charset as TO_BASE64. Fails for what is not base64; bytes that the charset does not \
         have become U+FFFD.",
        ("FROM_BASE64('YWJj')", "abc")
    ),
    function!(
        ["URL_ENCODE"],
        [Text],
        1,
        STRING,
        url_encode,
        "Form encoding of the UTF-8 form: a blank is `+`, other bytes are `%XX`.",
        ("URL_ENCODE('a b/é')", "a+b%2F%C3%A9")
    ),
    function!(
        ["URL_DECODE"],
        [Text],
        1,
        STRING,
        url_decode,
        "The reverse of URL_ENCODE. Fails for an incomplete `%XX`.",
        ("URL_DECODE('a+b%2F%C3%A9')", "a b/é")
    ),
    function!(
        ["GET_JSON_OBJECT"],
        [Text, Text],
        2,
        STRING,
        get_json_object,
        "The value at a path (`$`, `.name`, `[0]`, `['name']`) of JSON text: texts without quotes, containers as \
         JSON. Null when anything is missing.",
        ("GET_JSON_OBJECT('{\"a\":[1,{\"b\":\"x\"}]}', '$.a[1].b')", "x")
    ),
];

fn each(call: &Call<'_>, arguments: &[Value], write: impl Fn(&str, &mut String) -> Result<()>) -> Result<ArrayRef> {
    let texts = Texts::new(&arguments[0]);
    text_column(call, |row, out| {
        let Some(text) = texts.get(row) else { return Ok(false) };
        write(text, out)?;
        Ok(true)
    })
}

/// The charset of each row; UTF-8 without one.
fn charset_of(names: Option<&Texts<'_>>, row: usize) -> Result<Charset> {
    let Some(name) = names.and_then(|names| names.get(row)) else { return Ok(Charset::Utf8) };
    Charset::parse(name).ok_or_else(|| failed(format!("the charset '{name}' is not supported")))
}

fn to_base64(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    let value = &arguments[0];
    let charsets = arguments.get(1).map(Texts::new);
    let (mut text, mut bytes) = (String::new(), Vec::new());
    text_column(call, |row, out| {
        if value.is_null(row) {
            return Ok(false);
        }
        let (array, index) = (value.array(), value.index(row));
        if array.data_type() == &ArrowType::Binary {
            if charsets.is_some() {
                return Err(failed("TO_BASE64 of BYTES takes no charset"));
            }
            BASE64.encode_string(array.as_binary::<i32>().value(index), out);
            return Ok(true);
        }
        text.clear();
        push_cell(array.as_ref(), index, &mut text)?;
        bytes.clear();
        charset_of(charsets.as_ref(), row)?.encode(&text, &mut bytes);
        BASE64.encode_string(&bytes, out);
        Ok(true)
    })
}

fn from_base64(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    let (texts, charsets) = (Texts::new(&arguments[0]), arguments.get(1).map(Texts::new));
    let mut bytes = Vec::new();
    text_column(call, |row, out| {
        let Some(text) = texts.get(row) else { return Ok(false) };
        bytes.clear();
        BASE64.decode_vec(text, &mut bytes).map_err(|_| failed(format!("the text '{text}' is not base64")))?;
        charset_of(charsets.as_ref(), row)?.decode(&bytes, out);
        Ok(true)
    })
}

fn url_encode(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    each(call, arguments, |text, out| {
        for byte in text.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'*' | b'_' => out.push(char::from(byte)),
                b' ' => out.push('+'),
                _ => {
                    let _ = write!(out, "%{byte:02X}");
                }
            }
        }
        Ok(())
    })
}

fn url_decode(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    each(call, arguments, |text, out| {
        let fail = || failed(format!("the text '{text}' is not URL-encoded"));
        let (mut bytes, mut rest) = (Vec::with_capacity(text.len()), text.as_bytes());
        while let [first, tail @ ..] = rest {
            rest = tail;
            bytes.push(match first {
                b'+' => b' ',
                b'%' => {
                    let (digits, tail) = rest.split_at_checked(2).ok_or_else(fail)?;
                    rest = tail;
                    let nibble = |digit: u8| char::from(digit).to_digit(16).ok_or_else(fail);
                    (nibble(digits[0])? * 16 + nibble(digits[1])?) as u8
                }
                other => *other,
            });
        }
        out.push_str(&String::from_utf8_lossy(&bytes));
        Ok(())
    })
}

fn get_json_object(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    let (texts, paths) = (Texts::new(&arguments[0]), Texts::new(&arguments[1]));
    let mut last: Option<(&str, Option<Vec<Step>>)> = None;
    text_column(call, |row, out| {
        let (Some(text), Some(path)) = (texts.get(row), paths.get(row)) else { return Ok(false) };
        if last.as_ref().is_none_or(|(known, _)| *known != path) {
            last = Some((path, parse_path(path)));
        }
        let Some((_, Some(steps))) = &last else { return Ok(false) };
        Ok(find(text, steps).map(|value| out.push_str(&value)).is_some())
    })
}

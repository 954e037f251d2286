//! Encodings and digests of text, values inside JSON text.

use super::cells::{Texts, failed, text_column};
use super::{Call, Function, Parameter, ResultType, function};
use crate::eval::value::Value;
use crate::java::json_path::{Step, find, parse_path};
use crate::java::md5::md5;
use arrow_array::ArrayRef;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use millrace_batch::{DataType, Result};
use std::fmt::Write;

use Parameter::Text;

const STRING: ResultType = ResultType::Fixed(DataType::String);

/// Encodings and digests of text, values inside JSON text.
pub(super) static FUNCTIONS: &[Function] = &[
    function!(
        ["MD5"],
        [Text],
        1,
        STRING,
        md5_hex,
        "The MD5 digest of the UTF-8 form as 32 hexadecimal digits.",
        ("MD5('abc')", "900150983cd24fb0d6963f7d28e17f72")
    ),
    function!(["TO_BASE64"], [Text], 1, STRING, to_base64, "Base64 of the UTF-8 form.", ("TO_BASE64('abc')", "YWJj")),
    function!(
        ["FROM_BASE64"],
        [Text],
        1,
        STRING,
        from_base64,
        "The text of its base64. Fails for what is not base64 or not UTF-8.",
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

fn md5_hex(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    each(call, arguments, |text, out| {
        for byte in md5(text.as_bytes()) {
            let _ = write!(out, "{byte:02x}");
        }
        Ok(())
    })
}

fn to_base64(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    each(call, arguments, |text, out| {
        BASE64.encode_string(text, out);
        Ok(())
    })
}

fn from_base64(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    each(call, arguments, |text, out| {
        let bytes = BASE64.decode(text).map_err(|_| failed(format!("the text '{text}' is not base64")))?;
        out.push_str(std::str::from_utf8(&bytes).map_err(|_| failed("the decoded bytes are not UTF-8"))?);
        Ok(())
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

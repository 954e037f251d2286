//! Strings: characters as numbers, sounds and substitutes.

use super::cells::{Longs, Texts, failed, primitive_column, text_column};
use super::{Call, Function, Parameter, ResultType, function};
use crate::compute::value::Value;
use crate::java::text_form::push_cell;
use crate::java::utf16;
use arrow_array::ArrayRef;
use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_schema::DataType as ArrowType;
use millrace_batch::{DataType, Result};

use Parameter::{Any, Long, Text};

const STRING: ResultType = ResultType::Fixed(DataType::String);
const INT: ResultType = ResultType::Fixed(DataType::Int);

/// Strings: characters as numbers, sounds and substitutes.
pub(super) static FUNCTIONS: &[Function] = &[
    function!(
        ["ASCII"],
        [Text],
        1,
        INT,
        ascii,
        "Code of the first UTF-16 unit. Fails on an empty text.",
        ("ASCII('A')", "65")
    ),
    function!(["CHAR", "CHR"], [Long], 1, STRING, char, "The UTF-16 unit of a code.", ("CHAR(65)", "A")),
    function!(
        ["HEXTORAW"],
        [Text],
        1,
        STRING,
        hex_to_raw,
        "Four hexadecimal digits per UTF-16 unit. Fails on anything else.",
        ("HEXTORAW('00410042')", "AB")
    ),
    function!(
        ["RAWTOHEX"],
        [Any],
        1,
        STRING,
        raw_to_hex,
        "Four hexadecimal digits per UTF-16 unit of a text, two per byte of BYTES.",
        ("RAWTOHEX('7')", "0037")
    ),
    function!(["SOUNDEX"], [Text], 1, STRING, soundex, "Four-character sound code.", ("SOUNDEX('Joy Ding')", "J352")),
    function!(
        ["TRANSLATE"],
        [Text, Text, Text],
        3,
        STRING,
        translate,
        "Replaces characters of `from` by those of `to` at the same place; one without a partner is kept.",
        ("TRANSLATE('Hello', 'lo', 'L')", "HeLLo")
    ),
];

fn ascii(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    let texts = Texts::new(&arguments[0]);
    primitive_column::<Int32Type>(call, |row| {
        let Some(text) = texts.get(row) else { return Ok(None) };
        let unit = text.encode_utf16().next().ok_or_else(|| failed("an empty text has no first character"))?;
        Ok(Some(i32::from(unit)))
    })
}

fn char(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    let codes = Longs::new(&arguments[0]);
    text_column(call, |row, out| {
        let Some(code) = codes.get(row) else { return Ok(false) };
        utf16::push_units([code as u16], out);
        Ok(true)
    })
}

fn hex_to_raw(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    let texts = Texts::new(&arguments[0]);
    text_column(call, |row, out| {
        let Some(text) = texts.get(row) else { return Ok(false) };
        let bytes = text.as_bytes();
        let invalid = || failed(format!("the text '{text}' is not of four hexadecimal digits per character"));
        if bytes.len() % 4 != 0 {
            return Err(invalid());
        }
        let mut units = Vec::with_capacity(bytes.len() / 4);
        for digits in bytes.chunks_exact(4) {
            let digits = std::str::from_utf8(digits).map_err(|_| invalid())?;
            if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                return Err(invalid());
            }
            units.push(u16::from_str_radix(digits, 16).map_err(|_| invalid())?);
        }
        utf16::push_units(units, out);
        Ok(true)
    })
}

fn raw_to_hex(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    use std::fmt::Write;
    let value = &arguments[0];
    text_column(call, |row, out| {
        if value.is_null(row) {
            return Ok(false);
        }
        if value.array().data_type() == &ArrowType::Binary {
            for byte in value.array().as_binary::<i32>().value(value.index(row)) {
                let _ = write!(out, "{byte:02x}");
            }
            return Ok(true);
        }
        let mut text = String::new();
        push_cell(value.array().as_ref(), value.index(row), &mut text)?;
        for unit in text.encode_utf16() {
            let _ = write!(out, "{unit:04x}");
        }
        Ok(true)
    })
}

/// Sound class of a letter: a digit, `7` for vowels, which separate equal digits, `8` for letters that do not.
fn sound_class(character: char) -> Option<u8> {
    Some(match character.to_ascii_uppercase() {
        'A' | 'E' | 'I' | 'O' | 'U' | 'Y' => b'7',
        'H' | 'W' => b'8',
        'B' | 'F' | 'P' | 'V' => b'1',
        'C' | 'G' | 'J' | 'K' | 'Q' | 'S' | 'X' | 'Z' => b'2',
        'D' | 'T' => b'3',
        'L' => b'4',
        'M' | 'N' => b'5',
        'R' => b'6',
        _ => return None,
    })
}

fn soundex(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    let texts = Texts::new(&arguments[0]);
    text_column(call, |row, out| {
        let Some(text) = texts.get(row) else { return Ok(false) };
        let (mut code, mut last) = (String::new(), b'0');
        for (character, class) in text.chars().filter_map(|c| sound_class(c).map(|class| (c, class))) {
            if code.is_empty() {
                code.push(character);
                last = class;
            } else if class <= b'6' && class != last {
                code.push(char::from(class));
                last = class;
            } else if class == b'7' {
                last = class;
            }
            if code.len() == 4 {
                break;
            }
        }
        out.push_str(&code);
        out.extend(std::iter::repeat_n('0', 4 - code.len()));
        Ok(true)
    })
}

fn translate(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    let (texts, from, to) = (Texts::new(&arguments[0]), Texts::new(&arguments[1]), Texts::new(&arguments[2]));
    text_column(call, |row, out| {
        let (Some(text), Some(from), Some(to)) = (texts.get(row), from.get(row), to.get(row)) else {
            return Ok(false);
        };
        for character in text.chars() {
            let partner = from.chars().position(|candidate| candidate == character).and_then(|at| to.chars().nth(at));
            out.push(partner.unwrap_or(character));
        }
        Ok(true)
    })
}

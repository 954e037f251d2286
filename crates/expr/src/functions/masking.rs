//! Digests, and values made unreadable.

use super::cells::{Longs, Texts, primitive_column, text_column};
use super::{Call, Function, Parameter, ResultType, function};
use crate::compute::value::Value;
use crate::java::text_form::push_cell;
use crate::java::utf16;
use arrow_array::ArrayRef;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_schema::DataType as ArrowType;
use millrace_batch::{DataType, Result};
use millrace_crypto::{md5, murmur3_low64, sha256};

use Parameter::{Any, Long, Text};

const STRING: ResultType = ResultType::Fixed(DataType::String);

/// Digests, and values made unreadable.
pub(super) static FUNCTIONS: &[Function] = &[
    function!(
        ["MD5"],
        [Any],
        1,
        STRING,
        md5_hex,
        "The MD5 digest of BYTES, or of the UTF-8 form of anything else, as 32 hexadecimal digits.",
        ("MD5('abc')", "900150983cd24fb0d6963f7d28e17f72")
    ),
    function!(
        ["MASK_HASH"],
        [Text],
        1,
        STRING,
        mask_hash,
        "The SHA-256 digest of the UTF-8 form as 64 hexadecimal digits.",
        ("MASK_HASH('abc')", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    ),
    function!(
        ["MURMUR64"],
        [Text],
        1,
        ResultType::Fixed(DataType::BigInt),
        murmur64,
        "The lower half of the 128-bit MurmurHash3 of the UTF-8 form.",
        ("MURMUR64('hello')", "-3758069500696749310")
    ),
    function!(
        ["MASK"],
        [Text, Long, Long, Text],
        3,
        STRING,
        mask,
        "The UTF-16 units from a place (0-based, included) to another (not included) replaced by the first character of \
         the fourth argument, by default `*`. A range that is empty or not inside the text changes nothing.",
        ("MASK('13812345678', 3, 7, '#')", "138####5678")
    ),
];

fn push_hex(bytes: &[u8], out: &mut String) {
    const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    for byte in bytes {
        out.push(DIGITS[usize::from(byte >> 4)]);
        out.push(DIGITS[usize::from(byte & 15)]);
    }
}

fn md5_hex(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    let value = &arguments[0];
    let mut text = String::new();
    text_column(call, |row, out| {
        if value.is_null(row) {
            return Ok(false);
        }
        let (array, index) = (value.array(), value.index(row));
        let digest = match array.data_type() {
            ArrowType::Binary => md5(array.as_binary::<i32>().value(index)),
            ArrowType::Utf8 => md5(array.as_string::<i32>().value(index).as_bytes()),
            _ => {
                text.clear();
                push_cell(array.as_ref(), index, &mut text)?;
                md5(text.as_bytes())
            }
        };
        push_hex(&digest, out);
        Ok(true)
    })
}

fn mask_hash(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    let texts = Texts::new(&arguments[0]);
    text_column(call, |row, out| {
        let Some(text) = texts.get(row) else { return Ok(false) };
        push_hex(&sha256(text.as_bytes()), out);
        Ok(true)
    })
}

fn murmur64(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    let texts = Texts::new(&arguments[0]);
    primitive_column::<Int64Type>(call, |row| Ok(texts.get(row).map(|text| murmur3_low64(text.as_bytes()) as i64)))
}

fn mask(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    let (texts, starts, ends) = (Texts::new(&arguments[0]), Longs::new(&arguments[1]), Longs::new(&arguments[2]));
    let characters = arguments.get(3).map(Texts::new);
    text_column(call, |row, out| {
        let (Some(text), Some(start), Some(end)) = (texts.get(row), starts.get(row), ends.get(row)) else {
            return Ok(false);
        };
        let character = characters.as_ref().and_then(|texts| texts.get(row)).and_then(|text| text.chars().next());
        let length = utf16::length(text);
        let range = usize::try_from(start).ok().zip(usize::try_from(end).ok());
        let Some((start, end)) = range.filter(|(start, end)| start < end && *end <= length) else {
            out.push_str(text);
            return Ok(true);
        };
        out.push_str(utf16::slice(text, 0, start));
        out.extend(std::iter::repeat_n(character.unwrap_or('*'), end - start));
        out.push_str(utf16::slice(text, end, length));
        Ok(true)
    })
}

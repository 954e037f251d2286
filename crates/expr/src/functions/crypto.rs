//! Encryption.

use super::cells::{Texts, failed, text_column};
use super::{Call, Function, Parameter, ResultType, function};
use crate::eval::value::Value;
use crate::java::des::Des;
use arrow_array::ArrayRef;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use millrace_batch::{DataType, Result};

use Parameter::Text;

const STRING: ResultType = ResultType::Fixed(DataType::String);

/// Encryption.
pub(super) static FUNCTIONS: &[Function] = &[
    function!(
        ["DES_ENCRYPT"],
        [Text, Text],
        2,
        STRING,
        des_encrypt,
        "Base64 of the second argument under DES with the first 8 bytes of the first as key. Fails for a shorter \
         password.",
        ("DES_ENCRYPT('12345678', 'abc')", "9YR6ZPdZufM=")
    ),
    function!(
        ["DES_DECRYPT"],
        [Text, Text],
        2,
        STRING,
        des_decrypt,
        "The reverse of DES_ENCRYPT; what cannot be decrypted is given back unchanged.",
        ("DES_DECRYPT('12345678', '9YR6ZPdZufM=')", "abc")
    ),
];

/// The fixed initialisation vector.
const DES_VECTOR: [u8; 8] = *b"12345678";

fn des_key(password: &str) -> Result<Des> {
    let key = password.as_bytes().first_chunk::<8>();
    key.map(|key| Des::new(*key)).ok_or_else(|| failed("the password is shorter than 8 characters"))
}

fn des(
    call: &Call<'_>,
    arguments: &[Value],
    apply: impl Fn(&Des, &str, &mut String) -> Option<()>,
) -> Result<ArrayRef> {
    let (passwords, texts) = (Texts::new(&arguments[0]), Texts::new(&arguments[1]));
    let mut last: Option<(&str, Des)> = None;
    text_column(call, |row, out| {
        let (Some(password), Some(text)) = (passwords.get(row), texts.get(row)) else { return Ok(false) };
        if last.as_ref().is_none_or(|(known, _)| *known != password) {
            last = Some((password, des_key(password)?));
        }
        let start = out.len();
        let done = last.as_ref().and_then(|(_, key)| apply(key, text, out));
        if done.is_none() {
            out.truncate(start);
            out.push_str(text);
        }
        Ok(true)
    })
}

fn des_encrypt(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    des(call, arguments, |key, text, out| {
        BASE64.encode_string(key.encrypt(DES_VECTOR, text.as_bytes()), out);
        Some(())
    })
}

fn des_decrypt(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    des(call, arguments, |key, text, out| {
        let encrypted = BASE64.decode(text).ok()?;
        out.push_str(&String::from_utf8(key.decrypt(DES_VECTOR, &encrypted)?).ok()?);
        Some(())
    })
}

//! Encryption.

use super::cells::{Texts, failed, text_column};
use super::{Call, Function, Parameter, ResultType, function};
use crate::compute::value::Value;
use arrow_array::ArrayRef;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use millrace_batch::{DataType, Result};
use millrace_crypto::{AesKey, Algorithm, BLOCK_BYTES, Des, ValueCipher};

use Parameter::{Scalar, Text};

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
    Function {
        names: &["AES_ENCRYPT"],
        parameters: &[Scalar, Text, Text],
        required: 2,
        variadic: false,
        result: STRING,
        pure: false,
        evaluate: aes_encrypt,
        doc: "Base64 of a text under AES/CBC/PKCS5. The key is `base64:` and 16, 24 or 32 bytes in base64, or any text, \
              of whose SHA-256 digest the first 16 bytes count. An initialisation vector of 16 bytes is used as it is; \
              without one, a new one for each row stands in front of the result. Fails for a key or vector of another \
              length and for a null one.",
        example: ("AES_ENCRYPT('abc', 'secret', '1234567890123456')", "PwpYZ2TYoCBSjW4hhOCAtw=="),
    },
    function!(
        ["AES_DECRYPT"],
        [Text, Text, Text],
        2,
        STRING,
        aes_decrypt,
        "The reverse of AES_ENCRYPT. Fails for what is not encrypted text; a wrong key is not always noticed.",
        ("AES_DECRYPT('PwpYZ2TYoCBSjW4hhOCAtw==', 'secret', '1234567890123456')", "abc")
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

/// The cipher of a key's text; see the documentation of `AES_ENCRYPT`.
fn aes_cipher(text: &str) -> Result<ValueCipher> {
    let key = if text.starts_with("base64:") {
        AesKey::parse(text).map_err(|error| failed(error.message))?
    } else {
        AesKey::of_passphrase(text)
    };
    ValueCipher::new(Algorithm::AesCbc, &key).ok_or_else(|| failed("the AES key is not valid"))
}

/// The arguments of an AES function, with the cipher of the last key kept.
struct AesArguments<'a> {
    function: &'static str,
    texts: Texts<'a>,
    keys: Texts<'a>,
    vectors: Option<Texts<'a>>,
    last: Option<(&'a str, ValueCipher)>,
}

impl<'a> AesArguments<'a> {
    fn new(function: &'static str, arguments: &'a [Value]) -> Self {
        let vectors = arguments.get(2).map(Texts::new);
        Self { function, texts: Texts::new(&arguments[0]), keys: Texts::new(&arguments[1]), vectors, last: None }
    }

    /// Text, cipher and the vector if one is given; `None` for a null text.
    #[allow(clippy::type_complexity)] // Three values that belong to one row only.
    fn get(&mut self, row: usize) -> Result<Option<(&'a str, &mut ValueCipher, Option<[u8; BLOCK_BYTES]>)>> {
        let Some(text) = self.texts.get(row) else { return Ok(None) };
        let function = self.function;
        let key = self.keys.get(row).ok_or_else(|| failed(format!("the key of {function} is null")))?;
        let vector = match &self.vectors {
            None => None,
            Some(vectors) => {
                let vector = vectors.get(row).and_then(|text| text.as_bytes().try_into().ok());
                Some(vector.ok_or_else(|| failed(format!("the vector of {function} must have {BLOCK_BYTES} bytes")))?)
            }
        };
        let last = match self.last.take() {
            Some(last) if last.0 == key => last,
            _ => (key, aes_cipher(key)?),
        };
        Ok(Some((text, &mut self.last.insert(last).1, vector)))
    }
}

fn aes_encrypt(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    let mut arguments = AesArguments::new("AES_ENCRYPT", arguments);
    text_column(call, |row, out| {
        let Some((text, cipher, vector)) = arguments.get(row)? else { return Ok(false) };
        match vector {
            Some(vector) => cipher.encrypt_apart(text, &vector, out),
            None => cipher.encrypt(text, &call.runtime.vector(text.as_bytes()), out),
        }
        Ok(true)
    })
}

fn aes_decrypt(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    let mut arguments = AesArguments::new("AES_DECRYPT", arguments);
    text_column(call, |row, out| {
        let Some((text, cipher, vector)) = arguments.get(row)? else { return Ok(false) };
        let plain = match vector {
            Some(vector) => cipher.decrypt_apart(text, &vector),
            None => cipher.decrypt(text),
        };
        out.push_str(plain.map_err(|_| failed("the text is not encrypted by AES_ENCRYPT with this key"))?);
        Ok(true)
    })
}

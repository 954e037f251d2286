//! `field_encrypt`: encrypts or decrypts the values of string fields.

use super::{position, read_options};
use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use millrace_batch::codec::{Context, Operator, OperatorDefinition};
use millrace_batch::{Batch, DataType, ErrorCode, KernelError, Result, Schema};
use millrace_crypto::{AesKey, Algorithm, ValueCipher, VectorSource};
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

/// Options `{"fields":["a"],"key":"base64:…","algorithm":"AES_CBC","decrypt":false,"maxFieldLength":10485760,
/// "randomBytes":"…"}`. The schema does not change.
///
/// Encrypting gives the base64 text of vector and ciphertext (see [`Algorithm`]), decrypting takes it. Null stays null, and so
/// do texts of white space only stay what they are. `randomBytes` is the base64 text of 32 bytes that the host draws afresh for
/// every plan; every vector is derived from them as [`VectorSource`] says, so that the kernel itself needs no randomness.
/// The key is in no error and no output.
///
/// # Errors
/// `FIELD_NOT_FOUND`; `TYPE_UNSUPPORTED` for a field that is not a string; `OPTION_INVALID` for a key, algorithm or
/// `randomBytes` that is not valid; when applied, `VALUE_TOO_LARGE` at the first row whose text is longer than
/// `maxFieldLength` UTF-16 units or would be over the value limit, `VALUE_MALFORMED` at one that this key did not encrypt.
///
/// # Source
/// SeaTunnel `FieldEncryptTransform`, `AesCbcEncryptor`, `AesGcmEncryptor`.
pub const DEFINITION: OperatorDefinition = OperatorDefinition { name: "field_encrypt", compile };

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Options {
    fields: Vec<String>,
    key: String,
    algorithm: String,
    decrypt: bool,
    max_field_length: usize,
    #[serde(default)]
    random_bytes: String,
}

struct FieldEncrypt {
    schema: Arc<Schema>,
    fields: Vec<usize>,
    cipher: ValueCipher,
    /// Absent when decrypting.
    vectors: Option<VectorSource>,
    max_field_length: usize,
    value_limit_bytes: usize,
}

fn compile(input: &Arc<Schema>, options: &Value, context: &Context) -> Result<Box<dyn Operator>> {
    let options: Options = read_options(DEFINITION.name, options)?;
    let mut fields = Vec::with_capacity(options.fields.len());
    for name in &options.fields {
        let field = position(DEFINITION.name, input, name)?;
        let data_type = &input.columns[field].data_type;
        if *data_type != DataType::String {
            let message = format!("field '{name}' of type '{data_type}' cannot be encrypted, only a string can");
            return Err(KernelError::new(ErrorCode::TypeUnsupported, message).at_field(name));
        }
        // A field that is named twice is encrypted twice, as in the original.
        fields.push(field);
    }
    let refused = |what: &str| KernelError::new(ErrorCode::OptionInvalid, what);
    let algorithm = Algorithm::from_name(&options.algorithm)
        .ok_or_else(|| refused(&format!("encryption algorithm '{}' is not known", options.algorithm)))?;
    let cipher = ValueCipher::new(algorithm, &AesKey::parse(&options.key)?)
        .ok_or_else(|| refused("the encryption key does not fit its algorithm"))?;
    let vectors = if options.decrypt {
        None
    } else {
        let bytes = STANDARD.decode(&options.random_bytes).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        let bytes = bytes.ok_or_else(|| refused("operator 'field_encrypt' needs 32 random bytes"))?;
        Some(VectorSource::new(&bytes, context.worker, context.subtask))
    };
    Ok(Box::new(FieldEncrypt {
        schema: Arc::clone(input),
        fields,
        cipher,
        vectors,
        max_field_length: options.max_field_length,
        value_limit_bytes: context.value_limit_bytes,
    }))
}

impl Operator for FieldEncrypt {
    fn output_schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    fn lineage(&self) -> Vec<Option<usize>> {
        (0..self.schema.columns.len()).map(|column| (!self.fields.contains(&column)).then_some(column)).collect()
    }

    fn apply(&mut self, mut batch: Batch) -> Result<Batch> {
        let mut first: Option<KernelError> = None;
        for index in 0..self.fields.len() {
            let field = self.fields[index];
            match self.convert(&batch.columns[field]) {
                Ok(column) => batch.columns[field] = column,
                // The lowest row wins, not the first field.
                Err(error) if first.as_ref().is_none_or(|first| error.row < first.row) => {
                    first = Some(error.at_field(&self.schema.columns[field].name));
                }
                Err(_) => {}
            }
        }
        first.map_or(Ok(batch), Err)
    }
}

impl FieldEncrypt {
    fn convert(&mut self, source: &ArrayRef) -> Result<ArrayRef> {
        let texts = source.as_string::<i32>();
        let mut builder = StringBuilder::with_capacity(texts.len(), texts.value_data().len() * 2);
        let mut encrypted = String::new();
        let mut total = 0usize;
        for (row, text) in texts.iter().enumerate() {
            let Some(text) = text else {
                builder.append_null();
                continue;
            };
            self.check_length(text).map_err(|error| error.at_row(row))?;
            let converted = if text.chars().all(char::is_whitespace) {
                text
            } else if let Some(vectors) = &mut self.vectors {
                encrypted.clear();
                self.cipher.encrypt(text, &vectors.next(text.as_bytes()), &mut encrypted);
                &encrypted
            } else {
                self.cipher.decrypt(text).map_err(|_| {
                    let message = "a value cannot be decrypted: it was not encrypted with this key, or was changed";
                    KernelError::new(ErrorCode::ValueMalformed, message).at_row(row)
                })?
            };
            total += converted.len();
            if converted.len() > self.value_limit_bytes || total > i32::MAX as usize {
                let limit = self.value_limit_bytes;
                let message = format!("an encrypted value is over the limit of {limit} bytes");
                return Err(KernelError::new(ErrorCode::ValueTooLarge, message).at_row(row));
            }
            builder.append_value(converted);
        }
        Ok(Arc::new(builder.finish()))
    }

    fn check_length(&self, text: &str) -> Result<()> {
        if text.len() <= self.max_field_length {
            return Ok(());
        }
        let length: usize = text.chars().map(char::len_utf16).sum();
        if length <= self.max_field_length {
            return Ok(());
        }
        let message = format!("Field length {length} exceeds the maximum limit of {}", self.max_field_length);
        Err(KernelError::new(ErrorCode::ValueTooLarge, message))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::testing::{batch_of, batch_with_types, column, schema_of};
    use proptest::prelude::*;
    use serde_json::json;

    const KEY: &str = "base64:AAECAwQFBgcICQoLDA0ODw==";

    fn options(decrypt: bool) -> Value {
        json!({"fields": ["c0"], "key": KEY, "algorithm": "AES_CBC", "decrypt": decrypt, "maxFieldLength": 10_485_760,
               "randomBytes": STANDARD.encode([5; 32])})
    }

    fn run(options: &Value, batch: Batch, worker: u32) -> Result<Batch> {
        let context = Context { worker, ..Context::default() };
        (DEFINITION.compile)(&batch.schema, options, &context)?.apply(batch)
    }

    fn strings(values: &[Value]) -> Batch {
        let rows: Vec<_> = values.iter().map(|value| json!([value])).collect();
        batch_of("t", &[column("c0", DataType::String)], &rows)
    }

    #[test]
    fn a_value_of_the_original_is_decrypted() {
        // AES/CBC/PKCS5Padding with key 00…0f and vector 00…0f, made with `openssl enc -aes-128-cbc`.
        let batch =
            strings(&[json!("AAECAwQFBgcICQoLDA0ODx8/UPsRm81msR9XuziZKMw="), json!(null), json!(" "), json!("")]);
        let result = run(&options(true), batch, 0).unwrap();
        let texts: Vec<_> = result.columns[0].as_string::<i32>().iter().collect();
        assert_eq!(texts, [Some("millrace"), None, Some(" "), Some("")]);
    }

    #[test]
    fn equal_values_differ_when_encrypted() {
        let encrypt = |worker| {
            let result = run(&options(false), strings(&[json!("x"), json!("x")]), worker).unwrap();
            result.columns[0].as_string::<i32>().iter().flatten().map(str::to_owned).collect::<Vec<_>>()
        };
        let (one, two) = (encrypt(1), encrypt(2));
        let different: std::collections::HashSet<_> = one.iter().chain(&two).collect();
        assert_eq!(different.len(), 4);
        assert!(one.iter().all(|text| text.len() == 44));
    }

    #[test]
    fn bad_values_fail_at_their_row_and_field_without_being_shown() {
        let error = run(&options(true), strings(&[json!(null), json!("secret!")]), 0).unwrap_err();
        assert_eq!((error.code, error.row, error.field.as_deref()), (ErrorCode::ValueMalformed, Some(1), Some("c0")));
        assert!(!error.message.contains("secret"));
        let mut short = options(false);
        short["maxFieldLength"] = json!(3);
        assert!(run(&short, strings(&[json!("äöü")]), 0).is_ok());
        let error = run(&short, strings(&[json!("abc"), json!("abcd")]), 0).unwrap_err();
        assert_eq!((error.code, error.row), (ErrorCode::ValueTooLarge, Some(1)));
    }

    #[test]
    fn faults_are_found_at_compile_time() {
        let schema = schema_of("t", &[column("c0", DataType::String), column("n", DataType::Int)]);
        for (member, value, code) in [
            ("fields", json!(["z"]), ErrorCode::FieldNotFound),
            ("fields", json!(["n"]), ErrorCode::TypeUnsupported),
            ("key", json!(""), ErrorCode::OptionInvalid),
            ("key", json!("c2VzYW1l"), ErrorCode::OptionInvalid),
            ("algorithm", json!("ROT13"), ErrorCode::OptionInvalid),
            ("randomBytes", json!("AAAA"), ErrorCode::OptionInvalid),
        ] {
            let mut options = options(false);
            options[member] = value;
            let error = (DEFINITION.compile)(&schema, &options, &Context::default()).err().unwrap();
            assert_eq!(error.code, code, "{options}");
            assert!(!error.message.contains("c2VzYW1l"));
        }
    }

    proptest! {
        #![proptest_config(crate::testing::cases())]

        #[test]
        fn decrypting_undoes_encrypting(
            batch in batch_with_types(vec![DataType::String, DataType::Int]), gcm in any::<bool>(),
        ) {
            let (mut encrypt, mut decrypt) = (options(false), options(true));
            if gcm {
                encrypt["algorithm"] = json!("AES_GCM");
                decrypt["algorithm"] = json!("AES_GCM");
            }
            let encrypted = run(&encrypt, batch.clone(), 3).unwrap();
            prop_assert_eq!(&encrypted.columns[1], &batch.columns[1]);
            let decrypted = run(&decrypt, encrypted, 0).unwrap();
            prop_assert_eq!(decrypted.columns[0].as_string::<i32>(), batch.columns[0].as_string::<i32>());
            prop_assert_eq!(&decrypted.kinds, &batch.kinds);
        }
    }
}

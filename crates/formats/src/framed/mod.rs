//! Messages of a queue as one piece of input: each behind its length, four bytes, little endian.
//!
//! What a message holds is a format's own matter: it brings a [`ReadMessage`] or a [`WriteMessage`], and gets a decoder or an encoder.

mod decoder;
mod encoder;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(crate) mod testing;

pub(crate) use decoder::{MessageDecoder, ReadMessage};
pub(crate) use encoder::{MessageEncoder, WriteMessage};

use millrace_batch::{ErrorCode, KernelError};

/// Length of a message's length.
const PREFIX_BYTES: usize = 4;

/// Why a message cannot be read.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The bytes end too early, or say what no bytes can say.
    Syntax,
    /// It makes more values than a message may.
    TooLarge,
    /// A value does not fit its column: code and reason, and the path of the field.
    Value(ErrorCode, String, String),
}

impl Fault {
    /// `VALUE_MALFORMED` at the field that is being read.
    pub(crate) fn value(text: impl Into<String>) -> Self {
        Fault::Value(ErrorCode::ValueMalformed, text.into(), String::new())
    }

    /// Puts a name in front of the field's path.
    pub(crate) fn inside(self, name: &str) -> Self {
        match self {
            Fault::Value(code, text, path) if path.is_empty() => Fault::Value(code, text, name.to_owned()),
            Fault::Value(code, text, path) => Fault::Value(code, text, format!("{name}.{path}")),
            other => other,
        }
    }

    /// The error of a message; `what` says what it holds, for example "an Avro record".
    pub(crate) fn of(self, what: &str) -> KernelError {
        match self {
            Fault::Syntax => {
                KernelError::new(ErrorCode::RecordMalformed, format!("reading {what}: its bytes do not fit its schema"))
            }
            Fault::TooLarge => {
                KernelError::new(ErrorCode::ValueTooLarge, format!("reading {what}: it makes too many values"))
            }
            Fault::Value(code, text, path) if path.is_empty() => {
                KernelError::new(code, format!("reading {what}: {text}"))
            }
            Fault::Value(code, text, path) => KernelError::new(code, format!("reading {what}: {text}")).at_field(&path),
        }
    }
}

//! Building one output column.

use super::Fault;
use arrow_array::ArrayRef;
use arrow_array::builder::StringBuilder;
use arrow_select::concat::concat;
use millrace_batch::json_text::{Lexer, compact};
use millrace_batch::{DataType, ErrorCode, KernelError, array_from_json};
use serde_json::Value;
use std::sync::Arc;

/// Why a batch could not be done.
pub(super) enum Failure {
    /// A value among those that are converted together is not of its type.
    Conversion,
    /// A row fails the job.
    Row(Box<KernelError>),
}

impl Failure {
    pub(super) fn error(self, operator: &str) -> KernelError {
        match self {
            Failure::Row(error) => *error,
            Failure::Conversion => {
                let message = format!("operator '{operator}' cannot build a column");
                KernelError::new(ErrorCode::ProgramInvalid, message)
            }
        }
    }
}

/// One output column while rows are added to it.
pub(super) enum Column {
    Texts {
        builder: StringBuilder,
        bytes: usize,
        buffer: Vec<u8>,
    },
    /// Values that are converted together at the end.
    Values {
        data_type: DataType,
        values: Vec<Value>,
    },
    /// Values that are converted one by one.
    Arrays {
        data_type: DataType,
        arrays: Vec<ArrayRef>,
    },
}

impl Column {
    /// With `careful`, a value that is not of its type is found when it is added.
    pub(super) fn new(data_type: &DataType, rows: usize, careful: bool) -> Self {
        let data_type = data_type.clone();
        if data_type == DataType::String {
            return Column::Texts { builder: StringBuilder::new(), bytes: 0, buffer: Vec::new() };
        }
        if careful {
            return Column::Arrays { data_type, arrays: Vec::with_capacity(rows) };
        }
        Column::Values { data_type, values: Vec::with_capacity(rows) }
    }

    pub(super) fn push_null(&mut self) {
        match self {
            Column::Texts { builder, .. } => builder.append_null(),
            Column::Values { values, .. } => values.push(Value::Null),
            Column::Arrays { data_type, arrays } => arrays.extend(array_from_json(&[None], data_type).ok()),
        }
    }

    /// Adds a value by its JSON text.
    pub(super) fn push_text(&mut self, text: &str) -> Result<(), Fault> {
        let Column::Texts { builder, bytes, buffer } = self else {
            return self.push_value(serde_json::from_str(text).map_err(|_| Fault::Conversion)?);
        };
        let mut lexer = Lexer::new(text.as_bytes(), 0, text.len());
        if text == "null" {
            builder.append_null();
            return Ok(());
        }
        buffer.clear();
        let failed = |_| Fault::Conversion;
        match lexer.peek() {
            b'{' | b'[' => compact(&mut lexer, buffer).map_err(failed)?,
            b'"' => {
                let (range, escaped) = lexer.string().map_err(failed)?;
                if !escaped {
                    return append(builder, bytes, &text[range]);
                }
                lexer.unescape(range, buffer).map_err(failed)?;
            }
            _ => match lexer.scalar().map_err(failed)?.as_text() {
                Some(scalar) => buffer.extend_from_slice(&scalar),
                None => return Err(Fault::Conversion),
            },
        }
        append(builder, bytes, std::str::from_utf8(buffer).map_err(|_| Fault::Conversion)?)
    }

    /// Adds a value.
    pub(super) fn push_value(&mut self, value: Value) -> Result<(), Fault> {
        match self {
            Column::Texts { .. } => self.push_text(&value.to_string()),
            Column::Values { values, .. } => {
                values.push(value);
                Ok(())
            }
            Column::Arrays { data_type, arrays } => {
                arrays.push(array_from_json(&[Some(&value)], data_type).map_err(|_| Fault::Conversion)?);
                Ok(())
            }
        }
    }

    /// The array.
    pub(super) fn finish(self) -> Result<ArrayRef, Failure> {
        match self {
            Column::Texts { mut builder, .. } => Ok(Arc::new(builder.finish())),
            Column::Values { data_type, values } => {
                let values: Vec<_> = values.iter().map(Some).collect();
                array_from_json(&values, &data_type).map_err(|_| Failure::Conversion)
            }
            Column::Arrays { data_type, arrays } => {
                if arrays.is_empty() {
                    return array_from_json(&[], &data_type).map_err(|_| Failure::Conversion);
                }
                let arrays: Vec<_> = arrays.iter().map(AsRef::as_ref).collect();
                concat(&arrays).map_err(|_| Failure::Conversion)
            }
        }
    }
}

fn append(builder: &mut StringBuilder, bytes: &mut usize, text: &str) -> Result<(), Fault> {
    *bytes += text.len();
    if *bytes > i32::MAX as usize {
        return Err(Fault::TooLarge);
    }
    builder.append_value(text);
    Ok(())
}

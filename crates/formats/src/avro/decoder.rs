//! Messages to values.

use super::read::{Cursor, read_record};
use super::schema::{AvroField, AvroType, parse, record_of};
use crate::framed::{Fault, ReadMessage};
use crate::json::column::Column;
use millrace_batch::{DataType, ErrorCode, KernelError, Result, Schema};
use serde_json::Value;

/// Values that a record may make beyond one for each of its bytes.
const SPARE_VALUES: usize = 1 << 20;
/// Bytes of a schema registry's header.
const HEADER_BYTES: usize = 5;

/// See [`super`].
pub(super) struct AvroReader {
    fields: Vec<AvroField>,
    has_header: bool,
}

impl AvroReader {
    /// A reader of values for columns of `schema`.
    pub(super) fn new(schema: &Schema, options: &Value) -> Result<Self> {
        let avro = match options.get("avroSchema") {
            None | Some(Value::Null) => record_of(&schema.columns)?,
            Some(Value::String(text)) => {
                let mut avro = parse(text)?;
                let columns: Vec<(&str, &DataType)> =
                    schema.columns.iter().map(|column| (column.name.as_str(), &column.data_type)).collect();
                avro.bind(&columns)?;
                avro
            }
            Some(_) => return Err(KernelError::new(ErrorCode::OptionInvalid, "'avroSchema' must be text")),
        };
        let AvroType::Record(fields) = avro else {
            return Err(KernelError::new(ErrorCode::OptionInvalid, "the type of an Avro message is a record"));
        };
        let has_header = options.get("registryHeader").and_then(Value::as_bool).unwrap_or(false);
        Ok(Self { fields, has_header })
    }
}

impl ReadMessage for AvroReader {
    const WHAT: &'static str = "an Avro record";

    fn read(&mut self, message: &[u8], columns: &mut [Column]) -> Result<usize> {
        let at = if self.has_header { HEADER_BYTES } else { 0 };
        if self.has_header && (message.len() < HEADER_BYTES || message[0] != 0) {
            let text = "reading an Avro record: it does not begin with the header of a schema registry";
            return Err(KernelError::new(ErrorCode::RecordMalformed, text));
        }
        let budget = message.len() + SPARE_VALUES;
        let mut cursor = Cursor { bytes: message, at, budget };
        match read_record(&mut cursor, &self.fields, columns) {
            Ok(()) if cursor.at == message.len() => Ok(budget - cursor.budget),
            Ok(()) => Err(Fault::Syntax.of(Self::WHAT)),
            Err(fault) => Err(fault.of(Self::WHAT)),
        }
    }
}

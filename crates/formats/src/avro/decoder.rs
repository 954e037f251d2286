//! Messages to batches.

use super::PREFIX_BYTES;
use super::read::{Cursor, Fault, read_record};
use super::schema::{AvroField, AvroType, parse, record_of};
use crate::json::column::Column;
use millrace_batch::codec::{Context, Decoded, Decoder, InputBounds};
use millrace_batch::{Batch, DataType, ErrorCode, KernelError, Result, Schema};
use serde_json::Value;
use std::sync::Arc;

const BATCH_ROWS: usize = 8_192;
const BATCH_BYTES: usize = 1 << 20;
/// Values that a record may make beyond one for each of its bytes.
const SPARE_VALUES: usize = 1 << 20;
/// Bytes of a schema registry's header.
const HEADER_BYTES: usize = 5;

/// See [`super`].
pub(super) struct AvroDecoder {
    schema: Arc<Schema>,
    fields: Vec<AvroField>,
    columns: Vec<Column>,
    rows: usize,
    has_header: bool,
    value_limit: usize,
}

impl AvroDecoder {
    /// A decoder for batches of `schema`.
    pub(super) fn new(schema: &Arc<Schema>, options: &Value, context: &Context) -> Result<Self> {
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
        Ok(Self {
            schema: Arc::clone(schema),
            fields,
            columns: schema.columns.iter().map(|column| Column::new(&column.data_type)).collect(),
            rows: 0,
            has_header: options.get("registryHeader").and_then(Value::as_bool).unwrap_or(false),
            value_limit: context.value_limit_bytes,
        })
    }

    fn read_message(&mut self, message: &[u8]) -> Result<()> {
        let at = if self.has_header { HEADER_BYTES } else { 0 };
        if self.has_header && (message.len() < HEADER_BYTES || message[0] != 0) {
            let text = "reading an Avro record: it does not begin with the header of a schema registry";
            return Err(KernelError::new(ErrorCode::RecordMalformed, text).at_row(self.rows));
        }
        let mut cursor = Cursor { bytes: message, at, budget: message.len() + SPARE_VALUES };
        let read = read_record(&mut cursor, &self.fields, &mut self.columns);
        let fault = match read {
            Ok(()) if cursor.at == message.len() => {
                self.rows += 1;
                return Ok(());
            }
            Ok(()) => Fault::Syntax,
            Err(fault) => fault,
        };
        self.columns.iter_mut().for_each(|column| column.truncate(self.rows));
        Err(fault.at_row(self.rows))
    }

    fn take_batch(&mut self) -> Result<Option<Batch>> {
        let rows = std::mem::take(&mut self.rows);
        if rows == 0 {
            return Ok(None);
        }
        let columns = self.columns.iter_mut().map(Column::finish).collect::<Result<_>>()?;
        Batch::try_new(Arc::clone(&self.schema), columns, rows).map(Some)
    }
}

impl Decoder for AvroDecoder {
    fn begin(&mut self, _arguments: &str) -> Result<()> {
        self.rows = 0;
        Ok(())
    }

    fn decode(&mut self, input: &[u8], bounds: InputBounds) -> Result<Decoded> {
        self.columns.iter_mut().for_each(|column| column.truncate(0));
        self.rows = 0;
        let mut at = 0;
        while at < input.len() && at < bounds.limit && self.rows < BATCH_ROWS && at < BATCH_BYTES {
            let Some(prefix) = input[at..].first_chunk::<PREFIX_BYTES>() else { break };
            let length = u32::from_le_bytes(*prefix) as usize;
            if length > self.value_limit {
                let text = format!("a message of {length} bytes is longer than {} bytes", self.value_limit);
                return Err(KernelError::new(ErrorCode::ValueTooLarge, text).at_row(self.rows));
            }
            let start = at + PREFIX_BYTES;
            let Some(message) = input.get(start..start + length) else { break };
            self.read_message(message)?;
            at = start + length;
        }
        let done = at >= bounds.limit || (bounds.end_of_file && at >= input.len());
        if bounds.end_of_file && !done && at < input.len() && self.rows == 0 {
            let text = "reading an Avro record: the messages end inside of it";
            return Err(KernelError::new(ErrorCode::RecordMalformed, text).at_row(0));
        }
        Ok(Decoded { consumed: at, batch: self.take_batch()?, done, ..Decoded::default() })
    }

    fn rows_before_error(&mut self) -> Option<Batch> {
        self.take_batch().ok().flatten()
    }

    fn memory_bytes(&self) -> usize {
        self.columns.iter().map(Column::memory_bytes).sum()
    }
}

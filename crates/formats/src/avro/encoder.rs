//! Batches to messages.

use super::PREFIX_BYTES;
use super::schema::record_of;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType,
};
use arrow_array::{Array, ArrayRef};
use millrace_batch::codec::Encoder;
use millrace_batch::{Batch, DataType, ErrorCode, KernelError, OutputBuffer, Result, Schema};
use serde_json::Value;
use std::sync::Arc;

/// See [`super`].
pub(super) struct AvroEncoder {
    schema: Arc<Schema>,
    /// The message that is being written.
    message: Vec<u8>,
    row_ends: Vec<u64>,
    written: u64,
}

impl AvroEncoder {
    /// An encoder for batches of `schema`.
    pub(super) fn new(schema: &Arc<Schema>, options: &Value) -> Result<Self> {
        if !matches!(options.get("avroSchema"), None | Some(Value::Null)) {
            let text = "writing Avro messages of a given schema is not implemented";
            return Err(KernelError::new(ErrorCode::Unimplemented, text));
        }
        record_of(&schema.columns)?;
        Ok(Self { schema: Arc::clone(schema), message: Vec::new(), row_ends: Vec::new(), written: 0 })
    }

    fn write_row(schema: &Schema, batch: &Batch, row: usize, out: &mut Vec<u8>) -> Result<()> {
        out.clear();
        for (column, array) in schema.columns.iter().zip(&batch.columns) {
            write(&column.data_type, array, row, out).map_err(|error| error.at_field(&column.name).at_row(row))?;
        }
        Ok(())
    }
}

impl Encoder for AvroEncoder {
    fn encode(&mut self, batch: &Batch, first_row: usize, output: &mut OutputBuffer<'_>) -> Result<usize> {
        for row in first_row..batch.rows {
            Self::write_row(&self.schema, batch, row, &mut self.message)?;
            let length = self.message.len();
            if !output.has_room(PREFIX_BYTES + length) {
                return Ok(row);
            }
            let prefix = u32::try_from(length).map_err(|_| {
                let text = format!("a message of {length} bytes is too long");
                KernelError::new(ErrorCode::ValueTooLarge, text).at_row(row)
            })?;
            output.push_slice(&prefix.to_le_bytes());
            output.push_slice(&self.message);
            self.written += (PREFIX_BYTES + length) as u64;
            self.row_ends.push(self.written);
        }
        Ok(batch.rows)
    }

    fn row_bound(&self, batch: &Batch, row: usize) -> usize {
        let mut message = Vec::new();
        Self::write_row(&self.schema, batch, row, &mut message).map_or(0, |()| PREFIX_BYTES + message.len())
    }

    fn row_ends(&self) -> &[u64] {
        &self.row_ends
    }

    fn reset(&mut self, _first_row: u64) {
        self.row_ends.clear();
        self.written = 0;
    }

    fn memory_bytes(&self) -> usize {
        self.message.capacity() + 8 * self.row_ends.capacity()
    }
}

fn put_long(value: i64, out: &mut Vec<u8>) {
    let mut rest = ((value << 1) ^ (value >> 63)) as u64;
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

fn put_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    put_long(bytes.len() as i64, out);
    out.extend_from_slice(bytes);
}

/// The shortest form in two's complement.
fn put_decimal(value: i128, out: &mut Vec<u8>) {
    let bytes = value.to_be_bytes();
    let fill = if value < 0 { 0xff } else { 0 };
    let spare = bytes[..15]
        .iter()
        .zip(&bytes[1..])
        .take_while(|(byte, next)| **byte == fill && (*next & 0x80 != 0) == (value < 0));
    put_bytes(&bytes[spare.count()..], out);
}

fn write(data_type: &DataType, array: &ArrayRef, row: usize, out: &mut Vec<u8>) -> Result<()> {
    if *data_type == DataType::Null {
        return Ok(());
    }
    if let DataType::Row { fields } = data_type {
        if array.is_null(row) {
            return Err(KernelError::new(ErrorCode::EncodeFailed, "a row that is null has no form in Avro"));
        }
        let columns = array.as_struct().columns();
        return fields.iter().zip(columns).try_for_each(|(field, column)| write(&field.data_type, column, row, out));
    }
    if array.is_null(row) {
        put_long(0, out);
        return Ok(());
    }
    put_long(1, out);
    match data_type {
        DataType::String => put_bytes(array.as_string::<i32>().value(row).as_bytes(), out),
        DataType::Bytes => put_bytes(array.as_binary::<i32>().value(row), out),
        DataType::Boolean => out.push(u8::from(array.as_boolean().value(row))),
        DataType::TinyInt => put_long(i64::from(array.as_primitive::<Int8Type>().value(row)), out),
        DataType::SmallInt => put_long(i64::from(array.as_primitive::<Int16Type>().value(row)), out),
        DataType::Int => put_long(i64::from(array.as_primitive::<Int32Type>().value(row)), out),
        DataType::BigInt => put_long(array.as_primitive::<Int64Type>().value(row), out),
        DataType::Float => out.extend_from_slice(&array.as_primitive::<Float32Type>().value(row).to_le_bytes()),
        DataType::Double => out.extend_from_slice(&array.as_primitive::<Float64Type>().value(row).to_le_bytes()),
        DataType::Decimal { .. } => put_decimal(array.as_primitive::<Decimal128Type>().value(row), out),
        DataType::Date => put_long(i64::from(array.as_primitive::<Date32Type>().value(row)), out),
        DataType::Timestamp => {
            put_long(array.as_primitive::<TimestampMicrosecondType>().value(row).div_euclid(1_000), out);
        }
        DataType::Array { element } => {
            let values = array.as_list::<i32>().value(row);
            if !values.is_empty() {
                put_long(values.len() as i64, out);
                (0..values.len()).try_for_each(|index| write(element, &values, index, out))?;
            }
            put_long(0, out);
        }
        DataType::Map { value, .. } => {
            let entries = array.as_map().value(row);
            if !entries.is_empty() {
                put_long(entries.len() as i64, out);
                let keys = entries.column(0).as_string::<i32>();
                for index in 0..entries.len() {
                    put_bytes(keys.value(index).as_bytes(), out);
                    write(value, entries.column(1), index, out)?;
                }
            }
            put_long(0, out);
        }
        other => {
            let text = format!("a value of type '{other}' has no form in Avro");
            return Err(KernelError::new(ErrorCode::TypeUnsupported, text));
        }
    }
    Ok(())
}

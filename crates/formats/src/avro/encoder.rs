//! Values to messages.

use super::schema::record_of;
use crate::framed::WriteMessage;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType,
};
use arrow_array::{Array, ArrayRef};
use millrace_batch::{Batch, DataType, ErrorCode, KernelError, Result, Schema};
use serde_json::Value;
use std::sync::Arc;

/// See [`super`].
pub(super) struct AvroWriter {
    schema: Arc<Schema>,
}

impl AvroWriter {
    /// A writer for batches of `schema`.
    pub(super) fn new(schema: &Arc<Schema>, options: &Value) -> Result<Self> {
        if !matches!(options.get("avroSchema"), None | Some(Value::Null)) {
            let text = "writing Avro messages of a given schema is not implemented";
            return Err(KernelError::new(ErrorCode::Unimplemented, text));
        }
        record_of(&schema.columns)?;
        Ok(Self { schema: Arc::clone(schema) })
    }
}

impl WriteMessage for AvroWriter {
    fn write(&self, batch: &Batch, row: usize, out: &mut Vec<u8>) -> Result<()> {
        self.schema.columns.iter().zip(&batch.columns).try_for_each(|(column, array)| {
            write(&column.data_type, array, row, out).map_err(|error| error.at_field(&column.name).at_row(row))
        })
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

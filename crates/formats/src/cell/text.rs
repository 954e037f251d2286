//! Values to their texts in a cell.

use crate::delimited::view::{View, ViewValues, range};
use crate::json::member::{Writer, check, writer};
use crate::json::write::{DateCache, Sink};
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_buffer::NullBuffer;
use millrace_batch::schema::DataType;
use millrace_batch::text::{
    MAX_SCALAR_BYTES, write_date, write_decimal, write_f32, write_f64, write_i64, write_time, write_timestamp,
};
use millrace_batch::{Batch, ErrorCode, KernelError, Result};

/// What JSON text may be written beyond its bound before it is cut.
const JSON_SPARE: usize = 64;

/// One column's values, ready to be written as texts.
pub(crate) enum Texts<'a> {
    Scalar(View<'a>),
    /// Arrays and maps, as JSON.
    Json(Option<&'a NullBuffer>, Writer<'a>),
    /// Fields between delimiters.
    Row(Option<&'a NullBuffer>, Vec<Texts<'a>>),
}

impl<'a> Texts<'a> {
    /// The columns of a batch.
    ///
    /// # Errors
    /// `TYPE_UNSUPPORTED` for vectors and maps without texts for their keys.
    pub(crate) fn columns(batch: &'a Batch) -> Result<Vec<Self>> {
        let columns = batch.columns.iter().zip(&batch.schema.columns);
        columns
            .map(|(array, column)| Self::new(array, &column.data_type).map_err(|error| error.at_field(&column.name)))
            .collect()
    }

    fn new(array: &'a ArrayRef, data_type: &DataType) -> Result<Self> {
        match data_type {
            DataType::Array { .. } | DataType::Map { .. } => {
                check(data_type)?;
                Ok(Texts::Json(array.nulls(), writer(data_type, array)?))
            }
            DataType::Row { fields } => {
                let parts = array.as_struct_opt().ok_or_else(|| {
                    KernelError::new(ErrorCode::ProgramInvalid, format!("a column of '{data_type}' is no struct"))
                })?;
                let children = parts.columns().iter().zip(fields);
                let children = children.map(|(child, field)| Self::new(child, &field.data_type));
                Ok(Texts::Row(array.nulls(), children.collect::<Result<_>>()?))
            }
            _ => Ok(Texts::Scalar(View::new(array.as_ref(), data_type)?)),
        }
    }

    /// Whether a value is null.
    pub(crate) fn is_null(&self, row: usize) -> bool {
        match self {
            Texts::Scalar(view) => view.is_null(row),
            Texts::Json(nulls, _) | Texts::Row(nulls, _) => nulls.is_some_and(|nulls| nulls.is_null(row)),
        }
    }

    /// Appends a value's text; nothing for a null.
    ///
    /// # Source
    /// SeaTunnel `XmlWriter.convertToXmlString`: Java's `toString`, JSON for arrays and maps, UTF-8 for bytes.
    pub(crate) fn append(&self, row: usize, delimiter: &str, out: &mut Vec<u8>) {
        if self.is_null(row) {
            return;
        }
        match self {
            Texts::Scalar(view) => append_scalar(view, row, out),
            Texts::Json(_, json) => {
                let start = out.len();
                out.resize(start + json.bound(row) + JSON_SPARE, 0);
                let mut dates = DateCache::default();
                let mut sink = Sink::new(&mut out[start..], &mut dates);
                json.write(row, &mut sink);
                let length = sink.len();
                out.truncate(start + length);
            }
            Texts::Row(_, children) => {
                for (index, child) in children.iter().enumerate() {
                    if index > 0 {
                        out.extend_from_slice(delimiter.as_bytes());
                    }
                    child.append(row, delimiter, out);
                }
            }
        }
    }
}

fn append_scalar(view: &View<'_>, row: usize, out: &mut Vec<u8>) {
    let mut text = [0u8; MAX_SCALAR_BYTES];
    let length = match &view.values {
        ViewValues::Text { offsets, bytes } => return out.extend_from_slice(&bytes[range(offsets, row)]),
        ViewValues::Bytes { offsets, bytes } => {
            return out.extend_from_slice(String::from_utf8_lossy(&bytes[range(offsets, row)]).as_bytes());
        }
        ViewValues::Boolean(values) => {
            return out.extend_from_slice(if values.value(row) { b"true" } else { b"false" });
        }
        ViewValues::Int8(values) => write_i64(i64::from(values[row]), &mut text),
        ViewValues::Int16(values) => write_i64(i64::from(values[row]), &mut text),
        ViewValues::Int32(values) => write_i64(i64::from(values[row]), &mut text),
        ViewValues::Int64(values) => write_i64(values[row], &mut text),
        ViewValues::Float32(values) => write_f32(values[row], &mut text),
        ViewValues::Float64(values) => write_f64(values[row], &mut text),
        ViewValues::Decimal { values, scale } => write_decimal(values[row], *scale, &mut text),
        ViewValues::Date(values) => write_date(values[row], &mut text),
        ViewValues::Time(values) => write_time(values[row], &mut text),
        ViewValues::Timestamp(values) => write_timestamp(values[row], &mut text),
        ViewValues::TimestampTz { instants, offsets } => {
            let minutes = offsets[row];
            let local = instants[row].wrapping_add(i64::from(minutes) * 60_000_000);
            let length = write_timestamp(local, &mut text);
            out.extend_from_slice(&text[..length]);
            let sign = if minutes < 0 { '-' } else { '+' };
            let (hours, rest) = (minutes.unsigned_abs() / 60, minutes.unsigned_abs() % 60);
            let zone = if minutes == 0 { "Z".to_owned() } else { format!("{sign}{hours:02}:{rest:02}") };
            return out.extend_from_slice(zone.as_bytes());
        }
        ViewValues::List { .. } | ViewValues::Map { .. } | ViewValues::Row(_) | ViewValues::Null => 0,
    };
    out.extend_from_slice(&text[..length]);
}

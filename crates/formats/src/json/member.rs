//! Columns whose values are written row by row.

use super::write::{SCALAR_BOUND, STRING_SPARE, Sink};
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    Time64NanosecondType, TimestampMicrosecondType,
};
use arrow_array::{Array, ArrayRef, BooleanArray};
use arrow_buffer::NullBuffer;
use millrace_batch::json_text::CHUNK;
use millrace_batch::json_text::escape_into;
use millrace_batch::schema::DataType;
use millrace_batch::{Batch, ErrorCode, KernelError, Result, Schema};

/// The text before a member's value: `{` or a comma, the quoted name and the colon.
pub(super) struct Key {
    pub(super) text: Vec<u8>,
    /// The text in a chunk, when it fits.
    chunk: Option<[u8; CHUNK]>,
}

/// One column's values, ready to be written by row.
pub(crate) struct Writer<'a> {
    nulls: Option<&'a NullBuffer>,
    values: Values<'a>,
}

enum Values<'a> {
    Null,
    Boolean(&'a BooleanArray),
    Int8(&'a [i8]),
    Int16(&'a [i16]),
    Int32(&'a [i32]),
    Int64(&'a [i64]),
    Float32(&'a [f32]),
    Float64(&'a [f64]),
    Decimal(&'a [i128], i8),
    Date(&'a [i32]),
    Time(&'a [i64]),
    Timestamp(&'a [i64]),
    TimestampTz(&'a [i64], &'a [i16]),
    Text { offsets: &'a [i32], bytes: &'a [u8] },
    Binary { offsets: &'a [i32], bytes: &'a [u8] },
    List { offsets: &'a [i32], element: Box<Writer<'a>> },
    Map { offsets: &'a [i32], key: Box<Writer<'a>>, value: Box<Writer<'a>> },
    Row(Vec<(Key, Writer<'a>)>),
}

impl Key {
    #[inline(always)]
    pub(super) fn write(&self, sink: &mut Sink<'_>) {
        match &self.chunk {
            Some(chunk) => sink.chunk(chunk, self.text.len()),
            None => sink.bytes(&self.text),
        }
    }
}

/// The keys of an object's members, in order.
pub(super) fn keys<'a>(names: impl Iterator<Item = &'a str>) -> Vec<Key> {
    names
        .enumerate()
        .map(|(index, name)| {
            let mut text = vec![if index == 0 { b'{' } else { b',' }, b'"'];
            escape_into(name.as_bytes(), &mut text);
            text.extend_from_slice(b"\":");
            let chunk = (text.len() <= CHUNK).then(|| {
                let mut chunk = [0; CHUNK];
                chunk[..text.len()].copy_from_slice(&text);
                chunk
            });
            Key { text, chunk }
        })
        .collect()
}

/// Whether values of a type can be written.
pub(crate) fn check(data_type: &DataType) -> Result<()> {
    match data_type {
        DataType::Array { element } => check(element),
        DataType::Map { key, value } => {
            if matches!(
                **key,
                DataType::Array { .. } | DataType::Map { .. } | DataType::Row { .. } | DataType::FloatVector
            ) {
                let message = format!("a key of type '{key}' has no text in JSON");
                return Err(KernelError::new(ErrorCode::TypeUnsupported, message));
            }
            check(value)
        }
        DataType::Row { fields } => fields.iter().try_for_each(|field| check(&field.data_type)),
        _ => Ok(()),
    }
}

/// The values of every column of a batch.
///
/// # Errors
/// As [`writer`].
pub(super) fn writers<'a>(schema: &Schema, batch: &'a Batch) -> Result<Vec<Writer<'a>>> {
    let columns = schema.columns.iter().zip(&batch.columns);
    columns
        .map(|(column, array)| writer(&column.data_type, array).map_err(|error| error.at_field(&column.name)))
        .collect()
}

/// The values of a column.
///
/// # Errors
/// `PROGRAM_INVALID` when the array's type is not the one of the column.
pub(crate) fn writer<'a>(data_type: &DataType, array: &'a ArrayRef) -> Result<Writer<'a>> {
    let wrong = || {
        let message = format!("a column of type '{data_type}' holds '{}'", array.data_type());
        KernelError::new(ErrorCode::ProgramInvalid, message)
    };
    macro_rules! primitive {
        ($arrow:ty) => {
            array.as_primitive_opt::<$arrow>().ok_or_else(wrong)?.values()
        };
    }
    let values = match data_type {
        DataType::Null => Values::Null,
        DataType::Boolean => Values::Boolean(array.as_boolean_opt().ok_or_else(wrong)?),
        DataType::TinyInt => Values::Int8(primitive!(Int8Type)),
        DataType::SmallInt => Values::Int16(primitive!(Int16Type)),
        DataType::Int => Values::Int32(primitive!(Int32Type)),
        DataType::BigInt => Values::Int64(primitive!(Int64Type)),
        DataType::Float => Values::Float32(primitive!(Float32Type)),
        DataType::Double => Values::Float64(primitive!(Float64Type)),
        DataType::Decimal { scale, .. } => Values::Decimal(primitive!(Decimal128Type), *scale),
        DataType::Date => Values::Date(primitive!(Date32Type)),
        DataType::Time => Values::Time(primitive!(Time64NanosecondType)),
        DataType::Timestamp => Values::Timestamp(primitive!(TimestampMicrosecondType)),
        DataType::TimestampTz => {
            let parts = array.as_struct_opt().filter(|parts| parts.num_columns() == 2).ok_or_else(wrong)?;
            Values::TimestampTz(
                parts.column(0).as_primitive_opt::<TimestampMicrosecondType>().ok_or_else(wrong)?.values(),
                parts.column(1).as_primitive_opt::<Int16Type>().ok_or_else(wrong)?.values(),
            )
        }
        DataType::String => {
            let text = array.as_string_opt::<i32>().ok_or_else(wrong)?;
            Values::Text { offsets: text.value_offsets(), bytes: text.value_data() }
        }
        DataType::Bytes | DataType::BinaryVector | DataType::Float16Vector | DataType::BFloat16Vector => {
            let binary = array.as_binary_opt::<i32>().ok_or_else(wrong)?;
            Values::Binary { offsets: binary.value_offsets(), bytes: binary.value_data() }
        }
        DataType::Array { element } => list(element, array).ok_or_else(wrong)??,
        DataType::FloatVector => list(&DataType::Float, array).ok_or_else(wrong)??,
        DataType::Map { key, value } => map(key, value, array).ok_or_else(wrong)??,
        DataType::SparseFloatVector => map(&DataType::Int, &DataType::Float, array).ok_or_else(wrong)??,
        DataType::Row { fields } => {
            let parts = array.as_struct_opt().filter(|parts| parts.num_columns() == fields.len()).ok_or_else(wrong)?;
            let writers = fields.iter().zip(parts.columns()).map(|(field, child)| writer(&field.data_type, child));
            let keys = keys(fields.iter().map(|field| field.name.as_str()));
            Values::Row(keys.into_iter().zip(writers).map(|(key, child)| Ok((key, child?))).collect::<Result<_>>()?)
        }
    };
    Ok(Writer { nulls: array.nulls().filter(|nulls| nulls.null_count() > 0), values })
}

fn list<'a>(element: &DataType, array: &'a ArrayRef) -> Option<Result<Values<'a>>> {
    let list = array.as_list_opt::<i32>()?;
    Some(
        writer(element, list.values())
            .map(|element| Values::List { offsets: list.value_offsets(), element: Box::new(element) }),
    )
}

fn map<'a>(key: &DataType, value: &DataType, array: &'a ArrayRef) -> Option<Result<Values<'a>>> {
    let map = array.as_map_opt()?;
    let both = writer(key, map.keys()).and_then(|key| Ok((key, writer(value, map.values())?)));
    Some(both.map(|(key, value)| Values::Map {
        offsets: map.value_offsets(),
        key: Box::new(key),
        value: Box::new(value),
    }))
}

impl Writer<'_> {
    #[inline(always)]
    fn is_null(&self, row: usize) -> bool {
        self.nulls.is_some_and(|nulls| nulls.is_null(row))
    }

    /// Upper bound of a value in bytes.
    #[inline(always)]
    pub(crate) fn bound(&self, row: usize) -> usize {
        match &self.values {
            Values::Text { offsets, .. } => 6 * (offsets[row + 1] - offsets[row]) as usize + STRING_SPARE,
            Values::Binary { offsets, .. } => ((offsets[row + 1] - offsets[row]) as usize).div_ceil(3) * 4 + 8,
            Values::List { .. } | Values::Map { .. } | Values::Row(_) => self.nested_bound(row),
            _ => SCALAR_BOUND,
        }
    }

    #[inline(never)]
    fn nested_bound(&self, row: usize) -> usize {
        if self.is_null(row) {
            return SCALAR_BOUND;
        }
        SCALAR_BOUND
            + match &self.values {
                Values::List { offsets, element } => range(offsets, row).map(|index| element.bound(index) + 1).sum(),
                Values::Map { offsets, key, value } => {
                    range(offsets, row).map(|index| key.bound(index) + value.bound(index) + 4).sum::<usize>()
                }
                Values::Row(fields) => {
                    fields.iter().map(|(key, field)| key.text.len() + CHUNK + field.bound(row)).sum::<usize>()
                }
                _ => 0,
            }
    }

    #[inline(always)]
    pub(crate) fn write(&self, row: usize, sink: &mut Sink<'_>) {
        if self.is_null(row) {
            return sink.bytes(b"null");
        }
        match &self.values {
            Values::Int32(values) => sink.integer(i64::from(values[row])),
            Values::Int64(values) => sink.integer(values[row]),
            Values::Float64(values) => sink.double(values[row]),
            Values::Text { offsets, bytes } => {
                let start = offsets[row] as usize;
                sink.string(bytes, start, offsets[row + 1] as usize - start);
            }
            Values::Timestamp(values) => {
                sink.push(b'"');
                sink.timestamp(values[row]);
                sink.push(b'"');
            }
            Values::Boolean(values) => sink.bytes(if values.value(row) { b"true" } else { b"false" }),
            _ => self.write_rarer(row, sink),
        }
    }

    #[inline(never)]
    fn write_rarer(&self, row: usize, sink: &mut Sink<'_>) {
        match &self.values {
            Values::Null => sink.bytes(b"null"),
            Values::Int8(values) => sink.integer(i64::from(values[row])),
            Values::Int16(values) => sink.integer(i64::from(values[row])),
            Values::Float32(values) => sink.float(values[row]),
            Values::Decimal(values, scale) => sink.decimal(values[row], *scale),
            Values::Date(_) | Values::Time(_) | Values::TimestampTz(..) | Values::Binary { .. } => {
                sink.push(b'"');
                self.write_plain(row, sink);
                sink.push(b'"');
            }
            Values::List { offsets, element } => {
                sink.push(b'[');
                for (count, index) in range(offsets, row).enumerate() {
                    if count > 0 {
                        sink.push(b',');
                    }
                    element.write(index, sink);
                }
                sink.push(b']');
            }
            Values::Map { offsets, key, value } => {
                sink.push(b'{');
                for (count, index) in range(offsets, row).enumerate() {
                    if count > 0 {
                        sink.push(b',');
                    }
                    key.write_key(index, sink);
                    sink.push(b':');
                    value.write(index, sink);
                }
                sink.push(b'}');
            }
            Values::Row(fields) => {
                if fields.is_empty() {
                    sink.push(b'{');
                }
                for (key, field) in fields {
                    key.write(sink);
                    field.write(row, sink);
                }
                sink.push(b'}');
            }
            _ => self.write(row, sink),
        }
    }

    /// The text of a quoted scalar.
    fn write_plain(&self, row: usize, sink: &mut Sink<'_>) {
        match &self.values {
            Values::Date(values) => sink.date(values[row]),
            Values::Time(values) => sink.time(values[row]),
            Values::TimestampTz(instants, offsets) => sink.timestamp_tz(instants[row], offsets[row]),
            Values::Binary { offsets, bytes } => sink.base64(&bytes[range(offsets, row)]),
            _ => {}
        }
    }

    /// A value as a member's name: text as it is, everything else quoted.
    fn write_key(&self, row: usize, sink: &mut Sink<'_>) {
        let start = sink.len();
        let quoted = !self.is_null(row)
            && matches!(
                self.values,
                Values::Text { .. }
                    | Values::Date(_)
                    | Values::Time(_)
                    | Values::Timestamp(_)
                    | Values::TimestampTz(..)
                    | Values::Binary { .. }
            );
        if quoted {
            return self.write(row, sink);
        }
        sink.push(b'"');
        self.write(row, sink);
        // A number that is none brings its own quotes.
        if sink.since(start + 1).first() == Some(&b'"') {
            sink.remove(start);
        } else {
            sink.push(b'"');
        }
    }
}

#[inline(always)]
fn range(offsets: &[i32], row: usize) -> std::ops::Range<usize> {
    offsets[row] as usize..offsets[row + 1] as usize
}

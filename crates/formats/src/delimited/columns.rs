//! Columns under construction: typed buffers that fields are parsed into, and the arrays made of them.

use super::number::Field;
use super::value::{is_blank, malformed, parse_boolean, parse_decimal};
use millrace_batch::schema::DataType;
use millrace_batch::{ErrorCode, KernelError, Result, parse};

/// A row at which parsing failed, and why.
pub(super) type RowError = (usize, KernelError);

/// Where the fields of a step's rows are.
pub(super) trait FieldSource {
    /// The field of a row and column; an absent field is empty.
    fn field(&self, row: usize, column: usize) -> Field<'_>;
    /// Upper bound of the bytes of one column's fields.
    fn text_bytes(&self) -> usize;
}

/// What a value's meaning depends on besides its type.
#[derive(Clone, Copy)]
pub(crate) struct Reading<'a> {
    /// A field of exactly this text is null.
    pub null_format: Option<&'a [u8]>,
    /// Separators inside nested values, outermost first.
    pub separators: &'a [Vec<u8>],
}

/// Values of one type.
pub(crate) enum Values {
    /// Text or bytes: `offsets` has one entry more than there are values.
    Bytes {
        offsets: Vec<i32>,
        bytes: Vec<u8>,
    },
    Boolean(Vec<bool>),
    Int8(Vec<i8>),
    Int16(Vec<i16>),
    Int32(Vec<i32>),
    Int64(Vec<i64>),
    Float32(Vec<f32>),
    Float64(Vec<f64>),
    Decimal {
        values: Vec<i128>,
        precision: u8,
        scale: i8,
    },
    Date(Vec<i32>),
    /// Nanoseconds of the day.
    Time(Vec<i64>),
    /// Local microseconds.
    Timestamp(Vec<i64>),
    TimestampTz {
        instants: Vec<i64>,
        offsets: Vec<i16>,
    },
    List {
        offsets: Vec<i32>,
        element: Box<ColumnBuilder>,
    },
    Map {
        offsets: Vec<i32>,
        key: Box<ColumnBuilder>,
        value: Box<ColumnBuilder>,
    },
    Struct(Vec<ColumnBuilder>),
    Null,
}

/// One column (or the values inside one) under construction.
pub(crate) struct ColumnBuilder {
    /// Type of the values.
    pub data_type: DataType,
    /// Values so far.
    pub rows: usize,
    /// Rows that are null, ascending.
    pub null_rows: Vec<u32>,
    /// The values; null rows hold a zero or an empty value.
    pub values: Values,
    /// Index of this value's separator; 0 for a column.
    pub level: usize,
}

impl ColumnBuilder {
    /// An empty column.
    ///
    /// # Errors
    /// `TYPE_UNSUPPORTED` for vectors, and for nesting deeper than there are separators.
    pub(crate) fn new(data_type: &DataType, level: usize, separators: usize) -> Result<Self> {
        let child = |data_type| Self::new(data_type, level + 1, separators).map(Box::new);
        let depth = match data_type {
            DataType::Array { .. } | DataType::Row { .. } => 1,
            DataType::Map { .. } => 2,
            _ => 0,
        };
        if level + depth > separators {
            return Err(KernelError::new(ErrorCode::TypeUnsupported, "nesting is deeper than there are separators"));
        }
        let values = match data_type {
            DataType::String | DataType::Bytes => Values::Bytes { offsets: vec![0], bytes: Vec::new() },
            DataType::Boolean => Values::Boolean(Vec::new()),
            DataType::TinyInt => Values::Int8(Vec::new()),
            DataType::SmallInt => Values::Int16(Vec::new()),
            DataType::Int => Values::Int32(Vec::new()),
            DataType::BigInt => Values::Int64(Vec::new()),
            DataType::Float => Values::Float32(Vec::new()),
            DataType::Double => Values::Float64(Vec::new()),
            DataType::Decimal { precision, scale } => {
                Values::Decimal { values: Vec::new(), precision: *precision, scale: *scale }
            }
            DataType::Null => Values::Null,
            DataType::Date => Values::Date(Vec::new()),
            DataType::Time => Values::Time(Vec::new()),
            DataType::Timestamp => Values::Timestamp(Vec::new()),
            DataType::TimestampTz => Values::TimestampTz { instants: Vec::new(), offsets: Vec::new() },
            DataType::Array { element } => Values::List { offsets: vec![0], element: child(element)? },
            DataType::Map { key, value } => Values::Map { offsets: vec![0], key: child(key)?, value: child(value)? },
            DataType::Row { fields } => Values::Struct(
                fields
                    .iter()
                    .map(|field| Self::new(&field.data_type, level + 1, separators))
                    .collect::<Result<Vec<_>>>()?,
            ),
            other => {
                return Err(KernelError::new(
                    ErrorCode::TypeUnsupported,
                    format!("a delimited file cannot hold a column of type '{other}'"),
                ));
            }
        };
        Ok(Self { data_type: data_type.clone(), rows: 0, null_rows: Vec::new(), values, level })
    }

    /// Parses one value of any type.
    pub(crate) fn push(&mut self, text: &[u8], reading: Reading<'_>) -> Result<()> {
        if is_blank(text) || reading.null_format == Some(text) {
            self.push_null();
            return Ok(());
        }
        if matches!(self.values, Values::List { .. } | Values::Map { .. } | Values::Struct(_)) {
            return self.push_nested(text, reading);
        }
        let pushed = match &mut self.values {
            Values::Bytes { offsets, bytes } => {
                bytes.extend_from_slice(text);
                offsets.push(bytes.len() as i32);
                Some(())
            }
            Values::Boolean(values) => {
                values.push(parse_boolean(text));
                Some(())
            }
            Values::Int8(values) => narrow(text).map(|value| values.push(value)),
            Values::Int16(values) => narrow(text).map(|value| values.push(value)),
            Values::Int32(values) => narrow(text).map(|value| values.push(value)),
            Values::Int64(values) => parse::parse_i64(text).map(|value| values.push(value)),
            Values::Float32(values) => parse::parse_f32(text).map(|value| values.push(value)),
            Values::Float64(values) => parse::parse_f64(text).map(|value| values.push(value)),
            Values::Decimal { values, precision, scale } => {
                parse_decimal(text, *precision, *scale).map(|value| values.push(value))
            }
            Values::Date(values) => parse::parse_date(text).map(|value| values.push(value)),
            Values::Time(values) => parse::parse_time(text).map(|value| values.push(value)),
            Values::Timestamp(values) => parse::parse_timestamp(text).map(|value| values.push(value)),
            Values::TimestampTz { instants, offsets } => parse::parse_timestamp_tz(text).map(|(instant, offset)| {
                instants.push(instant);
                offsets.push(offset);
            }),
            Values::Null | Values::List { .. } | Values::Map { .. } | Values::Struct(_) => {
                self.push_null();
                return Ok(());
            }
        };
        pushed.ok_or_else(|| malformed(&self.data_type, text))?;
        self.rows += 1;
        Ok(())
    }

    /// Appends a null.
    pub(crate) fn push_null(&mut self) {
        self.null_rows.push(self.rows as u32);
        self.rows += 1;
        match &mut self.values {
            Values::Bytes { offsets, .. } | Values::List { offsets, .. } | Values::Map { offsets, .. } => {
                offsets.push(offsets.last().copied().unwrap_or(0));
            }
            Values::Boolean(values) => values.push(false),
            Values::Int8(values) => values.push(0),
            Values::Int16(values) => values.push(0),
            Values::Int32(values) | Values::Date(values) => values.push(0),
            Values::Int64(values) | Values::Time(values) | Values::Timestamp(values) => values.push(0),
            Values::Float32(values) => values.push(0.0),
            Values::Float64(values) => values.push(0.0),
            Values::Decimal { values, .. } => values.push(0),
            Values::TimestampTz { instants, offsets } => {
                instants.push(0);
                offsets.push(0);
            }
            Values::Struct(children) => children.iter_mut().for_each(ColumnBuilder::push_null),
            Values::Null => {}
        }
    }

    /// Forgets every value behind the first `rows`, and what was begun and not finished.
    pub(crate) fn truncate(&mut self, rows: usize) {
        self.rows = rows;
        let nulls = self.null_rows.partition_point(|row| (*row as usize) < rows);
        self.null_rows.truncate(nulls);
        match &mut self.values {
            Values::Bytes { offsets, bytes } => {
                offsets.truncate(rows + 1);
                bytes.truncate(offsets[rows] as usize);
            }
            Values::List { offsets, element } => {
                offsets.truncate(rows + 1);
                element.truncate(offsets[rows] as usize);
            }
            Values::Map { offsets, key, value } => {
                offsets.truncate(rows + 1);
                key.truncate(offsets[rows] as usize);
                value.truncate(offsets[rows] as usize);
            }
            Values::Boolean(values) => values.truncate(rows),
            Values::Int8(values) => values.truncate(rows),
            Values::Int16(values) => values.truncate(rows),
            Values::Int32(values) | Values::Date(values) => values.truncate(rows),
            Values::Int64(values) | Values::Time(values) | Values::Timestamp(values) => values.truncate(rows),
            Values::Float32(values) => values.truncate(rows),
            Values::Float64(values) => values.truncate(rows),
            Values::Decimal { values, .. } => values.truncate(rows),
            Values::TimestampTz { instants, offsets } => {
                instants.truncate(rows);
                offsets.truncate(rows);
            }
            Values::Struct(children) => children.iter_mut().for_each(|child| child.truncate(rows)),
            Values::Null => {}
        }
    }
}

fn narrow<T: TryFrom<i64>>(text: &[u8]) -> Option<T> {
    T::try_from(parse::parse_i64(text)?).ok()
}

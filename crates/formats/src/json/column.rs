//! One column that grows value by value.

use super::map::MapReader;
use super::number::plain;
use super::row::RowReader;
use super::temporal::{quoted_date, quoted_timestamp};
use millrace_batch::json_text::compact;
use millrace_batch::json_text::{CHUNK, string_ends};
use millrace_batch::json_text::{Fault, Lexer};
use millrace_batch::schema::{DataType, StructField};

/// A column under construction.
pub(crate) struct Column {
    pub(crate) data_type: DataType,
    /// Values so far, nulls included.
    pub(crate) rows: usize,
    /// Rows that are null, ascending.
    pub(crate) null_rows: Vec<u32>,
    pub(crate) values: Values,
    /// Values that one value of the type holds at least: 1, or the number of leaves of a row.
    pub(super) width: usize,
}

/// The values of a [`Column`]; a null has a placeholder.
pub(crate) enum Values {
    Null,
    Boolean(Vec<bool>),
    Int8(Vec<i8>),
    Int16(Vec<i16>),
    Int32(Vec<i32>),
    Int64(Vec<i64>),
    Float32(Vec<f32>),
    Float64(Vec<f64>),
    Decimal { values: Vec<i128>, precision: u8, scale: i8 },
    Date(Vec<i32>),
    Time(Vec<i64>),
    Timestamp(Vec<i64>),
    TimestampTz { instants: Vec<i64>, offsets: Vec<i16> },
    Text { offsets: Vec<i32>, bytes: Vec<u8> },
    Binary { offsets: Vec<i32>, bytes: Vec<u8> },
    List { offsets: Vec<i32>, element: Box<Column> },
    Map(Box<MapReader>),
    Row(Box<RowReader>),
}

impl Column {
    /// An empty column.
    pub(crate) fn new(data_type: &DataType) -> Self {
        let child = |data_type: &DataType| Box::new(Self::new(data_type));
        let values = match data_type {
            DataType::String => Values::Text { offsets: vec![0], bytes: Vec::new() },
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
            DataType::Bytes | DataType::BinaryVector | DataType::Float16Vector | DataType::BFloat16Vector => {
                Values::Binary { offsets: vec![0], bytes: Vec::new() }
            }
            DataType::Date => Values::Date(Vec::new()),
            DataType::Time => Values::Time(Vec::new()),
            DataType::Timestamp => Values::Timestamp(Vec::new()),
            DataType::TimestampTz => Values::TimestampTz { instants: Vec::new(), offsets: Vec::new() },
            DataType::Array { element } => Values::List { offsets: vec![0], element: child(element) },
            DataType::FloatVector => Values::List { offsets: vec![0], element: child(&DataType::Float) },
            DataType::Map { key, value } => Values::Map(Box::new(MapReader::new(key, value))),
            DataType::SparseFloatVector => Values::Map(Box::new(MapReader::new(&DataType::Int, &DataType::Float))),
            DataType::Row { fields } => Values::Row(Box::new(row_reader(fields))),
        };
        let width = match &values {
            Values::Row(row) => row.width,
            _ => 1,
        };
        Self { data_type: data_type.clone(), rows: 0, null_rows: Vec::new(), values, width }
    }

    /// Reads one value at the lexer's position.
    #[inline]
    pub(super) fn read(&mut self, lexer: &mut Lexer<'_>) -> Result<(), Fault> {
        if lexer.peek() <= b' ' {
            lexer.skip_blanks();
        }
        let first = lexer.peek();
        if first == b'n' {
            lexer.word(b"null")?;
            self.push_null();
            return Ok(());
        }
        let (bytes, at) = (lexer.bytes, lexer.at);
        let length = match &mut self.values {
            Values::Text { offsets, bytes: out } => {
                return {
                    let read = read_text(lexer, first, offsets, out);
                    self.rows += usize::from(read.is_ok());
                    read
                };
            }
            Values::Int64(values) => push_plain(plain(bytes, at).and_then(|n| Some((n.integer()?, n.length))), values),
            Values::Int32(values) => push_plain(narrow(bytes, at), values),
            Values::Int16(values) => push_plain(narrow(bytes, at), values),
            Values::Int8(values) => push_plain(narrow(bytes, at), values),
            Values::Float64(values) => push_plain(plain(bytes, at).and_then(|n| Some((n.double()?, n.length))), values),
            Values::Float32(values) => push_plain(plain(bytes, at).and_then(|n| Some((n.float()?, n.length))), values),
            Values::Timestamp(values) => push_plain(quoted_timestamp(bytes, at).map(|value| (value, 21)), values),
            Values::Date(values) => push_plain(quoted_date(bytes, at).map(|value| (value, 12)), values),
            Values::Boolean(values) if first == b't' => {
                lexer.word(b"true")?;
                push_plain(Some((true, 0)), values)
            }
            Values::Boolean(values) if first == b'f' => {
                lexer.word(b"false")?;
                push_plain(Some((false, 0)), values)
            }
            _ => None,
        };
        let Some(length) = length else { return self.read_slowly(lexer) };
        lexer.at += length;
        self.rows += 1;
        Ok(())
    }

    #[inline(never)]
    fn read_slowly(&mut self, lexer: &mut Lexer<'_>) -> Result<(), Fault> {
        let start = lexer.at;
        match (&mut self.values, lexer.peek()) {
            (Values::List { offsets, element }, b'[') => {
                lexer.at += 1;
                lexer.enter()?;
                let mut first = true;
                while lexer.next_element(first, b']')? {
                    lexer.spend(element.width)?;
                    element.read(lexer)?;
                    first = false;
                }
                lexer.depth -= 1;
                offsets.push(element.rows as i32);
            }
            (Values::Map(map), b'{') => map.read(lexer)?,
            (Values::Row(row), b'{' | b'[') => row.read(lexer)?,
            (Values::Null, _) => {
                lexer.skip_value()?;
                self.null_rows.push(self.rows as u32);
            }
            _ => {
                let scalar = lexer.scalar()?;
                return self.push_scalar(&scalar, lexer, start);
            }
        }
        self.rows += 1;
        Ok(())
    }

    /// Appends a null.
    pub(crate) fn push_null(&mut self) {
        self.null_rows.push(self.rows as u32);
        self.rows += 1;
        match &mut self.values {
            Values::Text { offsets, .. } | Values::Binary { offsets, .. } | Values::List { offsets, .. } => {
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
            Values::Map(map) => map.push_null(),
            Values::Row(row) => row.push_null(),
            Values::Null => {}
        }
    }

    /// Forgets every value behind the first `rows`, and what was begun and not finished.
    pub(crate) fn truncate(&mut self, rows: usize) {
        self.rows = rows;
        let nulls = self.null_rows.partition_point(|row| (*row as usize) < rows);
        self.null_rows.truncate(nulls);
        match &mut self.values {
            Values::Text { offsets, bytes } | Values::Binary { offsets, bytes } => {
                offsets.truncate(rows + 1);
                bytes.truncate(offsets[rows] as usize);
            }
            Values::List { offsets, element } => {
                offsets.truncate(rows + 1);
                element.truncate(offsets[rows] as usize);
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
            Values::Map(map) => map.truncate(rows),
            Values::Row(row) => row.truncate(rows),
            Values::Null => {}
        }
    }
}

fn row_reader(fields: &[StructField]) -> RowReader {
    RowReader::new(fields.iter().map(|field| (field.name.as_str(), &field.data_type)))
}

#[inline(always)]
fn push_plain<T>(value: Option<(T, usize)>, values: &mut Vec<T>) -> Option<usize> {
    let (value, length) = value?;
    values.push(value);
    Some(length)
}

#[inline(always)]
fn narrow<T: TryFrom<i64>>(bytes: &[u8], at: usize) -> Option<(T, usize)> {
    let number = plain(bytes, at)?;
    Some((T::try_from(number.integer()?).ok()?, number.length))
}

#[inline(always)]
fn read_text(lexer: &mut Lexer<'_>, first: u8, offsets: &mut Vec<i32>, out: &mut Vec<u8>) -> Result<(), Fault> {
    if first == b'"'
        && let Some(chunk) = lexer.bytes[lexer.at + 1..].first_chunk::<CHUNK>()
    {
        let length = string_ends(chunk).trailing_zeros() as usize;
        if length < CHUNK && chunk[length] == b'"' && lexer.at + 1 + length < lexer.end {
            out.reserve(CHUNK);
            // SAFETY: 32 bytes were reserved behind the text, and `length` of the 32 that are copied count.
            unsafe {
                std::ptr::copy_nonoverlapping(chunk.as_ptr(), out.as_mut_ptr().add(out.len()), CHUNK);
                out.set_len(out.len() + length);
            }
            offsets.push(out.len() as i32);
            lexer.at += length + 2;
            return Ok(());
        }
    }
    read_text_slowly(lexer, first, offsets, out)
}

#[inline(never)]
fn read_text_slowly(lexer: &mut Lexer<'_>, first: u8, offsets: &mut Vec<i32>, out: &mut Vec<u8>) -> Result<(), Fault> {
    match first {
        b'"' => {
            let (range, escaped) = lexer.string()?;
            if escaped {
                lexer.unescape(range, out)?;
            } else {
                out.extend_from_slice(&lexer.bytes[range]);
            }
        }
        b'{' | b'[' => compact(lexer, out)?,
        _ => out.extend_from_slice(&lexer.scalar()?.as_text().unwrap_or_default()),
    }
    offsets.push(out.len() as i32);
    Ok(())
}

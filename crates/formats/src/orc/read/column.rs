//! The reader of one column of a stripe, nested ones below it.

use super::integers::Integers;
use super::nulls::{present_count, read_nulls};
use super::runs::{Bits, ByteRuns};
use super::scalars::{Decimals, read_bytes, read_floats, read_integers};
use super::source::ByteSource;
use super::stripe::StripeStreams;
use super::temporal::Timestamps;
use super::text::{Dictionary, Texts, offsets_of, total};
use crate::columnar::corrupt;
use crate::orc::metadata::{Kind, Node, StreamKind};
use crate::orc::types::data_type_of;
use arrow_array::types::{Date32Type, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type};
use arrow_array::{ArrayRef, BooleanArray, ListArray, MapArray, StructArray};
use arrow_buffer::{BooleanBufferBuilder, NullBuffer};
use arrow_schema::DataType as ArrowType;
use millrace_batch::arrow_types::arrow_type;
use millrace_batch::{DataType, Result};
use std::sync::Arc;

/// Elements of lists and entries of maps in one batch.
const MAX_BATCH_ELEMENTS: usize = 1 << 24;

/// Reads a column from its beginning.
#[derive(Debug)]
pub(in crate::orc) struct ColumnReader {
    present: Option<Bits>,
    values: Values,
    data_type: DataType,
    /// Bytes of all texts of a batch.
    batch_limit_bytes: usize,
}

#[derive(Debug)]
enum Values {
    Booleans(Bits),
    Bytes(ByteRuns),
    Integers(Integers),
    Floats(ByteSource),
    Texts { texts: Texts, is_text: bool },
    Timestamps(Timestamps),
    Decimals(Decimals),
    List { lengths: Integers, element: Box<ColumnReader> },
    Map { lengths: Integers, key: Box<ColumnReader>, value: Box<ColumnReader> },
    Row(Vec<ColumnReader>),
}

impl ColumnReader {
    /// The reader of column number `column`.
    ///
    /// # Errors
    /// `TYPE_UNSUPPORTED` for a type that has no counterpart; `FILE_CORRUPT`, `VALUE_TOO_LARGE` in a dictionary.
    pub(in crate::orc) fn try_new(nodes: &[Node], column: usize, streams: &mut StripeStreams) -> Result<Self> {
        let node = &nodes[column];
        let present = streams.take(column, StreamKind::Present).map(Bits::new);
        let values = Self::values(nodes, column, streams)?;
        let data_type = data_type_of(nodes, column).ok_or_else(|| super::inspect::unsupported("", node.kind))?;
        Ok(Self { present, values, data_type, batch_limit_bytes: streams.batch_limit_bytes })
    }

    fn values(nodes: &[Node], column: usize, streams: &mut StripeStreams) -> Result<Values> {
        let node = &nodes[column];
        let encoding = streams.encoding(column)?;
        let is_second = encoding.is_second;
        let integers = |streams: &mut StripeStreams, kind, is_signed| {
            Integers::new(streams.take_or_empty(column, kind), is_signed, is_second)
        };
        Ok(match node.kind {
            Kind::Boolean => Values::Booleans(Bits::new(streams.take_or_empty(column, StreamKind::Data))),
            Kind::Byte => Values::Bytes(ByteRuns::new(streams.take_or_empty(column, StreamKind::Data))),
            Kind::Short | Kind::Int | Kind::Long | Kind::Date => {
                Values::Integers(integers(streams, StreamKind::Data, true))
            }
            Kind::Float | Kind::Double => Values::Floats(streams.take_or_empty(column, StreamKind::Data)),
            Kind::String | Kind::Varchar | Kind::Char | Kind::Binary => {
                let lengths = integers(streams, StreamKind::Length, false);
                let texts = if encoding.with_dictionary {
                    let data = streams.take_or_empty(column, StreamKind::DictionaryData);
                    let limit = streams.batch_limit_bytes;
                    let dictionary = Dictionary::read(lengths, data, encoding.dictionary_entries, limit)?;
                    Texts::Dictionary { places: integers(streams, StreamKind::Data, false), dictionary }
                } else {
                    Texts::Direct { lengths, data: streams.take_or_empty(column, StreamKind::Data) }
                };
                Values::Texts { texts, is_text: node.kind != Kind::Binary }
            }
            Kind::Timestamp | Kind::TimestampInstant => {
                let seconds = integers(streams, StreamKind::Data, true);
                let nanos = integers(streams, StreamKind::Secondary, false);
                Values::Timestamps(if node.kind == Kind::Timestamp {
                    Timestamps::local(seconds, nanos, &streams.writer_zone)?
                } else {
                    Timestamps::instants(seconds, nanos, streams.reader_zone.clone())
                })
            }
            Kind::Decimal => {
                let (precision, scale) = (node.precision as u8, node.scale as i8);
                let scales = integers(streams, StreamKind::Secondary, true);
                let digits = streams.take_or_empty(column, StreamKind::Data);
                Values::Decimals(Decimals { digits, scales, precision, scale })
            }
            Kind::List => {
                let lengths = integers(streams, StreamKind::Length, false);
                Values::List { lengths, element: Box::new(Self::try_new(nodes, node.children[0], streams)?) }
            }
            Kind::Map => {
                let lengths = integers(streams, StreamKind::Length, false);
                let key = Box::new(Self::try_new(nodes, node.children[0], streams)?);
                Values::Map { lengths, key, value: Box::new(Self::try_new(nodes, node.children[1], streams)?) }
            }
            Kind::Struct => {
                let fields = node.children.iter().map(|child| Self::try_new(nodes, *child, streams));
                Values::Row(fields.collect::<Result<_>>()?)
            }
            Kind::Union => return Err(super::inspect::unsupported("", node.kind)),
        })
    }

    /// The next `rows` values. `parent` says which of them a row around them has; the others are null.
    ///
    /// # Errors
    /// `FILE_CORRUPT`, `VALUE_TOO_LARGE`, `VALUE_MALFORMED`.
    pub(in crate::orc) fn read(&mut self, rows: usize, parent: Option<&NullBuffer>) -> Result<ArrayRef> {
        let nulls = read_nulls(self.present.as_mut(), rows, parent)?;
        let count = present_count(rows, nulls.as_ref());
        match &mut self.values {
            Values::Booleans(bits) => {
                let dense = bits.read(count)?;
                let Some(nulls) = nulls else { return Ok(Arc::new(BooleanArray::new(dense, None))) };
                let mut dense = dense.iter();
                let mut bits = BooleanBufferBuilder::new(rows);
                nulls.iter().for_each(|is_there| bits.append(is_there && dense.next().unwrap_or(false)));
                Ok(Arc::new(BooleanArray::new(bits.finish(), Some(nulls))))
            }
            Values::Bytes(runs) => read_bytes(runs, count, rows, nulls),
            Values::Integers(integers) => match self.data_type {
                DataType::SmallInt => read_integers::<Int16Type>(integers, count, rows, nulls),
                DataType::Int => read_integers::<Int32Type>(integers, count, rows, nulls),
                DataType::Date => read_integers::<Date32Type>(integers, count, rows, nulls),
                _ => read_integers::<Int64Type>(integers, count, rows, nulls),
            },
            Values::Floats(source) if self.data_type == DataType::Float => {
                read_floats::<Float32Type, 4>(source, f32::from_le_bytes, count, rows, nulls)
            }
            Values::Floats(source) => read_floats::<Float64Type, 8>(source, f64::from_le_bytes, count, rows, nulls),
            Values::Texts { texts, is_text } => texts.read(*is_text, count, rows, nulls, self.batch_limit_bytes),
            Values::Timestamps(timestamps) => timestamps.read(count, rows, nulls),
            Values::Decimals(decimals) => decimals.read(count, rows, nulls),
            Values::Row(fields) => {
                let columns = fields.iter_mut().map(|field| field.read(rows, nulls.as_ref()));
                let columns = columns.collect::<Result<Vec<_>>>()?;
                let ArrowType::Struct(arrow_fields) = arrow_type(&self.data_type) else { return Err(mismatch()) };
                let row = StructArray::try_new_with_length(arrow_fields, columns, nulls, rows);
                row.map(|row| Arc::new(row) as ArrayRef).map_err(|_| mismatch())
            }
            Values::List { lengths, element } => {
                let (offsets, elements) = read_lengths(lengths, count, rows, nulls.as_ref())?;
                let values = element.read(elements, None)?;
                let ArrowType::List(field) = arrow_type(&self.data_type) else { return Err(mismatch()) };
                let list = ListArray::try_new(field, offsets, values, nulls);
                list.map(|list| Arc::new(list) as ArrayRef).map_err(|_| mismatch())
            }
            Values::Map { lengths, key, value } => {
                let (offsets, entries) = read_lengths(lengths, count, rows, nulls.as_ref())?;
                let columns = vec![key.read(entries, None)?, value.read(entries, None)?];
                let ArrowType::Map(field, sorted) = arrow_type(&self.data_type) else { return Err(mismatch()) };
                let ArrowType::Struct(fields) = field.data_type() else { return Err(mismatch()) };
                let entries = StructArray::try_new_with_length(fields.clone(), columns, None, entries)
                    .map_err(|_| corrupt("a key of a map is null"))?;
                let map = MapArray::try_new(Arc::clone(&field), offsets, entries, nulls, sorted);
                map.map(|map| Arc::new(map) as ArrayRef).map_err(|_| mismatch())
            }
        }
    }

    pub(in crate::orc) fn memory_bytes(&self) -> usize {
        let present = self.present.as_ref().map_or(0, Bits::memory_bytes);
        present
            + match &self.values {
                Values::Booleans(bits) => bits.memory_bytes(),
                Values::Bytes(runs) => runs.memory_bytes(),
                Values::Integers(integers) => integers.memory_bytes(),
                Values::Floats(source) => source.memory_bytes(),
                Values::Texts { texts, .. } => texts.memory_bytes(),
                Values::Timestamps(timestamps) => timestamps.memory_bytes(),
                Values::Decimals(decimals) => decimals.digits.memory_bytes() + decimals.scales.memory_bytes(),
                Values::List { lengths, element } => lengths.memory_bytes() + element.memory_bytes(),
                Values::Map { lengths, key, value } => {
                    lengths.memory_bytes() + key.memory_bytes() + value.memory_bytes()
                }
                Values::Row(fields) => fields.iter().map(Self::memory_bytes).sum(),
            }
    }
}

fn mismatch() -> millrace_batch::KernelError {
    corrupt("a nested value contradicts its type")
}

/// Where each list begins, and how many elements there are in all.
fn read_lengths(
    lengths: &mut Integers,
    count: usize,
    rows: usize,
    nulls: Option<&NullBuffer>,
) -> Result<(arrow_buffer::OffsetBuffer<i32>, usize)> {
    let mut dense = Vec::new();
    lengths.append(count, &mut dense)?;
    let elements = total(&dense, MAX_BATCH_ELEMENTS)?;
    Ok((offsets_of(super::nulls::spread(dense, rows, nulls)), elements))
}

//! The writer of one column of a stripe, nested ones below it.

use super::integers::IntegerSink;
use super::runs::{BitSink, encode_bytes};
use super::statistics::{Detail, Range, Statistics, widen};
use super::text::TextSink;
use super::values::{
    append_floats, append_integers, append_lengths, append_texts, append_timestamps, each, instants_of, mismatch, note,
    push_wide, used,
};
use crate::orc::metadata::{Encoding, Kind, Node, StreamKind};
use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Int8Type};
use arrow_array::{Array, ArrayRef, BooleanArray};
use arrow_buffer::NullBuffer;
use millrace_batch::Result;
use std::sync::Arc;

/// Writes a column, value by value as they come.
pub(super) struct ColumnWriter {
    column: usize,
    present: BitSink,
    values: Values,
    statistics: Statistics,
}

enum Values {
    Booleans(BitSink),
    Bytes(Vec<u8>),
    Integers(IntegerSink),
    Floats(Vec<u8>),
    Texts(TextSink),
    Timestamps { seconds: IntegerSink, nanos: IntegerSink },
    Decimals { digits: Vec<u8>, scales: IntegerSink, scale: u8 },
    List { lengths: IntegerSink, element: Box<ColumnWriter> },
    Map { lengths: IntegerSink, key: Box<ColumnWriter>, value: Box<ColumnWriter> },
    Row(Vec<ColumnWriter>),
}

/// What a column gives at the end of its stripe; uncompressed.
#[derive(Default)]
pub(super) struct Closed {
    pub(super) streams: Vec<(usize, StreamKind, Vec<u8>)>,
    /// In the order of the columns' numbers.
    pub(super) encodings: Vec<Encoding>,
    pub(super) statistics: Vec<Statistics>,
}

impl ColumnWriter {
    /// The writer of column number `column`.
    pub(super) fn new(nodes: &[Node], column: usize) -> Self {
        let node = &nodes[column];
        let child = |index: usize| Box::new(Self::new(nodes, node.children[index]));
        let (values, detail) = match node.kind {
            Kind::Boolean => (Values::Booleans(BitSink::default()), Detail::Trues(0)),
            Kind::Byte => (Values::Bytes(Vec::new()), Detail::Integers(None)),
            Kind::Date => (Values::Integers(IntegerSink::new(true)), Detail::Days(None)),
            Kind::Short | Kind::Int | Kind::Long => (Values::Integers(IntegerSink::new(true)), Detail::Integers(None)),
            Kind::Float | Kind::Double => (Values::Floats(Vec::new()), Detail::Doubles(Range::Empty)),
            Kind::String | Kind::Varchar | Kind::Char => {
                (Values::Texts(TextSink::new()), Detail::Texts { range: Range::Empty, total_bytes: 0 })
            }
            Kind::Binary => (Values::Texts(TextSink::of_bytes()), Detail::Bytes { total_bytes: 0 }),
            Kind::Timestamp | Kind::TimestampInstant => {
                let (seconds, nanos) = (IntegerSink::new(true), IntegerSink::new(false));
                (Values::Timestamps { seconds, nanos }, Detail::Timestamps(None))
            }
            Kind::Decimal => {
                let scale = node.scale as u8;
                let values = Values::Decimals { digits: Vec::new(), scales: IntegerSink::new(true), scale };
                (values, Detail::Decimals(None, scale))
            }
            Kind::List => (Values::List { lengths: IntegerSink::new(false), element: child(0) }, Detail::None),
            Kind::Map => {
                (Values::Map { lengths: IntegerSink::new(false), key: child(0), value: child(1) }, Detail::None)
            }
            Kind::Struct | Kind::Union => {
                (Values::Row(node.children.iter().map(|child| Self::new(nodes, *child)).collect()), Detail::None)
            }
        };
        Self { column, present: BitSink::default(), values, statistics: Statistics { detail, ..Statistics::default() } }
    }

    /// Writes all values of an array of the column's SeaTunnel type.
    ///
    /// # Errors
    /// [`ErrorCode::EncodeFailed`] when the array is of another type.
    pub(super) fn append(&mut self, array: &ArrayRef) -> Result<()> {
        // A time with an offset is kept as its instant.
        let array = instants_of(array).unwrap_or_else(|| Arc::clone(array));
        let nulls = array.nulls().filter(|nulls| nulls.null_count() > 0);
        self.present.push_validity(array.len(), nulls);
        self.statistics.has_null |= nulls.is_some();
        self.statistics.values += (array.len() - nulls.map_or(0, NullBuffer::null_count)) as u64;
        let detail = &mut self.statistics.detail;
        match &mut self.values {
            Values::Booleans(bits) => {
                let trues = array.as_boolean().iter().flatten().map(|value| {
                    bits.push(value);
                    u64::from(value)
                });
                let trues: u64 = trues.sum();
                if let Detail::Trues(count) = detail {
                    *count += trues;
                }
            }
            Values::Bytes(bytes) => each::<Int8Type>(&array, |value| {
                bytes.push(value as u8);
                note(detail, i64::from(value));
            })?,
            Values::Integers(sink) => append_integers(&array, sink, detail)?,
            Values::Floats(bytes) => append_floats(&array, bytes, detail)?,
            Values::Texts(sink) => append_texts(&array, sink, detail)?,
            Values::Timestamps { seconds, nanos } => append_timestamps(&array, seconds, nanos, detail)?,
            Values::Decimals { digits, scales, scale } => each::<Decimal128Type>(&array, |value| {
                push_wide(value, digits);
                scales.push(i64::from(*scale));
                if let Detail::Decimals(range, _) = detail {
                    widen(range, value);
                }
            })?,
            Values::Row(fields) => {
                let row = array.as_struct_opt().ok_or_else(mismatch)?;
                let mask = nulls.map(|nulls| BooleanArray::new(nulls.inner().clone(), None));
                for (field, column) in fields.iter_mut().zip(row.columns()) {
                    match &mask {
                        Some(mask) => {
                            let present = arrow_select::filter::filter(column, mask).map_err(|_| mismatch())?;
                            field.append(&present)?;
                        }
                        None => field.append(column)?,
                    }
                }
            }
            Values::List { lengths, element } => {
                let list = array.as_list_opt::<i32>().ok_or_else(mismatch)?;
                append_lengths(list.offsets(), nulls, lengths);
                for part in used(list.values(), list.offsets(), nulls) {
                    element.append(&part)?;
                }
            }
            Values::Map { lengths, key, value } => {
                let map = array.as_map_opt().ok_or_else(mismatch)?;
                append_lengths(map.offsets(), nulls, lengths);
                for (writer, values) in [(key, map.keys()), (value, map.values())] {
                    for part in used(values, map.offsets(), nulls) {
                        writer.append(&part)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Ends the column and those below it.
    pub(super) fn close(self, closed: &mut Closed) {
        let column = self.column;
        if self.statistics.has_null {
            closed.streams.push((column, StreamKind::Present, self.present.encode()));
        }
        closed.statistics.push(self.statistics);
        let mut encoding = Encoding { is_second: true, ..Encoding::default() };
        let place = closed.encodings.len();
        closed.encodings.push(encoding);
        let mut push = |kind, bytes| closed.streams.push((column, kind, bytes));
        match self.values {
            Values::Booleans(bits) => {
                push(StreamKind::Data, bits.encode());
                encoding.is_second = false;
            }
            Values::Bytes(bytes) => {
                let mut out = Vec::new();
                encode_bytes(&bytes, &mut out);
                push(StreamKind::Data, out);
                encoding.is_second = false;
            }
            Values::Integers(sink) => push(StreamKind::Data, sink.finish()),
            Values::Floats(bytes) => {
                push(StreamKind::Data, bytes);
                encoding.is_second = false;
            }
            Values::Texts(mut sink) => {
                sink.settle();
                match sink {
                    TextSink::Direct { lengths, data } => {
                        push(StreamKind::Data, data);
                        push(StreamKind::Length, lengths.finish());
                    }
                    TextSink::Dictionary { interner, places } => {
                        (encoding.with_dictionary, encoding.dictionary_entries) = (true, interner.len() as u64);
                        let (mut sink, mut lengths, mut data) =
                            (IntegerSink::new(false), IntegerSink::new(false), Vec::new());
                        for place in places {
                            sink.push(i64::from(place));
                        }
                        interner.for_each(|text| {
                            lengths.push(text.len() as i64);
                            data.extend_from_slice(text);
                        });
                        push(StreamKind::Data, sink.finish());
                        push(StreamKind::Length, lengths.finish());
                        push(StreamKind::DictionaryData, data);
                    }
                }
            }
            Values::Timestamps { seconds, nanos } => {
                push(StreamKind::Data, seconds.finish());
                push(StreamKind::Secondary, nanos.finish());
            }
            Values::Decimals { digits, scales, .. } => {
                push(StreamKind::Data, digits);
                push(StreamKind::Secondary, scales.finish());
            }
            Values::Row(fields) => {
                for field in fields {
                    field.close(closed);
                }
                encoding.is_second = false;
            }
            Values::List { lengths, element } => {
                push(StreamKind::Length, lengths.finish());
                element.close(closed);
            }
            Values::Map { lengths, key, value } => {
                push(StreamKind::Length, lengths.finish());
                key.close(closed);
                value.close(closed);
            }
        }
        closed.encodings[place] = encoding;
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.present.memory_bytes()
            + match &self.values {
                Values::Booleans(bits) => bits.memory_bytes(),
                Values::Bytes(bytes) | Values::Floats(bytes) => bytes.capacity(),
                Values::Integers(sink) => sink.memory_bytes(),
                Values::Texts(sink) => sink.memory_bytes(),
                Values::Timestamps { seconds, nanos } => seconds.memory_bytes() + nanos.memory_bytes(),
                Values::Decimals { digits, scales, .. } => digits.capacity() + scales.memory_bytes(),
                Values::List { lengths, element } => lengths.memory_bytes() + element.memory_bytes(),
                Values::Map { lengths, key, value } => {
                    lengths.memory_bytes() + key.memory_bytes() + value.memory_bytes()
                }
                Values::Row(fields) => fields.iter().map(Self::memory_bytes).sum(),
            }
    }
}

//! Columns without nesting, encoded straight into pages.
//!
//! The general writers of the library take every value through several buffers. The common types are encoded here: fixed
//! widths as one copy, texts with copies of constant size, bounds by the first eight bytes of a text, dictionaries by an
//! open hash table. Pages are compressed into the column chunk, which the library then places in the row group.

mod bounds;
mod compress;
mod hybrid;
mod page;

pub(super) use compress::Compressor;

use super::library::ColumnPart;
use crate::columnar::interner::{NumberInterner, TextInterner};
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType, TimestampMillisecondType,
};
use arrow_array::{Array, ArrayRef, BooleanArray, PrimitiveArray};
use arrow_buffer::{BooleanBufferBuilder, NullBuffer, OffsetBuffer, ToByteSlice};
use arrow_schema::{DataType as ArrowType, TimeUnit};
use bounds::{Bounded, Range, TextRange};
use page::{ChunkBuilder, PageBuffer};
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::statistics::{Statistics, ValueStatistics};
use parquet::schema::types::ColumnDescPtr;

/// Uncompressed bytes of values after which a page is ended.
const PAGE_BYTES: usize = 1 << 20;
/// Values after which a page of dictionary places is ended.
const PAGE_INDICES: usize = 1 << 20;

/// One column of the row group being written.
pub(super) struct FlatColumn {
    chunk: ChunkBuilder,
    page: PageBuffer,
    values: Values,
    rows: u64,
    nulls: u64,
}

/// The values of a column, by how they are stored in pages.
enum Values {
    Int32(Numbers<i32>),
    Int64(Numbers<i64>),
    Float(Numbers<f32>),
    Double(Numbers<f64>),
    Boolean { bits: BooleanBufferBuilder, has_true: bool, has_false: bool },
    Text(Texts),
}

struct Numbers<T> {
    range: Range<T>,
    dictionary: Option<NumberInterner>,
    indices: Vec<u32>,
}

#[derive(Default)]
struct Texts {
    range: TextRange,
    dictionary: Option<TextInterner>,
    indices: Vec<u32>,
    is_text: bool,
}

impl<T: Bounded> Numbers<T> {
    fn new(with_dictionary: bool) -> Self {
        let dictionary = with_dictionary.then(NumberInterner::new);
        Self { range: Range::default(), dictionary, indices: Vec::new() }
    }
}

impl FlatColumn {
    /// A column of this Arrow type, if its values are encoded here.
    pub(super) fn try_new(
        descriptor: ColumnDescPtr,
        arrow: &ArrowType,
        with_dictionary: bool,
        compressor: &mut Compressor,
    ) -> Option<Self> {
        let values = match arrow {
            ArrowType::Int8 | ArrowType::Int16 | ArrowType::Int32 | ArrowType::Date32 => {
                Values::Int32(Numbers::new(with_dictionary))
            }
            ArrowType::Int64 | ArrowType::Timestamp(TimeUnit::Millisecond | TimeUnit::Microsecond, _) => {
                Values::Int64(Numbers::new(with_dictionary))
            }
            ArrowType::Float32 => Values::Float(Numbers::new(with_dictionary)),
            ArrowType::Float64 => Values::Double(Numbers::new(with_dictionary)),
            ArrowType::Boolean => {
                Values::Boolean { bits: BooleanBufferBuilder::new(0), has_true: false, has_false: false }
            }
            ArrowType::Utf8 | ArrowType::Binary => Values::Text(Texts {
                dictionary: with_dictionary.then(TextInterner::new),
                is_text: *arrow == ArrowType::Utf8,
                ..Texts::default()
            }),
            _ => return None,
        };
        Some(Self {
            chunk: ChunkBuilder::new(descriptor, compressor),
            page: compressor.page_buffer(),
            values,
            rows: 0,
            nulls: 0,
        })
    }

    /// Appends an array of the column's type.
    pub(super) fn append(&mut self, array: &ArrayRef, compressor: &mut Compressor) -> Result<(), ParquetError> {
        let rows_at_once = rows_of_a_page(array);
        let mut first = 0;
        while first < array.len() {
            let rows = rows_at_once.min(array.len() - first);
            self.append_part(&array.slice(first, rows), compressor)?;
            first += rows;
        }
        Ok(())
    }

    fn append_part(&mut self, array: &ArrayRef, compressor: &mut Compressor) -> Result<(), ParquetError> {
        let nulls = array.nulls().filter(|nulls| nulls.null_count() > 0);
        self.rows += array.len() as u64;
        self.nulls += nulls.map_or(0, NullBuffer::null_count) as u64;
        self.page.push_levels(array.len(), nulls);
        let page = &mut self.page;
        match &mut self.values {
            Values::Int32(numbers) => match array.data_type() {
                ArrowType::Int8 => numbers.push(&widened::<Int8Type>(array), nulls, page),
                ArrowType::Int16 => numbers.push(&widened::<Int16Type>(array), nulls, page),
                ArrowType::Date32 => numbers.push(array.as_primitive::<Date32Type>().values(), nulls, page),
                _ => numbers.push(array.as_primitive::<Int32Type>().values(), nulls, page),
            },
            Values::Int64(numbers) => match array.data_type() {
                ArrowType::Timestamp(TimeUnit::Millisecond, _) => {
                    numbers.push(array.as_primitive::<TimestampMillisecondType>().values(), nulls, page);
                }
                ArrowType::Timestamp(_, _) => {
                    numbers.push(array.as_primitive::<TimestampMicrosecondType>().values(), nulls, page);
                }
                _ => numbers.push(array.as_primitive::<Int64Type>().values(), nulls, page),
            },
            Values::Float(numbers) => numbers.push(array.as_primitive::<Float32Type>().values(), nulls, page),
            Values::Double(numbers) => numbers.push(array.as_primitive::<Float64Type>().values(), nulls, page),
            Values::Boolean { bits, has_true, has_false } => {
                let array = array.as_boolean();
                push_bits(array, nulls, bits);
                *has_true |= array.true_count() > 0;
                *has_false |= array.false_count() > 0;
            }
            Values::Text(texts) => {
                if texts.is_text {
                    let array = array.as_string::<i32>();
                    texts.push(array.offsets(), array.values(), nulls, page);
                } else {
                    let array = array.as_binary::<i32>();
                    texts.push(array.offsets(), array.values(), nulls, page);
                }
            }
        }
        self.end_full_page(compressor)
    }

    /// Ends the page when it is full, and the dictionary when it no longer pays.
    fn end_full_page(&mut self, compressor: &mut Compressor) -> Result<(), ParquetError> {
        let (indices, is_overfull) = match &self.values {
            Values::Int32(numbers) => numbers.fill(),
            Values::Int64(numbers) => numbers.fill(),
            Values::Float(numbers) => numbers.fill(),
            Values::Double(numbers) => numbers.fill(),
            Values::Text(texts) => {
                (texts.indices.len(), texts.dictionary.as_ref().is_some_and(TextInterner::is_overfull))
            }
            Values::Boolean { bits, .. } => (bits.len() / 8, false),
        };
        if is_overfull || indices >= PAGE_INDICES || self.page.len() >= PAGE_BYTES {
            self.end_page(compressor)?;
        }
        if is_overfull {
            self.end_dictionary(compressor)?;
        }
        Ok(())
    }

    fn end_page(&mut self, compressor: &mut Compressor) -> Result<(), ParquetError> {
        if self.page.rows() == 0 {
            return Ok(());
        }
        let with_dictionary = match &mut self.values {
            Values::Int32(numbers) => numbers.end_page(&mut self.page),
            Values::Int64(numbers) => numbers.end_page(&mut self.page),
            Values::Float(numbers) => numbers.end_page(&mut self.page),
            Values::Double(numbers) => numbers.end_page(&mut self.page),
            Values::Text(texts) => match &texts.dictionary {
                Some(dictionary) => {
                    hybrid::encode_indices(&texts.indices, dictionary.len(), &mut self.page);
                    texts.indices.clear();
                    true
                }
                None => false,
            },
            Values::Boolean { bits, .. } => {
                self.page.push_slice(bits.as_slice());
                *bits = BooleanBufferBuilder::new(0);
                false
            }
        };
        self.chunk.push_data_page(&mut self.page, with_dictionary, compressor)
    }

    /// Moves the dictionary to the chunk; the values after it are plain.
    fn end_dictionary(&mut self, compressor: &mut Compressor) -> Result<(), ParquetError> {
        let dictionary = match &mut self.values {
            Values::Int32(numbers) => numbers.end_dictionary(),
            Values::Int64(numbers) => numbers.end_dictionary(),
            Values::Float(numbers) => numbers.end_dictionary(),
            Values::Double(numbers) => numbers.end_dictionary(),
            Values::Text(texts) => texts.dictionary.take().map(|dictionary| {
                dictionary.for_each(|text| texts.range.include(text));
                dictionary.into_page()
            }),
            Values::Boolean { .. } => None,
        };
        match dictionary {
            Some((entries, bytes)) if entries > 0 => self.chunk.set_dictionary_page(&bytes, entries, compressor),
            _ => Ok(()),
        }
    }

    /// Ends the column.
    pub(super) fn close(mut self, compressor: &mut Compressor) -> Result<ColumnPart, ParquetError> {
        self.end_page(compressor)?;
        self.end_dictionary(compressor)?;
        compressor.recycle(self.page);
        let nulls = Some(self.nulls);
        let statistics = match self.values {
            Values::Int32(numbers) => Bounded::statistics(numbers.range.bounds(), self.nulls),
            Values::Int64(numbers) => Bounded::statistics(numbers.range.bounds(), self.nulls),
            Values::Float(numbers) => Bounded::statistics(numbers.range.bounds(), self.nulls),
            Values::Double(numbers) => Bounded::statistics(numbers.range.bounds(), self.nulls),
            Values::Boolean { has_true, has_false, .. } => {
                let seen = has_true || has_false;
                Statistics::boolean(seen.then_some(!has_false), seen.then_some(has_true), None, nulls, false)
            }
            Values::Text(texts) => {
                let (min, max) = texts.range.bounds();
                let statistics =
                    ValueStatistics::new(min.map(ByteArray::from), max.map(ByteArray::from), None, nulls, false);
                Statistics::ByteArray(statistics.with_backwards_compatible_min_max(false))
            }
        };
        self.chunk.close(self.rows, statistics, compressor)
    }

    pub(super) fn memory_bytes(&self) -> usize {
        let values = match &self.values {
            Values::Int32(numbers) => numbers.memory_bytes(),
            Values::Int64(numbers) => numbers.memory_bytes(),
            Values::Float(numbers) => numbers.memory_bytes(),
            Values::Double(numbers) => numbers.memory_bytes(),
            Values::Boolean { bits, .. } => bits.capacity() / 8,
            Values::Text(texts) => {
                texts.indices.capacity() * 4 + texts.dictionary.as_ref().map_or(0, TextInterner::memory_bytes)
            }
        };
        values + self.page.memory_bytes() + self.chunk.memory_bytes()
    }
}

/// So many rows that their plain values fill about one page.
fn rows_of_a_page(array: &ArrayRef) -> usize {
    let bytes = match array.data_type() {
        ArrowType::Utf8 => span(array.as_string::<i32>().offsets()),
        ArrowType::Binary => span(array.as_binary::<i32>().offsets()),
        _ => array.len() * 8,
    };
    (array.len() * PAGE_BYTES / bytes.max(PAGE_BYTES)).max(1)
}

fn span(offsets: &OffsetBuffer<i32>) -> usize {
    offsets.last().zip(offsets.first()).map_or(0, |(last, first)| (last - first) as usize)
}

fn widened<T: ArrowPrimitiveType>(array: &ArrayRef) -> Vec<i32>
where
    i32: From<T::Native>,
{
    let array: &PrimitiveArray<T> = array.as_primitive();
    array.values().iter().map(|value| i32::from(*value)).collect()
}

fn push_bits(array: &BooleanArray, nulls: Option<&NullBuffer>, bits: &mut BooleanBufferBuilder) {
    for (start, end) in runs(array.len(), nulls) {
        bits.append_buffer(&array.values().slice(start, end - start));
    }
}

/// The runs (start, end) of rows that are not null.
fn runs<'a>(rows: usize, nulls: Option<&'a NullBuffer>) -> Box<dyn Iterator<Item = (usize, usize)> + 'a> {
    match nulls {
        Some(nulls) => Box::new(nulls.valid_slices()),
        None => Box::new(std::iter::once((0, rows))),
    }
}

impl<T: Bounded + ToByteSlice> Numbers<T>
where
    [T]: ToByteSlice,
{
    fn push(&mut self, values: &[T], nulls: Option<&NullBuffer>, page: &mut PageBuffer) {
        for (start, end) in runs(values.len(), nulls) {
            let run = &values[start..end];
            if let Some(dictionary) = &mut self.dictionary {
                self.indices.extend(run.iter().map(|value| dictionary.intern(value.bits())));
            } else {
                self.range.include(run);
                page.push_slice(run.to_byte_slice());
            }
        }
    }

    fn fill(&self) -> (usize, bool) {
        (self.indices.len(), self.dictionary.as_ref().is_some_and(NumberInterner::is_overfull))
    }

    fn end_page(&mut self, page: &mut PageBuffer) -> bool {
        let Some(dictionary) = &self.dictionary else { return false };
        hybrid::encode_indices(&self.indices, dictionary.len(), page);
        self.indices.clear();
        true
    }

    /// Entries and page of the dictionary.
    fn end_dictionary(&mut self) -> Option<(usize, Vec<u8>)> {
        let entries: Vec<T> = self.dictionary.take()?.entries().iter().map(|bits| T::from_bits(*bits)).collect();
        self.range.include(&entries);
        Some((entries.len(), entries.as_slice().to_byte_slice().to_vec()))
    }

    fn memory_bytes(&self) -> usize {
        self.indices.capacity() * 4 + self.dictionary.as_ref().map_or(0, NumberInterner::memory_bytes)
    }
}

impl Texts {
    fn push(&mut self, offsets: &OffsetBuffer<i32>, data: &[u8], nulls: Option<&NullBuffer>, page: &mut PageBuffer) {
        for (start, end) in runs(offsets.len() - 1, nulls) {
            let offsets = &offsets[start..=end];
            if let Some(dictionary) = &mut self.dictionary {
                let texts = offsets.windows(2).map(|pair| &data[pair[0] as usize..pair[1] as usize]);
                self.indices.extend(texts.map(|text| dictionary.intern(text)));
            } else {
                self.range.include_all(offsets, data);
                page.push_texts(offsets, data);
            }
        }
    }
}

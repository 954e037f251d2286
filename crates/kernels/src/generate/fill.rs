//! Fills typed buffers from counter-based words.

use super::compile::{Days, Generator, Node, Seconds};
use super::random::{below_u32, below_u64, derive, unit_f64, word};
use crate::row_text::value_text;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, Time64NanosecondType, TimestampMicrosecondType,
};
use arrow_array::{
    Array, ArrayRef, BinaryArray, BooleanArray, ListArray, MapArray, NullArray, PrimitiveArray, StringArray,
    StructArray, UInt32Array,
};
use arrow_buffer::{BooleanBuffer, Buffer, OffsetBuffer};
use arrow_schema::{DataType as ArrowType, Field};
use arrow_select::take::take;
use millrace_batch::arrow_types::{LIST_FIELD, arrow_type};
use millrace_batch::calendar::MICROS_PER_DAY;
use millrace_batch::json_value::{brain_bits, half_bits};
use millrace_batch::{DataType, ErrorCode, KernelError, Result};
use std::collections::HashSet;
use std::sync::Arc;

const SECONDS_PER_DAY: u32 = 86_400;

impl Node {
    /// Values number `first .. first + rows` of this node for a reader's `stream`.
    pub(crate) fn fill(&self, stream: u64, subtask: u64, first: u64, rows: usize) -> Result<ArrayRef> {
        let draw = Draw { stream, first, rows };
        Ok(match &self.generator {
            Generator::Null => Arc::new(NullArray::new(rows)),
            Generator::Constant(array) => gather(array, &UInt32Array::from(vec![0; rows]))?,
            Generator::Template(array) => {
                let size = array.len() as u32;
                gather(array, &draw.words().map(|word| below_u32(word, size)).collect::<Vec<_>>().into())?
            }
            Generator::AutoIncrement { start, rows_per_reader } => {
                let base = first_increment(&self.data_type, *start, subtask, *rows_per_reader, first, rows)?;
                draw.integers(&self.data_type, |index, _| base.wrapping_add(index as i64))
            }
            Generator::Boolean => Arc::new(draw.booleans()),
            Generator::Integer { min, max } => draw.bounded(&self.data_type, *min, *max),
            Generator::Float { min, max } => {
                Arc::new(draw.primitive::<Float32Type>(|word| scale_f32(word, *min, *max)))
            }
            Generator::Double { min, max } => {
                Arc::new(draw.primitive::<Float64Type>(|word| scale_f64(word, *min, *max)))
            }
            Generator::Rounded { min, max, power } if self.data_type == DataType::Float => {
                Arc::new(draw.primitive::<Float32Type>(|word| round(scale_f64(word, *min, *max), *power) as f32))
            }
            Generator::Rounded { min, max, power } => {
                Arc::new(draw.primitive::<Float64Type>(|word| round(scale_f64(word, *min, *max), *power)))
            }
            Generator::Decimal => draw.decimals(&self.data_type),
            Generator::Text { length } => draw.letters(&self.data_type, *length),
            Generator::Date(days) => Arc::new(draw.primitive::<Date32Type>(|word| pick_day(days, word))),
            Generator::Time(seconds) => Arc::new(
                draw.primitive::<Time64NanosecondType>(|word| i64::from(pick_second(seconds, word)) * 1_000_000_000),
            ),
            Generator::Timestamp(days, seconds) => draw.timestamps(&self.data_type, days, seconds),
            Generator::List { element, size } => {
                let child = element.fill(nested(stream, element), subtask, draw.child_first(*size), rows * size)?;
                let field = Arc::new(Field::new(LIST_FIELD, arrow_type(&element.data_type), true));
                Arc::new(ListArray::new(field, even_offsets(rows, *size), child, None))
            }
            Generator::Map { key, value, size } => {
                let (first, count) = (draw.child_first(*size), rows * size);
                let keys = key.fill(nested(stream, key), subtask, first, count)?;
                let values = value.fill(nested(stream, value), subtask, first, count)?;
                distinct_map(&self.data_type, key, keys, values, rows, *size)?
            }
            Generator::Row(fields) => {
                let columns = fields.iter().map(|field| field.fill(nested(stream, field), subtask, first, rows));
                struct_of(&self.data_type, columns.collect::<Result<_>>()?, rows)?
            }
            Generator::Bits { bytes } => Arc::new(binary(even_offsets(rows, *bytes), draw.bytes(*bytes, |word| word))),
            Generator::ShortFloats { min, max, dimension } => Arc::new(draw.short_floats(
                *dimension,
                if self.data_type == DataType::Float16Vector { half_bits } else { brain_bits },
                *min,
                *max,
            )),
            Generator::Sparse { values, dimension } => {
                let count = rows * dimension;
                let floats = values.fill(nested(stream, values), subtask, draw.child_first(*dimension), count)?;
                let indices = (0..rows).flat_map(|_| 0..*dimension as i32).collect::<Vec<_>>();
                let keys = Arc::new(PrimitiveArray::<Int32Type>::from_iter_values(indices));
                map_of(&self.data_type, even_offsets(rows, *dimension), keys, floats)?
            }
        })
    }
}

/// The stream of a nested node for the reader whose stream of the parent is `parent`.
fn nested(parent: u64, child: &Node) -> u64 {
    derive(parent, child.stream)
}

/// Words of one stream for a range of rows.
struct Draw {
    stream: u64,
    first: u64,
    rows: usize,
}

impl Draw {
    #[inline]
    fn words(&self) -> impl ExactSizeIterator<Item = u64> + use<> {
        let (stream, first) = (self.stream, self.first);
        (0..self.rows).map(move |index| word(stream, first.wrapping_add(index as u64)))
    }

    fn child_first(&self, size: usize) -> u64 {
        self.first.wrapping_mul(size as u64)
    }

    #[inline]
    fn primitive<T: ArrowPrimitiveType>(&self, value: impl Fn(u64) -> T::Native) -> PrimitiveArray<T> {
        PrimitiveArray::new(self.words().map(value).collect::<Vec<_>>().into(), None)
    }

    /// `value` gets the row's index in this call and its word.
    fn integers(&self, data_type: &DataType, value: impl Fn(u64, u64) -> i64) -> ArrayRef {
        let values = || self.words().enumerate().map(|(index, word)| value(index as u64, word));
        match data_type {
            DataType::TinyInt => Arc::new(PrimitiveArray::<Int8Type>::from_iter_values(values().map(|v| v as i8))),
            DataType::SmallInt => Arc::new(PrimitiveArray::<Int16Type>::from_iter_values(values().map(|v| v as i16))),
            DataType::Int => Arc::new(PrimitiveArray::<Int32Type>::from_iter_values(values().map(|v| v as i32))),
            _ => Arc::new(PrimitiveArray::<Int64Type>::from_iter_values(values())),
        }
    }

    fn bounded(&self, data_type: &DataType, min: i64, max: i64) -> ArrayRef {
        let range = max.wrapping_sub(min) as u64;
        match u32::try_from(range) {
            Ok(range) => self.integers(data_type, |_, word| min.wrapping_add(i64::from(below_u32(word, range)))),
            Err(_) => self.integers(data_type, |_, word| min.wrapping_add(below_u64(word, range) as i64)),
        }
    }

    fn booleans(&self) -> BooleanArray {
        let shift = self.first % 64;
        let block = self.first / 64;
        let bits = |index: u64| {
            let low = word(self.stream, block.wrapping_add(index)) >> shift;
            if shift == 0 { low } else { low | (word(self.stream, block.wrapping_add(index + 1)) << (64 - shift)) }
        };
        let words: Vec<u64> = (0..self.rows.div_ceil(64) as u64).map(bits).collect();
        BooleanArray::new(BooleanBuffer::new(Buffer::from_vec(words), 0, self.rows), None)
    }

    fn decimals(&self, data_type: &DataType) -> ArrayRef {
        let digits =
            if let DataType::Decimal { precision, .. } = data_type { u32::from(*precision).min(38) } else { 1 };
        let parts = u64::from(digits.div_ceil(18));
        let value = |row: u64| {
            let (mut value, mut left) = (0i128, digits);
            for part in 0..parts {
                let taken = left.min(18);
                let word = word(self.stream, row.wrapping_mul(parts).wrapping_add(part));
                value = value * 10i128.pow(taken) + i128::from(below_u64(word, 10u64.pow(taken)));
                left -= taken;
            }
            value
        };
        let values: Vec<i128> = (0..self.rows as u64).map(|index| value(self.first.wrapping_add(index))).collect();
        Arc::new(PrimitiveArray::<Decimal128Type>::new(values.into(), None).with_data_type(arrow_type(data_type)))
    }

    /// `length` bytes per row, 8 of every word after `map`.
    #[inline]
    fn bytes(&self, length: usize, map: impl Fn(u64) -> u64) -> Vec<u8> {
        let total = self.rows * length;
        // Whole words are stored, so the last one may run over; the next row overwrites what ran over.
        let mut bytes = vec![0u8; total + 8];
        if (1..=8).contains(&length) {
            for (row, word) in self.words().enumerate() {
                bytes[row * length..][..8].copy_from_slice(&map(word).to_le_bytes());
            }
        } else {
            let words = length.div_ceil(8);
            for row in 0..self.rows {
                let counter = self.first.wrapping_add(row as u64).wrapping_mul(words as u64);
                for (index, chunk) in (0..words).zip((row * length..).step_by(8)) {
                    let word = word(self.stream, counter.wrapping_add(index as u64));
                    bytes[chunk..][..8].copy_from_slice(&map(word).to_le_bytes());
                }
            }
        }
        bytes.truncate(total);
        bytes
    }

    fn letters(&self, data_type: &DataType, length: usize) -> ArrayRef {
        let bytes = self.bytes(length, letters_of);
        let offsets = even_offsets(self.rows, length);
        if *data_type != DataType::String {
            return Arc::new(binary(offsets, bytes));
        }
        // SAFETY: every byte is an ASCII letter, so any offset is a character boundary; the offsets grow evenly from 0
        // to the number of bytes.
        Arc::new(unsafe { StringArray::new_unchecked(offsets, Buffer::from_vec(bytes), None) })
    }

    fn timestamps(&self, data_type: &DataType, days: &Days, seconds: &Seconds) -> ArrayRef {
        let micros = self.primitive::<TimestampMicrosecondType>(|word| {
            // Day and second come from different halves, because both are taken from the upper bits.
            i64::from(pick_day(days, word)) * MICROS_PER_DAY + i64::from(pick_second(seconds, word << 32)) * 1_000_000
        });
        if *data_type == DataType::Timestamp {
            return Arc::new(micros);
        }
        let ArrowType::Struct(fields) = arrow_type(data_type) else { return Arc::new(micros) };
        let offsets = PrimitiveArray::<Int16Type>::from_value(0, self.rows);
        let columns: Vec<ArrayRef> = vec![Arc::new(micros.with_timezone("UTC")), Arc::new(offsets)];
        Arc::new(StructArray::new(fields, columns, None))
    }

    fn short_floats(&self, dimension: usize, encode: fn(f32) -> u16, min: f32, max: f32) -> BinaryArray {
        let first = self.child_first(dimension);
        let mut bytes = Vec::with_capacity(self.rows * dimension * 2);
        for index in 0..(self.rows * dimension) as u64 {
            let value = scale_f32(word(self.stream, first.wrapping_add(index)), min, max);
            bytes.extend_from_slice(&encode(value).to_le_bytes());
        }
        binary(even_offsets(self.rows, dimension * 2), bytes)
    }
}

/// Eight letters of eight random bytes: 6 bits of each are a symbol of `A-Za-za-l`.
#[inline]
const fn letters_of(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let symbols = word & (ONES * 63);
    // Adding makes bit 7 of a byte say whether its symbol is at least 26, at least 52. No byte carries into the next.
    let lower = ((symbols + ONES * (128 - 26)) >> 7) & ONES;
    let again = ((symbols + ONES * (128 - 52)) >> 7) & ONES;
    symbols + ONES * b'A' as u64 + lower * 6 - again * 26
}

#[inline]
fn scale_f64(word: u64, min: f64, max: f64) -> f64 {
    let unit = unit_f64(word);
    let range = max - min;
    let value = if range.is_finite() { min + unit * range } else { min * (1.0 - unit) + max * unit };
    // Rounding may reach the bound that must stay outside.
    if value >= max && min < max { max.next_down() } else { value }
}

#[inline]
fn scale_f32(word: u64, min: f32, max: f32) -> f32 {
    let value = scale_f64(word, f64::from(min), f64::from(max)) as f32;
    if value >= max && min < max { max.next_down() } else { value }
}

/// The nearest multiple of 1 / `power`, half away from zero; a value too large to have such digits stays as it is.
fn round(value: f64, power: f64) -> f64 {
    let shifted = value * power;
    if shifted.abs() < 9_007_199_254_740_992.0 { shifted.round() / power } else { value }
}

/// The first value of an auto-increment column, when the last one is still of its type.
fn first_increment(
    data_type: &DataType,
    start: i64,
    subtask: u64,
    rows_per_reader: u64,
    first: u64,
    rows: usize,
) -> Result<i64> {
    let limit = match data_type {
        DataType::TinyInt => i128::from(i8::MAX),
        DataType::SmallInt => i128::from(i16::MAX),
        DataType::Int => i128::from(i32::MAX),
        _ => i128::from(i64::MAX),
    };
    let skipped = i128::try_from(u128::from(subtask) * u128::from(rows_per_reader)).unwrap_or(i128::MAX);
    let base = skipped.saturating_add(i128::from(first)).saturating_add(i128::from(start));
    if base.saturating_add(rows as i128 - 1) > limit || base < -limit - 1 {
        let message = format!("the auto increment goes over the largest value of type '{data_type}'");
        return Err(KernelError::new(ErrorCode::OptionInvalid, message));
    }
    Ok(base as i64)
}

#[inline]
fn pick_day(days: &Days, word: u64) -> i32 {
    days.0[below_u32(word, days.0.len() as u32) as usize]
}

#[inline]
fn pick_second(seconds: &Seconds, word: u64) -> u32 {
    match seconds {
        Seconds::Any => below_u32(word, SECONDS_PER_DAY),
        Seconds::Table(table) => table[below_u32(word, table.len() as u32) as usize],
    }
}

fn even_offsets(rows: usize, size: usize) -> OffsetBuffer<i32> {
    OffsetBuffer::new((0..=rows).map(|row| (row * size) as i32).collect::<Vec<_>>().into())
}

fn binary(offsets: OffsetBuffer<i32>, bytes: Vec<u8>) -> BinaryArray {
    BinaryArray::new(offsets, Buffer::from_vec(bytes), None)
}

fn unfit(error: impl std::fmt::Display) -> KernelError {
    KernelError::new(ErrorCode::ProgramInvalid, format!("generated values do not fit their type: {error}"))
}

fn gather(array: &ArrayRef, indices: &UInt32Array) -> Result<ArrayRef> {
    take(array, indices, None).map_err(unfit)
}

fn struct_of(data_type: &DataType, columns: Vec<ArrayRef>, rows: usize) -> Result<ArrayRef> {
    if columns.is_empty() {
        return Ok(Arc::new(StructArray::new_empty_fields(rows, None)));
    }
    let ArrowType::Struct(fields) = arrow_type(data_type) else { return Err(unfit("not a row")) };
    Ok(Arc::new(StructArray::try_new(fields, columns, None).map_err(unfit)?))
}

fn map_of(data_type: &DataType, offsets: OffsetBuffer<i32>, keys: ArrayRef, values: ArrayRef) -> Result<ArrayRef> {
    let ArrowType::Map(field, _) = arrow_type(data_type) else { return Err(unfit("not a map")) };
    let ArrowType::Struct(fields) = field.data_type().clone() else { return Err(unfit("not a map")) };
    let entries = StructArray::try_new(fields, vec![keys, values], None).map_err(unfit)?;
    Ok(Arc::new(MapArray::try_new(field, offsets, entries, None, false).map_err(unfit)?))
}

/// A map per row of `size` candidate entries; of entries with equal keys the first one stays.
fn distinct_map(
    data_type: &DataType,
    key: &Node,
    keys: ArrayRef,
    values: ArrayRef,
    rows: usize,
    size: usize,
) -> Result<ArrayRef> {
    let mut kept = Vec::with_capacity(keys.len());
    let mut offsets = Vec::with_capacity(rows + 1);
    offsets.push(0i32);
    for row in 0..rows {
        let mut seen = HashSet::with_capacity(size);
        for entry in row * size..(row + 1) * size {
            if key.data_type != DataType::Null && seen.insert(value_text(&keys, &key.data_type, entry)) {
                kept.push(entry as u32);
            }
        }
        offsets.push(kept.len() as i32);
    }
    let offsets = OffsetBuffer::new(offsets.into());
    if kept.len() == keys.len() {
        return map_of(data_type, offsets, keys, values);
    }
    let kept = UInt32Array::from(kept);
    map_of(data_type, offsets, gather(&keys, &kept)?, gather(&values, &kept)?)
}

//! Typed buffers from counter-based words.

use super::node::{Days, Seconds};
use super::random::{below_u32, below_u64, unit_f64, word};
use arrow_array::types::{
    ArrowPrimitiveType, Decimal128Type, Int8Type, Int16Type, Int32Type, Int64Type, TimestampMicrosecondType,
};
use arrow_array::{ArrayRef, BinaryArray, BooleanArray, PrimitiveArray, StringArray, StructArray};
use arrow_buffer::{BooleanBuffer, Buffer, OffsetBuffer};
use arrow_schema::DataType as ArrowType;
use millrace_batch::DataType;
use millrace_batch::arrow_types::arrow_type;
use millrace_batch::calendar::MICROS_PER_DAY;
use std::sync::Arc;

const SECONDS_PER_DAY: u32 = 86_400;

/// Words of one stream for a range of rows.
pub(super) struct Draw {
    pub(super) stream: u64,
    pub(super) first: u64,
    pub(super) rows: usize,
}

impl Draw {
    #[inline]
    pub(super) fn words(&self) -> impl ExactSizeIterator<Item = u64> + use<> {
        let (stream, first) = (self.stream, self.first);
        (0..self.rows).map(move |index| word(stream, first.wrapping_add(index as u64)))
    }

    pub(super) fn child_first(&self, size: usize) -> u64 {
        self.first.wrapping_mul(size as u64)
    }

    #[inline]
    pub(super) fn primitive<T: ArrowPrimitiveType>(&self, value: impl Fn(u64) -> T::Native) -> PrimitiveArray<T> {
        PrimitiveArray::new(self.words().map(value).collect::<Vec<_>>().into(), None)
    }

    /// `value` gets the row's index in this call and its word.
    pub(super) fn integers(&self, data_type: &DataType, value: impl Fn(u64, u64) -> i64) -> ArrayRef {
        let values = || self.words().enumerate().map(|(index, word)| value(index as u64, word));
        match data_type {
            DataType::TinyInt => Arc::new(PrimitiveArray::<Int8Type>::from_iter_values(values().map(|v| v as i8))),
            DataType::SmallInt => Arc::new(PrimitiveArray::<Int16Type>::from_iter_values(values().map(|v| v as i16))),
            DataType::Int => Arc::new(PrimitiveArray::<Int32Type>::from_iter_values(values().map(|v| v as i32))),
            _ => Arc::new(PrimitiveArray::<Int64Type>::from_iter_values(values())),
        }
    }

    pub(super) fn bounded(&self, data_type: &DataType, min: i64, max: i64) -> ArrayRef {
        let range = max.wrapping_sub(min) as u64;
        match u32::try_from(range) {
            Ok(range) => self.integers(data_type, |_, word| min.wrapping_add(i64::from(below_u32(word, range)))),
            Err(_) => self.integers(data_type, |_, word| min.wrapping_add(below_u64(word, range) as i64)),
        }
    }

    pub(super) fn booleans(&self) -> BooleanArray {
        let shift = self.first % 64;
        let block = self.first / 64;
        let bits = |index: u64| {
            let low = word(self.stream, block.wrapping_add(index)) >> shift;
            if shift == 0 { low } else { low | (word(self.stream, block.wrapping_add(index + 1)) << (64 - shift)) }
        };
        let words: Vec<u64> = (0..self.rows.div_ceil(64) as u64).map(bits).collect();
        BooleanArray::new(BooleanBuffer::new(Buffer::from_vec(words), 0, self.rows), None)
    }

    pub(super) fn decimals(&self, data_type: &DataType) -> ArrayRef {
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
    pub(super) fn bytes(&self, length: usize, map: impl Fn(u64) -> u64) -> Vec<u8> {
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

    pub(super) fn letters(&self, data_type: &DataType, length: usize) -> ArrayRef {
        let bytes = self.bytes(length, letters_of);
        let offsets = even_offsets(self.rows, length);
        if *data_type != DataType::String {
            return Arc::new(binary(offsets, bytes));
        }
        // SAFETY: every byte is an ASCII letter, so any offset is a character boundary; the offsets grow evenly from 0
        // to the number of bytes.
        Arc::new(unsafe { StringArray::new_unchecked(offsets, Buffer::from_vec(bytes), None) })
    }

    pub(super) fn timestamps(&self, data_type: &DataType, days: &Days, seconds: &Seconds) -> ArrayRef {
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

    pub(super) fn short_floats(&self, dimension: usize, encode: fn(f32) -> u16, min: f32, max: f32) -> BinaryArray {
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
pub(super) fn scale_f64(word: u64, min: f64, max: f64) -> f64 {
    let unit = unit_f64(word);
    let range = max - min;
    let value = if range.is_finite() { min + unit * range } else { min * (1.0 - unit) + max * unit };
    // Rounding may reach the bound that must stay outside.
    if value >= max && min < max { max.next_down() } else { value }
}

#[inline]
pub(super) fn scale_f32(word: u64, min: f32, max: f32) -> f32 {
    let value = scale_f64(word, f64::from(min), f64::from(max)) as f32;
    if value >= max && min < max { max.next_down() } else { value }
}

/// The nearest multiple of 1 / `power`, half away from zero; a value too large to have such digits stays as it is.
pub(super) fn round(value: f64, power: f64) -> f64 {
    let shifted = value * power;
    if shifted.abs() < 9_007_199_254_740_992.0 { shifted.round() / power } else { value }
}

#[inline]
pub(super) fn pick_day(days: &Days, word: u64) -> i32 {
    days.0[below_u32(word, days.0.len() as u32) as usize]
}

#[inline]
pub(super) fn pick_second(seconds: &Seconds, word: u64) -> u32 {
    match seconds {
        Seconds::Any => below_u32(word, SECONDS_PER_DAY),
        Seconds::Table(table) => table[below_u32(word, table.len() as u32) as usize],
    }
}

pub(super) fn even_offsets(rows: usize, size: usize) -> OffsetBuffer<i32> {
    OffsetBuffer::new((0..=rows).map(|row| (row * size) as i32).collect::<Vec<_>>().into())
}

pub(super) fn binary(offsets: OffsetBuffer<i32>, bytes: Vec<u8>) -> BinaryArray {
    BinaryArray::new(offsets, Buffer::from_vec(bytes), None)
}

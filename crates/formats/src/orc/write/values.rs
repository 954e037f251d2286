//! The values of arrays to what collects them, with their statistics.

use super::integers::IntegerSink;
use super::statistics::{Detail, widen};
use super::text::TextSink;
use crate::orc::read::BASE_SECONDS;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type, Time64NanosecondType,
    TimestampMicrosecondType,
};
use arrow_array::{Array, ArrayRef};
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType as ArrowType, TimeUnit};
use millrace_batch::{ErrorCode, KernelError, Result};
use std::sync::Arc;

pub(super) fn mismatch() -> KernelError {
    KernelError::new(ErrorCode::EncodeFailed, "an array is not of its column's type")
}

/// Visits the values that are there.
pub(super) fn each<T: ArrowPrimitiveType>(array: &ArrayRef, mut visit: impl FnMut(T::Native)) -> Result<()> {
    let array = array.as_primitive_opt::<T>().ok_or_else(mismatch)?;
    if array.null_count() == 0 {
        array.values().iter().for_each(|value| visit(*value));
    } else {
        array.iter().flatten().for_each(visit);
    }
    Ok(())
}

pub(super) fn note(detail: &mut Detail, value: i64) {
    if let Detail::Integers(range) | Detail::Days(range) | Detail::Timestamps(range) = detail {
        widen(range, value);
    }
}

pub(super) fn append_integers(array: &ArrayRef, sink: &mut IntegerSink, detail: &mut Detail) -> Result<()> {
    let mut push = |value| {
        sink.push(value);
        note(detail, value);
    };
    match array.data_type() {
        ArrowType::Int16 => each::<Int16Type>(array, |value| push(i64::from(value))),
        ArrowType::Int32 => each::<Int32Type>(array, |value| push(i64::from(value))),
        ArrowType::Date32 => each::<Date32Type>(array, |value| push(i64::from(value))),
        _ => each::<Int64Type>(array, push),
    }
}

pub(super) fn append_floats(array: &ArrayRef, bytes: &mut Vec<u8>, detail: &mut Detail) -> Result<()> {
    let mut note = |value| {
        if let Detail::Doubles(range) = detail {
            range.widen(value);
        }
    };
    if *array.data_type() == ArrowType::Float32 {
        return each::<Float32Type>(array, |value| {
            bytes.extend_from_slice(&value.to_le_bytes());
            note(f64::from(value));
        });
    }
    each::<Float64Type>(array, |value| {
        bytes.extend_from_slice(&value.to_le_bytes());
        note(value);
    })
}

pub(super) fn append_texts(array: &ArrayRef, sink: &mut TextSink, detail: &mut Detail) -> Result<()> {
    let mut push = |text: &[u8]| {
        sink.push(text);
        match detail {
            Detail::Texts { range, total_bytes } => {
                range.widen(text);
                *total_bytes += text.len() as i64;
            }
            Detail::Bytes { total_bytes } => *total_bytes += text.len() as i64,
            _ => {}
        }
    };
    if let Some(texts) = array.as_string_opt::<i32>() {
        texts.iter().flatten().for_each(|text| push(text.as_bytes()));
    } else {
        array.as_binary_opt::<i32>().ok_or_else(mismatch)?.iter().flatten().for_each(push);
    }
    Ok(())
}

pub(super) fn append_timestamps(
    array: &ArrayRef,
    seconds: &mut IntegerSink,
    nanos: &mut IntegerSink,
    detail: &mut Detail,
) -> Result<()> {
    let mut push = |whole: i64, fraction: i64| {
        // Readers take a second away where there is a fraction before 1970.
        let shift = i64::from(whole < 0 && fraction > 999_999);
        seconds.push(whole + shift - BASE_SECONDS);
        nanos.push(short_fraction(fraction));
        note(detail, whole.saturating_mul(1_000).saturating_add(fraction / 1_000_000));
    };
    match array.data_type() {
        ArrowType::Time64(TimeUnit::Nanosecond) => each::<Time64NanosecondType>(array, |value| {
            push(value.div_euclid(1_000_000_000), value.rem_euclid(1_000_000_000));
        }),
        _ => each::<TimestampMicrosecondType>(array, |value| {
            push(value.div_euclid(1_000_000), value.rem_euclid(1_000_000) * 1_000);
        }),
    }
}

/// Nanoseconds without their zeros at the end, and how many there were in the lower three bits: none, or two to eight.
fn short_fraction(nanos: i64) -> i64 {
    if nanos == 0 || nanos % 100 != 0 {
        return nanos << 3;
    }
    let (mut digits, mut zeros) = (nanos / 100, 1);
    while digits % 10 == 0 && zeros < 7 {
        digits /= 10;
        zeros += 1;
    }
    digits << 3 | zeros
}

/// Appends a number of 128 bits in zigzag form, in groups of seven bits.
pub(super) fn push_wide(value: i128, out: &mut Vec<u8>) {
    let mut rest = (value << 1 ^ value >> 127).cast_unsigned();
    while rest > 0x7f {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

pub(super) fn append_lengths(offsets: &[i32], nulls: Option<&NullBuffer>, lengths: &mut IntegerSink) {
    for (place, pair) in offsets.windows(2).enumerate() {
        if nulls.is_none_or(|nulls| nulls.is_valid(place)) {
            lengths.push(i64::from(pair[1] - pair[0]));
        }
    }
}

/// The elements of lists that are not null, in few parts.
pub(super) fn used(values: &ArrayRef, offsets: &[i32], nulls: Option<&NullBuffer>) -> Vec<ArrayRef> {
    let slice = |first: usize, last: usize| {
        let (start, end) = (offsets[first] as usize, offsets[last] as usize);
        (end > start).then(|| values.slice(start, end - start))
    };
    match nulls {
        None => slice(0, offsets.len() - 1).into_iter().collect(),
        Some(nulls) => nulls.valid_slices().filter_map(|(first, last)| slice(first, last)).collect(),
    }
}

/// The instants of times with an offset.
pub(super) fn instants_of(array: &ArrayRef) -> Option<ArrayRef> {
    let ArrowType::Struct(fields) = array.data_type() else { return None };
    let is_pair = fields.len() == 2
        && matches!(fields[0].data_type(), ArrowType::Timestamp(_, Some(_)))
        && fields[1].data_type() == &ArrowType::Int16;
    let pair = array.as_struct();
    let instants = pair.columns().first().filter(|_| is_pair)?.as_primitive_opt::<TimestampMicrosecondType>()?;
    let nulls = NullBuffer::union(pair.nulls(), instants.nulls());
    Some(Arc::new(arrow_array::TimestampMicrosecondArray::new(instants.values().clone(), nulls)))
}

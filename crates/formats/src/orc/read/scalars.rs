//! Columns of numbers.

use super::integers::Integers;
use super::nulls::spread;
use super::runs::ByteRuns;
use super::source::ByteSource;
use crate::columnar::corrupt;
use arrow_array::types::{ArrowPrimitiveType, Decimal128Type, Int8Type};
use arrow_array::{ArrayRef, PrimitiveArray};
use arrow_buffer::NullBuffer;
use arrow_schema::DataType as ArrowType;
use millrace_batch::parse::rescale_half_up;
use millrace_batch::{ErrorCode, KernelError, Result};
use std::sync::Arc;

/// `count` values at their places among `rows`.
pub(super) fn read_bytes(
    runs: &mut ByteRuns,
    count: usize,
    rows: usize,
    nulls: Option<NullBuffer>,
) -> Result<ArrayRef> {
    let mut bytes = vec![0u8; count];
    runs.fill(&mut bytes)?;
    let values: Vec<i8> = bytes.into_iter().map(|byte| byte as i8).collect();
    Ok(primitive::<Int8Type>(values, rows, nulls))
}

/// `count` integers at their places among `rows`.
///
/// # Errors
/// `FILE_CORRUPT` when one is outside the type.
pub(super) fn read_integers<T: ArrowPrimitiveType>(
    integers: &mut Integers,
    count: usize,
    rows: usize,
    nulls: Option<NullBuffer>,
) -> Result<ArrayRef>
where
    T::Native: TryFrom<i64>,
{
    let mut wide = Vec::new();
    integers.append(count, &mut wide)?;
    let values = wide.into_iter().map(T::Native::try_from).collect::<Result<Vec<_>, _>>();
    let values = values.map_err(|_| corrupt("an integer is outside the range of its type"))?;
    Ok(primitive::<T>(values, rows, nulls))
}

/// `count` IEEE numbers of `N` bytes at their places among `rows`.
pub(super) fn read_floats<T: ArrowPrimitiveType, const N: usize>(
    source: &mut ByteSource,
    from_bytes: fn([u8; N]) -> T::Native,
    count: usize,
    rows: usize,
    nulls: Option<NullBuffer>,
) -> Result<ArrayRef> {
    let mut bytes = Vec::new();
    source.append(count * N, &mut bytes)?;
    let values = bytes.as_chunks().0.iter().map(|bytes| from_bytes(*bytes)).collect();
    Ok(primitive::<T>(values, rows, nulls))
}

/// A column of dense values at their places.
pub(super) fn primitive<T: ArrowPrimitiveType>(
    values: Vec<T::Native>,
    rows: usize,
    nulls: Option<NullBuffer>,
) -> ArrayRef
where
    T::Native: Default,
{
    let values = spread(values, rows, nulls.as_ref());
    Arc::new(PrimitiveArray::<T>::new(values.into(), nulls))
}

/// Decimals: digits in one stream, the scale of each in another.
#[derive(Debug)]
pub(super) struct Decimals {
    pub(super) digits: ByteSource,
    pub(super) scales: Integers,
    pub(super) precision: u8,
    pub(super) scale: i8,
}

impl Decimals {
    /// # Errors
    /// `FILE_CORRUPT`; `VALUE_MALFORMED` when a value has more digits than the column.
    pub(super) fn read(&mut self, count: usize, rows: usize, nulls: Option<NullBuffer>) -> Result<ArrayRef> {
        let mut scales = Vec::new();
        self.scales.append(count, &mut scales)?;
        let mut values = Vec::with_capacity(count);
        for scale in scales {
            let digits = self.unscaled()?;
            let value = if scale == i64::from(self.scale) {
                Some(digits)
            } else {
                let scale = i32::try_from(scale).ok().filter(|scale| (-1_000..=1_000).contains(scale));
                scale.and_then(|scale| rescale_half_up(digits, scale, self.precision, self.scale))
            };
            let value = value.filter(|value| value.unsigned_abs() < 10u128.pow(u32::from(self.precision)));
            values.push(value.ok_or_else(|| self.too_long())?);
        }
        let values = spread(values, rows, nulls.as_ref());
        let array = PrimitiveArray::<Decimal128Type>::new(values.into(), nulls);
        Ok(Arc::new(array.with_data_type(ArrowType::Decimal128(self.precision, self.scale))))
    }

    /// A number in groups of seven bits and in zigzag form, of at most 128 bits.
    fn unscaled(&mut self) -> Result<i128> {
        let mut value = 0u128;
        for shift in (0..128).step_by(7) {
            let byte = self.digits.byte()?;
            value |= u128::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok((value >> 1) as i128 ^ -((value & 1) as i128));
            }
        }
        Err(corrupt("a decimal is too long"))
    }

    fn too_long(&self) -> KernelError {
        let message = format!("a decimal of the file has more than {} digits", self.precision);
        KernelError::new(ErrorCode::ValueMalformed, message)
    }
}

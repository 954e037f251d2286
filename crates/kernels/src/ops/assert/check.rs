//! Finds the first row of a column that breaks a rule.

use super::rules::{FieldRule, Rule, RuleKind};
use crate::row_text::value_text;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
};
use arrow_array::{Array, ArrayRef, PrimitiveArray};
use arrow_buffer::NullBuffer;
use millrace_batch::DataType;
use millrace_batch::text::{MAX_SCALAR_BYTES, write_decimal};

/// The first of the rows `0..limit` that breaks any part of a field's rules.
pub(super) fn first_failure(rule: &FieldRule, array: &ArrayRef, data_type: &DataType, limit: usize) -> Option<usize> {
    let nulls =
        if *data_type == DataType::Null { Some(NullBuffer::new_null(array.len())) } else { array.nulls().cloned() };
    let column = Column { array, data_type, nulls };
    let mut limit = limit;
    let mut failed = None;
    let mut narrow = |found: Option<usize>, limit: &mut usize| {
        if let Some(row) = found {
            *limit = row;
            failed = Some(row);
        }
    };
    if !rule.type_matches {
        narrow(column.first(limit, |valid, _| valid), &mut limit);
    } else if let Some(digits) = rule.precision_limit {
        narrow(column.over_precision(digits, limit), &mut limit);
    }
    for rule in &rule.rules {
        narrow(column.breaks_kind(rule, limit), &mut limit);
        if let Some(expected) = &rule.expected {
            let differs = |valid, row| valid && !expected.equals(array, data_type, row);
            narrow(column.first(limit, differs), &mut limit);
        }
    }
    failed
}

struct Column<'a> {
    array: &'a ArrayRef,
    data_type: &'a DataType,
    nulls: Option<NullBuffer>,
}

impl Column<'_> {
    /// The first row for which `fails(row is not null, row)`.
    fn first(&self, limit: usize, fails: impl Fn(bool, usize) -> bool) -> Option<usize> {
        (0..limit).find(|row| fails(self.nulls.as_ref().is_none_or(|nulls| nulls.is_valid(*row)), *row))
    }

    fn breaks_kind(&self, rule: &Rule, limit: usize) -> Option<usize> {
        match rule.kind? {
            RuleKind::Null => self.first(limit, |valid, _| valid),
            RuleKind::NotNull if self.nulls.as_ref().is_none_or(|nulls| nulls.null_count() == 0) => None,
            RuleKind::NotNull => self.first(limit, |valid, _| !valid),
            RuleKind::Min => self.breaks_bound(limit, |value| value >= rule.value),
            RuleKind::Max => self.breaks_bound(limit, |value| value <= rule.value),
            RuleKind::MinLength => self.breaks_length(limit, |length| length >= rule.value),
            RuleKind::MaxLength => self.breaks_length(limit, |length| length <= rule.value),
        }
    }

    fn breaks_bound(&self, limit: usize, holds: impl Fn(f64) -> bool) -> Option<usize> {
        match self.data_type {
            DataType::TinyInt => self.breaks_number::<Int8Type>(limit, |value| holds(f64::from(value))),
            DataType::SmallInt => self.breaks_number::<Int16Type>(limit, |value| holds(f64::from(value))),
            DataType::Int => self.breaks_number::<Int32Type>(limit, |value| holds(f64::from(value))),
            DataType::BigInt => self.breaks_number::<Int64Type>(limit, |value| holds(value as f64)),
            DataType::Float => self.breaks_number::<Float32Type>(limit, |value| holds(f64::from(value))),
            DataType::Double => self.breaks_number::<Float64Type>(limit, holds),
            DataType::Decimal { scale, .. } => {
                self.breaks_number::<Decimal128Type>(limit, |value| holds(decimal_as_f64(value, *scale)))
            }
            _ => (limit > 0).then_some(0),
        }
    }

    fn breaks_number<T: ArrowPrimitiveType>(&self, limit: usize, holds: impl Fn(T::Native) -> bool) -> Option<usize> {
        let values: &PrimitiveArray<T> = self.array.as_primitive();
        if values.null_count() == 0 {
            return values.values()[..limit].iter().position(|value| !holds(*value));
        }
        self.first(limit, |valid, row| !valid || !holds(values.value(row)))
    }

    fn breaks_length(&self, limit: usize, holds: impl Fn(f64) -> bool) -> Option<usize> {
        let texts = self.array.as_string_opt::<i32>();
        self.first(limit, |valid, row| {
            let length = match texts {
                _ if !valid => 0,
                Some(texts) => utf16_length(texts.value(row)),
                None => utf16_length(&value_text(self.array, self.data_type, row)),
            };
            !holds(length as f64)
        })
    }

    fn over_precision(&self, digits: u8, limit: usize) -> Option<usize> {
        let values = self.array.as_primitive::<Decimal128Type>();
        let bound = 10u128.pow(u32::from(digits.min(38)));
        self.first(limit, |valid, row| valid && values.value(row).unsigned_abs() >= bound)
    }
}

fn utf16_length(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.encode_utf16().count() }
}

fn decimal_as_f64(unscaled: i128, scale: i8) -> f64 {
    // One division of two exact doubles is rounded once; anything else goes through the digits.
    if unscaled.unsigned_abs() < 1 << 53 && (0..=22).contains(&scale) {
        return unscaled as f64 / 10f64.powi(i32::from(scale));
    }
    let mut buffer = [0u8; MAX_SCALAR_BYTES];
    let length = write_decimal(unscaled, scale, &mut buffer);
    std::str::from_utf8(&buffer[..length]).ok().and_then(|text| text.parse().ok()).unwrap_or(f64::NAN)
}

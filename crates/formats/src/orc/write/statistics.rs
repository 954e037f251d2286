//! What a stripe and a file say of their columns: how many values there are, and between which they lie.

use crate::orc::protobuf::{Fields, Message, Wire};
use millrace_batch::Result;
use std::cmp::Ordering;

/// Longer texts are not repeated in the statistics.
const MAX_TEXT_BYTES: usize = 1_024;

/// The statistics of one column.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Statistics {
    /// Values that are not null.
    pub(super) values: u64,
    pub(super) has_null: bool,
    pub(super) detail: Detail,
}

/// What is said of values of one kind; ranges are absent where there is no value, or none that can be said.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Detail {
    #[default]
    None,
    Integers(Option<(i64, i64)>),
    Doubles(Range<f64>),
    Texts {
        range: Range<Vec<u8>>,
        total_bytes: i64,
    },
    Trues(u64),
    /// Unscaled, with the scale.
    Decimals(Option<(i128, i128)>, u8),
    Days(Option<(i64, i64)>),
    Bytes {
        total_bytes: i64,
    },
    /// Milliseconds.
    Timestamps(Option<(i64, i64)>),
}

/// A range that a single value can spoil.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Range<T> {
    #[default]
    Empty,
    Of(T, T),
    Unknown,
}

impl Range<f64> {
    pub(super) fn widen(&mut self, value: f64) {
        match self {
            _ if value.is_nan() => *self = Range::Unknown,
            Range::Empty => *self = Range::Of(value, value),
            Range::Of(low, high) => {
                if value < *low {
                    *low = value;
                }
                if value > *high {
                    *high = value;
                }
            }
            Range::Unknown => {}
        }
    }
}

impl Range<Vec<u8>> {
    pub(super) fn widen(&mut self, value: &[u8]) {
        match self {
            Range::Unknown => {}
            _ if value.len() > MAX_TEXT_BYTES => *self = Range::Unknown,
            Range::Empty => *self = Range::Of(value.to_vec(), value.to_vec()),
            Range::Of(low, high) => {
                if value < low.as_slice() {
                    *low = value.to_vec();
                }
                if value > high.as_slice() {
                    *high = value.to_vec();
                }
            }
        }
    }
}

/// Widens a range of ordered values.
pub(super) fn widen<T: Copy + Ord>(range: &mut Option<(T, T)>, value: T) {
    *range = Some(range.map_or((value, value), |(low, high)| (low.min(value), high.max(value))));
}

fn merged<T: Copy + Ord>(left: Option<(T, T)>, right: Option<(T, T)>) -> Option<(T, T)> {
    match (left, right) {
        (Some(left), Some(right)) => Some((left.0.min(right.0), left.1.max(right.1))),
        (left, right) => left.or(right),
    }
}

fn merged_ranges<T: PartialOrd + Clone>(left: &Range<T>, right: &Range<T>) -> Range<T> {
    let lower = |a: &T, b: &T| if a.partial_cmp(b) == Some(Ordering::Greater) { b.clone() } else { a.clone() };
    let higher = |a: &T, b: &T| if a.partial_cmp(b) == Some(Ordering::Less) { b.clone() } else { a.clone() };
    match (left, right) {
        (Range::Empty, other) | (other, Range::Empty) => other.clone(),
        (Range::Of(a, b), Range::Of(c, d)) => Range::Of(lower(a, c), higher(b, d)),
        _ => Range::Unknown,
    }
}

impl Statistics {
    /// Takes the statistics of another stripe in; both are of the same column.
    pub(super) fn merge(&mut self, other: &Self) {
        self.values += other.values;
        self.has_null |= other.has_null;
        self.detail = match (&self.detail, &other.detail) {
            (Detail::Integers(left), Detail::Integers(right)) => Detail::Integers(merged(*left, *right)),
            (Detail::Doubles(left), Detail::Doubles(right)) => Detail::Doubles(merged_ranges(left, right)),
            (Detail::Texts { range, total_bytes }, Detail::Texts { range: other_range, total_bytes: other_bytes }) => {
                Detail::Texts {
                    range: merged_ranges(range, other_range),
                    total_bytes: total_bytes.saturating_add(*other_bytes),
                }
            }
            (Detail::Trues(left), Detail::Trues(right)) => Detail::Trues(left + right),
            (Detail::Decimals(left, scale), Detail::Decimals(right, _)) => {
                Detail::Decimals(merged(*left, *right), *scale)
            }
            (Detail::Days(left), Detail::Days(right)) => Detail::Days(merged(*left, *right)),
            (Detail::Bytes { total_bytes }, Detail::Bytes { total_bytes: other_bytes }) => {
                Detail::Bytes { total_bytes: total_bytes.saturating_add(*other_bytes) }
            }
            (Detail::Timestamps(left), Detail::Timestamps(right)) => Detail::Timestamps(merged(*left, *right)),
            (Detail::None, detail) | (detail, _) => detail.clone(),
        };
    }

    pub(super) fn message(&self) -> Message {
        let mut message = Message::default();
        message.number(1, self.values);
        let mut detail = Message::default();
        let field = match &self.detail {
            Detail::None => 0,
            Detail::Integers(range) => {
                signed_range(*range, 1, &mut detail);
                2
            }
            Detail::Doubles(range) => {
                if let Range::Of(low, high) = range {
                    detail.double(1, *low);
                    detail.double(2, *high);
                }
                3
            }
            Detail::Texts { range, total_bytes } => {
                if let Range::Of(low, high) = range {
                    detail.text(1, low);
                    detail.text(2, high);
                }
                detail.signed(3, *total_bytes);
                4
            }
            Detail::Trues(count) => {
                detail.packed(1, [*count]);
                5
            }
            Detail::Decimals(range, scale) => {
                if let Some((low, high)) = range {
                    detail.text(1, plain_decimal(*low, *scale).as_bytes());
                    detail.text(2, plain_decimal(*high, *scale).as_bytes());
                }
                6
            }
            Detail::Days(range) => {
                signed_range(*range, 1, &mut detail);
                7
            }
            Detail::Bytes { total_bytes } => {
                detail.signed(1, *total_bytes);
                8
            }
            Detail::Timestamps(range) => {
                signed_range(*range, 3, &mut detail);
                9
            }
        };
        if field > 0 {
            message.message(field, &detail);
        }
        message.number(10, u64::from(self.has_null));
        message
    }

    /// Reads what [`Statistics::message`] wrote; `scale` is that of a decimal column.
    pub(super) fn parse(bytes: &[u8], scale: u8) -> Result<Self> {
        let mut statistics = Self::default();
        for field in Fields::new(bytes) {
            let (number, value) = field?;
            match number {
                1 => statistics.values = value.number(),
                10 => statistics.has_null = value.number() != 0,
                _ => statistics.detail = parse_detail(number, value, scale)?,
            }
        }
        let is_spoilt = statistics.values > 0;
        match &mut statistics.detail {
            Detail::Doubles(range) if is_spoilt && *range == Range::Empty => *range = Range::Unknown,
            Detail::Texts { range, .. } if is_spoilt && *range == Range::Empty => *range = Range::Unknown,
            _ => {}
        }
        Ok(statistics)
    }
}

fn signed_range(range: Option<(i64, i64)>, first_field: u64, message: &mut Message) {
    if let Some((low, high)) = range {
        message.signed(first_field, low);
        message.signed(first_field + 1, high);
    }
}

fn parse_detail(kind: u64, value: Wire<'_>, scale: u8) -> Result<Detail> {
    let mut fields: [Option<Wire<'_>>; 5] = [None; 5];
    for field in Fields::new(value.bytes()) {
        let (number, value) = field?;
        if let Some(slot) = fields.get_mut(number as usize) {
            *slot = Some(value);
        }
    }
    let signed = |low: usize| Some((fields[low]?.signed(), fields[low + 1]?.signed()));
    let total = |field: usize| fields[field].map_or(0, Wire::signed);
    Ok(match kind {
        2 => Detail::Integers(signed(1)),
        3 => Detail::Doubles(match (fields[1], fields[2]) {
            (Some(low), Some(high)) => Range::Of(low.double(), high.double()),
            _ => Range::Empty,
        }),
        4 => {
            let range = match (fields[1], fields[2]) {
                (Some(low), Some(high)) => Range::Of(low.bytes().to_vec(), high.bytes().to_vec()),
                _ => Range::Empty,
            };
            Detail::Texts { range, total_bytes: total(3) }
        }
        5 => {
            let mut counts = Vec::new();
            if let Some(packed) = fields[1] {
                packed.append_numbers(&mut counts)?;
            }
            Detail::Trues(counts.first().copied().unwrap_or(0))
        }
        6 => {
            let unscaled = |wire: Wire<'_>| std::str::from_utf8(wire.bytes()).ok()?.replace('.', "").parse().ok();
            let range = match (fields[1].and_then(unscaled), fields[2].and_then(unscaled)) {
                (Some(low), Some(high)) => Some((low, high)),
                _ => None,
            };
            Detail::Decimals(range, scale)
        }
        7 => Detail::Days(signed(1)),
        8 => Detail::Bytes { total_bytes: total(1) },
        9 => Detail::Timestamps(signed(3)),
        _ => Detail::None,
    })
}

/// A decimal with all digits of its scale and without an exponent.
fn plain_decimal(value: i128, scale: u8) -> String {
    let digits = format!("{:0width$}", value.unsigned_abs(), width = usize::from(scale) + 1);
    let (whole, fraction) = digits.split_at(digits.len() - usize::from(scale));
    let sign = if value < 0 { "-" } else { "" };
    if scale == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn statistics_of_stripes_are_merged_after_they_were_written() {
        for (left, right, both) in [
            (
                Detail::Integers(Some((1, 5))),
                Detail::Integers(Some((i64::MIN, 2))),
                Detail::Integers(Some((i64::MIN, 5))),
            ),
            (Detail::Integers(None), Detail::Integers(Some((3, 3))), Detail::Integers(Some((3, 3)))),
            (Detail::Doubles(Range::Of(-0.5, 2.0)), Detail::Doubles(Range::Unknown), Detail::Doubles(Range::Unknown)),
            (Detail::Trues(3), Detail::Trues(4), Detail::Trues(7)),
            (
                Detail::Decimals(Some((-1, 10)), 3),
                Detail::Decimals(Some((-12_345, 2)), 3),
                Detail::Decimals(Some((-12_345, 10)), 3),
            ),
            (
                Detail::Texts { range: Range::Of(b"b".to_vec(), b"c".to_vec()), total_bytes: 2 },
                Detail::Texts { range: Range::Of(b"".to_vec(), b"bb".to_vec()), total_bytes: 2 },
                Detail::Texts { range: Range::Of(b"".to_vec(), b"c".to_vec()), total_bytes: 4 },
            ),
            (Detail::Timestamps(Some((-1, 1))), Detail::Timestamps(None), Detail::Timestamps(Some((-1, 1)))),
        ] {
            let read = |detail: &Detail| {
                let statistics = Statistics { values: 1, has_null: false, detail: detail.clone() };
                Statistics::parse(&statistics.message().bytes, 3).unwrap()
            };
            let mut merged = read(&left);
            merged.merge(&read(&right));
            assert_eq!(merged, Statistics { values: 2, has_null: false, detail: both }, "{left:?}");
        }
    }

    #[test]
    fn decimals_are_written_without_exponents() {
        for (value, scale, text) in [(0, 0, "0"), (-5, 2, "-0.05"), (12_345, 2, "123.45"), (1, 8, "0.00000001")] {
            assert_eq!(plain_decimal(value, scale), text);
        }
    }
}

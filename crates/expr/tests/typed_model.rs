//! Random expressions over nullable columns of every simple type give what a plain row-at-a-time interpreter gives.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "typed_model/expression.rs"]
mod expression;
#[path = "typed_model/generate.rs"]
mod generate;
mod support;

use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array, Int8Array, Int16Array,
    Int32Array, Int64Array, StringArray, Time64NanosecondArray, TimestampMicrosecondArray,
};
use expression::{Cell, Failure, Kind};
use generate::{condition, of_kind, rows};
use millrace_batch::{Batch, DataType};
use proptest::prelude::*;
use std::sync::Arc;

/// Kinds of the columns, which are named `c0`, `c1` and so on.
pub(crate) const COLUMNS: [Kind; 12] = [
    Kind::TinyInt,
    Kind::SmallInt,
    Kind::Int,
    Kind::BigInt,
    Kind::Float,
    Kind::Double,
    Kind::Decimal,
    Kind::Text,
    Kind::Boolean,
    Kind::Date,
    Kind::Time,
    Kind::Timestamp,
];

fn table(rows: &[Vec<Cell>]) -> Batch {
    /// The values of a column that are of one kind; everything else is null.
    macro_rules! column {
        ($array:ty, $index:expr, $kind:ident) => {{
            let values = rows.iter().map(|row| match &row[$index] {
                Cell::$kind(value) => Some(value.clone()),
                _ => None,
            });
            Arc::new(values.collect::<$array>()) as ArrayRef
        }};
    }
    let decimals = rows.iter().map(|row| if let Cell::Decimal(value) = row[6] { Some(value) } else { None });
    let decimals = decimals.collect::<Decimal128Array>().with_precision_and_scale(12, 2).unwrap();
    support::table(vec![
        ("c0", DataType::TinyInt, column!(Int8Array, 0, TinyInt)),
        ("c1", DataType::SmallInt, column!(Int16Array, 1, SmallInt)),
        ("c2", DataType::Int, column!(Int32Array, 2, Int)),
        ("c3", DataType::BigInt, column!(Int64Array, 3, BigInt)),
        ("c4", DataType::Float, column!(Float32Array, 4, Float)),
        ("c5", DataType::Double, column!(Float64Array, 5, Double)),
        ("c6", DataType::Decimal { precision: 12, scale: 2 }, Arc::new(decimals)),
        ("c7", DataType::String, column!(StringArray, 7, Text)),
        ("c8", DataType::Boolean, column!(BooleanArray, 8, Boolean)),
        ("c9", DataType::Date, column!(Date32Array, 9, Date)),
        ("c10", DataType::Time, column!(Time64NanosecondArray, 10, Time)),
        ("c11", DataType::Timestamp, column!(TimestampMicrosecondArray, 11, Timestamp)),
    ])
}

fn cases() -> u32 {
    if std::env::var("MILLRACE_TEST").is_ok_and(|value| value == "long") { 20_000 } else { 600 }
}

fn any_kind() -> impl Strategy<Value = Kind> {
    prop::sample::select(COLUMNS.to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_query_over_typed_columns_is_the_query_over_each_row(
        (projected, filter, rows) in any_kind().prop_flat_map(|kind| (of_kind(kind, 3), condition(2), rows())),
    ) {
        let sql = format!("SELECT {projected} AS x FROM t WHERE {filter}");
        let expected: Vec<Result<Option<Cell>, Failure>> = rows
            .iter()
            .map(|row| if filter.holds(row)? { projected.value(row).map(Some) } else { Ok(None) })
            .collect();
        match support::query(&sql, &table(&rows)) {
            Ok(result) => {
                let expected: Result<Vec<_>, _> = expected.into_iter().collect();
                let expected: Vec<String> =
                    expected.expect(&sql).into_iter().flatten().map(|cell| cell.text().unwrap_or_default()).collect();
                prop_assert_eq!(support::rows(&result), expected, "{}", sql);
            }
            Err(error) => {
                let first = expected.iter().position(Result::is_err).map(|row| row as u64);
                prop_assert!(first.is_some(), "{}: {}", sql, error);
                prop_assert_eq!(error.row, first, "{}: {}", sql, error);
            }
        }
    }
}

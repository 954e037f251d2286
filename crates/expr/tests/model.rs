//! Random expressions over columns give what a plain row-at-a-time interpreter gives.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use arrow_array::{Array, Int32Array, StringArray};
use millrace_batch::{Batch, DataType};
use proptest::prelude::*;
use std::fmt;
use std::sync::Arc;

/// An expression of type INT.
#[derive(Clone, Debug)]
enum Number {
    Constant(i32),
    Null,
    Column(usize),
    Negative(Box<Number>),
    Operation(char, Box<Number>, Box<Number>),
    Case(Vec<(Condition, Number)>, Option<Box<Number>>),
    Coalesce(Box<Number>, Box<Number>),
}

/// A condition over numbers.
#[derive(Clone, Debug)]
enum Condition {
    Compare(&'static str, Number, Number),
    IsNull(Number, bool),
    In(Number, bool, Vec<Number>),
    All(Vec<Condition>),
    Any(Vec<Condition>),
}

/// What dividing by zero is in the model.
#[derive(Clone, Copy, Debug, PartialEq)]
struct DivisionByZero;

type Row = [Option<i32>; 3];

impl Number {
    fn of(&self, row: &Row) -> Result<Option<i32>, DivisionByZero> {
        Ok(match self {
            Number::Constant(value) => Some(*value),
            Number::Null => None,
            Number::Column(index) => row[*index],
            Number::Negative(operand) => operand.of(row)?.map(i32::wrapping_neg),
            Number::Operation(operator, left, right) => {
                let (Some(left), Some(right)) = (left.of(row)?, right.of(row)?) else { return Ok(None) };
                Some(match operator {
                    '+' => left.wrapping_add(right),
                    '-' => left.wrapping_sub(right),
                    '*' => left.wrapping_mul(right),
                    _ if right == 0 => return Err(DivisionByZero),
                    '/' => left.wrapping_div(right),
                    _ => left.wrapping_rem(right),
                })
            }
            Number::Case(branches, otherwise) => {
                for (condition, value) in branches {
                    if condition.of(row)? {
                        return value.of(row);
                    }
                }
                match otherwise {
                    Some(value) => value.of(row)?,
                    None => None,
                }
            }
            Number::Coalesce(left, right) => {
                let (left, right) = (left.of(row)?, right.of(row)?);
                left.or(right)
            }
        })
    }
}

impl Condition {
    fn of(&self, row: &Row) -> Result<bool, DivisionByZero> {
        Ok(match self {
            Condition::Compare(operator, left, right) => match (operator, left.of(row)?, right.of(row)?) {
                (&"<>", None, right) => right.is_some(),
                (&"<>", _, None) => true,
                (_, None, _) | (_, _, None) => false,
                (operator, Some(left), Some(right)) => match *operator {
                    "=" => left == right,
                    "<>" => left != right,
                    "<" => left < right,
                    "<=" => left <= right,
                    ">" => left > right,
                    _ => left >= right,
                },
            },
            Condition::IsNull(operand, negated) => operand.of(row)?.is_none() != *negated,
            Condition::In(operand, negated, items) => {
                let left = operand.of(row)?;
                let items = items.iter().map(|item| item.of(row)).collect::<Result<Vec<_>, _>>()?;
                match left {
                    None => items[0].is_none(),
                    Some(_) => items.contains(&left) != *negated,
                }
            }
            Condition::All(operands) => {
                let truths = operands.iter().map(|operand| operand.of(row)).collect::<Result<Vec<_>, _>>()?;
                truths.into_iter().all(|truth| truth)
            }
            Condition::Any(operands) => {
                let truths = operands.iter().map(|operand| operand.of(row)).collect::<Result<Vec<_>, _>>()?;
                truths.into_iter().any(|truth| truth)
            }
        })
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Number::Constant(value) => write!(f, "({value})"),
            Number::Null => f.write_str("NULL"),
            Number::Column(index) => write!(f, "c{index}"),
            Number::Negative(operand) => write!(f, "(-{operand})"),
            Number::Operation(operator, left, right) => write!(f, "({left} {operator} {right})"),
            Number::Case(branches, otherwise) => {
                f.write_str("CASE")?;
                for (condition, value) in branches {
                    write!(f, " WHEN {condition} THEN {value}")?;
                }
                if let Some(value) = otherwise {
                    write!(f, " ELSE {value}")?;
                }
                f.write_str(" END")
            }
            Number::Coalesce(left, right) => write!(f, "COALESCE({left}, {right})"),
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined = |operands: &[Condition], word: &str| {
            operands.iter().map(|operand| format!("({operand})")).collect::<Vec<_>>().join(word)
        };
        match self {
            Condition::Compare(operator, left, right) => write!(f, "{left} {operator} {right}"),
            Condition::IsNull(operand, negated) => write!(f, "{operand} IS {}NULL", if *negated { "NOT " } else { "" }),
            Condition::In(operand, negated, items) => {
                let items: Vec<_> = items.iter().map(ToString::to_string).collect();
                write!(f, "{operand} {}IN ({})", if *negated { "NOT " } else { "" }, items.join(", "))
            }
            Condition::All(operands) => f.write_str(&joined(operands, " AND ")),
            Condition::Any(operands) => f.write_str(&joined(operands, " OR ")),
        }
    }
}

fn value() -> impl Strategy<Value = i32> {
    prop_oneof![4 => -3..4i32, 1 => Just(i32::MIN + 1), 1 => Just(i32::MAX), 1 => any::<i32>().prop_map(|v| v.max(i32::MIN + 1))]
}

fn number() -> impl Strategy<Value = Number> {
    let leaf = prop_oneof![
        3 => (0..3usize).prop_map(Number::Column),
        2 => value().prop_map(Number::Constant),
        1 => Just(Number::Null),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let operator = prop_oneof![Just('+'), Just('-'), Just('*'), Just('/'), Just('%')];
        let branch = (condition(inner.clone()), inner.clone());
        prop_oneof![
            4 => (operator, inner.clone(), inner.clone()).prop_map(|(o, l, r)| Number::Operation(o, Box::new(l), Box::new(r))),
            1 => inner.clone().prop_map(|operand| Number::Negative(Box::new(operand))),
            2 => (prop::collection::vec(branch, 1..3), prop::option::of(inner.clone()))
                .prop_map(|(branches, otherwise)| Number::Case(branches, otherwise.map(Box::new))),
            1 => (inner.clone(), inner).prop_map(|(l, r)| Number::Coalesce(Box::new(l), Box::new(r))),
        ]
    })
}

fn condition(number: impl Strategy<Value = Number> + Clone + 'static) -> impl Strategy<Value = Condition> + Clone {
    let operator = prop::sample::select(vec!["=", "<>", "<", "<=", ">", ">="]);
    let leaf = prop_oneof![
        3 => (operator, number.clone(), number.clone()).prop_map(|(o, l, r)| Condition::Compare(o, l, r)),
        1 => (number.clone(), any::<bool>()).prop_map(|(operand, negated)| Condition::IsNull(operand, negated)),
        1 => (number.clone(), any::<bool>(), prop::collection::vec(number, 1..8))
            .prop_map(|(operand, negated, items)| Condition::In(operand, negated, items)),
    ];
    leaf.prop_recursive(2, 6, 3, |inner| {
        let operands = prop::collection::vec(inner, 2..4);
        prop_oneof![operands.clone().prop_map(Condition::All), operands.prop_map(Condition::Any)]
    })
}

fn table(rows: &[Row]) -> Batch {
    let column = |index: usize| Arc::new(rows.iter().map(|row| row[index]).collect::<Int32Array>());
    support::table(vec![
        ("c0", DataType::Int, column(0)),
        ("c1", DataType::Int, column(1)),
        ("c2", DataType::Int, column(2)),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_query_over_columns_is_the_query_over_each_row(
        projected in number(),
        filter in condition(prop_oneof![(0..3usize).prop_map(Number::Column), value().prop_map(Number::Constant)].boxed()),
        rows in prop::collection::vec(prop::array::uniform3(prop::option::weighted(0.8, value())), 1..40),
    ) {
        let sql = format!("SELECT {projected} AS x FROM t WHERE {filter}");
        let expected: Vec<Result<Option<Option<i32>>, DivisionByZero>> = rows
            .iter()
            .map(|row| if filter.of(row)? { projected.of(row).map(Some) } else { Ok(None) })
            .collect();
        match support::query(&sql, &table(&rows)) {
            Ok(result) => {
                let column = result.columns[0].clone();
                // A query of nothing but NULL has a column of type NULL.
                let actual: Vec<Option<i32>> = match column.as_any().downcast_ref::<Int32Array>() {
                    Some(ints) => ints.iter().collect(),
                    None => vec![None; column.len()],
                };
                let expected: Result<Vec<_>, _> = expected.into_iter().collect();
                let expected: Vec<_> = expected.expect(&sql).into_iter().flatten().collect();
                prop_assert_eq!(actual, expected, "{}", sql);
            }
            Err(error) => {
                let first = expected.iter().position(Result::is_err).map(|row| row as u64);
                prop_assert_eq!(error.row, first, "{}: {}", sql, error);
                prop_assert!(first.is_some(), "{}: {}", sql, error);
            }
        }
    }

    #[test]
    fn texts_compare_in_the_order_of_utf16(
        left in prop::collection::vec(prop::option::of("[a\u{FFFD}\u{E000}\u{10000}😀é]{0,3}"), 1..20),
        right in prop::collection::vec(prop::option::of("[a\u{FFFD}\u{E000}\u{10000}😀é]{0,3}"), 1..20),
    ) {
        let rows = left.len().min(right.len());
        let batch = support::table(vec![
            ("a", DataType::String, Arc::new(StringArray::from(left[..rows].to_vec()))),
            ("b", DataType::String, Arc::new(StringArray::from(right[..rows].to_vec()))),
        ]);
        let result = support::query("SELECT CASE WHEN a < b THEN 'less' WHEN a >= b THEN 'not' END AS x FROM t", &batch).unwrap();
        let units = |text: &String| text.encode_utf16().collect::<Vec<_>>();
        let expected: Vec<String> = left.iter().zip(&right).take(rows).map(|pair| match pair {
            (Some(a), Some(b)) => if units(a) < units(b) { "less".into() } else { "not".into() },
            _ => String::new(),
        }).collect();
        prop_assert_eq!(support::rows(&result), expected);
    }

    #[test]
    fn text_that_is_no_query_never_panics(sql in "[a-z0-9_ '`\"().,*+<>=|%;-]{0,60}") {
        let _ = support::query(&sql, &table(&[[Some(1), None, Some(2)]]));
        let _ = support::query(&format!("select {sql} from t where {sql}"), &table(&[[Some(1), None, Some(2)]]));
    }
}

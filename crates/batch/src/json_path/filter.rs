//! Filter expressions.

use super::evaluate::{self, Budget};
use super::{PathFault, Token};
use crate::java_regex::JavaRegex;
use serde_json::Value;
use std::cmp::Ordering;

/// A condition on a value.
#[derive(Clone, Debug)]
pub(super) enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
    /// `@.a` alone: whether the path leads to something.
    Exists(Operand),
    Compare(Operand, Comparison, Operand),
    Matches(Operand, std::sync::Arc<JavaRegex>),
}

/// One side of a comparison.
#[derive(Clone, Debug)]
pub(super) enum Operand {
    /// A path from the value (`@`) or from the root (`$`).
    Path {
        from_root: bool,
        tokens: Vec<Token>,
    },
    Literal(Value),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    NotIn,
    SubsetOf,
    AnyOf,
    NoneOf,
    AllOf,
    Contains,
    Size,
    Empty,
}

impl Operand {
    /// The value; `None` when the path leads to nothing.
    fn value(&self, value: &Value, root: &Value, budget: &mut Budget) -> Result<Option<Value>, PathFault> {
        match self {
            Operand::Literal(literal) => Ok(Some(literal.clone())),
            Operand::Path { from_root, tokens } => {
                match evaluate::find(tokens, if *from_root { root } else { value }, root, budget) {
                    Ok(found) => Ok(Some(found)),
                    Err(PathFault::Limit) => Err(PathFault::Limit),
                    Err(_) => Ok(None),
                }
            }
        }
    }
}

impl Filter {
    /// Whether a value fulfils the condition.
    ///
    /// # Source
    /// Jayway `EvaluatorFactory`, `ValueNodes`.
    pub(super) fn accepts(&self, value: &Value, root: &Value, budget: &mut Budget) -> Result<bool, PathFault> {
        budget.spend(1)?;
        match self {
            Filter::All(filters) => {
                for filter in filters {
                    if !filter.accepts(value, root, budget)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Filter::Any(filters) => {
                for filter in filters {
                    if filter.accepts(value, root, budget)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Filter::Not(filter) => Ok(!filter.accepts(value, root, budget)?),
            Filter::Exists(operand) => Ok(operand.value(value, root, budget)?.is_some()),
            Filter::Compare(left, comparison, right) => {
                let (left, right) = (left.value(value, root, budget)?, right.value(value, root, budget)?);
                Ok(compare(left.as_ref(), *comparison, right.as_ref()))
            }
            Filter::Matches(operand, regex) => {
                let matches = |value: &Value| match value {
                    Value::String(text) => regex.is_match(text),
                    Value::Number(number) => regex.is_match(&number.to_string()),
                    Value::Bool(value) => regex.is_match(if *value { "true" } else { "false" }),
                    _ => Ok(false),
                };
                let found = match operand.value(value, root, budget)? {
                    Some(Value::Array(items)) => items.iter().map(matches).find(|found| found != &Ok(false)),
                    Some(value) => Some(matches(&value)),
                    None => None,
                };
                found.unwrap_or(Ok(false)).map_err(|_| PathFault::Limit)
            }
        }
    }
}

fn compare(left: Option<&Value>, comparison: Comparison, right: Option<&Value>) -> bool {
    let order = || order(left?, right?);
    match comparison {
        Comparison::Equal => same_or_missing(left, right),
        Comparison::NotEqual => !same_or_missing(left, right),
        Comparison::Less => order() == Some(Ordering::Less),
        Comparison::LessOrEqual => order().is_some_and(Ordering::is_le),
        Comparison::Greater => order() == Some(Ordering::Greater),
        Comparison::GreaterOrEqual => order().is_some_and(Ordering::is_ge),
        Comparison::In => left.is_some_and(|left| items(right).is_some_and(|items| has(items, left))),
        Comparison::NotIn => !compare(left, Comparison::In, right),
        Comparison::SubsetOf => both(left, right).is_some_and(|(left, right)| left.iter().all(|item| has(right, item))),
        Comparison::AnyOf => both(left, right).is_some_and(|(left, right)| left.iter().any(|item| has(right, item))),
        Comparison::NoneOf => both(left, right).is_some_and(|(left, right)| !left.iter().any(|item| has(right, item))),
        Comparison::AllOf => both(left, right).is_some_and(|(left, right)| right.iter().all(|item| has(left, item))),
        Comparison::Contains => match (left, right) {
            (Some(Value::String(text)), Some(Value::String(part))) => text.contains(part.as_str()),
            (Some(Value::Array(items)), Some(item)) => has(items, item),
            _ => false,
        },
        Comparison::Size => {
            let size = match left {
                Some(Value::String(text)) => text.chars().map(char::len_utf16).sum(),
                Some(Value::Array(items)) => items.len(),
                _ => return false,
            };
            right.and_then(Value::as_u64) == Some(size as u64)
        }
        Comparison::Empty => {
            let empty = match left {
                Some(Value::String(text)) => text.is_empty(),
                Some(Value::Array(items)) => items.is_empty(),
                Some(Value::Object(members)) => members.is_empty(),
                _ => return false,
            };
            right == Some(&Value::Bool(empty))
        }
    }
}

fn items(value: Option<&Value>) -> Option<&Vec<Value>> {
    value.and_then(Value::as_array)
}

fn both<'v>(left: Option<&'v Value>, right: Option<&'v Value>) -> Option<(&'v Vec<Value>, &'v Vec<Value>)> {
    items(left).zip(items(right))
}

fn has(items: &[Value], value: &Value) -> bool {
    items.iter().any(|item| same(item, value))
}

fn same_or_missing(left: Option<&Value>, right: Option<&Value>) -> bool {
    match (left, right) {
        (Some(left), Some(right)) => same(left, right),
        (None, None) => true,
        _ => false,
    }
}

/// Equality of values: a number and a text are equal when one reads as the other.
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => numbers(&left.to_string(), &right.to_string()),
        (Value::Number(number), Value::String(text)) => numbers(&number.to_string(), text),
        (Value::String(text), Value::Number(number)) => *text == number.to_string(),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(name, value)| right.get(name).is_some_and(|other| same(value, other)))
        }
        _ => left == right,
    }
}

fn numbers(left: &str, right: &str) -> bool {
    match (left.parse::<i128>(), right.parse::<i128>()) {
        (Ok(left), Ok(right)) => left == right,
        _ => left.parse::<f64>().ok().zip(right.parse::<f64>().ok()).is_some_and(|(a, b)| a.total_cmp(&b).is_eq()),
    }
}

fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => match (left.as_i64(), right.as_i64()) {
            (Some(left), Some(right)) => Some(left.cmp(&right)),
            _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
        },
        (Value::String(left), Value::String(right)) => Some(left.encode_utf16().cmp(right.encode_utf16())),
        _ => None,
    }
}

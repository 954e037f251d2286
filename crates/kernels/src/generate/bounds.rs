//! Templates, bounds and other numbers of the options.

use super::node::Generator;
use super::options::invalid;
use millrace_batch::parse::{parse_f64, parse_i64};
use millrace_batch::{DataType, KernelError, Result, array_from_json};
use serde_json::Value;

/// A table of template combinations may not have more entries than this.
const TABLE_LIMIT: usize = 1 << 20;
pub(super) fn as_option(error: KernelError) -> KernelError {
    let field = error.field;
    KernelError { field, ..invalid(error.message) }
}

pub(super) fn check_table(sizes: &[usize]) -> Result<()> {
    let entries = sizes.iter().fold(1usize, |product, size| product.saturating_mul(*size));
    if entries > TABLE_LIMIT {
        return Err(invalid(format!("date or time templates make {entries} combinations, more than {TABLE_LIMIT}")));
    }
    Ok(())
}

/// The template as a generator; `None` when it is absent or empty.
pub(super) fn template(values: Option<&Vec<Value>>, data_type: &DataType, name: &str) -> Result<Option<Generator>> {
    let Some(values) = values.filter(|values| !values.is_empty()) else { return Ok(None) };
    let references: Vec<_> = values.iter().map(Some).collect();
    let array = array_from_json(&references, data_type)
        .map_err(|error| invalid(format!("member of option '{name}': {}", error.message)))?;
    Ok(Some(Generator::Template(array)))
}

/// A template of small integers; `None` when it is absent or empty.
pub(super) fn members(values: Option<&Vec<Value>>, low: i64, high: i64, name: &str) -> Result<Option<Vec<i32>>> {
    let Some(values) = values.filter(|values| !values.is_empty()) else { return Ok(None) };
    let read = |value: &Value| {
        let number = integer(Some(value), 0, name)?;
        if (low..=high).contains(&number) {
            Ok(number as i32)
        } else {
            Err(invalid(format!("member '{number}' of option '{name}' is not in '{low}' to '{high}'")))
        }
    };
    values.iter().map(read).collect::<Result<Vec<_>>>().map(Some)
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

pub(super) fn integer(value: Option<&Value>, default: i64, name: &str) -> Result<i64> {
    let Some(value) = value else { return Ok(default) };
    let text = text_of(value);
    // A host without 64-bit integers writes the largest one as 9223372036854775807 or 9223372036854775808.
    let read = parse_i64(text.as_bytes()).or_else(|| {
        let number = parse_f64(text.as_bytes())?;
        (number.fract() == 0.0 && number.abs() <= 9_223_372_036_854_775_808.0).then_some(number as i64)
    });
    read.ok_or_else(|| invalid(format!("option '{name}' is '{text}', not an integer")))
}

pub(super) fn bounds(low: Option<&Value>, high: Option<&Value>, limit: f64, name: &str) -> Result<(f64, f64)> {
    let read = |value: Option<&Value>, default: f64| {
        let Some(value) = value else { return Ok(default) };
        let text = text_of(value);
        parse_f64(text.as_bytes())
            .filter(|number| number.abs() <= limit)
            .ok_or_else(|| invalid(format!("bound '{text}' of '{name}' is not one of its values")))
    };
    let (min, max) = (read(low, 0.0)?, read(high, limit)?);
    if min > max {
        return Err(invalid(format!("bounds '{min}' and '{max}' of '{name}' are not a range of its values")));
    }
    Ok((min, max))
}

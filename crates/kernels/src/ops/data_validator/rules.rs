//! Single rules: which rows of a column break them, and what is said of one that does.

use super::email::email_fault;
use super::range::Range;
use crate::java_regex;
use crate::row_text::value_text;
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_buffer::{BooleanBuffer, NullBuffer};
use millrace_batch::{DataType, ErrorCode, KernelError, Result};
use regex::Regex;
use serde::Deserialize;

/// A rule as the options have it; see [`super::DEFINITION`].
#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum RuleOptions {
    NotNull {
        #[serde(default)]
        message: Option<String>,
    },
    #[serde(rename_all = "camelCase")]
    Range {
        #[serde(default)]
        min: Option<String>,
        #[serde(default)]
        max: Option<String>,
        min_inclusive: bool,
        max_inclusive: bool,
        #[serde(default)]
        message: Option<String>,
    },
    Length {
        #[serde(default)]
        min: Option<i64>,
        #[serde(default)]
        max: Option<i64>,
        #[serde(default)]
        exact: Option<i64>,
        #[serde(default)]
        message: Option<String>,
    },
    #[serde(rename_all = "camelCase")]
    Regex {
        pattern: String,
        case_sensitive: bool,
        #[serde(default)]
        message: Option<String>,
    },
    Udf {
        function: String,
        #[serde(default)]
        message: Option<String>,
    },
}

/// A compiled rule.
pub(super) struct Rule {
    check: Check,
    /// What is said instead of the rule's own message.
    message: Option<String>,
}

enum Check {
    NotNull,
    Range(Range),
    Length { min: Option<i64>, max: Option<i64>, exact: Option<i64> },
    Regex { regex: Regex, pattern: String },
    Email,
}

impl Rule {
    /// Compiles a rule for a column of a type.
    ///
    /// # Errors
    /// `OPTION_INVALID`.
    pub(super) fn compile(options: RuleOptions, data_type: &DataType) -> Result<Self> {
        let (check, message) = match options {
            RuleOptions::NotNull { message } => (Check::NotNull, message),
            RuleOptions::Range { min, max, min_inclusive, max_inclusive, message } => {
                let range = Range::compile(min, max, (min_inclusive, max_inclusive), data_type)?;
                (Check::Range(range), message)
            }
            RuleOptions::Length { min, max, exact, message } => (Check::Length { min, max, exact }, message),
            RuleOptions::Regex { pattern, case_sensitive, message } => {
                let regex = whole_text(&pattern, case_sensitive)?;
                (Check::Regex { regex, pattern }, message)
            }
            RuleOptions::Udf { function, message } => {
                if !function.eq_ignore_ascii_case("EMAIL") {
                    let text = format!("the validation function '{function}' is not known");
                    return Err(KernelError::new(ErrorCode::OptionInvalid, text));
                }
                (Check::Email, message)
            }
        };
        Ok(Self { check, message })
    }

    /// The rows that break the rule; `None` when there is none.
    pub(super) fn failing(&self, array: &ArrayRef, data_type: &DataType) -> Option<BooleanBuffer> {
        let nulls = validity(array, data_type);
        let rows = match &self.check {
            Check::NotNull => !nulls?.inner(),
            Check::Range(range) => present(range.failing(array)?, nulls.as_ref()),
            Check::Length { min, max, exact } => rows_where(array, nulls.as_ref(), |row| {
                let length = length(array, data_type, row);
                exact.is_some_and(|exact| length != exact)
                    || min.is_some_and(|min| length < min)
                    || max.is_some_and(|max| length > max)
            }),
            Check::Regex { regex, .. } => text_rows(array, data_type, nulls.as_ref(), |text| !regex.is_match(text)),
            Check::Email => text_rows(array, data_type, nulls.as_ref(), |text| email_fault(text).is_some()),
        };
        (rows.count_set_bits() > 0).then_some(rows)
    }

    /// What is said of a row that breaks the rule.
    pub(super) fn message(&self, array: &ArrayRef, data_type: &DataType, row: usize) -> String {
        if let Some(message) = &self.message {
            return message.clone();
        }
        match &self.check {
            Check::NotNull => "Field cannot be null".to_owned(),
            Check::Range(range) => range.message(array, data_type, row),
            Check::Length { min, max, exact } => length_message(length(array, data_type, row), *min, *max, *exact),
            Check::Regex { pattern, .. } => {
                format!("Value '{}' does not match pattern '{pattern}'", value_text(array, data_type, row))
            }
            Check::Email => {
                let text = value_text(array, data_type, row);
                let fault = email_fault(&text).unwrap_or_default();
                format!("{fault}: {}", text.trim_matches(|symbol| symbol <= ' '))
            }
        }
    }
}

/// A pattern that must match a whole text.
fn whole_text(pattern: &str, case_sensitive: bool) -> Result<Regex> {
    // By itself first: a fault is told with the pattern as it was written, and no group closes the one around it.
    java_regex::compile(pattern)?;
    let flags = if case_sensitive { "" } else { "i" };
    java_regex::compile(&format!("\\A(?{flags}:{pattern})\\z"))
}

fn validity(array: &ArrayRef, data_type: &DataType) -> Option<NullBuffer> {
    match data_type {
        DataType::Null => Some(NullBuffer::new_null(array.len())),
        _ => array.nulls().cloned(),
    }
}

fn present(rows: BooleanBuffer, nulls: Option<&NullBuffer>) -> BooleanBuffer {
    nulls.map_or_else(|| rows.clone(), |nulls| &rows & nulls.inner())
}

fn rows_where(array: &ArrayRef, nulls: Option<&NullBuffer>, fails: impl Fn(usize) -> bool) -> BooleanBuffer {
    BooleanBuffer::collect_bool(array.len(), |row| nulls.is_none_or(|nulls| nulls.is_valid(row)) && fails(row))
}

fn text_rows(
    array: &ArrayRef,
    data_type: &DataType,
    nulls: Option<&NullBuffer>,
    fails: impl Fn(&str) -> bool,
) -> BooleanBuffer {
    match array.as_string_opt::<i32>() {
        Some(texts) => rows_where(array, nulls, |row| fails(texts.value(row))),
        None => rows_where(array, nulls, |row| fails(&value_text(array, data_type, row))),
    }
}

fn length(array: &ArrayRef, data_type: &DataType, row: usize) -> i64 {
    let length = match data_type {
        DataType::String => utf16_length(array.as_string::<i32>().value(row)),
        DataType::Bytes | DataType::BinaryVector => array.as_binary::<i32>().value_length(row) as usize,
        DataType::Float16Vector | DataType::BFloat16Vector => array.as_binary::<i32>().value_length(row) as usize / 2,
        DataType::Array { .. } | DataType::FloatVector => array.as_list::<i32>().value_length(row) as usize,
        DataType::Map { .. } | DataType::SparseFloatVector => array.as_map().value_length(row) as usize,
        _ => utf16_length(&value_text(array, data_type, row)),
    };
    length as i64
}

/// Length of a text in UTF-16 units.
pub(super) fn utf16_length(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().map(char::len_utf16).sum() }
}

fn length_message(length: i64, min: Option<i64>, max: Option<i64>, exact: Option<i64>) -> String {
    match (exact, min, max) {
        (Some(exact), _, _) if length != exact => format!("Expected length {exact} but got {length}"),
        (_, Some(min), _) if length < min => format!("Length {length} is below minimum {min}"),
        (_, _, max) => format!("Length {length} exceeds maximum {}", max.unwrap_or_default()),
    }
}

//! Single rules: which rows of a column break them, and what is said of one that does.

use super::email::email_fault;
use super::range::Range;
use crate::row_text::value_text;
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_buffer::{BooleanBuffer, BooleanBufferBuilder, NullBuffer};
use millrace_batch::java_regex::{Flags, JavaRegex};
use millrace_batch::{DataType, ErrorCode, KernelError, Result};
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
    Regex(Box<JavaRegex>),
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
                let flags = Flags { case_insensitive: !case_sensitive, ..Flags::default() };
                (Check::Regex(Box::new(JavaRegex::compile_full(&pattern, flags)?)), message)
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
    ///
    /// # Errors
    /// `EXPRESSION_FAILED` at the lowest row where the search for a pattern takes too many steps.
    pub(super) fn failing(&self, array: &ArrayRef, data_type: &DataType) -> Result<Option<BooleanBuffer>> {
        let nulls = validity(array, data_type);
        let rows = match &self.check {
            Check::NotNull => match nulls {
                Some(nulls) => !nulls.inner(),
                None => return Ok(None),
            },
            Check::Range(range) => match range.failing(array) {
                Some(rows) => present(&rows, nulls.as_ref()),
                None => return Ok(None),
            },
            Check::Length { min, max, exact } => rows_where(array, nulls.as_ref(), |row| {
                let length = length(array, data_type, row);
                exact.is_some_and(|exact| length != exact)
                    || min.is_some_and(|min| length < min)
                    || max.is_some_and(|max| length > max)
            }),
            Check::Regex(regex) => text_rows(array, data_type, nulls.as_ref(), |text| Ok(!regex.is_match(text)?))?,
            Check::Email => text_rows(array, data_type, nulls.as_ref(), |text| Ok(email_fault(text).is_some()))?,
        };
        Ok((rows.count_set_bits() > 0).then_some(rows))
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
            Check::Regex(regex) => {
                let value = value_text(array, data_type, row);
                format!("Value '{value}' does not match pattern '{}'", regex.pattern())
            }
            Check::Email => {
                let text = value_text(array, data_type, row);
                let fault = email_fault(&text).unwrap_or_default();
                format!("{fault}: {}", text.trim_matches(|symbol| symbol <= ' '))
            }
        }
    }
}

fn validity(array: &ArrayRef, data_type: &DataType) -> Option<NullBuffer> {
    match data_type {
        DataType::Null => Some(NullBuffer::new_null(array.len())),
        _ => array.nulls().cloned(),
    }
}

fn present(rows: &BooleanBuffer, nulls: Option<&NullBuffer>) -> BooleanBuffer {
    nulls.map_or_else(|| rows.clone(), |nulls| rows & nulls.inner())
}

fn rows_where(array: &ArrayRef, nulls: Option<&NullBuffer>, fails: impl Fn(usize) -> bool) -> BooleanBuffer {
    BooleanBuffer::collect_bool(array.len(), |row| nulls.is_none_or(|nulls| nulls.is_valid(row)) && fails(row))
}

fn text_rows(
    array: &ArrayRef,
    data_type: &DataType,
    nulls: Option<&NullBuffer>,
    fails: impl Fn(&str) -> Result<bool>,
) -> Result<BooleanBuffer> {
    let texts = array.as_string_opt::<i32>();
    let mut rows = BooleanBufferBuilder::new(array.len());
    for row in 0..array.len() {
        let found = match texts {
            _ if nulls.is_some_and(|nulls| nulls.is_null(row)) => Ok(false),
            Some(texts) => fails(texts.value(row)),
            None => fails(&value_text(array, data_type, row)),
        };
        rows.append(found.map_err(|error| error.at_row(row))?);
    }
    Ok(rows.finish())
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

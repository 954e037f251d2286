//! The options of `assert`, compiled against a schema.

use super::super::read_options;
use super::equality::{Expected, types_match};
use millrace_batch::text::{MAX_SCALAR_BYTES, write_f64};
use millrace_batch::{Column, DataType, ErrorCode, KernelError, Result, Schema};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::fmt::Write;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Options {
    #[serde(default)]
    field_rules: Vec<FieldRuleOptions>,
}

#[derive(Deserialize)]
struct FieldRuleOptions {
    field: String,
    #[serde(rename = "type", default)]
    data_type: Option<DataType>,
    #[serde(default)]
    rules: Option<Vec<RuleOptions>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RuleOptions {
    #[serde(default)]
    kind: Option<RuleKind>,
    #[serde(default, deserialize_with = "number")]
    value: Option<f64>,
    #[serde(default)]
    equals_to: Option<Value>,
}

/// A number, also when it comes as the text of one.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Option<f64>, D::Error> {
    let text = match Option::<Value>::deserialize(deserializer)? {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text,
        Some(other) => other.to_string(),
    };
    match millrace_batch::parse::parse_f64(text.as_bytes()) {
        Some(value) => Ok(Some(value)),
        None => Err(serde::de::Error::custom(format!("'{text}' is not a number"))),
    }
}

/// What a rule asks of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum RuleKind {
    Null,
    NotNull,
    Min,
    Max,
    MinLength,
    MaxLength,
}

impl RuleKind {
    const fn name(self) -> &'static str {
        match self {
            RuleKind::Null => "NULL",
            RuleKind::NotNull => "NOT_NULL",
            RuleKind::Min => "MIN",
            RuleKind::Max => "MAX",
            RuleKind::MinLength => "MIN_LENGTH",
            RuleKind::MaxLength => "MAX_LENGTH",
        }
    }
}

/// One rule with everything it needs.
pub(super) struct Rule {
    pub(super) kind: Option<RuleKind>,
    /// 0 for kinds that have none.
    pub(super) value: f64,
    pub(super) expected: Option<Expected>,
}

/// The rules of one field.
pub(super) struct FieldRule {
    pub(super) column: usize,
    /// The declared type is the one of the column; else every value that is not null fails.
    pub(super) type_matches: bool,
    /// Declared digits, when the column may hold more.
    pub(super) precision_limit: Option<u8>,
    pub(super) rules: Vec<Rule>,
    /// As Java prints the rule.
    pub(super) text: String,
}

/// Reads and compiles the options.
pub(super) fn compile_rules(operator: &str, schema: &Schema, options: &Value) -> Result<Vec<FieldRule>> {
    let options: Options = read_options(operator, options)?;
    options.field_rules.into_iter().map(|rule| compile_rule(operator, schema, rule)).collect()
}

fn compile_rule(operator: &str, schema: &Schema, options: FieldRuleOptions) -> Result<FieldRule> {
    let column = super::super::position(operator, schema, &options.field)?;
    let text = rule_text(&options);
    let declared = &schema.columns[column];
    let rules = options.rules.unwrap_or_default();
    let rules = rules.into_iter().map(|rule| compile_value_rule(declared, rule)).collect::<Result<_>>()?;
    let precision_limit = match (&options.data_type, &declared.data_type) {
        (Some(DataType::Decimal { precision: limit, .. }), DataType::Decimal { precision, .. })
            if limit < precision =>
        {
            Some(*limit)
        }
        _ => None,
    };
    let type_matches = options.data_type.as_ref().is_none_or(|rule| types_match(rule, &declared.data_type));
    Ok(FieldRule { column, type_matches, precision_limit, rules, text })
}

fn compile_value_rule(column: &Column, options: RuleOptions) -> Result<Rule> {
    let refused = |message: String| KernelError::new(ErrorCode::OptionInvalid, message).at_field(&column.name);
    let needs_value = !matches!(options.kind, None | Some(RuleKind::Null | RuleKind::NotNull));
    if needs_value && options.value.is_none() {
        let kind = options.kind.map_or("", RuleKind::name);
        return Err(refused(format!("rule '{kind}' of field '{}' has no value", column.name)));
    }
    let expected = options.equals_to.filter(|value| !value.is_null());
    let expected = expected.map(|value| Expected::compile(&value, &column.data_type)).transpose();
    let expected = expected.map_err(|error| {
        refused(format!("expected value of field '{}' is not of its type: {}", column.name, error.message))
    })?;
    Ok(Rule { kind: options.kind, value: options.value.unwrap_or_default(), expected })
}

/// The rule as SeaTunnel prints it.
///
/// # Source
/// The generated `toString` of SeaTunnel's `AssertFieldRule` and `AssertRule`.
fn rule_text(options: &FieldRuleOptions) -> String {
    let mut out = format!("AssertFieldRule(fieldName={}, fieldType=", options.field);
    // Writing to a string cannot fail.
    let _ = match &options.data_type {
        Some(data_type) => write!(out, "{data_type}"),
        None => write!(out, "null"),
    };
    out.push_str(", fieldRules=");
    let Some(rules) = &options.rules else {
        out.push_str("null)");
        return out;
    };
    out.push('[');
    for (index, rule) in rules.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        out.push_str("AssertFieldRule.AssertRule(ruleType=");
        out.push_str(rule.kind.map_or("null", RuleKind::name));
        out.push_str(", ruleValue=");
        match rule.value {
            Some(value) => {
                let mut buffer = [0u8; MAX_SCALAR_BYTES];
                let length = write_f64(value, &mut buffer);
                out.push_str(std::str::from_utf8(&buffer[..length]).unwrap_or_default());
            }
            None => out.push_str("null"),
        }
        out.push_str(", equalTo=");
        java_text(rule.equals_to.as_ref().unwrap_or(&Value::Null), &mut out);
        out.push(')');
    }
    out.push_str("])");
    out
}

/// A configuration value as Java prints it: `[a, b]`, `{k=v}`.
fn java_text(value: &Value, out: &mut String) {
    match value {
        Value::String(text) => out.push_str(text),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                java_text(item, out);
            }
            out.push(']');
        }
        Value::Object(members) => {
            out.push('{');
            for (index, (name, item)) in members.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                out.push_str(name);
                out.push('=');
                java_text(item, out);
            }
            out.push('}');
        }
        scalar => out.push_str(&scalar.to_string()),
    }
}

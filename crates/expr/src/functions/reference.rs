//! The registry as data, from which the reference page of the SQL dialect is made.

use super::casts::CASTS;
use super::{Function, Parameter, ResultType, SPECIAL_FORMS, groups};
use serde_json::{Value, json};

/// Everything that the reference page says of functions and casts:
/// `{"groups":[{"name":…,"functions":[…]}],"forms":[…],"casts":[…]}`. A function and a form have `names`, `syntax`,
/// `result`, `doc` and `example` (expression and text of the result, or null); a cast has `target`, `names`, `sources`,
/// `rule` and `example`.
pub fn reference() -> Value {
    let example = |(call, result): (&str, &str)| if call.is_empty() { Value::Null } else { json!([call, result]) };
    let groups: Vec<Value> = groups()
        .map(|(name, functions)| {
            let functions: Vec<Value> = functions
                .iter()
                .map(|function| {
                    json!({
                        "names": function.names,
                        "syntax": syntax(function),
                        "result": result(&function.result),
                        "doc": function.doc,
                        "example": example(function.example),
                    })
                })
                .collect();
            json!({ "name": name, "functions": functions })
        })
        .collect();
    let forms: Vec<Value> = SPECIAL_FORMS
        .iter()
        .map(|form| {
            json!({
                "names": [form.name],
                "syntax": form.syntax,
                "result": form.result,
                "doc": form.doc,
                "example": example(form.example),
            })
        })
        .collect();
    let casts: Vec<Value> = CASTS
        .iter()
        .map(|cast| {
            json!({
                "target": cast.target,
                "names": cast.names,
                "sources": cast.sources,
                "rule": cast.rule,
                "example": example(cast.example),
            })
        })
        .collect();
    json!({ "groups": groups, "forms": forms, "casts": casts })
}

/// How a call is written: `LPAD(text, number[, text])`.
fn syntax(function: &Function) -> String {
    match function.names[0] {
        "EXTRACT" => return "EXTRACT(field FROM x)".into(),
        "AT TIME ZONE" => return "x AT TIME ZONE zone".into(),
        _ => {}
    }
    let mut text = format!("{}(", function.names[0]);
    for (index, parameter) in function.parameters.iter().enumerate() {
        let separator = if index > 0 { ", " } else { "" };
        if index >= function.required {
            text.push('[');
        }
        text.push_str(separator);
        text.push_str(short(*parameter));
    }
    if function.variadic {
        text.push_str(", …");
    }
    text.extend(std::iter::repeat_n(']', function.parameters.len().saturating_sub(function.required)));
    text.push(')');
    text
}

const fn short(parameter: Parameter) -> &'static str {
    match parameter {
        Parameter::Text | Parameter::Scalar => "text",
        Parameter::Long | Parameter::Double | Parameter::Number => "number",
        Parameter::Temporal => "datetime",
        Parameter::Vector => "vector",
        Parameter::Any => "value",
    }
}

fn result(result: &ResultType) -> String {
    match result {
        ResultType::Fixed(data_type) => data_type.to_string(),
        ResultType::SameAs(index) => format!("type of argument {}", index + 1),
        ResultType::Rule(_) => "by the arguments".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_written_with_their_optional_arguments_in_brackets() {
        let written = |name: &str| super::super::find(name).map(syntax);
        for (name, expected) in [
            ("PI", "PI()"),
            ("LPAD", "LPAD(text, number[, text])"),
            ("RAND", "RAND([number])"),
            ("CONCAT", "CONCAT(text, …)"),
            ("REGEXP_SUBSTR", "REGEXP_SUBSTR(text, text[, number[, number[, text[, number]]]])"),
            ("EXTRACT", "EXTRACT(field FROM x)"),
        ] {
            assert_eq!(written(name).as_deref(), Some(expected), "{name}");
        }
    }

    #[test]
    fn the_reference_has_every_function() {
        let reference = reference();
        let count: usize = reference["groups"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|group| group["functions"].as_array())
            .map(Vec::len)
            .sum();
        assert_eq!(count, super::super::all().count());
        assert!(reference["casts"].as_array().is_some_and(|casts| casts.len() == CASTS.len()));
    }
}

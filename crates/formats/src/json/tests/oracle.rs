//! The reader against a plain one over `serde_json` values.

use super::{decode_all, schema};
use millrace_batch::ErrorCode::{self, RecordMalformed, ValueMalformed};
use millrace_batch::text::{MAX_SCALAR_BYTES, write_f64};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Rows and the error's code, row and field, computed the plain way for columns `i` INT, `s` STRING, `d` DOUBLE,
/// `l` ARRAY<BIGINT> and `r` ROW<x BOOLEAN, y STRING>.
fn expected(line: &str) -> Result<Vec<Value>, (ErrorCode, usize, Option<String>)> {
    let Ok(value) = serde_json::from_str::<Value>(line) else { return Err((RecordMalformed, 0, None)) };
    let records = match value {
        Value::Array(records) => records,
        record => vec![record],
    };
    let mut rows = Vec::new();
    for record in records {
        let Value::Object(members) = record else { return Err((RecordMalformed, rows.len(), None)) };
        let row = row(&members).map_err(|field| (ValueMalformed, rows.len(), Some(field)))?;
        rows.push(row);
    }
    Ok(rows)
}

fn row(members: &Map<String, Value>) -> Result<Value, String> {
    let get = |name: &str| members.get(name).filter(|value| !value.is_null());
    let int = get("i").map(|value| integer(value, i32::MIN.into(), i32::MAX.into()).ok_or("i")).transpose()?;
    let string = get("s").map(text);
    let float = get("d").map(|value| double(value).ok_or("d")).transpose()?;
    let array = get("l").map(|value| list(value).ok_or("l")).transpose()?;
    let nested = match get("r") {
        None => Value::Null,
        Some(Value::Object(inner)) => inner_row(inner.get("x"), inner.get("y")),
        Some(Value::Array(inner)) => inner_row(inner.first(), inner.get(1)),
        Some(_) => return Err("r".into()),
    };
    Ok(json!([int, string, float, array, nested]))
}

fn inner_row(x: Option<&Value>, y: Option<&Value>) -> Value {
    let x = x.filter(|value| !value.is_null());
    let is_true =
        |value: &Value| *value == Value::Bool(true) || value.as_str().is_some_and(|text| text.trim() == "true");
    json!([x.map(is_true), y.filter(|value| !value.is_null()).map(text)])
}

fn integer(value: &Value, min: i64, max: i64) -> Option<i64> {
    let value = match value {
        Value::Number(number) if is_decimal(&number.to_string()) => {
            let whole = number.as_f64()?.trunc();
            (whole.abs() < 9e18).then_some(whole as i64)?
        }
        Value::Number(number) => number.to_string().parse().ok()?,
        Value::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    (min..=max).contains(&value).then_some(value)
}

fn is_decimal(number: &str) -> bool {
    number.contains(['.', 'e', 'E'])
}

fn double(value: &Value) -> Option<String> {
    let value: f64 = match value {
        Value::Number(number) => number.to_string().parse().ok()?,
        Value::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    Some(value.to_string())
}

fn list(value: &Value) -> Option<Value> {
    let elements = value.as_array()?;
    elements
        .iter()
        .map(
            |element| {
                if element.is_null() {
                    Some(Value::Null)
                } else {
                    integer(element, i64::MIN, i64::MAX).map(Value::from)
                }
            },
        )
        .collect()
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => compact(other),
    }
}

fn compact(value: &Value) -> String {
    match value {
        Value::Number(number) if is_decimal(&number.to_string()) => {
            let mut out = [0; MAX_SCALAR_BYTES];
            let length = write_f64(number.to_string().parse().unwrap(), &mut out);
            String::from_utf8(out[..length].to_vec()).unwrap()
        }
        Value::Number(number) if number.to_string() == "-0" => "0".into(),
        Value::Array(elements) => format!("[{}]", elements.iter().map(compact).collect::<Vec<_>>().join(",")),
        Value::Object(members) => {
            let members: Vec<String> = members
                .iter()
                .map(|(key, value)| format!("{}:{}", Value::from(key.as_str()), compact(value)))
                .collect();
            format!("{{{}}}", members.join(","))
        }
        other => other.to_string(),
    }
}

fn json_text() -> impl Strategy<Value = String> {
    let scalar = prop_oneof![
        3 => "-?(0|[1-9][0-9]{0,11})",
        2 => "-?(0|[1-9][0-9]{0,6})\\.[0-9]{1,9}",
        1 => "-?[1-9](\\.[0-9])?[eE][+-]?[0-9]",
        3 => "\"[a-zé \u{1F600}]{0,40}\"",
        1 => "\"(\\\\[\"\\\\/bfnrt]|\\\\u00[2-7][0-9]|[a-z]){0,12}\"",
        1 => "\" ?-?[1-9][0-9]{0,3} ?\"",
        2 => Just("null".to_owned()),
        1 => Just("true".to_owned()),
        1 => Just("false".to_owned()),
    ];
    scalar.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|elements| format!("[{}]", elements.join(" ,"))),
            prop::collection::btree_map("[xyz]", inner, 0..3).prop_map(|members| {
                let members: Vec<String> = members.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
                format!("{{{}}}", members.join(", "))
            }),
        ]
    })
}

fn line() -> impl Strategy<Value = String> {
    let member = |name: &'static str, good: &'static str| prop_oneof![3 => good.prop_map(move |value| format!("\"{name}\":{value}")), 1 => json_text().prop_map(move |value| format!("\"{name}\" : {value}"))];
    let object = (
        member("i", "-?[1-9][0-9]{0,8}"),
        member("s", "\"[a-z]{0,40}\""),
        member("d", "[1-9][0-9]{0,5}\\.[0-9]{1,3}"),
        member("l", "\\[[1-9](,[1-9]){0,3}\\]"),
        member("r", "\\{\"x\":true,\"y\":\"[a-z]{0,5}\"\\}"),
        prop::collection::vec(0usize..6, 0..7),
        json_text(),
    )
        .prop_map(|(i, s, d, l, r, order, other)| {
            let all = [i, s, d, l, r, format!("\"other\":{other}")];
            let members: Vec<&str> = match order.len() {
                0..=3 => all.iter().map(String::as_str).collect(),
                _ => order.iter().map(|place| all[*place].as_str()).collect(),
            };
            format!("{{{}}}", members.join(","))
        })
        .boxed();
    prop_oneof![
        8 => object.clone(),
        1 => prop::collection::vec(object.clone(), 0..3).prop_map(|objects| format!("[{}]", objects.join(" , "))),
        1 => (object, any::<prop::sample::Index>(), "[\\]\\[{}:,\"0a ]").prop_map(|(text, place, byte)| {
            let place = place.index(text.len());
            let place = (0..=place).rev().find(|place| text.is_char_boundary(*place)).unwrap_or(0);
            format!("{}{byte}{}", &text[..place], &text[place..])
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn every_line_is_read_as_the_plain_reader_reads_it(lines in prop::collection::vec(line(), 1..5)) {
        let row = json!({ "kind": "ROW", "fields": [
            { "name": "x", "type": { "kind": "BOOLEAN" } }, { "name": "y", "type": { "kind": "STRING" } },
        ] });
        let list = json!({ "kind": "ARRAY", "element": { "kind": "BIGINT" } });
        let schema = schema(&json!({ "i": "INT", "s": "STRING", "d": "DOUBLE", "l": list, "r": row }));
        let (mut rows, mut failure) = (Vec::new(), None);
        for line in &lines {
            match expected(line) {
                Ok(more) => rows.extend(more),
                Err((code, row, field)) => {
                    failure = Some((code, rows.len() + row, field));
                    break;
                }
            }
        }
        let (found, error) = decode_all(&schema, &json!({}), lines.join("\n").as_bytes());
        let error = error.map(|error| (error.code, error.row.unwrap() as usize, error.field));
        prop_assert_eq!(&error, &failure, "{}", lines.join("\n"));
        let sound = rows.len().min(found.len());
        prop_assert_eq!(&found[..sound], &rows[..sound]);
        prop_assert!(failure.is_some() || found.len() == rows.len());
    }

    #[test]
    fn any_bytes_are_read_or_refused(input in prop::collection::vec(prop::sample::select(&b"{}[]:,\"\\u0a1.e-tfn \n\xc3\xa9"[..]), 0..200), array: bool) {
        let schema = schema(&json!({ "a": "INT", "u": { "kind": "MAP", "key": { "kind": "STRING" }, "value": { "kind": "STRING" } } }));
        decode_all(&schema, &json!({ "arrayDocument": array }), &input);
    }
}

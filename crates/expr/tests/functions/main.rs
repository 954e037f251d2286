//! Every function with ordinary, null, extreme and unfit arguments of several types.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../support/mod.rs"]
mod support;

mod dates;
mod encodings;
mod numbers;
mod row;
mod strings;
mod systems;

use arrow_array::StringArray;
use millrace_batch::DataType;
use millrace_expr::functions::all;
use row::{outcome, row};
use std::collections::HashSet;
use std::sync::Arc;

/// An expression over the columns of [`row`], and `TYPE value` or `! part of the error`.
type Case = (&'static str, &'static str);

fn tables() -> impl Iterator<Item = &'static Case> {
    strings::CASES.iter().chain(encodings::CASES).chain(numbers::CASES).chain(dates::CASES).chain(systems::CASES)
}

#[test]
fn functions_give_what_their_tables_say() {
    let row = row();
    let mut faults = Vec::new();
    for (expression, expected) in tables() {
        let actual = outcome(expression, &row);
        let agrees = match expected.strip_prefix("! ") {
            Some(part) => actual.starts_with("! ") && actual.contains(part),
            None => actual == *expected,
        };
        if !agrees {
            faults.push(format!("{expression}\n  expected {expected}\n  but got  {actual}"));
        }
    }
    assert!(faults.is_empty(), "{} cases:\n{}", faults.len(), faults.join("\n"));
}

/// What has no constant result, or no way to fail.
const WITHOUT_VALUE: [&str; 4] = ["UUID", "CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP"];

#[test]
fn every_function_has_a_table_with_an_ordinary_case_and_a_null_or_a_failure() {
    let mut faults = Vec::new();
    for function in all().filter(|function| !WITHOUT_VALUE.contains(&function.names[0])) {
        let calls = |expression: &str| {
            let upper = expression.to_ascii_uppercase();
            function.names.iter().any(|name| {
                upper.starts_with(&format!("{name}(")) || (name.contains(' ') && upper.contains(&format!(" {name} ")))
            })
        };
        let cases: Vec<&Case> = tables().filter(|(expression, _)| calls(expression)).collect();
        let is_null = |word: &str| matches!(word, "n" | "nn" | "NULL");
        let has_null = |text: &str| text.split(|c: char| !c.is_ascii_alphanumeric()).any(is_null);
        let ordinary = cases.iter().any(|(_, result)| !result.starts_with('!') && !result.ends_with(" null"));
        let edge = cases.iter().any(|(expression, result)| result.starts_with('!') || has_null(expression));
        if !ordinary || !(edge || function.names[0] == "RAND") {
            faults.push(format!("{function:?} {cases:?}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn no_case_is_there_twice() {
    let mut seen = HashSet::new();
    for (expression, _) in tables() {
        assert!(seen.insert(*expression), "{expression}");
    }
}

#[test]
fn aes_vectors_are_new_for_every_row_and_call() {
    let table = support::table(vec![("s", DataType::String, Arc::new(StringArray::from(vec!["a", "a"])))]);
    let sql = "SELECT AES_ENCRYPT(s, 'k') AS x, AES_ENCRYPT(s, 'k') AS y FROM t";
    let result = support::query(sql, &table).unwrap();
    let texts: HashSet<String> =
        result.columns.iter().flat_map(|column| (0..2).map(|row| support::cell(column.as_ref(), row))).collect();
    assert_eq!(texts.len(), 4);
    assert_eq!(support::rows(&support::query(sql, &table).unwrap()), support::rows(&result), "one seed, one result");
}

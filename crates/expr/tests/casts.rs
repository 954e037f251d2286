//! Every type cast to every type.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "functions/row.rs"]
mod row;
mod support;

use millrace_expr::functions::CASTS;
use row::{outcome, row};

/// Columns of the row, and what casts of them to each target in [`TARGETS`] give; `!` for a failure.
const MATRIX: &[(&str, [&str; 13])] = &[
    ("i", ["7", "7", "7", "7", "7", "7.0", "7.0", "7.0", "!", "!", "00:00:07", "!", "!"]),
    (
        "b",
        [
            "9007199254740993",
            "!",
            "!",
            "!",
            "9007199254740993",
            "9.007199E15",
            "9.007199254740992E15",
            "9007199254740993.0",
            "!",
            "!",
            "!",
            "+287396-10-12T08:59:00.993",
            "+287396-10-12T08:59:00.993Z",
        ],
    ),
    ("ti", ["-3", "-3", "-3", "-3", "-3", "-3.0", "-3.0", "-3.0", "!", "!", "!", "!", "!"]),
    ("si", ["300", "!", "300", "300", "300", "300.0", "300.0", "300.0", "!", "!", "00:03", "!", "!"]),
    ("f", ["1.5", "!", "!", "!", "!", "1.5", "1.5", "1.5", "!", "!", "!", "!", "!"]),
    ("d", ["-2.5", "!", "!", "!", "!", "-2.5", "-2.5", "-2.5", "!", "!", "!", "!", "!"]),
    ("p", ["12.35", "!", "!", "!", "!", "12.35", "12.35", "12.4", "!", "!", "!", "!", "!"]),
    ("s", ["Hello", "!", "!", "!", "!", "!", "!", "!", "!", "!", "!", "!", "!"]),
    ("n", ["null", "null", "null", "null", "null", "null", "null", "null", "null", "null", "null", "null", "null"]),
    ("nn", ["null", "null", "null", "null", "null", "null", "null", "null", "null", "null", "null", "null", "null"]),
    ("bo", ["true", "!", "!", "!", "!", "!", "!", "!", "true", "!", "!", "!", "!"]),
    (
        "dt",
        [
            "2024-02-29",
            "!",
            "!",
            "!",
            "!",
            "!",
            "!",
            "!",
            "!",
            "2024-02-29",
            "00:00",
            "2024-02-29T00:00",
            "2024-02-29T00:00Z",
        ],
    ),
    ("tm", ["10:15", "!", "!", "!", "!", "!", "!", "!", "!", "!", "10:15", "1970-01-01T10:15", "1970-01-01T10:15Z"]),
    (
        "ts",
        [
            "2024-03-15T10:15",
            "!",
            "!",
            "!",
            "!",
            "!",
            "!",
            "!",
            "!",
            "2024-03-15",
            "10:15",
            "2024-03-15T10:15",
            "2024-03-15T10:15Z",
        ],
    ),
    (
        "tz",
        [
            "2024-03-15T10:15+08:00",
            "!",
            "!",
            "!",
            "!",
            "!",
            "!",
            "!",
            "!",
            "2024-03-15",
            "10:15",
            "2024-03-15T10:15",
            "2024-03-15T10:15+08:00",
        ],
    ),
    ("bin", ["ab", "!", "!", "!", "!", "!", "!", "!", "!", "!", "!", "!", "!"]),
    ("ar", ["[1, 2]", "!", "!", "!", "!", "!", "!", "!", "!", "!", "!", "!", "!"]),
    ("mp", ["{k=5}", "!", "!", "!", "!", "!", "!", "!", "!", "!", "!", "!", "!"]),
    ("fv", ["[3.0, 4.0]", "!", "!", "!", "!", "!", "!", "!", "!", "!", "!", "!", "!"]),
    ("sv", ["{0=3.0, 4=4.0}", "!", "!", "!", "!", "!", "!", "!", "!", "!", "!", "!", "!"]),
    ("hv", ["[1.0, -2.0]", "!", "!", "!", "!", "!", "!", "!", "!", "!", "!", "!", "!"]),
    ("gv", ["[1.0, 2.0]", "!", "!", "!", "!", "!", "!", "!", "!", "!", "!", "!", "!"]),
    ("bv", ["[1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]", "!", "!", "!", "!", "!", "!", "!", "!", "!", "!", "!", "!"]),
];

const TARGETS: [&str; 13] = [
    "STRING",
    "TINYINT",
    "SMALLINT",
    "INT",
    "BIGINT",
    "FLOAT",
    "DOUBLE",
    "DECIMAL(12, 1)",
    "BOOLEAN",
    "DATE",
    "TIME",
    "TIMESTAMP",
    "TIMESTAMP_TZ",
];

#[test]
fn every_cast_gives_what_the_matrix_says() {
    let row = row();
    assert_eq!(MATRIX.len(), row.columns.len(), "every type has a line");
    let mut faults = Vec::new();
    for (column, expected) in MATRIX {
        for (target, expected) in TARGETS.iter().zip(expected) {
            let actual = outcome(&format!("CAST({column} AS {target})"), &row);
            let lenient = outcome(&format!("TRY_CAST({column} AS {target})"), &row);
            // The type is checked below; here only the value.
            let value = |outcome: &str| match outcome.split_once("> ").or(outcome.split_once(") ")) {
                _ if outcome.starts_with('!') => "!".to_owned(),
                Some((_, value)) if target.starts_with("DECIMAL") => value.to_owned(),
                _ => outcome.split_once(' ').map(|(_, value)| value.to_owned()).unwrap(),
            };
            let lenient_expected = if *expected == "!" { "null" } else { expected };
            if value(&actual) != *expected || value(&lenient) != *lenient_expected {
                faults.push(format!("{column} AS {target}: expected {expected}, got {actual} and {lenient}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn bytes_are_the_utf_8_form_of_the_text() {
    let row = row();
    for (column, expected) in MATRIX {
        let back = outcome(&format!("CAST(CAST({column} AS BYTES) AS STRING)"), &row);
        // The bytes of a vector are those that it is made of.
        if !["hv", "gv", "bv"].contains(column) {
            assert_eq!(back, format!("STRING {}", expected[0]), "{column}");
        }
    }
    assert_eq!(outcome("CAST(hv AS BYTES)", &row), "BYTES [0, 60, 0, -64]");
}

#[test]
fn every_target_of_the_documentation_is_tested_and_its_example_holds() {
    let row = row();
    for cast in CASTS {
        assert!(
            cast.target == "BYTES" || TARGETS.iter().any(|target| target.starts_with(cast.target)),
            "{}",
            cast.target
        );
        let (call, expected) = cast.example;
        let actual = outcome(call, &row);
        // BYTES print as numbers in this test.
        let expected = if cast.target == "BYTES" { "[49, 50]" } else { expected };
        assert!(actual.ends_with(&format!(" {expected}")), "{call}: {actual}");
        for name in cast.names {
            let name = name.replace("(p, s)", "(10, 2)");
            let actual = outcome(&format!("TRY_CAST(NULL AS {name})"), &row);
            assert!(actual.ends_with(" null"), "{name}: {actual}");
        }
    }
    assert_eq!(CASTS.len(), TARGETS.len() + 1);
}

#[test]
fn targets_that_do_not_exist_and_decimals_without_digits_are_refused() {
    let row = row();
    for (target, part) in [
        ("UUID", "Unsupported CAST AS type: UUID"),
        ("DECIMAL", "needs a precision of 1 to 38"),
        ("DECIMAL(39, 2)", "needs a precision of 1 to 38"),
        ("DECIMAL(5, 6)", "a scale of at most that"),
        ("DECIMAL(5)", "needs a precision of 1 to 38"),
    ] {
        for form in ["CAST", "TRY_CAST"] {
            let actual = outcome(&format!("{form}(i AS {target})"), &row);
            assert!(actual.starts_with("! ") && actual.contains(part), "{target}: {actual}");
        }
    }
}

#[test]
fn the_name_of_the_target_becomes_null_and_blanks_are_no_part_of_a_whole_number() {
    let row = row();
    for (cast, expected) in [
        ("CAST('INT' AS INT)", "INT null"),
        ("CAST('int' AS INT)", "! the value 'int' cannot be cast to INT"),
        ("CAST('INTEGER' AS INTEGER)", "INT null"),
        ("CAST('VARCHAR' AS VARCHAR)", "STRING null"),
        ("CAST('STRING' AS VARCHAR)", "STRING STRING"),
        ("CAST(' 1' AS INT)", "! the value ' 1' cannot be cast to INT"),
        ("CAST('128' AS TINYINT)", "! the value '128' cannot be cast to TINYINT"),
        ("CAST('-9223372036854775808' AS BIGINT)", "BIGINT -9223372036854775808"),
        ("CAST('9223372036854775808' AS BIGINT)", "! the value '9223372036854775808' cannot be cast to BIGINT"),
        ("CAST('2' AS BOOLEAN)", "! the value '2' cannot be cast to BOOLEAN"),
        ("CAST(0 AS BOOLEAN)", "BOOLEAN false"),
        ("CAST('NaN' AS DOUBLE)", "DOUBLE NaN"),
        ("CAST(16777217.0 AS FLOAT)", "FLOAT 1.6777216E7"),
        ("CAST(20230229 AS DATE)", "! the number '20230229' is not a date yyyymmdd"),
        ("CAST(246000 AS TIME)", "! the number '246000' is not a time hhmmss"),
        (
            "CAST(CAST(9223372036854775807 AS BIGINT) AS TIMESTAMP)",
            "! '9223372036854775807' milliseconds are out of range",
        ),
        ("'7'::INT", "INT 7"),
        ("i::STRING::INT", "INT 7"),
    ] {
        assert_eq!(outcome(cast, &row), expected, "{cast}");
    }
}

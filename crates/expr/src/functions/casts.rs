//! The table of casts: what each target takes, and by which rule. The evaluator is `compute::cast`; the test `casts` holds
//! both together.

/// One target of CAST.
pub struct CastRule {
    /// The type.
    pub target: &'static str,
    /// How it can be written.
    pub names: &'static [&'static str],
    /// The types it takes.
    pub sources: &'static str,
    /// What becomes of a value.
    pub rule: &'static str,
    /// An expression and the text of its result.
    pub example: (&'static str, &'static str),
}

/// Every target.
///
/// # Source
/// SeaTunnel `SystemFunction.castAs`; TINYINT, SMALLINT, BOOLEAN and `TIMESTAMP_TZ` as in later versions.
pub static CASTS: &[CastRule] = &[
    CastRule {
        target: "STRING",
        names: &["STRING", "VARCHAR"],
        sources: "any",
        rule: "The Java text. A text that is the name of the target as written (`STRING`) becomes null, as for the numbers.",
        example: ("CAST(1e7 AS STRING)", "1.0E7"),
    },
    CastRule {
        target: "TINYINT",
        names: &["TINYINT", "BYTE"],
        sources: "whole numbers, texts",
        rule: "The text must be a whole number in the range of the type, without blanks: 1.5 and '1.5' fail.",
        example: ("CAST('-128' AS TINYINT)", "-128"),
    },
    CastRule {
        target: "SMALLINT",
        names: &["SMALLINT", "SHORT"],
        sources: "whole numbers, texts",
        rule: "As TINYINT.",
        example: ("CAST(300 AS SMALLINT)", "300"),
    },
    CastRule {
        target: "INT",
        names: &["INT", "INTEGER"],
        sources: "whole numbers, texts",
        rule: "As TINYINT.",
        example: ("CAST('+7' AS INT)", "7"),
    },
    CastRule {
        target: "BIGINT",
        names: &["BIGINT", "LONG"],
        sources: "whole numbers, texts",
        rule: "As TINYINT.",
        example: ("CAST('9007199254740993' AS BIGINT)", "9007199254740993"),
    },
    CastRule {
        target: "FLOAT",
        names: &["FLOAT"],
        sources: "numbers, texts",
        rule: "The number nearest to the text; blanks around it are left out.",
        example: ("CAST(' 1.5 ' AS FLOAT)", "1.5"),
    },
    CastRule {
        target: "DOUBLE",
        names: &["DOUBLE"],
        sources: "numbers, texts",
        rule: "As FLOAT.",
        example: ("CAST('1e400' AS DOUBLE)", "Infinity"),
    },
    CastRule {
        target: "DECIMAL",
        names: &["DECIMAL(p, s)"],
        sources: "numbers, texts",
        rule: "Digits beyond the scale round toward +∞; a value of more than 38 digits fails.",
        example: ("CAST(-1.239 AS DECIMAL(10, 2))", "-1.23"),
    },
    CastRule {
        target: "BOOLEAN",
        names: &["BOOLEAN"],
        sources: "BOOLEAN, whole numbers, texts",
        rule: "`true` and 1, `false` and 0; anything else fails.",
        example: ("CAST('TRUE' AS BOOLEAN)", "true"),
    },
    CastRule {
        target: "BYTES",
        names: &["BYTES", "BINARY"],
        sources: "any",
        rule: "The UTF-8 form of the Java text.",
        example: ("CAST(12 AS BYTES)", "12"),
    },
    CastRule {
        target: "DATE",
        names: &["DATE"],
        sources: "DATE, TIMESTAMP, TIMESTAMP_TZ, whole numbers",
        rule: "The local date; a number is yyyymmdd. Texts fail: use TO_DATE.",
        example: ("CAST(20240229 AS DATE)", "2024-02-29"),
    },
    CastRule {
        target: "TIME",
        names: &["TIME"],
        sources: "DATE, TIME, TIMESTAMP, TIMESTAMP_TZ, whole numbers",
        rule: "The local time, 00:00 for a DATE; a number is hhmmss. Texts fail: use PARSEDATETIME.",
        example: ("CAST(101500 AS TIME)", "10:15"),
    },
    CastRule {
        target: "TIMESTAMP",
        names: &["TIMESTAMP", "DATETIME"],
        sources: "DATE, TIME, TIMESTAMP, TIMESTAMP_TZ, BIGINT",
        rule: "The local date and time: midnight for a DATE, today for a TIME; a BIGINT is milliseconds since 1970, shown in \
               the job's zone. Texts fail: use PARSEDATETIME.",
        example: ("CAST(CAST(1000 AS BIGINT) AS TIMESTAMP)", "1970-01-01T00:00:01"),
    },
    CastRule {
        target: "TIMESTAMP_TZ",
        names: &["TIMESTAMP_TZ"],
        sources: "DATE, TIME, TIMESTAMP, TIMESTAMP_TZ, BIGINT",
        rule: "As TIMESTAMP, in the job's zone.",
        example: ("CAST(TIMESTAMP '2024-01-01 10:15:00' AS TIMESTAMP_TZ)", "2024-01-01T10:15Z"),
    },
];

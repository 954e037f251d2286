//! The queries of the conformance suite's SQL transforms give the values that the suite asserts.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use arrow_array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array, Int8Array,
    Int16Array, Int32Array, Int64Array, StringArray, TimestampMicrosecondArray,
};
use millrace_batch::parse::parse_timestamp;
use millrace_batch::{Batch, DataType};
use std::sync::Arc;

fn text(value: &str) -> ArrayRef {
    Arc::new(StringArray::from(vec![value]))
}

fn timestamp(value: &str) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from(vec![parse_timestamp(value.as_bytes()).unwrap()]))
}

fn int(value: i32) -> ArrayRef {
    Arc::new(Int32Array::from(vec![value]))
}

fn bigint(value: i64) -> ArrayRef {
    Arc::new(Int64Array::from(vec![value]))
}

/// Asserts `(expression, text as Console prints it, type)` one by one, so that a failure names its expression.
fn check(batch: &Batch, cases: &[(&str, &str, &str)]) {
    for (expression, expected, data_type) in cases {
        let result = support::query(&format!("select {expression} as x from fake"), batch).expect(expression);
        assert_eq!(support::rows(&result), vec![(*expected).to_owned()], "{expression}");
        assert_eq!(support::row_type(&result.schema), format!("x<{data_type}>"), "{expression}");
    }
}

#[test]
fn string_functions_give_what_the_suite_asserts() {
    let mut columns = vec![("id", DataType::Int, int(1)), ("name", DataType::String, text("Joy Ding"))];
    for (name, value) in [
        ("c1", "A"),
        ("c2", "b"),
        ("c3", "&"),
        ("c4", "&^^$wef9"),
        ("c6", "0037"),
        ("c7", "7"),
        ("c8", "*Joy_Ding@s.com*"),
        ("c9", "Joy_WWWDing@s.com"),
        ("c10", "2020-10-01"),
    ] {
        columns.push((name, DataType::String, text(value)));
    }
    columns.push(("c5", DataType::Int, int(98)));
    columns.push(("c11", DataType::Timestamp, timestamp("2022-12-12T23:34:45")));
    check(
        &support::table(columns),
        &[
            ("ascii(c1)", "65", "INT"),
            ("ascii(c2)", "98", "INT"),
            ("bit_length(c4)", "64", "BIGINT"),
            ("length(c4)", "8", "BIGINT"),
            ("octet_length(c4)", "8", "BIGINT"),
            ("char(c5)", "b", "STRING"),
            ("concat(c1,id,'!')", "A1!", "STRING"),
            ("hextoraw(c6)", "7", "STRING"),
            ("rawtohex(c7)", "0037", "STRING"),
            ("insert(name,2,2,'**')", "J** Ding", "STRING"),
            ("lower(name)", "joy ding", "STRING"),
            ("upper(name)", "JOY DING", "STRING"),
            ("left(name, 3)", "Joy", "STRING"),
            ("right(name, 4)", "Ding", "STRING"),
            ("lpad(name, 10, '*')", "**Joy Ding", "STRING"),
            ("rpad(name, 10, '*')", "Joy Ding**", "STRING"),
            ("ltrim(c8, '*')", "Joy_Ding@s.com*", "STRING"),
            ("rtrim(c8, '*')", "*Joy_Ding@s.com", "STRING"),
            ("trim(c8, '*')", "Joy_Ding@s.com", "STRING"),
            ("regexp_replace(c9, 'w+', 'W', 'i')", "Joy_WDing@s.com", "STRING"),
            ("regexp_like(name, '[A-Z ]*', 'i')", "true", "BOOLEAN"),
            ("regexp_substr(c10, '\\d{4}')", "2020", "STRING"),
            ("regexp_substr(c10, '(\\d{4})-(\\d{2})-(\\d{2})', 1, 1, null, 2)", "10", "STRING"),
            ("repeat(name||' ',3)", "Joy Ding Joy Ding Joy Ding ", "STRING"),
            ("replace(name,' ','_')", "Joy_Ding", "STRING"),
            ("soundex(name)", "J352", "STRING"),
            ("name || space(3)", "Joy Ding   ", "STRING"),
            ("substring(name, 1, 3)", "Joy", "STRING"),
            ("to_char(id)", "1", "STRING"),
            ("to_char(c11,'yyyy-MM-dd')", "2022-12-12", "STRING"),
            ("translate(name, 'ing', 'ING')", "Joy DING", "STRING"),
            ("des_decrypt('1234567890', des_encrypt('1234567890', name))", "Joy Ding", "STRING"),
        ],
    );
}

#[test]
fn date_functions_give_what_the_suite_asserts() {
    let batch = support::table(vec![
        ("c1", DataType::Timestamp, timestamp("2021-04-15T13:34:45")),
        ("c2", DataType::Timestamp, timestamp("2022-01-23T12:34:56")),
        ("c3", DataType::Timestamp, timestamp("2021-04-15T13:34:45.235")),
        ("c4", DataType::Timestamp, timestamp("2021-04-08T13:34:45.235")),
        ("c5", DataType::String, text("2021-04-08 13:34:45.235")),
        ("c6", DataType::String, text("2021-04-08")),
        ("c7", DataType::String, text("2021-04-08 13:34:45.235")),
    ]);
    check(
        &batch,
        &[
            ("current_date", "1970-01-01", "DATE"),
            ("current_timestamp", "1970-01-01T00:00", "TIMESTAMP"),
            ("dateadd(c1, 1)", "2021-04-16T13:34:45", "TIMESTAMP"),
            ("dateadd(c1, 40, 'DAY')", "2021-05-25T13:34:45", "TIMESTAMP"),
            ("dateadd(c1, 2, 'YEAR')", "2023-04-15T13:34:45", "TIMESTAMP"),
            ("dateadd(c1, 10, 'MONTH')", "2022-02-15T13:34:45", "TIMESTAMP"),
            ("dateadd(c1, 13, 'HOUR')", "2021-04-16T02:34:45", "TIMESTAMP"),
            ("dateadd(c1, 40, 'MINUTE')", "2021-04-15T14:14:45", "TIMESTAMP"),
            ("dateadd(c1, 30, 'SECOND')", "2021-04-15T13:35:15", "TIMESTAMP"),
            ("datediff(c1, c2)", "283", "BIGINT"),
            ("datediff(c1, c2, 'DAY')", "283", "BIGINT"),
            ("datediff(c1, c2, 'YEAR')", "0", "BIGINT"),
            ("datediff(c1, c2, 'MONTH')", "9", "BIGINT"),
            ("datediff(c1, c2, 'HOUR')", "6791", "BIGINT"),
            ("datediff(c1, c2, 'MINUTE')", "407460", "BIGINT"),
            ("datediff(c1, c2, 'SECOND')", "24447611", "BIGINT"),
            ("date_trunc(c3, 'YEAR')", "2021-01-01T00:00", "TIMESTAMP"),
            ("date_trunc(c3, 'MONTH')", "2021-04-01T00:00", "TIMESTAMP"),
            ("date_trunc(c3, 'DAY')", "2021-04-15T00:00", "TIMESTAMP"),
            ("date_trunc(c3, 'HOUR')", "2021-04-15T13:00", "TIMESTAMP"),
            ("date_trunc(c3, 'MINUTE')", "2021-04-15T13:34", "TIMESTAMP"),
            ("date_trunc(c3, 'SECOND')", "2021-04-15T13:34:45", "TIMESTAMP"),
            ("dayname(c3)", "Thursday", "STRING"),
            ("day_of_week(c3)", "4", "INT"),
            ("day_of_year(c3)", "105", "INT"),
            ("extract(YEAR FROM c3)", "2021", "INT"),
            ("extract(MONTH FROM c3)", "4", "INT"),
            ("extract(DAY FROM c3)", "15", "INT"),
            ("extract(HOUR FROM c3)", "13", "INT"),
            ("extract(MINUTE from c3)", "34", "INT"),
            ("extract(SECOND from c3)", "45", "INT"),
            ("extract(MILLISECOND from c3)", "235", "INT"),
            ("extract(DAYOFWEEK FROM c3)", "4", "INT"),
            ("extract(DAYOFYEAR FROM c3)", "105", "INT"),
            ("formatdatetime(c4,'yyyy-MM-dd HH:mm:ss.S')", "2021-04-08 13:34:45.2", "STRING"),
            ("formatdatetime(c4,'yyyy-MM-dd')", "2021-04-08", "STRING"),
            ("formatdatetime(c4,'HH:mm:ss.SSS')", "13:34:45.235", "STRING"),
            ("hour(c4)", "13", "INT"),
            ("minute(c4)", "34", "INT"),
            ("month(c4)", "4", "INT"),
            ("monthname(c4)", "April", "STRING"),
            ("parsedatetime(c5,'yyyy-MM-dd HH:mm:ss.SSS')", "2021-04-08T13:34:45.235", "TIMESTAMP"),
            ("to_date(c6,'yyyy-MM-dd')", "2021-04-08", "DATE"),
            ("quarter(c4)", "2", "INT"),
            ("second(c4)", "45", "INT"),
            ("week(c4)", "15", "INT"),
            ("year(c4)", "2021", "INT"),
            (
                "case when c7 is not null and is_date(c7, 'yyyy-MM-dd HH:mm:ss.SSS') \
                 then to_date(c7,'yyyy-MM-dd HH:mm:ss.SSS') else null end",
                "2021-04-08T13:34:45.235",
                "TIMESTAMP",
            ),
        ],
    );
}

#[test]
fn system_functions_give_what_the_suite_asserts() {
    let batch = support::table(vec![
        ("id", DataType::BigInt, bigint(1)),
        ("name", DataType::String, text("Joy Ding")),
        ("c1", DataType::String, text("12.4")),
        ("c2", DataType::Timestamp, timestamp("2012-12-21T12:34:56")),
        ("c3", DataType::String, Arc::new(StringArray::from(vec![None::<&str>]))),
        ("c4", DataType::BigInt, bigint(1_687_747_869_032)),
        ("c5", DataType::Int, int(20_230_625)),
        ("c6", DataType::Int, int(235_109)),
    ]);
    check(
        &batch,
        &[
            ("cast(id as STRING)", "1", "STRING"),
            ("cast(id as INT)", "1", "INT"),
            ("cast(id as DOUBLE)", "1.0", "DOUBLE"),
            ("cast(c1 as double)", "12.4", "DOUBLE"),
            ("cast(c1 as DECIMAL(10,2))", "12.40", "Decimal(10, 2)"),
            ("cast(c2 as DATE)", "2012-12-21", "DATE"),
            ("coalesce(c3,'Unknown')", "Unknown", "STRING"),
            ("ifnull(c3,'Unknown')", "Unknown", "STRING"),
            ("ifnull(nullif(name,'Joy Ding'),'NULL')", "NULL", "STRING"),
            ("nullif(name,'Joy Ding_')", "Joy Ding", "STRING"),
            ("cast(c4 as timestamp)", "2023-06-26T02:51:09.032", "TIMESTAMP"),
            ("cast(c4 as decimal(17,4))", "1687747869032.0000", "Decimal(17, 4)"),
            ("cast(c5 as date)", "2023-06-25", "DATE"),
            ("cast(c6 as time)", "23:51:09", "TIME"),
            ("cast(name as bytes)", "[74, 111, 121, 32, 68, 105, 110, 103]", "BYTES"),
        ],
    );
    let renamed = support::query("select name as `apply` from fake", &batch).unwrap();
    assert_eq!(renamed.schema.columns[0].name, "apply");
    assert!(Arc::ptr_eq(&renamed.columns[0], &batch.columns[1]), "a plain column is not copied");
}

#[test]
fn conditions_give_what_the_suite_asserts() {
    let decimal =
        Decimal128Array::from(vec![292_413_719_138_643_930_374_439_292_216]).with_precision_and_scale(30, 8).unwrap();
    let batch = support::table(vec![
        ("c_string", DataType::String, text("c_string")),
        ("c_boolean", DataType::Boolean, Arc::new(BooleanArray::from(vec![true]))),
        ("c_tinyint", DataType::TinyInt, Arc::new(Int8Array::from(vec![117]))),
        ("c_smallint", DataType::SmallInt, Arc::new(Int16Array::from(vec![15_987]))),
        ("c_int", DataType::Int, int(56_387_395)),
        ("c_bigint", DataType::BigInt, bigint(7_084_913_402_530_365_000)),
        ("c_float", DataType::Float, Arc::new(Float32Array::from(vec![1.23]))),
        ("c_double", DataType::Double, Arc::new(Float64Array::from(vec![1.23]))),
        ("c_decimal", DataType::Decimal { precision: 30, scale: 8 }, Arc::new(decimal)),
        ("c_bytes", DataType::Bytes, Arc::new(BinaryArray::from_vec(vec![b"miIZj"]))),
        ("c_date", DataType::Date, Arc::new(Date32Array::from(vec![19_469]))),
        ("c_timestamp", DataType::Timestamp, timestamp("2023-04-22T23:20:58")),
    ]);
    let cases = [
        ("c_string in ('c_string')", "1"),
        ("c_string not in ('c_string')", "0"),
        ("c_tinyint = 117 and TO_CHAR(c_boolean)='true'", "1"),
        ("c_tinyint != 117 and TO_CHAR(c_boolean)='true'", "0"),
        ("c_tinyint != 117 or TO_CHAR(c_boolean)='true'", "1"),
        ("c_int > 1 and c_bigint >1 and c_float >1 and c_double > 1 and c_decimal > 1", "1"),
        ("c_tinyint <> 117", "0"),
    ];
    for (condition, expected) in cases {
        let expression = format!("case when {condition} then 1 else 0 end");
        check(&batch, &[(&expression, expected, "INT")]);
    }
    assert_eq!(batch.columns[8].len(), 1);
}

#[test]
fn the_first_example_of_the_documentation_runs() {
    let batch = support::table(vec![
        ("id", DataType::Int, int(1)),
        ("name", DataType::String, text("Joy Ding")),
        ("age", DataType::Int, int(20)),
    ]);
    let sql = "select id, regexp_replace(name, '.+', 'b') as name, age+1 as age, pi() as pi from fake where id > 0";
    let result = support::query(sql, &batch).unwrap();
    assert_eq!(support::rows(&result), vec!["1, b, 21, 3.141592653589793"]);
    assert_eq!(support::row_type(&result.schema), "id<INT>, name<STRING>, age<INT>, pi<DOUBLE>");
}

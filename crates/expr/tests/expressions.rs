//! Operators, conditions, casts and functions over columns with nulls: normal, limit and failing values.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array, Int8Array, Int32Array,
    Int64Array, StringArray, Time64NanosecondArray, TimestampMicrosecondArray,
};
use millrace_batch::codec::{Context, Operator};
use millrace_batch::parse::{parse_date, parse_time, parse_timestamp};
use millrace_batch::{Batch, DataType, ErrorCode};
use millrace_expr::SqlTransform;
use std::sync::Arc;

fn ints(values: &[Option<i32>]) -> ArrayRef {
    Arc::new(Int32Array::from(values.to_vec()))
}

fn texts(values: &[Option<&str>]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

/// Four rows: ordinary, null, limits, ordinary.
fn sample() -> Batch {
    let price = Decimal128Array::from(vec![Some(1_235), None, Some(-5), Some(0)]);
    let date = |text: &str| parse_date(text.as_bytes());
    let timestamp = |text: &str| parse_timestamp(text.as_bytes());
    support::table(vec![
        ("i", DataType::Int, ints(&[Some(7), None, Some(i32::MIN), Some(0)])),
        (
            "b",
            DataType::BigInt,
            Arc::new(Int64Array::from(vec![Some(9_007_199_254_740_993), None, Some(i64::MAX), Some(-1)])),
        ),
        ("ti", DataType::TinyInt, Arc::new(Int8Array::from(vec![Some(3), None, Some(-128), Some(0)]))),
        ("f", DataType::Float, Arc::new(Float32Array::from(vec![Some(1.1), None, Some(f32::MAX), Some(-0.0)]))),
        ("d", DataType::Double, Arc::new(Float64Array::from(vec![Some(2.5), None, Some(f64::NAN), Some(-1.5)]))),
        ("p", DataType::Decimal { precision: 10, scale: 2 }, Arc::new(price.with_precision_and_scale(10, 2).unwrap())),
        ("s", DataType::String, texts(&[Some("Hello"), None, Some(""), Some("a😀b")])),
        ("u", DataType::String, texts(&[Some("l"), Some("x"), None, Some("😀")])),
        ("bo", DataType::Boolean, Arc::new(BooleanArray::from(vec![Some(true), None, Some(false), Some(true)]))),
        (
            "dt",
            DataType::Date,
            Arc::new(Date32Array::from(vec![date("2024-02-29"), None, date("1969-12-31"), date("2023-01-31")])),
        ),
        (
            "tm",
            DataType::Time,
            Arc::new(Time64NanosecondArray::from(vec![
                parse_time(b"10:15:00"),
                None,
                parse_time(b"23:59:59.999999999"),
                Some(0),
            ])),
        ),
        (
            "ts",
            DataType::Timestamp,
            Arc::new(TimestampMicrosecondArray::from(vec![
                timestamp("2024-03-15 10:15:00"),
                None,
                timestamp("1969-12-31 23:59:59.999999"),
                timestamp("2023-01-31 00:00:00"),
            ])),
        ),
    ])
}

fn column(expression: &str) -> Vec<String> {
    support::rows(&support::query(&format!("select {expression} as x from t"), &sample()).expect(expression))
}

fn kept(condition: &str) -> Vec<usize> {
    let numbered = "case when i = 7 then 0 when i is null then 1 when i = 0 then 3 else 2 end as row";
    let sql = format!("select {numbered} from t where {condition}");
    let result = support::query(&sql, &sample()).expect(condition);
    support::rows(&result).iter().map(|row| row.parse().unwrap()).collect()
}

#[test]
fn expressions_give_a_value_for_every_row() {
    let mut faults = Vec::new();
    for (expression, expected) in [
        ("i + 1", ["8", "", "-2147483647", "1"]),
        ("i - 1", ["6", "", "2147483647", "-1"]),
        ("i * 2", ["14", "", "0", "0"]),
        ("i / 2", ["3", "", "-1073741824", "0"]),
        ("i / -1", ["-7", "", "-2147483648", "0"]),
        ("i % 4", ["3", "", "0", "0"]),
        ("b + 1", ["9007199254740994", "", "-9223372036854775808", "0"]),
        ("i + b", ["9007199254741000", "", "9223372034707292159", "-1"]),
        ("ti * ti", ["9", "", "16384", "0"]),
        ("d / 0", ["Infinity", "", "NaN", "-Infinity"]),
        ("f + 0", ["1.100000023841858", "", "3.4028234663852886E38", "0.0"]),
        ("1 + NULL", ["", "", "", ""]),
        ("-i", ["-7", "", "-2147483648", "0"]),
        ("+i", ["7", "", "-2147483648", "0"]),
        ("-p", ["-12.35", "", "0.05", "0.00"]),
        ("p + i", ["19.35", "", "-2147483648.05", "0.00"]),
        ("p * p", ["152.52", "", "0.00", "0.00"]),
        ("p / 3", ["4.12", "", "-0.02", "0.00"]),
        ("p % 2", ["0.35", "", "-0.05", "0.00"]),
        ("p - 0.005", ["12.35", "", "-0.06", "-0.01"]),
        ("s || u", ["Hellol", "x", "", "a😀b😀"]),
        ("s || NULL || i", ["Hello7", "", "-2147483648", "a😀b0"]),
        ("case when i > 0 then 'pos' when i < 0 then 'neg' end", ["pos", "", "neg", ""]),
        ("case i when 7 then 'seven' when 0 then 'zero' else 'other' end", ["seven", "other", "other", "zero"]),
        ("case s when NULL then 1 else 0 end", ["0", "0", "0", "0"]),
        ("case i when i > 0 then 'holds' else 'no' end", ["holds", "no", "no", "no"]),
        ("case when bo then i else d end", ["7.0", "", "NaN", "0.0"]),
        ("case when i <> 0 then 14 / i else 0 end", ["2", "", "0", "0"]),
        ("cast(i as string)", ["7", "", "-2147483648", "0"]),
        ("cast(f as double)", ["1.1", "", "3.4028235E38", "-0.0"]),
        ("cast(d as decimal(10, 1))", ["2.5", "", "fails", ""]),
        ("cast(p as double)", ["12.35", "", "-0.05", "0.0"]),
        ("cast(bo as string)", ["true", "", "false", "true"]),
        ("cast(ti as smallint)", ["3", "", "-128", "0"]),
        ("cast(dt as timestamp)", ["2024-02-29T00:00", "", "1969-12-31T00:00", "2023-01-31T00:00"]),
        ("cast(ts as time)", ["10:15", "", "23:59:59.999999", "00:00"]),
        ("cast(tm as timestamp)", ["1970-01-01T10:15", "", "1970-01-01T23:59:59.999999", "1970-01-01T00:00"]),
        ("try_cast(s as int)", ["", "", "", ""]),
        ("try_cast(i as tinyint)", ["7", "", "", "0"]),
        ("try_cast(d as int)", ["", "", "", ""]),
        ("try_cast(i as boolean)", ["", "", "", "false"]),
        ("coalesce(s, u, 'z')", ["Hello", "x", "", "a😀b"]),
        ("coalesce(i, 1.0)", ["7", "1", "-2147483648", "0"]),
        ("ifnull(p, 3)", ["12.35", "3.00", "-0.05", "0.00"]),
        ("nullif(i, 7)", ["", "", "-2147483648", "0"]),
        ("nullif(b, 9007199254740992)", ["9007199254740993", "", "9223372036854775807", "-1"]),
        ("nullif(i, b)", ["7", "", "-2147483648", "0"]),
        ("length(s)", ["5", "", "0", "4"]),
        ("upper(s)", ["HELLO", "", "", "A😀B"]),
        ("lower(u)", ["l", "x", "", "😀"]),
        ("left(s, 2)", ["He", "", "", "a😀"]),
        ("right(s, 3)", ["llo", "", "", "😀b"]),
        ("substring(s, 2)", ["ello", "", "", "😀b"]),
        ("substring(s, 2, 2)", ["el", "", "", "😀"]),
        ("substring(s, -99, 2)", ["", "", "", ""]),
        ("lpad(s, 6, '*+')", ["*Hello", "", "******", "**a😀b"]),
        ("rpad(s, -1)", ["", "", "", ""]),
        ("rpad(s, 3)", ["Hel", "", "   ", "a😀"]),
        ("replace(s, 'l')", ["Heo", "", "", "a😀b"]),
        ("replace(s, '', '-')", ["Hello", "", "", "a😀b"]),
        ("repeat(s, -1)", ["", "", "", ""]),
        ("locate(u, s)", ["3", "0", "0", "2"]),
        ("locate('', s)", ["1", "0", "1", "1"]),
        ("locate('l', s, 4)", ["4", "0", "0", "0"]),
        ("locate('H', s, -9)", ["0", "0", "0", "0"]),
        ("instr(s, 'b')", ["0", "0", "0", "4"]),
        ("insert(s, 1, 1, NULL)", ["Hello", "", "", "a😀b"]),
        ("insert(s, 2, 99, 'X')", ["HX", "X", "", "aX"]),
        ("translate(s, 'lo', '01')", ["He001", "", "", "a😀b"]),
        ("char(i)", ["\u{7}", "", "\u{0}", "\u{0}"]),
        ("rawtohex(s)", ["00480065006c006c006f", "", "", "0061d83dde000062"]),
        ("concat_ws(NULL, s, u)", ["Hellol", "x", "", "a😀b😀"]),
        ("regexp_replace(s, '(l+)', '<$1>')", ["He<ll>o", "", "", "a😀b"]),
        ("regexp_like(s, u)", ["true", "", "", "true"]),
        ("regexp_substr(s, '.', 2, 2)", ["l", "", "", "b"]),
        ("abs(i)", ["7", "", "-2147483648", "0"]),
        ("abs(f)", ["1.1", "", "3.4028235E38", "0.0"]),
        ("sign(i)", ["1", "0", "-1", "0"]),
        ("ceil(d)", ["3", "", "0", "-1"]),
        ("floor(p)", ["12", "", "-1", "0"]),
        ("floor(b)", ["1", "", "-1", "-1"]),
        ("round(d)", ["3.0", "", "NaN", "-2.0"]),
        ("round(p, 1)", ["12.40", "", "-0.10", "0.00"]),
        ("round(i, -1)", ["10", "", "fails", "0"]),
        ("trunc(p, 1)", ["12.3", "", "0.0", "0.0"]),
        ("mod(i, 4)", ["3", "", "0", "0"]),
        ("power(i, 2)", ["49.0", "", "4.611686018427388E18", "0.0"]),
        ("sqrt(d)", ["1.5811388300841898", "", "NaN", "NaN"]),
        ("dateadd(dt, 1, 'YEAR')", ["2025-02-28", "", "1970-12-31", "2024-01-31"]),
        ("dateadd(dt, 1, 'month')", ["2024-03-29", "", "1970-01-31", "2023-02-28"]),
        ("dateadd(tm, 1, 'HOUR')", ["11:15", "", "00:59:59.999999999", "01:00"]),
        ("dateadd(ts, i, 'WEEK')", ["2024-05-03T10:15", "", "fails", ""]),
        ("datediff(dt, ts)", ["15", "", "0", "0"]),
        ("datediff(ts, dt, 'HOUR')", ["-370", "", "-23", "0"]),
        ("datediff(tm, tm, 'DAY')", ["", "", "", ""]),
        ("date_trunc(ts, 'HOUR')", ["2024-03-15T10:00", "", "1969-12-31T23:00", "2023-01-31T00:00"]),
        ("dayname(dt)", ["Thursday", "", "Wednesday", "Tuesday"]),
        ("extract(MILLISECOND from tm)", ["0", "", "999", "0"]),
        ("extract(YEAR from tm)", ["", "", "", ""]),
        ("formatdatetime(ts, 'yyyy-MM-dd''T''HH')", ["2024-03-15T10", "", "1969-12-31T23", "2023-01-31T00"]),
        ("to_char(bo)", ["true", "", "false", "true"]),
        ("parsedatetime(s, 'yyyy')", ["fails", "", "", ""]),
        ("is_date(s, 'yyyy-MM-dd')", ["false", "true", "false", "false"]),
        (
            "from_unixtime(i, 'yyyy-MM-dd HH:mm:ss')",
            ["1970-01-01 00:00:07", "", "1901-12-13 20:45:52", "1970-01-01 00:00:00"],
        ),
        ("true", ["true"; 4]),
        ("split(s, 'l')", ["[He, , o]", "", "[]", "[a😀b]"]),
        ("array(i, ti)", ["[7, 3]", "[, ]", "[-2147483648, -128]", "[0, 0]"]),
        ("array(i, s)", ["[7, Hello]", "[, ]", "[-2147483648, ]", "[0, a😀b]"]),
        ("map('k', i)", ["{\"k\":7}", "{\"k\":}", "{\"k\":-2147483648}", "{\"k\":0}"]),
        ("map(u, 1)", ["", "", "fails", ""]),
        ("array_max(array(i, b))", ["9007199254740993", "", "9223372036854775807", "0"]),
        ("array_min(split(s, 'l'))", ["", "", "", "a😀b"]),
        (
            "md5(s)",
            [
                "8b1a9953c4611296a827abf8c47804d7",
                "",
                "d41d8cd98f00b204e9800998ecf8427e",
                "186ca4f1a2d2ac0d5381177c6719713b",
            ],
        ),
        ("url_decode(concat('%', s))", ["fails", "", "", ""]),
        ("from_base64(to_base64(s))", ["Hello", "", "", "a😀b"]),
        ("get_json_object(concat('[', i, ']'), '$[0]')", ["7", "", "-2147483648", "0"]),
        ("multi_if(i > 0, 'pos', i < 0, 'neg', 'else')", ["pos", "else", "neg", "else"]),
    ] {
        let sql = format!("select {expression} as x from t");
        let actual = support::query(&sql, &sample());
        let failing = expected.iter().position(|value| *value == "fails").map(|row| row as u64);
        let same = match &actual {
            Ok(result) => support::rows(result) == expected,
            Err(error) => failing.is_some() && error.code == ErrorCode::ExpressionFailed && error.row == failing,
        };
        if !same {
            faults.push(format!("{expression}: {expected:?} but {:?}", actual.map(|result| support::rows(&result))));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn conditions_are_true_or_false_and_never_null() {
    for (condition, rows) in [
        ("i = 7", vec![0]),
        ("i <> 7", vec![1, 2, 3]),
        ("i != 7", vec![1, 2, 3]),
        ("NULL <> i", vec![0, 2, 3]),
        ("i <> NULL", vec![0, 2, 3]),
        ("NULL <> NULL", vec![]),
        ("NULL = NULL", vec![]),
        ("i < 1", vec![2, 3]),
        ("i <= 0", vec![2, 3]),
        ("i > 0", vec![0]),
        ("i >= 0", vec![0, 3]),
        ("i is null", vec![1]),
        ("i is not null", vec![0, 2, 3]),
        ("i = 7 or i is null", vec![0, 1]),
        ("i <> 7 and i is not null", vec![2, 3]),
        ("b = 9007199254740992", vec![0]),
        ("b in (9007199254740992)", vec![0]),
        ("i = 7.0", vec![0]),
        ("ti = i", vec![3]),
        ("d = d", vec![0, 3]),
        ("d <> d", vec![2]),
        ("p = 12.35", vec![0]),
        ("i = '7'", vec![]),
        ("i <> '7'", vec![0, 1, 2, 3]),
        ("dt = '2024-02-29'", vec![]),
        ("s < 'a'", vec![0, 2]),
        ("s = ''", vec![2]),
        ("s in ('Hello', '')", vec![0, 2]),
        ("s in ('a', 'b', 'c', 'd', 'e', 'f', 'Hello')", vec![0]),
        ("s not in ('a', 'b', 'c', 'd', 'e', 'f', 'Hello')", vec![2, 3]),
        ("i in (1, 2, 3, 4, 5, 6, 7, 8)", vec![0]),
        ("s in (NULL, 'x')", vec![1]),
        ("s not in (NULL, 'x')", vec![0, 1, 2, 3]),
        ("s not in ('x', NULL)", vec![0, 2, 3]),
        ("s in (u, 'Hello')", vec![0]),
        ("s like '%l%'", vec![0]),
        ("s not like '%l%'", vec![2, 3]),
        ("bo", vec![0, 3]),
        ("bo = true", vec![0, 3]),
        ("bo <> true", vec![1, 2]),
        ("regexp_like(s, '^H')", vec![0]),
        ("is_date(s, 'yyyy')", vec![1]),
        ("dt < DATE '2024-01-01'", vec![2, 3]),
        ("tm > TIME '10:00:00'", vec![0, 2]),
        ("ts = TIMESTAMP '2023-01-31 00:00:00'", vec![3]),
        ("NULL", vec![]),
        ("i = 7 and (s = 'x' or s = 'Hello')", vec![0]),
    ] {
        assert_eq!(kept(condition), rows, "{condition}");
    }
}

#[test]
fn the_lowest_failing_row_is_reported_whatever_ran_first() {
    let batch = support::table(vec![
        ("a", DataType::Int, ints(&[Some(1), Some(2), Some(0), Some(4), None])),
        ("z", DataType::Int, ints(&[Some(1), Some(0), Some(5), None, Some(0)])),
        ("s", DataType::String, texts(&[Some("1"), Some("2"), Some("x"), Some("y"), None])),
    ]);
    for (sql, expected) in [
        ("select 1 / a as x from t", Some(2)),
        ("select 1 / z as x from t", Some(1)),
        ("select 1 / a as x, 1 / z as y from t", Some(1)),
        ("select cast(s as int) + 1 / a as x from t", Some(2)),
        ("select 1 / z as x from t where 2 / a > 0", Some(1)),
        ("select 1 / z as x from t where a <> 2", Some(4)),
        ("select 1 / a as x from t where a > 2", None),
        ("select cast(s as int) as x from t where a = 4 or a = 0", Some(2)),
        ("select cast(s as int) as x from t where a = 4", Some(3)),
        ("select case when z <> 0 then a / z end as x from t", None),
        ("select case when a > 1 then cast(s as int) else 0 end as x from t", Some(3)),
        ("select case when z = 0 then 1 when 10 / z > 3 then 2 end as x from t", None),
        ("select a from t where a = 2 or 1 / 0 = 1", Some(0)),
        ("select 1 / 0 as x from t where a = 4", Some(3)),
        ("select 1 / 0 as x from t where a = 99", None),
        ("select a from t where z / a >= 0 and a / z >= 0", Some(1)),
        ("select a from t where a like NULL", Some(0)),
        ("select a from t where s > 1", Some(0)),
    ] {
        let result = support::query(sql, &batch);
        assert_eq!(result.as_ref().err().and_then(|error| error.row), expected, "{sql}: {result:?}");
        assert_eq!(result.is_err(), expected.is_some(), "{sql}: {result:?}");
        if let Some(row) = expected {
            let before = support::query(sql, &batch.slice(0, row as usize));
            assert!(before.is_ok(), "{sql}: the rows before the failing one go through");
        }
    }
}

#[test]
fn an_empty_batch_gives_an_empty_batch() {
    let empty = sample().slice(0, 0);
    for sql in
        ["select * from t", "select 1 / 0 as x, upper(s) as u, 'a' as a from t where i > 0 and cast(s as int) = 1"]
    {
        let result = support::query(sql, &empty).unwrap();
        assert_eq!(result.rows, 0, "{sql}");
        result.record_batch().unwrap();
    }
}

#[test]
fn results_have_the_arrays_that_their_schema_declares() {
    let sql = "select *, i + b as a1, p / 3 as a2, NULL as a3, 'x' as a4, case when bo then p else i end as a5, \
               coalesce(p, 1) as a6, current_timestamp as a7, mod(i, p + 1) as a8, round(f, 1) as a9, -p as b1, \
               cast(i as decimal(38, 2)) as b2, uuid() as b3, rand() as b4, is_date(s, 'x') as b5 from t";
    let batch = support::query(sql, &sample()).unwrap();
    batch.record_batch().unwrap();
    support::query(&format!("{sql} where i = 7"), &sample()).unwrap().record_batch().unwrap();
}

#[test]
fn row_kinds_stay_with_their_rows() {
    let mut batch = sample();
    batch.kinds = Some(Int8Array::from(vec![0, 1, 2, 3]));
    let all = support::query("select i from t", &batch).unwrap();
    assert_eq!(all.kinds, batch.kinds);
    let some = support::query("select i from t where i is null or i = 0", &batch).unwrap();
    assert_eq!(some.kinds, Some(Int8Array::from(vec![1, 3])));
}

#[test]
fn lateral_views_multiply_rows_by_elements() {
    let batch = support::table(vec![
        ("id", DataType::Int, ints(&[Some(1), Some(2), Some(3), Some(4)])),
        ("s", DataType::String, texts(&[Some("a,b"), None, Some(""), Some("c")])),
    ]);
    for (sql, columns, rows) in [
        (
            "select * from t lateral view explode(split(s, ',')) as x",
            "id<INT>, s<STRING>, x<STRING>",
            vec!["1, a,b, a", "1, a,b, b", "3, , ", "4, c, c"],
        ),
        (
            "select * from t lateral view explode(split(s, ',')) as s",
            "id<INT>, s<STRING>",
            vec!["1, a", "1, b", "3, ", "4, c"],
        ),
        (
            "select id, s from t lateral view outer explode(split(s, ',')) as s where id < 3",
            "id<INT>, s<STRING>",
            vec!["1, a", "1, b", "2, "],
        ),
        (
            "select id, s from t lateral view explode(split(s, ',')) as s lateral view explode(array(id, 0)) as n where id = 1",
            "id<INT>, s<STRING>, n<INT>",
            vec!["1, a, 1", "1, a, 0", "1, b, 1", "1, b, 0"],
        ),
        ("select id from t lateral view explode(array(1)) as n where id > 99", "id<INT>, n<INT>", vec![]),
    ] {
        let result = support::query(sql, &batch).expect(sql);
        assert_eq!(support::row_type(&result.schema), columns, "{sql}");
        assert_eq!(support::rows(&result), rows, "{sql}");
        result.record_batch().unwrap();
    }
    let sql = "select * from t lateral view explode(split(s, ',')) as x lateral view explode(array(1 / (id - 4))) as y where id <> 2";
    assert_eq!(support::query(sql, &batch).unwrap_err().row, Some(3));
    let mut kinds = batch.clone();
    kinds.kinds = Some(Int8Array::from(vec![0, 1, 2, 3]));
    let result = support::query("select * from t lateral view explode(split(s, ',')) as x", &kinds).unwrap();
    assert_eq!(result.kinds, Some(Int8Array::from(vec![0, 0, 2, 3])));
    let sql =
        "select s, id as number from t lateral view explode(split(s, ',')) as s lateral view explode(array(1)) as n";
    let transform = SqlTransform::compile(sql, &batch.schema, &Context::default()).unwrap();
    assert_eq!(transform.lineage(), vec![None, Some(0), None]);
}

#[test]
fn lineage_names_the_plain_columns() {
    let schema = sample().schema;
    let sql = "select s, i as number, i + 1 as next, t.u, upper(s) as up, `bo` from t";
    let transform = SqlTransform::compile(sql, &schema, &Context::default()).unwrap();
    assert_eq!(transform.lineage(), vec![Some(6), Some(0), None, Some(7), None, Some(8)]);
    let names: Vec<_> = transform.output_schema().columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["s", "number", "next", "u", "up", "`bo`"]);
}

#[test]
fn plain_columns_are_not_copied() {
    let batch = sample();
    let result = support::query("select s, i from t where 1 = 1", &batch).unwrap();
    assert!(Arc::ptr_eq(&result.columns[0], &batch.columns[6]));
    assert!(Arc::ptr_eq(&result.columns[1], &batch.columns[0]));
}

#[test]
fn a_slice_of_a_batch_gives_the_same_as_the_batch() {
    let batch = sample();
    for expression in ["upper(s)", "s || u", "i + 1", "p * 2", "case when bo then s else u end", "length(s)", "-d"] {
        let sql = format!("select {expression} as x from t where i is not null or s is null");
        let whole = support::rows(&support::query(&sql, &batch).unwrap());
        let sliced = support::rows(&support::query(&sql, &batch.slice(1, 3)).unwrap());
        assert_eq!(sliced, whole[1..], "{expression}");
    }
}

#[test]
fn what_has_no_meaning_is_refused_with_its_place() {
    for (sql, message, offset) in [
        ("select zz from t", "can't find field [zz]", 7),
        ("select I from t", "can't find field [I]", 7),
        ("select i.x from t", "can't find field [i.x]", 7),
        ("select i from t where zz = 1", "can't find field [zz]", 22),
        ("select i + s from t", "Unsupported SQL Expression: i + s", 9),
        ("select i > 5 from t", "Unsupported SQL Expression: i > 5", 9),
        ("select i from t where not bo", "Unsupported SQL Expression: NOT bo", 22),
        ("select i from t where i between 1 and 2", "Unsupported SQL Expression: i BETWEEN 1 AND 2", 24),
        ("select i from t where exists (select 1)", "Unsupported SQL Expression: EXISTS (select 1)", 22),
        ("select i from t where i", "Unsupported SQL Expression: i", 22),
        ("select -s from t", "Unsupported SQL Expression: -s", 7),
        ("select i ^ 2 from t", "Unsupported SQL Expression: i ^ 2", 9),
        ("select md55(s) from t", "Unsupported function: MD55", 7),
        ("select sum(i) from t", "Unsupported function: SUM", 7),
        ("select upper() from t", "the function UPPER does not take 0 arguments", 7),
        ("select 1 + upper(s, s) from t", "the function UPPER does not take 2 arguments", 11),
        ("select sqrt(s) from t", "the argument 1 of SQRT must be a number, not STRING", 7),
        ("select year(s) from t", "the argument 1 of YEAR must be a DATE, TIME or TIMESTAMP, not STRING", 7),
        ("select cast(i as blob) from t", "Unsupported CAST AS type: BLOB", 17),
        (
            "select cast(i as decimal(40, 2)) from t",
            "the type 'decimal (40, 2)' needs a precision of 1 to 38 and a scale of at most that",
            17,
        ),
        ("select case when bo then 's' else 1 end from t", "STRING type not compatible INT", 7),
        ("select 99999999999999999999 from t", "the number '99999999999999999999' does not fit BIGINT", 7),
        ("select DATE '2024-02-30' from t", "the literal DATE '2024-02-30' is not valid", 7),
        ("select to_date(s, u) from t", "the pattern of PARSEDATETIME must be a constant, for it decides the type", 7),
        ("select to_date(s, 'x') from t", "the pattern 'x' has neither 'yy' nor 'mm'", 7),
    ] {
        let error = support::query(sql, &sample()).expect_err(sql);
        assert_eq!((error.code, error.message.as_str()), (ErrorCode::SqlInvalid, message), "{sql}");
        assert_eq!(error.offset, Some(offset), "{sql}");
    }
    let twice = support::query("select i, i from t", &sample()).unwrap_err();
    assert_eq!((twice.code, twice.field.as_deref()), (ErrorCode::SqlInvalid, Some("i")));
    let view = support::query("select s from t lateral view explode(s) as x", &sample()).unwrap_err();
    assert_eq!((view.code, view.offset), (ErrorCode::SqlInvalid, Some(37)));
}

#[test]
fn no_value_grows_beyond_its_limit() {
    let context = Context { value_limit_bytes: 1_000, ..Context::default() };
    for expression in [
        "repeat('ab', 501)",
        "space(1001)",
        "lpad('a', 2000000000)",
        "rpad('é', 2000000000, '😀')",
        "repeat(repeat('a', 999), 999)",
    ] {
        let sql = format!("select {expression} as x from t");
        let error = support::query_with(&sql, &sample(), &context).expect_err(expression);
        assert_eq!((error.code, error.row), (ErrorCode::ValueTooLarge, Some(0)), "{expression}");
    }
    assert!(support::query_with("select space(1000) as x from t", &sample(), &context).is_ok());
}

#[test]
fn clock_zone_and_seed_come_from_the_context() {
    let now_micros = 1_700_000_000_123_456;
    let context = Context { zone: "Asia/Shanghai".into(), now_micros, seed: 7, ..Context::default() };
    let sql = "select current_timestamp as a, current_date() as b, current_time as c, now() as d, \
               cast(0 * b as timestamp) as e, from_unixtime(0, 'HH') as f from t where i = 7";
    let result = support::query_with(sql, &sample(), &context).unwrap();
    let now = "2023-11-15T06:13:20.123456";
    let expected = format!("{now}, 2023-11-15, 06:13:20.123456, {now}, 1970-01-01T08:00, 08");
    assert_eq!(support::rows(&result), vec![expected]);
    let random = |seed| {
        let context = Context { seed, ..Context::default() };
        support::rows(&support::query_with("select uuid() as u, rand() as r from t", &sample(), &context).unwrap())
    };
    assert_eq!(random(1), random(1));
    assert_ne!(random(1), random(2));
    let rows = random(1);
    assert!(rows.iter().all(|row| row.as_bytes()[14] == b'4' && b"89ab".contains(&row.as_bytes()[19])), "{rows:?}");
    assert_eq!(rows.iter().collect::<std::collections::HashSet<_>>().len(), 4);
    let unknown = Context { zone: "Mars".into(), ..Context::default() };
    assert_eq!(support::query_with(sql, &sample(), &unknown).unwrap_err().code, ErrorCode::OptionInvalid);
}

#[test]
fn high_and_nested_expressions_run() {
    let chain = format!("i{}", " + 1".repeat(120));
    assert_eq!(column(&chain)[0], "127");
    let nested = format!("{}s{}", "upper(".repeat(60), ")".repeat(60));
    assert_eq!(column(&nested)[0], "HELLO");
    let conditions = vec!["i = 7"; 5_000].join(" or ");
    assert_eq!(kept(&conditions), vec![0]);
}

#[test]
fn extreme_dates_fail_or_work_and_never_panic() {
    let batch = support::table(vec![
        ("dt", DataType::Date, Arc::new(Date32Array::from(vec![i32::MAX, i32::MIN, 0]))),
        ("ts", DataType::Timestamp, Arc::new(TimestampMicrosecondArray::from(vec![i64::MAX, i64::MIN, 0]))),
        ("n", DataType::BigInt, Arc::new(Int64Array::from(vec![i64::MAX, i64::MIN, 1]))),
    ]);
    let units = ["YEAR", "MONTH", "WEEK", "DAY", "HOUR", "MILLISECOND"];
    let mut expressions: Vec<String> =
        ["YEAR", "WEEK", "DAY_OF_WEEK", "DAY_OF_YEAR", "DAYNAME", "DATE_TRUNC", "QUARTER"]
            .iter()
            .flat_map(|name| [format!("{name}(dt)"), format!("{name}(ts)")])
            .collect();
    for unit in units {
        for value in ["dt", "ts"] {
            expressions.push(format!("DATEADD({value}, n, '{unit}')"));
            expressions.push(format!("DATEDIFF({value}, ts, '{unit}')"));
        }
    }
    for more in [
        "CAST(dt AS TIMESTAMP)",
        "CAST(ts AS DATE)",
        "CAST(n AS TIMESTAMP)",
        "CAST(n AS DATE)",
        "CAST(n AS TIME)",
        "FROM_UNIXTIME(n, 'yyyy-MM-dd HH:mm:ss')",
        "FORMATDATETIME(dt, 'yyyy-MM-dd EEE D Q')",
        "FORMATDATETIME(ts, 'uuuu G HH:mm:ss.SSSSSSSSS')",
        "SUBSTRING('abc', n, n)",
        "LEFT('abc', n)",
        "INSERT('abc', n, n, 'x')",
        "LOCATE('a', 'abc', n)",
        "ROUND(n, n)",
        "CEIL(n, n)",
        "TRUNC(1.5, n)",
        "ROUND(CAST(n AS DECIMAL(20, 0)), n)",
        "REGEXP_SUBSTR('abc', '.', n, n)",
        "CHAR(n)",
        "n / -1",
        "n % -1",
        "-n",
        "ABS(n)",
        "RAND(n)",
        "CAST(n AS DECIMAL(38, 30))",
        "CAST(n AS DECIMAL(30, 10)) * CAST(n AS DECIMAL(30, 10))",
        "CAST(n AS DECIMAL(20, 0)) / CAST(n AS DECIMAL(30, 10))",
    ] {
        expressions.push(more.into());
    }
    for expression in &expressions {
        for row in 0..3 {
            let sql = format!("select {expression} as x from t");
            if let Err(error) = support::query(&sql, &batch.slice(row, 1)) {
                assert_eq!(error.row, Some(0), "{expression}: {error}");
            }
        }
    }
}

#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::DEFINITION;
use arrow_array::Array;
use millrace_batch::codec::{Context, InputBounds};
use millrace_batch::schema::{Column, DataType};
use millrace_batch::{Batch, ErrorCode, KernelError, OutputBuffer, Result, Schema, array_from_json};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::Arc;

fn schema(columns: &[(&str, DataType)]) -> Arc<Schema> {
    let columns = columns.iter();
    let columns = columns.map(|(name, data_type)| Column {
        name: (*name).to_owned(),
        data_type: data_type.clone(),
        nullable: true,
    });
    Arc::new(Schema { table: "t".to_owned(), columns: columns.collect() })
}

fn two() -> Arc<Schema> {
    schema(&[("id", DataType::Int), ("name", DataType::String)])
}

/// Presents `input` in pieces of `step` bytes, as the host does, and gives the rows.
fn read_in_steps(schema: &Arc<Schema>, options: &Value, input: &[u8], step: usize, limit: usize) -> Result<Vec<Batch>> {
    let context = Context { value_limit_bytes: 1 << 20, ..Context::default() };
    let mut decoder = DEFINITION.decoder.unwrap()(schema, options, &context)?;
    let mut batches = Vec::new();
    let (mut position, mut is_start) = (0, true);
    while position < input.len() || is_start {
        decoder.begin("")?;
        let (morsel, mut shown) = (position, position);
        loop {
            let bounds = InputBounds {
                skip_partial_record: false,
                start_of_file: is_start,
                end_of_file: shown == input.len(),
                limit: (morsel + limit).saturating_sub(position),
            };
            let decoded = decoder.decode(&input[position..shown], bounds)?;
            position += decoded.consumed;
            is_start &= decoded.consumed == 0;
            batches.extend(decoded.batch);
            if decoded.done {
                break;
            }
            if shown == input.len() {
                assert!(decoded.consumed > 0, "a decoder wants more than there is");
            }
            shown = (shown.max(position) + step).min(input.len());
        }
        is_start = false;
    }
    Ok(batches)
}

fn read(schema: &Arc<Schema>, options: &Value, text: &str) -> Result<Vec<Batch>> {
    read_in_steps(schema, options, text.as_bytes(), usize::MAX / 2, usize::MAX / 2)
}

fn elements() -> Value {
    json!({ "rowTag": "r", "useAttributes": false })
}

fn attributes() -> Value {
    json!({ "rowTag": "r", "useAttributes": true })
}

/// Rows as JSON lists, through the arrays' texts.
fn rows(batches: &[Batch]) -> Vec<Vec<Option<String>>> {
    let mut rows = Vec::new();
    for batch in batches {
        for row in 0..batch.rows {
            let texts = crate::cell::text::Texts::columns(batch).unwrap();
            let cells = texts.iter().map(|column| {
                let mut text = Vec::new();
                column.append(row, ";", &mut text);
                (!column.is_null(row)).then(|| String::from_utf8(text).unwrap())
            });
            rows.push(cells.collect());
        }
    }
    rows
}

fn texts(rows: &[&[Option<&str>]]) -> Vec<Vec<Option<String>>> {
    rows.iter().map(|row| row.iter().map(|cell| cell.map(str::to_owned)).collect()).collect()
}

#[test]
fn rows_are_elements_of_one_name_at_any_depth() {
    for (title, options, document, expected) in [
        (
            "child elements",
            elements(),
            "<?xml version='1.0'?><rs><r><id>1</id><name>a</name></r><x><r><name>b</name></r></x></rs>",
            texts(&[&[Some("1"), Some("a")], &[None, Some("b")]]),
        ),
        ("attributes", attributes(), "<rs><r id='1' name='a&lt;&#x41;'/></rs>", texts(&[&[Some("1"), Some("a<A")]])),
        ("blank fields", elements(), "<r><id> </id><name> </name></r>", texts(&[&[None, Some(" ")]])),
        ("the root is a row", attributes(), "<r name=''/>", texts(&[&[None, Some("")]])),
        ("a repeated field", elements(), "<r><id>1</id><id>2</id></r>", texts(&[&[Some("2"), None]])),
        ("no wanted field", elements(), "<rs><r/><r><z>1</z></r><r><id>3</id></r></rs>", texts(&[&[Some("3"), None]])),
        (
            "text around markup",
            elements(),
            "<r><name>a<b>no</b>c<!-- x --><![CDATA[<&>]]>&amp;</name></r>",
            texts(&[&[None, Some("ac<&>&")]]),
        ),
        (
            "rows inside of rows",
            elements(),
            "<r><id>1</id><sub><r><id>2</id></r></sub><name>x</name></r>",
            texts(&[&[Some("1"), Some("x")], &[Some("2"), None]]),
        ),
        (
            "names with prefixes",
            elements(),
            "<a:rs xmlns:a='u'><r><a:id>1</a:id></r></a:rs>",
            texts(&[&[Some("1"), None]]),
        ),
        ("line ends", elements(), "<r><name>a\r\nb&#13;</name></r>", texts(&[&[None, Some("a\nb\r")]])),
        ("white space of attributes", attributes(), "<r name='a\n\tb&#10;'/>", texts(&[&[None, Some("a  b\n")]])),
        (
            "a document type",
            attributes(),
            "<!DOCTYPE rs [<!ENTITY e 'x'>]><rs><r id='1'/></rs>",
            texts(&[&[Some("1"), None]]),
        ),
        ("a byte-order mark", attributes(), "\u{feff}<r id='7'/>", texts(&[&[Some("7"), None]])),
        (
            "names that differ in their prefix",
            attributes(),
            "<rs xmlns:a='u'><r id='1' a:id='2'/></rs>",
            texts(&[&[Some("2"), None]]),
        ),
        ("no row", elements(), "<rs></rs>", texts(&[])),
    ] {
        let found = rows(&read(&two(), &options, document).expect(title));
        assert_eq!(found, expected, "{title}");
        for step in [1, 3, 7] {
            for limit in [1, 20, usize::MAX / 2] {
                let batches = read_in_steps(&two(), &options, document.as_bytes(), step, limit).expect(title);
                assert_eq!(rows(&batches), expected, "{title} in steps of {step}, pieces of {limit}");
            }
        }
    }
}

#[test]
fn what_is_no_document_is_refused_with_its_row() {
    let deep = "<a>".repeat(600);
    let long = format!("<rs><r><name>{}</name></r></rs>", "x".repeat(2 << 20));
    for (document, code, row) in [
        ("hello", ErrorCode::FileCorrupt, 0),
        ("  \n", ErrorCode::FileCorrupt, 0),
        ("<rs><r><id>1</id></r>", ErrorCode::FileCorrupt, 1),
        ("<rs><r><id>1</id>", ErrorCode::FileCorrupt, 0),
        ("<rs><r><id>1</ib></r></rs>", ErrorCode::FileCorrupt, 0),
        ("<rs><r><id>1</id></r></rt>", ErrorCode::FileCorrupt, 1),
        ("<rs/><rs/>x", ErrorCode::FileCorrupt, 0),
        ("<rs><r><id>&evil;</id></r></rs>", ErrorCode::FileCorrupt, 0),
        ("<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><r><id>&e;</id></r>", ErrorCode::FileCorrupt, 0),
        ("<rs><r><id>&#0;</id></r></rs>", ErrorCode::FileCorrupt, 0),
        ("<rs><r><id", ErrorCode::FileCorrupt, 0),
        ("<rs><!-- ", ErrorCode::FileCorrupt, 0),
        ("<rs><r><id>one</id></r></rs>", ErrorCode::ValueMalformed, 0),
        (deep.as_str(), ErrorCode::FileCorrupt, 0),
        (long.as_str(), ErrorCode::ValueTooLarge, 0),
    ] {
        let error = read(&two(), &elements(), document).unwrap_err();
        let shown = &document[..document.len().min(60)];
        assert_eq!((error.code, error.row), (code, Some(row)), "{shown}: {}", error.message);
    }
    let twice = read(&two(), &attributes(), "<rs><r id='1'/><r id='1' id='2'/></rs>").unwrap_err();
    assert_eq!((twice.code, twice.row), (ErrorCode::FileCorrupt, Some(1)));
    let invalid = read_in_steps(&two(), &elements(), b"<r><name>\xff</name></r>", 9, 99).unwrap_err();
    assert_eq!(invalid.code, ErrorCode::EncodingInvalid);
    let options = json!({ "rowTag": "" });
    assert_eq!(read(&two(), &options, "<r/>").unwrap_err().code, ErrorCode::OptionInvalid);
}

#[test]
fn a_row_may_have_a_great_many_attributes() {
    let many = (0..50_000).map(|index| format!(" a{index}=''")).collect::<Vec<_>>().concat();
    let batches = read(&two(), &attributes(), &format!("<r id='1'{many}/>")).unwrap();
    assert_eq!(rows(&batches), texts(&[&[Some("1"), None]]));
}

#[test]
fn the_rows_before_a_bad_one_can_be_had() {
    let mut decoder = DEFINITION.decoder.unwrap()(&two(), &attributes(), &Context::default()).unwrap();
    decoder.begin("").unwrap();
    let input = b"<rs><r id='1'/><r id='2'/><r id='x'/></rs>";
    let bounds = InputBounds { skip_partial_record: false, start_of_file: true, end_of_file: true, limit: 999 };
    let error = decoder.decode(input, bounds).unwrap_err();
    assert_eq!((error.row, error.field.as_deref()), (Some(2), Some("id")));
    assert_eq!(decoder.rows_before_error().unwrap().rows, 2);
}

fn encode(schema: &Arc<Schema>, options: &Value, columns: &[Vec<Value>]) -> Result<(String, Vec<u64>)> {
    let rows = columns.first().map_or(0, Vec::len);
    let arrays = schema.columns.iter().zip(columns).map(|(column, values)| {
        array_from_json(&values.iter().map(Some).collect::<Vec<_>>(), &column.data_type).unwrap()
    });
    let batch = Batch::try_new(Arc::clone(schema), arrays.collect(), rows)?;
    let mut encoder = DEFINITION.encoder.unwrap()(schema, options, &Context::default())?;
    let (mut text, mut row, mut room) = (Vec::new(), 0, 16);
    while row < rows {
        let mut bytes = vec![0; room];
        let mut output = OutputBuffer::new(&mut bytes);
        let done = encoder.encode(&batch, row, &mut output)?;
        text.extend_from_slice(output.written());
        if done == row {
            assert!(encoder.row_bound(&batch, row) > room);
            room *= 2;
        }
        row = done;
    }
    let ends = encoder.row_ends().to_vec();
    Ok((String::from_utf8(text).unwrap(), ends))
}

#[test]
fn rows_are_written_as_elements_or_attributes() {
    let columns = [vec![json!(1), json!(null)], vec![json!("a<&>\"\n\r"), json!("")]];
    let options = json!({ "rootTag": "rs", "rowTag": "r", "useAttributes": false });
    let (text, ends) = encode(&two(), &options, &columns).unwrap();
    let first = "\n\t<r>\n\t\t<id>1</id>\n\t\t<name>a&lt;&amp;&gt;\"\n&#13;</name>\n\t</r>";
    assert_eq!(text, format!("{first}\n\t<r>\n\t\t<id/>\n\t\t<name/>\n\t</r>"));
    assert_eq!(ends, [first.len() as u64, text.len() as u64]);
    let options = json!({ "rootTag": "rs", "rowTag": "r", "useAttributes": true });
    let (text, _) = encode(&two(), &options, &columns).unwrap();
    let expected = "\n\t<r id=\"1\" name=\"a&lt;&amp;&gt;&quot;&#10;&#13;\"/>\n\t<r id=\"\" name=\"\"/>";
    assert_eq!(text, expected);
    let end = DEFINITION.assemble.unwrap()(&two(), &options, &Context::default(), &[]).unwrap();
    assert_eq!(end, b"\n</rs>\n");
}

#[test]
fn what_xml_cannot_hold_is_refused() {
    let error = |schema: &Arc<Schema>, options: &Value, value: &str| -> KernelError {
        encode(schema, options, &[vec![json!("x"), json!(value)]]).unwrap_err()
    };
    let one = schema(&[("name", DataType::String)]);
    let refused = error(&one, &json!({}), "a\u{1}");
    assert_eq!((refused.code, refused.row, refused.field.as_deref()), (ErrorCode::EncodeFailed, Some(1), Some("name")));
    assert!(refused.message.contains("U+0001"), "{}", refused.message);
    assert!(error(&one, &json!({}), "\u{ffff}").message.contains("U+FFFF"));
    let bad = schema(&[("first name", DataType::String)]);
    assert_eq!(error(&bad, &json!({}), "").code, ErrorCode::OptionInvalid);
    for name in ["1a", "", "a b", "-x", "<"] {
        assert_eq!(error(&one, &json!({ "rowTag": name }), "").code, ErrorCode::OptionInvalid, "{name}");
        assert_eq!(error(&one, &json!({ "rootTag": name }), "").code, ErrorCode::OptionInvalid, "{name}");
    }
}

fn round_trip(schema: &Arc<Schema>, use_attributes: bool, columns: &[Vec<Value>]) -> Vec<Batch> {
    let options = json!({ "rootTag": "rs", "rowTag": "r", "useAttributes": use_attributes });
    let (text, _) = encode(schema, &options, columns).unwrap();
    let end = DEFINITION.assemble.unwrap()(schema, &options, &Context::default(), &[]).unwrap();
    let document = format!("<?xml version=\"1.0\"?>\n<rs>{text}{}", String::from_utf8(end).unwrap());
    read_in_steps(schema, &options, document.as_bytes(), 97, 501).unwrap()
}

#[test]
fn every_type_comes_back() {
    let map = DataType::Map { key: Box::new(DataType::String), value: Box::new(DataType::Int) };
    for (data_type, values) in [
        (DataType::Boolean, vec![json!(true), json!(false), json!(null)]),
        (DataType::TinyInt, vec![json!(-128), json!(127), json!(null)]),
        (DataType::SmallInt, vec![json!(-32768), json!(32767), json!(null)]),
        (DataType::Int, vec![json!(i32::MIN), json!(i32::MAX), json!(null)]),
        (DataType::BigInt, vec![json!(i64::MIN), json!(i64::MAX), json!(null)]),
        (DataType::Float, vec![json!(1.5e38), json!(-0.1), json!(null)]),
        (DataType::Double, vec![json!(1e308), json!(5e-324), json!(null)]),
        (DataType::Decimal { precision: 38, scale: 2 }, vec![json!("-999999999999999999999999999999999999.99")]),
        (DataType::Date, vec![json!("0001-01-01"), json!("9999-12-31"), json!(null)]),
        (DataType::Time, vec![json!("00:00:00"), json!("23:59:59.999999999"), json!(null)]),
        (DataType::Timestamp, vec![json!("0001-01-01T00:00:00"), json!("9999-12-31T23:59:59.999999")]),
        (DataType::Array { element: Box::new(DataType::Int) }, vec![json!([1, null, 3]), json!([]), json!(null)]),
        (map, vec![json!({"a": 1, "\"": null}), json!({}), json!(null)]),
        (DataType::String, vec![json!(""), json!(" é😀\r\n\t<&>\"' "), json!("]]>")]),
    ] {
        let schema = schema(&[("v", data_type.clone()), ("k", DataType::String)]);
        let keys = vec![json!("k"); values.len()];
        for use_attributes in [false, true] {
            let batches = round_trip(&schema, use_attributes, &[values.clone(), keys.clone()]);
            let expected = array_from_json(&values.iter().map(Some).collect::<Vec<_>>(), &data_type).unwrap();
            let parts: Vec<&dyn Array> = batches.iter().map(|batch| batch.columns[0].as_ref()).collect();
            let found = arrow_select::concat::concat(&parts).unwrap();
            assert_eq!(&found, &expected, "{data_type}, attributes {use_attributes}");
        }
    }
}

/// More cases when the long tests are asked for.
fn cases() -> ProptestConfig {
    ProptestConfig::with_cases(if std::env::var("MILLRACE_TEST").is_ok_and(|mode| mode == "long") {
        20_000
    } else {
        256
    })
}

const SEED: &str = "<?xml version=\"1.0\"?>\n<!DOCTYPE rs>\n<rs a=\"b\">\n\t<r id=\"1\">\n<id>5</id><name>x &amp; <![CDATA[y]]></name></r><!-- c -->\
    <s><r><name>z</name></r></s>\n</rs>\n";

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn any_bytes_give_rows_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..200), step in 1usize..50) {
        let _ = read_in_steps(&two(), &elements(), &bytes, step, 64);
    }

    #[test]
    fn a_changed_document_gives_the_same_however_it_is_cut(
        changes in proptest::collection::vec((0..SEED.len(), any::<u8>()), 0..4),
        step in 1usize..80,
    ) {
        let mut document = SEED.as_bytes().to_vec();
        for (at, byte) in changes {
            document[at] = byte;
        }
        let whole = read_in_steps(&two(), &elements(), &document, usize::MAX / 2, usize::MAX / 2);
        let cut = read_in_steps(&two(), &elements(), &document, step, usize::MAX / 2);
        match (whole, cut) {
            (Ok(whole), Ok(cut)) => prop_assert_eq!(rows(&whole), rows(&cut)),
            (Err(_), Err(_)) => {}
            (whole, cut) => prop_assert!(false, "{:?} and {:?}", whole.map(|b| rows(&b)), cut.map(|b| rows(&b))),
        }
    }

    #[test]
    fn any_text_comes_back(texts in proptest::collection::vec("[\t\n\r -\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10fff}]{0,20}", 1..20)) {
        let schema = schema(&[("v", DataType::String)]);
        let values: Vec<Value> = texts.iter().map(|text| json!(text)).collect();
        for use_attributes in [false, true] {
            let batches = round_trip(&schema, use_attributes, std::slice::from_ref(&values));
            let found: Vec<String> = rows(&batches).into_iter().map(|row| row[0].clone().unwrap()).collect();
            prop_assert_eq!(&found, &texts);
        }
    }
}

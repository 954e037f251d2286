#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::DEFINITION;
use super::encoder::{local_header, sheet_part};
use arrow_array::{Array, ArrayRef};
use flate2::{Compress, Compression, FlushCompress};
use millrace_batch::codec::{Context, InputBounds};
use millrace_batch::schema::{Column, DataType};
use millrace_batch::{Batch, ErrorCode, KernelError, OutputBuffer, Result, Schema, array_from_json};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::Arc;

fn schema(columns: &[(&str, DataType)]) -> Arc<Schema> {
    let columns = columns.iter().map(|(name, data_type)| Column {
        name: (*name).to_owned(),
        data_type: data_type.clone(),
        nullable: true,
    });
    Arc::new(Schema { table: "t".to_owned(), columns: columns.collect() })
}

/// Gives a file to a decoder in pieces of `step` bytes.
fn read_with(schema: &Arc<Schema>, options: &Value, file: &[u8], step: usize) -> Result<Vec<Batch>> {
    let context = Context { value_limit_bytes: 1 << 20, ..Context::default() };
    let mut decoder = DEFINITION.decoder.unwrap()(schema, options, &context)?;
    decoder.begin("{\"partitions\":{}}")?;
    let (mut position, mut batches) = (0, Vec::new());
    loop {
        let shown = (position + step).min(file.len());
        let bounds = InputBounds {
            skip_partial_record: false,
            start_of_file: position == 0,
            end_of_file: position == file.len(),
            limit: usize::MAX,
        };
        let decoded = decoder.decode(&file[position..shown], bounds)?;
        position += decoded.consumed;
        batches.extend(decoded.batch);
        if decoded.done {
            return Ok(batches);
        }
    }
}

fn read(schema: &Arc<Schema>, options: &Value, file: &[u8]) -> Result<Vec<Batch>> {
    read_with(schema, options, file, usize::MAX / 2)
}

fn column(batches: &[Batch], index: usize) -> ArrayRef {
    let parts: Vec<&dyn Array> = batches.iter().map(|batch| batch.columns[index].as_ref()).collect();
    arrow_select::concat::concat(&parts).unwrap()
}

/// What the host writes in front of the rows.
fn beginning(head: &str) -> Vec<u8> {
    let mut bytes = local_header(&sheet_part(1));
    let mut compress = Compress::new(Compression::new(6), false);
    let mut packed = Vec::with_capacity(head.len() + 100);
    compress.compress_vec(head.as_bytes(), &mut packed, FlushCompress::Sync).unwrap();
    bytes.extend_from_slice(&packed);
    bytes
}

const HEAD: &str = "<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData><row><c t=\"inlineStr\">\
    <is><t>name</t></is></c></row>";

/// A file of pieces of rows, as the host puts it together.
fn write(
    schema: &Arc<Schema>,
    columns: &[ArrayRef],
    pieces: &[usize],
    rows_per_sheet: u64,
    room: usize,
) -> Result<Vec<u8>> {
    let mut file = beginning(HEAD);
    let options =
        json!({ "sheetHead": HEAD, "headerBytes": file.len(), "rowsPerSheet": rows_per_sheet, "sheetName": "a&b" });
    let mut encoder = DEFINITION.encoder.unwrap()(schema, &options, &Context::default())?;
    let rows = columns.first().map_or(0, Array::len);
    let batch = Batch::try_new(Arc::clone(schema), columns.to_vec(), rows)?;
    let (mut row, mut placed) = (0, Vec::new());
    for piece in pieces {
        encoder.reset(row as u64);
        let offset = file.len() as u64;
        let mut bytes = vec![0; room];
        assert_eq!(encoder.encode(&batch.slice(row, *piece), 0, &mut OutputBuffer::new(&mut bytes))?, *piece);
        loop {
            let mut output = OutputBuffer::new(&mut bytes);
            let is_done = encoder.finish(&mut output)?;
            file.extend_from_slice(output.written());
            if is_done {
                break;
            }
        }
        placed.push((offset, encoder.take_metadata().unwrap()));
        row += piece;
    }
    let placed: Vec<(u64, &[u8])> = placed.iter().map(|(offset, metadata)| (*offset, metadata.as_slice())).collect();
    let end = DEFINITION.assemble.unwrap()(schema, &options, &Context::default(), &placed)?;
    let number = |at: usize, length: usize| {
        end[at..at + length].iter().rev().fold(0usize, |value, byte| value << 8 | usize::from(*byte))
    };
    let mut at = 4;
    for _ in 0..number(0, 4) {
        let (offset, length) = (number(at, 8), number(at + 8, 4));
        file[offset..offset + length].copy_from_slice(&end[at + 12..at + 12 + length]);
        at += 12 + length;
    }
    file.extend_from_slice(&end[at..]);
    Ok(file)
}

fn array(data_type: &DataType, values: &[Value]) -> ArrayRef {
    array_from_json(&values.iter().map(Some).collect::<Vec<_>>(), data_type).unwrap()
}

#[test]
fn every_type_comes_back() {
    let ints = DataType::Array { element: Box::new(DataType::Int) };
    let map = DataType::Map { key: Box::new(DataType::String), value: Box::new(DataType::Int) };
    for (data_type, values) in [
        (DataType::Boolean, vec![json!(true), json!(false), json!(null)]),
        (DataType::TinyInt, vec![json!(-128), json!(null), json!(127)]),
        (DataType::SmallInt, vec![json!(-32768), json!(null), json!(32767)]),
        (DataType::Int, vec![json!(i32::MIN), json!(null), json!(i32::MAX)]),
        (DataType::BigInt, vec![json!(i64::MIN), json!(null), json!(i64::MAX)]),
        (DataType::Float, vec![json!(1.5e38), json!(null), json!(-0.1)]),
        (DataType::Double, vec![json!(1e308), json!(null), json!(5e-324), json!(0.1)]),
        (
            DataType::Decimal { precision: 38, scale: 10 },
            vec![json!("-9999999999999999999999999999.0123456789"), json!("1.1")],
        ),
        (
            DataType::Date,
            vec![json!("1900-01-01"), json!("9999-12-31"), json!(null), json!("0001-01-01"), json!("1900-03-01")],
        ),
        (DataType::Time, vec![json!("00:00:00"), json!("23:59:59.999"), json!(null)]),
        (
            DataType::Timestamp,
            vec![json!("1900-01-01T00:00:00"), json!("9999-12-31T23:59:59.999"), json!("1899-12-31T23:59:59.999999")],
        ),
        (ints, vec![json!([1, null]), json!([]), json!(null)]),
        (map, vec![json!({"a": 1}), json!({}), json!(null)]),
        (
            DataType::String,
            vec![json!("é😀\r\n\t<&>\"'"), json!(null), json!(""), json!("_x0041_ \u{1}"), json!(" x ")],
        ),
    ] {
        let schema = schema(&[("v", data_type.clone()), ("k", DataType::String)]);
        let keys = array(&DataType::String, &vec![json!("k"); values.len()]);
        let file = write(&schema, &[array(&data_type, &values), keys], &[1, values.len() - 1], 100, 9).unwrap();
        let batches = read(&schema, &json!({ "skipHeaderRows": 1 }), &file).unwrap();
        assert_eq!(&column(&batches, 0), &array(&data_type, &values), "{data_type}");
    }
}

#[test]
fn pieces_and_sheets_do_not_change_the_rows() {
    let schema = schema(&[("n", DataType::Int), ("s", DataType::String)]);
    let numbers: Vec<Value> = (0..5000).map(|row| json!(row)).collect();
    let texts: Vec<Value> = (0..5000).map(|row| json!(format!("text {row}"))).collect();
    let columns = [array(&DataType::Int, &numbers), array(&DataType::String, &texts)];
    for pieces in [vec![5000], vec![1, 4999], vec![2500, 2500], vec![1000; 5], vec![1700, 1700, 1600]] {
        for per_sheet in [10_000, 5000, 1000, 999] {
            let file = write(&schema, &columns, &pieces, per_sheet, 4096).unwrap();
            let mut found = Vec::new();
            for sheet in 0..5000usize.div_ceil(per_sheet as usize) {
                let name = if sheet == 0 { "a&b".to_owned() } else { format!("a&b_{}", sheet + 1) };
                let options = json!({ "skipHeaderRows": 1, "sheetName": name });
                let batches = read_with(&schema, &options, &file, 1000).unwrap();
                assert_eq!(
                    batches.iter().map(|batch| batch.rows).sum::<usize>(),
                    5000.min((sheet + 1) * per_sheet as usize) - sheet * per_sheet as usize
                );
                found.extend(batches);
            }
            assert_eq!(&column(&found, 0), &columns[0], "{pieces:?} {per_sheet}");
            assert_eq!(&column(&found, 1), &columns[1], "{pieces:?} {per_sheet}");
        }
    }
    let none = write(&schema, &[array(&DataType::Int, &[]), array(&DataType::String, &[])], &[], 10, 64).unwrap();
    assert!(read(&schema, &json!({ "skipHeaderRows": 1 }), &none).unwrap().is_empty());
}

#[test]
fn what_a_sheet_cannot_hold_is_refused() {
    let one = schema(&[("s", DataType::String)]);
    let long = "x".repeat(32_768);
    let error = write(&one, &[array(&DataType::String, &[json!("x"), json!(long)])], &[2], 10, 64).unwrap_err();
    assert_eq!((error.code, error.row, error.field.as_deref()), (ErrorCode::EncodeFailed, Some(1), Some("s")));
    let fits = [json!("é".repeat(32_767))];
    let file = write(&one, &[array(&DataType::String, &fits)], &[1], 10, 64).unwrap();
    assert_eq!(
        &column(&read(&one, &json!({ "skipHeaderRows": 1 }), &file).unwrap(), 0),
        &array(&DataType::String, &fits)
    );
    for rows in [0, 1_048_576] {
        let error = DEFINITION.encoder.unwrap()(&one, &json!({ "rowsPerSheet": rows }), &Context::default()).err();
        assert_eq!(error.unwrap().code, ErrorCode::OptionInvalid);
    }
    let wide: Vec<(&str, DataType)> = vec![("x", DataType::Int); 16_385];
    assert!(DEFINITION.encoder.unwrap()(&schema(&wide), &json!({}), &Context::default()).is_err());
    let vector = schema(&[("v", DataType::FloatVector)]);
    assert!(DEFINITION.decoder.unwrap()(&vector, &json!({}), &Context::default()).is_err());
}

/// A stored archive of parts.
fn package(parts: &[(&str, &str)]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in parts {
        let mut crc = flate2::Crc::new();
        crc.update(content.as_bytes());
        let mut common = vec![20, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        common.extend_from_slice(&crc.sum().to_le_bytes());
        common.extend_from_slice(&(content.len() as u32).to_le_bytes());
        common.extend_from_slice(&(content.len() as u32).to_le_bytes());
        common.extend_from_slice(&(name.len() as u16).to_le_bytes());
        common.extend_from_slice(&[0, 0]);
        directory.extend_from_slice(b"PK\x01\x02\x14\x00");
        directory.extend_from_slice(&common);
        directory.extend_from_slice(&[0; 10]);
        directory.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
        directory.extend_from_slice(name.as_bytes());
        bytes.extend_from_slice(b"PK\x03\x04");
        bytes.extend_from_slice(&common);
        bytes.extend_from_slice(name.as_bytes());
        bytes.extend_from_slice(content.as_bytes());
    }
    let offset = bytes.len() as u32;
    bytes.extend_from_slice(&directory);
    bytes.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    bytes.extend_from_slice(&[(parts.len() as u16).to_le_bytes(), (parts.len() as u16).to_le_bytes()].concat());
    bytes.extend_from_slice(&(directory.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&offset.to_le_bytes());
    bytes.extend_from_slice(&[0, 0]);
    bytes
}

const RELATIONS: &str = "<Relationships><Relationship Id=\"r1\" Type=\"x/worksheet\" Target=\"worksheets/s.xml\"/>\
    <Relationship Id=\"r2\" Type=\"x/sharedStrings\" Target=\"/xl/strings.xml\"/>\
    <Relationship Id=\"r3\" Type=\"x/styles\" Target=\"styles.xml\"/></Relationships>";
const STYLES: &str = "<styleSheet><numFmts><numFmt numFmtId=\"164\" formatCode=\"0.00&quot; kg&quot;\"/></numFmts><cellStyleXfs><xf numFmtId=\"9\"/></cellStyleXfs>\
    <cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/><xf numFmtId=\"164\"/></cellXfs></styleSheet>";
const STRINGS: &str = "<sst><si><t>a</t></si><si><r><t>b</t></r><r><t xml:space=\"preserve\"> _x0063_</t></r><rPh><t>no</t></rPh></si></sst>";

fn workbook(rows: &str) -> Vec<u8> {
    let sheet = format!("<x:worksheet xmlns:x='m'><x:sheetData>{rows}</x:sheetData></x:worksheet>");
    package(&[
        ("xl/workbook.xml", "<workbook><sheets><sheet name=\"One\" r:id=\"r1\"/></sheets></workbook>"),
        ("xl/_rels/workbook.xml.rels", RELATIONS),
        ("xl/strings.xml", STRINGS),
        ("XL/Styles.xml", STYLES),
        ("xl/worksheets/s.xml", &sheet),
    ])
}

#[test]
fn cells_are_read_by_their_kind_and_style() {
    let cells = schema(&[("a", DataType::String), ("b", DataType::String), ("c", DataType::String)]);
    for (row, expected) in [
        ("<row><c t=\"s\"><v>0</v></c><c t=\"s\"><v>1</v></c></row>", json!(["a", "b c", null])),
        ("<row r=\"5\"><c r=\"C5\"><v>7</v></c></row>", json!([null, null, "7"])),
        (
            "<row><c s=\"1\"><v>45351.5</v></c><c s=\"2\"><v>1.5</v></c></row>",
            json!(["2024-02-29T12:00", "1.50 kg", null]),
        ),
        (
            "<row><c t=\"b\"><v>1</v></c><c t=\"e\"><v>#N/A</v></c><c t=\"str\"><f>A1</f><v>x&amp;y</v></c></row>",
            json!(["true", null, "x&y"]),
        ),
        ("<row><c/><c s=\"2\"/><c t=\"inlineStr\"><is><t></t></is></c></row>", json!([null, "", ""])),
        ("<row><c t=\"d\"><v>2024-02-29T12:00:00Z</v></c></row>", json!(["2024-02-29T12:00", null, null])),
        ("<row><c r=\"D1\"><v>1</v></c></row>", json!([null, null, null])),
        ("<row/>", json!([null, null, null])),
    ] {
        let batches = read(&cells, &json!({}), &workbook(row)).unwrap_or_else(|error| panic!("{row}: {error:?}"));
        for (index, value) in expected.as_array().unwrap().iter().enumerate() {
            assert_eq!(&column(&batches, index), &array(&DataType::String, std::slice::from_ref(value)), "{row}");
        }
    }
    let skipped =
        read(&cells, &json!({ "skipHeaderRows": 2 }), &workbook("<row r='1'/><row r='2'/><row r='9'/>")).unwrap();
    assert_eq!(skipped[0].rows, 1);
    assert!(read(&cells, &json!({ "sheetName": "one" }), &workbook("<row/>")).is_ok());
    let moment = schema(&[("d", DataType::Date), ("n", DataType::Int)]);
    let batches =
        read(&moment, &json!({}), &workbook("<row><c s=\"1\"><v>1</v></c><c s=\"2\"><v>7</v></c></row>")).unwrap();
    assert_eq!(&column(&batches, 0), &array(&DataType::Date, &[json!("1900-01-01")]));
}

fn refused(rows: &str) -> KernelError {
    read(&schema(&[("a", DataType::Int)]), &json!({}), &workbook(rows)).unwrap_err()
}

#[test]
fn what_is_no_workbook_is_refused() {
    for (rows, code) in [
        ("<row><c t=\"s\"><v>2</v></c></row>", ErrorCode::FileCorrupt),
        ("<row><c t=\"s\"><v>x</v></c></row>", ErrorCode::FileCorrupt),
        ("<row><c><v>1e999</v></c></row>", ErrorCode::FileCorrupt),
        ("<row><c r=\"XFE1\"><v>1</v></c></row>", ErrorCode::FileCorrupt),
        ("<row><c r=\"1\"><v>1</v></c></row>", ErrorCode::FileCorrupt),
        ("<row r=\"1048577\"/>", ErrorCode::FileCorrupt),
        ("<row r=\"0\"/>", ErrorCode::FileCorrupt),
        ("<row><c><v>&nope;</v></c></row>", ErrorCode::FileCorrupt),
        ("<row></c></row>", ErrorCode::FileCorrupt),
        ("<row><c t=\"str\"><v>x</v></c></row>", ErrorCode::ValueMalformed),
        ("<row><c s=\"1\"><v>1</v></c></row>", ErrorCode::ValueMalformed),
    ] {
        assert_eq!(refused(rows).code, code, "{rows}");
    }
    assert_eq!(refused("<row/><row><c t=\"b\"><v>1</v></c></row>").row, Some(1));
    let long = format!("<row><c t=\"str\"><v>{}</v></c></row>", "x".repeat(3 << 20));
    assert_eq!(refused(&long).code, ErrorCode::ValueTooLarge);
    assert_eq!(refused(&"<a>".repeat(300)).code, ErrorCode::ValueTooLarge);
    let one = schema(&[("a", DataType::Int)]);
    for (file, code) in [
        (b"id,name".to_vec(), ErrorCode::FileTypeInvalid),
        (Vec::new(), ErrorCode::FileTypeInvalid),
        (b"PK\x03\x04".to_vec(), ErrorCode::FileCorrupt),
        (package(&[("x", "y")]), ErrorCode::FileCorrupt),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec(), ErrorCode::FileCorrupt),
    ] {
        assert_eq!(read(&one, &json!({}), &file).unwrap_err().code, code);
    }
    let options = json!({ "sheetName": "Two" });
    assert_eq!(read(&one, &options, &workbook("<row/>")).unwrap_err().code, ErrorCode::OptionInvalid);
}

#[test]
fn a_part_that_unpacks_without_end_is_refused() {
    let one = schema(&[("a", DataType::String)]);
    let texts = vec![json!("x".repeat(30_000)); 2000];
    let mut file = write(&one, &[array(&DataType::String, &texts)], &[2000], 10_000, 4096).unwrap();
    assert!(file.len() < 1_000_000, "{}", file.len());
    assert_eq!(read(&one, &json!({}), &file).unwrap().iter().map(|batch| batch.rows).sum::<usize>(), 2001);
    // The directory says that the sheet is smaller than it is.
    let entry = memchr::memmem::find(&file, b"PK\x01\x02").unwrap();
    file[entry + 24..entry + 28].copy_from_slice(&1000u32.to_le_bytes());
    assert_eq!(read(&one, &json!({}), &file).unwrap_err().code, ErrorCode::FileCorrupt);
    file[entry + 24..entry + 28].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(read(&one, &json!({}), &file).unwrap_err().code, ErrorCode::FileCorrupt);
}

fn cases() -> ProptestConfig {
    ProptestConfig::with_cases(if std::env::var("MILLRACE_TEST").is_ok_and(|mode| mode == "long") {
        20_000
    } else {
        256
    })
}

fn changed(file: &[u8], changes: &[(usize, u8)]) -> Vec<u8> {
    let mut file = file.to_vec();
    for (at, byte) in changes {
        let at = at % file.len();
        file[at] = *byte;
    }
    file
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn changed_workbooks_give_rows_or_an_error(changes in proptest::collection::vec((any::<usize>(), any::<u8>()), 1..8)) {
        let cells = schema(&[("a", DataType::String), ("b", DataType::Int)]);
        let file = workbook("<row r=\"1\"><c r=\"A1\" s=\"2\"><v>1.5</v></c><c t=\"s\"><v>0</v></c></row>");
        let _ = read(&cells, &json!({}), &changed(&file, &changes));
    }

    #[test]
    fn changed_packed_workbooks_give_rows_or_an_error(changes in proptest::collection::vec((any::<usize>(), any::<u8>()), 1..8)) {
        let cells = schema(&[("a", DataType::String)]);
        let values: Vec<Value> = (0..50).map(|row| json!(format!("text {row}"))).collect();
        let file = write(&cells, &[array(&DataType::String, &values)], &[20, 30], 25, 512).unwrap();
        let _ = read(&cells, &json!({}), &changed(&file, &changes));
    }

    #[test]
    fn any_bytes_behind_a_magic_give_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..2000), is_xls: bool) {
        let magic: &[u8] = if is_xls { &super::compound::MAGIC } else { b"PK\x03\x04" };
        let cells = schema(&[("a", DataType::String)]);
        let file = [magic, &bytes].concat();
        let is_refused = read(&cells, &json!({}), &file).is_err();
        prop_assert!(is_refused);
    }

    #[test]
    fn any_text_comes_back(texts in proptest::collection::vec("\\PC{0,12}|[\\x00-\\x7f_x0-9A-F]{0,12}", 1..20)) {
        let cells = schema(&[("a", DataType::String)]);
        let values: Vec<Value> = texts.iter().map(|text| json!(text)).collect();
        let file = write(&cells, &[array(&DataType::String, &values)], &[values.len()], 100, 512).unwrap();
        let batches = read(&cells, &json!({ "skipHeaderRows": 1 }), &file).unwrap();
        prop_assert_eq!(&column(&batches, 0), &array(&DataType::String, &values));
    }
}

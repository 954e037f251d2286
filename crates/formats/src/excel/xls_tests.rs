#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::DEFINITION;
use super::compound::MAGIC;
use arrow_array::Array;
use millrace_batch::codec::{Context, InputBounds};
use millrace_batch::schema::{Column, DataType};
use millrace_batch::{Batch, ErrorCode, Result, Schema, array_from_json};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::Arc;

const SECTOR: usize = 512;
const END_OF_CHAIN: u32 = 0xffff_fffe;

fn record(kind: u16, data: &[u8]) -> Vec<u8> {
    [&kind.to_le_bytes()[..], &(data.len() as u16).to_le_bytes(), data].concat()
}

fn cell(kind: u16, row: u16, column: u16, style: u16, data: &[u8]) -> Vec<u8> {
    record(kind, &[&row.to_le_bytes()[..], &column.to_le_bytes(), &style.to_le_bytes(), data].concat())
}

fn narrow(text: &str) -> Vec<u8> {
    [&(text.len() as u16).to_le_bytes()[..], &[0], text.as_bytes()].concat()
}

fn wide(text: &str) -> Vec<u8> {
    let units: Vec<u16> = text.encode_utf16().collect();
    let mut bytes = [&(units.len() as u16).to_le_bytes()[..], &[1]].concat();
    bytes.extend(units.iter().flat_map(|unit| unit.to_le_bytes()));
    bytes
}

/// A stream of one sheet with some records, behind records of the workbook.
fn stream(globals: &[Vec<u8>], sheet: &[Vec<u8>]) -> Vec<u8> {
    let begin = |kind: u8| record(0x0809, &[0, 6, kind, 0, 0, 0, 0, 0]);
    let mut bytes = begin(5);
    bytes.extend(globals.concat());
    let offset = bytes.len() + 4 + 6 + 5 + 4;
    let mut data = (offset as u32).to_le_bytes().to_vec();
    data.extend_from_slice(&[0, 0, 3, 0]);
    data.extend_from_slice(b"One");
    bytes.extend(record(0x0085, &data));
    bytes.extend(record(0x000a, &[]));
    assert_eq!(bytes.len(), offset);
    bytes.extend(begin(0x10));
    bytes.extend(sheet.concat());
    bytes.extend(record(0x000a, &[]));
    bytes
}

/// A compound file of one stream: table, directory, then the stream's sectors.
fn compound(name: &str, stream: &[u8]) -> Vec<u8> {
    let sectors = stream.len().max(4096).div_ceil(SECTOR);
    let mut bytes = vec![0; SECTOR];
    bytes[..8].copy_from_slice(&MAGIC);
    bytes[30] = 9;
    let mut set = |at: usize, value: u32| bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
    set(44, 1);
    set(48, 1);
    set(60, END_OF_CHAIN);
    set(68, END_OF_CHAIN);
    (0..109).for_each(|index| set(76 + 4 * index, if index == 0 { 0 } else { u32::MAX }));
    let mut table = vec![0xffff_fffd, END_OF_CHAIN];
    table.extend((0..sectors).map(|sector| if sector + 1 == sectors { END_OF_CHAIN } else { sector as u32 + 3 }));
    assert!(table.len() <= SECTOR / 4);
    table.resize(SECTOR / 4, u32::MAX);
    bytes.extend(table.iter().flat_map(|number| number.to_le_bytes()));
    for (name, kind, start, length) in
        [("Root Entry", 5u8, END_OF_CHAIN, 0), (name, 2, 2, sectors * SECTOR), ("", 0, 0, 0), ("", 0, 0, 0)]
    {
        let mut entry = vec![0; 128];
        for (index, unit) in name.encode_utf16().enumerate() {
            entry[2 * index..2 * index + 2].copy_from_slice(&unit.to_le_bytes());
        }
        entry[64] = (name.len() as u8 + 1) * 2;
        entry[66] = kind;
        entry[116..120].copy_from_slice(&start.to_le_bytes());
        entry[120..124].copy_from_slice(&(length as u32).to_le_bytes());
        bytes.extend(entry);
    }
    bytes.extend_from_slice(stream);
    bytes.resize(3 * SECTOR + sectors * SECTOR, 0);
    bytes
}

fn read(options: &Value, file: &[u8], columns: usize) -> Result<Vec<Batch>> {
    let columns =
        (0..columns).map(|index| Column { name: format!("c{index}"), data_type: DataType::String, nullable: true });
    let schema = Arc::new(Schema { table: "t".to_owned(), columns: columns.collect() });
    let mut decoder = DEFINITION.decoder.unwrap()(&schema, options, &Context::default())?;
    decoder.begin("")?;
    let bounds = InputBounds { skip_partial_record: false, start_of_file: true, end_of_file: true, limit: usize::MAX };
    let (mut input, mut batches) = (file, Vec::new());
    loop {
        let decoded = decoder.decode(input, bounds)?;
        input = &[];
        batches.extend(decoded.batch);
        if decoded.done {
            return Ok(batches);
        }
    }
}

/// Texts of the first batch by row.
fn rows(batches: &[Batch]) -> Value {
    let batch = &batches[0];
    let rows = (0..batch.rows).map(|row| {
        let cells = batch.columns.iter().map(|column| {
            let text = arrow_array::cast::AsArray::as_string::<i32>(column);
            if text.is_null(row) { Value::Null } else { json!(text.value(row)) }
        });
        Value::Array(cells.collect())
    });
    Value::Array(rows.collect())
}

fn example() -> Vec<u8> {
    // Two shared texts; the second goes on, in wide characters, in the next record.
    let mut texts = [2u32.to_le_bytes(), 2u32.to_le_bytes()].concat();
    texts.extend(narrow("plain"));
    texts.extend_from_slice(&[6, 0, 0]);
    texts.extend_from_slice(b"abc");
    let going_on = [&[1u8][..], &"dé€".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()].concat();
    let style = |format: u16| record(0x00e0, &[&[0, 0][..], &format.to_le_bytes(), &[0; 16]].concat());
    let format = record(0x041e, &[&200u16.to_le_bytes()[..], &narrow("0.0\"x\"")].concat());
    let globals = [format, style(0), style(14), style(200), record(0x00fc, &texts), record(0x003c, &going_on)];
    let packed = |value: i32, flags: u32| ((value << 2) as u32 | flags | 2).to_le_bytes();
    let numbers = [
        &3u16.to_le_bytes()[..],
        &0u16.to_le_bytes(),
        &[0, 0],
        &packed(1234, 1),
        &[0, 0],
        &packed(-5, 0),
        &1u16.to_le_bytes(),
    ];
    let sheet = [
        cell(0x00fd, 0, 0, 0, &0u32.to_le_bytes()),
        cell(0x00fd, 0, 1, 0, &1u32.to_le_bytes()),
        cell(0x0203, 1, 0, 2, &1.25f64.to_le_bytes()),
        cell(0x0203, 1, 1, 1, &45_351.5f64.to_le_bytes()),
        cell(0x0205, 2, 0, 0, &[1, 0]),
        cell(0x0205, 2, 1, 0, &[42, 1]),
        record(0x00bd, &numbers.concat()),
        cell(0x0006, 4, 0, 0, &[&2.5f64.to_le_bytes()[..], &[0; 8]].concat()),
        cell(0x0006, 4, 1, 0, &[&[0, 0, 0, 0, 0, 0, 0xff, 0xff][..], &[0; 8]].concat()),
        record(0x0207, &wide("formula ü")),
        cell(0x0204, 6, 1, 0, &wide("own")),
        record(0x0208, &[7, 0, 0, 0]),
        cell(0x0201, 8, 0, 1, &[]),
        record(0x0809, &[0, 6, 0x20, 0]),
        cell(0x0203, 99, 0, 0, &1f64.to_le_bytes()),
        record(0x000a, &[]),
    ];
    compound("Workbook", &stream(&globals, &sheet))
}

#[test]
fn a_workbook_of_excel_97_is_read() {
    let expected = json!([
        ["plain", "abcdé€"],
        ["1.3x", "2024-02-29T12:00"],
        ["true", null],
        ["12.34", "-5"],
        ["2.5", "formula ü"],
        [null, "own"],
        [null, null],
        ["", null],
    ]);
    assert_eq!(rows(&read(&json!({}), &example(), 2).unwrap()), expected);
    assert_eq!(rows(&read(&json!({ "skipHeaderRows": 8, "sheetName": "one" }), &example(), 1).unwrap()), json!([[""]]));
}

#[test]
fn what_is_damaged_or_unknown_is_refused() {
    let code = |file: &[u8]| read(&json!({}), file, 1).unwrap_err().code;
    let good = example();
    assert_eq!(code(&good[..600]), ErrorCode::FileCorrupt);
    assert_eq!(code(&good[..2000]), ErrorCode::FileCorrupt);
    assert_eq!(code(&compound("Book", &[])), ErrorCode::Unimplemented);
    assert_eq!(code(&compound("EncryptedPackage", &[])), ErrorCode::Unimplemented);
    assert_eq!(code(&compound("WordDocument", &[])), ErrorCode::FileCorrupt);
    assert_eq!(code(&compound("Workbook", &[])), ErrorCode::FileCorrupt);
    let encrypted = stream(&[record(0x002f, &[0; 6])], &[]);
    assert_eq!(code(&compound("Workbook", &encrypted)), ErrorCode::Unimplemented);
    let old = record(0x0809, &[0, 5, 5, 0, 0, 0, 0, 0]);
    assert_eq!(code(&compound("Workbook", &old)), ErrorCode::Unimplemented);
    let missing = stream(&[], &[cell(0x00fd, 0, 0, 0, &9u32.to_le_bytes())]);
    assert_eq!(code(&compound("Workbook", &missing)), ErrorCode::FileCorrupt);
    let wide = stream(&[], &[cell(0x0203, 0, 256, 0, &1f64.to_le_bytes())]);
    assert_eq!(code(&compound("Workbook", &wide)), ErrorCode::FileCorrupt);
    assert_eq!(read(&json!({ "sheetName": "Two" }), &good, 1).unwrap_err().code, ErrorCode::OptionInvalid);
    // A chain of sectors that leads back.
    let mut endless = good.clone();
    endless[SECTOR + 12..SECTOR + 16].copy_from_slice(&2u32.to_le_bytes());
    assert!(read(&json!({}), &endless, 1).is_err() || rows(&read(&json!({}), &endless, 1).unwrap()).is_array());
    let mut endless = good;
    endless[SECTOR + 4..SECTOR + 8].copy_from_slice(&1u32.to_le_bytes());
    assert_eq!(code(&endless), ErrorCode::FileCorrupt);
}

#[test]
fn numbers_have_the_same_digits_as_their_values() {
    let sheet =
        stream(&[], &[cell(0x0203, 0, 0, 0, &1e300f64.to_le_bytes()), cell(0x0203, 0, 1, 0, &0.1f64.to_le_bytes())]);
    let found = rows(&read(&json!({}), &compound("Workbook", &sheet), 2).unwrap());
    assert_eq!(found, json!([["1E300", "0.1"]]));
    let null = array_from_json(&[None], &DataType::String).unwrap();
    let nan = stream(&[], &[cell(0x0203, 0, 0, 0, &f64::NAN.to_le_bytes())]);
    assert_eq!(&read(&json!({}), &compound("Workbook", &nan), 1).unwrap()[0].columns[0], &null);
}

fn cases() -> ProptestConfig {
    ProptestConfig::with_cases(if std::env::var("MILLRACE_TEST").is_ok_and(|mode| mode == "long") {
        20_000
    } else {
        256
    })
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn changed_files_give_rows_or_an_error(changes in proptest::collection::vec((0usize..2600, any::<u8>()), 1..8)) {
        let mut file = example();
        for (at, byte) in changes {
            file[at] = byte;
        }
        let _ = read(&json!({}), &file, 2);
    }
}

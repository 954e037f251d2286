#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use arrow_array::types::Int8Type;
use arrow_array::{
    Array, ArrayRef, DictionaryArray, Int8Array, Int32Array, LargeStringArray, ListArray, RecordBatch, StringArray,
    StringViewArray, StructArray, UInt8Array,
};
use arrow_buffer::OffsetBuffer;
use arrow_ipc::writer::StreamWriter;
use millrace_batch::codec::{Context, Decoder, Encoder, InputBounds};
use millrace_batch::{Batch, Column, DataType, ErrorCode, OutputBuffer, StructField, array_from_json};
use proptest::prelude::*;
use serde_json::{Value, json};

const PIECE: InputBounds =
    InputBounds { skip_partial_record: false, start_of_file: true, end_of_file: false, limit: usize::MAX };
const END: InputBounds = InputBounds { end_of_file: true, ..PIECE };

fn batch_of(columns: &[(DataType, Vec<Value>)], rows: usize, kinds: Option<Vec<i8>>) -> Batch {
    let schema = Schema {
        table: "t".into(),
        columns: columns
            .iter()
            .enumerate()
            .map(|(index, (data_type, _))| Column {
                name: format!("c{index}"),
                data_type: data_type.clone(),
                nullable: true,
            })
            .collect(),
    };
    let arrays = columns
        .iter()
        .map(|(data_type, values)| array_from_json(&values.iter().map(Some).collect::<Vec<_>>(), data_type).unwrap());
    let mut batch = Batch::try_new(Arc::new(schema), arrays.collect(), rows).unwrap();
    batch.kinds = kinds.map(Int8Array::from);
    batch
}

fn encoder(schema: &Arc<Schema>, options: &Value) -> Box<dyn Encoder> {
    (DEFINITION.encoder.unwrap())(schema, options, &Context::default()).unwrap()
}

fn decoder(schema: &Arc<Schema>) -> Box<dyn Decoder> {
    let mut decoder = (DEFINITION.decoder.unwrap())(schema, &Value::Null, &Context::default()).unwrap();
    decoder.begin("").unwrap();
    decoder
}

/// All frames of a batch, written into outputs of `room` bytes that grow where a row needs more.
fn encode(batch: &Batch, options: &Value, room: usize) -> Vec<u8> {
    let mut encoder = encoder(&batch.schema, options);
    let mut bytes = Vec::new();
    let mut row = 0;
    let mut room = room;
    while row < batch.rows {
        let mut space = vec![0; room];
        let mut output = OutputBuffer::new(&mut space);
        let done = encoder.encode(batch, row, &mut output).unwrap();
        if done == row {
            room = encoder.row_bound(batch, row);
        }
        row = done;
        bytes.extend_from_slice(output.written());
    }
    bytes
}

/// Everything the frames hold, presented `step` bytes more at a time.
fn decode(schema: &Arc<Schema>, bytes: &[u8], step: usize) -> Vec<Batch> {
    let mut decoder = decoder(schema);
    let mut batches = Vec::new();
    let (mut start, mut end) = (0, 0);
    loop {
        end = (end + step).min(bytes.len());
        let bounds = if end == bytes.len() { END } else { PIECE };
        loop {
            let decoded = decoder.decode(&bytes[start..end], bounds).unwrap();
            start += decoded.consumed;
            let idle = decoded.consumed == 0;
            batches.extend(decoded.batch);
            if decoded.done {
                return batches;
            }
            if idle {
                break;
            }
        }
    }
}

fn assert_same(batch: &Batch, decoded: &[Batch]) {
    assert_eq!(decoded.iter().map(|piece| piece.rows).sum::<usize>(), batch.rows);
    let mut row = 0;
    for piece in decoded {
        let expected = batch.slice(row, piece.rows);
        for (index, column) in expected.columns.iter().enumerate() {
            assert_eq!(piece.columns[index].as_ref(), column.as_ref(), "column {index} from row {row}");
            assert_eq!(piece.columns[index].data_type(), column.data_type());
        }
        assert_eq!(piece.kinds, expected.kinds);
        row += piece.rows;
    }
}

fn scalar() -> impl Strategy<Value = DataType> {
    prop::sample::select(vec![
        DataType::String,
        DataType::Boolean,
        DataType::TinyInt,
        DataType::SmallInt,
        DataType::Int,
        DataType::BigInt,
        DataType::Float,
        DataType::Double,
        DataType::Decimal { precision: 38, scale: 4 },
        DataType::Decimal { precision: 5, scale: 0 },
        DataType::Null,
        DataType::Bytes,
        DataType::Date,
        DataType::Time,
        DataType::Timestamp,
        DataType::TimestampTz,
        DataType::BinaryVector,
        DataType::FloatVector,
        DataType::Float16Vector,
        DataType::BFloat16Vector,
        DataType::SparseFloatVector,
    ])
}

fn any_type() -> impl Strategy<Value = DataType> {
    scalar().prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|element| DataType::Array { element: Box::new(element) }),
            inner.clone().prop_map(|value| DataType::Map { key: Box::new(DataType::String), value: Box::new(value) }),
            prop::collection::vec(inner, 1..3).prop_map(|types| DataType::Row {
                fields: types
                    .into_iter()
                    .enumerate()
                    .map(|(index, data_type)| StructField { name: format!("f{index}"), data_type })
                    .collect(),
            }),
        ]
    })
}

/// A value of a type that is chosen by `seed`; every fourth one is null.
fn value_of(data_type: &DataType, seed: u64) -> Value {
    if seed % 4 == 3 {
        return Value::Null;
    }
    let small = (seed >> 2) % 100;
    let next = |offset: u64| seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(offset) >> 7;
    match data_type {
        DataType::String => json!("ä".repeat(small as usize % 9)),
        DataType::Boolean => json!(small.is_multiple_of(2)),
        DataType::TinyInt | DataType::SmallInt | DataType::Int | DataType::BigInt => json!(small as i64 - 50),
        DataType::Float | DataType::Double => json!(small as f64 / 4.0),
        DataType::Decimal { scale, .. } => json!(if *scale == 0 { format!("-{small}") } else { format!("{small}.25") }),
        DataType::Null => Value::Null,
        DataType::Bytes => json!("AP8B"),
        DataType::Date => json!(format!("2024-02-{:02}", small % 28 + 1)),
        DataType::Time => json!(format!("10:15:{:02}", small % 60)),
        DataType::Timestamp => json!(format!("2024-02-01T10:15:{:02}", small % 60)),
        DataType::TimestampTz => json!(format!("2024-02-01T10:15:{:02}+05:30", small % 60)),
        DataType::BinaryVector | DataType::FloatVector | DataType::Float16Vector | DataType::BFloat16Vector => {
            json!((0..small % 4).collect::<Vec<_>>())
        }
        DataType::SparseFloatVector => json!({ "3": small, "7": 0.5 }),
        DataType::Array { element } => (0..small % 4).map(|index| value_of(element, next(index))).collect(),
        DataType::Map { value, .. } => {
            json!({ "a": value_of(value, next(1)), "b": value_of(value, next(2)) })
        }
        DataType::Row { fields } => {
            fields.iter().enumerate().map(|(at, field)| value_of(&field.data_type, next(at as u64))).collect()
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_is_encoded_comes_back_however_it_is_cut(
        types in prop::collection::vec(any_type(), 0..4),
        seeds in prop::collection::vec(any::<u64>(), 0..40),
        with_kinds in any::<bool>(),
        max_rows in 1_u64..50,
        room in 1_usize..20_000,
        step in 1_usize..5_000,
        offset in 0_usize..10,
    ) {
        let columns = types.iter().map(|data_type| {
            (data_type.clone(), seeds.iter().map(|seed| value_of(data_type, *seed)).collect())
        });
        let kinds = with_kinds.then(|| seeds.iter().map(|seed| (seed % 4) as i8).collect());
        let whole = batch_of(&columns.collect::<Vec<_>>(), seeds.len(), kinds);
        // A slice has offsets in all its arrays.
        let offset = offset.min(whole.rows);
        let batch = whole.slice(offset, whole.rows - offset);
        let bytes = encode(&batch, &json!({ "maxRows": max_rows }), room);
        let decoded = decode(&batch.schema, &bytes, step);
        prop_assert!(decoded.iter().all(|piece| piece.rows as u64 <= max_rows));
        assert_same(&batch, &decoded);
    }

    #[test]
    fn damaged_frames_are_errors(
        types in prop::collection::vec(any_type(), 1..4),
        seeds in prop::collection::vec(any::<u64>(), 1..9),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let columns = types.iter().map(|data_type| {
            (data_type.clone(), seeds.iter().map(|seed| value_of(data_type, *seed)).collect())
        });
        let batch = batch_of(&columns.collect::<Vec<_>>(), seeds.len(), Some(vec![3; seeds.len()]));
        let mut bytes = encode(&batch, &Value::Null, 4096);
        for (at, to) in damage {
            let at = at.index(bytes.len());
            bytes[at] = to;
        }
        // Any answer will do that is no panic.
        let _ = decoder(&batch.schema).decode(&bytes, END);
    }
}

#[test]
fn a_frame_may_lie_in_every_number() {
    let list = DataType::Array { element: Box::new(DataType::Null) };
    let map = DataType::Map { key: Box::new(DataType::String), value: Box::new(DataType::TimestampTz) };
    let batch = batch_of(
        &[
            (DataType::String, vec![json!("a"), Value::Null]),
            (DataType::Boolean, vec![json!(true), Value::Null]),
            (list, vec![json!([null, null]), json!([])]),
            (map, vec![json!({ "k": "2024-02-01T10:15:00+05:30" }), json!({ "l": null })]),
            (DataType::Decimal { precision: 38, scale: 4 }, vec![json!("1.5"), json!("-2")]),
        ],
        2,
        Some(vec![0, 3]),
    );
    let bytes = encode(&batch, &Value::Null, 1 << 16);
    let mut refused = 0;
    for at in 0..bytes.len() {
        for width in [1, 2, 4, 8] {
            for number in [0, 3, 0x7f, 0xffff, 0x7fff_ffff, 0xffff_ffff, i64::MAX, i64::MIN, -1] {
                let mut damaged = bytes.clone();
                let end = (at + width).min(bytes.len());
                damaged[at..end].copy_from_slice(&number.to_le_bytes()[..end - at]);
                refused += usize::from(decoder(&batch.schema).decode(&damaged, END).is_err());
            }
        }
    }
    assert!(refused > bytes.len(), "{refused} of {} bytes", bytes.len());
}

/// A frame as another program might write it.
fn foreign(field: Field, column: ArrayRef) -> Vec<u8> {
    let schema = Arc::new(ArrowSchema::new(vec![field]));
    let rows = column.len() as u32;
    let mut stream = Vec::new();
    let mut writer = StreamWriter::try_new(&mut stream, &schema).unwrap();
    writer.write(&RecordBatch::try_new(Arc::clone(&schema), vec![column]).unwrap()).unwrap();
    writer.finish().unwrap();
    drop(writer);
    [&(stream.len() as u32).to_le_bytes()[..], &rows.to_le_bytes(), &stream].concat()
}

#[test]
fn names_and_nullability_of_the_sender_do_not_count() {
    let element = Arc::new(Field::new("other", ArrowType::Int32, false));
    let list = ListArray::new(
        Arc::clone(&element),
        OffsetBuffer::new(vec![0, 2].into()),
        Arc::new(Int32Array::from(vec![1, 2])),
        None,
    );
    let bytes = foreign(Field::new("anything", ArrowType::List(element), false), Arc::new(list));
    let own = batch_of(&[(DataType::Array { element: Box::new(DataType::Int) }, vec![json!([1, 2])])], 1, None);
    assert_same(&own, &decode(&own.schema, &bytes, 4096));
}

#[test]
fn types_that_no_table_has_are_refused() {
    let texts = || StringArray::from(vec!["a", "b"]);
    let dictionary: DictionaryArray<Int8Type> = vec!["a", "b"].into_iter().collect();
    for column in [
        Arc::new(LargeStringArray::from(vec!["a", "b"])) as ArrayRef,
        Arc::new(StringViewArray::from(vec!["a", "b"])),
        Arc::new(dictionary),
        Arc::new(StructArray::from(vec![(
            Arc::new(Field::new("a", ArrowType::Utf8, true)),
            Arc::new(texts()) as ArrayRef,
        )])),
        Arc::new(UInt8Array::from(vec![1, 2])),
    ] {
        let bytes = foreign(Field::new("c0", column.data_type().clone(), true), Arc::clone(&column));
        for expected in [DataType::String, DataType::TinyInt, DataType::Bytes, DataType::Row { fields: Vec::new() }] {
            let schema = batch_of(&[(expected, Vec::new())], 0, None).schema;
            let error = decoder(&schema).decode(&bytes, END).unwrap_err();
            assert_eq!((error.code, error.field.as_deref()), (ErrorCode::ProgramInvalid, Some("c0")), "{error}");
        }
    }
}

fn numbers(rows: i64) -> Batch {
    batch_of(&[(DataType::BigInt, (0..rows).map(|value| json!(value)).collect())], rows as usize, None)
}

#[test]
fn a_batch_without_columns_keeps_its_number_of_rows() {
    let batch = batch_of(&[], 3, None);
    assert_same(&batch, &decode(&batch.schema, &encode(&batch, &Value::Null, 4096), 4096));
}

#[test]
fn a_batch_that_does_not_fit_is_halved_and_a_row_that_does_not_waits_for_room() {
    let batch = numbers(1000);
    let mut encoder = encoder(&batch.schema, &Value::Null);
    let mut space = [0; 2048];
    let mut output = OutputBuffer::new(&mut space);
    let done = encoder.encode(&batch, 0, &mut output).unwrap();
    assert!((1..1000).contains(&done), "{done} rows");
    let mut small = [0; 64];
    assert_eq!(encoder.encode(&batch, done, &mut OutputBuffer::new(&mut small)).unwrap(), done);
    assert!(encoder.row_bound(&batch, done) > 64);
    assert!(encoder.row_ends().is_empty());
}

#[test]
fn a_frame_that_is_cut_off_is_corrupt_at_the_end_only() {
    let batch = numbers(2);
    let bytes = encode(&batch, &Value::Null, 4096);
    for length in [1, HEADER_BYTES, bytes.len() - 1] {
        let more = decoder(&batch.schema).decode(&bytes[..length], PIECE).unwrap();
        assert_eq!((more.consumed, more.batch.is_none(), more.done), (0, true, false));
        let error = decoder(&batch.schema).decode(&bytes[..length], END).unwrap_err();
        assert_eq!(error.code, ErrorCode::FileCorrupt);
    }
    assert!(decoder(&batch.schema).decode(&[], END).unwrap().done);
    assert!(decoder(&batch.schema).decode(&bytes, InputBounds { limit: 0, ..PIECE }).unwrap().done);
}

#[test]
fn a_frame_of_another_table_is_refused() {
    let bytes = encode(&numbers(2), &Value::Null, 4096);
    for columns in [
        vec![(DataType::Int, vec![json!(1)])],
        vec![(DataType::BigInt, vec![json!(1)]), (DataType::Int, vec![json!(1)]), (DataType::Int, vec![json!(1)])],
        Vec::new(),
    ] {
        let other = batch_of(&columns, 1, None).schema;
        let refused = decoder(&other).decode(&bytes, END).unwrap_err();
        assert!(matches!(refused.code, ErrorCode::ProgramInvalid | ErrorCode::FileCorrupt), "{refused}");
    }
}

#[test]
fn a_row_kind_that_is_none_is_refused_at_its_row() {
    let mut batch = numbers(3);
    batch.kinds = Some(Int8Array::from(vec![0, 3, 4]));
    let bytes = encode(&batch, &Value::Null, 4096);
    let error = decoder(&batch.schema).decode(&bytes, END).unwrap_err();
    assert_eq!((error.code, error.row), (ErrorCode::RowKindUnknown, Some(2)));
}

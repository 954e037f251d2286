//! What is written comes back.

use super::*;
use arrow_array::builder::{Int32Builder, ListBuilder, MapBuilder, StringBuilder};
use arrow_array::types::{Decimal128Type, Int32Type};
use arrow_array::{
    Array, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array, Int8Array, Int16Array,
    Int32Array, Int64Array, ListArray, NullArray, PrimitiveArray, StringArray, StructArray, TimestampMicrosecondArray,
    new_empty_array,
};
use arrow_schema::DataType as ArrowType;
use millrace_batch::arrow_types::arrow_type;
use millrace_batch::{ErrorCode, StructField};

fn decimals(precision: u8, scale: i8, values: Vec<Option<i128>>) -> ArrayRef {
    let array: PrimitiveArray<Decimal128Type> = Decimal128Array::from(values);
    Arc::new(array.with_data_type(ArrowType::Decimal128(precision, scale)))
}

fn array_of(element: DataType) -> DataType {
    DataType::Array { element: Box::new(element) }
}

fn row_of(fields: Vec<(&str, DataType)>) -> DataType {
    let fields = fields.into_iter().map(|(name, data_type)| StructField { name: name.into(), data_type });
    DataType::Row { fields: fields.collect() }
}

fn maps() -> ArrayRef {
    let mut maps = MapBuilder::new(None, StringBuilder::new(), Int32Builder::new());
    maps.keys().append_value("a");
    maps.values().append_value(1);
    maps.keys().append_value("b");
    maps.values().append_null();
    maps.append(true).unwrap();
    maps.append(false).unwrap();
    maps.append(true).unwrap();
    let maps = maps.finish();
    let kind = DataType::Map { key: Box::new(DataType::String), value: Box::new(DataType::Int) };
    let ArrowType::Map(field, sorted) = arrow_type(&kind) else { unreachable!() };
    let ArrowType::Struct(fields) = field.data_type() else { unreachable!() };
    let columns = vec![Arc::clone(maps.keys()), Arc::clone(maps.values())];
    let entries = StructArray::new(fields.clone(), columns, None);
    Arc::new(arrow_array::MapArray::new(field, maps.offsets().clone(), entries, maps.nulls().cloned(), sorted))
}

fn texts() -> ArrayRef {
    Arc::new(StringArray::from(vec![Some("ä"), None, Some("")]))
}

fn timestamps() -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from(vec![Some(-1_000), None, Some(1_720_000_000_123_000)]))
}

/// Three rows of every type: limits, a null, an ordinary value.
fn columns() -> Vec<(&'static str, DataType, ArrayRef)> {
    let ints: ArrayRef = Arc::new(Int32Array::from(vec![Some(i32::MIN), None, Some(i32::MAX)]));
    let rows = row_of(vec![("A", DataType::String), ("at", DataType::Timestamp)]);
    let ArrowType::Struct(fields) = arrow_type(&rows) else { unreachable!() };
    let row_values = StructArray::new(fields, vec![texts(), timestamps()], Some(vec![true, true, false].into()));
    let lists = ListArray::from_iter_primitive::<Int32Type, _, _>(vec![Some(vec![Some(1), None]), None, Some(vec![])]);
    let mut nested = ListBuilder::new(ListBuilder::new(StringBuilder::new()));
    nested.values().values().append_value("x");
    nested.values().append(true);
    nested.values().append(false);
    nested.append(true);
    nested.append(false);
    nested.append(true);
    vec![
        ("string", DataType::String, texts()),
        ("boolean", DataType::Boolean, Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)]))),
        ("tinyint", DataType::TinyInt, Arc::new(Int8Array::from(vec![Some(i8::MIN), None, Some(i8::MAX)]))),
        ("smallint", DataType::SmallInt, Arc::new(Int16Array::from(vec![Some(i16::MIN), None, Some(i16::MAX)]))),
        ("int", DataType::Int, ints),
        ("bigint", DataType::BigInt, Arc::new(Int64Array::from(vec![Some(i64::MIN), None, Some(i64::MAX)]))),
        ("float", DataType::Float, Arc::new(Float32Array::from(vec![Some(f32::MIN), None, Some(-0.0)]))),
        ("double", DataType::Double, Arc::new(Float64Array::from(vec![Some(f64::INFINITY), None, Some(1e-300)]))),
        ("dec1", DataType::Decimal { precision: 1, scale: 0 }, decimals(1, 0, vec![Some(-9), None, Some(9)])),
        ("dec9", DataType::Decimal { precision: 9, scale: 2 }, decimals(9, 2, vec![Some(-999_999_999), None, Some(1)])),
        (
            "dec38",
            DataType::Decimal { precision: 38, scale: 38 },
            decimals(38, 38, vec![Some(10i128.pow(38) - 1), None, Some(1 - 10i128.pow(38))]),
        ),
        ("null", DataType::Null, Arc::new(NullArray::new(3))),
        ("bytes", DataType::Bytes, Arc::new(BinaryArray::from(vec![Some(&[0xff, 0][..]), None, Some(&[][..])]))),
        ("date", DataType::Date, Arc::new(Date32Array::from(vec![Some(i32::MIN), None, Some(i32::MAX)]))),
        ("timestamp", DataType::Timestamp, timestamps()),
        ("list", array_of(DataType::Int), Arc::new(lists)),
        ("lists", array_of(array_of(DataType::String)), Arc::new(nested.finish())),
        ("map", DataType::Map { key: Box::new(DataType::String), value: Box::new(DataType::Int) }, maps()),
        ("row", rows, Arc::new(row_values)),
    ]
}

fn all_types() -> (Arc<Schema>, Batch) {
    let columns = columns();
    let schema = schema(columns.iter().map(|(name, data_type, _)| (*name, data_type.clone())).collect());
    let batch = batch(&schema, columns.into_iter().map(|(_, _, array)| array).collect());
    (schema, batch)
}

#[test]
fn every_type_comes_back_with_its_nulls_and_limits() {
    let (schema, batch) = all_types();
    for zone in ["UTC", "Asia/Shanghai"] {
        let file = write_file(&schema, &json!({}), &in_zone(zone), &[vec![batch.clone()]], 0).unwrap();
        assert_eq!(schema_of(&file).columns, schema.columns);
        let read = read_file(&file, &schema, &in_zone(zone)).unwrap();
        assert_eq!(read.len(), 1);
        for ((read, written), column) in read[0][0].columns.iter().zip(&batch.columns).zip(&schema.columns) {
            assert_eq!(read.to_data(), written.to_data(), "{} in {zone}", column.name);
        }
    }
}

#[test]
fn every_codec_comes_back_and_the_others_are_refused() {
    let (schema, batch) = all_types();
    for codec in ["none", "snappy", "gzip", "lz4", "brotli", "zstd", "SNAPPY"] {
        let options = json!({ "compression": codec });
        let file = write_file(&schema, &options, &Context::default(), &[vec![batch.clone()]], 0).unwrap();
        let read = read_file(&file, &schema, &Context::default()).unwrap();
        assert_eq!(read[0][0].record_batch().unwrap(), batch.record_batch().unwrap(), "{codec}");
    }
    for (codec, code) in [("lzo", ErrorCode::CodecUnavailable), ("zip", ErrorCode::OptionInvalid)] {
        let refused = encoder(&schema, &json!({ "compression": codec }), &Context::default());
        assert_eq!(refused.err().unwrap().code, code, "{codec}");
    }
}

#[test]
fn timestamps_keep_as_much_as_their_form_holds() {
    let schema = schema(vec![("at", DataType::Timestamp)]);
    let micros = vec![Some(-1), None, Some(1_720_000_000_123_456)];
    let batch = batch(&schema, vec![Arc::new(TimestampMicrosecondArray::from(micros.clone()))]);
    let cut = vec![Some(-1_000), None, Some(1_720_000_000_123_000)];
    for (options, expected) in [
        (json!({}), &cut),
        (json!({ "timestampUnit": "millis" }), &cut),
        (json!({ "timestampUnit": "micros" }), &micros),
        (json!({ "timestampAsInt96": true }), &micros),
    ] {
        for zone in ["UTC", "America/New_York"] {
            let file = write_file(&schema, &options, &in_zone(zone), &[vec![batch.clone()]], 0).unwrap();
            let read = read_file(&file, &schema, &in_zone(zone)).unwrap();
            let expected = TimestampMicrosecondArray::from(expected.clone());
            assert_eq!(read[0][0].columns[0].to_data(), expected.to_data(), "{options} in {zone}");
        }
    }
}

#[test]
fn values_with_an_offset_become_instants() {
    let schema = schema(vec![("at", DataType::TimestampTz)]);
    let ArrowType::Struct(fields) = arrow_type(&DataType::TimestampTz) else { unreachable!() };
    let instants = TimestampMicrosecondArray::from(vec![Some(1_000), Some(2_000)]).with_timezone("UTC");
    let offsets = Int16Array::from(vec![Some(480), Some(-60)]);
    let pairs = StructArray::new(fields, vec![Arc::new(instants), Arc::new(offsets)], Some(vec![true, false].into()));
    let file = write_file(&schema, &json!({}), &Context::default(), &[vec![batch(&schema, vec![Arc::new(pairs)])]], 0);
    let file = file.unwrap();
    let read = read_file(&file, &schema_of(&file), &in_zone("Asia/Shanghai")).unwrap();
    let expected = TimestampMicrosecondArray::from(vec![Some(28_800_001_000), None]);
    assert_eq!(read[0][0].columns[0].to_data(), expected.to_data());
}

#[test]
fn an_empty_batch_and_no_batch_make_files_without_row_groups() {
    let (schema, batch) = all_types();
    let columns = batch.columns.iter().map(|column| new_empty_array(column.data_type())).collect();
    let empty = Batch::try_new(Arc::clone(&schema), columns, 0).unwrap();
    for morsels in [vec![], vec![vec![]], vec![vec![empty]]] {
        let file = write_file(&schema, &json!({}), &Context::default(), &morsels, 0).unwrap();
        let answer = inspect(&file, &json!({}), &Context::default()).unwrap();
        assert_eq!(answer["splits"], json!([]));
        assert_eq!(schema_of(&file).columns, schema.columns);
    }
}

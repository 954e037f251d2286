//! Forms of files that writers no longer use.

use super::*;
use arrow_array::{Array, StringArray};
use millrace_batch::{StructField, array_from_json};
use parquet::basic::{Compression, Type as PhysicalType};
use parquet::data_type::{ByteArrayType, Int32Type};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

/// A file of two rows of one column: every leaf has the values 1, 2 in the first row and 3 in the second, numbers or texts.
fn two_lists(message: &str) -> Vec<u8> {
    let schema = Arc::new(parse_message_type(message).unwrap());
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::default()).unwrap();
    let leaves = writer.schema_descr().columns().to_vec();
    let mut group = writer.next_row_group().unwrap();
    for leaf in leaves {
        let mut column = group.next_column().unwrap().unwrap();
        let (definitions, repetitions) = ([leaf.max_def_level(); 3], [0, 1, 0]);
        if leaf.physical_type() == PhysicalType::BYTE_ARRAY {
            let keys = ["1", "2", "3"].map(Into::into);
            column.typed::<ByteArrayType>().write_batch(&keys, Some(&definitions), Some(&repetitions)).unwrap();
        } else {
            column.typed::<Int32Type>().write_batch(&[1, 2, 3], Some(&definitions), Some(&repetitions)).unwrap();
        }
        column.close().unwrap();
    }
    group.close().unwrap();
    writer.into_inner().unwrap()
}

#[test]
fn lists_and_maps_of_old_writers_are_read() {
    let list = |element| DataType::Array { element: Box::new(element) };
    let row = |name: &str| DataType::Row { fields: vec![StructField { name: name.into(), data_type: DataType::Int }] };
    let map = DataType::Map { key: Box::new(DataType::String), value: Box::new(DataType::Int) };
    let numbers = json!([[1, 2], [3]]);
    let rows = |name: &str| json!([[{ name: 1 }, { name: 2 }], [{ name: 3 }]]);
    for (form, data_type, expected) in [
        ("repeated int32 c;", list(DataType::Int), numbers.clone()),
        ("optional group c (LIST) { repeated int32 element; }", list(DataType::Int), numbers.clone()),
        (
            "optional group c (LIST) { repeated group bag { optional int32 array_element; } }",
            list(DataType::Int),
            numbers.clone(),
        ),
        ("optional group c (LIST) { repeated group list { required int32 item; } }", list(DataType::Int), numbers),
        ("optional group c (LIST) { repeated group array { optional int32 x; } }", list(row("x")), rows("x")),
        ("optional group c (LIST) { repeated group c_tuple { optional int32 y; } }", list(row("y")), rows("y")),
        (
            "optional group c (MAP_KEY_VALUE) { repeated group map { required binary key (UTF8); optional int32 value; } }",
            map.clone(),
            json!([{ "1": 1, "2": 2 }, { "3": 3 }]),
        ),
        (
            "optional group c (MAP) { repeated group entries { required binary key (STRING); optional int32 value; } }",
            map,
            json!([{ "1": 1, "2": 2 }, { "3": 3 }]),
        ),
    ] {
        let file = two_lists(&format!("message m {{ {form} }}"));
        let schema = schema_of(&file);
        assert_eq!(schema.columns[0].data_type, data_type, "{form}");
        let read = read_file(&file, &schema, &Context::default()).unwrap();
        let values: Vec<_> = expected.as_array().unwrap().iter().map(Some).collect();
        assert_eq!(&read[0][0].columns[0], &array_from_json(&values, &data_type).unwrap(), "{form}");
    }
}

#[test]
fn lz4_with_the_frame_of_hadoop_is_read() {
    let texts: ArrayRef = Arc::new(StringArray::from_iter_values((0..5_000).map(|row| format!("row {}", row % 100))));
    let properties = WriterProperties::builder().set_compression(Compression::LZ4).build();
    let file = library_file(vec![("text", Arc::clone(&texts))], properties);
    let read = read_file(&file, &schema_of(&file), &Context::default()).unwrap();
    assert_eq!(read[0][0].columns[0].to_data(), texts.to_data());
}

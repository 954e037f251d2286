//! The one place that says which Arrow type holds which SeaTunnel type.

use crate::schema::{Column, DataType, Schema};
use arrow_schema::{DataType as ArrowType, Field, Fields, Schema as ArrowSchema, SchemaRef, TimeUnit};
use std::sync::Arc;

/// Name of the element field of every list.
pub const LIST_FIELD: &str = "item";

/// The Arrow type of a SeaTunnel type.
///
/// | SeaTunnel | Arrow |
/// |---|---|
/// | STRING | `Utf8` |
/// | DECIMAL(p, s) | `Decimal128(p, s)` |
/// | DATE / TIME / TIMESTAMP | `Date32` / `Time64(ns)` / `Timestamp(µs)` without a zone |
/// | `TIMESTAMP_TZ` | `Struct { instant: Timestamp(µs, UTC), offsetMinutes: Int16 }` |
/// | ARRAY / MAP / ROW | `List` / `Map` / `Struct` |
/// | `FLOAT_VECTOR` | `List<Float32>` |
/// | the other dense vectors | `Binary` |
/// | `SPARSE_FLOAT_VECTOR` | `Map<Int32, Float32>` |
pub fn arrow_type(data_type: &DataType) -> ArrowType {
    match data_type {
        DataType::String => ArrowType::Utf8,
        DataType::Boolean => ArrowType::Boolean,
        DataType::TinyInt => ArrowType::Int8,
        DataType::SmallInt => ArrowType::Int16,
        DataType::Int => ArrowType::Int32,
        DataType::BigInt => ArrowType::Int64,
        DataType::Float => ArrowType::Float32,
        DataType::Double => ArrowType::Float64,
        DataType::Decimal { precision, scale } => ArrowType::Decimal128(*precision, *scale),
        DataType::Null => ArrowType::Null,
        DataType::Bytes | DataType::BinaryVector | DataType::Float16Vector | DataType::BFloat16Vector => {
            ArrowType::Binary
        }
        DataType::Date => ArrowType::Date32,
        DataType::Time => ArrowType::Time64(TimeUnit::Nanosecond),
        DataType::Timestamp => ArrowType::Timestamp(TimeUnit::Microsecond, None),
        DataType::TimestampTz => ArrowType::Struct(Fields::from(vec![
            Field::new("instant", ArrowType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), true),
            Field::new("offsetMinutes", ArrowType::Int16, true),
        ])),
        DataType::Array { element } => ArrowType::List(Arc::new(Field::new(LIST_FIELD, arrow_type(element), true))),
        DataType::FloatVector => ArrowType::List(Arc::new(Field::new(LIST_FIELD, ArrowType::Float32, true))),
        DataType::Map { key, value } => map_type(arrow_type(key), arrow_type(value)),
        DataType::SparseFloatVector => map_type(ArrowType::Int32, ArrowType::Float32),
        DataType::Row { fields } => ArrowType::Struct(
            fields.iter().map(|field| Field::new(&field.name, arrow_type(&field.data_type), true)).collect(),
        ),
    }
}

fn map_type(key: ArrowType, value: ArrowType) -> ArrowType {
    let entries = Fields::from(vec![Field::new("key", key, false), Field::new("value", value, true)]);
    ArrowType::Map(Arc::new(Field::new("entries", ArrowType::Struct(entries), false)), false)
}

/// The Arrow field of a column. Always nullable: `nullable = false` is a statement about keys, not about batches.
pub fn arrow_field(column: &Column) -> Field {
    Field::new(&column.name, arrow_type(&column.data_type), true)
}

/// The Arrow schema of a table's batches.
pub fn arrow_schema(schema: &Schema) -> SchemaRef {
    Arc::new(ArrowSchema::new(schema.columns.iter().map(arrow_field).collect::<Vec<_>>()))
}

//! Which Parquet type holds which SeaTunnel type, in both directions.

use super::options::{EncodeOptions, TimestampUnit};
use arrow_schema::{DataType as ArrowType, Field, Fields, TimeUnit};
use millrace_batch::{DataType, ErrorCode, KernelError, Result, Schema, StructField};
use parquet::basic::{ConvertedType, LogicalType, Repetition, Type as PhysicalType};
use parquet::errors::ParquetError;
use parquet::schema::types::{ColumnDescPtr, SchemaDescriptor, Type, TypePtr};
use std::sync::Arc;

/// The zone mark of a column whose values are instants.
const UTC: &str = "UTC";

/// The Arrow types in which the columns of a file shall be decoded: as the library infers them, but ENUM as text and INT96
/// as microsecond instants, which do not overflow as nanoseconds do.
pub(super) fn requested_fields(inferred: &Fields, schema: &SchemaDescriptor) -> Fields {
    let mut leaves = schema.columns().iter();
    inferred.iter().map(|field| requested_field(field, &mut leaves)).collect()
}

fn requested_field<'a>(field: &Field, leaves: &mut impl Iterator<Item = &'a ColumnDescPtr>) -> Field {
    let data_type = match field.data_type() {
        ArrowType::List(element) => ArrowType::List(Arc::new(requested_field(element, leaves))),
        ArrowType::Struct(fields) => {
            ArrowType::Struct(fields.iter().map(|field| requested_field(field, leaves)).collect())
        }
        ArrowType::Map(entries, sorted) => ArrowType::Map(Arc::new(requested_field(entries, leaves)), *sorted),
        leaf_type => match leaves.next() {
            Some(leaf) if leaf.physical_type() == PhysicalType::INT96 => {
                ArrowType::Timestamp(TimeUnit::Microsecond, Some(UTC.into()))
            }
            Some(leaf)
                if *leaf_type == ArrowType::Binary
                    && (leaf.converted_type() == ConvertedType::ENUM
                        || leaf.logical_type_ref() == Some(&LogicalType::Enum)) =>
            {
                ArrowType::Utf8
            }
            _ => leaf_type.clone(),
        },
    };
    field.clone().with_data_type(data_type)
}

/// The SeaTunnel type of a decoded Arrow type; `None` when there is none.
///
/// | file | type |
/// |---|---|
/// | `UINT_8` / `UINT_16` / `UINT_32` / `UINT_64` | SMALLINT / INT / BIGINT / DECIMAL(20, 0) |
/// | FLOAT16 | FLOAT |
/// | `FIXED_LEN_BYTE_ARRAY` without annotation | BYTES |
/// | a decimal of more than 38 digits, INTERVAL | none |
pub(super) fn data_type_of(arrow: &ArrowType) -> Option<DataType> {
    Some(match arrow {
        ArrowType::Null => DataType::Null,
        ArrowType::Boolean => DataType::Boolean,
        ArrowType::Int8 => DataType::TinyInt,
        ArrowType::Int16 | ArrowType::UInt8 => DataType::SmallInt,
        ArrowType::Int32 | ArrowType::UInt16 => DataType::Int,
        ArrowType::Int64 | ArrowType::UInt32 => DataType::BigInt,
        ArrowType::UInt64 => DataType::Decimal { precision: 20, scale: 0 },
        ArrowType::Float16 | ArrowType::Float32 => DataType::Float,
        ArrowType::Float64 => DataType::Double,
        ArrowType::Utf8 => DataType::String,
        ArrowType::Binary | ArrowType::FixedSizeBinary(_) => DataType::Bytes,
        ArrowType::Date32 => DataType::Date,
        ArrowType::Time32(_) | ArrowType::Time64(_) => DataType::Time,
        ArrowType::Timestamp(_, _) => DataType::Timestamp,
        ArrowType::Decimal128(precision, scale) | ArrowType::Decimal256(precision, scale) => {
            let is_valid = (1..=38).contains(precision) && *scale >= 0 && i16::from(*scale) <= i16::from(*precision);
            return is_valid.then_some(DataType::Decimal { precision: *precision, scale: *scale });
        }
        ArrowType::List(element) => DataType::Array { element: Box::new(data_type_of(element.data_type())?) },
        ArrowType::Struct(fields) => DataType::Row {
            fields: fields
                .iter()
                .map(|field| {
                    Some(StructField { name: field.name().clone(), data_type: data_type_of(field.data_type())? })
                })
                .collect::<Option<_>>()?,
        },
        ArrowType::Map(entries, _) => match entries.data_type() {
            ArrowType::Struct(fields) if fields.len() == 2 => DataType::Map {
                key: Box::new(data_type_of(fields[0].data_type())?),
                value: Box::new(data_type_of(fields[1].data_type())?),
            },
            _ => return None,
        },
        _ => return None,
    })
}

/// How one column is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ColumnForm {
    /// By the library's Arrow writers.
    Arrow,
    /// A timestamp as INT96.
    TimestampInt96,
    /// Twelve raw bytes as INT96.
    FixedInt96,
}

/// How a column of the schema is written under the options.
pub(super) fn column_form(name: &str, data_type: &DataType, options: &EncodeOptions) -> ColumnForm {
    match data_type {
        DataType::Timestamp if options.timestamp_as_int96 => ColumnForm::TimestampInt96,
        DataType::Bytes if options.fixed_as_int96.iter().any(|fixed| fixed.eq_ignore_ascii_case(name)) => {
            ColumnForm::FixedInt96
        }
        _ => ColumnForm::Arrow,
    }
}

/// The file's schema: names of columns in lower case, every column optional.
///
/// Lists are groups `bag` of `array_element`, maps are `key_value` of `key` and `value`, decimals are the shortest
/// `FIXED_LEN_BYTE_ARRAY` of their precision.
///
/// # Errors
/// [`ErrorCode::TypeUnsupported`] at a field that Parquet files of this kind cannot hold: TIME, and rows without fields.
pub(super) fn file_schema(schema: &Schema, options: &EncodeOptions) -> Result<TypePtr> {
    let columns = schema
        .columns
        .iter()
        .map(|column| {
            let name = column.name.to_lowercase();
            match column_form(&column.name, &column.data_type, options) {
                ColumnForm::Arrow => file_type(&name, &column.data_type, Repetition::OPTIONAL, options),
                _ => leaf(&name, PhysicalType::INT96, None, Repetition::OPTIONAL),
            }
            .map_err(|error| error.at_field(&column.name))
        })
        .collect::<Result<Vec<_>>>()?;
    Type::group_type_builder("SeaTunnelRecord").with_fields(columns).build().map(Arc::new).map_err(|e| refused(&e))
}

fn file_type(name: &str, data_type: &DataType, repetition: Repetition, options: &EncodeOptions) -> Result<TypePtr> {
    let (physical, logical) = match data_type {
        DataType::String => (PhysicalType::BYTE_ARRAY, Some(LogicalType::String)),
        DataType::Boolean => (PhysicalType::BOOLEAN, None),
        DataType::TinyInt => (PhysicalType::INT32, Some(LogicalType::integer(8, true))),
        DataType::SmallInt => (PhysicalType::INT32, Some(LogicalType::integer(16, true))),
        DataType::Int => (PhysicalType::INT32, None),
        DataType::BigInt => (PhysicalType::INT64, None),
        DataType::Float => (PhysicalType::FLOAT, None),
        DataType::Double => (PhysicalType::DOUBLE, None),
        DataType::Null => (PhysicalType::INT32, Some(LogicalType::Unknown)),
        DataType::Date => (PhysicalType::INT32, Some(LogicalType::Date)),
        DataType::Timestamp | DataType::TimestampTz => {
            let unit = match options.timestamp_unit {
                TimestampUnit::Millis => parquet::basic::TimeUnit::MILLIS,
                TimestampUnit::Micros => parquet::basic::TimeUnit::MICROS,
            };
            (PhysicalType::INT64, Some(LogicalType::timestamp(true, unit)))
        }
        DataType::Bytes | DataType::BinaryVector | DataType::Float16Vector | DataType::BFloat16Vector => {
            (PhysicalType::BYTE_ARRAY, None)
        }
        DataType::Decimal { precision, scale } => return decimal(name, *precision, *scale, repetition),
        DataType::Array { element } => return list(name, element, repetition, options),
        DataType::FloatVector => return list(name, &DataType::Float, repetition, options),
        DataType::Map { key, value } => return map(name, key, value, repetition, options),
        DataType::SparseFloatVector => return map(name, &DataType::Int, &DataType::Float, repetition, options),
        DataType::Row { fields } if !fields.is_empty() => {
            let fields = fields
                .iter()
                .map(|field| file_type(&field.name, &field.data_type, Repetition::OPTIONAL, options))
                .collect::<Result<Vec<_>>>()?;
            return group(name, fields, None, repetition);
        }
        DataType::Row { .. } | DataType::Time => {
            return Err(KernelError::new(
                ErrorCode::TypeUnsupported,
                format!("type '{data_type}' cannot be written to Parquet"),
            ));
        }
    };
    leaf(name, physical, logical, repetition)
}

fn leaf(name: &str, physical: PhysicalType, logical: Option<LogicalType>, repetition: Repetition) -> Result<TypePtr> {
    Type::primitive_type_builder(name, physical)
        .with_repetition(repetition)
        .with_logical_type(logical)
        .build()
        .map(Arc::new)
        .map_err(|error| refused(&error))
}

fn decimal(name: &str, precision: u8, scale: i8, repetition: Repetition) -> Result<TypePtr> {
    Type::primitive_type_builder(name, PhysicalType::FIXED_LEN_BYTE_ARRAY)
        .with_repetition(repetition)
        .with_length(decimal_bytes(precision))
        .with_logical_type(Some(LogicalType::decimal(i32::from(scale), i32::from(precision))))
        .with_precision(i32::from(precision))
        .with_scale(i32::from(scale))
        .build()
        .map(Arc::new)
        .map_err(|error| refused(&error))
}

/// The fewest bytes in two's complement that hold every number of `precision` digits.
fn decimal_bytes(precision: u8) -> i32 {
    let limit = 10u128.pow(u32::from(precision.min(38)));
    (1..16).find(|bytes| limit <= 1u128 << (8 * bytes - 1)).unwrap_or(16)
}

fn list(name: &str, element: &DataType, repetition: Repetition, options: &EncodeOptions) -> Result<TypePtr> {
    let element = file_type("array_element", element, Repetition::OPTIONAL, options)?;
    let bag = group("bag", vec![element], None, Repetition::REPEATED)?;
    group(name, vec![bag], Some(LogicalType::List), repetition)
}

fn map(
    name: &str,
    key: &DataType,
    value: &DataType,
    repetition: Repetition,
    options: &EncodeOptions,
) -> Result<TypePtr> {
    let key = file_type("key", key, Repetition::REQUIRED, options)?;
    let value = file_type("value", value, Repetition::OPTIONAL, options)?;
    let entries = group("key_value", vec![key, value], None, Repetition::REPEATED)?;
    group(name, vec![entries], Some(LogicalType::Map), repetition)
}

fn group(name: &str, fields: Vec<TypePtr>, logical: Option<LogicalType>, repetition: Repetition) -> Result<TypePtr> {
    Type::group_type_builder(name)
        .with_fields(fields)
        .with_logical_type(logical)
        .with_repetition(repetition)
        .build()
        .map(Arc::new)
        .map_err(|error| refused(&error))
}

fn refused(error: &ParquetError) -> KernelError {
    KernelError::new(ErrorCode::TypeUnsupported, format!("the schema cannot be written: {}", super::plain(error)))
}

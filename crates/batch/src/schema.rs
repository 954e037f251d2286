//! SeaTunnel's types and schemas, and the JSON form in which they cross the boundary.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A SeaTunnel data type. The JSON form is a tagged union: `{"kind":"DECIMAL","precision":10,"scale":2}`.
///
/// # Source
/// SeaTunnel `SqlType`; the printed form is the one of its type classes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DataType {
    /// UTF-8 text.
    String,
    /// True or false.
    Boolean,
    /// 8-bit integer.
    #[serde(rename = "TINYINT")]
    TinyInt,
    /// 16-bit integer.
    #[serde(rename = "SMALLINT")]
    SmallInt,
    /// 32-bit integer.
    Int,
    /// 64-bit integer.
    #[serde(rename = "BIGINT")]
    BigInt,
    /// 32-bit IEEE number.
    Float,
    /// 64-bit IEEE number.
    Double,
    /// Exact number; 1 ≤ precision ≤ 38, 0 ≤ scale ≤ precision.
    Decimal {
        /// Digits in all.
        precision: u8,
        /// Digits behind the point.
        scale: i8,
    },
    /// A column that is always null.
    Null,
    /// Raw bytes.
    Bytes,
    /// Calendar day.
    Date,
    /// Time of day, nanoseconds.
    Time,
    /// Local date and time without a zone, microseconds.
    Timestamp,
    /// An instant with the offset it was written in; microseconds and minutes.
    TimestampTz,
    /// List of one type.
    Array {
        /// Type of the elements.
        element: Box<DataType>,
    },
    /// Keys and values.
    Map {
        /// Type of the keys.
        key: Box<DataType>,
        /// Type of the values.
        value: Box<DataType>,
    },
    /// Nested row.
    Row {
        /// Fields in order.
        fields: Vec<StructField>,
    },
    /// Packed bits.
    BinaryVector,
    /// 32-bit floats.
    FloatVector,
    /// 16-bit IEEE floats.
    #[serde(rename = "FLOAT16_VECTOR")]
    Float16Vector,
    /// 16-bit brain floats.
    #[serde(rename = "BFLOAT16_VECTOR")]
    BFloat16Vector,
    /// Index to 32-bit float.
    SparseFloatVector,
}

/// One field of a nested row.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct StructField {
    /// Name, case-sensitive.
    pub name: String,
    /// Type.
    #[serde(rename = "type")]
    pub data_type: DataType,
}

/// One column of a table. Members of the host's column that kernels do not need are ignored when read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Name, case-sensitive.
    pub name: String,
    /// Type.
    #[serde(rename = "type")]
    pub data_type: DataType,
    /// Whether nulls are allowed by declaration.
    #[serde(default = "default_true")]
    pub nullable: bool,
}

const fn default_true() -> bool {
    true
}

/// The schema of one table's batches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {
    /// Full table path text, for example `db.schema.table`; empty when unset.
    pub table: String,
    /// Columns in order.
    pub columns: Vec<Column>,
}

impl Schema {
    /// Position of a column by its exact name.
    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }
}

impl fmt::Display for DataType {
    /// The name that Console and error texts print: `INT`, `Decimal(10, 2)`, `ARRAY<INT>`, `Map<STRING, INT>`, `ROW<a INT,b STRING>`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DataType::String => f.write_str("STRING"),
            DataType::Boolean => f.write_str("BOOLEAN"),
            DataType::TinyInt => f.write_str("TINYINT"),
            DataType::SmallInt => f.write_str("SMALLINT"),
            DataType::Int => f.write_str("INT"),
            DataType::BigInt => f.write_str("BIGINT"),
            DataType::Float => f.write_str("FLOAT"),
            DataType::Double => f.write_str("DOUBLE"),
            DataType::Decimal { precision, scale } => write!(f, "Decimal({precision}, {scale})"),
            DataType::Null => f.write_str("NULL"),
            DataType::Bytes => f.write_str("BYTES"),
            DataType::Date => f.write_str("DATE"),
            DataType::Time => f.write_str("TIME"),
            DataType::Timestamp => f.write_str("TIMESTAMP"),
            DataType::TimestampTz => f.write_str("TIMESTAMP_TZ"),
            DataType::Array { element } => write!(f, "ARRAY<{element}>"),
            DataType::Map { key, value } => write!(f, "Map<{key}, {value}>"),
            DataType::Row { fields } => {
                f.write_str("ROW<")?;
                for (index, field) in fields.iter().enumerate() {
                    write!(f, "{}{} {}", if index > 0 { "," } else { "" }, field.name, field.data_type)?;
                }
                f.write_str(">")
            }
            DataType::BinaryVector => f.write_str("BINARY_VECTOR"),
            DataType::FloatVector => f.write_str("FLOAT_VECTOR"),
            DataType::Float16Vector => f.write_str("FLOAT16_VECTOR"),
            DataType::BFloat16Vector => f.write_str("BFLOAT16_VECTOR"),
            DataType::SparseFloatVector => f.write_str("SPARSE_FLOAT_VECTOR"),
        }
    }
}

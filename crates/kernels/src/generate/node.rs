//! The tree of value generators.

use arrow_array::{Array, ArrayRef};
use millrace_batch::DataType;

/// One value generator and the stream it draws from.
pub(crate) struct Node {
    pub stream: u64,
    pub data_type: DataType,
    pub generator: Generator,
}

/// How values are made.
pub(crate) enum Generator {
    Null,
    /// The one value of the array, in every row.
    Constant(ArrayRef),
    /// Any value of the array.
    Template(ArrayRef),
    AutoIncrement {
        start: i64,
        rows_per_reader: u64,
    },
    Boolean,
    /// In `[min, max)`; width by the node's type.
    Integer {
        min: i64,
        max: i64,
    },
    Float {
        min: f32,
        max: f32,
    },
    Double {
        min: f64,
        max: f64,
    },
    /// Floats of the node's type, rounded to multiples of 1 / `power`.
    Rounded {
        min: f64,
        max: f64,
        power: f64,
    },
    Decimal,
    Text {
        length: usize,
    },
    Date(Days),
    Time(Seconds),
    Timestamp(Days, Seconds),
    List {
        element: Box<Node>,
        size: usize,
    },
    Map {
        key: Box<Node>,
        value: Box<Node>,
        size: usize,
    },
    Row(Vec<Node>),
    /// Random bytes.
    Bits {
        bytes: usize,
    },
    /// 16-bit floats, IEEE or brain by the node's type.
    ShortFloats {
        min: f32,
        max: f32,
        dimension: usize,
    },
    Sparse {
        values: Box<Node>,
        dimension: usize,
    },
}

/// Every day that a date may be, as days since 1970-01-01; each is as likely as the others.
pub(crate) struct Days(pub Vec<i32>);

/// Second of the day: any, or one of a table.
pub(crate) enum Seconds {
    Any,
    Table(Vec<u32>),
}

impl Node {
    /// Estimated bytes of one value, at least 1.
    pub(crate) fn row_bytes(&self) -> usize {
        match &self.generator {
            Generator::Null | Generator::Boolean => 1,
            Generator::Constant(array) => slice_bytes(array),
            Generator::Template(array) => slice_bytes(array) / array.len().max(1) + 1,
            Generator::Text { length } => length.saturating_add(4),
            Generator::Bits { bytes } => bytes.saturating_add(4),
            Generator::ShortFloats { dimension, .. } => dimension.saturating_mul(2).saturating_add(4),
            Generator::Sparse { dimension, .. } => dimension.saturating_mul(8).saturating_add(4),
            Generator::List { element, size } => element.row_bytes().saturating_mul(*size).saturating_add(4),
            Generator::Map { key, value, size } => {
                key.row_bytes().saturating_add(value.row_bytes()).saturating_mul(*size).saturating_add(4)
            }
            Generator::Row(fields) => fields.iter().fold(1, |sum, field| field.row_bytes().saturating_add(sum)),
            Generator::Decimal | Generator::Timestamp(..) => 16,
            _ => 8,
        }
    }
}

fn slice_bytes(array: &ArrayRef) -> usize {
    array.to_data().get_slice_memory_size().unwrap_or_else(|_| array.get_array_memory_size()).max(1)
}

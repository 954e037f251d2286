//! The operators, one per file.

pub mod assert;
pub mod constant;
pub mod data_validator;
pub mod field_encrypt;
pub mod filter_row_kind;
pub mod json_path;
pub mod metadata;
pub mod project;
pub mod regex_extract;
pub mod rename_table;
pub mod replace;
pub mod row_kind_extract;
pub mod set_row_kind_insert;
pub mod split;
pub mod text_chunk;

use arrow_array::{Array, ArrayRef, UInt32Array};
use arrow_select::take::take;
use millrace_batch::{Batch, Column, DataType, ErrorCode, KernelError, Result, Schema};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Reads an operator's options.
///
/// # Errors
/// `OPTION_INVALID` when they are not of its shape.
pub(crate) fn read_options<T: DeserializeOwned>(operator: &str, options: &Value) -> Result<T> {
    T::deserialize(options).map_err(|error| {
        KernelError::new(
            ErrorCode::OptionInvalid,
            format!("options of operator '{operator}' are not of its shape: {error}"),
        )
    })
}

/// More of a row is not put into a message.
const MESSAGE_LIMIT_BYTES: usize = 64 << 10;

/// The beginning of a text that is too long for a message.
pub(crate) fn shortened(mut text: String) -> String {
    if text.len() > MESSAGE_LIMIT_BYTES {
        let cut = (0..=MESSAGE_LIMIT_BYTES).rev().find(|end| text.is_char_boundary(*end));
        text.truncate(cut.unwrap_or_default());
        text.push('…');
    }
    text
}

/// Position of a field that an operator names.
pub(crate) fn position(operator: &str, schema: &Schema, name: &str) -> Result<usize> {
    schema.index_of(name).ok_or_else(|| {
        KernelError::new(ErrorCode::FieldNotFound, format!("operator '{operator}' finds no input field '{name}'"))
            .at_field(name)
    })
}

pub(crate) fn exists_already(operator: &str, name: &str) -> KernelError {
    KernelError::new(ErrorCode::FieldExists, format!("operator '{operator}' finds field '{name}' twice")).at_field(name)
}

/// `rows` copies of the only value of an array.
///
/// # Errors
/// `MEMORY_EXCEEDED` when they are over 1 GiB.
pub(crate) fn repeat(array: &ArrayRef, rows: usize) -> Result<ArrayRef> {
    debug_assert_eq!(array.len(), 1);
    let bytes = array.to_data().get_slice_memory_size().unwrap_or(usize::MAX);
    if bytes.saturating_mul(rows) > 1 << 30 {
        let message = format!("a constant of {bytes} bytes in {rows} rows is over 1 GiB");
        return Err(KernelError::new(ErrorCode::MemoryExceeded, message));
    }
    take(array, &UInt32Array::from(vec![0u32; rows]), None)
        .map_err(|error| KernelError::new(ErrorCode::ProgramInvalid, format!("a constant cannot be repeated: {error}")))
}

/// Where an output column goes when an operator adds columns: in the place of the column of that name, else at the end.
pub(crate) struct Additions {
    /// Columns of the output.
    pub(crate) columns: Vec<Column>,
    /// For each added column, its position in the output.
    pub(crate) positions: Vec<usize>,
    inputs: usize,
}

impl Additions {
    /// Adds nullable columns to a schema, in order.
    ///
    /// # Source
    /// SeaTunnel `MultipleFieldOutputTransform`: a column of that name is replaced in place, else appended.
    pub(crate) fn plan(schema: &Schema, added: impl IntoIterator<Item = (String, DataType)>) -> Self {
        let mut columns = schema.columns.clone();
        let mut positions = Vec::new();
        for (name, data_type) in added {
            let column = Column { name, data_type, nullable: true };
            if let Some(position) = columns.iter().position(|existing| existing.name == column.name) {
                columns[position] = column;
                positions.push(position);
            } else {
                positions.push(columns.len());
                columns.push(column);
            }
        }
        Self { columns, positions, inputs: schema.columns.len() }
    }

    /// The lineage of the output.
    pub(crate) fn lineage(&self) -> Vec<Option<usize>> {
        (0..self.columns.len())
            .map(|position| (position < self.inputs && !self.positions.contains(&position)).then_some(position))
            .collect()
    }

    /// Puts the added arrays into a batch's columns.
    pub(crate) fn place(&self, batch: &mut Batch, added: Vec<ArrayRef>) {
        for (position, array) in self.positions.iter().zip(added) {
            if *position < batch.columns.len() {
                batch.columns[*position] = array;
            } else {
                batch.columns.push(array);
            }
        }
    }
}

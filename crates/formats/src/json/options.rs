//! The options of decoder and encoder, as the host writes them into a program document.

use millrace_batch::schema::Column;
use millrace_batch::{ErrorCode, KernelError, Result, Schema};
use serde_json::Value;

/// Everything a decoder is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DecoderOptions {
    /// For each column of the schema, where its values come from.
    pub origins: Vec<Origin>,
    /// Names of the positions of an array that stands for a row.
    pub positions: Vec<String>,
    /// The file is one array.
    pub array_document: bool,
}

/// Where an output column's values come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// The member of the column's name.
    Member,
    /// The partition value of this name.
    Partition(String),
}

impl DecoderOptions {
    /// Reads and checks a decoder's options for batches of `schema`.
    ///
    /// # Errors
    /// `OPTION_INVALID` for a value that is not allowed, `PROGRAM_INVALID` when the columns do not fit together.
    pub(super) fn read(schema: &Schema, options: &Value) -> Result<Self> {
        let partitions = strings(options, "partitionColumns")?.unwrap_or_default();
        let read = strings(options, "readColumns")?.filter(|names| !names.is_empty());
        let file = file_columns(options)?;
        let mut origins = Vec::with_capacity(schema.columns.len());
        for column in &schema.columns {
            if partitions.contains(&column.name) {
                origins.push(Origin::Partition(column.name.clone()));
                continue;
            }
            let known = read.as_ref().is_none_or(|names| names.contains(&column.name))
                && file.as_ref().is_none_or(|columns| columns.iter().any(|candidate| candidate.name == column.name));
            if !known {
                return Err(program(format!("column '{}' is not among the file's columns", column.name)));
            }
            origins.push(Origin::Member);
        }
        let positions = match file {
            Some(columns) => columns.into_iter().map(|column| column.name).collect(),
            None => schema
                .columns
                .iter()
                .map(|column| &column.name)
                .filter(|name| !partitions.contains(name))
                .cloned()
                .collect(),
        };
        Ok(Self { origins, positions, array_document: boolean(options, "arrayDocument")? })
    }
}

fn file_columns(options: &Value) -> Result<Option<Vec<Column>>> {
    match options.get("fileSchema") {
        None | Some(Value::Null) => Ok(None),
        Some(value) => serde_json::from_value(value.get("columns").unwrap_or(value).clone())
            .map(Some)
            .map_err(|error| program(format!("reading 'fileSchema': {error}"))),
    }
}

/// The text before every row.
///
/// # Errors
/// `OPTION_INVALID` when it is not text.
pub(super) fn row_delimiter(options: &Value) -> Result<Vec<u8>> {
    match options.get("rowDelimiter") {
        None | Some(Value::Null) => Ok(b"\n".to_vec()),
        Some(Value::String(text)) => Ok(text.as_bytes().to_vec()),
        Some(_) => Err(invalid("'rowDelimiter' must be text")),
    }
}

pub(super) fn boolean(options: &Value, name: &str) -> Result<bool> {
    match options.get(name) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(value)) => Ok(*value),
        Some(_) => Err(invalid(format!("'{name}' must be true or false"))),
    }
}

fn strings(options: &Value, name: &str) -> Result<Option<Vec<String>>> {
    match options.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => serde_json::from_value(value.clone())
            .map(Some)
            .map_err(|_| invalid(format!("'{name}' must be a list of texts"))),
    }
}

fn invalid(message: impl Into<String>) -> KernelError {
    KernelError::new(ErrorCode::OptionInvalid, message)
}

fn program(message: impl Into<String>) -> KernelError {
    KernelError::new(ErrorCode::ProgramInvalid, message)
}

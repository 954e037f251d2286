//! Values of formats whose cells are texts or numbers (spreadsheets, XML): into typed columns and back to text.

pub(crate) mod text;
mod value;

use crate::delimited::arrays::constant_text;
use crate::delimited::columns::ColumnBuilder;
use crate::delimited::options::{Origin, file_columns, origins, strings, text as text_option};
use crate::partitions::Partitions;
use millrace_batch::schema::Column;
use millrace_batch::{Batch, ErrorCode, KernelError, Result, Schema};
use serde_json::Value;
use std::sync::Arc;

pub(crate) use value::CellValue;

/// Rows after which a batch is closed.
pub(crate) const BATCH_ROWS: usize = 8_192;
/// Bytes of cells after which a batch is closed.
pub(crate) const BATCH_BYTES: usize = 1 << 20;
/// No record is longer, whatever the context says: offsets of text have 31 bits.
const RECORD_LIMIT: usize = 256 << 20;
/// Columns may be nested this deep.
const LEVELS: usize = 8;
/// Between the fields of a ROW in one text, when the document names nothing.
const FIELD_DELIMITER: &str = "\u{1}";

/// Typed columns under construction: those of the file that are read, and constants for partitions.
pub(crate) struct Table {
    schema: Arc<Schema>,
    origins: Vec<Origin>,
    /// One per column of the schema that comes from the file, in the order of the schema.
    builders: Vec<ColumnBuilder>,
    /// For each column of the file, the builder of its values.
    by_file_column: Vec<Option<usize>>,
    /// All columns of the file.
    pub(crate) file_columns: Vec<Column>,
    field_delimiter: String,
    partitions: Partitions,
    /// Complete rows.
    pub(crate) rows: usize,
    /// Bytes of the cells of the rows under construction.
    pub(crate) bytes: usize,
    /// A record may not be longer.
    pub(crate) value_limit: usize,
}

impl Table {
    /// Columns for batches of `schema`. Options: `fileSchema`, `partitionColumns`, `fieldDelimiter`.
    ///
    /// # Errors
    /// `OPTION_INVALID`, `PROGRAM_INVALID`; `TYPE_UNSUPPORTED` for a type that has no text.
    pub(crate) fn new(schema: &Arc<Schema>, options: &Value, value_limit: usize) -> Result<Self> {
        let partitions = strings(options, "partitionColumns")?.unwrap_or_default();
        let file_columns = file_columns(schema, options, &partitions)?;
        let origins = origins(schema, options, &file_columns, &partitions)?;
        let mut builders = Vec::new();
        let mut by_file_column = vec![None; file_columns.len()];
        for (column, origin) in schema.columns.iter().zip(&origins) {
            if let Origin::File(index) = origin {
                by_file_column[*index] = Some(builders.len());
                let builder = ColumnBuilder::new(&column.data_type, 0, LEVELS);
                builders.push(builder.map_err(|error| error.at_field(&column.name))?);
            }
        }
        Ok(Self {
            schema: Arc::clone(schema),
            origins,
            builders,
            by_file_column,
            file_columns,
            field_delimiter: text_option(options, "fieldDelimiter")?.unwrap_or(FIELD_DELIMITER).to_owned(),
            partitions: Partitions::default(),
            rows: 0,
            bytes: 0,
            value_limit: value_limit.min(RECORD_LIMIT),
        })
    }

    /// Takes the arguments of a piece of work and forgets everything of the one before.
    ///
    /// # Errors
    /// `PROGRAM_INVALID` when they are not of this shape.
    pub(crate) fn begin(&mut self, arguments: &str) -> Result<()> {
        self.partitions = Partitions::of(arguments)?;
        self.rows = 0;
        self.drop_open_row();
        Ok(())
    }

    /// Whether the values of a column of the file are wanted.
    pub(crate) fn reads(&self, file_column: usize) -> bool {
        self.by_file_column.get(file_column).is_some_and(Option::is_some)
    }

    /// Appends a row; `cell` gives the value of a column of the file.
    ///
    /// # Errors
    /// The value's, at the row and the field; the row is not appended then.
    pub(crate) fn push_row<'a>(&mut self, mut cell: impl FnMut(usize) -> CellValue<'a>) -> Result<()> {
        for (index, wanted) in self.by_file_column.iter().enumerate() {
            let Some(builder) = wanted else { continue };
            let value = cell(index);
            let bytes = value.bytes();
            let pushed = if bytes > self.value_limit {
                let message = format!("a value has '{bytes}' bytes, more than the limit of '{}'", self.value_limit);
                Err(KernelError::new(ErrorCode::ValueTooLarge, message))
            } else {
                value.push(&mut self.builders[*builder], &self.field_delimiter)
            };
            if let Err(error) = pushed {
                self.drop_open_row();
                return Err(error.at_row(self.rows).at_field(&self.file_columns[index].name));
            }
            self.bytes += bytes;
        }
        self.rows += 1;
        Ok(())
    }

    /// Whether enough rows are there for a batch.
    pub(crate) fn is_full(&self) -> bool {
        self.rows >= BATCH_ROWS || self.bytes >= BATCH_BYTES
    }

    /// The rows so far, if any.
    ///
    /// # Errors
    /// `PROGRAM_INVALID` when the parts do not fit: a bug.
    pub(crate) fn take_batch(&mut self) -> Result<Option<Batch>> {
        let rows = std::mem::take(&mut self.rows);
        self.bytes = 0;
        if rows == 0 {
            return Ok(None);
        }
        let mut read = self.builders.iter_mut();
        let mut columns = Vec::with_capacity(self.origins.len());
        for origin in &self.origins {
            match origin {
                Origin::File(_) => columns.extend(read.next().map(ColumnBuilder::finish).transpose()?),
                Origin::Partition(name) => {
                    columns.push(constant_text(self.partitions.text(name), rows)?);
                }
            }
        }
        Batch::try_new(Arc::clone(&self.schema), columns, rows).map(Some)
    }

    fn drop_open_row(&mut self) {
        self.builders.iter_mut().for_each(|builder| builder.truncate(self.rows));
    }
}

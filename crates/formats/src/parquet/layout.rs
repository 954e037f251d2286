//! What is the same for all row groups of a file.

use super::options::EncodeOptions;
use super::types::{ColumnForm, column_form, file_schema};
use super::{guarded, prepare};
use arrow_schema::{DataType as ArrowType, Field, Schema as ArrowSchema, SchemaRef};
use millrace_batch::{ErrorCode, Result, Schema};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder, WriterVersion};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{SchemaDescriptor, TypePtr};
use serde_json::Value;
use std::sync::Arc;

/// Name of the writer in the file.
const CREATED_BY: &str = "millrace";
/// Values handed on at a time; larger than the default because the statistics of a batch are cheap.
const WRITE_BATCH_VALUES: usize = 8_192;

/// What all row groups of a file share.
pub(super) struct FileLayout {
    pub(super) options: EncodeOptions,
    pub(super) file_schema: TypePtr,
    pub(super) descriptor: SchemaDescriptor,
    pub(super) arrow_schema: SchemaRef,
    pub(super) forms: Vec<ColumnForm>,
}

impl FileLayout {
    pub(super) fn try_new(schema: &Schema, options: &Value) -> Result<Self> {
        let options = EncodeOptions::try_new(options)?;
        let file_schema = file_schema(schema, &options)?;
        let forms: Vec<_> =
            schema.columns.iter().map(|column| column_form(&column.name, &column.data_type, &options)).collect();
        let fields = schema.columns.iter().zip(&forms).map(|(column, form)| {
            let arrow = match form {
                ColumnForm::Arrow => prepare::prepared_type(&column.data_type, options.timestamp_unit),
                // Any type with one leaf: its writer is not used.
                _ => ArrowType::Int64,
            };
            Field::new(&column.name, arrow, true)
        });
        let arrow_schema = Arc::new(ArrowSchema::new(fields.collect::<Vec<_>>()));
        let descriptor = SchemaDescriptor::new(Arc::clone(&file_schema));
        Ok(Self { options, file_schema, descriptor, arrow_schema, forms })
    }

    /// A file without rows that writes into `buffer`. `with_dictionary` has one decision per leaf.
    pub(super) fn file_writer(
        &self,
        buffer: Vec<u8>,
        with_dictionary: &[bool],
    ) -> Result<SerializedFileWriter<Vec<u8>>> {
        let mut properties = self.properties();
        for (leaf, use_dictionary) in self.descriptor.columns().iter().zip(with_dictionary) {
            properties = properties.set_column_dictionary_enabled(leaf.path().clone(), *use_dictionary);
        }
        guarded(ErrorCode::EncodeFailed, "starting a row group", || {
            SerializedFileWriter::new(buffer, Arc::clone(&self.file_schema), Arc::new(properties.build()))
        })
    }

    fn properties(&self) -> WriterPropertiesBuilder {
        WriterProperties::builder()
            .set_writer_version(WriterVersion::PARQUET_1_0)
            .set_created_by(CREATED_BY.to_owned())
            .set_compression(self.options.compression)
            .set_dictionary_enabled(false)
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_offset_index_disabled(true)
            .set_write_batch_size(WRITE_BATCH_VALUES)
            .set_data_page_row_count_limit(usize::MAX)
    }
}

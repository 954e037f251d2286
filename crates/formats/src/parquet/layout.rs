//! What is the same for all row groups of a file.

use super::options::EncodeOptions;
use super::types::{ColumnForm, column_form, file_schema};
use super::{guarded, prepare};
use arrow_schema::{DataType as ArrowType, Field, Schema as ArrowSchema, SchemaRef};
use millrace_batch::{ErrorCode, Result, Schema};
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::metadata::{FileMetaData, ParquetMetaDataBuilder, ParquetMetaDataWriter, RowGroupMetaData};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder, WriterVersion};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{SchemaDescPtr, SchemaDescriptor, Type};
use serde_json::Value;
use std::sync::Arc;

/// Name of the writer in the file.
const CREATED_BY: &str = "millrace";
/// Values handed on at a time; larger than the default because the statistics of a batch are cheap.
const WRITE_BATCH_VALUES: usize = 8_192;

/// What all row groups of a file share.
pub(super) struct FileLayout {
    pub(super) options: EncodeOptions,
    /// Of a file without rows.
    file_metadata: FileMetaData,
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
        let file_metadata = guarded(ErrorCode::EncodeFailed, "making the schema of a file", || {
            let mut empty = SerializedFileWriter::new(
                Vec::new(),
                file_schema,
                Arc::new(properties(Compression::UNCOMPRESSED).build()),
            )?;
            Ok(empty.finish()?.file_metadata().clone())
        })?;
        Ok(Self { options, file_metadata, arrow_schema, forms })
    }

    /// A file of the column at `root` alone. `with_dictionary` has one decision per leaf of the whole schema.
    pub(super) fn column_file(&self, root: usize, with_dictionary: &[bool]) -> Result<SerializedFileWriter<Vec<u8>>> {
        let mut properties = properties(self.options.compression);
        for (leaf, use_dictionary) in self.descriptor().columns().iter().zip(with_dictionary) {
            properties = properties.set_column_dictionary_enabled(leaf.path().clone(), *use_dictionary);
        }
        guarded(ErrorCode::EncodeFailed, "starting a column", || {
            let schema = self.file_metadata.schema();
            let fields = schema.get_fields()[root..=root].to_vec();
            let schema = Type::group_type_builder(schema.name()).with_fields(fields).build()?;
            SerializedFileWriter::new(Vec::new(), Arc::new(schema), Arc::new(properties.build()))
        })
    }

    pub(super) fn descriptor_ptr(&self) -> SchemaDescPtr {
        self.file_metadata.schema_descr_ptr()
    }

    pub(super) fn descriptor(&self) -> &SchemaDescriptor {
        self.file_metadata.schema_descr()
    }

    /// The metadata of a file of these row groups, without length and magic.
    pub(super) fn describe(&self, groups: Vec<RowGroupMetaData>) -> Result<Vec<u8>, ParquetError> {
        let base = &self.file_metadata;
        let file_metadata = FileMetaData::new(
            base.version(),
            groups.iter().map(RowGroupMetaData::num_rows).sum(),
            base.created_by().map(str::to_owned),
            None,
            base.schema_descr_ptr(),
            base.column_orders().cloned(),
        );
        let metadata = ParquetMetaDataBuilder::new(file_metadata).set_row_groups(groups).build();
        let mut bytes = Vec::new();
        ParquetMetaDataWriter::new(&mut bytes, &metadata).finish()?;
        Ok(bytes)
    }
}

fn properties(compression: Compression) -> WriterPropertiesBuilder {
    WriterProperties::builder()
        .set_writer_version(WriterVersion::PARQUET_1_0)
        .set_created_by(CREATED_BY.to_owned())
        .set_compression(compression)
        .set_dictionary_enabled(false)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_offset_index_disabled(true)
        .set_write_batch_size(WRITE_BATCH_VALUES)
        .set_data_page_row_count_limit(usize::MAX)
}

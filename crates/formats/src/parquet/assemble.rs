//! Row groups that were placed in a file to that file's end.

use super::guarded;
use super::layout::FileLayout;
use super::library::moved;
use millrace_batch::codec::Context;
use millrace_batch::{ErrorCode, KernelError, Result, Schema};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaDataOptions, ParquetMetaDataReader, RowGroupMetaData};
use serde_json::Value;

/// Row groups are numbered in 16 bits.
const MAX_ROW_GROUPS: usize = i16::MAX as usize;
/// Footer length and magic.
const FOOTER_END_BYTES: usize = 8;

/// The bytes that end a file: its metadata, their length and the magic.
///
/// `schema` and `options` are those of the encoders. `row_groups` has, in the order of the file, where the first byte of each
/// row group was written (not before the end of [`super::FILE_HEADER`]) and what the encoder gave by
/// [`millrace_batch::codec::Encoder::take_metadata`]. Without row groups the result ends a valid file of no rows.
///
/// # Errors
/// [`ErrorCode::EncodeFailed`] for more than 32,767 row groups, [`ErrorCode::FileCorrupt`] when the metadata of a row group is
/// damaged or of another schema; and the errors of making an encoder.
pub fn assemble_footer(
    schema: &Schema,
    options: &Value,
    _context: &Context,
    row_groups: &[(u64, impl AsRef<[u8]>)],
) -> Result<Vec<u8>> {
    if row_groups.len() > MAX_ROW_GROUPS {
        let message = format!("a file cannot have '{}' row groups", row_groups.len());
        return Err(KernelError::new(ErrorCode::EncodeFailed, message));
    }
    let layout = FileLayout::try_new(schema, options)?;
    guarded(ErrorCode::EncodeFailed, "assembling a footer", || {
        let groups = row_groups.iter().enumerate();
        let groups = groups.map(|(ordinal, (offset, blob))| read_group(&layout, blob.as_ref(), *offset, ordinal));
        layout.describe(groups.collect::<Result<_, _>>()?)
    })
}

/// Reads the metadata of one row group and moves it to where the row group is.
fn read_group(
    layout: &FileLayout,
    metadata: &[u8],
    offset: u64,
    ordinal: usize,
) -> Result<RowGroupMetaData, ParquetError> {
    let general = |text: &str| ParquetError::General(text.into());
    let offset = i64::try_from(offset).map_err(|_| general("an offset is too large"))?;
    let options = ParquetMetaDataOptions::new().with_encoding_stats_as_mask(false);
    let metadata = ParquetMetaDataReader::decode_metadata_with_options(metadata, Some(&options))?;
    let (1, true) = (metadata.num_row_groups(), metadata.file_metadata().schema() == layout.descriptor().root_schema())
    else {
        return Err(general("the metadata is not of one row group of this file"));
    };
    let group = metadata.row_group(0).clone();
    let columns = group.columns().iter().map(|column| moved(column.clone(), offset)).collect::<Result<Vec<_>, _>>()?;
    group.into_builder().set_column_metadata(columns).set_file_offset(offset).set_ordinal(ordinal as i16).build()
}

/// The metadata of a row group whose first byte is at offset 0, as [`assemble_footer`] takes it.
pub(super) fn describe_group(
    layout: &FileLayout,
    rows: u64,
    chunks: Vec<ColumnChunkMetaData>,
) -> Result<Vec<u8>, ParquetError> {
    let group = RowGroupMetaData::builder(layout.descriptor_ptr())
        .set_num_rows(rows as i64)
        .set_total_byte_size(chunks.iter().map(ColumnChunkMetaData::uncompressed_size).sum())
        .set_column_metadata(chunks)
        .build()?;
    let mut bytes = layout.describe(vec![group])?;
    bytes.truncate(bytes.len() - FOOTER_END_BYTES);
    Ok(bytes)
}

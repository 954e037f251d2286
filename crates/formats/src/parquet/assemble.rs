//! Row groups that were placed in a file to that file's end.

use super::layout::FileLayout;
use super::{FILE_HEADER, corrupt, guarded};
use millrace_batch::codec::Context;
use millrace_batch::{ErrorCode, KernelError, Result, Schema};
use parquet::errors::ParquetError;
use parquet::file::metadata::{
    ColumnChunkMetaData, FileMetaData, ParquetMetaDataBuilder, ParquetMetaDataOptions, ParquetMetaDataReader,
    ParquetMetaDataWriter, RowGroupMetaData,
};
use serde_json::Value;

/// Row groups are numbered in 16 bits.
const MAX_ROW_GROUPS: usize = i16::MAX as usize;

/// The bytes that end a file: its metadata, their length and the magic.
///
/// `schema` and `options` are those of the encoders. `row_groups` has, in the order of the file, where the first byte of each
/// row group was written (not before [`FILE_HEADER`]'s end) and what the encoder gave by
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
    let mut empty = layout.file_writer(Vec::new(), &[])?;
    guarded(ErrorCode::EncodeFailed, "assembling a footer", || {
        let empty = empty.finish()?;
        let groups = row_groups
            .iter()
            .enumerate()
            .map(|(ordinal, (offset, metadata))| read_group(empty.file_metadata(), metadata.as_ref(), *offset, ordinal))
            .collect::<Result<Vec<_>, _>>()?;
        let base = empty.file_metadata();
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
    })
}

/// Reads the metadata of one row group and moves it to where the row group is.
fn read_group(
    file: &FileMetaData,
    metadata: &[u8],
    offset: u64,
    ordinal: usize,
) -> Result<RowGroupMetaData, ParquetError> {
    let general = |text: &str| ParquetError::General(text.into());
    let offset = i64::try_from(offset).map_err(|_| general("an offset is too large"))?;
    let shift = offset.checked_sub(FILE_HEADER.len() as i64).ok_or_else(|| general("an offset is too large"))?;
    let options = ParquetMetaDataOptions::new().with_encoding_stats_as_mask(false);
    let metadata = ParquetMetaDataReader::decode_metadata_with_options(metadata, Some(&options))?;
    let (1, true) = (metadata.num_row_groups(), metadata.file_metadata().schema() == file.schema()) else {
        return Err(general("the metadata is not of one row group of this file"));
    };
    let group = metadata.row_group(0).clone();
    let columns = group.columns().iter().map(|column| moved(column, shift)).collect::<Result<Vec<_>, _>>()?;
    group.into_builder().set_column_metadata(columns).set_file_offset(offset).set_ordinal(ordinal as i16).build()
}

fn moved(column: &ColumnChunkMetaData, shift: i64) -> Result<ColumnChunkMetaData, ParquetError> {
    column
        .clone()
        .into_builder()
        .set_data_page_offset(column.data_page_offset() + shift)
        .set_dictionary_page_offset(column.dictionary_page_offset().map(|offset| offset + shift))
        .build()
}

/// Where the pages of a file of one row group end, and its metadata.
pub(super) fn split_footer(file: &[u8]) -> Result<(usize, &[u8])> {
    let damaged = || corrupt("a row group was not ended");
    let footer_end = file.len().checked_sub(8).ok_or_else(damaged)?;
    let length = file[footer_end..footer_end + 4].try_into().map(u32::from_le_bytes).map_err(|_| damaged())? as usize;
    let data_end = footer_end.checked_sub(length).ok_or_else(damaged)?;
    Ok((data_end, &file[data_end..footer_end]))
}

//! The end of a file: finding it, checking it, and what a job needs to know from it.

use super::options::names;
use super::types::{data_type_of, requested_fields};
use super::{FILE_HEADER, corrupt, guarded, thrift};
use crate::columnar::unavailable;
use arrow_schema::{DataType as ArrowType, Schema as ArrowSchema};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use millrace_batch::codec::Context;
use millrace_batch::{Column, ErrorCode, KernelError, Result, Schema};
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::arrow::parquet_to_arrow_schema;
use parquet::basic::{Compression, Type as PhysicalType};
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData};
use serde_json::{Value, json};
use std::sync::Arc;

/// Bytes from the end of a file that are read first; nearly every footer fits.
const FIRST_TAIL_BYTES: u64 = 64 << 10;
/// Footer length (4 bytes) and magic (4 bytes).
const FOOTER_END_BYTES: u64 = 8;
/// Bytes asked for from the beginning of a file whose end is not one of Parquet; told apart by this length.
const HEAD_PROBE_BYTES: u64 = 5;
/// Footers above this size are not repeated in what [`inspect`] answers.
const MAX_REPEATED_FOOTER_BYTES: usize = 1 << 20;
/// Values of one column chunk, list elements included.
const MAX_CHUNK_VALUES: i64 = 1 << 28;

/// Where the footer is, as far as a piece of the file tells.
pub(super) enum Located<'a> {
    /// Not in the piece: these bytes (start, length) of the file are needed.
    Wanted(u64, u64),
    /// The serialized file metadata, without length and magic.
    Footer(&'a [u8]),
}

/// Looks for the footer in `piece`, the bytes of the file from `offset` on.
///
/// # Errors
/// [`ErrorCode::FileTypeInvalid`] when the file is not Parquet, [`ErrorCode::FileCorrupt`] when it was cut off,
/// [`ErrorCode::ValueTooLarge`] when its footer is longer than a value may be.
pub(super) fn locate<'a>(file_length: u64, offset: u64, piece: &'a [u8], context: &Context) -> Result<Located<'a>> {
    if file_length < FILE_HEADER.len() as u64 + FOOTER_END_BYTES {
        return Err(KernelError::new(ErrorCode::FileTypeInvalid, "the file is too short to be Parquet"));
    }
    let piece_length = piece.len() as u64;
    if offset == 0 && piece_length == HEAD_PROBE_BYTES {
        return Err(not_parquet(piece.starts_with(FILE_HEADER)));
    }
    if offset.checked_add(piece_length) != Some(file_length) || piece_length < FOOTER_END_BYTES {
        let length = FIRST_TAIL_BYTES.min(file_length);
        return Ok(Located::Wanted(file_length - length, length));
    }
    let (body, end) = piece.split_at(piece.len() - FOOTER_END_BYTES as usize);
    if end.ends_with(b"PARE") {
        return Err(KernelError::new(ErrorCode::Unimplemented, "encrypted Parquet files cannot be read"));
    }
    if !end.ends_with(FILE_HEADER) {
        if offset == 0 {
            return Err(not_parquet(piece.starts_with(FILE_HEADER)));
        }
        return Ok(Located::Wanted(0, HEAD_PROBE_BYTES));
    }
    let length = u64::from(u32::from_le_bytes([end[0], end[1], end[2], end[3]]));
    if length > file_length - FOOTER_END_BYTES - FILE_HEADER.len() as u64 {
        return Err(corrupt(format!("the footer's length '{length}' does not fit the file")));
    }
    if length > context.value_limit_bytes as u64 {
        return Err(KernelError::new(
            ErrorCode::ValueTooLarge,
            format!("the footer of {length} bytes is over the limit"),
        ));
    }
    if let Some(start) = body.len().checked_sub(length as usize) {
        return Ok(Located::Footer(&body[start..]));
    }
    let whole = length + FOOTER_END_BYTES;
    Ok(Located::Wanted(file_length - whole, whole))
}

fn not_parquet(begins_like_it: bool) -> KernelError {
    if begins_like_it {
        return corrupt("the file does not end as a Parquet file does");
    }
    KernelError::new(ErrorCode::FileTypeInvalid, "the file does not begin with 'PAR1'")
}

/// A file whose footer was read and checked.
#[derive(Debug)]
pub(super) struct OpenFile {
    /// The footer together with the Arrow types that its columns are decoded into.
    pub(super) reader: ArrowReaderMetadata,
}

impl OpenFile {
    /// Reads and checks a footer. `bytes` is the serialized file metadata alone.
    ///
    /// # Errors
    /// [`ErrorCode::FileCorrupt`] when it is damaged or contradicts itself or the file's length.
    pub(super) fn parse(bytes: &[u8], file_length: u64) -> Result<Self> {
        if !thrift::is_sound_footer(bytes) {
            return Err(corrupt("the footer is damaged"));
        }
        let reader = guarded(ErrorCode::FileCorrupt, "reading the footer", || {
            let metadata = ParquetMetaDataReader::decode_metadata(bytes)?;
            let descriptor = metadata.file_metadata().schema_descr();
            let inferred = parquet_to_arrow_schema(descriptor, None)?;
            let schema = ArrowSchema::new(requested_fields(inferred.fields(), descriptor));
            let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true).with_schema(Arc::new(schema));
            ArrowReaderMetadata::try_new(Arc::new(metadata), options)
        })?;
        for group in reader.metadata().row_groups() {
            check_row_group(group, file_length)?;
        }
        Ok(Self { reader })
    }

    pub(super) fn metadata(&self) -> &ParquetMetaData {
        self.reader.metadata()
    }

    /// Position of a top-level column by its exact name.
    ///
    /// # Errors
    /// [`ErrorCode::FieldNotFound`].
    pub(super) fn column_index(&self, name: &str) -> Result<usize> {
        self.reader.schema().index_of(name).map_err(|_| {
            KernelError::new(ErrorCode::FieldNotFound, format!("the file has no column '{name}'")).at_field(name)
        })
    }

    /// The decoded Arrow type of a top-level column.
    pub(super) fn arrow_type(&self, column: usize) -> &ArrowType {
        self.reader.schema().field(column).data_type()
    }

    /// Positions of the leaves below each of the given top-level columns.
    pub(super) fn leaves_of<'a>(&'a self, columns: &'a [usize]) -> impl Iterator<Item = usize> + 'a {
        let descriptor = self.reader.parquet_schema();
        (0..descriptor.num_columns()).filter(move |leaf| columns.contains(&descriptor.get_column_root_idx(*leaf)))
    }
}

/// Refuses what the library takes on trust: negative or overlong sizes, and counts that do not agree.
fn check_row_group(group: &RowGroupMetaData, file_length: u64) -> Result<()> {
    let rows = group.num_rows();
    if rows < 0 {
        return Err(corrupt(format!("a row group has '{rows}' rows")));
    }
    for chunk in group.columns() {
        let start = chunk.dictionary_page_offset().unwrap_or_else(|| chunk.data_page_offset());
        let sizes =
            [chunk.data_page_offset(), start, chunk.compressed_size(), chunk.uncompressed_size(), chunk.num_values()];
        let is_placed = sizes.iter().all(|size| *size >= 0)
            && (start as u64).checked_add(chunk.compressed_size() as u64).is_some_and(|end| end <= file_length);
        let is_flat = chunk.column_descr().max_rep_level() == 0;
        if !is_placed || (is_flat && chunk.num_values() != rows) {
            return Err(corrupt(format!("column '{}' is not where the footer says", chunk.column_path().string())));
        }
        if !is_flat && chunk.num_values() > MAX_CHUNK_VALUES {
            let message = format!("column '{}' has too many values in a row group", chunk.column_path().string());
            return Err(KernelError::new(ErrorCode::ValueTooLarge, message));
        }
    }
    Ok(())
}

/// Checks the pages of a column chunk before they are decoded.
///
/// # Errors
/// [`ErrorCode::CodecUnavailable`]; [`ErrorCode::FileCorrupt`] when a page does not fit the chunk or its entries do not fit
/// the page; [`ErrorCode::ValueTooLarge`] when a page is over `page_limit_bytes`.
pub(super) fn check_pages(chunk: &ColumnChunkMetaData, bytes: &[u8], page_limit_bytes: usize) -> Result<()> {
    check_codec(chunk)?;
    let entry_bytes = match chunk.column_type() {
        PhysicalType::BOOLEAN => 0,
        PhysicalType::INT32 | PhysicalType::FLOAT | PhysicalType::BYTE_ARRAY => 4,
        PhysicalType::INT64 | PhysicalType::DOUBLE => 8,
        PhysicalType::INT96 => 12,
        PhysicalType::FIXED_LEN_BYTE_ARRAY => chunk.column_descr().type_length().max(0) as u64,
    };
    let total = chunk.num_values() as u64;
    let (mut position, mut values, mut has_dictionary) = (0, 0u64, false);
    while values < total {
        let page = thrift::read_page_header(&bytes[position..])
            .ok_or_else(|| corrupt(format!("a page of column '{}' is damaged", chunk.column_path().string())))?;
        if page.uncompressed_bytes > page_limit_bytes {
            let message = format!("a page of {} bytes is over the limit", page.uncompressed_bytes);
            return Err(KernelError::new(ErrorCode::ValueTooLarge, message));
        }
        let entries_fit = page
            .dictionary_values
            .is_none_or(|entries| entries.saturating_mul(entry_bytes.max(1)) <= page.uncompressed_bytes as u64);
        values += page.data_values;
        has_dictionary |= page.dictionary_values.is_some();
        if !entries_fit || values > total || (page.needs_dictionary && !has_dictionary) {
            return Err(corrupt(format!("a page of column '{}' contradicts its chunk", chunk.column_path().string())));
        }
        position += page.header_bytes + page.compressed_bytes;
    }
    Ok(())
}

fn check_codec(chunk: &ColumnChunkMetaData) -> Result<()> {
    match chunk.compression() {
        Compression::LZO => Err(unavailable("lzo")),
        Compression::ZSTD(_) if cfg!(target_arch = "wasm32") => Err(unavailable("zstd")),
        _ => Ok(()),
    }
}

/// The columns of a file as SeaTunnel types, in the order of `read_columns` or, when that is empty, of the file.
fn schema_of(file: &OpenFile, read_columns: &[String]) -> Result<(Vec<usize>, Schema)> {
    let indexes: Vec<usize> = if read_columns.is_empty() {
        (0..file.reader.schema().fields().len()).collect()
    } else {
        read_columns.iter().map(|name| file.column_index(name)).collect::<Result<_>>()?
    };
    let columns = indexes
        .iter()
        .map(|&index| {
            let field = file.reader.schema().field(index);
            let data_type =
                data_type_of(field.data_type()).ok_or_else(|| unsupported(field.name(), field.data_type()))?;
            Ok(Column { name: field.name().clone(), data_type, nullable: field.is_nullable() })
        })
        .collect::<Result<_>>()?;
    Ok((indexes, Schema { table: String::new(), columns }))
}

/// The error of a column whose type has no counterpart.
pub(super) fn unsupported(name: &str, arrow: &ArrowType) -> KernelError {
    KernelError::new(ErrorCode::TypeUnsupported, format!("column '{name}' has the unsupported type '{arrow}'"))
        .at_field(name)
}

/// Looks at a file before a job is planned; see [`millrace_batch::codec::InspectFunction`].
///
/// Asks for the end of the file, then answers `{"schema", "splits", "metadata"}`: one split per row group that has rows, with
/// `arguments` as the decoder takes them and `bytes` as they will be read; `metadata` is the footer in base64, to be passed
/// to decoders as `footer`, or null when it is large.
///
/// # Options
/// `readColumns`: names of the columns to be read, in the order of the result; absent or empty for all.
///
/// # Errors
/// [`ErrorCode::FileTypeInvalid`] for a file that is not Parquet, [`ErrorCode::FileCorrupt`] for one that is damaged or cut
/// off, [`ErrorCode::TypeUnsupported`] at a column, [`ErrorCode::FieldNotFound`] at a name of `readColumns`.
pub(super) fn inspect(
    options: &Value,
    file_length: u64,
    offset: u64,
    piece: &[u8],
    context: &Context,
) -> Result<Value> {
    let footer = match locate(file_length, offset, piece, context)? {
        Located::Wanted(start, length) => return Ok(json!({ "wanted": [[start, length]] })),
        Located::Footer(bytes) => bytes,
    };
    let file = OpenFile::parse(footer, file_length)?;
    let (indexes, schema) = schema_of(&file, &names(&options["readColumns"]))?;
    let leaves: Vec<usize> = file.leaves_of(&indexes).collect();
    let splits: Vec<Value> = file
        .metadata()
        .row_groups()
        .iter()
        .enumerate()
        .filter(|(_, group)| group.num_rows() > 0)
        .map(|(index, group)| {
            let bytes: i64 = leaves.iter().map(|leaf| group.column(*leaf).compressed_size()).sum();
            let arguments = json!({ "rowGroup": index, "fileLength": file_length }).to_string();
            json!({ "rows": group.num_rows(), "bytes": bytes, "arguments": arguments })
        })
        .collect();
    let metadata = (footer.len() <= MAX_REPEATED_FOOTER_BYTES).then(|| BASE64.encode(footer));
    Ok(json!({ "schema": schema, "splits": splits, "metadata": metadata }))
}

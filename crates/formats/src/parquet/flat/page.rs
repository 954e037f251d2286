//! Pages: the buffer they are collected in, their headers, their compression, and the chunk they make up.

use super::super::library::ColumnPart;
use super::compress::Compressor;
use super::hybrid::push_varint;
use arrow_buffer::{BooleanBufferBuilder, NullBuffer};
use parquet::basic::{Encoding, PageType};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ColumnChunkMetaData, PageEncodingStats};
use parquet::file::statistics::Statistics;
use parquet::schema::types::ColumnDescPtr;

/// Bytes kept free before the values, for the levels of a page without nulls: a length of 4 bytes, a varint, a level.
const LEVEL_ROOM: usize = 16;
/// A text is copied in steps of this many bytes, past its end where there is room.
const COPY_BYTES: usize = 16;

/// The values of the page being filled. The buffer stays at its largest size, so that nothing is cleared twice.
pub(super) struct PageBuffer {
    bytes: Vec<u8>,
    end: usize,
    rows: usize,
    /// Which rows of the page have a value, as soon as one has none.
    validity: Option<BooleanBufferBuilder>,
}

impl Default for PageBuffer {
    fn default() -> Self {
        Self { bytes: vec![0; LEVEL_ROOM], end: LEVEL_ROOM, rows: 0, validity: None }
    }
}

impl PageBuffer {
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// Bytes of values.
    pub(super) fn len(&self) -> usize {
        self.end - LEVEL_ROOM
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.bytes.capacity() + self.validity.as_ref().map_or(0, |validity| validity.capacity() / 8)
    }

    /// Counts rows and says which of them have a value.
    pub(super) fn push_levels(&mut self, rows: usize, nulls: Option<&NullBuffer>) {
        if let Some(nulls) = nulls {
            let before = self.rows;
            let validity = self.validity.get_or_insert_with(|| {
                let mut validity = BooleanBufferBuilder::new(before + rows);
                validity.append_n(before, true);
                validity
            });
            validity.append_buffer(nulls.inner());
        } else if let Some(validity) = &mut self.validity {
            validity.append_n(rows, true);
        }
        self.rows += rows;
    }

    fn reserve(&mut self, bytes: usize) {
        let needed = self.end + bytes;
        if self.bytes.len() < needed {
            self.bytes.resize(needed.max(self.bytes.len() * 2), 0);
        }
    }

    pub(super) fn push_slice(&mut self, bytes: &[u8]) {
        self.reserve(bytes.len());
        self.bytes[self.end..self.end + bytes.len()].copy_from_slice(bytes);
        self.end += bytes.len();
    }

    /// Appends the texts between neighbouring offsets, each with its length before it.
    pub(super) fn push_texts(&mut self, offsets: &[i32], data: &[u8]) {
        let (Some(first), Some(last)) = (offsets.first(), offsets.last()) else { return };
        self.reserve((last - first) as usize + offsets.len() * 4 + 2 * COPY_BYTES);
        let mut end = self.end;
        for pair in offsets.windows(2) {
            let (start, length) = (pair[0] as usize, (pair[1] - pair[0]) as usize);
            self.bytes[end..end + 4].copy_from_slice(&(length as u32).to_le_bytes());
            end += 4;
            // Copies of constant size are single instructions; what they copy too much is overwritten by the next text.
            if length <= COPY_BYTES && start + COPY_BYTES <= data.len() {
                self.bytes[end..end + COPY_BYTES].copy_from_slice(&data[start..start + COPY_BYTES]);
            } else if length <= 2 * COPY_BYTES && start + 2 * COPY_BYTES <= data.len() {
                self.bytes[end..end + 2 * COPY_BYTES].copy_from_slice(&data[start..start + 2 * COPY_BYTES]);
            } else {
                self.bytes[end..end + length].copy_from_slice(&data[start..start + length]);
            }
            end += length;
        }
        self.end = end;
    }

    /// The whole page, levels before values; the buffer is empty afterwards.
    fn take(&mut self) -> (&[u8], usize) {
        let mut levels = Vec::new();
        match self.validity.take() {
            None => {
                push_varint((self.rows as u64) << 1, &mut levels);
                levels.push(1);
            }
            Some(validity) => {
                // Packed bits are laid out as the bits of a validity buffer are.
                push_varint((self.rows.div_ceil(8) as u64) << 1 | 1, &mut levels);
                levels.extend_from_slice(validity.as_slice());
            }
        }
        let length = (levels.len() as u32).to_le_bytes();
        let total = levels.len() + length.len();
        let mut end = self.end;
        if total > LEVEL_ROOM {
            let shift = total - LEVEL_ROOM;
            self.reserve(shift);
            self.bytes.copy_within(LEVEL_ROOM..end, total);
            end += shift;
        }
        let start = LEVEL_ROOM.saturating_sub(total);
        self.bytes[start..start + 4].copy_from_slice(&length);
        self.bytes[start + 4..start + total].copy_from_slice(&levels);
        let rows = std::mem::take(&mut self.rows);
        self.end = LEVEL_ROOM;
        (&self.bytes[start..end], rows)
    }
}

/// The pages of one column chunk.
pub(super) struct ChunkBuilder {
    descriptor: ColumnDescPtr,
    dictionary: Vec<u8>,
    pages: Vec<u8>,
    uncompressed_bytes: usize,
    plain_pages: i32,
    dictionary_pages: i32,
}

impl ChunkBuilder {
    pub(super) fn new(descriptor: ColumnDescPtr, compressor: &mut Compressor) -> Self {
        Self {
            descriptor,
            dictionary: Vec::new(),
            pages: compressor.chunk_buffer(),
            uncompressed_bytes: 0,
            plain_pages: 0,
            dictionary_pages: 0,
        }
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.dictionary.capacity() + self.pages.capacity()
    }

    /// Ends a data page. Its values are plain, or places in the dictionary.
    pub(super) fn push_data_page(
        &mut self,
        page: &mut PageBuffer,
        with_dictionary: bool,
        compressor: &mut Compressor,
    ) -> Result<(), ParquetError> {
        let (bytes, rows) = page.take();
        let encoding = if with_dictionary { Encoding::PLAIN_DICTIONARY } else { Encoding::PLAIN };
        *(if with_dictionary { &mut self.dictionary_pages } else { &mut self.plain_pages }) += 1;
        let compressed = compressor.compress(bytes)?;
        let before = self.pages.len();
        push_header(PageType::DATA_PAGE, encoding, rows, bytes.len(), compressed.len(), &mut self.pages)?;
        self.uncompressed_bytes += self.pages.len() - before + bytes.len();
        self.pages.extend_from_slice(compressed);
        Ok(())
    }

    pub(super) fn set_dictionary_page(
        &mut self,
        bytes: &[u8],
        entries: usize,
        compressor: &mut Compressor,
    ) -> Result<(), ParquetError> {
        let encoding = Encoding::PLAIN_DICTIONARY;
        let compressed = compressor.compress(bytes)?;
        let out = &mut self.dictionary;
        push_header(PageType::DICTIONARY_PAGE, encoding, entries, bytes.len(), compressed.len(), out)?;
        self.uncompressed_bytes += self.dictionary.len() + bytes.len();
        self.dictionary.extend_from_slice(compressed);
        Ok(())
    }

    /// Ends the chunk.
    pub(super) fn close(
        self,
        rows: u64,
        statistics: Statistics,
        compressor: &Compressor,
    ) -> Result<ColumnPart, ParquetError> {
        let has_dictionary = !self.dictionary.is_empty();
        let stats = |page_type, encoding, count| PageEncodingStats { page_type, encoding, count };
        let mut encodings = vec![Encoding::RLE];
        let mut page_stats = Vec::new();
        if has_dictionary {
            encodings.push(Encoding::PLAIN_DICTIONARY);
            page_stats.push(stats(PageType::DICTIONARY_PAGE, Encoding::PLAIN_DICTIONARY, 1));
            page_stats.push(stats(PageType::DATA_PAGE, Encoding::PLAIN_DICTIONARY, self.dictionary_pages));
        }
        if self.plain_pages > 0 || !has_dictionary {
            encodings.push(Encoding::PLAIN);
            page_stats.push(stats(PageType::DATA_PAGE, Encoding::PLAIN, self.plain_pages));
        }
        let metadata = ColumnChunkMetaData::builder(self.descriptor)
            .set_compression(compressor.compression())
            .set_encodings(encodings)
            .set_page_encoding_stats(page_stats)
            .set_num_values(rows as i64)
            .set_total_compressed_size((self.dictionary.len() + self.pages.len()) as i64)
            .set_total_uncompressed_size(self.uncompressed_bytes as i64)
            .set_data_page_offset(self.dictionary.len() as i64)
            .set_dictionary_page_offset(has_dictionary.then_some(0))
            .set_statistics(statistics)
            .build()?;
        Ok(ColumnPart { pieces: vec![self.dictionary, self.pages], chunks: vec![metadata] })
    }
}

/// Appends a page header in Thrift's compact form.
fn push_header(
    page_type: PageType,
    encoding: Encoding,
    values: usize,
    uncompressed: usize,
    compressed: usize,
    out: &mut Vec<u8>,
) -> Result<(), ParquetError> {
    const NEXT_I32: u8 = 0x15;
    const STRUCT: u8 = 0x0c;
    let push_i32 = |value: usize, out: &mut Vec<u8>| {
        let value = i32::try_from(value).map_err(|_| ParquetError::General("a page is over 2 GiB".into()))?;
        out.push(NEXT_I32);
        push_varint((value as u64) << 1, out);
        Ok::<_, ParquetError>(())
    };
    push_i32(page_type as usize, out)?;
    push_i32(uncompressed, out)?;
    push_i32(compressed, out)?;
    let is_data = page_type == PageType::DATA_PAGE;
    // From field 3 to `data_page_header` (5) or `dictionary_page_header` (7).
    out.push(if is_data { 2 << 4 } else { 4 << 4 } | STRUCT);
    push_i32(values, out)?;
    push_i32(encoding as usize, out)?;
    if is_data {
        push_i32(Encoding::RLE as usize, out)?;
        push_i32(Encoding::RLE as usize, out)?;
    }
    out.extend_from_slice(&[0, 0]);
    Ok(())
}

//! Compression of pages.

use super::page::PageBuffer;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use std::fmt::Display;

/// Smaller buffers are not worth keeping.
const MIN_SPARE_BYTES: usize = 4_096;

/// Compresses pages. Keeps its tables and buffers between pages and row groups.
pub(in super::super) struct Compressor {
    compression: Compression,
    codec: Codec,
    /// Room for one compressed page; only ever grows.
    scratch: Vec<u8>,
    spare_pages: Vec<PageBuffer>,
    spare_chunks: Vec<Vec<u8>>,
}

enum Codec {
    None,
    Snappy(Box<snap::raw::Encoder>),
    Lz4(Box<lz4_flex::block::CompressTable>),
    #[cfg(not(target_arch = "wasm32"))]
    Zstd(zstd::bulk::Compressor<'static>),
}

impl Compressor {
    /// The compressor of a codec; `None` for the slow ones, which are left to the library.
    pub(in super::super) fn of(compression: Compression) -> Option<Self> {
        let codec = match compression {
            Compression::UNCOMPRESSED => Codec::None,
            Compression::SNAPPY => Codec::Snappy(Box::new(snap::raw::Encoder::new())),
            Compression::LZ4_RAW => Codec::Lz4(Box::new(lz4_flex::block::CompressTable::large())),
            #[cfg(not(target_arch = "wasm32"))]
            Compression::ZSTD(level) => Codec::Zstd(zstd::bulk::Compressor::new(level.compression_level()).ok()?),
            _ => return None,
        };
        Some(Self { compression, codec, scratch: Vec::new(), spare_pages: Vec::new(), spare_chunks: Vec::new() })
    }

    pub(super) fn compression(&self) -> Compression {
        self.compression
    }

    /// An empty page buffer, one that was used before if there is one.
    pub(super) fn page_buffer(&mut self) -> PageBuffer {
        self.spare_pages.pop().unwrap_or_default()
    }

    /// Takes a page buffer back.
    pub(super) fn recycle(&mut self, page: PageBuffer) {
        self.spare_pages.push(page);
    }

    /// An empty buffer for the pages of a chunk.
    pub(super) fn chunk_buffer(&mut self) -> Vec<u8> {
        self.spare_chunks.pop().unwrap_or_default()
    }

    /// Takes the buffers of a row group back, in their order.
    pub(in super::super) fn recycle_chunks(&mut self, chunks: impl IntoIterator<Item = Vec<u8>>) {
        self.spare_chunks.clear();
        self.spare_chunks.extend(chunks.into_iter().filter(|chunk| chunk.len() > MIN_SPARE_BYTES));
        self.spare_chunks.reverse();
        self.spare_chunks.iter_mut().for_each(Vec::clear);
    }

    pub(in super::super) fn memory_bytes(&self) -> usize {
        self.spare_chunks.iter().map(Vec::capacity).sum::<usize>()
            + self.scratch.capacity()
            + self.spare_pages.iter().map(PageBuffer::memory_bytes).sum::<usize>()
    }

    /// `input` compressed, valid until the next call.
    pub(super) fn compress<'a>(&'a mut self, input: &'a [u8]) -> Result<&'a [u8], ParquetError> {
        let bound = match &self.codec {
            Codec::None => return Ok(input),
            Codec::Snappy(_) => snap::raw::max_compress_len(input.len()),
            Codec::Lz4(_) => lz4_flex::block::get_maximum_output_size(input.len()),
            #[cfg(not(target_arch = "wasm32"))]
            Codec::Zstd(_) => zstd::zstd_safe::compress_bound(input.len()),
        };
        if self.scratch.len() < bound {
            self.scratch.resize(bound, 0);
        }
        let length = match &mut self.codec {
            Codec::None => 0,
            Codec::Snappy(encoder) => encoder.compress(input, &mut self.scratch).map_err(failed)?,
            Codec::Lz4(table) => {
                lz4_flex::block::compress_into_with_table(input, &mut self.scratch, table).map_err(failed)?
            }
            #[cfg(not(target_arch = "wasm32"))]
            Codec::Zstd(encoder) => encoder.compress_to_buffer(input, self.scratch.as_mut_slice()).map_err(failed)?,
        };
        Ok(&self.scratch[..length])
    }
}

fn failed(error: impl Display) -> ParquetError {
    ParquetError::General(format!("a page cannot be compressed: {error}"))
}

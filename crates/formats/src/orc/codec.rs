//! Compression of streams: pieces of a bounded size, each with a header of three bytes.

use crate::columnar::{corrupt, unavailable};
use crate::lzo;
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use millrace_batch::{ErrorCode, KernelError, Result};
use std::io::Read;

/// Length in bytes of the header of a piece: the length and whether it is as it was.
pub(super) const HEADER_BYTES: usize = 3;
/// Level of zlib: the size of level 6 for a third of its time.
const ZLIB_LEVEL: u32 = 3;
#[cfg(not(target_arch = "wasm32"))]
const ZSTD_LEVEL: i32 = 3;

/// The codecs, by their numbers in files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Codec {
    None = 0,
    Zlib = 1,
    Snappy = 2,
    Lzo = 3,
    Lz4 = 4,
    Zstd = 5,
}

impl Codec {
    pub(super) fn number(self) -> u64 {
        self as u64
    }

    /// # Errors
    /// [`ErrorCode::CodecUnavailable`] for a codec that is not known.
    pub(super) fn of_number(number: u64) -> Result<Self> {
        Ok(match number {
            0 => Codec::None,
            1 => Codec::Zlib,
            2 => Codec::Snappy,
            3 => Codec::Lzo,
            4 => Codec::Lz4,
            5 => Codec::Zstd,
            6 => return Err(unavailable("brotli")),
            other => return Err(unavailable(&other.to_string())),
        })
    }

    /// The codec for writing of an option's value.
    ///
    /// # Errors
    /// [`ErrorCode::OptionInvalid`], [`ErrorCode::CodecUnavailable`].
    pub(super) fn of_name(name: &str) -> Result<Self> {
        Ok(match name.to_ascii_lowercase().as_str() {
            "none" => Codec::None,
            "zlib" => Codec::Zlib,
            "snappy" => Codec::Snappy,
            "lzo" => Codec::Lzo,
            "lz4" => Codec::Lz4,
            "zstd" if cfg!(not(target_arch = "wasm32")) => Codec::Zstd,
            "zstd" => return Err(unavailable(name)),
            _ => {
                let message = format!("option 'compression' cannot be '{name}'");
                return Err(KernelError::new(ErrorCode::OptionInvalid, message));
            }
        })
    }

    /// How many bytes so many compressed bytes can be at most.
    pub(super) fn expanded_bound(self, bytes: usize) -> usize {
        let ratio = match self {
            Codec::None => 1,
            Codec::Zlib => 1_032,
            Codec::Snappy => 32,
            Codec::Lzo | Codec::Lz4 => 256,
            // A repeated block of 128 KiB takes four bytes.
            Codec::Zstd => 1 << 15,
        };
        bytes.saturating_mul(ratio).saturating_add(64)
    }
}

/// Decompresses one piece behind the header into `out`, which is replaced; at most `limit` bytes.
///
/// # Errors
/// [`ErrorCode::FileCorrupt`].
pub(super) fn decompress(codec: Codec, input: &[u8], limit: usize, out: &mut Vec<u8>) -> Result<()> {
    let damaged = || corrupt("a compressed piece is damaged");
    let room = limit.min(codec.expanded_bound(input.len()));
    let length = match codec {
        Codec::None => return Err(damaged()),
        Codec::Zlib => {
            out.resize(room, 0);
            let mut inflater = Decompress::new(false);
            match inflater.decompress(input, out, FlushDecompress::Finish) {
                Ok(Status::StreamEnd) => inflater.total_out() as usize,
                _ => return Err(damaged()),
            }
        }
        Codec::Snappy => {
            let length = snap::raw::decompress_len(input).map_err(|_| damaged())?;
            if length > room {
                return Err(damaged());
            }
            out.resize(length, 0);
            snap::raw::Decoder::new().decompress(input, out).map_err(|_| damaged())?
        }
        Codec::Lzo => {
            out.clear();
            lzo::decompress_within(input, room, out).ok_or_else(damaged)?;
            out.len()
        }
        Codec::Lz4 => {
            out.resize(room, 0);
            lz4_flex::block::decompress_into(input, out).map_err(|_| damaged())?
        }
        Codec::Zstd => return unzstd(input, limit, out),
    };
    out.truncate(length);
    Ok(())
}

/// Windows beyond the largest piece are never needed.
const ZSTD_WINDOW_BYTES: u32 = 1 << 23;

/// Reads on to the end of what is being decompressed.
fn read_within(mut decoder: impl Read, limit: usize, out: &mut Vec<u8>) -> Result<()> {
    let damaged = || corrupt("a compressed piece is damaged");
    out.clear();
    decoder.by_ref().take(limit as u64 + 1).read_to_end(out).map_err(|_| damaged())?;
    if out.len() > limit { Err(damaged()) } else { Ok(()) }
}

#[cfg(not(target_arch = "wasm32"))]
fn unzstd(input: &[u8], limit: usize, out: &mut Vec<u8>) -> Result<()> {
    let damaged = || corrupt("a compressed piece is damaged");
    let mut decoder = zstd::stream::read::Decoder::with_buffer(input).map_err(|_| damaged())?;
    decoder.window_log_max(ZSTD_WINDOW_BYTES.ilog2()).map_err(|_| damaged())?;
    read_within(decoder, limit, out)
}

/// By a decoder in Rust; the one in C does not build for this target.
#[cfg(target_arch = "wasm32")]
fn unzstd(input: &[u8], limit: usize, out: &mut Vec<u8>) -> Result<()> {
    let window_bytes = u64::from(ZSTD_WINDOW_BYTES);
    let decoder = ruzstd::decoding::StreamingDecoder::new_with_max_window_size(input, window_bytes);
    read_within(decoder.map_err(|_| corrupt("a compressed piece is damaged"))?, limit, out)
}

/// Compresses streams. Keeps its tables and buffers between them.
pub(super) struct Compressor {
    codec: Codec,
    block_bytes: usize,
    scratch: Vec<u8>,
    tables: Tables,
}

enum Tables {
    None,
    Zlib(Box<Compress>),
    Snappy(Box<snap::raw::Encoder>),
    Lzo(Box<lzo::Table>),
    Lz4(Box<lz4_flex::block::CompressTable>),
    #[cfg(not(target_arch = "wasm32"))]
    Zstd(Box<zstd::bulk::Compressor<'static>>),
}

impl Compressor {
    /// # Errors
    /// [`ErrorCode::CodecUnavailable`] for a codec that this build cannot write.
    pub(super) fn try_new(codec: Codec, block_bytes: usize) -> Result<Self> {
        let tables = match codec {
            Codec::None => Tables::None,
            Codec::Zlib => Tables::Zlib(Box::new(Compress::new(Compression::new(ZLIB_LEVEL), false))),
            Codec::Snappy => Tables::Snappy(Box::new(snap::raw::Encoder::new())),
            Codec::Lzo => Tables::Lzo(Box::new(lzo::Table::new())),
            Codec::Lz4 => Tables::Lz4(Box::new(lz4_flex::block::CompressTable::large())),
            #[cfg(not(target_arch = "wasm32"))]
            Codec::Zstd => {
                let compressor = zstd::bulk::Compressor::new(ZSTD_LEVEL).map_err(|_| unavailable("zstd"))?;
                Tables::Zstd(Box::new(compressor))
            }
            #[cfg(target_arch = "wasm32")]
            Codec::Zstd => return Err(unavailable("zstd")),
        };
        Ok(Self { codec, block_bytes, scratch: Vec::new(), tables })
    }

    /// Appends `input` to `out` in pieces; as it is where there is no codec.
    ///
    /// # Errors
    /// [`ErrorCode::EncodeFailed`].
    pub(super) fn compress(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<()> {
        if self.codec == Codec::None {
            out.extend_from_slice(input);
            return Ok(());
        }
        for block in input.chunks(self.block_bytes) {
            let length = self.compress_block(block)?;
            // A piece that does not get smaller is kept as it was.
            let (piece, is_original) = if length < block.len() { (&self.scratch[..length], 0) } else { (block, 1) };
            let header = (piece.len() as u32) << 1 | is_original;
            out.extend_from_slice(&header.to_le_bytes()[..HEADER_BYTES]);
            out.extend_from_slice(piece);
        }
        Ok(())
    }

    /// Compresses into the scratch buffer. A result as long as the block stands for one that does not fit.
    fn compress_block(&mut self, block: &[u8]) -> Result<usize> {
        let failed = || KernelError::new(ErrorCode::EncodeFailed, "a stream cannot be compressed");
        let room = match &self.tables {
            Tables::Snappy(_) => snap::raw::max_compress_len(block.len()),
            Tables::Lz4(_) => lz4_flex::block::get_maximum_output_size(block.len()),
            #[cfg(not(target_arch = "wasm32"))]
            Tables::Zstd(_) => zstd::zstd_safe::compress_bound(block.len()),
            _ => block.len(),
        };
        if self.scratch.len() < room {
            self.scratch.resize(room, 0);
        }
        Ok(match &mut self.tables {
            Tables::None => block.len(),
            Tables::Zlib(deflater) => {
                deflater.reset();
                let scratch = &mut self.scratch[..room];
                match deflater.compress(block, scratch, FlushCompress::Finish).map_err(|_| failed())? {
                    Status::StreamEnd => deflater.total_out() as usize,
                    _ => block.len(),
                }
            }
            Tables::Snappy(encoder) => encoder.compress(block, &mut self.scratch).map_err(|_| failed())?,
            Tables::Lzo(table) => {
                self.scratch.clear();
                lzo::compress_block(block, table, &mut self.scratch);
                self.scratch.len()
            }
            Tables::Lz4(table) => {
                lz4_flex::block::compress_into_with_table(block, &mut self.scratch, table).map_err(|_| failed())?
            }
            #[cfg(not(target_arch = "wasm32"))]
            Tables::Zstd(encoder) => {
                encoder.compress_to_buffer(block, self.scratch.as_mut_slice()).map_err(|_| failed())?
            }
        })
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.scratch.capacity()
    }
}

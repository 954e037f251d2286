//! Compressed bytes to bytes.

use super::block::decompress_block;
use super::checksum::{adler32, crc32};
use super::header::{corrupt, read_header};
use super::{BLOCK_LIMIT_BYTES, flags};
use millrace_batch::{ErrorCode, KernelError, Result};

/// Reads an lzop file piece by piece. Files that were put one behind the other are read as one.
#[derive(Debug, Default)]
pub struct LzoReader {
    /// Flags of the file that is being read; `None` before a header.
    flags: Option<u32>,
    /// Data of the last block from `taken` on was not given out yet.
    data: Vec<u8>,
    taken: usize,
    /// A whole file was read.
    complete: bool,
}

/// The numbers before a block's bytes.
struct BlockHeader {
    length: usize,
    data_length: usize,
    compressed_length: usize,
    adler_data: Option<u32>,
    crc_data: Option<u32>,
    adler_compressed: Option<u32>,
    crc_compressed: Option<u32>,
}

impl LzoReader {
    /// A reader at the beginning of a file.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads headers and whole blocks from `input` and appends their data to `out` until it holds `limit` bytes. Returns the
    /// bytes of the input that are done with; the caller presents the rest again, followed by more. When nothing is done
    /// with and `out` has room, the next block is longer than the input. A block's data beyond the limit is kept for the
    /// next call.
    ///
    /// # Errors
    /// `FILE_TYPE_INVALID` when it is not an lzop file, `FILE_CORRUPT` when a checksum or the data is wrong,
    /// `VALUE_TOO_LARGE` for a block of more than [`BLOCK_LIMIT_BYTES`], `CODEC_UNAVAILABLE` for an unknown method.
    pub fn push(&mut self, input: &[u8], out: &mut Vec<u8>, limit: usize) -> Result<usize> {
        let mut at = 0;
        loop {
            self.give_out(out, limit);
            if self.taken < self.data.len() || out.len() >= limit {
                return Ok(at);
            }
            let rest = &input[at..];
            let Some(flags) = self.flags else {
                if rest.is_empty() {
                    return Ok(at);
                }
                let Some((flags, length)) = read_header(rest)? else { return Ok(at) };
                (self.flags, self.complete) = (Some(flags), false);
                at += length;
                continue;
            };
            let Some(header) = BlockHeader::read(rest, flags)? else { return Ok(at) };
            if header.data_length == 0 {
                (self.flags, self.complete) = (None, true);
                at += header.length;
                continue;
            }
            let end = header.length + header.compressed_length;
            let Some(block) = rest.get(header.length..end) else { return Ok(at) };
            self.data.clear();
            self.taken = 0;
            header.unpack(block, &mut self.data)?;
            at += end;
        }
    }

    /// Checks that the file is complete, once all of it was given.
    ///
    /// # Errors
    /// `FILE_CORRUPT` when its end mark is missing.
    pub fn finish(&self) -> Result<()> {
        if self.complete && self.taken == self.data.len() { Ok(()) } else { Err(corrupt("it ends too early")) }
    }

    /// Bytes held for data that was not given out yet.
    pub fn memory_bytes(&self) -> usize {
        self.data.capacity()
    }

    fn give_out(&mut self, out: &mut Vec<u8>, limit: usize) {
        let count = (self.data.len() - self.taken).min(limit.saturating_sub(out.len()));
        out.extend_from_slice(&self.data[self.taken..self.taken + count]);
        self.taken += count;
    }
}

impl BlockHeader {
    /// `None` when the input ends inside it.
    fn read(input: &[u8], flags: u32) -> Result<Option<Self>> {
        let mut at = 0;
        let mut number = || {
            let bytes = input.get(at..at + 4)?;
            at += 4;
            Some(u32::from_be_bytes(bytes.try_into().ok()?))
        };
        let Some(data_length) = number().map(|length| length as usize) else { return Ok(None) };
        if data_length == 0 {
            let none = (None, None, None, None);
            return Ok(Some(Self::with(4, 0, 0, none)));
        }
        let Some(compressed_length) = number().map(|length| length as usize) else { return Ok(None) };
        if data_length > BLOCK_LIMIT_BYTES {
            let message = format!("a block of an lzop file is longer than {BLOCK_LIMIT_BYTES} bytes");
            return Err(KernelError::new(ErrorCode::ValueTooLarge, message));
        }
        if compressed_length == 0 || compressed_length > data_length {
            return Err(corrupt("a block is longer than its data"));
        }
        // A block that is stored as it is has no checksum of its compressed bytes.
        let packed = compressed_length < data_length;
        let mut sums = [None; 4];
        for (sum, flag, present) in [
            (0, flags::ADLER_DATA, true),
            (1, flags::CRC_DATA, true),
            (2, flags::ADLER_COMPRESSED, packed),
            (3, flags::CRC_COMPRESSED, packed),
        ] {
            if present && flags & flag != 0 {
                sums[sum] = number();
                if sums[sum].is_none() {
                    return Ok(None);
                }
            }
        }
        Ok(Some(Self::with(at, data_length, compressed_length, (sums[0], sums[1], sums[2], sums[3]))))
    }

    fn with(
        length: usize,
        data_length: usize,
        compressed_length: usize,
        sums: (Option<u32>, Option<u32>, Option<u32>, Option<u32>),
    ) -> Self {
        let (adler_data, crc_data, adler_compressed, crc_compressed) = sums;
        Self { length, data_length, compressed_length, adler_data, crc_data, adler_compressed, crc_compressed }
    }

    fn unpack(&self, block: &[u8], data: &mut Vec<u8>) -> Result<()> {
        let differs = |expected: Option<u32>, sum: fn(&[u8]) -> u32, bytes: &[u8]| {
            expected.is_some_and(|expected| sum(bytes) != expected)
        };
        if differs(self.adler_compressed, adler32, block) || differs(self.crc_compressed, crc32, block) {
            return Err(corrupt("the checksum of a block is wrong"));
        }
        if self.compressed_length == self.data_length {
            data.extend_from_slice(block);
        } else {
            decompress_block(block, self.data_length, data).ok_or_else(|| corrupt("a block cannot be unpacked"))?;
        }
        if differs(self.adler_data, adler32, data) || differs(self.crc_data, crc32, data) {
            return Err(corrupt("the checksum of a block's data is wrong"));
        }
        Ok(())
    }
}

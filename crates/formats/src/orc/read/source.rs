//! The bytes of one stream, decompressed piece by piece.

use crate::columnar::corrupt;
use crate::orc::codec::{Codec, HEADER_BYTES, decompress};
use bytes::Bytes;
use millrace_batch::{KernelError, Result};

/// Reads a stream from its beginning. Holds one decompressed piece at a time.
#[derive(Debug, Default)]
pub(in crate::orc) struct ByteSource {
    bytes: Bytes,
    /// What of `bytes` was not looked at yet begins here.
    next: usize,
    codec: Option<Codec>,
    block_bytes: usize,
    piece: Vec<u8>,
    /// Whether the window lies in `piece`, else in `bytes`.
    in_piece: bool,
    at: usize,
    end: usize,
}

impl ByteSource {
    /// `bytes` is the stream as it is in the file.
    pub(in crate::orc) fn new(bytes: Bytes, codec: Codec, block_bytes: usize) -> Self {
        let codec = (codec != Codec::None).then_some(codec);
        Self { bytes, codec, block_bytes, ..Self::default() }
    }

    fn window(&self) -> &[u8] {
        let whole: &[u8] = if self.in_piece { &self.piece } else { &self.bytes };
        &whole[self.at..self.end]
    }

    /// Goes on to the next piece with bytes; `false` at the end.
    fn refill(&mut self) -> Result<bool> {
        let Some(codec) = self.codec else {
            (self.at, self.end, self.next) = (self.next, self.bytes.len(), self.bytes.len());
            return Ok(self.at < self.end);
        };
        loop {
            let rest = &self.bytes[self.next..];
            if rest.is_empty() {
                (self.at, self.end) = (0, 0);
                return Ok(false);
            }
            let header = rest.get(..HEADER_BYTES).ok_or_else(ended)?;
            let header = u32::from_le_bytes([header[0], header[1], header[2], 0]);
            let start = self.next + HEADER_BYTES;
            let end = start + (header >> 1) as usize;
            if end > self.bytes.len() || end - start > self.block_bytes {
                return Err(corrupt("a compressed piece is longer than its stream or block"));
            }
            self.next = end;
            self.in_piece = header & 1 == 0;
            if self.in_piece {
                decompress(codec, &self.bytes[start..end], self.block_bytes, &mut self.piece)?;
                (self.at, self.end) = (0, self.piece.len());
            } else {
                (self.at, self.end) = (start, end);
            }
            if self.at < self.end {
                return Ok(true);
            }
        }
    }

    /// The next byte.
    ///
    /// # Errors
    /// `FILE_CORRUPT` at the end of the stream, or where it is damaged.
    #[inline]
    pub(in crate::orc) fn byte(&mut self) -> Result<u8> {
        if self.at == self.end && !self.refill()? {
            return Err(ended());
        }
        let byte = if self.in_piece { self.piece[self.at] } else { self.bytes[self.at] };
        self.at += 1;
        Ok(byte)
    }

    /// Appends the next `count` bytes to `out`, which grows only as far as there are bytes.
    ///
    /// # Errors
    /// As [`ByteSource::byte`].
    pub(in crate::orc) fn append(&mut self, mut count: usize, out: &mut Vec<u8>) -> Result<()> {
        while count > 0 {
            if self.at == self.end && !self.refill()? {
                return Err(ended());
            }
            let window = self.window();
            let length = window.len().min(count);
            out.extend_from_slice(&window[..length]);
            self.at += length;
            count -= length;
        }
        Ok(())
    }

    /// Fills `out` with the next bytes.
    ///
    /// # Errors
    /// As [`ByteSource::byte`].
    pub(in crate::orc) fn fill(&mut self, mut out: &mut [u8]) -> Result<()> {
        while !out.is_empty() {
            if self.at == self.end && !self.refill()? {
                return Err(ended());
            }
            let window = self.window();
            let length = window.len().min(out.len());
            let (head, tail) = out.split_at_mut(length);
            head.copy_from_slice(&window[..length]);
            self.at += length;
            out = tail;
        }
        Ok(())
    }

    /// An unsigned number in groups of seven bits.
    ///
    /// # Errors
    /// As [`ByteSource::byte`]; `FILE_CORRUPT` when it has more than 64 bits.
    #[inline]
    pub(in crate::orc) fn varint(&mut self) -> Result<u64> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(corrupt("a number is too long"))
    }

    /// A whole stream at once, at most `limit` bytes.
    ///
    /// # Errors
    /// As [`ByteSource::byte`]; `VALUE_TOO_LARGE` beyond the limit.
    pub(in crate::orc) fn read_all(mut self, limit: usize, what: &str) -> Result<Vec<u8>> {
        let mut out = Vec::new();
        while self.at < self.end || self.refill()? {
            let window = self.window();
            if out.len() + window.len() > limit {
                let message = format!("{what} is longer than {limit} bytes");
                return Err(KernelError::new(millrace_batch::ErrorCode::ValueTooLarge, message));
            }
            out.extend_from_slice(window);
            self.at = self.end;
        }
        Ok(out)
    }

    pub(in crate::orc) fn memory_bytes(&self) -> usize {
        self.bytes.len() + self.piece.capacity()
    }
}

fn ended() -> KernelError {
    corrupt("a stream ends before its values do")
}

//! Runs of bytes, and of bits in them.

use super::source::ByteSource;
use arrow_buffer::{BooleanBuffer, BooleanBufferBuilder};
use millrace_batch::Result;

/// A run repeats its byte this many times more than its length says.
const MIN_RUN: u8 = 3;

/// Run-length encoded bytes.
#[derive(Debug, Default)]
pub(in crate::orc) struct ByteRuns {
    source: ByteSource,
    /// Bytes left of the current run or literals.
    left: usize,
    /// The byte that is repeated; `None` within literals.
    repeated: Option<u8>,
}

impl ByteRuns {
    pub(in crate::orc) fn new(source: ByteSource) -> Self {
        Self { source, left: 0, repeated: None }
    }

    fn begin_run(&mut self) -> Result<()> {
        let control = self.source.byte()?;
        if control < 0x80 {
            self.left = usize::from(control) + usize::from(MIN_RUN);
            self.repeated = Some(self.source.byte()?);
        } else {
            self.left = 256 - usize::from(control);
            self.repeated = None;
        }
        Ok(())
    }

    /// # Errors
    /// `FILE_CORRUPT` when the stream ends before.
    #[inline]
    pub(in crate::orc) fn byte(&mut self) -> Result<u8> {
        if self.left == 0 {
            self.begin_run()?;
        }
        self.left -= 1;
        match self.repeated {
            Some(byte) => Ok(byte),
            None => self.source.byte(),
        }
    }

    /// Fills `out` with the next bytes.
    ///
    /// # Errors
    /// `FILE_CORRUPT` when the stream ends before.
    pub(in crate::orc) fn fill(&mut self, mut out: &mut [u8]) -> Result<()> {
        while !out.is_empty() {
            if self.left == 0 {
                self.begin_run()?;
            }
            let (head, tail) = out.split_at_mut(self.left.min(out.len()));
            match self.repeated {
                Some(byte) => head.fill(byte),
                None => self.source.fill(head)?,
            }
            self.left -= head.len();
            out = tail;
        }
        Ok(())
    }

    pub(in crate::orc) fn memory_bytes(&self) -> usize {
        self.source.memory_bytes()
    }
}

/// Bits in bytes, the highest first.
#[derive(Debug, Default)]
pub(in crate::orc) struct Bits {
    bytes: ByteRuns,
    current: u8,
    /// Bits of `current` that were not given out.
    left: u8,
}

impl Bits {
    pub(in crate::orc) fn new(source: ByteSource) -> Self {
        Self { bytes: ByteRuns::new(source), current: 0, left: 0 }
    }

    /// The next `count` bits.
    ///
    /// # Errors
    /// `FILE_CORRUPT` when the stream ends before.
    pub(in crate::orc) fn read(&mut self, count: usize) -> Result<BooleanBuffer> {
        let mut bits = BooleanBufferBuilder::new(count);
        while self.left > 0 && bits.len() < count {
            bits.append(self.next_bit());
        }
        let whole = (count - bits.len()) / 8;
        if whole > 0 {
            let mut packed = vec![0u8; whole];
            self.bytes.fill(&mut packed)?;
            for byte in &mut packed {
                *byte = byte.reverse_bits();
            }
            bits.append_packed_range(0..whole * 8, &packed);
        }
        while bits.len() < count {
            if self.left == 0 {
                (self.current, self.left) = (self.bytes.byte()?, 8);
            }
            bits.append(self.next_bit());
        }
        Ok(bits.finish())
    }

    fn next_bit(&mut self) -> bool {
        self.left -= 1;
        self.current >> self.left & 1 == 1
    }

    pub(in crate::orc) fn memory_bytes(&self) -> usize {
        self.bytes.memory_bytes()
    }
}

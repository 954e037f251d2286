//! Handing out what an encoder ended.

use millrace_batch::OutputBuffer;

/// A piece of work (a row group, a stripe) that is being handed out, and what describes it.
#[derive(Default)]
pub(crate) struct Finished {
    pieces: Vec<Vec<u8>>,
    /// The piece being handed out, and its bytes that were.
    piece: usize,
    handed_out: usize,
    metadata: Option<Vec<u8>>,
    is_open: bool,
}

impl Finished {
    /// Bytes to hand out in order, and what describes them.
    pub(crate) fn new(pieces: Vec<Vec<u8>>, metadata: Vec<u8>) -> Self {
        Self { pieces, piece: 0, handed_out: 0, metadata: Some(metadata), is_open: true }
    }

    /// Whether bytes are still to be handed out.
    pub(crate) fn is_open(&self) -> bool {
        self.is_open
    }

    /// Fills `output`; whether that was all.
    pub(crate) fn hand_out(&mut self, output: &mut OutputBuffer<'_>) -> bool {
        while self.is_open
            && let Some(piece) = self.pieces.get(self.piece)
        {
            let length = (piece.len() - self.handed_out).min(output.remaining());
            output.push_slice(&piece[self.handed_out..self.handed_out + length]);
            self.handed_out += length;
            if self.handed_out < piece.len() {
                return false;
            }
            self.piece += 1;
            self.handed_out = 0;
        }
        self.is_open = false;
        true
    }

    /// What describes the bytes, once, and only when all of them are handed out.
    pub(crate) fn take_metadata(&mut self) -> Option<Vec<u8>> {
        if self.is_open { None } else { self.metadata.take() }
    }

    /// Forgets what is not handed out yet; the memory stays.
    pub(crate) fn reset(&mut self) {
        self.metadata = None;
        self.is_open = false;
    }

    /// The memory of what was handed out, to be written over.
    pub(crate) fn take_pieces(&mut self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.pieces)
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        self.pieces.iter().map(Vec::capacity).sum()
    }
}

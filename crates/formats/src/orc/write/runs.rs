//! Runs of bytes, and bits in bytes.

use arrow_buffer::NullBuffer;

/// A run is at least and at most this long; literals are at most [`MAX_LITERALS`].
const MIN_RUN: usize = 3;
const MAX_RUN: usize = 130;
const MAX_LITERALS: usize = 128;

/// Appends the run-length encoding of bytes.
pub(super) fn encode_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    let (mut at, mut literals) = (0, 0);
    while at < bytes.len() {
        let run = bytes[at..].iter().take(MAX_RUN).take_while(|byte| **byte == bytes[at]).count();
        if run < MIN_RUN {
            at += run;
            continue;
        }
        push_literals(&bytes[literals..at], out);
        out.push((run - MIN_RUN) as u8);
        out.push(bytes[at]);
        at += run;
        literals = at;
    }
    push_literals(&bytes[literals..], out);
}

fn push_literals(bytes: &[u8], out: &mut Vec<u8>) {
    for literals in bytes.chunks(MAX_LITERALS) {
        out.push((256 - literals.len()) as u8);
        out.extend_from_slice(literals);
    }
}

/// Bits, the highest of a byte first.
#[derive(Debug, Default)]
pub(super) struct BitSink {
    bytes: Vec<u8>,
    /// Bits of the last byte that are used; 0 when it is full.
    used: u8,
}

impl BitSink {
    #[inline]
    pub(super) fn push(&mut self, bit: bool) {
        if self.used == 0 {
            self.bytes.push(0);
        }
        if let Some(last) = self.bytes.last_mut() {
            *last |= u8::from(bit) << (7 - self.used);
        }
        self.used = (self.used + 1) & 7;
    }

    /// Which of `rows` places have a value.
    pub(super) fn push_validity(&mut self, rows: usize, nulls: Option<&NullBuffer>) {
        match nulls {
            Some(nulls) => nulls.iter().for_each(|is_there| self.push(is_there)),
            None => self.push_ones(rows),
        }
    }

    fn push_ones(&mut self, count: usize) {
        let mut left = count;
        while left > 0 && self.used > 0 {
            self.push(true);
            left -= 1;
        }
        self.bytes.resize(self.bytes.len() + left / 8, 0xff);
        (0..left % 8).for_each(|_| self.push(true));
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        encode_bytes(&self.bytes, &mut out);
        out
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.bytes.capacity()
    }
}

//! Damages files, from a seed.

/// Numbers that lengths and counts overflow at.
const EDGES: [u64; 10] = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fff_ffff, 0xffff_ffff, 0x7fff_ffff_ffff_ffff];

/// Bytes that mean something in text.
const MARKS: &[u8] = b"\"'\\,;\n\r\t{}[]<>/:&=|\x01\x02\x00\xff\xef\xbb\xbf+-.eE0";

/// Longest input that is made.
const LENGTH_LIMIT_BYTES: usize = 256 << 10;

/// Makes one damaged input after the other.
pub(crate) struct Mutator<'a> {
    state: u64,
    seeds: &'a [Vec<u8>],
}

impl<'a> Mutator<'a> {
    pub(crate) fn new(seed: u64, seeds: &'a [Vec<u8>]) -> Self {
        Self { state: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1, seeds }
    }

    fn random(&mut self) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.random() >> 16) as usize % limit.max(1)
    }

    /// The next input: a file with one to eight kinds of damage, or now and then bytes without any order.
    pub(crate) fn next(&mut self) -> Vec<u8> {
        if self.below(50) == 0 {
            let length = self.below(600);
            return (0..length).map(|_| self.random() as u8).collect();
        }
        let mut input = self.seeds[self.below(self.seeds.len())].clone();
        for _ in 0..=self.below(8) {
            self.damage(&mut input);
        }
        input.truncate(LENGTH_LIMIT_BYTES);
        input
    }

    fn damage(&mut self, input: &mut Vec<u8>) {
        let length = input.len();
        // Formats keep what matters at their end.
        let at = if self.below(3) == 0 { length.saturating_sub(1 + self.below(64)) } else { self.below(length) };
        match self.below(9) {
            0 => input.truncate(self.below(length + 1)),
            1 => self.overwrite(input, at),
            2 => self.insert_marks(input, at),
            3 => {
                let end = (at + self.below(64)).min(length);
                input.drain(at.min(end)..end);
            }
            4 => {
                let end = (at + self.below(256)).min(length);
                let piece = input[at.min(end)..end].to_vec();
                let copies = 1 + self.below(8);
                let target = self.below(length + 1);
                input.splice(target..target, piece.repeat(copies));
            }
            5 => {
                let other = &self.seeds[self.below(self.seeds.len())];
                let from = self.below(other.len());
                let piece = other[from..(from + self.below(200)).min(other.len())].to_vec();
                input.splice(at.min(length)..at.min(length), piece);
            }
            _ if length > 0 => input[at] ^= 1 << self.below(8),
            _ => input.push(self.random() as u8),
        }
    }

    fn overwrite(&mut self, input: &mut [u8], at: usize) {
        let edge = EDGES[self.below(EDGES.len())];
        let width = [1, 2, 4, 8][self.below(4)];
        let bytes = if self.below(2) == 0 { edge.to_le_bytes() } else { (!edge).to_le_bytes() };
        for (target, byte) in input.iter_mut().skip(at).zip(&bytes[..width]) {
            *target = *byte;
        }
    }

    fn insert_marks(&mut self, input: &mut Vec<u8>, at: usize) {
        let mark = MARKS[self.below(MARKS.len())];
        let count = if self.below(20) == 0 { 1 + self.below(5_000) } else { 1 + self.below(3) };
        let at = at.min(input.len());
        input.splice(at..at, std::iter::repeat_n(mark, count));
    }
}

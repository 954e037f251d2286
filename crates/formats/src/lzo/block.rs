//! One block of LZO1X data.

/// Appends the data of a block to `out`: exactly `length` bytes. `None` when the block is damaged.
pub(super) fn decompress_block(input: &[u8], length: usize, out: &mut Vec<u8>) -> Option<()> {
    let end = out.len() + length;
    out.reserve(length);
    decompress_within(input, length, out)?;
    (out.len() == end).then_some(())
}

/// Appends the data of a block to `out`: at most `limit` bytes. `None` when the block is damaged.
///
/// Copies refer to this block's own data only, and nothing beyond `limit` bytes is ever written.
///
/// # Source
/// The stream of instructions as documented for the Linux kernel's `lzo1x_decompress_safe`.
pub(crate) fn decompress_within(input: &[u8], limit: usize, out: &mut Vec<u8>) -> Option<()> {
    let start = out.len();
    let mut block = Block { input, at: 0, out, start, end: start + limit };
    // Literals that the last instruction copied; 4 stands for 4 and more.
    let mut state = 0;
    if *input.first()? > 17 {
        let count = usize::from(block.byte()? - 17);
        block.literals(count)?;
        state = count.min(4);
    }
    loop {
        let instruction = usize::from(block.byte()?);
        let (distance, count, literals) = match instruction {
            64.. => {
                let distance = (usize::from(block.byte()?) << 3) + (instruction >> 2 & 7) + 1;
                (distance, (instruction >> 5) + 1, instruction & 3)
            }
            32..=63 => {
                let count = block.length(instruction & 31, 31)? + 2;
                let word = block.word()?;
                ((word >> 2) + 1, count, word & 3)
            }
            16..=31 => {
                let count = block.length(instruction & 7, 7)? + 2;
                let word = block.word()?;
                let distance = ((instruction & 8) << 11) + (word >> 2);
                if distance == 0 {
                    return (count == 3 && block.at == input.len()).then_some(());
                }
                (distance + 16_384, count, word & 3)
            }
            _ if state == 0 => {
                let count = block.length(instruction, 15)? + 3;
                block.literals(count)?;
                state = 4;
                continue;
            }
            _ if state < 4 => ((usize::from(block.byte()?) << 2) + (instruction >> 2) + 1, 2, instruction & 3),
            _ => ((usize::from(block.byte()?) << 2) + (instruction >> 2) + 2_049, 3, instruction & 3),
        };
        block.copy(distance, count)?;
        block.literals(literals)?;
        state = literals;
    }
}

struct Block<'a> {
    input: &'a [u8],
    at: usize,
    out: &'a mut Vec<u8>,
    start: usize,
    end: usize,
}

impl Block<'_> {
    fn byte(&mut self) -> Option<u8> {
        let byte = *self.input.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn word(&mut self) -> Option<usize> {
        Some(usize::from(self.byte()?) | usize::from(self.byte()?) << 8)
    }

    /// A length that is `short`, or `long` and more when that is 0.
    fn length(&mut self, short: usize, long: usize) -> Option<usize> {
        if short > 0 {
            return Some(short);
        }
        let mut length = long;
        loop {
            match self.byte()? {
                0 => length += 255,
                last => return Some(length + usize::from(last)),
            }
        }
    }

    fn literals(&mut self, count: usize) -> Option<()> {
        let bytes = self.input.get(self.at..self.at.checked_add(count)?)?;
        if count > self.end - self.out.len() {
            return None;
        }
        self.out.extend_from_slice(bytes);
        self.at += count;
        Some(())
    }

    fn copy(&mut self, distance: usize, count: usize) -> Option<()> {
        if distance > self.out.len() - self.start || count > self.end - self.out.len() {
            return None;
        }
        let from = self.out.len() - distance;
        // What was copied repeats itself, so that each round may take twice as much.
        let mut left = count;
        while left > 0 {
            let run = left.min(self.out.len() - from);
            self.out.extend_from_within(from..from + run);
            left -= run;
        }
        Some(())
    }
}

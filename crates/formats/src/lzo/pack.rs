//! Packing a block as LZO1X data, in one pass.

/// Distances that the two longer forms of a copy reach.
const MIDDLE_DISTANCE: usize = 0x4000;
const LONG_DISTANCE: usize = 0xbfff;
/// Distance and length that the shortest form of a copy reaches.
const SHORT_DISTANCE: usize = 0x800;
const SHORT_LENGTH: usize = 8;
/// A copy is at least this long; shorter ones are not looked for.
const MATCH_BYTES: usize = 4;
const TABLE_BITS: u32 = 14;

/// Where each hash of four bytes was seen last.
pub(crate) struct Table(Vec<u32>);

impl Table {
    pub(crate) fn new() -> Self {
        Self(vec![0; 1 << TABLE_BITS])
    }
}

/// Appends the packed form of a block to `out`. `input` must be shorter than 4 GiB.
pub(crate) fn compress_block(input: &[u8], table: &mut Table, out: &mut Vec<u8>) {
    // Positions are one too high, so that 0 stands for none.
    table.0.fill(0);
    let start = out.len();
    let (mut at, mut done) = (0, 0);
    while let Some(bytes) = input.get(at..at + MATCH_BYTES) {
        let four = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        let slot = &mut table.0[(four.wrapping_mul(0x9e37_79b1) >> (32 - TABLE_BITS)) as usize];
        let candidate = std::mem::replace(slot, at as u32 + 1) as usize;
        let distance = at + 1 - candidate;
        if candidate == 0 || distance > LONG_DISTANCE || input[candidate - 1..candidate - 1 + MATCH_BYTES] != *bytes {
            // What does not repeat is passed faster the longer it goes on.
            at += 1 + ((at - done) >> 6);
            continue;
        }
        let length = MATCH_BYTES + equal_bytes(&input[candidate - 1 + MATCH_BYTES..], &input[at + MATCH_BYTES..]);
        literals(&input[done..at], start, out);
        copy(distance, length, out);
        at += length;
        done = at;
    }
    literals(&input[done..], start, out);
    out.extend_from_slice(&[0x11, 0, 0]);
}

/// How many bytes are the same at the beginning of both.
fn equal_bytes(left: &[u8], right: &[u8]) -> usize {
    let mut count = 0;
    while let (Some(left), Some(right)) = (left[count..].first_chunk::<8>(), right[count..].first_chunk::<8>()) {
        let difference = u64::from_le_bytes(*left) ^ u64::from_le_bytes(*right);
        if difference != 0 {
            return count + (difference.trailing_zeros() / 8) as usize;
        }
        count += 8;
    }
    count + left[count..].iter().zip(&right[count..]).take_while(|(left, right)| left == right).count()
}

fn literals(bytes: &[u8], start: usize, out: &mut Vec<u8>) {
    match bytes.len() {
        0 => return,
        count if out.len() == start && count <= 238 => out.push(17 + count as u8),
        // The last instruction was a copy; the two free bits stand in its last byte but one.
        count if out.len() > start && count <= 3 => {
            let place = out.len() - 2;
            out[place] |= count as u8;
        }
        count => length(count - 3, 15, 0, out),
    }
    out.extend_from_slice(bytes);
}

fn copy(distance: usize, count: usize, out: &mut Vec<u8>) {
    if count <= SHORT_LENGTH && distance <= SHORT_DISTANCE {
        let distance = distance - 1;
        out.push(((count - 1) << 5 | (distance & 7) << 2) as u8);
        out.push((distance >> 3) as u8);
        return;
    }
    let distance = if distance <= MIDDLE_DISTANCE {
        length(count - 2, 31, 32, out);
        distance - 1
    } else {
        let distance = distance - MIDDLE_DISTANCE;
        length(count - 2, 7, 16 | (distance >> 11 & 8) as u8, out);
        distance & 0x3fff
    };
    out.extend_from_slice(&((distance << 2) as u16).to_le_bytes());
}

/// A length that fits into the instruction up to `short`, else what goes beyond it in bytes of their own.
fn length(count: usize, short: usize, instruction: u8, out: &mut Vec<u8>) {
    if count <= short {
        return out.push(instruction | count as u8);
    }
    out.push(instruction);
    let mut rest = count - short;
    while rest > 255 {
        out.push(0);
        rest -= 255;
    }
    out.push(rest as u8);
}

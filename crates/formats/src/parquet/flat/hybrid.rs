//! The hybrid of run lengths and packed bits in which levels and dictionary places are stored.

use super::page::PageBuffer;

/// Equal values in a row that are stored as a run.
const MIN_RUN: usize = 16;

/// Writes an unsigned number in groups of seven bits.
pub(super) fn push_varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Writes the bit width of places in a dictionary of `entries`, then the places.
pub(super) fn encode_indices(indices: &[u32], entries: usize, page: &mut PageBuffer) {
    let width = entries.saturating_sub(1).max(1).ilog2() + 1;
    let mut out = Vec::with_capacity(indices.len() * width as usize / 8 + 64);
    out.push(width as u8);
    let mut position = 0;
    while position < indices.len() {
        let run = run_length(&indices[position..]);
        if run >= MIN_RUN {
            push_varint((run as u64) << 1, &mut out);
            out.extend_from_slice(&indices[position].to_le_bytes()[..width.div_ceil(8) as usize]);
            position += run;
        } else {
            let mut end = position + 8;
            while end < indices.len() && run_length(&indices[end..]) < MIN_RUN {
                end += 8;
            }
            let end = end.min(indices.len());
            pack(&indices[position..end], width, &mut out);
            position = end;
        }
    }
    page.push_slice(&out);
}

fn run_length(indices: &[u32]) -> usize {
    indices.iter().take_while(|index| **index == indices[0]).count()
}

/// Packs values in groups of eight; the last group is filled with zeros.
fn pack(indices: &[u32], width: u32, out: &mut Vec<u8>) {
    let groups = indices.len().div_ceil(8);
    push_varint((groups as u64) << 1 | 1, out);
    let (mut buffer, mut bits) = (0u64, 0);
    for index in indices {
        buffer |= u64::from(*index) << bits;
        bits += width;
        if bits >= 32 {
            out.extend_from_slice(&(buffer as u32).to_le_bytes());
            buffer >>= 32;
            bits -= 32;
        }
    }
    let missing = (groups * 8 - indices.len()) as u32 * width;
    let tail = (bits + missing).div_ceil(8) as usize;
    let mut bytes = [0u8; 40];
    bytes[..8].copy_from_slice(&buffer.to_le_bytes());
    out.extend_from_slice(&bytes[..tail]);
}

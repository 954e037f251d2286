//! Masks by 64-bit integer arithmetic: runs everywhere.

use super::{BLOCK, Blocks, Masks, Separators};

const LOW_BITS: u64 = 0x7f7f_7f7f_7f7f_7f7f;
const ONES: u64 = 0x0101_0101_0101_0101;

#[derive(Clone, Copy)]
pub(super) struct Swar {
    field: u64,
    row: u64,
    quote: u64,
    quote_mask: u64,
}

impl Blocks for Swar {
    #[inline(always)]
    unsafe fn new(separators: Separators) -> Self {
        Self {
            field: ONES * u64::from(separators.field),
            row: ONES * u64::from(separators.row),
            quote: ONES * u64::from(separators.quote.unwrap_or(0)),
            quote_mask: if separators.quote.is_some() { u64::MAX } else { 0 },
        }
    }

    #[inline(always)]
    unsafe fn masks(self, block: &[u8; BLOCK]) -> Masks {
        let mut masks = Masks::default();
        for (lane, bytes) in block.as_chunks::<8>().0.iter().enumerate() {
            let word = u64::from_le_bytes(*bytes);
            masks.field |= equal(word, self.field) << (lane * 8);
            masks.row |= equal(word, self.row) << (lane * 8);
            masks.quote |= equal(word, self.quote) << (lane * 8);
        }
        masks.quote &= self.quote_mask;
        masks
    }

    #[inline(always)]
    unsafe fn prefix_xor(mask: u64) -> u64 {
        prefix_xor(mask)
    }
}

/// One bit per byte of `word` that equals the same byte of `wanted`.
#[inline(always)]
fn equal(word: u64, wanted: u64) -> u64 {
    let difference = word ^ wanted;
    let unequal = ((difference & LOW_BITS) + LOW_BITS) | difference;
    let high_bits = !unequal & !LOW_BITS;
    (high_bits >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

/// Bit `i` of the result is the parity of bits `0..=i`.
#[inline(always)]
pub(super) fn prefix_xor(mut mask: u64) -> u64 {
    for shift in [1, 2, 4, 8, 16, 32] {
        mask ^= mask << shift;
    }
    mask
}

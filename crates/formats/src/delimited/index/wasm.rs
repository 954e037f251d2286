//! Masks by WebAssembly's 128-bit vectors.

use super::{BLOCK, Blocks, Masks, Separators, portable};
use std::arch::wasm32::{i8x16_bitmask, u8x16_eq, u8x16_splat, v128, v128_load};

#[derive(Clone, Copy)]
pub(super) struct Simd128 {
    field: v128,
    row: v128,
    quote: v128,
    quote_mask: u64,
}

impl Blocks for Simd128 {
    #[inline(always)]
    unsafe fn new(separators: Separators) -> Self {
        Self {
            field: u8x16_splat(separators.field),
            row: u8x16_splat(separators.row),
            quote: u8x16_splat(separators.quote.unwrap_or(0)),
            quote_mask: if separators.quote.is_some() { u64::MAX } else { 0 },
        }
    }

    #[inline(always)]
    unsafe fn masks(self, block: &[u8; BLOCK]) -> Masks {
        let mut masks = Masks::default();
        for lane in 0..BLOCK / 16 {
            // SAFETY: the load lies inside the block.
            let bytes = unsafe { v128_load(block.as_ptr().add(lane * 16).cast()) };
            masks.field |= equal(bytes, self.field) << (lane * 16);
            masks.row |= equal(bytes, self.row) << (lane * 16);
            masks.quote |= equal(bytes, self.quote) << (lane * 16);
        }
        masks.quote &= self.quote_mask;
        masks
    }

    #[inline(always)]
    unsafe fn prefix_xor(mask: u64) -> u64 {
        portable::prefix_xor(mask)
    }
}

#[inline(always)]
fn equal(bytes: v128, wanted: v128) -> u64 {
    u64::from(i8x16_bitmask(u8x16_eq(bytes, wanted)))
}

//! Masks by SSE2, the baseline of x86-64.

use super::{BLOCK, Blocks, Masks, Separators, portable};
use std::arch::x86_64::{__m128i, _mm_cmpeq_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm_set1_epi8};

#[derive(Clone, Copy)]
pub(super) struct Sse2 {
    field: __m128i,
    row: __m128i,
    quote: __m128i,
    quote_mask: u64,
}

impl Blocks for Sse2 {
    #[inline(always)]
    unsafe fn new(separators: Separators) -> Self {
        // SAFETY: SSE2 is part of every x86-64 processor.
        unsafe {
            Self {
                field: _mm_set1_epi8(separators.field as i8),
                row: _mm_set1_epi8(separators.row as i8),
                quote: _mm_set1_epi8(separators.quote.unwrap_or(0) as i8),
                quote_mask: if separators.quote.is_some() { u64::MAX } else { 0 },
            }
        }
    }

    #[inline(always)]
    unsafe fn masks(self, block: &[u8; BLOCK]) -> Masks {
        let mut masks = Masks::default();
        for lane in 0..BLOCK / 16 {
            // SAFETY: SSE2 is part of every x86-64 processor, and the load lies inside the block.
            unsafe {
                let bytes = _mm_loadu_si128(block.as_ptr().add(lane * 16).cast());
                masks.field |= equal(bytes, self.field) << (lane * 16);
                masks.row |= equal(bytes, self.row) << (lane * 16);
                masks.quote |= equal(bytes, self.quote) << (lane * 16);
            }
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
unsafe fn equal(bytes: __m128i, wanted: __m128i) -> u64 {
    // SAFETY: SSE2 is part of every x86-64 processor.
    unsafe { u64::from(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, wanted)) as u16) }
}

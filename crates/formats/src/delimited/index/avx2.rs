//! Masks by AVX2 and carry-less multiplication.

use super::{BLOCK, Blocks, Found, Masks, Separators, scan};
use std::arch::x86_64::{
    __m256i, _mm_clmulepi64_si128, _mm_cvtsi128_si64, _mm_set_epi64x, _mm_set1_epi8, _mm256_cmpeq_epi8,
    _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_set1_epi8,
};

/// Whether this processor can run [`find`].
pub(super) fn available() -> bool {
    std::arch::is_x86_feature_detected!("avx2")
        && std::arch::is_x86_feature_detected!("pclmulqdq")
        && std::arch::is_x86_feature_detected!("bmi1")
        && std::arch::is_x86_feature_detected!("lzcnt")
        && std::arch::is_x86_feature_detected!("popcnt")
}

/// See [`super::find`].
///
/// # Safety
/// Only where [`available`] holds.
#[target_feature(enable = "avx2,pclmulqdq,bmi1,lzcnt,popcnt")]
pub(super) unsafe fn find(text: &[u8], separators: Separators, row_limit: usize, positions: &mut Vec<u32>) -> Found {
    // SAFETY: the features of this function are those that `Avx2` needs.
    unsafe { scan::<Avx2>(text, separators, row_limit, positions) }
}

#[derive(Clone, Copy)]
pub(super) struct Avx2 {
    field: __m256i,
    row: __m256i,
    quote: __m256i,
    quote_mask: u64,
}

impl Blocks for Avx2 {
    #[inline(always)]
    unsafe fn new(separators: Separators) -> Self {
        // SAFETY: the caller has AVX2.
        unsafe {
            Self {
                field: _mm256_set1_epi8(separators.field as i8),
                row: _mm256_set1_epi8(separators.row as i8),
                quote: _mm256_set1_epi8(separators.quote.unwrap_or(0) as i8),
                quote_mask: if separators.quote.is_some() { u64::MAX } else { 0 },
            }
        }
    }

    #[inline(always)]
    unsafe fn masks(self, block: &[u8; BLOCK]) -> Masks {
        // SAFETY: the caller has AVX2, and both loads lie inside the block.
        unsafe {
            let low = _mm256_loadu_si256(block.as_ptr().cast());
            let high = _mm256_loadu_si256(block.as_ptr().add(32).cast());
            Masks {
                field: equal(low, high, self.field),
                row: equal(low, high, self.row),
                quote: equal(low, high, self.quote) & self.quote_mask,
            }
        }
    }

    #[inline(always)]
    unsafe fn prefix_xor(mask: u64) -> u64 {
        // SAFETY: the caller has PCLMULQDQ.
        unsafe {
            let product = _mm_clmulepi64_si128(_mm_set_epi64x(0, mask as i64), _mm_set1_epi8(-1), 0);
            _mm_cvtsi128_si64(product) as u64
        }
    }
}

#[inline(always)]
unsafe fn equal(low: __m256i, high: __m256i, wanted: __m256i) -> u64 {
    // SAFETY: the caller has AVX2.
    unsafe {
        let low = _mm256_movemask_epi8(_mm256_cmpeq_epi8(low, wanted)) as u32;
        let high = _mm256_movemask_epi8(_mm256_cmpeq_epi8(high, wanted)) as u32;
        u64::from(low) | (u64::from(high) << 32)
    }
}

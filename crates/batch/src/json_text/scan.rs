//! Finding the bytes that end a run of plain string bytes, 32 at a time.

/// Bytes that are looked at together.
pub const CHUNK: usize = 32;

/// Bit `i` is set where byte `i` is a quote or a backslash.
#[inline(always)]
pub fn string_ends(chunk: &[u8; CHUNK]) -> u32 {
    #[cfg(target_arch = "x86_64")]
    {
        x86::string_ends(chunk)
    }
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    {
        wasm::string_ends(chunk)
    }
    #[cfg(not(any(target_arch = "x86_64", all(target_arch = "wasm32", target_feature = "simd128"))))]
    {
        portable_string_ends(chunk)
    }
}

/// Bit `i` is set where byte `i` must be escaped in a JSON string: a quote, a backslash or a control character.
#[inline(always)]
pub fn escaped_bytes(chunk: &[u8; CHUNK]) -> u32 {
    #[cfg(target_arch = "x86_64")]
    {
        x86::escaped_bytes(chunk)
    }
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    {
        wasm::escaped_bytes(chunk)
    }
    #[cfg(not(any(target_arch = "x86_64", all(target_arch = "wasm32", target_feature = "simd128"))))]
    {
        portable_escaped_bytes(chunk)
    }
}

/// First quote or backslash at or behind `from` and before `end`; `end` when there is none.
#[inline]
pub fn find_string_end(bytes: &[u8], from: usize, end: usize) -> usize {
    let mut at = from;
    while let Some(chunk) = bytes[at..].first_chunk::<CHUNK>() {
        let ends = string_ends(chunk);
        if ends != 0 {
            return (at + ends.trailing_zeros() as usize).min(end);
        }
        at += CHUNK;
        if at >= end {
            return end;
        }
    }
    bytes[at..end].iter().position(|byte| matches!(byte, b'"' | b'\\')).map_or(end, |index| at + index)
}

/// First byte at or behind `from` that must be escaped in a JSON string; the length when there is none.
#[inline]
pub fn find_escaped(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(chunk) = bytes[at..].first_chunk::<CHUNK>() {
        let escaped = escaped_bytes(chunk);
        if escaped != 0 {
            return at + escaped.trailing_zeros() as usize;
        }
        at += CHUNK;
    }
    bytes[at..].iter().position(|byte| is_escaped(*byte)).map_or(bytes.len(), |index| at + index)
}

/// Whether a byte must be escaped in a JSON string.
#[inline(always)]
pub const fn is_escaped(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

#[cfg(any(test, not(target_arch = "x86_64")))]
#[allow(dead_code)]
fn portable_string_ends(chunk: &[u8; CHUNK]) -> u32 {
    chunk.iter().enumerate().fold(0, |mask, (index, byte)| mask | (u32::from(matches!(byte, b'"' | b'\\')) << index))
}

#[cfg(any(test, not(target_arch = "x86_64")))]
#[allow(dead_code)]
fn portable_escaped_bytes(chunk: &[u8; CHUNK]) -> u32 {
    chunk.iter().enumerate().fold(0, |mask, (index, byte)| mask | (u32::from(is_escaped(*byte)) << index))
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::CHUNK;
    use std::arch::x86_64::{
        __m128i, _mm_cmpeq_epi8, _mm_loadu_si128, _mm_max_epu8, _mm_movemask_epi8, _mm_or_si128, _mm_set1_epi8,
    };

    #[inline(always)]
    pub(super) fn string_ends(chunk: &[u8; CHUNK]) -> u32 {
        // SAFETY: SSE2 is part of every x86-64 processor.
        unsafe {
            both(chunk, |bytes| {
                _mm_or_si128(
                    _mm_cmpeq_epi8(bytes, _mm_set1_epi8(b'"' as i8)),
                    _mm_cmpeq_epi8(bytes, _mm_set1_epi8(b'\\' as i8)),
                )
            })
        }
    }

    #[inline(always)]
    pub(super) fn escaped_bytes(chunk: &[u8; CHUNK]) -> u32 {
        // SAFETY: SSE2 is part of every x86-64 processor.
        unsafe {
            both(chunk, |bytes| {
                let last_control = _mm_set1_epi8(0x1f);
                let control = _mm_cmpeq_epi8(_mm_max_epu8(bytes, last_control), last_control);
                let quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(b'"' as i8));
                let backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(b'\\' as i8));
                _mm_or_si128(control, _mm_or_si128(quote, backslash))
            })
        }
    }

    #[inline(always)]
    unsafe fn both(chunk: &[u8; CHUNK], matches: impl Fn(__m128i) -> __m128i) -> u32 {
        // SAFETY: both loads lie inside the 32 bytes.
        unsafe {
            let low = _mm_loadu_si128(chunk.as_ptr().cast());
            let high = _mm_loadu_si128(chunk.as_ptr().add(16).cast());
            _mm_movemask_epi8(matches(low)) as u32 | ((_mm_movemask_epi8(matches(high)) as u32) << 16)
        }
    }
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod wasm {
    use super::CHUNK;
    use std::arch::wasm32::{i8x16_bitmask, i8x16_eq, u8x16_lt, u8x16_splat, v128, v128_load, v128_or};

    #[inline(always)]
    pub(super) fn string_ends(chunk: &[u8; CHUNK]) -> u32 {
        both(chunk, |bytes| v128_or(i8x16_eq(bytes, u8x16_splat(b'"')), i8x16_eq(bytes, u8x16_splat(b'\\'))))
    }

    #[inline(always)]
    pub(super) fn escaped_bytes(chunk: &[u8; CHUNK]) -> u32 {
        both(chunk, |bytes| {
            let special = v128_or(i8x16_eq(bytes, u8x16_splat(b'"')), i8x16_eq(bytes, u8x16_splat(b'\\')));
            v128_or(special, u8x16_lt(bytes, u8x16_splat(0x20)))
        })
    }

    #[inline(always)]
    fn both(chunk: &[u8; CHUNK], matches: impl Fn(v128) -> v128) -> u32 {
        // SAFETY: both loads lie inside the 32 bytes.
        let (low, high) = unsafe { (v128_load(chunk.as_ptr().cast()), v128_load(chunk.as_ptr().add(16).cast())) };
        u32::from(i8x16_bitmask(matches(low))) | (u32::from(i8x16_bitmask(matches(high))) << 16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn masks_equal_the_portable_ones(chunk in prop::array::uniform32(any::<u8>())) {
            prop_assert_eq!(string_ends(&chunk), portable_string_ends(&chunk));
            prop_assert_eq!(escaped_bytes(&chunk), portable_escaped_bytes(&chunk));
        }

        #[test]
        fn the_first_special_byte_is_found_wherever_it_stands(plain in "[a-z]{0,100}", tail in "[\"\\\\a]{0,3}", cut in 0usize..4) {
            let text = format!("{plain}{tail}");
            let end = text.len().saturating_sub(cut);
            let expected = text[..end].find(['"', '\\']).unwrap_or(end);
            prop_assert_eq!(find_string_end(text.as_bytes(), 0, end), expected);
            prop_assert_eq!(find_escaped(text.as_bytes(), 0), text.find(['"', '\\']).unwrap_or(text.len()));
        }
    }
}

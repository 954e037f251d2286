//! The `MurmurHash3` digest: fast and well spread, no seal.

const FIRST: u64 = 0x87c3_7b91_1142_53d5;
const SECOND: u64 = 0x4cf5_ad43_2745_937f;

/// The lower 64 bits of the 128-bit digest for 64-bit machines, with seed 0.
///
/// # Source
/// Austin Appleby's `MurmurHash3_x64_128` (public domain reference).
pub fn murmur3_low64(bytes: &[u8]) -> u64 {
    let (mut low, mut high) = (0u64, 0u64);
    let (blocks, rest) = bytes.as_chunks::<16>();
    for block in blocks {
        let (first, second) = words(block);
        low = (low ^ mix_first(first)).rotate_left(27).wrapping_add(high).wrapping_mul(5).wrapping_add(0x52dc_e729);
        high = (high ^ mix_second(second)).rotate_left(31).wrapping_add(low).wrapping_mul(5).wrapping_add(0x3849_5ab5);
    }
    let mut last = [0u8; 16];
    last[..rest.len()].copy_from_slice(rest);
    // A word of zeros mixes to zero, so a short rest needs no case of its own.
    let (first, second) = words(&last);
    low ^= mix_first(first);
    high ^= mix_second(second);

    low ^= bytes.len() as u64;
    high ^= bytes.len() as u64;
    low = low.wrapping_add(high);
    high = high.wrapping_add(low);
    finish(low).wrapping_add(finish(high))
}

fn words(block: &[u8; 16]) -> (u64, u64) {
    let both = u128::from_le_bytes(*block);
    (both as u64, (both >> 64) as u64)
}

fn mix_first(word: u64) -> u64 {
    word.wrapping_mul(FIRST).rotate_left(31).wrapping_mul(SECOND)
}

fn mix_second(word: u64) -> u64 {
    word.wrapping_mul(SECOND).rotate_left(33).wrapping_mul(FIRST)
}

fn finish(mut word: u64) -> u64 {
    word = (word ^ (word >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    word = (word ^ (word >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    word ^ (word >> 33)
}

#[cfg(test)]
mod tests {
    use super::murmur3_low64;

    #[test]
    fn digests_are_those_of_the_reference() {
        for (text, expected) in [
            ("", 0),
            ("hello", 0xcbd8_a7b3_41bd_9b02),
            ("hello, world", 0x342f_ac62_3a5e_bc8e),
            ("19 Jan 2038 at 3:14:07 AM", 0xb89e_5988_b737_affc),
            ("The quick brown fox jumps over the lazy dog.", 0xcd99_481f_9ee9_02c9),
        ] {
            assert_eq!(murmur3_low64(text.as_bytes()), expected, "{text}");
        }
    }
}

//! Counter-based randomness: every word is a pure function of a stream and a counter, so that data can be cut anywhere.

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// The finalizer of SplitMix64: every input bit changes every output bit with probability one half.
///
/// # Source
/// Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (constants: Stafford's variant 13).
#[inline]
pub(crate) const fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// Word number `counter` of a stream.
#[inline]
pub(crate) const fn word(stream: u64, counter: u64) -> u64 {
    mix(stream.wrapping_add(counter.wrapping_add(1).wrapping_mul(GOLDEN)))
}

/// A stream derived from another one; different tags give unrelated streams.
pub(crate) const fn derive(stream: u64, tag: u64) -> u64 {
    mix(stream ^ mix(tag.wrapping_add(GOLDEN)))
}

/// A stream derived from another one and a name.
pub(crate) fn derive_named(stream: u64, name: &str) -> u64 {
    name.bytes().fold(derive(stream, name.len() as u64), |stream, byte| derive(stream, u64::from(byte)))
}

/// A number in `0..range` from the upper half of a word; uniform up to one part in 2³² / `range`.
#[inline]
pub(crate) const fn below_u32(word: u64, range: u32) -> u32 {
    (((word >> 32) * range as u64) >> 32) as u32
}

/// A number in `0..range` from a whole word; uniform up to one part in 2⁶⁴ / `range`.
#[inline]
pub(crate) const fn below_u64(word: u64, range: u64) -> u64 {
    ((word as u128 * range as u128) >> 64) as u64
}

/// A number in `[0, 1)` with 53 random bits.
#[inline]
pub(crate) fn unit_f64(word: u64) -> f64 {
    // Signed, because that conversion is one instruction.
    (word >> 11) as i64 as f64 * (1.0 / 9_007_199_254_740_992.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_one_stream_are_spread_evenly() {
        let mut buckets = [0u32; 16];
        for counter in 0..160_000 {
            buckets[below_u32(word(7, counter), 16) as usize] += 1;
        }
        assert!(buckets.iter().all(|count| (9_500..10_500).contains(count)), "{buckets:?}");
    }

    #[test]
    fn names_and_tags_give_different_streams() {
        assert_ne!(derive_named(1, "ab"), derive_named(1, "ba"));
        assert_ne!(derive_named(1, "a"), derive_named(2, "a"));
        assert_ne!(derive(1, 0), derive(1, 1));
    }

    #[test]
    fn numbers_stay_below_their_range() {
        assert_eq!(below_u32(u64::MAX, 10), 9);
        assert_eq!(below_u64(u64::MAX, u64::MAX), u64::MAX - 1);
        assert!(unit_f64(u64::MAX) < 1.0);
    }
}

//! Random numbers: Java's generator for given seeds, `SplitMix64` for the rest.

/// The generator behind `RAND()` and `UUID()`.
///
/// # Source
/// Steele, Lea, Flood: "Fast splittable pseudorandom number generators".
pub(crate) struct SplitMix64(u64);

impl SplitMix64 {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }
}

/// The first `nextDouble()` of `new java.util.Random(seed)`.
///
/// # Source
/// Documentation of `java.util.Random` (48-bit linear congruential generator).
pub(crate) fn java_first_double(seed: i64) -> f64 {
    const MULTIPLIER: u64 = 0x5_DEEC_E66D;
    const MASK: u64 = (1 << 48) - 1;
    let step = |state: u64| (state.wrapping_mul(MULTIPLIER).wrapping_add(0xB)) & MASK;
    let first = step((seed as u64 ^ MULTIPLIER) & MASK);
    let second = step(first);
    let bits = ((first >> 22) << 27) + (second >> 21);
    bits as f64 * (1.0 / (1u64 << 53) as f64)
}

/// A double in 0.0..1.0 from 64 random bits.
pub(crate) fn unit_double(bits: u64) -> f64 {
    (bits >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_seed_gives_the_number_that_java_gives() {
        // new java.util.Random(42).nextDouble()
        assert!((super::java_first_double(42) - 0.727_563_603_450_087_6).abs() < 1e-4);
        assert!((0.0..1.0).contains(&super::java_first_double(-1)));
    }
}

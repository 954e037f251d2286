//! Initialization vectors without an operating system to ask for random bytes.

use aes::Aes256;
use aes::cipher::{Array, BlockCipherEncrypt, KeyInit};

/// Gives one vector per value.
///
/// Kernels have no source of randomness: they must give the same bytes in a Node addon and in WASM. So the host draws 32 random
/// bytes when it plans a job, which nobody else knows, and every vector is a pseudo-random function of them: CBC-MAC with
/// AES-256 over one block of worker, subtask, number of the value and length of the value, followed by the value. The length
/// in front makes it a pseudo-random function of texts of any length. To anyone without the 32 bytes the vectors look random,
/// which is what CBC asks for, and two values get the same one only when worker, subtask, number and value are all equal, or by
/// the chance of a random draw, which is what GCM asks for.
pub struct VectorSource {
    cipher: Box<Aes256>,
    worker: u32,
    subtask: u32,
    values: u64,
}

impl VectorSource {
    /// Starts at the first value. `worker` and `subtask` tell apart sources with equal `random_bytes`.
    pub fn new(random_bytes: &[u8; 32], worker: u32, subtask: u32) -> Self {
        Self { cipher: Box::new(Aes256::new(&Array::from(*random_bytes))), worker, subtask, values: 0 }
    }

    /// The vector for the next value.
    pub fn next(&mut self, value: &[u8]) -> [u8; 16] {
        let number = self.values;
        self.values = self.values.wrapping_add(1);
        let mut state = [0u8; 16];
        state[..8].copy_from_slice(&number.to_le_bytes());
        state[8..12].copy_from_slice(&self.worker.to_le_bytes());
        state[12..].copy_from_slice(&self.subtask.to_le_bytes());
        self.mix(&mut state);
        for (byte, length) in state.iter_mut().zip((value.len() as u64).to_le_bytes()) {
            *byte ^= length;
        }
        self.mix(&mut state);
        for chunk in value.chunks(16) {
            for (byte, value) in state.iter_mut().zip(chunk) {
                *byte ^= value;
            }
            self.mix(&mut state);
        }
        state
    }

    fn mix(&self, state: &mut [u8; 16]) {
        let mut block = Array::from(*state);
        self.cipher.encrypt_block(&mut block);
        *state = block.into();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn vectors_differ_by_seed_worker_subtask_number_and_value() {
        let mut seen = HashSet::new();
        let mut drawn = 0;
        for seed in 0..2 {
            for worker in 0..2 {
                for subtask in 0..2 {
                    let mut source = VectorSource::new(&[seed; 32], worker, subtask);
                    for value in ["", "a", "a", "a\0", "0123456789abcdef", "0123456789abcdef\0"] {
                        seen.insert(source.next(value.as_bytes()));
                        drawn += 1;
                    }
                }
            }
        }
        assert_eq!(seen.len(), drawn);
    }

    #[test]
    fn the_same_source_gives_the_same_vectors() {
        let draw = |value: &str| VectorSource::new(&[9; 32], 1, 2).next(value.as_bytes());
        assert_eq!(draw("x"), draw("x"));
        assert_ne!(draw("x"), draw("y"));
    }
}

//! DES in CBC mode with PKCS5 padding, for `DES_ENCRYPT` and `DES_DECRYPT`. Weak by today's measure; kept for old jobs.
//!
//! # Source
//! FIPS PUB 46-3 (tables and rounds).

const INITIAL: [u8; 64] = [
    58, 50, 42, 34, 26, 18, 10, 2, 60, 52, 44, 36, 28, 20, 12, 4, 62, 54, 46, 38, 30, 22, 14, 6, 64, 56, 48, 40, 32,
    24, 16, 8, 57, 49, 41, 33, 25, 17, 9, 1, 59, 51, 43, 35, 27, 19, 11, 3, 61, 53, 45, 37, 29, 21, 13, 5, 63, 55, 47,
    39, 31, 23, 15, 7,
];
const FINAL: [u8; 64] = [
    40, 8, 48, 16, 56, 24, 64, 32, 39, 7, 47, 15, 55, 23, 63, 31, 38, 6, 46, 14, 54, 22, 62, 30, 37, 5, 45, 13, 53, 21,
    61, 29, 36, 4, 44, 12, 52, 20, 60, 28, 35, 3, 43, 11, 51, 19, 59, 27, 34, 2, 42, 10, 50, 18, 58, 26, 33, 1, 41, 9,
    49, 17, 57, 25,
];
const EXPANSION: [u8; 48] = [
    32, 1, 2, 3, 4, 5, 4, 5, 6, 7, 8, 9, 8, 9, 10, 11, 12, 13, 12, 13, 14, 15, 16, 17, 16, 17, 18, 19, 20, 21, 20, 21,
    22, 23, 24, 25, 24, 25, 26, 27, 28, 29, 28, 29, 30, 31, 32, 1,
];
const PERMUTATION: [u8; 32] = [
    16, 7, 20, 21, 29, 12, 28, 17, 1, 15, 23, 26, 5, 18, 31, 10, 2, 8, 24, 14, 32, 27, 3, 9, 19, 13, 30, 6, 22, 11, 4,
    25,
];
const KEY_CHOICE_1: [u8; 56] = [
    57, 49, 41, 33, 25, 17, 9, 1, 58, 50, 42, 34, 26, 18, 10, 2, 59, 51, 43, 35, 27, 19, 11, 3, 60, 52, 44, 36, 63, 55,
    47, 39, 31, 23, 15, 7, 62, 54, 46, 38, 30, 22, 14, 6, 61, 53, 45, 37, 29, 21, 13, 5, 28, 20, 12, 4,
];
const KEY_CHOICE_2: [u8; 48] = [
    14, 17, 11, 24, 1, 5, 3, 28, 15, 6, 21, 10, 23, 19, 12, 4, 26, 8, 16, 7, 27, 20, 13, 2, 41, 52, 31, 37, 47, 55, 30,
    40, 51, 45, 33, 48, 44, 49, 39, 56, 34, 53, 46, 42, 50, 36, 29, 32,
];
const KEY_SHIFTS: [u32; 16] = [1, 1, 2, 2, 2, 2, 2, 2, 1, 2, 2, 2, 2, 2, 2, 1];
const SUBSTITUTIONS: [[u8; 64]; 8] = [
    [
        14, 4, 13, 1, 2, 15, 11, 8, 3, 10, 6, 12, 5, 9, 0, 7, 0, 15, 7, 4, 14, 2, 13, 1, 10, 6, 12, 11, 9, 5, 3, 8, 4,
        1, 14, 8, 13, 6, 2, 11, 15, 12, 9, 7, 3, 10, 5, 0, 15, 12, 8, 2, 4, 9, 1, 7, 5, 11, 3, 14, 10, 0, 6, 13,
    ],
    [
        15, 1, 8, 14, 6, 11, 3, 4, 9, 7, 2, 13, 12, 0, 5, 10, 3, 13, 4, 7, 15, 2, 8, 14, 12, 0, 1, 10, 6, 9, 11, 5, 0,
        14, 7, 11, 10, 4, 13, 1, 5, 8, 12, 6, 9, 3, 2, 15, 13, 8, 10, 1, 3, 15, 4, 2, 11, 6, 7, 12, 0, 5, 14, 9,
    ],
    [
        10, 0, 9, 14, 6, 3, 15, 5, 1, 13, 12, 7, 11, 4, 2, 8, 13, 7, 0, 9, 3, 4, 6, 10, 2, 8, 5, 14, 12, 11, 15, 1, 13,
        6, 4, 9, 8, 15, 3, 0, 11, 1, 2, 12, 5, 10, 14, 7, 1, 10, 13, 0, 6, 9, 8, 7, 4, 15, 14, 3, 11, 5, 2, 12,
    ],
    [
        7, 13, 14, 3, 0, 6, 9, 10, 1, 2, 8, 5, 11, 12, 4, 15, 13, 8, 11, 5, 6, 15, 0, 3, 4, 7, 2, 12, 1, 10, 14, 9, 10,
        6, 9, 0, 12, 11, 7, 13, 15, 1, 3, 14, 5, 2, 8, 4, 3, 15, 0, 6, 10, 1, 13, 8, 9, 4, 5, 11, 12, 7, 2, 14,
    ],
    [
        2, 12, 4, 1, 7, 10, 11, 6, 8, 5, 3, 15, 13, 0, 14, 9, 14, 11, 2, 12, 4, 7, 13, 1, 5, 0, 15, 10, 3, 9, 8, 6, 4,
        2, 1, 11, 10, 13, 7, 8, 15, 9, 12, 5, 6, 3, 0, 14, 11, 8, 12, 7, 1, 14, 2, 13, 6, 15, 0, 9, 10, 4, 5, 3,
    ],
    [
        12, 1, 10, 15, 9, 2, 6, 8, 0, 13, 3, 4, 14, 7, 5, 11, 10, 15, 4, 2, 7, 12, 9, 5, 6, 1, 13, 14, 0, 11, 3, 8, 9,
        14, 15, 5, 2, 8, 12, 3, 7, 0, 4, 10, 1, 13, 11, 6, 4, 3, 2, 12, 9, 5, 15, 10, 11, 14, 1, 7, 6, 0, 8, 13,
    ],
    [
        4, 11, 2, 14, 15, 0, 8, 13, 3, 12, 9, 7, 5, 10, 6, 1, 13, 0, 11, 7, 4, 9, 1, 10, 14, 3, 5, 12, 2, 15, 8, 6, 1,
        4, 11, 13, 12, 3, 7, 14, 10, 15, 6, 8, 0, 5, 9, 2, 6, 11, 13, 8, 1, 4, 10, 7, 9, 5, 0, 15, 14, 2, 3, 12,
    ],
    [
        13, 2, 8, 4, 6, 15, 11, 1, 10, 9, 3, 14, 5, 0, 12, 7, 1, 15, 13, 8, 10, 3, 7, 4, 12, 5, 6, 11, 0, 14, 9, 2, 7,
        11, 4, 1, 9, 12, 14, 2, 0, 6, 10, 13, 15, 3, 5, 8, 2, 1, 14, 7, 4, 10, 8, 13, 15, 12, 9, 0, 3, 5, 6, 11,
    ],
];

/// Picks bits by their number, 1 being the highest of `width`.
fn permute(value: u64, width: u32, table: &[u8]) -> u64 {
    table.iter().fold(0, |bits, position| bits << 1 | (value >> (width - u32::from(*position)) & 1))
}

/// One key and the direction in which its round keys are used.
pub struct Des {
    round_keys: [u64; 16],
}

impl Des {
    /// A key of eight bytes; the lowest bit of each is not used.
    pub fn new(key: [u8; 8]) -> Self {
        let chosen = permute(u64::from_be_bytes(key), 64, &KEY_CHOICE_1);
        let (mut left, mut right) = (chosen >> 28, chosen & 0xFFF_FFFF);
        let rotate = |half: u64, shift: u32| (half << shift | half >> (28 - shift)) & 0xFFF_FFFF;
        let round_keys = KEY_SHIFTS.map(|shift| {
            (left, right) = (rotate(left, shift), rotate(right, shift));
            permute(left << 28 | right, 56, &KEY_CHOICE_2)
        });
        Self { round_keys }
    }

    fn block(&self, block: u64, decrypt: bool) -> u64 {
        let mixed = permute(block, 64, &INITIAL);
        let (mut left, mut right) = (mixed >> 32, mixed & 0xFFFF_FFFF);
        for round in 0..16 {
            let key = self.round_keys[if decrypt { 15 - round } else { round }];
            let expanded = permute(right, 32, &EXPANSION) ^ key;
            let substituted = SUBSTITUTIONS.iter().enumerate().fold(0, |bits, (index, table)| {
                let six = (expanded >> (42 - 6 * index)) as usize & 0x3F;
                let row = six >> 4 & 2 | six & 1;
                bits << 4 | u64::from(table[row * 16 + (six >> 1 & 0xF)])
            });
            (left, right) = (right, left ^ permute(substituted, 32, &PERMUTATION));
        }
        permute(right << 32 | left, 64, &FINAL)
    }

    /// Encrypts; the result is 1 to 8 bytes longer, to a multiple of 8.
    pub fn encrypt(&self, vector: [u8; 8], plain: &[u8]) -> Vec<u8> {
        let padding = 8 - plain.len() % 8;
        let mut padded = plain.to_vec();
        padded.extend(std::iter::repeat_n(padding as u8, padding));
        let mut previous = u64::from_be_bytes(vector);
        let mut out = Vec::with_capacity(padded.len());
        for block in blocks(&padded) {
            previous = self.block(block ^ previous, false);
            out.extend(previous.to_be_bytes());
        }
        out
    }

    /// Decrypts. `None` when the length is not a multiple of 8 or the padding is damaged.
    pub fn decrypt(&self, vector: [u8; 8], encrypted: &[u8]) -> Option<Vec<u8>> {
        if encrypted.is_empty() || !encrypted.len().is_multiple_of(8) {
            return None;
        }
        let mut previous = u64::from_be_bytes(vector);
        let mut out = Vec::with_capacity(encrypted.len());
        for block in blocks(encrypted) {
            out.extend((self.block(block, true) ^ previous).to_be_bytes());
            previous = block;
        }
        let padding = usize::from(*out.last()?);
        let intact =
            (1..=8).contains(&padding) && out[out.len() - padding..].iter().all(|byte| usize::from(*byte) == padding);
        out.truncate(out.len() - if intact { padding } else { 0 });
        intact.then_some(out)
    }
}

fn blocks(bytes: &[u8]) -> impl Iterator<Item = u64> {
    bytes.chunks_exact(8).map(|chunk| chunk.iter().fold(0, |block, byte| block << 8 | u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_encrypts_as_published() {
        // The worked example of the standard's validation suite: key 133457799BBCDFF1.
        let des = Des::new(0x1334_5779_9BBC_DFF1u64.to_be_bytes());
        assert_eq!(des.block(0x0123_4567_89AB_CDEF, false), 0x85E8_1354_0F0A_B405);
        assert_eq!(des.block(0x85E8_1354_0F0A_B405, true), 0x0123_4567_89AB_CDEF);
    }

    #[test]
    fn texts_of_every_length_come_back() {
        let des = Des::new(*b"12345678");
        for length in 0..20 {
            let plain: Vec<u8> = (0..length).collect();
            assert_eq!(des.decrypt(*b"12345678", &des.encrypt(*b"12345678", &plain)), Some(plain));
        }
        assert_eq!(des.decrypt(*b"12345678", b""), None);
        assert_eq!(des.decrypt(*b"12345678", b"1234567"), None);
        assert_eq!(des.decrypt(*b"12345678", b"12345678"), None);
    }
}

//! AES in CBC mode with PKCS5 padding.

use aes::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use aes::{Aes128, Aes192, Aes256, Block};

/// Bytes of one block and of an initialisation vector.
pub const BLOCK_BYTES: usize = 16;

/// A key, expanded.
pub struct AesCbc(Key);

enum Key {
    Bits128(Box<Aes128>),
    Bits192(Box<Aes192>),
    Bits256(Box<Aes256>),
}

impl AesCbc {
    /// Expands a key of 16, 24 or 32 bytes; `None` for another length.
    pub fn new(key: &[u8]) -> Option<Self> {
        Some(Self(match key.len() {
            16 => Key::Bits128(Box::new(Aes128::new_from_slice(key).ok()?)),
            24 => Key::Bits192(Box::new(Aes192::new_from_slice(key).ok()?)),
            32 => Key::Bits256(Box::new(Aes256::new_from_slice(key).ok()?)),
            _ => return None,
        }))
    }

    fn encrypt_block(&self, block: &mut Block) {
        match &self.0 {
            Key::Bits128(key) => key.encrypt_block(block),
            Key::Bits192(key) => key.encrypt_block(block),
            Key::Bits256(key) => key.encrypt_block(block),
        }
    }

    fn decrypt_block(&self, block: &mut Block) {
        match &self.0 {
            Key::Bits128(key) => key.decrypt_block(block),
            Key::Bits192(key) => key.decrypt_block(block),
            Key::Bits256(key) => key.decrypt_block(block),
        }
    }

    /// Appends the encrypted text to `out`: whole blocks, at least one, at most one block longer than the text.
    pub fn encrypt(&self, vector: [u8; BLOCK_BYTES], text: &[u8], out: &mut Vec<u8>) {
        let mut chain = vector;
        let (whole, rest) = text.as_chunks::<BLOCK_BYTES>();
        let mut last = [(BLOCK_BYTES - rest.len()) as u8; BLOCK_BYTES];
        last[..rest.len()].copy_from_slice(rest);
        out.reserve(text.len() + BLOCK_BYTES);
        for plain in whole.iter().chain(std::iter::once(&last)) {
            let mut block: Block = exclusive_or(*plain, chain).into();
            self.encrypt_block(&mut block);
            chain = block.into();
            out.extend_from_slice(&chain);
        }
    }

    /// Appends the decrypted text to `out`; `None` when `encrypted` is not whole blocks with a valid padding. A wrong key
    /// is not always noticed: some of its garbage ends like a padding.
    pub fn decrypt(&self, vector: [u8; BLOCK_BYTES], encrypted: &[u8], out: &mut Vec<u8>) -> Option<()> {
        let start = out.len();
        let (blocks, rest) = encrypted.as_chunks::<BLOCK_BYTES>();
        if blocks.is_empty() || !rest.is_empty() {
            return None;
        }
        let mut chain = vector;
        for encrypted in blocks {
            let mut block: Block = (*encrypted).into();
            self.decrypt_block(&mut block);
            out.extend_from_slice(&exclusive_or(block.into(), chain));
            chain = *encrypted;
        }
        let padding = usize::from(*out.last()?);
        let valid = (1..=BLOCK_BYTES).contains(&padding)
            && out[out.len() - padding..].iter().all(|byte| usize::from(*byte) == padding);
        out.truncate(if valid { out.len() - padding } else { start });
        valid.then_some(())
    }
}

fn exclusive_or(mut left: [u8; BLOCK_BYTES], right: [u8; BLOCK_BYTES]) -> [u8; BLOCK_BYTES] {
    for (left, right) in left.iter_mut().zip(right) {
        *left ^= right;
    }
    left
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[at * 2..at * 2 + 2], 16).unwrap()).collect()
    }

    /// NIST SP 800-38A, F.2: the first block of each key length.
    #[test]
    fn each_key_length_gives_the_block_of_the_standard() {
        let vector = bytes("000102030405060708090a0b0c0d0e0f").try_into().unwrap();
        let text = bytes("6bc1bee22e409f96e93d7e117393172a");
        for (key, expected) in [
            ("2b7e151628aed2a6abf7158809cf4f3c", "7649abac8119b246cee98e9b12e9197d"),
            ("8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b", "4f021db243bc633d7178183a9fa071e8"),
            ("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4", "f58c4c04d6e5f1ba779eabfb5f7bfbd6"),
        ] {
            let mut out = Vec::new();
            AesCbc::new(&bytes(key)).unwrap().encrypt(vector, &text, &mut out);
            assert_eq!(&out[..16], bytes(expected), "{key}");
            assert_eq!(out.len(), 32);
        }
    }

    #[test]
    fn texts_of_every_length_come_back() {
        let key = AesCbc::new(&[7; 16]).unwrap();
        for length in [0, 1, 15, 16, 17, 31, 32, 1_000] {
            let text: Vec<u8> = (0..length).map(|at| at as u8).collect();
            let (mut encrypted, mut back) = (Vec::new(), b"kept".to_vec());
            key.encrypt([9; 16], &text, &mut encrypted);
            assert_eq!(encrypted.len(), (length / 16 + 1) * 16);
            key.decrypt([9; 16], &encrypted, &mut back).unwrap();
            assert_eq!(back, [b"kept".as_slice(), &text].concat());
        }
    }

    #[test]
    fn what_is_not_encrypted_text_gives_nothing_and_leaves_the_output() {
        let key = AesCbc::new(&[7; 32]).unwrap();
        for broken in [&[][..], &[1; 15], &[1; 17], &[1; 16]] {
            let mut out = b"kept".to_vec();
            assert_eq!(key.decrypt([0; 16], broken, &mut out), None, "{broken:?}");
            assert_eq!(out, b"kept");
        }
        for length in [0, 15, 17, 33] {
            assert!(AesCbc::new(&vec![0; length]).is_none(), "{length}");
        }
    }
}

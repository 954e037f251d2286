//! AES over whole values.

use crate::key::{AesKey, BASE64};
use aes::cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit, consts::U12, consts::U16};
use aes::{Aes128, Aes192, Aes256};
use aes_gcm::AesGcm;
use aes_gcm::aead::{AeadInOut, Nonce};
use base64::Engine;

/// Bytes of an AES block, of a CBC vector and of a GCM tag.
pub const BLOCK_BYTES: usize = 16;
/// Bytes of a GCM nonce.
pub(crate) const NONCE_BYTES: usize = 12;

type Block = Array<u8, U16>;

/// How values are encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// AES-CBC with PKCS#7 padding; the vector of 16 bytes stands in front. Nothing shows that a value was changed.
    AesCbc,
    /// AES-GCM; the nonce of 12 bytes stands in front, the tag of 16 bytes behind.
    AesGcm,
}

impl Algorithm {
    /// An algorithm by its name in job files: `AES_CBC` or `AES_GCM`.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "AES_CBC" => Some(Self::AesCbc),
            "AES_GCM" => Some(Self::AesGcm),
            _ => None,
        }
    }
}

/// The value is not what this key and algorithm encrypted.
#[derive(Debug, PartialEq, Eq)]
pub struct Undecryptable;

/// Encrypts and decrypts values with one key.
pub struct ValueCipher {
    engine: Engines,
    /// Bytes before they are base64 text, or behind it.
    bytes: Vec<u8>,
}

enum Engines {
    Cbc(BlockCipher),
    Gcm128(Box<AesGcm<Aes128, U12>>),
    Gcm192(Box<AesGcm<Aes192, U12>>),
    Gcm256(Box<AesGcm<Aes256, U12>>),
}

/// AES with a key of any size.
enum BlockCipher {
    Aes128(Box<Aes128>),
    Aes192(Box<Aes192>),
    Aes256(Box<Aes256>),
}

impl BlockCipher {
    fn new(key: &[u8]) -> Option<Self> {
        match key.len() {
            16 => Aes128::new_from_slice(key).ok().map(|cipher| Self::Aes128(Box::new(cipher))),
            24 => Aes192::new_from_slice(key).ok().map(|cipher| Self::Aes192(Box::new(cipher))),
            _ => Aes256::new_from_slice(key).ok().map(|cipher| Self::Aes256(Box::new(cipher))),
        }
    }

    fn encrypt(&self, bytes: &mut [u8], vector: &[u8; BLOCK_BYTES]) {
        match self {
            Self::Aes128(cipher) => chain(cipher.as_ref(), bytes, vector),
            Self::Aes192(cipher) => chain(cipher.as_ref(), bytes, vector),
            Self::Aes256(cipher) => chain(cipher.as_ref(), bytes, vector),
        }
    }

    fn decrypt(&self, bytes: &mut [u8], vector: &[u8; BLOCK_BYTES]) {
        match self {
            Self::Aes128(cipher) => unchain(cipher.as_ref(), bytes, vector),
            Self::Aes192(cipher) => unchain(cipher.as_ref(), bytes, vector),
            Self::Aes256(cipher) => unchain(cipher.as_ref(), bytes, vector),
        }
    }
}

/// CBC over whole blocks.
fn chain(cipher: &impl BlockCipherEncrypt<BlockSize = U16>, bytes: &mut [u8], vector: &[u8; BLOCK_BYTES]) {
    let mut previous = *vector;
    for block in bytes.as_chunks_mut::<BLOCK_BYTES>().0 {
        for (byte, mask) in block.iter_mut().zip(previous) {
            *byte ^= mask;
        }
        let mut encrypted = Block::from(*block);
        cipher.encrypt_block(&mut encrypted);
        previous = encrypted.into();
        *block = previous;
    }
}

/// The reverse of [`chain`].
fn unchain(cipher: &impl BlockCipherDecrypt<BlockSize = U16>, bytes: &mut [u8], vector: &[u8; BLOCK_BYTES]) {
    let mut previous = *vector;
    for block in bytes.as_chunks_mut::<BLOCK_BYTES>().0 {
        let encrypted = *block;
        let mut plain = Block::from(encrypted);
        cipher.decrypt_block(&mut plain);
        for ((byte, plain), mask) in block.iter_mut().zip(plain).zip(previous) {
            *byte = plain ^ mask;
        }
        previous = encrypted;
    }
}

macro_rules! with_gcm {
    ($engine:expr, $cipher:ident => $body:expr) => {
        match $engine {
            Engines::Cbc(_) => None,
            Engines::Gcm128($cipher) => $body,
            Engines::Gcm192($cipher) => $body,
            Engines::Gcm256($cipher) => $body,
        }
    };
}

impl ValueCipher {
    /// A cipher for one key.
    pub fn new(algorithm: Algorithm, key: &AesKey) -> Option<Self> {
        let bytes = key.bytes();
        let engine = match (algorithm, bytes.len()) {
            (Algorithm::AesCbc, _) => Engines::Cbc(BlockCipher::new(bytes)?),
            (Algorithm::AesGcm, 16) => Engines::Gcm128(Box::new(AesGcm::new_from_slice(bytes).ok()?)),
            (Algorithm::AesGcm, 24) => Engines::Gcm192(Box::new(AesGcm::new_from_slice(bytes).ok()?)),
            (Algorithm::AesGcm, _) => Engines::Gcm256(Box::new(AesGcm::new_from_slice(bytes).ok()?)),
        };
        Some(Self { engine, bytes: Vec::new() })
    }

    /// Bytes of the vector that stand in front of the ciphertext.
    fn vector_bytes(&self) -> usize {
        if matches!(self.engine, Engines::Cbc(_)) { BLOCK_BYTES } else { NONCE_BYTES }
    }

    /// Appends the base64 text of vector and ciphertext.
    ///
    /// # Parameters
    /// `vector` must not be one that was used for another value with this key; GCM takes its first 12 bytes.
    pub fn encrypt(&mut self, plain: &str, vector: &[u8; BLOCK_BYTES], out: &mut String) {
        self.seal(plain, vector);
        BASE64.encode_string(&self.bytes, out);
    }

    /// As [`ValueCipher::encrypt`] for a vector that is kept elsewhere: the base64 text of the ciphertext alone.
    pub fn encrypt_apart(&mut self, plain: &str, vector: &[u8; BLOCK_BYTES], out: &mut String) {
        self.seal(plain, vector);
        BASE64.encode_string(&self.bytes[self.vector_bytes()..], out);
    }

    fn seal(&mut self, plain: &str, vector: &[u8; BLOCK_BYTES]) {
        let bytes = &mut self.bytes;
        bytes.clear();
        if let Engines::Cbc(cipher) = &self.engine {
            bytes.extend_from_slice(vector);
            bytes.extend_from_slice(plain.as_bytes());
            let padding = BLOCK_BYTES - plain.len() % BLOCK_BYTES;
            bytes.resize(bytes.len() + padding, padding as u8);
            cipher.encrypt(&mut bytes[BLOCK_BYTES..], vector);
        } else {
            bytes.extend_from_slice(&vector[..NONCE_BYTES]);
            bytes.extend_from_slice(plain.as_bytes());
            let (nonce, body) = bytes.split_at_mut(NONCE_BYTES);
            let tag = with_gcm!(&self.engine, cipher => seal(cipher.as_ref(), nonce, &[], body));
            bytes.extend_from_slice(&tag.unwrap_or_default());
        }
    }

    /// The text that an encrypted value stands for.
    ///
    /// # Errors
    /// [`Undecryptable`] for what is no base64, too short, padded wrongly, changed (GCM only), or no UTF-8 text.
    pub fn decrypt(&mut self, encrypted: &str) -> Result<&str, Undecryptable> {
        self.bytes.clear();
        BASE64.decode_vec(encrypted, &mut self.bytes).map_err(|_| Undecryptable)?;
        self.open()
    }

    /// The reverse of [`ValueCipher::encrypt_apart`].
    ///
    /// # Errors
    /// As [`ValueCipher::decrypt`].
    pub fn decrypt_apart(&mut self, encrypted: &str, vector: &[u8; BLOCK_BYTES]) -> Result<&str, Undecryptable> {
        self.bytes.clear();
        self.bytes.extend_from_slice(&vector[..self.vector_bytes()]);
        BASE64.decode_vec(encrypted, &mut self.bytes).map_err(|_| Undecryptable)?;
        self.open()
    }

    fn open(&mut self) -> Result<&str, Undecryptable> {
        let bytes = &mut self.bytes;
        let plain = if let Engines::Cbc(cipher) = &self.engine {
            let (vector, body) = bytes.split_first_chunk_mut::<BLOCK_BYTES>().ok_or(Undecryptable)?;
            if body.is_empty() || body.len() % BLOCK_BYTES != 0 {
                return Err(Undecryptable);
            }
            cipher.decrypt(body, vector);
            &body[..unpadded_length(body).ok_or(Undecryptable)?]
        } else {
            if bytes.len() < NONCE_BYTES + BLOCK_BYTES {
                return Err(Undecryptable);
            }
            let (nonce, body) = bytes.split_at_mut(NONCE_BYTES);
            let (body, tag) = body.split_at_mut(body.len() - BLOCK_BYTES);
            with_gcm!(&self.engine, cipher => open(cipher.as_ref(), nonce, body, tag)).ok_or(Undecryptable)?;
            &*body
        };
        std::str::from_utf8(plain).map_err(|_| Undecryptable)
    }
}

fn unpadded_length(body: &[u8]) -> Option<usize> {
    let padding = usize::from(*body.last()?);
    let length = body.len().checked_sub(padding)?;
    let valid = (1..=BLOCK_BYTES).contains(&padding) && body[length..].iter().all(|byte| usize::from(*byte) == padding);
    valid.then_some(length)
}

/// Encrypts `body` in place and gives the tag over it and `bound`, which stays as it is.
pub(crate) fn seal<C: AeadInOut<NonceSize = U12, TagSize = U16>>(
    cipher: &C,
    nonce: &[u8],
    bound: &[u8],
    body: &mut [u8],
) -> Option<[u8; 16]> {
    let nonce = Nonce::<C>::try_from(nonce).ok()?;
    cipher.encrypt_inout_detached(&nonce, bound, body.into()).ok().map(Into::into)
}

fn open<C: AeadInOut<NonceSize = U12, TagSize = U16>>(
    cipher: &C,
    nonce: &[u8],
    body: &mut [u8],
    tag: &[u8],
) -> Option<()> {
    let nonce = Nonce::<C>::try_from(nonce).ok()?;
    let tag = Block::try_from(tag).ok()?;
    cipher.decrypt_inout_detached(&nonce, &[], body.into(), &tag).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hexadecimal(text: &str) -> Vec<u8> {
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    }

    fn cipher(algorithm: Algorithm, key: &[u8]) -> ValueCipher {
        ValueCipher::new(algorithm, &AesKey::parse(&BASE64.encode(key)).unwrap()).unwrap()
    }

    #[test]
    fn cbc_gives_the_published_blocks() {
        // NIST SP 800-38A, F.2.1, F.2.3 and F.2.5: the first block of each key size.
        let vector: [u8; 16] = hexadecimal("000102030405060708090a0b0c0d0e0f").try_into().unwrap();
        for (key, expected) in [
            ("2b7e151628aed2a6abf7158809cf4f3c", "7649abac8119b246cee98e9b12e9197d"),
            ("8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b", "4f021db243bc633d7178183a9fa071e8"),
            ("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4", "f58c4c04d6e5f1ba779eabfb5f7bfbd6"),
        ] {
            let mut block = hexadecimal("6bc1bee22e409f96e93d7e117393172a");
            let cipher = BlockCipher::new(&hexadecimal(key)).unwrap();
            cipher.encrypt(&mut block, &vector);
            assert_eq!(block, hexadecimal(expected), "{key}");
            cipher.decrypt(&mut block, &vector);
            assert_eq!(block, hexadecimal("6bc1bee22e409f96e93d7e117393172a"), "{key}");
        }
    }

    #[test]
    fn a_vector_that_is_kept_apart_is_needed_to_decrypt() {
        for algorithm in [Algorithm::AesCbc, Algorithm::AesGcm] {
            let mut cipher = cipher(algorithm, &[7; 16]);
            let (mut whole, mut apart) = (String::new(), String::new());
            cipher.encrypt("Hello", &[1; 16], &mut whole);
            cipher.encrypt_apart("Hello", &[1; 16], &mut apart);
            assert!(apart.len() < whole.len());
            assert_eq!(cipher.decrypt_apart(&apart, &[1; 16]), Ok("Hello"));
            assert_ne!(cipher.decrypt_apart(&apart, &[2; 16]), Ok("Hello"));
            assert_eq!(cipher.decrypt_apart("", &[1; 16]), Err(Undecryptable));
            assert_eq!(cipher.decrypt_apart("*", &[1; 16]), Err(Undecryptable));
        }
    }

    #[test]
    fn gcm_gives_the_published_tag() {
        // McGrew and Viega, test case 2: zero key, zero nonce, one zero block.
        let mut out = String::new();
        cipher(Algorithm::AesGcm, &[0; 16]).encrypt(std::str::from_utf8(&[0; 16]).unwrap(), &[0; 16], &mut out);
        let expected = "0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf";
        assert_eq!(BASE64.decode(out).unwrap()[12..], hexadecimal(expected));
    }

    #[test]
    fn what_was_not_encrypted_here_is_refused() {
        for algorithm in [Algorithm::AesCbc, Algorithm::AesGcm] {
            let mut cipher = cipher(algorithm, &[7; 32]);
            for text in ["", "!", "AAAA", "AAAAAAAAAAAAAAAAAAAAAA==", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="] {
                assert_eq!(cipher.decrypt(text), Err(Undecryptable), "{algorithm:?} {text}");
            }
        }
        let mut out = String::new();
        cipher(Algorithm::AesGcm, &[7; 32]).encrypt("abc", &[1; 16], &mut out);
        assert_eq!(cipher(Algorithm::AesGcm, &[8; 32]).decrypt(&out), Err(Undecryptable));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn what_is_encrypted_is_decrypted(
            text in ".{0,80}", size in 0usize..3, vector in any::<[u8; 16]>(), key in any::<[u8; 32]>(),
        ) {
            for algorithm in [Algorithm::AesCbc, Algorithm::AesGcm] {
                let mut cipher = cipher(algorithm, &key[..[16, 24, 32][size]]);
                let mut out = String::new();
                cipher.encrypt(&text, &vector, &mut out);
                prop_assert_eq!(cipher.decrypt(&out), Ok(text.as_str()));
            }
        }

        #[test]
        fn no_text_panics(text in ".{0,80}", bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            for algorithm in [Algorithm::AesCbc, Algorithm::AesGcm] {
                let mut cipher = cipher(algorithm, &[3; 16]);
                let _ = cipher.decrypt(&text);
                let _ = cipher.decrypt(&BASE64.encode(&bytes));
            }
        }
    }
}

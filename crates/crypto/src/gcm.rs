//! AES-256 in Galois/Counter mode for many short texts with the same associated data.
//!
//! What a general implementation sets up for every text is done once here: the hash over the associated data is kept, and the
//! block that masks the tag is encrypted together with the key stream.
//!
//! # Source
//! NIST SP 800-38D.

use crate::cipher::{BLOCK_BYTES, NONCE_BYTES};
use aes::Aes256;
use aes::cipher::{Array, BlockCipherEncrypt, KeyInit};
use ghash::GHash;
use ghash::universal_hash::UniversalHash;

type Block = aes::Block;

/// Blocks that are encrypted or hashed in one call.
const BATCH: usize = 8;

/// A key with its associated data.
pub(crate) struct BoundGcm {
    cipher: Box<Aes256>,
    /// The hash after the associated data.
    hash: GHash,
    bound_bits: u64,
}

impl BoundGcm {
    pub(crate) fn new(key: &[u8; 32], bound: &[u8]) -> Self {
        let cipher = Box::new(Aes256::new(&Array::from(*key)));
        let mut hash_key = Block::default();
        cipher.encrypt_block(&mut hash_key);
        let mut hash = GHash::new(&hash_key);
        hash.update_padded(bound);
        Self { cipher, hash, bound_bits: bound.len() as u64 * 8 }
    }

    /// Encrypts `body` in place and gives its tag. A nonce must never be used twice with one key.
    pub(crate) fn seal(&self, nonce: &[u8; NONCE_BYTES], body: &mut [u8]) -> [u8; BLOCK_BYTES] {
        let mask = self.apply(nonce, body);
        self.tag(body, mask)
    }

    /// Decrypts `body` in place when the tag is the one of these bytes; else `None`, and `body` is of no use any more.
    pub(crate) fn open(&self, nonce: &[u8; NONCE_BYTES], body: &mut [u8], tag: &[u8; BLOCK_BYTES]) -> Option<()> {
        // The tag covers the ciphertext, and its mask comes out of the same call as the key stream that takes it away.
        let hash = self.tag(body, Block::default());
        let mask = self.apply(nonce, body);
        let difference = hash.iter().zip(mask).zip(tag).fold(0, |sum, ((hash, mask), tag)| sum | (hash ^ mask ^ tag));
        if std::hint::black_box(difference) == 0 {
            return Some(());
        }
        body.fill(0);
        None
    }

    /// Combines `body` with the key stream and gives the encrypted first counter block.
    fn apply(&self, nonce: &[u8; NONCE_BYTES], body: &mut [u8]) -> Block {
        let mut counter = 0u32;
        let mut blocks = [Block::default(); BATCH];
        let mut fill = |blocks: &mut [Block]| {
            for block in blocks.iter_mut() {
                counter = counter.wrapping_add(1);
                block[..NONCE_BYTES].copy_from_slice(nonce);
                block[NONCE_BYTES..].copy_from_slice(&counter.to_be_bytes());
            }
            self.cipher.encrypt_blocks(blocks);
        };
        let first = body.len().div_ceil(BLOCK_BYTES).min(BATCH - 1);
        fill(&mut blocks[..=first]);
        let mask = blocks[0];
        let (head, tail) = body.split_at_mut(body.len().min(first * BLOCK_BYTES));
        combine(head, &blocks[1..]);
        for piece in tail.chunks_mut(BATCH * BLOCK_BYTES) {
            let count = piece.len().div_ceil(BLOCK_BYTES);
            fill(&mut blocks[..count]);
            combine(piece, &blocks);
        }
        mask
    }

    /// The hash over associated data, ciphertext and their lengths, masked.
    fn tag(&self, body: &[u8], mask: Block) -> [u8; BLOCK_BYTES] {
        let mut hash = self.hash.clone();
        let mut lengths = Block::default();
        lengths[..8].copy_from_slice(&self.bound_bits.to_be_bytes());
        lengths[8..].copy_from_slice(&(body.len() as u64 * 8).to_be_bytes());
        let count = body.len().div_ceil(BLOCK_BYTES);
        if count < BATCH {
            let mut blocks = [Block::default(); BATCH];
            for (block, piece) in blocks.iter_mut().zip(body.chunks(BLOCK_BYTES)) {
                block[..piece.len()].copy_from_slice(piece);
            }
            blocks[count] = lengths;
            hash.update(&blocks[..=count]);
        } else {
            hash.update_padded(body);
            hash.update(&[lengths]);
        }
        let mut tag: [u8; BLOCK_BYTES] = hash.finalize().into();
        for (byte, mask) in tag.iter_mut().zip(mask) {
            *byte ^= mask;
        }
        tag
    }
}

fn combine(bytes: &mut [u8], stream: &[Block]) {
    for (piece, block) in bytes.chunks_mut(BLOCK_BYTES).zip(stream) {
        for (byte, key) in piece.iter_mut().zip(block) {
            *byte ^= key;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aes::cipher::consts::U12;
    use aes_gcm::AesGcm;
    use proptest::prelude::*;

    fn hexadecimal(text: &str) -> Vec<u8> {
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    }

    #[test]
    fn the_published_tags_come_out() {
        // McGrew and Viega, "The Galois/Counter Mode of Operation", test cases 13, 14 and 16: keys of 256 bits, the last with
        // associated data.
        let text = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39";
        let key = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308";
        for (key, nonce, bound, plain, expected, expected_tag) in [
            (&*"00".repeat(32), &*"00".repeat(12), "", "", "", "530f8afbc74536b9a963b4f1c4cb738b"),
            (
                &*"00".repeat(32),
                &*"00".repeat(12),
                "",
                &*"00".repeat(16),
                "cea7403d4d606b6e074ec5d3baf39d18",
                "d0d1c8a799996bf0265b98b5d48ab919",
            ),
            (
                key,
                "cafebabefacedbaddecaf888",
                "feedfacedeadbeeffeedfacedeadbeefabaddad2",
                text,
                "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
                "76fc6ece0f4e1768cddf8853bb2d551b",
            ),
        ] {
            let gcm = BoundGcm::new(&hexadecimal(key).try_into().unwrap(), &hexadecimal(bound));
            let (nonce, mut body) = (hexadecimal(nonce).try_into().unwrap(), hexadecimal(plain));
            let tag = gcm.seal(&nonce, &mut body);
            assert_eq!((&body, tag.to_vec()), (&hexadecimal(expected), hexadecimal(expected_tag)));
            gcm.open(&nonce, &mut body, &tag).unwrap();
            assert_eq!(body, hexadecimal(plain));
        }
    }

    #[test]
    fn every_length_up_to_several_batches_is_that_of_the_general_implementation() {
        let general = AesGcm::<Aes256, U12>::new_from_slice(&[7; 32]).unwrap();
        let gcm = BoundGcm::new(&[7; 32], b"bound");
        for length in 0..=4 * BATCH * BLOCK_BYTES + 1 {
            let plain: Vec<u8> = (0..length).map(|at| at as u8).collect();
            let (mut ours, mut theirs) = (plain.clone(), plain.clone());
            let tag = gcm.seal(&[9; 12], &mut ours);
            let expected = crate::cipher::seal(&general, &[9; 12], b"bound", &mut theirs).unwrap();
            assert_eq!((&ours, tag), (&theirs, expected), "{length}");
            assert_eq!(gcm.open(&[9; 12], &mut ours, &tag), Some(()));
            assert_eq!(ours, plain, "{length}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn it_agrees_with_the_general_implementation(
            key in any::<[u8; 32]>(), nonce in any::<[u8; 12]>(),
            bound in prop::collection::vec(any::<u8>(), 0..70), plain in prop::collection::vec(any::<u8>(), 0..300),
        ) {
            let general = AesGcm::<Aes256, U12>::new_from_slice(&key).unwrap();
            let gcm = BoundGcm::new(&key, &bound);
            let (mut ours, mut theirs) = (plain.clone(), plain.clone());
            let tag = gcm.seal(&nonce, &mut ours);
            prop_assert_eq!(Some(tag), crate::cipher::seal(&general, &nonce, &bound, &mut theirs));
            prop_assert_eq!(&ours, &theirs);
            prop_assert_eq!(gcm.open(&nonce, &mut theirs, &tag), Some(()));
            prop_assert_eq!(&theirs, &plain);
        }

        #[test]
        fn a_flipped_bit_is_noticed_and_nothing_is_given_away(
            plain in prop::collection::vec(any::<u8>(), 1..200), at in any::<prop::sample::Index>(), bit in 0u8..8,
        ) {
            let gcm = BoundGcm::new(&[3; 32], b"bound");
            let mut body = plain.clone();
            let mut tag = gcm.seal(&[1; 12], &mut body);
            let place = at.index(body.len() + BLOCK_BYTES);
            match body.get_mut(place) {
                Some(byte) => *byte ^= 1 << bit,
                None => tag[place - plain.len()] ^= 1 << bit,
            }
            prop_assert_eq!(gcm.open(&[1; 12], &mut body, &tag), None);
            prop_assert!(body.iter().all(|byte| *byte == 0));
        }
    }
}

//! Texts of job files, each sealed for itself with AES-256-GCM.
//!
//! A sealed text is `prefix || base64url(nonce || ciphertext || tag)` without padding. The prefix names the format, its version
//! and the key; it is bound to the ciphertext as associated data, so that it cannot be exchanged. Where the text stands is not
//! bound: sealed texts may be moved to another option or file.

use crate::cipher::{BLOCK_BYTES, NONCE_BYTES};
use crate::gcm::BoundGcm;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use millrace_batch::{ErrorCode, KernelError, Result};

/// Bytes of a key.
pub const KEY_BYTES: usize = 32;
/// Bytes of a length in the layout of the texts.
const LENGTH_BYTES: usize = 4;

/// Why a sealed text was not opened. The numbers stand in the answer in place of the text's length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum SealFailure {
    /// It begins with the prefix of no key.
    UnknownPrefix = u32::MAX,
    /// It was changed or cut off, or sealed with another key under the same prefix.
    Broken = u32::MAX - 1,
}

/// A key with the prefix of the texts that it seals.
pub struct SealKey {
    prefix: String,
    cipher: BoundGcm,
}

impl SealKey {
    /// `key` is used as it is: no key is derived from it.
    ///
    /// # Errors
    /// `PROGRAM_INVALID` when it has not [`KEY_BYTES`] bytes.
    pub fn new(prefix: &str, key: &[u8]) -> Result<Self> {
        let key = key.try_into().map_err(|_| invalid("a key does not have 32 bytes"))?;
        Ok(Self { prefix: prefix.to_owned(), cipher: BoundGcm::new(key, prefix.as_bytes()) })
    }

    /// Appends the sealed text; `bytes` is room to work in.
    fn seal_into(&self, text: &[u8], nonce: &[u8; NONCE_BYTES], bytes: &mut Vec<u8>, out: &mut Vec<u8>) -> Result<()> {
        bytes.clear();
        bytes.extend_from_slice(nonce);
        bytes.extend_from_slice(text);
        let tag = self.cipher.seal(nonce, &mut bytes[NONCE_BYTES..]);
        bytes.extend_from_slice(&tag);
        out.extend_from_slice(self.prefix.as_bytes());
        let (start, length) = (out.len(), base64::encoded_len(bytes.len(), false).unwrap_or(usize::MAX));
        out.resize(start + length, 0);
        URL_SAFE_NO_PAD.encode_slice(&*bytes, &mut out[start..]).map_err(|_| invalid("a text is too long"))?;
        Ok(())
    }

    /// The text behind a prefix that was taken off already.
    fn open_into<'a>(&self, encoded: &[u8], bytes: &'a mut Vec<u8>) -> Option<&'a [u8]> {
        bytes.clear();
        URL_SAFE_NO_PAD.decode_vec(encoded, bytes).ok()?;
        let (nonce, body) = bytes.split_first_chunk_mut::<NONCE_BYTES>()?;
        let (body, tag) = body.split_last_chunk_mut::<BLOCK_BYTES>()?;
        self.cipher.open(nonce, body, tag)?;
        std::str::from_utf8(body).ok()?;
        Some(&*body)
    }
}

fn invalid(message: &str) -> KernelError {
    KernelError::new(ErrorCode::ProgramInvalid, message)
}

/// Texts as they cross the boundary: the length of each in bytes as `u32`, little-endian, then all of them.
struct Texts<'a> {
    lengths: &'a [[u8; LENGTH_BYTES]],
    bytes: &'a [u8],
}

impl<'a> Texts<'a> {
    fn new(count: usize, data: &'a [u8]) -> Result<Self> {
        let head = count.checked_mul(LENGTH_BYTES).and_then(|length| data.split_at_checked(length));
        let (lengths, bytes) = head.ok_or_else(|| invalid("there are fewer texts than were announced"))?;
        Ok(Self { lengths: lengths.as_chunks().0, bytes })
    }

    fn for_each(&self, mut take: impl FnMut(usize, &'a [u8]) -> Result<()>) -> Result<()> {
        let mut rest = self.bytes;
        for (index, length) in self.lengths.iter().enumerate() {
            let length = u32::from_le_bytes(*length) as usize;
            let (text, tail) = rest.split_at_checked(length).ok_or_else(|| invalid("a text is cut off"))?;
            take(index, text)?;
            rest = tail;
        }
        if rest.is_empty() { Ok(()) } else { Err(invalid("there are more texts than were announced")) }
    }
}

/// Collects the answer in the layout of [`Texts`].
struct Answer {
    bytes: Vec<u8>,
    written: usize,
}

impl Answer {
    fn new(count: usize, capacity: usize) -> Self {
        let mut bytes = Vec::with_capacity(count * LENGTH_BYTES + capacity);
        bytes.resize(count * LENGTH_BYTES, 0);
        Self { bytes, written: 0 }
    }

    fn length(&mut self, length: u32) {
        let at = self.written * LENGTH_BYTES;
        self.bytes[at..at + LENGTH_BYTES].copy_from_slice(&length.to_le_bytes());
        self.written += 1;
    }

    /// Takes what `write` appends as the next text.
    fn push(&mut self, write: impl FnOnce(&mut Vec<u8>) -> Result<()>) -> Result<()> {
        let start = self.bytes.len();
        write(&mut self.bytes)?;
        let length = u32::try_from(self.bytes.len() - start).ok().filter(|length| *length < SealFailure::Broken as u32);
        self.length(length.ok_or_else(|| invalid("a text is too long"))?);
        Ok(())
    }
}

/// Seals `count` texts with one key. `data` is one nonce of 12 bytes for each, then the texts: lengths as `u32` little-endian,
/// then their UTF-8 bytes. The answer has the layout of the texts. Nonces must never repeat under one key.
///
/// # Errors
/// `PROGRAM_INVALID` when `data` is no such thing.
pub fn seal_texts(key: &SealKey, count: usize, data: &[u8]) -> Result<Vec<u8>> {
    let head = count.checked_mul(NONCE_BYTES).and_then(|length| data.split_at_checked(length));
    let (nonces, data) = head.ok_or_else(|| invalid("there are fewer nonces than texts"))?;
    let nonces: &[[u8; NONCE_BYTES]] = nonces.as_chunks().0;
    let texts = Texts::new(count, data)?;
    let mut answer = Answer::new(count, texts.bytes.len() * 4 / 3 + count * (key.prefix.len() + 40));
    let mut bytes = Vec::new();
    texts.for_each(|index, text| answer.push(|out| key.seal_into(text, &nonces[index], &mut bytes, out)))?;
    Ok(answer.bytes)
}

/// Opens `count` sealed texts, each with the key whose prefix it has. `data` is the texts in the layout of [`seal_texts`], and so
/// is the answer, where a text that cannot be opened has the number of a [`SealFailure`] as its length and no bytes.
///
/// # Errors
/// `PROGRAM_INVALID` when `data` is no such thing.
pub fn open_texts(keys: &[SealKey], count: usize, data: &[u8]) -> Result<Vec<u8>> {
    let texts = Texts::new(count, data)?;
    let mut answer = Answer::new(count, texts.bytes.len());
    let mut bytes = Vec::new();
    texts.for_each(|_, text| {
        let found = keys.iter().find_map(|key| Some((key, text.strip_prefix(key.prefix.as_bytes())?)));
        let Some((key, encoded)) = found else {
            answer.length(SealFailure::UnknownPrefix as u32);
            return Ok(());
        };
        match key.open_into(encoded, &mut bytes) {
            Some(plain) => answer.push(|out| {
                out.extend_from_slice(plain);
                Ok(())
            })?,
            None => answer.length(SealFailure::Broken as u32),
        }
        Ok(())
    })?;
    Ok(answer.bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PREFIX: &str = "aes-256-gcm:v1:00000000:";

    fn layout(texts: &[&[u8]]) -> Vec<u8> {
        let mut data: Vec<u8> = texts.iter().flat_map(|text| (text.len() as u32).to_le_bytes()).collect();
        data.extend(texts.concat());
        data
    }

    fn read(count: usize, answer: &[u8]) -> Vec<std::result::Result<Vec<u8>, u32>> {
        let (lengths, mut rest) = answer.split_at(count * 4);
        let mut texts = Vec::new();
        for length in lengths.as_chunks::<4>().0 {
            let length = u32::from_le_bytes(*length);
            if length >= SealFailure::Broken as u32 {
                texts.push(Err(length));
                continue;
            }
            let (text, tail) = rest.split_at(length as usize);
            texts.push(Ok(text.to_vec()));
            rest = tail;
        }
        assert!(rest.is_empty());
        texts
    }

    fn sealed(key: &SealKey, texts: &[&[u8]]) -> Vec<Vec<u8>> {
        let mut data: Vec<u8> = (0..texts.len()).flat_map(|number| [number as u8; NONCE_BYTES]).collect();
        data.extend(layout(texts));
        read(texts.len(), &seal_texts(key, texts.len(), &data).unwrap()).into_iter().map(|text| text.unwrap()).collect()
    }

    fn opened(keys: &[SealKey], texts: &[&[u8]]) -> Vec<std::result::Result<Vec<u8>, u32>> {
        read(texts.len(), &open_texts(keys, texts.len(), &layout(texts)).unwrap())
    }

    #[test]
    fn a_sealed_text_has_the_prefix_and_no_other_letters_than_those_of_base64url() {
        let [text] = &sealed(&SealKey::new(PREFIX, &[7; 32]).unwrap(), &[b"secret"])[..] else { panic!("one text") };
        let text = std::str::from_utf8(text).unwrap();
        let encoded = text.strip_prefix(PREFIX).unwrap();
        assert_eq!(encoded.len(), ((12 + 6 + 16) * 4_usize).div_ceil(3));
        assert!(encoded.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'), "{encoded}");
    }

    #[test]
    fn every_text_is_opened_with_the_key_of_its_prefix() {
        let keys = [SealKey::new("a:", &[1; 32]).unwrap(), SealKey::new("b:", &[2; 32]).unwrap()];
        let texts = [sealed(&keys[1], &[b"two"]), sealed(&keys[0], &[b"one", b""])].concat();
        let texts: Vec<&[u8]> = texts.iter().map(Vec::as_slice).collect();
        assert_eq!(opened(&keys, &texts), [Ok(b"two".to_vec()), Ok(b"one".to_vec()), Ok(Vec::new())]);
        assert_eq!(opened(&keys, &[]), []);
    }

    #[test]
    fn what_cannot_be_opened_says_why_and_the_rest_is_opened() {
        let (unknown, broken) = (SealFailure::UnknownPrefix as u32, SealFailure::Broken as u32);
        let key = SealKey::new(PREFIX, &[7; 32]).unwrap();
        let good = sealed(&key, &[b"secret"]).remove(0);
        let last = good.len() - 1;
        let mut changed = good.clone();
        changed[PREFIX.len() + 2] ^= 1;
        let other_prefix = [b"aes-256-gcm:v1:11111111:", &good[PREFIX.len()..]].concat();
        let texts: [&[u8]; 8] = [
            b"",
            b"plain",
            PREFIX.as_bytes(),
            &good,
            &changed,
            &good[..last - 8],
            &other_prefix,
            b"aes-256-gcm:v1:00000000:!",
        ];
        let expected = [
            Err(unknown),
            Err(unknown),
            Err(broken),
            Ok(b"secret".to_vec()),
            Err(broken),
            Err(broken),
            Err(unknown),
            Err(broken),
        ];
        assert_eq!(opened(&[key], &texts), expected);
        // The key's own prefix is bound: the same ciphertext under another one is refused.
        let renamed = SealKey::new("aes-256-gcm:v1:11111111:", &[7; 32]).unwrap();
        assert_eq!(opened(&[renamed], &[&other_prefix]), [Err(broken)]);
        let other_key = SealKey::new(PREFIX, &[8; 32]).unwrap();
        assert_eq!(opened(&[other_key], &[&good]), [Err(broken)]);
    }

    #[test]
    fn what_is_not_in_the_layout_is_refused() {
        let key = SealKey::new(PREFIX, &[7; 32]).unwrap();
        assert!(SealKey::new(PREFIX, &[7; 16]).is_err());
        for (count, data) in [(1, vec![]), (1, vec![9, 0, 0, 0]), (0, vec![1]), (usize::MAX, vec![0; 8])] {
            assert_eq!(open_texts(&[], count, &data).unwrap_err().code, ErrorCode::ProgramInvalid, "{count}");
            let with_nonce = [&[0; 12][..], &data].concat();
            let data = if count == 1 { with_nonce } else { data };
            assert_eq!(seal_texts(&key, count, &data).unwrap_err().code, ErrorCode::ProgramInvalid, "{count}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn what_is_sealed_is_opened(texts in prop::collection::vec(".{0,80}", 0..8), key in any::<[u8; 32]>()) {
            let key = SealKey::new(PREFIX, &key).unwrap();
            let plain: Vec<&[u8]> = texts.iter().map(String::as_bytes).collect();
            let sealed = sealed(&key, &plain);
            let sealed: Vec<&[u8]> = sealed.iter().map(Vec::as_slice).collect();
            let expected: Vec<_> = plain.iter().map(|text| Ok(text.to_vec())).collect();
            prop_assert_eq!(opened(&[key], &sealed), expected);
        }

        #[test]
        fn no_bytes_panic(count in 0usize..20, data in prop::collection::vec(any::<u8>(), 0..120)) {
            let key = SealKey::new("", &[3; 32]).unwrap();
            let _ = seal_texts(&key, count, &data);
            let _ = open_texts(&[key], count, &data);
        }
    }
}

//! Encryption of values, digests of bytes. Keys and plaintexts never appear in errors or debug output.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod cipher;
mod des;
mod gcm;
mod key;
mod md5;
mod murmur3;
mod sealed;
mod vector;

pub use cipher::{Algorithm, BLOCK_BYTES, Undecryptable, ValueCipher};
pub use des::Des;
pub use key::AesKey;
pub use md5::md5;
pub use murmur3::murmur3_low64;
pub use sealed::{KEY_BYTES, SealFailure, SealKey, open_texts, seal_texts};
pub use vector::VectorSource;

/// The SHA-256 digest of bytes.
///
/// # Source
/// FIPS PUB 180-4.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    use sha2::Digest;
    sha2::Sha256::digest(bytes).into()
}

#[cfg(test)]
mod tests {
    #[test]
    fn sha256_gives_the_digests_of_the_standard() {
        let hex = |text: &str| super::sha256(text.as_bytes()).map(|byte| format!("{byte:02x}")).concat();
        for (text, expected) in [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ] {
            assert_eq!(hex(text), expected, "{text}");
        }
    }
}

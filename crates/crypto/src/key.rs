//! AES keys as they are written in job files.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use millrace_batch::{ErrorCode, KernelError, Result};
use std::fmt;

/// Base64 as Java's basic decoder takes it: padding may be missing.
pub(crate) const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A key of 16, 24 or 32 bytes.
pub struct AesKey {
    bytes: Vec<u8>,
}

impl AesKey {
    /// Reads the base64 text of a key, with or without `base64:` in front and blanks around it.
    ///
    /// # Errors
    /// `OPTION_INVALID`, without the key, when it is blank, not base64, or of another length.
    ///
    /// # Source
    /// SeaTunnel `AbstractAesEncryptor.buildAesKey`.
    pub fn parse(text: &str) -> Result<Self> {
        let refused = |why: String| KernelError::new(ErrorCode::OptionInvalid, why);
        if text.trim().is_empty() {
            return Err(refused("Encryption key cannot be null or empty".into()));
        }
        let encoded = text.strip_prefix("base64:").unwrap_or(text).trim();
        let bytes = BASE64.decode(encoded).map_err(|_| refused("Invalid Base64 encoding in encryption key".into()))?;
        match bytes.len() {
            16 | 24 | 32 => Ok(Self { bytes }),
            length => Err(refused(format!("Invalid AES key length: {length}. Expected 16, 24, or 32 bytes"))),
        }
    }

    /// The key of 16 bytes that a passphrase of any length stands for: the start of its SHA-256 digest. Fast to compute,
    /// for whoever guesses passphrases too.
    pub fn of_passphrase(text: &str) -> Self {
        Self { bytes: crate::sha256(text.as_bytes())[..16].to_vec() }
    }

    /// The raw key.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl fmt::Debug for AesKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AesKey({} bytes)", self.bytes.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_in_every_form() {
        for (text, bytes) in [
            ("AAAAAAAAAAAAAAAAAAAAAA==", 16),
            ("base64:AAAAAAAAAAAAAAAAAAAAAA==", 16),
            ("base64: AAAAAAAAAAAAAAAAAAAAAA== ", 16),
            ("AAAAAAAAAAAAAAAAAAAAAA", 16),
            ("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 24),
            ("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", 32),
        ] {
            assert_eq!(AesKey::parse(text).unwrap().bytes().len(), bytes, "{text}");
        }
    }

    #[test]
    fn a_bad_key_is_refused_without_being_shown() {
        for (text, why) in [
            ("", "Encryption key cannot be null or empty"),
            ("  ", "Encryption key cannot be null or empty"),
            ("sesame!", "Invalid Base64 encoding in encryption key"),
            ("base64:", "Invalid AES key length: 0. Expected 16, 24, or 32 bytes"),
            ("c2VzYW1l", "Invalid AES key length: 6. Expected 16, 24, or 32 bytes"),
        ] {
            let error = AesKey::parse(text).unwrap_err();
            assert_eq!((error.code, error.message.as_str()), (ErrorCode::OptionInvalid, why));
        }
        let key = AesKey::parse("AAAAAAAAAAAAAAAAAAAAAA==").unwrap();
        assert_eq!(format!("{key:?}"), "AesKey(16 bytes)");
    }
}

//! Encryption.

use super::Function;

/// Encryption.
pub(super) static FUNCTIONS: &[Function] = &[];

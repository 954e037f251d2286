//! Encryption of values. Keys and plaintexts never appear in errors or debug output.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod cipher;
mod key;
mod vector;

pub use cipher::{Algorithm, Undecryptable, ValueCipher};
pub use key::AesKey;
pub use vector::VectorSource;

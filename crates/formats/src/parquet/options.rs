//! The options of the encoder, as the host validated them.

use crate::columnar::unavailable;
use millrace_batch::{ErrorCode, KernelError, Result};
use parquet::basic::{BrotliLevel, Compression, GzipLevel, ZstdLevel};
use serde_json::Value;

/// Unit of INT64 timestamps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TimestampUnit {
    Millis,
    Micros,
}

/// See the table of the [module](super).
#[derive(Clone, Debug)]
pub(super) struct EncodeOptions {
    pub(super) compression: Compression,
    pub(super) timestamp_unit: TimestampUnit,
    pub(super) timestamp_as_int96: bool,
    pub(super) fixed_as_int96: Vec<String>,
}

impl EncodeOptions {
    /// Reads the options; absent and `null` members take their defaults.
    ///
    /// # Errors
    /// [`ErrorCode::OptionInvalid`] for a value that is not known, [`ErrorCode::CodecUnavailable`] for a codec that this
    /// build does not have.
    pub(super) fn try_new(options: &Value) -> Result<Self> {
        let timestamp_unit = match options["timestampUnit"].as_str() {
            None | Some("millis") => TimestampUnit::Millis,
            Some("micros") => TimestampUnit::Micros,
            Some(other) => return Err(invalid("timestampUnit", other)),
        };
        Ok(Self {
            compression: compression(options["compression"].as_str().unwrap_or("none"))?,
            timestamp_unit,
            timestamp_as_int96: options["timestampAsInt96"].as_bool().unwrap_or(false),
            fixed_as_int96: names(&options["fixedAsInt96"]),
        })
    }
}

/// The texts of a JSON list; empty when it is none.
pub(super) fn names(list: &Value) -> Vec<String> {
    let texts = list.as_array().into_iter().flatten();
    texts.filter_map(|name| name.as_str().map(str::to_owned)).collect()
}

fn compression(name: &str) -> Result<Compression> {
    Ok(match name.to_ascii_lowercase().as_str() {
        "none" => Compression::UNCOMPRESSED,
        "snappy" => Compression::SNAPPY,
        "gzip" => Compression::GZIP(GzipLevel::default()),
        "lz4" => Compression::LZ4_RAW,
        "brotli" => Compression::BROTLI(BrotliLevel::default()),
        "zstd" if cfg!(not(target_arch = "wasm32")) => Compression::ZSTD(ZstdLevel::default()),
        "zstd" | "lzo" => return Err(unavailable(name)),
        _ => return Err(invalid("compression", name)),
    })
}

fn invalid(option: &str, value: &str) -> KernelError {
    KernelError::new(ErrorCode::OptionInvalid, format!("option '{option}' cannot be '{value}'"))
}

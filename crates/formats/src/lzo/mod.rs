//! `.lzo` files as `lzop` and Hadoop's `LzopCodec` write them: a header, blocks of LZO1X data with their checksums, an end mark.
//!
//! These are streams of bytes around the text formats, not a format of records: the host puts [`LzoReader`] before a
//! decoder and [`lzo_compress`] behind an encoder.

mod block;
mod checksum;
mod header;
mod pack;
mod reader;
mod writer;

pub(crate) use block::decompress_within;
pub(crate) use pack::{Table, compress_block};
pub use reader::LzoReader;
pub use writer::lzo_compress;

/// Neither side of a block may be longer than this many bytes.
pub const BLOCK_LIMIT_BYTES: usize = 64 << 20;

const MAGIC: [u8; 9] = [0x89, b'L', b'Z', b'O', 0, b'\r', b'\n', 0x1a, b'\n'];

/// The checksums that a file has, and extra parts of its header: the bits of the header's flags.
mod flags {
    /// Adler-32 of each block's data.
    pub(super) const ADLER_DATA: u32 = 0x1;
    /// Adler-32 of each block's compressed bytes.
    pub(super) const ADLER_COMPRESSED: u32 = 0x2;
    /// The header is followed by an extra field.
    pub(super) const EXTRA_FIELD: u32 = 0x40;
    /// CRC-32 of each block's data.
    pub(super) const CRC_DATA: u32 = 0x100;
    /// CRC-32 of each block's compressed bytes.
    pub(super) const CRC_COMPRESSED: u32 = 0x200;
    /// The file is one of several parts.
    pub(super) const MULTIPART: u32 = 0x400;
    /// The data went through a filter.
    pub(super) const FILTER: u32 = 0x800;
    /// The header's checksum is a CRC-32.
    pub(super) const CRC_HEADER: u32 = 0x1000;
}

#[cfg(test)]
mod tests;

//! Bytes to compressed bytes.

use super::MAGIC;
use super::checksum::adler32;
use super::pack::{Table, compress_block};

/// Bytes of data in each block.
///
/// # Source
/// The buffer size of Hadoop's `LzopCodec`.
const BLOCK_BYTES: usize = 256 << 10;

/// A complete lzop file that holds `input`: method LZO1X, no checksums of blocks, time 0, no name. A block that would not
/// become smaller is stored as it is.
pub fn lzo_compress(input: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(input.len() / 2 + 64);
    write_header(&mut out);
    let (mut table, mut packed) = (Table::new(), Vec::new());
    for block in input.chunks(BLOCK_BYTES) {
        packed.clear();
        compress_block(block, &mut table, &mut packed);
        let bytes = if packed.len() < block.len() { &packed } else { block };
        out.extend_from_slice(&(block.len() as u32).to_be_bytes());
        out.extend_from_slice(&(bytes.len() as u32).to_be_bytes());
        out.extend_from_slice(bytes);
    }
    out.extend_from_slice(&[0; 4]);
    out
}

fn write_header(out: &mut Vec<u8>) {
    const VERSION: u16 = 0x1010;
    const LIBRARY_VERSION: u16 = 0x2050;
    const VERSION_NEEDED: u16 = 0x0940;
    const METHOD_AND_LEVEL: [u8; 2] = [1, 5];
    const FLAGS: u32 = 0;
    const FILE_MODE: u32 = 0o100_644;
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&VERSION.to_be_bytes());
    out.extend_from_slice(&LIBRARY_VERSION.to_be_bytes());
    out.extend_from_slice(&VERSION_NEEDED.to_be_bytes());
    out.extend_from_slice(&METHOD_AND_LEVEL);
    out.extend_from_slice(&FLAGS.to_be_bytes());
    out.extend_from_slice(&FILE_MODE.to_be_bytes());
    // Both halves of the time, and the length of the name.
    out.extend_from_slice(&[0; 9]);
    let checksum = adler32(&out[MAGIC.len()..]);
    out.extend_from_slice(&checksum.to_be_bytes());
}

//! The header of a file.

use super::checksum::{adler32, crc32};
use super::{MAGIC, flags};
use millrace_batch::{ErrorCode, KernelError, Result};

/// First version whose header has the version needed, the level and the upper half of the time.
const VERSION_WITH_LEVEL: u16 = 0x0940;
const EXTRA_FIELD_LIMIT: usize = 1 << 20;

/// Reads a header at the beginning of `input`. Returns its flags and length, or `None` when the input ends before it does.
///
/// # Errors
/// `FILE_TYPE_INVALID` when it is not an lzop file, `FILE_CORRUPT` when its checksum is wrong, `CODEC_UNAVAILABLE` for a
/// method or a filter that is not known.
pub(super) fn read_header(input: &[u8]) -> Result<Option<(u32, usize)>> {
    let known = input.len().min(MAGIC.len());
    if input[..known] != MAGIC[..known] {
        return Err(KernelError::new(ErrorCode::FileTypeInvalid, "the file does not begin as an lzop file does"));
    }
    let mut fields = Fields { input, at: MAGIC.len() };
    fields.header().transpose()
}

struct Fields<'a> {
    input: &'a [u8],
    at: usize,
}

impl Fields<'_> {
    fn header(&mut self) -> Option<Result<(u32, usize)>> {
        let version = self.number(2)? as u16;
        self.number(2)?;
        if version >= VERSION_WITH_LEVEL {
            self.number(2)?;
        }
        let method = self.number(1)?;
        if version >= VERSION_WITH_LEVEL {
            self.number(1)?;
        }
        let flags = self.number(4)?;
        if !(1..=3).contains(&method) || flags & (flags::FILTER | flags::MULTIPART) != 0 {
            let message = format!("an lzop file with method '{method}' and flags '{flags:#x}' cannot be read");
            return Some(Err(KernelError::new(ErrorCode::CodecUnavailable, message)));
        }
        self.number(4)?;
        self.number(4)?;
        if version >= VERSION_WITH_LEVEL {
            self.number(4)?;
        }
        let name_length = self.number(1)? as usize;
        self.skip(name_length)?;
        if let Err(error) = self.checksum(MAGIC.len(), flags)? {
            return Some(Err(error));
        }
        if flags & flags::EXTRA_FIELD != 0 {
            let start = self.at;
            let length = self.number(4)? as usize;
            if length > EXTRA_FIELD_LIMIT {
                return Some(Err(corrupt("the extra field of its header is too long")));
            }
            self.skip(length)?;
            if let Err(error) = self.checksum(start, flags)? {
                return Some(Err(error));
            }
        }
        Some(Ok((flags, self.at)))
    }

    fn checksum(&mut self, start: usize, flags: u32) -> Option<Result<()>> {
        let bytes = &self.input[start..self.at];
        let expected = if flags & flags::CRC_HEADER != 0 { crc32(bytes) } else { adler32(bytes) };
        let matches = self.number(4)? == expected;
        Some(if matches { Ok(()) } else { Err(corrupt("the checksum of its header is wrong")) })
    }

    /// A big-endian number.
    fn number(&mut self, bytes: usize) -> Option<u32> {
        let text = self.input.get(self.at..self.at + bytes)?;
        self.at += bytes;
        Some(text.iter().fold(0, |value, byte| value << 8 | u32::from(*byte)))
    }

    fn skip(&mut self, bytes: usize) -> Option<()> {
        self.input.get(self.at..self.at + bytes)?;
        self.at += bytes;
        Some(())
    }
}

/// The error of a damaged file.
pub(super) fn corrupt(what: &str) -> KernelError {
    KernelError::new(ErrorCode::FileCorrupt, format!("the lzop file is damaged: {what}"))
}

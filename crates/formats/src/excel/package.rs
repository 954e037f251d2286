//! The archive that a workbook is: its directory, and its parts as they are unpacked.

use super::{corrupt, too_large, unimplemented};
use bytes::Bytes;
use flate2::Crc;
use flate2::bufread::DeflateDecoder;
use millrace_batch::Result;
use std::collections::HashMap;
use std::io::{Cursor, Error, ErrorKind, Read};

const END_SIGNATURE: u32 = 0x0605_4b50;
const END64_LOCATOR_SIGNATURE: u32 = 0x0706_4b50;
const END64_SIGNATURE: u32 = 0x0606_4b50;
const CENTRAL_SIGNATURE: u32 = 0x0201_4b50;
const LOCAL_SIGNATURE: u32 = 0x0403_4b50;
const END_BYTES: usize = 22;
const CENTRAL_BYTES: usize = 46;
const LOCAL_BYTES: usize = 30;
const COMMENT_LIMIT: usize = 65_535;
/// In a field of 32 bits: the value is in the record for large files.
const IS_LARGE: u64 = 0xffff_ffff;
/// Parts of a workbook: a sheet has a few.
const PARTS_LIMIT: usize = 100_000;
/// A part may unpack to this much.
const PART_LIMIT_BYTES: u64 = 4 << 30;

/// A part of a workbook in its archive.
struct Entry {
    flags: u16,
    method: u16,
    crc: u32,
    packed_bytes: u64,
    bytes: u64,
    local_offset: u64,
}

/// An archive and where its parts are, by their names in lower case.
pub(super) struct Package {
    bytes: Bytes,
    entries: HashMap<String, Entry>,
}

impl Package {
    /// Reads the directory.
    ///
    /// # Errors
    /// `FILE_CORRUPT` when it is damaged.
    pub(super) fn open(bytes: Bytes) -> Result<Self> {
        let (offset, count) = find_directory(&bytes)?;
        if count > PARTS_LIMIT as u64 {
            return Err(too_large(format!("it has '{count}' parts")));
        }
        let mut entries = HashMap::new();
        let mut at = usize::try_from(offset).map_err(|_| corrupt("its directory is outside of the file"))?;
        for _ in 0..count {
            if number(&bytes, at, 4)? != u64::from(CENTRAL_SIGNATURE) {
                return Err(corrupt("its directory is damaged"));
            }
            let name_bytes = number(&bytes, at + 28, 2)? as usize;
            let extra_bytes = number(&bytes, at + 30, 2)? as usize;
            let comment_bytes = number(&bytes, at + 32, 2)? as usize;
            let name = slice(&bytes, at + CENTRAL_BYTES, name_bytes)?;
            let extra = slice(&bytes, at + CENTRAL_BYTES + name_bytes, extra_bytes)?;
            let mut entry = Entry {
                flags: number(&bytes, at + 8, 2)? as u16,
                method: number(&bytes, at + 10, 2)? as u16,
                crc: number(&bytes, at + 16, 4)? as u32,
                packed_bytes: number(&bytes, at + 20, 4)?,
                bytes: number(&bytes, at + 24, 4)?,
                local_offset: number(&bytes, at + 42, 4)?,
            };
            entry.take_large(extra)?;
            entries.insert(part_key(&String::from_utf8_lossy(name)), entry);
            at += CENTRAL_BYTES + name_bytes + extra_bytes + comment_bytes;
        }
        Ok(Self { bytes, entries })
    }

    /// A part's bytes; `None` when there is no such part.
    ///
    /// # Errors
    /// `FILE_CORRUPT`, `UNIMPLEMENTED`; `VALUE_TOO_LARGE` when it would unpack to more than `limit` bytes.
    pub(super) fn part(&self, name: &str, limit: u64) -> Result<Option<PartReader>> {
        let Some(entry) = self.entries.get(&part_key(name)) else { return Ok(None) };
        if entry.flags & 1 != 0 {
            return Err(unimplemented("the workbook is encrypted, which is not implemented"));
        }
        let limit = limit.min(PART_LIMIT_BYTES);
        if entry.bytes > limit {
            return Err(too_large(format!(
                "part '{name}' unpacks to '{}' bytes, over the limit of '{limit}'",
                entry.bytes
            )));
        }
        let cut_off = || corrupt(format!("part '{name}' is cut off"));
        let local = usize::try_from(entry.local_offset).map_err(|_| cut_off())?;
        if number(&self.bytes, local, 4)? != u64::from(LOCAL_SIGNATURE) {
            return Err(corrupt(format!("part '{name}' is not where the directory says")));
        }
        let header = number(&self.bytes, local + 26, 2)? + number(&self.bytes, local + 28, 2)?;
        let start = local + LOCAL_BYTES + header as usize;
        let end = start as u64 + entry.packed_bytes;
        if end > self.bytes.len() as u64 {
            return Err(cut_off());
        }
        let data = Cursor::new(self.bytes.slice(start..end as usize));
        let source = match entry.method {
            0 => Source::Stored(data),
            8 => Source::Deflated(DeflateDecoder::new(data)),
            method => return Err(unimplemented(format!("part '{name}' has compression method '{method}'"))),
        };
        Ok(Some(PartReader { source, crc: Crc::new(), expected_crc: entry.crc, left: entry.bytes, budget: u64::MAX }))
    }

    /// Whether there is a part of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.entries.contains_key(&part_key(name))
    }
}

impl Entry {
    /// Takes what a record for large files says.
    fn take_large(&mut self, mut extra: &[u8]) -> Result<()> {
        while let [id0, id1, length0, length1, rest @ ..] = extra {
            let length = usize::from(u16::from_le_bytes([*length0, *length1]));
            let Some((field, tail)) = rest.split_at_checked(length) else { return Ok(()) };
            extra = tail;
            if u16::from_le_bytes([*id0, *id1]) != 1 {
                continue;
            }
            let mut at = 0;
            for value in [&mut self.bytes, &mut self.packed_bytes, &mut self.local_offset] {
                if *value == IS_LARGE {
                    *value = number(field, at, 8)?;
                    at += 8;
                }
            }
        }
        Ok(())
    }
}

/// Names of parts are found without regard to case.
fn part_key(name: &str) -> String {
    name.trim_start_matches('/').replace('\\', "/").to_ascii_lowercase()
}

/// Offset of the directory and the number of its entries.
fn find_directory(bytes: &[u8]) -> Result<(u64, u64)> {
    let first = bytes.len().saturating_sub(END_BYTES + COMMENT_LIMIT);
    let signature = END_SIGNATURE.to_le_bytes();
    let end = memchr::memmem::rfind(&bytes[first..], &signature).map(|at| at + first);
    let end = end.ok_or_else(|| corrupt("it has no directory: the file is cut off"))?;
    let (count, offset) = (number(bytes, end + 10, 2)?, number(bytes, end + 16, 4)?);
    if (count != 0xffff && offset != IS_LARGE) || end < 20 {
        return Ok((offset, count));
    }
    let locator = end - 20;
    if number(bytes, locator, 4)? != u64::from(END64_LOCATOR_SIGNATURE) {
        return Ok((offset, count));
    }
    let end64 = usize::try_from(number(bytes, locator + 8, 8)?).map_err(|_| corrupt("its directory is damaged"))?;
    if number(bytes, end64, 4)? != u64::from(END64_SIGNATURE) {
        return Err(corrupt("its directory is damaged"));
    }
    Ok((number(bytes, end64.saturating_add(48), 8)?, number(bytes, end64.saturating_add(32), 8)?))
}

fn slice(bytes: &[u8], at: usize, length: usize) -> Result<&[u8]> {
    let end = at.checked_add(length);
    end.and_then(|end| bytes.get(at..end)).ok_or_else(|| corrupt("its directory is cut off"))
}

/// A little-endian number of `length` bytes.
fn number(bytes: &[u8], at: usize, length: usize) -> Result<u64> {
    Ok(slice(bytes, at, length)?.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte)))
}

enum Source {
    Stored(Cursor<Bytes>),
    Deflated(DeflateDecoder<Cursor<Bytes>>),
}

/// The bytes of a part. Fails at the end when they are not those that the directory describes.
pub(super) struct PartReader {
    source: Source,
    crc: Crc,
    expected_crc: u32,
    left: u64,
    /// Bytes that may still be read before the reader of the part says that it got on.
    pub(super) budget: u64,
}

impl Read for PartReader {
    fn read(&mut self, target: &mut [u8]) -> Result<usize, Error> {
        let read = match &mut self.source {
            Source::Stored(data) => data.read(target)?,
            Source::Deflated(data) => data.read(target)?,
        };
        if read == 0 && !target.is_empty() && (self.left > 0 || self.crc.sum() != self.expected_crc) {
            return Err(Error::new(ErrorKind::InvalidData, "a part is damaged: its size or its check sum is wrong"));
        }
        self.left = self
            .left
            .checked_sub(read as u64)
            .ok_or_else(|| Error::new(ErrorKind::InvalidData, "a part is larger than the directory says"))?;
        self.budget = self
            .budget
            .checked_sub(read as u64)
            .ok_or_else(|| Error::new(ErrorKind::FileTooLarge, "one value of a part is over the limit"))?;
        self.crc.update(&target[..read]);
        Ok(read)
    }
}

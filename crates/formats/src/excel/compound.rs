//! The container of `.xls` files: a file system in a file.

use super::{corrupt, too_large};
use millrace_batch::Result;

/// What such a file begins with.
pub(super) const MAGIC: [u8; 8] = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];

/// Numbers of sectors from here on are marks.
const FIRST_MARK: u32 = 0xffff_fffa;
const HEADER_SECTORS: usize = 109;
const ENTRY_BYTES: usize = 128;
const STREAM_ENTRY: u8 = 2;
const ROOT_ENTRY: u8 = 5;
/// Streams shorter than this lie in the stream of small ones.
const SMALL_STREAM_BYTES: u64 = 4096;
const SMALL_SECTOR_BYTES: usize = 64;

/// The streams of a compound file.
pub(super) struct Compound<'a> {
    bytes: &'a [u8],
    sector_bytes: usize,
    table: Vec<u32>,
    small_table: Vec<u32>,
    entries: Vec<Entry>,
}

struct Entry {
    name: String,
    kind: u8,
    start: u32,
    length: u64,
}

impl<'a> Compound<'a> {
    /// Reads the tables and the directory.
    ///
    /// # Errors
    /// `FILE_CORRUPT` when they are damaged.
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self> {
        let shift = short(bytes, 30)?;
        if shift != 9 && shift != 12 {
            return Err(corrupt(format!("it has sectors of '2^{shift}' bytes")));
        }
        let mut file =
            Self { bytes, sector_bytes: 1 << shift, table: Vec::new(), small_table: Vec::new(), entries: Vec::new() };
        file.read_table()?;
        let directory = file.chain(long(bytes, 48)?, None)?;
        for entry in directory.chunks_exact(ENTRY_BYTES) {
            let name_bytes = usize::from(short(entry, 64)?).clamp(2, 64) - 2;
            let name: Vec<u16> =
                entry[..name_bytes].chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
            // Sizes of files with small sectors have 32 bits, and what is above them may be rubbish.
            let high = if shift == 9 { 0 } else { u64::from(long(entry, 124)?) };
            file.entries.push(Entry {
                name: String::from_utf16_lossy(&name),
                kind: entry[66],
                start: long(entry, 116)?,
                length: u64::from(long(entry, 120)?) | high << 32,
            });
        }
        let small = file.chain(long(bytes, 60)?, None)?;
        file.small_table = numbers(&small);
        Ok(file)
    }

    /// A stream by its name.
    ///
    /// # Errors
    /// `FILE_CORRUPT` when its sectors are damaged.
    pub(super) fn stream(&self, name: &str) -> Result<Option<Vec<u8>>> {
        let found =
            self.entries.iter().find(|entry| entry.kind == STREAM_ENTRY && entry.name.eq_ignore_ascii_case(name));
        let Some(entry) = found else { return Ok(None) };
        if entry.length > self.bytes.len() as u64 {
            return Err(corrupt(format!("stream '{name}' is longer than the file")));
        }
        let mut stream = if entry.length < SMALL_STREAM_BYTES {
            self.small_chain(entry.start, entry.length as usize)?
        } else {
            self.chain(entry.start, Some(entry.length as usize))?
        };
        if (stream.len() as u64) < entry.length {
            return Err(corrupt(format!("stream '{name}' is cut off")));
        }
        stream.truncate(entry.length as usize);
        Ok(Some(stream))
    }

    /// Which sector follows which.
    fn read_table(&mut self) -> Result<()> {
        let mut sectors = Vec::new();
        for index in 0..HEADER_SECTORS {
            sectors.push(long(self.bytes, 76 + 4 * index)?);
        }
        let limit = self.bytes.len() / self.sector_bytes + 1;
        let mut next = long(self.bytes, 68)?;
        let mut lists = 0;
        while next < FIRST_MARK {
            lists += 1;
            if lists > limit {
                return Err(corrupt("its list of sectors has no end"));
            }
            let list = numbers(self.sector(next)?);
            let (last, rest) = list.split_last().ok_or_else(|| corrupt("its list of sectors is cut off"))?;
            sectors.extend_from_slice(rest);
            next = *last;
        }
        for sector in sectors.into_iter().filter(|sector| *sector < FIRST_MARK) {
            if self.table.len() > limit + self.sector_bytes {
                return Err(too_large("its table of sectors is longer than the file"));
            }
            let part = numbers(self.sector(sector)?);
            self.table.extend(part);
        }
        Ok(())
    }

    fn sector(&self, number: u32) -> Result<&'a [u8]> {
        let start = (number as usize + 1) * self.sector_bytes;
        let end = (start + self.sector_bytes).min(self.bytes.len());
        self.bytes
            .get(start..end)
            .filter(|sector| !sector.is_empty())
            .ok_or_else(|| corrupt("a sector is outside of the file"))
    }

    /// The sectors from one on, up to `length` bytes.
    fn chain(&self, start: u32, length: Option<usize>) -> Result<Vec<u8>> {
        let limit = self.bytes.len();
        let mut bytes = Vec::new();
        let mut number = start;
        while number < FIRST_MARK && length.is_none_or(|length| bytes.len() < length) {
            if bytes.len() > limit {
                return Err(corrupt("sectors follow each other without end"));
            }
            bytes.extend_from_slice(self.sector(number)?);
            number = *self.table.get(number as usize).ok_or_else(|| corrupt("a sector is outside of its table"))?;
        }
        Ok(bytes)
    }

    /// The small sectors from one on.
    fn small_chain(&self, start: u32, length: usize) -> Result<Vec<u8>> {
        let root = self.entries.iter().find(|entry| entry.kind == ROOT_ENTRY);
        let root = root.ok_or_else(|| corrupt("its directory has no root"))?;
        let small = self.chain(root.start, None)?;
        let mut bytes = Vec::new();
        let mut number = start;
        while number < FIRST_MARK && bytes.len() < length {
            let at = number as usize * SMALL_SECTOR_BYTES;
            let end = (at + SMALL_SECTOR_BYTES).min(small.len());
            bytes.extend_from_slice(
                small.get(at..end).ok_or_else(|| corrupt("a small sector is outside of its stream"))?,
            );
            number = *self
                .small_table
                .get(number as usize)
                .ok_or_else(|| corrupt("a small sector is outside of its table"))?;
        }
        Ok(bytes)
    }
}

fn numbers(bytes: &[u8]) -> Vec<u32> {
    bytes.chunks_exact(4).map(|four| u32::from_le_bytes([four[0], four[1], four[2], four[3]])).collect()
}

/// A number of 16 bits.
pub(super) fn short(bytes: &[u8], at: usize) -> Result<u16> {
    let two = bytes.get(at..).and_then(|rest| rest.first_chunk::<2>());
    two.map(|two| u16::from_le_bytes(*two)).ok_or_else(|| corrupt("it is cut off"))
}

/// A number of 32 bits.
pub(super) fn long(bytes: &[u8], at: usize) -> Result<u32> {
    let four = bytes.get(at..).and_then(|rest| rest.first_chunk::<4>());
    four.map(|four| u32::from_le_bytes(*four)).ok_or_else(|| corrupt("it is cut off"))
}

/// A number of 64 bits with a point.
pub(super) fn double(bytes: &[u8], at: usize) -> Result<f64> {
    let eight = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>());
    eight.map(|eight| f64::from_le_bytes(*eight)).ok_or_else(|| corrupt("it is cut off"))
}

//! Records of `.xls` streams, and the texts in them.

use super::compound::{long, short};
use super::corrupt;
use millrace_batch::Result;

/// A record and where it ends.
pub(super) struct Record<'a> {
    pub(super) kind: u16,
    pub(super) data: &'a [u8],
    pub(super) end: usize,
}

/// The record at an offset; `None` at the end of the stream.
///
/// # Errors
/// `FILE_CORRUPT` when it is cut off.
pub(super) fn record(stream: &[u8], at: usize) -> Result<Option<Record<'_>>> {
    if at + 4 > stream.len() {
        return Ok(None);
    }
    let kind = short(stream, at)?;
    let end = at + 4 + usize::from(short(stream, at + 2)?);
    let data = stream.get(at + 4..end).ok_or_else(|| corrupt("a record is cut off"))?;
    Ok(Some(Record { kind, data, end }))
}

/// The text of a record: how many characters it has in one or two bytes, its flags, its characters.
///
/// # Errors
/// `FILE_CORRUPT` when it is cut off.
pub(super) fn text_at(data: &[u8], at: usize, has_long_count: bool) -> Result<String> {
    let cut_off = || corrupt("a text is cut off");
    let (count, at) = if has_long_count {
        (usize::from(short(data, at)?), at + 2)
    } else {
        (usize::from(*data.get(at).ok_or_else(cut_off)?), at + 1)
    };
    let mut parts = Parts { records: vec![data], current: 0, at };
    parts.characters_with_flags(count)
}

/// Data of a record that goes on in the records behind it.
pub(super) struct Parts<'a> {
    pub(super) records: Vec<&'a [u8]>,
    pub(super) current: usize,
    pub(super) at: usize,
}

const WIDE: u8 = 1;
const HAS_PHONETICS: u8 = 4;
const IS_RICH: u8 = 8;

impl Parts<'_> {
    /// Whether nothing is left.
    pub(super) fn is_at_end(&mut self) -> bool {
        while self.current < self.records.len() && self.at >= self.records[self.current].len() {
            self.current += 1;
            self.at = 0;
        }
        self.current >= self.records.len()
    }

    fn byte(&mut self) -> Result<u8> {
        if self.is_at_end() {
            return Err(corrupt("a text is cut off"));
        }
        self.at += 1;
        Ok(self.records[self.current][self.at - 1])
    }

    fn number(&mut self, bytes: usize) -> Result<usize> {
        let mut value = 0;
        for index in 0..bytes {
            value |= usize::from(self.byte()?) << (8 * index);
        }
        Ok(value)
    }

    fn skip(&mut self, mut bytes: usize) -> Result<()> {
        while bytes > 0 {
            if self.is_at_end() {
                return Err(corrupt("a text is cut off"));
            }
            let step = bytes.min(self.records[self.current].len() - self.at);
            self.at += step;
            bytes -= step;
        }
        Ok(())
    }

    /// A text with its count.
    pub(super) fn text(&mut self) -> Result<String> {
        let count = self.number(2)?;
        self.characters_with_flags(count)
    }

    fn characters_with_flags(&mut self, count: usize) -> Result<String> {
        let flags = self.byte()?;
        let runs = if flags & IS_RICH != 0 { self.number(2)? } else { 0 };
        let phonetics = if flags & HAS_PHONETICS != 0 { self.number(4)? } else { 0 };
        let text = self.characters(count, flags)?;
        self.skip(4 * runs)?;
        self.skip(phonetics)?;
        Ok(text)
    }

    /// Characters; where they go on in the next record, it begins with their width again.
    fn characters(&mut self, count: usize, flags: u8) -> Result<String> {
        let mut units: Vec<u16> = Vec::new();
        let mut is_wide = flags & WIDE != 0;
        while units.len() < count {
            let part = self.current;
            if self.is_at_end() {
                return Err(corrupt("a text is cut off"));
            }
            if self.current != part {
                is_wide = self.byte()? & WIDE != 0;
                continue;
            }
            let rest = &self.records[self.current][self.at..];
            let width = if is_wide { 2 } else { 1 };
            let step = (count - units.len()).min(rest.len() / width);
            if step == 0 {
                return Err(corrupt("a character is cut in two"));
            }
            if is_wide {
                units.extend(rest[..2 * step].chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])));
            } else {
                units.extend(rest[..step].iter().map(|byte| u16::from(*byte)));
            }
            self.at += step * width;
        }
        Ok(String::from_utf16_lossy(&units))
    }
}

/// A number in 30 bits and two flags.
///
/// # Errors
/// `FILE_CORRUPT` when it is cut off.
pub(super) fn packed_number(data: &[u8], at: usize) -> Result<f64> {
    let packed = long(data, at)?;
    let value =
        if packed & 2 != 0 { f64::from((packed as i32) >> 2) } else { f64::from_bits(u64::from(packed & !3) << 32) };
    Ok(if packed & 1 != 0 { value / 100.0 } else { value })
}

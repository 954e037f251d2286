//! Runs of integers, in both versions of the encoding.

use super::source::ByteSource;
use crate::columnar::corrupt;
use crate::orc::protobuf::unzigzag;
use millrace_batch::Result;

/// Values that one run holds at most.
pub(in crate::orc) const MAX_RUN: usize = 512;
/// Values that a short repeat and a run of version 1 hold at least.
const MIN_REPEAT: usize = 3;

/// The bit widths by their codes of five bits.
pub(in crate::orc) const WIDTHS: [u8; 32] = [
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 26, 28, 30, 32, 40, 48, 56,
    64,
];

/// The least width of the table that is not below `bits`.
fn fixed_width(bits: u32) -> u32 {
    WIDTHS.iter().map(|width| u32::from(*width)).find(|width| *width >= bits).unwrap_or(64)
}

/// Run-length encoded integers.
#[derive(Debug, Default)]
pub(in crate::orc) struct Integers {
    source: ByteSource,
    is_signed: bool,
    is_second: bool,
    run: Vec<i64>,
    /// Values of `run` that were given out.
    taken: usize,
    packed: Vec<u8>,
}

impl Integers {
    /// `is_second`: version 2 of the encoding.
    pub(in crate::orc) fn new(source: ByteSource, is_signed: bool, is_second: bool) -> Self {
        Self { source, is_signed, is_second, ..Self::default() }
    }

    /// Appends the next `count` values to `out`, which grows only as far as there are values.
    ///
    /// # Errors
    /// `FILE_CORRUPT` when the stream ends before or is damaged.
    pub(in crate::orc) fn append(&mut self, count: usize, out: &mut Vec<i64>) -> Result<()> {
        let mut left = count;
        while left > 0 {
            if self.taken == self.run.len() {
                self.run.clear();
                self.taken = 0;
                if self.is_second { self.read_second()? } else { self.read_first()? }
            }
            let length = left.min(self.run.len() - self.taken);
            out.extend_from_slice(&self.run[self.taken..self.taken + length]);
            self.taken += length;
            left -= length;
        }
        Ok(())
    }

    pub(in crate::orc) fn memory_bytes(&self) -> usize {
        self.source.memory_bytes() + self.run.capacity() * 8
    }

    fn value(&mut self) -> Result<i64> {
        let value = self.source.varint()?;
        Ok(if self.is_signed { unzigzag(value) } else { value as i64 })
    }

    fn read_first(&mut self) -> Result<()> {
        let control = self.source.byte()?;
        if control >= 0x80 {
            for _ in 0..256 - usize::from(control) {
                let value = self.value()?;
                self.run.push(value);
            }
            return Ok(());
        }
        let step = i64::from(self.source.byte()? as i8);
        let first = self.value()?;
        let length = usize::from(control) + MIN_REPEAT;
        self.run.extend((0..length as i64).map(|index| first.wrapping_add(step.wrapping_mul(index))));
        Ok(())
    }

    fn read_second(&mut self) -> Result<()> {
        let header = self.source.byte()?;
        match header >> 6 {
            0 => self.read_short_repeat(header),
            1 => self.read_direct(header),
            2 => self.read_patched(header),
            _ => self.read_delta(header),
        }
    }

    fn read_short_repeat(&mut self, header: u8) -> Result<()> {
        let value = self.big_endian(usize::from(header >> 3 & 7) + 1)?;
        let value = if self.is_signed { unzigzag(value) } else { value as i64 };
        let length = usize::from(header & 7) + MIN_REPEAT;
        self.run.resize(length, value);
        Ok(())
    }

    /// The length of a run, of which the second byte of its header has the lower part.
    fn length(&mut self, header: u8) -> Result<usize> {
        Ok((usize::from(header & 1) << 8 | usize::from(self.source.byte()?)) + 1)
    }

    fn big_endian(&mut self, bytes: usize) -> Result<u64> {
        let mut value = 0;
        for _ in 0..bytes {
            value = value << 8 | u64::from(self.source.byte()?);
        }
        Ok(value)
    }

    fn read_direct(&mut self, header: u8) -> Result<()> {
        let width = u32::from(WIDTHS[usize::from(header >> 1 & 31)]);
        let length = self.length(header)?;
        self.unpack(length, width)?;
        if self.is_signed {
            self.run.iter_mut().for_each(|value| *value = unzigzag(*value as u64));
        }
        Ok(())
    }

    fn read_patched(&mut self, header: u8) -> Result<()> {
        let width = u32::from(WIDTHS[usize::from(header >> 1 & 31)]);
        let length = self.length(header)?;
        let (third, fourth) = (self.source.byte()?, self.source.byte()?);
        let base_bytes = usize::from(third >> 5) + 1;
        let patch_width = u32::from(WIDTHS[usize::from(third & 31)]);
        let gap_width = u32::from(fourth >> 5) + 1;
        let patches = usize::from(fourth & 31);
        let base = self.big_endian(base_bytes)?;
        let sign = 1u64 << (base_bytes * 8 - 1);
        let base = if base & sign == 0 { base as i64 } else { ((base & !sign) as i64).wrapping_neg() };
        self.unpack(length, width)?;
        let values = std::mem::take(&mut self.run);
        let patch_bits = patch_width + gap_width;
        if patch_bits > 64 || (patches > 0 && patch_width + width > 64) {
            return Err(corrupt("a patched run is damaged"));
        }
        self.unpack(patches, fixed_width(patch_bits))?;
        let entries = std::mem::replace(&mut self.run, values);
        let mut at = 0usize;
        for entry in entries {
            let entry = entry as u64;
            let patch = if patch_width == 64 { entry } else { entry & ((1 << patch_width) - 1) };
            let gap = if patch_width == 64 { 0 } else { entry >> patch_width };
            at = at.saturating_add(gap as usize);
            // A patch of nothing only carries a gap that is too long for one entry.
            if patch != 0 {
                let value = self.run.get_mut(at).ok_or_else(|| corrupt("a patched run is damaged"))?;
                *value |= (patch << width) as i64;
            }
        }
        self.run.iter_mut().for_each(|value| *value = value.wrapping_add(base));
        Ok(())
    }

    fn read_delta(&mut self, header: u8) -> Result<()> {
        let code = usize::from(header >> 1 & 31);
        let length = self.length(header)?;
        let first = self.value()?;
        let step = unzigzag(self.source.varint()?);
        self.run.push(first);
        if length == 1 {
            return Ok(());
        }
        if code == 0 {
            self.run.extend((1..length as i64).map(|index| first.wrapping_add(step.wrapping_mul(index))));
            return Ok(());
        }
        let mut last = first.wrapping_add(step);
        self.run.push(last);
        self.unpack(length - 2, u32::from(WIDTHS[code]))?;
        for value in &mut self.run[2..] {
            last = if step < 0 { last.wrapping_sub(*value) } else { last.wrapping_add(*value) };
            *value = last;
        }
        Ok(())
    }

    /// Appends `count` values of `width` bits each; the highest bit comes first, and the last byte is filled up.
    fn unpack(&mut self, count: usize, width: u32) -> Result<()> {
        let bytes = (count * width as usize).div_ceil(8);
        self.packed.resize(bytes, 0);
        self.source.fill(&mut self.packed)?;
        match width {
            8 => self.run.extend(self.packed.iter().map(|byte| i64::from(*byte))),
            16 => self.run.extend(self.packed.as_chunks().0.iter().map(|two| i64::from(u16::from_be_bytes(*two)))),
            32 => self.run.extend(self.packed.as_chunks().0.iter().map(|four| i64::from(u32::from_be_bytes(*four)))),
            64 => self.run.extend(self.packed.as_chunks().0.iter().map(|eight| i64::from_be_bytes(*eight))),
            _ => self.unpack_odd(count, width),
        }
        Ok(())
    }

    /// Widths below 57 that are not whole bytes, and 24, 40, 48 and 56.
    fn unpack_odd(&mut self, count: usize, width: u32) {
        let mask = (1u64 << width) - 1;
        let (mut bits, mut held) = (0u64, 0u32);
        let mut bytes = self.packed.iter();
        for _ in 0..count {
            while held < width {
                bits = bits << 8 | u64::from(bytes.next().copied().unwrap_or(0));
                held += 8;
            }
            held -= width;
            self.run.push((bits >> held & mask) as i64);
        }
    }
}

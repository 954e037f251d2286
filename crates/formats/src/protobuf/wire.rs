//! Tags and plain values of protobuf's wire format.

use super::descriptor::{Kind, Wire};
use super::link::bits;
use crate::framed::Fault;

/// Groups that are skipped may be nested this deep.
const DEPTH_LIMIT: usize = 100;
const START_GROUP: u8 = 3;
const END_GROUP: u8 = 4;

/// A value that is no message.
///
/// Bits are those of a 64-bit whole number (sign or zeros in front, as the kind has it), of a double, of a float (zeros in front), 0 or
/// 1 for a boolean, and the number of an enum's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Scalar<'a> {
    Bits(u64),
    Bytes(&'a [u8]),
}

/// The number of a field and how its value is written.
#[derive(Clone, Copy)]
pub(super) struct Tag {
    pub(super) number: u32,
    wire: u8,
}

impl Tag {
    pub(super) fn is(self, wire: Wire) -> bool {
        self.wire == wire as u8
    }
}

/// A place in a message.
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.at == self.bytes.len()
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        &self.bytes[self.at..]
    }

    #[inline]
    pub(super) fn varint(&mut self) -> Result<u64, Fault> {
        let mut value = 0;
        for shift in (0..70).step_by(7) {
            let byte = *self.bytes.get(self.at).ok_or(Fault::Syntax)?;
            self.at += 1;
            // Bits beyond the 64th are lost, as everywhere.
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(Fault::Syntax)
    }

    pub(super) fn tag(&mut self) -> Result<Tag, Fault> {
        let tag = u32::try_from(self.varint()?).map_err(|_| Fault::Syntax)?;
        if tag >> 3 == 0 {
            return Err(Fault::Syntax);
        }
        Ok(Tag { number: tag >> 3, wire: (tag & 7) as u8 })
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Fault> {
        let end = self.at.checked_add(length).filter(|end| *end <= self.bytes.len()).ok_or(Fault::Syntax)?;
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        self.take(N)?.try_into().map_err(|_| Fault::Syntax)
    }

    /// Bytes behind their length.
    pub(super) fn counted(&mut self) -> Result<&'a [u8], Fault> {
        let length = usize::try_from(self.varint()?).map_err(|_| Fault::Syntax)?;
        self.take(length)
    }

    /// A value of a kind that is no message.
    #[inline]
    pub(super) fn scalar(&mut self, kind: Kind) -> Result<Scalar<'a>, Fault> {
        Ok(Scalar::Bits(match kind {
            Kind::String | Kind::Bytes | Kind::Message(_) => return Ok(Scalar::Bytes(self.counted()?)),
            Kind::Int64 | Kind::Uint64 => self.varint()?,
            Kind::Int32 | Kind::Enum(_) => bits(self.varint()? as i32),
            Kind::Uint32 => u64::from(self.varint()? as u32),
            Kind::Sint32 => {
                let value = self.varint()? as u32;
                bits((value >> 1) as i32 ^ -((value & 1) as i32))
            }
            Kind::Sint64 => {
                let value = self.varint()?;
                (value >> 1) ^ (value & 1).wrapping_neg()
            }
            Kind::Bool => u64::from(self.varint()? != 0),
            Kind::Fixed32 | Kind::Float => u64::from(u32::from_le_bytes(self.array()?)),
            Kind::Sfixed32 => bits(i32::from_le_bytes(self.array()?)),
            Kind::Fixed64 | Kind::Sfixed64 | Kind::Double => u64::from_le_bytes(self.array()?),
        }))
    }

    /// Passes over the value behind a tag.
    pub(super) fn skip(&mut self, tag: Tag) -> Result<(), Fault> {
        let mut groups: Vec<u32> = Vec::new();
        let mut tag = tag;
        loop {
            match tag.wire {
                START_GROUP if groups.len() < DEPTH_LIMIT => groups.push(tag.number),
                END_GROUP if groups.last() == Some(&tag.number) => {
                    groups.pop();
                }
                0 => {
                    self.varint()?;
                }
                1 => {
                    self.take(8)?;
                }
                2 => {
                    self.counted()?;
                }
                5 => {
                    self.take(4)?;
                }
                _ => return Err(Fault::Syntax),
            }
            if groups.is_empty() {
                return Ok(());
            }
            tag = self.tag()?;
        }
    }
}

/// Appends a varint.
pub(super) fn put_varint(value: u64, out: &mut Vec<u8>) {
    let mut rest = value;
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

/// Appends a tag.
pub(super) fn put_tag(number: u32, wire: Wire, out: &mut Vec<u8>) {
    put_varint(u64::from(number << 3 | wire as u32), out);
}

/// Appends a value without its tag.
pub(super) fn put_scalar(kind: Kind, scalar: Scalar<'_>, out: &mut Vec<u8>) {
    match (kind, scalar) {
        (_, Scalar::Bytes(bytes)) => {
            put_varint(bytes.len() as u64, out);
            out.extend_from_slice(bytes);
        }
        (Kind::Sint32 | Kind::Sint64, Scalar::Bits(bits)) => {
            put_varint((bits << 1) ^ (bits as i64 >> 63) as u64, out);
        }
        (kind, Scalar::Bits(bits)) => match kind.wire() {
            Wire::Fixed32 => out.extend_from_slice(&(bits as u32).to_le_bytes()),
            Wire::Fixed64 => out.extend_from_slice(&bits.to_le_bytes()),
            _ => put_varint(bits, out),
        },
    }
}

/// Writes a part with its length in front.
pub(super) fn put_counted<E>(out: &mut Vec<u8>, part: impl FnOnce(&mut Vec<u8>) -> Result<(), E>) -> Result<(), E> {
    let start = out.len();
    part(out)?;
    let mut length = Vec::with_capacity(10);
    put_varint((out.len() - start) as u64, &mut length);
    out.splice(start..start, length);
    Ok(())
}

//! The little of Protocol Buffers that ORC's metadata needs: fields in order, unknown ones skipped, no generated code.

use crate::columnar::corrupt;
use millrace_batch::Result;

/// The value of one field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Wire<'a> {
    /// A varint, or the bits of a fixed number.
    Number(u64),
    /// A text, a message, or packed numbers.
    Bytes(&'a [u8]),
}

impl<'a> Wire<'a> {
    /// The number; 0 for anything else, as a reader of another version of the message would see it.
    pub(super) fn number(self) -> u64 {
        match self {
            Wire::Number(number) => number,
            Wire::Bytes(_) => 0,
        }
    }

    /// A number in zigzag form.
    pub(super) fn signed(self) -> i64 {
        unzigzag(self.number())
    }

    /// A number that is written as its IEEE bits.
    pub(super) fn double(self) -> f64 {
        f64::from_bits(self.number())
    }

    /// The bytes; none for a number.
    pub(super) fn bytes(self) -> &'a [u8] {
        match self {
            Wire::Number(_) => &[],
            Wire::Bytes(bytes) => bytes,
        }
    }

    /// A repeated number, packed or not.
    pub(super) fn append_numbers(self, numbers: &mut Vec<u64>) -> Result<()> {
        match self {
            Wire::Number(number) => numbers.push(number),
            Wire::Bytes(mut packed) => {
                while !packed.is_empty() {
                    numbers.push(varint(&mut packed).ok_or_else(damaged)?);
                }
            }
        }
        Ok(())
    }
}

/// The fields of a message in their order; ends with an error where it is damaged.
pub(super) struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(super) fn new(message: &'a [u8]) -> Self {
        Self { rest: message }
    }

    fn read(&mut self) -> Option<(u64, Wire<'a>)> {
        let key = varint(&mut self.rest)?;
        let value = match key & 7 {
            0 => Wire::Number(varint(&mut self.rest)?),
            1 => Wire::Number(u64::from_le_bytes(*self.take(8)?.first_chunk()?)),
            2 => {
                let length = usize::try_from(varint(&mut self.rest)?).ok()?;
                Wire::Bytes(self.take(length)?)
            }
            5 => Wire::Number(u64::from(u32::from_le_bytes(*self.take(4)?.first_chunk()?))),
            _ => return None,
        };
        Some((key >> 3, value))
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.rest.split_at_checked(length)?;
        self.rest = tail;
        Some(head)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u64, Wire<'a>)>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let field = self.read().ok_or_else(damaged);
        if field.is_err() {
            self.rest = &[];
        }
        Some(field)
    }
}

fn damaged() -> millrace_batch::KernelError {
    corrupt("the metadata is damaged")
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// A message being written.
#[derive(Default)]
pub(super) struct Message {
    pub(super) bytes: Vec<u8>,
}

impl Message {
    pub(super) fn number(&mut self, field: u64, value: u64) {
        self.raw(field << 3);
        self.raw(value);
    }

    pub(super) fn signed(&mut self, field: u64, value: i64) {
        self.number(field, zigzag(value));
    }

    pub(super) fn double(&mut self, field: u64, value: f64) {
        self.raw(field << 3 | 1);
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    pub(super) fn text(&mut self, field: u64, value: &[u8]) {
        self.raw(field << 3 | 2);
        self.raw(value.len() as u64);
        self.bytes.extend_from_slice(value);
    }

    pub(super) fn message(&mut self, field: u64, value: &Message) {
        self.text(field, &value.bytes);
    }

    pub(super) fn packed(&mut self, field: u64, values: impl IntoIterator<Item = u64>) {
        let mut packed = Message::default();
        values.into_iter().for_each(|value| packed.raw(value));
        self.message(field, &packed);
    }

    fn raw(&mut self, value: u64) {
        push_varint(value, &mut self.bytes);
    }
}

/// Appends a number in groups of seven bits, the lowest first.
pub(super) fn push_varint(mut value: u64, bytes: &mut Vec<u8>) {
    while value > 0x7f {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

/// Small numbers of either sign as small numbers.
pub(super) const fn zigzag(value: i64) -> u64 {
    (value << 1 ^ value >> 63) as u64
}

/// The other way.
pub(super) const fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut inner = Message::default();
        inner.packed(2, [0, 127, 128, u64::MAX]);
        let mut message = Message::default();
        message.number(1, 300);
        message.signed(8_000, i64::MIN);
        message.double(3, -0.5);
        message.message(4, &inner);
        message.text(5, b"");
        let fields: Vec<_> = Fields::new(&message.bytes).map(Result::unwrap).collect();
        assert_eq!(fields[0], (1, Wire::Number(300)));
        assert_eq!((fields[1].0, fields[1].1.signed()), (8_000, i64::MIN));
        assert!((fields[2].1.double() + 0.5).abs() < f64::EPSILON);
        let mut numbers = Vec::new();
        Fields::new(fields[3].1.bytes()).next().unwrap().unwrap().1.append_numbers(&mut numbers).unwrap();
        assert_eq!(numbers, [0, 127, 128, u64::MAX]);
        assert_eq!(fields[4], (5, Wire::Bytes(b"")));
    }

    #[test]
    fn damaged_messages_end_with_an_error() {
        for bytes in
            [&b"\x08"[..], b"\x0a\x05abc", b"\x0f", b"\x09\x00", b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"]
        {
            assert!(Fields::new(bytes).any(|field| field.is_err()), "{bytes:?}");
        }
    }
}

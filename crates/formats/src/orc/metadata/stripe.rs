//! The footer of a stripe: its streams and how its columns are encoded.

use super::encrypted;
use crate::columnar::corrupt;
use crate::orc::protobuf::{Fields, Message};
use millrace_batch::Result;

/// What a stream holds, by its number in files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::orc) enum StreamKind {
    Present = 0,
    Data = 1,
    Length = 2,
    DictionaryData = 3,
    Secondary = 5,
}

/// One stream of a stripe.
#[derive(Clone, Copy, Debug)]
pub(in crate::orc) struct Stream {
    pub(in crate::orc) column: usize,
    /// `None` for indexes and whatever else is not needed to read all rows.
    pub(in crate::orc) kind: Option<StreamKind>,
    pub(in crate::orc) bytes: u64,
}

/// How the values of a column are encoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::orc) struct Encoding {
    pub(in crate::orc) with_dictionary: bool,
    /// Version 2 of the run-length encoding.
    pub(in crate::orc) is_second: bool,
    pub(in crate::orc) dictionary_entries: u64,
}

/// What ends a stripe.
#[derive(Clone, Debug, Default)]
pub(in crate::orc) struct StripeFooter {
    pub(in crate::orc) streams: Vec<Stream>,
    pub(in crate::orc) encodings: Vec<Encoding>,
    /// Zone in which local timestamps were written; empty when it does not matter.
    pub(in crate::orc) zone: String,
}

impl StripeFooter {
    /// # Errors
    /// [`ErrorCode::FileCorrupt`], [`ErrorCode::Unimplemented`] for an encrypted stripe.
    pub(in crate::orc) fn parse(bytes: &[u8]) -> Result<Self> {
        let mut footer = Self::default();
        for field in Fields::new(bytes) {
            let (number, value) = field?;
            match number {
                1 => footer.streams.push(parse_stream(value.bytes())?),
                2 => footer.encodings.push(parse_encoding(value.bytes())?),
                3 => footer.zone = String::from_utf8_lossy(value.bytes()).into_owned(),
                4 => return Err(encrypted()),
                _ => {}
            }
        }
        Ok(footer)
    }

    pub(in crate::orc) fn message(&self) -> Message {
        let mut message = Message::default();
        for stream in &self.streams {
            let mut inner = Message::default();
            inner.number(1, stream.kind.map_or(0, |kind| kind as u64));
            inner.number(2, stream.column as u64);
            inner.number(3, stream.bytes);
            message.message(1, &inner);
        }
        for encoding in &self.encodings {
            let mut inner = Message::default();
            inner.number(1, u64::from(encoding.is_second) * 2 + u64::from(encoding.with_dictionary));
            if encoding.with_dictionary {
                inner.number(2, encoding.dictionary_entries);
            }
            message.message(2, &inner);
        }
        message.text(3, self.zone.as_bytes());
        message
    }
}

fn parse_stream(bytes: &[u8]) -> Result<Stream> {
    let (mut kind, mut column, mut length) = (0, 0, 0);
    for field in Fields::new(bytes) {
        let (number, value) = field?;
        match number {
            1 => kind = value.number(),
            2 => column = value.number(),
            3 => length = value.number(),
            _ => {}
        }
    }
    let kind = match kind {
        0 => Some(StreamKind::Present),
        1 => Some(StreamKind::Data),
        2 => Some(StreamKind::Length),
        3 => Some(StreamKind::DictionaryData),
        5 => Some(StreamKind::Secondary),
        _ => None,
    };
    Ok(Stream { column: usize::try_from(column).unwrap_or(usize::MAX), kind, bytes: length })
}

fn parse_encoding(bytes: &[u8]) -> Result<Encoding> {
    let mut encoding = Encoding::default();
    for field in Fields::new(bytes) {
        let (number, value) = field?;
        match number {
            1 if value.number() < 4 => {
                encoding.with_dictionary = value.number() & 1 == 1;
                encoding.is_second = value.number() & 2 == 2;
            }
            1 => return Err(corrupt(format!("encoding number '{}' is not known", value.number()))),
            2 => encoding.dictionary_entries = value.number(),
            _ => {}
        }
    }
    Ok(encoding)
}

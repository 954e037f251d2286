//! The messages of a file: postscript, footer, stripe footers. Everything is checked before it is used.

mod node;
mod stripe;

pub(in crate::orc) use node::{Kind, Node};
pub(in crate::orc) use stripe::{Encoding, Stream, StreamKind, StripeFooter};

use super::codec::Codec;
use super::protobuf::{Fields, Message};
use crate::columnar::corrupt;
use millrace_batch::{ErrorCode, KernelError, Result};

/// What a file begins with, and what its postscript ends with.
pub(in crate::orc) const MAGIC: &[u8] = b"ORC";
/// Compressed pieces have a length of 23 bits, so that no writer can use larger blocks.
const MAX_BLOCK_BYTES: u64 = 1 << 23;
/// Where a file says nothing.
const DEFAULT_BLOCK_BYTES: u64 = 256 << 10;
/// Columns of a file, nested ones included.
const MAX_COLUMNS: usize = 1 << 20;
/// Rows of a stripe.
const MAX_STRIPE_ROWS: u64 = 1 << 31;

/// What the last bytes of a file say.
#[derive(Clone, Copy, Debug)]
pub(in crate::orc) struct PostScript {
    pub(in crate::orc) footer_bytes: u64,
    pub(in crate::orc) codec: Codec,
    /// A decompressed piece is at most this long.
    pub(in crate::orc) block_bytes: usize,
}

impl PostScript {
    /// Reads the bytes between the footer and the file's last byte.
    ///
    /// # Errors
    /// [`ErrorCode::FileCorrupt`]; [`ErrorCode::CodecUnavailable`] for a codec that is not known.
    pub(in crate::orc) fn parse(bytes: &[u8]) -> Result<Self> {
        let (mut footer_bytes, mut codec, mut block_bytes) = (0, 0, DEFAULT_BLOCK_BYTES);
        for field in Fields::new(bytes) {
            let (number, value) = field?;
            match number {
                1 => footer_bytes = value.number(),
                2 => codec = value.number(),
                3 => block_bytes = value.number(),
                8_000 if value.bytes() != MAGIC => return Err(corrupt("the postscript is damaged")),
                _ => {}
            }
        }
        let codec = Codec::of_number(codec)?;
        if codec != Codec::None && !(1..=MAX_BLOCK_BYTES).contains(&block_bytes) {
            return Err(corrupt(format!("the compression block of '{block_bytes}' bytes is not possible")));
        }
        Ok(Self { footer_bytes, codec, block_bytes: block_bytes.min(MAX_BLOCK_BYTES) as usize })
    }

    /// The postscript's bytes with its own length behind them.
    pub(in crate::orc) fn to_bytes(self, metadata_bytes: u64) -> Vec<u8> {
        let mut message = Message::default();
        message.number(1, self.footer_bytes);
        message.number(2, self.codec.number());
        if self.codec != Codec::None {
            message.number(3, self.block_bytes as u64);
        }
        message.packed(4, [0, 12]);
        message.number(5, metadata_bytes);
        message.number(6, WRITER_VERSION);
        message.text(8_000, MAGIC);
        let mut bytes = message.bytes;
        bytes.push(bytes.len() as u8);
        bytes
    }
}

/// The version of the original writer whose known faults this one does not have ("ORC-135"): readers then trust the UTC
/// statistics of timestamps.
const WRITER_VERSION: u64 = 6;

/// Where a stripe is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::orc) struct Stripe {
    pub(in crate::orc) offset: u64,
    pub(in crate::orc) index_bytes: u64,
    pub(in crate::orc) data_bytes: u64,
    pub(in crate::orc) footer_bytes: u64,
    pub(in crate::orc) rows: u64,
}

impl Stripe {
    pub(in crate::orc) fn parse(bytes: &[u8]) -> Result<Self> {
        let mut stripe = Self::default();
        for field in Fields::new(bytes) {
            let (number, value) = field?;
            match number {
                1 => stripe.offset = value.number(),
                2 => stripe.index_bytes = value.number(),
                3 => stripe.data_bytes = value.number(),
                4 => stripe.footer_bytes = value.number(),
                5 => stripe.rows = value.number(),
                6 | 7 => return Err(encrypted()),
                _ => {}
            }
        }
        Ok(stripe)
    }

    pub(in crate::orc) fn message(&self) -> Message {
        let mut message = Message::default();
        let values = [self.offset, self.index_bytes, self.data_bytes, self.footer_bytes, self.rows];
        (1..).zip(values).for_each(|(field, value)| message.number(field, value));
        message
    }

    /// Where its own footer begins.
    pub(in crate::orc) fn footer_start(&self) -> u64 {
        self.offset + self.index_bytes + self.data_bytes
    }

    fn check(&self, file_length: u64) -> Result<()> {
        let parts = [self.index_bytes, self.data_bytes, self.footer_bytes];
        let end = parts.iter().try_fold(self.offset, |end, part| end.checked_add(*part));
        if end.is_none_or(|end| end > file_length) {
            return Err(corrupt("a stripe is outside the file"));
        }
        if self.rows > MAX_STRIPE_ROWS {
            return Err(KernelError::new(ErrorCode::ValueTooLarge, "a stripe has too many rows"));
        }
        Ok(())
    }
}

fn encrypted() -> KernelError {
    KernelError::new(ErrorCode::Unimplemented, "encrypted ORC files cannot be read")
}

/// What the footer says of a column, as far as it helps to choose the size of batches.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::orc) struct ColumnVolume {
    /// Values that are not null, in the whole file.
    pub(in crate::orc) values: u64,
    /// Bytes of all texts.
    pub(in crate::orc) text_bytes: u64,
}

/// The footer of a file.
#[derive(Clone, Debug)]
pub(in crate::orc) struct Footer {
    pub(in crate::orc) stripes: Vec<Stripe>,
    pub(in crate::orc) nodes: Vec<Node>,
    pub(in crate::orc) rows: u64,
    /// One per column, or none at all.
    pub(in crate::orc) volumes: Vec<ColumnVolume>,
}

impl Footer {
    /// Reads and checks a footer that is decompressed already.
    ///
    /// # Errors
    /// [`ErrorCode::FileCorrupt`] when it is damaged or contradicts itself or the file's length, [`ErrorCode::ValueTooLarge`],
    /// [`ErrorCode::Unimplemented`] for an encrypted file, [`ErrorCode::TypeUnsupported`] for a type of a later version.
    pub(in crate::orc) fn parse(bytes: &[u8], file_length: u64) -> Result<Self> {
        let (mut stripes, mut nodes, mut volumes, mut rows) = (Vec::new(), Vec::new(), Vec::new(), 0);
        for field in Fields::new(bytes) {
            let (number, value) = field?;
            match number {
                3 => stripes.push(Stripe::parse(value.bytes())?),
                4 => nodes.push(Node::parse(value.bytes())?),
                6 => rows = value.number(),
                7 => volumes.push(parse_volume(value.bytes())?),
                10 => return Err(encrypted()),
                _ => {}
            }
        }
        stripes.iter().try_for_each(|stripe: &Stripe| stripe.check(file_length))?;
        if stripes.iter().map(|stripe| stripe.rows).fold(0, u64::saturating_add) != rows {
            return Err(corrupt("the stripes do not have the rows of the file"));
        }
        if nodes.len() > MAX_COLUMNS {
            return Err(KernelError::new(ErrorCode::ValueTooLarge, "the file has too many columns"));
        }
        let end = node::place(&mut nodes, 0, 0)?;
        if end != nodes.len() || nodes[0].kind != Kind::Struct {
            return Err(corrupt("the types of the file are not those of one row"));
        }
        // Every value takes some bytes, were it a thousandth of one.
        let is_empty = |stripe: &Stripe| stripe.data_bytes == 0 && stripe.rows > 0;
        if nodes.len() > 1 && stripes.iter().any(is_empty) {
            return Err(corrupt("a stripe has rows and no data"));
        }
        if volumes.len() != nodes.len() {
            volumes.clear();
        }
        Ok(Self { stripes, nodes, rows, volumes })
    }

    /// Position of a top-level column by its exact name.
    ///
    /// # Errors
    /// [`ErrorCode::FieldNotFound`].
    pub(in crate::orc) fn column_index(&self, name: &str) -> Result<usize> {
        self.nodes[0].names.iter().position(|candidate| candidate == name).ok_or_else(|| {
            KernelError::new(ErrorCode::FieldNotFound, format!("the file has no column '{name}'")).at_field(name)
        })
    }

    pub(in crate::orc) fn memory_bytes(&self) -> usize {
        let names = self.nodes.iter().flat_map(|node| &node.names).map(String::len).sum::<usize>();
        names + self.nodes.len() * size_of::<Node>() + self.stripes.len() * size_of::<Stripe>()
    }
}

fn parse_volume(bytes: &[u8]) -> Result<ColumnVolume> {
    let mut volume = ColumnVolume::default();
    for field in Fields::new(bytes) {
        let (number, value) = field?;
        match number {
            1 => volume.values = value.number(),
            4 | 8 => {
                // The sum of lengths is field 3 of texts and field 1 of bytes.
                let sum = if number == 4 { 3 } else { 1 };
                for inner in Fields::new(value.bytes()) {
                    let (inner_number, value) = inner?;
                    if inner_number == sum {
                        volume.text_bytes = value.signed().max(0) as u64;
                    }
                }
            }
            _ => {}
        }
    }
    Ok(volume)
}

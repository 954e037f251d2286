//! The messages of a file: postscript, footer, stripe footers. Everything is checked before it is used.

use super::codec::Codec;
use super::protobuf::{Fields, Message};
use crate::columnar::corrupt;
use millrace_batch::{ErrorCode, KernelError, Result};

/// What a file begins with, and what its postscript ends with.
pub(super) const MAGIC: &[u8] = b"ORC";
/// Compressed pieces have a length of 23 bits, so that no writer can use larger blocks.
const MAX_BLOCK_BYTES: u64 = 1 << 23;
/// Where a file says nothing.
const DEFAULT_BLOCK_BYTES: u64 = 256 << 10;
/// Types below types.
const MAX_DEPTH: usize = 64;
/// Columns of a file, nested ones included.
const MAX_COLUMNS: usize = 1 << 20;
/// Rows of a stripe.
const MAX_STRIPE_ROWS: u64 = 1 << 31;

/// What the last bytes of a file say.
#[derive(Clone, Copy, Debug)]
pub(super) struct PostScript {
    pub(super) footer_bytes: u64,
    pub(super) codec: Codec,
    /// A decompressed piece is at most this long.
    pub(super) block_bytes: usize,
}

impl PostScript {
    /// Reads the bytes between the footer and the file's last byte.
    ///
    /// # Errors
    /// [`ErrorCode::FileCorrupt`]; [`ErrorCode::CodecUnavailable`] for a codec that is not known.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self> {
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
    pub(super) fn to_bytes(self, metadata_bytes: u64) -> Vec<u8> {
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
pub(super) struct Stripe {
    pub(super) offset: u64,
    pub(super) index_bytes: u64,
    pub(super) data_bytes: u64,
    pub(super) footer_bytes: u64,
    pub(super) rows: u64,
}

impl Stripe {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self> {
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

    pub(super) fn message(&self) -> Message {
        let mut message = Message::default();
        let values = [self.offset, self.index_bytes, self.data_bytes, self.footer_bytes, self.rows];
        (1..).zip(values).for_each(|(field, value)| message.number(field, value));
        message
    }

    /// Where its own footer begins.
    pub(super) fn footer_start(&self) -> u64 {
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

/// The kinds of types, by their numbers in files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Boolean = 0,
    Byte = 1,
    Short = 2,
    Int = 3,
    Long = 4,
    Float = 5,
    Double = 6,
    String = 7,
    Binary = 8,
    Timestamp = 9,
    List = 10,
    Map = 11,
    Struct = 12,
    Union = 13,
    Decimal = 14,
    Date = 15,
    Varchar = 16,
    Char = 17,
    TimestampInstant = 18,
}

const KINDS: [Kind; 19] = [
    Kind::Boolean,
    Kind::Byte,
    Kind::Short,
    Kind::Int,
    Kind::Long,
    Kind::Float,
    Kind::Double,
    Kind::String,
    Kind::Binary,
    Kind::Timestamp,
    Kind::List,
    Kind::Map,
    Kind::Struct,
    Kind::Union,
    Kind::Decimal,
    Kind::Date,
    Kind::Varchar,
    Kind::Char,
    Kind::TimestampInstant,
];

/// One column of a file; its number is its place. Columns are in the order of a walk from the root.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) kind: Kind,
    pub(super) children: Vec<usize>,
    /// Names of the children of a struct.
    pub(super) names: Vec<String>,
    pub(super) precision: u64,
    pub(super) scale: u64,
    /// The number behind the last column below this one.
    pub(super) end: usize,
}

impl Node {
    pub(super) fn new(kind: Kind) -> Self {
        Self { kind, children: Vec::new(), names: Vec::new(), precision: 0, scale: 0, end: 0 }
    }

    fn parse(bytes: &[u8]) -> Result<Self> {
        let (mut node, mut children) = (Self::new(Kind::Boolean), Vec::new());
        (node.precision, node.scale) = (38, 10);
        for field in Fields::new(bytes) {
            let (number, value) = field?;
            match number {
                1 => {
                    let kind = KINDS.get(value.number() as usize).ok_or_else(|| {
                        let message = format!("type number '{}' is not known", value.number());
                        KernelError::new(ErrorCode::TypeUnsupported, message)
                    })?;
                    node.kind = *kind;
                }
                2 => value.append_numbers(&mut children)?,
                3 => node.names.push(String::from_utf8_lossy(value.bytes()).into_owned()),
                5 => node.precision = value.number(),
                6 => node.scale = value.number(),
                _ => {}
            }
        }
        node.children = children.into_iter().map(|child| usize::try_from(child).unwrap_or(usize::MAX)).collect();
        Ok(node)
    }

    pub(super) fn message(&self) -> Message {
        let mut message = Message::default();
        message.number(1, self.kind as u64);
        if !self.children.is_empty() {
            message.packed(2, self.children.iter().map(|child| *child as u64));
        }
        self.names.iter().for_each(|name| message.text(3, name.as_bytes()));
        if self.kind == Kind::Decimal {
            message.number(5, self.precision);
            message.number(6, self.scale);
        }
        message
    }
}

/// What the footer says of a column, as far as it helps to choose the size of batches.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ColumnVolume {
    /// Values that are not null, in the whole file.
    pub(super) values: u64,
    /// Bytes of all texts.
    pub(super) text_bytes: u64,
}

/// The footer of a file.
#[derive(Clone, Debug)]
pub(super) struct Footer {
    pub(super) stripes: Vec<Stripe>,
    pub(super) nodes: Vec<Node>,
    pub(super) rows: u64,
    /// One per column, or none at all.
    pub(super) volumes: Vec<ColumnVolume>,
}

impl Footer {
    /// Reads and checks a footer that is decompressed already.
    ///
    /// # Errors
    /// [`ErrorCode::FileCorrupt`] when it is damaged or contradicts itself or the file's length, [`ErrorCode::ValueTooLarge`],
    /// [`ErrorCode::Unimplemented`] for an encrypted file, [`ErrorCode::TypeUnsupported`] for a type of a later version.
    pub(super) fn parse(bytes: &[u8], file_length: u64) -> Result<Self> {
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
        let end = place(&mut nodes, 0, 0)?;
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
    pub(super) fn column_index(&self, name: &str) -> Result<usize> {
        self.nodes[0].names.iter().position(|candidate| candidate == name).ok_or_else(|| {
            KernelError::new(ErrorCode::FieldNotFound, format!("the file has no column '{name}'")).at_field(name)
        })
    }

    pub(super) fn memory_bytes(&self) -> usize {
        let names = self.nodes.iter().flat_map(|node| &node.names).map(String::len).sum::<usize>();
        names + self.nodes.len() * size_of::<Node>() + self.stripes.len() * size_of::<Stripe>()
    }
}

/// Checks that the columns from `at` on are one tree in the order of a walk, and sets where each ends.
fn place(nodes: &mut [Node], at: usize, depth: usize) -> Result<usize> {
    let damaged = || corrupt("the types of the file contradict each other");
    let node = nodes.get(at).ok_or_else(damaged)?;
    if depth > MAX_DEPTH {
        return Err(KernelError::new(ErrorCode::ValueTooLarge, format!("types are nested deeper than '{MAX_DEPTH}'")));
    }
    let children = node.children.clone();
    let is_valid = match node.kind {
        Kind::List => children.len() == 1,
        Kind::Map => children.len() == 2,
        Kind::Struct => children.len() == node.names.len(),
        Kind::Union => true,
        _ => children.is_empty(),
    };
    if !is_valid {
        return Err(damaged());
    }
    let mut end = at + 1;
    for child in children {
        if child != end {
            return Err(damaged());
        }
        end = place(nodes, child, depth + 1)?;
    }
    nodes[at].end = end;
    Ok(end)
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

/// What a stream holds, by its number in files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StreamKind {
    Present = 0,
    Data = 1,
    Length = 2,
    DictionaryData = 3,
    Secondary = 5,
}

/// One stream of a stripe.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stream {
    pub(super) column: usize,
    /// `None` for indexes and whatever else is not needed to read all rows.
    pub(super) kind: Option<StreamKind>,
    pub(super) bytes: u64,
}

/// How the values of a column are encoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Encoding {
    pub(super) with_dictionary: bool,
    /// Version 2 of the run-length encoding.
    pub(super) is_second: bool,
    pub(super) dictionary_entries: u64,
}

/// What ends a stripe.
#[derive(Clone, Debug, Default)]
pub(super) struct StripeFooter {
    pub(super) streams: Vec<Stream>,
    pub(super) encodings: Vec<Encoding>,
    /// Zone in which local timestamps were written; empty when it does not matter.
    pub(super) zone: String,
}

impl StripeFooter {
    /// # Errors
    /// [`ErrorCode::FileCorrupt`], [`ErrorCode::Unimplemented`] for an encrypted stripe.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self> {
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

    pub(super) fn message(&self) -> Message {
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

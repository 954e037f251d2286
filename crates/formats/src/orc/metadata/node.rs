//! The types of a file: one tree of columns.

use crate::columnar::corrupt;
use crate::orc::protobuf::{Fields, Message};
use millrace_batch::{ErrorCode, KernelError, Result};

/// Types below types.
const MAX_DEPTH: usize = 64;

/// The kinds of types, by their numbers in files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::orc) enum Kind {
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
pub(in crate::orc) struct Node {
    pub(in crate::orc) kind: Kind,
    pub(in crate::orc) children: Vec<usize>,
    /// Names of the children of a struct.
    pub(in crate::orc) names: Vec<String>,
    pub(in crate::orc) precision: u64,
    pub(in crate::orc) scale: u64,
    /// The number behind the last column below this one.
    pub(in crate::orc) end: usize,
}

impl Node {
    pub(in crate::orc) fn new(kind: Kind) -> Self {
        Self { kind, children: Vec::new(), names: Vec::new(), precision: 0, scale: 0, end: 0 }
    }

    pub(super) fn parse(bytes: &[u8]) -> Result<Self> {
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

    pub(in crate::orc) fn message(&self) -> Message {
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

/// Checks that the columns from `at` on are one tree in the order of a walk, and sets where each ends.
pub(super) fn place(nodes: &mut [Node], at: usize, depth: usize) -> Result<usize> {
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

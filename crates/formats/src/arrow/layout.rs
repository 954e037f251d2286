//! Lengths in a record batch against the bytes that are there.

use super::corrupt;
use arrow_ipc::RecordBatch;
use arrow_schema::{DataType as ArrowType, SchemaRef};
use millrace_batch::Result;

/// Bytes of one offset of a text or a list.
const OFFSET_BYTES: usize = size_of::<i32>();

/// Refuses a record batch whose arrays need more bytes than its body of `body_bytes` gives them, with `FILE_CORRUPT`.
pub(super) fn check_layout(batch: &RecordBatch<'_>, body_bytes: usize, schema: &SchemaRef) -> Result<()> {
    if batch.compression().is_some() {
        return Err(corrupt("an Arrow batch is compressed"));
    }
    if batch.variadicBufferCounts().is_some_and(|counts| !counts.is_empty()) {
        return Err(corrupt("an Arrow batch has buffers of a type that no column has"));
    }
    let nodes = batch.nodes().unwrap_or_default().iter().map(|node| (node.length(), node.null_count()));
    let buffers = batch.buffers().unwrap_or_default().iter().map(|buffer| (buffer.offset(), buffer.length()));
    let mut layout = Layout { nodes, buffers, body_bytes };
    for field in schema.fields() {
        layout
            .array(field.data_type())
            .ok_or_else(|| corrupt("an Arrow batch contradicts itself").at_field(field.name()))?;
    }
    Ok(())
}

struct Layout<N, B> {
    /// Length and number of nulls of each array, parents in front of their children.
    nodes: N,
    /// Offset in the body and length of each buffer.
    buffers: B,
    body_bytes: usize,
}

impl<N: Iterator<Item = (i64, i64)>, B: Iterator<Item = (i64, i64)>> Layout<N, B> {
    /// Walks over one array with its children; `None` when something does not fit.
    fn array(&mut self, data_type: &ArrowType) -> Option<()> {
        let (length, nulls) = self.nodes.next()?;
        let length = usize::try_from(i32::try_from(length).ok()?).ok()?;
        if !(0..=length).contains(&usize::try_from(nulls).ok()?) {
            return None;
        }
        if *data_type == ArrowType::Null {
            return Some(());
        }
        let bits_bytes = length.div_ceil(8);
        self.buffer(if nulls > 0 { bits_bytes } else { 0 }, 1)?;
        match data_type {
            ArrowType::Boolean => self.buffer(bits_bytes, 1),
            ArrowType::Utf8 | ArrowType::Binary => {
                self.offsets(length)?;
                self.buffer(0, 1)
            }
            ArrowType::List(child) | ArrowType::Map(child, _) => {
                self.offsets(length)?;
                self.array(child.data_type())
            }
            ArrowType::Struct(fields) => fields.iter().try_for_each(|field| self.array(field.data_type())),
            _ => {
                let width = data_type.primitive_width()?;
                self.buffer(length.checked_mul(width)?, width)
            }
        }
    }

    /// One offset more than there are values; none at all where there are no values.
    fn offsets(&mut self, length: usize) -> Option<()> {
        self.buffer(if length == 0 { 0 } else { (length + 1).checked_mul(OFFSET_BYTES)? }, OFFSET_BYTES)
    }

    /// The next buffer, which lies inside the body, has so many bytes at least and no part of a value of `width` bytes.
    fn buffer(&mut self, least_bytes: usize, width: usize) -> Option<()> {
        let (offset, length) = self.buffers.next()?;
        let (offset, length) = (usize::try_from(offset).ok()?, usize::try_from(length).ok()?);
        let end = offset.checked_add(length)?;
        (end <= self.body_bytes && length >= least_bytes && length.is_multiple_of(width)).then_some(())
    }
}

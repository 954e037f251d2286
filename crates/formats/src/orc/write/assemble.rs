//! Stripes that were placed in a file to that file's end.

use super::statistics::Statistics;
use crate::columnar::corrupt;
use crate::orc::codec::{Codec, Compressor};
use crate::orc::metadata::{MAGIC, Node, PostScript, Stripe};
use crate::orc::protobuf::{Fields, Message};
use crate::orc::types::file_nodes;
use millrace_batch::codec::Context;
use millrace_batch::{Result, Schema};
use serde_json::Value;
use std::sync::Arc;

/// Streams are compressed in pieces of so many bytes.
const BLOCK_BYTES: usize = 256 << 10;
/// Name of the writer in the file.
const SOFTWARE: &[u8] = b"millrace";
/// Days are counted in the calendar that has no gap in 1582.
const PROLEPTIC_GREGORIAN: u64 = 2;

/// What all stripes of a file share.
pub(super) struct FileLayout {
    pub(super) nodes: Vec<Node>,
    codec: Codec,
}

impl FileLayout {
    /// # Errors
    /// `TYPE_UNSUPPORTED` at a column, `OPTION_INVALID`, `CODEC_UNAVAILABLE`.
    pub(super) fn try_new(schema: &Schema, options: &Value) -> Result<Self> {
        let codec = Codec::of_name(options["compression"].as_str().unwrap_or("none"))?;
        Ok(Self { nodes: file_nodes(schema)?, codec })
    }

    pub(super) fn compressor(&self) -> Result<Compressor> {
        Compressor::try_new(self.codec, BLOCK_BYTES)
    }
}

/// The metadata of a stripe whose first byte is at offset 0, as [`assemble`] takes it.
pub(super) fn describe_stripe(stripe: &Stripe, statistics: &[Statistics]) -> Vec<u8> {
    let mut message = Message::default();
    message.message(1, &stripe.message());
    for column in statistics {
        message.message(2, &column.message());
    }
    message.bytes
}

/// The bytes that end a file: statistics of the stripes, footer, postscript.
///
/// `schema` and `options` are those of the encoders. `stripes` has, in the order of the file, where the first byte of each stripe was
/// written (not before the end of [`crate::orc::FILE_HEADER`]) and what the encoder gave by
/// [`millrace_batch::codec::Encoder::take_metadata`]. Without stripes the result ends a valid file of no rows.
///
/// # Errors
/// `FILE_CORRUPT` when the metadata of a stripe is damaged or of another schema; and the errors of making an encoder.
pub(in crate::orc) fn assemble(
    schema: &Arc<Schema>,
    options: &Value,
    _context: &Context,
    stripes: &[(u64, &[u8])],
) -> Result<Vec<u8>> {
    let layout = FileLayout::try_new(schema, options)?;
    let mut placed = Vec::with_capacity(stripes.len());
    let mut totals: Vec<Statistics> = vec![Statistics::default(); layout.nodes.len()];
    let mut metadata = Message::default();
    for (offset, blob) in stripes {
        let (stripe, statistics) = read_stripe(&layout, blob)?;
        placed.push(Stripe { offset: *offset, ..stripe });
        totals.iter_mut().zip(&statistics).for_each(|(total, column)| total.merge(column));
        let mut columns = Message::default();
        for column in &statistics {
            columns.message(1, &column.message());
        }
        metadata.message(1, &columns);
    }
    let mut compressor = layout.compressor()?;
    let mut bytes = Vec::new();
    compressor.compress(&metadata.bytes, &mut bytes)?;
    let metadata_bytes = bytes.len() as u64;
    compressor.compress(&footer(&layout, &placed, &totals).bytes, &mut bytes)?;
    let footer_bytes = bytes.len() as u64 - metadata_bytes;
    let postscript = PostScript { footer_bytes, codec: layout.codec, block_bytes: BLOCK_BYTES };
    bytes.extend(postscript.to_bytes(metadata_bytes));
    Ok(bytes)
}

fn read_stripe(layout: &FileLayout, blob: &[u8]) -> Result<(Stripe, Vec<Statistics>)> {
    let (mut stripe, mut statistics) = (None, Vec::new());
    for field in Fields::new(blob) {
        match field? {
            (1, value) => stripe = Some(Stripe::parse(value.bytes())?),
            (2, value) => {
                let scale = layout.nodes.get(statistics.len()).map_or(0, |node| node.scale);
                statistics.push(Statistics::parse(value.bytes(), scale as u8)?);
            }
            _ => {}
        }
    }
    match stripe {
        Some(stripe) if statistics.len() == layout.nodes.len() => Ok((stripe, statistics)),
        _ => Err(corrupt("the metadata is not of a stripe of this file")),
    }
}

fn footer(layout: &FileLayout, stripes: &[Stripe], totals: &[Statistics]) -> Message {
    let header_bytes = MAGIC.len() as u64;
    let end = stripes.iter().map(|stripe| stripe.footer_start() + stripe.footer_bytes).max();
    let mut footer = Message::default();
    footer.number(1, header_bytes);
    footer.number(2, end.unwrap_or(header_bytes));
    for stripe in stripes {
        footer.message(3, &stripe.message());
    }
    for node in &layout.nodes {
        footer.message(4, &node.message());
    }
    footer.number(6, stripes.iter().map(|stripe| stripe.rows).sum());
    for column in totals {
        footer.message(7, &column.message());
    }
    // No indexes within stripes.
    footer.number(8, 0);
    footer.number(11, PROLEPTIC_GREGORIAN);
    footer.text(12, SOFTWARE);
    footer
}

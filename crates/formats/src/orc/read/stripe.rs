//! The streams of one stripe: where they are, and handing them to the columns.

use super::source::ByteSource;
use crate::columnar::corrupt;
use crate::columnar::zone::LocalZone;
use crate::orc::codec::Codec;
use crate::orc::metadata::{Encoding, Footer, PostScript, StreamKind, Stripe, StripeFooter};
use bytes::Bytes;
use millrace_batch::{ErrorCode, KernelError, Result};
use std::collections::HashMap;
use std::ops::Range;

/// Bytes of the columns of one stripe that are wanted, as they are in the file and, piece by piece, decompressed.
const MAX_STRIPE_BYTES: usize = 1 << 30;

/// Which bytes of the file hold the wanted columns of a stripe.
#[derive(Debug, Default)]
pub(in crate::orc) struct StripePlan {
    pub(in crate::orc) ranges: Vec<Range<u64>>,
    /// Column and kind of each range.
    keys: Vec<(usize, StreamKind)>,
    encodings: Vec<Encoding>,
    zone: String,
}

impl StripePlan {
    /// `roots`: the top-level columns by number, each with all below it.
    ///
    /// # Errors
    /// `FILE_CORRUPT` when a stream is outside its stripe or there twice, `VALUE_TOO_LARGE`.
    pub(in crate::orc) fn try_new(
        stripe: &Stripe,
        stripe_footer: StripeFooter,
        footer: &Footer,
        postscript: &PostScript,
        roots: &[usize],
    ) -> Result<Self> {
        if stripe_footer.encodings.len() != footer.nodes.len() {
            return Err(corrupt("a stripe has not one encoding for every column"));
        }
        let is_wanted =
            |column: usize| column == 0 || roots.iter().any(|root| (*root..footer.nodes[*root].end).contains(&column));
        let mut plan = Self { encodings: stripe_footer.encodings, zone: stripe_footer.zone, ..Self::default() };
        let (mut at, end) = (stripe.offset, stripe.footer_start());
        let mut held_bytes = 0usize;
        for stream in stripe_footer.streams {
            let start = at;
            at = at
                .checked_add(stream.bytes)
                .filter(|at| *at <= end)
                .ok_or_else(|| corrupt("a stream is outside its stripe"))?;
            let Some(kind) = stream.kind.filter(|_| stream.column < footer.nodes.len() && is_wanted(stream.column))
            else {
                continue;
            };
            let length = stream.bytes as usize;
            if postscript.codec != Codec::None {
                held_bytes =
                    held_bytes.saturating_add(postscript.block_bytes.min(postscript.codec.expanded_bound(length)));
            }
            held_bytes = held_bytes.saturating_add(length);
            if held_bytes > MAX_STRIPE_BYTES {
                return Err(KernelError::new(ErrorCode::ValueTooLarge, "the columns of a stripe are over the limit"));
            }
            plan.ranges.push(start..at);
            plan.keys.push((stream.column, kind));
        }
        Ok(plan)
    }
}

/// The streams of a stripe that were read, each for one column reader.
pub(in crate::orc) struct StripeStreams {
    streams: HashMap<(usize, u8), ByteSource>,
    encodings: Vec<Encoding>,
    /// Zone in which local times were written.
    pub(in crate::orc) writer_zone: String,
    /// Zone in which instants are shown.
    pub(in crate::orc) reader_zone: LocalZone,
    /// Bytes that the texts of one column may have in a batch, or in a dictionary.
    pub(in crate::orc) batch_limit_bytes: usize,
}

impl StripeStreams {
    /// `arrived` has the bytes of each range of the plan.
    ///
    /// # Errors
    /// `FILE_CORRUPT` when a stream is there twice.
    pub(in crate::orc) fn try_new(
        plan: StripePlan,
        arrived: Vec<Vec<u8>>,
        postscript: &PostScript,
        reader_zone: &LocalZone,
        batch_limit_bytes: usize,
    ) -> Result<Self> {
        let mut streams = HashMap::with_capacity(plan.keys.len());
        for ((column, kind), bytes) in plan.keys.into_iter().zip(arrived) {
            let source = ByteSource::new(Bytes::from(bytes), postscript.codec, postscript.block_bytes);
            if streams.insert((column, kind as u8), source).is_some() {
                return Err(corrupt("a stripe has a stream twice"));
            }
        }
        Ok(Self {
            streams,
            encodings: plan.encodings,
            writer_zone: plan.zone,
            reader_zone: reader_zone.clone(),
            batch_limit_bytes,
        })
    }

    pub(in crate::orc) fn take(&mut self, column: usize, kind: StreamKind) -> Option<ByteSource> {
        self.streams.remove(&(column, kind as u8))
    }

    /// Streams without bytes are left out of files.
    pub(in crate::orc) fn take_or_empty(&mut self, column: usize, kind: StreamKind) -> ByteSource {
        self.take(column, kind).unwrap_or_default()
    }

    pub(in crate::orc) fn encoding(&self, column: usize) -> Result<Encoding> {
        self.encodings.get(column).copied().ok_or_else(|| corrupt("a column has no encoding"))
    }
}

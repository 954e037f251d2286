//! Morsels of batches to stripes.

use super::assemble::{FileLayout, describe_stripe};
use super::column::{Closed, ColumnWriter};
use crate::columnar::check_digits;
use crate::orc::codec::Compressor;
use crate::orc::metadata::{Stream, Stripe, StripeFooter};
use crate::orc::protobuf::Message;
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, StructArray};
use millrace_batch::codec::{Context, Encoder};
use millrace_batch::{Batch, DataType, KernelError, OutputBuffer, Result, Schema};
use serde_json::Value;
use std::sync::Arc;

/// Zone of local times: that in which they are what they are everywhere.
const WRITER_ZONE: &str = "UTC";

/// Makes the encoder; see the [module](crate::orc) for its options.
pub(in crate::orc) fn make_encoder(
    schema: &Arc<Schema>,
    options: &Value,
    _context: &Context,
) -> Result<Box<dyn Encoder>> {
    let layout = FileLayout::try_new(schema, options)?;
    let compressor = layout.compressor()?;
    Ok(Box::new(OrcEncoder { layout, compressor, stripe: None, finished: Finished::default() }))
}

/// Encodes a morsel as one stripe. Its streams are held, uncompressed, until [`Encoder::finish`].
struct OrcEncoder {
    layout: FileLayout,
    compressor: Compressor,
    stripe: Option<OpenStripe>,
    finished: Finished,
}

/// The stripe being written.
struct OpenStripe {
    rows: u64,
    columns: Vec<ColumnWriter>,
}

/// A stripe that is being handed out.
#[derive(Default)]
struct Finished {
    bytes: Vec<u8>,
    handed_out: usize,
    metadata: Option<Vec<u8>>,
    is_open: bool,
}

impl Encoder for OrcEncoder {
    fn encode(&mut self, batch: &Batch, first_row: usize, _output: &mut OutputBuffer<'_>) -> Result<usize> {
        if first_row >= batch.rows {
            return Ok(batch.rows);
        }
        let rows = batch.rows - first_row;
        let columns: Vec<_> = batch.columns.iter().map(|column| column.slice(first_row, rows)).collect();
        check(&batch.schema, &columns).map_err(|mut error| {
            error.row = error.row.map(|row| row + first_row as u64);
            error
        })?;
        let stripe = self.stripe.get_or_insert_with(|| OpenStripe::new(&self.layout));
        stripe.rows += rows as u64;
        for ((writer, array), column) in stripe.columns.iter_mut().zip(&columns).zip(&batch.schema.columns) {
            writer.append(array).map_err(|error| error.at_field(&column.name))?;
        }
        Ok(batch.rows)
    }

    fn row_bound(&self, _batch: &Batch, _row: usize) -> usize {
        0
    }

    fn reset(&mut self, _first_row: u64) {
        self.stripe = None;
        self.finished.metadata = None;
        self.finished.is_open = false;
    }

    fn needs_row_number(&self) -> bool {
        true
    }

    fn finish(&mut self, output: &mut OutputBuffer<'_>) -> Result<bool> {
        if !self.finished.is_open {
            self.close_stripe()?;
        }
        let finished = &mut self.finished;
        if !finished.is_open {
            return Ok(true);
        }
        let length = (finished.bytes.len() - finished.handed_out).min(output.remaining());
        output.push_slice(&finished.bytes[finished.handed_out..finished.handed_out + length]);
        finished.handed_out += length;
        finished.is_open = finished.handed_out < finished.bytes.len();
        Ok(!finished.is_open)
    }

    fn take_metadata(&mut self) -> Option<Vec<u8>> {
        if self.finished.is_open { None } else { self.finished.metadata.take() }
    }

    fn memory_bytes(&self) -> usize {
        let columns = self.stripe.iter().flat_map(|stripe| &stripe.columns);
        columns.map(ColumnWriter::memory_bytes).sum::<usize>()
            + self.finished.bytes.capacity()
            + self.compressor.memory_bytes()
    }
}

impl OpenStripe {
    fn new(layout: &FileLayout) -> Self {
        let roots = layout.nodes[0].children.iter();
        Self { rows: 0, columns: roots.map(|root| ColumnWriter::new(&layout.nodes, *root)).collect() }
    }
}

impl OrcEncoder {
    fn close_stripe(&mut self) -> Result<()> {
        self.finished.metadata = None;
        let Some(open) = self.stripe.take() else { return Ok(()) };
        let mut closed = Closed::default();
        closed.encodings.push(crate::orc::metadata::Encoding::default());
        closed.statistics.push(super::statistics::Statistics { values: open.rows, ..Default::default() });
        open.columns.into_iter().for_each(|column| column.close(&mut closed));
        let bytes = &mut self.finished.bytes;
        bytes.clear();
        let mut footer =
            StripeFooter { streams: Vec::new(), encodings: closed.encodings, zone: WRITER_ZONE.to_owned() };
        for (column, kind, stream) in closed.streams {
            let start = bytes.len();
            self.compressor.compress(&stream, bytes)?;
            footer.streams.push(Stream { column, kind: Some(kind), bytes: (bytes.len() - start) as u64 });
        }
        let data_bytes = bytes.len() as u64;
        let Message { bytes: message } = footer.message();
        self.compressor.compress(&message, bytes)?;
        let footer_bytes = bytes.len() as u64 - data_bytes;
        let stripe = Stripe { offset: 0, index_bytes: 0, data_bytes, footer_bytes, rows: open.rows };
        self.finished.metadata = Some(describe_stripe(&stripe, &closed.statistics));
        (self.finished.handed_out, self.finished.is_open) = (0, true);
        Ok(())
    }
}

/// Checks every value that may not be writable; the lowest failing row wins.
fn check(schema: &Schema, columns: &[ArrayRef]) -> Result<()> {
    let mut failed: Option<KernelError> = None;
    for (array, column) in columns.iter().zip(&schema.columns) {
        if let Err(error) = check_column(array, &column.data_type)
            && failed.as_ref().is_none_or(|failed| error.row < failed.row)
        {
            failed = Some(error.at_field(&column.name));
        }
    }
    failed.map_or(Ok(()), Err)
}

fn check_column(array: &ArrayRef, data_type: &DataType) -> Result<()> {
    // Rows of inner arrays are not rows of the batch.
    let inner = |result: Result<()>| result.map_err(|error| KernelError { row: None, ..error });
    match data_type {
        DataType::Decimal { precision, .. } => check_digits(array, *precision),
        DataType::Array { element } => match array.as_list_opt::<i32>() {
            Some(list) => inner(check_column(list.values(), element)),
            None => Ok(()),
        },
        DataType::Map { key, value } => match array.as_map_opt() {
            Some(map) => inner(check_column(map.keys(), key).and_then(|()| check_column(map.values(), value))),
            None => Ok(()),
        },
        DataType::Row { fields } => {
            let columns = array.as_struct_opt().into_iter().flat_map(StructArray::columns);
            columns.zip(fields).try_for_each(|(column, field)| check_column(column, &field.data_type))
        }
        _ => Ok(()),
    }
}

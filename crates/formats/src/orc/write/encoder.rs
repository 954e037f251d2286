//! Morsels of batches to stripes.

use super::assemble::{FileLayout, describe_stripe};
use super::column::{Closed, ColumnWriter};
use super::values::used;
use crate::columnar::check::{check_digits, check_rows, shifted};
use crate::columnar::finished::Finished;
use crate::orc::codec::Compressor;
use crate::orc::metadata::{Encoding, Stream, Stripe, StripeFooter};
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

impl Encoder for OrcEncoder {
    fn check(&mut self, batch: &Batch) -> Result<()> {
        check_rows(batch, |rows| check_values(&rows.schema, &rows.columns))
    }

    fn encode(&mut self, batch: &Batch, first_row: usize, _output: &mut OutputBuffer<'_>) -> Result<usize> {
        if first_row >= batch.rows {
            return Ok(batch.rows);
        }
        let rows = batch.rows - first_row;
        let columns: Vec<_> = batch.columns.iter().map(|column| column.slice(first_row, rows)).collect();
        check_values(&batch.schema, &columns).map_err(|error| shifted(error, first_row))?;
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
        self.finished.reset();
    }

    fn needs_row_number(&self) -> bool {
        true
    }

    fn finish(&mut self, output: &mut OutputBuffer<'_>) -> Result<bool> {
        if !self.finished.is_open() {
            self.close_stripe()?;
        }
        Ok(self.finished.hand_out(output))
    }

    fn take_metadata(&mut self) -> Option<Vec<u8>> {
        self.finished.take_metadata()
    }

    fn memory_bytes(&self) -> usize {
        let columns = self.stripe.iter().flat_map(|stripe| &stripe.columns);
        columns.map(ColumnWriter::memory_bytes).sum::<usize>()
            + self.finished.memory_bytes()
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
        self.finished.reset();
        let Some(open) = self.stripe.take() else { return Ok(()) };
        let mut closed = Closed::default();
        closed.encodings.push(Encoding::default());
        closed.statistics.push(super::statistics::Statistics { values: open.rows, ..Default::default() });
        open.columns.into_iter().for_each(|column| column.close(&mut closed));
        let mut bytes = self.finished.take_pieces().pop().unwrap_or_default();
        bytes.clear();
        let mut footer =
            StripeFooter { streams: Vec::new(), encodings: closed.encodings, zone: WRITER_ZONE.to_owned() };
        for (column, kind, stream) in closed.streams {
            let start = bytes.len();
            self.compressor.compress(&stream, &mut bytes)?;
            footer.streams.push(Stream { column, kind: Some(kind), bytes: (bytes.len() - start) as u64 });
        }
        let data_bytes = bytes.len() as u64;
        let Message { bytes: message } = footer.message();
        self.compressor.compress(&message, &mut bytes)?;
        let footer_bytes = bytes.len() as u64 - data_bytes;
        let stripe = Stripe { offset: 0, index_bytes: 0, data_bytes, footer_bytes, rows: open.rows };
        self.finished = Finished::new(vec![bytes], describe_stripe(&stripe, &closed.statistics));
        Ok(())
    }
}

/// Checks every value that may not be writable.
///
/// # Errors
/// [`ErrorCode::EncodeFailed`](millrace_batch::ErrorCode) at the lowest failing row, without a row when the value is inside a list or a map.
fn check_values(schema: &Schema, columns: &[ArrayRef]) -> Result<()> {
    lowest(
        columns.iter().zip(&schema.columns).map(|(array, column)| {
            check_column(array, &column.data_type).map_err(|error| error.at_field(&column.name))
        }),
    )
}

fn lowest(results: impl Iterator<Item = Result<()>>) -> Result<()> {
    results.filter_map(Result::err).min_by_key(|error| error.row).map_or(Ok(()), Err)
}

fn check_column(array: &ArrayRef, data_type: &DataType) -> Result<()> {
    let elements = |values: &ArrayRef, offsets: &[i32], data_type: &DataType| {
        let mut parts = used(values, offsets, array.nulls()).into_iter();
        // Rows of inner arrays are not rows of the batch.
        parts.try_for_each(|part| check_column(&part, data_type)).map_err(|error| KernelError { row: None, ..error })
    };
    match data_type {
        DataType::Decimal { precision, .. } => check_digits(array, *precision),
        DataType::Array { element } => match array.as_list_opt::<i32>() {
            Some(list) => elements(list.values(), list.offsets(), element),
            None => Ok(()),
        },
        DataType::Map { key, value } => match array.as_map_opt() {
            Some(map) => {
                elements(map.keys(), map.offsets(), key).and_then(|()| elements(map.values(), map.offsets(), value))
            }
            None => Ok(()),
        },
        DataType::Row { fields } => {
            let columns = array.as_struct_opt().into_iter().flat_map(StructArray::columns);
            lowest(columns.zip(fields).map(|(column, field)| check_column(column, &field.data_type)))
        }
        _ => Ok(()),
    }
}

//! What turns bytes into batches and batches into bytes, and how such parts are registered.
//!
//! A part never reads or writes anything itself: a [`Decoder`] is given bytes or says which ranges it needs, an [`Encoder`]
//! appends to a bounded buffer. Neither keeps a record across calls unless it says so, so that a result never depends on
//! how a file was cut into pieces.

use crate::{Batch, OutputBuffer, Result, Schema};
use serde_json::Value;
use std::sync::Arc;

/// What a program gives to every part when it is compiled: nothing here is read from the environment.
#[derive(Clone, Debug)]
pub struct Context {
    /// IANA name of the zone in which local times are meant, for example `UTC`.
    pub zone: String,
    /// The clock of the job's start, microseconds since 1970-01-01T00:00Z.
    pub now_micros: i64,
    /// Seed of everything random.
    pub seed: u64,
    /// One value or record may not be longer than this many bytes.
    pub value_limit_bytes: usize,
    /// Index of the subtask that the program works for.
    pub subtask: u32,
    /// Index of the worker that runs the program; several may work for one subtask.
    pub worker: u32,
}

impl Default for Context {
    fn default() -> Self {
        Self { zone: "UTC".into(), now_micros: 0, seed: 0, value_limit_bytes: 64 << 20, subtask: 0, worker: 0 }
    }
}

/// One format or generator: its name in program documents, and how its parts are made. `options` is the JSON object of
/// the document, already validated by the host; unknown members are ignored.
pub struct CodecDefinition {
    /// Name in program documents, for example `csv`.
    pub name: &'static str,
    /// Makes a decoder that gives batches of `schema`.
    pub decoder: Option<DecoderFactory>,
    /// Makes an encoder for batches of `schema`.
    pub encoder: Option<EncoderFactory>,
    /// Looks at a file before a job is planned.
    pub inspect: Option<InspectFunction>,
    /// Completes a file from the metadata of its pieces (see [`Encoder::take_metadata`]); absent for formats that need none.
    pub assemble: Option<AssembleFunction>,
}

/// See [`CodecDefinition::decoder`].
pub type DecoderFactory = fn(schema: &Arc<Schema>, options: &Value, context: &Context) -> Result<Box<dyn Decoder>>;
/// See [`CodecDefinition::encoder`].
pub type EncoderFactory = fn(schema: &Arc<Schema>, options: &Value, context: &Context) -> Result<Box<dyn Encoder>>;
/// Looks at a file of `file_length` bytes of which `piece` are the bytes from `offset` on. Answers either
/// `{"wanted":[[start,length],…]}` or `{"schema":{…},"splits":[{"rows":n,"arguments":"…","bytes":n},…]}`.
pub type InspectFunction =
    fn(options: &Value, file_length: u64, offset: u64, piece: &[u8], context: &Context) -> Result<Value>;

/// The bytes that complete a file: gets (file offset of the first byte, metadata) of every piece in file order.
pub type AssembleFunction =
    fn(schema: &Arc<Schema>, options: &Value, context: &Context, pieces: &[(u64, &[u8])]) -> Result<Vec<u8>>;

/// Columns to columns over one table's batches.
pub trait Operator: Send {
    /// Schema of the result.
    fn output_schema(&self) -> &Arc<Schema>;

    /// For each output column, the input column it is an unchanged copy of (possibly renamed), if it is one.
    fn lineage(&self) -> Vec<Option<usize>>;

    /// Starts a piece of work; `arguments` is the JSON text that the decoder gets too. Most operators do not look at it.
    ///
    /// # Errors
    /// `PROGRAM_INVALID` when the arguments are not of the operator's shape.
    fn begin(&mut self, arguments: &str) -> Result<()> {
        let _ = arguments;
        Ok(())
    }

    /// Applies the operator to a batch. Rows keep their order; rows may be dropped or multiplied.
    ///
    /// # Errors
    /// The lowest failing row of the batch wins and is in the error; applying to the rows before it succeeds.
    fn apply(&mut self, batch: Batch) -> Result<Batch>;

    /// Schemas of the outputs beside the main one, which are ports 1, 2, … of the operator. None for most operators.
    fn side_schemas(&self) -> &[Arc<Schema>] {
        &[]
    }

    /// As [`Operator::apply`], with one batch per side output beside the result. Called in its place when there are side
    /// outputs; `apply` then gives the main output alone. The rows of every output keep their order.
    ///
    /// # Errors
    /// As [`Operator::apply`].
    fn apply_with_sides(&mut self, batch: Batch) -> Result<(Batch, Vec<Batch>)> {
        Ok((self.apply(batch)?, Vec::new()))
    }
}

/// One operator: its name in program documents, and how it is compiled for an input schema.
pub struct OperatorDefinition {
    /// Name in program documents, for example `filter_row_kind`.
    pub name: &'static str,
    /// Compiles it; faults in SQL text carry their byte offset.
    pub compile: OperatorFactory,
}

/// See [`OperatorDefinition::compile`].
pub type OperatorFactory = fn(input: &Arc<Schema>, options: &Value, context: &Context) -> Result<Box<dyn Operator>>;
/// Where a piece of input stands in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputBounds {
    /// The piece may begin inside a record that belongs to the piece before: skip to the first record start.
    pub skip_partial_record: bool,
    /// The piece is the beginning of its file: byte-order mark and header rows are skipped.
    pub start_of_file: bool,
    /// The piece ends where its file ends: a last record without a delimiter counts.
    pub end_of_file: bool,
    /// Only records that begin before this offset of the piece are decoded. Bytes behind it may be read to complete one.
    pub limit: usize,
}

/// What one call to a decoder gave.
#[derive(Debug, Default)]
pub struct Decoded {
    /// Bytes of the input that are done with; the caller presents the rest again, followed by more.
    /// 0 with no batch, no range and not done means that the next record is longer than the input: come back with more.
    pub consumed: usize,
    /// Rows decoded, if any.
    pub batch: Option<Batch>,
    /// Byte ranges of the file (start, length) that the decoder wants to see next, concatenated in this order.
    /// Only formats that are read by position ask.
    pub wanted_ranges: Vec<(u64, u64)>,
    /// No further row will come from this piece: its limit or end was reached.
    pub done: bool,
}

/// Bytes to batches of one table.
pub trait Decoder: Send {
    /// Starts a piece of work; `arguments` is the JSON text that the host gives with it (row group, row range, path parts).
    ///
    /// # Errors
    /// `PROGRAM_INVALID` when the arguments are not of this format's shape.
    fn begin(&mut self, arguments: &str) -> Result<()>;

    /// Decodes complete records from `input`, at most about 8,192 rows or 1 MiB of them at a call.
    ///
    /// # Errors
    /// The format's code, with the row inside this call's batch. Rows before it can be had by calling [`Decoder::rows_before_error`].
    fn decode(&mut self, input: &[u8], bounds: InputBounds) -> Result<Decoded>;

    /// The rows that were decoded before the row at which the last call failed.
    fn rows_before_error(&mut self) -> Option<Batch> {
        None
    }

    /// Bytes this decoder holds outside its input and its batches.
    fn memory_bytes(&self) -> usize {
        0
    }
}

/// Batches of one table to bytes.
pub trait Encoder: Send {
    /// Encodes rows from `first_row` on as long as they fit, and returns how many rows of the batch are done in all.
    /// Fewer than `batch.rows` means that `output` is full; 0 progress on an empty output means that one row alone does
    /// not fit, and [`Encoder::row_bound`] says how much it needs.
    ///
    /// # Errors
    /// `ENCODE_FAILED` or `TYPE_UNSUPPORTED` at a row.
    fn encode(&mut self, batch: &Batch, first_row: usize, output: &mut OutputBuffer<'_>) -> Result<usize>;

    /// Looks for values that the format cannot hold: rows that pass are encoded without `ENCODE_FAILED`. Called before rows are
    /// taken where failing rows are to be set aside; formats that hold every value of their types need not look.
    ///
    /// # Errors
    /// `ENCODE_FAILED` at the lowest such row.
    fn check(&mut self, batch: &Batch) -> Result<()> {
        let _ = batch;
        Ok(())
    }

    /// An upper bound in bytes of one encoded row.
    fn row_bound(&self, batch: &Batch, row: usize) -> usize;

    /// End offsets, relative to everything encoded since the last [`Encoder::reset`], of the rows encoded since then.
    /// Used to cut the output at a row; formats whose output cannot be cut give an empty slice.
    fn row_ends(&self) -> &[u64] {
        &[]
    }

    /// Forgets what was encoded: the next output is another piece of work (another morsel, or another file), and its first
    /// row is number `first_row` (0-based) of its file, or of everything this sink writes when that is one piece.
    fn reset(&mut self, first_row: u64) {
        let _ = first_row;
    }

    /// Whether rows must be held until their number in the whole output is known, because the bytes depend on it or
    /// because the output cannot be cut afterwards (see [`Encoder::row_ends`]).
    fn needs_row_number(&self) -> bool {
        false
    }

    /// Bytes that end a piece of work (a row group, a document's tail). Called until it returns `true`.
    ///
    /// # Errors
    /// As [`Encoder::encode`].
    fn finish(&mut self, output: &mut OutputBuffer<'_>) -> Result<bool> {
        let _ = output;
        Ok(true)
    }

    /// What describes the piece of work that [`Encoder::finish`] ended, for the host to keep until the file is complete (the
    /// metadata of a row group, with offsets relative to its first byte). `None` for formats whose output is complete.
    fn take_metadata(&mut self) -> Option<Vec<u8>> {
        None
    }

    /// Bytes this encoder holds outside its output.
    fn memory_bytes(&self) -> usize {
        0
    }
}

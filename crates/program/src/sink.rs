//! The sink end of a program: rows are encoded as they come, or held until the host knows their number.

use crate::document::SinkDocument;
use crate::failed::{FailedRow, OnError, without_failing_rows};
use crate::graph::Graph;
use crate::registry;
use crate::report::Report;
use millrace_batch::codec::{Context, Encoder, Operator};
use millrace_batch::{Batch, ErrorCode, KernelError, OutputBuffer, Result, Schema};
use millrace_kernels::partition::partition;
use serde_json::{Value, json};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// An encoded row may be longer than its longest value: several columns, quotes, escapes.
const ROW_LIMIT_FACTOR: usize = 8;

/// Rows of one partition that wait for the host.
struct HeldPartition {
    keys: Vec<String>,
    batches: VecDeque<Batch>,
    /// Rows of the first batch that are encoded already.
    first_row: usize,
    rows: u64,
}

/// One sink of a program.
pub(crate) struct Sink {
    /// Number of the graph's output that it writes.
    pub(crate) input: usize,
    /// For whom it works.
    pub(crate) owner: u32,
    on_error: Option<OnError>,
    encoder: Box<dyn Encoder>,
    projection: Option<Box<dyn Operator>>,
    partition_by: Vec<String>,
    pending: VecDeque<(Batch, usize)>,
    held: Vec<HeldPartition>,
    held_index: HashMap<Vec<String>, usize>,
    /// One encoded row may not be longer than this.
    row_limit_bytes: usize,
}

impl Sink {
    /// Compiles a sink behind a graph. `handlers` is the number of error handlers it may name.
    pub(crate) fn compile(document: &SinkDocument, graph: &Graph, handlers: usize, context: &Context) -> Result<Self> {
        let output = graph.output(document.input, document.port)?;
        let input = graph.schema(output);
        let projection = match &document.columns {
            Some(names) => Some(compile_projection(names, input, context)?),
            None => None,
        };
        for name in &document.partition_by {
            if input.index_of(name).is_none() {
                return Err(KernelError::new(
                    ErrorCode::FieldNotFound,
                    format!("partition field '{name}' is not in the input"),
                ));
            }
        }
        let written = projection.as_ref().map_or(input, |operator| operator.output_schema());
        let definition = registry::codec(&document.codec)?;
        let factory = definition.encoder.ok_or_else(|| {
            KernelError::new(ErrorCode::Unimplemented, format!("format '{}' cannot be written", document.codec))
        })?;
        Ok(Self {
            input: output,
            owner: 0,
            on_error: OnError::compile(document.on_error.as_ref(), handlers)?,
            encoder: factory(written, &document.options, context)?,
            projection,
            partition_by: document.partition_by.clone(),
            pending: VecDeque::new(),
            held: Vec::new(),
            held_index: HashMap::new(),
            row_limit_bytes: context.value_limit_bytes.saturating_mul(ROW_LIMIT_FACTOR),
        })
    }

    /// Whether rows wait for [`Sink::flush`].
    pub(crate) fn holds_rows(&self) -> bool {
        self.encoder.needs_row_number() || !self.partition_by.is_empty()
    }

    /// Forgets everything of the piece of work before.
    pub(crate) fn begin(&mut self) {
        self.pending.clear();
        self.held.clear();
        self.held_index.clear();
        self.encoder.reset(0);
    }

    /// The rows that the format can hold. Where failing rows are handled, the others are in `failed`.
    ///
    /// # Errors
    /// A failure that is not of a row.
    pub(crate) fn admit(&mut self, batch: Batch, failed: &mut Vec<FailedRow>) -> Result<Batch> {
        let Some(on_error) = self.on_error.clone() else { return Ok(batch) };
        match self.check(batch.clone()) {
            Ok(()) => Ok(batch),
            Err(error) => without_failing_rows(&batch, error, &on_error, failed, &mut |piece| self.check(piece)),
        }
    }

    fn check(&mut self, batch: Batch) -> Result<()> {
        let batch = self.project(batch)?;
        self.encoder.check(&batch)
    }

    /// Takes rows.
    pub(crate) fn accept(&mut self, batch: Batch) -> Result<()> {
        if batch.rows == 0 {
            return Ok(());
        }
        if !self.holds_rows() {
            let batch = self.project(batch)?;
            self.pending.push_back((batch, 0));
            return Ok(());
        }
        if self.partition_by.is_empty() {
            return self.hold(Vec::new(), batch);
        }
        let names: Vec<&str> = self.partition_by.iter().map(String::as_str).collect();
        for part in partition(&batch, &names)? {
            self.hold(part.keys, part.batch)?;
        }
        Ok(())
    }

    fn hold(&mut self, keys: Vec<String>, batch: Batch) -> Result<()> {
        let batch = self.project(batch)?;
        let index = *self.held_index.entry(keys.clone()).or_insert(self.held.len());
        if index == self.held.len() {
            self.held.push(HeldPartition { keys, batches: VecDeque::new(), first_row: 0, rows: 0 });
        }
        let partition = &mut self.held[index];
        partition.rows += batch.rows as u64;
        partition.batches.push_back(batch);
        Ok(())
    }

    fn project(&mut self, batch: Batch) -> Result<Batch> {
        match &mut self.projection {
            Some(operator) => operator.apply(batch),
            None => Ok(batch),
        }
    }

    /// Whether rows wait to be encoded.
    pub(crate) fn has_pending(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Encodes what waits; `false` when the output is full.
    pub(crate) fn drain(&mut self, sink: usize, output: &mut OutputBuffer<'_>, report: &mut Report) -> Result<bool> {
        while let Some((batch, first_row)) = self.pending.front_mut() {
            let start = output.len();
            let done = self.encoder.encode(batch, *first_row, output)?;
            report.add_part(sink, (done - *first_row) as u64, start, output.len() - start);
            if done < batch.rows {
                refuse_oversized(self.encoder.as_ref(), batch, done, self.row_limit_bytes)?;
                *first_row = done;
                return Ok(false);
            }
            self.pending.pop_front();
        }
        Ok(true)
    }

    /// What is held: `[{"keys":[…],"rows":n},…]` in order of first appearance.
    pub(crate) fn held(&self) -> Value {
        self.held.iter().map(|partition| json!({ "keys": partition.keys, "rows": partition.rows })).collect()
    }

    /// Encodes at most `max_rows` rows of one held partition, numbered from `first_row`, and ends the piece. Called again
    /// with the same numbers while the output was full.
    pub(crate) fn flush(
        &mut self,
        sink: usize,
        flush: &mut FlushState,
        output: &mut OutputBuffer<'_>,
        report: &mut Report,
    ) -> Result<bool> {
        let partition = self.held.get_mut(flush.partition).ok_or_else(|| {
            KernelError::new(ErrorCode::ProgramInvalid, format!("sink {sink} holds no partition {}", flush.partition))
        })?;
        if !flush.started {
            self.encoder.reset(flush.first_row);
            flush.started = true;
        }
        while flush.rows_left > 0 {
            let Some(front) = partition.batches.front() else { break };
            let available = front.rows - partition.first_row;
            let take = available.min(usize::try_from(flush.rows_left).unwrap_or(usize::MAX));
            let piece = front.slice(partition.first_row, take);
            let start = output.len();
            let done = self.encoder.encode(&piece, 0, output)?;
            report.add_part(sink, done as u64, start, output.len() - start);
            partition.first_row += done;
            partition.rows -= done as u64;
            flush.rows_left -= done as u64;
            if partition.first_row == front.rows {
                partition.batches.pop_front();
                partition.first_row = 0;
            }
            if done < take {
                refuse_oversized(self.encoder.as_ref(), &piece, done, self.row_limit_bytes)?;
                return Ok(false);
            }
        }
        let start = output.len();
        let finished = self.encoder.finish(output)?;
        report.add_part(sink, 0, start, output.len() - start);
        Ok(finished)
    }

    /// End of row `row` (0-based, since the piece of work began) relative to the first byte of the piece's output.
    pub(crate) fn row_end(&self, row: usize) -> Result<u64> {
        self.encoder.row_ends().get(row).copied().ok_or_else(|| {
            KernelError::new(
                ErrorCode::ProgramInvalid,
                format!("row {row} was not encoded, or this output cannot be cut"),
            )
        })
    }

    pub(crate) fn take_metadata(&mut self) -> Vec<u8> {
        self.encoder.take_metadata().unwrap_or_default()
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        let pending = self.pending.iter().map(|(batch, _)| batch.memory_bytes()).sum::<usize>();
        let held = self.held.iter().flat_map(|partition| &partition.batches).map(Batch::memory_bytes).sum::<usize>();
        self.encoder.memory_bytes() + pending + held
    }
}

/// Where a flush stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FlushState {
    pub(crate) partition: usize,
    pub(crate) first_row: u64,
    pub(crate) rows_left: u64,
    pub(crate) started: bool,
}

fn compile_projection(names: &[String], input: &Arc<Schema>, context: &Context) -> Result<Box<dyn Operator>> {
    let columns: Vec<Value> = names.iter().map(|name| json!({ "from": name, "name": name })).collect();
    (registry::operator("project")?.compile)(input, &json!({ "columns": columns }), context)
}

/// A row that does not fit the output is presented again with more room, up to a limit.
fn refuse_oversized(encoder: &dyn Encoder, batch: &Batch, row: usize, limit_bytes: usize) -> Result<()> {
    let bound = encoder.row_bound(batch, row);
    if bound <= limit_bytes {
        return Ok(());
    }
    let message = format!("one encoded row may take '{bound}' bytes, more than the limit of '{limit_bytes}'");
    Err(KernelError::new(ErrorCode::ValueTooLarge, message).at_row(row))
}

//! A compiled program and how it is stepped.

use crate::document::{NodeDocument, ProgramDocument, SinkDocument};
use crate::registry;
use crate::report::{Report, Status};
use crate::sink::{FlushState, Sink};
use millrace_batch::codec::{Context, Decoder, InputBounds, Operator};
use millrace_batch::{Batch, ErrorCode, KernelError, OutputBuffer, Result, Schema};
use serde_json::Value;
use std::sync::Arc;

struct Node {
    input: usize,
    operator: Box<dyn Operator>,
}

/// One chain for one table: bytes in, bytes out.
pub struct Program {
    decoder: Box<dyn Decoder>,
    nodes: Vec<Node>,
    sinks: Vec<Sink>,
    schemas: Vec<Arc<Schema>>,
    /// Nothing of the piece was consumed yet: the flags of its beginning still hold.
    fresh: bool,
    decoder_done: bool,
    rows_decoded: u64,
    failure: Option<KernelError>,
    flush: Option<(usize, FlushState)>,
}

impl Program {
    /// Compiles a document.
    ///
    /// # Errors
    /// `PROGRAM_INVALID` for a document that makes no sense, `UNIMPLEMENTED` for a name this build does not have, and what the
    /// parts say of their options.
    pub fn compile(document: &ProgramDocument) -> Result<Self> {
        if !document.has_known_layout() {
            return Err(KernelError::new(
                ErrorCode::ProgramInvalid,
                format!("layout version '{}' is not the one of this build", document.layout_version),
            ));
        }
        let context = Context::from(&document.context);
        let input = Arc::new(document.input.schema.clone());
        let definition = registry::codec(&document.input.codec)?;
        let factory = definition.decoder.ok_or_else(|| {
            KernelError::new(ErrorCode::Unimplemented, format!("format '{}' cannot be read", document.input.codec))
        })?;
        let decoder = factory(&input, &document.input.options, &context)?;
        let (nodes, schemas) = compile_nodes(&input, &document.nodes, &context)?;
        let sinks = compile_sinks(&document.sinks, &schemas, &context)?;
        Ok(Self {
            decoder,
            nodes,
            sinks,
            schemas,
            fresh: true,
            decoder_done: false,
            rows_decoded: 0,
            failure: None,
            flush: None,
        })
    }

    /// Schemas of the decoder and of every node, in order.
    pub fn schemas(&self) -> &[Arc<Schema>] {
        &self.schemas
    }

    /// For each sink, whether it holds its rows until [`Program::flush`].
    pub fn holds_rows(&self) -> Vec<bool> {
        self.sinks.iter().map(Sink::holds_rows).collect()
    }

    /// Starts a piece of work; what an unfinished piece before left is forgotten.
    ///
    /// # Errors
    /// What the decoder and the operators say of their arguments.
    pub fn begin(&mut self, arguments: &str) -> Result<()> {
        self.fresh = true;
        self.decoder_done = false;
        self.rows_decoded = 0;
        self.failure = None;
        self.flush = None;
        self.sinks.iter_mut().for_each(Sink::begin);
        for node in &mut self.nodes {
            node.operator.begin(arguments)?;
        }
        self.decoder.begin(arguments)
    }

    /// Decodes from `input`, applies the operators and encodes into `output` until one of them is used up.
    ///
    /// # Errors
    /// The failure of the lowest row, with its number since [`Program::begin`]. Everything before that row is in the output
    /// of the calls before.
    pub fn step(&mut self, input: &[u8], bounds: InputBounds, output: &mut OutputBuffer<'_>) -> Result<Report> {
        let mut report = Report::new(Status::NeedInput);
        loop {
            if !self.drain(output, &mut report)? {
                report.status = Status::OutputFull;
                return Ok(report);
            }
            if let Some(failure) = self.failure.take() {
                if report.parts.is_empty() {
                    return Err(failure);
                }
                // The rows before the failure may fail further on, behind an asynchronous transform: the host gets them first.
                self.failure = Some(failure);
                report.status = Status::OutputFull;
                return Ok(report);
            }
            if self.decoder_done {
                report.status = Status::Done;
                return Ok(report);
            }
            let piece = InputBounds {
                skip_partial_record: bounds.skip_partial_record && self.fresh,
                start_of_file: bounds.start_of_file && self.fresh,
                end_of_file: bounds.end_of_file,
                limit: bounds.limit.saturating_sub(report.consumed),
            };
            let decoded = match self.decoder.decode(&input[report.consumed..], piece) {
                Ok(decoded) => decoded,
                Err(error) => {
                    self.fail_decoding(error)?;
                    continue;
                }
            };
            report.consumed += decoded.consumed;
            self.fresh &= decoded.consumed == 0 && decoded.batch.is_none();
            self.decoder_done = decoded.done;
            let idle = decoded.consumed == 0 && decoded.batch.is_none() && !decoded.done;
            if let Some(batch) = decoded.batch {
                report.rows_read += batch.rows as u64;
                self.run(batch)?;
            }
            if !decoded.wanted_ranges.is_empty() {
                report.wanted_ranges = decoded.wanted_ranges;
            }
            if idle || !report.wanted_ranges.is_empty() {
                // Rows decoded in this call are not kept waiting for input that may be long in coming.
                if !self.drain(output, &mut report)? {
                    report.status = Status::OutputFull;
                }
                return Ok(report);
            }
        }
    }

    /// What a sink holds: `[{"keys":[…],"rows":n},…]`.
    ///
    /// # Errors
    /// `PROGRAM_INVALID` when there is no such sink.
    pub fn held(&self, sink: usize) -> Result<Value> {
        Ok(self.sink(sink)?.held())
    }

    /// Encodes at most `max_rows` rows of a held partition, numbered from `first_row`, and ends that piece of output. While the
    /// status is [`Status::OutputFull`] the next call goes on with it, whatever its numbers say.
    ///
    /// # Errors
    /// What the encoder says.
    pub fn flush(
        &mut self,
        sink: usize,
        partition: usize,
        first_row: u64,
        max_rows: u64,
        output: &mut OutputBuffer<'_>,
    ) -> Result<Report> {
        self.sink(sink)?;
        let mut state = match self.flush.take() {
            Some((running, state)) if running == sink && state.partition == partition => state,
            _ => FlushState { partition, first_row, rows_left: max_rows, started: false },
        };
        let mut report = Report::new(Status::Done);
        if !self.sinks[sink].flush(sink, &mut state, output, &mut report)? {
            report.status = Status::OutputFull;
            self.flush = Some((sink, state));
        }
        Ok(report)
    }

    /// End of a row in a sink's output of this piece of work, for cutting it.
    ///
    /// # Errors
    /// `PROGRAM_INVALID` when the row was not encoded or the format cannot be cut.
    pub fn row_end(&self, sink: usize, row: usize) -> Result<u64> {
        self.sink(sink)?.row_end(row)
    }

    /// What the encoder wants to be told again when its file is completed; empty for most formats.
    ///
    /// # Errors
    /// `PROGRAM_INVALID` when there is no such sink.
    pub fn take_metadata(&mut self, sink: usize) -> Result<Vec<u8>> {
        self.sink(sink)?;
        Ok(self.sinks[sink].take_metadata())
    }

    /// Bytes held outside the caller's arenas.
    pub fn memory_bytes(&self) -> usize {
        self.decoder.memory_bytes() + self.sinks.iter().map(Sink::memory_bytes).sum::<usize>()
    }

    fn sink(&self, sink: usize) -> Result<&Sink> {
        self.sinks
            .get(sink)
            .ok_or_else(|| KernelError::new(ErrorCode::ProgramInvalid, format!("the program has no sink {sink}")))
    }

    fn drain(&mut self, output: &mut OutputBuffer<'_>, report: &mut Report) -> Result<bool> {
        for (index, sink) in self.sinks.iter_mut().enumerate() {
            if !sink.drain(index, output, report)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The rows before a record that cannot be decoded still go through the operators: one of them may fail earlier.
    fn fail_decoding(&mut self, mut error: KernelError) -> Result<()> {
        error.row = error.row.map(|row| row + self.rows_decoded);
        self.decoder_done = true;
        if let Some(batch) = self.decoder.rows_before_error() {
            self.run(batch)?;
        }
        self.failure.get_or_insert(error);
        Ok(())
    }

    /// Applies every node to a batch. At a failure the rows before it go on, and a failure further down, which is at an
    /// earlier row, takes its place.
    fn run(&mut self, batch: Batch) -> Result<()> {
        let rows_before = self.rows_decoded;
        self.rows_decoded += batch.rows as u64;
        let mut results: Vec<Batch> = Vec::with_capacity(self.nodes.len() + 1);
        results.push(batch);
        let mut failure: Option<KernelError> = None;
        for node in &mut self.nodes {
            let input = &results[node.input];
            let output = match node.operator.apply(input.clone()) {
                Ok(output) => output,
                Err(error) => {
                    let rows = error.row.map_or(0, |row| row as usize).min(input.rows);
                    failure = Some(error);
                    node.operator.apply(input.slice(0, rows))?
                }
            };
            results.push(output);
        }
        for sink in &mut self.sinks {
            sink.accept(results[sink.input].clone())?;
        }
        if let Some(mut error) = failure {
            error.row = error.row.map(|row| row + rows_before);
            self.decoder_done = true;
            self.failure = Some(error);
        }
        Ok(())
    }
}

/// Compiles operators over an input schema; the schemas are the input's and then every node's.
fn compile_nodes(
    input: &Arc<Schema>,
    documents: &[NodeDocument],
    context: &Context,
) -> Result<(Vec<Node>, Vec<Arc<Schema>>)> {
    let mut schemas = vec![Arc::clone(input)];
    let mut nodes = Vec::with_capacity(documents.len());
    for document in documents {
        let upstream = schema_at(&schemas, document.input)?;
        let operator = (registry::operator(&document.operator)?.compile)(upstream, &document.options, context)?;
        schemas.push(Arc::clone(operator.output_schema()));
        nodes.push(Node { input: document.input, operator });
    }
    Ok((nodes, schemas))
}

fn compile_sinks(documents: &[SinkDocument], schemas: &[Arc<Schema>], context: &Context) -> Result<Vec<Sink>> {
    documents.iter().map(|document| Sink::compile(document, schema_at(schemas, document.input)?, context)).collect()
}

fn schema_at(schemas: &[Arc<Schema>], index: usize) -> Result<&Arc<Schema>> {
    schemas
        .get(index)
        .ok_or_else(|| KernelError::new(ErrorCode::ProgramInvalid, format!("input '{index}' is not an earlier node")))
}

/// Schema and lineage that an operator would have over an input, without keeping it.
pub(crate) fn analyze(
    input: &Arc<Schema>,
    document: &NodeDocument,
    context: &Context,
) -> Result<(Arc<Schema>, Vec<Option<usize>>)> {
    let operator = (registry::operator(&document.operator)?.compile)(input, &document.options, context)?;
    Ok((Arc::clone(operator.output_schema()), operator.lineage()))
}

//! A compiled program and how it is stepped.

use crate::document::{NodeDocument, ProgramDocument};
use crate::error_handler::ErrorHandler;
use crate::failed::FailedRow;
use crate::graph::Graph;
use crate::measure::{Clock, Measure, Part, lap};
use crate::owner::{self, Call};
use crate::registry;
use crate::report::{ModelBytes, Report, Status};
use crate::sink::{FlushState, Sink};
use millrace_batch::codec::{Context, Decoder, InputBounds};
use millrace_batch::{Batch, ErrorCode, KernelError, OutputBuffer, Result, Schema};
use millrace_kernels::model_bytes::model_bytes;
use serde_json::Value;
use std::sync::Arc;

/// One chain for one table: bytes in, bytes out.
pub struct Program {
    decoder: Box<dyn Decoder>,
    /// For whom the decoder works.
    decoder_owner: u32,
    graph: Graph,
    handlers: Vec<ErrorHandler>,
    /// The document's sinks, then those of the error handlers, then their logs.
    sinks: Vec<Sink>,
    /// Number of the document's own sinks.
    row_sinks: usize,
    /// Nothing of the piece was consumed yet: the flags of its beginning still hold.
    fresh: bool,
    decoder_done: bool,
    rows_decoded: u64,
    failure: Option<KernelError>,
    flush: Option<(usize, FlushState)>,
    /// What was counted and not reported yet; `None` where nothing is counted.
    counted: Option<ModelBytes>,
    /// What was measured and not reported yet; `None` where nothing is measured.
    measure: Option<Measure>,
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
        let mut graph = Graph::compile(&input, &document.nodes, document.error_handlers.len(), &context)?;
        let (handlers, mut sinks) = compile_sinks(document, &graph, &context)?;
        graph.set_owners(&document.owners.nodes);
        for (sink, owner) in sinks.iter_mut().take(document.sinks.len()).zip(&document.owners.sinks) {
            sink.owner = *owner;
        }
        let asked = document.measure.as_ref();
        let (operators, row_sinks) = (document.nodes.len(), document.sinks.len());
        let measure = asked.map(|asked| Measure::compile(asked, &graph, operators, row_sinks)).transpose()?;
        Ok(Self {
            decoder,
            decoder_owner: document.owners.decoder,
            graph,
            handlers,
            sinks,
            row_sinks,
            fresh: true,
            decoder_done: false,
            rows_decoded: 0,
            failure: None,
            flush: None,
            counted: document.count_bytes.then(|| ModelBytes { read: 0, sinks: vec![0; row_sinks] }),
            measure,
        })
    }

    /// Schemas of the decoder and of every node's main output, in order.
    pub fn schemas(&self) -> Vec<&Schema> {
        self.graph.main_schemas()
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
        let _ = self.take_counted();
        let _ = self.measure.as_mut().map(Measure::take);
        self.sinks.iter_mut().for_each(Sink::begin);
        self.graph.begin(arguments)?;
        self.decoder.begin(arguments)
    }

    /// Decodes from `input`, applies the operators and encodes into `output` until one of them is used up. `clock` is for measuring
    /// alone: nothing else depends on it.
    ///
    /// # Errors
    /// The failure of the lowest row, with its number since [`Program::begin`]. Everything before that row is in the output
    /// of the calls before.
    pub fn step(
        &mut self,
        input: &[u8],
        bounds: InputBounds,
        output: &mut OutputBuffer<'_>,
        clock: Option<Clock>,
    ) -> Result<Report> {
        let _call = Call;
        if let Some(measure) = &mut self.measure {
            measure.begin(clock);
        }
        let mut report = self.advance(input, bounds, output)?;
        lap(&mut self.measure, Part::Decode);
        report.model_bytes = self.take_counted();
        report.measured = self.measure.as_mut().map(Measure::take);
        Ok(report)
    }

    fn take_counted(&mut self) -> Option<ModelBytes> {
        let sinks = self.row_sinks;
        self.counted.as_mut().map(|counted| std::mem::replace(counted, ModelBytes { read: 0, sinks: vec![0; sinks] }))
    }

    fn advance(&mut self, input: &[u8], bounds: InputBounds, output: &mut OutputBuffer<'_>) -> Result<Report> {
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
            owner::works(self.decoder_owner);
            let decoded = self.decoder.decode(&input[report.consumed..], piece);
            lap(&mut self.measure, Part::Decode);
            let decoded = match decoded {
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
                self.run(&batch)?;
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
        let _call = Call;
        owner::works(self.sink(sink)?.owner);
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
        let operators = self.graph.operators();
        for (index, sink) in self.sinks.iter_mut().enumerate() {
            if !sink.has_pending() {
                continue;
            }
            owner::works(sink.owner);
            let is_drained = sink.drain(index, output, report);
            lap(&mut self.measure, Part::Sink(index));
            if !is_drained.map_err(|error| error.in_part(operators + index))? {
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
            self.run(&batch)?;
        }
        self.failure.get_or_insert(error);
        Ok(())
    }

    /// Takes a batch through the operators and into the sinks. At a failure the rows before it go on.
    fn run(&mut self, batch: &Batch) -> Result<()> {
        let rows_before = self.rows_decoded;
        self.rows_decoded += batch.rows as u64;
        let decoded = self.counted.as_mut().map(|counted| {
            let bytes = model_bytes(batch);
            counted.read += bytes;
            Counted { output: 0, rows: batch.rows, bytes }
        });
        lap(&mut self.measure, Part::Decode);
        let failure = match self.apply(batch.clone()) {
            Ok(applied) => return self.deliver(applied, decoded),
            Err(failure) => failure,
        };
        self.decoder_done = true;
        let (good, failure) = self.first_failure(batch, failure);
        let applied = self.apply(batch.slice(0, good))?;
        self.deliver(applied, None)?;
        self.failure = Some(KernelError { row: failure.row.map(|_| rows_before + good as u64), ..failure });
        Ok(())
    }

    /// How many rows of a batch come before the lowest failing one, and its failure. Operators before the failing one may drop
    /// or multiply rows and there may be several branches, so that rows are counted by looking which beginnings fail.
    fn first_failure(&mut self, batch: &Batch, failure: KernelError) -> (usize, KernelError) {
        if failure.row.is_none() {
            return (0, failure);
        }
        let (mut good, mut bad, mut failure) = (0, batch.rows, failure);
        while bad - good > 1 {
            let middle = good + (bad - good) / 2;
            match self.apply(batch.slice(0, middle)) {
                Ok(_) => good = middle,
                Err(error) => (bad, failure) = (middle, error),
            }
        }
        (good, failure)
    }

    /// Counts what reaches the sinks. Sinks that get the same rows share one count.
    fn count_sinks(&mut self, applied: &Applied, decoded: Option<Counted>) {
        let mut known: Vec<Counted> = decoded.into_iter().collect();
        self.count_rows_of_sinks(&applied.for_sinks, &mut known);
        self.count_taps(&applied.tapped, &mut known);
    }

    fn count_rows_of_sinks(&mut self, for_sinks: &[Batch], known: &mut Vec<Counted>) {
        let Some(totals) = &mut self.counted else { return };
        for ((sink, batch), total) in self.sinks.iter().zip(for_sinks).zip(&mut totals.sinks) {
            // A sink may leave out failing rows, but it does not take others.
            let same = known.iter().find(|each| each.output == sink.input && each.rows == batch.rows);
            let bytes = same.map_or_else(|| model_bytes(batch), |each| each.bytes);
            known.push(Counted { output: sink.input, rows: batch.rows, bytes });
            *total += bytes;
        }
    }

    /// Counts what passes the taps. Those of the same rows, and sinks with them, share one count of their bytes.
    fn count_taps(&mut self, tapped: &[Batch], known: &mut Vec<Counted>) {
        let Some(measure) = &mut self.measure else { return };
        let counts_bytes = self.counted.is_some();
        for (tap, batch) in tapped.iter().enumerate() {
            let output = measure.taps()[tap];
            if !counts_bytes || batch.rows == 0 {
                measure.count(tap, batch.rows, 0);
                continue;
            }
            let same = known.iter().find(|each| each.output == output && each.rows == batch.rows);
            let bytes = same.map_or_else(|| model_bytes(batch), |each| each.bytes);
            known.push(Counted { output, rows: batch.rows, bytes });
            measure.count(tap, batch.rows, bytes);
        }
    }

    /// Applies every operator, and looks for rows that the sinks cannot write where those are handled.
    fn apply(&mut self, batch: Batch) -> Result<Applied> {
        let mut failed = Vec::new();
        let outputs = self.graph.run(batch, &mut failed, &mut self.measure)?;
        let operators = self.graph.operators();
        let mut for_sinks = Vec::with_capacity(self.row_sinks);
        for (index, sink) in self.sinks.iter_mut().take(self.row_sinks).enumerate() {
            owner::works(sink.owner);
            let admitted = sink.admit(outputs[sink.input].clone(), &mut failed);
            for_sinks.push(admitted.map_err(|error| error.in_part(operators + index))?);
        }
        let taps = self.measure.as_ref().map_or(&[][..], Measure::taps);
        let tapped = taps.iter().map(|output| outputs[*output].clone()).collect();
        Ok(Applied { for_sinks, tapped, failed })
    }

    /// `decoded` is what was counted of the rows that were decoded.
    fn deliver(&mut self, applied: Applied, decoded: Option<Counted>) -> Result<()> {
        self.count_sinks(&applied, decoded);
        lap(&mut self.measure, Part::Decode);
        let operators = self.graph.operators();
        for (index, (sink, batch)) in self.sinks.iter_mut().zip(applied.for_sinks).enumerate() {
            owner::works(sink.owner);
            let accepted = sink.accept(batch);
            lap(&mut self.measure, Part::Sink(index));
            accepted.map_err(|error| error.in_part(operators + index))?;
        }
        if applied.failed.is_empty() {
            return Ok(());
        }
        for (index, handler) in self.handlers.iter_mut().enumerate() {
            let rows: Vec<&FailedRow> = applied.failed.iter().filter(|row| row.on_error.handler == index).collect();
            if !rows.is_empty() {
                handler.take(&rows, &mut self.sinks)?;
            }
        }
        Ok(())
    }
}

/// Model bytes of the rows of one of the graph's outputs.
struct Counted {
    output: usize,
    rows: usize,
    bytes: u64,
}

/// What came of a batch: the rows of every sink and tap, and the rows that failed.
struct Applied {
    for_sinks: Vec<Batch>,
    /// The rows of every tap.
    tapped: Vec<Batch>,
    failed: Vec<FailedRow>,
}

/// The error handlers and all sinks: the document's own, then those of the handlers, then their logs.
fn compile_sinks(
    document: &ProgramDocument,
    graph: &Graph,
    context: &Context,
) -> Result<(Vec<ErrorHandler>, Vec<Sink>)> {
    let documents = &document.error_handlers;
    let own = document.sinks.iter().map(|sink| Sink::compile(sink, graph, documents.len(), context));
    let mut sinks = own.collect::<Result<Vec<_>>>()?;
    let first_log = sinks.len() + documents.iter().map(|handler| handler.sinks.len()).sum::<usize>();
    let (mut handlers, mut logs) = (Vec::new(), Vec::new());
    for (index, handler) in documents.iter().enumerate() {
        let range = sinks.len()..sinks.len() + handler.sinks.len();
        let (compiled, taking, log) = ErrorHandler::compile(handler, range, first_log + index, context)?;
        handlers.push(compiled);
        sinks.extend(taking);
        logs.push(log);
    }
    sinks.extend(logs);
    Ok((handlers, sinks))
}

/// What an operator would be over an input.
pub(crate) struct Analyzed {
    pub(crate) schema: Arc<Schema>,
    pub(crate) lineage: Vec<Option<usize>>,
    pub(crate) sides: Vec<Arc<Schema>>,
}

/// Schemas and lineage that an operator would have over an input, without keeping it.
pub(crate) fn analyze(input: &Arc<Schema>, document: &NodeDocument, context: &Context) -> Result<Analyzed> {
    let operator = (registry::operator(&document.operator)?.compile)(input, &document.options, context)?;
    Ok(Analyzed {
        schema: Arc::clone(operator.output_schema()),
        lineage: operator.lineage(),
        sides: operator.side_schemas().to_vec(),
    })
}

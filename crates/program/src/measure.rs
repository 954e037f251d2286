//! How long the parts of a program take, and the rows that pass some of its outputs.

use crate::document::MeasureDocument;
use crate::graph::Graph;
use millrace_batch::Result;

/// A clock of the host in nanoseconds; where it begins does not matter. Kernels have none of their own.
pub type Clock = fn() -> u64;

/// What a step reports where the document asks for it. Times in nanoseconds, all 0 without a clock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Measured {
    /// Decoding, and what belongs to no operator and no sink.
    pub decode: u64,
    /// Of every operator.
    pub operators: Vec<u64>,
    /// Encoding, and what a sink does before it, of each of the document's sinks.
    pub sinks: Vec<u64>,
    /// Rows that passed each tap.
    pub tap_rows: Vec<u64>,
    /// Their model bytes; 0 unless they are counted.
    pub tap_bytes: Vec<u64>,
}

/// Where time goes to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Part {
    Decode,
    Operator(usize),
    /// Any sink; time of those that are not the document's own is put down to decoding.
    Sink(usize),
}

/// Puts the time of a step down to its parts, and counts what passes the taps.
pub(crate) struct Measure {
    clock: Option<Clock>,
    /// When the part that runs now began.
    since: u64,
    /// Outputs of the graph whose rows are counted.
    taps: Vec<usize>,
    measured: Measured,
}

impl Measure {
    /// Resolves the taps of a document.
    ///
    /// # Errors
    /// `PROGRAM_INVALID` for an output that is not there.
    pub(crate) fn compile(document: &MeasureDocument, graph: &Graph, operators: usize, sinks: usize) -> Result<Self> {
        let outputs = document.taps.iter().map(|tap| graph.output(tap.input, tap.port));
        let taps = outputs.collect::<Result<Vec<_>>>()?;
        let measured = Measured {
            decode: 0,
            operators: vec![0; operators],
            sinks: vec![0; sinks],
            tap_rows: vec![0; taps.len()],
            tap_bytes: vec![0; taps.len()],
        };
        Ok(Self { clock: None, since: 0, taps, measured })
    }

    /// A step begins.
    pub(crate) fn begin(&mut self, clock: Option<Clock>) {
        self.clock = clock;
        self.since = clock.map_or(0, |now| now());
    }

    /// What ran since the last call was this part.
    pub(crate) fn lap(&mut self, part: Part) {
        let Some(clock) = self.clock else { return };
        let now = clock();
        let nanos = now.saturating_sub(self.since);
        self.since = now;
        let own = match part {
            Part::Decode => None,
            Part::Operator(index) => self.measured.operators.get_mut(index),
            Part::Sink(index) => self.measured.sinks.get_mut(index),
        };
        *own.unwrap_or(&mut self.measured.decode) += nanos;
    }

    /// Outputs of the graph whose rows are counted.
    pub(crate) fn taps(&self) -> &[usize] {
        &self.taps
    }

    /// Counts rows that passed a tap.
    pub(crate) fn count(&mut self, tap: usize, rows: usize, bytes: u64) {
        self.measured.tap_rows[tap] += rows as u64;
        self.measured.tap_bytes[tap] += bytes;
    }

    /// What was measured since the last call.
    pub(crate) fn take(&mut self) -> Measured {
        let Measured { operators, sinks, tap_rows, .. } = &self.measured;
        let empty = Measured {
            decode: 0,
            operators: vec![0; operators.len()],
            sinks: vec![0; sinks.len()],
            tap_rows: vec![0; tap_rows.len()],
            tap_bytes: vec![0; tap_rows.len()],
        };
        std::mem::replace(&mut self.measured, empty)
    }
}

/// Puts down the time since the last call where a program is measured.
pub(crate) fn lap(measure: &mut Option<Measure>, part: Part) {
    if let Some(measure) = measure {
        measure.lap(part);
    }
}

//! What a step tells the host, as plain numbers.

use crate::measure::Measured;

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The input is used up as far as possible: present the rest followed by more, or the wanted ranges.
    NeedInput = 0,
    /// The output is full: take it away, then step again with the rest of the input.
    OutputFull = 1,
    /// The piece of work is done.
    Done = 2,
}

/// A run of encoded rows in the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Index of the sink in the document.
    pub sink: usize,
    /// Rows whose last byte is in this part.
    pub rows: u64,
    /// First byte in the output.
    pub offset: usize,
    /// Number of bytes.
    pub length: usize,
}

/// The result of one step or flush.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// How it ended.
    pub status: Status,
    /// Bytes of the input that are done with.
    pub consumed: usize,
    /// Rows that were decoded.
    pub rows_read: u64,
    /// Byte ranges (start, length) that the decoder wants to see next.
    pub wanted_ranges: Vec<(u64, u64)>,
    /// What was encoded.
    pub parts: Vec<Part>,
    /// Model bytes since the report before, where the document asks for them.
    pub model_bytes: Option<ModelBytes>,
    /// Times and taps since the report before, where the document asks for them.
    pub measured: Option<Measured>,
}

/// Bytes by [`millrace_kernels::model_bytes`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModelBytes {
    /// Of the rows that were decoded.
    pub read: u64,
    /// Of the rows that reached each of the document's sinks, encoded or not yet.
    pub sinks: Vec<u64>,
}

impl Report {
    /// An empty report with a status.
    pub fn new(status: Status) -> Self {
        Self {
            status,
            consumed: 0,
            rows_read: 0,
            wanted_ranges: Vec::new(),
            parts: Vec::new(),
            model_bytes: None,
            measured: None,
        }
    }

    /// Counts bytes of a sink; runs on from the part before when they touch.
    pub(crate) fn add_part(&mut self, sink: usize, rows: u64, offset: usize, length: usize) {
        if rows == 0 && length == 0 {
            return;
        }
        match self.parts.last_mut() {
            Some(last) if last.sink == sink && last.offset + last.length == offset => {
                last.rows += rows;
                last.length += length;
            }
            _ => self.parts.push(Part { sink, rows, offset, length }),
        }
    }

    /// The words that cross the boundary: status, consumed, rows read, number of ranges, ranges (start, length), number of
    /// parts, parts (sink, rows, offset, length); where they are counted the model bytes read and of every sink; where it is
    /// measured the nanoseconds of decoding, of every operator and of every sink, the rows of every tap and their bytes. Every
    /// value is a whole number below 2^53, and what stands behind the parts may be added up over several reports.
    pub fn to_words(&self) -> Vec<f64> {
        let mut words = Vec::with_capacity(5 + self.wanted_ranges.len() * 2 + self.parts.len() * 4);
        words.extend([f64::from(self.status as u32), self.consumed as f64, self.rows_read as f64]);
        words.push(self.wanted_ranges.len() as f64);
        for (start, length) in &self.wanted_ranges {
            words.extend([*start as f64, *length as f64]);
        }
        words.push(self.parts.len() as f64);
        for part in &self.parts {
            words.extend([part.sink as f64, part.rows as f64, part.offset as f64, part.length as f64]);
        }
        if let Some(model_bytes) = &self.model_bytes {
            words.push(model_bytes.read as f64);
            words.extend(model_bytes.sinks.iter().map(|bytes| *bytes as f64));
        }
        if let Some(measured) = &self.measured {
            words.push(measured.decode as f64);
            for values in [&measured.operators, &measured.sinks, &measured.tap_rows, &measured.tap_bytes] {
                words.extend(values.iter().map(|value| *value as f64));
            }
        }
        words
    }
}

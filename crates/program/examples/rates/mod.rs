//! Measures one part at a time on one core, for the rate programs of this folder; see `bench/rates.ts`.
#![allow(dead_code, reason = "each rate program uses a part of this")]

use millrace_batch::codec::{CodecDefinition, Context, InputBounds, OperatorDefinition};
use millrace_batch::{Batch, ErrorCode, KernelError, OutputBuffer, Result, Schema};
use serde_json::{Value, json};
use std::hint::black_box;
use std::sync::Arc;

/// Samples of one measurement.
const SAMPLES: usize = 5;

/// Processor time that a sample takes at least: the kernel counts it in steps of some milliseconds.
const SAMPLE_SECONDS: f64 = 0.04;

/// Size of the output buffer: that of the host's arenas.
const OUTPUT_BYTES: usize = 8 << 20;

/// What a rate is held against; the floors are in `bench/rates.ts`.
#[derive(Clone, Copy)]
pub(crate) enum Unit {
    /// Rows per second of work on numbers, flags, kinds or names.
    Numbers,
    /// Rows per second of work on text.
    Strings,
    /// Bytes per second read or written.
    Bytes,
}

/// Time this thread has spent on a processor: other work on the machine does not count.
fn processor_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|nanos| nanos.parse::<u64>().ok()).map_or(0.0, |nanos| nanos as f64 / 1e9)
}

/// Repeats `work` and prints the rate of its best sample. `why` says why a rate below its floor is all there is to have.
fn measure(name: &str, unit: Unit, why: Option<&str>, mut work: impl FnMut() -> Result<(usize, usize)>) -> Result<()> {
    let (mut best, mut size) = (0.0, (0, 0));
    for _ in 0..SAMPLES {
        let (mut repetitions, start) = (0u32, processor_seconds());
        let seconds = loop {
            size = black_box(work()?);
            repetitions += 1;
            let seconds = processor_seconds() - start;
            if seconds >= SAMPLE_SECONDS {
                break seconds;
            }
        };
        best = f64::max(best, f64::from(repetitions) / seconds);
    }
    let unit = match unit {
        Unit::Numbers => "numbers",
        Unit::Strings => "strings",
        Unit::Bytes => "bytes",
    };
    let (rows, bytes) = (size.0 as f64 * best, size.1 as f64 * best);
    println!("{}", json!({ "name": name, "unit": unit, "rowsPerSecond": rows, "bytesPerSecond": bytes, "why": why }));
    Ok(())
}

fn missing(kind: &str, name: &str) -> KernelError {
    KernelError::new(ErrorCode::Unimplemented, format!("{kind} '{name}' is not in this build"))
}

/// An operator by its name.
pub(crate) fn operator(name: &str) -> Result<&'static OperatorDefinition> {
    millrace_kernels::OPERATORS.iter().copied().find(|each| each.name == name).ok_or_else(|| missing("operator", name))
}

/// A format by its name.
pub(crate) fn format(name: &str) -> Result<&'static CodecDefinition> {
    millrace_formats::FORMATS.iter().copied().find(|each| each.name == name).ok_or_else(|| missing("format", name))
}

/// Rows per second of one operator over a batch.
pub(crate) fn operator_rate(
    label: &str,
    unit: Unit,
    why: Option<&str>,
    batch: &Batch,
    name: &str,
    options: &Value,
) -> Result<()> {
    let mut operator = (operator(name)?.compile)(&batch.schema, options, &Context::default())?;
    measure(label, unit, why, || {
        let rows = operator.apply(batch.clone())?.rows;
        black_box(rows);
        Ok((batch.rows, 0))
    })
}

/// All rows of some text as one batch per call of the decoder.
pub(crate) fn decode(schema: &Arc<Schema>, name: &str, options: &Value, input: &[u8]) -> Result<Vec<Batch>> {
    let make = format(name)?.decoder.ok_or_else(|| missing("a decoder of", name))?;
    let mut decoder = make(schema, options, &Context::default())?;
    decoder.begin("")?;
    let (mut at, mut batches) = (0, Vec::new());
    loop {
        let bounds = InputBounds {
            skip_partial_record: false,
            start_of_file: at == 0,
            end_of_file: true,
            limit: input.len() - at,
        };
        let decoded = decoder.decode(&input[at..], bounds)?;
        at += decoded.consumed;
        batches.extend(decoded.batch);
        if decoded.done {
            return Ok(batches);
        }
    }
}

/// Bytes per second of reading some text.
pub(crate) fn decoder_rate(label: &str, schema: &Arc<Schema>, name: &str, options: &Value, input: &[u8]) -> Result<()> {
    measure(label, Unit::Bytes, None, || {
        let rows = decode(schema, name, options, input)?.iter().map(|batch| batch.rows).sum();
        Ok((rows, input.len()))
    })
}

/// Bytes per second of writing some batches.
pub(crate) fn encoder_rate(label: &str, batches: &[Batch], name: &str, options: &Value) -> Result<()> {
    let make = format(name)?.encoder.ok_or_else(|| missing("an encoder of", name))?;
    let Some(first) = batches.first() else { return Ok(()) };
    let mut encoder = make(&first.schema, options, &Context::default())?;
    let mut buffer = vec![0; OUTPUT_BYTES];
    measure(label, Unit::Bytes, None, || {
        let (mut bytes, mut rows) = (0, 0);
        encoder.reset(0);
        for batch in batches {
            let mut row = 0;
            while row < batch.rows {
                let mut output = OutputBuffer::new(&mut buffer);
                row = encoder.encode(batch, row, &mut output)?;
                bytes += output.len();
            }
            rows += batch.rows;
        }
        Ok((rows, bytes))
    })
}

//! Reads a file as the host does: whole for formats that are read in order, by byte ranges for the others.

use super::files::Subject;
use millrace_batch::codec::{CodecDefinition, Context, InputBounds};
use millrace_batch::{KernelError, Schema};
use serde_json::Value;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// How reading ended.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// With this many rows.
    Read(usize),
    /// With a coded error.
    Refused(#[expect(dead_code, reason = "printed where a file that is right is refused")] KernelError),
    /// With what must not be.
    Panicked(String),
}

/// A value may be this long.
const VALUE_LIMIT_BYTES: usize = 1 << 20;

/// A small file may stand for a great many rows: so many are looked at.
const ROW_LIMIT: usize = 400_000;

/// Calls for one piece of a file.
const CALL_LIMIT: usize = 100_000;

fn context() -> Context {
    Context { value_limit_bytes: VALUE_LIMIT_BYTES, ..Context::default() }
}

/// Reads an input to its end.
pub(crate) fn read(subject: &Subject, input: &[u8]) -> Outcome {
    let definition = definition(subject);
    let result = catch_unwind(AssertUnwindSafe(|| {
        let pieces = match definition.inspect {
            Some(inspect) if subject.by_position => pieces(inspect, subject, input)?,
            _ => vec![(subject.schema(), (subject.arguments)(input))],
        };
        let mut rows = 0;
        for (schema, arguments) in pieces {
            rows += read_piece(definition, subject, &schema, &arguments, input)?;
            if rows > ROW_LIMIT {
                break;
            }
        }
        Ok(rows)
    }));
    match result {
        Ok(Ok(rows)) => Outcome::Read(rows),
        Ok(Err(error)) => Outcome::Refused(error),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            Outcome::Panicked(
                text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).into())).unwrap_or_default(),
            )
        }
    }
}

fn definition(subject: &Subject) -> &'static CodecDefinition {
    millrace_formats::FORMATS.iter().copied().find(|format| format.name == subject.codec).expect("a format")
}

/// The pieces of a file that is read by position, with its schema.
fn pieces(
    inspect: millrace_batch::codec::InspectFunction,
    subject: &Subject,
    input: &[u8],
) -> Result<Vec<(Arc<Schema>, String)>, KernelError> {
    let (mut offset, mut length) = (0, 0);
    let mut seen = Vec::new();
    for _ in 0..64 {
        let piece = &input[offset..offset + length];
        let answer = inspect(&subject.options(), input.len() as u64, offset as u64, piece, &context())?;
        let Some(wanted) = answer.get("wanted").and_then(|wanted| wanted.get(0)) else {
            let schema: Schema = serde_json::from_value(answer["schema"].clone()).expect("a schema");
            let schema = Arc::new(schema);
            let splits = answer["splits"].as_array().cloned().unwrap_or_default();
            let arguments = splits.iter().map(|split| match &split["arguments"] {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            });
            return Ok(arguments.map(|arguments| (Arc::clone(&schema), arguments)).collect());
        };
        let range = |index: usize| wanted[index].as_u64().map_or(usize::MAX, |number| number as usize);
        (offset, length) = (range(0), range(1));
        let end = offset.checked_add(length);
        assert!(end.is_some_and(|end| end <= input.len()), "bytes {offset}+{length} are asked of {}", input.len());
        assert!(!seen.contains(&(offset, length)), "the same bytes are asked for again");
        seen.push((offset, length));
    }
    panic!("an inspection does not end")
}

fn read_piece(
    definition: &CodecDefinition,
    subject: &Subject,
    schema: &Arc<Schema>,
    arguments: &str,
    input: &[u8],
) -> Result<usize, KernelError> {
    let mut decoder = (definition.decoder.expect("a decoder"))(schema, &subject.options(), &context())?;
    decoder.begin(arguments)?;
    let (mut at, mut rows) = (0, 0);
    let mut given: Vec<u8> = Vec::new();
    // Formats that are read in order see the file in pieces of uneven size.
    let mut visible = if subject.by_position { 0 } else { input.len().min(997) };
    for call in 0..CALL_LIMIT {
        let bytes = if subject.by_position { &given[..] } else { &input[at..visible] };
        let bounds = InputBounds {
            skip_partial_record: false,
            start_of_file: at == 0,
            end_of_file: !subject.by_position && visible == input.len(),
            limit: if subject.by_position { usize::MAX } else { input.len() - at },
        };
        let decoded = decoder.decode(bytes, bounds)?;
        assert!(decoded.consumed <= bytes.len(), "more was consumed than there is");
        rows += decoded.batch.as_ref().map_or(0, |batch| batch.rows);
        at += decoded.consumed;
        if decoded.done || rows > ROW_LIMIT {
            return Ok(rows);
        }
        if !decoded.wanted_ranges.is_empty() {
            given = ranges(&decoded.wanted_ranges, input);
        } else if subject.by_position {
            given.drain(..decoded.consumed);
        } else if decoded.consumed == 0 && decoded.batch.is_none() {
            assert!(visible < input.len(), "more is asked for at the end of the file");
            visible = (visible * 2 + call).min(input.len());
        }
    }
    panic!("decoding does not end")
}

/// Byte ranges of a file, one behind the other, as the host gives them: never outside the file.
fn ranges(wanted: &[(u64, u64)], input: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (start, length) in wanted {
        let (start, length) = (*start as usize, *length as usize);
        let end = start.checked_add(length).filter(|end| *end <= input.len());
        let end = end.unwrap_or_else(|| panic!("bytes {start}+{length} are asked of {}", input.len()));
        bytes.extend_from_slice(&input[start..end]);
    }
    bytes
}

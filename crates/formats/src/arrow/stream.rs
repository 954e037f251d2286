//! The one batch of an Arrow stream.
//!
//! The library asserts much of what a stream says about itself, and an assertion costs the WASM build its instance. So it gets
//! to see only what was found right: the types are compared with those of the table instead of being built from the stream, and
//! every length is checked against the bytes that are there. What is left to the library, the order of offsets and UTF-8, it
//! answers with errors.

use super::corrupt;
use super::fields::has_type;
use super::layout::check_layout;
use arrow_array::RecordBatch;
use arrow_buffer::Buffer;
use arrow_ipc::reader::RecordBatchDecoder;
use arrow_ipc::{Endianness, Message, root_as_message};
use arrow_schema::SchemaRef;
use millrace_batch::{ErrorCode, KernelError, Result};
use std::collections::HashMap;
use std::sync::Arc;

/// What stands in front of every message.
const CONTINUATION: [u8; 4] = [0xff; 4];

/// Reads the batch of a stream: one schema and behind it one record batch of `rows` rows; what follows is not looked at.
///
/// The batch has the schema `plain`, or `with_kinds` when it has one column more. Names and nullability of the sender do not
/// count. Errors: `FILE_CORRUPT`; `PROGRAM_INVALID` when the columns are not those of the table.
pub(super) fn record_batch(
    stream: &[u8],
    rows: usize,
    plain: &SchemaRef,
    with_kinds: &SchemaRef,
) -> Result<RecordBatch> {
    let (schema_message, _, rest) = message(stream)?;
    let schema = fitting(&schema_message, rows, plain, with_kinds)?;
    let (batch_message, body, _) = message(rest)?;
    let batch = batch_message.header_as_record_batch().ok_or_else(|| corrupt("an Arrow stream has no batch"))?;
    if u64::try_from(batch.length()).ok() != Some(rows as u64) {
        let message = format!("an Arrow batch has '{}' rows where '{rows}' are announced", batch.length());
        return Err(KernelError::new(ErrorCode::ProgramInvalid, message));
    }
    check_layout(&batch, body.len(), &schema)?;
    let (data, no_dictionaries) = (Buffer::from(body), HashMap::new());
    RecordBatchDecoder::try_new(&data, batch, schema, &no_dictionaries, &batch_message.version())
        .and_then(RecordBatchDecoder::read_record_batch)
        .map_err(|error| corrupt(format!("an Arrow batch does not parse: {error}")))
}

/// Takes the next message off a stream: the message, its body and the rest.
fn message(stream: &[u8]) -> Result<(Message<'_>, &[u8], &[u8])> {
    let cut_off = || corrupt("an Arrow stream is cut off");
    let rest = stream.strip_prefix(&CONTINUATION).ok_or_else(|| corrupt("an Arrow stream has no message"))?;
    let (length, rest) = rest.split_first_chunk().ok_or_else(cut_off)?;
    let (bytes, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize).ok_or_else(cut_off)?;
    let message = root_as_message(bytes)
        .map_err(|error| corrupt(format!("an Arrow message does not parse: {}", cause(&error))))?;
    let body_bytes = usize::try_from(message.bodyLength()).map_err(|_| cut_off())?;
    let (body, rest) = rest.split_at_checked(body_bytes).ok_or_else(cut_off)?;
    Ok((message, body, rest))
}

/// The first line of an error whose others say where in the library it came up.
fn cause(error: &impl ToString) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

/// The schema that a stream's columns fit: one of the two.
fn fitting(message: &Message<'_>, rows: usize, plain: &SchemaRef, with_kinds: &SchemaRef) -> Result<SchemaRef> {
    let schema = message.header_as_schema().ok_or_else(|| corrupt("an Arrow stream has no schema"))?;
    if schema.endianness() != Endianness::Little {
        return Err(corrupt("an Arrow stream has its numbers in another order of bytes"));
    }
    let fields = schema.fields().unwrap_or_default();
    let expected = [plain, with_kinds].into_iter().find(|expected| expected.fields().len() == fields.len());
    let Some(expected) = expected else {
        let (count, columns) = (fields.len(), plain.fields().len());
        let message = format!(
            "an Arrow batch of '{count}' columns and '{rows}' rows does not fit a table of '{columns}' columns"
        );
        return Err(KernelError::new(ErrorCode::ProgramInvalid, message));
    };
    for (field, column) in fields.iter().zip(expected.fields()) {
        if !has_type(&field, column.data_type()) {
            let kind = field.type_type().variant_name().unwrap_or("unknown");
            let message = format!("a column of the kind '{kind}' in an Arrow batch is not '{}'", column.data_type());
            return Err(KernelError::new(ErrorCode::ProgramInvalid, message).at_field(column.name()));
        }
    }
    Ok(Arc::clone(expected))
}

//! Frames to batches.

use super::{HEADER_BYTES, corrupt};
use arrow_array::cast::AsArray;
use arrow_array::types::Int8Type;
use arrow_array::{Array, ArrayRef, Int8Array, RecordBatch};
use arrow_buffer::Buffer;
use arrow_ipc::reader::StreamDecoder;
use millrace_batch::arrow_types::arrow_type;
use millrace_batch::codec::{Context, Decoded, Decoder, InputBounds};
use millrace_batch::{Batch, ErrorCode, KernelError, Result, RowKind, Schema};
use serde_json::Value;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Makes the decoder; it has no options and takes no arguments.
#[allow(clippy::unnecessary_wraps, reason = "the signature is the one of every codec")]
pub(super) fn make_decoder(schema: &Arc<Schema>, _options: &Value, _context: &Context) -> Result<Box<dyn Decoder>> {
    Ok(Box::new(ArrowDecoder { schema: Arc::clone(schema) }))
}

/// Decodes one frame at a call. Every frame has all columns of the schema in their order; names are not looked at.
struct ArrowDecoder {
    schema: Arc<Schema>,
}

impl Decoder for ArrowDecoder {
    fn begin(&mut self, _arguments: &str) -> Result<()> {
        Ok(())
    }

    fn decode(&mut self, input: &[u8], bounds: InputBounds) -> Result<Decoded> {
        if bounds.limit == 0 || (input.is_empty() && bounds.end_of_file) {
            return Ok(Decoded { done: true, ..Decoded::default() });
        }
        let Some((rows, stream)) = frame(input) else {
            if bounds.end_of_file {
                return Err(corrupt("the last Arrow batch is cut off"));
            }
            return Ok(Decoded::default());
        };
        let consumed = HEADER_BYTES + stream.len();
        if rows == 0 {
            return Ok(Decoded { consumed, ..Decoded::default() });
        }
        let batch = self.batch(&read_stream(stream)?, rows)?;
        Ok(Decoded { consumed, batch: Some(batch), ..Decoded::default() })
    }
}

/// Rows and stream of the first frame, when it is there as a whole.
fn frame(input: &[u8]) -> Option<(usize, &[u8])> {
    let (length, rest) = input.split_first_chunk::<{ HEADER_BYTES / 2 }>()?;
    let (rows, rest) = rest.split_first_chunk::<{ HEADER_BYTES / 2 }>()?;
    let stream = rest.get(..u32::from_le_bytes(*length) as usize)?;
    Some((u32::from_le_bytes(*rows) as usize, stream))
}

/// Reads the one batch of a stream. The library asserts a few lengths instead of checking them: what contradicts itself there is
/// an error here as well. In the WASM build such an assertion ends the instance, which the host replaces.
fn read_stream(stream: &[u8]) -> Result<RecordBatch> {
    let read = || StreamDecoder::new().decode(&mut Buffer::from(stream));
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(Ok(Some(batch))) => Ok(batch),
        Ok(Ok(None)) => Err(corrupt("an Arrow stream has no batch")),
        Ok(Err(error)) => Err(corrupt(format!("an Arrow batch does not parse: {error}"))),
        Err(_) => Err(corrupt("an Arrow batch contradicts itself")),
    }
}

impl ArrowDecoder {
    fn batch(&self, record: &RecordBatch, rows: usize) -> Result<Batch> {
        let count = self.schema.columns.len();
        if record.num_rows() != rows || !(count..=count + 1).contains(&record.num_columns()) {
            return Err(self.misfit(record));
        }
        let mut columns = record.columns().to_vec();
        let kinds = columns.split_off(count).pop();
        for (array, column) in columns.iter().zip(&self.schema.columns) {
            let expected = arrow_type(&column.data_type);
            if !array.data_type().equals_datatype(&expected) {
                let message = format!("a column is '{}' in an Arrow batch, not '{expected}'", array.data_type());
                return Err(KernelError::new(ErrorCode::ProgramInvalid, message).at_field(&column.name));
            }
        }
        // Field names and nullability inside nested types are those of the sender; operators compare types exactly.
        let columns = columns
            .into_iter()
            .zip(&self.schema.columns)
            .map(|(array, column)| relabel(&array, &arrow_type(&column.data_type)))
            .collect::<Result<Vec<_>>>()?;
        let mut batch = Batch::try_new(Arc::clone(&self.schema), columns, rows)?;
        batch.kinds = kinds.map(|kinds| row_kinds(&kinds)).transpose()?;
        Ok(batch)
    }

    fn misfit(&self, record: &RecordBatch) -> KernelError {
        let message = format!(
            "an Arrow batch of '{}' columns and '{}' rows does not fit a table of '{}' columns",
            record.num_columns(),
            record.num_rows(),
            self.schema.columns.len()
        );
        KernelError::new(ErrorCode::ProgramInvalid, message)
    }
}

fn relabel(array: &ArrayRef, expected: &arrow_schema::DataType) -> Result<ArrayRef> {
    if array.data_type() == expected {
        return Ok(Arc::clone(array));
    }
    let data = retype(&array.to_data(), expected)
        .map_err(|error| corrupt(format!("an Arrow column does not have the type '{expected}': {error}")))?;
    Ok(arrow_array::make_array(data))
}

/// The same values under a type that differs in the names of nested fields only.
fn retype(
    data: &arrow_data::ArrayData,
    expected: &arrow_schema::DataType,
) -> Result<arrow_data::ArrayData, arrow_schema::ArrowError> {
    use arrow_schema::DataType as Type;
    let types: Vec<&Type> = match expected {
        Type::List(field) | Type::Map(field, _) => vec![field.data_type()],
        Type::Struct(fields) => fields.iter().map(|field| field.data_type()).collect(),
        _ => Vec::new(),
    };
    let children = data.child_data().iter().zip(types).map(|(child, data_type)| retype(child, data_type));
    data.clone().into_builder().data_type(expected.clone()).child_data(children.collect::<Result<_, _>>()?).build()
}

fn row_kinds(kinds: &ArrayRef) -> Result<Int8Array> {
    let kinds = kinds
        .as_primitive_opt::<Int8Type>()
        .filter(|kinds| kinds.null_count() == 0)
        .ok_or_else(|| corrupt("the row kinds of an Arrow batch are not whole numbers"))?;
    for (row, kind) in kinds.values().iter().enumerate() {
        RowKind::from_wire(*kind).map_err(|error| error.at_row(row))?;
    }
    Ok(kinds.clone())
}

//! `text_chunk`: one row per piece of a long text.

mod chunker;

use super::{Additions, position, read_options};
use crate::row_text::write_value;
use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, Int32Array, UInt32Array};
use arrow_select::take::take;
use chunker::Chunker;
use millrace_batch::codec::{Context, Operator, OperatorDefinition};
use millrace_batch::{Batch, DataType, ErrorCode, KernelError, Result, Schema};
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

/// Options `{"textField":"a","outputField":"chunk","chunkIndexField":"chunk_index","chunkSize":1000,"overlapSize":0,
/// "separators":["\n"," "],"skipEmptyText":true}`: every row becomes one row per chunk of its text, in order, with all its other
/// values and its row kind. The chunk is a nullable string column, its 0-based number in the text an INT column; one of an
/// existing name takes its place, others are appended.
///
/// A chunk has at most `chunkSize` code points. The text is cut behind every first separator; pieces that are still too long
/// are cut behind every second one, and so on, and at last after every `chunkSize` code points. Neighbouring pieces are joined
/// as long as they fit. A chunk begins with the last whole pieces of the one before that have at most `overlapSize` code points
/// together and leave room for its first new piece. Without separators chunks are cut after `chunkSize` code points, each one
/// beginning `overlapSize` before the end of the last. With no overlap the chunks are the text.
///
/// A row whose text is null or empty is dropped, or with `skipEmptyText` false kept with a null chunk of number 0.
///
/// # Errors
/// `FIELD_NOT_FOUND`; `OPTION_INVALID` unless 0 ≤ `overlapSize` < `chunkSize` and the output fields differ; when applied,
/// `MEMORY_EXCEEDED` at the row at which the result of one batch gets over 1 GiB.
///
/// # Source
/// SeaTunnel `TextChunkTransform`, `TextChunker`.
pub const DEFINITION: OperatorDefinition = OperatorDefinition { name: "text_chunk", compile };

/// Bytes of a row's chunk number, chunk offset and place.
const NUMBER_BYTES: usize = 12;

/// What the result of one batch may take.
const RESULT_LIMIT_BYTES: usize = 1 << 30;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Options {
    text_field: String,
    output_field: String,
    chunk_index_field: String,
    chunk_size: usize,
    overlap_size: usize,
    separators: Vec<String>,
    skip_empty_text: bool,
}

struct TextChunk {
    output: Arc<Schema>,
    additions: Additions,
    source: usize,
    source_type: DataType,
    chunker: Chunker,
    skip_empty_text: bool,
}

fn compile(input: &Arc<Schema>, options: &Value, _context: &Context) -> Result<Box<dyn Operator>> {
    let options: Options = read_options(DEFINITION.name, options)?;
    let source = position(DEFINITION.name, input, &options.text_field)?;
    let Options { output_field, chunk_index_field, chunk_size, overlap_size, .. } = options;
    if overlap_size >= chunk_size {
        let message = format!("overlap_size {overlap_size} is not smaller than chunk_size {chunk_size}");
        return Err(KernelError::new(ErrorCode::OptionInvalid, message));
    }
    if output_field == chunk_index_field {
        let message = format!("output_field and chunk_index_field are both '{output_field}'");
        return Err(KernelError::new(ErrorCode::OptionInvalid, message));
    }
    let added = [(output_field, DataType::String), (chunk_index_field, DataType::Int)];
    let additions = Additions::plan(input, added);
    let output = Arc::new(Schema { table: input.table.clone(), columns: additions.columns.clone() });
    let source_type = input.columns[source].data_type.clone();
    let chunker = Chunker::new(&options.separators, chunk_size, overlap_size);
    Ok(Box::new(TextChunk {
        output,
        additions,
        source,
        source_type,
        chunker,
        skip_empty_text: options.skip_empty_text,
    }))
}

/// The rows of a result while they are made.
#[derive(Default)]
struct Rows {
    sources: Vec<u32>,
    numbers: Vec<i32>,
    chunks: StringBuilder,
    /// Bytes of the result so far.
    bytes: usize,
}

impl Rows {
    fn push(&mut self, source: usize, row_bytes: usize, number: usize, chunk: Option<&str>) {
        self.sources.push(source as u32);
        self.numbers.push(number as i32);
        self.chunks.append_option(chunk);
        self.bytes = self.bytes.saturating_add(row_bytes + chunk.map_or(0, str::len) + NUMBER_BYTES);
    }
}

impl Operator for TextChunk {
    fn output_schema(&self) -> &Arc<Schema> {
        &self.output
    }

    fn lineage(&self) -> Vec<Option<usize>> {
        self.additions.lineage()
    }

    fn apply(&mut self, mut batch: Batch) -> Result<Batch> {
        let rows = self.cut(&batch)?;
        let indices = UInt32Array::from(rows.sources);
        for column in &mut batch.columns {
            *column = taken(column, &indices)?;
        }
        if let Some(kinds) = &batch.kinds {
            let kinds: ArrayRef = Arc::new(kinds.clone());
            batch.kinds = Some(taken(&kinds, &indices)?.as_primitive().clone());
        }
        batch.rows = indices.len();
        let mut chunks = rows.chunks;
        let added: Vec<ArrayRef> = vec![Arc::new(chunks.finish()), Arc::new(Int32Array::from(rows.numbers))];
        self.additions.place(&mut batch, added);
        batch.schema = Arc::clone(&self.output);
        Ok(batch)
    }
}

impl TextChunk {
    fn cut(&mut self, batch: &Batch) -> Result<Rows> {
        let source = &batch.columns[self.source];
        let texts = source.as_string_opt::<i32>();
        let sizes = RowSizes::new(batch);
        let mut rows = Rows::default();
        let mut printed = String::new();
        for row in 0..batch.rows {
            let text = if source.is_null(row) || self.source_type == DataType::Null {
                ""
            } else if let Some(texts) = texts {
                texts.value(row)
            } else {
                printed.clear();
                write_value(source, &self.source_type, row, &mut printed);
                &printed
            };
            if text.is_empty() {
                if !self.skip_empty_text {
                    rows.push(row, sizes.row(row), 0, None);
                }
                continue;
            }
            let (row_bytes, mut number) = (sizes.row(row), 0);
            let complete = self.chunker.cut(text, |chunk| {
                rows.push(row, row_bytes, number, Some(chunk));
                number += 1;
                rows.bytes <= RESULT_LIMIT_BYTES
            });
            if !complete {
                let message = format!("the chunks of a batch are over {RESULT_LIMIT_BYTES} bytes");
                return Err(KernelError::new(ErrorCode::MemoryExceeded, message).at_row(row));
            }
        }
        Ok(rows)
    }
}

/// How many bytes a row takes: texts and bytes are counted, other columns take their average.
struct RowSizes<'a> {
    texts: Vec<&'a [i32]>,
    others: usize,
}

impl<'a> RowSizes<'a> {
    fn new(batch: &'a Batch) -> Self {
        let (mut texts, mut others) = (Vec::new(), 0);
        for column in &batch.columns {
            if let Some(values) = column.as_string_opt::<i32>() {
                texts.push(values.value_offsets());
            } else if let Some(values) = column.as_binary_opt::<i32>() {
                texts.push(values.value_offsets());
            } else {
                others += column.to_data().get_slice_memory_size().unwrap_or(0) / batch.rows.max(1);
            }
        }
        Self { texts, others }
    }

    fn row(&self, row: usize) -> usize {
        self.others + self.texts.iter().map(|offsets| (offsets[row + 1] - offsets[row]) as usize).sum::<usize>()
    }
}

fn taken(column: &ArrayRef, indices: &UInt32Array) -> Result<ArrayRef> {
    take(column, indices, None)
        .map_err(|error| KernelError::new(ErrorCode::ProgramInvalid, format!("rows cannot be repeated: {error}")))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::testing::{any_type, apply, batch_of, batch_with_types, column, compile, schema_of, texts};
    use proptest::prelude::*;
    use serde_json::json;

    fn options(chunk_size: usize, overlap_size: usize, separators: &[&str]) -> Value {
        json!({"textField": "c0", "outputField": "chunk", "chunkIndexField": "n", "chunkSize": chunk_size,
               "overlapSize": overlap_size, "separators": separators, "skipEmptyText": true})
    }

    #[test]
    fn rows_are_multiplied_with_their_values_and_kinds() {
        let columns = [column("c0", DataType::String), column("id", DataType::Int)];
        let rows = [json!(["ab cd", 1]), json!(["", 2]), json!([null, 3]), json!(["e", 4])];
        let mut batch = batch_of("t", &columns, &rows);
        batch.kinds = Some(vec![0i8, 0, 0, 3].into());
        let mut options = options(3, 0, &[" "]);
        assert_eq!(
            texts(&apply(&DEFINITION, &options, batch.clone()).unwrap()),
            [
                "SeaTunnelRow{tableId=t, kind=+I, fields=[ab cd, 1, ab , 0]}",
                "SeaTunnelRow{tableId=t, kind=+I, fields=[ab cd, 1, cd, 1]}",
                "SeaTunnelRow{tableId=t, kind=-D, fields=[e, 4, e, 0]}",
            ]
        );
        options["skipEmptyText"] = json!(false);
        options["outputField"] = json!("c0");
        assert_eq!(
            texts(&apply(&DEFINITION, &options, batch).unwrap())[2..4],
            [
                "SeaTunnelRow{tableId=t, kind=+I, fields=[null, 2, 0]}",
                "SeaTunnelRow{tableId=t, kind=+I, fields=[null, 3, 0]}",
            ]
        );
    }

    #[test]
    fn faults_are_found_at_compile_time() {
        let schema = schema_of("t", &[column("c0", DataType::String)]);
        for (member, value, code) in [
            ("textField", json!("z"), ErrorCode::FieldNotFound),
            ("chunkSize", json!(0), ErrorCode::OptionInvalid),
            ("overlapSize", json!(10), ErrorCode::OptionInvalid),
            ("overlapSize", json!(-1), ErrorCode::OptionInvalid),
            ("outputField", json!("n"), ErrorCode::OptionInvalid),
        ] {
            let mut options = options(10, 0, &[]);
            options[member] = value;
            assert_eq!(compile(&DEFINITION, &options, &schema).err().unwrap().code, code, "{options}");
        }
    }

    #[test]
    fn a_result_that_is_too_large_stops_at_its_row() {
        let batch = batch_of("t", &[column("c0", DataType::String)], &[json!(["a"]), json!(["b".repeat(100_000)])]);
        let error = apply(&DEFINITION, &options(20_000, 19_999, &[]), batch).unwrap_err();
        assert_eq!((error.code, error.row), (ErrorCode::MemoryExceeded, Some(1)));
    }

    proptest! {
        #![proptest_config(crate::testing::cases())]

        #[test]
        fn every_row_is_repeated_for_its_chunks(
            batch in any_type().prop_flat_map(|other| batch_with_types(vec![DataType::String, other])), size in 1usize..4,
        ) {
            let result = apply(&DEFINITION, &options(size, 0, &["|", " "]), batch.clone()).unwrap();
            let (rows, before) = (texts(&result), texts(&batch));
            let mut at = 0;
            for (row, before) in before.iter().enumerate() {
                let source = batch.columns[0].as_string::<i32>();
                let text = if source.is_null(row) { "" } else { source.value(row) };
                let mut joined = String::new();
                let mut number = 0;
                while joined.len() < text.len() {
                    let chunk = result.columns[2].as_string::<i32>().value(at);
                    prop_assert!((1..=size).contains(&chunk.chars().count()));
                    joined.push_str(chunk);
                    let expected = format!("{}, {chunk}, {number}]}}", before.strip_suffix("]}").unwrap());
                    prop_assert_eq!(&rows[at], &expected);
                    (at, number) = (at + 1, number + 1);
                }
                prop_assert_eq!(joined, text);
            }
            prop_assert_eq!(at, result.rows);
        }
    }
}

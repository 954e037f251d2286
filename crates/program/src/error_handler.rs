//! What becomes of failed rows: records of one schema, which go through operators and into sinks of their own.

use crate::document::{ErrorHandlerDocument, OriginalDataFormat};
use crate::failed::FailedRow;
use crate::graph::Graph;
use crate::sink::Sink;
use arrow_array::builder::StringBuilder;
use arrow_array::{ArrayRef, Int64Array, StringArray, TimestampMicrosecondArray};
use millrace_batch::codec::Context;
use millrace_batch::{Batch, DataType, ErrorCode, KernelError, Result, Schema};
use millrace_kernels::row_json::row_json;
use millrace_kernels::row_text::row_text;
use std::ops::Range;
use std::sync::Arc;

/// Columns of an error record.
///
/// # Source
/// SeaTunnel "Error Handling", section "Error Table Structure".
const COLUMNS: [(&str, DataType); 10] = [
    ("error_stage", DataType::String),
    ("plugin_type", DataType::String),
    ("plugin_name", DataType::String),
    ("source_table_path", DataType::String),
    ("job_id", DataType::BigInt),
    ("error_message", DataType::String),
    ("exception_class", DataType::String),
    ("stacktrace", DataType::String),
    ("original_data", DataType::String),
    ("occur_time", DataType::Timestamp),
];

/// More of an error's message is not put into its record, in UTF-16 units.
const MESSAGE_LIMIT: usize = 4_096;

/// One error handler of a program.
pub(crate) struct ErrorHandler {
    schema: Arc<Schema>,
    stage: String,
    job_id: Option<i64>,
    original_data: Option<(OriginalDataFormat, usize)>,
    now_micros: i64,
    graph: Graph,
    /// Which sinks of the program take records; the last one of all writes them for the host's log.
    sinks: Range<usize>,
    log: usize,
}

impl ErrorHandler {
    /// Compiles a handler whose sinks are `sinks` and `log` of the program; gives those sinks too, the log's last.
    pub(crate) fn compile(
        document: &ErrorHandlerDocument,
        sinks: Range<usize>,
        log: usize,
        context: &Context,
    ) -> Result<(Self, Vec<Sink>, Sink)> {
        let schema = Arc::new(document.schema.clone());
        let is_known = schema.columns.len() == COLUMNS.len()
            && schema
                .columns
                .iter()
                .zip(&COLUMNS)
                .all(|(column, (name, data_type))| column.name == *name && column.data_type == *data_type);
        if !is_known {
            return Err(KernelError::new(ErrorCode::ProgramInvalid, "the schema is not the one of error records"));
        }
        let graph = Graph::compile(&schema, &document.nodes, 0, context)?;
        let compiled = document.sinks.iter().map(|sink| Sink::compile(sink, &graph, 0, context));
        let compiled = compiled.collect::<Result<Vec<_>>>()?;
        let log_sink = Sink::compile(&document.log, &graph, 0, context)?;
        let original_data = (document.original_data_format, document.original_data_max_length);
        let handler = Self {
            schema,
            stage: document.stage.clone(),
            job_id: document.job_id.parse().ok(),
            original_data: document.include_original_data.then_some(original_data),
            now_micros: context.now_micros,
            graph,
            sinks,
            log,
        };
        Ok((handler, compiled, log_sink))
    }

    /// Hands failed rows of this handler to its sinks. Records keep the order of the rows.
    pub(crate) fn take(&mut self, rows: &[&FailedRow], sinks: &mut [Sink]) -> Result<()> {
        let records = self.records(rows)?;
        let outputs = self.graph.run(records, &mut Vec::new(), &mut None).map_err(|error| KernelError {
            row: None,
            part: None,
            ..error
        })?;
        for index in self.sinks.clone().chain([self.log]) {
            let sink = &mut sinks[index];
            sink.accept(outputs[sink.input].clone())?;
        }
        Ok(())
    }

    fn records(&self, rows: &[&FailedRow]) -> Result<Batch> {
        let all = |text: &str| -> ArrayRef { Arc::new(StringArray::from(vec![text; rows.len()])) };
        let each = |text: &dyn Fn(&FailedRow) -> Option<String>| -> ArrayRef {
            let mut builder = StringBuilder::new();
            for row in rows {
                builder.append_option(text(row));
            }
            Arc::new(builder.finish())
        };
        let columns: Vec<ArrayRef> = vec![
            all(&self.stage),
            all(&self.stage),
            each(&|row| Some(row.on_error.plugin.to_string())),
            each(&|row| Some(row.row.schema.table.clone())),
            Arc::new(Int64Array::from(vec![self.job_id; rows.len()])),
            each(&|row| Some(cut(row.error.message.clone(), MESSAGE_LIMIT))),
            each(&|row| Some(row.error.code.name().to_owned())),
            each(&|_| None),
            each(&|row| self.original_data(row)),
            Arc::new(TimestampMicrosecondArray::from(vec![self.now_micros; rows.len()])),
        ];
        Batch::try_new(Arc::clone(&self.schema), columns, rows.len())
    }

    fn original_data(&self, failed: &FailedRow) -> Option<String> {
        let (format, max_length) = self.original_data?;
        let text = match format {
            OriginalDataFormat::Text => row_text(&failed.row, 0),
            OriginalDataFormat::Json => row_json(&failed.row, 0),
        };
        Some(cut(text, max_length))
    }
}

/// The beginning of a text, at most `limit` UTF-16 units of it.
fn cut(mut text: String, limit: usize) -> String {
    if text.len() <= limit {
        return text;
    }
    let mut units = 0;
    let end = text.char_indices().find(|(_, symbol)| {
        units += symbol.len_utf16();
        units > limit
    });
    if let Some((end, _)) = end {
        text.truncate(end);
    }
    text
}

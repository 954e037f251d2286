//! The JSON document of a program.

use millrace_batch::codec::Context;
use millrace_batch::{LAYOUT_VERSION, Schema};
use serde::Deserialize;
use serde_json::Value;

/// What a host asks to be compiled.
///
/// ```json
/// { "layoutVersion": 1, "context": { "zone": "UTC", "nowMicros": 0, "seed": 1, "valueLimitBytes": 67108864 },
///   "input": { "codec": "csv", "schema": { "table": "t", "columns": [] }, "options": {} },
///   "nodes": [ { "operator": "project", "input": 0, "options": {} } ],
///   "sinks": [ { "input": 1, "codec": "json", "options": {}, "partitionBy": [] } ] }
/// ```
/// Input 0 of nodes and sinks is the decoder; input `n` is node `n - 1`. Where an operator has several outputs, `port` chooses:
/// 0 is the main one, which is meant when there is no `port`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProgramDocument {
    /// Must be [`LAYOUT_VERSION`].
    pub layout_version: u32,
    /// Zone, clock, seed and limits.
    pub context: ContextDocument,
    /// Where rows come from.
    pub input: InputDocument,
    /// Operators in topological order.
    #[serde(default)]
    pub nodes: Vec<NodeDocument>,
    /// Where rows go.
    #[serde(default)]
    pub sinks: Vec<SinkDocument>,
    /// What takes rows that fail; see [`NodeDocument::on_error`]. Their sinks are numbered behind `sinks`, handler by handler,
    /// and behind all of them come the sinks for the host's log, one per handler.
    #[serde(default)]
    pub error_handlers: Vec<ErrorHandlerDocument>,
    /// Whether steps report model bytes: of what is decoded, and of what reaches each of `sinks`.
    #[serde(default)]
    pub count_bytes: bool,
    /// For whom its parts work; see [`crate::owner`].
    #[serde(default)]
    pub owners: OwnersDocument,
    /// What steps report beside that; absent for nothing.
    #[serde(default)]
    pub measure: Option<MeasureDocument>,
}

/// Numbers of the host for those for whom the parts of a program work; 0, or none, for nobody.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct OwnersDocument {
    /// Of the decoder.
    pub decoder: u32,
    /// Of every node.
    pub nodes: Vec<u32>,
    /// Of every one of the document's own sinks.
    pub sinks: Vec<u32>,
}

/// Asks for the times of a program's parts, and for the rows of some outputs.
#[derive(Debug, Deserialize)]
pub struct MeasureDocument {
    /// Outputs whose rows are counted, and their model bytes where bytes are counted at all.
    #[serde(default)]
    pub taps: Vec<TapDocument>,
}

/// An output of a program, named as inputs are.
#[derive(Debug, Deserialize)]
pub struct TapDocument {
    /// 0 for the decoder, `n` for node `n - 1`.
    pub input: usize,
    /// Output of the input: 0 for the main one.
    #[serde(default)]
    pub port: usize,
}

impl ProgramDocument {
    /// Whether the host speaks this crate's protocol.
    pub fn has_known_layout(&self) -> bool {
        self.layout_version == LAYOUT_VERSION
    }
}

/// See [`Context`].
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContextDocument {
    zone: String,
    now_micros: i64,
    seed: u64,
    value_limit_bytes: usize,
    #[serde(default)]
    subtask: u32,
    #[serde(default)]
    worker: u32,
}

impl From<&ContextDocument> for Context {
    fn from(document: &ContextDocument) -> Self {
        Context {
            zone: document.zone.clone(),
            now_micros: document.now_micros,
            seed: document.seed,
            value_limit_bytes: document.value_limit_bytes,
            subtask: document.subtask,
            worker: document.worker,
        }
    }
}

/// The decoder of a program.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InputDocument {
    /// Name of a codec with a decoder.
    pub codec: String,
    /// Schema of the rows it gives.
    pub schema: Schema,
    /// Options of the codec.
    #[serde(default)]
    pub options: Value,
}

/// One operator of a program.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeDocument {
    /// Name of an operator.
    pub operator: String,
    /// 0 for the decoder, `n` for node `n - 1`; always an earlier one.
    pub input: usize,
    /// Output of the input: 0 for the main one.
    #[serde(default)]
    pub port: usize,
    /// Options of the operator.
    #[serde(default)]
    pub options: Value,
    /// What takes a row that fails here; without it such a row is the program's failure.
    #[serde(default)]
    pub on_error: Option<OnErrorDocument>,
}

/// Which error handler takes failing rows.
#[derive(Debug, Deserialize)]
pub struct OnErrorDocument {
    /// Index into the program's error handlers.
    pub handler: usize,
    /// Name of the plug-in, for the error record.
    pub plugin: String,
}

/// Makes error records of failed rows and writes them.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ErrorHandlerDocument {
    /// Schema of the records: the table's name is free, the columns are not.
    pub schema: Schema,
    /// Stage in which the rows fail: `TRANSFORM` or `SINK`.
    pub stage: String,
    /// Id of the job; a whole number in records, null where it is none.
    pub job_id: String,
    /// Whether the row itself is in the record.
    pub include_original_data: bool,
    /// How the row is written.
    pub original_data_format: OriginalDataFormat,
    /// More of the row's text is cut off, in UTF-16 units.
    pub original_data_max_length: usize,
    /// Operators that records go through; input 0 is the records.
    #[serde(default)]
    pub nodes: Vec<NodeDocument>,
    /// Where records go.
    #[serde(default)]
    pub sinks: Vec<SinkDocument>,
    /// How records are written for the host's log.
    pub log: SinkDocument,
}

/// How a failed row is written into its error record.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OriginalDataFormat {
    /// As Java prints the row.
    Text,
    /// As a JSON object.
    Json,
}

/// One sink of a program.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SinkDocument {
    /// 0 for the decoder, `n` for node `n - 1`.
    pub input: usize,
    /// Output of the input: 0 for the main one.
    #[serde(default)]
    pub port: usize,
    /// What takes a row that the format cannot hold.
    #[serde(default)]
    pub on_error: Option<OnErrorDocument>,
    /// Name of a codec with an encoder.
    pub codec: String,
    /// Options of the codec.
    #[serde(default)]
    pub options: Value,
    /// Columns whose values choose the partition; empty for none.
    #[serde(default)]
    pub partition_by: Vec<String>,
    /// Columns that are written, in this order; absent for all. Partition columns may be left out here.
    #[serde(default)]
    pub columns: Option<Vec<String>>,
}

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
/// Input 0 of nodes and sinks is the decoder; input `n` is node `n - 1`.
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
    /// Options of the operator.
    #[serde(default)]
    pub options: Value,
}

/// One sink of a program.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SinkDocument {
    /// 0 for the decoder, `n` for node `n - 1`.
    pub input: usize,
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

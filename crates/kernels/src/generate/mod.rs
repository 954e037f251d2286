//! The generator behind the FakeSource plug-in: rows out of nothing.
//!
//! It is registered as a decoder named `fake` that reads no input. Every value is a pure function of
//! (`Context::seed`, table, column path, reader, row number in the reader): however the rows are cut into calls, the data
//! is the same.
//!
//! # Options
//!
//! A JSON object; every member may be absent or null. Bounds may be numbers or texts of numbers, so that 64-bit bounds keep
//! all their digits. Unknown members are ignored.
//!
//! ```json
//! {
//!   "stringLength": 5, "bytesLength": 5, "arraySize": 5, "mapSize": 5,
//!   "vectorDimension": 4, "binaryVectorDimension": 8, "vectorFloatMin": 0, "vectorFloatMax": 3.4028235e38,
//!   "tinyintMin": 0, "tinyintMax": 127, "smallintMin": 0, "smallintMax": 32767,
//!   "intMin": 0, "intMax": 2147483647, "bigintMin": 0, "bigintMax": "9223372036854775807",
//!   "floatMin": 0, "floatMax": 3.4028235e38, "doubleMin": 0, "doubleMax": 1.7976931348623157e308,
//!   "stringTemplate": [], "tinyintTemplate": [], "smallintTemplate": [], "intTemplate": [], "bigintTemplate": [],
//!   "floatTemplate": [], "doubleTemplate": [],
//!   "dateYearTemplate": [], "dateMonthTemplate": [], "dateDayTemplate": [],
//!   "timeHourTemplate": [], "timeMinuteTemplate": [], "timeSecondTemplate": [],
//!   "columns": [{"name": "a", "defaultValue": "x", "length": 12, "scale": 8}],
//!   "autoIncrementColumns": ["id"], "autoIncrementStart": 1, "rowsPerReader": 0,
//!   "rows": [{"kind": "INSERT", "fields": [1, "x"]}, {"fields": {"id": 1, "name": "x"}}],
//!   "localNowMicros": 1700000000000000
//! }
//! ```
//!
//! A member's name is the plug-in's key in camel case (`tinyint.min` → `tinyintMin`); the `*.fake.mode` keys have none,
//! because a template that is not empty always wins.
//!
//! - The value of a column is its `defaultValue`, else the auto-increment, else a member of its type's non-empty template, else
//!   random. Nested values follow the template and bounds of their own type.
//! - `columns` adds to columns of the schema, by name: `length` of texts (0 and null: `stringLength`) and bytes
//!   (`bytesLength`); `scale` as the dimension of a vector (0 and null: `vectorDimension`) or as the digits behind the point
//!   to which floats are rounded. They hold for nested values too, and so does a `defaultValue` that is a scalar: an array of
//!   numbers with the default 5 is full of 5. A default of bytes is their text; vectors have none.
//! - Auto-increment columns, the primary key's in the plug-in, are of an integer type:
//!   `autoIncrementStart + reader × rowsPerReader + row`, so that `rowsPerReader` keeps readers apart.
//! - `rows` replaces generation: the list is converted once, and emitted as it is in every split. `kind` is a full or short
//!   name, INSERT when absent; `fields` is an array by position or an object by name. Texts `CURRENT_DATE`, `CURRENT_TIME`
//!   and `CURRENT_TIMESTAMP`, where the type is DATE, TIME or TIMESTAMP, there or as a default value, become the local date,
//!   time or date-time of the clock.
//! - `localNowMicros` is the wall clock in the job's zone; without it the context's clock is read as UTC.
//!
//! # Arguments of a piece of work
//!
//! `{"split": 0, "subtask": 0, "from": 0, "rows": 8192}`: the reader's index, its first row and the number of rows. With the
//! `rows` option both count rows of the list and may be absent, which means all of it. `split` changes nothing.
//!
//! # Distributions
//!
//! | type | values |
//! |---|---|
//! | integers, floats | uniform in `[min, max)`, `min` when both are equal; rounding may reach `max` |
//! | BOOLEAN | one half each |
//! | STRING, BYTES | letters `A-Za-z`; `a` to `l` come twice as often as the others (64 symbols, 6 bits each) |
//! | DECIMAL(p, s) | p random digits |
//! | DATE | the current year, month 1 to 12, day 1 to 28, or a member of the templates; a day that the month does not have becomes its last day |
//! | TIME | whole seconds, hour, minute and second each random or a member of its template |
//! | TIMESTAMP, `TIMESTAMP_TZ` | date and time as above; the offset is 0 |
//! | ARRAY, MAP | exactly `arraySize`, at most `mapSize` entries (equal keys fall together) |
//! | `FLOAT_VECTOR` | floats in `[vectorFloatMin, vectorFloatMax)`; 16-bit vectors cap the bounds at what they can hold |
//! | `SPARSE_FLOAT_VECTOR` | indices 0 to `vectorDimension` − 1, floats as above |
//! | `BINARY_VECTOR` | ⌈`binaryVectorDimension` / 8⌉ random bytes |
//!
//! # Source
//! SeaTunnel FakeSource: `FakeConfig`, `FakeDataGenerator`, `FakeDataRandomUtils`.

mod bounds;
mod compile;
mod draw;
mod explicit;
mod fill;
mod node;
mod options;
pub(crate) mod random;
#[cfg(test)]
mod tests;

use compile::compile_columns;
use explicit::explicit_rows;
use millrace_batch::codec::{CodecDefinition, Context, Decoded, Decoder, InputBounds};
use millrace_batch::{Batch, ErrorCode, KernelError, Result, Schema};
use node::Node;
use options::Options;
use random::derive;
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

/// Rows of one batch, unless wide rows make it fewer.
pub const BATCH_ROWS: usize = 8_192;

/// A batch of wide rows is closed at about this many bytes.
const BATCH_BYTES: usize = 16 << 20;

/// The generator as a codec without an encoder; see the module for its options.
pub const DEFINITION: CodecDefinition =
    CodecDefinition { name: "fake", decoder: Some(generator), encoder: None, inspect: None, assemble: None };

fn generator(schema: &Arc<Schema>, options: &Value, context: &Context) -> Result<Box<dyn Decoder>> {
    let options = Options::read(options, schema)?;
    let local_now_micros = options.local_now_micros.unwrap_or(context.now_micros);
    let content = match &options.rows {
        Some(rows) => Content::Explicit(explicit_rows(schema, rows, local_now_micros)?),
        None => Content::Random(compile_columns(schema, &options, context.seed, local_now_micros)?),
    };
    let batch_rows = match &content {
        Content::Explicit(_) => BATCH_ROWS,
        Content::Random(nodes) => rows_of_a_batch(nodes, context.value_limit_bytes)?,
    };
    Ok(Box::new(Generator { schema: Arc::clone(schema), content, batch_rows, subtask: 0, next_row: 0, rows_left: 0 }))
}

fn rows_of_a_batch(nodes: &[Node], value_limit_bytes: usize) -> Result<usize> {
    let row_bytes = nodes.iter().fold(0usize, |sum, node| sum.saturating_add(node.row_bytes()));
    // Offsets are 32-bit, whatever the limit says.
    let value_limit_bytes = value_limit_bytes.min(1 << 30);
    if row_bytes > value_limit_bytes {
        return Err(KernelError::new(
            ErrorCode::ValueTooLarge,
            format!("one generated row of about {row_bytes} bytes is over the limit of {value_limit_bytes}"),
        ));
    }
    Ok((BATCH_BYTES / row_bytes.max(1)).clamp(1, BATCH_ROWS))
}

enum Content {
    Random(Vec<Node>),
    Explicit(Batch),
}

struct Generator {
    schema: Arc<Schema>,
    content: Content,
    batch_rows: usize,
    subtask: u64,
    next_row: u64,
    rows_left: u64,
}

#[derive(Deserialize)]
struct Arguments {
    #[serde(default)]
    subtask: u64,
    #[serde(default)]
    from: u64,
    #[serde(default)]
    rows: Option<u64>,
}

impl Decoder for Generator {
    fn begin(&mut self, arguments: &str) -> Result<()> {
        let malformed = |why: String| {
            KernelError::new(ErrorCode::ProgramInvalid, format!("generator arguments '{arguments}' {why}"))
        };
        let read: Arguments =
            serde_json::from_str(arguments).map_err(|error| malformed(format!("are not of their shape: {error}")))?;
        let rows = match &self.content {
            Content::Random(_) => read.rows.ok_or_else(|| malformed("have no number of rows".into()))?,
            Content::Explicit(batch) => {
                let behind = (batch.rows as u64).saturating_sub(read.from);
                read.rows.unwrap_or(behind).min(behind)
            }
        };
        self.subtask = read.subtask;
        self.next_row = read.from;
        self.rows_left = rows;
        Ok(())
    }

    fn decode(&mut self, _input: &[u8], _bounds: InputBounds) -> Result<Decoded> {
        let rows = self.rows_left.min(self.batch_rows as u64);
        let batch = if rows == 0 { None } else { Some(self.emit(rows as usize)?) };
        self.next_row = self.next_row.wrapping_add(rows);
        self.rows_left -= rows;
        Ok(Decoded { consumed: 0, batch, wanted_ranges: Vec::new(), done: self.rows_left == 0 })
    }

    fn memory_bytes(&self) -> usize {
        match &self.content {
            Content::Random(_) => 0,
            Content::Explicit(batch) => batch.memory_bytes(),
        }
    }
}

impl Generator {
    fn emit(&self, rows: usize) -> Result<Batch> {
        match &self.content {
            Content::Explicit(batch) => Ok(batch.slice(self.next_row as usize, rows)),
            Content::Random(nodes) => {
                let columns = nodes
                    .iter()
                    .map(|node| node.fill(derive(node.stream, self.subtask), self.subtask, self.next_row, rows))
                    .collect::<Result<Vec<_>>>()?;
                Batch::try_new(Arc::clone(&self.schema), columns, rows)
            }
        }
    }
}

//! Bytes per second and core of the text formats, on rows of the standing benchmark file.

mod chain;
mod rates;

use millrace_batch::{Result, Schema};
use rates::{decode, decoder_rate, encoder_rate};
use serde_json::json;
use std::sync::Arc;

fn main() -> Result<()> {
    let columns = serde_json::from_value(chain::columns()).unwrap_or_default();
    let schema = Arc::new(Schema { table: "standing".into(), columns });
    let (csv, lines) = (chain::csv(), chain::json_lines());
    let batches = decode(&schema, "csv", &chain::options("csv"), &csv)?;
    decoder_rate("CSV reader", &schema, "csv", &chain::options("csv"), &csv)?;
    decoder_rate("JSON Lines reader", &schema, "json", &chain::options("json"), &lines)?;
    encoder_rate("CSV writer", &batches, "csv", &chain::options("csv"))?;
    encoder_rate("text writer", &batches, "text", &json!({ "fieldDelimiter": "\u{1}", "rowDelimiter": "\n" }))?;
    encoder_rate("JSON Lines writer", &batches, "json", &chain::options("json"))
}

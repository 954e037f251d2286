//! Counts instructions of the chain JSON Lines → Parquet.

mod chain;

fn main() -> millrace_batch::Result<()> {
    chain::count(&chain::json_lines(), "json", &serde_json::json!([]), "parquet")
}

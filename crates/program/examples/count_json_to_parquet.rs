//! Counts instructions of the chain JSON Lines → Parquet.

mod chain;

fn main() -> millrace_batch::Result<()> {
    chain::count(&chain::json_lines().into(), "json", &serde_json::json!([]), "parquet")
}

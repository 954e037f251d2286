//! Counts instructions of the chain CSV → Parquet.

mod chain;

fn main() -> millrace_batch::Result<()> {
    chain::count(&chain::csv().into(), "csv", &serde_json::json!([]), "parquet")
}

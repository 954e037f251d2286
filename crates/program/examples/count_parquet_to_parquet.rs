//! Counts instructions of the chain Parquet → Parquet.

mod chain;

fn main() -> millrace_batch::Result<()> {
    chain::count(&chain::parquet()?, "parquet", &serde_json::json!([]), "parquet")
}

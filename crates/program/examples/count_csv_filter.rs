//! Counts instructions of the chain CSV → SQL filter and projection → CSV.

mod chain;

fn main() -> millrace_batch::Result<()> {
    let query = "select id, upper(name) as name, city, amount * qty as total, ts from standing where qty > 500 and city <> 'Zzz'";
    let nodes = serde_json::json!([{ "operator": "sql", "input": 0, "options": { "query": query } }]);
    chain::count(&chain::csv().into(), "csv", &nodes, "csv")
}

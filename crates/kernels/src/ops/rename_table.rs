//! `rename_table`: rows get another table's name.

use super::read_options;
use millrace_batch::codec::{Context, Operator, OperatorDefinition};
use millrace_batch::{Batch, Result, Schema};
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

/// Options `{"table":"db.orders"}`: every row belongs to that table from here on; columns and row kinds do not change.
///
/// # Errors
/// `OPTION_INVALID` without a table.
///
/// # Source
/// SeaTunnel `TableRename`, `TableMerge`.
pub const DEFINITION: OperatorDefinition = OperatorDefinition { name: "rename_table", compile };

#[derive(Deserialize)]
struct Options {
    table: String,
}

struct RenameTable {
    output: Arc<Schema>,
}

fn compile(input: &Arc<Schema>, options: &Value, _context: &Context) -> Result<Box<dyn Operator>> {
    let Options { table } = read_options(DEFINITION.name, options)?;
    Ok(Box::new(RenameTable { output: Arc::new(Schema { table, columns: input.columns.clone() }) }))
}

impl Operator for RenameTable {
    fn output_schema(&self) -> &Arc<Schema> {
        &self.output
    }

    fn lineage(&self) -> Vec<Option<usize>> {
        (0..self.output.columns.len()).map(Some).collect()
    }

    fn apply(&mut self, batch: Batch) -> Result<Batch> {
        Ok(Batch { schema: Arc::clone(&self.output), ..batch })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::testing::{any_batch, apply, compile, schema_of, texts};
    use millrace_batch::ErrorCode;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn a_table_is_needed() {
        let error = compile(&DEFINITION, &json!({}), &schema_of("t", &[])).err().unwrap();
        assert_eq!(error.code, ErrorCode::OptionInvalid);
    }

    proptest! {
        #[test]
        fn rows_differ_only_in_their_table(batch in any_batch()) {
            let expected: Vec<_> = texts(&batch).iter().map(|row| row.replacen("tableId=t,", "tableId=a.b,", 1)).collect();
            prop_assert_eq!(texts(&apply(&DEFINITION, &json!({"table": "a.b"}), batch).unwrap()), expected);
        }
    }
}

//! `set_row_kind_insert`: turns a changelog into appended rows.

use millrace_batch::codec::{Context, Operator, OperatorDefinition};
use millrace_batch::{Batch, Result, Schema};
use serde_json::Value;
use std::sync::Arc;

/// Makes every row an insert; columns do not change. It has no options.
pub const DEFINITION: OperatorDefinition = OperatorDefinition { name: "set_row_kind_insert", compile };

struct SetRowKindInsert {
    schema: Arc<Schema>,
}

#[allow(clippy::unnecessary_wraps, reason = "the signature is the one of every operator")]
fn compile(input: &Arc<Schema>, _options: &Value, _context: &Context) -> Result<Box<dyn Operator>> {
    Ok(Box::new(SetRowKindInsert { schema: Arc::clone(input) }))
}

impl Operator for SetRowKindInsert {
    fn output_schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    fn lineage(&self) -> Vec<Option<usize>> {
        (0..self.schema.columns.len()).map(Some).collect()
    }

    fn apply(&mut self, batch: Batch) -> Result<Batch> {
        Ok(Batch { kinds: None, ..batch })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::testing::{any_batch, apply, texts};
    use proptest::prelude::*;
    use serde_json::json;

    proptest! {
        #![proptest_config(crate::testing::cases())]

        #[test]
        fn rows_differ_only_in_their_kind(batch in any_batch()) {
            let expected = texts(&Batch { kinds: None, ..batch.clone() });
            prop_assert_eq!(texts(&apply(&DEFINITION, &json!({}), batch).unwrap()), expected);
        }
    }
}

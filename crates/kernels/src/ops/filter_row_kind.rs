//! `filter_row_kind`: drops rows by their change kind.

use super::read_options;
use arrow_buffer::BooleanBuffer;
use millrace_batch::codec::{Context, Operator, OperatorDefinition};
use millrace_batch::{Batch, Result, RowKind, Schema};
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

/// Options `{"keep":["INSERT","UPDATE_AFTER"]}`: rows of every other kind are dropped. The order of rows, and the kinds of
/// those kept, do not change.
///
/// # Errors
/// `OPTION_INVALID` for an unknown kind name; `KERNEL_ROW_KIND_UNKNOWN` at the first wire value outside 0..3.
///
/// # Source
/// SeaTunnel `FilterRowKind`; `exclude_kinds` is the complement and the host's business.
pub const DEFINITION: OperatorDefinition = OperatorDefinition { name: "filter_row_kind", compile };

#[derive(Deserialize)]
struct Options {
    keep: Vec<RowKind>,
}

struct FilterRowKind {
    schema: Arc<Schema>,
    keep: [bool; 4],
}

fn compile(input: &Arc<Schema>, options: &Value, _context: &Context) -> Result<Box<dyn Operator>> {
    let options: Options = read_options(DEFINITION.name, options)?;
    let mut keep = [false; 4];
    for kind in options.keep {
        keep[kind as usize] = true;
    }
    Ok(Box::new(FilterRowKind { schema: Arc::clone(input), keep }))
}

impl Operator for FilterRowKind {
    fn output_schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    fn lineage(&self) -> Vec<Option<usize>> {
        (0..self.schema.columns.len()).map(Some).collect()
    }

    fn apply(&mut self, batch: Batch) -> Result<Batch> {
        let Some(kinds) = &batch.kinds else {
            return Ok(if self.keep[RowKind::Insert as usize] { batch } else { batch.slice(0, 0) });
        };
        for (row, kind) in kinds.values().iter().enumerate() {
            RowKind::from_wire(*kind).map_err(|error| error.at_row(row))?;
        }
        let mask = BooleanBuffer::collect_bool(batch.rows, |row| self.keep[kinds.value(row) as usize]);
        let inserts_only = self.keep == [true, false, false, false];
        let kept = batch.filter(&mask)?;
        Ok(if inserts_only && kept.rows < batch.rows { Batch { kinds: None, ..kept } } else { kept })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::testing::{any_batch, apply, batch_of, column, texts};
    use millrace_batch::{DataType, ErrorCode};
    use proptest::prelude::*;
    use serde_json::json;

    fn changelog(kinds: &[i8]) -> Batch {
        let rows: Vec<_> = (0..kinds.len()).map(|row| json!([row])).collect();
        let mut batch = batch_of("t", &[column("a", DataType::Int)], &rows);
        batch.kinds = Some(kinds.to_vec().into());
        batch
    }

    #[test]
    fn only_the_kinds_to_keep_stay() {
        let result = apply(&DEFINITION, &json!({"keep": ["INSERT", "DELETE"]}), changelog(&[0, 1, 2, 3, 0])).unwrap();
        assert_eq!(
            texts(&result),
            [
                "SeaTunnelRow{tableId=t, kind=+I, fields=[0]}",
                "SeaTunnelRow{tableId=t, kind=-D, fields=[3]}",
                "SeaTunnelRow{tableId=t, kind=+I, fields=[4]}"
            ]
        );
    }

    #[test]
    fn a_batch_without_kinds_is_all_inserts() {
        let batch = batch_of("t", &[column("a", DataType::Int)], &[json!([1])]);
        assert_eq!(apply(&DEFINITION, &json!({"keep": ["INSERT"]}), batch.clone()).unwrap().rows, 1);
        assert_eq!(apply(&DEFINITION, &json!({"keep": ["DELETE"]}), batch).unwrap().rows, 0);
    }

    #[test]
    fn an_unknown_kind_is_refused_at_its_row() {
        let error = apply(&DEFINITION, &json!({"keep": ["INSERT"]}), changelog(&[0, 7])).unwrap_err();
        assert_eq!((error.code, error.row), (ErrorCode::RowKindUnknown, Some(1)));
        let error = apply(&DEFINITION, &json!({"keep": ["UPSERT"]}), changelog(&[0])).unwrap_err();
        assert_eq!(error.code, ErrorCode::OptionInvalid);
    }

    proptest! {
        #![proptest_config(crate::testing::cases())]

        #[test]
        fn the_result_is_the_rows_of_those_kinds(batch in any_batch(), keep in prop::sample::subsequence(RowKind::ALL.to_vec(), 0..=4)) {
            let names: Vec<_> = keep.iter().map(|kind| kind.full_name()).collect();
            let expected: Vec<_> = texts(&batch).into_iter().enumerate()
                .filter(|(row, _)| keep.iter().any(|kind| *kind as i8 == batch.kind(*row)))
                .map(|(_, text)| text).collect();
            let result = apply(&DEFINITION, &json!({"keep": names}), batch).unwrap();
            result.record_batch().unwrap();
            prop_assert_eq!(texts(&result), expected);
        }
    }
}

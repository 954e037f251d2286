//! The SQL transform as an operator over batches.

use crate::compute::explode::Explosion;
use crate::compute::frame::Frame;
use crate::compute::runtime::Runtime;
use crate::plan::{OutputColumn, SelectPlan, ViewPlan, compile_select};
use crate::syntax::parse;
use arrow_array::cast::AsArray;
use arrow_array::types::UInt32Type;
use arrow_array::{Array, ArrayRef, Int8Array, UInt32Array};
use millrace_batch::codec::{Context, Operator, OperatorDefinition};
use millrace_batch::{Batch, ErrorCode, KernelError, Result, Schema};
use serde_json::Value;
use std::sync::Arc;

/// The operator `sql` of program documents: `{"query": "select …"}`.
pub const DEFINITION: OperatorDefinition = OperatorDefinition { name: "sql", compile: compile_operator };

fn compile_operator(input: &Arc<Schema>, options: &Value, context: &Context) -> Result<Box<dyn Operator>> {
    let query = options
        .get("query")
        .and_then(Value::as_str)
        .ok_or_else(|| KernelError::new(ErrorCode::ProgramInvalid, "the operator 'sql' has no text option 'query'"))?;
    Ok(Box::new(SqlTransform::compile(query, input, context)?))
}

/// A compiled `SELECT … FROM t [LATERAL VIEW …] [WHERE …]`: rows are filtered, then projected, then multiplied by the views.
///
/// # Source
/// SeaTunnel `SQLTransform` with the engine ZETA.
pub struct SqlTransform {
    plan: SelectPlan,
    runtime: Runtime,
}

impl SqlTransform {
    /// Parses and types a query against its input.
    ///
    /// # Errors
    /// `SQL_SYNTAX`, `SQL_INVALID` and `UNIMPLEMENTED` with the byte offset in `sql`; `OPTION_INVALID` for a zone of the
    /// context that is not known.
    pub fn compile(sql: &str, input: &Arc<Schema>, context: &Context) -> Result<Self> {
        let query = parse(sql)?;
        let runtime = Runtime::new(context)?;
        let plan = compile_select(&query, input, &runtime)?;
        Ok(Self { plan, runtime })
    }

    fn run(&self, batch: &Batch) -> Result<Batch> {
        let all = Frame::new(&batch.columns, batch.rows);
        let Some(predicate) = &self.plan.predicate else {
            return self.finish(&all, batch.kinds.clone());
        };
        let mask = predicate.evaluate(&all, &self.runtime)?;
        if mask.count_set_bits() == batch.rows {
            return self.finish(&all, batch.kinds.clone());
        }
        let selected = Frame::select(&all, mask);
        let kinds = match &batch.kinds {
            None => None,
            Some(kinds) => {
                let kinds: ArrayRef = Arc::new(kinds.clone());
                let kept = selected.restrict(&kinds)?;
                Some(Int8Array::from(kept.to_data()))
            }
        };
        self.finish(&selected, kinds)
    }

    fn finish(&self, frame: &Frame<'_>, kinds: Option<Int8Array>) -> Result<Batch> {
        let projected = self.project(frame, kinds)?;
        if self.plan.views.is_empty() {
            return Ok(projected);
        }
        let mut origins: ArrayRef = Arc::new(UInt32Array::from(frame.batch_rows()));
        let mut batch = projected;
        for view in &self.plan.views {
            batch = self.explode(view, &batch, &mut origins)?;
        }
        batch.schema = Arc::clone(&self.plan.schema);
        Ok(batch)
    }

    /// Applies one view; `origins` are the input's rows of the rows of `batch`.
    fn explode(&self, view: &ViewPlan, batch: &Batch, origins: &mut ArrayRef) -> Result<Batch> {
        let at_origin = |mut error: KernelError| {
            let rows = origins.as_primitive::<UInt32Type>();
            error.row = error.row.map(|row| u64::from(rows.value(row as usize)));
            error
        };
        let frame = Frame::new(&batch.columns, batch.rows);
        let lists = view.array.evaluate(&frame, &self.runtime).map_err(at_origin)?.into_array(batch.rows)?;
        let explosion = Explosion::new(&lists, view.outer).map_err(at_origin)?;
        let mut columns = Vec::with_capacity(batch.columns.len() + 1);
        for (index, column) in batch.columns.iter().enumerate() {
            columns.push(if index == view.target { explosion.elements(&lists)? } else { explosion.repeat(column)? });
        }
        if view.target == columns.len() {
            columns.push(explosion.elements(&lists)?);
        }
        let kinds = match &batch.kinds {
            None => None,
            Some(kinds) => {
                let kinds: ArrayRef = Arc::new(kinds.clone());
                Some(Int8Array::from(explosion.repeat(&kinds)?.to_data()))
            }
        };
        *origins = explosion.repeat(origins)?;
        Ok(Batch { schema: Arc::clone(&batch.schema), columns, rows: explosion.rows(), kinds })
    }

    fn project(&self, frame: &Frame<'_>, kinds: Option<Int8Array>) -> Result<Batch> {
        let rows = frame.rows();
        let mut columns = Vec::with_capacity(self.plan.columns.len());
        for column in &self.plan.columns {
            columns.push(match column {
                OutputColumn::Input(index) => frame.column(*index)?,
                OutputColumn::Computed(typed) => typed.evaluate(frame, &self.runtime)?.into_array(rows)?,
            });
        }
        let mut batch = Batch::try_new(Arc::clone(&self.plan.projected), columns, rows)?;
        batch.kinds = kinds;
        Ok(batch)
    }
}

impl Operator for SqlTransform {
    fn output_schema(&self) -> &Arc<Schema> {
        &self.plan.schema
    }

    fn lineage(&self) -> Vec<Option<usize>> {
        let source = |column: &OutputColumn| match column {
            OutputColumn::Input(index) => Some(*index),
            OutputColumn::Computed(_) => None,
        };
        let mut lineage: Vec<_> = self.plan.columns.iter().map(source).collect();
        lineage.resize(self.plan.schema.columns.len(), None);
        for view in &self.plan.views {
            lineage[view.target] = None;
        }
        lineage
    }

    fn apply(&mut self, batch: Batch) -> Result<Batch> {
        let mut failure = match self.run(&batch) {
            Ok(result) => return Ok(result),
            Err(failure) => failure,
        };
        // Expressions run one after the other over all rows, so one that ran later may fail at an earlier row.
        while let Some(row) = failure.row {
            match self.run(&batch.slice(0, row as usize)) {
                Err(earlier) if earlier.row.is_some_and(|earlier| earlier < row) => failure = earlier,
                _ => break,
            }
        }
        Err(failure)
    }
}

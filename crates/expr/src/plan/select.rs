//! A whole `SELECT` over one schema.

use super::Compiler;
use crate::compute::runtime::Runtime;
use crate::syntax::{Expression, ExpressionKind, LateralView, Query, SelectItem};
use crate::tree::{Node, Predicate, Typed};
use millrace_batch::{Column, DataType, ErrorCode, KernelError, Result, Schema};
use std::collections::HashSet;
use std::sync::Arc;

/// One column of the result.
#[derive(Debug)]
pub(crate) enum OutputColumn {
    /// An unchanged column of the input.
    Input(usize),
    /// An expression.
    Computed(Typed),
}

/// A query with names and types resolved.
#[derive(Debug)]
pub(crate) struct SelectPlan {
    pub(crate) predicate: Option<Predicate>,
    pub(crate) columns: Vec<OutputColumn>,
    /// Schema of `columns`.
    pub(crate) projected: Arc<Schema>,
    /// What multiplies the rows afterwards, in order.
    pub(crate) views: Vec<ViewPlan>,
    /// Schema of the result.
    pub(crate) schema: Arc<Schema>,
}

/// One `LATERAL VIEW`.
#[derive(Debug)]
pub(crate) struct ViewPlan {
    pub(crate) outer: bool,
    pub(crate) array: Typed,
    /// Where the elements go: a column to replace, or one behind the last.
    pub(crate) target: usize,
}

/// Resolves a query against its input.
///
/// # Errors
/// `SQL_INVALID` with a byte offset.
pub(crate) fn compile_select(query: &Query, input: &Schema, runtime: &Runtime) -> Result<SelectPlan> {
    let compiler = Compiler { schema: input, table: &query.table, runtime };
    let mut columns = Vec::new();
    let mut declared = Vec::new();
    for item in &query.items {
        match item {
            SelectItem::All => {
                columns.extend((0..input.columns.len()).map(OutputColumn::Input));
                declared.extend(input.columns.iter().cloned());
            }
            SelectItem::Expression { expression, alias } => {
                let typed = compiler.value(expression)?;
                let name = alias.clone().unwrap_or_else(|| default_name(expression));
                if let Node::Column(index) = typed.node {
                    columns.push(OutputColumn::Input(index));
                    declared.push(Column { name, ..input.columns[index].clone() });
                } else {
                    declared.push(Column { name, data_type: typed.data_type.clone(), nullable: true });
                    columns.push(OutputColumn::Computed(typed));
                }
            }
        }
    }
    let predicate = query.predicate.as_ref().map(|predicate| compiler.predicate(predicate)).transpose()?;
    refuse_duplicates(&declared)?;
    let projected = Arc::new(Schema { table: input.table.clone(), columns: declared });
    let mut schema = Arc::clone(&projected);
    let mut views = Vec::new();
    for view in &query.views {
        let (plan, next) = compile_view(view, &schema, &query.table, runtime)?;
        views.push(plan);
        schema = next;
    }
    Ok(SelectPlan { predicate, columns, projected, views, schema })
}

fn refuse_duplicates(columns: &[Column]) -> Result<()> {
    let mut names = HashSet::new();
    let Some(twice) = columns.iter().find(|column| !names.insert(column.name.as_str())) else { return Ok(()) };
    let message = format!("the query gives the column '{}' more than once", twice.name);
    Err(KernelError::new(ErrorCode::SqlInvalid, message).at_field(&twice.name))
}

/// A view works on what was selected: its array is made of selected columns, and its column replaces one of that name or
/// comes last.
fn compile_view(
    view: &LateralView,
    schema: &Schema,
    table: &str,
    runtime: &Runtime,
) -> Result<(ViewPlan, Arc<Schema>)> {
    let array = Compiler { schema, table, runtime }.value(&view.array)?;
    let DataType::Array { element } = array.data_type.clone() else {
        let message = format!("EXPLODE needs an array, not {}", array.data_type);
        return Err(KernelError::new(ErrorCode::SqlInvalid, message).at_offset(view.array.offset));
    };
    let mut columns = schema.columns.clone();
    let column = Column { name: view.name.clone(), data_type: *element, nullable: true };
    let target = schema.index_of(&view.name).unwrap_or(columns.len());
    if target < columns.len() {
        columns[target] = column;
    } else {
        columns.push(column);
    }
    let next = Arc::new(Schema { table: schema.table.clone(), columns });
    Ok((ViewPlan { outer: view.outer, array, target }, next))
}

/// The last part of a column's name with its quotes, or the text of the expression.
fn default_name(expression: &Expression) -> String {
    match &expression.kind {
        ExpressionKind::Column(parts) => parts.last().cloned().unwrap_or_default(),
        _ => expression.to_string(),
    }
}

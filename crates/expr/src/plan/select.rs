//! A whole `SELECT` over one schema.

use super::{Compiler, Node, Predicate, Typed};
use crate::eval::runtime::Runtime;
use crate::syntax::{Expression, ExpressionKind, Query, SelectItem};
use millrace_batch::{Column, ErrorCode, KernelError, Result, Schema};
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
    pub(crate) schema: Arc<Schema>,
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
    let mut names = HashSet::new();
    if let Some(twice) = declared.iter().find(|column| !names.insert(column.name.as_str())) {
        return Err(KernelError::new(
            ErrorCode::SqlInvalid,
            format!("the query gives the column '{}' more than once", twice.name),
        )
        .at_field(&twice.name));
    }
    let predicate = query.predicate.as_ref().map(|predicate| compiler.predicate(predicate)).transpose()?;
    let schema = Arc::new(Schema { table: input.table.clone(), columns: declared });
    Ok(SelectPlan { predicate, columns, schema })
}

/// The last part of a column's name with its quotes, or the text of the expression.
fn default_name(expression: &Expression) -> String {
    match &expression.kind {
        ExpressionKind::Column(parts) => parts.last().cloned().unwrap_or_default(),
        _ => expression.to_string(),
    }
}

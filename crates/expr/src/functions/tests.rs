//! What the tables of functions promise.

use super::{Function, SPECIAL_FORMS, all};
use crate::sql::SqlTransform;
use arrow_array::{ArrayRef, Int32Array};
use millrace_batch::codec::{Context, Operator};
use millrace_batch::{Batch, Column, DataType, KernelError, Schema};
use std::collections::HashSet;
use std::sync::Arc;

fn one_row() -> Batch {
    let column = Column { name: "one".into(), data_type: DataType::Int, nullable: true };
    let schema = Arc::new(Schema { table: "t".into(), columns: vec![column] });
    let array: ArrayRef = Arc::new(Int32Array::from(vec![1]));
    Batch::try_new(schema, vec![array], 1).unwrap()
}

fn evaluated(expression: &str) -> Result<String, KernelError> {
    let batch = one_row();
    let mut sql =
        SqlTransform::compile(&format!("SELECT {expression} AS x FROM t"), &batch.schema, &Context::default())?;
    let result = sql.apply(batch)?;
    let mut text = String::new();
    crate::java::text_form::push_cell(result.columns[0].as_ref(), 0, &mut text)?;
    Ok(text)
}

#[test]
fn every_example_gives_what_its_table_says() {
    for Function { names, example: (call, expected), .. } in all() {
        if !call.is_empty() {
            assert_eq!(evaluated(call).as_deref(), Ok(*expected), "{}: {call}", names[0]);
        }
    }
}

#[test]
fn every_special_form_gives_what_its_example_says() {
    for form in SPECIAL_FORMS {
        let (call, expected) = form.example;
        assert_eq!(evaluated(call).as_deref(), Ok(expected), "{}: {call}", form.name);
        assert!(!form.doc.is_empty() && !form.syntax.is_empty() && !form.result.is_empty());
    }
}

#[test]
fn every_name_is_there_once_and_documented() {
    let mut seen = HashSet::new();
    for function in all() {
        assert!(!function.doc.is_empty(), "{function:?}");
        assert!(function.required <= function.parameters.len() + usize::from(function.variadic), "{function:?}");
        for name in function.names {
            assert!(seen.insert(*name), "{name} is listed twice");
            assert_eq!(*name, name.to_ascii_uppercase());
        }
    }
}

#[test]
fn every_function_takes_nulls_for_all_its_arguments() {
    for function in
        all().filter(|function| !["EXTRACT", "AT TIME ZONE", "PARSEDATETIME", "MAP"].contains(&function.names[0]))
    {
        for count in function.required..=function.parameters.len() {
            let nulls = vec!["NULL"; count].join(", ");
            let call = format!("{}({nulls})", function.names[0]);
            assert!(evaluated(&call).is_ok(), "{call}: {:?}", evaluated(&call));
        }
    }
}

//! The `rows` option: rows that the user wrote out.

use super::options::{ExplicitRow, invalid};
use arrow_array::{Array, Int8Array, StructArray};
use millrace_batch::calendar::split_micros;
use millrace_batch::text::{MAX_SCALAR_BYTES, write_date, write_time, write_timestamp};
use millrace_batch::{Batch, DataType, ErrorCode, KernelError, Result, RowKind, Schema, StructField, array_from_json};
use serde_json::Value;
use std::sync::Arc;

/// Converts the rows to one batch.
///
/// # Errors
/// Those of [`array_from_json`] at the row and field; `OPTION_INVALID` for a kind that does not exist or fields that are
/// neither an array nor an object.
pub(crate) fn explicit_rows(schema: &Arc<Schema>, rows: &[ExplicitRow], local_now_micros: i64) -> Result<Batch> {
    let fields = schema
        .columns
        .iter()
        .map(|column| StructField { name: column.name.clone(), data_type: column.data_type.clone() })
        .collect();
    let row_type = DataType::Row { fields };
    let mut kinds = Vec::with_capacity(rows.len());
    let mut values = Vec::with_capacity(rows.len());
    for (index, row) in rows.iter().enumerate() {
        kinds.push(kind_of(row.kind.as_deref()).ok_or_else(|| {
            invalid(format!("row kind '{}' is not known", row.kind.as_deref().unwrap_or_default())).at_row(index)
        })? as i8);
        if !row.fields.is_array() && !row.fields.is_object() {
            return Err(invalid("the fields of a row are neither an array nor an object").at_row(index));
        }
        values.push(with_clock(&row.fields, &row_type, local_now_micros));
    }
    let references: Vec<_> = values.iter().map(Some).collect();
    let table = array_from_json(&references, &row_type)?;
    let table = table
        .as_any()
        .downcast_ref::<StructArray>()
        .ok_or_else(|| KernelError::new(ErrorCode::ProgramInvalid, "the rows did not become a struct"))?;
    let mut batch = Batch::try_new(Arc::clone(schema), table.columns().to_vec(), rows.len())?;
    if kinds.iter().any(|kind| *kind != RowKind::Insert as i8) {
        batch.kinds = Some(Int8Array::from(kinds));
    }
    Ok(batch)
}

fn kind_of(name: Option<&str>) -> Option<RowKind> {
    let Some(name) = name else { return Some(RowKind::Insert) };
    RowKind::ALL.into_iter().find(|kind| kind.full_name().eq_ignore_ascii_case(name) || kind.short_name() == name)
}

/// A copy in which the names of the clock are replaced by its text, at any depth, where the type is the one they name.
pub(crate) fn with_clock(value: &Value, data_type: &DataType, local_now_micros: i64) -> Value {
    let inside = |value: &Value, data_type: &DataType| with_clock(value, data_type, local_now_micros);
    match (data_type, value) {
        (_, Value::String(name)) => {
            clock_text(name, data_type, local_now_micros).map_or_else(|| value.clone(), Value::from)
        }
        (DataType::Array { element }, Value::Array(items)) => items.iter().map(|item| inside(item, element)).collect(),
        (DataType::Map { value: item_type, .. }, Value::Object(members)) => {
            members.iter().map(|(name, item)| (name.clone(), inside(item, item_type))).collect()
        }
        (DataType::Row { fields }, Value::Array(items)) => {
            let typed = fields.iter().map(|field| &field.data_type).chain(std::iter::repeat(&DataType::Null));
            items.iter().zip(typed).map(|(item, item_type)| inside(item, item_type)).collect()
        }
        (DataType::Row { fields }, Value::Object(members)) => members
            .iter()
            .map(|(name, item)| {
                let item_type = fields.iter().find(|field| field.name == *name).map(|field| &field.data_type);
                (name.clone(), inside(item, item_type.unwrap_or(&DataType::Null)))
            })
            .collect(),
        _ => value.clone(),
    }
}

fn clock_text(name: &str, data_type: &DataType, local_now_micros: i64) -> Option<String> {
    let (days, nanos) = split_micros(local_now_micros);
    let mut out = [0u8; MAX_SCALAR_BYTES];
    let length = match data_type {
        DataType::Date if name.eq_ignore_ascii_case("CURRENT_DATE") => write_date(days, &mut out),
        DataType::Time if name.eq_ignore_ascii_case("CURRENT_TIME") => write_time(nanos, &mut out),
        DataType::Timestamp | DataType::TimestampTz if name.eq_ignore_ascii_case("CURRENT_TIMESTAMP") => {
            write_timestamp(local_now_micros, &mut out)
        }
        _ => return None,
    };
    Some(String::from_utf8_lossy(&out[..length]).into_owned())
}

//! Arrays, maps and rows: children are gathered into one flat column and read at once.

use super::{array_from_json, checked_length, malformed, present};
use crate::arrow_types::{LIST_FIELD, arrow_type};
use crate::error::{ErrorCode, KernelError, Result};
use crate::schema::{DataType, StructField};
use arrow_array::{Array, ArrayRef, ListArray, MapArray, StructArray};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::{DataType as ArrowType, Field};
use serde_json::Value;
use std::sync::Arc;

/// Moves an error of a flattened child to the row that holds it.
fn at_parent_row(mut error: KernelError, offsets: &[i32]) -> KernelError {
    if let Some(child) = error.row {
        let row = offsets.partition_point(|offset| u64::from(offset.unsigned_abs()) <= child);
        error.row = Some(row.saturating_sub(1) as u64);
    }
    error
}

pub(super) fn lists(values: &[Option<&Value>], data_type: &DataType, element: &DataType) -> Result<ArrayRef> {
    let (mut children, mut offsets, mut valid) = (Vec::new(), vec![0i32], Vec::with_capacity(values.len()));
    for (row, value) in values.iter().enumerate() {
        let value = present(*value);
        valid.push(value.is_some());
        if let Some(value) = value {
            let items = value.as_array().ok_or_else(|| malformed(value, data_type, row))?;
            checked_length(children.len(), items.len(), row)?;
            children.extend(items.iter().map(Some));
        }
        offsets.push(children.len() as i32);
    }
    let child = array_from_json(&children, element).map_err(|error| at_parent_row(error, &offsets))?;
    let field = Arc::new(Field::new(LIST_FIELD, arrow_type(element), true));
    Ok(Arc::new(ListArray::new(field, OffsetBuffer::new(offsets.into()), child, Some(NullBuffer::from(valid)))))
}

pub(super) fn maps(
    values: &[Option<&Value>],
    data_type: &DataType,
    key: &DataType,
    item: &DataType,
) -> Result<ArrayRef> {
    let (mut keys, mut items) = (Vec::new(), Vec::new());
    let (mut offsets, mut valid) = (vec![0i32], Vec::with_capacity(values.len()));
    for (row, value) in values.iter().enumerate() {
        let value = present(*value);
        valid.push(value.is_some());
        if let Some(value) = value {
            let members = value.as_object().ok_or_else(|| malformed(value, data_type, row))?;
            checked_length(keys.len(), members.len(), row)?;
            keys.extend(members.keys().map(|name| Value::String(name.clone())));
            items.extend(members.values().map(Some));
        }
        offsets.push(keys.len() as i32);
    }
    let key_values: Vec<_> = keys.iter().map(Some).collect();
    let key_array = array_from_json(&key_values, key).map_err(|error| at_parent_row(error, &offsets))?;
    let item_array = array_from_json(&items, item).map_err(|error| at_parent_row(error, &offsets))?;
    if key_array.null_count() > 0 || matches!(key, DataType::Null) && !keys.is_empty() {
        return Err(KernelError::new(ErrorCode::ValueMalformed, format!("a key of '{data_type}' cannot be null")));
    }
    let ArrowType::Map(entries_field, _) = arrow_type(data_type) else {
        return Err(KernelError::new(ErrorCode::ProgramInvalid, "the type of a map is not a map"));
    };
    let ArrowType::Struct(fields) = entries_field.data_type().clone() else {
        return Err(KernelError::new(ErrorCode::ProgramInvalid, "the entries of a map are not a struct"));
    };
    let entries = StructArray::new(fields, vec![key_array, item_array], None);
    let offsets = OffsetBuffer::new(offsets.into());
    Ok(Arc::new(MapArray::new(entries_field, offsets, entries, Some(NullBuffer::from(valid)), false)))
}

pub(super) fn rows(values: &[Option<&Value>], fields: &[StructField]) -> Result<ArrayRef> {
    let mut valid = Vec::with_capacity(values.len());
    for (row, value) in values.iter().enumerate() {
        let value = present(*value);
        valid.push(value.is_some());
        if let Some(value) = value.filter(|value| !value.is_object() && !value.is_array()) {
            return Err(malformed(value, &DataType::Row { fields: fields.to_vec() }, row));
        }
    }
    let valid = NullBuffer::from(valid);
    let mut columns = Vec::with_capacity(fields.len());
    for (position, field) in fields.iter().enumerate() {
        let children: Vec<Option<&Value>> = values
            .iter()
            .map(|value| match value {
                Some(Value::Object(members)) => members.get(&field.name),
                Some(Value::Array(items)) => items.get(position),
                _ => None,
            })
            .collect();
        columns.push(array_from_json(&children, &field.data_type).map_err(|error| within(error, &field.name))?);
    }
    if fields.is_empty() {
        return Ok(Arc::new(StructArray::new_empty_fields(values.len(), Some(valid))));
    }
    let ArrowType::Struct(arrow_fields) = arrow_type(&DataType::Row { fields: fields.to_vec() }) else {
        return Err(KernelError::new(ErrorCode::ProgramInvalid, "the type of a row is not a struct"));
    };
    Ok(Arc::new(StructArray::new(arrow_fields, columns, Some(valid))))
}

/// The same error with `name` in front of its field path.
fn within(mut error: KernelError, name: &str) -> KernelError {
    error.field = Some(match error.field.take() {
        Some(inner) => format!("{name}.{inner}"),
        None => name.to_owned(),
    });
    error
}

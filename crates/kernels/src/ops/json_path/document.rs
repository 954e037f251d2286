//! The JSON documents of a source column.

use crate::row_text::write_value;
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, BinaryArray, StringArray};
use millrace_batch::DataType;
use millrace_batch::json_text::escape_into;
use std::borrow::Cow;

/// Gives one document after the other.
///
/// Strings are documents, bytes are when they are read as UTF-8. Arrays become JSON arrays, maps objects, rows **arrays** of
/// their fields; numbers and booleans in them stay what they are, every other value becomes its Java text.
pub(super) struct Documents<'a> {
    array: &'a ArrayRef,
    data_type: &'a DataType,
    values: Values<'a>,
    text: Cow<'a, str>,
}

enum Values<'a> {
    Texts(&'a StringArray),
    Bytes(&'a BinaryArray),
    Others,
}

impl<'a> Documents<'a> {
    pub(super) fn new(array: &'a ArrayRef, data_type: &'a DataType) -> Self {
        let values = if let Some(texts) = array.as_string_opt() {
            Values::Texts(texts)
        } else if let Some(bytes) = array.as_binary_opt() {
            Values::Bytes(bytes)
        } else {
            Values::Others
        };
        Self { array, data_type, values, text: Cow::Borrowed("") }
    }

    /// Goes to a row; false when it is null.
    pub(super) fn load(&mut self, row: usize) -> bool {
        if self.array.is_null(row) {
            return false;
        }
        self.text = match &self.values {
            Values::Texts(texts) => Cow::Borrowed(texts.value(row)),
            Values::Bytes(bytes) => String::from_utf8_lossy(bytes.value(row)),
            Values::Others => {
                let mut out = String::new();
                write_json(self.array, self.data_type, row, &mut out);
                Cow::Owned(out)
            }
        };
        true
    }

    /// The document of the row.
    pub(super) fn text(&self) -> &str {
        &self.text
    }
}

/// Appends one value as JSON.
fn write_json(array: &ArrayRef, data_type: &DataType, row: usize, out: &mut String) {
    if *data_type == DataType::Null || array.is_null(row) {
        out.push_str("null");
        return;
    }
    match data_type {
        DataType::Array { element } => {
            let items = array.as_list::<i32>().value(row);
            write_items(out, ('[', ']'), items.len(), |out, index| write_json(&items, element, index, out));
        }
        DataType::Map { key, value } => {
            let entries = array.as_map().value(row);
            write_items(out, ('{', '}'), entries.len(), |out, index| {
                write_text(entries.column(0), key, index, out);
                out.push(':');
                write_json(entries.column(1), value, index, out);
            });
        }
        DataType::Row { fields } => {
            let columns = array.as_struct().columns();
            write_items(out, ('[', ']'), fields.len(), |out, index| {
                write_json(&columns[index], &fields[index].data_type, row, out);
            });
        }
        DataType::FloatVector => {
            let items = array.as_list::<i32>().value(row);
            write_items(out, ('[', ']'), items.len(), |out, index| write_json(&items, &DataType::Float, index, out));
        }
        DataType::Boolean | DataType::TinyInt | DataType::SmallInt | DataType::Int | DataType::BigInt => {
            write_value(array, data_type, row, out);
        }
        DataType::Float | DataType::Double | DataType::Decimal { .. } => {
            let start = out.len();
            write_value(array, data_type, row, out);
            // NaN and the infinities are no JSON numbers.
            if !out.ends_with(|last: char| last.is_ascii_digit()) {
                out.insert(start, '"');
                out.push('"');
            }
        }
        _ => write_text(array, data_type, row, out),
    }
}

fn write_items(out: &mut String, (open, close): (char, char), count: usize, mut item: impl FnMut(&mut String, usize)) {
    out.push(open);
    for index in 0..count {
        if index > 0 {
            out.push(',');
        }
        item(out, index);
    }
    out.push(close);
}

fn write_text(array: &ArrayRef, data_type: &DataType, row: usize, out: &mut String) {
    let mut text = String::new();
    write_value(array, data_type, row, &mut text);
    let mut escaped = Vec::with_capacity(text.len() + 2);
    escape_into(text.as_bytes(), &mut escaped);
    out.push('"');
    out.push_str(&String::from_utf8_lossy(&escaped));
    out.push('"');
}

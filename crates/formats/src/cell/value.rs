//! One cell to one value of its column's type.

use crate::delimited::columns::{ColumnBuilder, Reading, Values};
use crate::delimited::value::{is_blank, malformed};
use millrace_batch::calendar::split_micros;
use millrace_batch::schema::DataType;
use millrace_batch::text::{MAX_SCALAR_BYTES, write_f64, write_timestamp};
use millrace_batch::{Result, parse};
use serde_json::Value as Json;

/// Digits that always survive a double: a number with more was meant exactly.
const DOUBLE_DIGITS: usize = 17;

/// What a cell holds.
pub(crate) enum CellValue<'a> {
    /// Nothing: null for every type.
    Absent,
    /// A text: as it is for STRING and BYTES; read by its type's rules for others, null when it is blank.
    Text(&'a str),
    /// A number: `digits` as they are written, and how the cell shows it.
    Number {
        value: f64,
        digits: &'a str,
        shown: &'a str,
    },
    /// Local microseconds.
    Moment(i64),
    Boolean(bool),
}

impl CellValue<'_> {
    /// Bytes that the value takes.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            CellValue::Text(text) => text.len(),
            CellValue::Number { shown, .. } => shown.len(),
            _ => 8,
        }
    }

    /// Appends the value to a column.
    ///
    /// | cell | column | value |
    /// |---|---|---|
    /// | number | integers | cut to a whole one |
    /// | number | DECIMAL | the shortest digits of the double, or all digits when there are more than 17; half up to the scale |
    /// | number | STRING | as the cell shows it |
    /// | moment | DATE, TIME, TIMESTAMP | its part |
    /// | moment | STRING | Java's text |
    /// | text | integers | a number in any notation, cut to a whole one |
    /// | text | ARRAY, MAP | JSON |
    /// | text | ROW | its fields between delimiters |
    ///
    /// # Errors
    /// `VALUE_MALFORMED`, `DATE_FORMAT_UNSUPPORTED`, `DATETIME_FORMAT_UNSUPPORTED`.
    ///
    /// # Source
    /// SeaTunnel `ExcelCellUtils.convert` and `XmlReadStrategy.convert`.
    pub(crate) fn push(&self, builder: &mut ColumnBuilder, field_delimiter: &str) -> Result<()> {
        match *self {
            CellValue::Absent => {
                builder.push_null();
                Ok(())
            }
            CellValue::Text(text) => push_text(builder, text, field_delimiter),
            CellValue::Boolean(value) => push_text(builder, if value { "true" } else { "false" }, field_delimiter),
            CellValue::Moment(micros) => push_moment(builder, micros, field_delimiter),
            CellValue::Number { value, digits, shown } => push_number(builder, value, digits, shown, field_delimiter),
        }
    }
}

fn push_number(builder: &mut ColumnBuilder, value: f64, digits: &str, shown: &str, delimiter: &str) -> Result<()> {
    match builder.data_type {
        DataType::TinyInt | DataType::SmallInt | DataType::Int | DataType::BigInt | DataType::Float => {
            push_text(builder, digits, delimiter)
        }
        DataType::Double => {
            let Values::Float64(values) = &mut builder.values else { return push_text(builder, digits, delimiter) };
            values.push(value);
            builder.rows += 1;
            Ok(())
        }
        DataType::Decimal { .. } => {
            if digits.bytes().filter(u8::is_ascii_digit).count() > DOUBLE_DIGITS {
                return push_text(builder, digits, delimiter);
            }
            let mut text = [0u8; MAX_SCALAR_BYTES];
            let length = write_f64(value, &mut text);
            builder.push(&text[..length], plain(&[]))
        }
        _ => push_text(builder, shown, delimiter),
    }
}

fn push_moment(builder: &mut ColumnBuilder, micros: i64, delimiter: &str) -> Result<()> {
    let (day, nanos) = split_micros(micros);
    match &mut builder.values {
        Values::Date(values) => values.push(day),
        Values::Time(values) => values.push(nanos),
        Values::Timestamp(values) => values.push(micros),
        _ => {
            let mut text = [0u8; MAX_SCALAR_BYTES];
            let length = write_timestamp(micros, &mut text);
            return push_text(builder, std::str::from_utf8(&text[..length]).unwrap_or_default(), delimiter);
        }
    }
    builder.rows += 1;
    Ok(())
}

fn push_text(builder: &mut ColumnBuilder, text: &str, delimiter: &str) -> Result<()> {
    if let Values::Bytes { offsets, bytes } = &mut builder.values {
        bytes.extend_from_slice(text.as_bytes());
        offsets.push(bytes.len() as i32);
        builder.rows += 1;
        return Ok(());
    }
    if is_blank(text.as_bytes()) {
        builder.push_null();
        return Ok(());
    }
    match &mut builder.values {
        Values::Struct(children) => {
            let mut parts = text.split(delimiter);
            for child in children {
                match parts.next() {
                    Some(part) => push_text(child, part, delimiter)?,
                    None => child.push_null(),
                }
            }
            builder.rows += 1;
            Ok(())
        }
        Values::List { .. } | Values::Map { .. } => match serde_json::from_str::<Json>(text) {
            Ok(value) => push_json(builder, &value),
            Err(_) => Err(malformed(&builder.data_type, text.as_bytes())),
        },
        Values::Int8(_) | Values::Int16(_) | Values::Int32(_) | Values::Int64(_) => push_whole(builder, text.trim()),
        _ => builder.push(text.trim().as_bytes(), plain(&[])),
    }
}

/// A number in any notation, cut to a whole one.
fn push_whole(builder: &mut ColumnBuilder, text: &str) -> Result<()> {
    let whole = parse::parse_i64(text.as_bytes()).or_else(|| {
        let cut = parse::parse_f64(text.as_bytes())?.trunc();
        (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&cut).then_some(cut as i64)
    });
    let pushed = whole.and_then(|whole| {
        match &mut builder.values {
            Values::Int8(values) => values.push(whole.try_into().ok()?),
            Values::Int16(values) => values.push(whole.try_into().ok()?),
            Values::Int32(values) => values.push(whole.try_into().ok()?),
            Values::Int64(values) => values.push(whole),
            _ => return None,
        }
        Some(())
    });
    pushed.ok_or_else(|| malformed(&builder.data_type, text.as_bytes()))?;
    builder.rows += 1;
    Ok(())
}

/// A JSON value: containers by their shape, scalars by their text.
fn push_json(builder: &mut ColumnBuilder, value: &Json) -> Result<()> {
    if value.is_null() {
        builder.push_null();
        return Ok(());
    }
    match (&mut builder.values, value) {
        (Values::List { offsets, element }, Json::Array(items)) => {
            items.iter().try_for_each(|item| push_json(element, item))?;
            offsets.push(element.rows as i32);
        }
        (Values::Map { offsets, key, value }, Json::Object(members)) => {
            for (name, member) in members {
                if is_blank(name.as_bytes()) && !matches!(key.values, Values::Bytes { .. }) {
                    return Err(malformed(&key.data_type, name.as_bytes()));
                }
                push_text(key, name, "")?;
                push_json(value, member)?;
            }
            offsets.push(key.rows as i32);
        }
        (Values::Struct(children), Json::Object(members)) => {
            let DataType::Row { fields } = &builder.data_type else {
                return Err(malformed(&builder.data_type, value.to_string().as_bytes()));
            };
            for (field, child) in fields.iter().zip(children) {
                push_json(child, members.get(&field.name).unwrap_or(&Json::Null))?;
            }
        }
        (Values::Struct(children), Json::Array(items)) => {
            for (index, child) in children.iter_mut().enumerate() {
                push_json(child, items.get(index).unwrap_or(&Json::Null))?;
            }
        }
        (Values::List { .. } | Values::Map { .. } | Values::Struct(_), _) => {
            return Err(malformed(&builder.data_type, value.to_string().as_bytes()));
        }
        (_, Json::String(text)) => return push_text(builder, text, ""),
        (_, other) => return push_text(builder, &other.to_string(), ""),
    }
    builder.rows += 1;
    Ok(())
}

fn plain(separators: &[Vec<u8>]) -> Reading<'_> {
    Reading { null_format: None, separators }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;
    use millrace_batch::{ErrorCode, array_from_json};
    use serde_json::json;

    fn pushed(data_type: &DataType, cell: &CellValue<'_>) -> Result<arrow_array::ArrayRef> {
        let mut builder = ColumnBuilder::new(data_type, 0, 8)?;
        cell.push(&mut builder, ";")?;
        assert_eq!(builder.rows, 1);
        builder.finish()
    }

    fn number<'a>(digits: &'a str, shown: &'a str) -> CellValue<'a> {
        CellValue::Number { value: digits.parse().unwrap(), digits, shown }
    }

    #[test]
    fn cells_become_values_of_their_columns_type() {
        let decimal = DataType::Decimal { precision: 38, scale: 2 };
        let ints = DataType::Array { element: Box::new(DataType::Int) };
        let map = DataType::Map { key: Box::new(DataType::String), value: Box::new(DataType::Double) };
        for (data_type, cell, expected) in [
            (&DataType::Int, CellValue::Absent, json!(null)),
            (&DataType::Int, CellValue::Text("  "), json!(null)),
            (&DataType::Int, CellValue::Text(" 1.9e1 "), json!(19)),
            (&DataType::TinyInt, CellValue::Text("-128"), json!(-128)),
            (&DataType::BigInt, CellValue::Text("9223372036854775807"), json!(i64::MAX)),
            (&DataType::BigInt, number("9223372036854775807", "9.22337E+18"), json!(i64::MAX)),
            (&DataType::Int, number("2.7", "3"), json!(2)),
            (&DataType::String, CellValue::Text(""), json!("")),
            (&DataType::String, CellValue::Text(" a "), json!(" a ")),
            (&DataType::String, number("0.5", "50%"), json!("50%")),
            (&DataType::String, CellValue::Boolean(true), json!("true")),
            (&DataType::Boolean, CellValue::Text("TRUE"), json!(true)),
            (&DataType::Boolean, number("1", "1"), json!(false)),
            (&decimal, number("1.0049999999999999", "1"), json!("1.01")),
            (&decimal, number("12345678901234567890.125", ""), json!("12345678901234567890.13")),
            (&DataType::Date, CellValue::Moment(86_400_000_000), json!("1970-01-02")),
            (&DataType::Time, CellValue::Moment(3_600_000_000), json!("01:00:00")),
            (&DataType::Timestamp, CellValue::Moment(-1), json!("1969-12-31T23:59:59.999999")),
            (&DataType::String, CellValue::Moment(0), json!("1970-01-01T00:00")),
            (&ints, CellValue::Text("[1, null, \"3\"]"), json!([1, null, 3])),
            (&map, CellValue::Text("{\"a\": 1.5, \"b\": null}"), json!({"a": 1.5, "b": null})),
        ] {
            let array = pushed(data_type, &cell).unwrap();
            let expected = array_from_json(&[Some(&expected)], data_type).unwrap();
            assert_eq!(&array, &expected, "{data_type}");
        }
    }

    #[test]
    fn what_is_not_of_its_type_is_refused() {
        let ints = DataType::Array { element: Box::new(DataType::Int) };
        for (data_type, cell, code) in [
            (&DataType::TinyInt, CellValue::Text("128"), ErrorCode::ValueMalformed),
            (&DataType::Int, CellValue::Text("1,000"), ErrorCode::ValueMalformed),
            (&DataType::Int, CellValue::Moment(0), ErrorCode::ValueMalformed),
            (&DataType::BigInt, CellValue::Text("1e19"), ErrorCode::ValueMalformed),
            (&DataType::Date, CellValue::Text("soon"), ErrorCode::DateUnsupported),
            (&DataType::Date, number("45000", "45000"), ErrorCode::DateUnsupported),
            (&DataType::Timestamp, CellValue::Text("1"), ErrorCode::DateTimeUnsupported),
            (&ints, CellValue::Text("1"), ErrorCode::ValueMalformed),
            (&ints, CellValue::Text("[1"), ErrorCode::ValueMalformed),
            (&ints, CellValue::Text("[\"x\"]"), ErrorCode::ValueMalformed),
        ] {
            assert_eq!(pushed(data_type, &cell).unwrap_err().code, code, "{data_type}");
        }
    }
}

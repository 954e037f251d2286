//! From schema and options to a tree of value generators.

use super::bounds::{as_option, bounds, check_table, integer, members, template};
use super::explicit::with_clock;
use super::node::{Days, Generator, Node, Seconds};
use super::options::{ColumnOptions, Options, invalid};
use super::random::{derive, derive_named};
use arrow_array::{ArrayRef, BinaryArray};
use millrace_batch::calendar::{civil_from_days, days_from_civil, days_in_month, split_micros};
use millrace_batch::{DataType, Result, Schema, array_from_json};
use serde_json::Value;
use std::sync::Arc;

/// Compiles every column of the schema.
///
/// # Errors
/// `OPTION_INVALID` when a bound, template, default or size is not of its type, with the field when it is one column's.
pub(crate) fn compile_columns(
    schema: &Schema,
    options: &Options,
    seed: u64,
    local_now_micros: i64,
) -> Result<Vec<Node>> {
    let compiler = Compiler { options, year: civil_from_days(split_micros(local_now_micros).0).0, local_now_micros };
    let table = derive_named(derive(seed, 0), &schema.table);
    schema
        .columns
        .iter()
        .map(|column| {
            let declared = options.columns.iter().find(|declared| declared.name == column.name);
            compiler
                .column(&column.name, &column.data_type, declared, derive_named(table, &column.name))
                .map_err(|error| if error.field.is_none() { error.at_field(&column.name) } else { error })
        })
        .collect()
}

struct Compiler<'a> {
    options: &'a Options,
    year: i32,
    local_now_micros: i64,
}

impl Compiler<'_> {
    fn column(&self, name: &str, data_type: &DataType, declared: Option<&ColumnOptions>, stream: u64) -> Result<Node> {
        let constant = declared.is_some_and(|declared| declared.default_value.is_some());
        if !constant && self.options.auto_increment_columns.iter().any(|column| column == name) {
            return self.auto_increment(data_type, stream);
        }
        self.node(data_type, declared, stream)
    }

    fn auto_increment(&self, data_type: &DataType, stream: u64) -> Result<Node> {
        if !matches!(data_type, DataType::TinyInt | DataType::SmallInt | DataType::Int | DataType::BigInt) {
            return Err(invalid(format!("auto increment needs an integer column, not '{data_type}'")));
        }
        let start = integer(self.options.auto_increment_start.as_ref(), 1, "autoIncrementStart")?;
        let generator = Generator::AutoIncrement { start, rows_per_reader: self.options.rows_per_reader };
        Ok(Node { stream, data_type: data_type.clone(), generator })
    }

    /// A default value of the column as the one value of an array; `None` when there is none, or the type's children have
    /// it.
    fn constant(&self, data_type: &DataType, declared: Option<&ColumnOptions>) -> Result<Option<ArrayRef>> {
        let Some(value) = declared.and_then(|declared| declared.default_value.as_ref()) else { return Ok(None) };
        match (data_type, value) {
            (DataType::Array { .. } | DataType::Map { .. } | DataType::Row { .. }, scalar)
                if !scalar.is_array() && !scalar.is_object() =>
            {
                Ok(None)
            }
            (
                DataType::Null
                | DataType::BinaryVector
                | DataType::FloatVector
                | DataType::Float16Vector
                | DataType::BFloat16Vector
                | DataType::SparseFloatVector,
                _,
            ) => Ok(None),
            (DataType::Bytes, Value::String(text)) => Ok(Some(Arc::new(BinaryArray::from_vec(vec![text.as_bytes()])))),
            _ => {
                let value = with_clock(value, data_type, self.local_now_micros);
                array_from_json(&[Some(&value)], data_type).map(Some).map_err(as_option)
            }
        }
    }

    fn node(&self, data_type: &DataType, declared: Option<&ColumnOptions>, stream: u64) -> Result<Node> {
        if let Some(array) = self.constant(data_type, declared)? {
            return Ok(Node { stream, data_type: data_type.clone(), generator: Generator::Constant(array) });
        }
        let options = self.options;
        let length = |default: usize| declared.and_then(|d| d.length).filter(|length| *length > 0).unwrap_or(default);
        let dimension = |default: usize| declared.and_then(|d| d.scale).filter(|scale| *scale > 0).unwrap_or(default);
        let child = |data_type: &DataType, tag: u64| self.node(data_type, declared, derive(stream, tag)).map(Box::new);
        let generator = match data_type {
            DataType::Null => Generator::Null,
            DataType::Boolean => Generator::Boolean,
            DataType::String => self.text(length(options.string_length))?,
            DataType::Bytes => Generator::Text { length: length(options.bytes_length) },
            DataType::TinyInt | DataType::SmallInt | DataType::Int | DataType::BigInt => self.integers(data_type)?,
            DataType::Float | DataType::Double => {
                self.floats(data_type, declared.and_then(|declared| declared.scale))?
            }
            DataType::Decimal { .. } => Generator::Decimal,
            DataType::Date => Generator::Date(self.days()?),
            DataType::Time => Generator::Time(self.seconds()?),
            DataType::Timestamp | DataType::TimestampTz => Generator::Timestamp(self.days()?, self.seconds()?),
            DataType::Array { element } => Generator::List { element: child(element, 1)?, size: options.array_size },
            DataType::Map { key, value } => {
                Generator::Map { key: child(key, 1)?, value: child(value, 2)?, size: options.map_size }
            }
            DataType::Row { fields } => Generator::Row(
                fields
                    .iter()
                    .map(|field| self.node(&field.data_type, declared, derive_named(stream, &field.name)))
                    .collect::<Result<_>>()?,
            ),
            DataType::BinaryVector => Generator::Bits { bytes: dimension(options.binary_vector_dimension).div_ceil(8) },
            DataType::FloatVector => {
                Generator::List { element: self.vector_floats(stream)?, size: dimension(options.vector_dimension) }
            }
            DataType::SparseFloatVector => Generator::Sparse {
                values: self.vector_floats(stream)?,
                dimension: dimension(options.vector_dimension).min(i32::MAX as usize),
            },
            DataType::Float16Vector | DataType::BFloat16Vector => {
                let limit = if *data_type == DataType::Float16Vector { 65_504.0 } else { f32::MAX };
                let (min, max) = self.vector_bounds()?;
                let (min, max) = (min.clamp(-limit, limit), max.clamp(-limit, limit));
                Generator::ShortFloats { min, max, dimension: dimension(options.vector_dimension) }
            }
        };
        Ok(Node { stream, data_type: data_type.clone(), generator })
    }

    fn text(&self, length: usize) -> Result<Generator> {
        let template = template(self.options.string_template.as_ref(), &DataType::String, "stringTemplate")?;
        Ok(template.unwrap_or(Generator::Text { length }))
    }

    fn integers(&self, data_type: &DataType) -> Result<Generator> {
        let options = self.options;
        let (name, limit, low, high, values) = match data_type {
            DataType::TinyInt => {
                ("tinyint", i64::from(i8::MAX), &options.tinyint_min, &options.tinyint_max, &options.tinyint_template)
            }
            DataType::SmallInt => (
                "smallint",
                i64::from(i16::MAX),
                &options.smallint_min,
                &options.smallint_max,
                &options.smallint_template,
            ),
            DataType::Int => ("int", i64::from(i32::MAX), &options.int_min, &options.int_max, &options.int_template),
            _ => ("bigint", i64::MAX, &options.bigint_min, &options.bigint_max, &options.bigint_template),
        };
        if let Some(template) = template(values.as_ref(), data_type, &format!("{name}Template"))? {
            return Ok(template);
        }
        let min = integer(low.as_ref(), 0, &format!("{name}Min"))?;
        let max = integer(high.as_ref(), limit, &format!("{name}Max"))?;
        if min > max || max > limit || min < -limit - 1 {
            return Err(invalid(format!("bounds '{min}' and '{max}' of '{name}' are not a range of its values")));
        }
        Ok(Generator::Integer { min, max })
    }

    fn floats(&self, data_type: &DataType, scale: Option<usize>) -> Result<Generator> {
        let options = self.options;
        let single = *data_type == DataType::Float;
        let (name, limit) = if single { ("float", f64::from(f32::MAX)) } else { ("double", f64::MAX) };
        let values = if single { &options.float_template } else { &options.double_template };
        if let Some(template) = template(values.as_ref(), data_type, &format!("{name}Template"))? {
            return Ok(template);
        }
        let (low, high) =
            if single { (&options.float_min, &options.float_max) } else { (&options.double_min, &options.double_max) };
        let (min, max) = bounds(low.as_ref(), high.as_ref(), limit, name)?;
        Ok(match (scale, single) {
            (Some(scale), _) => Generator::Rounded { min, max, power: 10f64.powi(scale.min(400) as i32) },
            (None, true) => Generator::Float { min: min as f32, max: max as f32 },
            (None, false) => Generator::Double { min, max },
        })
    }

    fn vector_bounds(&self) -> Result<(f32, f32)> {
        let (low, high) = (self.options.vector_float_min.as_ref(), self.options.vector_float_max.as_ref());
        bounds(low, high, f64::from(f32::MAX), "vectorFloat").map(|(min, max)| (min as f32, max as f32))
    }

    fn vector_floats(&self, stream: u64) -> Result<Box<Node>> {
        let (min, max) = self.vector_bounds()?;
        let generator = Generator::Float { min, max };
        Ok(Box::new(Node { stream: derive(stream, 1), data_type: DataType::Float, generator }))
    }

    fn days(&self) -> Result<Days> {
        let options = self.options;
        let years = members(options.date_year_template.as_ref(), 1, 9999, "dateYearTemplate")?;
        let months = members(options.date_month_template.as_ref(), 1, 12, "dateMonthTemplate")?;
        let days = members(options.date_day_template.as_ref(), 1, 31, "dateDayTemplate")?;
        let years = years.unwrap_or_else(|| vec![self.year]);
        let months = months.unwrap_or_else(|| (1..=12).collect());
        let days = days.unwrap_or_else(|| (1..=28).collect());
        check_table(&[years.len(), months.len(), days.len()])?;
        let mut table = Vec::with_capacity(years.len() * months.len() * days.len());
        for year in years {
            for month in &months {
                let month = month.unsigned_abs();
                for day in &days {
                    table.push(days_from_civil(year, month, day.unsigned_abs().min(days_in_month(year, month))));
                }
            }
        }
        Ok(Days(table))
    }

    fn seconds(&self) -> Result<Seconds> {
        let options = self.options;
        let hours = members(options.time_hour_template.as_ref(), 0, 23, "timeHourTemplate")?;
        let minutes = members(options.time_minute_template.as_ref(), 0, 59, "timeMinuteTemplate")?;
        let seconds = members(options.time_second_template.as_ref(), 0, 59, "timeSecondTemplate")?;
        if hours.is_none() && minutes.is_none() && seconds.is_none() {
            return Ok(Seconds::Any);
        }
        let hours = hours.unwrap_or_else(|| (0..24).collect());
        let minutes = minutes.unwrap_or_else(|| (0..60).collect());
        let seconds = seconds.unwrap_or_else(|| (0..60).collect());
        check_table(&[hours.len(), minutes.len(), seconds.len()])?;
        let mut table = Vec::with_capacity(hours.len() * minutes.len() * seconds.len());
        for hour in &hours {
            for minute in &minutes {
                table.extend(seconds.iter().map(|second| (hour * 3_600 + minute * 60 + second).unsigned_abs()));
            }
        }
        Ok(Seconds::Table(table))
    }
}

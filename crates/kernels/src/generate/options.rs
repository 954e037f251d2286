//! The options document of the generator, as the host sends it.

use millrace_batch::{ErrorCode, KernelError, Result, Schema};
use serde::Deserialize;
use serde_json::Value;

/// Members as described at [`crate::generate`].
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Options {
    pub string_length: usize,
    pub bytes_length: usize,
    pub array_size: usize,
    pub map_size: usize,
    pub vector_dimension: usize,
    pub binary_vector_dimension: usize,
    pub vector_float_min: Option<Value>,
    pub vector_float_max: Option<Value>,
    pub tinyint_min: Option<Value>,
    pub tinyint_max: Option<Value>,
    pub smallint_min: Option<Value>,
    pub smallint_max: Option<Value>,
    pub int_min: Option<Value>,
    pub int_max: Option<Value>,
    pub bigint_min: Option<Value>,
    pub bigint_max: Option<Value>,
    pub float_min: Option<Value>,
    pub float_max: Option<Value>,
    pub double_min: Option<Value>,
    pub double_max: Option<Value>,
    pub string_template: Option<Vec<Value>>,
    pub tinyint_template: Option<Vec<Value>>,
    pub smallint_template: Option<Vec<Value>>,
    pub int_template: Option<Vec<Value>>,
    pub bigint_template: Option<Vec<Value>>,
    pub float_template: Option<Vec<Value>>,
    pub double_template: Option<Vec<Value>>,
    pub date_year_template: Option<Vec<Value>>,
    pub date_month_template: Option<Vec<Value>>,
    pub date_day_template: Option<Vec<Value>>,
    pub time_hour_template: Option<Vec<Value>>,
    pub time_minute_template: Option<Vec<Value>>,
    pub time_second_template: Option<Vec<Value>>,
    pub columns: Vec<ColumnOptions>,
    pub auto_increment_columns: Vec<String>,
    pub auto_increment_start: Option<Value>,
    pub rows_per_reader: u64,
    pub rows: Option<Vec<ExplicitRow>>,
    pub local_now_micros: Option<i64>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            string_length: 5,
            bytes_length: 5,
            array_size: 5,
            map_size: 5,
            vector_dimension: 4,
            binary_vector_dimension: 8,
            vector_float_min: None,
            vector_float_max: None,
            tinyint_min: None,
            tinyint_max: None,
            smallint_min: None,
            smallint_max: None,
            int_min: None,
            int_max: None,
            bigint_min: None,
            bigint_max: None,
            float_min: None,
            float_max: None,
            double_min: None,
            double_max: None,
            string_template: None,
            tinyint_template: None,
            smallint_template: None,
            int_template: None,
            bigint_template: None,
            float_template: None,
            double_template: None,
            date_year_template: None,
            date_month_template: None,
            date_day_template: None,
            time_hour_template: None,
            time_minute_template: None,
            time_second_template: None,
            columns: Vec::new(),
            auto_increment_columns: Vec::new(),
            auto_increment_start: None,
            rows_per_reader: 0,
            rows: None,
            local_now_micros: None,
        }
    }
}

/// What the declared column adds to its type.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ColumnOptions {
    pub name: String,
    pub default_value: Option<Value>,
    pub length: Option<usize>,
    pub scale: Option<usize>,
}

/// One row of the `rows` option.
#[derive(Debug, Deserialize)]
pub(crate) struct ExplicitRow {
    #[serde(default)]
    pub kind: Option<String>,
    pub fields: Value,
}

impl Options {
    /// Reads the document; members that are JSON null count as absent.
    pub(crate) fn read(document: &Value, schema: &Schema) -> Result<Self> {
        let mut document = document.clone();
        match &mut document {
            Value::Null => document = Value::Object(serde_json::Map::new()),
            Value::Object(members) => members.retain(|_, value| !value.is_null()),
            _ => {}
        }
        let options: Self = serde_json::from_value(document)
            .map_err(|error| invalid(format!("generator options are not of their shape: {error}")))?;
        let names = options.columns.iter().map(|column| &column.name).chain(&options.auto_increment_columns);
        for name in names {
            if schema.index_of(name).is_none() {
                return Err(KernelError::new(
                    ErrorCode::FieldNotFound,
                    format!("column '{name}' of the generator options is not in the schema"),
                )
                .at_field(name));
            }
        }
        Ok(options)
    }
}

/// An `OPTION_INVALID` error.
pub(crate) fn invalid(message: impl Into<String>) -> KernelError {
    KernelError::new(ErrorCode::OptionInvalid, message)
}

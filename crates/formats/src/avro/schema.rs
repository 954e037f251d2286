//! Avro schemas: from columns, and from JSON text.

use millrace_batch::{Column, DataType, ErrorCode, KernelError, Result};
use serde_json::Value;
use std::collections::HashMap;

/// Schemas may be nested this deep.
const DEPTH_LIMIT: usize = 64;
/// A schema may have this many types.
const TYPE_LIMIT: usize = 100_000;

/// What a number means beside its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Logical {
    None,
    Date,
    TimeMillis,
    TimeMicros,
    Millis,
    Micros,
    Nanos,
}

/// One type as it stands in the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum AvroType {
    Null,
    Boolean,
    /// An int or a long.
    Integer(Logical),
    Float,
    Double,
    /// Bytes; with a scale they are a decimal.
    Bytes(Option<i32>),
    /// Bytes of a fixed number.
    Fixed(usize, Option<i32>),
    String,
    Enum(Vec<String>),
    Array(Box<AvroType>),
    Map(Box<AvroType>),
    Record(Vec<AvroField>),
    Union(Vec<AvroType>),
}

/// A field of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AvroField {
    pub(super) name: String,
    pub(super) avro: AvroType,
    /// The column it goes into.
    pub(super) target: Option<usize>,
}

/// The record that follows from columns.
pub(super) fn record_of(columns: &[Column]) -> Result<AvroType> {
    let fields = columns.iter().enumerate().map(|(index, column)| {
        let avro = type_of(&column.data_type).map_err(|error| error.at_field(&column.name))?;
        Ok(AvroField { name: column.name.clone(), avro, target: Some(index) })
    });
    Ok(AvroType::Record(fields.collect::<Result<_>>()?))
}

fn type_of(data_type: &DataType) -> Result<AvroType> {
    let some = match data_type {
        DataType::String => AvroType::String,
        DataType::Bytes => AvroType::Bytes(None),
        DataType::TinyInt | DataType::SmallInt | DataType::Int | DataType::BigInt => AvroType::Integer(Logical::None),
        DataType::Float => AvroType::Float,
        DataType::Double => AvroType::Double,
        DataType::Boolean => AvroType::Boolean,
        DataType::Decimal { scale, .. } => AvroType::Bytes(Some(i32::from(*scale))),
        DataType::Date => AvroType::Integer(Logical::Date),
        DataType::Timestamp => AvroType::Integer(Logical::Millis),
        DataType::Array { element } => AvroType::Array(Box::new(type_of(element)?)),
        DataType::Map { key, value } if **key == DataType::String => AvroType::Map(Box::new(type_of(value)?)),
        DataType::Row { fields } => {
            let fields = fields.iter().enumerate().map(|(index, field)| {
                Ok(AvroField { name: field.name.clone(), avro: type_of(&field.data_type)?, target: Some(index) })
            });
            return Ok(AvroType::Record(fields.collect::<Result<_>>()?));
        }
        DataType::Null => return Ok(AvroType::Null),
        other => {
            let message = format!("a value of type '{other}' has no form in Avro");
            return Err(KernelError::new(ErrorCode::TypeUnsupported, message));
        }
    };
    Ok(AvroType::Union(vec![AvroType::Null, some]))
}

/// Reads a schema's JSON text.
///
/// # Errors
/// `OPTION_INVALID` when it is none, or a type contains itself.
pub(super) fn parse(text: &str) -> Result<AvroType> {
    let json: Value = serde_json::from_str(text).map_err(|error| invalid(&format!("it is not JSON: {error}")))?;
    let mut parser = Parser { named: HashMap::new(), types: 0 };
    match parser.read(&json, "", 0)? {
        record @ AvroType::Record(_) => Ok(record),
        _ => Err(invalid("its type is no record")),
    }
}

fn invalid(what: &str) -> KernelError {
    KernelError::new(ErrorCode::OptionInvalid, format!("reading the Avro schema: {what}"))
}

struct Parser {
    /// Types by their full names; `None` while they are being read.
    named: HashMap<String, Option<AvroType>>,
    types: usize,
}

impl Parser {
    fn read(&mut self, json: &Value, namespace: &str, depth: usize) -> Result<AvroType> {
        self.types += 1;
        if depth > DEPTH_LIMIT || self.types > TYPE_LIMIT {
            return Err(invalid("it is too large or nested too deep"));
        }
        match json {
            Value::String(name) => self.named_or_plain(name, namespace),
            Value::Array(branches) => {
                let branches = branches.iter().map(|branch| self.read(branch, namespace, depth + 1));
                Ok(AvroType::Union(branches.collect::<Result<_>>()?))
            }
            Value::Object(_) => self.read_object(json, namespace, depth),
            _ => Err(invalid(&format!("'{json}' is no type"))),
        }
    }

    fn named_or_plain(&self, name: &str, namespace: &str) -> Result<AvroType> {
        Ok(match name {
            "null" => AvroType::Null,
            "boolean" => AvroType::Boolean,
            "int" | "long" => AvroType::Integer(Logical::None),
            "float" => AvroType::Float,
            "double" => AvroType::Double,
            "bytes" => AvroType::Bytes(None),
            "string" => AvroType::String,
            _ => match self.named.get(&full_name(name, namespace)).or_else(|| self.named.get(name)) {
                Some(Some(found)) => found.clone(),
                Some(None) => return Err(invalid(&format!("type '{name}' contains itself"))),
                None => return Err(invalid(&format!("there is no type '{name}'"))),
            },
        })
    }

    fn read_object(&mut self, json: &Value, namespace: &str, depth: usize) -> Result<AvroType> {
        let kind = &json["type"];
        let Value::String(kind) = kind else { return self.read(kind, namespace, depth + 1) };
        let logical = json["logicalType"].as_str().unwrap_or_default();
        let scale = (logical == "decimal").then(|| json["scale"].as_i64().unwrap_or(0) as i32);
        match kind.as_str() {
            "record" | "error" => self.read_record(json, namespace, depth),
            "enum" => {
                let symbols = json["symbols"].as_array().ok_or_else(|| invalid("an enum has no symbols"))?;
                let symbols = symbols.iter().map(|symbol| symbol.as_str().unwrap_or_default().to_owned()).collect();
                Ok(self.remember(json, namespace, AvroType::Enum(symbols)))
            }
            "fixed" => {
                let size = json["size"].as_u64().ok_or_else(|| invalid("a fixed type has no size"))?;
                Ok(self.remember(json, namespace, AvroType::Fixed(size as usize, scale)))
            }
            "array" => Ok(AvroType::Array(Box::new(self.read(&json["items"], namespace, depth + 1)?))),
            "map" => Ok(AvroType::Map(Box::new(self.read(&json["values"], namespace, depth + 1)?))),
            "bytes" => Ok(AvroType::Bytes(scale)),
            "int" | "long" => Ok(AvroType::Integer(match logical {
                "date" => Logical::Date,
                "time-millis" => Logical::TimeMillis,
                "time-micros" => Logical::TimeMicros,
                "timestamp-millis" | "local-timestamp-millis" => Logical::Millis,
                "timestamp-micros" | "local-timestamp-micros" => Logical::Micros,
                "timestamp-nanos" | "local-timestamp-nanos" => Logical::Nanos,
                _ => Logical::None,
            })),
            plain => self.named_or_plain(plain, namespace),
        }
    }

    fn read_record(&mut self, json: &Value, namespace: &str, depth: usize) -> Result<AvroType> {
        let name = json["name"].as_str().ok_or_else(|| invalid("a record has no name"))?;
        let own = json["namespace"].as_str().or_else(|| name.rsplit_once('.').map(|(space, _)| space));
        let namespace = own.unwrap_or(namespace);
        let full = full_name(name, namespace);
        self.named.insert(full.clone(), None);
        let fields = json["fields"].as_array().ok_or_else(|| invalid(&format!("record '{name}' has no fields")))?;
        let fields = fields.iter().map(|field| {
            let name = field["name"].as_str().ok_or_else(|| invalid(&format!("a field of '{full}' has no name")))?;
            Ok(AvroField {
                name: name.to_owned(),
                avro: self.read(&field["type"], namespace, depth + 1)?,
                target: None,
            })
        });
        let record = AvroType::Record(fields.collect::<Result<_>>()?);
        self.named.insert(full, Some(record.clone()));
        Ok(record)
    }

    fn remember(&mut self, json: &Value, namespace: &str, avro: AvroType) -> AvroType {
        if let Some(name) = json["name"].as_str() {
            let namespace = json["namespace"].as_str().unwrap_or(namespace);
            self.named.insert(full_name(name, namespace), Some(avro.clone()));
        }
        avro
    }
}

fn full_name(name: &str, namespace: &str) -> String {
    if name.contains('.') || namespace.is_empty() { name.to_owned() } else { format!("{namespace}.{name}") }
}

impl AvroType {
    /// Finds the columns of a record's fields by name, and checks that they can take them.
    ///
    /// # Errors
    /// `TYPE_UNSUPPORTED` at the field that cannot be read into its column.
    pub(super) fn bind(&mut self, columns: &[(&str, &DataType)]) -> Result<()> {
        let AvroType::Record(fields) = self else { return Ok(()) };
        for field in fields {
            field.target = columns.iter().position(|(name, _)| *name == field.name);
            if let Some(target) = field.target {
                field.avro.bind_type(columns[target].1).map_err(|error| error.at_field(&field.name))?;
            }
        }
        Ok(())
    }

    fn bind_type(&mut self, data_type: &DataType) -> Result<()> {
        let fits = match (&mut *self, data_type) {
            (AvroType::Null, _) | (_, DataType::Null) => true,
            (AvroType::Union(branches), _) => {
                return branches.iter_mut().try_for_each(|branch| branch.bind_type(data_type));
            }
            (AvroType::Array(element), DataType::Array { element: inner }) => return element.bind_type(inner),
            (AvroType::Map(value), DataType::Map { key, value: inner }) if **key == DataType::String => {
                return value.bind_type(inner);
            }
            (AvroType::Record(_), DataType::Row { fields }) => {
                let columns: Vec<_> = fields.iter().map(|field| (field.name.as_str(), &field.data_type)).collect();
                return self.bind(&columns);
            }
            (AvroType::Boolean, to) => *to == DataType::Boolean,
            (AvroType::Integer(logical), to) => integer_fits(*logical, to),
            (AvroType::Float, to) => matches!(to, DataType::Float | DataType::Double),
            (AvroType::Double, to) => *to == DataType::Double,
            (AvroType::Bytes(scale) | AvroType::Fixed(_, scale), DataType::Decimal { .. }) => scale.is_some(),
            (AvroType::Bytes(_) | AvroType::Fixed(..), to) => *to == DataType::Bytes,
            (AvroType::String, to) => matches!(to, DataType::String | DataType::Bytes),
            (AvroType::Enum(_), to) => *to == DataType::String,
            _ => false,
        };
        if fits {
            return Ok(());
        }
        let message = format!("an Avro field of this kind cannot be read as '{data_type}'");
        Err(KernelError::new(ErrorCode::TypeUnsupported, message))
    }
}

fn integer_fits(logical: Logical, to: &DataType) -> bool {
    let is_number = matches!(
        to,
        DataType::TinyInt | DataType::SmallInt | DataType::Int | DataType::BigInt | DataType::Decimal { .. }
    );
    match logical {
        Logical::None => is_number || matches!(to, DataType::Float | DataType::Double | DataType::String),
        Logical::Date => is_number || *to == DataType::Date,
        Logical::TimeMillis | Logical::TimeMicros => is_number || *to == DataType::Time,
        Logical::Millis | Logical::Micros | Logical::Nanos => is_number || *to == DataType::Timestamp,
    }
}

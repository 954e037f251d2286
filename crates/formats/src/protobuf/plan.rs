//! Which field goes into which column.

use super::descriptor::{Descriptor, Field, Kind, Label};
use millrace_batch::{DataType, ErrorCode, KernelError, Result};

/// Whether messages are read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Read,
    Write,
}

/// A message and the columns of its fields.
pub(super) struct Plan {
    /// Fields that have a column, and those that take the place of such a field in a oneof; by number.
    pub(super) fields: Vec<PlanField>,
    /// Columns that no field of the message has.
    pub(super) unknown: Vec<usize>,
    /// The highest index of a oneof, and 1.
    pub(super) oneofs: usize,
    /// Values that one message makes at least.
    pub(super) width: usize,
}

/// A field and its column.
pub(super) struct PlanField {
    pub(super) field: Field,
    pub(super) column: Option<usize>,
    pub(super) name: String,
    pub(super) shape: Shape,
}

/// What one value of a field is.
pub(super) enum Shape {
    Scalar,
    Row(Plan),
    /// The entry of a map: key and value.
    Entry(Box<[PlanField; 2]>),
}

impl Plan {
    /// Finds the fields of columns.
    ///
    /// # Errors
    /// `TYPE_UNSUPPORTED` at a column that cannot hold its field; `OPTION_INVALID` at a second column of a field. When messages are
    /// written, `FIELD_NOT_FOUND` at a column without a field, and `OPTION_INVALID` for a required field without a column.
    pub(super) fn new(
        descriptor: &Descriptor,
        message: usize,
        columns: &[(&str, &DataType)],
        direction: Direction,
    ) -> Result<Self> {
        let message = &descriptor.messages[message];
        let (mut fields, mut unknown) = (Vec::new(), Vec::new());
        let mut width = 0;
        for (index, (name, data_type)) in columns.iter().enumerate() {
            let found = find_field(&message.fields, name).filter(|_| **data_type != DataType::Null);
            let Some(field) = found else {
                if direction == Direction::Write && **data_type != DataType::Null {
                    let text = format!("the protobuf message '{}' has no field '{name}'", message.full_name);
                    return Err(KernelError::new(ErrorCode::FieldNotFound, text).at_field(*name));
                }
                unknown.push(index);
                width += 1;
                continue;
            };
            let shape = shape_of(descriptor, field, data_type, direction).map_err(|error| within(error, name))?;
            width += if field.label == Label::Repeated { 1 } else { shape.width() };
            fields.push(PlanField { field: field.clone(), column: Some(index), name: (*name).to_owned(), shape });
        }
        let mates = message.fields.iter().filter(|field| {
            field.oneof.is_some()
                && fields.iter().any(|bound| bound.field.oneof == field.oneof)
                && !fields.iter().any(|bound| bound.field.number == field.number)
        });
        let mates: Vec<Field> = mates.cloned().collect();
        fields.extend(mates.into_iter().map(|field| PlanField {
            name: field.name.clone(),
            field,
            column: None,
            shape: Shape::Scalar,
        }));
        fields.sort_by_key(|field| field.field.number);
        if let Some(pair) = fields.windows(2).find(|pair| pair[0].field.number == pair[1].field.number) {
            let text = format!("the protobuf field '{}' has two columns", pair[0].field.name);
            return Err(KernelError::new(ErrorCode::OptionInvalid, text).at_field(&pair[1].name));
        }
        let required = message.fields.iter().filter(|field| field.label == Label::Required);
        let is_bound = |field: &Field| fields.iter().any(|bound| bound.field.number == field.number);
        if direction == Direction::Write
            && let Some(field) = required.into_iter().find(|field| !is_bound(field))
        {
            let text = format!("the required protobuf field '{}' has no column", field.name);
            return Err(KernelError::new(ErrorCode::OptionInvalid, text));
        }
        let oneofs = fields.iter().filter_map(|field| field.field.oneof).max().map_or(0, |highest| highest + 1);
        Ok(Self { fields, unknown, oneofs, width: width.max(1) })
    }

    /// The field of a number; `next` is where it is expected, and then the place behind it.
    #[inline]
    pub(super) fn find(&self, number: u32, next: &mut usize) -> Option<usize> {
        let is_number = |index: usize| self.fields.get(index).is_some_and(|field| field.field.number == number);
        let index = if is_number(*next) {
            *next
        } else if *next > 0 && is_number(*next - 1) {
            *next - 1
        } else {
            self.fields.binary_search_by_key(&number, |field| field.field.number).ok()?
        };
        *next = index + 1;
        Some(index)
    }
}

impl Shape {
    /// Values that one value makes at least.
    pub(super) fn width(&self) -> usize {
        match self {
            Shape::Row(plan) => plan.width,
            Shape::Scalar | Shape::Entry(_) => 1,
        }
    }
}

/// The field of that name, else the first one whose name differs in case only.
fn find_field<'a>(fields: &'a [Field], name: &str) -> Option<&'a Field> {
    let exact = fields.iter().find(|field| field.name == name);
    exact.or_else(|| {
        let name = name.to_lowercase();
        fields.iter().find(|field| field.name.to_lowercase() == name)
    })
}

/// Puts a name in front of an error's field.
pub(super) fn within(error: KernelError, name: &str) -> KernelError {
    let path = match &error.field {
        Some(inner) => format!("{name}.{inner}"),
        None => name.to_owned(),
    };
    error.at_field(path)
}

fn shape_of(descriptor: &Descriptor, field: &Field, data_type: &DataType, direction: Direction) -> Result<Shape> {
    let is_repeated = field.label == Label::Repeated;
    match (data_type, field.kind) {
        (DataType::Map { key, value }, Kind::Message(index)) if descriptor.messages[index].is_entry => {
            let fields = &descriptor.messages[index].fields;
            let part = |field: &Field, data_type: &DataType| {
                let shape = value_shape(descriptor, field.kind, data_type, direction)
                    .map_err(|error| within(error, &field.name))?;
                Ok(PlanField { field: field.clone(), column: Some(0), name: field.name.clone(), shape })
            };
            Ok(Shape::Entry(Box::new([part(&fields[0], key)?, part(&fields[1], value)?])))
        }
        (DataType::Array { element }, kind) if is_repeated => value_shape(descriptor, kind, element, direction),
        (_, kind) if !is_repeated => value_shape(descriptor, kind, data_type, direction),
        _ => Err(unfit("a repeated field", data_type)),
    }
}

fn unfit(what: &str, data_type: &DataType) -> KernelError {
    KernelError::new(ErrorCode::TypeUnsupported, format!("{what} of protobuf has no form as '{data_type}'"))
}

/// What a single value becomes in a column.
fn value_shape(descriptor: &Descriptor, kind: Kind, data_type: &DataType, direction: Direction) -> Result<Shape> {
    let fits = match (kind, data_type) {
        (Kind::Message(index), DataType::Row { fields }) if !descriptor.messages[index].is_entry => {
            let columns: Vec<_> = fields.iter().map(|field| (field.name.as_str(), &field.data_type)).collect();
            return Plan::new(descriptor, index, &columns, direction).map(Shape::Row);
        }
        (Kind::Message(_), _) => return Err(unfit("a message", data_type)),
        (Kind::Bytes, to) => *to == DataType::Bytes,
        (Kind::String | Kind::Enum(_), DataType::String)
        | (Kind::Float, DataType::Float)
        | (Kind::Double, DataType::Double) => true,
        (_, DataType::String) | (Kind::Float, DataType::Double) => direction == Direction::Read,
        (Kind::Double, DataType::Float) => direction == Direction::Write,
        (Kind::Bool, to) => *to == DataType::Boolean,
        (Kind::Float | Kind::Double | Kind::String, _) => false,
        (_, DataType::TinyInt | DataType::SmallInt | DataType::Int | DataType::BigInt) => true,
        (kind, DataType::Decimal { scale: 0, .. }) => kind.is_integer(),
        _ => false,
    };
    if fits { Ok(Shape::Scalar) } else { Err(unfit(kind_name(kind), data_type)) }
}

fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Bytes => "a field of bytes",
        Kind::String => "a text",
        Kind::Bool => "a boolean",
        Kind::Enum(_) => "an enum",
        Kind::Float | Kind::Double => "a number with a fraction",
        _ => "a whole number",
    }
}

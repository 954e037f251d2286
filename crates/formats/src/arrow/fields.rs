//! Types in a stream against types of a table.

use arrow_ipc::{DateUnit, Field, Precision, TimeUnit, Type};
use arrow_schema::DataType as ArrowType;

const NANOSECOND: TimeUnit = TimeUnit::NANOSECOND;
const MICROSECOND: TimeUnit = TimeUnit::MICROSECOND;

/// Whether a field of a stream has a type, whatever the names and the nullability of what is inside. Only the types that
/// [`millrace_batch::arrow_types`] gives are known.
pub(super) fn has_type(field: &Field<'_>, expected: &ArrowType) -> bool {
    if field.dictionary().is_some() {
        return false;
    }
    match expected {
        ArrowType::Null => field.type_type() == Type::Null,
        ArrowType::Boolean => field.type_type() == Type::Bool,
        ArrowType::Utf8 => field.type_type() == Type::Utf8,
        ArrowType::Binary => field.type_type() == Type::Binary,
        ArrowType::Int8 => is_signed_of(field, 8),
        ArrowType::Int16 => is_signed_of(field, 16),
        ArrowType::Int32 => is_signed_of(field, 32),
        ArrowType::Int64 => is_signed_of(field, 64),
        ArrowType::Float32 => is_float_of(field, Precision::SINGLE),
        ArrowType::Float64 => is_float_of(field, Precision::DOUBLE),
        ArrowType::Decimal128(precision, scale) => field.type_as_decimal().is_some_and(|found| {
            (found.bitWidth(), found.precision(), found.scale()) == (128, i32::from(*precision), i32::from(*scale))
        }),
        ArrowType::Date32 => field.type_as_date().is_some_and(|found| found.unit() == DateUnit::DAY),
        ArrowType::Time64(_) => {
            field.type_as_time().is_some_and(|found| (found.bitWidth(), found.unit()) == (64, NANOSECOND))
        }
        ArrowType::Timestamp(_, zone) => field
            .type_as_timestamp()
            .is_some_and(|found| found.unit() == MICROSECOND && found.timezone() == zone.as_deref()),
        ArrowType::List(element) => field.type_type() == Type::List && has_children(field, &[element.data_type()]),
        ArrowType::Map(entries, _) => field.type_type() == Type::Map && has_children(field, &[entries.data_type()]),
        ArrowType::Struct(fields) => {
            let types: Vec<_> = fields.iter().map(|field| field.data_type()).collect();
            field.type_type() == Type::Struct_ && has_children(field, &types)
        }
        _ => false,
    }
}

fn is_signed_of(field: &Field<'_>, bits: i32) -> bool {
    field.type_as_int().is_some_and(|found| found.is_signed() && found.bitWidth() == bits)
}

fn is_float_of(field: &Field<'_>, precision: Precision) -> bool {
    field.type_as_floating_point().is_some_and(|found| found.precision() == precision)
}

fn has_children(field: &Field<'_>, types: &[&ArrowType]) -> bool {
    let children = field.children().unwrap_or_default();
    children.len() == types.len() && children.iter().zip(types).all(|(child, expected)| has_type(&child, expected))
}

//! Columns into messages.

use super::descriptor::{Enum, Kind, Label, Missing, Wire};
use super::link::bits;
use super::plan::{Plan, PlanField, Shape, within};
use super::wire::{Scalar, put_counted, put_scalar, put_tag};
use crate::framed::WriteMessage;
use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType as ArrowType;
use millrace_batch::{Batch, ErrorCode, KernelError, Result};

/// Writes the messages of a plan.
pub(super) struct ProtobufWriter {
    pub(super) plan: Plan,
    pub(super) enums: Vec<Enum>,
}

impl WriteMessage for ProtobufWriter {
    fn write(&self, batch: &Batch, row: usize, out: &mut Vec<u8>) -> Result<()> {
        self.message(&self.plan, &batch.columns, row, out).map_err(|error| error.at_row(row))
    }
}

fn failed(text: impl Into<String>) -> KernelError {
    KernelError::new(ErrorCode::EncodeFailed, text)
}

impl ProtobufWriter {
    /// Fields by their numbers, as others write them.
    fn message(&self, plan: &Plan, columns: &[ArrayRef], row: usize, out: &mut Vec<u8>) -> Result<()> {
        for field in &plan.fields {
            if let Some(column) = field.column {
                self.field(field, &columns[column], row, out).map_err(|error| within(error, &field.name))?;
            }
        }
        Ok(())
    }

    fn field(&self, plan: &PlanField, array: &ArrayRef, row: usize, out: &mut Vec<u8>) -> Result<()> {
        let field = &plan.field;
        if array.is_null(row) {
            return match field.label {
                Label::Required => Err(failed("a required field of protobuf is null")),
                _ => Ok(()),
            };
        }
        match (&plan.shape, field.label) {
            (Shape::Entry(parts), _) => self.entries(field.number, parts, array, row, out),
            (_, Label::Repeated) => self.elements(plan, array, row, out),
            (Shape::Scalar, _) => {
                let scalar = self.scalar(field.kind, array, row)?;
                if field.has_presence || !is_missing(&field.missing, scalar) {
                    put_tag(field.number, field.kind.wire(), out);
                    put_scalar(field.kind, scalar, out);
                }
                Ok(())
            }
            (Shape::Row(_), _) => self.value(plan, array, row, out),
        }
    }

    /// A value with its tag, whatever it is; not null.
    fn value(&self, plan: &PlanField, array: &ArrayRef, row: usize, out: &mut Vec<u8>) -> Result<()> {
        if array.is_null(row) {
            return Err(failed("a null inside of an array or a map has no form in protobuf"));
        }
        put_tag(plan.field.number, plan.field.kind.wire(), out);
        if let Shape::Row(inner) = &plan.shape {
            return put_counted(out, |out| self.message(inner, array.as_struct().columns(), row, out));
        }
        put_scalar(plan.field.kind, self.scalar(plan.field.kind, array, row)?, out);
        Ok(())
    }

    fn elements(&self, plan: &PlanField, array: &ArrayRef, row: usize, out: &mut Vec<u8>) -> Result<()> {
        let list = array.as_list::<i32>();
        let range = list.value_offsets()[row] as usize..list.value_offsets()[row + 1] as usize;
        let values = list.values();
        if !plan.field.is_packed {
            return range.into_iter().try_for_each(|index| self.value(plan, values, index, out));
        }
        if range.is_empty() {
            return Ok(());
        }
        put_tag(plan.field.number, Wire::Counted, out);
        put_counted(out, |out| {
            range.into_iter().try_for_each(|index| {
                if values.is_null(index) {
                    return Err(failed("a null inside of an array or a map has no form in protobuf"));
                }
                put_scalar(plan.field.kind, self.scalar(plan.field.kind, values, index)?, out);
                Ok(())
            })
        })
    }

    fn entries(
        &self,
        number: u32,
        parts: &[PlanField; 2],
        array: &ArrayRef,
        row: usize,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        let map = array.as_map();
        let range = map.value_offsets()[row] as usize..map.value_offsets()[row + 1] as usize;
        for index in range {
            put_tag(number, Wire::Counted, out);
            put_counted(out, |out| {
                self.value(&parts[0], map.keys(), index, out)?;
                self.value(&parts[1], map.values(), index, out)
            })?;
        }
        Ok(())
    }

    fn scalar<'a>(&self, kind: Kind, array: &'a ArrayRef, row: usize) -> Result<Scalar<'a>> {
        let (value, is_as_wide) = match array.data_type() {
            ArrowType::Utf8 => {
                let text = array.as_string::<i32>().value(row);
                let Kind::Enum(index) = kind else { return Ok(Scalar::Bytes(text.as_bytes())) };
                let number = self.enums[index].number_of(text);
                let number = number.ok_or_else(|| {
                    failed(format!("'{text}' is no value of the protobuf enum '{}'", self.enums[index].name))
                })?;
                return Ok(Scalar::Bits(bits(number)));
            }
            ArrowType::Binary => return Ok(Scalar::Bytes(array.as_binary::<i32>().value(row))),
            ArrowType::Boolean => return Ok(Scalar::Bits(u64::from(array.as_boolean().value(row)))),
            ArrowType::Float32 => {
                let value = array.as_primitive::<Float32Type>().value(row);
                return Ok(Scalar::Bits(match kind {
                    Kind::Double => f64::from(value).to_bits(),
                    _ => u64::from(value.to_bits()),
                }));
            }
            ArrowType::Float64 => return Ok(Scalar::Bits(array.as_primitive::<Float64Type>().value(row).to_bits())),
            // As SeaTunnel does it: without a sign, and read again with one.
            ArrowType::Int8 => (i128::from(array.as_primitive::<Int8Type>().value(row) as u8), false),
            ArrowType::Int16 => (i128::from(array.as_primitive::<Int16Type>().value(row)), false),
            ArrowType::Int32 => {
                (i128::from(array.as_primitive::<Int32Type>().value(row)), matches!(kind, Kind::Uint32 | Kind::Fixed32))
            }
            ArrowType::Int64 => (i128::from(array.as_primitive::<Int64Type>().value(row)), kind.is_unsigned_long()),
            ArrowType::Decimal128(..) => (array.as_primitive::<Decimal128Type>().value(row), false),
            _ => return Err(failed("a value of this type has no form in protobuf")),
        };
        let fitting = if is_as_wide { Some(value as u64) } else { fit(kind, value) };
        let number = match kind {
            Kind::Uint32 | Kind::Fixed32 => fitting.map(|number| u64::from(number as u32)),
            Kind::Enum(index) if self.enums[index].is_closed => {
                fitting.filter(|number| self.enums[index].name_of(*number as i32).is_some())
            }
            _ => fitting,
        };
        number.map(Scalar::Bits).ok_or_else(|| failed(format!("'{value}' does not fit the type of its protobuf field")))
    }
}

fn is_missing(missing: &Missing, scalar: Scalar<'_>) -> bool {
    match (missing, scalar) {
        (Missing::Bits(missing), Scalar::Bits(value)) => *missing == value,
        (Missing::Bytes(missing), Scalar::Bytes(value)) => missing == value,
        _ => false,
    }
}

/// A number as the bits of its kind.
fn fit(kind: Kind, value: i128) -> Option<u64> {
    match kind {
        Kind::Uint32 | Kind::Fixed32 => u32::try_from(value).ok().map(u64::from),
        Kind::Uint64 | Kind::Fixed64 => u64::try_from(value).ok(),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 | Kind::Enum(_) => i32::try_from(value).ok().map(bits),
        _ => i64::try_from(value).ok().map(|value| value as u64),
    }
}

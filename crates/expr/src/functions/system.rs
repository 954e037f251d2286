//! Nulls, choices, identity.

use super::cells::{failed, text_column};
use super::{Argument, Call, Function, Parameter, ResultType, function};
use crate::compute::cast::{CastSpec, cast};
use crate::compute::compare::{Comparison, compare, valid};
use crate::compute::convert::{to_doubles, try_map};
use crate::compute::value::{Value, internal};
use crate::java::big_decimal::{Rounding, rescale};
use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef, BooleanArray, UInt32Array, new_null_array};
use arrow_buffer::BooleanBuffer;
use arrow_schema::DataType as ArrowType;
use arrow_select::interleave::interleave;
use arrow_select::nullif::nullif;
use millrace_batch::arrow_types::arrow_type;
use millrace_batch::{DataType, Result};
use std::fmt::Write;
use std::sync::Arc;

use Parameter::Any;

/// Nulls, choices, identity.
pub(super) static FUNCTIONS: &[Function] = &[
    Function {
        names: &["COALESCE"],
        parameters: &[Any],
        required: 1,
        variadic: true,
        result: ResultType::Rule(first_type),
        pure: true,
        evaluate: coalesce,
        doc: "The first value that is not null, in the type of the first argument. Fails where a value has no \
              counterpart in that type.",
        example: ("COALESCE(NULL, 'a', 'b')", "a"),
    },
    function!(
        ["IFNULL"],
        [Any, Any],
        2,
        ResultType::Rule(first_type),
        coalesce,
        "As COALESCE of two.",
        ("IFNULL(NULL, 3)", "3")
    ),
    function!(
        ["NULLIF"],
        [Any, Any],
        2,
        ResultType::SameAs(0),
        null_if,
        "Null where both are equal and of one type, else the first argument.",
        ("NULLIF('a', 'a')", "null")
    ),
    Function {
        names: &["UUID"],
        parameters: &[],
        required: 0,
        variadic: false,
        result: ResultType::Fixed(DataType::String),
        pure: false,
        evaluate: uuid,
        doc: "A random identifier (version 4), different on every row.",
        example: ("", ""),
    },
];

/// The type of the first argument that has one.
#[allow(clippy::unnecessary_wraps)] // The shape of every type rule.
fn first_type(arguments: &[Argument]) -> Result<DataType> {
    let types = arguments.iter().map(|argument| &argument.data_type);
    Ok(types.into_iter().find(|data_type| **data_type != DataType::Null).cloned().unwrap_or(DataType::Null))
}

fn coalesce(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    let target = arrow_type(call.result);
    let mut sources = vec![new_null_array(&target, 1)];
    let mut picks = vec![(0usize, 0usize); call.rows];
    let mut open = BooleanBuffer::new_set(call.rows);
    for argument in arguments {
        let chosen = &open & &valid(argument, call.rows);
        let count = chosen.count_set_bits();
        if count == 0 {
            continue;
        }
        if argument.array().data_type() == &target {
            if count == call.rows && !argument.is_scalar() {
                return Ok(ArrayRef::clone(argument.array()));
            }
            for row in chosen.set_indices() {
                picks[row] = (sources.len(), argument.index(row));
            }
            sources.push(ArrayRef::clone(argument.array()));
        } else {
            let rows: Vec<usize> = chosen.set_indices().collect();
            for (dense, row) in rows.iter().enumerate() {
                picks[*row] = (sources.len(), dense);
            }
            let indices: UInt32Array = rows.iter().map(|row| Some(argument.index(*row) as u32)).collect();
            let dense = arrow_select::take::take(argument.array(), &indices, None).map_err(|error| internal(&error))?;
            let converted = exact(&dense, call).map_err(|mut error| {
                error.row = error.row.map(|dense| rows[dense as usize] as u64);
                error
            })?;
            sources.push(converted);
        }
        open = &open & &!&chosen;
    }
    let sources: Vec<&dyn Array> = sources.iter().map(AsRef::as_ref).collect();
    interleave(&sources, &picks).map_err(|error| internal(&error))
}

/// A cast that also takes whole numbers out of fractional types.
fn exact(array: &ArrayRef, call: &Call<'_>) -> Result<ArrayRef> {
    let spec = CastSpec { target: call.result.clone(), name: String::new(), lenient: false };
    let whole_target = matches!(call.result, DataType::TinyInt | DataType::SmallInt | DataType::Int | DataType::BigInt);
    if !whole_target {
        return cast(array, &spec, call.runtime);
    }
    let refuse = |row: usize| failed(format!("a number with a fraction cannot become {}", call.result)).at_row(row);
    let longs: ArrayRef = match array.data_type() {
        ArrowType::Float32 | ArrowType::Float64 => Arc::new(
            try_map::<Float64Type, Int64Type>(&to_doubles(array)?, |value| {
                (value.fract().abs() <= 0.0 && value.abs() < 9e18).then_some(value as i64)
            })
            .map_err(refuse)?,
        ),
        ArrowType::Decimal128(_, scale) => Arc::new(
            try_map::<Decimal128Type, Int64Type>(array.as_primitive(), |value| {
                let whole = rescale(value, i32::from(*scale), 0, Rounding::Down)?;
                let back = rescale(whole, 0, i32::from(*scale), Rounding::Down)?;
                i64::try_from(whole).ok().filter(|_| back == value)
            })
            .map_err(refuse)?,
        ),
        _ => ArrayRef::clone(array),
    };
    cast(&longs, &spec, call.runtime)
}

fn null_if(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    let (left, right) = (&arguments[0], &arguments[1]);
    let first = left.clone().into_array(call.rows)?;
    if left.array().data_type() != right.array().data_type() || left.array().data_type() == &ArrowType::Null {
        return Ok(first);
    }
    let equal = if left.array().data_type() == &ArrowType::Int64 {
        // As doubles, neighbours above 2^53 would be equal.
        let (a, b) = (left.array().as_primitive::<Int64Type>(), right.array().as_primitive::<Int64Type>());
        let same = BooleanBuffer::collect_bool(call.rows, |row| a.value(left.index(row)) == b.value(right.index(row)));
        &(&same & &valid(left, call.rows)) & &valid(right, call.rows)
    } else {
        compare(Comparison::Equal, left, right, call.rows)?
    };
    nullif(&first, &BooleanArray::new(equal, None)).map_err(|error| internal(&error))
}

fn uuid(call: &Call<'_>, _: &[Value]) -> Result<ArrayRef> {
    text_column(call, |_, out| {
        let high = call.runtime.random_bits() & !0xF000 | 0x4000;
        let low = call.runtime.random_bits() & !(0xC000 << 48) | (0x8000 << 48);
        let _ = write!(
            out,
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            high >> 32,
            high >> 16 & 0xFFFF,
            high & 0xFFFF,
            low >> 48,
            low & 0xFFFF_FFFF_FFFF
        );
        Ok(true)
    })
}

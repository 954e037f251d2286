//! Arrays and maps.

use super::cells::{Texts, failed};
use super::{Argument, Call, Function, Parameter, ResultType, function};
use crate::compute::compare::Class;
use crate::compute::convert::{is_number, to_doubles, to_longs, to_number};
use crate::compute::value::{Value, internal};
use crate::java::text_form::to_text;
use crate::java::utf16;
use arrow_array::builder::{ListBuilder, StringBuilder};
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, ListArray, MapArray, StructArray, UInt32Array, new_null_array};
use arrow_buffer::OffsetBuffer;
use arrow_schema::{DataType as ArrowType, Field};
use arrow_select::interleave::interleave;
use millrace_batch::arrow_types::{LIST_FIELD, arrow_type};
use millrace_batch::{DataType, ErrorCode, KernelError, Result};
use std::cmp::Ordering;
use std::sync::Arc;

use Parameter::{Any, Text};

const fn variadic(
    names: &'static [&'static str],
    result: ResultType,
    evaluate: fn(&Call<'_>, &[Value]) -> Result<ArrayRef>,
    doc: &'static str,
    example: (&'static str, &'static str),
) -> Function {
    Function { names, parameters: &[Any], required: 1, variadic: true, result, pure: true, evaluate, doc, example }
}

/// Arrays and maps.
pub(super) static FUNCTIONS: &[Function] = &[
    function!(
        ["SPLIT"],
        [Text, Text],
        2,
        ResultType::Rule(text_array_type),
        split,
        "The parts between a separator, which is taken literally; empty parts at the end are left out.",
        ("SPLIT('a;;b;', ';')", "[a, , b]")
    ),
    variadic(
        &["ARRAY"],
        ResultType::Rule(array_type),
        array,
        "An array of the arguments: of INT, BIGINT or DOUBLE when all are numbers, else of STRING.",
        ("ARRAY(1, 2.5)", "[1.0, 2.5]"),
    ),
    variadic(
        &["MAP"],
        ResultType::Rule(map_type),
        map,
        "A map of keys and values in turn. Keys become text and may not be null; values are of one type as in ARRAY.",
        ("MAP('a', 1, 'b', 2)", "{a=1, b=2}"),
    ),
    function!(
        ["ARRAY_MAX"],
        [Any],
        1,
        ResultType::Rule(element_type),
        array_max,
        "The greatest element that is not null; null when there is none.",
        ("ARRAY_MAX(ARRAY(1, 3, 2))", "3")
    ),
    function!(
        ["ARRAY_MIN"],
        [Any],
        1,
        ResultType::Rule(element_type),
        array_min,
        "The least element that is not null; null when there is none.",
        ("ARRAY_MIN(ARRAY('b', 'a'))", "a")
    ),
];

fn array_of(element: DataType) -> DataType {
    DataType::Array { element: Box::new(element) }
}

#[allow(clippy::unnecessary_wraps)] // The shape of every type rule.
fn text_array_type(_: &[Argument]) -> Result<DataType> {
    Ok(array_of(DataType::String))
}

/// The type of values that are put side by side.
fn joint_type<'a>(arguments: impl Iterator<Item = &'a Argument>) -> DataType {
    let mut joint = DataType::Null;
    for argument in arguments {
        let next = match &argument.data_type {
            DataType::Null => continue,
            DataType::TinyInt | DataType::SmallInt => DataType::Int,
            DataType::Float | DataType::Decimal { .. } => DataType::Double,
            DataType::Int | DataType::BigInt | DataType::Double => argument.data_type.clone(),
            _ => return DataType::String,
        };
        joint = match (joint, next) {
            (DataType::Double, _) | (_, DataType::Double) => DataType::Double,
            (DataType::BigInt, _) | (_, DataType::BigInt) => DataType::BigInt,
            (_, next) => next,
        };
    }
    if joint == DataType::Null { DataType::String } else { joint }
}

#[allow(clippy::unnecessary_wraps)] // The shape of every type rule.
fn array_type(arguments: &[Argument]) -> Result<DataType> {
    Ok(array_of(joint_type(arguments.iter())))
}

fn map_type(arguments: &[Argument]) -> Result<DataType> {
    if !arguments.len().is_multiple_of(2) {
        return Err(KernelError::new(ErrorCode::SqlInvalid, "the function MAP needs a value for every key"));
    }
    let value = joint_type(arguments.iter().skip(1).step_by(2));
    Ok(DataType::Map { key: Box::new(DataType::String), value: Box::new(value) })
}

fn element_type(arguments: &[Argument]) -> Result<DataType> {
    match &arguments[0].data_type {
        DataType::Array { element } => Ok((**element).clone()),
        DataType::Null => Ok(DataType::Null),
        other => Err(KernelError::new(ErrorCode::SqlInvalid, format!("an array is needed, not {other}"))),
    }
}

#[allow(clippy::unnecessary_wraps)] // The shape of every evaluator.
fn split(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    let (texts, separators) = (Texts::new(&arguments[0]), Texts::new(&arguments[1]));
    let field = Field::new(LIST_FIELD, ArrowType::Utf8, true);
    let mut lists = ListBuilder::new(StringBuilder::new()).with_field(field);
    for row in 0..call.rows {
        let (Some(text), Some(separator)) = (texts.get(row), separators.get(row)) else {
            lists.append_null();
            continue;
        };
        let mut parts: Vec<&str> = if separator.is_empty() { vec![text] } else { text.split(separator).collect() };
        while parts.len() > 1 && parts.last().is_some_and(|part| part.is_empty()) {
            parts.pop();
        }
        for part in parts {
            lists.values().append_value(part);
        }
        lists.append(true);
    }
    Ok(Arc::new(lists.finish()))
}

/// The arguments of each row one after the other, in one type.
fn side_by_side(call: &Call<'_>, arguments: &[&Value], element: &DataType) -> Result<ArrayRef> {
    let columns = arguments
        .iter()
        .map(|argument| match element {
            DataType::String => to_text(argument.array()),
            _ => to_number(argument.array(), element),
        })
        .collect::<Result<Vec<_>>>()?;
    let sources: Vec<&dyn Array> = columns.iter().map(AsRef::as_ref).collect();
    let picks: Vec<(usize, usize)> = (0..call.rows)
        .flat_map(|row| arguments.iter().enumerate().map(move |(source, argument)| (source, argument.index(row))))
        .collect();
    interleave(&sources, &picks).map_err(|error| internal(&error))
}

fn even_offsets(call: &Call<'_>, width: usize) -> OffsetBuffer<i32> {
    OffsetBuffer::from_lengths(std::iter::repeat_n(width, call.rows))
}

fn array(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    let DataType::Array { element } = call.result else { return Err(failed("ARRAY gives an array")) };
    let values = side_by_side(call, &arguments.iter().collect::<Vec<_>>(), element)?;
    let field = Arc::new(Field::new(LIST_FIELD, arrow_type(element), true));
    Ok(Arc::new(ListArray::new(field, even_offsets(call, arguments.len()), values, None)))
}

fn map(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    let DataType::Map { key, value } = call.result else { return Err(failed("MAP gives a map")) };
    let keys = side_by_side(call, &arguments.iter().step_by(2).collect::<Vec<_>>(), key)?;
    if let Some(entry) = (0..keys.len()).find(|entry| keys.is_null(*entry)) {
        return Err(failed("a key of MAP is null").at_row(entry / (arguments.len() / 2)));
    }
    let values = side_by_side(call, &arguments.iter().skip(1).step_by(2).collect::<Vec<_>>(), value)?;
    let ArrowType::Map(entries_field, _) = arrow_type(call.result) else { return Err(failed("MAP gives a map")) };
    let ArrowType::Struct(fields) = entries_field.data_type().clone() else { return Err(failed("MAP has entries")) };
    let entries = StructArray::new(fields, vec![keys, values], None);
    Ok(Arc::new(MapArray::new(entries_field, even_offsets(call, arguments.len() / 2), entries, None, false)))
}

fn array_max(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    extreme(call, &arguments[0], Ordering::Greater)
}

fn array_min(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    extreme(call, &arguments[0], Ordering::Less)
}

type Order = Box<dyn Fn(usize, usize) -> Ordering>;

/// How two elements compare, by their place in the values of the list.
fn element_order(values: &ArrayRef, element: &DataType) -> Result<Order> {
    if Class::of(values.data_type()) == Class::Text {
        let texts = values.as_string::<i32>().clone();
        return Ok(Box::new(move |a, b| utf16::compare(texts.value(a), texts.value(b))));
    }
    if matches!(element, DataType::TinyInt | DataType::SmallInt | DataType::Int | DataType::BigInt) {
        let longs = to_longs(values)?;
        return Ok(Box::new(move |a, b| longs.value(a).cmp(&longs.value(b))));
    }
    if is_number(element) {
        let doubles = to_doubles(values)?;
        return Ok(Box::new(move |a, b| doubles.value(a).total_cmp(&doubles.value(b))));
    }
    Err(KernelError::new(ErrorCode::TypeUnsupported, format!("values of type {element} have no order here")))
}

fn extreme(call: &Call<'_>, value: &Value, wanted: Ordering) -> Result<ArrayRef> {
    if value.array().data_type() == &ArrowType::Null {
        return Ok(new_null_array(&arrow_type(call.result), call.rows));
    }
    let lists = value.array().as_list::<i32>();
    let order = element_order(lists.values(), call.result)?;
    let indices: UInt32Array = (0..call.rows)
        .map(|row| {
            let index = value.index(row);
            let (start, end) = (lists.value_offsets()[index] as usize, lists.value_offsets()[index + 1] as usize);
            (start..end)
                .filter(|at| lists.is_valid(index) && lists.values().is_valid(*at))
                .reduce(|best, next| if order(next, best) == wanted { next } else { best })
                .map(|at| at as u32)
        })
        .collect();
    arrow_select::take::take(lists.values(), &indices, None).map_err(|error| internal(&error))
}

//! Vectors: size, length, distances, fewer dimensions.

use super::cells::{Longs, Texts, failed, primitive_column};
use super::{Call, Function, Parameter, ResultType, function};
use crate::compute::value::Value;
use crate::java::random::{SplitMix64, unit_double};
use arrow_array::builder::{Float32Builder, ListBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type, Int32Type};
use arrow_array::{Array, ArrayRef, ListArray};
use arrow_schema::{DataType as ArrowType, Field};
use millrace_batch::arrow_types::LIST_FIELD;
use millrace_batch::{DataType, Result};
use std::collections::HashMap;
use std::sync::Arc;

use Parameter::{Long, Text, Vector};

const DOUBLE: ResultType = ResultType::Fixed(DataType::Double);
const FLOAT_VECTOR: ResultType = ResultType::Fixed(DataType::FloatVector);

/// Vectors: size, length, distances, fewer dimensions.
pub(super) static FUNCTIONS: &[Function] = &[
    function!(
        ["VECTOR_DIMS"],
        [Vector],
        1,
        ResultType::Fixed(DataType::Int),
        dimensions,
        "The number of elements; of a sparse vector its highest index plus one.",
        ("VECTOR_DIMS(ARRAY(1, 2, 3))", "3")
    ),
    function!(
        ["VECTOR_NORM"],
        [Vector],
        1,
        DOUBLE,
        norm,
        "The Euclidean length, computed in double.",
        ("VECTOR_NORM(ARRAY(3, 4))", "5.0")
    ),
    function!(
        ["INNER_PRODUCT"],
        [Vector, Vector],
        2,
        DOUBLE,
        inner_product,
        "The sum of the products of the elements. Fails for vectors of different size.",
        ("INNER_PRODUCT(ARRAY(1, 2), ARRAY(3, 4))", "11.0")
    ),
    function!(
        ["COSINE_DISTANCE"],
        [Vector, Vector],
        2,
        DOUBLE,
        cosine_distance,
        "One minus the cosine of the angle: 0 for the same direction, 1 for a right angle and for a vector of zeros. \
         Fails for vectors of different size.",
        ("COSINE_DISTANCE(ARRAY(1, 0), ARRAY(0, 2))", "1.0")
    ),
    function!(
        ["L1_DISTANCE"],
        [Vector, Vector],
        2,
        DOUBLE,
        l1_distance,
        "The sum of the absolute differences of the elements. Fails for vectors of different size.",
        ("L1_DISTANCE(ARRAY(1, 2), ARRAY(4, 0))", "5.0")
    ),
    function!(
        ["L2_DISTANCE"],
        [Vector, Vector],
        2,
        DOUBLE,
        l2_distance,
        "The Euclidean length of the difference. Fails for vectors of different size.",
        ("L2_DISTANCE(ARRAY(1, 2), ARRAY(4, 6))", "5.0")
    ),
    function!(
        ["VECTOR_REDUCE"],
        [Vector, Long, Text],
        3,
        FLOAT_VECTOR,
        reduce,
        "A vector of fewer elements, by a method: 'TRUNCATE' keeps the first ones, 'RANDOM_PROJECTION' and \
         'SPARSE_RANDOM_PROJECTION' multiply by a matrix that is the same on every row and in every run. A vector that \
         has no more elements stays as it is. Fails for another method and for less than one element.",
        ("VECTOR_REDUCE(ARRAY(1, 2, 3), 2, 'TRUNCATE')", "[1.0, 2.0]")
    ),
    function!(
        ["VECTOR_NORMALIZE"],
        [Vector],
        1,
        FLOAT_VECTOR,
        normalize,
        "The vector of the same direction with length 1; a vector of zeros stays as it is.",
        ("VECTOR_NORMALIZE(ARRAY(3, 4))", "[0.6, 0.8]")
    ),
];

/// An argument that was converted to a list of floats without null elements.
struct Vectors<'a> {
    value: &'a Value,
    lists: &'a ListArray,
    elements: &'a [f32],
}

impl<'a> Vectors<'a> {
    fn new(value: &'a Value) -> Self {
        let lists = value.array().as_list::<i32>();
        Self { value, lists, elements: lists.values().as_primitive::<Float32Type>().values() }
    }

    fn get(&self, row: usize) -> Option<&'a [f32]> {
        let index = self.value.index(row);
        let offsets = self.lists.value_offsets();
        self.lists.is_valid(index).then(|| &self.elements[offsets[index] as usize..offsets[index + 1] as usize])
    }
}

#[allow(clippy::unnecessary_wraps)] // The shape of every evaluator.
fn dimensions(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    let vectors = Vectors::new(&arguments[0]);
    primitive_column::<Int32Type>(call, |row| Ok(vectors.get(row).map(|vector| vector.len() as i32)))
}

fn length(vector: &[f32]) -> f64 {
    vector.iter().map(|value| f64::from(*value) * f64::from(*value)).sum::<f64>().sqrt()
}

fn norm(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    let vectors = Vectors::new(&arguments[0]);
    primitive_column::<Float64Type>(call, |row| Ok(vectors.get(row).map(length)))
}

fn pairs(call: &Call<'_>, arguments: &[Value], measure: impl Fn(&[f32], &[f32]) -> f64) -> Result<ArrayRef> {
    let (left, right) = (Vectors::new(&arguments[0]), Vectors::new(&arguments[1]));
    primitive_column::<Float64Type>(call, |row| {
        let (Some(left), Some(right)) = (left.get(row), right.get(row)) else { return Ok(None) };
        if left.len() != right.len() {
            let message = format!("Vectors must have the same dimension: {} vs {}", left.len(), right.len());
            return Err(failed(message));
        }
        Ok(Some(measure(left, right)))
    })
}

fn sum(left: &[f32], right: &[f32], term: impl Fn(f64, f64) -> f64) -> f64 {
    left.iter().zip(right).map(|(left, right)| term(f64::from(*left), f64::from(*right))).sum()
}

fn inner_product(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    pairs(call, arguments, |left, right| sum(left, right, |a, b| a * b))
}

fn cosine_distance(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    pairs(call, arguments, |left, right| {
        let lengths = length(left) * length(right);
        if lengths == 0.0 { 1.0 } else { 1.0 - sum(left, right, |a, b| a * b) / lengths }
    })
}

fn l1_distance(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    pairs(call, arguments, |left, right| sum(left, right, |a, b| (a - b).abs()))
}

fn l2_distance(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    pairs(call, arguments, |left, right| sum(left, right, |a, b| (a - b) * (a - b)).sqrt())
}

/// Builds vectors: `write` appends elements and says whether the row has a value.
fn vector_column(call: &Call<'_>, mut write: impl FnMut(usize, &mut Vec<f32>) -> Result<bool>) -> Result<ArrayRef> {
    let field = Field::new(LIST_FIELD, ArrowType::Float32, true);
    let mut lists = ListBuilder::new(Float32Builder::new()).with_field(field);
    let mut vector = Vec::new();
    for row in 0..call.rows {
        vector.clear();
        let valid = write(row, &mut vector).map_err(|error| error.at_row(row))?;
        lists.values().append_slice(if valid { &vector } else { &[] });
        lists.append(valid);
    }
    Ok(Arc::new(lists.finish()))
}

fn normalize(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    let vectors = Vectors::new(&arguments[0]);
    vector_column(call, |row, out| {
        let Some(vector) = vectors.get(row) else { return Ok(false) };
        let length = length(vector);
        let divisor = if length == 0.0 { 1.0 } else { length };
        out.extend(vector.iter().map(|value| (f64::from(*value) / divisor) as f32));
        Ok(true)
    })
}

/// How the elements of a projection matrix are drawn.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Projection {
    /// Normally distributed with variance 1 / target dimension.
    Gaussian,
    /// √3, −√3 or 0 with probabilities 1/6, 1/6 and 2/3.
    Sparse,
}

/// Most elements of one projection matrix.
const MATRIX_LIMIT: usize = 1 << 24;

/// A matrix of `to` rows with `from` elements each. It depends on its shape only, so that all rows of a job, in whatever
/// batch, are projected alike.
fn matrix(projection: Projection, from: usize, to: usize) -> Result<Vec<f32>> {
    let elements = from.checked_mul(to).filter(|elements| *elements <= MATRIX_LIMIT);
    let elements =
        elements.ok_or_else(|| failed(format!("a projection from {from} to {to} dimensions is too large")))?;
    let mut random = SplitMix64::new(42);
    let mut uniform = || unit_double(random.next());
    let scale = (1.0 / to as f64).sqrt();
    Ok((0..elements)
        .map(|_| match projection {
            // Box and Muller: the radius from one number, the angle from another.
            Projection::Gaussian => {
                let radius = (-2.0 * libm::log(1.0 - uniform())).sqrt();
                (radius * libm::cos(std::f64::consts::TAU * uniform()) * scale) as f32
            }
            Projection::Sparse => match (uniform() * 6.0) as u8 {
                0 => 3f32.sqrt(),
                1 => -3f32.sqrt(),
                _ => 0.0,
            },
        })
        .collect())
}

fn reduce(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    let (vectors, targets, methods) =
        (Vectors::new(&arguments[0]), Longs::new(&arguments[1]), Texts::new(&arguments[2]));
    let mut matrices: HashMap<(Projection, usize, usize), Vec<f32>> = HashMap::new();
    vector_column(call, |row, out| {
        let (Some(vector), Some(target), Some(method)) = (vectors.get(row), targets.get(row), methods.get(row)) else {
            return Ok(false);
        };
        let target = usize::try_from(target).ok().filter(|target| *target > 0);
        let target = target.ok_or_else(|| failed("a vector cannot be reduced to less than one dimension"))?;
        let projection = match () {
            () if method.eq_ignore_ascii_case("TRUNCATE") => None,
            () if method.eq_ignore_ascii_case("RANDOM_PROJECTION") => Some(Projection::Gaussian),
            () if method.eq_ignore_ascii_case("SPARSE_RANDOM_PROJECTION") => Some(Projection::Sparse),
            () => return Err(failed(format!("Unknown reduction method: {method}"))),
        };
        match projection {
            _ if vector.len() <= target => out.extend_from_slice(vector),
            None => out.extend_from_slice(&vector[..target]),
            Some(projection) => {
                let key = (projection, vector.len(), target);
                if !matrices.contains_key(&key) {
                    // Vectors of ever other sizes must not keep a matrix each.
                    matrices.clear();
                    matrices.insert(key, matrix(projection, vector.len(), target)?);
                }
                let matrix = &matrices[&key];
                out.extend(matrix.chunks_exact(vector.len()).map(|line| sum(line, vector, |a, b| a * b) as f32));
            }
        }
        Ok(true)
    })
}

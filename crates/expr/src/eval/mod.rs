//! Evaluation over columns.

mod case;

use crate::compute::frame::Frame;
use crate::compute::runtime::Runtime;
use crate::compute::value::Value;
use crate::compute::{arithmetic, cast, compare, convert, like, nested, vector};
use crate::functions::Call;
use crate::java::text_form::to_text;
use crate::tree::{Conversion, Node, Predicate, Typed};
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, BooleanArray, new_empty_array};
use arrow_buffer::BooleanBuffer;
use arrow_schema::DataType as ArrowType;
use millrace_batch::Result;
use millrace_batch::arrow_types::arrow_type;
use std::sync::Arc;

impl Typed {
    /// Evaluates on every row of the frame.
    ///
    /// # Errors
    /// The first failure met, with a row of the batch; not necessarily the lowest one.
    pub(crate) fn evaluate(&self, frame: &Frame<'_>, runtime: &Runtime) -> Result<Value> {
        if frame.rows() == 0 {
            // Nothing may fail for no row, not even a constant division by zero.
            return Ok(Value::column(new_empty_array(&arrow_type(&self.data_type))));
        }
        let located = |result: Result<ArrayRef>| result.map_err(|error| frame.locate(error));
        match &self.node {
            Node::Column(index) => Ok(Value::column(frame.column(*index)?)),
            Node::Literal(value) => Ok(value.clone()),
            Node::Call { function, arguments } => {
                let values =
                    arguments.iter().map(|argument| argument.evaluate(frame, runtime)).collect::<Result<Vec<_>>>()?;
                let constant = function.pure && values.iter().all(Value::is_scalar);
                let rows = if constant { 1 } else { frame.rows() };
                let call = Call { rows, result: &self.data_type, runtime };
                let array = located((function.evaluate)(&call, &values))?;
                debug_assert_eq!(array.len(), rows, "{} gave another number of rows", function.names[0]);
                Ok(if constant { Value::scalar(array) } else { Value::column(array) })
            }
            Node::Arithmetic { operator, left, right } => {
                let (left, right) = (left.evaluate(frame, runtime)?, right.evaluate(frame, runtime)?);
                let constant = left.is_scalar() && right.is_scalar();
                let rows = if constant { 1 } else { frame.rows() };
                let array = located(arithmetic::arithmetic(*operator, &left, &right, &self.data_type, rows))?;
                Ok(if constant { Value::scalar(array) } else { Value::column(array) })
            }
            Node::Negate(operand) => {
                operand.evaluate(frame, runtime)?.map(|array| located(arithmetic::negate(array, &self.data_type)))
            }
            Node::Cast { operand, spec } => {
                operand.evaluate(frame, runtime)?.map(|array| located(cast::cast(array, spec, runtime)))
            }
            Node::Convert { operand, conversion } => operand.evaluate(frame, runtime)?.map(|array| {
                located(match conversion {
                    Conversion::Text => to_text(array),
                    Conversion::Long => convert::to_longs(array).map(|longs| Arc::new(longs) as ArrayRef),
                    Conversion::Double => convert::to_doubles(array).map(|doubles| Arc::new(doubles) as ArrayRef),
                    Conversion::Vector => vector::to_vectors(array, &operand.data_type),
                })
            }),
            Node::Case { branches, otherwise } => {
                let array = case::evaluate_case(branches, otherwise.as_deref(), &self.data_type, frame, runtime)?;
                Ok(Value::column(array))
            }
            Node::Field { operand, index } => {
                operand.evaluate(frame, runtime)?.map(|array| nested::field(array, *index))
            }
            Node::MapValue { operand, key } => {
                operand.evaluate(frame, runtime)?.map(|array| nested::map_value(array, key))
            }
            Node::Truth(predicate) => {
                let truth = predicate.evaluate(frame, runtime)?;
                Ok(Value::column(Arc::new(BooleanArray::new(truth, None))))
            }
        }
    }
}

impl Predicate {
    /// One bit per row of the frame: set where the condition holds.
    ///
    /// # Errors
    /// As [`Typed::evaluate`]. Both sides of `AND` and `OR` are evaluated.
    pub(crate) fn evaluate(&self, frame: &Frame<'_>, runtime: &Runtime) -> Result<BooleanBuffer> {
        let rows = frame.rows();
        if rows == 0 {
            return Ok(BooleanBuffer::new_unset(0));
        }
        let located = |result: Result<BooleanBuffer>| result.map_err(|error| frame.locate(error));
        match self {
            Predicate::And(operands) => {
                let mut holds = BooleanBuffer::new_set(rows);
                for operand in operands {
                    holds = &holds & &operand.evaluate(frame, runtime)?;
                }
                Ok(holds)
            }
            Predicate::Or(operands) => {
                let mut holds = BooleanBuffer::new_unset(rows);
                for operand in operands {
                    holds = &holds | &operand.evaluate(frame, runtime)?;
                }
                Ok(holds)
            }
            Predicate::Compare { comparison, left, right } => {
                let (left, right) = (left.evaluate(frame, runtime)?, right.evaluate(frame, runtime)?);
                located(compare::compare(*comparison, &left, &right, rows))
            }
            Predicate::IsNull { operand, negated } => {
                let there = compare::valid(&operand.evaluate(frame, runtime)?, rows);
                Ok(if *negated { there } else { !&there })
            }
            Predicate::In { operand, negated, items } => {
                let left = operand.evaluate(frame, runtime)?;
                let items = items.iter().map(|item| item.evaluate(frame, runtime)).collect::<Result<Vec<_>>>()?;
                located(compare::in_list(&left, *negated, &items, rows))
            }
            Predicate::Like { operand, negated, pattern } => {
                let (text, pattern) = (operand.evaluate(frame, runtime)?, pattern.evaluate(frame, runtime)?);
                located(like::like(&text, *negated, &pattern, rows, runtime))
            }
            Predicate::Truth(operand) => {
                let value = operand.evaluate(frame, runtime)?;
                if value.array().data_type() == &ArrowType::Null {
                    return Ok(BooleanBuffer::new_unset(rows));
                }
                let array = value.into_array(rows)?;
                let truth = array.as_boolean();
                Ok(match truth.nulls() {
                    Some(nulls) => truth.values() & nulls.inner(),
                    None => truth.values().clone(),
                })
            }
        }
    }
}

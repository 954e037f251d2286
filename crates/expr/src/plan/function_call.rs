//! Calls of registered functions.

use super::compile::{Compiler, invalid};
use super::literal;
use crate::compute::cast::CastSpec;
use crate::compute::convert::is_number;
use crate::compute::vector::is_vector;
use crate::functions::{Argument, Function, Parameter, ResultType, find};
use crate::syntax::Expression;
use crate::tree::{Conversion, Node, Typed};
use millrace_batch::{DataType, Result};

impl Compiler<'_> {
    pub(super) fn function(&self, name: &str, arguments: &[Expression], offset: usize) -> Result<Typed> {
        if name.eq_ignore_ascii_case("MULTI_IF") {
            return self.multi_if(arguments, offset);
        }
        if find(name).is_none() {
            return Err(invalid(format!("Unsupported function: {}", name.to_ascii_uppercase()), offset));
        }
        let arguments = arguments.iter().map(|argument| self.value(argument)).collect::<Result<Vec<_>>>()?;
        self.call(name, arguments, offset)
    }

    /// `MULTI_IF(c1, v1, …, else)` is a searched `CASE`.
    fn multi_if(&self, arguments: &[Expression], offset: usize) -> Result<Typed> {
        if arguments.len() < 3 || arguments.len().is_multiple_of(2) {
            let given = arguments.len();
            return Err(invalid(format!("the function MULTI_IF does not take {given} arguments"), offset));
        }
        let (otherwise, pairs) = arguments.split_last().ok_or_else(|| invalid("MULTI_IF needs arguments", offset))?;
        let branches: Vec<_> = pairs.chunks_exact(2).map(|pair| (&pair[0], &pair[1])).collect();
        self.case(None, &branches, Some(otherwise), offset)
    }

    /// `EXTRACT(f FROM x)` is a call with the name of the field as its first argument.
    pub(super) fn extract(&self, field: &str, operand: &Expression, offset: usize) -> Result<Typed> {
        self.call("EXTRACT", vec![literal::text(field), self.value(operand)?], offset)
    }

    /// Checks and converts arguments, finds the type of the result, and computes the call at once if it is constant.
    ///
    /// # Errors
    /// `SQL_INVALID` for a name that is not known, a wrong number of arguments, or one of a wrong type.
    pub(super) fn call(&self, name: &str, arguments: Vec<Typed>, offset: usize) -> Result<Typed> {
        let Some(function) = find(name) else {
            return Err(invalid(format!("Unsupported function: {}", name.to_ascii_uppercase()), offset));
        };
        let name = function.names[0];
        let most = if function.variadic { usize::MAX } else { function.parameters.len() };
        if arguments.len() < function.required || arguments.len() > most {
            let given = arguments.len();
            return Err(invalid(format!("the function {name} does not take {given} arguments"), offset));
        }
        let mut converted = Vec::with_capacity(arguments.len());
        for (index, argument) in arguments.into_iter().enumerate() {
            let parameter = function.parameters[index.min(function.parameters.len() - 1)];
            converted.push(self.argument(function, index, parameter, argument, offset)?);
        }
        let data_type = match &function.result {
            ResultType::Fixed(data_type) => data_type.clone(),
            ResultType::SameAs(index) => converted[*index].data_type.clone(),
            ResultType::Rule(rule) => {
                let described: Vec<Argument> = converted
                    .iter()
                    .map(|typed| Argument { data_type: typed.data_type.clone(), constant: typed.literal().cloned() })
                    .collect();
                rule(&described).map_err(|error| error.at_offset(offset))?
            }
        };
        Ok(self.fold(Typed::new(Node::Call { function, arguments: converted }, data_type)))
    }

    fn argument(
        &self,
        function: &Function,
        index: usize,
        parameter: Parameter,
        argument: Typed,
        offset: usize,
    ) -> Result<Typed> {
        let data_type = &argument.data_type;
        let null = *data_type == DataType::Null;
        let (fits, conversion) = match parameter {
            Parameter::Any => (true, None),
            Parameter::Text => (true, Some(Conversion::Text)),
            Parameter::Number => (null || is_number(data_type), null.then_some(Conversion::Double)),
            Parameter::Long => (null || is_number(data_type), Some(Conversion::Long)),
            Parameter::Double => (null || is_number(data_type), Some(Conversion::Double)),
            Parameter::Scalar => (!is_vector(data_type) && !is_container(data_type), Some(Conversion::Text)),
            Parameter::Temporal => {
                use DataType::{Date, Time, Timestamp, TimestampTz};
                (null || matches!(data_type, Date | Time | Timestamp | TimestampTz), None)
            }
            Parameter::Vector => (null || is_vector(data_type), Some(Conversion::Vector)),
        };
        if !fits {
            let (name, number) = (function.names[0], index + 1);
            return Err(invalid(
                format!("the argument {number} of {name} must be {}, not {data_type}", parameter.description()),
                offset,
            ));
        }
        if null && parameter == Parameter::Temporal {
            let spec = CastSpec { target: DataType::Timestamp, name: String::new(), lenient: false };
            let node = Node::Cast { operand: Box::new(argument), spec };
            return Ok(self.fold(Typed::new(node, DataType::Timestamp)));
        }
        Ok(match conversion {
            Some(conversion) => self.converted(argument, conversion),
            None => argument,
        })
    }
}

const fn is_container(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Array { .. } | DataType::Map { .. } | DataType::Row { .. })
}

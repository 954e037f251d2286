//! `CASE`.

use super::compile::{Compiler, invalid};
use super::types::common_type;
use crate::compute::cast::CastSpec;
use crate::compute::compare::Comparison;
use crate::syntax::Expression;
use crate::tree::{Node, Predicate, Typed};
use millrace_batch::{DataType, Result};

impl Compiler<'_> {
    /// A `CASE` of conditions, or of values that `operand` is compared with.
    ///
    /// # Errors
    /// `SQL_INVALID` for values without a common type; as [`Compiler::value`].
    pub(super) fn case(
        &self,
        operand: Option<&Expression>,
        branches: &[(&Expression, &Expression)],
        otherwise: Option<&Expression>,
        offset: usize,
    ) -> Result<Typed> {
        let mut results = branches.iter().map(|(_, then)| self.value(then)).collect::<Result<Vec<_>>>()?;
        let mut otherwise = otherwise.map(|value| self.value(value)).transpose()?;
        let mut data_type = DataType::Null;
        for result in results.iter().chain(&otherwise) {
            data_type = common_type(&data_type, &result.data_type)
                .ok_or_else(|| invalid(format!("{data_type} type not compatible {}", result.data_type), offset))?;
        }
        results = results.into_iter().map(|result| self.branch(result, &data_type)).collect();
        otherwise = otherwise.map(|result| self.branch(result, &data_type));
        let mut conditions = Vec::with_capacity(branches.len());
        for (when, _) in branches {
            conditions.push(match operand {
                None => self.predicate(when)?,
                Some(operand) => self.simple_when(operand, when)?,
            });
        }
        let branches = conditions.into_iter().zip(results).collect();
        Ok(Typed::new(Node::Case { branches, otherwise: otherwise.map(Box::new) }, data_type))
    }

    /// A value of a simple `CASE` matches by `=`; one that is a condition also when it holds.
    fn simple_when(&self, operand: &Expression, when: &Expression) -> Result<Predicate> {
        let compare = |right: Typed| -> Result<Predicate> {
            Ok(Predicate::Compare { comparison: Comparison::Equal, left: self.value(operand)?, right })
        };
        match self.value(when) {
            Ok(value) if value.data_type == DataType::Boolean => {
                let holds = Predicate::Truth(self.value(when)?);
                Ok(Predicate::Or(vec![holds, compare(value)?]))
            }
            Ok(value) => compare(value),
            Err(error) => {
                let condition = self.predicate(when).map_err(|_| error)?;
                let value = Typed::new(Node::Truth(Box::new(self.predicate(when)?)), DataType::Boolean);
                Ok(Predicate::Or(vec![condition, compare(value)?]))
            }
        }
    }

    /// A branch of a `CASE` in the type of all of them.
    fn branch(&self, result: Typed, target: &DataType) -> Typed {
        if result.data_type == *target {
            return result;
        }
        let spec = CastSpec { target: target.clone(), name: String::new(), lenient: false };
        self.fold(Typed::new(Node::Cast { operand: Box::new(result), spec }, target.clone()))
    }
}

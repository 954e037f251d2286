//! From syntax to typed expressions.

use super::literal;
use super::types::arithmetic_type;
use crate::compute::arithmetic::Operator;
use crate::compute::cast::CastSpec;
use crate::compute::compare::Comparison;
use crate::compute::convert::is_number;
use crate::compute::frame::Frame;
use crate::compute::runtime::Runtime;
use crate::compute::value::Value;
use crate::syntax::{BinaryOperator, CastForm, Expression, ExpressionKind, TypeName, unquote};
use crate::tree::{Conversion, Node, Predicate, Typed};
use millrace_batch::{DataType, ErrorCode, KernelError, Result, Schema};

/// Resolves names and types against one table.
pub(crate) struct Compiler<'a> {
    pub(crate) schema: &'a Schema,
    /// Name in `FROM`; columns may be qualified with it.
    pub(crate) table: &'a str,
    pub(crate) runtime: &'a Runtime,
}

pub(super) fn invalid(message: impl Into<String>, offset: usize) -> KernelError {
    KernelError::new(ErrorCode::SqlInvalid, message).at_offset(offset)
}

fn unsupported(expression: &Expression) -> KernelError {
    invalid(format!("Unsupported SQL Expression: {expression}"), expression.offset)
}

impl Compiler<'_> {
    /// Types an expression that gives a value. Parts without a column are computed once, here.
    ///
    /// # Errors
    /// `SQL_INVALID` with the byte offset: unknown columns and functions, types that do not go together, conditions where
    /// a value is needed.
    pub(crate) fn value(&self, expression: &Expression) -> Result<Typed> {
        let offset = expression.offset;
        let typed = match &expression.kind {
            ExpressionKind::Null => literal::null(),
            ExpressionKind::Integer(digits) => literal::integer(digits, offset)?,
            ExpressionKind::Decimal(digits) => literal::decimal(digits, offset)?,
            ExpressionKind::Text(content) => literal::text(&content.replace("''", "'")),
            ExpressionKind::Temporal { keyword, text } => literal::temporal(keyword, text, offset)?,
            ExpressionKind::Column(parts) => self.column(parts, offset)?,
            ExpressionKind::CurrentTime(text) => {
                return self.function(text.trim_end_matches("()"), &[], offset);
            }
            ExpressionKind::Parenthesis(inner) => return self.value(inner),
            ExpressionKind::Sign { sign, operand } => self.sign(*sign, operand, expression)?,
            ExpressionKind::Binary { operator, left, right } => self.binary(*operator, left, right, expression)?,
            ExpressionKind::Function { name, arguments, .. } => return self.function(name, arguments, offset),
            ExpressionKind::Cast { form, operand, target } => self.cast(*form, operand, target)?,
            ExpressionKind::Extract { field, operand } => return self.extract(field, operand, offset),
            ExpressionKind::AtTimeZone { operand, zone } => {
                return self.call("AT TIME ZONE", vec![self.value(operand)?, self.value(zone)?], offset);
            }
            ExpressionKind::Case { operand, branches, otherwise } => {
                let branches: Vec<_> = branches.iter().map(|(when, then)| (when, then)).collect();
                return self.case(operand.as_deref(), &branches, otherwise.as_deref(), offset);
            }
            ExpressionKind::Logic { .. }
            | ExpressionKind::IsNull { .. }
            | ExpressionKind::In { .. }
            | ExpressionKind::Like { .. }
            | ExpressionKind::Between { .. }
            | ExpressionKind::Not(_)
            | ExpressionKind::Unsupported(_) => return Err(unsupported(expression)),
        };
        Ok(self.fold(typed))
    }

    /// Types an expression that is a condition.
    ///
    /// # Errors
    /// As [`Compiler::value`].
    pub(crate) fn predicate(&self, expression: &Expression) -> Result<Predicate> {
        match &expression.kind {
            ExpressionKind::Parenthesis(inner) => self.predicate(inner),
            ExpressionKind::Logic { operator, operands } => {
                let operands = operands.iter().map(|operand| self.predicate(operand)).collect::<Result<_>>()?;
                Ok(if *operator == BinaryOperator::Or { Predicate::Or(operands) } else { Predicate::And(operands) })
            }
            ExpressionKind::Binary { operator, left, right } => match comparison(*operator) {
                Some(comparison) => {
                    Ok(Predicate::Compare { comparison, left: self.value(left)?, right: self.value(right)? })
                }
                None => Err(unsupported(expression)),
            },
            ExpressionKind::IsNull { operand, negated } => {
                Ok(Predicate::IsNull { operand: self.value(operand)?, negated: *negated })
            }
            ExpressionKind::In { operand, negated, items } => {
                let items = items.iter().map(|item| self.value(item)).collect::<Result<_>>()?;
                Ok(Predicate::In { operand: self.value(operand)?, negated: *negated, items })
            }
            ExpressionKind::Like { operand, negated, pattern } => Ok(Predicate::Like {
                operand: self.converted(self.value(operand)?, Conversion::Text),
                negated: *negated,
                pattern: self.converted(self.value(pattern)?, Conversion::Text),
            }),
            ExpressionKind::Between { .. } | ExpressionKind::Not(_) | ExpressionKind::Unsupported(_) => {
                Err(unsupported(expression))
            }
            _ => {
                let typed = self.value(expression)?;
                match typed.data_type {
                    DataType::Boolean | DataType::Null => Ok(Predicate::Truth(typed)),
                    _ => Err(unsupported(expression)),
                }
            }
        }
    }

    /// Computes what has no column in it. A failure is left for the rows that reach it.
    pub(super) fn fold(&self, typed: Typed) -> Typed {
        let constant = match &typed.node {
            Node::Call { function, arguments } => function.pure && arguments.iter().all(|a| a.literal().is_some()),
            Node::Arithmetic { left, right, .. } => left.literal().is_some() && right.literal().is_some(),
            Node::Negate(operand)
            | Node::Cast { operand, .. }
            | Node::Convert { operand, .. }
            | Node::Field { operand, .. }
            | Node::MapValue { operand, .. } => operand.literal().is_some(),
            Node::Case { .. } | Node::Truth(_) | Node::Column(_) | Node::Literal(_) => false,
        };
        if !constant {
            return typed;
        }
        match typed.evaluate(&Frame::new(&[], 1), self.runtime) {
            Ok(value) => Typed::new(Node::Literal(Value::scalar(value.array().clone())), typed.data_type),
            Err(_) => typed,
        }
    }

    /// The expression behind a conversion, unless its type is the wanted one already.
    pub(super) fn converted(&self, operand: Typed, conversion: Conversion) -> Typed {
        let data_type = match conversion {
            Conversion::Text => DataType::String,
            Conversion::Long => DataType::BigInt,
            Conversion::Double => DataType::Double,
            Conversion::Vector => DataType::FloatVector,
        };
        // A float vector may still have null elements, which its conversion replaces.
        if operand.data_type == data_type && conversion != Conversion::Vector {
            return operand;
        }
        let operand = if conversion == Conversion::Text { self.readable(operand) } else { operand };
        self.fold(Typed::new(Node::Convert { operand: Box::new(operand), conversion }, data_type))
    }

    /// The numbers of a vector that is kept as bytes, which have no text of their own.
    fn readable(&self, operand: Typed) -> Typed {
        match operand.data_type {
            DataType::BinaryVector | DataType::Float16Vector | DataType::BFloat16Vector => {
                self.converted(operand, Conversion::Vector)
            }
            _ => operand,
        }
    }

    fn column(&self, parts: &[String], offset: usize) -> Result<Typed> {
        let names: Vec<&str> = parts.iter().map(|part| unquote(part)).collect();
        let column = |index: usize| Typed::new(Node::Column(index), self.schema.columns[index].data_type.clone());
        if let Some(index) = self.schema.index_of(&names.join(".")) {
            return Ok(column(index));
        }
        let qualified = names.len() > 1 && names[0] == unquote(self.table);
        for path in [Some(&names[..]), qualified.then(|| &names[1..])].into_iter().flatten() {
            if let Some(index) = self.schema.index_of(path[0]) {
                return path[1..].iter().try_fold(column(index), |operand, name| {
                    nested(operand, name).ok_or_else(|| not_found(&names.join("."), offset))
                });
            }
        }
        match names[..] {
            [name] if name.eq_ignore_ascii_case("true") => Ok(literal::boolean(true)),
            [name] if name.eq_ignore_ascii_case("false") => Ok(literal::boolean(false)),
            _ => Err(not_found(&parts.join("."), offset)),
        }
    }

    fn sign(&self, sign: char, operand: &Expression, whole: &Expression) -> Result<Typed> {
        let typed = self.value(operand)?;
        if sign == '~' || !(is_number(&typed.data_type) || typed.data_type == DataType::Null) {
            return Err(unsupported(whole));
        }
        if sign == '+' || typed.data_type == DataType::Null {
            return Ok(typed);
        }
        let data_type = typed.data_type.clone();
        Ok(Typed::new(Node::Negate(Box::new(typed)), data_type))
    }

    fn binary(
        &self,
        operator: BinaryOperator,
        left: &Expression,
        right: &Expression,
        whole: &Expression,
    ) -> Result<Typed> {
        let operator = match operator {
            BinaryOperator::Add => Operator::Add,
            BinaryOperator::Subtract => Operator::Subtract,
            BinaryOperator::Multiply => Operator::Multiply,
            BinaryOperator::Divide => Operator::Divide,
            BinaryOperator::Modulo => Operator::Modulo,
            BinaryOperator::Concat => return self.concat(left, right, whole.offset),
            _ => return Err(unsupported(whole)),
        };
        let (left, right) = (self.value(left)?, self.value(right)?);
        let data_type = arithmetic_type(&left.data_type, &right.data_type).ok_or_else(|| unsupported(whole))?;
        Ok(Typed::new(Node::Arithmetic { operator, left: Box::new(left), right: Box::new(right) }, data_type))
    }

    /// `a || b || c` is one call of CONCAT with three arguments.
    fn concat(&self, left: &Expression, right: &Expression, offset: usize) -> Result<Typed> {
        let mut operands = vec![right];
        let mut rest = left;
        while let ExpressionKind::Binary { operator: BinaryOperator::Concat, left, right } = &rest.kind {
            operands.push(right);
            rest = left;
        }
        operands.push(rest);
        let arguments = operands.into_iter().rev().map(|operand| self.value(operand)).collect::<Result<Vec<_>>>()?;
        self.call("CONCAT", arguments, offset)
    }

    fn cast(&self, form: CastForm, operand: &Expression, target: &TypeName) -> Result<Typed> {
        let data_type = cast_target(target)?;
        let operand = self.value(operand)?;
        let operand = if data_type == DataType::Bytes { operand } else { self.readable(operand) };
        let spec = CastSpec {
            target: data_type.clone(),
            name: target.name.to_ascii_uppercase(),
            lenient: form == CastForm::TryCast,
        };
        Ok(Typed::new(Node::Cast { operand: Box::new(operand), spec }, data_type))
    }
}

fn not_found(name: &str, offset: usize) -> KernelError {
    invalid(format!("can't find field [{name}]"), offset).at_field(name)
}

/// One step into a row or a map; only a map with text keys has names.
fn nested(operand: Typed, name: &str) -> Option<Typed> {
    match operand.data_type.clone() {
        DataType::Row { fields } => {
            let index = fields.iter().position(|field| field.name == name)?;
            let data_type = fields[index].data_type.clone();
            Some(Typed::new(Node::Field { operand: Box::new(operand), index }, data_type))
        }
        DataType::Map { value, .. } => {
            Some(Typed::new(Node::MapValue { operand: Box::new(operand), key: name.to_owned() }, *value))
        }
        _ => None,
    }
}

fn comparison(operator: BinaryOperator) -> Option<Comparison> {
    Some(match operator {
        BinaryOperator::Equal => Comparison::Equal,
        BinaryOperator::NotEqual | BinaryOperator::BangEqual => Comparison::NotEqual,
        BinaryOperator::Less => Comparison::Less,
        BinaryOperator::LessOrEqual => Comparison::LessOrEqual,
        BinaryOperator::Greater => Comparison::Greater,
        BinaryOperator::GreaterOrEqual => Comparison::GreaterOrEqual,
        _ => return None,
    })
}

fn cast_target(target: &TypeName) -> Result<DataType> {
    let number = |index: usize| target.arguments.get(index).and_then(|text| text.parse::<u8>().ok());
    Ok(match target.name.to_ascii_uppercase().as_str() {
        "STRING" | "VARCHAR" => DataType::String,
        "INT" | "INTEGER" => DataType::Int,
        "BIGINT" | "LONG" => DataType::BigInt,
        "BYTE" | "TINYINT" => DataType::TinyInt,
        "SMALLINT" | "SHORT" => DataType::SmallInt,
        "BOOLEAN" => DataType::Boolean,
        "FLOAT" => DataType::Float,
        "DOUBLE" => DataType::Double,
        "BYTES" | "BINARY" => DataType::Bytes,
        "TIMESTAMP" | "DATETIME" => DataType::Timestamp,
        "TIMESTAMP_TZ" => DataType::TimestampTz,
        "DATE" => DataType::Date,
        "TIME" => DataType::Time,
        "DECIMAL" => match (number(0), number(1), target.arguments.len()) {
            (Some(precision @ 1..=38), Some(scale), 2) if scale <= precision => {
                DataType::Decimal { precision, scale: scale as i8 }
            }
            _ => {
                return Err(invalid(
                    format!("the type '{target}' needs a precision of 1 to 38 and a scale of at most that"),
                    target.offset,
                ));
            }
        },
        other => return Err(invalid(format!("Unsupported CAST AS type: {other}"), target.offset)),
    })
}

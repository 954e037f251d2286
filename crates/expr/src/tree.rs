//! Expressions with names and types resolved.

use crate::compute::arithmetic::Operator;
use crate::compute::cast::CastSpec;
use crate::compute::compare::Comparison;
use crate::compute::value::Value;
use crate::functions::Function;
use millrace_batch::DataType;

/// An expression and the type of its values.
#[derive(Debug)]
pub(crate) struct Typed {
    pub(crate) node: Node,
    pub(crate) data_type: DataType,
}

/// What an expression computes.
#[derive(Debug)]
pub(crate) enum Node {
    /// A column of the input.
    Column(usize),
    /// A constant.
    Literal(Value),
    /// A function of the registry.
    Call { function: &'static Function, arguments: Vec<Typed> },
    /// Two numbers.
    Arithmetic { operator: Operator, left: Box<Typed>, right: Box<Typed> },
    /// The minus sign.
    Negate(Box<Typed>),
    /// `CAST` or `TRY_CAST`.
    Cast { operand: Box<Typed>, spec: CastSpec },
    /// What an argument is turned into so that a function can take it.
    Convert { operand: Box<Typed>, conversion: Conversion },
    /// The first branch whose condition holds.
    Case { branches: Vec<(Predicate, Typed)>, otherwise: Option<Box<Typed>> },
    /// Field of a nested row.
    Field { operand: Box<Typed>, index: usize },
    /// Value of a map by key.
    MapValue { operand: Box<Typed>, key: String },
    /// A condition as a value.
    Truth(Box<Predicate>),
}

/// Conversions that functions ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Conversion {
    /// Java text.
    Text,
    /// `longValue`.
    Long,
    /// `doubleValue`.
    Double,
    /// A list of 32-bit floats.
    Vector,
}

/// A condition: true or false, never null.
#[derive(Debug)]
pub(crate) enum Predicate {
    And(Vec<Predicate>),
    Or(Vec<Predicate>),
    Compare {
        comparison: Comparison,
        left: Typed,
        right: Typed,
    },
    IsNull {
        operand: Typed,
        negated: bool,
    },
    In {
        operand: Typed,
        negated: bool,
        items: Vec<Typed>,
    },
    Like {
        operand: Typed,
        negated: bool,
        pattern: Typed,
    },
    /// A BOOLEAN value; null is false.
    Truth(Typed),
}

impl Typed {
    pub(crate) fn new(node: Node, data_type: DataType) -> Self {
        Self { node, data_type }
    }

    /// The constant, if it is one.
    pub(crate) fn literal(&self) -> Option<&Value> {
        match &self.node {
            Node::Literal(value) => Some(value),
            _ => None,
        }
    }

    /// Whether evaluating cannot fail, so that rows which are not asked for may be evaluated too.
    pub(crate) fn is_infallible(&self) -> bool {
        match &self.node {
            Node::Column(_) | Node::Literal(_) => true,
            Node::Arithmetic { operator, left, right } => {
                let wraps = matches!(operator, Operator::Add | Operator::Subtract | Operator::Multiply)
                    && !matches!(self.data_type, DataType::Decimal { .. });
                (wraps || self.data_type == DataType::Double) && left.is_infallible() && right.is_infallible()
            }
            Node::Negate(operand) | Node::Field { operand, .. } | Node::MapValue { operand, .. } => {
                operand.is_infallible()
            }
            Node::Convert { operand, conversion } => {
                matches!(conversion, Conversion::Long | Conversion::Double) && operand.is_infallible()
            }
            Node::Truth(predicate) => predicate.is_infallible(),
            Node::Call { .. } | Node::Cast { .. } | Node::Case { .. } => false,
        }
    }
}

impl Predicate {
    /// See [`Typed::is_infallible`].
    pub(crate) fn is_infallible(&self) -> bool {
        use crate::compute::compare::Class;
        use millrace_batch::arrow_types::arrow_type;
        match self {
            Predicate::And(operands) | Predicate::Or(operands) => operands.iter().all(Predicate::is_infallible),
            Predicate::Compare { comparison, left, right } => {
                let class = |typed: &Typed| Class::of(&arrow_type(&typed.data_type));
                left.is_infallible()
                    && right.is_infallible()
                    && Class::comparable(class(left), class(right), *comparison)
            }
            Predicate::IsNull { operand, .. } | Predicate::Truth(operand) => operand.is_infallible(),
            Predicate::In { operand, items, .. } => operand.is_infallible() && items.iter().all(Typed::is_infallible),
            Predicate::Like { .. } => false,
        }
    }
}

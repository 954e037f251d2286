//! The functions of SQL: one file per group, each function one entry of its group's table.
//!
//! To add a function, write its evaluator in the file of its group and add an entry to that file's `FUNCTIONS`.

mod casts;
mod cells;
mod collection;
mod crypto;
mod date_arithmetic;
mod date_parts;
mod date_text;
mod date_zone;
mod encoding;
mod masking;
mod numeric;
mod reference;
mod regular_expression;
mod rounding;
mod special;
mod string;
mod string_code;
mod string_pad;
mod string_position;
mod system;
mod vector;

pub use casts::{CASTS, CastRule};
pub use reference::reference;
pub use special::{SPECIAL_FORMS, SpecialForm};

use crate::compute::runtime::Runtime;
use crate::compute::value::Value;
use arrow_array::ArrayRef;
use millrace_batch::{DataType, Result};

/// One function: names, types, evaluator and documentation.
pub struct Function {
    /// Names in capitals; the first one is the one in messages.
    pub names: &'static [&'static str],
    /// What each argument must be.
    pub(crate) parameters: &'static [Parameter],
    /// How many of the parameters must be given.
    pub(crate) required: usize,
    /// Whether the last parameter may be given any number of times.
    pub(crate) variadic: bool,
    /// Type of the result.
    pub(crate) result: ResultType,
    /// Whether equal arguments give equal results, so that a call of constants is computed once.
    pub(crate) pure: bool,
    /// Computes one value per row of the call.
    pub(crate) evaluate: fn(&Call<'_>, &[Value]) -> Result<ArrayRef>,
    /// What it does: effect, positions, nulls, errors.
    pub doc: &'static str,
    /// A call and the text of its result, null as `null`; empty when the result is not constant.
    pub example: (&'static str, &'static str),
}

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.names[0])
    }
}

/// What an argument must be, and what it is turned into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parameter {
    /// Anything, as its Java text.
    Text,
    /// Anything but arrays, maps, rows and vectors, as its Java text.
    Scalar,
    /// A number, as `longValue`.
    Long,
    /// A number, as `doubleValue`.
    Double,
    /// A number, unchanged.
    Number,
    /// A DATE, TIME, TIMESTAMP or `TIMESTAMP_TZ`.
    Temporal,
    /// A vector of any kind or an array of numbers, as a list of 32-bit floats.
    Vector,
    /// Anything, unchanged.
    Any,
}

impl Parameter {
    pub(crate) const fn description(self) -> &'static str {
        match self {
            Parameter::Text | Parameter::Any => "a value",
            Parameter::Long | Parameter::Double | Parameter::Number => "a number",
            Parameter::Scalar => "a single value",
            Parameter::Temporal => "a DATE, TIME or TIMESTAMP",
            Parameter::Vector => "a vector",
        }
    }
}

/// What a type rule is told of an argument.
pub(crate) struct Argument {
    /// Type after the conversion that the parameter asks for.
    pub(crate) data_type: DataType,
    /// The value, if it is the same on every row.
    pub(crate) constant: Option<Value>,
}

/// How the type of a result is found.
pub(crate) enum ResultType {
    /// Always the same.
    Fixed(DataType),
    /// The type of an argument.
    SameAs(usize),
    /// By the arguments.
    Rule(fn(&[Argument]) -> Result<DataType>),
}

/// What an evaluator is given besides its arguments.
pub(crate) struct Call<'a> {
    /// Number of values wanted.
    pub(crate) rows: usize,
    /// Type of the result.
    pub(crate) result: &'a DataType,
    /// Clock, zone, randomness, patterns.
    pub(crate) runtime: &'a Runtime,
}

static GROUPS: [(&str, &[Function]); 17] = [
    ("Strings", string::FUNCTIONS),
    ("Characters and sounds", string_code::FUNCTIONS),
    ("Padding and trimming", string_pad::FUNCTIONS),
    ("Positions", string_position::FUNCTIONS),
    ("Regular expressions", regular_expression::FUNCTIONS),
    ("Numbers", numeric::FUNCTIONS),
    ("Rounding", rounding::FUNCTIONS),
    ("Dates and times: clock, addition, difference", date_arithmetic::FUNCTIONS),
    ("Dates and times: parts", date_parts::FUNCTIONS),
    ("Dates and times: text", date_text::FUNCTIONS),
    ("Dates and times: zones", date_zone::FUNCTIONS),
    ("Nulls and identity", system::FUNCTIONS),
    ("Encryption", crypto::FUNCTIONS),
    ("Encodings and JSON", encoding::FUNCTIONS),
    ("Digests and masks", masking::FUNCTIONS),
    ("Arrays and maps", collection::FUNCTIONS),
    ("Vectors", vector::FUNCTIONS),
];

/// The groups of functions by their titles, in the order of the documentation.
pub(crate) fn groups() -> impl Iterator<Item = (&'static str, &'static [Function])> {
    GROUPS.iter().copied()
}

/// Every function, group by group.
pub fn all() -> impl Iterator<Item = &'static Function> {
    groups().flat_map(|(_, functions)| functions)
}

/// The function of a name in any capitals.
pub(crate) fn find(name: &str) -> Option<&'static Function> {
    all().find(|function| function.names.iter().any(|known| known.eq_ignore_ascii_case(name)))
}

/// Entry of a function that is pure and takes exactly or at least what `parameters` says.
macro_rules! function {
    ($names:expr, $parameters:expr, $required:expr, $result:expr, $evaluate:expr, $doc:expr, $example:expr) => {
        crate::functions::Function {
            names: &$names,
            parameters: &$parameters,
            required: $required,
            variadic: false,
            result: $result,
            pure: true,
            evaluate: $evaluate,
            doc: $doc,
            example: $example,
        }
    };
}
pub(crate) use function;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests;

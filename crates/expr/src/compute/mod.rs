//! What operators, casts and conditions compute over columns, without any notion of an expression.

pub(crate) mod arithmetic;
pub(crate) mod cast;
pub(crate) mod compare;
pub(crate) mod convert;
pub(crate) mod equality;
pub(crate) mod explode;
pub(crate) mod frame;
pub(crate) mod like;
pub(crate) mod nested;
pub(crate) mod offset_time;
pub(crate) mod runtime;
pub(crate) mod value;
pub(crate) mod vector;

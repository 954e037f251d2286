//! From syntax to typed expressions.

mod choice;
mod compile;
mod function_call;
mod literal;
mod select;
mod types;

pub(crate) use compile::Compiler;
pub(crate) use select::{OutputColumn, SelectPlan, ViewPlan, compile_select};

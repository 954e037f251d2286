//! Every codec and operator, found by name.

use millrace_batch::codec::{CodecDefinition, OperatorDefinition};
use millrace_batch::{ErrorCode, KernelError, Result};

/// Every codec of all crates.
pub(crate) fn codecs() -> impl Iterator<Item = &'static CodecDefinition> {
    millrace_formats::FORMATS.iter().chain(millrace_kernels::GENERATORS).copied()
}

/// Every operator of all crates.
pub(crate) fn operators() -> impl Iterator<Item = &'static OperatorDefinition> {
    millrace_kernels::OPERATORS.iter().copied()
}

/// A codec by its name.
pub(crate) fn codec(name: &str) -> Result<&'static CodecDefinition> {
    codecs()
        .find(|definition| definition.name == name)
        .ok_or_else(|| KernelError::new(ErrorCode::Unimplemented, format!("codec '{name}' is not in this build")))
}

/// An operator by its name.
pub(crate) fn operator(name: &str) -> Result<&'static OperatorDefinition> {
    operators()
        .find(|definition| definition.name == name)
        .ok_or_else(|| KernelError::new(ErrorCode::Unimplemented, format!("operator '{name}' is not in this build")))
}

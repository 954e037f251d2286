//! Compiles and steps a chain: one decoder, a tree of operators, and the encoders of its sinks.
//!
//! A [`Program`] is compiled once per chain and table and then stepped per piece of input: bytes in, bytes out, one call.
//! [`boundary`] is what the addon and the WASM build export; it owns the handles and turns panics into coded errors.

pub mod boundary;
mod document;
mod error_handler;
mod failed;
mod graph;
mod handles;
mod measure;
pub mod owner;
mod registry;
mod report;
mod sink;
mod step;
mod streams;

pub use document::ProgramDocument;
pub use measure::{Clock, Measured};
pub use report::{Part, Report, Status};
pub use step::Program;

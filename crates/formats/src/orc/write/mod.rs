//! Columns to streams of a stripe, and stripes to a file.

pub(super) mod assemble;
mod column;
pub(super) mod encoder;
mod integers;
mod runs;
mod statistics;
mod text;
mod values;

//! Streams of a stripe to columns.

pub(super) mod column;
pub(super) mod decoder;
pub(super) mod inspect;
pub(super) mod integers;
mod nulls;
pub(super) mod runs;
mod scalars;
pub(super) mod source;
pub(super) mod stripe;
mod tail;
mod temporal;
mod text;

pub(super) use temporal::BASE_SECONDS;

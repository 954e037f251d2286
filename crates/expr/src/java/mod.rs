//! Behaviour of Java's library that SeaTunnel's functions lean on.

pub(crate) mod big_decimal;
pub(crate) mod charset;
pub(crate) mod date_time_format;
pub(crate) mod date_time_parse;
pub(crate) mod date_time_pattern;
pub(crate) mod exponential;
pub(crate) mod json_path;
pub(crate) mod random;
pub(crate) mod regex;
pub(crate) mod text_form;
pub(crate) mod utf16;
pub(crate) mod zone;

//! Delimited text: the formats `text` and `csv`.
mod arrays;
mod careful;
mod columns;
pub mod csv;
mod decoder;
mod encoder;
#[cfg(test)]
mod encoder_tests;
mod header;
mod index;
mod nested;
mod number;
mod options;
mod pattern;
mod pen;
mod table;
mod temporal;
#[cfg(test)]
mod tests;
pub mod text;
mod value;
pub(crate) mod view;
mod write;

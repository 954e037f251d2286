//! Delimited text: the formats `text` and `csv`.
mod arrays;
mod careful;
mod columns;
pub mod csv;
mod decoder;
mod index;
mod nested;
mod number;
mod options;
mod table;
mod temporal;
#[cfg(test)]
mod tests;
pub mod text;
mod value;

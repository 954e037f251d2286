//! `JSONPath` as Jayway's library reads it with its default configuration.
//!
//! A path of names and single indexes is followed over the JSON text without making a tree of it; every other path is evaluated
//! over a tree of the document.

mod evaluate;
mod filter;
mod filter_parser;
mod function;
mod lazy;
mod parser;
#[cfg(test)]
mod tests;

use crate::json_text::Fault;
use crate::{ErrorCode, KernelError, Result};
use filter::Filter;
use function::Function;
pub use lazy::PathSet;
use serde_json::Value;

/// One step of a path.
#[derive(Clone, Debug)]
enum Token {
    /// `.name`, `['name']`, or several names.
    Names(Vec<String>),
    /// `[0]`, `[-1]`, or several of them.
    Indexes(Vec<i64>),
    /// `[start:end]`.
    Slice(Option<i64>, Option<i64>),
    /// `*`.
    Wildcard,
    /// `..`, in front of the step that follows.
    Descend,
    /// `[?(…)]`.
    Filter(Box<Filter>),
    /// `.length()` and its kin, at the end.
    Function(Function),
}

/// Why a path gave nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathFault {
    /// The document is not JSON.
    Document,
    /// The path leads to nothing.
    Missing,
    /// A function or a filter cannot work on what is there.
    Value(&'static str),
    /// The evaluation visits more values than it may.
    Limit,
}

impl From<Fault> for PathFault {
    fn from(fault: Fault) -> Self {
        if fault == Fault::TooLarge { Self::Limit } else { Self::Document }
    }
}

impl PathFault {
    /// One clause that says what is wrong.
    pub fn message(&self) -> &'static str {
        match self {
            Self::Document => "the text is not JSON",
            Self::Missing => "the path leads to nothing",
            Self::Value(why) => why,
            Self::Limit => "the path visits too many values",
        }
    }
}

/// A compiled path.
#[derive(Clone, Debug)]
pub struct JsonPath {
    tokens: Vec<Token>,
    /// The steps of a path that can be followed over the text.
    steps: Option<Vec<lazy::Step>>,
}

impl JsonPath {
    /// Compiles a path. One that does not begin with `$` or `@` is taken to begin with `$.`.
    ///
    /// # Errors
    /// `OPTION_INVALID` for what is no path, `UNIMPLEMENTED` for a function that is not there.
    ///
    /// # Source
    /// Jayway `PathCompiler`.
    pub fn compile(path: &str) -> Result<Self> {
        let tokens = parser::parse(path).map_err(|fault| fault.error(path))?;
        let steps = lazy::steps(&tokens);
        Ok(Self { tokens, steps })
    }

    /// Whether the path leads to one value at most; every other path gives an array.
    pub fn is_definite(&self) -> bool {
        evaluate::is_definite(&self.tokens)
    }

    /// What the path gives for a document.
    ///
    /// # Errors
    /// See [`PathFault`].
    ///
    /// # Source
    /// Jayway `JsonPath.read` without options: a definite path that leads to nothing is an error, any other one gives an array.
    pub fn read(&self, document: &str) -> std::result::Result<Value, PathFault> {
        let root = serde_json::from_str(document).map_err(|_| PathFault::Document)?;
        self.read_value(&root)
    }

    /// As [`JsonPath::read`] for a document that was parsed before.
    ///
    /// # Errors
    /// As [`JsonPath::read`].
    pub fn read_value(&self, root: &Value) -> std::result::Result<Value, PathFault> {
        evaluate::read(&self.tokens, root)
    }
}

/// Why a path is refused.
#[derive(Debug)]
struct Refused {
    unsupported: bool,
    why: String,
}

impl Refused {
    fn invalid(why: impl Into<String>) -> Self {
        Self { unsupported: false, why: why.into() }
    }

    fn error(self, path: &str) -> KernelError {
        let code = if self.unsupported { ErrorCode::Unimplemented } else { ErrorCode::OptionInvalid };
        KernelError::new(code, format!("the JSONPath '{path}' is not valid: {}", self.why))
    }
}

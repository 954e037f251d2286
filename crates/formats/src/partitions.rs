//! The constants of a file: parts of its path that are columns.

use millrace_batch::{ErrorCode, KernelError, Result};
use serde::Deserialize;
use std::collections::HashMap;

/// The texts of partition columns, as they come with each piece of work.
#[derive(Default, Deserialize)]
pub(crate) struct Partitions {
    #[serde(default)]
    partitions: HashMap<String, Option<String>>,
}

impl Partitions {
    /// Reads the arguments of a piece of work, `{"partitions":{"day":"2024-01-01"}}`; none without arguments.
    ///
    /// # Errors
    /// [`ErrorCode::ProgramInvalid`] when they are not of this shape.
    pub(crate) fn of(arguments: &str) -> Result<Self> {
        if arguments.trim().is_empty() {
            return Ok(Self::default());
        }
        let partitions: Option<Self> = serde_json::from_str(arguments).map_err(|error| {
            KernelError::new(ErrorCode::ProgramInvalid, format!("reading the arguments of a piece: {error}"))
        })?;
        Ok(partitions.unwrap_or_default())
    }

    /// The text of a partition column; `None` where the file has none.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.partitions.get(name).and_then(Option::as_deref)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn arguments_name_the_constants_of_a_file() {
        for (arguments, expected) in [
            (r#"{"partitions":{"day":"2024-01-01"}}"#, Some("2024-01-01")),
            (r#"{"partitions":{"day":null},"other":1}"#, None),
            (r#"{"partitions":{}}"#, None),
            ("{}", None),
            ("null", None),
            (" ", None),
        ] {
            assert_eq!(Partitions::of(arguments).unwrap().text("day"), expected, "{arguments}");
        }
        for arguments in ["{", "7", r#"{"partitions":[]}"#, r#"{"partitions":{"day":1}}"#] {
            assert_eq!(Partitions::of(arguments).err().unwrap().code, ErrorCode::ProgramInvalid, "{arguments}");
        }
    }
}

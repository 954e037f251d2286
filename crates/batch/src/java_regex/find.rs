//! Looking for a pattern in one short text, for names of tables and columns.

use super::{Flags, JavaRegex, behind};
use crate::Result;

/// Where a pattern is in a text.
#[derive(Debug, PartialEq, Eq)]
pub struct Found {
    /// Whether it matches the whole text, as Java's `matches`.
    pub is_whole: bool,
    /// What Java's `find` gives one after the other: begin and end in UTF-16 units.
    pub ranges: Vec<(usize, usize)>,
}

/// Looks for a Java pattern in a text.
///
/// # Errors
/// As [`JavaRegex::compile`] and [`JavaRegex::search`].
pub fn find(pattern: &str, text: &str) -> Result<Found> {
    let regex = JavaRegex::compile(pattern, Flags::default())?;
    let is_whole = JavaRegex::compile_full(pattern, Flags::default())?.is_match(text)?;
    let (mut ranges, mut at) = (Vec::new(), Some(0));
    while let Some(from) = at {
        let Some(found) = regex.find_at(text, from)? else { break };
        ranges.push((utf16_length(&text[..found.start]), utf16_length(&text[..found.end])));
        at = behind(text, &found);
    }
    Ok(Found { is_whole, ranges })
}

fn utf16_length(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::ErrorCode;

    #[test]
    fn matches_and_finds_as_java_does() {
        for (pattern, text, is_whole, ranges) in [
            (".*", "db.t", true, vec![(0, 4), (4, 4)]),
            ("test.a.*", "test.abc", true, vec![(0, 8)]),
            ("test.a.*", "test.xyz", false, vec![]),
            ("a|ab", "ab", true, vec![(0, 1)]),
            ("user", "user_user", false, vec![(0, 4), (5, 9)]),
            ("a", "\u{1f600}a", false, vec![(2, 3)]),
            ("", "x", false, vec![(0, 0), (1, 1)]),
            ("", "", true, vec![(0, 0)]),
            ("(?i)ABC", "abc", true, vec![(0, 3)]),
        ] {
            assert_eq!(find(pattern, text).unwrap(), Found { is_whole, ranges }, "{pattern:?} in {text:?}");
        }
    }

    #[test]
    fn a_broken_pattern_is_refused() {
        assert_eq!(find("(", "x").err().unwrap().code, ErrorCode::OptionInvalid);
    }
}

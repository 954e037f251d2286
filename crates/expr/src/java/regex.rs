//! Flags of the regular-expression functions.

use millrace_batch::java_regex::Flags;
use millrace_batch::{ErrorCode, KernelError, Result};

/// Parses the flag text of `REGEXP_LIKE` and its kin: `i` any case, `c` exact case, `n` the dot matches line ends, `m`
/// lines; later letters win. Case is Unicode's.
///
/// # Errors
/// `EXPRESSION_FAILED` for a letter that is no flag.
///
/// # Source
/// SeaTunnel `StringFunction.makeRegexpFlags`.
pub(crate) fn parse_flags(text: &str) -> Result<Flags> {
    let mut flags = Flags { unicode_case: true, ..Flags::default() };
    for letter in text.chars() {
        match letter {
            'i' => flags.case_insensitive = true,
            'c' => flags.case_insensitive = false,
            'n' => flags.dot_all = true,
            'm' => flags.multi_line = true,
            _ => {
                return Err(KernelError::new(
                    ErrorCode::ExpressionFailed,
                    format!("the regular expression mode '{text}' is not valid"),
                ));
            }
        }
    }
    Ok(flags)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn later_letters_win_and_others_are_refused() {
        for (text, any_case, dot_all, multi_line) in [
            ("", false, false, false),
            ("i", true, false, false),
            ("ic", false, false, false),
            ("nmi", true, true, true),
        ] {
            let flags = parse_flags(text).unwrap();
            let found = (flags.case_insensitive, flags.dot_all, flags.multi_line);
            assert_eq!((found, flags.unicode_case), ((any_case, dot_all, multi_line), true), "{text}");
        }
        assert_eq!(parse_flags("z").unwrap_err().code, ErrorCode::ExpressionFailed);
    }
}

//! Java's regular expressions on a linear-time engine.
//!
//! Look-around, back references, possessive quantifiers and atomic groups are not supported and are refused. `$` matches
//! at the very end only, not before a final line break.

mod find;
mod replacement;
#[cfg(test)]
mod tests;
mod translate;

pub use find::{Found, find};
pub use replacement::{Replacement, replace};

use millrace_batch::{ErrorCode, KernelError, Result};
use regex::{Match, Regex};
use translate::translate;

/// Characters with a meaning in a pattern.
const SPECIAL: &str = "\\[](){}.*+?^$|";

/// Compiles a Java pattern.
///
/// Classes `\d \w \s \h \v \R` and `\b` have their ASCII meaning and `.` stops at every Java line terminator, as in Java
/// without flags.
///
/// # Errors
/// `OPTION_INVALID` when the pattern does not parse, or uses what is not supported.
pub fn compile(pattern: &str) -> Result<Regex> {
    let refused =
        |why: &str| KernelError::new(ErrorCode::OptionInvalid, format!("pattern '{pattern}' is not supported: {why}"));
    let translated = translate(pattern).map_err(refused)?;
    Regex::new(&translated).map_err(|error| {
        let text = error.to_string();
        refused(text.lines().last().unwrap_or_default().trim_start_matches("error: "))
    })
}

/// The text that a pattern stands for, when it has no operator in it.
pub fn literal(pattern: &str) -> Option<String> {
    let mut text = String::with_capacity(pattern.len());
    let mut rest = pattern.chars();
    while let Some(symbol) = rest.next() {
        match symbol {
            '\\' => text.push(rest.next().filter(|next| !next.is_ascii_alphanumeric())?),
            _ if SPECIAL.contains(symbol) => return None,
            _ => text.push(symbol),
        }
    }
    Some(text)
}

/// Visits matches as Java's `Matcher.find` does: after an empty match the search goes on one character later, and an empty
/// match may follow right behind another one. Stops when `visit` returns false.
pub fn each_match<'t>(regex: &Regex, text: &'t str, mut visit: impl FnMut(Match<'t>) -> bool) {
    let mut at = 0;
    while let Some(found) = regex.find_at(text, at) {
        if !visit(found) {
            return;
        }
        match behind(text, found) {
            Some(next) => at = next,
            None => return,
        }
    }
}

fn behind(text: &str, found: Match<'_>) -> Option<usize> {
    if !found.is_empty() {
        return Some(found.end());
    }
    text[found.end()..].chars().next().map(|symbol| found.end() + symbol.len_utf8())
}

/// Splits as Java's `String.split(pattern, limit)` does with a positive limit: at most `limit` parts, the last one keeps the
/// rest; an empty match at the beginning makes no empty part. Calls `part` for each part.
pub fn split<'t>(regex: &Regex, text: &'t str, limit: usize, mut part: impl FnMut(&'t str)) {
    let (mut from, mut parts) = (0, 1);
    if limit > 1 {
        each_match(regex, text, |found| {
            if found.is_empty() && found.start() == 0 && from == 0 {
                return true;
            }
            part(&text[from..found.start()]);
            from = found.end();
            parts += 1;
            parts < limit
        });
    }
    part(&text[from..]);
}

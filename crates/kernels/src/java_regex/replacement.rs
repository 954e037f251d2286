//! Replacement texts with group references.

use super::behind;
use millrace_batch::{ErrorCode, KernelError, Result};
use regex::{Captures, Regex};
use std::iter::Peekable;
use std::str::Chars;

/// A Java replacement text: `$1` and `${name}` are groups, a backslash takes the next character as it is.
pub struct Replacement {
    pieces: Vec<Piece>,
}

enum Piece {
    Text(String),
    Group(usize),
}

impl Replacement {
    /// Reads a replacement for a pattern.
    ///
    /// # Errors
    /// `OPTION_INVALID` when a group does not exist or an escape is cut off.
    ///
    /// # Source
    /// Java `Matcher.appendReplacement`.
    pub fn parse(replacement: &str, regex: &Regex) -> Result<Self> {
        let refused = |why: &str| {
            KernelError::new(ErrorCode::OptionInvalid, format!("replacement '{replacement}' is not valid: {why}"))
        };
        let groups = regex.captures_len();
        let (mut pieces, mut text) = (Vec::new(), String::new());
        let mut rest = replacement.chars().peekable();
        while let Some(symbol) = rest.next() {
            match symbol {
                '\\' => text.push(rest.next().ok_or_else(|| refused("a character to be escaped is missing"))?),
                '$' => {
                    let group = match rest.peek() {
                        Some('{') => {
                            rest.next();
                            let name: String = rest.by_ref().take_while(|symbol| *symbol != '}').collect();
                            regex
                                .capture_names()
                                .position(|group| group == Some(&name))
                                .ok_or_else(|| refused(&format!("no group with name '{name}'")))?
                        }
                        Some(digit) if digit.is_ascii_digit() => group_number(&mut rest, groups),
                        _ => return Err(refused("illegal group reference")),
                    };
                    if group >= groups {
                        return Err(refused(&format!("no group '{group}'")));
                    }
                    pieces.push(Piece::Text(std::mem::take(&mut text)));
                    pieces.push(Piece::Group(group));
                }
                _ => text.push(symbol),
            }
        }
        pieces.push(Piece::Text(text));
        Ok(Self { pieces })
    }

    fn expand(&self, captures: &Captures<'_>, out: &mut String) {
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Group(group) => out.push_str(captures.get(*group).map_or("", |found| found.as_str())),
            }
        }
    }
}

/// As many digits as still name a group, at least one.
fn group_number(rest: &mut Peekable<Chars<'_>>, groups: usize) -> usize {
    let mut number = 0usize;
    let mut digits = 0;
    while let Some(digit) = rest.peek().and_then(|symbol| symbol.to_digit(10)) {
        let longer = number.saturating_mul(10).saturating_add(digit as usize);
        if digits > 0 && longer >= groups {
            break;
        }
        number = longer;
        digits += 1;
        rest.next();
    }
    number
}

/// Appends `text` with its matches replaced: all of them, or the first one. Returns false, and stops, as soon as `out` is
/// longer than `limit_bytes`.
#[must_use]
pub fn replace(
    regex: &Regex,
    text: &str,
    replacement: &Replacement,
    first_only: bool,
    limit_bytes: usize,
    out: &mut String,
) -> bool {
    let (mut from, mut at) = (0, 0);
    while let Some(captures) = regex.captures_at(text, at) {
        let Some(found) = captures.get(0) else { break };
        out.push_str(&text[from..found.start()]);
        replacement.expand(&captures, out);
        from = found.end();
        if out.len() > limit_bytes {
            return false;
        }
        match behind(text, found) {
            Some(next) if !first_only => at = next,
            _ => break,
        }
    }
    out.push_str(&text[from..]);
    out.len() <= limit_bytes
}

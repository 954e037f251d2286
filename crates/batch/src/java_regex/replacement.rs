//! Replacement texts with group references.

use super::{Groups, JavaRegex};
use crate::{ErrorCode, KernelError, Result};
use std::iter::Peekable;
use std::str::Chars;

/// A Java replacement text: `$1` and `${name}` are groups, a backslash takes the next character as it is.
#[derive(Debug)]
pub struct Replacement {
    pieces: Vec<Piece>,
    has_groups: bool,
}

#[derive(Debug)]
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
    pub fn parse(replacement: &str, regex: &JavaRegex) -> Result<Self> {
        let refused = |why: &str| {
            KernelError::new(ErrorCode::OptionInvalid, format!("replacement '{replacement}' is not valid: {why}"))
        };
        let groups = regex.group_count() + 1;
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
                            let group = regex.group_named(&name);
                            group.ok_or_else(|| refused(&format!("no group with name '{name}'")))?
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
        let has_groups = pieces.len() > 1;
        Ok(Self { pieces, has_groups })
    }

    fn expand(&self, text: &str, groups: &Groups, out: &mut String) {
        for piece in &self.pieces {
            match piece {
                Piece::Text(literal) => out.push_str(literal),
                Piece::Group(group) => out.push_str(groups.get(*group).map_or("", |range| &text[range])),
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

impl JavaRegex {
    /// Appends `text` with its matches replaced, all of them or the first one, and says whether there was one. Without a
    /// match nothing is appended: the text is what it was.
    ///
    /// # Errors
    /// `VALUE_TOO_LARGE` as soon as what is appended is longer than `limit_bytes`; as [`JavaRegex::search`].
    pub fn replace(
        &self,
        text: &str,
        replacement: &Replacement,
        first_only: bool,
        limit_bytes: usize,
        groups: &mut Groups,
        out: &mut String,
    ) -> Result<bool> {
        let start = out.len();
        let (mut copied, mut at) = (0, Some(0));
        let mut found_any = false;
        while let Some(from) = at {
            if replacement.has_groups {
                if !self.search(text, from, groups)? {
                    break;
                }
            } else if let Some(found) = self.find_at(text, from)? {
                groups.set_whole(&found);
            } else {
                break;
            }
            let Some(found) = groups.get(0) else { break };
            found_any = true;
            out.push_str(&text[copied..found.start]);
            replacement.expand(text, groups, out);
            copied = found.end;
            if out.len() - start > limit_bytes {
                return Err(too_large(limit_bytes));
            }
            at = if first_only { None } else { super::behind(text, &found) };
        }
        if !found_any {
            return Ok(false);
        }
        out.push_str(&text[copied..]);
        if out.len() - start > limit_bytes { Err(too_large(limit_bytes)) } else { Ok(true) }
    }
}

fn too_large(limit_bytes: usize) -> KernelError {
    let message = format!("a text with its matches replaced is over the limit of {limit_bytes} bytes");
    KernelError::new(ErrorCode::ValueTooLarge, message)
}

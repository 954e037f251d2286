//! Java's regular expressions.
//!
//! A pattern is parsed by Java's own rules into a tree, so that flags, classes and escapes mean what they mean in Java.
//! Most patterns then run on an engine whose time is linear in the text. Look-around, back-references, possessive
//! quantifiers, atomic groups and `\G` run on a backtracking engine that counts its steps, and so do `$` and the multi-line
//! places in the few texts where they mean something that the linear engine does not know.
//!
//! Positions are bytes of UTF-8, always between code points.

mod ast;
mod backtrack;
mod class;
mod escape;
mod find;
mod parser;
mod print;
mod program;
mod property;
mod replacement;
mod set;
#[cfg(test)]
mod tests;

pub use find::{Found, find};
pub use replacement::Replacement;

use crate::{ErrorCode, KernelError, Result};
use ast::{Assertion, Node};
use backtrack::UNSET;
use memchr::{memchr, memmem};
use program::Program;
use regex::{CaptureLocations, Regex, RegexBuilder};
use std::ops::Range;

/// Characters with a meaning in a pattern.
const SPECIAL: &str = "\\[](){}.*+?^$|";

/// Java's match flags, by the letters they have in a pattern.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[allow(clippy::struct_excessive_bools)]
pub struct Flags {
    /// `i`, `CASE_INSENSITIVE`: ASCII letters only, unless `unicode_case` is set.
    pub case_insensitive: bool,
    /// `u`, `UNICODE_CASE`: `case_insensitive` holds for all letters.
    pub unicode_case: bool,
    /// `s`, DOTALL: the dot matches line terminators.
    pub dot_all: bool,
    /// `m`, MULTILINE: `^` and `$` match at lines.
    pub multi_line: bool,
    /// `x`, COMMENTS: blanks and comments are skipped.
    pub comments: bool,
    /// `d`, `UNIX_LINES`: only `\n` ends a line.
    pub unix_lines: bool,
    /// `U`, `UNICODE_CHARACTER_CLASS`: `\d`, `\w`, `\s` and the POSIX classes are those of Unicode.
    pub unicode_class: bool,
}

/// Why a pattern is refused.
#[derive(Debug)]
struct Fault {
    unsupported: bool,
    cause: String,
}

impl Fault {
    fn invalid(cause: impl Into<String>) -> Self {
        Self { unsupported: false, cause: cause.into() }
    }

    fn unsupported(what: impl Into<String>) -> Self {
        Self { unsupported: true, cause: what.into() }
    }

    fn error(self, pattern: &str) -> KernelError {
        let Self { unsupported, cause } = self;
        if unsupported {
            let message = format!("the pattern '{pattern}' uses {cause}, which is not implemented");
            KernelError::new(ErrorCode::Unimplemented, message)
        } else {
            KernelError::new(ErrorCode::OptionInvalid, format!("the pattern '{pattern}' is not valid: {cause}"))
        }
    }
}

/// A compiled Java pattern.
#[derive(Debug)]
pub struct JavaRegex {
    pattern: String,
    groups: usize,
    names: Vec<(String, usize)>,
    linear: Option<Regex>,
    backtracking: Option<Program>,
    /// `$` or `\Z` is in the pattern.
    ends: bool,
    /// `^` or `$` is in the pattern under MULTILINE.
    lines: bool,
}

/// The groups of one match, reused from match to match.
#[derive(Debug)]
pub struct Groups {
    bounds: Vec<usize>,
    locations: Option<CaptureLocations>,
}

impl Groups {
    /// The bytes of a group of the last match; group 0 is all of it. `None` for a group that took no part.
    pub fn get(&self, group: usize) -> Option<Range<usize>> {
        let (start, end) = (*self.bounds.get(2 * group)?, *self.bounds.get(2 * group + 1)?);
        (start != UNSET && end != UNSET).then_some(start..end)
    }

    fn set_whole(&mut self, range: &Range<usize>) {
        self.bounds.clear();
        self.bounds.extend([range.start, range.end]);
    }
}

impl JavaRegex {
    /// Compiles a Java pattern that is looked for anywhere (`Matcher.find`).
    ///
    /// # Errors
    /// `OPTION_INVALID` when Java would refuse the pattern, or its repetitions are too large; `UNIMPLEMENTED`, naming the
    /// construct, for `\X`, `\N`, `\b{…}`, rare blocks, and halves of code points.
    ///
    /// # Source
    /// Java 17 `java.util.regex.Pattern`.
    pub fn compile(pattern: &str, flags: Flags) -> Result<Self> {
        Self::build(pattern, flags, false).map_err(|fault| fault.error(pattern))
    }

    /// Compiles a Java pattern that has to match all of a text (`Matcher.matches`).
    ///
    /// # Errors
    /// As [`JavaRegex::compile`].
    pub fn compile_full(pattern: &str, flags: Flags) -> Result<Self> {
        Self::build(pattern, flags, true).map_err(|fault| fault.error(pattern))
    }

    fn build(pattern: &str, flags: Flags, full: bool) -> std::result::Result<Self, Fault> {
        let parsed = parser::parse(pattern, flags)?;
        let mut node = parsed.node;
        if full {
            node = Node::Concat(vec![Node::Assert(Assertion::Start), node, Node::Assert(Assertion::End)]);
        }
        let (mut ends, mut lines) = (false, false);
        node.walk(&mut |node| match node {
            Node::Assert(Assertion::EndOrLastTerminator { .. }) => ends = true,
            Node::Assert(Assertion::LineStart { .. } | Assertion::LineEnd { .. }) => lines = true,
            _ => {}
        });
        let regular = node.is_regular();
        let linear = if regular { Some(linear(&node)?) } else { None };
        let backtracking = if !regular || ends || lines { Some(Program::compile(&node, parsed.groups)?) } else { None };
        let (groups, names) = (parsed.groups, parsed.names);
        Ok(Self { pattern: pattern.to_owned(), groups, names, linear, backtracking, ends, lines })
    }

    /// The pattern as it was written.
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    /// Number of capturing groups, the whole match not counted.
    pub fn group_count(&self) -> usize {
        self.groups
    }

    /// The number of a named group.
    pub fn group_named(&self, name: &str) -> Option<usize> {
        self.names.iter().find(|(known, _)| known == name).map(|(_, group)| *group)
    }

    /// Room for the groups of this pattern's matches.
    pub fn groups(&self) -> Groups {
        let bounds = Vec::with_capacity(2 * (self.groups + 1));
        Groups { bounds, locations: self.linear.as_ref().map(Regex::capture_locations) }
    }

    /// The linear engine, when it gives Java's result for this text.
    fn linear_for(&self, text: &str) -> Option<&Regex> {
        let regex = self.linear.as_ref()?;
        let same = (!self.ends && !self.lines)
            || (!ends_with_terminator(text) && (!self.lines || !has_other_terminators(text)));
        same.then_some(regex)
    }

    /// Finds the first match that begins at byte `from` or later, with its groups. What is before `from` is still seen by
    /// `^`, `\b` and look-behind groups.
    ///
    /// # Errors
    /// `EXPRESSION_FAILED` when the search takes more steps than it may.
    ///
    /// # Panics
    /// When `from` is beyond the text or inside a code point.
    pub fn search(&self, text: &str, from: usize, groups: &mut Groups) -> Result<bool> {
        if let Some(regex) = self.linear_for(text) {
            let locations = groups.locations.get_or_insert_with(|| regex.capture_locations());
            if regex.captures_read_at(locations, text, from).is_none() {
                return Ok(false);
            }
            groups.bounds.clear();
            for group in 0..locations.len() {
                let (start, end) = locations.get(group).unwrap_or((UNSET, UNSET));
                groups.bounds.extend([start, end]);
            }
            return Ok(true);
        }
        self.backtrack(text, from, &mut groups.bounds)
    }

    /// As [`JavaRegex::search`], the bounds of the match only.
    ///
    /// # Errors
    /// As [`JavaRegex::search`].
    ///
    /// # Panics
    /// As [`JavaRegex::search`].
    pub fn find_at(&self, text: &str, from: usize) -> Result<Option<Range<usize>>> {
        if let Some(regex) = self.linear_for(text) {
            return Ok(regex.find_at(text, from).map(|found| found.range()));
        }
        let mut bounds = Vec::new();
        Ok(self.backtrack(text, from, &mut bounds)?.then(|| bounds[0]..bounds[1]))
    }

    /// Whether there is a match.
    ///
    /// # Errors
    /// As [`JavaRegex::search`].
    pub fn is_match(&self, text: &str) -> Result<bool> {
        match self.linear_for(text) {
            Some(regex) => Ok(regex.is_match(text)),
            None => self.backtrack(text, 0, &mut Vec::new()),
        }
    }

    fn backtrack(&self, text: &str, from: usize, bounds: &mut Vec<usize>) -> Result<bool> {
        let Some(program) = &self.backtracking else { return Ok(false) };
        backtrack::search(program, text, from, bounds).map_err(|_| {
            let message = format!("the pattern '{}' takes too many steps on a text", self.pattern);
            KernelError::new(ErrorCode::ExpressionFailed, message)
        })
    }

    /// Splits as Java's `String.split(pattern, limit)` does with a positive limit: at most `limit` parts, the last one keeps
    /// the rest; an empty match at the beginning makes no empty part. Calls `part` for each part.
    ///
    /// # Errors
    /// As [`JavaRegex::search`].
    pub fn split<'t>(&self, text: &'t str, limit: usize, mut part: impl FnMut(&'t str)) -> Result<()> {
        let (mut from, mut parts, mut at) = (0, 1, Some(0));
        while let Some(search) = at.filter(|_| parts < limit) {
            let Some(found) = self.find_at(text, search)? else { break };
            at = behind(text, &found);
            if found.end == 0 {
                continue;
            }
            part(&text[from..found.start]);
            from = found.end;
            parts += 1;
        }
        part(&text[from..]);
        Ok(())
    }
}

/// Where the search behind a match begins: after an empty match one code point later, as `Matcher.find` does.
pub fn behind(text: &str, found: &Range<usize>) -> Option<usize> {
    if !found.is_empty() {
        return Some(found.end);
    }
    text[found.end..].chars().next().map(|symbol| found.end + symbol.len_utf8())
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

fn linear(node: &Node) -> std::result::Result<Regex, Fault> {
    RegexBuilder::new(&print::print(node)).build().map_err(|error| {
        let text = error.to_string();
        Fault::invalid(text.lines().last().unwrap_or_default().trim_start_matches("error: "))
    })
}

fn ends_with_terminator(text: &str) -> bool {
    text.chars().next_back().is_some_and(|symbol| set::TERMINATORS.contains(&symbol))
}

/// Whether a line may end with anything but `\n`.
fn has_other_terminators(text: &str) -> bool {
    memchr(b'\r', text.as_bytes()).is_some()
        || (!text.is_ascii()
            && ["\u{85}", "\u{2028}", "\u{2029}"]
                .iter()
                .any(|end| memmem::find(text.as_bytes(), end.as_bytes()).is_some()))
}

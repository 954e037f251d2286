//! Paths of names and single indexes, followed over the text: several at once, without a tree.

use super::{JsonPath, PathFault, Token};
use crate::json_text::{Fault, Lexer};
use std::ops::Range;

/// One step over the text.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// A member, by its name.
    Name(String),
    /// An element, counted from 0.
    Index(usize),
}

/// The steps of a path that has only such ones.
pub(super) fn steps(tokens: &[Token]) -> Option<Vec<Step>> {
    tokens
        .iter()
        .map(|token| match token {
            Token::Names(names) if names.len() == 1 => Some(Step::Name(names[0].clone())),
            Token::Indexes(indexes) if indexes.len() == 1 => usize::try_from(indexes[0]).ok().map(Step::Index),
            _ => None,
        })
        .collect()
}

/// Up to 64 paths of names and single indexes that are followed together.
#[derive(Clone, Debug, Default)]
pub struct PathSet {
    paths: Vec<Vec<Step>>,
}

impl PathSet {
    /// Most paths of one set.
    pub const LIMIT: usize = 64;

    /// Adds a path and gives its number in the set, or `None` when the path is of another kind or the set is full.
    pub fn add(&mut self, path: &JsonPath) -> Option<usize> {
        let steps = path.steps.clone().filter(|_| self.paths.len() < Self::LIMIT)?;
        self.paths.push(steps);
        Some(self.paths.len() - 1)
    }

    /// Whether there is no path in it.
    pub fn is_empty(&self) -> bool {
        self.paths.is_empty()
    }

    /// Finds the bytes of the value that each path leads to; `None` where one leads to nothing.
    ///
    /// The whole document is read once and checked to be JSON. Of equal names the last one counts.
    ///
    /// # Shape
    /// `found` gets one entry per path.
    ///
    /// # Errors
    /// [`PathFault::Document`].
    pub fn find(&self, document: &str, found: &mut Vec<Option<Range<usize>>>) -> Result<(), PathFault> {
        found.clear();
        found.resize(self.paths.len(), None);
        let lexer = Lexer::new(document.as_bytes(), 0, document.len());
        let mut walk = Walk { lexer, paths: &self.paths, found };
        let all = if self.is_empty() { 0 } else { u64::MAX >> (Self::LIMIT - self.paths.len()) };
        walk.value(0, all)?;
        walk.lexer.skip_blanks();
        if walk.lexer.at < walk.lexer.end { Err(PathFault::Document) } else { Ok(()) }
    }
}

struct Walk<'a, 't> {
    lexer: Lexer<'t>,
    paths: &'a [Vec<Step>],
    found: &'a mut Vec<Option<Range<usize>>>,
}

/// The numbers of the bits that are set.
fn bits(mut mask: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = (mask != 0).then(|| mask.trailing_zeros() as usize)?;
        mask &= mask - 1;
        Some(bit)
    })
}

impl Walk<'_, '_> {
    /// Reads a value to which the first `depth` steps of the paths in `mask` lead.
    fn value(&mut self, depth: usize, mask: u64) -> Result<(), Fault> {
        self.lexer.skip_blanks();
        let start = self.lexer.at;
        let mut going_on = 0u64;
        for path in bits(mask) {
            // An equal name before this one does not count any more.
            self.found[path] = None;
            going_on |= u64::from(self.paths[path].len() > depth) << path;
        }
        match self.lexer.peek() {
            b'{' if going_on != 0 => self.object(depth, going_on)?,
            b'[' if going_on != 0 => self.array(depth, going_on)?,
            _ => self.lexer.skip_value()?,
        }
        for path in bits(mask & !going_on) {
            self.found[path] = Some(start..self.lexer.at);
        }
        Ok(())
    }

    fn object(&mut self, depth: usize, mask: u64) -> Result<(), Fault> {
        self.lexer.at += 1;
        self.lexer.enter()?;
        let mut first = true;
        while self.lexer.next_element(first, b'}')? {
            first = false;
            let (range, escaped) = self.lexer.string()?;
            let wanted = if escaped {
                let mut name = Vec::with_capacity(range.len());
                self.lexer.unescape(range, &mut name)?;
                self.named(depth, mask, &name)
            } else {
                self.named(depth, mask, &self.lexer.bytes[range])
            };
            self.lexer.skip_blanks();
            self.lexer.expect(b':')?;
            if wanted == 0 {
                self.lexer.skip_value()?;
            } else {
                self.value(depth + 1, wanted)?;
            }
        }
        self.lexer.depth -= 1;
        Ok(())
    }

    #[inline]
    fn named(&self, depth: usize, mask: u64, name: &[u8]) -> u64 {
        let matches =
            |path: &usize| matches!(&self.paths[*path][depth], Step::Name(wanted) if wanted.as_bytes() == name);
        bits(mask).filter(matches).fold(0, |wanted, path| wanted | 1 << path)
    }

    fn array(&mut self, depth: usize, mask: u64) -> Result<(), Fault> {
        self.lexer.at += 1;
        self.lexer.enter()?;
        let mut at = 0;
        while self.lexer.next_element(at == 0, b']')? {
            let matches = |path: &usize| matches!(self.paths[*path][depth], Step::Index(wanted) if wanted == at);
            let wanted = bits(mask).filter(matches).fold(0u64, |wanted, path| wanted | 1 << path);
            if wanted == 0 {
                self.lexer.skip_value()?;
            } else {
                self.value(depth + 1, wanted)?;
            }
            at += 1;
        }
        self.lexer.depth -= 1;
        Ok(())
    }
}

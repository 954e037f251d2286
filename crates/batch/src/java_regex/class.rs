//! Bracketed classes: unions, ranges, nested classes and intersections.

use super::Fault;
use super::parser::{Escape, Outcome, Parser};
use super::set::{folded, negated, of, of_chars};
use regex_syntax::hir::ClassUnicode;

impl Parser {
    /// A class, from behind its bracket to behind its closing bracket.
    ///
    /// # Source
    /// Java `Pattern.clazz` of JDK 9 and later: `&&` binds weaker than a union, and `^` negates all of it.
    pub(super) fn class(&mut self) -> Outcome<ClassUnicode> {
        let opposite = self.eat('^');
        let mut whole: Option<ClassUnicode> = None;
        loop {
            let part = self.union(whole.is_none())?;
            let more = self.eat_text("&&");
            whole = match (whole, part) {
                (Some(mut whole), Some(part)) => {
                    whole.intersect(&part);
                    Some(whole)
                }
                (whole, part) => whole.or(part),
            };
            if more {
                continue;
            }
            if !self.eat(']') {
                return Err(Fault::invalid("a class is not closed"));
            }
            let set = whole.ok_or_else(|| Fault::invalid("an intersection of classes is empty"))?;
            return Ok(if opposite { negated(set) } else { set });
        }
    }

    /// Everything up to `&&` or the closing bracket; `None` when there is nothing.
    fn union(&mut self, mut at_start: bool) -> Outcome<Option<ClassUnicode>> {
        let mut set: Option<ClassUnicode> = None;
        loop {
            self.skip_comments();
            match self.peek() {
                None => return Err(Fault::invalid("a class is not closed")),
                Some('&') if self.peek_at(1) == Some('&') => return Ok(set),
                // A bracket that closes a class at once is an ordinary character.
                Some(']') if !at_start || set.is_some() => return Ok(set),
                _ => {}
            }
            at_start = false;
            let part = self.class_part()?;
            match &mut set {
                Some(set) => set.union(&part),
                None => set = Some(part),
            }
        }
    }

    fn class_part(&mut self) -> Outcome<ClassUnicode> {
        if self.eat('[') {
            return self.deeper(Self::class);
        }
        if self.eat_text("\\Q") {
            let mut quoted = Vec::new();
            while !self.eat_text("\\E") {
                quoted.push(self.next().ok_or_else(|| Fault::invalid("a class is not closed"))?);
            }
            return Ok(folded(of_chars(&quoted), self.fold()));
        }
        let start = match self.class_symbol()? {
            Escape::Char(symbol) => symbol,
            Escape::Set(set) => return Ok(set),
            Escape::Node(_) => return Err(Fault::invalid("a place stands in a class")),
        };
        self.skip_comments();
        if self.peek() != Some('-') || matches!(self.peek_at(1), None | Some(']' | '[')) {
            return Ok(folded(of_chars(&[start]), self.fold()));
        }
        self.next();
        self.skip_comments();
        match self.class_symbol()? {
            Escape::Char(end) if start <= end => Ok(folded(of(&[(start, end)]), self.fold())),
            _ => Err(Fault::invalid("a range of a class ends before it begins")),
        }
    }

    fn class_symbol(&mut self) -> Outcome<Escape> {
        if self.eat('\\') {
            return self.common_escape();
        }
        self.next().map(Escape::Char).ok_or_else(|| Fault::invalid("a class is not closed"))
    }
}

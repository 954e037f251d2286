//! The syntax of filters.

use super::Refused;
use super::filter::{Comparison, Filter, Operand};
use super::parser::{Cursor, Outcome, tokens};
use crate::java_regex::{Flags, JavaRegex};
use serde_json::Value;
use std::sync::Arc;

/// Reads what stands between `[?` and `]`.
pub(super) struct FilterParser<'a> {
    pub(super) cursor: &'a mut Cursor,
}

/// Longer operators first.
const COMPARISONS: [(&str, Comparison); 21] = [
    ("===", Comparison::Equal),
    ("!==", Comparison::NotEqual),
    ("==", Comparison::Equal),
    ("!=", Comparison::NotEqual),
    ("<=", Comparison::LessOrEqual),
    (">=", Comparison::GreaterOrEqual),
    ("<", Comparison::Less),
    (">", Comparison::Greater),
    ("in ", Comparison::In),
    ("in[", Comparison::In),
    ("IN ", Comparison::In),
    ("nin ", Comparison::NotIn),
    ("NIN ", Comparison::NotIn),
    ("subsetof ", Comparison::SubsetOf),
    ("anyof ", Comparison::AnyOf),
    ("noneof ", Comparison::NoneOf),
    ("all ", Comparison::AllOf),
    ("contains ", Comparison::Contains),
    ("CONTAINS ", Comparison::Contains),
    ("size ", Comparison::Size),
    ("empty ", Comparison::Empty),
];

impl FilterParser<'_> {
    /// `( … )`.
    pub(super) fn parenthesized(&mut self) -> Outcome<Filter> {
        if !self.cursor.eat("(") {
            return Err(Refused::invalid("a filter is not in parentheses"));
        }
        let filter = self.any()?;
        self.cursor.skip_blanks();
        if self.cursor.eat(")") { Ok(filter) } else { Err(Refused::invalid("a filter is not closed")) }
    }

    fn any(&mut self) -> Outcome<Filter> {
        let mut filters = vec![self.all()?];
        loop {
            self.cursor.skip_blanks();
            if !self.cursor.eat("||") {
                return Ok(if filters.len() == 1 { filters.remove(0) } else { Filter::Any(filters) });
            }
            filters.push(self.all()?);
        }
    }

    fn all(&mut self) -> Outcome<Filter> {
        let mut filters = vec![self.one()?];
        loop {
            self.cursor.skip_blanks();
            if !self.cursor.eat("&&") {
                return Ok(if filters.len() == 1 { filters.remove(0) } else { Filter::All(filters) });
            }
            filters.push(self.one()?);
        }
    }

    fn one(&mut self) -> Outcome<Filter> {
        self.cursor.skip_blanks();
        if self.cursor.eat("!") {
            let filter = self.cursor.deeper(|cursor| FilterParser { cursor }.one())?;
            return Ok(Filter::Not(Box::new(filter)));
        }
        if self.cursor.peek() == Some('(') {
            return self.cursor.deeper(|cursor| FilterParser { cursor }.parenthesized());
        }
        let left = self.operand()?;
        self.cursor.skip_blanks();
        if self.cursor.eat("=~") {
            self.cursor.skip_blanks();
            return Ok(Filter::Matches(left, Arc::new(self.regex()?)));
        }
        let Some((text, comparison)) = COMPARISONS.iter().find(|(text, _)| self.cursor.eat(text)) else {
            return match left {
                Operand::Path { .. } => Ok(Filter::Exists(left)),
                Operand::Literal(_) => Err(Refused::invalid("a filter compares a value with nothing")),
            };
        };
        let right = if text.ends_with('[') { self.json('[')? } else { self.operand()? };
        Ok(Filter::Compare(left, *comparison, right))
    }

    fn operand(&mut self) -> Outcome<Operand> {
        self.cursor.skip_blanks();
        match self.cursor.peek() {
            Some(start @ ('$' | '@')) => {
                self.cursor.next();
                let tokens = self.cursor.deeper(tokens)?;
                Ok(Operand::Path { from_root: start == '$', tokens })
            }
            Some(quote @ ('\'' | '"')) => {
                self.cursor.next();
                self.cursor.quoted(quote).map(|text| Operand::Literal(Value::from(text)))
            }
            Some(open @ ('[' | '{')) => {
                self.cursor.next();
                self.json(open)
            }
            _ => self.word(),
        }
    }

    fn word(&mut self) -> Outcome<Operand> {
        let mut word = String::new();
        while let Some(symbol) =
            self.cursor.peek().filter(|symbol| symbol.is_alphanumeric() || matches!(symbol, '.' | '-' | '+' | '_'))
        {
            word.push(symbol);
            self.cursor.next();
        }
        let value = serde_json::from_str(&word).ok();
        let value: Option<Value> = value.filter(|value: &Value| !value.is_string());
        value.map(Operand::Literal).ok_or_else(|| Refused::invalid(format!("'{word}' in a filter is no value")))
    }

    /// A JSON array or object, whose opening bracket was read. Texts may be in single quotes.
    fn json(&mut self, open: char) -> Outcome<Operand> {
        let mut text = String::from(open);
        let mut depth = 1;
        while depth > 0 {
            let symbol = self.cursor.next().ok_or_else(|| Refused::invalid("a bracket in a filter is not closed"))?;
            match symbol {
                '\'' | '"' => text.push_str(&Value::from(self.cursor.quoted(symbol)?).to_string()),
                _ => {
                    depth += i32::from(matches!(symbol, '[' | '{')) - i32::from(matches!(symbol, ']' | '}'));
                    text.push(symbol);
                }
            }
        }
        let value = serde_json::from_str(&text);
        value.map(Operand::Literal).map_err(|_| Refused::invalid(format!("'{text}' in a filter is no JSON")))
    }

    /// `/pattern/flags`, or a text with a pattern; either has to match all of a value.
    fn regex(&mut self) -> Outcome<JavaRegex> {
        let mut flags = Flags::default();
        let pattern = match self.cursor.next() {
            Some('/') => {
                let mut pattern = String::new();
                loop {
                    match self.cursor.next() {
                        Some('/') => break,
                        Some('\\') if self.cursor.peek() == Some('/') => pattern.extend(self.cursor.next()),
                        Some(symbol) => pattern.push(symbol),
                        None => return Err(Refused::invalid("a pattern in a filter is not closed")),
                    }
                }
                while let Some(letter) = self.cursor.peek().filter(char::is_ascii_alphabetic) {
                    match letter {
                        'i' => flags.case_insensitive = true,
                        'u' => flags.unicode_case = true,
                        's' => flags.dot_all = true,
                        'm' => flags.multi_line = true,
                        'x' => flags.comments = true,
                        'd' => flags.unix_lines = true,
                        'U' => flags.unicode_class = true,
                        _ => return Err(Refused::invalid(format!("'{letter}' is no flag of a pattern"))),
                    }
                    self.cursor.next();
                }
                pattern
            }
            Some(quote @ ('\'' | '"')) => self.cursor.quoted(quote)?,
            _ => return Err(Refused::invalid("'=~' is not followed by a pattern")),
        };
        JavaRegex::compile_full(&pattern, flags).map_err(|error| Refused::invalid(error.message))
    }
}

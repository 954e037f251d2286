//! Java's pattern syntax.

use super::ast::{Assertion, Fold, Greed, Node};
use super::set::{Set, TERMINATORS, folded, negated, of_chars};
use super::{Fault, Flags};
use regex_syntax::hir::ClassUnicode;

/// Groups and classes may be nested so deep.
const MAX_DEPTH: usize = 200;

pub(super) type Outcome<T> = std::result::Result<T, Fault>;

/// A parsed pattern.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) node: Node,
    /// Capturing groups, the whole match not counted.
    pub(super) groups: usize,
    /// Names of groups with their numbers.
    pub(super) names: Vec<(String, usize)>,
}

/// Reads a pattern.
pub(super) fn parse(pattern: &str, flags: Flags) -> Outcome<Parsed> {
    let mut parser =
        Parser { symbols: pattern.chars().collect(), at: 0, flags, groups: 0, names: Vec::new(), depth: 0 };
    let node = parser.alternation()?;
    if parser.at < parser.symbols.len() {
        return Err(Fault::invalid("a closing parenthesis has no opening one"));
    }
    Ok(Parsed { node, groups: parser.groups, names: parser.names })
}

/// The state of the parser; classes are in [`super::class`].
pub(super) struct Parser {
    pub(super) symbols: Vec<char>,
    pub(super) at: usize,
    pub(super) flags: Flags,
    pub(super) groups: usize,
    pub(super) names: Vec<(String, usize)>,
    depth: usize,
}

/// What a backslash stands for.
pub(super) enum Escape {
    Char(char),
    Set(ClassUnicode),
    Node(Node),
}

impl Parser {
    pub(super) fn peek(&self) -> Option<char> {
        self.symbols.get(self.at).copied()
    }

    pub(super) fn peek_at(&self, ahead: usize) -> Option<char> {
        self.symbols.get(self.at + ahead).copied()
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let symbol = self.peek();
        self.at += usize::from(symbol.is_some());
        symbol
    }

    pub(super) fn eat(&mut self, symbol: char) -> bool {
        let found = self.peek() == Some(symbol);
        self.at += usize::from(found);
        found
    }

    pub(super) fn eat_text(&mut self, text: &str) -> bool {
        let found = text.chars().enumerate().all(|(ahead, symbol)| self.peek_at(ahead) == Some(symbol));
        self.at += if found { text.chars().count() } else { 0 };
        found
    }

    pub(super) fn deeper<T>(&mut self, parse: impl FnOnce(&mut Self) -> Outcome<T>) -> Outcome<T> {
        if self.depth == MAX_DEPTH {
            return Err(Fault::unsupported(format!("groups nested deeper than {MAX_DEPTH}")));
        }
        self.depth += 1;
        let result = parse(self);
        self.depth -= 1;
        result
    }

    /// Skips blanks and comments where the flag COMMENTS says that they are none of the pattern.
    pub(super) fn skip_comments(&mut self) {
        while self.flags.comments {
            match self.peek() {
                Some(' ' | '\t'..='\r') => self.at += 1,
                Some('#') => {
                    while self.peek().is_some_and(|symbol| !TERMINATORS.contains(&symbol)) {
                        self.at += 1;
                    }
                }
                _ => return,
            }
        }
    }

    pub(super) fn fold(&self) -> Fold {
        match (self.flags.case_insensitive, self.flags.unicode_case || self.flags.unicode_class) {
            (false, _) => Fold::None,
            (true, false) => Fold::Ascii,
            (true, true) => Fold::Unicode,
        }
    }

    fn alternation(&mut self) -> Outcome<Node> {
        let mut branches = vec![self.sequence()?];
        while self.eat('|') {
            branches.push(self.sequence()?);
        }
        Ok(if branches.len() == 1 { branches.remove(0) } else { Node::Alternate(branches) })
    }

    fn sequence(&mut self) -> Outcome<Node> {
        let mut nodes = Vec::new();
        loop {
            self.skip_comments();
            match self.peek() {
                None | Some('|' | ')') => break,
                Some('\\') if self.peek_at(1) == Some('Q') => self.quotation(&mut nodes)?,
                Some(_) => {
                    let node = self.atom()?;
                    let node = self.quantified(node)?;
                    nodes.push(node);
                }
            }
        }
        Ok(match nodes.len() {
            0 => Node::Empty,
            1 => nodes.remove(0),
            _ => Node::Concat(nodes),
        })
    }

    /// `\Q…\E`; a quantifier behind it means its last character.
    fn quotation(&mut self, nodes: &mut Vec<Node>) -> Outcome<()> {
        self.at += 2;
        let mut quoted = Vec::new();
        while self.at < self.symbols.len() && !self.eat_text("\\E") {
            quoted.extend(self.next().map(|symbol| self.char(symbol)));
        }
        if let Some(last) = quoted.pop() {
            nodes.extend(quoted);
            let last = self.quantified(last)?;
            nodes.push(last);
        }
        Ok(())
    }

    fn char(&self, symbol: char) -> Node {
        if self.fold() == Fold::None {
            return Node::Char(symbol);
        }
        let set = folded(of_chars(&[symbol]), self.fold());
        match set.ranges() {
            [only] if only.len() == 1 => Node::Char(symbol),
            _ => Node::Set(Set::from(set)),
        }
    }

    fn atom(&mut self) -> Outcome<Node> {
        let unix = self.flags.unix_lines;
        Ok(match self.next().unwrap_or_default() {
            '(' => self.deeper(Self::group)?,
            '[' => Node::Set(Set::from(self.deeper(Self::class)?)),
            '\\' => match self.escape()? {
                Escape::Char(symbol) => self.char(symbol),
                Escape::Set(set) => Node::Set(Set::from(set)),
                Escape::Node(node) => node,
            },
            '.' => Node::Set(Set::from(negated(of_chars(match (self.flags.dot_all, unix) {
                (true, _) => &[],
                (false, true) => &['\n'],
                (false, false) => &TERMINATORS,
            })))),
            '^' if self.flags.multi_line => Node::Assert(Assertion::LineStart { unix }),
            '^' => Node::Assert(Assertion::Start),
            '$' if self.flags.multi_line => Node::Assert(Assertion::LineEnd { unix }),
            '$' => Node::Assert(Assertion::EndOrLastTerminator { unix }),
            symbol @ ('*' | '+' | '?') => return Err(Fault::invalid(format!("'{symbol}' has nothing to repeat"))),
            '{' => return Err(Fault::invalid("'{' has nothing to repeat")),
            symbol => self.char(symbol),
        })
    }

    fn quantified(&mut self, node: Node) -> Outcome<Node> {
        self.skip_comments();
        let (min, max) = match self.peek() {
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('?') => (0, Some(1)),
            Some('{') => self.bounds()?,
            _ => return Ok(node),
        };
        self.at += 1;
        let greed = match self.peek() {
            Some('?') => Greed::Lazy,
            Some('+') => Greed::Possessive,
            _ => Greed::Greedy,
        };
        self.at += usize::from(greed != Greed::Greedy);
        Ok(Node::Repeat { node: Box::new(node), min, max, greed })
    }

    /// `{n}`, `{n,}` or `{n,m}`; stays on the closing brace.
    fn bounds(&mut self) -> Outcome<(u32, Option<u32>)> {
        let illegal = || Fault::invalid("a repetition is not of the form '{n}', '{n,}' or '{n,m}'");
        self.at += 1;
        let min = self.number().ok_or_else(illegal)?;
        let max = match (self.eat(','), self.peek()) {
            (false, _) => Some(min),
            (true, Some('}')) => None,
            (true, _) => Some(self.number().ok_or_else(illegal)?),
        };
        if self.peek() != Some('}') || max.is_some_and(|max| max < min) {
            return Err(illegal());
        }
        Ok((min, max))
    }

    fn number(&mut self) -> Option<u32> {
        let mut number = None;
        while let Some(digit) = self.peek().and_then(|symbol| symbol.to_digit(10)) {
            number = Some(number.unwrap_or(0u32).checked_mul(10)?.checked_add(digit)?);
            self.at += 1;
        }
        number
    }

    fn group(&mut self) -> Outcome<Node> {
        if !self.eat('?') {
            return self.capture();
        }
        if self.peek() == Some('<') && !matches!(self.peek_at(1), Some('=' | '!')) {
            self.at += 1;
            let name = self.group_name()?;
            if self.names.iter().any(|(known, _)| *known == name) {
                return Err(Fault::invalid(format!("the group '{name}' is defined twice")));
            }
            self.names.push((name, self.groups + 1));
            return self.capture();
        }
        let looks = [("=", false, false), ("!", false, true), ("<=", true, false), ("<!", true, true)];
        for (text, behind, negated) in looks {
            if self.eat_text(text) {
                let node = Box::new(self.group_body()?);
                if behind && node.width().1.is_none() {
                    return Err(Fault::invalid("a look-behind group has no obvious maximum length"));
                }
                return Ok(Node::Look { behind, negated, node });
            }
        }
        if self.eat('>') {
            return Ok(Node::Atomic(Box::new(self.group_body()?)));
        }
        let outside = self.flags;
        self.inline_flags()?;
        if self.eat(')') {
            // They hold until the group that encloses this one ends.
            return Ok(Node::Empty);
        }
        if !self.eat(':') {
            return Err(Fault::invalid("a group begins with an unknown '(?'"));
        }
        let node = self.group_body();
        self.flags = outside;
        node
    }

    fn capture(&mut self) -> Outcome<Node> {
        self.groups += 1;
        let index = self.groups;
        Ok(Node::Capture(index, Box::new(self.group_body()?)))
    }

    fn group_body(&mut self) -> Outcome<Node> {
        let outside = self.flags;
        let node = self.alternation()?;
        self.flags = outside;
        if self.eat(')') { Ok(node) } else { Err(Fault::invalid("a group is not closed")) }
    }

    pub(super) fn group_name(&mut self) -> Outcome<String> {
        let mut name = String::new();
        while let Some(symbol) = self.next() {
            match symbol {
                '>' if !name.is_empty() => return Ok(name),
                _ if symbol.is_ascii_alphabetic() || (symbol.is_ascii_digit() && !name.is_empty()) => name.push(symbol),
                _ => break,
            }
        }
        Err(Fault::invalid("a group's name is not letters and digits between '<' and '>'"))
    }

    fn inline_flags(&mut self) -> Outcome<()> {
        let mut on = true;
        while let Some(symbol) = self.peek() {
            match symbol {
                'i' => self.flags.case_insensitive = on,
                'u' => self.flags.unicode_case = on,
                's' => self.flags.dot_all = on,
                'm' => self.flags.multi_line = on,
                'x' => self.flags.comments = on,
                'd' => self.flags.unix_lines = on,
                'U' => self.flags.unicode_class = on,
                '-' if on => on = false,
                ':' | ')' => break,
                _ => return Err(Fault::invalid(format!("'{symbol}' is no flag of a group"))),
            }
            self.at += 1;
        }
        Ok(())
    }
}

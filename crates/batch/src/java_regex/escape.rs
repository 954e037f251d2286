//! What stands behind a backslash.

use super::Fault;
use super::ast::{Assertion, Node};
use super::parser::{Escape, Outcome, Parser};
use super::property::{property, short_class};
use super::set::{Set, negated};
use regex_syntax::hir::ClassUnicode;

impl Parser {
    /// What is behind a backslash outside of a class.
    pub(super) fn escape(&mut self) -> Outcome<Escape> {
        let Some(letter) = self.peek() else { return Err(Fault::invalid("it ends with a backslash")) };
        let unix = self.flags.unix_lines;
        let place = |assertion| Ok(Escape::Node(Node::Assert(assertion)));
        let simple = match letter {
            'A' => place(Assertion::Start),
            'z' => place(Assertion::End),
            'Z' => place(Assertion::EndOrLastTerminator { unix }),
            'b' if self.peek_at(1) == Some('{') => Err(Fault::unsupported("'\\b{…}'")),
            'b' => place(Assertion::WordBoundary),
            'B' => place(Assertion::NotWordBoundary),
            'G' => place(Assertion::SearchStart),
            'R' => {
                let crlf = Node::Concat(vec![Node::Char('\r'), Node::Char('\n')]);
                let one = short_class('v', false).map_or(Node::Empty, |set| Node::Set(Set::from(set)));
                Ok(Escape::Node(Node::Alternate(vec![crlf, one])))
            }
            '1'..='9' => {
                self.at += 1;
                return Ok(Escape::Node(self.numbered_reference(letter)));
            }
            'k' => {
                self.at += 1;
                return self.named_reference().map(Escape::Node);
            }
            _ => return self.common_escape(),
        };
        self.at += 1;
        simple
    }

    /// As many digits as still name a group that exists so far, at least one.
    fn numbered_reference(&mut self, first: char) -> Node {
        let mut group = first.to_digit(10).unwrap_or_default() as usize;
        while let Some(digit) = self.peek().and_then(|symbol| symbol.to_digit(10)) {
            let longer = group * 10 + digit as usize;
            if longer > self.groups {
                break;
            }
            group = longer;
            self.at += 1;
        }
        if group > self.groups {
            // Java compiles it, and never finds it.
            return Node::Set(Set::from(ClassUnicode::empty()));
        }
        Node::Reference(group, self.fold())
    }

    fn named_reference(&mut self) -> Outcome<Node> {
        if !self.eat('<') {
            return Err(Fault::invalid("'\\k' is not followed by '<name>'"));
        }
        let name = self.group_name()?;
        let group = self.names.iter().find(|(known, _)| *known == name).map(|(_, group)| *group);
        let group = group.ok_or_else(|| Fault::invalid(format!("the group '{name}' does not exist")))?;
        Ok(Node::Reference(group, self.fold()))
    }

    /// What is behind a backslash, inside a class as well.
    pub(super) fn common_escape(&mut self) -> Outcome<Escape> {
        let Some(letter) = self.next() else { return Err(Fault::invalid("it ends with a backslash")) };
        if let Some(set) = short_class(letter, self.flags.unicode_class) {
            return Ok(Escape::Set(set));
        }
        Ok(Escape::Char(match letter {
            't' => '\t',
            'n' => '\n',
            'r' => '\r',
            'f' => '\x0C',
            'a' => '\x07',
            'e' => '\x1B',
            '0' => self.octal()?,
            'x' => self.hexadecimal()?,
            'u' => self.unicode()?,
            'c' => self
                .next()
                .and_then(|symbol| char::from_u32(symbol as u32 ^ 64))
                .ok_or_else(|| Fault::invalid("'\\c' has no character behind it"))?,
            'p' | 'P' => return self.property(letter == 'P').map(Escape::Set),
            'X' | 'N' => return Err(Fault::unsupported(format!("'\\{letter}'"))),
            _ if letter.is_ascii_alphabetic() => {
                return Err(Fault::invalid(format!("'\\{letter}' is no escape")));
            }
            _ => letter,
        }))
    }

    fn octal(&mut self) -> Outcome<char> {
        let mut value = None;
        while let Some(digit) = self.peek().and_then(|symbol| symbol.to_digit(8)) {
            let longer = value.unwrap_or(0u32) * 8 + digit;
            if longer > 0o377 {
                break;
            }
            value = Some(longer);
            self.at += 1;
        }
        value.and_then(char::from_u32).ok_or_else(|| Fault::invalid("'\\0' has no octal digit behind it"))
    }

    fn digits(&mut self, count: usize) -> Option<u32> {
        (0..count).try_fold(0, |value, _| Some(value * 16 + self.next()?.to_digit(16)?))
    }

    fn hexadecimal(&mut self) -> Outcome<char> {
        let illegal = || Fault::invalid("'\\x' is not followed by hexadecimal digits");
        if !self.eat('{') {
            return self.digits(2).and_then(char::from_u32).ok_or_else(illegal);
        }
        let mut value = 0u32;
        while !self.eat('}') {
            let digit = self.next().and_then(|symbol| symbol.to_digit(16)).ok_or_else(illegal)?;
            value = value.checked_mul(16).map(|value| value + digit).ok_or_else(illegal)?;
        }
        char::from_u32(value).ok_or_else(illegal)
    }

    /// `\uXXXX`, or two of them that are one code point in UTF-16.
    fn unicode(&mut self) -> Outcome<char> {
        let illegal = || Fault::invalid("'\\u' is not followed by four hexadecimal digits");
        let first = self.digits(4).ok_or_else(illegal)?;
        if !(0xD800..0xE000).contains(&first) {
            return char::from_u32(first).ok_or_else(illegal);
        }
        let second = if self.eat_text("\\u") { self.digits(4) } else { None };
        let pair = second.and_then(|second| {
            char::decode_utf16([first as u16, second as u16]).next().and_then(std::result::Result::ok)
        });
        pair.ok_or_else(|| Fault::unsupported(format!("half of a code point, '\\u{first:04X}'")))
    }

    fn property(&mut self, opposite: bool) -> Outcome<ClassUnicode> {
        let name: String = if self.eat('{') {
            let mut name = String::new();
            loop {
                match self.next() {
                    Some('}') => break name,
                    Some(symbol) => name.push(symbol),
                    None => return Err(Fault::invalid("a property's name is not closed")),
                }
            }
        } else {
            self.next().ok_or_else(|| Fault::invalid("a property has no name"))?.to_string()
        };
        let set = property(&name, self.flags.case_insensitive, self.flags.unicode_class)?;
        Ok(if opposite { negated(set) } else { set })
    }
}

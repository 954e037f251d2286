//! The grammar of `.proto` texts: from text to a [`Descriptor`].

use super::descriptor::{Descriptor, Enum, Kind, Message, Names, join};
use super::lexer::{Place, Token, tokens};
use super::link::{OpenField, link};
use millrace_batch::{ErrorCode, KernelError, Result};
use std::collections::HashSet;

/// Messages may be nested this deep in the text.
const DEPTH_LIMIT: usize = 64;

/// Reads a `.proto` text.
///
/// # Errors
/// `OPTION_INVALID` with line and column where it is none; `UNIMPLEMENTED` for imports, groups and editions.
pub(super) fn parse(text: &str) -> Result<Descriptor> {
    let mut parser = Parser {
        tokens: tokens(text)?,
        at: 0,
        is_proto3: false,
        descriptor: Descriptor::default(),
        names: Names::default(),
        open: Vec::new(),
        field_names: HashSet::new(),
        field_numbers: HashSet::new(),
    };
    parser.file()?;
    let Parser { is_proto3, mut descriptor, names, open, .. } = parser;
    link(&mut descriptor, &names, open, is_proto3)?;
    Ok(descriptor)
}

/// A text that is being read.
pub(super) struct Parser {
    pub(super) tokens: Vec<(Token, Place)>,
    pub(super) at: usize,
    pub(super) is_proto3: bool,
    pub(super) descriptor: Descriptor,
    names: Names,
    /// Fields whose types are not known yet.
    pub(super) open: Vec<OpenField>,
    pub(super) field_names: HashSet<(usize, String)>,
    pub(super) field_numbers: HashSet<(usize, u32)>,
}

impl Parser {
    pub(super) fn peek(&self) -> &Token {
        &self.tokens[self.at].0
    }

    pub(super) fn place(&self) -> Place {
        self.tokens[self.at].1
    }

    pub(super) fn next(&mut self) -> Token {
        let token = self.peek().clone();
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        token
    }

    pub(super) fn expected(&self, what: &str) -> KernelError {
        let found = match self.peek() {
            Token::Word(word) | Token::Number(word) => format!("'{word}'"),
            Token::Text(_) => "a text".to_owned(),
            Token::Symbol(symbol) => format!("'{symbol}'"),
            Token::End => "the end".to_owned(),
        };
        self.place().invalid(&format!("expected {what}, found {found}"))
    }

    pub(super) fn accept(&mut self, symbol: char) -> bool {
        let is_next = *self.peek() == Token::Symbol(symbol);
        self.at += usize::from(is_next);
        is_next
    }

    pub(super) fn expect(&mut self, symbol: char) -> Result<()> {
        if self.accept(symbol) { Ok(()) } else { Err(self.expected(&format!("'{symbol}'"))) }
    }

    pub(super) fn accept_word(&mut self, word: &str) -> bool {
        let is_next = matches!(self.peek(), Token::Word(next) if next == word);
        self.at += usize::from(is_next);
        is_next
    }

    pub(super) fn name(&mut self, what: &str) -> Result<String> {
        match self.peek() {
            Token::Word(word) => {
                let word = word.clone();
                self.at += 1;
                Ok(word)
            }
            _ => Err(self.expected(what)),
        }
    }

    /// Names with dots between them, one in front when it is absolute.
    pub(super) fn dotted(&mut self, what: &str) -> Result<String> {
        let mut name = if self.accept('.') { ".".to_owned() } else { String::new() };
        name += &self.name(what)?;
        while self.accept('.') {
            name.push('.');
            name += &self.name(what)?;
        }
        Ok(name)
    }

    /// One or several texts side by side.
    pub(super) fn text(&mut self) -> Result<Vec<u8>> {
        if !matches!(self.peek(), Token::Text(_)) {
            return Err(self.expected("a text in quotes"));
        }
        let mut whole = Vec::new();
        while let Token::Text(more) = self.peek() {
            whole.extend_from_slice(more);
            self.at += 1;
        }
        Ok(whole)
    }

    pub(super) fn unimplemented(&self, what: &str) -> KernelError {
        self.place().error(ErrorCode::Unimplemented, &format!("{what} not implemented"))
    }

    fn file(&mut self) -> Result<()> {
        if matches!(self.peek(), Token::Word(word) if word == "edition") {
            return Err(self.unimplemented("editions are"));
        }
        if self.accept_word("syntax") {
            self.expect('=')?;
            let place = self.place();
            self.is_proto3 = match self.text()?.as_slice() {
                b"proto3" => true,
                b"proto2" => false,
                _ => return Err(place.invalid("the syntax is 'proto2' or 'proto3'")),
            };
            self.expect(';')?;
        }
        let mut has_package = false;
        while *self.peek() != Token::End {
            if matches!(self.peek(), Token::Word(word) if word == "import") {
                return Err(self.unimplemented("a schema is one text, imports are"));
            }
            let place = self.place();
            if self.accept_word("package") {
                if std::mem::replace(&mut has_package, true) || !self.descriptor.messages.is_empty() {
                    return Err(place.invalid("the package is said once, in front of all types"));
                }
                self.descriptor.package = self.dotted("a package")?;
                self.expect(';')?;
            } else if self.accept_word("message") {
                let scope = self.descriptor.package.clone();
                self.message(&scope, 0)?;
            } else if self.accept_word("enum") {
                let scope = self.descriptor.package.clone();
                self.enumeration(&scope)?;
            } else if !self.skipped(&["option", "service", "extend"])? {
                return Err(self.expected("a message, an enum or an option"));
            }
        }
        Ok(())
    }

    /// Passes over a statement that says nothing about the bytes, up to its `;` or its closing brace.
    fn skipped(&mut self, words: &[&str]) -> Result<bool> {
        if self.accept(';') {
            return Ok(true);
        }
        let start = self.place();
        let Token::Word(word) = self.peek().clone() else { return Ok(false) };
        if !words.contains(&word.as_str()) {
            return Ok(false);
        }
        let ends_at_brace = word == "service" || word == "extend";
        let mut open: Vec<char> = Vec::new();
        loop {
            let place = self.place();
            match self.next() {
                Token::End => return Err(start.invalid(&format!("the '{word}' does not end"))),
                Token::Symbol(symbol @ ('{' | '[' | '(')) => open.push(symbol),
                Token::Symbol(symbol @ ('}' | ']' | ')')) => {
                    let is_pair =
                        matches!((open.pop(), symbol), (Some('{'), '}') | (Some('['), ']') | (Some('('), ')'));
                    if !is_pair {
                        return Err(place.invalid(&format!("nothing is open that '{symbol}' closes")));
                    }
                    if open.is_empty() && ends_at_brace && symbol == '}' {
                        return Ok(true);
                    }
                }
                Token::Symbol(';') if open.is_empty() => return Ok(true),
                _ => {}
            }
        }
    }

    fn message(&mut self, scope: &str, depth: usize) -> Result<()> {
        let place = self.place();
        if depth > DEPTH_LIMIT {
            return Err(place.invalid("messages are nested too deep"));
        }
        let full_name = join(scope, &self.name("the name of a message")?);
        let index = self.add_message(full_name.clone(), place, false)?;
        self.expect('{')?;
        let mut oneofs = 0;
        while !self.accept('}') {
            if self.next_is_block("message") {
                self.at += 1;
                self.message(&full_name, depth + 1)?;
            } else if self.next_is_block("enum") {
                self.at += 1;
                self.enumeration(&full_name)?;
            } else if self.next_is_block("oneof") {
                self.at += 1;
                self.oneof(index, oneofs)?;
                oneofs += 1;
            } else if !self.skipped(&["option", "reserved", "extensions", "extend"])? {
                self.field(index, None)?;
            }
        }
        Ok(())
    }

    pub(super) fn add_message(&mut self, full_name: String, place: Place, is_entry: bool) -> Result<usize> {
        let index = self.descriptor.messages.len();
        self.names.add(full_name.clone(), Kind::Message(index), place)?;
        self.descriptor.messages.push(Message { full_name, fields: Vec::new(), is_entry });
        Ok(index)
    }

    /// Whether a keyword and a name come, and then a brace.
    fn next_is_block(&self, keyword: &str) -> bool {
        let is_keyword = matches!(self.peek(), Token::Word(word) if word == keyword);
        let behind = self.tokens.get(self.at + 2).map(|(token, _)| token);
        is_keyword && matches!(behind, Some(Token::Symbol('{')))
    }

    fn oneof(&mut self, message: usize, oneof: usize) -> Result<()> {
        self.name("the name of a oneof")?;
        self.expect('{')?;
        while !self.accept('}') {
            if !self.skipped(&["option"])? {
                self.field(message, Some(oneof))?;
            }
        }
        Ok(())
    }

    pub(super) fn integer(&mut self, may_be_negative: bool) -> Result<i64> {
        let place = self.place();
        let is_negative = may_be_negative && self.accept('-');
        let Token::Number(number) = self.peek().clone() else { return Err(self.expected("a whole number")) };
        let value = super::link::unsigned(&number).and_then(|value| i64::try_from(value).ok());
        let value = value.ok_or_else(|| place.invalid(&format!("'{number}' is no whole number of this place")))?;
        self.at += 1;
        Ok(if is_negative { -value } else { value })
    }

    fn enumeration(&mut self, scope: &str) -> Result<()> {
        let place = self.place();
        let name = self.name("the name of an enum")?;
        self.expect('{')?;
        let mut values: Vec<(String, i32)> = Vec::new();
        let mut names = HashSet::new();
        while !self.accept('}') {
            if self.skipped(&["option", "reserved"])? {
                continue;
            }
            let value_place = self.place();
            let value = self.name("the name of a value")?;
            self.expect('=')?;
            let number_place = self.place();
            let number =
                i32::try_from(self.integer(true)?).map_err(|_| number_place.invalid("the number has 32 bits"))?;
            if !names.insert(value.clone()) {
                return Err(value_place.invalid(&format!("there are two values '{value}'")));
            }
            if values.is_empty() && self.is_proto3 && number != 0 {
                return Err(number_place.invalid("the first value of a proto3 enum is 0"));
            }
            values.push((value, number));
            self.field_options()?;
            self.expect(';')?;
        }
        if values.is_empty() {
            return Err(place.invalid(&format!("enum '{name}' has no values")));
        }
        self.names.add(join(scope, &name), Kind::Enum(self.descriptor.enums.len()), place)?;
        self.descriptor.enums.push(Enum::new(name, values, !self.is_proto3));
        Ok(())
    }
}

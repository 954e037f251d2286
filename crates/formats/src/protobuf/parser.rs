//! The grammar of `.proto` texts: from text to a [`Descriptor`].

use super::descriptor::{Descriptor, Enum, Kind, Label, Message, Names, join};
use super::lexer::{Place, Token, tokens};
use super::link::{Literal, OpenField, link};
use millrace_batch::{ErrorCode, KernelError, Result};
use std::collections::HashSet;

/// Messages may be nested this deep in the text.
const DEPTH_LIMIT: usize = 64;
/// Numbers that are no field's: the library's own.
const OWN_NUMBERS: std::ops::RangeInclusive<u32> = 19_000..=19_999;
const HIGHEST_NUMBER: u32 = (1 << 29) - 1;

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

struct Parser {
    tokens: Vec<(Token, Place)>,
    at: usize,
    is_proto3: bool,
    descriptor: Descriptor,
    names: Names,
    /// Fields whose types are not known yet.
    open: Vec<OpenField>,
    field_names: HashSet<(usize, String)>,
    field_numbers: HashSet<(usize, u32)>,
}

/// What stands in brackets behind a field.
#[derive(Default)]
struct FieldOptions {
    is_packed: Option<bool>,
    default: Option<(Literal, Place)>,
}

impl Parser {
    fn peek(&self) -> &Token {
        &self.tokens[self.at].0
    }

    fn place(&self) -> Place {
        self.tokens[self.at].1
    }

    fn next(&mut self) -> Token {
        let token = self.peek().clone();
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        token
    }

    fn expected(&self, what: &str) -> KernelError {
        let found = match self.peek() {
            Token::Word(word) | Token::Number(word) => format!("'{word}'"),
            Token::Text(_) => "a text".to_owned(),
            Token::Symbol(symbol) => format!("'{symbol}'"),
            Token::End => "the end".to_owned(),
        };
        self.place().invalid(&format!("expected {what}, found {found}"))
    }

    fn accept(&mut self, symbol: char) -> bool {
        let is_next = *self.peek() == Token::Symbol(symbol);
        self.at += usize::from(is_next);
        is_next
    }

    fn expect(&mut self, symbol: char) -> Result<()> {
        if self.accept(symbol) { Ok(()) } else { Err(self.expected(&format!("'{symbol}'"))) }
    }

    fn accept_word(&mut self, word: &str) -> bool {
        let is_next = matches!(self.peek(), Token::Word(next) if next == word);
        self.at += usize::from(is_next);
        is_next
    }

    fn name(&mut self, what: &str) -> Result<String> {
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
    fn dotted(&mut self, what: &str) -> Result<String> {
        let mut name = if self.accept('.') { ".".to_owned() } else { String::new() };
        name += &self.name(what)?;
        while self.accept('.') {
            name.push('.');
            name += &self.name(what)?;
        }
        Ok(name)
    }

    /// One or several texts side by side.
    fn text(&mut self) -> Result<Vec<u8>> {
        let mut whole = match self.next() {
            Token::Text(text) => text,
            _ => {
                self.at -= 1;
                return Err(self.expected("a text in quotes"));
            }
        };
        while let Token::Text(more) = self.peek() {
            whole.extend_from_slice(more);
            self.at += 1;
        }
        Ok(whole)
    }

    fn unimplemented(&self, what: &str) -> KernelError {
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

    fn add_message(&mut self, full_name: String, place: Place, is_entry: bool) -> Result<usize> {
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

    fn field(&mut self, message: usize, oneof: Option<usize>) -> Result<()> {
        let place = self.place();
        let label = match self.peek() {
            Token::Word(word) if oneof.is_none() => match word.as_str() {
                "optional" => Some((Label::Single, true)),
                "required" => Some((Label::Required, true)),
                "repeated" => Some((Label::Repeated, false)),
                _ => None,
            },
            _ => None,
        };
        self.at += usize::from(label.is_some());
        if matches!(self.peek(), Token::Word(word) if word == "group") {
            return Err(self.unimplemented("groups are"));
        }
        if label.is_none()
            && *self.peek() == Token::Word("map".into())
            && self.tokens[self.at + 1].0 == Token::Symbol('<')
        {
            return self.map_field(message, oneof, place);
        }
        if label.is_none() && oneof.is_none() && !self.is_proto3 {
            return Err(self.expected("'optional', 'required' or 'repeated'"));
        }
        if self.is_proto3 && matches!(label, Some((Label::Required, _))) {
            return Err(place.invalid("proto3 has no required fields"));
        }
        let type_name = self.dotted("the type of a field")?;
        let (label, is_explicit) = label.unwrap_or((Label::Single, false));
        let mut open = self.numbered(message, type_name, place)?;
        open.label = label;
        open.oneof = oneof;
        open.has_presence = is_explicit || oneof.is_some();
        self.open.push(open);
        Ok(())
    }

    /// Name, number and options of a field.
    fn numbered(&mut self, message: usize, type_name: String, place: Place) -> Result<OpenField> {
        let name_place = self.place();
        let name = self.name("the name of a field")?;
        self.expect('=')?;
        let number_place = self.place();
        let number = match self.integer(false)? {
            number @ 1.. if number <= i64::from(HIGHEST_NUMBER) => number as u32,
            _ => return Err(number_place.invalid(&format!("the number of a field is 1 to {HIGHEST_NUMBER}"))),
        };
        if OWN_NUMBERS.contains(&number) {
            return Err(number_place.invalid("19000 to 19999 are no numbers of fields"));
        }
        if !self.field_names.insert((message, name.clone())) {
            return Err(name_place.invalid(&format!("there are two fields '{name}'")));
        }
        if !self.field_numbers.insert((message, number)) {
            return Err(number_place.invalid(&format!("there are two fields of number {number}")));
        }
        let options = self.field_options()?;
        self.expect(';')?;
        Ok(OpenField {
            message,
            name,
            number,
            type_name,
            place,
            label: Label::Single,
            oneof: None,
            has_presence: false,
            is_packed: options.is_packed,
            default: options.default,
        })
    }

    fn map_field(&mut self, message: usize, oneof: Option<usize>, place: Place) -> Result<()> {
        if oneof.is_some() {
            return Err(place.invalid("a oneof holds no maps"));
        }
        self.at += 2;
        let key_place = self.place();
        let key = self.dotted("the type of a key")?;
        match Kind::of_keyword(&key) {
            Some(Kind::Double | Kind::Float | Kind::Bytes) | None => {
                return Err(key_place.invalid("the key of a map is text, a whole number or a boolean"));
            }
            Some(_) => {}
        }
        self.expect(',')?;
        let value_place = self.place();
        let value = self.dotted("the type of a value")?;
        self.expect('>')?;
        let mut open = self.numbered(message, String::new(), place)?;
        // No name of a text has a blank, so that the entry's never stands in the way of another.
        let full_name = join(&self.descriptor.messages[message].full_name, &format!("{} entry", open.name));
        let entry = self.add_message(full_name.clone(), place, true)?;
        for (number, name, type_name, place) in [(1, "key", key, key_place), (2, "value", value, value_place)] {
            self.open.push(OpenField {
                message: entry,
                number,
                has_presence: true,
                ..OpenField::plain(name, type_name, place)
            });
        }
        open.type_name = format!(".{full_name}");
        open.label = Label::Repeated;
        self.open.push(open);
        Ok(())
    }

    fn integer(&mut self, may_be_negative: bool) -> Result<i64> {
        let place = self.place();
        let is_negative = may_be_negative && self.accept('-');
        let Token::Number(number) = self.peek().clone() else { return Err(self.expected("a whole number")) };
        let value = super::link::unsigned(&number).and_then(|value| i64::try_from(value).ok());
        let value = value.ok_or_else(|| place.invalid(&format!("'{number}' is no whole number of this place")))?;
        self.at += 1;
        Ok(if is_negative { -value } else { value })
    }

    /// `[a = 1, (b).c = {…}]`, of which two matter.
    fn field_options(&mut self) -> Result<FieldOptions> {
        let mut options = FieldOptions::default();
        if !self.accept('[') {
            return Ok(options);
        }
        loop {
            let name = self.option_name()?;
            self.expect('=')?;
            let place = self.place();
            let literal = self.literal()?;
            match (name.as_str(), literal) {
                ("packed", Literal::Word(word)) if word == "true" || word == "false" => {
                    options.is_packed = Some(word == "true");
                }
                ("packed", _) => return Err(place.invalid("'packed' is true or false")),
                ("default", _) if self.is_proto3 => return Err(place.invalid("proto3 has no defaults of fields")),
                ("default", literal) => options.default = Some((literal, place)),
                _ => {}
            }
            if self.accept(']') {
                return Ok(options);
            }
            self.expect(',')?;
        }
    }

    fn option_name(&mut self) -> Result<String> {
        let mut name = String::new();
        loop {
            if self.accept('(') {
                name += &format!("({})", self.dotted("the name of an option")?);
                self.expect(')')?;
            } else {
                name += &self.name("the name of an option")?;
            }
            if !self.accept('.') {
                return Ok(name);
            }
            name.push('.');
        }
    }

    fn literal(&mut self) -> Result<Literal> {
        if *self.peek() == Token::Symbol('{') {
            let start = self.place();
            let mut depth = 0_usize;
            loop {
                match self.next() {
                    Token::Symbol('{') => depth += 1,
                    Token::Symbol('}') => depth -= 1,
                    Token::End => return Err(start.invalid("the '{' is never closed")),
                    _ => {}
                }
                if depth == 0 {
                    return Ok(Literal::Braces);
                }
            }
        }
        let sign = if self.accept('-') { "-" } else { "" };
        match self.peek().clone() {
            Token::Number(number) => {
                self.at += 1;
                Ok(Literal::Number(format!("{sign}{number}")))
            }
            Token::Word(word) => {
                self.at += 1;
                Ok(Literal::Word(format!("{sign}{word}")))
            }
            Token::Text(_) if sign.is_empty() => Ok(Literal::Text(self.text()?)),
            _ => Err(self.expected("a value")),
        }
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

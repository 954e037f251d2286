//! The grammar of fields and their options.

use super::descriptor::{Kind, Label, join};
use super::lexer::{Place, Token};
use super::link::{Literal, OpenField};
use super::parser::Parser;
use millrace_batch::Result;

/// Numbers that are no field's: the library's own.
const OWN_NUMBERS: std::ops::RangeInclusive<u32> = 19_000..=19_999;
const HIGHEST_NUMBER: u32 = (1 << 29) - 1;

/// What stands in brackets behind a field.
#[derive(Default)]
pub(super) struct FieldOptions {
    is_packed: Option<bool>,
    default: Option<(Literal, Place)>,
}

impl Parser {
    pub(super) fn field(&mut self, message: usize, oneof: Option<usize>) -> Result<()> {
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

    /// `[a = 1, (b).c = {…}]`, of which two matter.
    pub(super) fn field_options(&mut self) -> Result<FieldOptions> {
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
                name.push('(');
                name += &self.dotted("the name of an option")?;
                name.push(')');
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
}

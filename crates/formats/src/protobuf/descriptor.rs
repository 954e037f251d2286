//! What a `.proto` text says about messages.

use super::lexer::Place;
use millrace_batch::Result;
use std::collections::HashMap;

/// The type of a field as it stands in the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Double,
    Float,
    Int32,
    Int64,
    Uint32,
    Uint64,
    Sint32,
    Sint64,
    Fixed32,
    Fixed64,
    Sfixed32,
    Sfixed64,
    Bool,
    String,
    Bytes,
    /// An enum of [`Descriptor::enums`].
    Enum(usize),
    /// A message of [`Descriptor::messages`].
    Message(usize),
}

/// How a value is written behind its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wire {
    Varint = 0,
    Fixed64 = 1,
    Counted = 2,
    Fixed32 = 5,
}

impl Kind {
    /// The kind that a keyword names.
    pub(super) fn of_keyword(word: &str) -> Option<Self> {
        Some(match word {
            "double" => Kind::Double,
            "float" => Kind::Float,
            "int32" => Kind::Int32,
            "int64" => Kind::Int64,
            "uint32" => Kind::Uint32,
            "uint64" => Kind::Uint64,
            "sint32" => Kind::Sint32,
            "sint64" => Kind::Sint64,
            "fixed32" => Kind::Fixed32,
            "fixed64" => Kind::Fixed64,
            "sfixed32" => Kind::Sfixed32,
            "sfixed64" => Kind::Sfixed64,
            "bool" => Kind::Bool,
            "string" => Kind::String,
            "bytes" => Kind::Bytes,
            _ => return None,
        })
    }

    pub(super) fn wire(self) -> Wire {
        match self {
            Kind::Double | Kind::Fixed64 | Kind::Sfixed64 => Wire::Fixed64,
            Kind::Float | Kind::Fixed32 | Kind::Sfixed32 => Wire::Fixed32,
            Kind::String | Kind::Bytes | Kind::Message(_) => Wire::Counted,
            _ => Wire::Varint,
        }
    }

    /// Whether it is a whole number; an enum is none.
    pub(super) fn is_integer(self) -> bool {
        !matches!(
            self,
            Kind::Double | Kind::Float | Kind::Bool | Kind::String | Kind::Bytes | Kind::Enum(_) | Kind::Message(_)
        )
    }

    /// Whether it is a whole number of 64 bits without a sign.
    pub(super) fn is_unsigned_long(self) -> bool {
        matches!(self, Kind::Uint64 | Kind::Fixed64)
    }
}

/// How often a field comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Label {
    /// Once or not at all.
    Single,
    /// Once.
    Required,
    /// Any number of times.
    Repeated,
}

/// What a field is when it does not come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// The bits of a number, see [`super::wire::Scalar`].
    Bits(u64),
    /// Text or bytes.
    Bytes(Vec<u8>),
}

/// A field of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) number: u32,
    pub(super) kind: Kind,
    pub(super) label: Label,
    /// Whether several values stand behind one number.
    pub(super) is_packed: bool,
    /// The group of fields of which only the last one counts.
    pub(super) oneof: Option<usize>,
    /// Whether a value that is the default is written all the same.
    pub(super) has_presence: bool,
    pub(super) missing: Missing,
}

/// A message.
#[derive(Clone, Debug, Default)]
pub(super) struct Message {
    /// With package and enclosing messages.
    pub(super) full_name: String,
    pub(super) fields: Vec<Field>,
    /// Whether it is made for the entries of a map.
    pub(super) is_entry: bool,
}

/// An enum.
#[derive(Clone, Debug, Default)]
pub(super) struct Enum {
    /// Without package and enclosing messages.
    pub(super) name: String,
    /// Names and numbers in the order of the text.
    pub(super) values: Vec<(String, i32)>,
    /// Whether other numbers are no values.
    pub(super) is_closed: bool,
    names: HashMap<i32, usize>,
    numbers: HashMap<String, i32>,
}

impl Enum {
    pub(super) fn new(name: String, values: Vec<(String, i32)>, is_closed: bool) -> Self {
        let mut names = HashMap::new();
        for (index, (_, number)) in values.iter().enumerate() {
            names.entry(*number).or_insert(index);
        }
        let numbers = values.iter().cloned().collect();
        Self { name, values, is_closed, names, numbers }
    }

    /// The first name of a number.
    pub(super) fn name_of(&self, number: i32) -> Option<&str> {
        self.names.get(&number).map(|index| self.values[*index].0.as_str())
    }

    /// The number of a name.
    pub(super) fn number_of(&self, name: &str) -> Option<i32> {
        self.numbers.get(name).copied()
    }
}

/// Everything of a text.
#[derive(Clone, Debug, Default)]
pub(super) struct Descriptor {
    pub(super) package: String,
    pub(super) messages: Vec<Message>,
    pub(super) enums: Vec<Enum>,
}

impl Descriptor {
    /// The message of a name: without package first, then with it.
    pub(super) fn message(&self, name: &str) -> Option<usize> {
        let full = join(&self.package, name);
        let find = |name: &str| self.messages.iter().position(|message| !message.is_entry && message.full_name == name);
        find(&full).or_else(|| find(name.strip_prefix('.').unwrap_or(name)))
    }
}

/// A name inside of a scope.
pub(super) fn join(scope: &str, name: &str) -> String {
    if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") }
}

/// Messages and enums by their full names.
#[derive(Default)]
pub(super) struct Names(HashMap<String, Kind>);

impl Names {
    /// Remembers a type.
    ///
    /// # Errors
    /// `OPTION_INVALID` when there is one of that name.
    pub(super) fn add(&mut self, full_name: String, kind: Kind, place: Place) -> Result<()> {
        if self.0.contains_key(&full_name) {
            return Err(place.invalid(&format!("there are two types '{full_name}'")));
        }
        self.0.insert(full_name, kind);
        Ok(())
    }

    /// The type that a name means inside of a scope: the innermost one.
    pub(super) fn find(&self, name: &str, scope: &str) -> Option<Kind> {
        if let Some(absolute) = name.strip_prefix('.') {
            return self.0.get(absolute).copied();
        }
        let mut scope = scope;
        loop {
            if let Some(kind) = self.0.get(&join(scope, name)) {
                return Some(*kind);
            }
            if scope.is_empty() {
                return None;
            }
            scope = scope.rsplit_once('.').map_or("", |(outer, _)| outer);
        }
    }
}

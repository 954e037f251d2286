//! Functions at the end of a path.

use super::evaluate::{self, Budget};
use super::parser::{Cursor, Outcome, tokens};
use super::{PathFault, Refused, Token};
use serde_json::{Map, Number, Value};

/// A function with its arguments.
#[derive(Clone, Debug)]
pub(super) struct Function {
    kind: Kind,
    arguments: Vec<Argument>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Length,
    Minimum,
    Maximum,
    Average,
    Deviation,
    Sum,
    Concat,
    Append,
    Keys,
    First,
    Last,
    Index,
}

const KINDS: [(&str, Kind); 13] = [
    ("length", Kind::Length),
    ("size", Kind::Length),
    ("min", Kind::Minimum),
    ("max", Kind::Maximum),
    ("avg", Kind::Average),
    ("stddev", Kind::Deviation),
    ("sum", Kind::Sum),
    ("concat", Kind::Concat),
    ("append", Kind::Append),
    ("keys", Kind::Keys),
    ("first", Kind::First),
    ("last", Kind::Last),
    ("index", Kind::Index),
];

#[derive(Clone, Debug)]
enum Argument {
    /// A path from the root of the document.
    Path(Vec<Token>),
    /// A JSON value.
    Literal(Value),
}

impl Function {
    /// Reads the arguments, from behind the opening parenthesis to behind the closing one.
    pub(super) fn parse(name: &str, cursor: &mut Cursor) -> Outcome<Self> {
        let kind = KINDS.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind);
        let kind =
            kind.ok_or_else(|| Refused { unsupported: true, why: format!("the function '{name}' is not known") })?;
        let mut arguments = Vec::new();
        loop {
            cursor.skip_blanks();
            if cursor.eat(")") {
                return Ok(Self { kind, arguments });
            }
            if !arguments.is_empty() && !cursor.eat(",") {
                return Err(Refused::invalid(format!("the arguments of '{name}' are not closed")));
            }
            cursor.skip_blanks();
            arguments.push(cursor.deeper(argument)?);
        }
    }

    /// A function over everything that a path finds: the form of `$..a.sum()`.
    pub(super) fn over(&self, path: Vec<Token>) -> Self {
        let mut arguments = vec![Argument::Path(path)];
        arguments.extend(self.arguments.iter().cloned());
        Self { kind: self.kind, arguments }
    }

    /// The result for a value.
    ///
    /// # Source
    /// Jayway `com.jayway.jsonpath.internal.function`.
    pub(super) fn apply(&self, value: &Value, root: &Value, budget: &mut Budget) -> Result<Value, PathFault> {
        let arguments = self
            .arguments
            .iter()
            .map(|argument| match argument {
                Argument::Literal(value) => Ok(value.clone()),
                Argument::Path(tokens) => evaluate::find(tokens, root, root, budget),
            })
            .collect::<Result<Vec<_>, _>>()?;
        match self.kind {
            Kind::Length => Ok(match arguments.first().unwrap_or(value) {
                Value::Array(items) => items.len().into(),
                Value::Object(members) => members.len().into(),
                _ => Value::Null,
            }),
            Kind::Keys => Ok(match value {
                Value::Object(members) => members.keys().map(|key| Value::from(key.as_str())).collect(),
                _ => Value::Null,
            }),
            Kind::Concat => Ok(Value::from(texts(value, &arguments))),
            Kind::Append => Ok(appended(value, arguments)),
            Kind::First | Kind::Last | Kind::Index => self.element(value, &arguments),
            _ => self.aggregate(value, &arguments),
        }
    }

    fn element(&self, value: &Value, arguments: &[Value]) -> Result<Value, PathFault> {
        let items = value.as_array().ok_or(PathFault::Value("a function needs an array"))?;
        let index = match self.kind {
            Kind::First => 0,
            Kind::Last => -1,
            _ => arguments.first().and_then(Value::as_i64).ok_or(PathFault::Value("an index is not a whole number"))?,
        };
        evaluate::at(items, index).cloned().ok_or(PathFault::Missing)
    }

    fn aggregate(&self, value: &Value, arguments: &[Value]) -> Result<Value, PathFault> {
        let mut numbers: Vec<f64> = Vec::new();
        if let Value::Array(items) = value {
            numbers.extend(items.iter().filter_map(Value::as_f64));
        }
        for argument in arguments {
            match argument {
                Value::Array(items) => numbers.extend(items.iter().filter_map(Value::as_f64)),
                other => numbers.extend(other.as_f64()),
            }
        }
        if numbers.is_empty() {
            return Err(PathFault::Value("an aggregation has no numbers"));
        }
        let count = numbers.len() as f64;
        let sum: f64 = numbers.iter().sum();
        let result = match self.kind {
            Kind::Minimum => numbers.iter().copied().fold(f64::INFINITY, f64::min),
            Kind::Maximum => numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            Kind::Average => sum / count,
            Kind::Sum => sum,
            _ => {
                let squares: f64 = numbers.iter().map(|number| number * number).sum();
                (squares / count - sum * sum / count / count).sqrt()
            }
        };
        Ok(Number::from_f64(result).map_or(Value::Null, Value::Number))
    }
}

fn argument(cursor: &mut Cursor) -> Outcome<Argument> {
    match cursor.peek() {
        Some('$' | '@') => {
            cursor.next();
            tokens(cursor).map(Argument::Path)
        }
        Some(quote @ ('\'' | '"')) => {
            cursor.next();
            Ok(Argument::Literal(Value::from(cursor.quoted(quote)?)))
        }
        _ => {
            let mut text = String::new();
            while let Some(symbol) = cursor.peek().filter(|symbol| !matches!(symbol, ',' | ')')) {
                text.push(symbol);
                cursor.next();
            }
            let value = serde_json::from_str(text.trim());
            value.map(Argument::Literal).map_err(|_| Refused::invalid(format!("'{}' is no argument", text.trim())))
        }
    }
}

/// Texts, one behind the other: those in the array, then those of the arguments.
fn texts(value: &Value, arguments: &[Value]) -> String {
    let mut out = String::new();
    let mut push = |value: &Value| match value {
        Value::String(text) => out.push_str(text),
        Value::Number(number) => out.push_str(&number.to_string()),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        _ => {}
    };
    if let Value::Array(items) = value {
        items.iter().filter(|item| item.is_string()).for_each(&mut push);
    }
    for argument in arguments {
        match argument {
            Value::Array(items) => items.iter().for_each(&mut push),
            other => push(other),
        }
    }
    out
}

fn appended(value: &Value, arguments: Vec<Value>) -> Value {
    match value {
        Value::Array(items) => items.iter().cloned().chain(arguments).collect(),
        other => other.clone(),
    }
}

/// The members of an object that are named and there.
pub(super) fn picked(members: &Map<String, Value>, names: &[String]) -> Value {
    let there = names.iter().filter_map(|name| members.get(name).map(|value| (name.clone(), value.clone())));
    Value::Object(there.collect())
}

//! The syntax of paths.

use super::filter_parser::FilterParser;
use super::function::Function;
use super::{Refused, Token};

pub(super) type Outcome<T> = Result<T, Refused>;

/// Paths inside filters and arguments may be nested so deep.
const MAX_DEPTH: usize = 32;

/// A path may have so many steps: they are followed one inside the other.
const MAX_STEPS: usize = 256;

/// Reads a whole path.
pub(super) fn parse(path: &str) -> Outcome<Vec<Token>> {
    let path = path.trim();
    let path = if path.starts_with(['$', '@']) { path.to_owned() } else { format!("$.{path}") };
    let mut cursor = Cursor::new(&path, 0);
    cursor.next();
    let tokens = tokens(&mut cursor)?;
    if cursor.peek().is_some() {
        return Err(Refused::invalid(format!("'{}' does not belong to it", cursor.rest())));
    }
    Ok(tokens)
}

/// A position in the text of a path.
pub(super) struct Cursor {
    symbols: Vec<char>,
    at: usize,
    depth: usize,
}

impl Cursor {
    pub(super) fn new(text: &str, depth: usize) -> Self {
        Self { symbols: text.chars().collect(), at: 0, depth }
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.symbols.get(self.at).copied()
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let symbol = self.peek();
        self.at += usize::from(symbol.is_some());
        symbol
    }

    pub(super) fn eat(&mut self, text: &str) -> bool {
        let found = text.chars().enumerate().all(|(ahead, symbol)| self.symbols.get(self.at + ahead) == Some(&symbol));
        self.at += if found { text.chars().count() } else { 0 };
        found
    }

    pub(super) fn skip_blanks(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    pub(super) fn rest(&self) -> String {
        self.symbols[self.at..].iter().collect()
    }

    pub(super) fn deeper<T>(&mut self, parse: impl FnOnce(&mut Self) -> Outcome<T>) -> Outcome<T> {
        if self.depth == MAX_DEPTH {
            return Err(Refused::invalid(format!("it is nested deeper than {MAX_DEPTH}")));
        }
        self.depth += 1;
        let result = parse(self);
        self.depth -= 1;
        result
    }

    /// The text up to a closing quote, whose opening one was read.
    pub(super) fn quoted(&mut self, quote: char) -> Outcome<String> {
        let mut text = String::new();
        while let Some(symbol) = self.next() {
            match symbol {
                _ if symbol == quote => return Ok(text),
                '\\' => match self.next() {
                    Some('n') => text.push('\n'),
                    Some('t') => text.push('\t'),
                    Some('r') => text.push('\r'),
                    Some('b') => text.push('\u{8}'),
                    Some('f') => text.push('\u{c}'),
                    Some('u') => {
                        let code = (0..4).try_fold(0, |code, _| Some(code * 16 + self.next()?.to_digit(16)?));
                        let symbol = code.and_then(char::from_u32);
                        text.push(symbol.ok_or_else(|| Refused::invalid("a '\\u' is not followed by four digits"))?);
                    }
                    Some(other) => text.push(other),
                    None => break,
                },
                _ => text.push(symbol),
            }
        }
        Err(Refused::invalid("a quote is not closed"))
    }
}

/// The steps behind `$` or `@`, up to what is no step.
pub(super) fn tokens(cursor: &mut Cursor) -> Outcome<Vec<Token>> {
    let mut tokens = Vec::new();
    loop {
        if matches!(tokens.last(), Some(Token::Function(_))) {
            return Ok(tokens);
        }
        if tokens.len() > MAX_STEPS {
            return Err(Refused::invalid(format!("it has more than {MAX_STEPS} steps")));
        }
        if cursor.eat("..") {
            tokens.push(Token::Descend);
            match cursor.peek() {
                Some('[') => {}
                None => return Err(Refused::invalid("it must not end with '..'")),
                Some(_) => tokens.push(dotted(cursor)?),
            }
        } else if cursor.eat(".") {
            if cursor.peek() == Some('[') {
                tokens.push(bracketed(cursor)?);
            } else {
                tokens.push(dotted(cursor)?);
            }
        } else if cursor.peek() == Some('[') {
            tokens.push(bracketed(cursor)?);
        } else {
            return Ok(tokens);
        }
    }
}

/// What ends a name without quotes. Blanks do as well inside of filters, where they stand before operators.
fn ends_name(symbol: char, in_filter: bool) -> bool {
    matches!(symbol, '.' | '[' | '(' | ')')
        || (in_filter
            && (symbol.is_whitespace() || matches!(symbol, '=' | '!' | '<' | '>' | '&' | '|' | ']' | ',' | '}' | '~')))
}

fn dotted(cursor: &mut Cursor) -> Outcome<Token> {
    if cursor.eat("*") {
        return Ok(Token::Wildcard);
    }
    let in_filter = cursor.depth > 0;
    let mut name = String::new();
    while let Some(symbol) = cursor.peek().filter(|symbol| !ends_name(*symbol, in_filter)) {
        if symbol.is_whitespace() {
            return Err(Refused::invalid("a name with blanks has to be quoted, as in ['a b']"));
        }
        name.push(symbol);
        cursor.next();
    }
    if cursor.peek() == Some('(') {
        cursor.next();
        return Function::parse(&name, cursor).map(Token::Function);
    }
    if name.is_empty() {
        return Err(Refused::invalid("a '.' is not followed by a name"));
    }
    Ok(Token::Names(vec![name]))
}

fn bracketed(cursor: &mut Cursor) -> Outcome<Token> {
    cursor.next();
    cursor.skip_blanks();
    let token = match cursor.peek() {
        Some('*') => {
            cursor.next();
            Token::Wildcard
        }
        Some('\'' | '"') => names(cursor)?,
        Some('?') => {
            cursor.next();
            cursor.skip_blanks();
            let filter = cursor.deeper(|cursor| FilterParser { cursor }.parenthesized())?;
            Token::Filter(Box::new(filter))
        }
        _ => numbers(cursor)?,
    };
    cursor.skip_blanks();
    if cursor.eat("]") { Ok(token) } else { Err(Refused::invalid("a '[' is not closed")) }
}

fn names(cursor: &mut Cursor) -> Outcome<Token> {
    let mut names = Vec::new();
    loop {
        cursor.skip_blanks();
        match cursor.next() {
            Some(quote @ ('\'' | '"')) => names.push(cursor.quoted(quote)?),
            _ => return Err(Refused::invalid("a name in brackets is not quoted")),
        }
        cursor.skip_blanks();
        if !cursor.eat(",") {
            return Ok(Token::Names(names));
        }
    }
}

/// `0`, `0,1` or `0:1`, a part of which may be missing.
fn numbers(cursor: &mut Cursor) -> Outcome<Token> {
    let mut numbers = vec![number(cursor)?];
    if cursor.eat(":") {
        return Ok(Token::Slice(numbers[0], number(cursor)?));
    }
    while cursor.eat(",") {
        numbers.push(number(cursor)?);
    }
    let indexes = numbers.into_iter().collect::<Option<Vec<_>>>();
    indexes
        .map(Token::Indexes)
        .ok_or_else(|| Refused::invalid("brackets hold neither an index, a slice, a name nor a filter"))
}

fn number(cursor: &mut Cursor) -> Outcome<Option<i64>> {
    cursor.skip_blanks();
    let mut text = String::new();
    while let Some(symbol) = cursor.peek().filter(|symbol| symbol.is_ascii_digit() || *symbol == '-') {
        text.push(symbol);
        cursor.next();
    }
    cursor.skip_blanks();
    if text.is_empty() {
        return Ok(None);
    }
    text.parse::<i32>().map(|number| Some(number.into())).map_err(|_| Refused::invalid(format!("'{text}' is no index")))
}

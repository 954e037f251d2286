//! Patterns of `DateTimeFormatter`, parsed.

use millrace_batch::{ErrorCode, KernelError, Result};

/// One element of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PatternItem {
    /// Characters that stand for themselves.
    Literal(String),
    /// A letter and how often it is repeated.
    Field(char, usize),
    /// A part in brackets: left out when printing what does not have it, and when parsing text without it.
    Optional(Vec<PatternItem>),
}

const LETTERS: &str = "yuMLdDEecaHhKkmsSnANQqYwWGVzOXxZB";

/// Parses a pattern.
///
/// # Errors
/// `EXPRESSION_FAILED` for letters without a meaning, quotes and brackets without an end.
///
/// # Source
/// Documentation of `java.time.format.DateTimeFormatter` ("Patterns for Formatting and Parsing").
pub(crate) fn parse_pattern(pattern: &str) -> Result<Vec<PatternItem>> {
    let fail = |cause: &str| {
        KernelError::new(ErrorCode::ExpressionFailed, format!("the date pattern '{pattern}' is not valid: {cause}"))
    };
    let mut stack: Vec<Vec<PatternItem>> = vec![Vec::new()];
    let mut chars = pattern.chars().peekable();
    while let Some(character) = chars.next() {
        let item = match character {
            '\'' => PatternItem::Literal(quoted(&mut chars).ok_or_else(|| fail("a quote does not end"))?),
            '[' => {
                if stack.len() > 16 {
                    return Err(fail("brackets are nested too deeply"));
                }
                stack.push(Vec::new());
                continue;
            }
            ']' => {
                let section = stack.pop().filter(|_| !stack.is_empty()).ok_or_else(|| fail("']' without '['"))?;
                PatternItem::Optional(section)
            }
            '{' | '}' | '#' => return Err(fail("'{', '}' and '#' are reserved")),
            letter if letter.is_ascii_alphabetic() => {
                if !LETTERS.contains(letter) {
                    return Err(fail(&format!("unknown pattern letter '{letter}'")));
                }
                let mut count = 1;
                while chars.next_if_eq(&letter).is_some() {
                    count += 1;
                }
                if count > 19 {
                    return Err(fail(&format!("too many pattern letters '{letter}'")));
                }
                PatternItem::Field(letter, count)
            }
            literal => PatternItem::Literal(literal.to_string()),
        };
        if let Some(items) = stack.last_mut() {
            items.push(item);
        }
    }
    // An open bracket ends where the pattern ends.
    while stack.len() > 1 {
        if let (Some(section), Some(items)) = (stack.pop(), stack.last_mut()) {
            items.push(PatternItem::Optional(section));
        }
    }
    Ok(stack.pop().unwrap_or_default())
}

fn quoted(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<String> {
    let mut literal = String::new();
    loop {
        match chars.next()? {
            '\'' if chars.next_if_eq(&'\'').is_some() => literal.push('\''),
            '\'' if literal.is_empty() => return Some("'".to_owned()),
            '\'' => return Some(literal),
            character => literal.push(character),
        }
    }
}

/// English names, Monday first.
pub(crate) const DAY_NAMES: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// English names, January first.
pub(crate) const MONTH_NAMES: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

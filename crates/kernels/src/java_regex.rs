//! Java's regular expressions on a linear-time engine.
//!
//! Look-around, back references, possessive quantifiers and atomic groups are not supported and are refused. `$` matches
//! at the very end only, not before a final line break.

use millrace_batch::{ErrorCode, KernelError, Result};
use regex::{Captures, Match, Regex};

/// Characters with a meaning in a pattern.
const SPECIAL: &str = "\\[](){}.*+?^$|";

/// Compiles a Java pattern.
///
/// Classes `\d \w \s \h \v \R` and `\b` have their ASCII meaning and `.` stops at every Java line terminator, as in Java
/// without flags.
///
/// # Errors
/// `OPTION_INVALID` when the pattern does not parse, or uses what is not supported.
pub fn compile(pattern: &str) -> Result<Regex> {
    let refused =
        |why: &str| KernelError::new(ErrorCode::OptionInvalid, format!("pattern '{pattern}' is not supported: {why}"));
    let translated = translate(pattern).map_err(refused)?;
    Regex::new(&translated).map_err(|error| {
        let text = error.to_string();
        refused(text.lines().last().unwrap_or_default().trim_start_matches("error: "))
    })
}

/// The text that a pattern stands for, when it has no operator in it.
pub fn literal(pattern: &str) -> Option<String> {
    let mut text = String::with_capacity(pattern.len());
    let mut rest = pattern.chars();
    while let Some(symbol) = rest.next() {
        match symbol {
            '\\' => text.push(rest.next().filter(|next| !next.is_ascii_alphanumeric())?),
            _ if SPECIAL.contains(symbol) => return None,
            _ => text.push(symbol),
        }
    }
    Some(text)
}

/// Rewrites what means something else to the engine.
fn translate(pattern: &str) -> std::result::Result<String, &'static str> {
    // With DOTALL or comments mode somewhere, a point or a blank is not what it is without.
    let plain_points = !pattern.contains("(?s") && !pattern.contains("(?-s");
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut depth = 0usize;
    let mut rest = pattern.chars().peekable();
    while let Some(symbol) = rest.next() {
        match symbol {
            '\\' => {
                let escaped = rest.next().ok_or("a backslash at the end")?;
                if escaped == 'Q' {
                    quote(&mut rest, &mut out);
                } else {
                    escape(escaped, &mut rest, depth > 0, &mut out)?;
                }
            }
            '[' => {
                depth += 1;
                out.push('[');
                if rest.peek() == Some(&'^') {
                    out.push('^');
                    rest.next();
                }
                // Java takes a bracket that closes at once as an ordinary character, and so does the engine.
                if rest.peek() == Some(&']') {
                    out.push_str("\\]");
                    rest.next();
                }
            }
            ']' if depth > 0 => {
                depth -= 1;
                out.push(']');
            }
            ']' => out.push_str("\\]"),
            '~' | '-' if depth > 0 && rest.peek() == Some(&symbol) => out.extend(['\\', symbol]),
            '.' if depth == 0 && plain_points => out.push_str("[^\\n\\r\\u{85}\\u{2028}\\u{2029}]"),
            '(' if depth == 0 && rest.peek() == Some(&'?') => {
                out.push('(');
                let mut ahead = rest.clone();
                ahead.next();
                match (ahead.next(), ahead.next()) {
                    (Some('=' | '!'), _) | (Some('<'), Some('=' | '!')) => return Err("it looks around"),
                    (Some('>'), _) => return Err("it has an atomic group"),
                    _ => {}
                }
            }
            '*' | '+' | '?' | '}' if depth == 0 && rest.peek() == Some(&'+') => {
                return Err("it has a possessive quantifier");
            }
            _ => out.push(symbol),
        }
    }
    Ok(out)
}

fn quote(rest: &mut std::iter::Peekable<std::str::Chars<'_>>, out: &mut String) {
    while let Some(symbol) = rest.next() {
        if symbol == '\\' && rest.peek() == Some(&'E') {
            rest.next();
            return;
        }
        out.push_str(&regex::escape(symbol.encode_utf8(&mut [0; 4])));
    }
}

fn escape(
    escaped: char,
    rest: &mut std::iter::Peekable<std::str::Chars<'_>>,
    in_class: bool,
    out: &mut String,
) -> std::result::Result<(), &'static str> {
    let class = match escaped {
        'd' => "[0-9]",
        'D' => "[^0-9]",
        'w' => "[a-zA-Z0-9_]",
        'W' => "[^a-zA-Z0-9_]",
        's' => "[ \\t\\n\\x0B\\x0C\\r]",
        'S' => "[^ \\t\\n\\x0B\\x0C\\r]",
        'h' => "[ \\t\\xA0\\u{1680}\\u{180e}\\u{2000}-\\u{200a}\\u{202f}\\u{205f}\\u{3000}]",
        'v' => "[\\n\\x0B\\x0C\\r\\u{85}\\u{2028}\\u{2029}]",
        'e' => "\\x1B",
        'R' if !in_class => "(?:\\r\\n|[\\n\\x0B\\x0C\\r\\u{85}\\u{2028}\\u{2029}])",
        'b' if !in_class => "(?-u:\\b)",
        'B' if !in_class => "(?:\\B)",
        'Z' if !in_class => "\\z",
        '1'..='9' | 'k' => return Err("it has a back reference"),
        '0' => return Err("it has an octal escape"),
        'G' => return Err("it has '\\G'"),
        'u' => return unicode(rest, out),
        'p' | 'P' => return property(escaped, rest, out),
        _ if escaped.is_ascii_punctuation() || escaped.is_ascii_alphabetic() => {
            // The engine knows fewer escaped marks than Java, which takes any.
            if escaped.is_ascii_alphabetic() {
                out.push('\\');
                out.push(escaped);
            } else if SPECIAL.contains(escaped) || "-&~#".contains(escaped) {
                out.extend(['\\', escaped]);
            } else {
                out.push(escaped);
            }
            return Ok(());
        }
        _ => {
            out.push(escaped);
            return Ok(());
        }
    };
    out.push_str(class);
    Ok(())
}

fn unicode(
    rest: &mut std::iter::Peekable<std::str::Chars<'_>>,
    out: &mut String,
) -> std::result::Result<(), &'static str> {
    let digits: String = rest.by_ref().take(4).collect();
    if digits.len() != 4 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err("it has '\\u' without four digits");
    }
    out.push_str("\\u{");
    out.push_str(&digits);
    out.push('}');
    Ok(())
}

/// Java's POSIX classes are ASCII; every other property is left to the engine.
fn property(
    escaped: char,
    rest: &mut std::iter::Peekable<std::str::Chars<'_>>,
    out: &mut String,
) -> std::result::Result<(), &'static str> {
    let mut name = String::new();
    match rest.next() {
        Some('{') => name.extend(rest.by_ref().take_while(|symbol| *symbol != '}')),
        Some(letter) => name.push(letter),
        None => return Err("it has a property without a name"),
    }
    let posix =
        ["Lower", "Upper", "Alpha", "Digit", "Alnum", "Punct", "Graph", "Print", "Blank", "Cntrl", "XDigit", "Space"];
    if name == "ASCII" || posix.contains(&name.as_str()) {
        let negation = if escaped == 'P' { "^" } else { "" };
        out.extend(["[[:", negation, &name.to_ascii_lowercase(), ":]]"]);
    } else {
        let name = name.strip_prefix("Is").unwrap_or(&name);
        out.extend(['\\', escaped, '{']);
        out.extend([name, "}"]);
    }
    Ok(())
}

/// Visits matches as Java's `Matcher.find` does: after an empty match the search goes on one character later, and an empty
/// match may follow right behind another one. Stops when `visit` returns false.
pub fn each_match<'t>(regex: &Regex, text: &'t str, mut visit: impl FnMut(Match<'t>) -> bool) {
    let mut at = 0;
    while let Some(found) = regex.find_at(text, at) {
        if !visit(found) {
            return;
        }
        match behind(text, found) {
            Some(next) => at = next,
            None => return,
        }
    }
}

fn behind(text: &str, found: Match<'_>) -> Option<usize> {
    if !found.is_empty() {
        return Some(found.end());
    }
    text[found.end()..].chars().next().map(|symbol| found.end() + symbol.len_utf8())
}

/// Splits as Java's `String.split(pattern, limit)` does with a positive limit: at most `limit` parts, the last one keeps the
/// rest; an empty match at the beginning makes no empty part. Calls `part` for each part.
pub fn split<'t>(regex: &Regex, text: &'t str, limit: usize, mut part: impl FnMut(&'t str)) {
    let (mut from, mut parts) = (0, 1);
    if limit > 1 {
        each_match(regex, text, |found| {
            if found.is_empty() && found.start() == 0 && from == 0 {
                return true;
            }
            part(&text[from..found.start()]);
            from = found.end();
            parts += 1;
            parts < limit
        });
    }
    part(&text[from..]);
}

/// A Java replacement text: `$1` and `${name}` are groups, a backslash takes the next character as it is.
pub struct Replacement {
    pieces: Vec<Piece>,
}

enum Piece {
    Text(String),
    Group(usize),
}

impl Replacement {
    /// Reads a replacement for a pattern.
    ///
    /// # Errors
    /// `OPTION_INVALID` when a group does not exist or an escape is cut off.
    ///
    /// # Source
    /// Java `Matcher.appendReplacement`.
    pub fn parse(replacement: &str, regex: &Regex) -> Result<Self> {
        let refused = |why: &str| {
            KernelError::new(ErrorCode::OptionInvalid, format!("replacement '{replacement}' is not valid: {why}"))
        };
        let groups = regex.captures_len();
        let (mut pieces, mut text) = (Vec::new(), String::new());
        let mut rest = replacement.chars().peekable();
        while let Some(symbol) = rest.next() {
            match symbol {
                '\\' => text.push(rest.next().ok_or_else(|| refused("a character to be escaped is missing"))?),
                '$' => {
                    let group = match rest.peek() {
                        Some('{') => {
                            rest.next();
                            let name: String = rest.by_ref().take_while(|symbol| *symbol != '}').collect();
                            regex
                                .capture_names()
                                .position(|group| group == Some(&name))
                                .ok_or_else(|| refused(&format!("no group with name '{name}'")))?
                        }
                        Some(digit) if digit.is_ascii_digit() => group_number(&mut rest, groups),
                        _ => return Err(refused("illegal group reference")),
                    };
                    if group >= groups {
                        return Err(refused(&format!("no group '{group}'")));
                    }
                    pieces.push(Piece::Text(std::mem::take(&mut text)));
                    pieces.push(Piece::Group(group));
                }
                _ => text.push(symbol),
            }
        }
        pieces.push(Piece::Text(text));
        Ok(Self { pieces })
    }

    fn expand(&self, captures: &Captures<'_>, out: &mut String) {
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Group(group) => out.push_str(captures.get(*group).map_or("", |found| found.as_str())),
            }
        }
    }
}

/// As many digits as still name a group, at least one.
fn group_number(rest: &mut std::iter::Peekable<std::str::Chars<'_>>, groups: usize) -> usize {
    let mut number = 0usize;
    let mut digits = 0;
    while let Some(digit) = rest.peek().and_then(|symbol| symbol.to_digit(10)) {
        let longer = number.saturating_mul(10).saturating_add(digit as usize);
        if digits > 0 && longer >= groups {
            break;
        }
        number = longer;
        digits += 1;
        rest.next();
    }
    number
}

/// Appends `text` with its matches replaced: all of them, or the first one.
pub fn replace(regex: &Regex, text: &str, replacement: &Replacement, first_only: bool, out: &mut String) {
    let (mut from, mut at) = (0, 0);
    while let Some(captures) = regex.captures_at(text, at) {
        let Some(found) = captures.get(0) else { break };
        out.push_str(&text[from..found.start()]);
        replacement.expand(&captures, out);
        from = found.end();
        match behind(text, found) {
            Some(next) if !first_only => at = next,
            _ => break,
        }
    }
    out.push_str(&text[from..]);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn parts(pattern: &str, text: &str, limit: usize) -> Vec<String> {
        let mut parts = Vec::new();
        split(&compile(pattern).unwrap(), text, limit, |part| parts.push(part.to_owned()));
        parts
    }

    #[test]
    fn split_cuts_as_java_cuts() {
        for (pattern, text, limit, expected) in [
            (" ", "a b c", 2, vec!["a", "b c"]),
            (" ", "a b c", 9, vec!["a", "b", "c"]),
            (" ", "abc", 2, vec!["abc"]),
            (" ", "", 2, vec![""]),
            (",", ",a,,", 9, vec!["", "a", "", ""]),
            (",", "a,b", 1, vec!["a,b"]),
            ("", "abc", 9, vec!["a", "b", "c", ""]),
            ("", "abc", 2, vec!["a", "bc"]),
            ("x*", "axxb", 9, vec!["a", "", "b", ""]),
            ("\\|", "a|b", 9, vec!["a", "b"]),
            ("\\s+", "a \u{a0}b", 9, vec!["a", "\u{a0}b"]),
            ("[,;]", "a;b,c", 9, vec!["a", "b", "c"]),
        ] {
            assert_eq!(parts(pattern, text, limit), expected, "{pattern:?} {text:?} {limit}");
        }
    }

    #[test]
    fn replace_expands_as_java_expands() {
        for (pattern, text, replacement, first_only, expected) in [
            ("a*", "baac", "-", false, "-b--c-"),
            ("x*", "abc", "-", false, "-a-b-c-"),
            ("a", "banana", "o", true, "bonana"),
            ("(\\w)(\\d)", "a1 b2", "$2$1", false, "1a 2b"),
            ("(a)", "a", "$12", false, "a2"),
            ("(?<year>\\d{4})", "in 2024", "<${year}>", false, "in <2024>"),
            ("(a)|b", "b", "[$1]", false, "[]"),
            ("a", "a", "\\$1\\\\", false, "$1\\"),
            (".", "a\r\u{2028}b", "x", false, "x\r\u{2028}x"),
            ("\\p{Alpha}+", "aé1", "x", false, "xé1"),
            ("\\Qa.b\\E", "a.b axb", "x", false, "x axb"),
            ("[\\d-]+", "1-2 x", "n", false, "n x"),
            ("\\bfoo\\b", "foo foobar", "x", false, "x foobar"),
        ] {
            let regex = compile(pattern).unwrap();
            let replacement = Replacement::parse(replacement, &regex).unwrap();
            let mut out = String::new();
            replace(&regex, text, &replacement, first_only, &mut out);
            assert_eq!(out, expected, "{pattern:?} in {text:?}");
        }
    }

    #[test]
    fn what_cannot_be_done_is_refused() {
        for pattern in ["(?=a)", "(?<!a)b", "(a)\\1", "a*+", "(?>a)", "a++", "(", "[", "\\"] {
            assert_eq!(compile(pattern).unwrap_err().code, ErrorCode::OptionInvalid, "{pattern}");
        }
        let regex = compile("(a)").unwrap();
        for replacement in ["$", "$x", "\\", "$2", "${no}"] {
            let error = Replacement::parse(replacement, &regex).err().unwrap();
            assert_eq!(error.code, ErrorCode::OptionInvalid, "{replacement}");
        }
    }

    #[test]
    fn a_pattern_without_operators_is_a_literal() {
        for (pattern, expected) in
            [("ab", Some("ab")), ("\\|", Some("|")), ("a\\.b", Some("a.b")), ("a.b", None), ("\\d", None), ("\\", None)]
        {
            assert_eq!(literal(pattern).as_deref(), expected, "{pattern}");
        }
    }
    proptest! {
        #[test]
        fn no_pattern_panics_and_parts_join_to_the_text(
            pattern in "[ab*+?().\\[\\]\\\\dswQE^$|{}1,:<>=!&~é-]{0,12}", text in "[ab1 é-]{0,12}", limit in 1usize..5,
        ) {
            if let Ok(regex) = compile(&pattern) {
                let mut parts = Vec::new();
                split(&regex, &text, limit, |part| parts.push(part));
                prop_assert!((1..=limit).contains(&parts.len()));
                let mut rest = text.as_str();
                for part in parts {
                    rest = &rest[rest.find(part).unwrap() + part.len()..];
                }
                let same = Replacement::parse("$0", &regex).unwrap();
                let mut out = String::new();
                replace(&regex, &text, &same, false, &mut out);
                prop_assert_eq!(out, text);
            }
        }

        #[test]
        fn a_literal_matches_what_its_pattern_matches(pattern in "[ab|.\\\\]{1,4}", text in "[ab|.\\\\]{0,8}") {
            if let Some(literal) = literal(&pattern).filter(|literal| !literal.is_empty()) {
                let mut parts = Vec::new();
                split(&compile(&pattern).unwrap(), &text, 99, |part| parts.push(part));
                prop_assert_eq!(parts, text.split(&literal).collect::<Vec<_>>());
            }
        }
    }
}

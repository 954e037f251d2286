//! Java's syntax into the engine's.

use super::SPECIAL;
use std::iter::Peekable;
use std::str::Chars;

/// Why a pattern is refused.
type Outcome<T> = Result<T, &'static str>;

/// Rewrites what means something else to the engine.
pub(super) fn translate(pattern: &str) -> Outcome<String> {
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

fn quote(rest: &mut Peekable<Chars<'_>>, out: &mut String) {
    while let Some(symbol) = rest.next() {
        if symbol == '\\' && rest.peek() == Some(&'E') {
            rest.next();
            return;
        }
        out.push_str(&regex::escape(symbol.encode_utf8(&mut [0; 4])));
    }
}

fn escape(escaped: char, rest: &mut Peekable<Chars<'_>>, in_class: bool, out: &mut String) -> Outcome<()> {
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

fn unicode(rest: &mut Peekable<Chars<'_>>, out: &mut String) -> Outcome<()> {
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
fn property(escaped: char, rest: &mut Peekable<Chars<'_>>, out: &mut String) -> Outcome<()> {
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

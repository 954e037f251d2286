//! Java patterns on a regex engine without backtracking.

use millrace_batch::{ErrorCode, KernelError, Result};
use regex::{Captures, Regex, RegexBuilder};
use std::fmt::Write;
use std::iter::Peekable;
use std::str::Chars;

/// Match flags of the regular-expression functions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Flags {
    /// `i`.
    pub(crate) case_insensitive: bool,
    /// `n`: the dot matches line ends.
    pub(crate) dot_all: bool,
    /// `m`: `^` and `$` match at lines.
    pub(crate) multi_line: bool,
}

impl Flags {
    /// Parses the flag text of `REGEXP_LIKE` and its kin; later letters win.
    ///
    /// # Errors
    /// `EXPRESSION_FAILED` for a letter that is no flag.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let mut flags = Self::default();
        for letter in text.chars() {
            match letter {
                'i' => flags.case_insensitive = true,
                'c' => flags.case_insensitive = false,
                'n' => flags.dot_all = true,
                'm' => flags.multi_line = true,
                _ => {
                    return Err(KernelError::new(
                        ErrorCode::ExpressionFailed,
                        format!("the regular expression mode '{text}' is not valid"),
                    ));
                }
            }
        }
        Ok(flags)
    }
}

/// Compiles a Java pattern.
///
/// # Errors
/// `UNIMPLEMENTED` for look-around, back-references, atomic groups and possessive quantifiers; `EXPRESSION_FAILED` for
/// what is no pattern, or too large a one.
pub(crate) fn compile_regex(pattern: &str, flags: Flags) -> Result<Regex> {
    let translated = Translator { chars: pattern.chars().peekable(), out: String::new(), pattern, flags }.run()?;
    RegexBuilder::new(&translated)
        .case_insensitive(flags.case_insensitive)
        .multi_line(flags.multi_line)
        .build()
        .map_err(|error| invalid(pattern, &error.to_string()))
}

fn invalid(pattern: &str, cause: &str) -> KernelError {
    let cause = cause.lines().last().unwrap_or_default().trim_start_matches("error: ");
    KernelError::new(ErrorCode::ExpressionFailed, format!("the pattern '{pattern}' is not valid: {cause}"))
}

fn unimplemented(pattern: &str, what: &str) -> KernelError {
    KernelError::new(
        ErrorCode::Unimplemented,
        format!("the pattern '{pattern}' uses {what}, which are not implemented"),
    )
}

const NOT_LINE_END: &str = r"[^\n\r\x{85}\x{2028}\x{2029}]";

struct Translator<'a> {
    chars: Peekable<Chars<'a>>,
    out: String,
    pattern: &'a str,
    flags: Flags,
}

impl Translator<'_> {
    fn run(mut self) -> Result<String> {
        let mut class_depth = 0usize;
        while let Some(character) = self.chars.next() {
            match character {
                '\\' => self.escape()?,
                '[' => {
                    class_depth += 1;
                    self.out.push('[');
                }
                ']' if class_depth > 0 => {
                    class_depth -= 1;
                    self.out.push(']');
                }
                // `--` and `~~` are set operators of the engine below and plain characters in Java.
                '-' | '~' if class_depth > 0 && self.chars.peek() == Some(&character) => {
                    self.out.push('\\');
                    self.out.push(character);
                }
                _ if class_depth > 0 => self.out.push(character),
                '.' => self.out.push_str(if self.flags.dot_all { "(?s:.)" } else { NOT_LINE_END }),
                '(' => self.group()?,
                '*' | '+' | '?' | '}' => {
                    self.out.push(character);
                    if self.chars.peek() == Some(&'+') {
                        return Err(unimplemented(self.pattern, "possessive quantifiers"));
                    }
                    if character != '}' && self.chars.peek() == Some(&'?') {
                        self.chars.next();
                        self.out.push('?');
                    }
                }
                _ => self.out.push(character),
            }
        }
        Ok(self.out)
    }

    fn group(&mut self) -> Result<()> {
        self.out.push('(');
        if self.chars.peek() != Some(&'?') {
            return Ok(());
        }
        self.chars.next();
        self.out.push('?');
        match self.chars.peek() {
            Some('=' | '!') => Err(unimplemented(self.pattern, "look-ahead groups")),
            Some('>') => Err(unimplemented(self.pattern, "atomic groups")),
            Some('<') => {
                self.chars.next();
                if matches!(self.chars.peek(), Some('=' | '!')) {
                    return Err(unimplemented(self.pattern, "look-behind groups"));
                }
                self.out.push('<');
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn escape(&mut self) -> Result<()> {
        let Some(character) = self.chars.next() else { return Err(invalid(self.pattern, "it ends with a backslash")) };
        match character {
            'd' => self.out.push_str("[0-9]"),
            'D' => self.out.push_str("[^0-9]"),
            'w' => self.out.push_str("[a-zA-Z0-9_]"),
            'W' => self.out.push_str("[^a-zA-Z0-9_]"),
            's' => self.out.push_str(r"[ \t\n\x0B\f\r]"),
            'S' => self.out.push_str(r"[^ \t\n\x0B\f\r]"),
            'h' => self.out.push_str(r"[ \t\x{A0}\x{1680}\x{180E}\x{2000}-\x{200A}\x{202F}\x{205F}\x{3000}]"),
            'v' => self.out.push_str(r"[\n\x0B\f\r\x{85}\x{2028}\x{2029}]"),
            'R' => self.out.push_str(r"(?:\r\n|[\n\x0B\f\r\x{85}\x{2028}\x{2029}])"),
            'Z' => self.out.push_str(r"(?:\n?\z)"),
            'e' => self.out.push_str(r"\x1B"),
            't' | 'n' | 'r' | 'f' | 'a' | 'A' | 'z' | 'b' | 'B' | 'x' => {
                self.out.push('\\');
                self.out.push(character);
            }
            'u' => {
                let digits: String = self.chars.by_ref().take(4).collect();
                let _ = write!(self.out, r"\x{{{digits}}}");
            }
            '0' => {
                let mut value = 0u32;
                while let Some(digit) = self.chars.peek().and_then(|c| c.to_digit(8)).filter(|d| value * 8 + d < 256) {
                    value = value * 8 + digit;
                    self.chars.next();
                }
                let _ = write!(self.out, r"\x{{{value:x}}}");
            }
            'p' | 'P' => self.property(character)?,
            'Q' => self.quotation(),
            '1'..='9' | 'k' => return Err(unimplemented(self.pattern, "back-references")),
            'G' | 'X' | 'N' | 'c' => {
                return Err(unimplemented(self.pattern, "the escapes '\\G', '\\X', '\\N' or '\\c'"));
            }
            _ if character.is_ascii_alphabetic() => {
                return Err(invalid(self.pattern, &format!("'\\{character}' is not an escape")));
            }
            _ => self.out.push_str(&regex::escape(character.encode_utf8(&mut [0; 4]))),
        }
        Ok(())
    }

    fn quotation(&mut self) {
        let rest: String = self.chars.clone().collect();
        let quoted = rest.split("\\E").next().unwrap_or_default();
        self.out.push_str(&regex::escape(quoted));
        let skip = quoted.chars().count() + if quoted.len() < rest.len() { 2 } else { 0 };
        self.chars.by_ref().take(skip).for_each(drop);
    }

    /// `\p{Alpha}` and its kin are ASCII in Java; everything else is a Unicode property.
    fn property(&mut self, letter: char) -> Result<()> {
        if self.chars.peek() != Some(&'{') {
            self.out.push('\\');
            self.out.push(letter);
            return Ok(());
        }
        self.chars.next();
        let name: String = self.chars.by_ref().take_while(|c| *c != '}').collect();
        let negation = if letter == 'P' { "^" } else { "" };
        let ascii = [
            "Lower", "Upper", "Alpha", "Digit", "Alnum", "Punct", "Graph", "Print", "Blank", "Cntrl", "XDigit", "Space",
        ];
        if ascii.contains(&name.as_str()) {
            let _ = write!(self.out, "[[:{negation}{}:]]", name.to_ascii_lowercase());
            return Ok(());
        }
        if name.starts_with("In") || name.starts_with("java") {
            return Err(unimplemented(self.pattern, "block or java properties"));
        }
        let name = name.strip_prefix("Is").unwrap_or(&name);
        let _ = write!(self.out, "\\{letter}{{{name}}}");
        Ok(())
    }
}

/// `Matcher.replaceAll`: unlike the engine's own, an empty match right behind a match counts.
///
/// # Errors
/// `EXPRESSION_FAILED` when the replacement names a group that does not exist; `VALUE_TOO_LARGE` over `limit_bytes`.
pub(crate) fn replace_all(
    regex: &Regex,
    text: &str,
    replacement: &str,
    out: &mut String,
    limit_bytes: usize,
) -> Result<()> {
    let start = out.len();
    // Groups are only looked for when the replacement has some.
    let plain = !replacement.contains(['$', '\\']);
    let (mut copied, mut search) = (0, 0);
    while search <= text.len() {
        let captures = if plain { None } else { regex.captures_at(text, search) };
        let whole = if plain { regex.find_at(text, search) } else { captures.as_ref().and_then(|all| all.get(0)) };
        let Some(whole) = whole else { break };
        out.push_str(&text[copied..whole.start()]);
        match &captures {
            Some(captures) => append_replacement(replacement, captures, out)?,
            None => out.push_str(replacement),
        }
        copied = whole.end();
        if out.len() - start > limit_bytes {
            return Err(KernelError::new(
                ErrorCode::ValueTooLarge,
                format!("a text with its matches replaced is longer than the limit of {limit_bytes} bytes"),
            ));
        }
        search = if whole.is_empty() {
            whole.end() + text[whole.end()..].chars().next().map_or(1, char::len_utf8)
        } else {
            whole.end()
        };
    }
    out.push_str(&text[copied..]);
    Ok(())
}

fn append_replacement(template: &str, captures: &Captures<'_>, out: &mut String) -> Result<()> {
    let fail = |cause: &str| {
        KernelError::new(ErrorCode::ExpressionFailed, format!("the replacement '{template}' is not valid: {cause}"))
    };
    let mut chars = template.chars().peekable();
    while let Some(character) = chars.next() {
        match character {
            '\\' => out.push(chars.next().ok_or_else(|| fail("it ends with a backslash"))?),
            '$' if chars.peek() == Some(&'{') => {
                chars.next();
                let name: String = chars.by_ref().take_while(|c| *c != '}').collect();
                out.push_str(captures.name(&name).map_or("", |group| group.as_str()));
            }
            '$' => {
                let digit = chars.next().and_then(|c| c.to_digit(10)).ok_or_else(|| fail("'$' without a group"))?;
                let mut group = digit as usize;
                if group >= captures.len() {
                    return Err(fail(&format!("there is no group {group}")));
                }
                // Further digits belong to the number as long as such a group exists.
                while let Some(digit) = chars.peek().and_then(|c| c.to_digit(10)) {
                    let longer = group * 10 + digit as usize;
                    if longer >= captures.len() {
                        break;
                    }
                    group = longer;
                    chars.next();
                }
                out.push_str(captures.get(group).map_or("", |group| group.as_str()));
            }
            _ => out.push(character),
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn replaced(pattern: &str, flags: &str, text: &str, replacement: &str) -> Result<String> {
        let mut out = String::new();
        replace_all(&compile_regex(pattern, Flags::parse(flags)?)?, text, replacement, &mut out, 1_000)?;
        Ok(out)
    }

    #[test]
    fn replacing_follows_java() {
        for (pattern, flags, text, replacement, expected) in [
            (".*", "", "abc", "b", "bb"),
            (".+", "", "abc", "b", "b"),
            ("", "", "ab", "-", "-a-b-"),
            ("(\\d+)-(\\d+)", "", "10-20", "$2-$1", "20-10"),
            ("(a)", "", "a", "$11", "a1"),
            ("l", "", "Hello", "\\$", "He$$o"),
            ("L", "i", "Hello", "z", "Hezzo"),
            ("É", "i", "é", "e", "e"),
            (".", "", "a\nb", "x", "x\nx"),
            (".", "n", "a\nb", "x", "xxx"),
            ("^b", "m", "a\nb", "x", "a\nx"),
            ("\\Q.\\E", "", "a.b", "!", "a!b"),
            ("[\\w--]+", "", "a-b!", "x", "x!"),
            ("\\d", "", "٣3", "n", "٣n"),
            ("\\p{Alpha}", "", "aé", "x", "xé"),
            ("\\p{L}", "", "aé", "x", "xx"),
            ("\\u0041", "", "A", "b", "b"),
        ] {
            assert_eq!(replaced(pattern, flags, text, replacement).as_deref(), Ok(expected), "{pattern} on {text}");
        }
    }

    #[test]
    fn what_the_engine_does_not_have_is_named() {
        for (pattern, code) in [
            ("(?=a)", ErrorCode::Unimplemented),
            ("(?<!a)b", ErrorCode::Unimplemented),
            ("(a)\\1", ErrorCode::Unimplemented),
            ("a*+", ErrorCode::Unimplemented),
            ("(?>a)", ErrorCode::Unimplemented),
            ("(", ErrorCode::ExpressionFailed),
            ("\\", ErrorCode::ExpressionFailed),
            ("\\y", ErrorCode::ExpressionFailed),
            ("(a{1000}){1000}", ErrorCode::ExpressionFailed),
        ] {
            assert_eq!(replaced(pattern, "", "a", "b").unwrap_err().code, code, "{pattern}");
        }
        assert_eq!(Flags::parse("z").unwrap_err().code, ErrorCode::ExpressionFailed);
        assert_eq!(replaced("a", "", "a", "$1").unwrap_err().code, ErrorCode::ExpressionFailed);
    }
}

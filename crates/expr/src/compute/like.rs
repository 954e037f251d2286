//! `LIKE`, which is a regular expression with wildcards at its edges.

use super::compare::valid;
use super::runtime::Runtime;
use super::value::Value;
use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_buffer::BooleanBuffer;
use arrow_schema::DataType as ArrowType;
use memchr::{memchr2, memmem};
use millrace_batch::java_regex::{Flags, JavaRegex};
use millrace_batch::{ErrorCode, KernelError, Result};
use std::sync::Arc;

/// A pattern, ready to match.
enum Matcher {
    /// Text before and after, and whether anything without a line end may stand at each edge.
    Literal { finder: Box<memmem::Finder<'static>>, any_before: bool, any_after: bool },
    /// Everything else.
    Pattern(Arc<JavaRegex>),
}

/// The regular expression that a `LIKE` pattern stands for.
///
/// # Source
/// SeaTunnel `ZetaSQLFilter.likeExpr`: one wildcard at each end is translated (and a `_` before a closing `%`); what is
/// between them is taken as a regular expression.
fn to_regex(pattern: &str) -> String {
    let mut pattern = pattern;
    if pattern.len() >= 2 && pattern.starts_with('\'') && pattern.ends_with('\'') {
        pattern = &pattern[1..pattern.len() - 1];
    }
    let (start, rest) = match pattern.as_bytes().first() {
        Some(b'%') => (".*", &pattern[1..]),
        Some(b'_') => (".", &pattern[1..]),
        _ => ("", pattern),
    };
    let (rest, end) = match rest.as_bytes() {
        [.., b'_', b'%'] => (&rest[..rest.len() - 2], "..*"),
        [.., b'%'] => (&rest[..rest.len() - 1], ".*"),
        [.., b'_'] => (&rest[..rest.len() - 1], "."),
        _ => (rest, ""),
    };
    format!("{start}{rest}{end}")
}

impl Matcher {
    fn new(pattern: &str, runtime: &Runtime) -> Result<Self> {
        let source = to_regex(pattern);
        let (any_before, rest) = source.strip_prefix(".*").map_or((false, source.as_str()), |rest| (true, rest));
        let (any_after, literal) = rest.strip_suffix(".*").map_or((false, rest), |rest| (true, rest));
        if !literal.contains(['.', '\\', '[', ']', '(', ')', '{', '}', '*', '+', '?', '|', '^', '$', '\n', '\r'])
            && literal.is_ascii()
        {
            let finder = Box::new(memmem::Finder::new(literal).into_owned());
            return Ok(Matcher::Literal { finder, any_before, any_after });
        }
        Ok(Matcher::Pattern(runtime.regex(&source, Flags::default(), true)?))
    }

    fn matches(&self, text: &str) -> Result<bool> {
        Ok(match self {
            Matcher::Pattern(regex) => regex.is_match(text)?,
            Matcher::Literal { finder, any_before, any_after } => {
                let (bytes, literal) = (text.as_bytes(), finder.needle());
                match (any_before, any_after) {
                    (false, false) => bytes == literal,
                    (true, false) => bytes.strip_suffix(literal).is_some_and(is_one_line),
                    (false, true) => bytes.strip_prefix(literal).is_some_and(is_one_line),
                    // The literal has no line end of its own, so the rest is one line if and only if all of it is.
                    (true, true) => finder.find(bytes).is_some() && is_one_line(bytes),
                }
            }
        })
    }
}

/// Whether the text has none of the line ends that Java's dot leaves out.
fn is_one_line(bytes: &[u8]) -> bool {
    memchr2(b'\n', b'\r', bytes).is_none()
        && (bytes.is_ascii()
            || !["\u{85}", "\u{2028}", "\u{2029}"].iter().any(|end| memmem::find(bytes, end.as_bytes()).is_some()))
}

/// `text [NOT] LIKE pattern`, both of type STRING.
///
/// # Null
/// A null text is false, with and without `NOT`.
///
/// # Errors
/// `EXPRESSION_FAILED` at the lowest row whose text is there and whose pattern is null or not valid.
pub(crate) fn like(
    text: &Value,
    negated: bool,
    pattern: &Value,
    rows: usize,
    runtime: &Runtime,
) -> Result<BooleanBuffer> {
    let there = valid(text, rows);
    let Some(first) = there.set_indices().next() else { return Ok(there) };
    debug_assert_eq!(text.array().data_type(), &ArrowType::Utf8);
    let texts = text.array().as_string::<i32>();
    let null_pattern =
        |row: usize| KernelError::new(ErrorCode::ExpressionFailed, "the pattern of a LIKE is null").at_row(row);
    if pattern.is_scalar() {
        if pattern.is_null(0) {
            return Err(null_pattern(first));
        }
        let matcher = Matcher::new(pattern.array().as_string::<i32>().value(0), runtime);
        let matcher = matcher.map_err(|error| error.at_row(first))?;
        let mut failure = None;
        let matched = BooleanBuffer::collect_bool(rows, |row| {
            if failure.is_some() || !there.value(row) {
                return false;
            }
            match matcher.matches(texts.value(text.index(row))) {
                Ok(found) => found != negated,
                Err(error) => {
                    failure = Some(error.at_row(row));
                    false
                }
            }
        });
        return failure.map_or(Ok(matched), Err);
    }
    let patterns = pattern.array().as_string::<i32>();
    let mut matched = vec![false; rows];
    for row in there.set_indices() {
        if patterns.is_null(row) {
            return Err(null_pattern(row));
        }
        let matcher = Matcher::new(patterns.value(row), runtime).map_err(|error| error.at_row(row))?;
        matched[row] = matcher.matches(texts.value(text.index(row))).map_err(|error| error.at_row(row))? != negated;
    }
    Ok(BooleanBuffer::from(matched))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use millrace_batch::codec::Context;

    #[test]
    fn wildcards_work_at_the_edges_and_the_rest_is_a_regular_expression() {
        let runtime = Runtime::new(&Context::default()).unwrap();
        for (pattern, text, expected) in [
            ("%l%", "Hello", true),
            ("H%", "Hello", true),
            ("%o", "Hello", true),
            ("%x%", "Hello", false),
            ("Hello", "Hello", true),
            ("_ello", "Hello", true),
            ("Hell_", "Hello", true),
            ("Hel_%", "Hello", true),
            ("Hello_%", "Hello", false),
            ("H_llo", "Hello", false),
            ("H.llo", "Hello", true),
            ("H%o", "Hello", false),
            ("a|b", "b", true),
            ("%", "", true),
            ("%", "a\nb", false),
            ("%b", "a\nb", false),
            ("%a%", "a\u{2028}", false),
            ("", "", true),
            ("'%l%'", "Hello", true),
            ("%é", "é", true),
        ] {
            assert_eq!(Matcher::new(pattern, &runtime).unwrap().matches(text), Ok(expected), "{text} LIKE {pattern}");
        }
        assert_eq!(Matcher::new("a)|(b", &runtime).err().map(|error| error.code), Some(ErrorCode::ExpressionFailed));
    }
}

//! Strings: regular expressions.

use super::cells::{Longs, Texts, boolean_column, failed, text_column};
use super::{Call, Function, Parameter, ResultType, function};
use crate::compute::runtime::expression_failed;
use crate::compute::value::Value;
use crate::java::regex::parse_flags;
use crate::java::utf16;
use arrow_array::ArrayRef;
use millrace_batch::java_regex::{JavaRegex, Replacement, behind};
use millrace_batch::{DataType, Result};
use std::sync::Arc;

use Parameter::{Long, Text};

const STRING: ResultType = ResultType::Fixed(DataType::String);

/// Strings: regular expressions.
pub(super) static FUNCTIONS: &[Function] = &[
    function!(
        ["REGEXP_REPLACE"],
        [Text, Text, Text, Text],
        3,
        STRING,
        regexp_replace,
        "Every match of a Java pattern replaced; `$1` is a group. Flags: i (any case), c (exact case), n (the dot \
         matches line ends), m (lines).",
        ("REGEXP_REPLACE('10-20', '(\\d+)-(\\d+)', '$2-$1')", "20-10")
    ),
    function!(
        ["REGEXP_LIKE"],
        [Text, Text, Text],
        2,
        ResultType::Fixed(DataType::Boolean),
        regexp_like,
        "Whether a Java pattern matches anywhere in the text. Flags as REGEXP_REPLACE.",
        ("REGEXP_LIKE('Hello', 'L+', 'i')", "true")
    ),
    function!(
        ["REGEXP_SUBSTR"],
        [Text, Text, Long, Long, Text, Long],
        2,
        STRING,
        regexp_substr,
        "The match of a Java pattern: from a position (1-based), which occurrence (1-based), flags, which group. \
         Null when there is none.",
        ("REGEXP_SUBSTR('2020-10-01', '(\\d{4})-(\\d{2})', 1, 1, NULL, 2)", "10")
    ),
];

/// The pattern of each row; compiled once when it is constant.
struct Patterns<'a> {
    call: &'a Call<'a>,
    texts: Texts<'a>,
    flags: Option<Texts<'a>>,
    constant: Option<Arc<JavaRegex>>,
}

impl<'a> Patterns<'a> {
    fn new(call: &'a Call<'a>, pattern: &'a Value, flags: Option<&'a Value>) -> Self {
        let (texts, flags) = (Texts::new(pattern), flags.map(Texts::new));
        let mut this = Self { call, texts, flags, constant: None };
        let constant_flags = this.flags.as_ref().is_none_or(Texts::is_constant);
        if this.texts.is_constant() && constant_flags {
            // A pattern that is not valid fails at the first row that uses it.
            this.constant = this.compile(0).ok().flatten();
        }
        this
    }

    fn compile(&self, row: usize) -> Result<Option<Arc<JavaRegex>>> {
        let Some(pattern) = self.texts.get(row) else { return Ok(None) };
        let flags = parse_flags(self.flags.as_ref().and_then(|flags| flags.get(row)).unwrap_or_default())?;
        self.call.runtime.regex(pattern, flags, false).map(Some)
    }

    fn get(&self, row: usize) -> Result<Option<Arc<JavaRegex>>> {
        match &self.constant {
            Some(regex) => Ok(Some(Arc::clone(regex))),
            None => self.compile(row),
        }
    }
}

fn regexp_replace(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    let (texts, replacements) = (Texts::new(&arguments[0]), Texts::new(&arguments[2]));
    let patterns = Patterns::new(call, &arguments[1], arguments.get(3));
    text_column(call, |row, out| {
        let (Some(text), Some(replacement)) = (texts.get(row), replacements.get(row)) else { return Ok(false) };
        let Some(regex) = patterns.get(row)? else { return Ok(false) };
        let limit_bytes = call.runtime.value_limit_bytes;
        let replacement = match Replacement::parse(replacement, &regex) {
            Ok(replacement) => replacement,
            // A replacement that is not valid does not matter where there is nothing to be replaced.
            Err(error) if regex.is_match(text)? => return Err(expression_failed(error)),
            Err(_) => {
                out.push_str(text);
                return Ok(true);
            }
        };
        if !regex.replace(text, &replacement, false, limit_bytes, &mut regex.groups(), out)? {
            out.push_str(text);
        }
        Ok(true)
    })
}

fn regexp_like(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    let texts = Texts::new(&arguments[0]);
    let patterns = Patterns::new(call, &arguments[1], arguments.get(2));
    boolean_column(call, |row| {
        let Some(text) = texts.get(row) else { return Ok(None) };
        patterns.get(row)?.map(|regex| regex.is_match(text)).transpose()
    })
}

fn regexp_substr(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    let texts = Texts::new(&arguments[0]);
    let patterns = Patterns::new(call, &arguments[1], arguments.get(4));
    let number = |index: usize| arguments.get(index).map(Longs::new);
    let (positions, occurrences, groups) = (number(2), number(3), number(5));
    let at = |numbers: &Option<Longs<'_>>, row: usize, default: i64| {
        numbers.as_ref().and_then(|numbers| numbers.get(row)).unwrap_or(default)
    };
    text_column(call, |row, out| {
        let Some(text) = texts.get(row) else { return Ok(false) };
        let Some(regex) = patterns.get(row)? else { return Ok(false) };
        let position = at(&positions, row, 1).max(1) as usize - 1;
        if position > utf16::length(text) {
            return Ok(false);
        }
        let occurrence = at(&occurrences, row, 1).max(1);
        let group = at(&groups, row, 0);
        let group = usize::try_from(group).ok().filter(|group| *group <= regex.group_count());
        let group = group.ok_or_else(|| failed("the pattern has no such group"))?;
        let mut bounds = regex.groups();
        let mut from = Some(utf16::byte_offset(text, position));
        for number in 1..=occurrence {
            let Some(start) = from else { return Ok(false) };
            if !regex.search(text, start, &mut bounds)? {
                return Ok(false);
            }
            if number < occurrence {
                from = bounds.get(0).and_then(|found| behind(text, &found));
            }
        }
        let Some(found) = bounds.get(group) else { return Ok(false) };
        out.push_str(&text[found]);
        Ok(true)
    })
}

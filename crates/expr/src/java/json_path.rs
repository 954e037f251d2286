//! The small paths of `GET_JSON_OBJECT`.

use serde_json::Value;

/// One step into a JSON value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A member of an object.
    Name(String),
    /// An element of an array.
    Index(usize),
}

/// Parses `$`, `.name`, `[0]` and `['name']`. `None` for anything else.
pub(crate) fn parse_path(path: &str) -> Option<Vec<Step>> {
    let mut rest = path.trim().strip_prefix('$')?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if let Some(tail) = rest.strip_prefix('.') {
            let end = tail.find(['.', '[']).unwrap_or(tail.len());
            if end == 0 {
                return None;
            }
            steps.push(Step::Name(tail[..end].to_owned()));
            rest = &tail[end..];
            continue;
        }
        let tail = rest.strip_prefix('[')?;
        let quote = tail.chars().next().filter(|first| matches!(first, '\'' | '"'));
        if let Some(quote) = quote {
            let end = tail[1..].find(quote)? + 1;
            steps.push(Step::Name(tail[1..end].to_owned()));
            rest = tail[end + 1..].strip_prefix(']')?;
        } else {
            let end = tail.find(']')?;
            steps.push(Step::Index(tail[..end].trim().parse().ok()?));
            rest = &tail[end + 1..];
        }
    }
    Some(steps)
}

/// The text of the value at a path. `None` for bad JSON, a step that misses, and null.
pub(crate) fn find(json: &str, steps: &[Step]) -> Option<String> {
    let document: Value = serde_json::from_str(json).ok()?;
    let found = steps.iter().try_fold(&document, |value, step| match step {
        Step::Name(name) => value.get(name),
        Step::Index(index) => value.get(index),
    })?;
    match found {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_to_values_or_nothing() {
        let json = r#"{"a":{"b":[10,{"c d":"x"}],"n":null},"e":1.50}"#;
        for (path, expected) in [
            ("$.a.b[0]", Some("10")),
            ("$.a.b[1]['c d']", Some("x")),
            ("$['a']['b'][1]", Some(r#"{"c d":"x"}"#)),
            ("$.e", Some("1.50")),
            ("$.a.n", None),
            ("$.a.b[9]", None),
            ("$.zz", None),
            ("a", None),
            ("$.", None),
            ("$[x]", None),
        ] {
            let found = parse_path(path).and_then(|steps| find(json, &steps));
            assert_eq!(found.as_deref(), expected, "{path}");
        }
        assert_eq!(find("{", &[]), None);
        assert_eq!(find("[1, 2]", &[]).as_deref(), Some("[1,2]"));
    }
}

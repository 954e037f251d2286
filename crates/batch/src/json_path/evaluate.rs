//! Paths over a tree.

use super::function::picked;
use super::{PathFault, Token};
use serde_json::Value;

/// Values that one evaluation may visit or copy.
pub(super) struct Budget {
    left: usize,
}

/// See [`Budget`].
const MAX_VISITS: usize = 4 << 20;

impl Budget {
    pub(super) fn new() -> Self {
        Self { left: MAX_VISITS }
    }

    pub(super) fn spend(&mut self, values: usize) -> Result<(), PathFault> {
        self.left = self.left.checked_sub(values).ok_or(PathFault::Limit)?;
        Ok(())
    }
}

/// Values in a tree, itself included.
fn size(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(size).sum(),
        Value::Object(members) => members.values().map(size).sum(),
        _ => 0,
    }
}

/// Whether a path leads to one value at most.
pub(super) fn is_definite(tokens: &[Token]) -> bool {
    tokens.iter().enumerate().all(|(index, token)| match token {
        Token::Names(names) => names.len() == 1 || index + 1 == tokens.len(),
        Token::Indexes(indexes) => indexes.len() == 1,
        Token::Function(_) => true,
        Token::Slice(..) | Token::Wildcard | Token::Descend | Token::Filter(_) => false,
    })
}

/// What `JsonPath.read` gives.
pub(super) fn read(tokens: &[Token], root: &Value) -> Result<Value, PathFault> {
    find(tokens, root, root, &mut Budget::new())
}

/// What a path gives that begins at `start`.
pub(super) fn find(tokens: &[Token], start: &Value, root: &Value, budget: &mut Budget) -> Result<Value, PathFault> {
    // `$..a.sum()` is the sum over everything that `$..a` finds.
    if let [path @ .., Token::Function(function)] = tokens
        && path.iter().any(|token| matches!(token, Token::Descend))
    {
        return function.over(path.to_vec()).apply(&Value::Null, root, budget);
    }
    let definite = is_definite(tokens);
    let mut found = Vec::new();
    let mut walk = Walk { root, budget, found: &mut found };
    walk.follow(tokens, start, true)?;
    if definite { found.into_iter().next().ok_or(PathFault::Missing) } else { Ok(Value::Array(found)) }
}

struct Walk<'a> {
    root: &'a Value,
    budget: &'a mut Budget,
    found: &'a mut Vec<Value>,
}

impl Walk<'_> {
    /// `definite` says that the steps so far lead to one value; only then is something that is missing an error.
    fn follow(&mut self, tokens: &[Token], value: &Value, definite: bool) -> Result<(), PathFault> {
        self.budget.spend(1)?;
        let Some((token, rest)) = tokens.split_first() else {
            self.budget.spend(size(value))?;
            self.found.push(value.clone());
            return Ok(());
        };
        let missing = || if definite { Err(PathFault::Missing) } else { Ok(()) };
        match token {
            Token::Names(names) => match value {
                Value::Object(members) if names.len() == 1 => match members.get(&names[0]) {
                    Some(member) => self.follow(rest, member, definite),
                    None => missing(),
                },
                Value::Object(members) if rest.is_empty() => {
                    let picked = picked(members, names);
                    self.budget.spend(size(&picked))?;
                    self.found.push(picked);
                    Ok(())
                }
                Value::Object(members) => names
                    .iter()
                    .filter_map(|name| members.get(name))
                    .try_for_each(|member| self.follow(rest, member, false)),
                _ => missing(),
            },
            Token::Indexes(indexes) => {
                let Value::Array(items) = value else { return missing() };
                let single = indexes.len() == 1;
                for index in indexes {
                    match at(items, *index) {
                        Some(item) => self.follow(rest, item, definite && single)?,
                        None if single => missing()?,
                        None => {}
                    }
                }
                Ok(())
            }
            Token::Slice(start, end) => {
                let Value::Array(items) = value else { return missing() };
                slice(items, *start, *end).iter().try_for_each(|item| self.follow(rest, item, false))
            }
            Token::Wildcard => match value {
                Value::Array(items) => items.iter().try_for_each(|item| self.follow(rest, item, false)),
                Value::Object(members) => members.values().try_for_each(|member| self.follow(rest, member, false)),
                _ => Ok(()),
            },
            Token::Descend => self.descend(rest, value),
            Token::Filter(filter) => match value {
                Value::Object(_) => {
                    if filter.accepts(value, self.root, self.budget)? {
                        self.follow(rest, value, false)?;
                    }
                    Ok(())
                }
                Value::Array(items) => {
                    for item in items {
                        if filter.accepts(item, self.root, self.budget)? {
                            self.follow(rest, item, false)?;
                        }
                    }
                    Ok(())
                }
                _ if definite => Err(PathFault::Value("a filter cannot be applied to a primitive value")),
                _ => Ok(()),
            },
            Token::Function(function) => {
                let result = function.apply(value, self.root, self.budget)?;
                self.budget.spend(size(&result))?;
                self.found.push(result);
                Ok(())
            }
        }
    }

    /// Applies the steps to a value and to everything in it that they can be applied to, outer values first.
    fn descend(&mut self, rest: &[Token], value: &Value) -> Result<(), PathFault> {
        self.budget.spend(1)?;
        let fits = match rest.first() {
            Some(Token::Names(_)) => value.is_object(),
            Some(Token::Indexes(_) | Token::Slice(..)) => value.is_array(),
            _ => value.is_object() || value.is_array(),
        };
        if fits {
            self.follow(rest, value, false)?;
        }
        match value {
            Value::Array(items) => items.iter().try_for_each(|item| self.descend(rest, item)),
            Value::Object(members) => members.values().try_for_each(|member| self.descend(rest, member)),
            _ => Ok(()),
        }
    }
}

/// An element; negative indexes count from the end.
pub(super) fn at(items: &[Value], index: i64) -> Option<&Value> {
    let length = items.len() as i64;
    let index = if index < 0 { length + index } else { index };
    usize::try_from(index).ok().and_then(|index| items.get(index))
}

/// Jayway's slices have no step; what is out of range is left out.
fn slice(items: &[Value], start: Option<i64>, end: Option<i64>) -> &[Value] {
    let length = items.len() as i64;
    let place = |at: i64| if at < 0 { (length + at).max(0) } else { at.min(length) } as usize;
    let (from, to) = (start.map_or(0, place), end.map_or(items.len(), place));
    items.get(from..to).unwrap_or_default()
}

//! Arrays, maps and rows inside one field.

use super::columns::{ColumnBuilder, Reading, Values};
use super::value::{is_blank, malformed};
use memchr::memmem;
use millrace_batch::Result;
use std::collections::{HashMap, hash_map::Entry};

impl ColumnBuilder {
    /// Parses an array, a map or a row that is not blank.
    ///
    /// Empty elements at the end of an array or map are dropped; a row's missing fields are null and its extra ones ignored.
    /// A map entry without a separator has a null value; the last of several equal keys wins and keeps the first's place.
    ///
    /// # Errors
    /// As the elements; `VALUE_MALFORMED` for a blank key of a map whose keys are not text.
    ///
    /// # Source
    /// SeaTunnel `TextDeserializationSchema.convert`. An array or row inside a map is cut at the next level's separator, as
    /// there, not at the one after the map's second.
    pub(super) fn push_nested(&mut self, text: &[u8], reading: Reading<'_>) -> Result<()> {
        let (level, separators) = (self.level, reading.separators);
        // The null text is a field's, not an element's.
        let inner = Reading { null_format: None, ..reading };
        match &mut self.values {
            Values::List { offsets, element } => {
                for part in split_dropping_empty_tail(text, &separators[level]) {
                    element.push(part, inner)?;
                }
                offsets.push(element.rows as i32);
            }
            Values::Map { offsets, key, value } => {
                let entries = split_dropping_empty_tail(text, &separators[level]);
                for (name, content) in map_entries(&entries, &separators[level + 1]) {
                    if !is_blank(name) {
                        key.push(name, inner)?;
                    } else if let Values::Bytes { offsets, bytes } = &mut key.values {
                        bytes.extend_from_slice(name);
                        offsets.push(bytes.len() as i32);
                        key.rows += 1;
                    } else {
                        return Err(malformed(&key.data_type, name));
                    }
                    value.push(content, inner)?;
                }
                offsets.push(key.rows as i32);
            }
            Values::Struct(children) => {
                let mut parts = split(text, &separators[level]);
                for child in children {
                    child.push(parts.next().unwrap_or_default(), inner)?;
                }
            }
            _ => return self.push(text, reading),
        }
        self.rows += 1;
        Ok(())
    }
}

/// Key and value texts in the order of the first appearance of each key.
fn map_entries<'a>(entries: &[&'a [u8]], separator: &'a [u8]) -> Vec<(&'a [u8], &'a [u8])> {
    let mut pairs: Vec<(&[u8], &[u8])> = Vec::with_capacity(entries.len());
    let mut places: HashMap<&[u8], usize> = HashMap::with_capacity(entries.len());
    for entry in entries {
        let mut parts = split(entry, separator);
        let (key, value) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        match places.entry(key) {
            Entry::Occupied(place) => pairs[*place.get()].1 = value,
            Entry::Vacant(place) => {
                place.insert(pairs.len());
                pairs.push((key, value));
            }
        }
    }
    pairs
}

fn split<'a>(text: &'a [u8], separator: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    let mut starts = Some(0);
    let mut found = memmem::find_iter(text, separator);
    std::iter::from_fn(move || {
        let start = starts?;
        let next = found.next();
        starts = next.map(|position| position + separator.len());
        Some(&text[start..next.unwrap_or(text.len())])
    })
}

fn split_dropping_empty_tail<'a>(text: &'a [u8], separator: &'a [u8]) -> Vec<&'a [u8]> {
    let mut parts: Vec<_> = split(text, separator).collect();
    while parts.last().is_some_and(|part| part.is_empty()) {
        parts.pop();
    }
    parts
}

//! Objects that are read into a column of maps.

use super::column::Column;
use millrace_batch::json_text::Scalar;
use millrace_batch::json_text::{Fault, Lexer};
use millrace_batch::schema::DataType;
use std::borrow::Cow;
use std::collections::HashMap;

/// Keys and values of a column of maps.
pub(crate) struct MapReader {
    /// Where the entries of each map begin and end.
    pub(crate) offsets: Vec<i32>,
    pub(crate) key: Column,
    pub(crate) value: Column,
}

impl MapReader {
    pub(super) fn new(key: &DataType, value: &DataType) -> Self {
        Self { offsets: vec![0], key: Column::new(key), value: Column::new(value) }
    }

    /// Reads an object. When a key comes twice, its place is the first and its value the last one.
    pub(super) fn read(&mut self, lexer: &mut Lexer<'_>) -> Result<(), Fault> {
        lexer.expect(b'{')?;
        lexer.enter()?;
        let mut places: HashMap<Cow<'_, [u8]>, usize> = HashMap::new();
        // Position of each value that counts, of the key that names it, and that key.
        let mut entries: Vec<(usize, usize, Cow<'_, [u8]>)> = Vec::new();
        let mut first = true;
        while lexer.next_element(first, b'}')? {
            first = false;
            let start = lexer.at;
            let key = lexer.text()?;
            lexer.skip_blanks();
            lexer.expect(b':')?;
            lexer.spend(self.value.width)?;
            let value = lexer.at;
            lexer.skip_value()?;
            if let Some(place) = places.get(&key) {
                entries[*place].0 = value;
            } else {
                places.insert(key.clone(), entries.len());
                entries.push((value, start, key));
            }
        }
        let end = lexer.at;
        for (value, start, key) in entries {
            lexer.at = start;
            lexer.string()?;
            self.push_key(key, lexer, start)?;
            lexer.at = value;
            self.value.read(lexer)?;
        }
        lexer.at = end;
        lexer.depth -= 1;
        self.offsets.push(self.key.rows as i32);
        Ok(())
    }

    /// A key is never null, so that a text of which the type makes a null is refused.
    fn push_key(&mut self, key: Cow<'_, [u8]>, lexer: &mut Lexer<'_>, start: usize) -> Result<(), Fault> {
        let nulls = self.key.null_rows.len();
        self.key.push_scalar(&Scalar::Text(key), lexer, start)?;
        if self.key.null_rows.len() > nulls {
            return Err(lexer.value_fault(millrace_batch::ErrorCode::ValueMalformed, start, &self.key.data_type));
        }
        Ok(())
    }

    pub(super) fn push_null(&mut self) {
        self.offsets.push(self.offsets.last().copied().unwrap_or(0));
    }

    pub(super) fn truncate(&mut self, rows: usize) {
        self.offsets.truncate(rows + 1);
        let entries = self.offsets[rows] as usize;
        self.key.truncate(entries);
        self.value.truncate(entries);
    }
}

//! Objects to one value in each of several columns.

use super::column::Column;
use millrace_batch::json_text::{Fault, Lexer};
use millrace_batch::schema::DataType;
use std::collections::HashMap;

/// Key literals that are remembered are at most this long, separators and quotes included.
const LITERAL_BYTES: usize = 32;
/// How far the expectation looks ahead when the next key is not the expected one.
const LOOK_AHEAD: usize = 8;

/// The columns of a row, and what the last objects taught about the order of their keys.
pub(crate) struct RowReader {
    pub(crate) columns: Vec<Column>,
    /// Rows that are complete in all columns.
    pub(crate) rows: usize,
    /// Values that one row makes at least.
    pub(super) width: usize,
    names: Vec<String>,
    by_name: HashMap<Box<[u8]>, u32>,
    /// Column of each position of an array that stands for a row.
    positions: Vec<Option<u32>>,
    expected: Vec<Expected>,
}

/// A key that is expected, as it stands in the text: separator, blanks, quoted name, colon, blanks.
struct Expected {
    low: u128,
    low_mask: u128,
    high: u128,
    high_mask: u128,
    length: usize,
    /// `None` for a key that no column has.
    column: Option<u32>,
}

/// What stands where a key may stand.
enum NextKey {
    /// A key and its column, if it has one.
    Member(Option<u32>),
    /// The end of the object.
    End,
}

impl RowReader {
    /// Columns by name; in an array they come in the same order.
    pub(super) fn new<'a>(fields: impl Iterator<Item = (&'a str, &'a DataType)>) -> Self {
        let (mut names, mut columns, mut by_name) = (Vec::new(), Vec::new(), HashMap::new());
        for (name, data_type) in fields {
            by_name.entry(name.as_bytes().into()).or_insert(names.len() as u32);
            names.push(name.to_owned());
            columns.push(Column::new(data_type));
        }
        let positions = (0..columns.len() as u32).map(Some).collect();
        let width = columns.iter().map(|column: &Column| column.width).sum::<usize>().max(1);
        Self { columns, rows: 0, width, names, by_name, positions, expected: Vec::new() }
    }

    /// Says which names the positions of an array have.
    pub(super) fn set_positions<'a>(&mut self, names: impl Iterator<Item = &'a str>) {
        self.positions = names.map(|name| self.by_name.get(name.as_bytes()).copied()).collect();
    }

    /// Reads an object by name, or an array by position.
    ///
    /// On a fault the columns are uneven; [`RowReader::truncate`] puts that right.
    #[inline]
    pub(super) fn read(&mut self, lexer: &mut Lexer<'_>) -> Result<(), Fault> {
        match lexer.peek() {
            b'{' if lexer.careful => self.read_object_carefully(lexer),
            b'{' => self.read_object(lexer),
            b'[' => self.read_array(lexer),
            _ => Err(Fault::Syntax),
        }
    }

    #[inline]
    fn read_object(&mut self, lexer: &mut Lexer<'_>) -> Result<(), Fault> {
        lexer.enter()?;
        let row = self.rows;
        let (mut index, mut filled) = (0, 0);
        loop {
            let column = match self.expected.get(index) {
                Some(expected) if expected.matches(lexer) => {
                    lexer.at += expected.length;
                    index += 1;
                    expected.column
                }
                _ => match self.read_key(lexer, &mut index)? {
                    NextKey::Member(column) => column,
                    NextKey::End => break,
                },
            };
            if let Some(column) = column {
                let column = &mut self.columns[column as usize];
                if column.rows != row {
                    return Err(Fault::Duplicate);
                }
                column.read(lexer)?;
                filled += 1;
            } else {
                lexer.skip_value()?;
            }
            match lexer.peek() {
                b'}' => {
                    lexer.at += 1;
                    break;
                }
                // Only the first of the expected keys may stand behind an opening brace.
                b'{' => return Err(Fault::Syntax),
                _ => {}
            }
        }
        if filled < self.columns.len() {
            self.columns.iter_mut().filter(|column| column.rows == row).for_each(Column::push_null);
        }
        lexer.depth -= 1;
        self.rows += 1;
        Ok(())
    }

    /// Reads `{` or `,`, a key and the colon.
    #[inline(never)]
    fn read_key(&mut self, lexer: &mut Lexer<'_>, index: &mut usize) -> Result<NextKey, Fault> {
        let ahead = *index + 1..self.expected.len().min(*index + LOOK_AHEAD);
        for place in ahead.clone() {
            if self.expected[place].matches(lexer) {
                lexer.at += self.expected[place].length;
                *index = place + 1;
                return Ok(NextKey::Member(self.expected[place].column));
            }
        }
        let start = lexer.at;
        let first = lexer.peek() == b'{';
        lexer.at += usize::from(first);
        if !lexer.next_element(first, b'}')? {
            return Ok(NextKey::End);
        }
        let key = lexer.text()?;
        lexer.skip_blanks();
        lexer.expect(b':')?;
        lexer.skip_blanks();
        let column = self.by_name.get(&*key).copied();
        if let Some(expected) = Expected::learn(&lexer.bytes[start..lexer.at], column) {
            // Optional keys are learned beside the others, until that would never end.
            if self.expected.len() < 2 * self.columns.len() + 16 {
                self.expected.insert((*index).min(self.expected.len()), expected);
            } else if let Some(place) = self.expected.get_mut(*index) {
                *place = expected;
            }
        }
        *index += 1;
        Ok(NextKey::Member(column))
    }

    /// Finds the last value of each key first, then reads the values in the order of the columns.
    #[inline(never)]
    fn read_object_carefully(&mut self, lexer: &mut Lexer<'_>) -> Result<(), Fault> {
        let mut values = vec![None; self.columns.len()];
        self.find_values(lexer, &mut values)?;
        let end = lexer.at;
        lexer.depth += 1;
        self.push_values(&values, lexer)?;
        lexer.depth -= 1;
        lexer.at = end;
        Ok(())
    }

    /// Skips an object and notes for each column where its last value stands; columns that it does not name keep their place.
    pub(super) fn find_values(&self, lexer: &mut Lexer<'_>, values: &mut [Option<usize>]) -> Result<(), Fault> {
        lexer.expect(b'{')?;
        lexer.enter()?;
        let mut first = true;
        while lexer.next_element(first, b'}')? {
            first = false;
            let key = lexer.text()?;
            lexer.skip_blanks();
            lexer.expect(b':')?;
            lexer.skip_blanks();
            if let Some(column) = self.by_name.get(&*key) {
                values[*column as usize] = Some(lexer.at);
            }
            lexer.skip_value()?;
        }
        lexer.depth -= 1;
        Ok(())
    }

    /// Makes a row of values that stand anywhere in the text; a column without one is null.
    pub(super) fn push_values(&mut self, values: &[Option<usize>], lexer: &mut Lexer<'_>) -> Result<(), Fault> {
        for (column, value) in values.iter().enumerate() {
            if let Some(value) = value {
                lexer.at = *value;
                self.read_column(column, lexer)?;
            } else {
                self.columns[column].push_null();
            }
        }
        self.rows += 1;
        Ok(())
    }

    #[inline(never)]
    fn read_array(&mut self, lexer: &mut Lexer<'_>) -> Result<(), Fault> {
        lexer.at += 1;
        lexer.enter()?;
        let row = self.rows;
        let mut position = 0;
        while lexer.next_element(position == 0, b']')? {
            match self.positions.get(position).copied().flatten() {
                Some(column) => self.read_column(column as usize, lexer)?,
                None => lexer.skip_value()?,
            }
            position += 1;
        }
        self.columns.iter_mut().filter(|column| column.rows == row).for_each(Column::push_null);
        lexer.depth -= 1;
        self.rows += 1;
        Ok(())
    }

    /// Reads a value and puts the column's name in front of the field of its error.
    fn read_column(&mut self, column: usize, lexer: &mut Lexer<'_>) -> Result<(), Fault> {
        let read = self.columns[column].read(lexer);
        if read == Err(Fault::Value)
            && let Some(error) = &mut lexer.error
        {
            let name = &self.names[column];
            error.field = Some(match &error.field {
                Some(inner) => format!("{name}.{inner}"),
                None => name.clone(),
            });
        }
        read
    }

    pub(super) fn push_null(&mut self) {
        self.columns.iter_mut().for_each(Column::push_null);
        self.rows += 1;
    }

    /// Forgets every row behind the first `rows`.
    pub(super) fn truncate(&mut self, rows: usize) {
        self.columns.iter_mut().for_each(|column| column.truncate(rows));
        self.rows = rows;
    }
}

impl Expected {
    /// `None` when the text is too long to be remembered.
    fn learn(text: &[u8], column: Option<u32>) -> Option<Self> {
        if text.len() > LITERAL_BYTES {
            return None;
        }
        let (mut bytes, mut mask) = ([0u8; LITERAL_BYTES], [0u8; LITERAL_BYTES]);
        bytes[..text.len()].copy_from_slice(text);
        mask[..text.len()].fill(u8::MAX);
        let ([low, high], [low_mask, high_mask]) = (halves(&bytes), halves(&mask));
        Some(Self { low, low_mask, high, high_mask, length: text.len(), column })
    }

    #[inline(always)]
    fn matches(&self, lexer: &Lexer<'_>) -> bool {
        match lexer.bytes[lexer.at.min(lexer.bytes.len())..].first_chunk::<LITERAL_BYTES>() {
            Some(text) => {
                let [low, high] = halves(text);
                low & self.low_mask == self.low && (self.high_mask == 0 || high & self.high_mask == self.high)
            }
            None => false,
        }
    }
}

#[inline(always)]
fn halves(bytes: &[u8; LITERAL_BYTES]) -> [u128; 2] {
    let mut halves = [[0; 16]; 2];
    halves[0].copy_from_slice(&bytes[..16]);
    halves[1].copy_from_slice(&bytes[16..]);
    halves.map(u128::from_le_bytes)
}

//! The rows of a sheet of `.xlsx`, one after the other.

use super::row::{Cell, Row};
use super::strings::Strings;
use super::xml_part::{XmlPart, append_text, attribute, decode_escapes};
use super::{COLUMNS_LIMIT, ROWS_LIMIT, corrupt, too_large};
use millrace_batch::Result;
use quick_xml::events::{BytesStart, Event};

/// A sheet that is being read.
pub(super) struct SheetReader {
    part: XmlPart,
    /// Number of the next row that does not say its own.
    next_row: u32,
    /// Columns that are wanted.
    width: usize,
    /// Texts of a row may not be longer.
    row_limit: usize,
}

/// A cell between its start and its end.
#[derive(Default)]
struct OpenCell {
    column: usize,
    kind: Vec<u8>,
    style: Option<usize>,
    start: usize,
    has_content: bool,
}

impl SheetReader {
    pub(super) fn new(part: XmlPart, width: usize, row_limit: usize) -> Self {
        Self { part, next_row: 0, width, row_limit }
    }

    /// Reads the next row; `false` behind the last one.
    ///
    /// # Errors
    /// `FILE_CORRUPT`, `VALUE_TOO_LARGE`.
    pub(super) fn next(&mut self, row: &mut Row, strings: &Strings) -> Result<bool> {
        let mut cell = OpenCell::default();
        let (mut is_row, mut is_cell, mut is_text, mut phonetic) = (false, false, false, 0usize);
        let mut next_column = 0;
        loop {
            let event = self.part.next()?;
            match &event {
                Event::Start(element) => match element.local_name().as_ref() {
                    b"row" => {
                        let index = row_index(element)?.unwrap_or(self.next_row);
                        if index >= ROWS_LIMIT {
                            return Err(corrupt(format!("row '{index}' is over the limit of '{ROWS_LIMIT}'")));
                        }
                        self.next_row = index + 1;
                        row.begin(index, self.width);
                        (is_row, next_column) = (true, 0);
                    }
                    b"c" if is_row => {
                        cell = open_cell(element, next_column, row.text.len())?;
                        next_column = cell.column + 1;
                        is_cell = true;
                    }
                    b"rPh" => phonetic += 1,
                    b"v" | b"t" if is_cell && phonetic == 0 => {
                        (is_text, cell.has_content) = (true, true);
                    }
                    _ => {}
                },
                Event::End(element) => match element.local_name().as_ref() {
                    b"row" if is_row => return Ok(true),
                    b"c" if is_cell => {
                        is_cell = false;
                        close_cell(&cell, row, strings)?;
                        if row.text.len() > self.row_limit {
                            return Err(too_large(format!("row '{}' is over the limit of values", row.index + 1)));
                        }
                    }
                    b"rPh" => phonetic = phonetic.saturating_sub(1),
                    b"v" | b"t" => is_text = false,
                    _ => {}
                },
                Event::Eof if is_row => return Err(corrupt("a sheet ends inside of a row")),
                Event::Eof => return Ok(false),
                _ if is_text => {
                    append_text(&event, &mut row.text)?;
                    if row.text.len() > self.row_limit {
                        return Err(too_large(format!("row '{}' is over the limit of values", row.index + 1)));
                    }
                }
                _ => {}
            }
        }
    }
}

fn row_index(element: &BytesStart<'_>) -> Result<Option<u32>> {
    let Some(text) = attribute(element, b"r")? else { return Ok(None) };
    let number = text.parse::<u32>().ok().and_then(|number| number.checked_sub(1));
    number.map(Some).ok_or_else(|| corrupt(format!("'{text}' is no number of a row")))
}

fn open_cell(element: &BytesStart<'_>, next_column: usize, start: usize) -> Result<OpenCell> {
    let column = match attribute(element, b"r")? {
        Some(place) => column_of(&place).ok_or_else(|| corrupt(format!("'{place}' is no place of a cell")))?,
        None => next_column,
    };
    if column >= COLUMNS_LIMIT {
        return Err(corrupt(format!("a row has more than '{COLUMNS_LIMIT}' columns")));
    }
    let style = attribute(element, b"s")?.map(|style| style.parse().unwrap_or(0));
    let kind = attribute(element, b"t")?.unwrap_or_default().into_bytes();
    Ok(OpenCell { column, kind, style, start, has_content: false })
}

/// The column of a place such as `AB12`.
fn column_of(place: &str) -> Option<usize> {
    let mut letters = place.bytes().take_while(u8::is_ascii_alphabetic);
    let number = letters.try_fold(0usize, |value, letter| {
        let digit = usize::from(letter.to_ascii_uppercase() - b'A') + 1;
        value.checked_mul(26)?.checked_add(digit).filter(|value| *value <= COLUMNS_LIMIT)
    })?;
    number.checked_sub(1)
}

fn close_cell(cell: &OpenCell, row: &mut Row, strings: &Strings) -> Result<()> {
    let start = cell.start;
    let Some(place) = row.cells.get_mut(cell.column) else {
        row.text.truncate(start);
        return Ok(());
    };
    let content = &row.text[start..];
    *place = match cell.kind.as_slice() {
        b"s" if cell.has_content => {
            let index = content.trim().parse().map_err(|_| corrupt(format!("'{content}' is no number of a text")))?;
            row.text.truncate(start);
            row.text.push_str(strings.get(index)?);
            Some(Cell::Text(start..row.text.len()))
        }
        b"inlineStr" | b"str" if cell.has_content => {
            decode_escapes(&mut row.text, start);
            Some(Cell::Text(start..row.text.len()))
        }
        b"b" if cell.has_content => Some(Cell::Boolean(matches!(content.trim(), "1" | "true"))),
        b"d" if cell.has_content => Some(Cell::Iso(start..row.text.len())),
        b"e" => None,
        _ if content.trim().is_empty() => cell.style.filter(|style| *style > 0).map(|_| Cell::Blank),
        _ => {
            let value = content.trim().parse::<f64>().ok().filter(|value| value.is_finite());
            let value = value.ok_or_else(|| corrupt(format!("'{}' is no number", content.trim())))?;
            Some(Cell::Number { value, digits: start..row.text.len(), style: cell.style.unwrap_or(0) })
        }
    };
    Ok(())
}

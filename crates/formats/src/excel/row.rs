//! One row of a sheet.

use super::moment::micros_of_serial;
use super::number_format::CellFormat;
use crate::cell::CellValue;
use millrace_batch::parse;
use std::ops::Range;

/// What a cell holds; texts are in the row's text.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    /// No content, but a style.
    Blank,
    Text(Range<usize>),
    /// Its digits, and its style.
    Number {
        value: f64,
        digits: Range<usize>,
        style: usize,
    },
    /// A moment as ISO 8601.
    Iso(Range<usize>),
    Boolean(bool),
}

/// The cells of a row that are wanted, by column.
#[derive(Default)]
pub(super) struct Row {
    /// 0-based number in the sheet.
    pub(super) index: u32,
    pub(super) cells: Vec<Option<Cell>>,
    pub(super) text: String,
    /// What number cells show, by column; filled where it is needed.
    shown: Vec<String>,
}

impl Row {
    /// Begins a row of `width` columns.
    pub(super) fn begin(&mut self, index: u32, width: usize) {
        self.index = index;
        self.cells.clear();
        self.cells.resize(width, None);
        self.text.clear();
    }

    /// Works out what number cells show, where `is_shown` says that it is needed.
    pub(super) fn show(&mut self, formats: &[CellFormat], is_shown: impl Fn(usize) -> bool) {
        self.shown.resize(self.cells.len(), String::new());
        for (column, cell) in self.cells.iter().enumerate() {
            if let Some(Cell::Number { value, style, .. }) = cell
                && is_shown(column)
            {
                self.shown[column].clear();
                formats.get(*style).unwrap_or(&CellFormat::General).show(*value, &mut self.shown[column]);
            }
        }
    }

    /// The value of a cell.
    pub(super) fn value(&self, column: usize, formats: &[CellFormat], is_1904: bool) -> CellValue<'_> {
        match self.cells.get(column).and_then(Option::as_ref) {
            None => CellValue::Absent,
            Some(Cell::Blank) => CellValue::Text(""),
            Some(Cell::Text(range)) => CellValue::Text(&self.text[range.clone()]),
            Some(Cell::Boolean(value)) => CellValue::Boolean(*value),
            Some(Cell::Iso(range)) => {
                let text = &self.text[range.clone()];
                let micros = parse::parse_timestamp(text.trim_end_matches('Z').as_bytes())
                    .or_else(|| Some(i64::from(parse::parse_date(text.as_bytes())?) * 86_400_000_000));
                micros.map_or(CellValue::Text(text), CellValue::Moment)
            }
            Some(Cell::Number { value, digits, style }) => {
                if matches!(formats.get(*style), Some(CellFormat::Moment))
                    && let Some(micros) = micros_of_serial(*value, is_1904)
                {
                    return CellValue::Moment(micros);
                }
                let shown = self.shown.get(column).map_or("", String::as_str);
                CellValue::Number { value: *value, digits: &self.text[digits.clone()], shown }
            }
        }
    }
}

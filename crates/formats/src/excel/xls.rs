//! Workbooks of Excel 97 to 2003.

use super::biff::{Parts, packed_number, record, text_at};
use super::compound::{Compound, double, long, short};
use super::number_format::{CellFormat, Formats};
use super::row::{Cell, Row};
use super::strings::Strings;
use super::{corrupt, no_sheet, too_large, unimplemented};
use millrace_batch::Result;
use std::collections::BTreeMap;
use std::fmt::Write;

const BEGIN: u16 = 0x0809;
const END: u16 = 0x000a;
const CONTINUE: u16 = 0x003c;
const ENCRYPTION: u16 = 0x002f;
const DATES_OF_1904: u16 = 0x0022;
const FORMAT: u16 = 0x041e;
const STYLE: u16 = 0x00e0;
const SHEET: u16 = 0x0085;
const TEXTS: u16 = 0x00fc;
const ROW: u16 = 0x0208;
const BLANK: u16 = 0x0201;
const BLANKS: u16 = 0x00be;
const NUMBER: u16 = 0x0203;
const PACKED: u16 = 0x027e;
const PACKED_NUMBERS: u16 = 0x00bd;
const TEXT: u16 = 0x0204;
const RICH_TEXT: u16 = 0x00d6;
const SHARED_TEXT: u16 = 0x00fd;
const BOOLEAN: u16 = 0x0205;
const FORMULA: u16 = 0x0006;
const FORMULA_TEXT: u16 = 0x0207;
const BIFF8: u16 = 0x0600;
/// Texts may take this much.
const TEXTS_LIMIT_BYTES: usize = 256 << 20;
/// The cells of a full sheet.
const CELLS_LIMIT: usize = 65_536 * 256;
const COLUMNS: u16 = 256;
const STYLES_LIMIT: usize = 65_536;

/// What a cell holds before its row is read.
enum Content {
    Blank,
    Shared(u32),
    /// A text of its own.
    Own(u32),
    Number(f64),
    Boolean(bool),
    Error,
}

struct SheetCell {
    column: u16,
    style: u16,
    content: Content,
}

/// The wanted sheet of a workbook.
pub(super) struct XlsSheet {
    pub(super) is_1904: bool,
    pub(super) formats: Vec<CellFormat>,
    shared: Strings,
    own: Strings,
    rows: std::collections::btree_map::IntoIter<u16, Vec<SheetCell>>,
    width: usize,
}

/// What the stream says of all sheets.
#[derive(Default)]
struct Globals {
    is_1904: bool,
    formats: Formats,
    styles: Vec<u32>,
    shared: Strings,
    /// Names and offsets of worksheets.
    sheets: Vec<(String, usize)>,
}

impl XlsSheet {
    /// Reads a sheet of a workbook; the first one without a name.
    ///
    /// # Errors
    /// `FILE_CORRUPT`, `UNIMPLEMENTED`, `VALUE_TOO_LARGE`; `OPTION_INVALID` when there is no such sheet.
    pub(super) fn open(bytes: &[u8], name: Option<&str>, width: usize) -> Result<Self> {
        let file = Compound::open(bytes)?;
        let Some(stream) = file.stream("Workbook")? else {
            if file.stream("EncryptedPackage")?.is_some() {
                return Err(unimplemented("the workbook is encrypted, which is not implemented"));
            }
            if file.stream("Book")?.is_some() {
                return Err(unimplemented("the workbook is older than Excel 97, which is not implemented"));
            }
            return Err(corrupt("it holds no workbook: this is another kind of document"));
        };
        let globals = Globals::read(&stream)?;
        let found = match name {
            Some(name) => globals.sheets.iter().find(|(candidate, _)| candidate.eq_ignore_ascii_case(name)),
            None => globals.sheets.first(),
        };
        let names: Vec<String> = globals.sheets.iter().map(|(name, _)| name.clone()).collect();
        let (_, offset) = found.ok_or_else(|| no_sheet(name, &names))?;
        let mut cells = Cells { width, ..Cells::default() };
        cells.read(&stream, *offset)?;
        Ok(Self {
            is_1904: globals.is_1904,
            formats: globals.styles.iter().map(|id| globals.formats.get(*id)).collect(),
            shared: globals.shared,
            own: cells.own,
            rows: cells.rows.into_iter(),
            width,
        })
    }

    /// The next row; `false` behind the last one.
    ///
    /// # Errors
    /// `FILE_CORRUPT` for a text that is not there.
    pub(super) fn next(&mut self, row: &mut Row) -> Result<bool> {
        let Some((index, cells)) = self.rows.next() else { return Ok(false) };
        row.begin(u32::from(index), self.width);
        for SheetCell { column, style, content } in cells {
            let start = row.text.len();
            let cell = match content {
                Content::Blank => Some(Cell::Blank),
                Content::Boolean(value) => Some(Cell::Boolean(value)),
                Content::Shared(index) => {
                    row.text.push_str(self.shared.get(index as usize)?);
                    Some(Cell::Text(start..row.text.len()))
                }
                Content::Own(index) => {
                    row.text.push_str(self.own.get(index as usize)?);
                    Some(Cell::Text(start..row.text.len()))
                }
                Content::Number(value) if value.is_finite() => {
                    // Writing to a text does not fail.
                    let _ = write!(row.text, "{value:?}");
                    Some(Cell::Number { value, digits: start..row.text.len(), style: usize::from(style) })
                }
                Content::Error | Content::Number(_) => None,
            };
            if let Some(place) = row.cells.get_mut(usize::from(column)) {
                *place = cell;
            }
        }
        Ok(true)
    }
}

impl Globals {
    fn read(stream: &[u8]) -> Result<Self> {
        let mut globals = Self::default();
        let first = record(stream, 0)?.filter(|first| first.kind == BEGIN && first.data.len() >= 2);
        let first = first.ok_or_else(|| corrupt("its stream does not begin with a workbook"))?;
        if short(first.data, 0)? != BIFF8 {
            return Err(unimplemented("the workbook is older than Excel 97, which is not implemented"));
        }
        let mut at = first.end;
        while let Some(found) = record(stream, at)? {
            at = found.end;
            match found.kind {
                END => return Ok(globals),
                ENCRYPTION => return Err(unimplemented("the workbook is encrypted, which is not implemented")),
                DATES_OF_1904 => globals.is_1904 = short(found.data, 0)? == 1,
                FORMAT => {
                    let code = text_at(found.data, 2, true)?;
                    globals.formats.add(u32::from(short(found.data, 0)?), &code);
                }
                STYLE => globals.styles.push(u32::from(short(found.data, 2)?)),
                // Charts and modules are sheets too.
                SHEET if found.data.get(5).is_some_and(|kind| *kind == 0) => {
                    globals.sheets.push((text_at(found.data, 6, false)?, long(found.data, 0)? as usize));
                }
                TEXTS => at = globals.read_texts(stream, found.data, at)?,
                _ => {}
            }
            if globals.styles.len() > STYLES_LIMIT || globals.formats.len() > STYLES_LIMIT {
                return Err(too_large("it has too many styles"));
            }
        }
        Err(corrupt("its stream is cut off"))
    }

    /// Shared texts, which go on in the records behind theirs.
    fn read_texts(&mut self, stream: &[u8], data: &[u8], mut at: usize) -> Result<usize> {
        let mut parts = Parts { records: vec![data], current: 0, at: 8 };
        while let Some(found) = record(stream, at)?.filter(|found| found.kind == CONTINUE) {
            parts.records.push(found.data);
            at = found.end;
        }
        let count = long(data, 4)?;
        for _ in 0..count {
            if parts.is_at_end() {
                break;
            }
            self.shared.push(&parts.text()?, TEXTS_LIMIT_BYTES)?;
        }
        Ok(at)
    }
}

/// The cells of a sheet.
#[derive(Default)]
struct Cells {
    width: usize,
    rows: BTreeMap<u16, Vec<SheetCell>>,
    own: Strings,
    own_count: u32,
    count: usize,
    /// Where the text of the last formula goes.
    formula: Option<(u16, u16, u16)>,
}

impl Cells {
    fn read(&mut self, stream: &[u8], offset: usize) -> Result<()> {
        let (mut at, mut depth) = (offset, 0usize);
        let first = record(stream, at)?;
        if first.is_none_or(|first| first.kind != BEGIN) {
            return Err(corrupt("a sheet is not where the workbook says"));
        }
        while let Some(found) = record(stream, at)? {
            at = found.end;
            match found.kind {
                BEGIN => depth += 1,
                END => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return Ok(());
                    }
                }
                // Charts in the sheet are streams of their own inside of it.
                _ if depth > 1 => {}
                FORMULA_TEXT => {
                    if let Some((row, column, style)) = self.formula.take() {
                        let mut parts = Parts { records: vec![found.data], current: 0, at: 0 };
                        while let Some(more) = record(stream, at)?.filter(|more| more.kind == CONTINUE) {
                            parts.records.push(more.data);
                            at = more.end;
                        }
                        let text = parts.text()?;
                        self.add_text(row, column, style, &text)?;
                    }
                }
                kind => self.take(kind, found.data)?,
            }
        }
        Err(corrupt("a sheet is cut off"))
    }

    fn take(&mut self, kind: u16, data: &[u8]) -> Result<()> {
        match kind {
            ROW => {
                self.rows.entry(short(data, 0)?).or_default();
            }
            BLANK | NUMBER | PACKED | TEXT | RICH_TEXT | SHARED_TEXT | BOOLEAN | FORMULA => {
                let (row, column, style) = (short(data, 0)?, short(data, 2)?, short(data, 4)?);
                let content = match kind {
                    BLANK => Content::Blank,
                    NUMBER => Content::Number(double(data, 6)?),
                    PACKED => Content::Number(packed_number(data, 6)?),
                    SHARED_TEXT => Content::Shared(long(data, 6)?),
                    BOOLEAN => {
                        let pair = short(data, 6)?;
                        if pair >> 8 == 0 { Content::Boolean(pair & 0xff != 0) } else { Content::Error }
                    }
                    FORMULA => return self.add_formula(row, column, style, data),
                    _ => return self.add_text(row, column, style, &text_at(data, 6, true)?),
                };
                self.add(row, column, style, content)?;
            }
            PACKED_NUMBERS => {
                let (row, column) = (short(data, 0)?, short(data, 2)?);
                for (index, at) in (4..data.len().saturating_sub(2)).step_by(6).enumerate() {
                    let number = packed_number(data, at + 2)?;
                    self.add(row, column.saturating_add(index as u16), short(data, at)?, Content::Number(number))?;
                }
            }
            BLANKS => {
                let (row, column) = (short(data, 0)?, short(data, 2)?);
                for (index, at) in (4..data.len().saturating_sub(2)).step_by(2).enumerate() {
                    self.add(row, column.saturating_add(index as u16), short(data, at)?, Content::Blank)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// A formula's value as it was saved; a text follows in a record of its own.
    fn add_formula(&mut self, row: u16, column: u16, style: u16, data: &[u8]) -> Result<()> {
        self.formula = None;
        let content = if short(data, 12)? == 0xffff {
            match data[6] {
                0 => {
                    self.formula = Some((row, column, style));
                    return Ok(());
                }
                1 => Content::Boolean(data[8] != 0),
                2 => Content::Error,
                _ => return self.add_text(row, column, style, ""),
            }
        } else {
            Content::Number(double(data, 6)?)
        };
        self.add(row, column, style, content)
    }

    fn add_text(&mut self, row: u16, column: u16, style: u16, text: &str) -> Result<()> {
        self.own.push(text, TEXTS_LIMIT_BYTES)?;
        self.own_count += 1;
        self.add(row, column, style, Content::Own(self.own_count - 1))
    }

    fn add(&mut self, row: u16, column: u16, style: u16, content: Content) -> Result<()> {
        if column >= COLUMNS {
            return Err(corrupt(format!("a row has more than '{COLUMNS}' columns")));
        }
        let cells = self.rows.entry(row).or_default();
        if usize::from(column) < self.width {
            self.count += 1;
            if self.count > CELLS_LIMIT {
                return Err(too_large("a sheet has more cells than there is room for"));
            }
            cells.push(SheetCell { column, style, content });
        }
        Ok(())
    }
}

//! The row that is being read, with rows inside of it.

use quick_xml::events::{BytesRef, BytesStart};
use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// Elements may be nested this deep.
pub(super) const DEPTH_LIMIT: usize = 512;

/// Why a document cannot be read on.
pub(super) enum Fault {
    /// Not well-formed.
    Syntax(String),
    Encoding,
}

impl From<quick_xml::Error> for Fault {
    fn from(error: quick_xml::Error) -> Self {
        match error {
            quick_xml::Error::Encoding(_) => Fault::Encoding,
            other => Fault::Syntax(other.to_string()),
        }
    }
}

/// Which elements and attributes are looked for.
pub(super) struct Wanted {
    /// Name of row elements as it is written.
    pub(super) row_tag: Vec<u8>,
    pub(super) use_attributes: bool,
    /// Column of the file by local name.
    pub(super) columns: HashMap<Vec<u8>, usize>,
    /// Number of columns of the file.
    pub(super) width: usize,
}

/// An element between its start and its end.
#[derive(Clone, Copy, Default)]
struct Frame {
    row: Option<usize>,
    /// Row and column whose text this element holds.
    field: Option<(usize, usize)>,
}

/// An outermost row element and what was found in it so far.
#[derive(Default)]
pub(super) struct Record {
    frames: Vec<Frame>,
    /// Values of all rows, `width` for each, as ranges of `text`.
    fields: Vec<Option<Range<usize>>>,
    text: Vec<u8>,
    rows: usize,
}

impl Record {
    pub(super) fn clear(&mut self) {
        self.frames.clear();
        self.fields.clear();
        self.text.clear();
        self.rows = 0;
    }

    /// Whether an outermost row element is open.
    pub(super) fn is_open(&self) -> bool {
        !self.frames.is_empty()
    }

    /// Elements that are open in the row, the row's included.
    pub(super) fn depth(&self) -> usize {
        self.frames.len()
    }

    /// Rows found, inner ones included, in the order of their starts.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// The value of a field; `None` when it is missing.
    pub(super) fn value(&self, row: usize, width: usize, column: usize) -> Option<&[u8]> {
        self.fields[row * width + column].clone().map(|range| &self.text[range])
    }

    /// Whether a row has any wanted field.
    pub(super) fn has_fields(&self, row: usize, width: usize) -> bool {
        self.fields[row * width..(row + 1) * width].iter().any(Option::is_some)
    }

    pub(super) fn start(&mut self, element: &BytesStart<'_>, wanted: &Wanted) -> Result<(), Fault> {
        let parent = self.frames.last().copied().unwrap_or_default();
        let mut frame = Frame::default();
        if !wanted.use_attributes
            && let Some(row) = parent.row
            && let Some(column) = wanted.columns.get(element.local_name().as_ref())
        {
            frame.field = Some((row, *column));
            let at = self.text.len();
            self.fields[row * wanted.width + column] = Some(at..at);
        }
        if element.name().as_ref() == wanted.row_tag {
            frame.row = Some(self.rows);
            self.fields.resize((self.rows + 1) * wanted.width, None);
            self.rows += 1;
            if wanted.use_attributes {
                self.attributes(element, wanted, self.rows - 1)?;
            }
        }
        self.frames.push(frame);
        Ok(())
    }

    pub(super) fn end(&mut self) {
        self.frames.pop();
    }

    /// Text of the innermost open element.
    pub(super) fn text(&mut self, text: &[u8], wanted: &Wanted) {
        let Some((row, column)) = self.frames.last().and_then(|frame| frame.field) else { return };
        let Some(range) = &mut self.fields[row * wanted.width + column] else { return };
        // An element inside of this one that is a field too has added its text in between.
        if range.end != self.text.len() {
            let start = self.text.len();
            self.text.extend_from_within(range.clone());
            *range = start..self.text.len();
        }
        self.text.extend_from_slice(text);
        range.end = self.text.len();
    }

    fn attributes(&mut self, element: &BytesStart<'_>, wanted: &Wanted, row: usize) -> Result<(), Fault> {
        let mut is_twice = false;
        // The library's own check for repeated names compares each with each.
        for attribute in element.attributes().with_checks(false) {
            let attribute = attribute.map_err(|error| Fault::Syntax(error.to_string()))?;
            if attribute.key.as_ref().starts_with(b"xmlns:") {
                continue;
            }
            let Some(column) = wanted.columns.get(attribute.key.local_name().as_ref()) else { continue };
            let raw = std::str::from_utf8(&attribute.value).map_err(|_| Fault::Encoding)?;
            // White space of an attribute is a blank, unless it is written by number.
            let plain = raw.replace("\r\n", " ").replace(['\t', '\n', '\r'], " ");
            let value = quick_xml::escape::unescape(&plain).map_err(|error| Fault::Syntax(error.to_string()))?;
            let start = self.text.len();
            self.text.extend_from_slice(value.as_bytes());
            let field = &mut self.fields[row * wanted.width + column];
            is_twice |= field.is_some();
            *field = Some(start..self.text.len());
        }
        // Names that differ in their prefix only may be there together.
        if is_twice { refuse_repeated(element) } else { Ok(()) }
    }
}

/// Refuses an element that has two attributes of one name.
fn refuse_repeated(element: &BytesStart<'_>) -> Result<(), Fault> {
    let mut names = HashSet::new();
    for attribute in element.attributes().with_checks(false).flatten() {
        let name = attribute.key.into_inner();
        if !names.insert(name) {
            return Err(Fault::Syntax(format!("attribute '{}' is there twice", String::from_utf8_lossy(name))));
        }
    }
    Ok(())
}

/// The text of a reference: a character by number or one of the five entities of XML.
pub(super) fn resolve(reference: &BytesRef<'_>) -> Result<String, Fault> {
    if let Some(character) = reference.resolve_char_ref()? {
        return Ok(character.to_string());
    }
    let name = reference.decode().map_err(|_| Fault::Encoding)?;
    match quick_xml::escape::resolve_xml_entity(&name) {
        Some(text) => Ok(text.to_owned()),
        None => Err(Fault::Syntax(format!("entity '{name}' is not known, and document types are not read"))),
    }
}

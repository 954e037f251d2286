//! Batches to the rows of a document.

use crate::cell::text::Texts;
use crate::delimited::options::{boolean, invalid, text};
use millrace_batch::codec::Encoder;
use millrace_batch::{Batch, ErrorCode, KernelError, OutputBuffer, Result, Schema};
use serde_json::Value;
use std::sync::Arc;

/// See [`super`].
pub(super) struct XmlEncoder {
    schema: Arc<Schema>,
    row_tag: String,
    use_attributes: bool,
    field_delimiter: String,
    row_ends: Vec<u64>,
    written: u64,
    row: Vec<u8>,
    value: Vec<u8>,
}

/// What ends every document behind its rows.
pub(super) fn document_end(options: &Value) -> Result<Vec<u8>> {
    Ok(format!("\n</{}>\n", tag(options, "rootTag", "RECORDS")?).into_bytes())
}

impl XmlEncoder {
    /// An encoder for batches of `schema`.
    pub(super) fn new(schema: &Arc<Schema>, options: &Value) -> Result<Self> {
        tag(options, "rootTag", "RECORDS")?;
        for column in &schema.columns {
            if !is_name(&column.name) {
                let message = format!("column '{}' cannot be the name of an XML element or attribute", column.name);
                return Err(invalid(message).at_field(&column.name));
            }
        }
        Ok(Self {
            schema: Arc::clone(schema),
            row_tag: tag(options, "rowTag", "RECORD")?,
            use_attributes: boolean(options, "useAttributes")?,
            field_delimiter: text(options, "fieldDelimiter")?.unwrap_or("\u{1}").to_owned(),
            row_ends: Vec::new(),
            written: 0,
            row: Vec::new(),
            value: Vec::new(),
        })
    }

    /// Puts a row together.
    fn make_row(&mut self, columns: &[Texts<'_>], row: usize) -> Result<()> {
        self.row.clear();
        self.row.extend_from_slice(b"\n\t<");
        self.row.extend_from_slice(self.row_tag.as_bytes());
        if !self.use_attributes && !columns.is_empty() {
            self.row.push(b'>');
        }
        for (column, values) in self.schema.columns.iter().zip(columns) {
            self.value.clear();
            values.append(row, &self.field_delimiter, &mut self.value);
            self.row.extend_from_slice(if self.use_attributes { b" " } else { b"\n\t\t<" });
            self.row.extend_from_slice(column.name.as_bytes());
            let written = if self.use_attributes {
                self.row.extend_from_slice(b"=\"");
                let written = escape(&self.value, true, &mut self.row);
                self.row.push(b'"');
                written
            } else if self.value.is_empty() {
                self.row.extend_from_slice(b"/>");
                Ok(())
            } else {
                self.row.push(b'>');
                let written = escape(&self.value, false, &mut self.row);
                self.row.extend_from_slice(b"</");
                self.row.extend_from_slice(column.name.as_bytes());
                self.row.push(b'>');
                written
            };
            written.map_err(|error| error.at_row(row).at_field(&column.name))?;
        }
        if self.use_attributes || columns.is_empty() {
            self.row.extend_from_slice(b"/>");
        } else {
            self.row.extend_from_slice(b"\n\t</");
            self.row.extend_from_slice(self.row_tag.as_bytes());
            self.row.push(b'>');
        }
        Ok(())
    }
}

impl Encoder for XmlEncoder {
    fn encode(&mut self, batch: &Batch, first_row: usize, output: &mut OutputBuffer<'_>) -> Result<usize> {
        let columns = Texts::columns(batch)?;
        for row in first_row..batch.rows {
            self.make_row(&columns, row)?;
            if !output.has_room(self.row.len()) {
                return Ok(row);
            }
            output.push_slice(&self.row);
            self.written += self.row.len() as u64;
            self.row_ends.push(self.written);
        }
        Ok(batch.rows)
    }

    /// The row was put together when it did not fit.
    fn row_bound(&self, _batch: &Batch, _row: usize) -> usize {
        self.row.len()
    }

    fn row_ends(&self) -> &[u64] {
        &self.row_ends
    }

    fn reset(&mut self, _first_row: u64) {
        self.row_ends.clear();
        self.written = 0;
    }

    fn memory_bytes(&self) -> usize {
        self.row.capacity() + self.value.capacity() + self.row_ends.capacity() * 8
    }
}

fn tag(options: &Value, name: &str, default: &str) -> Result<String> {
    let tag = text(options, name)?.unwrap_or(default);
    if !is_name(tag) {
        return Err(invalid(format!("'{name}' is '{tag}', which cannot be the name of an XML element")));
    }
    Ok(tag.to_owned())
}

/// Whether a text is a name of XML 1.0.
fn is_name(text: &str) -> bool {
    let starts = |c: char| {
        matches!(c, ':' | 'A'..='Z' | '_' | 'a'..='z' | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{2ff}')
            || matches!(c, '\u{370}'..='\u{37d}' | '\u{37f}'..='\u{1fff}' | '\u{200c}' | '\u{200d}' | '\u{2070}'..='\u{218f}')
            || matches!(c, '\u{2c00}'..='\u{2fef}' | '\u{3001}'..='\u{d7ff}' | '\u{f900}'..='\u{fdcf}')
            || matches!(c, '\u{fdf0}'..='\u{fffd}' | '\u{10000}'..='\u{effff}')
    };
    let goes_on = |c: char| {
        starts(c) || matches!(c, '-' | '.' | '0'..='9' | '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{203f}' | '\u{2040}')
    };
    let mut characters = text.chars();
    characters.next().is_some_and(starts) && characters.all(goes_on)
}

/// Appends a text so that reading it gives the same text again.
fn escape(text: &[u8], is_attribute: bool, out: &mut Vec<u8>) -> Result<()> {
    for (index, byte) in text.iter().enumerate() {
        let escaped: &[u8] = match byte {
            b'&' => b"&amp;",
            b'<' => b"&lt;",
            b'>' => b"&gt;",
            b'"' if is_attribute => b"&quot;",
            b'\r' => b"&#13;",
            b'\n' if is_attribute => b"&#10;",
            b'\t' if is_attribute => b"&#9;",
            b'\n' | b'\t' => std::slice::from_ref(byte),
            0..0x20 => return Err(unwritable(*byte)),
            // U+FFFE and U+FFFF.
            0xef if matches!(text[index..], [_, 0xbf, 0xbe | 0xbf, ..]) => return Err(unwritable(text[index + 2])),
            _ => std::slice::from_ref(byte),
        };
        out.extend_from_slice(escaped);
    }
    Ok(())
}

fn unwritable(byte: u8) -> KernelError {
    let character = if byte < 0x20 { u32::from(byte) } else { 0xff40 + u32::from(byte) };
    let message = format!("a text holds the character 'U+{character:04X}', which XML does not allow");
    KernelError::new(ErrorCode::EncodeFailed, message)
}

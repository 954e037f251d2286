//! A part of a workbook as XML events.

use super::package::PartReader;
use super::{corrupt, too_large};
use millrace_batch::{KernelError, Result};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use std::io::{BufReader, ErrorKind};

const BUFFER_BYTES: usize = 64 << 10;
/// Elements may be nested this deep; the reader remembers each one that is open.
const DEPTH_LIMIT: usize = 256;

/// Reads the events of a part; none of them may be longer than a limit.
pub(super) struct XmlPart {
    reader: Reader<BufReader<PartReader>>,
    buffer: Vec<u8>,
    event_limit: u64,
    depth: usize,
}

impl XmlPart {
    pub(super) fn new(part: PartReader, event_limit: usize) -> Self {
        let mut reader = Reader::from_reader(BufReader::with_capacity(BUFFER_BYTES, part));
        reader.config_mut().expand_empty_elements = true;
        Self { reader, buffer: Vec::new(), event_limit: (event_limit + BUFFER_BYTES) as u64, depth: 0 }
    }

    /// The next event; `Eof` at the end, when the part was whole.
    ///
    /// # Errors
    /// `FILE_CORRUPT`, `VALUE_TOO_LARGE`.
    pub(super) fn next(&mut self) -> Result<Event<'_>> {
        self.buffer.clear();
        self.reader.get_mut().get_mut().budget = self.event_limit;
        let event = self.reader.read_event_into(&mut self.buffer).map_err(|error| fault(&error))?;
        match event {
            Event::Start(_) => self.depth += 1,
            Event::End(_) => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        if self.depth > DEPTH_LIMIT {
            return Err(too_large(format!("elements are nested deeper than '{DEPTH_LIMIT}' levels")));
        }
        Ok(event)
    }
}

fn fault(error: &quick_xml::Error) -> KernelError {
    match error {
        quick_xml::Error::Io(inner) if inner.kind() == ErrorKind::FileTooLarge => too_large(inner.to_string()),
        other => corrupt(other.to_string()),
    }
}

/// An attribute by its local name.
///
/// # Errors
/// `FILE_CORRUPT` when the attributes are not well-formed.
pub(super) fn attribute(element: &BytesStart<'_>, name: &[u8]) -> Result<Option<String>> {
    for attribute in element.attributes().with_checks(false) {
        let attribute = attribute.map_err(|error| corrupt(error.to_string()))?;
        if attribute.key.local_name().as_ref() == name {
            let value = std::str::from_utf8(&attribute.value).map_err(|_| corrupt("an attribute is not UTF-8"))?;
            let value = quick_xml::escape::unescape(value).map_err(|error| corrupt(error.to_string()))?;
            return Ok(Some(value.into_owned()));
        }
    }
    Ok(None)
}

/// Appends the text that an event stands for, if it stands for one.
///
/// # Errors
/// `FILE_CORRUPT` for an unknown entity or bytes that are not UTF-8.
pub(super) fn append_text(event: &Event<'_>, text: &mut String) -> Result<()> {
    let not_text = || corrupt("a text is not UTF-8");
    match event {
        Event::Text(part) => text.push_str(&part.xml10_content().map_err(|_| not_text())?),
        Event::CData(part) => text.push_str(&part.xml10_content().map_err(|_| not_text())?),
        Event::GeneralRef(reference) => {
            if let Some(character) = reference.resolve_char_ref().map_err(|error| corrupt(error.to_string()))? {
                text.push(character);
                return Ok(());
            }
            let name = reference.decode().map_err(|_| not_text())?;
            let entity = quick_xml::escape::resolve_xml_entity(&name);
            text.push_str(entity.ok_or_else(|| corrupt(format!("entity '{name}' is not known")))?);
        }
        _ => {}
    }
    Ok(())
}

/// Replaces `_xHHHH_` by the character it stands for, from `start` on.
///
/// # Source
/// ECMA-376 part 1, 22.9.2.19 `ST_Xstring`.
pub(super) fn decode_escapes(text: &mut String, start: usize) {
    if !text[start..].contains("_x") {
        return;
    }
    let mut decoded: Vec<u16> = Vec::new();
    let source: Vec<u16> = text[start..].encode_utf16().collect();
    let mut at = 0;
    while at < source.len() {
        if let Some(unit) = escaped_unit(&source[at..]) {
            decoded.push(unit);
            at += 7;
        } else {
            decoded.push(source[at]);
            at += 1;
        }
    }
    text.truncate(start);
    text.push_str(&String::from_utf16_lossy(&decoded));
}

/// The unit of an escape that a text begins with.
pub(super) fn escaped_unit(text: &[u16]) -> Option<u16> {
    let [b0, b1, digits @ .., end] = text.first_chunk::<7>()?;
    if (*b0, *b1, *end) != (u16::from(b'_'), u16::from(b'x'), u16::from(b'_')) {
        return None;
    }
    digits.iter().try_fold(0u16, |value, digit| {
        let digit = char::from_u32(u32::from(*digit))?.to_digit(16)?;
        Some(value << 4 | digit as u16)
    })
}

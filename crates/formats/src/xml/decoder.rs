//! A document to batches.

use super::record::{DEPTH_LIMIT, Fault, Record, Wanted, resolve};
use crate::cell::{CellValue, Table};
use crate::delimited::options::{boolean, invalid, text};
use millrace_batch::codec::{Context, Decoded, Decoder, InputBounds};
use millrace_batch::{Batch, ErrorCode, KernelError, Result, Schema};
use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::Value;
use std::sync::Arc;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// See [`super`].
pub(super) struct XmlDecoder {
    table: Table,
    wanted: Wanted,
    record: Record,
    place: Place,
    /// Where the consumed bytes end, when more than those was looked at.
    settled: Option<Place>,
}

/// Where in the document the consumed bytes end: never inside of a row.
#[derive(Clone, Default)]
struct Place {
    /// Open elements, outermost first.
    open: Vec<Vec<u8>>,
    /// The piece began inside of elements that are not known.
    is_continued: bool,
    /// How many of those were closed.
    closed: usize,
    has_root: bool,
}

/// What stopped the reading.
enum Stop {
    /// The batch is full, or the piece's limit is reached: what was read so far is consumed.
    Full { done: bool },
    /// The input ends.
    InputEnds,
}

impl XmlDecoder {
    /// A decoder for batches of `schema`.
    pub(super) fn new(schema: &Arc<Schema>, options: &Value, context: &Context) -> Result<Self> {
        let table = Table::new(schema, options, context.value_limit_bytes)?;
        let row_tag = text(options, "rowTag")?.filter(|tag| !tag.is_empty());
        let columns = table.file_columns.iter().enumerate();
        let columns = columns.filter(|(index, _)| table.reads(*index));
        let wanted = Wanted {
            row_tag: row_tag.ok_or_else(|| invalid("'rowTag' must not be empty"))?.as_bytes().to_vec(),
            use_attributes: boolean(options, "useAttributes")?,
            columns: columns.map(|(index, column)| (column.name.as_bytes().to_vec(), index)).collect(),
            width: table.file_columns.len(),
        };
        Ok(Self { table, wanted, record: Record::default(), place: Place::default(), settled: None })
    }

    /// Reads rows; `consumed` is what is done with, also at an error.
    fn read(&mut self, input: &[u8], bounds: InputBounds, consumed: &mut usize) -> Result<Stop> {
        let mut reader = Reader::from_reader(input);
        let config = reader.config_mut();
        config.allow_unmatched_ends = true;
        config.check_end_names = true;
        self.record.clear();
        // The reader drops a byte-order mark and does not count it.
        let lead = if input.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        loop {
            let start = reader.buffer_position() as usize + lead;
            let event = match reader.read_event() {
                Ok(event) => event,
                // Markup that has no end yet is no fault before the file ends.
                Err(quick_xml::Error::Syntax(_)) if !bounds.end_of_file => return Ok(Stop::InputEnds),
                Err(_) if !bounds.end_of_file && reader.buffer_position() as usize + lead >= input.len() => {
                    return Ok(Stop::InputEnds);
                }
                Err(error) => return Err(self.fault(Fault::from(error))),
            };
            let end = reader.buffer_position() as usize + lead;
            // Text at the input's end may go on, and be cut in a character.
            let is_open_text = end >= input.len() && !bounds.end_of_file && matches!(event, Event::Text(_));
            if matches!(event, Event::Eof) || (is_open_text && self.record.is_open()) {
                return Ok(Stop::InputEnds);
            }
            if self.record.is_open() || self.begins_row(&event) {
                let is_in_root = self.place.is_continued || !self.place.open.is_empty();
                if !self.record.is_open() && start >= bounds.limit && is_in_root {
                    *consumed = start;
                    return Ok(Stop::Full { done: true });
                }
                self.inside(&event).map_err(|fault| self.fault(fault))?;
                if !self.record.is_open() {
                    self.take_rows(end - *consumed)?;
                    self.record.clear();
                    *consumed = end;
                    let done = end >= bounds.limit;
                    if done || self.table.is_full() {
                        return Ok(Stop::Full { done });
                    }
                }
            } else {
                // Behind the limit only a row's end is a place to go on from: the rest is looked at again.
                if end > bounds.limit && self.settled.is_none() {
                    self.settled = Some(self.place.clone());
                }
                self.outside(&event).map_err(|fault| self.fault(fault))?;
                if end <= bounds.limit {
                    *consumed = end;
                }
            }
        }
    }

    fn begins_row(&self, event: &Event<'_>) -> bool {
        matches!(event, Event::Start(element) | Event::Empty(element) if element.name().as_ref() == self.wanted.row_tag)
    }

    /// An event of a row.
    fn inside(&mut self, event: &Event<'_>) -> Result<(), Fault> {
        let (record, wanted) = (&mut self.record, &self.wanted);
        match event {
            Event::Start(element) => {
                if record.depth() + self.place.open.len() >= DEPTH_LIMIT {
                    return Err(Fault::Syntax(format!("elements are nested deeper than '{DEPTH_LIMIT}' levels")));
                }
                self.place.has_root = true;
                record.start(element, wanted)
            }
            Event::Empty(element) => {
                self.place.has_root = true;
                record.start(element, wanted)?;
                record.end();
                Ok(())
            }
            Event::End(_) => {
                record.end();
                Ok(())
            }
            Event::Text(text) => {
                record.text(text.xml10_content().map_err(|_| Fault::Encoding)?.as_bytes(), wanted);
                Ok(())
            }
            Event::CData(text) => {
                record.text(text.xml10_content().map_err(|_| Fault::Encoding)?.as_bytes(), wanted);
                Ok(())
            }
            Event::GeneralRef(reference) => {
                record.text(resolve(reference)?.as_bytes(), wanted);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// An event that belongs to no row.
    fn outside(&mut self, event: &Event<'_>) -> Result<(), Fault> {
        let place = &mut self.place;
        match event {
            Event::Start(element) => {
                if place.open.is_empty() && place.has_root && !place.is_continued {
                    return Err(Fault::Syntax("there is more than one root element".to_owned()));
                }
                if place.open.len() >= DEPTH_LIMIT {
                    return Err(Fault::Syntax(format!("elements are nested deeper than '{DEPTH_LIMIT}' levels")));
                }
                place.has_root = true;
                place.open.push(element.name().as_ref().to_vec());
            }
            Event::Empty(_) => place.has_root = true,
            Event::End(element) => match place.open.pop() {
                Some(name) if name == element.name().as_ref() => {}
                None if place.is_continued => place.closed += 1,
                found => {
                    let found = found.map_or_else(String::new, |name| String::from_utf8_lossy(&name).into_owned());
                    let name = String::from_utf8_lossy(element.name().as_ref()).into_owned();
                    return Err(Fault::Syntax(format!("element '{found}' ends as '{name}'")));
                }
            },
            Event::Text(text) => {
                let is_outside = place.open.is_empty() && !place.is_continued;
                if is_outside && !text.iter().all(u8::is_ascii_whitespace) {
                    return Err(Fault::Syntax("there is text outside of the root element".to_owned()));
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The rows of a record that has ended, which took `bytes` in the file.
    fn take_rows(&mut self, bytes: usize) -> Result<()> {
        if bytes > self.table.value_limit {
            return Err(self.too_large());
        }
        let width = self.wanted.width;
        for row in 0..self.record.rows() {
            if !self.record.has_fields(row, width) {
                continue;
            }
            let record = &self.record;
            let mut is_text = true;
            for column in 0..width {
                is_text &= record.value(row, width, column).is_none_or(|value| std::str::from_utf8(value).is_ok());
            }
            if !is_text {
                return Err(self.fault(Fault::Encoding));
            }
            self.table.push_row(|column| {
                let value = record.value(row, width, column);
                value.map_or(CellValue::Absent, |value| CellValue::Text(std::str::from_utf8(value).unwrap_or_default()))
            })?;
        }
        Ok(())
    }

    /// Whether the document may end where the file does.
    fn check_end(&self) -> Result<()> {
        let place = &self.place;
        if self.record.is_open() || !place.open.is_empty() || (place.is_continued && place.closed == 0) {
            return Err(self.fault(Fault::Syntax("the document ends inside of an element".to_owned())));
        }
        if !place.has_root && !place.is_continued {
            return Err(self.fault(Fault::Syntax("there is no root element".to_owned())));
        }
        Ok(())
    }

    #[cold]
    fn fault(&self, fault: Fault) -> KernelError {
        let error = match fault {
            Fault::Encoding => KernelError::new(ErrorCode::EncodingInvalid, "a row is not valid UTF-8"),
            Fault::Syntax(what) => KernelError::new(ErrorCode::FileCorrupt, format!("reading an XML document: {what}")),
        };
        error.at_row(self.table.rows)
    }

    #[cold]
    fn too_large(&self) -> KernelError {
        let message = format!("a row is longer than '{}' bytes", self.table.value_limit);
        KernelError::new(ErrorCode::ValueTooLarge, message).at_row(self.table.rows)
    }
}

impl Decoder for XmlDecoder {
    fn begin(&mut self, arguments: &str) -> Result<()> {
        self.place = Place { is_continued: true, ..Place::default() };
        self.settled = None;
        self.table.begin(arguments)
    }

    fn decode(&mut self, input: &[u8], bounds: InputBounds) -> Result<Decoded> {
        if bounds.skip_partial_record {
            let message = "an XML document cannot be read from within a row";
            return Err(KernelError::new(ErrorCode::ProgramInvalid, message));
        }
        self.table.take_batch()?;
        if let Some(place) = self.settled.take() {
            self.place = place;
        }
        if bounds.start_of_file {
            self.place.is_continued = false;
        }
        if bounds.start_of_file && !bounds.end_of_file && BYTE_ORDER_MARK.starts_with(input) {
            return Ok(Decoded::default());
        }
        let mut consumed = 0;
        let stop = self.read(input, bounds, &mut consumed)?;
        let mut done = false;
        match stop {
            Stop::Full { done: at_limit } => done = at_limit,
            Stop::InputEnds if bounds.end_of_file => {
                self.check_end()?;
                (consumed, done) = (input.len(), true);
            }
            Stop::InputEnds if input.len() - consumed > self.table.value_limit => return Err(self.too_large()),
            Stop::InputEnds => {}
        }
        Ok(Decoded { consumed, batch: self.table.take_batch()?, done, ..Decoded::default() })
    }

    fn rows_before_error(&mut self) -> Option<Batch> {
        self.table.take_batch().ok().flatten()
    }
}

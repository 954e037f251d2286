//! Batches to compressed rows of a sheet.

use super::moment::{serial_of_day, serial_of_micros};
use super::xml_part::escaped_unit;
use super::{COLUMNS_LIMIT, ROWS_LIMIT};
use crate::cell::text::Texts;
use crate::delimited::options::{invalid, text};
use crate::delimited::view::ViewValues;
use flate2::{Compress, Compression, Crc, FlushCompress};
use millrace_batch::codec::Encoder;
use millrace_batch::text::{MAX_SCALAR_BYTES, write_decimal, write_f32, write_f64, write_i64};
use millrace_batch::{Batch, ErrorCode, KernelError, OutputBuffer, Result, Schema};
use serde_json::Value;
use std::sync::Arc;

/// Text that is compressed at a time.
const TEXT_BYTES: usize = 256 << 10;
const LEVEL: u32 = 4;
/// Units of a cell's text.
const TEXT_LIMIT: usize = 32_767;
/// Styles of cells, as the part of styles lists them.
const STYLE_TEXT: u8 = b'1';
const STYLE_DATE: u8 = b'2';
const STYLE_TIMESTAMP: u8 = b'3';
const STYLE_TIME: u8 = b'4';
/// Serial number of 1970-01-01, the day of times without one.
const DAY_OF_TIMES: f64 = 25_569.0;
const NANOS_PER_DAY: f64 = 86_400e9;

pub(super) const SHEET_END: &[u8] = b"</sheetData></worksheet>";
pub(super) const LOCAL_SIGNATURE: u32 = 0x0403_4b50;
/// UTF-8 names, and sizes behind the data.
pub(super) const STREAM_FLAGS: u16 = 0x0808;
pub(super) const VERSION: u16 = 20;
pub(super) const DEFLATE: u16 = 8;
/// 1980-01-01, the first date that an archive can say.
pub(super) const DATE: u16 = 0x21;
/// Signature, check sum and both sizes.
pub(super) const DESCRIPTOR_BYTES: usize = 16;

/// Compressed text that belongs to one sheet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Run {
    /// Number of the sheet's part, from 1.
    pub(super) sheet: u64,
    pub(super) crc: u32,
    /// Bytes before and after compression.
    pub(super) bytes: u64,
    pub(super) packed_bytes: u64,
}

/// The name of a sheet's part; sheets count from 1.
pub(super) fn sheet_part(number: u64) -> String {
    format!("xl/worksheets/sheet{number}.xml")
}

/// The header of an archive entry whose sizes come behind its data.
pub(super) fn local_header(name: &str) -> Vec<u8> {
    let mut header = LOCAL_SIGNATURE.to_le_bytes().to_vec();
    for field in [VERSION, STREAM_FLAGS, DEFLATE, 0, DATE] {
        header.extend_from_slice(&field.to_le_bytes());
    }
    header.extend_from_slice(&[0; 12]);
    header.extend_from_slice(&(name.len() as u16).to_le_bytes());
    header.extend_from_slice(&[0; 2]);
    header.extend_from_slice(name.as_bytes());
    header
}

/// See [`super`].
pub(super) struct ExcelEncoder {
    schema: Arc<Schema>,
    sheet_head: String,
    rows_per_sheet: u64,
    field_delimiter: String,
    /// Number of the next row in its file.
    next_row: u64,
    text: Vec<u8>,
    value: Vec<u8>,
    crc: Crc,
    compress: Compress,
    /// Compressed bytes, and how many of them were handed out.
    packed: Vec<u8>,
    handed_out: usize,
    /// Where in `packed` the run begins.
    run_start: usize,
    /// Number of the sheet's part that the run belongs to.
    sheet: u64,
    runs: Vec<Run>,
    is_ended: bool,
}

impl ExcelEncoder {
    pub(super) fn new(schema: &Arc<Schema>, options: &Value) -> Result<Self> {
        if schema.columns.len() > COLUMNS_LIMIT {
            let message = format!("a sheet has at most '{COLUMNS_LIMIT}' columns, not '{}'", schema.columns.len());
            return Err(KernelError::new(ErrorCode::EncodeFailed, message));
        }
        let rows_per_sheet = options.get("rowsPerSheet").and_then(Value::as_u64).unwrap_or(u64::from(ROWS_LIMIT) - 1);
        if rows_per_sheet == 0 || rows_per_sheet >= u64::from(ROWS_LIMIT) {
            return Err(invalid(format!("'rowsPerSheet' is '{rows_per_sheet}', not between 1 and {}", ROWS_LIMIT - 1)));
        }
        Ok(Self {
            schema: Arc::clone(schema),
            sheet_head: text(options, "sheetHead")?.unwrap_or_default().to_owned(),
            rows_per_sheet,
            field_delimiter: text(options, "fieldDelimiter")?.unwrap_or("\u{1}").to_owned(),
            next_row: 0,
            text: Vec::new(),
            value: Vec::new(),
            crc: Crc::new(),
            compress: Compress::new(Compression::new(LEVEL), false),
            packed: Vec::new(),
            handed_out: 0,
            run_start: 0,
            sheet: 1,
            runs: Vec::new(),
            is_ended: false,
        })
    }

    /// Ends the sheet and begins the next one, with a gap for what is known only when the file is complete.
    fn next_sheet(&mut self) -> Result<()> {
        self.text.extend_from_slice(SHEET_END);
        self.end_run(FlushCompress::Finish)?;
        self.packed.extend_from_slice(&[0; DESCRIPTOR_BYTES]);
        self.sheet = self.next_row / self.rows_per_sheet + 1;
        self.packed.extend_from_slice(&local_header(&sheet_part(self.sheet)));
        self.run_start = self.packed.len();
        self.text.extend_from_slice(self.sheet_head.as_bytes());
        Ok(())
    }

    fn end_run(&mut self, flush: FlushCompress) -> Result<()> {
        self.pack(flush)?;
        let packed_bytes = (self.packed.len() - self.run_start) as u64;
        let bytes = u64::from(self.crc.amount());
        self.runs.push(Run { sheet: self.sheet, crc: self.crc.sum(), bytes, packed_bytes });
        self.crc.reset();
        self.compress.reset();
        self.run_start = self.packed.len();
        Ok(())
    }

    /// Compresses the text.
    fn pack(&mut self, flush: FlushCompress) -> Result<()> {
        let failed =
            |what: &str| KernelError::new(ErrorCode::EncodeFailed, format!("compressing a sheet failed: {what}"));
        self.crc.update(&self.text);
        let begin = self.compress.total_in();
        loop {
            let done = (self.compress.total_in() - begin) as usize;
            self.packed.reserve(TEXT_BYTES / 4);
            let before = (self.compress.total_in(), self.packed.len());
            let status = self.compress.compress_vec(&self.text[done..], &mut self.packed, flush);
            let status = status.map_err(|error| failed(&error.to_string()))?;
            let is_taken = (self.compress.total_in() - begin) as usize == self.text.len();
            // All of a flush is out when there is room left behind it.
            let has_room = self.packed.len() < self.packed.capacity();
            if status == flate2::Status::StreamEnd || (is_taken && has_room && !matches!(flush, FlushCompress::Finish))
            {
                break;
            }
            if before == (self.compress.total_in(), self.packed.len()) && has_room {
                return Err(failed("it does not go on"));
            }
        }
        self.text.clear();
        Ok(())
    }

    fn write_row(&mut self, columns: &[Texts<'_>], row: usize) -> Result<()> {
        self.text.extend_from_slice(b"<row>");
        let last = columns.iter().rposition(|column| !column.is_null(row));
        for (index, column) in columns.iter().enumerate().take(last.map_or(0, |last| last + 1)) {
            if column.is_null(row) {
                self.text.extend_from_slice(b"<c/>");
                continue;
            }
            let written = self.write_cell(column, row);
            written.map_err(|error| error.at_row(row).at_field(&self.schema.columns[index].name))?;
        }
        self.text.extend_from_slice(b"</row>");
        Ok(())
    }

    fn write_cell(&mut self, column: &Texts<'_>, row: usize) -> Result<()> {
        let Texts::Scalar(view) = column else { return self.write_text(column, row) };
        let mut digits = [0u8; MAX_SCALAR_BYTES];
        let length = match &view.values {
            ViewValues::Boolean(values) => {
                self.text.extend_from_slice(if values.value(row) {
                    b"<c t=\"b\"><v>1</v></c>"
                } else {
                    b"<c t=\"b\"><v>0</v></c>"
                });
                return Ok(());
            }
            ViewValues::Int8(values) => write_i64(i64::from(values[row]), &mut digits),
            ViewValues::Int16(values) => write_i64(i64::from(values[row]), &mut digits),
            ViewValues::Int32(values) => write_i64(i64::from(values[row]), &mut digits),
            ViewValues::Int64(values) => write_i64(values[row], &mut digits),
            ViewValues::Float32(values) if values[row].is_finite() => write_f32(values[row], &mut digits),
            ViewValues::Float64(values) if values[row].is_finite() => write_f64(values[row], &mut digits),
            ViewValues::Float32(_) | ViewValues::Float64(_) => {
                self.text.extend_from_slice(b"<c t=\"e\"><v>#NUM!</v></c>");
                return Ok(());
            }
            ViewValues::Decimal { values, scale } => write_decimal(values[row], *scale, &mut digits),
            ViewValues::Date(values) => {
                let Some(serial) = serial_of_day(i64::from(values[row])) else { return self.write_text(column, row) };
                self.write_number(STYLE_DATE, serial as f64);
                return Ok(());
            }
            ViewValues::Timestamp(values) => {
                let Some(serial) = serial_of_micros(values[row]) else { return self.write_text(column, row) };
                self.write_number(STYLE_TIMESTAMP, serial);
                return Ok(());
            }
            ViewValues::Time(values) => {
                self.write_number(STYLE_TIME, DAY_OF_TIMES + values[row] as f64 / NANOS_PER_DAY);
                return Ok(());
            }
            ViewValues::Bytes { offsets, bytes } => {
                let bytes = &bytes[crate::delimited::view::range(offsets, row)];
                let numbers: Vec<String> = bytes.iter().map(|byte| (*byte as i8).to_string()).collect();
                self.value = format!("[{}]", numbers.join(", ")).into_bytes();
                return self.write_value();
            }
            _ => return self.write_text(column, row),
        };
        self.text.extend_from_slice(b"<c><v>");
        self.text.extend_from_slice(&digits[..length]);
        self.text.extend_from_slice(b"</v></c>");
        Ok(())
    }

    fn write_number(&mut self, style: u8, value: f64) {
        self.text.extend_from_slice(b"<c s=\"");
        self.text.push(style);
        self.text.extend_from_slice(b"\"><v>");
        self.text.extend_from_slice(format!("{value}").as_bytes());
        self.text.extend_from_slice(b"</v></c>");
    }

    fn write_text(&mut self, column: &Texts<'_>, row: usize) -> Result<()> {
        self.value.clear();
        column.append(row, &self.field_delimiter, &mut self.value);
        self.write_value()
    }

    /// Writes the text that was put together.
    fn write_value(&mut self) -> Result<()> {
        let value = std::str::from_utf8(&self.value)
            .map_err(|_| KernelError::new(ErrorCode::EncodeFailed, "a text is not valid UTF-8"))?;
        // No text has more units than bytes.
        if value.len() > TEXT_LIMIT {
            let units = value.encode_utf16().count();
            if units > TEXT_LIMIT {
                let message = format!("a cell holds at most '{TEXT_LIMIT}' characters, not '{units}'");
                return Err(KernelError::new(ErrorCode::EncodeFailed, message));
            }
        }
        self.text.extend_from_slice(b"<c s=\"");
        self.text.push(STYLE_TEXT);
        self.text.extend_from_slice(b"\" t=\"inlineStr\"><is><t xml:space=\"preserve\">");
        escape(value, &mut self.text);
        self.text.extend_from_slice(b"</t></is></c>");
        Ok(())
    }

    fn hand_out(&mut self, output: &mut OutputBuffer<'_>) -> bool {
        let length = (self.packed.len() - self.handed_out).min(output.remaining());
        output.push_slice(&self.packed[self.handed_out..self.handed_out + length]);
        self.handed_out += length;
        self.handed_out == self.packed.len()
    }
}

/// Appends a text as XML, with what XML cannot hold as `_xHHHH_`.
///
/// # Source
/// ECMA-376 part 1, 22.9.2.19 `ST_Xstring`.
pub(super) fn escape(text: &str, out: &mut Vec<u8>) {
    for (at, character) in text.char_indices() {
        match character {
            '&' => out.extend_from_slice(b"&amp;"),
            '<' => out.extend_from_slice(b"&lt;"),
            '>' => out.extend_from_slice(b"&gt;"),
            '\t' | '\n' => out.push(character as u8),
            '\0'..'\u{20}' | '\u{fffe}' | '\u{ffff}' => {
                out.extend_from_slice(format!("_x{:04X}_", u32::from(character)).as_bytes());
            }
            '_' if is_escape(&text[at..]) => out.extend_from_slice(b"_x005F_"),
            other => out.extend_from_slice(other.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

/// Whether a text begins like an escape.
fn is_escape(text: &str) -> bool {
    let mut units = [0u16; 7];
    for (unit, byte) in units.iter_mut().zip(text.bytes()) {
        *unit = u16::from(byte);
    }
    text.len() >= 7 && escaped_unit(&units).is_some()
}

impl Encoder for ExcelEncoder {
    fn encode(&mut self, batch: &Batch, first_row: usize, _output: &mut OutputBuffer<'_>) -> Result<usize> {
        let columns = Texts::columns(batch)?;
        for row in first_row..batch.rows {
            if self.next_row > 0 && self.next_row.is_multiple_of(self.rows_per_sheet) {
                self.next_sheet()?;
            }
            self.write_row(&columns, row)?;
            self.next_row += 1;
            if self.text.len() >= TEXT_BYTES {
                self.pack(FlushCompress::None)?;
            }
        }
        Ok(batch.rows)
    }

    fn row_bound(&self, _batch: &Batch, _row: usize) -> usize {
        0
    }

    fn reset(&mut self, first_row: u64) {
        self.next_row = first_row;
        self.sheet = 1;
        self.text.clear();
        self.crc.reset();
        self.compress.reset();
        self.packed.clear();
        (self.handed_out, self.run_start, self.is_ended) = (0, 0, false);
        self.runs.clear();
    }

    fn needs_row_number(&self) -> bool {
        true
    }

    fn finish(&mut self, output: &mut OutputBuffer<'_>) -> Result<bool> {
        if !self.is_ended {
            self.end_run(FlushCompress::Sync)?;
            self.is_ended = true;
        }
        Ok(self.hand_out(output))
    }

    fn take_metadata(&mut self) -> Option<Vec<u8>> {
        let runs = std::mem::take(&mut self.runs);
        let numbers = runs.iter().flat_map(|run| [run.sheet, u64::from(run.crc), run.bytes, run.packed_bytes]);
        Some(numbers.flat_map(u64::to_le_bytes).collect())
    }

    fn memory_bytes(&self) -> usize {
        self.text.capacity() + self.packed.capacity() + self.value.capacity()
    }
}

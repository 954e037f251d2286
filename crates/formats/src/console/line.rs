//! One row to its line.

use crate::delimited::view::{View, ViewValues, range};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use millrace_batch::text::{self, MAX_SCALAR_BYTES};
use millrace_batch::{Result, RowKind};

/// Writes lines of one sink.
pub(super) struct LineWriter {
    /// What stands before the row's number.
    before_number: Vec<u8>,
    /// What stands between the row's number and its kind.
    before_kind: Vec<u8>,
}

impl LineWriter {
    /// Lines that begin with `prefix`.
    pub(super) fn new(prefix: &str, subtask: u64, table: &str) -> Self {
        Self {
            before_number: format!("{prefix}subtaskIndex={subtask}  rowIndex=").into_bytes(),
            before_kind: format!(":  SeaTunnelRow#tableId={table} SeaTunnelRow#kind=").into_bytes(),
        }
    }

    /// Appends one row's line, with its line feed.
    pub(super) fn write(&self, views: &[View<'_>], row: usize, kind: i8, number: u64, out: &mut Vec<u8>) -> Result<()> {
        let kind = RowKind::from_wire(kind)?;
        out.extend_from_slice(&self.before_number);
        out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
        out.extend_from_slice(&self.before_kind);
        out.extend_from_slice(kind.full_name().as_bytes());
        out.extend_from_slice(b" : ");
        for (index, view) in views.iter().enumerate() {
            if index > 0 {
                out.extend_from_slice(b", ");
            }
            if !view.is_null(row) {
                write_value(view, row, out);
            }
        }
        out.push(b'\n');
        Ok(())
    }
}

/// A value that is not null.
fn write_value(view: &View<'_>, row: usize, out: &mut Vec<u8>) {
    match &view.values {
        ViewValues::Text { offsets, bytes } => out.extend_from_slice(&bytes[range(offsets, row)]),
        ViewValues::Bytes { offsets, bytes } => {
            write_list(range(offsets, row), out, |index, out| {
                out.extend_from_slice(itoa::Buffer::new().format(bytes[index] as i8).as_bytes());
            });
        }
        ViewValues::List { offsets, element } => {
            write_list(range(offsets, row), out, |index, out| write_value_or_null(element, index, out));
        }
        ViewValues::Row(children) => {
            write_list(0..children.len(), out, |index, out| write_value_or_null(&children[index], row, out));
        }
        ViewValues::Map { .. } => write_json(view, row, out),
        _ => write_scalar(view, row, out),
    }
}

fn write_value_or_null(view: &View<'_>, row: usize, out: &mut Vec<u8>) {
    if view.is_null(row) {
        out.extend_from_slice(b"null");
    } else {
        write_value(view, row, out);
    }
}

fn write_list(range: std::ops::Range<usize>, out: &mut Vec<u8>, write: impl Fn(usize, &mut Vec<u8>)) {
    out.push(b'[');
    for (position, index) in range.enumerate() {
        if position > 0 {
            out.extend_from_slice(b", ");
        }
        write(index, out);
    }
    out.push(b']');
}

/// A number, a boolean or a temporal value as Java's `toString` gives it.
fn write_scalar(view: &View<'_>, row: usize, out: &mut Vec<u8>) {
    let mut buffer = [0u8; MAX_SCALAR_BYTES];
    let length = match &view.values {
        ViewValues::Boolean(values) => text::write_bool(values.value(row), &mut buffer),
        ViewValues::Int8(values) => text::write_i64(i64::from(values[row]), &mut buffer),
        ViewValues::Int16(values) => text::write_i64(i64::from(values[row]), &mut buffer),
        ViewValues::Int32(values) => text::write_i64(i64::from(values[row]), &mut buffer),
        ViewValues::Int64(values) => text::write_i64(values[row], &mut buffer),
        ViewValues::Float32(values) => text::write_f32(values[row], &mut buffer),
        ViewValues::Float64(values) => text::write_f64(values[row], &mut buffer),
        ViewValues::Decimal { values, scale } => text::write_decimal(values[row], *scale, &mut buffer),
        ViewValues::Date(values) => text::write_date(values[row], &mut buffer),
        ViewValues::Time(values) => text::write_time(values[row], &mut buffer),
        ViewValues::Timestamp(values) => text::write_timestamp(values[row], &mut buffer),
        ViewValues::TimestampTz { instants, offsets } => {
            let local = instants[row].wrapping_add(i64::from(offsets[row]) * 60_000_000);
            let length = text::write_timestamp(local, &mut buffer);
            length + write_offset(offsets[row], &mut buffer[length..])
        }
        _ => 0,
    };
    out.extend_from_slice(&buffer[..length]);
}

/// `Z`, or the offset as `+08:00`.
fn write_offset(minutes: i16, out: &mut [u8]) -> usize {
    if minutes == 0 {
        out[0] = b'Z';
        return 1;
    }
    out[0] = if minutes < 0 { b'-' } else { b'+' };
    let minutes = u32::from(minutes.unsigned_abs());
    text::write_pair(minutes / 60 % 100, &mut out[1..]);
    out[3] = b':';
    text::write_pair(minutes % 60, &mut out[4..]);
    6
}

/// A value inside a map: JSON, with bytes as base64 and temporal values as text.
fn write_json(view: &View<'_>, row: usize, out: &mut Vec<u8>) {
    if view.is_null(row) {
        return out.extend_from_slice(b"null");
    }
    match &view.values {
        ViewValues::Text { offsets, bytes } => write_json_text(&bytes[range(offsets, row)], out),
        ViewValues::Bytes { offsets, bytes } => {
            write_json_text(STANDARD.encode(&bytes[range(offsets, row)]).as_bytes(), out);
        }
        ViewValues::List { offsets, element } => {
            write_json_array(range(offsets, row).map(|index| (element.as_ref(), index)), out);
        }
        ViewValues::Row(children) => write_json_array(children.iter().map(|child| (child, row)), out),
        ViewValues::Map { offsets, key, value } => {
            out.push(b'{');
            for (position, index) in range(offsets, row).enumerate() {
                if position > 0 {
                    out.push(b',');
                }
                let mut name = Vec::new();
                write_value_or_null(key, index, &mut name);
                write_json_text(&name, out);
                out.push(b':');
                write_json(value, index, out);
            }
            out.push(b'}');
        }
        ViewValues::Float32(values) if !values[row].is_finite() => write_quoted_scalar(view, row, out),
        ViewValues::Float64(values) if !values[row].is_finite() => write_quoted_scalar(view, row, out),
        ViewValues::Date(_) | ViewValues::Time(_) | ViewValues::Timestamp(_) | ViewValues::TimestampTz { .. } => {
            write_quoted_scalar(view, row, out);
        }
        _ => write_scalar(view, row, out),
    }
}

fn write_json_array<'a>(values: impl Iterator<Item = (&'a View<'a>, usize)>, out: &mut Vec<u8>) {
    out.push(b'[');
    for (position, (view, row)) in values.enumerate() {
        if position > 0 {
            out.push(b',');
        }
        write_json(view, row, out);
    }
    out.push(b']');
}

fn write_quoted_scalar(view: &View<'_>, row: usize, out: &mut Vec<u8>) {
    out.push(b'"');
    write_scalar(view, row, out);
    out.push(b'"');
}

fn write_json_text(text: &[u8], out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    out.push(b'"');
    for byte in text {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', *byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            8 => out.extend_from_slice(b"\\b"),
            12 => out.extend_from_slice(b"\\f"),
            0..0x20 => {
                out.extend_from_slice(b"\\u00");
                out.extend_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
            }
            _ => out.push(*byte),
        }
    }
    out.push(b'"');
}

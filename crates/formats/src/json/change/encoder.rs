//! Rows with their kinds to messages.

use super::super::member::{Key, Writer, check, keys, writers};
use super::super::options::{boolean, row_delimiter};
use super::super::write::{DateCache, Sink};
use super::Dialect;
use millrace_batch::codec::Encoder;
use millrace_batch::json_text::CHUNK;
use millrace_batch::{Batch, OutputBuffer, Result, RowKind, Schema};
use serde_json::{Value, json};
use std::sync::Arc;

/// What stands around the rows of a message.
struct Frame {
    /// Around an inserted row.
    insert: (Vec<u8>, Vec<u8>),
    /// Around a deleted row.
    delete: (Vec<u8>, Vec<u8>),
    /// Before the first row, between the rows, and behind the second one of an update.
    update: (Vec<u8>, Vec<u8>, Vec<u8>),
    /// Whether the first row of an update is the one before the change.
    before_first: bool,
    /// Length of the longest of them.
    bound: usize,
}

impl Frame {
    fn new(dialect: Dialect, table: &str) -> Self {
        let (database, schema, name) = table_parts(table);
        let (open, close) = if dialect == Dialect::Canal { ("[", "]") } else { ("", "") };
        let tail = |kind: &str| match dialect {
            Dialect::Canal => {
                format!(",\"type\":\"{kind}\",\"database\":{},\"table\":{},\"ts\":null}}", json!(database), json!(name))
            }
            Dialect::Debezium => {
                let source = format!(
                    "{{\"database\":{},\"schema\":{},\"table\":{}}}",
                    json!(database),
                    json!(schema),
                    json!(name)
                );
                format!(",\"op\":\"{kind}\",\"source\":{source},\"ts_ms\":null}}")
            }
            _ => format!(",\"type\":\"{kind}\"}}"),
        };
        let (insert, delete, update) = if dialect == Dialect::Debezium {
            (
                ("{\"before\":null,\"after\":".to_owned(), tail("c")),
                ("{\"before\":".to_owned(), format!(",\"after\":null{}", tail("d"))),
                ("{\"before\":".to_owned(), ",\"after\":".to_owned(), tail("u")),
            )
        } else {
            let data = format!("{{\"data\":{open}");
            (
                (data.clone(), format!("{close}{}", tail("INSERT"))),
                (data.clone(), format!("{close}{}", tail("DELETE"))),
                (data, format!("{close},\"old\":{open}"), format!("{close}{}", tail("UPDATE"))),
            )
        };
        let pair = |(open, close): (String, String)| (open.into_bytes(), close.into_bytes());
        let bound = update.0.len() + update.1.len() + update.2.len();
        Self {
            bound: bound.max(insert.0.len() + insert.1.len()).max(delete.0.len() + delete.1.len()),
            insert: pair(insert),
            delete: pair(delete),
            update: (update.0.into_bytes(), update.1.into_bytes(), update.2.into_bytes()),
            before_first: dialect == Dialect::Debezium,
        }
    }
}

/// Database, schema and table of a path.
fn table_parts(path: &str) -> (Option<&str>, Option<&str>, Option<&str>) {
    let mut parts = path.rsplit('.');
    let table = parts.next().filter(|part| !part.is_empty());
    let (second, third) = (parts.next(), parts.next());
    match third {
        Some(database) => (Some(database), second, table),
        None => (second, None, table),
    }
}

/// See [`super`].
pub(super) struct ChangeEncoder {
    schema: Arc<Schema>,
    delimiter: Vec<u8>,
    keys: Vec<Key>,
    frame: Frame,
    merge_updates: bool,
    /// The object of a row before a change, whose row after it has not come yet.
    before: Vec<u8>,
    row_ends: Vec<u64>,
    written: u64,
    dates: DateCache,
}

impl ChangeEncoder {
    /// An encoder for batches of `schema`.
    pub(super) fn new(schema: &Arc<Schema>, options: &Value, dialect: Dialect) -> Result<Self> {
        for column in &schema.columns {
            check(&column.data_type).map_err(|error| error.at_field(&column.name))?;
        }
        Ok(Self {
            keys: keys(schema.columns.iter().map(|column| column.name.as_str())),
            delimiter: row_delimiter(options)?,
            frame: Frame::new(dialect, &schema.table),
            merge_updates: boolean(options, "mergeUpdates")?,
            schema: Arc::clone(schema),
            before: Vec::new(),
            row_ends: Vec::new(),
            written: 0,
            dates: DateCache::default(),
        })
    }

    /// Bytes that a row's object may take.
    fn object_bound(&self, writers: &[Writer<'_>], row: usize) -> usize {
        let values = writers.iter().map(|writer| writer.bound(row)).sum::<usize>();
        self.keys.iter().map(|key| key.text.len()).sum::<usize>() + 2 + CHUNK + values
    }

    /// Bytes of messages beside a row's object: a row before a change may have to go out in front of it.
    fn frame_bound(&self) -> usize {
        2 * (self.delimiter.len() + self.frame.bound) + 2 * self.before.len() + CHUNK
    }
}

fn write_object(keys: &[Key], writers: &[Writer<'_>], row: usize, sink: &mut Sink<'_>) {
    if writers.is_empty() {
        sink.push(b'{');
    }
    for (key, writer) in keys.iter().zip(writers) {
        key.write(sink);
        writer.write(row, sink);
    }
    sink.push(b'}');
}

impl Encoder for ChangeEncoder {
    fn encode(&mut self, batch: &Batch, first_row: usize, output: &mut OutputBuffer<'_>) -> Result<usize> {
        let writers = writers(&self.schema, batch)?;
        let mut row = first_row;
        while row < batch.rows {
            let bound = self.object_bound(&writers, row);
            if self.frame_bound() + bound > output.remaining() {
                break;
            }
            let kind = batch.kind(row);
            let start = output.len();
            if self.merge_updates && kind == RowKind::UpdateBefore as i8 {
                flush_before(&mut self.before, &self.delimiter, &self.frame, output);
                self.before.resize(bound, 0);
                let mut sink = Sink::new(&mut self.before, &mut self.dates);
                write_object(&self.keys, &writers, row, &mut sink);
                let length = sink.len();
                self.before.truncate(length);
            } else {
                let is_update = !self.before.is_empty() && kind == RowKind::UpdateAfter as i8;
                if !is_update {
                    flush_before(&mut self.before, &self.delimiter, &self.frame, output);
                }
                let mut sink = Sink::new(output.spare(), &mut self.dates);
                sink.bytes(&self.delimiter);
                if is_update {
                    let (open, between, close) = &self.frame.update;
                    sink.bytes(open);
                    if self.frame.before_first {
                        sink.bytes(&self.before);
                        sink.bytes(between);
                        write_object(&self.keys, &writers, row, &mut sink);
                    } else {
                        write_object(&self.keys, &writers, row, &mut sink);
                        sink.bytes(between);
                        sink.bytes(&self.before);
                    }
                    sink.bytes(close);
                    self.before.clear();
                } else {
                    let is_insert = kind == RowKind::Insert as i8 || kind == RowKind::UpdateAfter as i8;
                    let (open, close) = if is_insert { &self.frame.insert } else { &self.frame.delete };
                    sink.bytes(open);
                    write_object(&self.keys, &writers, row, &mut sink);
                    sink.bytes(close);
                }
                let length = sink.len();
                output.advance(length);
            }
            self.written += (output.len() - start) as u64;
            self.row_ends.push(self.written);
            row += 1;
        }
        Ok(row)
    }

    fn row_bound(&self, batch: &Batch, row: usize) -> usize {
        writers(&self.schema, batch).map_or(0, |writers| self.frame_bound() + self.object_bound(&writers, row))
    }

    fn row_ends(&self) -> &[u64] {
        &self.row_ends
    }

    fn reset(&mut self, _first_row: u64) {
        self.before.clear();
        self.row_ends.clear();
        self.written = 0;
    }

    fn needs_row_number(&self) -> bool {
        self.merge_updates
    }

    fn finish(&mut self, output: &mut OutputBuffer<'_>) -> Result<bool> {
        if self.before.is_empty() {
            return Ok(true);
        }
        if !output.has_room(self.frame_bound()) {
            return Ok(false);
        }
        flush_before(&mut self.before, &self.delimiter, &self.frame, output);
        Ok(true)
    }

    fn memory_bytes(&self) -> usize {
        self.row_ends.capacity() * 8 + self.before.capacity()
    }
}

/// Writes a row before a change that no row after it follows: it is gone.
fn flush_before(before: &mut Vec<u8>, delimiter: &[u8], frame: &Frame, output: &mut OutputBuffer<'_>) {
    if before.is_empty() {
        return;
    }
    for piece in [delimiter, &frame.delete.0, before, &frame.delete.1] {
        output.push_slice(piece);
    }
    before.clear();
}

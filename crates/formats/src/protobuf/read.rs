//! Messages into columns.

use super::descriptor::{Enum, Kind, Label, Missing, Wire};
use super::plan::{Plan, PlanField, Shape};
use super::push::push_scalar;
use super::wire::{Cursor, Scalar};
use crate::framed::Fault;
use crate::json::column::{Column, Values};
use std::collections::HashMap;

/// What reading needs beside a plan.
pub(super) struct Reading<'a> {
    pub(super) enums: &'a [Enum],
    /// Values that may still be made.
    pub(super) budget: usize,
}

/// What one message says of the fields that are messages, and of oneofs.
struct Parts<'a> {
    /// Messages with the index of their field, in the order in which they come.
    messages: Vec<(usize, &'a [u8])>,
    /// The field that each oneof has.
    active: Vec<Option<usize>>,
    /// Messages of a field count from this place on; empty when none was replaced.
    since: Vec<usize>,
}

impl Reading<'_> {
    fn spend(&mut self, values: usize) -> Result<(), Fault> {
        self.budget = self.budget.checked_sub(values).ok_or(Fault::TooLarge)?;
        Ok(())
    }

    /// Appends row `row` to columns: the fields of a message, which may come in several pieces that are merged.
    ///
    /// No pieces are a message that is missing: all its fields are defaults. On a fault the columns are uneven.
    pub(super) fn message(
        &mut self,
        plan: &Plan,
        pieces: &[&[u8]],
        row: usize,
        columns: &mut [Column],
    ) -> Result<(), Fault> {
        let mut parts = Parts { messages: Vec::new(), active: vec![None; plan.oneofs], since: Vec::new() };
        for piece in pieces {
            self.scan(plan, piece, row, columns, &mut parts)?;
        }
        let messages = parts.in_order();
        for (index, field) in plan.fields.iter().enumerate() {
            let Some(column) = field.column.map(|column| &mut columns[column]) else { continue };
            if field.field.label == Label::Required
                && !pieces.is_empty()
                && matches!(field.shape, Shape::Scalar)
                && column.rows == row
            {
                let text = "a required field is missing".to_owned();
                return Err(Fault::Value(millrace_batch::ErrorCode::RecordMalformed, text, field.name.clone()));
            }
            let start = messages.partition_point(|(other, _)| *other < index);
            let end = messages.partition_point(|(other, _)| *other <= index);
            self.complete(field, &messages[start..end], row, column).map_err(|fault| fault.inside(&field.name))?;
        }
        plan.unknown.iter().for_each(|column| columns[*column].push_null());
        Ok(())
    }

    /// Goes through the fields of a piece: plain values go into their columns, messages are noted.
    fn scan<'a>(
        &mut self,
        plan: &Plan,
        piece: &'a [u8],
        row: usize,
        columns: &mut [Column],
        parts: &mut Parts<'a>,
    ) -> Result<(), Fault> {
        let (mut cursor, mut next) = (Cursor::new(piece), 0);
        while !cursor.is_at_end() {
            let tag = cursor.tag()?;
            let Some(index) = plan.find(tag.number, &mut next) else {
                cursor.skip(tag)?;
                continue;
            };
            let field = &plan.fields[index];
            let kind = field.field.kind;
            let is_repeated = field.field.label == Label::Repeated;
            if !tag.is(kind.wire()) {
                if is_repeated && tag.is(Wire::Counted) {
                    let packed = cursor.counted()?;
                    let column = field.column.map(|column| &mut columns[column]);
                    self.packed(field, packed, column).map_err(|fault| fault.inside(&field.name))?;
                } else {
                    cursor.skip(tag)?;
                }
                continue;
            }
            let scalar = cursor.scalar(kind)?;
            if self.is_unknown(kind, scalar) {
                continue;
            }
            if let Some(oneof) = field.field.oneof {
                parts.replace(plan, oneof, index, row, columns);
            }
            let Some(column) = field.column.map(|column| &mut columns[column]) else { continue };
            match (&field.shape, scalar) {
                (Shape::Row(_) | Shape::Entry(_), Scalar::Bytes(bytes)) => parts.messages.push((index, bytes)),
                _ if is_repeated => self.element(field, scalar, column).map_err(|fault| fault.inside(&field.name))?,
                _ => {
                    if column.rows > row {
                        column.truncate(row);
                    }
                    self.push(kind, scalar, column).map_err(|fault| fault.inside(&field.name))?;
                }
            }
        }
        Ok(())
    }

    /// Whether it is a number that a closed enum does not have; it counts as an unknown field.
    fn is_unknown(&self, kind: Kind, scalar: Scalar<'_>) -> bool {
        match (kind, scalar) {
            (Kind::Enum(index), Scalar::Bits(bits)) => {
                let found = &self.enums[index];
                found.is_closed && found.name_of(bits as i32).is_none()
            }
            _ => false,
        }
    }

    fn packed(&mut self, field: &PlanField, packed: &[u8], column: Option<&mut Column>) -> Result<(), Fault> {
        let Some(column) = column else { return Ok(()) };
        let mut cursor = Cursor::new(packed);
        while !cursor.is_at_end() {
            let scalar = cursor.scalar(field.field.kind)?;
            if !self.is_unknown(field.field.kind, scalar) {
                self.element(field, scalar, column)?;
            }
        }
        Ok(())
    }

    fn element(&mut self, field: &PlanField, scalar: Scalar<'_>, column: &mut Column) -> Result<(), Fault> {
        let Values::List { element, .. } = &mut column.values else { return Err(Fault::Syntax) };
        self.spend(1)?;
        self.push(field.field.kind, scalar, element)
    }

    fn push(&mut self, kind: Kind, scalar: Scalar<'_>, column: &mut Column) -> Result<(), Fault> {
        let made = push_scalar(kind, scalar, self.enums, column)?;
        self.spend(made)
    }

    /// Ends the value of a field: what came of it is in the column already, or in `messages`.
    fn complete(
        &mut self,
        field: &PlanField,
        messages: &[(usize, &[u8])],
        row: usize,
        column: &mut Column,
    ) -> Result<(), Fault> {
        match (&field.shape, &mut column.values) {
            (Shape::Entry(parts), Values::Map(map)) => {
                self.entries(parts, messages, &mut map.key, &mut map.value)?;
                map.offsets.push(i32::try_from(map.key.rows).map_err(|_| Fault::TooLarge)?);
                column.rows += 1;
            }
            (shape, Values::List { offsets, element }) => {
                if let Shape::Row(plan) = shape {
                    for (_, message) in messages {
                        self.spend(plan.width)?;
                        self.row(plan, &[message], element)?;
                    }
                }
                offsets.push(i32::try_from(element.rows).map_err(|_| Fault::TooLarge)?);
                column.rows += 1;
            }
            (Shape::Row(plan), _) => {
                let pieces: Vec<&[u8]> = messages.iter().map(|(_, message)| *message).collect();
                if pieces.is_empty() && field.field.label == Label::Required {
                    return Err(Fault::Syntax);
                }
                self.row(plan, &pieces, column)?;
            }
            _ if column.rows == row => {
                let missing = match &field.field.missing {
                    Missing::Bits(bits) => Scalar::Bits(*bits),
                    Missing::Bytes(bytes) => Scalar::Bytes(bytes),
                };
                if let Missing::Bytes(bytes) = &field.field.missing {
                    self.spend(bytes.len())?;
                }
                self.push(field.field.kind, missing, column)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn row(&mut self, plan: &Plan, pieces: &[&[u8]], column: &mut Column) -> Result<(), Fault> {
        let Values::Row(row) = &mut column.values else { return Err(Fault::Syntax) };
        self.message(plan, pieces, row.rows, &mut row.columns)?;
        row.rows += 1;
        column.rows += 1;
        Ok(())
    }

    /// Appends a map; when a key comes twice, its place is the first and its value the last one.
    fn entries(
        &mut self,
        parts: &[PlanField; 2],
        messages: &[(usize, &[u8])],
        keys: &mut Column,
        values: &mut Column,
    ) -> Result<(), Fault> {
        let mut places: HashMap<Scalar<'_>, usize> = HashMap::new();
        let mut entries: Vec<&[u8]> = Vec::new();
        for (_, message) in messages {
            let Some((key, ..)) = self.entry(parts, message)? else { continue };
            let place = *places.entry(key).or_insert(entries.len());
            if place == entries.len() {
                entries.push(message);
            }
            entries[place] = message;
        }
        for entry in entries {
            let Some((key, value, pieces)) = self.entry(parts, entry)? else { continue };
            self.spend(parts[1].shape.width())?;
            self.push(parts[0].field.kind, key, keys).map_err(|fault| fault.inside("key"))?;
            match &parts[1].shape {
                Shape::Row(plan) => self.row(plan, &pieces, values),
                _ => self.push(parts[1].field.kind, value, values),
            }
            .map_err(|fault| fault.inside("value"))?;
        }
        Ok(())
    }

    /// Key and value of an entry, and the pieces of a value that is a message; `None` when its value is unknown to its enum.
    #[expect(clippy::type_complexity, reason = "three parts of one entry, taken apart where they are read")]
    fn entry<'a>(
        &self,
        parts: &'a [PlanField; 2],
        message: &'a [u8],
    ) -> Result<Option<(Scalar<'a>, Scalar<'a>, Vec<&'a [u8]>)>, Fault> {
        let [key, value] = parts.each_ref().map(|part| &part.field);
        let mut found = parts.each_ref().map(|part| match &part.field.missing {
            Missing::Bits(bits) => Scalar::Bits(*bits),
            Missing::Bytes(bytes) => Scalar::Bytes(bytes),
        });
        let mut pieces = Vec::new();
        let mut cursor = Cursor::new(message);
        while !cursor.is_at_end() {
            let tag = cursor.tag()?;
            match tag.number {
                1 if tag.is(key.kind.wire()) => found[0] = cursor.scalar(key.kind)?,
                2 if tag.is(value.kind.wire()) => {
                    found[1] = cursor.scalar(value.kind)?;
                    if let (Kind::Message(_), Scalar::Bytes(piece)) = (value.kind, found[1]) {
                        pieces.push(piece);
                    }
                }
                _ => cursor.skip(tag)?,
            }
        }
        let [key, scalar] = found;
        Ok((!self.is_unknown(value.kind, scalar)).then_some((key, scalar, pieces)))
    }
}

impl<'a> Parts<'a> {
    /// Takes back what another field of the oneof had said.
    fn replace(&mut self, plan: &Plan, oneof: usize, index: usize, row: usize, columns: &mut [Column]) {
        let Some(other) = self.active[oneof].replace(index).filter(|other| *other != index) else { return };
        let field = &plan.fields[other];
        match (&field.shape, field.column) {
            (Shape::Scalar, Some(column)) if columns[column].rows > row => columns[column].truncate(row),
            (Shape::Scalar, _) => {}
            _ => {
                self.since.resize(plan.fields.len(), 0);
                self.since[other] = self.messages.len();
            }
        }
    }

    /// The messages that count, by field.
    fn in_order(mut self) -> Vec<(usize, &'a [u8])> {
        if !self.since.is_empty() {
            let mut place = 0;
            self.messages.retain(|(index, _)| {
                place += 1;
                place > self.since[*index]
            });
        }
        self.messages.sort_by_key(|(index, _)| *index);
        self.messages
    }
}

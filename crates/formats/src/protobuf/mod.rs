//! Format `protobuf`: Protocol Buffers messages of a `.proto` text that is compiled when the job is planned.
//!
//! Every message stands behind its length, four bytes, little endian: so a batch of messages of a queue is one piece of input.
//!
//! | option | meaning |
//! |---|---|
//! | `protobufSchema` | the `.proto` text, proto2 or proto3, one file without imports; required |
//! | `protobufMessageName` | the message in it: `Name`, `Outer.Inner`, with or without the package; required |
//! | `registryHeader` | messages begin with the header of a schema registry, which is skipped (decoder only) |
//!
//! # Schema
//! Columns are fields of the same name, else of a name that differs in case only. Groups, imports and editions are not implemented;
//! services, extensions, reserved numbers and options are passed over, but for `packed` and `default`.
//!
//! | field | column |
//! |---|---|
//! | string | STRING |
//! | bytes | BYTES |
//! | bool | BOOLEAN |
//! | float, double | FLOAT, DOUBLE; float into DOUBLE when read, FLOAT into double when written |
//! | whole numbers | TINYINT, SMALLINT, INT, BIGINT, DECIMAL of scale 0 |
//! | enums | STRING (the name), or the number in a whole number |
//! | numbers, bool | STRING, when read |
//! | message | ROW |
//! | repeated | ARRAY of the above |
//! | map | MAP |
//!
//! Whole numbers must fit, but for two cases: uint32 in INT and uint64 in BIGINT (fixed ones too) keep their bits, and a TINYINT is
//! written without its sign and read with it.
//!
//! # Missing fields
//! A null is not written. A field that is not in a message is its default, as SeaTunnel has it: zero, an empty text, the enum's first
//! value, an empty list, a ROW of defaults, or what a proto2 text says. A column that no field has is null when messages are read.
//! The last value of a field counts, messages in a single field are merged, fields that the text does not have are skipped, and so
//! are values of another wire type and numbers that a proto2 enum does not have.
//!
//! # Errors
//! `OPTION_INVALID` for a text that is no schema, with line and column, and for a message that it does not have; `UNIMPLEMENTED` for
//! imports, groups and editions; `TYPE_UNSUPPORTED` at a column that cannot hold its field; `FIELD_NOT_FOUND` at a column that cannot
//! be written; `RECORD_MALFORMED` at a row for bytes that are no message; `VALUE_MALFORMED`, `ENCODING_INVALID` at a row and field;
//! `VALUE_TOO_LARGE` for a message over the limit; `ENCODE_FAILED` for nulls in arrays and maps, and values that do not fit.
//!
//! # Source
//! SeaTunnel `ProtobufToRowConverter`, `RowToProtobufConverter`, `ProtobufFieldResolver`, `CompileDescriptor`; `docs/compatibility.md`
//! lists the differences.

mod descriptor;
mod fields;
mod lexer;
mod link;
mod parser;
mod plan;
mod push;
mod read;
#[cfg(test)]
mod tests;
mod wire;
mod write;

use crate::framed::{Fault, MessageDecoder, MessageEncoder, ReadMessage};
use crate::json::column::Column;
use descriptor::{Descriptor, Enum};
use millrace_batch::codec::CodecDefinition;
use millrace_batch::{DataType, ErrorCode, KernelError, Result, Schema};
use plan::{Direction, Plan};
use read::Reading;
use serde_json::Value;
use wire::Cursor;

/// The text of a schema may be this long.
const SCHEMA_LIMIT_BYTES: usize = 4 << 20;
/// Values that a message may make beyond those for each of its bytes.
const SPARE_VALUES: usize = 1 << 20;
/// Values that a byte of a message may make.
const VALUES_PER_BYTE: usize = 4;
/// The zero and the number of a schema in a schema registry's header.
const HEADER_BYTES: usize = 5;

/// The format's registration.
pub const DEFINITION: CodecDefinition = CodecDefinition {
    name: "protobuf",
    decoder: Some(|schema, options, context| {
        let (plan, enums) = compile(schema, options, Direction::Read)?;
        let has_header = options.get("registryHeader").and_then(Value::as_bool).unwrap_or(false);
        Ok(Box::new(MessageDecoder::new(schema, ProtobufReader { plan, enums, has_header }, context)))
    }),
    encoder: Some(|schema, options, _| {
        let (plan, enums) = compile(schema, options, Direction::Write)?;
        Ok(Box::new(MessageEncoder::new(write::ProtobufWriter { plan, enums })))
    }),
    inspect: None,
    assemble: None,
};

fn compile(schema: &Schema, options: &Value, direction: Direction) -> Result<(Plan, Vec<Enum>)> {
    let text = |name: &str| {
        options.get(name).and_then(Value::as_str).filter(|text| !text.trim().is_empty()).ok_or_else(|| {
            KernelError::new(ErrorCode::OptionInvalid, format!("the format 'protobuf' needs '{name}', a text"))
        })
    };
    let (name, proto) = (text("protobufMessageName")?, text("protobufSchema")?);
    if proto.len() > SCHEMA_LIMIT_BYTES {
        let text = format!("'protobufSchema' is longer than {SCHEMA_LIMIT_BYTES} bytes");
        return Err(KernelError::new(ErrorCode::OptionInvalid, text));
    }
    let descriptor: Descriptor = parser::parse(proto)?;
    let message = descriptor.message(name).ok_or_else(|| {
        KernelError::new(ErrorCode::OptionInvalid, format!("the protobuf schema has no message '{name}'"))
    })?;
    let columns: Vec<(&str, &DataType)> =
        schema.columns.iter().map(|column| (column.name.as_str(), &column.data_type)).collect();
    let plan = Plan::new(&descriptor, message, &columns, direction)?;
    Ok((plan, descriptor.enums))
}

struct ProtobufReader {
    plan: Plan,
    enums: Vec<Enum>,
    has_header: bool,
}

impl ReadMessage for ProtobufReader {
    const WHAT: &'static str = "a protobuf message";

    fn read(&mut self, message: &[u8], columns: &mut [Column]) -> Result<usize> {
        let body = if self.has_header { behind_header(message)? } else { message };
        let budget = VALUES_PER_BYTE * body.len() + SPARE_VALUES;
        let row = columns.first().map_or(0, |column| column.rows);
        let mut reading = Reading { enums: &self.enums, budget };
        reading.message(&self.plan, &[body], row, columns).map_err(|fault| fault.of(Self::WHAT))?;
        Ok(budget - reading.budget)
    }
}

/// Passes over a zero, the number of a schema, and the path of the message in it: its length and as many numbers, or a zero.
fn behind_header(message: &[u8]) -> Result<&[u8]> {
    let skipped = || {
        let rest = message.get(HEADER_BYTES..).filter(|_| message[0] == 0).ok_or(Fault::Syntax)?;
        let mut cursor = Cursor::new(rest);
        let zigzag = cursor.varint()?;
        for _ in 0..zigzag / 2 {
            cursor.varint()?;
        }
        Ok(cursor.rest())
    };
    skipped().map_err(|_: Fault| {
        let text = "reading a protobuf message: it does not begin with the header of a schema registry";
        KernelError::new(ErrorCode::RecordMalformed, text)
    })
}

//! The functions that the addon and the WASM build export. Every argument is bytes, text or a number.

use crate::document::{ContextDocument, NodeDocument, ProgramDocument};
use crate::measure::Clock;
use crate::step::{Program, analyze as analyze_node};
use crate::{handles, registry, streams};
use millrace_batch::codec::{Context, InputBounds};
use millrace_batch::java_regex;
use millrace_batch::{ErrorCode, KernelError, LAYOUT_VERSION, OutputBuffer, Result, Schema};
use serde::Deserialize;
use serde_json::{Value, json};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Bit of `flags`: the piece may begin inside a record of the piece before.
pub const SKIP_PARTIAL_RECORD: u32 = 1;
/// Bit of `flags`: the piece is the beginning of its file.
pub const START_OF_FILE: u32 = 2;
/// Bit of `flags`: the piece ends where its file ends.
pub const END_OF_FILE: u32 = 4;

/// Runs `work` and turns a panic into `KERNEL_PANIC`. On WASM a panic traps instead, and the host replaces the instance.
fn guarded<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let text = panic
            .downcast_ref::<&str>()
            .map(ToString::to_string)
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "unknown".to_owned());
        Err(KernelError::new(ErrorCode::KernelPanic, format!("a kernel panicked: {text}")))
    })
}

fn parse<'a, T: Deserialize<'a>>(text: &'a str, what: &str) -> Result<T> {
    serde_json::from_str(text)
        .map_err(|error| KernelError::new(ErrorCode::ProgramInvalid, format!("{what} does not parse: {error}")))
}

/// What this build is: `{"layoutVersion":1,"version":"…","target":"…","codecs":[…],"operators":[…],"programs":0}`.
pub fn describe() -> String {
    let codecs: Vec<Value> = registry::codecs()
        .map(|codec| json!({ "name": codec.name, "reads": codec.decoder.is_some(), "writes": codec.encoder.is_some() }))
        .collect();
    let operators: Vec<&str> = registry::operators().map(|operator| operator.name).collect();
    json!({
        "layoutVersion": LAYOUT_VERSION,
        "version": env!("CARGO_PKG_VERSION"),
        "target": std::env::consts::ARCH,
        "codecs": codecs,
        "operators": operators,
        "programs": handles::count(),
    })
    .to_string()
}

/// The functions, forms and casts of SQL as JSON; see [`millrace_expr::functions::reference`].
pub fn describe_sql() -> String {
    millrace_expr::functions::reference().to_string()
}

/// Compiles a program document and gives its handle.
///
/// # Errors
/// See [`Program::compile`].
pub fn compile(document: &str) -> Result<u32> {
    guarded(|| Ok(handles::insert(Program::compile(&parse::<ProgramDocument>(document, "the program")?)?)))
}

/// What a compiled program looks like: `{"schemas":[…],"holdsRows":[true]}`.
///
/// # Errors
/// `HANDLE_CLOSED`.
pub fn describe_program(handle: u32) -> Result<String> {
    guarded(|| {
        handles::with(handle, |program| {
            Ok(json!({ "schemas": program.schemas(), "holdsRows": program.holds_rows() }).to_string())
        })
    })
}

#[derive(Deserialize)]
struct AnalyzeRequest {
    context: ContextDocument,
    schema: Schema,
    node: NodeDocument,
}

/// The result of an operator over a schema: `{"schema":{…},"lineage":[0,null],"sides":[]}`; `sides` has the schemas of its
/// outputs beside the main one.
///
/// # Errors
/// What the operator says of its options; SQL faults carry their byte offset.
pub fn analyze(request: &str) -> Result<String> {
    guarded(|| {
        let request: AnalyzeRequest = parse(request, "the request")?;
        let analyzed = analyze_node(&Arc::new(request.schema), &request.node, &Context::from(&request.context))?;
        let sides: Vec<&Schema> = analyzed.sides.iter().map(AsRef::as_ref).collect();
        Ok(json!({ "schema": analyzed.schema.as_ref(), "lineage": analyzed.lineage, "sides": sides }).to_string())
    })
}

/// Looks for a Java pattern in a text: `{"isWhole":true,"ranges":[[0,4]]}`, offsets in UTF-16 units; see [`java_regex::find`].
///
/// # Errors
/// `OPTION_INVALID` when the pattern does not parse.
pub fn find_pattern(pattern: &str, text: &str) -> Result<String> {
    guarded(|| {
        let found = java_regex::find(pattern, text)?;
        Ok(json!({ "isWhole": found.is_whole, "ranges": found.ranges }).to_string())
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct InspectRequest {
    context: ContextDocument,
    codec: String,
    #[serde(default)]
    options: Value,
    file_length: u64,
    offset: u64,
}

/// Looks at a piece of a file before a job is planned; see [`millrace_batch::codec::InspectFunction`].
///
/// # Errors
/// What the format says of the bytes.
pub fn inspect(request: &str, piece: &[u8]) -> Result<String> {
    guarded(|| {
        let request: InspectRequest = parse(request, "the request")?;
        let inspect = registry::codec(&request.codec)?.inspect.ok_or_else(|| {
            KernelError::new(ErrorCode::Unimplemented, format!("format '{}' cannot be inspected", request.codec))
        })?;
        let context = Context::from(&request.context);
        inspect(&request.options, request.file_length, request.offset, piece, &context).map(|answer| answer.to_string())
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AssembleRequest {
    context: ContextDocument,
    codec: String,
    schema: Schema,
    #[serde(default)]
    options: Value,
    /// File offset of each piece's first byte and the length of its metadata, which follow each other in the bytes.
    pieces: Vec<(u64, usize)>,
}

/// The bytes that complete a file whose pieces stand at the given offsets (a Parquet footer).
///
/// # Errors
/// `UNIMPLEMENTED` for a format that needs none, `PROGRAM_INVALID` when the lengths do not add up.
pub fn assemble(request: &str, metadata: &[u8]) -> Result<Vec<u8>> {
    guarded(|| {
        let request: AssembleRequest = parse(request, "the request")?;
        let assemble = registry::codec(&request.codec)?.assemble.ok_or_else(|| {
            KernelError::new(ErrorCode::Unimplemented, format!("format '{}' is not assembled", request.codec))
        })?;
        let mut pieces = Vec::with_capacity(request.pieces.len());
        let mut rest = metadata;
        for (offset, length) in request.pieces {
            let (head, tail) = rest.split_at_checked(length).ok_or_else(|| {
                KernelError::new(ErrorCode::ProgramInvalid, "the metadata is shorter than its pieces say")
            })?;
            pieces.push((offset, head));
            rest = tail;
        }
        assemble(&Arc::new(request.schema), &request.options, &Context::from(&request.context), &pieces)
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum ShadeOperation {
    Encrypt,
    Decrypt,
}

#[derive(Deserialize)]
struct ShadeRequest {
    operation: ShadeOperation,
    /// Of every key in order; `encrypt` uses the first.
    prefixes: Vec<String>,
    count: usize,
}

/// Encrypts or decrypts texts of a job file, all in one call: `{"operation":"encrypt","prefixes":["…"],"count":2}`. `data` is a
/// key of 32 bytes per prefix, then what [`millrace_crypto::seal_texts`] or [`millrace_crypto::open_texts`] takes; the answer is
/// theirs.
///
/// # Errors
/// `PROGRAM_INVALID` when the request or its data is no such thing.
pub fn shade(request: &str, data: &[u8]) -> Result<Vec<u8>> {
    guarded(|| {
        let ShadeRequest { operation, prefixes, count } = parse(request, "the request")?;
        let (mut keys, mut rest) = (Vec::with_capacity(prefixes.len()), data);
        for prefix in &prefixes {
            let (key, tail) = rest
                .split_at_checked(millrace_crypto::KEY_BYTES)
                .ok_or_else(|| KernelError::new(ErrorCode::ProgramInvalid, "there are fewer keys than prefixes"))?;
            keys.push(millrace_crypto::SealKey::new(prefix, key)?);
            rest = tail;
        }
        match (operation, keys.first()) {
            (ShadeOperation::Decrypt, _) => millrace_crypto::open_texts(&keys, count, rest),
            (ShadeOperation::Encrypt, Some(key)) => millrace_crypto::seal_texts(key, count, rest),
            (ShadeOperation::Encrypt, None) => {
                Err(KernelError::new(ErrorCode::ProgramInvalid, "there is no key to encrypt with"))
            }
        }
    })
}

/// See [`Program::begin`].
///
/// # Errors
/// `HANDLE_CLOSED`, and what the decoder says.
pub fn begin(handle: u32, arguments: &str) -> Result<()> {
    guarded(|| handles::with(handle, |program| program.begin(arguments)))
}

/// See [`Program::step`]; `flags` is a sum of the constants of this module, and `clock` is the host's, where it has one.
///
/// # Errors
/// `HANDLE_CLOSED`, and the failure of the lowest row.
pub fn step(
    handle: u32,
    input: &[u8],
    flags: u32,
    limit: f64,
    output: &mut [u8],
    clock: Option<Clock>,
) -> Result<Vec<f64>> {
    guarded(|| {
        let bounds = InputBounds {
            skip_partial_record: flags & SKIP_PARTIAL_RECORD != 0,
            start_of_file: flags & START_OF_FILE != 0,
            end_of_file: flags & END_OF_FILE != 0,
            limit: if limit >= usize::MAX as f64 { usize::MAX } else { limit.max(0.0) as usize },
        };
        handles::with(handle, |program| {
            program.step(input, bounds, &mut OutputBuffer::new(output), clock).map(|report| report.to_words())
        })
    })
}

/// See [`Program::held`].
///
/// # Errors
/// `HANDLE_CLOSED`, `PROGRAM_INVALID`.
pub fn held(handle: u32, sink: u32) -> Result<String> {
    guarded(|| handles::with(handle, |program| program.held(sink as usize).map(|held| held.to_string())))
}

/// See [`Program::flush`].
///
/// # Errors
/// `HANDLE_CLOSED`, `PROGRAM_INVALID`, and what the encoder says.
pub fn flush(
    handle: u32,
    sink: u32,
    partition: u32,
    first_row: f64,
    max_rows: f64,
    output: &mut [u8],
) -> Result<Vec<f64>> {
    guarded(|| {
        handles::with(handle, |program| {
            let mut output = OutputBuffer::new(output);
            program
                .flush(sink as usize, partition as usize, first_row as u64, max_rows as u64, &mut output)
                .map(|report| report.to_words())
        })
    })
}

/// See [`Program::row_end`].
///
/// # Errors
/// `HANDLE_CLOSED`, `PROGRAM_INVALID`.
pub fn row_end(handle: u32, sink: u32, row: f64) -> Result<f64> {
    guarded(|| handles::with(handle, |program| program.row_end(sink as usize, row as usize).map(|end| end as f64)))
}

/// See [`Program::take_metadata`].
///
/// # Errors
/// `HANDLE_CLOSED`, `PROGRAM_INVALID`.
pub fn take_metadata(handle: u32, sink: u32) -> Result<Vec<u8>> {
    guarded(|| handles::with(handle, |program| program.take_metadata(sink as usize)))
}

/// Bytes a program holds outside the caller's arenas.
///
/// # Errors
/// `HANDLE_CLOSED`.
pub fn memory_bytes(handle: u32) -> Result<f64> {
    guarded(|| handles::with(handle, |program| Ok(program.memory_bytes() as f64)))
}

/// Drops a program.
///
/// # Errors
/// `HANDLE_CLOSED` when it was closed before.
pub fn close(handle: u32) -> Result<()> {
    guarded(|| handles::close(handle))
}

/// Opens a decompressor of whole files and gives its handle.
///
/// # Errors
/// `CODEC_UNAVAILABLE` for a codec that this build does not have.
pub fn expand_open(codec: &str) -> Result<u32> {
    guarded(|| streams::open(codec))
}

/// Takes the next bytes of a compressed file and gives what they become.
///
/// # Errors
/// `HANDLE_CLOSED`; `FILE_TYPE_INVALID`, `FILE_CORRUPT` and `VALUE_TOO_LARGE` as the data deserves.
pub fn expand_push(handle: u32, input: &[u8]) -> Result<Vec<u8>> {
    guarded(|| streams::push(handle, input))
}

/// Ends a compressed file and closes its decompressor.
///
/// # Errors
/// `HANDLE_CLOSED`, `FILE_CORRUPT` when the file is cut off.
pub fn expand_finish(handle: u32) -> Result<()> {
    guarded(|| streams::finish(handle))
}

/// A whole compressed file of the bytes.
///
/// # Errors
/// `CODEC_UNAVAILABLE` for a codec that this build does not have.
pub fn compress(codec: &str, input: &[u8]) -> Result<Vec<u8>> {
    guarded(|| streams::compress(codec, input))
}

/// Panics on purpose inside a program, so that hosts can prove that they survive it: the program is lost, nothing else is.
///
/// # Errors
/// Always: `KERNEL_PANIC`, `HANDLE_CLOSED` for a handle that is not open.
///
/// # Panics
/// On WASM, where the call traps.
pub fn self_test_panic(handle: u32) -> Result<()> {
    guarded(|| handles::with(handle, |_| panic!("self test")))
}

/// The JSON form in which an error crosses the boundary.
pub fn error_text(error: &KernelError) -> String {
    json!({
        "code": error.code.name(),
        "message": error.message,
        "row": error.row,
        "field": error.field,
        "offset": error.offset,
        "part": error.part,
    })
    .to_string()
}

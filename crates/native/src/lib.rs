//! The programs as a Node-API addon: transfer types and error mapping, no logic.
//!
//! Each function is the one of the same name in [`millrace_program::boundary`]. An error is thrown with the JSON of
//! [`boundary::error_text`] as its message; the host turns it into its own error class.

#![allow(clippy::missing_errors_doc, reason = "every function fails as the one of its name in `boundary` does")]
#![allow(clippy::needless_pass_by_value, reason = "Node-API hands texts over as owned values")]

use millrace_batch::KernelError;
use millrace_program::boundary;
use napi::bindgen_prelude::{Buffer, Float64Array, Int32Array, Uint8ArraySlice};
use napi::{Error, Result, Status};
use napi_derive::napi;
use std::sync::OnceLock;
use std::time::Instant;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn thrown(error: KernelError) -> Error {
    Error::new(Status::GenericFailure, boundary::error_text(&error))
}

/// What this build is, as JSON.
#[napi]
pub fn describe() -> String {
    boundary::describe()
}

/// Compiles a program document and gives its handle, valid in the calling thread only.
#[napi]
pub fn compile(document: String) -> Result<u32> {
    boundary::compile(&document).map_err(thrown)
}

/// Schemas and sinks of a compiled program, as JSON.
#[napi]
pub fn describe_program(handle: u32) -> Result<String> {
    boundary::describe_program(handle).map_err(thrown)
}

/// The result of an operator over a schema, as JSON.
#[napi]
pub fn analyze(request: String) -> Result<String> {
    boundary::analyze(&request).map_err(thrown)
}

/// The functions, forms and casts of SQL as JSON.
#[napi]
pub fn describe_sql() -> String {
    boundary::describe_sql()
}

/// Where a Java pattern is in a text, as JSON.
#[napi]
pub fn find_pattern(pattern: String, text: String) -> Result<String> {
    boundary::find_pattern(&pattern, &text).map_err(thrown)
}

/// Looks at a piece of a file before a job is planned; the answer is JSON.
#[napi]
pub fn inspect(request: String, piece: &[u8]) -> Result<String> {
    boundary::inspect(&request, piece).map_err(thrown)
}

/// The bytes that complete a file.
#[napi]
pub fn assemble(request: String, metadata: &[u8]) -> Result<Buffer> {
    boundary::assemble(&request, metadata).map(Buffer::from).map_err(thrown)
}

/// Encrypts or decrypts texts of a job file.
#[napi]
pub fn shade(request: String, data: &[u8]) -> Result<Buffer> {
    boundary::shade(&request, data).map(Buffer::from).map_err(thrown)
}

/// Starts a piece of work.
#[napi]
pub fn begin(handle: u32, arguments: String) -> Result<()> {
    boundary::begin(handle, &arguments).map_err(thrown)
}

/// A clock for measuring, in nanoseconds since its first use.
fn nanos() -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    u64::try_from(START.get_or_init(Instant::now).elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// Decodes, applies the operators and encodes; the answer is the words of a report.
#[napi]
pub fn step(
    handle: u32,
    input: &[u8],
    flags: u32,
    limit: f64,
    mut output: Uint8ArraySlice<'_>,
) -> Result<Float64Array> {
    // SAFETY: the host hands the region over for the length of this call; no other thread touches it meanwhile.
    let output = unsafe { output.as_mut() };
    boundary::step(handle, input, flags, limit, output, Some(nanos)).map(Float64Array::new).map_err(thrown)
}

/// What a sink holds, as JSON.
#[napi]
pub fn held(handle: u32, sink: u32) -> Result<String> {
    boundary::held(handle, sink).map_err(thrown)
}

/// Encodes held rows; the answer is the words of a report.
#[napi]
pub fn flush(
    handle: u32,
    sink: u32,
    partition: u32,
    first_row: f64,
    max_rows: f64,
    mut output: Uint8ArraySlice<'_>,
) -> Result<Float64Array> {
    // SAFETY: as in `step`.
    let output = unsafe { output.as_mut() };
    boundary::flush(handle, sink, partition, first_row, max_rows, output).map(Float64Array::new).map_err(thrown)
}

/// End of a row in a sink's output.
#[napi]
pub fn row_end(handle: u32, sink: u32, row: f64) -> Result<f64> {
    boundary::row_end(handle, sink, row).map_err(thrown)
}

/// Metadata of the piece that was just finished.
#[napi]
pub fn take_metadata(handle: u32, sink: u32) -> Result<Buffer> {
    boundary::take_metadata(handle, sink).map(Buffer::from).map_err(thrown)
}

/// Bytes a program holds.
#[napi]
pub fn memory_bytes(handle: u32) -> Result<f64> {
    boundary::memory_bytes(handle).map_err(thrown)
}

/// Drops a program.
#[napi]
pub fn close(handle: u32) -> Result<()> {
    boundary::close(handle).map_err(thrown)
}

/// Opens a decompressor of whole files.
#[napi]
pub fn expand_open(codec: String) -> Result<u32> {
    boundary::expand_open(&codec).map_err(thrown)
}

/// Takes the next bytes of a compressed file and gives what they become.
#[napi]
pub fn expand_push(handle: u32, input: &[u8]) -> Result<Buffer> {
    boundary::expand_push(handle, input).map(Buffer::from).map_err(thrown)
}

/// Ends a compressed file.
#[napi]
pub fn expand_finish(handle: u32) -> Result<()> {
    boundary::expand_finish(handle).map_err(thrown)
}

/// A whole compressed file of the bytes.
#[napi]
pub fn compress(codec: String, input: &[u8]) -> Result<Buffer> {
    boundary::compress(&codec, input).map(Buffer::from).map_err(thrown)
}

/// Panics on purpose inside a program.
#[napi]
pub fn self_test_panic(handle: u32) -> Result<()> {
    boundary::self_test_panic(handle).map_err(thrown)
}

/// Makes the calling thread one that samples can be taken of and gives its words; nothing where that cannot be.
#[napi]
pub fn sampler_join(name: String) -> Option<Int32Array> {
    // SAFETY: the word lives as long as its thread, and the sampler reads it in that thread alone.
    let owner = unsafe { millrace_program::owner::word().as_ref() };
    let words = millrace_sampler::join(&name, owner)?;
    // SAFETY: the words live as long as the process, and are of this size and layout.
    Some(unsafe { Int32Array::with_external_data(words.as_ptr().cast_mut().cast(), words.len(), |_, _| ()) })
}

/// Numbers of the threads that samples can be taken of.
#[napi]
pub fn sampler_threads() -> Vec<i32> {
    millrace_sampler::joined()
}

/// Asks threads for a sample each.
#[napi]
pub fn sampler_request(threads: Vec<i32>) {
    millrace_sampler::request(&threads);
}

/// The samples that are there as numbers: for each its thread, its microseconds, 1 if it ran, its words, its owner, the number of its
/// frames, and those.
#[napi]
pub fn sampler_take() -> Float64Array {
    let mut numbers = Vec::new();
    for sample in millrace_sampler::take() {
        numbers.extend([f64::from(sample.thread), sample.at_micros as f64, f64::from(u8::from(sample.is_running))]);
        numbers.extend(sample.tag.map(f64::from));
        numbers.extend([f64::from(sample.stage), sample.frames.len() as f64]);
        numbers.extend(sample.frames.iter().map(|address| *address as f64));
    }
    Float64Array::new(numbers)
}

/// The library and the function of every address.
#[napi]
pub fn sampler_names(addresses: Vec<f64>) -> Vec<String> {
    let addresses: Vec<u64> = addresses.into_iter().map(|address| address as u64).collect();
    millrace_sampler::names(&addresses)
}

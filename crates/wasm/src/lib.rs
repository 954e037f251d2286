//! The programs over linear memory: plain exported functions, no imports, no logic.
//!
//! Arguments are pointers and lengths of regions from [`mr_alloc`]. A function answers 0 (the result is text or bytes), 1 (the
//! result is the error's JSON); both are read through [`mr_result_pointer`] and [`mr_result_length`] before the next call.
//! Functions that give a number put it into the result as eight bytes of a little-endian double.

use millrace_batch::{ErrorCode, KernelError};
use millrace_program::boundary;
use std::alloc::{Layout, alloc, dealloc};
use std::cell::RefCell;

thread_local! {
    static RESULT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

fn answer(result: Result<Vec<u8>, KernelError>) -> u32 {
    let (bytes, status) = match result {
        Ok(bytes) => (bytes, 0),
        Err(error) => (boundary::error_text(&error).into_bytes(), 1),
    };
    RESULT.set(bytes);
    status
}

fn number(value: f64) -> Vec<u8> {
    value.to_le_bytes().to_vec()
}

fn words(values: &[f64]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// # Safety
/// `pointer` and `length` are a region from [`mr_alloc`], or `length` is 0.
unsafe fn bytes<'a>(pointer: u32, length: u32) -> &'a [u8] {
    if length == 0 {
        return &[];
    }
    // SAFETY: the caller's promise.
    unsafe { std::slice::from_raw_parts(pointer as usize as *const u8, length as usize) }
}

/// # Safety
/// As [`bytes`], and nothing else refers to the region.
unsafe fn bytes_mut<'a>(pointer: u32, length: u32) -> &'a mut [u8] {
    if length == 0 {
        return &mut [];
    }
    // SAFETY: the caller's promise.
    unsafe { std::slice::from_raw_parts_mut(pointer as usize as *mut u8, length as usize) }
}

/// # Safety
/// As [`bytes`].
unsafe fn text<'a>(pointer: u32, length: u32) -> Result<&'a str, KernelError> {
    // SAFETY: the caller's promise.
    std::str::from_utf8(unsafe { bytes(pointer, length) })
        .map_err(|_| KernelError::new(ErrorCode::ProgramInvalid, "an argument is not UTF-8"))
}

/// A region of `length` bytes, or 0 when memory is used up.
#[unsafe(no_mangle)]
pub extern "C" fn mr_alloc(length: u32) -> u32 {
    let Ok(layout) = Layout::from_size_align(length.max(1) as usize, 16) else { return 0 };
    // SAFETY: the layout's size is not zero.
    unsafe { alloc(layout) as usize as u32 }
}

/// Gives a region back.
///
/// # Safety
/// The region came from [`mr_alloc`] with the same length.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mr_free(pointer: u32, length: u32) {
    if let Ok(layout) = Layout::from_size_align(length.max(1) as usize, 16) {
        // SAFETY: the caller's promise.
        unsafe { dealloc(pointer as usize as *mut u8, layout) }
    }
}

/// First byte of the last result.
#[unsafe(no_mangle)]
pub extern "C" fn mr_result_pointer() -> u32 {
    RESULT.with_borrow(|result| result.as_ptr() as usize as u32)
}

/// Length of the last result in bytes.
#[unsafe(no_mangle)]
pub extern "C" fn mr_result_length() -> u32 {
    RESULT.with_borrow(|result| result.len() as u32)
}

/// See [`boundary::describe`].
#[unsafe(no_mangle)]
pub extern "C" fn mr_describe() -> u32 {
    answer(Ok(boundary::describe().into_bytes()))
}

/// See [`boundary::describe_sql`].
#[unsafe(no_mangle)]
pub extern "C" fn mr_describe_sql() -> u32 {
    answer(Ok(boundary::describe_sql().into_bytes()))
}

/// See [`boundary::compile`].
///
/// # Safety
/// Regions from [`mr_alloc`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mr_compile(pointer: u32, length: u32) -> u32 {
    // SAFETY: the caller's promise.
    answer(unsafe { text(pointer, length) }.and_then(boundary::compile).map(|handle| number(f64::from(handle))))
}

/// See [`boundary::describe_program`].
#[unsafe(no_mangle)]
pub extern "C" fn mr_describe_program(handle: u32) -> u32 {
    answer(boundary::describe_program(handle).map(String::into_bytes))
}

/// See [`boundary::analyze`].
///
/// # Safety
/// Regions from [`mr_alloc`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mr_analyze(pointer: u32, length: u32) -> u32 {
    // SAFETY: the caller's promise.
    answer(unsafe { text(pointer, length) }.and_then(boundary::analyze).map(String::into_bytes))
}

/// See [`boundary::find_pattern`].
///
/// # Safety
/// Regions from [`mr_alloc`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mr_find_pattern(pattern: u32, pattern_length: u32, pointer: u32, length: u32) -> u32 {
    // SAFETY: the caller's promise.
    let (pattern, text) = unsafe { (text(pattern, pattern_length), text(pointer, length)) };
    answer(pattern.and_then(|pattern| boundary::find_pattern(pattern, text?)).map(String::into_bytes))
}

/// See [`boundary::inspect`].
///
/// # Safety
/// Regions from [`mr_alloc`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mr_inspect(pointer: u32, length: u32, piece: u32, piece_length: u32) -> u32 {
    // SAFETY: the caller's promise.
    let (request, piece) = unsafe { (text(pointer, length), bytes(piece, piece_length)) };
    answer(request.and_then(|request| boundary::inspect(request, piece)).map(String::into_bytes))
}

/// See [`boundary::assemble`].
///
/// # Safety
/// Regions from [`mr_alloc`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mr_assemble(pointer: u32, length: u32, metadata: u32, metadata_length: u32) -> u32 {
    // SAFETY: the caller's promise.
    let (request, metadata) = unsafe { (text(pointer, length), bytes(metadata, metadata_length)) };
    answer(request.and_then(|request| boundary::assemble(request, metadata)))
}

/// See [`boundary::shade`].
///
/// # Safety
/// Regions from [`mr_alloc`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mr_shade(pointer: u32, length: u32, data: u32, data_length: u32) -> u32 {
    // SAFETY: the caller's promise.
    let (request, data) = unsafe { (text(pointer, length), bytes(data, data_length)) };
    answer(request.and_then(|request| boundary::shade(request, data)))
}

/// See [`boundary::begin`].
///
/// # Safety
/// Regions from [`mr_alloc`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mr_begin(handle: u32, pointer: u32, length: u32) -> u32 {
    // SAFETY: the caller's promise.
    let arguments = unsafe { text(pointer, length) };
    answer(arguments.and_then(|arguments| boundary::begin(handle, arguments)).map(|()| Vec::new()))
}

/// See [`boundary::step`].
///
/// # Safety
/// Regions from [`mr_alloc`] that do not overlap.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mr_step(
    handle: u32,
    input: u32,
    input_length: u32,
    flags: u32,
    limit: f64,
    output: u32,
    output_length: u32,
) -> u32 {
    // SAFETY: the caller's promise.
    let (input, output) = unsafe { (bytes(input, input_length), bytes_mut(output, output_length)) };
    // A build without imports has no clock.
    answer(boundary::step(handle, input, flags, limit, output, None).map(|report| words(&report)))
}

/// See [`boundary::held`].
#[unsafe(no_mangle)]
pub extern "C" fn mr_held(handle: u32, sink: u32) -> u32 {
    answer(boundary::held(handle, sink).map(String::into_bytes))
}

/// See [`boundary::flush`].
///
/// # Safety
/// A region from [`mr_alloc`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mr_flush(
    handle: u32,
    sink: u32,
    partition: u32,
    first_row: f64,
    max_rows: f64,
    output: u32,
    output_length: u32,
) -> u32 {
    // SAFETY: the caller's promise.
    let output = unsafe { bytes_mut(output, output_length) };
    answer(boundary::flush(handle, sink, partition, first_row, max_rows, output).map(|report| words(&report)))
}

/// See [`boundary::row_end`].
#[unsafe(no_mangle)]
pub extern "C" fn mr_row_end(handle: u32, sink: u32, row: f64) -> u32 {
    answer(boundary::row_end(handle, sink, row).map(number))
}

/// See [`boundary::take_metadata`].
#[unsafe(no_mangle)]
pub extern "C" fn mr_take_metadata(handle: u32, sink: u32) -> u32 {
    answer(boundary::take_metadata(handle, sink))
}

/// See [`boundary::memory_bytes`].
#[unsafe(no_mangle)]
pub extern "C" fn mr_memory_bytes(handle: u32) -> u32 {
    answer(boundary::memory_bytes(handle).map(number))
}

/// See [`boundary::close`].
#[unsafe(no_mangle)]
pub extern "C" fn mr_close(handle: u32) -> u32 {
    answer(boundary::close(handle).map(|()| Vec::new()))
}

/// See [`boundary::expand_open`].
///
/// # Safety
/// Regions from [`mr_alloc`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mr_expand_open(pointer: u32, length: u32) -> u32 {
    // SAFETY: the caller's promise.
    answer(unsafe { text(pointer, length) }.and_then(boundary::expand_open).map(|handle| number(f64::from(handle))))
}

/// See [`boundary::expand_push`].
///
/// # Safety
/// Regions from [`mr_alloc`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mr_expand_push(handle: u32, pointer: u32, length: u32) -> u32 {
    // SAFETY: the caller's promise.
    answer(boundary::expand_push(handle, unsafe { bytes(pointer, length) }))
}

/// See [`boundary::expand_finish`].
#[unsafe(no_mangle)]
pub extern "C" fn mr_expand_finish(handle: u32) -> u32 {
    answer(boundary::expand_finish(handle).map(|()| Vec::new()))
}

/// See [`boundary::compress`].
///
/// # Safety
/// Regions from [`mr_alloc`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mr_compress(pointer: u32, length: u32, input: u32, input_length: u32) -> u32 {
    // SAFETY: the caller's promise.
    let (codec, input) = unsafe { (text(pointer, length), bytes(input, input_length)) };
    answer(codec.and_then(|codec| boundary::compress(codec, input)))
}

/// See [`boundary::self_test_panic`]: this call traps.
#[unsafe(no_mangle)]
pub extern "C" fn mr_self_test_panic(handle: u32) -> u32 {
    answer(boundary::self_test_panic(handle).map(|()| Vec::new()))
}

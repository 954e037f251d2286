//! Decompressors of whole files by number, per thread, and compression of a piece at once.

use millrace_batch::{ErrorCode, KernelError, Result};
use millrace_formats::lzo::{LzoReader, lzo_compress};
use std::cell::RefCell;
use std::collections::HashMap;

/// Data given out at one call; what is left comes with the next ones.
const OUTPUT_LIMIT_BYTES: usize = 64 << 20;

#[derive(Default)]
struct Expander {
    reader: LzoReader,
    /// The beginning of a block whose rest was not given yet.
    unread: Vec<u8>,
}

#[derive(Default)]
struct Expanders {
    last: u32,
    open: HashMap<u32, Expander>,
}

thread_local! {
    static EXPANDERS: RefCell<Expanders> = RefCell::default();
}

/// Opens a decompressor.
pub(crate) fn open(codec: &str) -> Result<u32> {
    require(codec)?;
    EXPANDERS.with_borrow_mut(|expanders| {
        expanders.last += 1;
        expanders.open.insert(expanders.last, Expander::default());
        Ok(expanders.last)
    })
}

/// Takes the next bytes of the file and gives what they become.
pub(crate) fn push(handle: u32, input: &[u8]) -> Result<Vec<u8>> {
    with(handle, |expander| {
        expander.unread.extend_from_slice(input);
        let mut output = Vec::new();
        loop {
            let before = output.len();
            let consumed = expander.reader.push(&expander.unread, &mut output, before + OUTPUT_LIMIT_BYTES)?;
            expander.unread.drain(..consumed);
            if consumed == 0 && output.len() == before {
                return Ok(output);
            }
        }
    })
}

/// Ends a file and closes its decompressor.
pub(crate) fn finish(handle: u32) -> Result<()> {
    let expander =
        EXPANDERS.with_borrow_mut(|expanders| expanders.open.remove(&handle)).ok_or_else(|| closed(handle))?;
    if expander.unread.is_empty() {
        return expander.reader.finish();
    }
    Err(KernelError::new(ErrorCode::FileCorrupt, "the compressed file ends in the middle of a block"))
}

/// A whole compressed file of the bytes.
pub(crate) fn compress(codec: &str, input: &[u8]) -> Result<Vec<u8>> {
    require(codec)?;
    Ok(lzo_compress(input))
}

fn require(codec: &str) -> Result<()> {
    if codec == "lzo" {
        return Ok(());
    }
    Err(KernelError::new(ErrorCode::CodecUnavailable, format!("codec '{codec}' is not in this build")))
}

fn with<T>(handle: u32, work: impl FnOnce(&mut Expander) -> Result<T>) -> Result<T> {
    EXPANDERS.with_borrow_mut(|expanders| work(expanders.open.get_mut(&handle).ok_or_else(|| closed(handle))?))
}

fn closed(handle: u32) -> KernelError {
    KernelError::new(ErrorCode::HandleClosed, format!("decompressor handle '{handle}' is not open in this thread"))
}

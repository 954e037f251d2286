//! Finding the end of a file.

use crate::columnar::corrupt;
use crate::orc::metadata::{MAGIC, PostScript};
use crate::orc::read::source::ByteSource;
use bytes::Bytes;
use millrace_batch::codec::Context;
use millrace_batch::{ErrorCode, KernelError, Result};

/// Bytes from the end of a file that are read first; nearly every footer fits.
const FIRST_TAIL_BYTES: u64 = 64 << 10;
/// The shortest postscript, with its length behind it.
const MIN_TAIL_BYTES: u64 = 4;
/// Bytes asked for from the beginning of a file whose end is not one of ORC; told apart by this length.
const HEAD_PROBE_BYTES: u64 = 4;

/// Where the footer is, as far as a piece of the file tells.
pub(super) enum Located<'a> {
    /// Not in the piece: these bytes (start, length) of the file are needed.
    Wanted(u64, u64),
    /// The postscript and the footer as it is in the file.
    Found(PostScript, &'a [u8]),
}

/// Looks for the footer in `piece`, the bytes of the file from `offset` on.
///
/// # Errors
/// [`ErrorCode::FileTypeInvalid`] when the file is not ORC, [`ErrorCode::FileCorrupt`] when it was cut off,
/// [`ErrorCode::ValueTooLarge`] when its footer is longer than a value may be.
pub(super) fn locate<'a>(file_length: u64, offset: u64, piece: &'a [u8], context: &Context) -> Result<Located<'a>> {
    if file_length < MAGIC.len() as u64 + MIN_TAIL_BYTES {
        return Err(KernelError::new(ErrorCode::FileTypeInvalid, "the file is too short to be ORC"));
    }
    let piece_length = piece.len() as u64;
    if offset == 0 && piece_length == HEAD_PROBE_BYTES {
        return Err(not_orc(piece));
    }
    let Some((last, before)) = piece.split_last().filter(|_| offset.checked_add(piece_length) == Some(file_length))
    else {
        let length = FIRST_TAIL_BYTES.min(file_length);
        return Ok(Located::Wanted(file_length - length, length));
    };
    let postscript_bytes = usize::from(*last);
    let postscript = before.len().checked_sub(postscript_bytes).map(|start| &before[start..]);
    // Version 0.11 has no magic at the end, so that the beginning of the file decides.
    let parsed = postscript.filter(|bytes| !bytes.is_empty()).map(PostScript::parse);
    let is_marked = postscript.is_some_and(|bytes| bytes.ends_with(MAGIC));
    let postscript = match parsed {
        Some(Ok(parsed)) if is_marked || piece.starts_with(MAGIC) || offset > 0 => parsed,
        Some(Err(error)) if is_marked && error.code == ErrorCode::CodecUnavailable => return Err(error),
        _ if offset == 0 => return Err(not_orc(piece)),
        _ => return Ok(Located::Wanted(0, HEAD_PROBE_BYTES)),
    };
    let end_bytes = postscript_bytes as u64 + 1;
    let whole = postscript.footer_bytes.saturating_add(end_bytes);
    if whole > file_length {
        if is_marked {
            let length = postscript.footer_bytes;
            return Err(corrupt(format!("the footer's length '{length}' does not fit the file")));
        }
        return if offset == 0 { Err(not_orc(piece)) } else { Ok(Located::Wanted(0, HEAD_PROBE_BYTES)) };
    }
    if postscript.footer_bytes > context.value_limit_bytes as u64 {
        let message = format!("the footer of {} bytes is over the limit", postscript.footer_bytes);
        return Err(KernelError::new(ErrorCode::ValueTooLarge, message));
    }
    if whole > piece_length {
        return Ok(Located::Wanted(file_length - whole, whole));
    }
    let start = (piece_length - whole) as usize;
    Ok(Located::Found(postscript, &piece[start..start + postscript.footer_bytes as usize]))
}

fn not_orc(head: &[u8]) -> KernelError {
    if head.starts_with(MAGIC) {
        return corrupt("the file does not end as an ORC file does");
    }
    KernelError::new(ErrorCode::FileTypeInvalid, "the file does not begin with 'ORC'")
}

/// A footer or stripe footer without its compression.
///
/// # Errors
/// [`ErrorCode::FileCorrupt`]; [`ErrorCode::ValueTooLarge`] when it is longer than a value may be.
pub(super) fn decompressed(bytes: &[u8], postscript: &PostScript, context: &Context) -> Result<Vec<u8>> {
    let source = ByteSource::new(Bytes::copy_from_slice(bytes), postscript.codec, postscript.block_bytes);
    source.read_all(context.value_limit_bytes, "the footer")
}

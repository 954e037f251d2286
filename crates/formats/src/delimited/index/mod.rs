//! Finds every separator of a piece of text, 64 bytes at a time.
//!
//! A block becomes bit masks (field delimiter, row delimiter, quote). The bytes inside quotes are the prefix-xor of the
//! quote mask, and what remains of the two delimiter masks is written out as positions. The masks come from AVX2 where the
//! processor has it, else from the baseline of the target; every variant gives the same positions.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod portable;
#[cfg(target_arch = "x86_64")]
mod sse2;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod wasm;

/// Bytes that one block covers.
const BLOCK: usize = 64;

/// The bytes that separate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Separators {
    /// Ends a field.
    pub field: u8,
    /// Ends a row.
    pub row: u8,
    /// Opens and closes a quoted field.
    pub quote: Option<u8>,
    /// A row delimiter inside quotes is data.
    pub quoted_rows: bool,
}

/// What was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "independent observations, not a state")]
pub(crate) struct Found {
    /// Row delimiters outside quotes.
    pub rows: usize,
    /// Number of positions up to and including the last row delimiter, without the sentinel.
    pub complete: usize,
    /// At least one quote was seen.
    pub quotes: bool,
    /// Two quotes stand together: a quote inside a quoted field, or an empty one.
    pub doubled: bool,
    /// A quoted field is open at the end of the text.
    pub open: bool,
    /// Quotes stand where the masks cannot tell their meaning: the careful tokenizer has to look at this text.
    pub unclear: bool,
}

/// Masks of one block: bit `i` is byte `i`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Masks {
    field: u64,
    row: u64,
    quote: u64,
}

/// How one instruction set makes masks.
///
/// # Safety
/// The methods may only run on a processor that has the instruction set.
trait Blocks: Copy {
    unsafe fn new(separators: Separators) -> Self;
    unsafe fn masks(self, block: &[u8; BLOCK]) -> Masks;
    unsafe fn prefix_xor(mask: u64) -> u64;
}

/// Writes the positions of all field and row delimiters outside quotes in `text` to `positions`, in order.
///
/// `text` must begin at a record start and be shorter than 4 GiB. Stops after the block in which the `row_limit`-th row
/// ends. `positions` is cleared first; its first entry is a sentinel, `u32::MAX`, so that the field that ends at entry `i`
/// begins one byte behind entry `i − 1` (modulo 2³²). It may also hold the positions of a last, incomplete row.
pub(crate) fn find(text: &[u8], separators: Separators, row_limit: usize, positions: &mut Vec<u32>) -> Found {
    #[cfg(target_arch = "x86_64")]
    {
        if avx2::available() {
            // SAFETY: the processor has what the function is compiled for.
            return unsafe { avx2::find(text, separators, row_limit, positions) };
        }
        // SAFETY: SSE2 is part of every x86-64 processor.
        return unsafe { scan::<sse2::Sse2>(text, separators, row_limit, positions) };
    }
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    {
        // SAFETY: the build is for an engine that has simd128.
        return unsafe { scan::<wasm::Simd128>(text, separators, row_limit, positions) };
    }
    #[allow(unreachable_code)]
    // SAFETY: plain integer arithmetic runs everywhere.
    unsafe {
        scan::<portable::Swar>(text, separators, row_limit, positions)
    }
}

/// State carried from block to block.
#[derive(Default)]
struct Carry {
    /// All ones when the previous block ended inside quotes.
    inside: u64,
    /// Bit 0: the previous byte ended a field or row.
    after_separator: u64,
    /// Bit 0: the previous byte closed a quoted field.
    after_close: u64,
}

#[inline(always)]
unsafe fn scan<B: Blocks>(text: &[u8], separators: Separators, row_limit: usize, positions: &mut Vec<u32>) -> Found {
    positions.clear();
    positions.push(u32::MAX);
    // SAFETY: passed on to the caller, who runs on a processor that has `B`.
    let blocks = unsafe { B::new(separators) };
    let mut found = Found::default();
    let mut carry = Carry { after_separator: 1, ..Carry::default() };
    let mut offset = 0;
    while offset < text.len() && found.rows < row_limit {
        let mut padded = [0u8; BLOCK];
        let (block, valid): (&[u8; BLOCK], u64) = if let Some(block) = text[offset..].first_chunk::<BLOCK>() {
            (block, u64::MAX)
        } else {
            let rest = &text[offset..];
            padded[..rest.len()].copy_from_slice(rest);
            (&padded, (1u64 << rest.len()) - 1)
        };
        // SAFETY: as above.
        let masks = unsafe { blocks.masks(block) };
        let (mut field, mut row) = (masks.field & valid, masks.row & valid);
        let quote = masks.quote & valid;
        if separators.quote.is_some() && (quote | carry.inside | carry.after_close) != 0 {
            found.quotes = true;
            // SAFETY: as above.
            let inside = unsafe { B::prefix_xor(quote) } ^ carry.inside;
            found.doubled |= ((quote & !inside) << 1 | carry.after_close) & quote != 0;
            found.unclear |=
                resolve_quotes(text, offset, separators, quote, inside, valid, &mut field, &mut row, &mut carry);
            if found.unclear {
                return found;
            }
        } else {
            carry.after_separator = (field | row) >> 63;
        }
        let before = positions.len() - 1;
        append(positions, offset as u32, field | row);
        if row != 0 {
            found.rows += row.count_ones() as usize;
            let through_last_row = u64::MAX >> row.leading_zeros();
            found.complete = before + ((field | row) & through_last_row).count_ones() as usize;
        }
        offset += BLOCK;
    }
    found.open = carry.inside != 0;
    found
}

/// Takes the delimiters inside quotes out of the masks; `true` when a quote stands at a place that makes its meaning
/// depend on more than its parity.
#[inline(always)]
#[allow(clippy::too_many_arguments)]
fn resolve_quotes(
    text: &[u8],
    offset: usize,
    separators: Separators,
    quote: u64,
    inside: u64,
    valid: u64,
    field: &mut u64,
    row: &mut u64,
    carry: &mut Carry,
) -> bool {
    if !separators.quoted_rows && (*row & inside) != 0 {
        return true;
    }
    *field &= !inside;
    *row &= !inside;
    let separator = *field | *row;
    let (opening, closing) = (quote & inside, quote & !inside);
    let may_open = (separator << 1) | carry.after_separator | (closing << 1) | carry.after_close;
    let mut stray = ((closing << 1) | carry.after_close) & valid & !(separator | quote);
    while stray != 0 {
        let position = offset + stray.trailing_zeros() as usize;
        if text[position] != b'\r' || text.get(position + 1) != Some(&separators.row) {
            return true;
        }
        stray &= stray - 1;
    }
    carry.inside = ((inside as i64) >> 63) as u64;
    carry.after_separator = separator >> 63;
    carry.after_close = closing >> 63;
    opening & !may_open != 0
}

/// Appends `base + i` for every bit `i` of `bits`.
#[inline(always)]
fn append(positions: &mut Vec<u32>, base: u32, mut bits: u64) {
    let count = bits.count_ones() as usize;
    positions.reserve(BLOCK + 8);
    let length = positions.len();
    // SAFETY: 72 free slots were reserved; at most 64 + 7 are written, rounded up to whole groups of eight.
    unsafe {
        let slots = positions.as_mut_ptr().add(length);
        let mut written = 0;
        while written < count {
            for lane in 0..8 {
                slots.add(written + lane).write(base.wrapping_add(bits.trailing_zeros()));
                bits &= bits.wrapping_sub(1);
            }
            written += 8;
        }
        positions.set_len(length + count);
    }
}

#[cfg(test)]
mod tests;

//! Files that are one array of rows.

use super::decoder::{BATCH_BYTES, BATCH_ROWS, BYTE_ORDER_MARK, Records, SPARE_VALUES};
use millrace_batch::codec::InputBounds;
use millrace_batch::json_text::find_string_end;
use millrace_batch::json_text::{Fault, Lexer};
use millrace_batch::{ErrorCode, KernelError, Result};

/// Where in the array a file was left: the only thing that is kept between two calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Document {
    /// Before the opening bracket.
    #[default]
    Start,
    /// Behind the opening bracket.
    First,
    /// Behind an element.
    Behind,
    /// Behind a comma.
    Next,
    /// Behind the closing bracket.
    End,
}

/// What stopped the reading of a text.
enum Stop {
    /// The batch is full or the document's limit is reached.
    Full,
    /// The text ends inside the document, or at its end.
    TextEnds,
}

impl Document {
    /// Reads elements into the columns. Returns the bytes that are done with, and whether no more will come.
    ///
    /// # Errors
    /// As the decoder; `PROGRAM_INVALID` for a piece that begins inside a record.
    pub(super) fn read(&mut self, records: &mut Records, input: &[u8], bounds: InputBounds) -> Result<(usize, bool)> {
        if bounds.skip_partial_record {
            let message = "a file that is one JSON array cannot be read in parts";
            return Err(KernelError::new(ErrorCode::ProgramInvalid, message));
        }
        let mut at = 0;
        if *self == Self::Start {
            if input.starts_with(BYTE_ORDER_MARK) {
                at = BYTE_ORDER_MARK.len();
            } else if !bounds.end_of_file && BYTE_ORDER_MARK.starts_with(input) {
                return Ok((0, false));
            }
        }
        let mut region = BATCH_BYTES + BATCH_BYTES / 4;
        loop {
            let text = &input[..region.min(input.len())];
            let (valid, broken) = valid_prefix(text);
            if let Stop::Full = self.read_text(records, &text[..valid], &mut at, bounds)? {
                return Ok((at, at >= bounds.limit));
            }
            if broken {
                return Err(records.bad_encoding(b""));
            }
            if records.root.rows == 0 && text.len() < input.len() {
                region = region.saturating_mul(4);
            } else if text.len() < input.len() {
                return Ok((at, false));
            } else {
                return self.at_input_end(records, input, at, valid, bounds);
            }
        }
    }

    fn at_input_end(
        self,
        records: &Records,
        input: &[u8],
        at: usize,
        valid: usize,
        bounds: InputBounds,
    ) -> Result<(usize, bool)> {
        if input.len() - at > records.value_limit {
            return Err(records.too_large());
        }
        if !bounds.end_of_file {
            return Ok((at, false));
        }
        if valid < input.len() {
            return Err(records.bad_encoding(b""));
        }
        match self {
            Self::Start | Self::End => Ok((input.len(), true)),
            _ => Err(records.malformed(Fault::Syntax, &input[at..], input.len() - at)),
        }
    }

    fn read_text(&mut self, records: &mut Records, text: &[u8], at: &mut usize, bounds: InputBounds) -> Result<Stop> {
        let mut lexer = Lexer::new(text, *at, text.len());
        lexer.depth = 1;
        loop {
            lexer.skip_blanks();
            *at = lexer.at;
            if lexer.at == lexer.end {
                return Ok(Stop::TextEnds);
            }
            let byte = lexer.peek();
            *self = match (*self, byte) {
                (Self::Start, b'[') => Self::First,
                (Self::First | Self::Behind, b']') => Self::End,
                (Self::Behind, b',') => Self::Next,
                (Self::First | Self::Next, b'{' | b'[') => {
                    let full = records.root.rows >= BATCH_ROWS || *at >= BATCH_BYTES;
                    if *at >= bounds.limit || (full && records.root.rows > 0) {
                        return Ok(Stop::Full);
                    }
                    if !read_element(records, &mut lexer)? {
                        return Ok(Stop::TextEnds);
                    }
                    *at = lexer.at;
                    *self = Self::Behind;
                    continue;
                }
                _ => {
                    let rest = &text[lexer.at..text.len().min(lexer.at + 64)];
                    return Err(records.malformed(Fault::Syntax, rest, 0));
                }
            };
            lexer.at += 1;
            *at = lexer.at;
        }
    }
}

/// Reads one element. Returns `false` when it may end behind the text.
fn read_element(records: &mut Records, lexer: &mut Lexer<'_>) -> Result<bool> {
    let (row, start) = (records.root.rows, lexer.at);
    lexer.budget = lexer.end - start + SPARE_VALUES;
    if records.read_element(lexer).is_ok() {
        if lexer.at - start > records.value_limit {
            records.root.truncate(row);
            return Err(records.too_large());
        }
        return Ok(true);
    }
    records.root.truncate(row);
    let closed = element_end(lexer.bytes, start);
    if closed.unwrap_or(lexer.end) - start > records.value_limit {
        return Err(records.too_large());
    }
    let Some(end) = closed else { return Ok(false) };
    let mut again = Lexer::new(lexer.bytes, start, end);
    again.depth = 1;
    records.read_carefully(again, Records::read_element)?;
    (lexer.at, lexer.depth) = (end, 1);
    Ok(true)
}

/// Where the container that begins at `start` ends, whatever is in it; `None` when it does not.
fn element_end(text: &[u8], start: usize) -> Option<usize> {
    let (mut at, mut depth) = (start, 0usize);
    while at < text.len() {
        match text[at] {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            b'"' => {
                at = find_string_end(text, at + 1, text.len());
                while text.get(at) == Some(&b'\\') {
                    at = find_string_end(text, (at + 2).min(text.len()), text.len());
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// Length of the valid UTF-8 at the beginning, and whether what follows is broken rather than cut.
fn valid_prefix(text: &[u8]) -> (usize, bool) {
    if simdutf8::basic::from_utf8(text).is_ok() {
        return (text.len(), false);
    }
    simdutf8::compat::from_utf8(text)
        .map_or_else(|error| (error.valid_up_to(), error.error_len().is_some()), |text| (text.len(), false))
}

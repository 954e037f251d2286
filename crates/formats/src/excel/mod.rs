//! Format `excel`: workbooks, `.xlsx` read and written and `.xls` (BIFF8) read.
//!
//! # Reading
//! The whole file is collected first, because its directory is at its end; sheets of `.xlsx` are then unpacked and read row by
//! row. Which of the two formats a file has is seen from its first bytes.
//!
//! | what | rule |
//! |---|---|
//! | sheet | the one named `sheetName`, else the first |
//! | rows | every row that is in the file, from number `skipHeaderRows` on |
//! | columns | by position: the first column of `fileSchema` is column A |
//! | formula | its value as it was saved |
//! | error such as `#N/A`; cell that is not there, or has neither content nor style | null |
//! | styled cell without content | an empty text for STRING and BYTES, else null |
//! | number in a date format | its moment, rounded to milliseconds; see [`crate::cell`] for what becomes of it |
//! | other number, for STRING | the text that the cell shows |
//!
//! Options of a decoder: `sheetName`, `skipHeaderRows`, `fieldDelimiter`, `fileSchema`, `partitionColumns`.
//!
//! # Writing
//! The host writes the beginning of a file: the header of the first sheet's archive entry and that sheet up to its data. Every
//! piece of work becomes compressed rows that follow any other piece; where a sheet is full, the piece goes on with the next
//! one. Assembling gives what is behind the rows, in front of it the check sums that belong behind sheets in the middle
//! (`hasPatches` of the host).
//!
//! Options of an encoder: `sheetHead`, a sheet up to its data; `headerBytes`, the length of the file's beginning; `sheetName`,
//! `rowsPerSheet`, `dateFormat`, `timeFormat`, `datetimeFormat`, `fieldDelimiter`.
//!
//! # Errors
//! `FILE_TYPE_INVALID`, `FILE_CORRUPT`, `UNIMPLEMENTED` (encryption, workbooks before Excel 97), `OPTION_INVALID` for a sheet
//! that is not there, `VALUE_TOO_LARGE` for files over 256 MiB, parts that unpack to more than 4 GiB (256 MiB for texts and
//! styles) and rows over the limit of values; `ENCODE_FAILED` for a text of more than 32,767 characters, too many columns, or a
//! sheet over 4 GiB; `TYPE_UNSUPPORTED`.
//!
//! # Source
//! SeaTunnel `ExcelReadStrategy`, `ExcelCellUtils`, `ExcelGenerator`; ECMA-376; MS-XLS; MS-CFB; the texts of numbers as Apache
//! POI's `DataFormatter` gives them.

mod biff;
mod checksum;
mod compound;
mod decoder;
mod encoder;
mod end;
mod moment;
mod number_format;
#[cfg(test)]
mod number_format_tests;
mod package;
mod row;
mod sheet;
mod strings;
#[cfg(test)]
mod tests;
mod workbook;
mod xls;
#[cfg(test)]
mod xls_tests;
mod xml_part;

use millrace_batch::codec::CodecDefinition;
use millrace_batch::{ErrorCode, KernelError};

/// The format's registration.
pub const DEFINITION: CodecDefinition = CodecDefinition {
    name: "excel",
    decoder: Some(|schema, options, context| Ok(Box::new(decoder::ExcelDecoder::new(schema, options, context)?))),
    encoder: Some(|schema, options, _| Ok(Box::new(encoder::ExcelEncoder::new(schema, options)?))),
    inspect: None,
    assemble: Some(|_, options, _, pieces| end::file_end(options, pieces)),
};

/// Rows and columns of a sheet of `.xlsx`.
const ROWS_LIMIT: u32 = 1_048_576;
const COLUMNS_LIMIT: usize = 16_384;

fn corrupt(message: impl Into<String>) -> KernelError {
    KernelError::new(ErrorCode::FileCorrupt, format!("reading a workbook: {}", message.into()))
}

fn too_large(message: impl Into<String>) -> KernelError {
    KernelError::new(ErrorCode::ValueTooLarge, format!("reading a workbook: {}", message.into()))
}

fn unimplemented(message: impl Into<String>) -> KernelError {
    KernelError::new(ErrorCode::Unimplemented, message)
}

/// The error of a sheet that is not there.
fn no_sheet(name: Option<&str>, names: &[String]) -> KernelError {
    let names = names.join(", ");
    let message = match name {
        Some(name) => format!("the workbook has no sheet '{name}'; it has: {names}"),
        None => "the workbook has no sheet".to_owned(),
    };
    KernelError::new(ErrorCode::OptionInvalid, message)
}

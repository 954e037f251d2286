//! Coded errors of every kernel.

use std::fmt;

/// The result of a fallible kernel.
pub type Result<T, E = KernelError> = std::result::Result<T, E>;

macro_rules! error_codes {
    ($($(#[$doc:meta])* $variant:ident => $name:literal,)*) => {
        /// Stable identity of an error. The name is the same as in the host's table of codes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ErrorCode { $($(#[$doc])* $variant,)* }

        impl ErrorCode {
            /// Every code, in declaration order.
            pub const ALL: &'static [ErrorCode] = &[$(ErrorCode::$variant,)*];

            /// The name that crosses the boundary.
            pub const fn name(self) -> &'static str {
                match self { $(ErrorCode::$variant => $name,)* }
            }
        }
    };
}

error_codes! {
    /// A program document is not valid: a bug of the host, or a hand-written document.
    ProgramInvalid => "PROGRAM_INVALID",
    /// A handle was closed, or never existed.
    HandleClosed => "HANDLE_CLOSED",
    /// A kernel panicked; the handle it ran in is unusable.
    KernelPanic => "KERNEL_PANIC",
    /// A row kind outside 0..=3.
    RowKindUnknown => "KERNEL_ROW_KIND_UNKNOWN",
    /// A named field is not in the input schema.
    FieldNotFound => "FIELD_NOT_FOUND",
    /// A field of that name exists already.
    FieldExists => "FIELD_EXISTS",
    /// A type that this operation or format cannot take.
    TypeUnsupported => "TYPE_UNSUPPORTED",
    /// SQL text that does not parse.
    SqlSyntax => "SQL_SYNTAX",
    /// SQL that parses and means nothing here: unknown column, unsupported construct, wrong arguments.
    SqlInvalid => "SQL_INVALID",
    /// A value that an expression cannot work on: division by zero, a failed cast, an argument out of range.
    ExpressionFailed => "EXPRESSION_FAILED",
    /// A record that is not of its format at all.
    RecordMalformed => "RECORD_MALFORMED",
    /// A field's text that is not of its type.
    ValueMalformed => "VALUE_MALFORMED",
    /// A date that matches none of the known patterns.
    DateUnsupported => "DATE_FORMAT_UNSUPPORTED",
    /// A date-time that matches none of the known patterns.
    DateTimeUnsupported => "DATETIME_FORMAT_UNSUPPORTED",
    /// Bytes that are not valid in the declared encoding.
    EncodingInvalid => "ENCODING_INVALID",
    /// An encoding that is not known.
    EncodingUnsupported => "ENCODING_UNSUPPORTED",
    /// A file whose magic bytes or structure are not of the declared format.
    FileTypeInvalid => "FILE_TYPE_INVALID",
    /// A file that is cut off or damaged.
    FileCorrupt => "FILE_CORRUPT",
    /// A codec that this build does not have.
    CodecUnavailable => "CODEC_UNAVAILABLE",
    /// One value or record over its size limit.
    ValueTooLarge => "VALUE_TOO_LARGE",
    /// The memory budget is used up.
    MemoryExceeded => "MEMORY_EXCEEDED",
    /// A value that the output format cannot hold.
    EncodeFailed => "ENCODE_FAILED",
    /// Parts of a binary file that do not come one behind the other.
    BinaryPartOrder => "BINARY_PART_ORDER",
    /// A rule of an Assert sink does not hold.
    AssertionFailed => "ASSERTION_FAILED",
    /// A row that breaks a rule of a validation.
    ValidationFailed => "VALIDATION_FAILED",
    /// An option whose value is not allowed.
    OptionInvalid => "OPTION_INVALID",
    /// A `JSONPath` that does not parse, or leads to nothing in a document.
    JsonPathFailed => "JSONPATH_FAILED",
    /// What a `JSONPath` found is not of its field's type.
    JsonPathConversion => "JSONPATH_CONVERSION",
    /// The build does not have this feature (yet).
    Unimplemented => "UNIMPLEMENTED",
}

/// An error with a code, one lower-case clause, and where in the data it happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KernelError {
    /// What kind of error it is.
    pub code: ErrorCode,
    /// One lower-case clause with quoted values that says what was being done.
    pub message: String,
    /// Row inside the batch that was being worked on, 0-based, when the error depends on a row.
    pub row: Option<u64>,
    /// Name of the field, when the error depends on one.
    pub field: Option<String>,
    /// Byte offset inside the text that was being parsed (SQL), when there is one.
    pub offset: Option<u64>,
    /// Part of the program that failed: its operators are numbered first, then its sinks. `None` for its decoder, and outside
    /// of a program.
    pub part: Option<usize>,
}

impl KernelError {
    /// An error without a place.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), row: None, field: None, offset: None, part: None }
    }

    /// The same error at a row of the batch.
    #[must_use]
    pub fn at_row(mut self, row: usize) -> Self {
        self.row = Some(row as u64);
        self
    }

    /// The same error at a field.
    #[must_use]
    pub fn at_field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// The same error in a part of a program.
    #[must_use]
    pub fn in_part(mut self, part: usize) -> Self {
        self.part = Some(part);
        self
    }

    /// The same error at a byte of the parsed text.
    #[must_use]
    pub fn at_offset(mut self, offset: usize) -> Self {
        self.offset = Some(offset as u64);
        self
    }
}

impl fmt::Display for KernelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.name(), self.message)
    }
}

impl std::error::Error for KernelError {}

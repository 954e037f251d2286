//! The options of both formats, as the host writes them into a program document.

use millrace_batch::{ErrorCode, KernelError, Result, Schema, schema::Column};
use serde_json::Value;

/// Separators inside nested values, outermost first, when the document names none.
///
/// # Source
/// SeaTunnel `TextFormatConstant.SEPARATOR`, without the first, which is the field delimiter.
const NESTED_SEPARATORS: [&str; 7] = ["\u{2}", "\u{3}", "\u{4}", "\u{5}", "\u{6}", "\u{7}", "\u{8}"];

/// What differs between the two formats when the document is silent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Defaults {
    /// Ends a field.
    pub field_delimiter: &'static str,
    /// Opens and closes a quoted field.
    pub quote: Option<char>,
    /// When the encoder quotes.
    pub quote_mode: QuoteMode,
}

/// When the encoder quotes a field of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum QuoteMode {
    /// Only when it holds a delimiter, a quote or a line break.
    Minimal,
    /// Every text that is not null.
    All,
    /// Never.
    None,
}

/// How records are cut into fields.
#[derive(Clone, Debug)]
pub(super) struct Dialect {
    /// Ends a field; not empty.
    pub field_delimiter: Vec<u8>,
    /// Ends a record; not empty. With `\n`, `\r\n` ends one too.
    pub row_delimiter: Vec<u8>,
    /// Opens and closes a quoted field; ASCII.
    pub quote: Option<u8>,
    /// Takes the meaning from the next character; ASCII.
    pub escape: Option<u8>,
    /// A row delimiter inside quotes is data.
    pub quoted_newlines: bool,
}

/// Everything a decoder is told.
#[derive(Clone, Debug)]
pub(super) struct DecoderOptions {
    /// How records are cut into fields.
    pub dialect: Dialect,
    /// Lines to leave out at the start of a file.
    pub skip_header_rows: usize,
    /// A field of exactly this text is null.
    pub null_format: Option<Vec<u8>>,
    /// Separators inside nested values, outermost first.
    pub nested_separators: Vec<Vec<u8>>,
    /// Number of columns in the file.
    pub file_columns: usize,
    /// For each output column, where its values come from.
    pub origins: Vec<Origin>,
}

/// Where an output column's values come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Column of the file, 0-based.
    File(usize),
    /// The partition value of this name.
    Partition(String),
}

impl Dialect {
    /// Reads the members that decoder and encoder share.
    pub(super) fn read(options: &Value, defaults: &Defaults) -> Result<Self> {
        let quote = match options.get("quote") {
            None => defaults.quote.map(|quote| quote as u8),
            Some(_) => ascii(options, "quote")?,
        };
        let escape = ascii(options, "escape")?.filter(|escape| Some(*escape) != quote);
        let dialect = Self {
            field_delimiter: delimiter(options, "fieldDelimiter", defaults.field_delimiter)?,
            row_delimiter: delimiter(options, "rowDelimiter", "\n")?,
            quote,
            escape,
            quoted_newlines: boolean(options, "quotedNewlines")?,
        };
        if dialect.field_delimiter == dialect.row_delimiter {
            return Err(invalid("'fieldDelimiter' and 'rowDelimiter' must differ"));
        }
        let first = [dialect.field_delimiter[0], dialect.row_delimiter[0]];
        if quote.is_some_and(|byte| first.contains(&byte)) || escape.is_some_and(|byte| first.contains(&byte)) {
            return Err(invalid("'quote' and 'escape' must differ from the delimiters"));
        }
        Ok(dialect)
    }
}

impl DecoderOptions {
    /// Reads and checks a decoder's options for batches of `schema`.
    ///
    /// # Errors
    /// `OPTION_INVALID` for a value that is not allowed, `PROGRAM_INVALID` when the columns do not fit together.
    pub(super) fn read(schema: &Schema, options: &Value, defaults: &Defaults) -> Result<Self> {
        let partitions = strings(options, "partitionColumns")?.unwrap_or_default();
        let file = file_columns(schema, options, &partitions)?;
        Ok(Self {
            dialect: Dialect::read(options, defaults)?,
            skip_header_rows: options.get("skipHeaderRows").and_then(Value::as_u64).unwrap_or(0) as usize,
            null_format: text(options, "nullFormat")?.map(|text| text.as_bytes().to_vec()),
            nested_separators: nested_separators(options)?,
            origins: origins(schema, options, &file, &partitions)?,
            file_columns: file.len(),
        })
    }
}

pub(crate) fn file_columns(schema: &Schema, options: &Value, partitions: &[String]) -> Result<Vec<Column>> {
    match options.get("fileSchema") {
        None | Some(Value::Null) => {
            Ok(schema.columns.iter().filter(|column| !partitions.contains(&column.name)).cloned().collect())
        }
        Some(value) => {
            let columns = value.get("columns").unwrap_or(value);
            serde_json::from_value(columns.clone())
                .map_err(|error| KernelError::new(ErrorCode::ProgramInvalid, format!("reading 'fileSchema': {error}")))
        }
    }
}

pub(crate) fn origins(schema: &Schema, options: &Value, file: &[Column], partitions: &[String]) -> Result<Vec<Origin>> {
    let projection = options.get("projection").and_then(Value::as_array);
    let mut projected = projection.into_iter().flatten();
    let mut origins = Vec::with_capacity(schema.columns.len());
    for column in &schema.columns {
        if partitions.contains(&column.name) {
            origins.push(Origin::Partition(column.name.clone()));
            continue;
        }
        let index = if projection.is_some() {
            projected.next().and_then(Value::as_u64).map(|index| index as usize).filter(|index| *index < file.len())
        } else {
            file.iter().position(|candidate| candidate.name == column.name)
        };
        origins.push(Origin::File(index.ok_or_else(|| {
            KernelError::new(ErrorCode::ProgramInvalid, format!("column '{}' is not in the file's schema", column.name))
        })?));
    }
    Ok(origins)
}

/// The separators of nested values, outermost first.
pub(super) fn nested_separators(options: &Value) -> Result<Vec<Vec<u8>>> {
    let separators = match strings(options, "nestedSeparators")? {
        Some(separators) => separators.into_iter().map(String::into_bytes).collect::<Vec<_>>(),
        None => NESTED_SEPARATORS.iter().map(|text| text.as_bytes().to_vec()).collect(),
    };
    if separators.iter().any(Vec::is_empty) {
        return Err(invalid("'nestedSeparators' must not hold an empty text"));
    }
    Ok(separators)
}

/// The `quoteMode` member.
pub(super) fn quote_mode(options: &Value, default: QuoteMode) -> Result<QuoteMode> {
    match text(options, "quoteMode")? {
        None => Ok(default),
        Some("MINIMAL") => Ok(QuoteMode::Minimal),
        Some("ALL") => Ok(QuoteMode::All),
        Some("NONE") => Ok(QuoteMode::None),
        Some(other) => Err(invalid(format!("'quoteMode' is '{other}', not one of MINIMAL, ALL and NONE"))),
    }
}

fn delimiter(options: &Value, name: &str, default: &str) -> Result<Vec<u8>> {
    let text = text(options, name)?.unwrap_or(default);
    if text.is_empty() {
        return Err(invalid(format!("'{name}' must not be empty")));
    }
    Ok(text.as_bytes().to_vec())
}

/// A member that is one ASCII character or null.
fn ascii(options: &Value, name: &str) -> Result<Option<u8>> {
    match text(options, name)?.map(str::as_bytes) {
        None | Some([]) => Ok(None),
        Some([byte]) if byte.is_ascii() => Ok(Some(*byte)),
        Some(_) => Err(invalid(format!("'{name}' must be one ASCII character"))),
    }
}

/// A member that is text or null.
pub(crate) fn text<'a>(options: &'a Value, name: &str) -> Result<Option<&'a str>> {
    match options.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(invalid(format!("'{name}' must be text"))),
    }
}

/// A member that is true, false or absent.
pub(crate) fn boolean(options: &Value, name: &str) -> Result<bool> {
    match options.get(name) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(value)) => Ok(*value),
        Some(_) => Err(invalid(format!("'{name}' must be true or false"))),
    }
}

pub(crate) fn strings(options: &Value, name: &str) -> Result<Option<Vec<String>>> {
    match options.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => serde_json::from_value(value.clone())
            .map(Some)
            .map_err(|_| invalid(format!("'{name}' must be a list of texts"))),
    }
}

/// An `OPTION_INVALID` error.
pub(crate) fn invalid(message: impl Into<String>) -> KernelError {
    KernelError::new(ErrorCode::OptionInvalid, message)
}

impl Origin {
    /// Column of the file, if that is where the values come from.
    pub(super) fn file(&self) -> Option<usize> {
        match self {
            Origin::File(index) => Some(*index),
            Origin::Partition(_) => None,
        }
    }
}

//! `json_path`: values out of JSON documents as columns.

mod column;
mod document;
#[cfg(test)]
mod tests;

use super::{Additions, position, read_options};
use arrow_array::{Array, ArrayRef, BooleanArray, Int8Array};
use arrow_select::filter::filter;
use column::{Column, Failure};
use document::Documents;
use millrace_batch::codec::{Context, Operator, OperatorDefinition};
use millrace_batch::json_path::{JsonPath, PathFault, PathSet};
use millrace_batch::{Batch, DataType, ErrorCode, KernelError, Result, Schema};
use serde::Deserialize;
use serde_json::Value;
use std::ops::Range;
use std::sync::Arc;

/// Options `{"columns":[{"srcField":"a","path":"$.b","destField":"c","destType":{"kind":"STRING"},"onError":"SKIP"}],
/// "rowOnError":"FAIL"}`: reads each source field as a JSON document (`document`), and gives what each path finds in it to its
/// output column, converted as [`millrace_batch::array_from_json`] says; text as Jackson prints it. Output columns are nullable;
/// one of an existing name takes its place, others are appended. A null document gives null.
///
/// A path fault (text that is no JSON, a definite path that leads to nothing) and a value that cannot be converted are handled
/// by the column's `onError`, else by `rowOnError`: `FAIL` fails; `SKIP` gives null for a column, and drops the row for a row;
/// `SKIP_ROW` drops the row. Paths are those of [`JsonPath`]; the ones made of names and indexes are followed over the text,
/// all of one field together, and make no tree.
///
/// # Errors
/// `FIELD_NOT_FOUND`; `TYPE_UNSUPPORTED` for a source that is no string, bytes, array, map or row; `JSONPATH_FAILED` for a path
/// that does not parse, and when applied, at the first row with a path fault; `JSONPATH_CONVERSION` at the first row whose
/// value is not of its type, without the value; `UNIMPLEMENTED` for a function that is not there.
///
/// # Source
/// SeaTunnel `JsonPathTransform`.
pub const DEFINITION: OperatorDefinition = OperatorDefinition { name: "json_path", compile };

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Options {
    columns: Vec<ColumnOptions>,
    #[serde(default)]
    row_on_error: OnError,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ColumnOptions {
    src_field: String,
    path: String,
    dest_field: String,
    dest_type: DataType,
    #[serde(default)]
    on_error: Option<OnError>,
}

/// What happens to a value that cannot be had.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum OnError {
    #[default]
    Fail,
    Skip,
    SkipRow,
}

/// One output.
struct Output {
    /// Which of the sources.
    source: usize,
    path: JsonPath,
    /// Number in the source's set of simple paths.
    simple: Option<usize>,
    field: String,
    data_type: DataType,
    on_error: Option<OnError>,
}

/// One source field and the paths that are followed over its text.
struct Source {
    field: usize,
    name: String,
    data_type: DataType,
    simple: PathSet,
    /// Whether a path needs a tree.
    needs_tree: bool,
}

struct JsonPaths {
    output: Arc<Schema>,
    additions: Additions,
    sources: Vec<Source>,
    outputs: Vec<Output>,
    row_on_error: OnError,
}

fn compile(input: &Arc<Schema>, options: &Value, _context: &Context) -> Result<Box<dyn Operator>> {
    let options: Options = read_options(DEFINITION.name, options)?;
    let mut sources: Vec<Source> = Vec::new();
    let mut outputs = Vec::new();
    for column in options.columns {
        let field = position(DEFINITION.name, input, &column.src_field)?;
        let path = JsonPath::compile(&column.path).map_err(|error| {
            let code = if error.code == ErrorCode::OptionInvalid { ErrorCode::JsonPathFailed } else { error.code };
            KernelError { code, ..error }.at_field(&column.dest_field)
        })?;
        let known = sources.iter().position(|source| source.field == field);
        if known.is_none() {
            sources.push(source(input, field)?);
        }
        let source = known.unwrap_or(sources.len() - 1);
        let simple = sources[source].simple.add(&path);
        sources[source].needs_tree |= simple.is_none();
        let ColumnOptions { dest_field: field, dest_type: data_type, on_error, .. } = column;
        outputs.push(Output { source, path, simple, field, data_type, on_error });
    }
    let added = outputs.iter().map(|output| (output.field.clone(), output.data_type.clone()));
    let additions = Additions::plan(input, added);
    let output = Arc::new(Schema { table: input.table.clone(), columns: additions.columns.clone() });
    Ok(Box::new(JsonPaths { output, additions, sources, outputs, row_on_error: options.row_on_error }))
}

fn source(input: &Schema, field: usize) -> Result<Source> {
    let column = &input.columns[field];
    match column.data_type {
        DataType::String | DataType::Bytes | DataType::Array { .. } | DataType::Map { .. } | DataType::Row { .. } => {
            Ok(Source {
                field,
                name: column.name.clone(),
                data_type: column.data_type.clone(),
                simple: PathSet::default(),
                needs_tree: false,
            })
        }
        _ => {
            let message = format!("field '{}' of type '{}' cannot be read as JSON", column.name, column.data_type);
            Err(KernelError::new(ErrorCode::TypeUnsupported, message).at_field(&column.name))
        }
    }
}

impl Operator for JsonPaths {
    fn output_schema(&self) -> &Arc<Schema> {
        &self.output
    }

    fn lineage(&self) -> Vec<Option<usize>> {
        self.additions.lineage()
    }

    fn apply(&mut self, mut batch: Batch) -> Result<Batch> {
        // Values of types that are converted as whole columns are first taken to be good; when one is not, the batch is done
        // again and each of them is converted alone, so that its own policy can be applied.
        let (columns, kept) = match self.extract(&batch, false) {
            Err(Failure::Conversion) => self.extract(&batch, true),
            result => result,
        }
        .map_err(|failure| failure.error(DEFINITION.name))?;
        self.additions.place(&mut batch, columns);
        batch.schema = Arc::clone(&self.output);
        match kept {
            None => Ok(batch),
            Some(kept) => retain(batch, &BooleanArray::from(kept)),
        }
    }
}

/// The state of one source in one row.
struct Read {
    /// Whether there is a document at all.
    present: bool,
    fault: Option<PathFault>,
    found: Vec<Option<Range<usize>>>,
    tree: Option<Value>,
}

impl JsonPaths {
    /// The output columns, and which rows stay when some are dropped.
    fn extract(&self, batch: &Batch, careful: bool) -> Result<(Vec<ArrayRef>, Option<Vec<bool>>), Failure> {
        let mut documents: Vec<_> =
            self.sources.iter().map(|source| Documents::new(&batch.columns[source.field], &source.data_type)).collect();
        let mut reads: Vec<_> =
            self.sources.iter().map(|_| Read { present: false, fault: None, found: Vec::new(), tree: None }).collect();
        let mut columns: Vec<_> =
            self.outputs.iter().map(|output| Column::new(&output.data_type, batch.rows, careful)).collect();
        let mut kept: Option<Vec<bool>> = None;
        for row in 0..batch.rows {
            for ((source, documents), read) in self.sources.iter().zip(&mut documents).zip(&mut reads) {
                read_document(source, documents, row, read);
            }
            let mut stays = true;
            for (output, column) in self.outputs.iter().zip(&mut columns) {
                if !stays {
                    column.push_null();
                    continue;
                }
                let read = &reads[output.source];
                let pushed = push(output, read, documents[output.source].text(), column);
                let Err(error) = pushed else { continue };
                match output.on_error.unwrap_or(match self.row_on_error {
                    OnError::Fail => OnError::Fail,
                    OnError::Skip | OnError::SkipRow => OnError::SkipRow,
                }) {
                    OnError::Fail => {
                        let source = &self.sources[output.source].name;
                        return Err(Failure::Row(Box::new(error.describe(source, output).at_row(row))));
                    }
                    OnError::Skip => column.push_null(),
                    OnError::SkipRow => {
                        column.push_null();
                        stays = false;
                    }
                }
            }
            if !stays {
                kept.get_or_insert_with(|| vec![true; batch.rows])[row] = false;
            }
        }
        let columns = columns.into_iter().map(Column::finish).collect::<Result<Vec<_>, _>>()?;
        Ok((columns, kept))
    }
}

/// Why a value could not be had.
enum Fault {
    Path(PathFault),
    Conversion,
    TooLarge,
}

impl Fault {
    fn describe(&self, source: &str, output: &Output) -> KernelError {
        let (field, data_type) = (&output.field, &output.data_type);
        let error = match self {
            Fault::Path(fault) => KernelError::new(
                ErrorCode::JsonPathFailed,
                format!("field '{field}' cannot be read from field '{source}': {}", fault.message()),
            ),
            // The value may be private, and so may what is in the path.
            Fault::Conversion => KernelError::new(
                ErrorCode::JsonPathConversion,
                format!("what was found in field '{source}' for field '{field}' is not of type '{data_type}'"),
            ),
            Fault::TooLarge => {
                KernelError::new(ErrorCode::ValueTooLarge, format!("the texts of field '{field}' are over 2 GiB"))
            }
        };
        error.at_field(field)
    }
}

fn read_document(source: &Source, documents: &mut Documents<'_>, row: usize, read: &mut Read) {
    read.fault = None;
    read.tree = None;
    read.present = documents.load(row);
    if !read.present {
        return;
    }
    let text = documents.text();
    if source.needs_tree {
        match serde_json::from_str(text) {
            Ok(tree) => read.tree = Some(tree),
            Err(_) => read.fault = Some(PathFault::Document),
        }
    }
    if !source.simple.is_empty() && read.fault.is_none() {
        read.fault = source.simple.find(text, &mut read.found).err();
    }
}

fn push(output: &Output, read: &Read, text: &str, column: &mut Column) -> Result<(), Fault> {
    if !read.present {
        column.push_null();
        return Ok(());
    }
    if let Some(fault) = &read.fault {
        return Err(Fault::Path(fault.clone()));
    }
    match (output.simple, &read.tree) {
        (Some(simple), _) => match &read.found[simple] {
            Some(range) => column.push_text(&text[range.clone()]),
            None => Err(Fault::Path(PathFault::Missing)),
        },
        (None, Some(tree)) => column.push_value(output.path.read_value(tree).map_err(Fault::Path)?),
        (None, None) => Err(Fault::Path(PathFault::Document)),
    }
}

fn retain(mut batch: Batch, kept: &BooleanArray) -> Result<Batch> {
    let failed = |error| KernelError::new(ErrorCode::ProgramInvalid, format!("rows cannot be dropped: {error}"));
    for column in &mut batch.columns {
        *column = filter(column, kept).map_err(failed)?;
    }
    if let Some(kinds) = &batch.kinds {
        let kinds = filter(kinds, kept).map_err(failed)?;
        batch.kinds = kinds.as_any().downcast_ref::<Int8Array>().cloned();
    }
    batch.rows = kept.true_count();
    Ok(batch)
}

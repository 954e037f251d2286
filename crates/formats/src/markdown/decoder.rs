//! Documents to batches.

use super::blocks::{Block, blocks};
use crate::delimited::arrays::constant_text;
use crate::delimited::options::strings;
use crate::partitions::Partitions;
use arrow_array::{ArrayRef, Int32Array, StringArray};
use millrace_batch::codec::{Context, Decoded, Decoder, InputBounds};
use millrace_batch::schema::DataType;
use millrace_batch::{Batch, ErrorCode, KernelError, Result, Schema};
use serde_json::Value;
use std::sync::Arc;

const BATCH_ROWS: usize = 8_192;
const PAGE_NUMBER: i32 = 1;
const BYTE_ORDER_MARK: char = '\u{feff}';

#[derive(Clone)]
enum Field {
    Id,
    Kind,
    Level,
    Text,
    Page,
    Position,
    Parent,
    Children,
    Partition(String),
}

/// See [`super`].
pub(super) struct MarkdownDecoder {
    schema: Arc<Schema>,
    fields: Vec<Field>,
    value_limit: usize,
    partitions: Partitions,
    file: Vec<u8>,
    /// The blocks that were not given yet, once the file is read.
    rows: Option<std::vec::IntoIter<Block>>,
}

impl MarkdownDecoder {
    pub(super) fn new(schema: &Arc<Schema>, options: &Value, context: &Context) -> Result<Self> {
        let partitions = strings(options, "partitionColumns")?.unwrap_or_default();
        let fields = schema.columns.iter().map(|column| {
            Ok(match (column.name.as_str(), &column.data_type) {
                ("element_id", DataType::String) => Field::Id,
                ("element_type", DataType::String) => Field::Kind,
                ("heading_level", DataType::Int) => Field::Level,
                ("text", DataType::String) => Field::Text,
                ("page_number", DataType::Int) => Field::Page,
                ("position_index", DataType::Int) => Field::Position,
                ("parent_id", DataType::String) => Field::Parent,
                ("child_ids", DataType::String) => Field::Children,
                (name, DataType::String) if partitions.iter().any(|partition| partition == name) => {
                    Field::Partition(name.to_owned())
                }
                (name, data_type) => {
                    let message = format!("a markdown file has no column '{name}' of type '{data_type}'");
                    return Err(KernelError::new(ErrorCode::ProgramInvalid, message));
                }
            })
        });
        Ok(Self {
            schema: Arc::clone(schema),
            fields: fields.collect::<Result<_>>()?,
            value_limit: context.value_limit_bytes.min(i32::MAX as usize / 32),
            partitions: Partitions::default(),
            file: Vec::new(),
            rows: None,
        })
    }

    fn read(&mut self) -> Result<Vec<Block>> {
        let file = std::mem::take(&mut self.file);
        let text = String::from_utf8_lossy(&file);
        // The parser asserts a few things about its own work: what is left of them must not end the process.
        let read = std::panic::catch_unwind(|| blocks(text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&text)));
        read.unwrap_or_else(|_| Err(KernelError::new(ErrorCode::FileCorrupt, "the document cannot be parsed")))
    }

    fn batch(&self, rows: &[Block]) -> Result<Batch> {
        let texts = |text: fn(&Block) -> Option<String>| -> ArrayRef {
            Arc::new(rows.iter().map(text).collect::<StringArray>())
        };
        let numbers = |number: fn(&Block) -> Option<i32>| -> ArrayRef {
            Arc::new(rows.iter().map(number).collect::<Int32Array>())
        };
        let columns = self.fields.iter().map(|field| -> Result<ArrayRef> {
            Ok(match field {
                Field::Id => texts(|row| Some(row.id.clone())),
                Field::Kind => texts(|row| Some(row.kind.to_owned())),
                Field::Level => numbers(|row| row.level),
                Field::Text => texts(|row| Some(row.text.clone())),
                Field::Page => numbers(|_| Some(PAGE_NUMBER)),
                Field::Position => numbers(|row| Some(row.position)),
                Field::Parent => texts(|row| row.parent.clone()),
                Field::Children => texts(|row| (!row.children.is_empty()).then(|| row.children.join(","))),
                Field::Partition(name) => constant_text(self.partitions.text(name), rows.len())?,
            })
        });
        Batch::try_new(Arc::clone(&self.schema), columns.collect::<Result<_>>()?, rows.len())
    }
}

impl Decoder for MarkdownDecoder {
    fn begin(&mut self, arguments: &str) -> Result<()> {
        self.partitions = Partitions::of(arguments)?;
        self.file = Vec::new();
        self.rows = None;
        Ok(())
    }

    fn decode(&mut self, input: &[u8], bounds: InputBounds) -> Result<Decoded> {
        let mut decoded = Decoded { consumed: input.len(), ..Decoded::default() };
        if self.rows.is_none() {
            if self.file.len() + input.len() > self.value_limit {
                let message = format!("a markdown file is over the limit of '{}' bytes", self.value_limit);
                return Err(KernelError::new(ErrorCode::ValueTooLarge, message));
            }
            self.file.extend_from_slice(input);
            if !bounds.end_of_file {
                return Ok(decoded);
            }
            self.rows = Some(self.read()?.into_iter());
        }
        let rows: Vec<Block> = self.rows.iter_mut().flatten().take(BATCH_ROWS).collect();
        decoded.done = rows.len() < BATCH_ROWS;
        if !rows.is_empty() {
            decoded.batch = Some(self.batch(&rows)?);
        }
        Ok(decoded)
    }
}

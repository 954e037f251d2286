//! Row groups to batches.

use super::footer::{Located, OpenFile, check_pages, locate, unsupported};
use super::options::names;
use super::types::data_type_of;
use super::{convert, corrupt, guarded};
use crate::columnar::fetch::Fetch;
use crate::columnar::zone::LocalZone;
use crate::columnar::{cast, constant_column};
use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, TimestampMicrosecondType};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType as ArrowType, TimeUnit};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use millrace_batch::codec::{Context, Decoded, Decoder, InputBounds};
use millrace_batch::{Batch, DataType, ErrorCode, KernelError, Result, Schema};
use parquet::DecodeResult;
use parquet::arrow::ProjectionMask;
use parquet::arrow::push_decoder::{ParquetPushDecoder, ParquetPushDecoderBuilder};
use serde_json::{Map, Value};
use std::sync::Arc;

/// Rows of a batch when rows are of usual size.
const BATCH_ROWS: usize = 8_192;
/// Encoded bytes of a batch when rows are large.
const BATCH_BYTES: usize = 4 << 20;

/// Makes the decoder; see the [module](super) for its options. Columns of `schema` are looked up in each file by name.
pub(super) fn make_decoder(schema: &Arc<Schema>, options: &Value, context: &Context) -> Result<Box<dyn Decoder>> {
    Ok(Box::new(ParquetDecoder {
        schema: Arc::clone(schema),
        zone: LocalZone::try_new(&context.zone)?,
        context: context.clone(),
        partition_columns: names(&options["partitionColumns"]),
        last_file: None,
        work: None,
        rows_before_error: None,
    }))
}

/// Decodes one row group at a time.
///
/// `begin` takes `{"rowGroup": n, "fileLength": n, "partitions": {name: text}?, "footer": base64?, "fileId": text?}`.
/// The footer of the file with the last `fileId` is remembered; with `footer` it is not read at all.
struct ParquetDecoder {
    schema: Arc<Schema>,
    zone: LocalZone,
    context: Context,
    partition_columns: Vec<String>,
    last_file: Option<(String, Arc<OpenFile>)>,
    work: Option<Work>,
    rows_before_error: Option<Batch>,
}

/// One piece of work between `begin` and its last batch.
struct Work {
    row_group: usize,
    file_length: u64,
    file_id: Option<String>,
    partitions: Map<String, Value>,
    fetch: Fetch,
    stage: Stage,
}

enum Stage {
    Footer,
    Rows(Box<RowStage>),
    Done,
}

struct RowStage {
    file: Arc<OpenFile>,
    sources: Vec<ColumnSource>,
    decoder: ParquetPushDecoder,
}

/// Where a column of the schema comes from.
enum ColumnSource {
    /// Position in the decoded batches, and the type there.
    File { position: usize, data_type: DataType },
    /// Microseconds that the schema calls a number.
    RawMicros { position: usize },
    /// A constant of the file; null when it has none.
    Partition(Option<String>),
}

impl Decoder for ParquetDecoder {
    fn begin(&mut self, arguments: &str) -> Result<()> {
        self.work = None;
        self.rows_before_error = None;
        let arguments: Value = serde_json::from_str(arguments).map_err(|error| invalid(&error.to_string()))?;
        let row_group = arguments["rowGroup"].as_u64().ok_or_else(|| invalid("'rowGroup' is missing"))? as usize;
        let file_length = arguments["fileLength"].as_u64().ok_or_else(|| invalid("'fileLength' is missing"))?;
        let mut work = Work {
            row_group,
            file_length,
            file_id: arguments["fileId"].as_str().map(str::to_owned),
            partitions: arguments["partitions"].as_object().cloned().unwrap_or_default(),
            fetch: Fetch::default(),
            stage: Stage::Footer,
        };
        let known = self.last_file.as_ref().filter(|(id, _)| work.file_id.as_ref() == Some(id));
        if let Some((_, file)) = known {
            let file = Arc::clone(file);
            self.open_row_group(&mut work, file)?;
        } else if let Some(footer) = arguments["footer"].as_str() {
            let footer = BASE64.decode(footer).map_err(|_| invalid("'footer' is not base64"))?;
            self.open_file(&mut work, &footer)?;
        } else if let Located::Wanted(start, length) = locate(file_length, 0, &[], &self.context)? {
            work.fetch = Fetch::of_one(start, length);
        }
        self.work = Some(work);
        Ok(())
    }

    fn decode(&mut self, input: &[u8], _bounds: InputBounds) -> Result<Decoded> {
        self.rows_before_error = None;
        let mut work = self.work.take().ok_or_else(|| invalid("no piece of work was begun"))?;
        let decoded = self.step(&mut work, input)?;
        self.work = Some(work);
        Ok(decoded)
    }

    fn rows_before_error(&mut self) -> Option<Batch> {
        self.rows_before_error.take()
    }

    fn memory_bytes(&self) -> usize {
        let footer = self.last_file.as_ref().map_or(0, |(_, file)| file.metadata().memory_size());
        let work = self.work.as_ref().map_or(0, |work| {
            work.fetch.memory_bytes()
                + match &work.stage {
                    Stage::Rows(stage) => stage.decoder.buffered_bytes() as usize,
                    _ => 0,
                }
        });
        footer + work
    }
}

fn invalid(message: &str) -> KernelError {
    KernelError::new(ErrorCode::ProgramInvalid, format!("arguments of a Parquet decoder are not valid: {message}"))
}

impl ParquetDecoder {
    fn step(&mut self, work: &mut Work, input: &[u8]) -> Result<Decoded> {
        let mut consumed = 0;
        if work.fetch.outstanding > 0 {
            work.fetch.take_input(input)?;
            consumed = input.len();
        }
        loop {
            let wanted_ranges = work.fetch.next_wanted();
            if !wanted_ranges.is_empty() {
                return Ok(Decoded { consumed, wanted_ranges, ..Decoded::default() });
            }
            let fetch = std::mem::take(&mut work.fetch);
            match &mut work.stage {
                Stage::Done => return Ok(Decoded { consumed, done: true, ..Decoded::default() }),
                Stage::Footer => self.take_footer(work, &fetch)?,
                Stage::Rows(stage) => {
                    push_chunks(stage, work.row_group, fetch, &self.context)?;
                    match guarded(ErrorCode::FileCorrupt, "decoding a row group", || stage.decoder.try_decode())? {
                        DecodeResult::NeedsData(ranges) => work.fetch = Fetch::checked(ranges, work.file_length)?,
                        DecodeResult::Data(rows) => {
                            let batch = self.convert_or_split(&work.stage, &rows)?;
                            return Ok(Decoded { consumed, batch: Some(batch), ..Decoded::default() });
                        }
                        DecodeResult::Finished => work.stage = Stage::Done,
                    }
                }
            }
        }
    }

    fn take_footer(&mut self, work: &mut Work, fetch: &Fetch) -> Result<()> {
        let (Some(range), Some(tail)) = (fetch.ranges.first(), fetch.arrived.first()) else {
            return Err(corrupt("the footer was not read"));
        };
        match locate(work.file_length, range.start, tail, &self.context)? {
            Located::Wanted(start, length) => {
                work.fetch = Fetch::of_one(start, length);
                Ok(())
            }
            Located::Footer(footer) => self.open_file(work, footer),
        }
    }

    fn open_file(&mut self, work: &mut Work, footer: &[u8]) -> Result<()> {
        let file = Arc::new(OpenFile::parse(footer, work.file_length)?);
        self.last_file = work.file_id.clone().map(|id| (id, Arc::clone(&file)));
        self.open_row_group(work, file)
    }

    fn open_row_group(&self, work: &mut Work, file: Arc<OpenFile>) -> Result<()> {
        let Some(group) = file.metadata().row_groups().get(work.row_group) else {
            return Err(invalid(&format!("the file has no row group '{}'", work.row_group)));
        };
        let (columns, sources) = self.sources(&file, &work.partitions)?;
        let rows = group.num_rows() as usize;
        if rows == 0 {
            work.stage = Stage::Done;
            return Ok(());
        }
        let bytes: usize = file.leaves_of(&columns).map(|leaf| group.column(leaf).uncompressed_size() as usize).sum();
        let batch_rows = (BATCH_BYTES / (bytes / rows).max(1)).clamp(1, BATCH_ROWS);
        let decoder = guarded(ErrorCode::FileCorrupt, "planning a row group", || {
            ParquetPushDecoderBuilder::new_with_metadata(file.reader.clone())
                .with_row_groups(vec![work.row_group])
                .with_projection(ProjectionMask::roots(file.reader.parquet_schema(), columns.iter().copied()))
                .with_batch_size(batch_rows)
                .build()
        })?;
        work.stage = Stage::Rows(Box::new(RowStage { file, sources, decoder }));
        Ok(())
    }

    /// The top-level columns of the file that are needed, ascending, and where each column of the schema comes from.
    fn sources(&self, file: &OpenFile, partitions: &Map<String, Value>) -> Result<(Vec<usize>, Vec<ColumnSource>)> {
        let is_partition = |name: &String| self.partition_columns.contains(name) || partitions.contains_key(name);
        let mut columns = Vec::new();
        for column in self.schema.columns.iter().filter(|column| !is_partition(&column.name)) {
            columns.push(file.column_index(&column.name)?);
        }
        columns.sort_unstable();
        columns.dedup();
        let sources = self.schema.columns.iter().map(|column| {
            if is_partition(&column.name) {
                let text = partitions.get(&column.name).and_then(Value::as_str);
                return Ok(ColumnSource::Partition(text.map(str::to_owned)));
            }
            let index = file.column_index(&column.name)?;
            let position = columns.partition_point(|candidate| *candidate < index);
            let arrow = file.arrow_type(index);
            if column.data_type == DataType::BigInt && matches!(arrow, ArrowType::Timestamp(TimeUnit::Microsecond, _)) {
                return Ok(ColumnSource::RawMicros { position });
            }
            let data_type = data_type_of(arrow).ok_or_else(|| unsupported(&column.name, arrow))?;
            Ok(ColumnSource::File { position, data_type })
        });
        let sources = sources.collect::<Result<_>>()?;
        Ok((columns, sources))
    }

    /// On failure the rows before the failing one are kept for [`Decoder::rows_before_error`].
    fn convert_or_split(&mut self, stage: &Stage, rows: &RecordBatch) -> Result<Batch> {
        let Stage::Rows(stage) = stage else { return Err(invalid("no row group is open")) };
        match self.convert(&stage.sources, rows) {
            Err(error) => {
                let before = error.row.unwrap_or(0) as usize;
                if before > 0 {
                    self.rows_before_error = Some(self.convert(&stage.sources, &rows.slice(0, before))?);
                }
                Err(error)
            }
            batch => batch,
        }
    }

    /// The lowest failing row of all columns wins.
    fn convert(&mut self, sources: &[ColumnSource], rows: &RecordBatch) -> Result<Batch> {
        let schema = Arc::clone(&self.schema);
        let mut columns = Vec::with_capacity(sources.len());
        let mut failed: Option<KernelError> = None;
        for (source, column) in sources.iter().zip(&schema.columns) {
            match convert_column(source, &column.data_type, rows, &mut self.zone) {
                Ok(array) => columns.push(array),
                Err(error) => {
                    let is_lower = failed.as_ref().is_none_or(|failed| error.row < failed.row);
                    if is_lower {
                        failed = Some(error.at_field(&column.name));
                    }
                }
            }
        }
        match failed {
            Some(error) => Err(error),
            None => Batch::try_new(schema, columns, rows.num_rows()),
        }
    }
}

fn convert_column(source: &ColumnSource, to: &DataType, rows: &RecordBatch, zone: &mut LocalZone) -> Result<ArrayRef> {
    match source {
        ColumnSource::File { position, data_type } => {
            let array = convert::to_batch_array(rows.column(*position), data_type, zone)?;
            cast::cast(&array, data_type, to)
        }
        ColumnSource::RawMicros { position } => {
            let micros = rows.column(*position).as_primitive::<TimestampMicrosecondType>();
            Ok(Arc::new(micros.reinterpret_cast::<Int64Type>()))
        }
        ColumnSource::Partition(text) => constant_column(text.as_deref(), rows.num_rows(), to),
    }
}

/// Hands column chunks that have arrived to the library, after a look at their pages.
fn push_chunks(stage: &mut RowStage, row_group: usize, fetch: Fetch, context: &Context) -> Result<()> {
    if fetch.ranges.is_empty() {
        return Ok(());
    }
    let group = stage.file.metadata().row_group(row_group);
    let page_limit_bytes = context.value_limit_bytes.saturating_mul(4);
    for (range, bytes) in fetch.ranges.iter().zip(&fetch.arrived) {
        let chunk = group.columns().iter().find(|chunk| chunk.byte_range() == (range.start, range.end - range.start));
        if let Some(chunk) = chunk {
            check_pages(chunk, bytes, page_limit_bytes)?;
        }
    }
    let buffers = fetch.arrived.into_iter().map(Bytes::from).collect();
    guarded(ErrorCode::FileCorrupt, "reading a row group", || stage.decoder.push_ranges(fetch.ranges, buffers))
}

//! Stripes to batches.

use super::column::ColumnReader;
use super::inspect::{unsupported, unsupported_kind};
use super::nulls::read_nulls;
use super::runs::Bits;
use super::stripe::{StripePlan, StripeStreams};
use super::tail::{Located, decompressed, locate};
use crate::columnar::fetch::Fetch;
use crate::columnar::zone::LocalZone;
use crate::columnar::{cast, constant_column, corrupt};
use crate::orc::metadata::{Footer, PostScript, StreamKind, Stripe, StripeFooter};
use crate::orc::types::data_type_of;
use arrow_array::ArrayRef;
use millrace_batch::codec::{Context, Decoded, Decoder, InputBounds};
use millrace_batch::{Batch, DataType, ErrorCode, KernelError, Result, Schema};
use serde_json::{Map, Value};
use std::sync::Arc;

/// Rows of a batch when rows are of usual size.
const BATCH_ROWS: u64 = 8_192;
/// Bytes of a batch when rows are large.
const BATCH_BYTES: u64 = 4 << 20;

/// Makes the decoder; see the [module](crate::orc) for its options. Columns of `schema` are looked up in each file by name.
pub(in crate::orc) fn make_decoder(
    schema: &Arc<Schema>,
    options: &Value,
    context: &Context,
) -> Result<Box<dyn Decoder>> {
    let names = options["partitionColumns"].as_array().into_iter().flatten();
    Ok(Box::new(OrcDecoder {
        schema: Arc::clone(schema),
        zone: LocalZone::try_new(&context.zone)?,
        context: context.clone(),
        partition_columns: names.filter_map(|name| name.as_str().map(str::to_owned)).collect(),
        last_file: None,
        work: None,
        rows_before_error: None,
    }))
}

/// Decodes one stripe at a time.
///
/// `begin` takes `{"stripe": n, "fileLength": n, "partitions": {name: text}?, "fileId": text?}`. The footer of the file with the last
/// `fileId` is remembered.
struct OrcDecoder {
    schema: Arc<Schema>,
    zone: LocalZone,
    context: Context,
    partition_columns: Vec<String>,
    last_file: Option<(String, Arc<OpenFile>)>,
    work: Option<Work>,
    rows_before_error: Option<Batch>,
}

/// A file whose footer was read and checked.
struct OpenFile {
    postscript: PostScript,
    footer: Footer,
}

/// One piece of work between `begin` and its last batch.
struct Work {
    stripe: usize,
    file_length: u64,
    file_id: Option<String>,
    partitions: Map<String, Value>,
    fetch: Fetch,
    stage: Stage,
}

enum Stage {
    Footer,
    StripeFooter(Arc<OpenFile>),
    Streams(Arc<OpenFile>, Box<StripePlan>, Sources),
    Rows(Box<RowStage>),
    Done,
}

/// The columns of the file that are read, and where each column of the schema comes from.
struct Sources {
    /// Numbers of the top-level columns, ascending.
    roots: Vec<usize>,
    columns: Vec<ColumnSource>,
}

enum ColumnSource {
    /// Position among the columns that are read, and the type there.
    File { position: usize, data_type: DataType },
    /// A constant of the file; null when it has none.
    Partition(Option<String>),
}

struct RowStage {
    sources: Vec<ColumnSource>,
    present: Option<Bits>,
    readers: Vec<ColumnReader>,
    /// Of the columns that are read.
    names: Vec<String>,
    rows_left: u64,
    batch_rows: u64,
}

impl Decoder for OrcDecoder {
    fn begin(&mut self, arguments: &str) -> Result<()> {
        self.work = None;
        self.rows_before_error = None;
        let arguments: Value = serde_json::from_str(arguments).map_err(|error| invalid(&error.to_string()))?;
        let stripe = arguments["stripe"].as_u64().ok_or_else(|| invalid("'stripe' is missing"))? as usize;
        let file_length = arguments["fileLength"].as_u64().ok_or_else(|| invalid("'fileLength' is missing"))?;
        let mut work = Work {
            stripe,
            file_length,
            file_id: arguments["fileId"].as_str().map(str::to_owned),
            partitions: arguments["partitions"].as_object().cloned().unwrap_or_default(),
            fetch: Fetch::default(),
            stage: Stage::Footer,
        };
        let known = self.last_file.as_ref().filter(|(id, _)| work.file_id.as_ref() == Some(id));
        if let Some((_, file)) = known {
            let file = Arc::clone(file);
            open_stripe(&mut work, file)?;
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
        let footer = self.last_file.as_ref().map_or(0, |(_, file)| file.footer.memory_bytes());
        let work = self.work.as_ref().map_or(0, |work| {
            let rows = match &work.stage {
                Stage::Rows(stage) => stage.readers.iter().map(ColumnReader::memory_bytes).sum(),
                _ => 0,
            };
            work.fetch.memory_bytes() + rows
        });
        footer + work
    }
}

fn invalid(message: &str) -> KernelError {
    KernelError::new(ErrorCode::ProgramInvalid, format!("arguments of an ORC decoder are not valid: {message}"))
}

/// Goes on to the footer of the stripe.
fn open_stripe(work: &mut Work, file: Arc<OpenFile>) -> Result<()> {
    let Some(stripe) = file.footer.stripes.get(work.stripe) else {
        return Err(invalid(&format!("the file has no stripe '{}'", work.stripe)));
    };
    if stripe.rows == 0 {
        work.stage = Stage::Done;
        return Ok(());
    }
    work.fetch = Fetch::of_one(stripe.footer_start(), stripe.footer_bytes);
    work.stage = Stage::StripeFooter(file);
    Ok(())
}

impl OrcDecoder {
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
            match std::mem::replace(&mut work.stage, Stage::Done) {
                Stage::Done => return Ok(Decoded { consumed, done: true, ..Decoded::default() }),
                Stage::Footer => self.take_footer(work, &fetch)?,
                Stage::StripeFooter(file) => self.take_stripe_footer(work, file, &fetch)?,
                Stage::Streams(file, plan, sources) => self.open_rows(work, &file, *plan, sources, fetch)?,
                Stage::Rows(mut stage) if stage.rows_left > 0 => {
                    let batch = self.next_batch(&mut stage)?;
                    work.stage = Stage::Rows(stage);
                    return Ok(Decoded { consumed, batch: Some(batch), ..Decoded::default() });
                }
                Stage::Rows(_) => {}
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
                work.stage = Stage::Footer;
                Ok(())
            }
            Located::Found(postscript, bytes) => {
                let footer = Footer::parse(&decompressed(bytes, &postscript, &self.context)?, work.file_length)?;
                let file = Arc::new(OpenFile { postscript, footer });
                self.last_file = work.file_id.clone().map(|id| (id, Arc::clone(&file)));
                open_stripe(work, file)
            }
        }
    }

    fn take_stripe_footer(&self, work: &mut Work, file: Arc<OpenFile>, fetch: &Fetch) -> Result<()> {
        let bytes = fetch.arrived.first().map_or(&[][..], Vec::as_slice);
        let stripe_footer = StripeFooter::parse(&decompressed(bytes, &file.postscript, &self.context)?)?;
        let sources = self.sources(&file.footer, &work.partitions)?;
        let stripe = &file.footer.stripes[work.stripe];
        let plan = StripePlan::try_new(stripe, stripe_footer, &file.footer, &file.postscript, &sources.roots)?;
        work.fetch = Fetch::checked(plan.ranges.clone(), work.file_length)?;
        work.stage = Stage::Streams(file, Box::new(plan), sources);
        Ok(())
    }

    fn open_rows(
        &self,
        work: &mut Work,
        file: &OpenFile,
        plan: StripePlan,
        sources: Sources,
        fetch: Fetch,
    ) -> Result<()> {
        let stripe = &file.footer.stripes[work.stripe];
        let batch_rows = batch_rows(&file.footer, stripe, &sources.roots);
        let limit = self.context.value_limit_bytes.saturating_mul(4).min(i32::MAX as usize);
        let mut streams = StripeStreams::try_new(plan, fetch.arrived, &file.postscript, &self.zone, limit)?;
        let present = streams.take(0, StreamKind::Present).map(Bits::new);
        let readers = sources.roots.iter().map(|root| ColumnReader::try_new(&file.footer.nodes, *root, &mut streams));
        let readers = readers.collect::<Result<Vec<_>>>()?;
        let root = &file.footer.nodes[0];
        let names = root.children.iter().zip(&root.names).filter(|(child, _)| sources.roots.contains(child));
        let stage = RowStage {
            sources: sources.columns,
            present,
            readers,
            names: names.map(|(_, name)| name.clone()).collect(),
            rows_left: stripe.rows,
            batch_rows,
        };
        work.stage = Stage::Rows(Box::new(stage));
        Ok(())
    }

    fn sources(&self, footer: &Footer, partitions: &Map<String, Value>) -> Result<Sources> {
        let is_partition = |name: &String| self.partition_columns.contains(name) || partitions.contains_key(name);
        let mut roots = Vec::new();
        for column in self.schema.columns.iter().filter(|column| !is_partition(&column.name)) {
            roots.push(footer.nodes[0].children[footer.column_index(&column.name)?]);
        }
        roots.sort_unstable();
        roots.dedup();
        let columns = self.schema.columns.iter().map(|column| {
            if is_partition(&column.name) {
                let text = partitions.get(&column.name).and_then(Value::as_str);
                return Ok(ColumnSource::Partition(text.map(str::to_owned)));
            }
            let root = footer.nodes[0].children[footer.column_index(&column.name)?];
            let position = roots.partition_point(|candidate| *candidate < root);
            let data_type = data_type_of(&footer.nodes, root)
                .ok_or_else(|| unsupported(&column.name, unsupported_kind(footer, root)).at_field(&column.name))?;
            Ok(ColumnSource::File { position, data_type })
        });
        let columns = columns.collect::<Result<_>>()?;
        Ok(Sources { roots, columns })
    }

    fn next_batch(&mut self, stage: &mut RowStage) -> Result<Batch> {
        let rows = stage.rows_left.min(stage.batch_rows) as usize;
        stage.rows_left -= rows as u64;
        let nulls = read_nulls(stage.present.as_mut(), rows, None)?;
        let arrays = stage
            .readers
            .iter_mut()
            .zip(&stage.names)
            .map(|(reader, name)| reader.read(rows, nulls.as_ref()).map_err(|error| error.at_field(name)));
        let arrays = arrays.collect::<Result<Vec<_>>>()?;
        match self.convert(&stage.sources, &arrays, rows) {
            Err(error) => {
                let before = error.row.unwrap_or(0) as usize;
                if before > 0 {
                    let arrays: Vec<_> = arrays.iter().map(|array| array.slice(0, before)).collect();
                    self.rows_before_error = Some(self.convert(&stage.sources, &arrays, before)?);
                }
                Err(error)
            }
            batch => batch,
        }
    }

    /// The lowest failing row of all columns wins.
    fn convert(&self, sources: &[ColumnSource], arrays: &[ArrayRef], rows: usize) -> Result<Batch> {
        let mut columns = Vec::with_capacity(sources.len());
        let mut failed: Option<KernelError> = None;
        for (source, column) in sources.iter().zip(&self.schema.columns) {
            let converted = match source {
                ColumnSource::File { position, data_type } => {
                    cast::cast(&arrays[*position], data_type, &column.data_type)
                }
                ColumnSource::Partition(text) => constant_column(text.as_deref(), rows, &column.data_type),
            };
            match converted {
                Ok(array) => columns.push(array),
                Err(error) if failed.as_ref().is_none_or(|failed| error.row < failed.row) => {
                    failed = Some(error.at_field(&column.name));
                }
                Err(_) => {}
            }
        }
        failed.map_or_else(|| Batch::try_new(Arc::clone(&self.schema), columns, rows), Err)
    }
}

/// Rows of a batch, fewer where the file's statistics tell of long texts or lists.
fn batch_rows(footer: &Footer, stripe: &Stripe, roots: &[usize]) -> u64 {
    let below = |root: &usize| *root..footer.nodes[*root].end;
    let volumes = roots.iter().flat_map(below).filter_map(|column| footer.volumes.get(column));
    let bytes = volumes.fold(0u64, |sum, volume| {
        sum.saturating_add(volume.text_bytes).saturating_add(volume.values.saturating_mul(8))
    });
    let by_statistics = bytes / footer.rows.max(1);
    let by_size = stripe.data_bytes / stripe.rows.max(1);
    (BATCH_BYTES / by_statistics.max(by_size).max(1)).clamp(1, BATCH_ROWS)
}

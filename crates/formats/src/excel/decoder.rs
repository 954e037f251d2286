//! A workbook to batches.

use super::compound::MAGIC;
use super::number_format::CellFormat;
use super::row::Row;
use super::sheet::SheetReader;
use super::workbook::Workbook;
use super::xls::XlsSheet;
use crate::cell::Table;
use crate::delimited::options::text;
use bytes::Bytes;
use millrace_batch::codec::{Context, Decoded, Decoder, InputBounds};
use millrace_batch::schema::DataType;
use millrace_batch::{Batch, ErrorCode, KernelError, Result, Schema};
use serde_json::Value;
use std::sync::Arc;

/// A file may have this many bytes.
const FILE_LIMIT_BYTES: usize = 256 << 20;
const PACKAGE_MAGIC: &[u8] = b"PK\x03\x04";

/// See [`super`].
pub(super) struct ExcelDecoder {
    table: Table,
    sheet_name: Option<String>,
    skip_rows: u64,
    /// The file as far as it was given.
    file: Vec<u8>,
    sheet: Option<OpenSheet>,
    row: Row,
}

/// The sheet that is being read.
enum OpenSheet {
    Package(Box<(Workbook, SheetReader)>),
    Xls(Box<XlsSheet>),
}

impl OpenSheet {
    fn next(&mut self, row: &mut Row) -> Result<bool> {
        match self {
            OpenSheet::Package(open) => {
                let (workbook, reader) = open.as_mut();
                reader.next(row, &workbook.strings)
            }
            OpenSheet::Xls(sheet) => sheet.next(row),
        }
    }

    fn formats(&self) -> (&[CellFormat], bool) {
        match self {
            OpenSheet::Package(open) => (&open.0.formats, open.0.is_1904),
            OpenSheet::Xls(sheet) => (&sheet.formats, sheet.is_1904),
        }
    }
}

impl ExcelDecoder {
    pub(super) fn new(schema: &Arc<Schema>, options: &Value, context: &Context) -> Result<Self> {
        Ok(Self {
            table: Table::new(schema, options, context.value_limit_bytes)?,
            sheet_name: text(options, "sheetName")?.map(str::to_owned),
            skip_rows: options.get("skipHeaderRows").and_then(Value::as_u64).unwrap_or(0),
            file: Vec::new(),
            sheet: None,
            row: Row::default(),
        })
    }

    fn open(&mut self) -> Result<OpenSheet> {
        let file = std::mem::take(&mut self.file);
        let (width, name) = (self.table.file_columns.len(), self.sheet_name.as_deref());
        if file.starts_with(&MAGIC) {
            return Ok(OpenSheet::Xls(Box::new(XlsSheet::open(&file, name, width)?)));
        }
        if !file.starts_with(PACKAGE_MAGIC) {
            let message = "the file is no workbook: it begins neither as .xlsx nor as .xls";
            return Err(KernelError::new(ErrorCode::FileTypeInvalid, message));
        }
        let workbook = Workbook::open(Bytes::from(file))?;
        let part = workbook.sheet(name, self.table.value_limit)?;
        let reader = SheetReader::new(part, width, self.table.value_limit);
        Ok(OpenSheet::Package(Box::new((workbook, reader))))
    }

    /// Reads rows until there are enough for a batch; `true` behind the last one.
    fn read(&mut self, sheet: &mut OpenSheet) -> Result<bool> {
        while !self.table.is_full() {
            if !sheet.next(&mut self.row).map_err(|error| error.at_row(self.table.rows))? {
                return Ok(true);
            }
            if u64::from(self.row.index) < self.skip_rows {
                continue;
            }
            let (formats, is_1904) = sheet.formats();
            let columns = &self.table.file_columns;
            self.row.show(formats, |column| !is_numeric(&columns[column].data_type));
            let row = &self.row;
            self.table.push_row(|column| row.value(column, formats, is_1904))?;
        }
        Ok(false)
    }
}

fn is_numeric(data_type: &DataType) -> bool {
    matches!(
        data_type,
        DataType::TinyInt | DataType::SmallInt | DataType::Int | DataType::BigInt | DataType::Float | DataType::Double
    ) || matches!(data_type, DataType::Decimal { .. })
}

impl Decoder for ExcelDecoder {
    fn begin(&mut self, arguments: &str) -> Result<()> {
        self.file = Vec::new();
        self.sheet = None;
        self.table.begin(arguments)
    }

    fn decode(&mut self, input: &[u8], bounds: InputBounds) -> Result<Decoded> {
        self.table.take_batch()?;
        let mut decoded = Decoded { consumed: input.len(), ..Decoded::default() };
        if self.sheet.is_none() {
            if self.file.len() + input.len() > FILE_LIMIT_BYTES {
                let message = format!("a workbook is over the limit of '{FILE_LIMIT_BYTES}' bytes");
                return Err(KernelError::new(ErrorCode::ValueTooLarge, message));
            }
            self.file.extend_from_slice(input);
            if !bounds.end_of_file {
                return Ok(decoded);
            }
        }
        let mut sheet = match self.sheet.take() {
            Some(sheet) => sheet,
            None => self.open()?,
        };
        decoded.done = self.read(&mut sheet)?;
        decoded.batch = self.table.take_batch()?;
        if !decoded.done {
            self.sheet = Some(sheet);
        }
        Ok(decoded)
    }

    fn rows_before_error(&mut self) -> Option<Batch> {
        self.table.take_batch().ok().flatten()
    }
}

//! What is behind the rows of a workbook.

use super::checksum::combine;
use super::encoder::{
    DATE, DEFLATE, DESCRIPTOR_BYTES, LOCAL_SIGNATURE, Run, SHEET_END, STREAM_FLAGS, VERSION, escape, local_header,
    sheet_part,
};
use crate::delimited::options::text;
use flate2::{Compress, Compression, Crc, FlushCompress};
use millrace_batch::{ErrorCode, KernelError, Result};
use serde_json::Value;
use std::fmt::Write;

const CENTRAL_SIGNATURE: u32 = 0x0201_4b50;
const END_SIGNATURE: u32 = 0x0605_4b50;
const DESCRIPTOR_SIGNATURE: u32 = 0x0807_4b50;
const RUN_BYTES: usize = 32;
const UTF8_NAMES: u16 = 0x0800;
const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const CONTENT: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml";
/// Numbers of a workbook's own formats begin here.
const FIRST_OWN_FORMAT: u32 = 164;
/// Names of sheets have at most this many characters.
const NAME_LIMIT: usize = 31;

/// An archive entry as the directory lists it.
struct Entry {
    name: String,
    flags: u16,
    run: Run,
    offset: u64,
}

/// Changes in the middle of a file, and what is appended to it.
struct Output {
    patches: Vec<(u64, Vec<u8>)>,
    end: Vec<u8>,
    /// Where in the file `end` begins.
    end_offset: u64,
    entries: Vec<Entry>,
}

/// What completes a file whose pieces stand at the given offsets; see `hasPatches` of the host.
///
/// # Errors
/// `ENCODE_FAILED` for a file or a sheet over 4 GiB, `FILE_CORRUPT` for metadata that is none.
pub(super) fn file_end(options: &Value, pieces: &[(u64, &[u8])]) -> Result<Vec<u8>> {
    let head = text(options, "sheetHead")?.unwrap_or_default();
    let header_bytes = options.get("headerBytes").and_then(Value::as_u64).unwrap_or(0);
    let first_header = local_header(&sheet_part(1)).len() as u64;
    let mut crc = Crc::new();
    crc.update(head.as_bytes());
    let packed_bytes = header_bytes.saturating_sub(first_header);
    let mut sheet = Entry {
        name: sheet_part(1),
        flags: STREAM_FLAGS,
        run: Run { sheet: 1, crc: crc.sum(), bytes: head.len() as u64, packed_bytes },
        offset: 0,
    };
    let mut output = Output { patches: Vec::new(), end: Vec::new(), end_offset: header_bytes, entries: Vec::new() };
    for (offset, metadata) in pieces {
        let mut at = *offset;
        for (index, run) in runs(metadata)?.into_iter().enumerate() {
            if index > 0 {
                output.patches.push((at, descriptor(&sheet)?));
                let name = sheet_part(run.sheet);
                let offset = at + DESCRIPTOR_BYTES as u64;
                at = offset + local_header(&name).len() as u64;
                let finished = Entry { name, flags: STREAM_FLAGS, run: Run::default(), offset };
                output.entries.push(std::mem::replace(&mut sheet, finished));
            }
            sheet.run = joined(sheet.run, run);
            at += run.packed_bytes;
        }
        output.end_offset = at;
    }
    let last = packed(SHEET_END)?;
    sheet.run = joined(sheet.run, last.0);
    output.end.extend_from_slice(&last.1);
    output.end.extend_from_slice(&descriptor(&sheet)?);
    output.entries.push(sheet);
    let sheets: Vec<String> = output.entries.iter().map(|entry| entry.name.clone()).collect();
    for (name, content) in static_parts(options, &sheets)? {
        output.add(name, content.as_bytes())?;
    }
    output.into_bytes()
}

fn joined(first: Run, second: Run) -> Run {
    Run {
        sheet: first.sheet,
        crc: combine(first.crc, second.crc, second.bytes),
        bytes: first.bytes + second.bytes,
        packed_bytes: first.packed_bytes + second.packed_bytes,
    }
}

fn runs(metadata: &[u8]) -> Result<Vec<Run>> {
    if !metadata.len().is_multiple_of(RUN_BYTES) {
        return Err(KernelError::new(ErrorCode::FileCorrupt, "the metadata of a piece of a workbook is damaged"));
    }
    let number = |bytes: &[u8]| bytes.iter().rev().fold(0u64, |value, byte| value << 8 | u64::from(*byte));
    let runs = metadata.chunks_exact(RUN_BYTES).map(|run| Run {
        sheet: number(&run[..8]),
        crc: number(&run[8..16]) as u32,
        bytes: number(&run[16..24]),
        packed_bytes: number(&run[24..]),
    });
    Ok(runs.collect())
}

/// A size or an offset in an archive without the records for large files.
fn small(value: u64) -> Result<u32> {
    u32::try_from(value).map_err(|_| {
        let message = "a workbook or one of its sheets is over 4 GiB; write fewer rows to a file";
        KernelError::new(ErrorCode::EncodeFailed, message)
    })
}

fn descriptor(entry: &Entry) -> Result<Vec<u8>> {
    let fields = [DESCRIPTOR_SIGNATURE, entry.run.crc, small(entry.run.packed_bytes)?, small(entry.run.bytes)?];
    Ok(fields.iter().flat_map(|field| field.to_le_bytes()).collect())
}

fn packed(bytes: &[u8]) -> Result<(Run, Vec<u8>)> {
    let mut out = Vec::with_capacity(bytes.len() + 64);
    let mut compress = Compress::new(Compression::new(6), false);
    let status = compress.compress_vec(bytes, &mut out, FlushCompress::Finish);
    if !matches!(status, Ok(flate2::Status::StreamEnd)) {
        return Err(KernelError::new(ErrorCode::EncodeFailed, "compressing a part of a workbook failed"));
    }
    let mut crc = Crc::new();
    crc.update(bytes);
    Ok((Run { sheet: 0, crc: crc.sum(), bytes: bytes.len() as u64, packed_bytes: out.len() as u64 }, out))
}

impl Output {
    /// Adds a part.
    fn add(&mut self, name: String, content: &[u8]) -> Result<()> {
        let (run, packed) = packed(content)?;
        let offset = self.end_offset + self.end.len() as u64;
        let entry = Entry { name, flags: UTF8_NAMES, run, offset };
        self.end.extend_from_slice(&LOCAL_SIGNATURE.to_le_bytes());
        self.end.extend_from_slice(&entry.common()?);
        self.end.extend_from_slice(&[0; 2]);
        self.end.extend_from_slice(entry.name.as_bytes());
        self.end.extend_from_slice(&packed);
        self.entries.push(entry);
        Ok(())
    }

    /// Ends the archive with its directory.
    fn into_bytes(mut self) -> Result<Vec<u8>> {
        let directory = self.end_offset + self.end.len() as u64;
        for entry in &self.entries {
            self.end.extend_from_slice(&CENTRAL_SIGNATURE.to_le_bytes());
            self.end.extend_from_slice(&VERSION.to_le_bytes());
            self.end.extend_from_slice(&entry.common()?);
            self.end.extend_from_slice(&[0; 12]);
            self.end.extend_from_slice(&small(entry.offset)?.to_le_bytes());
            self.end.extend_from_slice(entry.name.as_bytes());
        }
        let length = self.end_offset + self.end.len() as u64 - directory;
        let count = u16::try_from(self.entries.len())
            .map_err(|_| KernelError::new(ErrorCode::EncodeFailed, "a workbook has too many sheets"))?;
        self.end.extend_from_slice(&END_SIGNATURE.to_le_bytes());
        self.end.extend_from_slice(&[0; 4]);
        self.end.extend_from_slice(&[count.to_le_bytes(), count.to_le_bytes()].concat());
        self.end.extend_from_slice(&small(length)?.to_le_bytes());
        self.end.extend_from_slice(&small(directory)?.to_le_bytes());
        self.end.extend_from_slice(&[0; 2]);
        let mut bytes = (self.patches.len() as u32).to_le_bytes().to_vec();
        for (offset, patch) in &self.patches {
            bytes.extend_from_slice(&offset.to_le_bytes());
            bytes.extend_from_slice(&(patch.len() as u32).to_le_bytes());
            bytes.extend_from_slice(patch);
        }
        bytes.extend_from_slice(&self.end);
        Ok(bytes)
    }
}

impl Entry {
    /// What the header and the directory say alike, from the version to the length of the name.
    fn common(&self) -> Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(26);
        for field in [VERSION, self.flags, DEFLATE, 0, DATE] {
            bytes.extend_from_slice(&field.to_le_bytes());
        }
        for field in [self.run.crc, small(self.run.packed_bytes)?, small(self.run.bytes)?] {
            bytes.extend_from_slice(&field.to_le_bytes());
        }
        bytes.extend_from_slice(&(self.name.len() as u16).to_le_bytes());
        Ok(bytes)
    }
}

/// The parts of a workbook beside its sheets.
fn static_parts(options: &Value, sheets: &[String]) -> Result<Vec<(String, String)>> {
    let mut types = format!(
        "{DECLARATION}<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\
        <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
        <Default Extension=\"xml\" ContentType=\"application/xml\"/>\
        <Override PartName=\"/xl/workbook.xml\" ContentType=\"{CONTENT}.sheet.main+xml\"/>\
        <Override PartName=\"/xl/styles.xml\" ContentType=\"{CONTENT}.styles+xml\"/>"
    );
    let relation = |id: usize, kind: &str, target: &str| {
        format!("<Relationship Id=\"rId{id}\" Type=\"{RELATIONS}/{kind}\" Target=\"{target}\"/>")
    };
    let relations_begin =
        format!("{DECLARATION}<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">");
    let mut relations = relations_begin.clone();
    let mut workbook = format!("{DECLARATION}<workbook xmlns=\"{MAIN}\" xmlns:r=\"{RELATIONS}\"><sheets>");
    let name = text(options, "sheetName")?.unwrap_or("Sheet1");
    for (index, part) in sheets.iter().enumerate() {
        let number = index + 1;
        // Writing to a text does not fail.
        let _ = write!(types, "<Override PartName=\"/{part}\" ContentType=\"{CONTENT}.worksheet+xml\"/>");
        relations.push_str(&relation(number, "worksheet", &format!("/{part}")));
        let _ = write!(
            workbook,
            "<sheet name=\"{}\" sheetId=\"{number}\" r:id=\"rId{number}\"/>",
            attribute(&sheet_name(name, number))
        );
    }
    relations.push_str(&relation(sheets.len() + 1, "styles", "styles.xml"));
    Ok(vec![
        ("xl/workbook.xml".to_owned(), workbook + "</sheets></workbook>"),
        ("xl/_rels/workbook.xml.rels".to_owned(), relations + "</Relationships>"),
        ("xl/styles.xml".to_owned(), styles(options)?),
        (
            "_rels/.rels".to_owned(),
            relations_begin + &relation(1, "officeDocument", "xl/workbook.xml") + "</Relationships>",
        ),
        ("[Content_Types].xml".to_owned(), types + "</Types>"),
    ])
}

/// The name of a sheet: what a workbook does not allow in it becomes a blank; later ones get their number.
fn sheet_name(name: &str, number: usize) -> String {
    let allowed =
        name.chars().map(|c| if matches!(c, ':' | '\\' | '/' | '?' | '*' | '[' | ']') || c < ' ' { ' ' } else { c });
    let suffix = if number == 1 { String::new() } else { format!("_{number}") };
    let mut shortened: String = allowed.take(NAME_LIMIT - suffix.len()).collect();
    if shortened.is_empty() {
        shortened.push_str("Sheet1");
    }
    shortened + &suffix
}

fn attribute(text: &str) -> String {
    let mut escaped = Vec::new();
    escape(text, &mut escaped);
    String::from_utf8_lossy(&escaped).replace('"', "&quot;")
}

/// Styles 1 to 4 are those of texts, dates, timestamps and times.
fn styles(options: &Value) -> Result<String> {
    let mut formats = String::new();
    let mut cells = "<xf numFmtId=\"0\"/><xf numFmtId=\"49\" applyNumberFormat=\"1\"/>".to_owned();
    let patterns =
        [("dateFormat", "yyyy-MM-dd"), ("datetimeFormat", "yyyy-MM-dd HH:mm:ss"), ("timeFormat", "HH:mm:ss")];
    for (index, (name, default)) in patterns.into_iter().enumerate() {
        let id = FIRST_OWN_FORMAT + index as u32;
        let code = format_code(text(options, name)?.unwrap_or(default));
        let _ = write!(formats, "<numFmt numFmtId=\"{id}\" formatCode=\"{}\"/>", attribute(&code));
        let _ = write!(cells, "<xf numFmtId=\"{id}\" applyNumberFormat=\"1\"/>");
    }
    Ok(format!(
        "{DECLARATION}<styleSheet xmlns=\"{MAIN}\"><numFmts count=\"3\">{formats}</numFmts>\
        <fonts count=\"1\"><font><sz val=\"11\"/><name val=\"Calibri\"/></font></fonts>\
        <fills count=\"2\"><fill><patternFill patternType=\"none\"/></fill><fill><patternFill patternType=\"gray125\"/></fill></fills>\
        <borders count=\"1\"><border><left/><right/><top/><bottom/><diagonal/></border></borders>\
        <cellStyleXfs count=\"1\"><xf numFmtId=\"0\"/></cellStyleXfs><cellXfs count=\"5\">{cells}</cellXfs>\
        <cellStyles count=\"1\"><cellStyle name=\"Normal\" xfId=\"0\" builtinId=\"0\"/></cellStyles></styleSheet>"
    ))
}

/// A pattern of Java's letters as a number format.
fn format_code(pattern: &str) -> String {
    let mut code = String::new();
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        match character {
            '\'' => {
                let quoted: String = characters.by_ref().take_while(|c| *c != '\'').collect();
                let _ = write!(code, "\"{}\"", if quoted.is_empty() { "'" } else { &quoted });
            }
            'S' => code.push('0'),
            'H' => code.push('h'),
            'M' => code.push('m'),
            'a' => code.push_str("AM/PM"),
            other => code.push(other),
        }
    }
    code
}

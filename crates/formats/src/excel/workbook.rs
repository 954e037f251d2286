//! What a workbook says of its sheets and styles.

use super::number_format::{CellFormat, Formats};
use super::package::Package;
use super::strings::Strings;
use super::xml_part::{XmlPart, attribute};
use super::{corrupt, no_sheet, too_large};
use bytes::Bytes;
use millrace_batch::Result;
use quick_xml::events::Event;
use std::collections::HashMap;

/// Texts and styles may unpack to this much.
const HELD_LIMIT_BYTES: u64 = 256 << 20;
/// Sheets, formats and styles of a workbook.
const COUNT_LIMIT: usize = 100_000;

/// A workbook whose sheets can be read.
pub(super) struct Workbook {
    package: Package,
    /// Name and part of every sheet, in order.
    sheets: Vec<(String, String)>,
    pub(super) is_1904: bool,
    pub(super) strings: Strings,
    /// By number of a cell's style.
    pub(super) formats: Vec<CellFormat>,
}

impl Workbook {
    /// Reads everything but the sheets.
    ///
    /// # Errors
    /// `FILE_CORRUPT`, `UNIMPLEMENTED`, `VALUE_TOO_LARGE`.
    pub(super) fn open(bytes: Bytes) -> Result<Self> {
        let package = Package::open(bytes)?;
        let main = relations(&package, "_rels/.rels", "")?;
        let main = main.values().find(|relation| relation.kind == "officeDocument");
        let main = main.map_or_else(|| "xl/workbook.xml".to_owned(), |relation| relation.target.clone());
        let Some(part) = held(&package, &main)? else {
            return Err(corrupt("it has no workbook: this is another kind of document"));
        };
        let folder = main.rsplit_once('/').map_or("", |(folder, _)| folder);
        let name = main.rsplit_once('/').map_or(main.as_str(), |(_, name)| name);
        let relations = relations(&package, &join(folder, &format!("_rels/{name}.rels")), folder)?;
        let (sheets, is_1904) = read_sheets(part, &relations)?;
        let of_kind = |kind: &str| relations.values().find(|relation| relation.kind == kind);
        let strings = match of_kind("sharedStrings") {
            Some(relation) => match held(&package, &relation.target)? {
                Some(part) => Strings::read(part, HELD_LIMIT_BYTES as usize)?,
                None => Strings::default(),
            },
            None => Strings::default(),
        };
        let formats = match of_kind("styles") {
            Some(relation) => held(&package, &relation.target)?.map(read_styles).transpose()?.unwrap_or_default(),
            None => Vec::new(),
        };
        Ok(Self { package, sheets, is_1904, strings, formats })
    }

    /// The part of a sheet; of the first one without a name.
    ///
    /// # Errors
    /// `OPTION_INVALID` when there is no such sheet.
    pub(super) fn sheet(&self, name: Option<&str>, event_limit: usize) -> Result<XmlPart> {
        let names = || self.sheets.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        let found = match name {
            Some(name) => self.sheets.iter().find(|(candidate, _)| candidate.eq_ignore_ascii_case(name)),
            None => self.sheets.iter().find(|(_, part)| self.package.has(part)),
        };
        let (_, part) = found.ok_or_else(|| no_sheet(name, &names()))?;
        let reader = self.package.part(part, u64::MAX)?;
        Ok(XmlPart::new(reader.ok_or_else(|| corrupt(format!("part '{part}' is missing")))?, event_limit))
    }
}

struct Relation {
    kind: String,
    target: String,
}

fn held(package: &Package, name: &str) -> Result<Option<XmlPart>> {
    let part = package.part(name, HELD_LIMIT_BYTES)?;
    Ok(part.map(|part| XmlPart::new(part, HELD_LIMIT_BYTES as usize)))
}

/// The relations of a part by their numbers; targets are names of parts.
fn relations(package: &Package, name: &str, folder: &str) -> Result<HashMap<String, Relation>> {
    let mut relations = HashMap::new();
    let Some(mut part) = held(package, name)? else { return Ok(relations) };
    loop {
        match part.next()? {
            Event::Start(element) if element.local_name().as_ref() == b"Relationship" => {
                let id = attribute(&element, b"Id")?.unwrap_or_default();
                let kind = attribute(&element, b"Type")?.unwrap_or_default();
                let target = attribute(&element, b"Target")?.unwrap_or_default();
                let kind = kind.rsplit('/').next().unwrap_or_default().to_owned();
                relations.insert(id, Relation { kind, target: join(folder, &target) });
                if relations.len() > COUNT_LIMIT {
                    return Err(too_large("it has too many parts"));
                }
            }
            Event::Eof => return Ok(relations),
            _ => {}
        }
    }
}

/// The name of a part that is given relative to a folder.
fn join(folder: &str, target: &str) -> String {
    if let Some(absolute) = target.strip_prefix('/') {
        return absolute.to_owned();
    }
    let mut segments: Vec<&str> = folder.split('/').filter(|segment| !segment.is_empty()).collect();
    for segment in target.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            other => segments.push(other),
        }
    }
    segments.join("/")
}

fn read_sheets(mut part: XmlPart, relations: &HashMap<String, Relation>) -> Result<(Vec<(String, String)>, bool)> {
    let (mut sheets, mut is_1904) = (Vec::new(), false);
    loop {
        match part.next()? {
            Event::Start(element) if element.local_name().as_ref() == b"workbookPr" => {
                is_1904 = attribute(&element, b"date1904")?.is_some_and(|value| value == "1" || value == "true");
            }
            Event::Start(element) if element.local_name().as_ref() == b"sheet" => {
                let name = attribute(&element, b"name")?.unwrap_or_default();
                let id = attribute(&element, b"id")?.unwrap_or_default();
                if let Some(relation) = relations.get(&id) {
                    sheets.push((name, relation.target.clone()));
                }
                if sheets.len() > COUNT_LIMIT {
                    return Err(too_large("it has too many sheets"));
                }
            }
            Event::Eof => return Ok((sheets, is_1904)),
            _ => {}
        }
    }
}

/// The number formats of cells' styles.
fn read_styles(mut part: XmlPart) -> Result<Vec<CellFormat>> {
    let (mut formats, mut styles, mut is_cells) = (Formats::default(), Vec::new(), false);
    loop {
        match part.next()? {
            Event::Start(element) => match element.local_name().as_ref() {
                b"numFmt" => {
                    let id = attribute(&element, b"numFmtId")?.and_then(|id| id.parse().ok());
                    if let (Some(id), Some(code)) = (id, attribute(&element, b"formatCode")?) {
                        formats.add(id, &code);
                    }
                }
                b"cellXfs" => is_cells = true,
                b"xf" if is_cells => {
                    let id = attribute(&element, b"numFmtId")?.and_then(|id| id.parse().ok()).unwrap_or(0);
                    styles.push(formats.get(id));
                }
                _ => {}
            },
            Event::End(element) if element.local_name().as_ref() == b"cellXfs" => is_cells = false,
            Event::Eof => return Ok(styles),
            _ => {}
        }
        if styles.len() > COUNT_LIMIT || formats.len() > COUNT_LIMIT {
            return Err(too_large("it has too many styles"));
        }
    }
}

//! Names of functions, from the symbol tables of the files.

use super::modules::Module;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Longest name that is given.
const MAX_NAME: usize = 200;
/// Symbol tables larger than this are not read.
const MAX_TABLE_BYTES: u64 = 64 * 1024 * 1024;
const SYMBOL_BYTES: usize = 24;
const TABLE: u32 = 2;
const DYNAMIC_TABLE: u32 = 11;
const FUNCTION: u8 = 2;
const INDIRECT_FUNCTION: u8 = 10;

/// See [`crate::names`].
pub(crate) fn names(addresses: &[u64], modules: &[Module]) -> Vec<String> {
    let mut found = vec![String::new(); addresses.len()];
    for module in modules {
        let inside: Vec<usize> = (0..addresses.len()).filter(|index| module.contains(addresses[*index])).collect();
        if inside.is_empty() {
            continue;
        }
        let wanted: Vec<u64> = inside.iter().map(|index| addresses[*index] - module.base).collect();
        let functions = functions(&module.path, &wanted).unwrap_or_default();
        let library = if module.is_own { String::new() } else { library_name(&module.path) };
        for (place, index) in inside.into_iter().enumerate() {
            let function = functions.get(place).and_then(Option::as_deref).map_or_else(|| "?".to_owned(), readable);
            found[index] = format!("{library}\t{function}");
        }
    }
    found
}

/// The file's name without what follows its first dot.
fn library_name(path: &Path) -> String {
    let path = std::fs::read_link(path).unwrap_or_else(|_| path.to_path_buf());
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    name.split('.').next().unwrap_or_default().to_owned()
}

/// A name as people write it.
fn readable(symbol: &str) -> String {
    let name = match rustc_demangle::try_demangle(symbol) {
        Ok(name) => format!("{name:#}"),
        Err(_) => nested_name(symbol).unwrap_or_else(|| symbol.to_owned()),
    };
    name.chars().take(MAX_NAME).collect()
}

/// The parts of a nested C++ name; arguments of templates are left out. `None` for other names.
fn nested_name(symbol: &str) -> Option<String> {
    let mut rest = symbol.strip_prefix("_ZN").or_else(|| symbol.strip_prefix("_Z"))?;
    rest = rest.trim_start_matches(['K', 'V', 'R', 'O']);
    let mut parts = Vec::new();
    while let Some(digits) = rest.find(|letter: char| !letter.is_ascii_digit()).filter(|length| *length > 0) {
        let length: usize = rest[..digits].parse().ok()?;
        parts.push(rest.get(digits..digits.checked_add(length)?)?.to_owned());
        rest = rest.get(digits + length..)?;
    }
    (!parts.is_empty()).then(|| parts.join("::").replace("_GLOBAL__N_1", "(anonymous)"))
}

/// Where a section is in its file.
struct Section {
    kind: u32,
    offset: u64,
    bytes: u64,
    link: u32,
}

/// The function that each address of a file is in; `None` when the file has no table.
fn functions(path: &Path, addresses: &[u64]) -> Option<Vec<Option<String>>> {
    let file = File::open(path).ok()?;
    let sections = sections(&file)?;
    let table = sections
        .iter()
        .find(|section| section.kind == TABLE)
        .or_else(|| sections.iter().find(|section| section.kind == DYNAMIC_TABLE))
        .filter(|section| section.bytes <= MAX_TABLE_BYTES)?;
    let texts = sections.get(table.link as usize)?;
    let symbols = read(&file, table.offset, usize::try_from(table.bytes).ok()?)?;
    let mut order: Vec<usize> = (0..addresses.len()).collect();
    order.sort_by_key(|index| addresses[*index]);
    let mut nearest: Vec<Option<(u64, u32)>> = vec![None; addresses.len()];
    for symbol in symbols.chunks_exact(SYMBOL_BYTES) {
        let (start, bytes) = (word(symbol, 8)?, word(symbol, 16)?);
        if !matches!(symbol[4] & 0xf, FUNCTION | INDIRECT_FUNCTION) || start == 0 {
            continue;
        }
        let first = order.partition_point(|index| addresses[*index] < start);
        for index in &order[first..] {
            if addresses[*index] >= start + bytes.max(1) {
                break;
            }
            nearest[*index] = Some((start, half(symbol, 0)?));
        }
    }
    Some(nearest.into_iter().map(|found| text(&file, texts, found?.1)).collect())
}

fn text(file: &File, texts: &Section, at: u32) -> Option<String> {
    let left = usize::try_from(texts.bytes.checked_sub(u64::from(at))?).ok()?;
    let bytes = read(file, texts.offset + u64::from(at), left.min(4096))?;
    let end = bytes.iter().position(|byte| *byte == 0)?;
    String::from_utf8(bytes[..end].to_vec()).ok()
}

/// The sections of a 64-bit file of this machine's byte order; `None` for other files.
fn sections(file: &File) -> Option<Vec<Section>> {
    const HEADER_BYTES: usize = 64;
    let header = read(file, 0, HEADER_BYTES)?;
    if !header.starts_with(b"\x7fELF\x02") || usize::from(short(&header, 58)?) != HEADER_BYTES {
        return None;
    }
    let count = usize::from(short(&header, 60)?);
    let table = read(file, word(&header, 40)?, count * HEADER_BYTES)?;
    table
        .chunks_exact(HEADER_BYTES)
        .map(|each| {
            Some(Section {
                kind: half(each, 4)?,
                offset: word(each, 24)?,
                bytes: word(each, 32)?,
                link: half(each, 40)?,
            })
        })
        .collect()
}

fn read(file: &File, offset: u64, bytes: usize) -> Option<Vec<u8>> {
    let mut buffer = vec![0; bytes];
    file.read_exact_at(&mut buffer, offset).ok()?;
    Some(buffer)
}

fn word(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_ne_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

fn half(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::{nested_name, readable};

    #[test]
    fn names_are_written_as_people_write_them() {
        for (symbol, expected) in [
            ("_ZN16millrace_sampler4take17h0123456789abcdefE", "millrace_sampler::take"),
            ("_RNvCs1234_7mycrate3foo", "mycrate::foo"),
            ("_ZNK2v88internal4Heap7CollectEi", "v8::internal::Heap::Collect"),
            ("_ZN12_GLOBAL__N_13runEv", "(anonymous)::run"),
            ("uv_run", "uv_run"),
            ("_Z", "_Z"),
            ("", ""),
        ] {
            assert_eq!(readable(symbol), expected, "{symbol}");
        }
    }

    #[test]
    fn a_name_that_is_cut_off_is_none() {
        assert_eq!(nested_name("_ZN9abc"), None);
        assert_eq!(nested_name("_ZN99999999999999999999abc"), None);
        assert_eq!(readable(&"a".repeat(1000)).len(), 200);
    }
}

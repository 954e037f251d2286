//! A bounded walk over Thrift compact-protocol bytes, done before they are given to the Parquet library.
//!
//! The library reserves memory by the counts that a file declares and follows its nesting recursively. This walk looks at
//! every byte first, so that a hostile file is refused before anything is reserved for it.

/// Nesting of Thrift structures; `FileMetaData` needs 6.
const MAX_STRUCT_DEPTH: usize = 16;
/// Nesting of the file's schema, groups within groups.
const MAX_SCHEMA_DEPTH: usize = 48;
/// Elements of the file's schema, groups and leaves.
const MAX_SCHEMA_ELEMENTS: usize = 100_000;

const TRUE: u8 = 1;
const FALSE: u8 = 2;
const BYTE: u8 = 3;
const I16: u8 = 4;
const I32: u8 = 5;
const I64: u8 = 6;
const DOUBLE: u8 = 7;
const BINARY: u8 = 8;
const LIST: u8 = 9;
const SET: u8 = 10;
const MAP: u8 = 11;
const STRUCT: u8 = 12;
const UUID: u8 = 13;

struct Cursor<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl Cursor<'_> {
    fn remaining(&self) -> usize {
        self.bytes.len() - self.position
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.position)?;
        self.position += 1;
        Some(byte)
    }

    fn advance(&mut self, count: usize) -> Option<()> {
        (count <= self.remaining()).then(|| self.position += count)
    }

    fn varint(&mut self) -> Option<u64> {
        let (mut value, mut shift) = (0u64, 0);
        while shift < 64 {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
            shift += 7;
        }
        None
    }

    fn zigzag(&mut self) -> Option<i64> {
        let value = self.varint()?;
        Some((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    /// Element type and count of a list; every element takes at least one byte.
    fn list_header(&mut self) -> Option<(u8, usize)> {
        let head = self.byte()?;
        let count = if head >> 4 == 15 { usize::try_from(self.varint()?).ok()? } else { usize::from(head >> 4) };
        (count <= self.remaining()).then_some((head & 0x0f, count))
    }

    /// Calls `visit(field id, type, cursor)` for each field; it must consume the value.
    /// Returns the bits of the field ids below 64 that were seen.
    fn fields(&mut self, mut visit: impl FnMut(i64, u8, &mut Self) -> Option<()>) -> Option<u64> {
        let (mut id, mut seen) = (0i64, 0u64);
        loop {
            let head = self.byte()?;
            if head == 0 {
                return Some(seen);
            }
            id = if head >> 4 == 0 { self.zigzag()? } else { id.checked_add(i64::from(head >> 4))? };
            if (0..64).contains(&id) {
                seen |= 1 << id;
            }
            visit(id, head & 0x0f, self)?;
        }
    }

    fn skip(&mut self, kind: u8, depth: usize) -> Option<()> {
        if depth > MAX_STRUCT_DEPTH {
            return None;
        }
        match kind {
            TRUE | FALSE => Some(()),
            BYTE => self.advance(1),
            I16 | I32 | I64 => self.varint().map(|_| ()),
            DOUBLE => self.advance(8),
            UUID => self.advance(16),
            BINARY => {
                let length = usize::try_from(self.varint()?).ok()?;
                self.advance(length)
            }
            LIST | SET => {
                let (element, count) = self.list_header()?;
                (0..count).try_for_each(|_| self.skip_element(element, depth))
            }
            MAP => {
                let count = usize::try_from(self.varint()?).ok()?;
                if count == 0 {
                    return Some(());
                }
                let kinds = self.byte()?;
                if count > self.remaining() {
                    return None;
                }
                (0..count).try_for_each(|_| {
                    self.skip_element(kinds >> 4, depth)?;
                    self.skip_element(kinds & 0x0f, depth)
                })
            }
            STRUCT => self.fields(|_, kind, cursor| cursor.skip(kind, depth + 1)).map(|_| ()),
            _ => None,
        }
    }

    /// As [`Cursor::skip`]; inside collections a boolean takes a byte, and an empty structure is refused because it would
    /// let one byte stand for a large object.
    fn skip_element(&mut self, kind: u8, depth: usize) -> Option<()> {
        match kind {
            TRUE | FALSE => self.advance(1),
            STRUCT => {
                let seen = self.fields(|_, kind, cursor| cursor.skip(kind, depth + 1))?;
                (seen != 0).then_some(())
            }
            kind => self.skip(kind, depth),
        }
    }
}

/// Whether `bytes` are a well-formed `FileMetaData` whose schema is not nested too deeply and whose counts are backed by
/// bytes.
pub(super) fn is_sound_footer(bytes: &[u8]) -> bool {
    let mut cursor = Cursor { bytes, position: 0 };
    let seen = cursor.fields(|id, kind, cursor| match (id, kind) {
        (2, LIST) => walk_schema(cursor),
        (4, LIST) => walk_row_groups(cursor),
        _ => cursor.skip(kind, 0),
    });
    // Version, schema, row count and row groups are required.
    seen.is_some_and(|seen| seen & 0b1_1110 == 0b1_1110)
}

fn walk_schema(cursor: &mut Cursor<'_>) -> Option<()> {
    let (kind, count) = cursor.list_header()?;
    if kind != STRUCT || count == 0 || count > MAX_SCHEMA_ELEMENTS {
        return None;
    }
    let mut open_groups: Vec<i64> = Vec::new();
    for index in 0..count {
        let mut children = 0;
        cursor.fields(|id, kind, cursor| {
            if id == 5 && kind == I32 {
                children = cursor.zigzag()?;
                return (children >= 0).then_some(());
            }
            cursor.skip(kind, 1)
        })?;
        match open_groups.last_mut() {
            Some(left) => *left -= 1,
            None if index == 0 => {}
            None => return None,
        }
        if children > 0 || index == 0 {
            open_groups.push(children);
        }
        if open_groups.len() > MAX_SCHEMA_DEPTH {
            return None;
        }
        while open_groups.last() == Some(&0) {
            open_groups.pop();
        }
    }
    open_groups.is_empty().then_some(())
}

fn walk_row_groups(cursor: &mut Cursor<'_>) -> Option<()> {
    let (kind, count) = cursor.list_header()?;
    if kind != STRUCT && count > 0 {
        return None;
    }
    for _ in 0..count {
        let seen = cursor.fields(|id, kind, cursor| match (id, kind) {
            (1, LIST) => {
                let (_, count) = cursor.list_header()?;
                (0..count).try_for_each(|_| {
                    let seen = cursor.fields(|_, kind, cursor| cursor.skip(kind, 2))?;
                    // Without its metadata (field 3) a column chunk cannot be read.
                    (seen & 0b1000 != 0).then_some(())
                })
            }
            _ => cursor.skip(kind, 1),
        })?;
        if seen & 0b1110 != 0b1110 {
            return None;
        }
    }
    Some(())
}

/// `PLAIN_DICTIONARY` and `RLE_DICTIONARY`.
const DICTIONARY_ENCODINGS: [u64; 2] = [2, 8];

/// What the header of one page says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct PageHeader {
    /// Bytes of the header itself.
    pub(super) header_bytes: usize,
    /// Bytes of the page behind the header.
    pub(super) compressed_bytes: usize,
    /// Bytes of the page after decompression.
    pub(super) uncompressed_bytes: usize,
    /// Values of a data page, nulls included; 0 for any other page.
    pub(super) data_values: u64,
    /// The values of a data page are places in a dictionary.
    pub(super) needs_dictionary: bool,
    /// Entries of a dictionary page.
    pub(super) dictionary_values: Option<u64>,
}

/// Reads the page header at the beginning of `bytes`; `None` when it is damaged or does not fit its page.
pub(super) fn read_page_header(bytes: &[u8]) -> Option<PageHeader> {
    let mut cursor = Cursor { bytes, position: 0 };
    let mut header = PageHeader::default();
    let seen = cursor.fields(|id, kind, cursor| {
        match (id, kind) {
            (2, I32) => header.uncompressed_bytes = read_size(cursor)? as usize,
            (3, I32) => header.compressed_bytes = read_size(cursor)? as usize,
            (5 | 8, STRUCT) => {
                let encoding_field = if id == 5 { 2 } else { 4 };
                let (values, encoding) = read_page_values(cursor, encoding_field)?;
                header.data_values = values;
                header.needs_dictionary = DICTIONARY_ENCODINGS.contains(&encoding);
            }
            (7, STRUCT) => header.dictionary_values = Some(read_page_values(cursor, 2)?.0),
            _ => cursor.skip(kind, 0)?,
        }
        Some(())
    })?;
    header.header_bytes = cursor.position;
    (seen & 0b1110 == 0b1110 && header.compressed_bytes <= cursor.remaining()).then_some(header)
}

/// Number of values and encoding of a data or dictionary page.
fn read_page_values(cursor: &mut Cursor<'_>, encoding_field: i64) -> Option<(u64, u64)> {
    let (mut values, mut encoding) = (None, None);
    cursor.fields(|id, kind, cursor| {
        match (id, kind) {
            (1, I32) => values = Some(read_size(cursor)?),
            (id, I32) if id == encoding_field => encoding = Some(read_size(cursor)?),
            _ => cursor.skip(kind, 1)?,
        }
        Some(())
    })?;
    values.zip(encoding)
}

fn read_size(cursor: &mut Cursor<'_>) -> Option<u64> {
    u64::try_from(i32::try_from(cursor.zigzag()?).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `FileMetaData { 1: i32 1, 2: schema, 3: i64 0, 4: [] }`
    fn footer(schema: &[u8]) -> Vec<u8> {
        [&[0x15, 0x02, 0x19], schema, &[0x16, 0x00, 0x19, 0x0c, 0x00]].concat()
    }

    #[test]
    fn a_footer_is_sound_only_when_its_counts_are_backed_by_bytes() {
        let root_of = |children: u8| [0x55, children * 2, 0x00];
        let leaf = [0x15, 0x02, 0x00];
        for (case, schema, sound) in [
            ("root without columns", [&[0x1c][..], &root_of(0)].concat(), true),
            ("root with one column", [&[0x2c][..], &root_of(1), &leaf].concat(), true),
            ("a column too few", [&[0x2c][..], &root_of(2), &leaf].concat(), false),
            ("a column too many", [&[0x3c][..], &root_of(1), &leaf, &leaf].concat(), false),
            ("no root", vec![0x0c], false),
            ("two billion elements", vec![0xfc, 0xff, 0xff, 0xff, 0xff, 0x07], false),
        ] {
            assert_eq!(is_sound_footer(&footer(&schema)), sound, "{case}");
        }
        let nested = [&[0xfc, 100][..], &root_of(1).repeat(99), &leaf].concat();
        assert!(!is_sound_footer(&footer(&nested)), "groups a hundred levels deep");
        assert!(!is_sound_footer(&[]), "nothing");
    }

    #[test]
    fn a_page_header_must_fit_its_page() {
        // type 0, uncompressed 8, compressed 4, data_page_header { num_values 3, encoding 8 }
        let header = [0x15, 0x00, 0x15, 0x10, 0x15, 0x08, 0x2c, 0x15, 0x06, 0x15, 0x10, 0x00, 0x00];
        let page = [&header[..], &[1, 2, 3, 4]].concat();
        let expected = PageHeader {
            header_bytes: header.len(),
            compressed_bytes: 4,
            uncompressed_bytes: 8,
            data_values: 3,
            needs_dictionary: true,
            dictionary_values: None,
        };
        assert_eq!(read_page_header(&page), Some(expected));
        for length in 0..page.len() {
            assert_eq!(read_page_header(&page[..length]), None, "{length} bytes");
        }
    }
}

//! Strings measured and ordered in UTF-16 units, as Java does.

use std::cmp::Ordering;

/// Length in UTF-16 units.
pub(crate) fn length(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().map(char::len_utf16).sum() }
}

/// Byte offset of UTF-16 unit `unit`, at most the length. A unit inside a surrogate pair gives the end of the pair.
pub(crate) fn byte_offset(text: &str, unit: usize) -> usize {
    if text.is_ascii() {
        return unit.min(text.len());
    }
    let mut units = 0;
    for (offset, character) in text.char_indices() {
        if units >= unit {
            return offset;
        }
        units += character.len_utf16();
    }
    text.len()
}

/// The units `start..end` of a text. A pair that a bound cuts belongs to the part before it.
pub(crate) fn slice(text: &str, start: usize, end: usize) -> &str {
    let first = byte_offset(text, start);
    let last = byte_offset(text, end);
    &text[first..last.max(first)]
}

/// UTF-16 unit number of a byte offset.
pub(crate) fn unit_offset(text: &str, byte: usize) -> usize {
    length(&text[..byte])
}

/// Order of `String.compareTo`: by UTF-16 unit, which differs from code points above U+FFFF.
pub(crate) fn compare(left: &str, right: &str) -> Ordering {
    let (a, b) = (left.as_bytes(), right.as_bytes());
    let Some(mismatch) = a.iter().zip(b).position(|(x, y)| x != y) else {
        return a.len().cmp(&b.len());
    };
    let (x, y) = (a[mismatch], b[mismatch]);
    // Only U+E000..=U+FFFF (lead byte 0xEE, 0xEF) against a surrogate pair (0xF0..) is ordered otherwise in UTF-16. The
    // mismatch is at the lead bytes then, for the leads themselves differ.
    match (x, y) {
        (0xEE | 0xEF, 0xF0..) => Ordering::Greater,
        (0xF0.., 0xEE | 0xEF) => Ordering::Less,
        _ => x.cmp(&y),
    }
}

/// Texts of UTF-16 units; a lone surrogate becomes `?`, as Java's encoder writes it.
pub(crate) fn push_units(units: impl IntoIterator<Item = u16>, out: &mut String) {
    out.extend(char::decode_utf16(units).map(|unit| unit.unwrap_or('?')));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_and_slices_count_utf16_units() {
        assert_eq!(length("aé😀"), 4);
        assert_eq!(slice("a😀b", 1, 3), "😀");
        assert_eq!(slice("a😀b", 3, 9), "b");
        assert_eq!(slice("abc", 2, 1), "");
        assert_eq!(unit_offset("😀b", 4), 2);
    }

    #[test]
    fn order_is_the_one_of_utf16() {
        let mut texts = vec!["b", "\u{FFFD}", "a", "😀", "", "\u{E000}", "z\u{10000}", "z\u{E001}"];
        let mut expected = texts.clone();
        expected.sort_by_key(|text| text.encode_utf16().collect::<Vec<_>>());
        texts.sort_by(|a, b| compare(a, b));
        assert_eq!(texts, expected);
    }
}

//! Charsets by their Java names.

use super::utf16::push_units;

/// How text becomes bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Charset {
    Utf8,
    /// Big-endian with a byte order mark in front.
    Utf16,
    Utf16Big,
    Utf16Little,
    Latin1,
    Ascii,
}

impl Charset {
    /// The charset of a name in any capitals.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Some(match name.to_ascii_uppercase().as_str() {
            "UTF-8" | "UTF8" => Charset::Utf8,
            "UTF-16" | "UTF16" => Charset::Utf16,
            "UTF-16BE" => Charset::Utf16Big,
            "UTF-16LE" => Charset::Utf16Little,
            "ISO-8859-1" | "ISO8859_1" | "LATIN1" => Charset::Latin1,
            "US-ASCII" | "ASCII" => Charset::Ascii,
            _ => return None,
        })
    }

    /// Appends the bytes of a text; a character that the charset does not have is a question mark.
    pub(crate) fn encode(self, text: &str, out: &mut Vec<u8>) {
        let single =
            |highest: u32| text.chars().map(move |c| if u32::from(c) <= highest { u32::from(c) as u8 } else { b'?' });
        match self {
            Charset::Utf8 => out.extend_from_slice(text.as_bytes()),
            Charset::Utf16 => {
                out.extend_from_slice(&[0xFE, 0xFF]);
                out.extend(text.encode_utf16().flat_map(u16::to_be_bytes));
            }
            Charset::Utf16Big => out.extend(text.encode_utf16().flat_map(u16::to_be_bytes)),
            Charset::Utf16Little => out.extend(text.encode_utf16().flat_map(u16::to_le_bytes)),
            Charset::Latin1 => out.extend(single(0xFF)),
            Charset::Ascii => out.extend(single(0x7F)),
        }
    }

    /// Appends the text of bytes; what is no character of the charset is U+FFFD.
    pub(crate) fn decode(self, bytes: &[u8], out: &mut String) {
        let pairs = |bytes: &'_ [u8], word: fn([u8; 2]) -> u16, out: &mut String| {
            let (pairs, rest) = bytes.as_chunks::<2>();
            let units = pairs.iter().map(|pair| word(*pair)).chain((!rest.is_empty()).then_some(0xFFFD));
            push_units(units, out);
        };
        match self {
            Charset::Utf8 => out.push_str(&String::from_utf8_lossy(bytes)),
            Charset::Utf16 => match bytes {
                [0xFF, 0xFE, rest @ ..] => pairs(rest, u16::from_le_bytes, out),
                [0xFE, 0xFF, rest @ ..] => pairs(rest, u16::from_be_bytes, out),
                _ => pairs(bytes, u16::from_be_bytes, out),
            },
            Charset::Utf16Big => pairs(bytes, u16::from_be_bytes, out),
            Charset::Utf16Little => pairs(bytes, u16::from_le_bytes, out),
            Charset::Latin1 => out.extend(bytes.iter().copied().map(char::from)),
            Charset::Ascii => {
                out.extend(bytes.iter().map(|byte| if byte.is_ascii() { char::from(*byte) } else { '\u{FFFD}' }));
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::Charset;

    #[test]
    fn texts_come_back_from_the_bytes_that_java_gives() {
        for (name, text, bytes, back) in [
            ("utf-8", "é€", &[0xC3, 0xA9, 0xE2, 0x82, 0xAC][..], "é€"),
            ("UTF-16", "aé", &[0xFE, 0xFF, 0, 0x61, 0, 0xE9], "aé"),
            ("UTF-16BE", "😀", &[0xD8, 0x3D, 0xDE, 0x00], "😀"),
            ("UTF-16LE", "a", &[0x61, 0], "a"),
            ("ISO-8859-1", "é€", &[0xE9, b'?'], "é?"),
            ("US-ASCII", "aé", b"a?", "a?"),
            ("UTF-8", "", &[], ""),
        ] {
            let charset = Charset::parse(name).unwrap();
            let (mut encoded, mut decoded) = (Vec::new(), String::new());
            charset.encode(text, &mut encoded);
            charset.decode(bytes, &mut decoded);
            assert_eq!((encoded.as_slice(), decoded.as_str()), (bytes, back), "{name}");
        }
        assert_eq!(Charset::parse("EBCDIC"), None);
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced() {
        for (charset, bytes, expected) in [
            (Charset::Utf8, &[0xFF, b'a'][..], "\u{FFFD}a"),
            (Charset::Ascii, &[0xE9], "\u{FFFD}"),
            (Charset::Utf16, &[0xFF, 0xFE, 0x61, 0], "a"),
            (Charset::Utf16Big, &[0, 0x61, 0], "a\u{FFFD}"),
        ] {
            let mut text = String::new();
            charset.decode(bytes, &mut text);
            assert_eq!(text, expected, "{charset:?}");
        }
    }
}

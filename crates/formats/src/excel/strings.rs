//! Texts that cells share.

use super::xml_part::{XmlPart, append_text, decode_escapes};
use super::{corrupt, too_large};
use millrace_batch::Result;
use quick_xml::events::Event;

/// Texts that cells refer to by number.
#[derive(Default)]
pub(super) struct Strings {
    text: String,
    ends: Vec<usize>,
}

impl Strings {
    /// Appends a text.
    ///
    /// # Errors
    /// `VALUE_TOO_LARGE` when all texts together are over the limit.
    pub(super) fn push(&mut self, text: &str, limit: usize) -> Result<()> {
        if self.text.len() + text.len() + self.ends.len() * 8 > limit {
            return Err(too_large(format!("its texts are over the limit of '{limit}' bytes")));
        }
        self.text.push_str(text);
        self.ends.push(self.text.len());
        Ok(())
    }

    /// A text by number.
    ///
    /// # Errors
    /// `FILE_CORRUPT` when there is none.
    pub(super) fn get(&self, index: usize) -> Result<&str> {
        let end = *self.ends.get(index).ok_or_else(|| corrupt(format!("there is no text of number '{index}'")))?;
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        Ok(&self.text[start..end])
    }

    /// Reads the part of shared texts. Phonetic texts are left out.
    pub(super) fn read(mut part: XmlPart, limit: usize) -> Result<Self> {
        let mut strings = Self::default();
        let mut text = String::new();
        let (mut is_text, mut phonetic) = (false, 0usize);
        loop {
            let event = part.next()?;
            match &event {
                Event::Start(element) => match element.local_name().as_ref() {
                    b"si" => text.clear(),
                    b"rPh" => phonetic += 1,
                    b"t" => is_text = phonetic == 0,
                    _ => {}
                },
                Event::End(element) => match element.local_name().as_ref() {
                    b"si" => {
                        decode_escapes(&mut text, 0);
                        strings.push(&text, limit)?;
                    }
                    b"rPh" => phonetic = phonetic.saturating_sub(1),
                    b"t" => is_text = false,
                    _ => {}
                },
                Event::Eof => return Ok(strings),
                _ if is_text => {
                    append_text(&event, &mut text)?;
                    if text.len() > limit {
                        return Err(too_large(format!("a text is over the limit of '{limit}' bytes")));
                    }
                }
                _ => {}
            }
        }
    }
}

//! A document to its blocks.

use millrace_batch::{ErrorCode, KernelError, Result};
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use std::collections::HashMap;
use std::ops::Range;

/// Bytes that the parser may remember each on its own: ends of lines and whatever might be a mark.
const MARKS_LIMIT: usize = 2_000_000;
/// Blocks may be nested this deep.
const DEPTH_LIMIT: usize = 500;
/// How many times the bytes of the document all texts may take: a list has the texts of its items again.
const TEXT_FACTOR: usize = 16;
const SPARE_TEXT_BYTES: usize = 1 << 20;

/// A block that is a row.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) id: String,
    pub(super) kind: &'static str,
    pub(super) level: Option<i32>,
    pub(super) text: String,
    pub(super) position: i32,
    pub(super) parent: Option<String>,
    pub(super) children: Vec<String>,
}

/// A block between its begin and its end.
struct Open {
    kind: Kind,
    /// Its row, if it is one.
    row: Option<usize>,
    /// Blocks directly in it so far.
    blocks: i32,
    /// Source of what is in it: from the first inline to the last one, or block by block.
    inline: Option<Range<usize>>,
    parts: Vec<Range<usize>>,
    /// Texts of a list's items, and of code.
    own_text: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Document,
    Heading,
    Paragraph,
    List { is_ordered: bool },
    Item { is_ordered: bool },
    Quote,
    FencedCode,
    Other,
}

impl Kind {
    fn name(self) -> Option<&'static str> {
        match self {
            Kind::Heading => Some("Heading"),
            Kind::Paragraph => Some("Paragraph"),
            Kind::List { is_ordered: false } => Some("BulletList"),
            Kind::List { is_ordered: true } => Some("OrderedList"),
            Kind::Item { is_ordered: false } => Some("BulletListItem"),
            Kind::Item { is_ordered: true } => Some("OrderedListItem"),
            Kind::Quote => Some("BlockQuote"),
            Kind::FencedCode => Some("FencedCodeBlock"),
            Kind::Document | Kind::Other => None,
        }
    }
}

/// Reads the blocks of a document.
struct Reader<'a> {
    source: &'a str,
    rows: Vec<Block>,
    counts: HashMap<&'static str, usize>,
    open: Vec<Open>,
    text_bytes: usize,
}

/// The blocks of a document in the order of their begins.
///
/// # Errors
/// `VALUE_TOO_LARGE`; see [`super`].
pub(super) fn blocks(source: &str) -> Result<Vec<Block>> {
    let marks = source.bytes().filter(|byte| byte.is_ascii_punctuation() || *byte == b'\n').count();
    if marks > MARKS_LIMIT {
        let message = format!("a document has '{marks}' lines and marks, over the limit of '{MARKS_LIMIT}'");
        return Err(KernelError::new(ErrorCode::ValueTooLarge, message));
    }
    let mut reader = Reader { source, rows: Vec::new(), counts: HashMap::new(), open: Vec::new(), text_bytes: 0 };
    reader.open.push(Open::new(Kind::Document, None));
    for (event, range) in Parser::new_ext(source, Options::empty()).into_offset_iter() {
        match event {
            Event::Start(tag) => match kind_of(&tag) {
                Some((kind, level)) => reader.begin(kind, level, range)?,
                None => reader.inline(range),
            },
            Event::End(tag) => {
                if is_block_end(tag) {
                    reader.end()?;
                }
            }
            Event::Rule => {
                reader.begin(Kind::Other, None, range)?;
                reader.end()?;
            }
            Event::Text(text) if reader.open.last().is_some_and(|open| open.kind == Kind::FencedCode) => {
                if let Some(open) = reader.open.last_mut() {
                    open.own_text.push_str(&text);
                }
            }
            _ => reader.inline(range),
        }
    }
    Ok(reader.rows)
}

fn kind_of(tag: &Tag<'_>) -> Option<(Kind, Option<i32>)> {
    Some(match tag {
        Tag::Heading { level, .. } => (Kind::Heading, Some(*level as i32)),
        Tag::Paragraph => (Kind::Paragraph, None),
        Tag::List(first) => (Kind::List { is_ordered: first.is_some() }, None),
        Tag::Item => (Kind::Item { is_ordered: false }, None),
        Tag::BlockQuote(_) => (Kind::Quote, None),
        Tag::CodeBlock(CodeBlockKind::Fenced(_)) => (Kind::FencedCode, None),
        Tag::CodeBlock(CodeBlockKind::Indented) | Tag::HtmlBlock => (Kind::Other, None),
        _ => return None,
    })
}

fn is_block_end(tag: TagEnd) -> bool {
    matches!(
        tag,
        TagEnd::Heading(_)
            | TagEnd::Paragraph
            | TagEnd::List(_)
            | TagEnd::Item
            | TagEnd::BlockQuote(_)
            | TagEnd::CodeBlock
            | TagEnd::HtmlBlock
    )
}

impl Open {
    fn new(kind: Kind, row: Option<usize>) -> Self {
        Self { kind, row, blocks: 0, inline: None, parts: Vec::new(), own_text: String::new() }
    }

    /// Text between blocks of a tight list item is a paragraph.
    fn close_inline(&mut self) {
        if let Some(range) = self.inline.take() {
            self.parts.push(range);
        }
    }
}

impl Reader<'_> {
    fn begin(&mut self, kind: Kind, level: Option<i32>, range: Range<usize>) -> Result<()> {
        if self.open.len() > DEPTH_LIMIT {
            let message = format!("blocks are nested deeper than '{DEPTH_LIMIT}' levels");
            return Err(KernelError::new(ErrorCode::ValueTooLarge, message));
        }
        let Some(parent) = self.open.last_mut() else { return Ok(()) };
        let kind = match (kind, parent.kind) {
            (Kind::Item { .. }, Kind::List { is_ordered }) => Kind::Item { is_ordered },
            _ => kind,
        };
        parent.close_inline();
        parent.parts.push(range);
        parent.blocks += 1;
        let position = parent.blocks;
        let is_in_text = matches!(parent.kind, Kind::Item { .. } | Kind::Quote);
        let parent_row = parent.row;
        let name = kind.name().filter(|_| kind != Kind::Paragraph || !is_in_text);
        let row = name.map(|name| {
            let count = self.counts.entry(name).or_default();
            *count += 1;
            let id = format!("{name}_{count}");
            let parent = parent_row.map(|row| self.rows[row].id.clone());
            if let Some(row) = parent_row {
                self.rows[row].children.push(id.clone());
            }
            self.rows.push(Block { id, kind: name, level, position, parent, ..Block::default() });
            self.rows.len() - 1
        });
        self.open.push(Open::new(kind, row));
        Ok(())
    }

    /// Source of an inline.
    fn inline(&mut self, range: Range<usize>) {
        let Some(open) = self.open.last_mut() else { return };
        if open.inline.is_none() && matches!(open.kind, Kind::Item { .. }) {
            open.blocks += 1;
        }
        open.inline = Some(match open.inline.take() {
            Some(known) => known.start.min(range.start)..known.end.max(range.end),
            None => range,
        });
    }

    fn end(&mut self) -> Result<()> {
        let Some(mut open) = self.open.pop() else { return Ok(()) };
        let text = match open.kind {
            Kind::Heading | Kind::Paragraph => {
                let source = open.inline.clone().map_or("", |range| &self.source[range]);
                without_indents(source)
            }
            Kind::Item { .. } | Kind::Quote => {
                open.close_inline();
                let parts: Vec<&str> = open.parts.iter().map(|range| self.source[range.clone()].trim_end()).collect();
                parts.join("\n").trim().to_owned()
            }
            Kind::List { .. } | Kind::FencedCode => open.own_text,
            Kind::Document | Kind::Other => return Ok(()),
        };
        self.text_bytes += text.len();
        if self.text_bytes > TEXT_FACTOR * self.source.len() + SPARE_TEXT_BYTES {
            let message = format!("the texts of nested blocks take more than '{TEXT_FACTOR}' times the file");
            return Err(KernelError::new(ErrorCode::ValueTooLarge, message));
        }
        if let (Kind::Item { is_ordered }, Some(list)) = (open.kind, self.open.last_mut()) {
            let mark = if is_ordered { format!("{}. ", list.blocks) } else { "- ".to_owned() };
            self.text_bytes += mark.len() + text.len() + 1;
            list.own_text.push_str(&mark);
            list.own_text.push_str(&text);
            list.own_text.push('\n');
        }
        if let Some(row) = open.row {
            self.rows[row].text = text;
        }
        Ok(())
    }
}

/// A text whose lines do not begin with white space, and that does not end with it.
fn without_indents(text: &str) -> String {
    let lines: Vec<&str> = text
        .trim()
        .lines()
        .enumerate()
        .map(|(index, line)| if index == 0 { line } else { line.trim_start() })
        .collect();
    lines.join("\n")
}

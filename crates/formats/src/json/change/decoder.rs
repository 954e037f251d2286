//! Messages to rows with their kinds.

use super::super::decoder::{Records, SPARE_VALUES};
use super::Dialect;
use millrace_batch::json_text::shorten;
use millrace_batch::json_text::{Fault, Lexer};
use millrace_batch::{ErrorCode, KernelError, Result, RowKind};
use std::borrow::Cow;

/// Where the members of a message stand.
#[derive(Default)]
struct Message<'a> {
    kind: Option<Cow<'a, [u8]>>,
    before: Option<usize>,
    after: Option<usize>,
    payload: Option<usize>,
}

/// What a member is for.
#[derive(Clone, Copy)]
enum Role {
    Kind,
    Before,
    After,
    Payload,
}

/// What a message asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    Insert,
    Update,
    Delete,
    /// It says nothing about rows.
    Other,
}

/// Why a message gives no rows.
enum Refusal {
    Fault(Fault),
    /// It is JSON, but not of its dialect.
    Meaning(String),
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Refusal::Fault(fault)
    }
}

impl Dialect {
    fn role(self, key: &[u8]) -> Option<Role> {
        match (self, key) {
            (Dialect::Canal | Dialect::Maxwell, b"type") | (Dialect::Ogg, b"op_type") | (Dialect::Debezium, b"op") => {
                Some(Role::Kind)
            }
            (Dialect::Canal | Dialect::Maxwell, b"data") | (Dialect::Ogg | Dialect::Debezium, b"after") => {
                Some(Role::After)
            }
            (Dialect::Canal | Dialect::Maxwell, b"old") | (Dialect::Ogg | Dialect::Debezium, b"before") => {
                Some(Role::Before)
            }
            (Dialect::Debezium | Dialect::Connect, b"payload") => Some(Role::Payload),
            _ => None,
        }
    }

    /// `None` for a kind that the dialect does not have.
    fn event(self, kind: &[u8]) -> Option<Event> {
        let kind = kind.trim_ascii();
        Some(match self {
            Dialect::Canal => match kind {
                b"INSERT" => Event::Insert,
                b"UPDATE" => Event::Update,
                b"DELETE" => Event::Delete,
                b"QUERY" | b"CREATE" | b"ALTER" => Event::Other,
                _ => return None,
            },
            Dialect::Maxwell => match kind.to_ascii_lowercase().as_slice() {
                b"insert" | b"bootstrap-insert" => Event::Insert,
                b"update" => Event::Update,
                b"delete" => Event::Delete,
                b"bootstrap-start"
                | b"bootstrap-complete"
                | b"table-create"
                | b"table-alter"
                | b"table-drop"
                | b"database-create"
                | b"database-alter"
                | b"database-drop" => Event::Other,
                _ => return None,
            },
            Dialect::Ogg => match kind {
                b"I" => Event::Insert,
                b"U" => Event::Update,
                b"D" => Event::Delete,
                _ => return None,
            },
            Dialect::Debezium => match kind {
                b"c" | b"r" => Event::Insert,
                b"u" => Event::Update,
                b"d" => Event::Delete,
                b"t" | b"m" => Event::Other,
                _ => return None,
            },
            Dialect::Connect => Event::Insert,
        })
    }

    /// Whether an update names the changed columns only.
    fn has_partial_before(self) -> bool {
        matches!(self, Dialect::Canal | Dialect::Maxwell)
    }

    /// Name of the member that holds the row before a change, and the row after it.
    fn member_names(self) -> (&'static str, &'static str) {
        if self.has_partial_before() { ("old", "data") } else { ("before", "after") }
    }
}

impl Records {
    /// Reads the rows of one message; on an error the rows before it stay.
    pub(in super::super) fn read_change(
        &mut self,
        dialect: Dialect,
        input: &[u8],
        start: usize,
        end: usize,
    ) -> Result<()> {
        let row = self.root.rows;
        let mut lexer = Lexer::new(input, start, end);
        lexer.skip_blanks();
        if lexer.at == lexer.end {
            return Ok(());
        }
        lexer.logical = matches!(dialect, Dialect::Debezium | Dialect::Connect);
        lexer.budget = 2 * (end - start) + SPARE_VALUES;
        if self.read_message(dialect, &mut lexer).is_ok() {
            return Ok(());
        }
        // A key that comes twice, or a value that is to be named, is read again with care.
        self.forget_behind(row);
        let mut lexer = Lexer { at: start, depth: 0, careful: true, error: None, ..lexer };
        lexer.budget = 2 * (end - start) + SPARE_VALUES;
        lexer.skip_blanks();
        let Err(refusal) = self.read_message(dialect, &mut lexer) else { return Ok(()) };
        let failed = self.root.rows;
        self.forget_behind(row);
        let record = &input[start..end];
        Err(match (refusal, lexer.error) {
            // A row may fail behind others of the same message: all of them are left out, and the message is told.
            (Refusal::Fault(Fault::Value), Some(error)) => {
                debug_assert!(failed >= row);
                error.at_row(row)
            }
            (Refusal::Fault(fault), _) => self.malformed(fault, record, lexer.at.saturating_sub(start)),
            (Refusal::Meaning(what), _) => {
                let message = format!("reading '{}' as a change event: {what}", shorten(record.trim_ascii()));
                KernelError::new(ErrorCode::RecordMalformed, message).at_row(row)
            }
        })
    }

    fn forget_behind(&mut self, rows: usize) {
        self.root.truncate(rows);
        self.kinds.truncate(rows);
    }

    fn read_message(&mut self, dialect: Dialect, lexer: &mut Lexer<'_>) -> std::result::Result<(), Refusal> {
        let mut message = Message::default();
        let start = lexer.at;
        if dialect == Dialect::Connect && lexer.peek() == b'n' {
            lexer.word(b"null")?;
        } else {
            scan(dialect, lexer, &mut message)?;
        }
        lexer.skip_blanks();
        if lexer.at != lexer.end {
            return Err(Fault::Syntax.into());
        }
        if dialect == Dialect::Connect {
            let row = message.payload.unwrap_or(start);
            return if is_null(lexer, row) { Ok(()) } else { self.read_rows(lexer, row, RowKind::Insert) };
        }
        if let (None, Some(payload)) = (&message.kind, message.payload) {
            message = Message::default();
            lexer.at = payload;
            lexer.depth += 1;
            scan(dialect, lexer, &mut message)?;
            lexer.depth -= 1;
        }
        let Some(kind) = &message.kind else {
            return Err(Refusal::Meaning("it does not say its kind".into()));
        };
        let event =
            dialect.event(kind).ok_or_else(|| Refusal::Meaning(format!("'{}' is no kind of change", shorten(kind))))?;
        message.before = message.before.filter(|at| !is_null(lexer, *at));
        message.after = message.after.filter(|at| !is_null(lexer, *at));
        self.read_event(dialect, event, &message, lexer)
    }

    fn read_event(
        &mut self,
        dialect: Dialect,
        event: Event,
        message: &Message<'_>,
        lexer: &mut Lexer<'_>,
    ) -> std::result::Result<(), Refusal> {
        let (before_name, after_name) = dialect.member_names();
        let after = || message.after.ok_or_else(|| missing(after_name));
        let before = || message.before.ok_or_else(|| missing(before_name));
        match event {
            Event::Other => Ok(()),
            Event::Insert => self.read_rows(lexer, after()?, RowKind::Insert),
            Event::Delete if dialect.has_partial_before() => self.read_rows(lexer, after()?, RowKind::Delete),
            Event::Delete => self.read_rows(lexer, before()?, RowKind::Delete),
            Event::Update if dialect.has_partial_before() => self.read_overlaid(lexer, before()?, after()?),
            Event::Update => {
                let (before, after) = (before()?, after()?);
                self.read_rows(lexer, before, RowKind::UpdateBefore)?;
                self.read_rows(lexer, after, RowKind::UpdateAfter)
            }
        }
    }

    /// One row, or one for each element of a list.
    fn read_rows(&mut self, lexer: &mut Lexer<'_>, at: usize, kind: RowKind) -> std::result::Result<(), Refusal> {
        lexer.at = at;
        if lexer.peek() != b'[' {
            return self.read_row(lexer, kind);
        }
        lexer.at += 1;
        let mut first = true;
        while lexer.next_element(first, b']')? {
            self.read_row(lexer, kind)?;
            first = false;
        }
        Ok(())
    }

    fn read_row(&mut self, lexer: &mut Lexer<'_>, kind: RowKind) -> std::result::Result<(), Refusal> {
        if lexer.peek() != b'{' {
            return Err(Refusal::Meaning("a row in it is no object".into()));
        }
        lexer.spend(self.root.width)?;
        self.root.read(lexer)?;
        self.kinds.push(kind as i8);
        Ok(())
    }

    /// For each row the one before, which is the row with its changed columns put back, and the row itself.
    fn read_overlaid(&mut self, lexer: &mut Lexer<'_>, old: usize, data: usize) -> std::result::Result<(), Refusal> {
        let (old, data) = (elements(lexer, old)?, elements(lexer, data)?);
        if old.len() != data.len() {
            return Err(Refusal::Meaning(format!("{} rows have {} old ones", data.len(), old.len())));
        }
        for (old, data) in old.into_iter().zip(data) {
            lexer.spend(self.root.width)?;
            let mut values = vec![None; self.root.columns.len()];
            for at in [data, old] {
                lexer.at = at;
                if lexer.peek() != b'{' {
                    return Err(Refusal::Meaning("a row in it is no object".into()));
                }
                self.root.find_values(lexer, &mut values)?;
            }
            self.root.push_values(&values, lexer)?;
            self.kinds.push(RowKind::UpdateBefore as i8);
            lexer.at = data;
            self.read_row(lexer, RowKind::UpdateAfter)?;
        }
        Ok(())
    }
}

/// Goes through an object and notes the members that matter; the last of equal ones counts.
fn scan<'a>(dialect: Dialect, lexer: &mut Lexer<'a>, message: &mut Message<'a>) -> std::result::Result<(), Refusal> {
    if lexer.peek() != b'{' {
        lexer.skip_value()?;
        return Err(Refusal::Meaning("it is no object".into()));
    }
    lexer.at += 1;
    lexer.enter()?;
    let mut first = true;
    while lexer.next_element(first, b'}')? {
        first = false;
        let key = lexer.text()?;
        lexer.skip_blanks();
        lexer.expect(b':')?;
        lexer.skip_blanks();
        match dialect.role(&key) {
            Some(Role::Kind) if lexer.peek() == b'"' => {
                message.kind = Some(lexer.text()?);
                continue;
            }
            Some(Role::Before) => message.before = Some(lexer.at),
            Some(Role::After) => message.after = Some(lexer.at),
            Some(Role::Payload) => message.payload = Some(lexer.at),
            _ => {}
        }
        lexer.skip_value()?;
    }
    lexer.depth -= 1;
    Ok(())
}

#[cold]
fn missing(member: &str) -> Refusal {
    let hint = if member == "before" { "; the database must log whole rows (REPLICA IDENTITY FULL)" } else { "" };
    Refusal::Meaning(format!("its '{member}' is missing or null{hint}"))
}

fn is_null(lexer: &Lexer<'_>, at: usize) -> bool {
    lexer.bytes[at] == b'n'
}

/// Positions of the elements of a list, or of the value itself when it is none.
fn elements(lexer: &mut Lexer<'_>, at: usize) -> std::result::Result<Vec<usize>, Fault> {
    lexer.at = at;
    if lexer.peek() != b'[' {
        return Ok(vec![at]);
    }
    lexer.at += 1;
    let mut positions = Vec::new();
    while lexer.next_element(positions.is_empty(), b']')? {
        positions.push(lexer.at);
        lexer.skip_value()?;
    }
    Ok(positions)
}

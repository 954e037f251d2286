//! Statements: the select list, `FROM`, `WHERE`, and the constructs that parse and are refused.

use super::ast::{Expression, LateralView, Query, SelectItem};
use super::lexer::{LexicalError, Token, TokenKind, tokenize};
use super::printer::unquote;
use millrace_batch::{ErrorCode, KernelError, Result};

/// Parses one `SELECT` statement.
///
/// # Errors
/// `SQL_SYNTAX` "SQL parse failed: …" where the text is not SQL; `SQL_INVALID` "SQL validate failed: …" for SQL that
/// this dialect does not have (joins, sub-selects, grouping, ordering, limits, unions, other statements). Both carry the
/// byte offset.
///
/// # Source
/// SeaTunnel `ZetaSQLEngine.parseSQL` and `validateSQL` (grammar and messages).
pub fn parse(sql: &str) -> Result<Query> {
    let tokens = tokenize(sql).map_err(|LexicalError { offset, cause }| syntax_error(sql, offset, cause))?;
    let mut parser = Parser { sql, tokens, at: 0, depth: 0, height: 0 };
    parser.statement()
}

fn syntax_error(sql: &str, offset: usize, cause: &str) -> KernelError {
    let before = &sql.as_bytes()[..offset];
    let line = memchr::memchr_iter(b'\n', before).count() + 1;
    let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let column = sql[line_start..offset].chars().count() + 1;
    KernelError::new(
        ErrorCode::SqlSyntax,
        format!("SQL parse failed: {sql}, cause: {cause} at line {line}, column {column}"),
    )
    .at_offset(offset)
}

/// A cursor over the tokens of one statement.
pub(super) struct Parser<'a> {
    pub(super) sql: &'a str,
    tokens: Vec<Token>,
    at: usize,
    /// How many expressions enclose the current one.
    pub(super) depth: usize,
    /// An upper bound of the height of the trees completed inside the current expression.
    pub(super) height: usize,
}

/// Deeper nesting is refused: the parser recurses, and its stack must not overflow.
const DEPTH_LIMIT: usize = 64;
/// Higher trees are refused: every later pass recurses. Chains of operators are high without being nested.
const HEIGHT_LIMIT: usize = 128;

const SET_OPERATORS: [&str; 4] = ["UNION", "EXCEPT", "INTERSECT", "MINUS"];
const OTHER_STATEMENTS: [&str; 13] = [
    "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER", "TRUNCATE", "MERGE", "REPLACE", "SHOW", "USE", "EXPLAIN",
    "DESCRIBE",
];
const JOINS: [&str; 9] = ["JOIN", "INNER", "LEFT", "RIGHT", "FULL", "CROSS", "NATURAL", "OUTER", "STRAIGHT_JOIN"];
const CLAUSES: [&str; 14] = [
    "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "FETCH", "LATERAL", "ON", "USING", "WINDOW", "FOR",
    "CONNECT", "START",
];

impl<'a> Parser<'a> {
    pub(super) fn token(&self) -> &Token {
        &self.tokens[self.at]
    }

    pub(super) fn peek(&self, ahead: usize) -> &Token {
        &self.tokens[(self.at + ahead).min(self.tokens.len() - 1)]
    }

    pub(super) fn text_of(&self, token: &Token) -> &'a str {
        &self.sql[token.range.clone()]
    }

    pub(super) fn text(&self) -> &'a str {
        self.text_of(self.token())
    }

    pub(super) fn offset(&self) -> usize {
        self.token().range.start
    }

    pub(super) fn advance(&mut self) -> &'a str {
        let text = self.text();
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        text
    }

    pub(super) fn is_word(&self, ahead: usize, word: &str) -> bool {
        let token = self.peek(ahead);
        token.kind == TokenKind::Word && self.text_of(token).eq_ignore_ascii_case(word)
    }

    pub(super) fn is_symbol(&self, ahead: usize, symbol: &str) -> bool {
        let token = self.peek(ahead);
        token.kind == TokenKind::Symbol && self.text_of(token) == symbol
    }

    pub(super) fn take_word(&mut self, word: &str) -> bool {
        let found = self.is_word(0, word);
        if found {
            self.advance();
        }
        found
    }

    pub(super) fn take_symbol(&mut self, symbol: &str) -> bool {
        let found = self.is_symbol(0, symbol);
        if found {
            self.advance();
        }
        found
    }

    pub(super) fn expect_word(&mut self, word: &str) -> Result<()> {
        if self.take_word(word) { Ok(()) } else { Err(self.unexpected(&format!("'{word}'"))) }
    }

    pub(super) fn expect_symbol(&mut self, symbol: &str) -> Result<()> {
        if self.take_symbol(symbol) { Ok(()) } else { Err(self.unexpected(&format!("'{symbol}'"))) }
    }

    pub(super) fn unexpected(&self, expected: &str) -> KernelError {
        let found = match self.token().kind {
            TokenKind::End => "end of text".to_owned(),
            _ => format!("token '{}'", self.text()),
        };
        syntax_error(self.sql, self.offset(), &format!("encountered unexpected {found} where {expected} was expected"))
    }

    pub(super) fn too_deep(&self) -> KernelError {
        syntax_error(self.sql, self.offset(), "the expression is nested too deeply")
    }

    fn refused(&self, cause: &str) -> KernelError {
        self.refused_at(self.offset(), cause)
    }

    fn refused_at(&self, offset: usize, cause: &str) -> KernelError {
        let message = format!("SQL validate failed: {}, cause: {cause}", self.sql);
        KernelError::new(ErrorCode::SqlInvalid, message).at_offset(offset)
    }

    fn is_any_word(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.is_word(0, word))
    }

    fn statement(&mut self) -> Result<Query> {
        if self.is_any_word(&OTHER_STATEMENTS) {
            return Err(self.refused("Only supported DQL(select) SQL"));
        }
        if self.is_word(0, "WITH") || self.is_symbol(0, "(") {
            return Err(self.refused("Unsupported SQL syntax"));
        }
        self.expect_word("SELECT")?;
        // DISTINCT is read and has no effect, as in SeaTunnel.
        let _ = self.take_word("DISTINCT") || self.take_word("ALL");
        let mut items = vec![self.select_item()?];
        while self.take_symbol(",") {
            items.push(self.select_item()?);
        }
        if self.token().kind == TokenKind::End {
            return Err(self.refused("Unsupported sub table syntax"));
        }
        self.expect_word("FROM")?;
        let (table, refusal) = self.table_clause()?;
        let views = self.lateral_views()?;
        let predicate = if self.take_word("WHERE") { Some(self.expression(0)?) } else { None };
        let refusal = refusal.or(self.trailing_clauses()?);
        if let Some(error) = refusal {
            return Err(error);
        }
        Ok(Query { sql: self.sql.to_owned(), items, table, views, predicate })
    }

    fn select_item(&mut self) -> Result<SelectItem> {
        if self.take_symbol("*") {
            return Ok(SelectItem::All);
        }
        if self.token().kind != TokenKind::Symbol && self.is_symbol(1, ".") && self.is_symbol(2, "*") {
            self.at += 3;
            return Ok(SelectItem::All);
        }
        let expression = self.expression(0)?;
        let alias = self.alias()?;
        Ok(SelectItem::Expression { expression, alias })
    }

    fn alias(&mut self) -> Result<Option<String>> {
        let explicit = self.take_word("AS");
        let is_name = match self.token().kind {
            TokenKind::QuotedName => true,
            TokenKind::Word => explicit || !self.is_any_word(&["FROM", "INTO", "WHERE"]),
            _ => false,
        };
        if is_name {
            return Ok(Some(unquote(self.advance()).to_owned()));
        }
        if explicit { Err(self.unexpected("a name")) } else { Ok(None) }
    }

    /// The table, and the refusal of what stands beside it, which later syntax errors take precedence over.
    fn table_clause(&mut self) -> Result<(String, Option<KernelError>)> {
        if self.is_symbol(0, "(") {
            let refusal = self.refused("Unsupported sub table syntax");
            self.skip_parentheses()?;
            let _ = self.alias()?;
            return Ok((String::new(), Some(refusal)));
        }
        let start = self.offset();
        let mut refusal = None;
        let mut parts = vec![self.table_name()?];
        while self.take_symbol(".") {
            parts.push(self.table_name()?);
            refusal.get_or_insert_with(|| self.refused_at(start, "Unsupported schema syntax"));
        }
        let others: Vec<&str> = CLAUSES.iter().chain(&JOINS).chain(&SET_OPERATORS).copied().collect();
        let bare_alias = self.token().kind == TokenKind::Word && !self.is_any_word(&others);
        if bare_alias || self.token().kind == TokenKind::QuotedName {
            refusal.get_or_insert_with(|| self.refused("Unsupported table alias name syntax"));
            let _ = self.alias()?;
        }
        if self.is_symbol(0, ",") || self.is_any_word(&JOINS) {
            return Err(refusal.unwrap_or_else(|| self.refused("Unsupported table join syntax")));
        }
        Ok((parts.join("."), refusal))
    }

    fn lateral_views(&mut self) -> Result<Vec<LateralView>> {
        let mut views = Vec::new();
        while self.take_word("LATERAL") {
            self.expect_word("VIEW")?;
            let outer = self.take_word("OUTER");
            self.expect_word("EXPLODE")?;
            self.expect_symbol("(")?;
            let array = self.expression(0)?;
            self.expect_symbol(")")?;
            if !self.is_word(0, "AS") {
                // The name of the view itself, which nothing refers to.
                self.table_name()?;
            }
            self.expect_word("AS")?;
            let name = unquote(&self.table_name()?).to_owned();
            views.push(LateralView { outer, array, name });
        }
        Ok(views)
    }

    fn table_name(&mut self) -> Result<String> {
        match self.token().kind {
            TokenKind::Word | TokenKind::QuotedName => Ok(self.advance().to_owned()),
            _ => Err(self.unexpected("a table name")),
        }
    }

    /// Reads what may follow `WHERE`, down to the end of the text, and says what of it is refused.
    fn trailing_clauses(&mut self) -> Result<Option<KernelError>> {
        if self.is_any_word(&SET_OPERATORS) {
            return Ok(Some(self.refused("Unsupported SQL syntax")));
        }
        // HAVING is read and has no effect, as in SeaTunnel.
        if self.take_word("HAVING") {
            self.expression(0)?;
        }
        for (word, cause) in [
            ("GROUP", "Unsupported GROUP BY syntax"),
            ("ORDER", "Unsupported ORDER BY syntax"),
            ("LIMIT", "Unsupported LIMIT,OFFSET syntax"),
            ("OFFSET", "Unsupported LIMIT,OFFSET syntax"),
            ("FETCH", "Unsupported LIMIT,OFFSET syntax"),
        ] {
            if self.is_word(0, word) {
                return Ok(Some(self.refused(cause)));
            }
        }
        let _ = self.take_symbol(";");
        if self.token().kind == TokenKind::End { Ok(None) } else { Err(self.unexpected("end of text")) }
    }

    /// Skips `( … )` and answers its text.
    pub(super) fn skip_parentheses(&mut self) -> Result<&'a str> {
        let start = self.offset();
        let mut open = 0usize;
        loop {
            if self.is_symbol(0, "(") {
                open += 1;
            } else if self.is_symbol(0, ")") {
                open -= 1;
            } else if self.token().kind == TokenKind::End {
                return Err(self.unexpected("')'"));
            }
            let end = self.token().range.end;
            self.advance();
            if open == 0 {
                return Ok(&self.sql[start..end]);
            }
        }
    }

    /// An expression whose operators all bind at least as tightly as `minimum`.
    pub(super) fn expression(&mut self, minimum: u8) -> Result<Expression> {
        self.enter()?;
        let outer = std::mem::take(&mut self.height);
        let result = self.operators(minimum)?;
        self.grow()?;
        self.height = self.height.max(outer);
        self.depth -= 1;
        Ok(result)
    }

    /// Counts one level of recursion; the caller takes it back.
    pub(super) fn enter(&mut self) -> Result<()> {
        self.depth += 1;
        if self.depth > DEPTH_LIMIT { Err(self.too_deep()) } else { Ok(()) }
    }

    /// Counts one more node above everything completed so far.
    pub(super) fn grow(&mut self) -> Result<()> {
        self.height += 1;
        if self.height > HEIGHT_LIMIT { Err(self.too_deep()) } else { Ok(()) }
    }
}

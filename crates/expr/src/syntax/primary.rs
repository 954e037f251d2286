//! Expressions: operators by precedence, and what they stand between.

use super::ast::{
    BinaryOperator, CONDITION_PRECEDENCE, CastForm, Expression, ExpressionKind, NOT_PRECEDENCE, TypeName,
};
use super::lexer::TokenKind;
use super::parser::Parser;
use millrace_batch::Result;

/// Words that cannot be the name of a column.
const RESERVED: [&str; 38] = [
    "SELECT",
    "FROM",
    "WHERE",
    "AND",
    "OR",
    "XOR",
    "NOT",
    "IS",
    "IN",
    "LIKE",
    "BETWEEN",
    "WHEN",
    "THEN",
    "ELSE",
    "AS",
    "BY",
    "GROUP",
    "ORDER",
    "HAVING",
    "LIMIT",
    "OFFSET",
    "UNION",
    "EXCEPT",
    "INTERSECT",
    "JOIN",
    "INNER",
    "CROSS",
    "NATURAL",
    "ON",
    "USING",
    "DISTINCT",
    "EXISTS",
    "LATERAL",
    "WITH",
    "INTO",
    "FETCH",
    "ILIKE",
    "REGEXP",
];

/// Adds a condition to a chain of the same operator, or begins one.
fn join(operator: BinaryOperator, mut left: Expression, right: Expression, offset: usize) -> Expression {
    match &mut left.kind {
        ExpressionKind::Logic { operator: known, operands } if *known == operator => {
            operands.push(right);
            left
        }
        _ => Expression { kind: ExpressionKind::Logic { operator, operands: vec![left, right] }, offset },
    }
}

impl Parser<'_> {
    pub(super) fn operators(&mut self, minimum: u8) -> Result<Expression> {
        let mut left = self.prefix()?;
        loop {
            let next = if let Some(operator) = self.binary_operator() {
                if operator.precedence() < minimum {
                    break;
                }
                let offset = self.offset();
                self.advance();
                let right = self.expression(operator.precedence() + 1)?;
                if operator.is_logic() {
                    left = join(operator, left, right, offset);
                    continue;
                }
                let kind = ExpressionKind::Binary { operator, left: Box::new(left), right: Box::new(right) };
                Expression { kind, offset }
            } else if CONDITION_PRECEDENCE >= minimum && self.starts_condition() {
                self.condition(left)?
            } else {
                break;
            };
            left = next;
            self.grow()?;
        }
        Ok(left)
    }

    fn binary_operator(&self) -> Option<BinaryOperator> {
        let token = self.token();
        let text = self.text();
        match token.kind {
            TokenKind::Word if text.eq_ignore_ascii_case("AND") => Some(BinaryOperator::And),
            TokenKind::Word if text.eq_ignore_ascii_case("OR") => Some(BinaryOperator::Or),
            TokenKind::Word if text.eq_ignore_ascii_case("XOR") => Some(BinaryOperator::Xor),
            TokenKind::Symbol => Some(match text {
                "&&" => BinaryOperator::DoubleAmpersand,
                "=" => BinaryOperator::Equal,
                "<>" => BinaryOperator::NotEqual,
                "!=" => BinaryOperator::BangEqual,
                "<" => BinaryOperator::Less,
                "<=" => BinaryOperator::LessOrEqual,
                ">" => BinaryOperator::Greater,
                ">=" => BinaryOperator::GreaterOrEqual,
                "||" => BinaryOperator::Concat,
                "|" => BinaryOperator::BitOr,
                "&" => BinaryOperator::BitAnd,
                "<<" => BinaryOperator::ShiftLeft,
                ">>" => BinaryOperator::ShiftRight,
                "+" => BinaryOperator::Add,
                "-" => BinaryOperator::Subtract,
                "*" => BinaryOperator::Multiply,
                "/" => BinaryOperator::Divide,
                "%" => BinaryOperator::Modulo,
                "^" => BinaryOperator::BitXor,
                _ => return None,
            }),
            _ => None,
        }
    }

    fn starts_condition(&self) -> bool {
        let after_not = usize::from(self.is_word(0, "NOT"));
        ["IN", "LIKE", "BETWEEN"].iter().any(|word| self.is_word(after_not, word)) || self.is_word(0, "IS")
    }

    fn condition(&mut self, operand: Expression) -> Result<Expression> {
        let offset = self.offset();
        let operand = Box::new(operand);
        if self.take_word("IS") {
            let negated = self.take_word("NOT");
            self.expect_word("NULL")?;
            return Ok(Expression { kind: ExpressionKind::IsNull { operand, negated }, offset });
        }
        let negated = self.take_word("NOT");
        let kind = if self.take_word("LIKE") {
            let pattern = Box::new(self.expression(CONDITION_PRECEDENCE + 1)?);
            ExpressionKind::Like { operand, negated, pattern }
        } else if self.take_word("BETWEEN") {
            let low = Box::new(self.expression(CONDITION_PRECEDENCE + 1)?);
            self.expect_word("AND")?;
            let high = Box::new(self.expression(CONDITION_PRECEDENCE + 1)?);
            ExpressionKind::Between { operand, negated, low, high }
        } else {
            self.expect_word("IN")?;
            if self.is_symbol(0, "(") && self.is_word(1, "SELECT") {
                let query = self.skip_parentheses()?;
                ExpressionKind::Unsupported(format!("{operand} {}IN {query}", if negated { "NOT " } else { "" }))
            } else {
                self.expect_symbol("(")?;
                ExpressionKind::In { operand, negated, items: self.list(")")? }
            }
        };
        Ok(Expression { kind, offset })
    }

    /// Expressions between commas, and the symbol that ends them; at least one.
    fn list(&mut self, end: &str) -> Result<Vec<Expression>> {
        let mut items = vec![self.expression(0)?];
        while self.take_symbol(",") {
            items.push(self.expression(0)?);
        }
        self.expect_symbol(end)?;
        Ok(items)
    }

    fn prefix(&mut self) -> Result<Expression> {
        let offset = self.offset();
        if self.is_word(0, "NOT") || self.is_symbol(0, "!") {
            self.advance();
            let operand = Box::new(self.expression(NOT_PRECEDENCE)?);
            return Ok(Expression { kind: ExpressionKind::Not(operand), offset });
        }
        for sign in ['-', '+', '~'] {
            if self.take_symbol(sign.encode_utf8(&mut [0; 4])) {
                self.enter()?;
                let operand = Box::new(self.prefix()?);
                self.grow()?;
                self.depth -= 1;
                return Ok(Expression { kind: ExpressionKind::Sign { sign, operand }, offset });
            }
        }
        let mut primary = self.primary()?;
        loop {
            let kind = if self.take_symbol("::") {
                let target = self.type_name()?;
                ExpressionKind::Cast { form: CastForm::Colons, operand: Box::new(primary), target }
            } else if self.is_word(0, "AT") && self.is_word(1, "TIME") && self.is_word(2, "ZONE") {
                for _ in 0..3 {
                    self.advance();
                }
                ExpressionKind::AtTimeZone { operand: Box::new(primary), zone: Box::new(self.primary()?) }
            } else {
                return Ok(primary);
            };
            self.grow()?;
            primary = Expression { kind, offset };
        }
    }

    fn primary(&mut self) -> Result<Expression> {
        let offset = self.offset();
        let kind = match self.token().kind {
            TokenKind::Integer => ExpressionKind::Integer(self.advance().to_owned()),
            TokenKind::Decimal => ExpressionKind::Decimal(self.advance().to_owned()),
            TokenKind::Text => ExpressionKind::Text(self.string_content()),
            TokenKind::Symbol if self.is_symbol(0, "(") => {
                if self.is_word(1, "SELECT") {
                    ExpressionKind::Unsupported(self.skip_parentheses()?.to_owned())
                } else {
                    self.advance();
                    let inner = self.expression(0)?;
                    self.expect_symbol(")")?;
                    ExpressionKind::Parenthesis(Box::new(inner))
                }
            }
            TokenKind::QuotedName => self.column()?,
            TokenKind::Word => self.word()?,
            TokenKind::Symbol | TokenKind::End => return Err(self.unexpected("an expression")),
        };
        Ok(Expression { kind, offset })
    }

    fn string_content(&mut self) -> String {
        let quoted = self.advance();
        quoted[1..quoted.len() - 1].to_owned()
    }

    fn word(&mut self) -> Result<ExpressionKind> {
        let word = self.text();
        let upper = word.to_ascii_uppercase();
        let called = self.is_symbol(1, "(");
        match upper.as_str() {
            "NULL" => {
                self.advance();
                return Ok(ExpressionKind::Null);
            }
            "CASE" => return self.case(),
            "CAST" if called => return self.cast(CastForm::Cast),
            "TRY_CAST" if called => return self.cast(CastForm::TryCast),
            "EXTRACT" if called => return self.extract(),
            "EXISTS" if called => {
                self.advance();
                return Ok(ExpressionKind::Unsupported(format!("EXISTS {}", self.skip_parentheses()?)));
            }
            "DATE" | "TIME" | "TIMESTAMP" | "TIMESTAMPTZ" if self.peek(1).kind == TokenKind::Text => {
                let keyword = self.advance().to_owned();
                return Ok(ExpressionKind::Temporal { keyword, text: self.string_content() });
            }
            "CURRENT_DATE" | "CURRENT_TIME" | "CURRENT_TIMESTAMP" => {
                let mut text = self.advance().to_owned();
                if self.is_symbol(0, "(") && self.is_symbol(1, ")") {
                    self.advance();
                    self.advance();
                    text.push_str("()");
                }
                return Ok(ExpressionKind::CurrentTime(text));
            }
            reserved if RESERVED.contains(&reserved) => return Err(self.unexpected("an expression")),
            _ => {}
        }
        if called { self.function() } else { self.column() }
    }

    fn column(&mut self) -> Result<ExpressionKind> {
        let mut parts = vec![self.advance().to_owned()];
        while self.take_symbol(".") {
            match self.token().kind {
                TokenKind::Word | TokenKind::QuotedName => parts.push(self.advance().to_owned()),
                _ => return Err(self.unexpected("a name")),
            }
        }
        Ok(ExpressionKind::Column(parts))
    }

    fn function(&mut self) -> Result<ExpressionKind> {
        let name = self.advance().to_owned();
        self.expect_symbol("(")?;
        let function =
            |arguments, star, distinct| ExpressionKind::Function { name: name.clone(), arguments, star, distinct };
        if self.take_symbol(")") {
            return Ok(function(Vec::new(), false, false));
        }
        if self.take_symbol("*") {
            self.expect_symbol(")")?;
            return Ok(function(Vec::new(), true, false));
        }
        let distinct = self.take_word("DISTINCT");
        // `POSITION('a' IN s)` would read as a list test; only the comma form exists here.
        let arguments = self.list(")")?;
        Ok(function(arguments, false, distinct))
    }

    fn cast(&mut self, form: CastForm) -> Result<ExpressionKind> {
        self.advance();
        self.expect_symbol("(")?;
        let operand = Box::new(self.expression(0)?);
        self.expect_word("AS")?;
        let target = self.type_name()?;
        self.expect_symbol(")")?;
        Ok(ExpressionKind::Cast { form, operand, target })
    }

    fn type_name(&mut self) -> Result<TypeName> {
        let offset = self.offset();
        if self.token().kind != TokenKind::Word {
            return Err(self.unexpected("a type"));
        }
        let name = self.advance().to_owned();
        let mut arguments = Vec::new();
        if self.take_symbol("(") {
            loop {
                match self.token().kind {
                    TokenKind::Integer | TokenKind::Word => arguments.push(self.advance().to_owned()),
                    _ => return Err(self.unexpected("a number")),
                }
                if !self.take_symbol(",") {
                    break;
                }
            }
            self.expect_symbol(")")?;
        }
        Ok(TypeName { name, arguments, offset })
    }

    fn extract(&mut self) -> Result<ExpressionKind> {
        self.advance();
        self.expect_symbol("(")?;
        let field = match self.token().kind {
            TokenKind::Word => self.advance().to_owned(),
            TokenKind::Text => self.string_content(),
            _ => return Err(self.unexpected("a field name")),
        };
        self.expect_word("FROM")?;
        let operand = Box::new(self.expression(0)?);
        self.expect_symbol(")")?;
        Ok(ExpressionKind::Extract { field, operand })
    }

    fn case(&mut self) -> Result<ExpressionKind> {
        self.advance();
        let operand = if self.is_word(0, "WHEN") { None } else { Some(Box::new(self.expression(0)?)) };
        let mut branches = Vec::new();
        while self.take_word("WHEN") {
            let when = self.expression(0)?;
            self.expect_word("THEN")?;
            branches.push((when, self.expression(0)?));
        }
        if branches.is_empty() {
            return Err(self.unexpected("'WHEN'"));
        }
        let otherwise = if self.take_word("ELSE") { Some(Box::new(self.expression(0)?)) } else { None };
        self.expect_word("END")?;
        Ok(ExpressionKind::Case { operand, branches, otherwise })
    }
}

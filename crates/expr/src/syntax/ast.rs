//! What SQL text means as a tree, before names and types are known.

/// A `SELECT` over one table.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// The text the query was parsed from.
    pub sql: String,
    /// What is selected, in order.
    pub items: Vec<SelectItem>,
    /// Name in `FROM`, as written.
    pub table: String,
    /// `LATERAL VIEW` clauses in order.
    pub views: Vec<LateralView>,
    /// Condition of `WHERE`.
    pub predicate: Option<Expression>,
}

/// `LATERAL VIEW [OUTER] EXPLODE(x) AS name`.
#[derive(Clone, Debug, PartialEq)]
pub struct LateralView {
    /// Whether a row without elements stays, with null.
    pub outer: bool,
    /// The array.
    pub array: Expression,
    /// Name of the column of elements.
    pub name: String,
}

/// One element of a select list.
#[derive(Clone, Debug, PartialEq)]
pub enum SelectItem {
    /// `*`, or `t.*`.
    All,
    /// An expression with or without a name of its own.
    Expression {
        /// What is computed.
        expression: Expression,
        /// The alias with its quotes taken off if they are backticks.
        alias: Option<String>,
    },
}

/// An expression and the byte where it starts in the SQL text.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    /// What it is.
    pub kind: ExpressionKind,
    /// Byte offset of its first token; of its operator for binary operators.
    pub offset: usize,
}

/// The forms of an expression. Literals and names keep the spelling of the text, because it is printed again.
#[derive(Clone, Debug, PartialEq)]
pub enum ExpressionKind {
    /// `NULL`.
    Null,
    /// Digits.
    Integer(String),
    /// Digits with a point or an exponent.
    Decimal(String),
    /// A string literal; the content still has its doubled quotes.
    Text(String),
    /// `DATE '…'`, `TIME '…'`, `TIMESTAMP '…'`, `TIMESTAMPTZ '…'`.
    Temporal {
        /// The keyword as written.
        keyword: String,
        /// Content of the literal.
        text: String,
    },
    /// A possibly dotted name; the parts keep their quotes.
    Column(Vec<String>),
    /// `CURRENT_DATE`, `CURRENT_TIME` or `CURRENT_TIMESTAMP`, as written, perhaps with `()`.
    CurrentTime(String),
    /// `-x`, `+x` or `~x`.
    Sign {
        /// The sign.
        sign: char,
        /// What it is put before.
        operand: Box<Expression>,
    },
    /// Two operands and what is between them.
    Binary {
        /// The operator.
        operator: BinaryOperator,
        /// Left operand.
        left: Box<Expression>,
        /// Right operand.
        right: Box<Expression>,
    },
    /// Conditions joined by one of `OR`, `AND` and `&&`; two or more.
    Logic {
        /// The operator between all of them.
        operator: BinaryOperator,
        /// The conditions in order.
        operands: Vec<Expression>,
    },
    /// `(x)`.
    Parenthesis(Box<Expression>),
    /// `name(a, b)`.
    Function {
        /// Name as written.
        name: String,
        /// Arguments in order.
        arguments: Vec<Expression>,
        /// `name(*)`.
        star: bool,
        /// `name(DISTINCT …)`.
        distinct: bool,
    },
    /// `CAST(x AS t)`, `TRY_CAST(x AS t)` or `x::t`.
    Cast {
        /// Which of the three.
        form: CastForm,
        /// What is cast.
        operand: Box<Expression>,
        /// The type as written.
        target: TypeName,
    },
    /// `EXTRACT(field FROM x)`.
    Extract {
        /// Field as written.
        field: String,
        /// What it is taken from.
        operand: Box<Expression>,
    },
    /// `x AT TIME ZONE z`.
    AtTimeZone {
        /// The date or time.
        operand: Box<Expression>,
        /// The zone.
        zone: Box<Expression>,
    },
    /// `CASE [x] WHEN … THEN … ELSE … END`.
    Case {
        /// The value compared in the simple form.
        operand: Option<Box<Expression>>,
        /// Conditions (or values) and results.
        branches: Vec<(Expression, Expression)>,
        /// Result when no branch matches.
        otherwise: Option<Box<Expression>>,
    },
    /// `x IS [NOT] NULL`.
    IsNull {
        /// What is tested.
        operand: Box<Expression>,
        /// With `NOT`.
        negated: bool,
    },
    /// `x [NOT] IN (a, b)`.
    In {
        /// What is looked for.
        operand: Box<Expression>,
        /// With `NOT`.
        negated: bool,
        /// What is looked through.
        items: Vec<Expression>,
    },
    /// `x [NOT] LIKE p`.
    Like {
        /// The text.
        operand: Box<Expression>,
        /// With `NOT`.
        negated: bool,
        /// The pattern.
        pattern: Box<Expression>,
    },
    /// `x [NOT] BETWEEN a AND b`: printed, never evaluated.
    Between {
        /// The value.
        operand: Box<Expression>,
        /// With `NOT`.
        negated: bool,
        /// Lower bound.
        low: Box<Expression>,
        /// Upper bound.
        high: Box<Expression>,
    },
    /// `NOT x`: printed, never evaluated.
    Not(Box<Expression>),
    /// Something that parses and is never evaluated (a sub-select), as written.
    Unsupported(String),
}

/// Spelling of a cast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CastForm {
    /// `CAST(x AS t)`.
    Cast,
    /// `TRY_CAST(x AS t)`: null where the cast fails.
    TryCast,
    /// `x::t`.
    Colons,
}

/// A type in a cast: `DECIMAL(10, 2)`.
#[derive(Clone, Debug, PartialEq)]
pub struct TypeName {
    /// Name as written.
    pub name: String,
    /// Numbers in parentheses.
    pub arguments: Vec<String>,
    /// Byte offset of the name.
    pub offset: usize,
}

/// Operators with two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOperator {
    /// `OR`.
    Or,
    /// `XOR`: printed, never evaluated.
    Xor,
    /// `AND`.
    And,
    /// `&&`, the same as `AND`.
    DoubleAmpersand,
    /// `=`.
    Equal,
    /// `<>`.
    NotEqual,
    /// `!=`.
    BangEqual,
    /// `<`.
    Less,
    /// `<=`.
    LessOrEqual,
    /// `>`.
    Greater,
    /// `>=`.
    GreaterOrEqual,
    /// `||`.
    Concat,
    /// `|`: printed, never evaluated.
    BitOr,
    /// `&`: printed, never evaluated.
    BitAnd,
    /// `<<`: printed, never evaluated.
    ShiftLeft,
    /// `>>`: printed, never evaluated.
    ShiftRight,
    /// `+`.
    Add,
    /// `-`.
    Subtract,
    /// `*`.
    Multiply,
    /// `/`.
    Divide,
    /// `%`.
    Modulo,
    /// `^`: printed, never evaluated.
    BitXor,
}

impl BinaryOperator {
    /// How the operator is printed.
    pub const fn text(self) -> &'static str {
        match self {
            BinaryOperator::Or => "OR",
            BinaryOperator::Xor => "XOR",
            BinaryOperator::And => "AND",
            BinaryOperator::DoubleAmpersand => "&&",
            BinaryOperator::Equal => "=",
            BinaryOperator::NotEqual => "<>",
            BinaryOperator::BangEqual => "!=",
            BinaryOperator::Less => "<",
            BinaryOperator::LessOrEqual => "<=",
            BinaryOperator::Greater => ">",
            BinaryOperator::GreaterOrEqual => ">=",
            BinaryOperator::Concat => "||",
            BinaryOperator::BitOr => "|",
            BinaryOperator::BitAnd => "&",
            BinaryOperator::ShiftLeft => "<<",
            BinaryOperator::ShiftRight => ">>",
            BinaryOperator::Add => "+",
            BinaryOperator::Subtract => "-",
            BinaryOperator::Multiply => "*",
            BinaryOperator::Divide => "/",
            BinaryOperator::Modulo => "%",
            BinaryOperator::BitXor => "^",
        }
    }

    /// Whether operands of a chain can stand side by side, for their order of grouping does not matter.
    pub const fn is_logic(self) -> bool {
        matches!(self, BinaryOperator::Or | BinaryOperator::And | BinaryOperator::DoubleAmpersand)
    }

    /// How tightly the operator binds; higher binds tighter. Conditions are 5, everything below is logic.
    pub const fn precedence(self) -> u8 {
        match self {
            BinaryOperator::Or => 1,
            BinaryOperator::Xor => 2,
            BinaryOperator::And | BinaryOperator::DoubleAmpersand => 3,
            BinaryOperator::Equal
            | BinaryOperator::NotEqual
            | BinaryOperator::BangEqual
            | BinaryOperator::Less
            | BinaryOperator::LessOrEqual
            | BinaryOperator::Greater
            | BinaryOperator::GreaterOrEqual => CONDITION_PRECEDENCE,
            BinaryOperator::Concat => 6,
            BinaryOperator::BitOr | BinaryOperator::BitAnd | BinaryOperator::ShiftLeft | BinaryOperator::ShiftRight => {
                7
            }
            BinaryOperator::Add | BinaryOperator::Subtract => 8,
            BinaryOperator::Multiply | BinaryOperator::Divide | BinaryOperator::Modulo => 9,
            BinaryOperator::BitXor => 10,
        }
    }
}

/// Precedence of `NOT`, between `AND` and conditions.
pub(crate) const NOT_PRECEDENCE: u8 = 4;
/// Precedence of comparisons, `IN`, `LIKE`, `BETWEEN` and `IS NULL`.
pub(crate) const CONDITION_PRECEDENCE: u8 = 5;

//! Values, expressions and conditions, their SQL and their meaning for one row.

use millrace_batch::text;
use std::cmp::Ordering;
use std::fmt::{Display, Formatter, Result as Formatted};

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    TinyInt,
    SmallInt,
    Int,
    BigInt,
    Float,
    Double,
    Decimal,
    Text,
    Boolean,
    Date,
    Time,
    Timestamp,
}

/// One value. Decimals are in hundredths.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell {
    Null,
    TinyInt(i8),
    SmallInt(i16),
    Int(i32),
    BigInt(i64),
    Float(f32),
    Double(f64),
    Decimal(i128),
    Text(String),
    Boolean(bool),
    Date(i32),
    Time(i64),
    Timestamp(i64),
}

/// A row that has no result.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Failure;

pub(crate) type Outcome<T> = Result<T, Failure>;

const MICROS_PER_DAY: i64 = 86_400_000_000;

fn written(write: impl FnOnce(&mut [u8]) -> usize) -> String {
    let mut scratch = [0u8; text::MAX_SCALAR_BYTES];
    let length = write(&mut scratch);
    String::from_utf8(scratch[..length].to_vec()).unwrap()
}

impl Cell {
    /// The Java text; `None` for null.
    pub(crate) fn text(&self) -> Option<String> {
        Some(match self {
            Cell::Null => return None,
            Cell::TinyInt(value) => value.to_string(),
            Cell::SmallInt(value) => value.to_string(),
            Cell::Int(value) => value.to_string(),
            Cell::BigInt(value) => value.to_string(),
            Cell::Float(value) => written(|to| text::write_f32(*value, to)),
            Cell::Double(value) => written(|to| text::write_f64(*value, to)),
            Cell::Decimal(value) => written(|to| text::write_decimal(*value, 2, to)),
            Cell::Text(value) => value.clone(),
            Cell::Boolean(value) => value.to_string(),
            Cell::Date(value) => written(|to| text::write_date(*value, to)),
            Cell::Time(value) => written(|to| text::write_time(*value, to)),
            Cell::Timestamp(value) => written(|to| text::write_timestamp(*value, to)),
        })
    }

    fn whole(&self) -> Option<i64> {
        match self {
            Cell::TinyInt(value) => Some((*value).into()),
            Cell::SmallInt(value) => Some((*value).into()),
            Cell::Int(value) => Some((*value).into()),
            Cell::BigInt(value) => Some(*value),
            _ => None,
        }
    }

    fn number(&self) -> Option<f64> {
        match self {
            Cell::Float(value) => Some((*value).into()),
            Cell::Double(value) => Some(*value),
            // Decimals of twelve digits are exact in steps of doubles this way.
            Cell::Decimal(value) => Some(*value as f64 / 100.0),
            other => other.whole().map(|value| value as f64),
        }
    }

    fn is_null(&self) -> bool {
        *self == Cell::Null
    }

    /// How two values compare; `None` for values of different classes and for NaN.
    fn order(&self, other: &Cell) -> Option<Ordering> {
        match (self, other) {
            (Cell::Text(a), Cell::Text(b)) => Some(a.encode_utf16().cmp(b.encode_utf16())),
            (Cell::Boolean(a), Cell::Boolean(b)) => Some(a.cmp(b)),
            (Cell::Date(a), Cell::Date(b)) => Some(a.cmp(b)),
            (Cell::Time(a), Cell::Time(b)) | (Cell::Timestamp(a), Cell::Timestamp(b)) => Some(a.cmp(b)),
            (a, b) => a.number()?.partial_cmp(&b.number()?),
        }
    }

    /// Whether `=` of two values that are not null holds.
    fn equals(&self, other: &Cell) -> bool {
        self.order(other) == Some(Ordering::Equal)
    }
}

/// An expression.
#[derive(Clone, Debug)]
pub(crate) enum Expression {
    Constant(Cell),
    Column(usize),
    Negative(Box<Expression>),
    /// Two whole numbers or doubles, of one kind.
    Operation(char, Kind, Box<Expression>, Box<Expression>),
    Concat(Vec<Expression>),
    Cast(Kind, bool, Box<Expression>),
    Case(Vec<(Condition, Expression)>, Option<Box<Expression>>),
    SimpleCase(Box<Expression>, Vec<(Expression, Expression)>, Box<Expression>),
    Coalesce(Box<Expression>, Box<Expression>),
    Length(Box<Expression>),
}

/// A condition.
#[derive(Clone, Debug)]
pub(crate) enum Condition {
    Compare(&'static str, Expression, Expression),
    IsNull(Expression, bool),
    In(Expression, bool, Vec<Expression>),
    /// Wildcards before and after a literal text.
    Like(Expression, bool, &'static str, String, &'static str),
    Truth(Expression),
    All(Vec<Condition>),
    Any(Vec<Condition>),
}

fn arithmetic(operator: char, kind: Kind, left: &Cell, right: &Cell) -> Outcome<Cell> {
    if left.is_null() || right.is_null() {
        return Ok(Cell::Null);
    }
    if kind == Kind::Double {
        let (a, b) = (left.number().unwrap(), right.number().unwrap());
        return Ok(Cell::Double(match operator {
            '+' => a + b,
            '-' => a - b,
            '*' => a * b,
            '/' => a / b,
            _ => a % b,
        }));
    }
    let (a, b) = (left.whole().unwrap(), right.whole().unwrap());
    if kind == Kind::Int {
        let (a, b) = (a as i32, b as i32);
        return Ok(Cell::Int(match operator {
            '+' => a.wrapping_add(b),
            '-' => a.wrapping_sub(b),
            '*' => a.wrapping_mul(b),
            _ if b == 0 => return Err(Failure),
            '/' => a.wrapping_div(b),
            _ => a.wrapping_rem(b),
        }));
    }
    Ok(Cell::BigInt(match operator {
        '+' => a.wrapping_add(b),
        '-' => a.wrapping_sub(b),
        '*' => a.wrapping_mul(b),
        _ if b == 0 => return Err(Failure),
        '/' => a.wrapping_div(b),
        _ => a.wrapping_rem(b),
    }))
}

fn cast(value: &Cell, target: Kind) -> Outcome<Cell> {
    let Some(text) = value.text() else { return Ok(Cell::Null) };
    let whole = || text.parse::<i64>().ok();
    Ok(match (target, value) {
        (Kind::Text, _) => Cell::Text(text),
        (Kind::TinyInt, _) => Cell::TinyInt(whole().and_then(|value| value.try_into().ok()).ok_or(Failure)?),
        (Kind::SmallInt, _) => Cell::SmallInt(whole().and_then(|value| value.try_into().ok()).ok_or(Failure)?),
        (Kind::Int, _) => Cell::Int(whole().and_then(|value| value.try_into().ok()).ok_or(Failure)?),
        (Kind::BigInt, _) => Cell::BigInt(whole().ok_or(Failure)?),
        // Rust reads what Java prints, apart from the words for what is no number.
        (Kind::Float, _) => Cell::Float(java_number(&text).and_then(|text| text.parse().ok()).ok_or(Failure)?),
        (Kind::Double, _) => Cell::Double(java_number(&text).and_then(|text| text.parse().ok()).ok_or(Failure)?),
        (Kind::Boolean, _) => match text.to_ascii_lowercase().as_str() {
            "true" | "1" => Cell::Boolean(true),
            "false" | "0" => Cell::Boolean(false),
            _ => return Err(Failure),
        },
        (Kind::Date, Cell::Date(_)) | (Kind::Time, Cell::Time(_)) | (Kind::Timestamp, Cell::Timestamp(_)) => {
            value.clone()
        }
        (Kind::Date, Cell::Timestamp(micros)) => Cell::Date(micros.div_euclid(MICROS_PER_DAY) as i32),
        (Kind::Time, Cell::Timestamp(micros)) => Cell::Time(micros.rem_euclid(MICROS_PER_DAY) * 1_000),
        (Kind::Time, Cell::Date(_)) => Cell::Time(0),
        (Kind::Timestamp, Cell::Date(days)) => Cell::Timestamp(i64::from(*days) * MICROS_PER_DAY),
        _ => return Err(Failure),
    })
}

fn java_number(text: &str) -> Option<&str> {
    let digits = text.trim_start_matches(['-', '+']);
    (digits == "Infinity" || digits == "NaN" || digits.starts_with(|c: char| c.is_ascii_digit())).then_some(text)
}

impl Expression {
    /// The value for one row.
    pub(crate) fn value(&self, row: &[Cell]) -> Outcome<Cell> {
        Ok(match self {
            Expression::Constant(cell) => cell.clone(),
            Expression::Column(index) => row[*index].clone(),
            Expression::Negative(operand) => match operand.value(row)? {
                Cell::Int(value) => Cell::Int(value.wrapping_neg()),
                Cell::BigInt(value) => Cell::BigInt(value.wrapping_neg()),
                Cell::Double(value) => Cell::Double(-value),
                _ => Cell::Null,
            },
            Expression::Operation(operator, kind, left, right) => {
                arithmetic(*operator, *kind, &left.value(row)?, &right.value(row)?)?
            }
            Expression::Concat(operands) => {
                let texts = operands.iter().map(|operand| Ok(operand.value(row)?.text().unwrap_or_default()));
                Cell::Text(texts.collect::<Outcome<String>>()?)
            }
            Expression::Cast(target, lenient, operand) => match cast(&operand.value(row)?, *target) {
                Err(Failure) if *lenient => Cell::Null,
                outcome => outcome?,
            },
            Expression::Case(branches, otherwise) => {
                for (condition, value) in branches {
                    if condition.holds(row)? {
                        return value.value(row);
                    }
                }
                otherwise.as_ref().map_or(Ok(Cell::Null), |value| value.value(row))?
            }
            Expression::SimpleCase(operand, branches, otherwise) => {
                for (candidate, value) in branches {
                    let (left, right) = (operand.value(row)?, candidate.value(row)?);
                    if right == Cell::Boolean(true) || (!left.is_null() && !right.is_null() && left.equals(&right)) {
                        return value.value(row);
                    }
                }
                otherwise.value(row)?
            }
            Expression::Coalesce(left, right) => {
                let (left, right) = (left.value(row)?, right.value(row)?);
                if left.is_null() { right } else { left }
            }
            Expression::Length(operand) => match operand.value(row)? {
                Cell::Text(text) => Cell::BigInt(text.encode_utf16().count() as i64),
                _ => Cell::Null,
            },
        })
    }
}

impl Condition {
    /// Whether it holds for one row.
    pub(crate) fn holds(&self, row: &[Cell]) -> Outcome<bool> {
        Ok(match self {
            Condition::Compare(operator, left, right) => {
                let (left, right) = (left.value(row)?, right.value(row)?);
                if left.is_null() || right.is_null() {
                    return Ok(*operator == "<>" && left.is_null() != right.is_null());
                }
                let order = left.order(&right);
                match *operator {
                    "=" => order == Some(Ordering::Equal),
                    "<>" => order != Some(Ordering::Equal),
                    "<" => order == Some(Ordering::Less),
                    "<=" => order.is_some_and(Ordering::is_le),
                    ">" => order == Some(Ordering::Greater),
                    _ => order.is_some_and(Ordering::is_ge),
                }
            }
            Condition::IsNull(operand, negated) => operand.value(row)?.is_null() != *negated,
            Condition::In(operand, negated, items) => {
                let left = operand.value(row)?;
                let items = items.iter().map(|item| item.value(row)).collect::<Outcome<Vec<_>>>()?;
                if left.is_null() {
                    items[0].is_null()
                } else {
                    items.iter().any(|item| !item.is_null() && left.equals(item)) != *negated
                }
            }
            Condition::Like(operand, negated, before, literal, after) => {
                let Cell::Text(text) = operand.value(row)? else { return Ok(false) };
                let matched = match (*before, *after) {
                    ("", "") => text == *literal,
                    ("%", "") => text.ends_with(literal.as_str()),
                    ("", "%") => text.starts_with(literal.as_str()),
                    ("%", "%") => text.contains(literal.as_str()),
                    ("_", _) => text.strip_suffix(literal.as_str()).is_some_and(|rest| rest.chars().count() == 1),
                    _ => text.strip_prefix(literal.as_str()).is_some_and(|rest| rest.chars().count() == 1),
                };
                matched != *negated
            }
            Condition::Truth(operand) => operand.value(row)? == Cell::Boolean(true),
            Condition::All(operands) => {
                let truths = operands.iter().map(|operand| operand.holds(row)).collect::<Outcome<Vec<_>>>()?;
                truths.into_iter().all(|truth| truth)
            }
            Condition::Any(operands) => {
                let truths = operands.iter().map(|operand| operand.holds(row)).collect::<Outcome<Vec<_>>>()?;
                truths.into_iter().any(|truth| truth)
            }
        })
    }
}

impl Display for Kind {
    fn fmt(&self, f: &mut Formatter<'_>) -> Formatted {
        f.write_str(match self {
            Kind::TinyInt => "TINYINT",
            Kind::SmallInt => "SMALLINT",
            Kind::Int => "INT",
            Kind::BigInt => "BIGINT",
            Kind::Float => "FLOAT",
            Kind::Double => "DOUBLE",
            Kind::Decimal => "DECIMAL(12, 2)",
            Kind::Text => "STRING",
            Kind::Boolean => "BOOLEAN",
            Kind::Date => "DATE",
            Kind::Time => "TIME",
            Kind::Timestamp => "TIMESTAMP",
        })
    }
}

impl Display for Cell {
    fn fmt(&self, f: &mut Formatter<'_>) -> Formatted {
        let text = self.text().unwrap_or_default();
        match self {
            Cell::Null => f.write_str("NULL"),
            Cell::Text(_) => write!(f, "'{}'", text.replace('\'', "''")),
            Cell::Date(_) => write!(f, "DATE '{text}'"),
            Cell::Time(_) => write!(f, "TIME '{text}'"),
            Cell::Timestamp(_) => write!(f, "TIMESTAMP '{}'", text.replace('T', " ")),
            Cell::BigInt(_) => write!(f, "CAST({text} AS BIGINT)"),
            _ => write!(f, "({text})"),
        }
    }
}

fn list(items: &[Expression]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

impl Display for Expression {
    fn fmt(&self, f: &mut Formatter<'_>) -> Formatted {
        match self {
            Expression::Constant(cell) => write!(f, "{cell}"),
            Expression::Column(index) => write!(f, "c{index}"),
            Expression::Negative(operand) => write!(f, "(-{operand})"),
            Expression::Operation(operator, _, left, right) => write!(f, "({left} {operator} {right})"),
            Expression::Concat(operands) => write!(f, "CONCAT({})", list(operands)),
            Expression::Cast(target, lenient, operand) => {
                write!(f, "{}CAST({operand} AS {target})", if *lenient { "TRY_" } else { "" })
            }
            Expression::Case(branches, otherwise) => {
                f.write_str("CASE")?;
                for (condition, value) in branches {
                    write!(f, " WHEN {condition} THEN {value}")?;
                }
                if let Some(value) = otherwise {
                    write!(f, " ELSE {value}")?;
                }
                f.write_str(" END")
            }
            Expression::SimpleCase(operand, branches, otherwise) => {
                write!(f, "CASE {operand}")?;
                for (candidate, value) in branches {
                    write!(f, " WHEN {candidate} THEN {value}")?;
                }
                write!(f, " ELSE {otherwise} END")
            }
            Expression::Coalesce(left, right) => write!(f, "COALESCE({left}, {right})"),
            Expression::Length(operand) => write!(f, "LENGTH({operand})"),
        }
    }
}

impl Display for Condition {
    fn fmt(&self, f: &mut Formatter<'_>) -> Formatted {
        let not = |negated: &bool| if *negated { "NOT " } else { "" };
        let joined = |operands: &[Condition], word: &str| {
            operands.iter().map(|operand| format!("({operand})")).collect::<Vec<_>>().join(word)
        };
        match self {
            Condition::Compare(operator, left, right) => write!(f, "{left} {operator} {right}"),
            Condition::IsNull(operand, negated) => write!(f, "{operand} IS {}NULL", not(negated)),
            Condition::In(operand, negated, items) => write!(f, "{operand} {}IN ({})", not(negated), list(items)),
            Condition::Like(operand, negated, before, literal, after) => {
                write!(f, "{operand} {}LIKE '{before}{literal}{after}'", not(negated))
            }
            Condition::Truth(operand) => write!(f, "{operand}"),
            Condition::All(operands) => f.write_str(&joined(operands, " AND ")),
            Condition::Any(operands) => f.write_str(&joined(operands, " OR ")),
        }
    }
}

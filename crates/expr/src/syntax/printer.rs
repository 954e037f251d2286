//! Expressions back to text, with the spacing and capitals of the parser that SeaTunnel uses: this text is the name of a
//! column without an alias.

use super::ast::{CastForm, Expression, ExpressionKind, TypeName};
use std::fmt::{Display, Formatter, Result, Write};

/// A name without the backticks around it.
pub(crate) fn unquote(name: &str) -> &str {
    name.strip_prefix('`').and_then(|rest| rest.strip_suffix('`')).unwrap_or(name)
}

impl Display for Expression {
    /// # Source
    /// `JSqlParser`'s `toString` of each expression class.
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match &self.kind {
            ExpressionKind::Null => f.write_str("NULL"),
            ExpressionKind::Integer(text)
            | ExpressionKind::Decimal(text)
            | ExpressionKind::CurrentTime(text)
            | ExpressionKind::Unsupported(text) => f.write_str(text),
            ExpressionKind::Text(text) => write!(f, "'{text}'"),
            ExpressionKind::Temporal { keyword, text } => write!(f, "{} '{text}'", keyword.to_uppercase()),
            ExpressionKind::Column(parts) => f.write_str(&parts.join(".")),
            ExpressionKind::Sign { sign, operand } => write!(f, "{sign}{operand}"),
            ExpressionKind::Binary { operator, left, right } => write!(f, "{left} {} {right}", operator.text()),
            ExpressionKind::Logic { operator, operands } => {
                for (index, operand) in operands.iter().enumerate() {
                    if index > 0 {
                        write!(f, " {} ", operator.text())?;
                    }
                    write!(f, "{operand}")?;
                }
                Ok(())
            }
            ExpressionKind::Parenthesis(inner) => write!(f, "({inner})"),
            ExpressionKind::Function { name, arguments, star, distinct } => {
                write!(f, "{name}({}", if *distinct { "DISTINCT " } else { "" })?;
                if *star {
                    f.write_str("*")?;
                }
                write_list(f, arguments)?;
                f.write_char(')')
            }
            ExpressionKind::Cast { form: CastForm::Cast, operand, target } => write!(f, "CAST({operand} AS {target})"),
            ExpressionKind::Cast { form: CastForm::TryCast, operand, target } => {
                write!(f, "TRY_CAST({operand} AS {target})")
            }
            ExpressionKind::Cast { form: CastForm::Colons, operand, target } => write!(f, "{operand}::{target}"),
            ExpressionKind::Extract { field, operand } => write!(f, "EXTRACT({field} FROM {operand})"),
            ExpressionKind::AtTimeZone { operand, zone } => write!(f, "{operand} AT TIME ZONE {zone}"),
            ExpressionKind::Case { operand, branches, otherwise } => {
                f.write_str("CASE ")?;
                if let Some(operand) = operand {
                    write!(f, "{operand} ")?;
                }
                for (when, then) in branches {
                    write!(f, "WHEN {when} THEN {then} ")?;
                }
                if let Some(otherwise) = otherwise {
                    write!(f, "ELSE {otherwise} ")?;
                }
                f.write_str("END")
            }
            ExpressionKind::IsNull { operand, negated } => write!(f, "{operand} IS {}NULL", not(*negated)),
            ExpressionKind::In { operand, negated, items } => {
                write!(f, "{operand} {}IN (", not(*negated))?;
                write_list(f, items)?;
                f.write_char(')')
            }
            ExpressionKind::Like { operand, negated, pattern } => {
                write!(f, "{operand} {}LIKE {pattern}", not(*negated))
            }
            ExpressionKind::Between { operand, negated, low, high } => {
                write!(f, "{operand} {}BETWEEN {low} AND {high}", not(*negated))
            }
            ExpressionKind::Not(operand) => write!(f, "NOT {operand}"),
        }
    }
}

const fn not(negated: bool) -> &'static str {
    if negated { "NOT " } else { "" }
}

fn write_list(f: &mut Formatter<'_>, items: &[Expression]) -> Result {
    for (index, item) in items.iter().enumerate() {
        write!(f, "{}{item}", if index > 0 { ", " } else { "" })?;
    }
    Ok(())
}

impl Display for TypeName {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(&self.name)?;
        if !self.arguments.is_empty() {
            write!(f, " ({})", self.arguments.join(", "))?;
        }
        Ok(())
    }
}

//! Type rules of operators and `CASE`.

use crate::compute::convert::is_number;
use millrace_batch::DataType;

/// Type of `left operator right`; `None` when an operand is not a number.
///
/// # Source
/// SeaTunnel `ZetaSQLType.getExpressionType` for binary operators.
pub(crate) fn arithmetic_type(left: &DataType, right: &DataType) -> Option<DataType> {
    use DataType::{BigInt, Decimal, Double, Float, Int, Null};
    if *left == Null || *right == Null {
        let other = if *left == Null { right } else { left };
        return if *other == Null { Some(Int) } else { arithmetic_type(other, other) };
    }
    if !is_number(left) || !is_number(right) {
        return None;
    }
    Some(match (left, right) {
        (Decimal { precision: p, scale: s }, Decimal { precision: q, scale: t }) => {
            Decimal { precision: *p.max(q), scale: *s.max(t) }
        }
        (decimal @ Decimal { .. }, _) | (_, decimal @ Decimal { .. }) => decimal.clone(),
        (Float | Double, _) | (_, Float | Double) => Double,
        (BigInt, _) | (_, BigInt) => BigInt,
        _ => Int,
    })
}

/// The type that holds the values of both branches; `None` when there is none. NULL gives way to the other.
///
/// # Source
/// SeaTunnel `ZetaSQLType.getMaxType`: equal types, or the later number in the order of `SqlType`.
pub(crate) fn common_type(left: &DataType, right: &DataType) -> Option<DataType> {
    use DataType::{Decimal, Null};
    const fn rank(data_type: &DataType) -> u8 {
        match data_type {
            DataType::TinyInt => 1,
            DataType::SmallInt => 2,
            DataType::Int => 3,
            DataType::BigInt => 4,
            DataType::Float => 5,
            DataType::Double => 6,
            DataType::Decimal { .. } => 7,
            _ => 0,
        }
    }
    match (left, right) {
        (left, right) if left == right => Some(left.clone()),
        (Null, other) | (other, Null) => Some(other.clone()),
        (Decimal { precision: p, scale: s }, Decimal { precision: q, scale: t }) => {
            Some(Decimal { precision: *p.max(q), scale: *s.max(t) })
        }
        (left, right) if is_number(left) && is_number(right) => {
            Some(if rank(left) >= rank(right) { left.clone() } else { right.clone() })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use DataType::{BigInt, Date, Double, Float, Int, Null, SmallInt, String, TinyInt};

    const fn decimal(precision: u8, scale: i8) -> DataType {
        DataType::Decimal { precision, scale }
    }

    #[test]
    fn operators_widen_numbers_and_refuse_everything_else() {
        for (left, right, expected) in [
            (TinyInt, SmallInt, Some(Int)),
            (Int, BigInt, Some(BigInt)),
            (BigInt, Float, Some(Double)),
            (Float, Float, Some(Double)),
            (decimal(10, 2), Int, Some(decimal(10, 2))),
            (Double, decimal(10, 2), Some(decimal(10, 2))),
            (decimal(10, 2), decimal(5, 4), Some(decimal(10, 4))),
            (Int, Null, Some(Int)),
            (Int, String, None),
            (Date, Int, None),
        ] {
            assert_eq!(arithmetic_type(&left, &right), expected, "{left} {right}");
        }
    }

    #[test]
    fn branches_take_the_later_number() {
        for (left, right, expected) in [
            (Int, Int, Some(Int)),
            (TinyInt, SmallInt, Some(SmallInt)),
            (Int, Double, Some(Double)),
            (Double, decimal(10, 2), Some(decimal(10, 2))),
            (Null, Date, Some(Date)),
            (String, Int, None),
            (Date, String, None),
        ] {
            assert_eq!(common_type(&left, &right), expected, "{left} {right}");
        }
    }
}

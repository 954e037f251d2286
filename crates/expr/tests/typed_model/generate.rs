//! Random rows, expressions and conditions.

use super::COLUMNS;
use super::expression::{Cell, Condition, Expression, Kind};
use proptest::prelude::*;

fn cell(kind: Kind) -> BoxedStrategy<Cell> {
    match kind {
        Kind::TinyInt => any::<i8>().prop_map(Cell::TinyInt).boxed(),
        Kind::SmallInt => prop_oneof![-3..4i16, any::<i16>()].prop_map(Cell::SmallInt).boxed(),
        // The lowest INT is written as a BIGINT with a sign, so no literal gives it.
        Kind::Int => prop_oneof![3 => -3..4i32, 1 => Just(i32::MAX), 1 => (i32::MIN + 1)..].prop_map(Cell::Int).boxed(),
        Kind::BigInt => {
            prop_oneof![3 => -3..4i64, 1 => Just(i64::MAX), 1 => (i64::MIN + 1)..].prop_map(Cell::BigInt).boxed()
        }
        Kind::Float => prop_oneof![(-40..40i16).prop_map(|value| f32::from(value) / 8.0), -1e9..1e9f32, Just(f32::NAN)]
            .prop_map(Cell::Float)
            .boxed(),
        Kind::Double => prop_oneof![(-40..40i32).prop_map(|value| f64::from(value) / 8.0), -1e12..1e12f64]
            .prop_map(Cell::Double)
            .boxed(),
        Kind::Decimal => {
            prop_oneof![-300..300i128, -999_999_999_999..=999_999_999_999i128].prop_map(Cell::Decimal).boxed()
        }
        Kind::Text => prop_oneof!["[ab]{0,3}", "-?[0-9]{1,4}", "[aé€😀]{0,3}", Just("true".to_owned())]
            .prop_map(Cell::Text)
            .boxed(),
        Kind::Boolean => any::<bool>().prop_map(Cell::Boolean).boxed(),
        Kind::Date => prop_oneof![-2..3i32, -700_000..2_900_000i32].prop_map(Cell::Date).boxed(),
        Kind::Time => {
            prop_oneof![Just(0i64), (0..86_400i64).prop_map(|second| second * 1_000_000_000), 0..86_400_000_000_000i64]
                .prop_map(Cell::Time)
                .boxed()
        }
        Kind::Timestamp => prop_oneof![
            -3..3i64,
            (-2..3i64).prop_map(|day| day * 86_400_000_000),
            -60_000_000_000_000_000..200_000_000_000_000_000i64
        ]
        .prop_map(Cell::Timestamp)
        .boxed(),
    }
}

/// Rows of all columns, a fifth of the values null.
pub(crate) fn rows() -> impl Strategy<Value = Vec<Vec<Cell>>> {
    let columns: Vec<BoxedStrategy<Cell>> =
        COLUMNS.iter().map(|kind| prop_oneof![4 => cell(*kind), 1 => Just(Cell::Null)].boxed()).collect();
    prop::collection::vec(columns, 1..24)
}

fn column(kind: Kind) -> Expression {
    Expression::Column(COLUMNS.iter().position(|other| *other == kind).unwrap())
}

/// A constant, where the grammar has literals of the kind.
fn leaf(kind: Kind) -> BoxedStrategy<Expression> {
    match kind {
        Kind::TinyInt | Kind::SmallInt | Kind::Float | Kind::Decimal => Just(column(kind)).boxed(),
        _ => prop_oneof![2 => Just(column(kind)), 1 => cell(kind).prop_map(Expression::Constant)].boxed(),
    }
}

fn pair(
    left: BoxedStrategy<Expression>,
    right: BoxedStrategy<Expression>,
) -> impl Strategy<Value = (Box<Expression>, Box<Expression>)> {
    (left, right).prop_map(|(left, right)| (Box::new(left), Box::new(right)))
}

fn one_of(kinds: &[Kind], depth: u32) -> BoxedStrategy<Expression> {
    prop::sample::select(kinds.to_vec()).prop_flat_map(move |kind| of_kind(kind, depth)).boxed()
}

const WHOLE: [Kind; 3] = [Kind::TinyInt, Kind::SmallInt, Kind::Int];

/// What only expressions of one kind can be.
fn special(kind: Kind, depth: u32) -> BoxedStrategy<Expression> {
    let operator = prop::sample::select(vec!['+', '-', '*', '/', '%']);
    let operation = move |kind: Kind, left: BoxedStrategy<Expression>, right: BoxedStrategy<Expression>| {
        (operator.clone(), pair(left, right))
            .prop_map(move |(operator, (left, right))| Expression::Operation(operator, kind, left, right))
            .boxed()
    };
    let negative =
        |kind: Kind| of_kind(kind, depth).prop_map(|operand| Expression::Negative(Box::new(operand))).boxed();
    let cast = |kind: Kind, from: &[Kind]| {
        (one_of(from, depth), any::<bool>())
            .prop_map(move |(operand, lenient)| Expression::Cast(kind, lenient, Box::new(operand)))
            .boxed()
    };
    match kind {
        Kind::TinyInt => cast(kind, &[Kind::TinyInt, Kind::SmallInt, Kind::Text]),
        Kind::SmallInt => cast(kind, &[Kind::TinyInt, Kind::Int, Kind::Text]),
        Kind::Int => prop_oneof![
            2 => operation(kind, one_of(&WHOLE, depth), one_of(&WHOLE, depth)),
            1 => negative(kind),
            1 => cast(kind, &[Kind::TinyInt, Kind::BigInt, Kind::Text, Kind::Double]),
        ]
        .boxed(),
        Kind::BigInt => prop_oneof![
            1 => operation(kind, of_kind(kind, depth), one_of(&WHOLE, depth)),
            1 => operation(kind, one_of(&WHOLE, depth), of_kind(kind, depth)),
            1 => negative(kind),
            1 => cast(kind, &[Kind::SmallInt, Kind::Int, Kind::Text]),
            1 => of_kind(Kind::Text, depth).prop_map(|operand| Expression::Length(Box::new(operand))),
        ]
        .boxed(),
        Kind::Float => cast(kind, &[Kind::Int, Kind::BigInt, Kind::Double, Kind::Decimal, Kind::Text]),
        Kind::Double => prop_oneof![
            2 => operation(kind, of_kind(kind, depth), one_of(&[Kind::Int, Kind::BigInt, Kind::Float, Kind::Double], depth)),
            1 => operation(kind, one_of(&[Kind::SmallInt, Kind::BigInt, Kind::Float], depth), of_kind(kind, depth)),
            1 => negative(kind),
            1 => cast(kind, &[Kind::Int, Kind::BigInt, Kind::Float, Kind::Decimal, Kind::Text]),
        ]
        .boxed(),
        Kind::Text => prop_oneof![
            2 => prop::collection::vec(one_of(&COLUMNS, depth), 1..4).prop_map(Expression::Concat),
            1 => cast(kind, &COLUMNS),
        ]
        .boxed(),
        Kind::Boolean => cast(kind, &[Kind::Boolean, Kind::Int, Kind::Text]),
        Kind::Date | Kind::Timestamp => cast(kind, &[Kind::Date, Kind::Timestamp, Kind::Text]),
        Kind::Time => cast(kind, &[Kind::Date, Kind::Time, Kind::Timestamp, Kind::Text]),
        Kind::Decimal => Just(column(kind)).boxed(),
    }
}

/// An expression of one kind, at most so deep.
pub(crate) fn of_kind(kind: Kind, depth: u32) -> BoxedStrategy<Expression> {
    if depth == 0 {
        return leaf(kind);
    }
    let below = depth - 1;
    let branch = (condition(below), of_kind(kind, below));
    let case = (prop::collection::vec(branch, 1..3), prop::option::of(of_kind(kind, below)))
        .prop_map(|(branches, otherwise)| Expression::Case(branches, otherwise.map(Box::new)));
    let simple = prop::sample::select(COLUMNS.to_vec()).prop_flat_map(move |compared| {
        let branch = (of_kind(compared, 0), of_kind(kind, below));
        (of_kind(compared, below), prop::collection::vec(branch, 1..3), of_kind(kind, below)).prop_map(
            |(operand, branches, otherwise)| Expression::SimpleCase(Box::new(operand), branches, Box::new(otherwise)),
        )
    });
    let coalesce =
        pair(of_kind(kind, below), of_kind(kind, below)).prop_map(|(left, right)| Expression::Coalesce(left, right));
    prop_oneof![3 => leaf(kind), 4 => special(kind, below), 1 => case, 1 => simple, 1 => coalesce].boxed()
}

/// A condition, at most so deep.
pub(crate) fn condition(depth: u32) -> BoxedStrategy<Condition> {
    let below = depth.saturating_sub(1);
    let numbers = [Kind::TinyInt, Kind::SmallInt, Kind::Int, Kind::BigInt, Kind::Float, Kind::Double, Kind::Decimal];
    let operator = prop::sample::select(vec!["=", "<>", "<", "<=", ">", ">="]);
    let ordered = prop::sample::select(vec![Kind::Text, Kind::Date, Kind::Time, Kind::Timestamp]);
    let leaf = prop_oneof![
        3 => (operator.clone(), one_of(&numbers, below), one_of(&numbers, below))
            .prop_map(|(operator, left, right)| Condition::Compare(operator, left, right)),
        2 => (operator, ordered).prop_flat_map(move |(operator, kind)| (Just(operator), of_kind(kind, below), of_kind(kind, below)))
            .prop_map(|(operator, left, right)| Condition::Compare(operator, left, right)),
        1 => (prop::sample::select(vec!["=", "<>"]), one_of(&COLUMNS, below), one_of(&COLUMNS, below))
            .prop_map(|(operator, left, right)| Condition::Compare(operator, left, right)),
        1 => (one_of(&COLUMNS, below), any::<bool>()).prop_map(|(operand, negated)| Condition::IsNull(operand, negated)),
        2 => prop::sample::select(COLUMNS.to_vec()).prop_flat_map(move |kind| {
            (of_kind(kind, below), any::<bool>(), prop::collection::vec(of_kind(kind, 0), 1..9))
        }).prop_map(|(operand, negated, items)| Condition::In(operand, negated, items)),
        2 => (of_kind(Kind::Text, below), any::<bool>(), prop::sample::select(vec![
            ("", ""), ("%", ""), ("", "%"), ("%", "%"), ("_", ""), ("", "_"),
        ]), "[ab1é]{0,2}").prop_map(|(operand, negated, (before, after), literal)| {
            Condition::Like(operand, negated, before, literal, after)
        }),
        1 => of_kind(Kind::Boolean, 0).prop_map(Condition::Truth),
    ];
    if depth == 0 {
        return leaf.boxed();
    }
    let operands = prop::collection::vec(condition(below), 2..4);
    prop_oneof![4 => leaf, 1 => operands.clone().prop_map(Condition::All), 1 => operands.prop_map(Condition::Any)]
        .boxed()
}

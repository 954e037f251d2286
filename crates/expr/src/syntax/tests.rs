//! Parsing, refusing and printing again.

use super::{Expression, ExpressionKind, SelectItem, parse};
use millrace_batch::ErrorCode;

/// The text of the only selected expression, printed again.
fn printed(expression: &str) -> String {
    let query = parse(&format!("SELECT {expression} FROM t")).unwrap();
    match &query.items[..] {
        [SelectItem::Expression { expression, .. }] => expression.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn expressions_print_with_the_spacing_of_the_original_parser() {
    for (text, expected) in [
        ("a+1", "a + 1"),
        ("a-1-b", "a - 1 - b"),
        ("a*(b+c)/2", "a * (b + c) / 2"),
        ("-a", "-a"),
        ("+ -a", "+-a"),
        ("a||b", "a || b"),
        ("a||b+1", "a || b + 1"),
        ("upper( a )", "upper(a)"),
        ("f()", "f()"),
        ("f(a,b , c)", "f(a, b, c)"),
        ("count(*)", "count(*)"),
        ("count(distinct a)", "count(DISTINCT a)"),
        ("cast(a as int)", "CAST(a AS int)"),
        ("cast(a as decimal(10,2))", "CAST(a AS decimal (10, 2))"),
        ("try_cast(a as int)", "TRY_CAST(a AS int)"),
        ("a::int", "a::int"),
        ("extract(year from a)", "EXTRACT(year FROM a)"),
        ("case a when 1 then 'x' else null end", "CASE a WHEN 1 THEN 'x' ELSE NULL END"),
        ("case when a=1 and b is not null then 1 end", "CASE WHEN a = 1 AND b IS NOT NULL THEN 1 END"),
        ("case when a in(1,2) or b not like 'x%' then 1 end", "CASE WHEN a IN (1, 2) OR b NOT LIKE 'x%' THEN 1 END"),
        ("case when not a<>1 then 1 end", "CASE WHEN NOT a <> 1 THEN 1 END"),
        ("case when a!=1 then 1 end", "CASE WHEN a != 1 THEN 1 END"),
        ("case when a between 1 and 2 then 1 end", "CASE WHEN a BETWEEN 1 AND 2 THEN 1 END"),
        ("'it''s'", "'it''s'"),
        ("1.10", "1.10"),
        (".5", ".5"),
        ("1e-3", "1e-3"),
        ("`a b`", "`a b`"),
        ("a.b.`c`", "a.b.`c`"),
        ("current_date", "current_date"),
        ("CURRENT_TIMESTAMP()", "CURRENT_TIMESTAMP()"),
        ("date '2024-01-01'", "DATE '2024-01-01'"),
        ("left(a, 1)", "left(a, 1)"),
        ("null", "NULL"),
        ("a /* c */ + -- d\n 1", "a + 1"),
        ("数量+1", "数量 + 1"),
    ] {
        assert_eq!(printed(text), expected, "{text}");
        assert_eq!(printed(expected), expected, "printing again changes nothing");
    }
}

#[test]
fn operators_bind_by_their_precedence() {
    for (text, grouped) in [
        ("a = 1 or b = 2 and c + 1 * 2 = 3", "[a = 1] OR [[b = 2] AND [[c + [1 * 2]] = 3]]"),
        ("a - b - c", "[a - b] - c"),
        ("a || b + c * d", "a || [b + [c * d]]"),
        ("a or b or c and d and e", "[a] OR [b] OR [[c] AND [d] AND [e]]"),
        ("(a or b) or c", "[(a OR b)] OR [c]"),
    ] {
        let query = parse(&format!("SELECT 1 FROM t WHERE {text}")).unwrap();
        assert_eq!(bracketed(&query.predicate.unwrap(), true), grouped, "{text}");
    }
}

/// The expression with a bracket around every operand of logic and every other binary operation.
fn bracketed(expression: &Expression, outermost: bool) -> String {
    let text = match &expression.kind {
        ExpressionKind::Logic { operator, operands } => {
            let operands: Vec<_> = operands
                .iter()
                .map(|operand| {
                    let text = bracketed(operand, true);
                    format!("[{text}]")
                })
                .collect();
            return operands.join(&format!(" {} ", operator.text()));
        }
        ExpressionKind::Binary { operator, left, right } => {
            format!("{} {} {}", bracketed(left, false), operator.text(), bracketed(right, false))
        }
        _ => return expression.to_string(),
    };
    if outermost { text } else { format!("[{text}]") }
}

#[test]
fn aliases_lose_their_backticks() {
    for (item, expected) in [
        ("a x", Some("x")),
        ("a AS x", Some("x")),
        ("a as `x y`", Some("x y")),
        ("a \"x\"", Some("\"x\"")),
        ("a", None),
    ] {
        let query = parse(&format!("select {item} from t")).unwrap();
        let SelectItem::Expression { alias, .. } = &query.items[0] else { panic!("{item}") };
        assert_eq!(alias.as_deref(), expected, "{item}");
    }
}

#[test]
fn what_is_read_and_ignored_parses() {
    for sql in [
        "select distinct a from t",
        "select a from t having a > 1",
        "select a from t where a > 1 having a > 1;",
        "select * from dual",
        "select t.* from t",
        "select a from `my table`",
        "select a from t lateral view explode(b) as c",
        "select a from t lateral view outer explode(split(b, ',')) x as `c` lateral view explode(d) as e where a > 1",
    ] {
        assert!(parse(sql).is_ok(), "{sql}: {:?}", parse(sql));
    }
}

#[test]
fn what_the_dialect_does_not_have_is_refused_with_its_place() {
    for (sql, cause, offset) in [
        ("select a from t x", "Unsupported table alias name syntax", 16),
        ("select a from t as x", "Unsupported table alias name syntax", 16),
        ("select a from db.t", "Unsupported schema syntax", 14),
        ("select a from (select a from t) x", "Unsupported sub table syntax", 14),
        ("select 1", "Unsupported sub table syntax", 8),
        ("select a from t join u on t.a = u.a", "Unsupported table join syntax", 16),
        ("select a from t, u", "Unsupported table join syntax", 15),
        ("select a from t group by a", "Unsupported GROUP BY syntax", 16),
        ("select a from t order by a", "Unsupported ORDER BY syntax", 16),
        ("select a from t limit 1", "Unsupported LIMIT,OFFSET syntax", 16),
        ("select a from t where a > 1 offset 1", "Unsupported LIMIT,OFFSET syntax", 28),
        ("select a from t union select a from t", "Unsupported SQL syntax", 16),
        ("insert into t values (1)", "Only supported DQL(select) SQL", 0),
    ] {
        let error = parse(sql).unwrap_err();
        assert_eq!(error.code, ErrorCode::SqlInvalid, "{sql}");
        assert_eq!(error.message, format!("SQL validate failed: {sql}, cause: {cause}"));
        assert_eq!(error.offset, Some(offset), "{sql}");
    }
}

#[test]
fn broken_text_is_a_syntax_error_with_its_place() {
    for (sql, offset) in [
        ("", 0),
        ("select", 6),
        ("select a,", 9),
        ("select i, from t", 10),
        ("select a from", 13),
        ("select a from t where", 21),
        ("select a from t where a <=> 1", 24),
        ("select a b c from t", 11),
        ("select 'a from t", 7),
        ("select `a from t", 7),
        ("select a /* from t", 9),
        ("select (a from t", 10),
        ("select f(a from t", 11),
        ("select f(a,) from t", 11),
        ("select a from t lateral view explode(b) c", 41),
        ("select a from t lateral explode(b) as c", 24),
        ("select case end from t", 16),
        ("select case when a then b from t", 26),
        ("select cast(a int) from t", 14),
        ("select cast(a as 1) from t", 17),
        ("select a from t where a in ()", 28),
        ("select a; select b from t", 8),
        ("select a from t; select a from t", 17),
        ("select by from t", 7),
        ("select a from t where a is 1", 27),
        ("select ? from t", 7),
        ("select a..b from t", 9),
        ("SELECT \u{0}", 7),
    ] {
        let error = parse(sql).unwrap_err();
        assert_eq!(error.code, ErrorCode::SqlSyntax, "{sql}: {}", error.message);
        assert_eq!(error.offset, Some(offset), "{sql}: {}", error.message);
        assert!(error.message.starts_with(&format!("SQL parse failed: {sql}, cause: ")), "{}", error.message);
    }
    let error = parse("select a\nfrom t where\n  ) ").unwrap_err();
    assert!(error.message.ends_with("at line 3, column 3"), "{}", error.message);
}

#[test]
fn depth_is_limited_without_a_stack_overflow() {
    for sql in [
        format!("select {}1{} from t", "(".repeat(100_000), ")".repeat(100_000)),
        format!("select {}1 from t", "- ".repeat(100_000)),
        format!("select 1{} from t", " + 1".repeat(100_000)),
        format!("select 1{} from t", "::int".repeat(100_000)),
        format!("select 1 from t where {} a", "not ".repeat(100_000)),
        format!("select {}1{} from t", "f(".repeat(100_000), ")".repeat(100_000)),
        format!("select {} 1 from t", "case when ".repeat(100_000)),
    ] {
        let error = parse(&sql).unwrap_err();
        assert_eq!(error.code, ErrorCode::SqlSyntax);
        assert!(error.message.contains("nested too deeply"));
    }
    let conditions = vec!["a = 1"; 10_000].join(" or ");
    assert!(parse(&format!("select a from t where {conditions}")).is_ok());
    let nested = format!("{}1{}", "(1 + ".repeat(60), ") + 1 + 1 + 1".repeat(60));
    assert_eq!(parse(&format!("select {nested} from t")).unwrap_err().code, ErrorCode::SqlSyntax);
    let items = vec!["a"; 10_000].join(", ");
    assert!(parse(&format!("select {items} from t where a in ({items})")).is_ok());
}

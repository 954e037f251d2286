//! What Java does, and what is refused.

#![allow(clippy::unwrap_used)]
use super::*;
use proptest::prelude::*;

fn parts(pattern: &str, text: &str, limit: usize) -> Vec<String> {
    let mut parts = Vec::new();
    split(&compile(pattern).unwrap(), text, limit, |part| parts.push(part.to_owned()));
    parts
}

#[test]
fn split_cuts_as_java_cuts() {
    for (pattern, text, limit, expected) in [
        (" ", "a b c", 2, vec!["a", "b c"]),
        (" ", "a b c", 9, vec!["a", "b", "c"]),
        (" ", "abc", 2, vec!["abc"]),
        (" ", "", 2, vec![""]),
        (",", ",a,,", 9, vec!["", "a", "", ""]),
        (",", "a,b", 1, vec!["a,b"]),
        ("", "abc", 9, vec!["a", "b", "c", ""]),
        ("", "abc", 2, vec!["a", "bc"]),
        ("x*", "axxb", 9, vec!["a", "", "b", ""]),
        ("\\|", "a|b", 9, vec!["a", "b"]),
        ("\\s+", "a \u{a0}b", 9, vec!["a", "\u{a0}b"]),
        ("[,;]", "a;b,c", 9, vec!["a", "b", "c"]),
    ] {
        assert_eq!(parts(pattern, text, limit), expected, "{pattern:?} {text:?} {limit}");
    }
}

#[test]
fn replace_expands_as_java_expands() {
    for (pattern, text, replacement, first_only, expected) in [
        ("a*", "baac", "-", false, "-b--c-"),
        ("x*", "abc", "-", false, "-a-b-c-"),
        ("a", "banana", "o", true, "bonana"),
        ("(\\w)(\\d)", "a1 b2", "$2$1", false, "1a 2b"),
        ("(a)", "a", "$12", false, "a2"),
        ("(?<year>\\d{4})", "in 2024", "<${year}>", false, "in <2024>"),
        ("(a)|b", "b", "[$1]", false, "[]"),
        ("a", "a", "\\$1\\\\", false, "$1\\"),
        (".", "a\r\u{2028}b", "x", false, "x\r\u{2028}x"),
        ("\\p{Alpha}+", "aé1", "x", false, "xé1"),
        ("\\Qa.b\\E", "a.b axb", "x", false, "x axb"),
        ("[\\d-]+", "1-2 x", "n", false, "n x"),
        ("\\bfoo\\b", "foo foobar", "x", false, "x foobar"),
    ] {
        let regex = compile(pattern).unwrap();
        let replacement = Replacement::parse(replacement, &regex).unwrap();
        let mut out = String::new();
        assert!(replace(&regex, text, &replacement, first_only, 99, &mut out));
        assert_eq!(out, expected, "{pattern:?} in {text:?}");
    }
}

#[test]
fn a_result_over_its_limit_stops() {
    let regex = compile("a").unwrap();
    let replacement = Replacement::parse("bbbb", &regex).unwrap();
    for (text, limit, fits) in [("aa", 8, true), ("aa", 7, false), ("aab", 8, false), ("", 0, true)] {
        let mut out = String::new();
        assert_eq!(replace(&regex, text, &replacement, false, limit, &mut out), fits, "{text:?} in {limit}");
    }
}

#[test]
fn what_cannot_be_done_is_refused() {
    for pattern in ["(?=a)", "(?<!a)b", "(a)\\1", "a*+", "(?>a)", "a++", "(", "[", "\\"] {
        assert_eq!(compile(pattern).unwrap_err().code, ErrorCode::OptionInvalid, "{pattern}");
    }
    let regex = compile("(a)").unwrap();
    for replacement in ["$", "$x", "\\", "$2", "${no}"] {
        let error = Replacement::parse(replacement, &regex).err().unwrap();
        assert_eq!(error.code, ErrorCode::OptionInvalid, "{replacement}");
    }
}

#[test]
fn a_pattern_without_operators_is_a_literal() {
    for (pattern, expected) in
        [("ab", Some("ab")), ("\\|", Some("|")), ("a\\.b", Some("a.b")), ("a.b", None), ("\\d", None), ("\\", None)]
    {
        assert_eq!(literal(pattern).as_deref(), expected, "{pattern}");
    }
}
proptest! {
    #[test]
    fn no_pattern_panics_and_parts_join_to_the_text(
        pattern in "[ab*+?().\\[\\]\\\\dswQE^$|{}1,:<>=!&~é-]{0,12}", text in "[ab1 é-]{0,12}", limit in 1usize..5,
    ) {
        if let Ok(regex) = compile(&pattern) {
            let mut parts = Vec::new();
            split(&regex, &text, limit, |part| parts.push(part));
            prop_assert!((1..=limit).contains(&parts.len()));
            let mut rest = text.as_str();
            for part in parts {
                rest = &rest[rest.find(part).unwrap() + part.len()..];
            }
            let same = Replacement::parse("$0", &regex).unwrap();
            let mut out = String::new();
            prop_assert!(replace(&regex, &text, &same, false, text.len(), &mut out));
            prop_assert_eq!(out, text);
        }
    }

    #[test]
    fn a_literal_matches_what_its_pattern_matches(pattern in "[ab|.\\\\]{1,4}", text in "[ab|.\\\\]{0,8}") {
        if let Some(literal) = literal(&pattern).filter(|literal| !literal.is_empty()) {
            let mut parts = Vec::new();
            split(&compile(&pattern).unwrap(), &text, 99, |part| parts.push(part));
            prop_assert_eq!(parts, text.split(&literal).collect::<Vec<_>>());
        }
    }
}

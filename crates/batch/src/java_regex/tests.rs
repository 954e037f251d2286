//! What Java 17 answers, and what is refused.

#![allow(clippy::unwrap_used)]
use super::*;

fn compile(pattern: &str) -> JavaRegex {
    JavaRegex::compile(pattern, Flags::default()).unwrap()
}

/// `Matcher.find` in a loop; the groups of each match are joined by `|`.
fn all(pattern: &str, text: &str) -> Vec<String> {
    let regex = compile(pattern);
    let (mut groups, mut at, mut out) = (regex.groups(), Some(0), Vec::new());
    while let Some(from) = at {
        if !regex.search(text, from, &mut groups).unwrap() {
            break;
        }
        let found = groups.get(0).unwrap();
        let texts: Vec<_> =
            (0..=regex.group_count()).map(|group| groups.get(group).map_or("null", |range| &text[range])).collect();
        out.push(texts.join("|"));
        at = behind(text, &found);
    }
    out
}

fn replaced(pattern: &str, text: &str, replacement: &str, first_only: bool) -> Result<String> {
    let regex = JavaRegex::compile(pattern, Flags::default())?;
    let replacement = Replacement::parse(replacement, &regex)?;
    let mut out = String::new();
    let found = regex.replace(text, &replacement, first_only, 1_000, &mut regex.groups(), &mut out)?;
    Ok(if found { out } else { text.to_owned() })
}

fn parts(pattern: &str, text: &str, limit: usize) -> Vec<String> {
    let mut parts = Vec::new();
    compile(pattern).split(text, limit, |part| parts.push(part.to_owned())).unwrap();
    parts
}

#[test]
fn matches_are_those_of_java() {
    for (pattern, text, expected) in [
        // Quantifiers.
        ("a+?", "aaa", vec!["a", "a", "a"]),
        ("a{2}", "aaaaa", vec!["aa", "aa"]),
        ("a{2,}", "aaaaa", vec!["aaaaa"]),
        ("a{0,1}b", "ab", vec!["ab"]),
        ("a*+a", "aaa", vec![]),
        ("a++b", "aaab", vec!["aaab"]),
        ("a?+a", "aa", vec!["aa"]),
        ("(?>a*)b", "aab", vec!["aab"]),
        ("(?>a|ab)c", "abc", vec![]),
        ("(a|ab)(c|bcd)(d*)", "abcd", vec!["abcd|a|bcd|"]),
        ("(a*)*", "b", vec!["|", "|"]),
        ("(?:a|b*)*?c", "abbac", vec!["abbac"]),
        // Look-around and references.
        ("\\w+(?=!)", "hey you!", vec!["you"]),
        ("\\b\\w+\\b(?!!)", "hey you!", vec!["hey"]),
        ("(?<=\\$)\\d+", "a 1 $23", vec!["23"]),
        ("(?<!\\$)\\b\\d+", "1 $23", vec!["1"]),
        ("(?<=a{1,3})b", "aab b", vec!["b"]),
        ("(?<=é|ab)x", "éx abx bx", vec!["x", "x"]),
        ("(\\w)\\1", "hello aabb", vec!["ll|l", "aa|a", "bb|b"]),
        ("(?i)(a)\\1", "aA", vec!["aA|a"]),
        ("(?<q>['\"]).*?\\k<q>", "say 'a\"b' now", vec!["'a\"b'|'"]),
        ("(a)?\\1b", "b ab aab", vec!["aab|a"]),
        ("(a)\\11", "aa1", vec!["aa1|a"]),
        ("\\1(a)", "aa", vec![]),
        ("(?=(a+))a", "aa", vec!["a|aa", "a|a"]),
        ("\\G\\d", "12a3", vec!["1", "2"]),
        // Places.
        ("a$", "a\n", vec!["a"]),
        ("a$", "a\r\n", vec!["a"]),
        ("a$", "a\u{2028}", vec!["a"]),
        ("a$", "a\n\n", vec![]),
        ("a\\Z", "a\n", vec!["a"]),
        ("a\\z", "a\n", vec![]),
        ("$", "a\n", vec!["", ""]),
        ("$", "a\r\n", vec!["", ""]),
        ("(?d)a$", "a\r", vec![]),
        ("(?d)a$", "a\n", vec!["a"]),
        ("(?m)^.", "a\nb\r\nc\u{85}d", vec!["a", "b", "c", "d"]),
        ("(?m)^", "a\n", vec![""]),
        ("(?m).$", "a\r\nb\n", vec!["a", "b"]),
        ("(?m)$", "a\n", vec!["", ""]),
        ("(?md)^.", "a\rb\nc", vec!["a", "c"]),
        ("^a", "a\na", vec!["a"]),
        ("\\bé", "é aé", vec!["é"]),
        ("a\\B", "ab a", vec!["a"]),
        // The dot.
        (".+", "a\u{85}b\rc", vec!["a", "b", "c"]),
        ("(?s).+", "a\nb", vec!["a\nb"]),
        ("(?d).+", "a\rb\nc", vec!["a\rb", "c"]),
        (".", "😀", vec!["😀"]),
        ("\\R", "\r\n\n\u{0B}", vec!["\r\n", "\n", "\u{0B}"]),
        // Case.
        ("(?i)straße", "STRAßE", vec!["STRAßE"]),
        ("(?i)é", "É", vec![]),
        ("(?iu)é", "É", vec!["É"]),
        ("a(?i)b|c", "aB A C", vec!["aB", "C"]),
        ("a(?i:b)b", "aBb aBB", vec!["aBb"]),
        ("(?i)[^a]", "aAb", vec!["b"]),
        ("(?i)[x-z]+", "XyZ", vec!["XyZ"]),
        ("(?i)\\p{Lower}", "A1", vec!["A"]),
        ("(?i-i)A", "a", vec![]),
        ("(?i)k", "\u{212A}", vec![]),
        // Classes.
        ("[a-z&&[^aeiou]]+", "abcde", vec!["bcd"]),
        ("[a-z&&[def]g]+", "defgh", vec!["defg"]),
        ("[^a-c&&[b]]", "ab", vec!["a"]),
        ("[a-d[m-p]]+", "anz", vec!["an"]),
        ("[]a]+", "]a", vec!["]a"]),
        ("[^]a]+", "]ab", vec!["b"]),
        ("[a^]+", "^a", vec!["^a"]),
        ("[a-]+", "a-", vec!["a-"]),
        ("[\\w.-]+", "a.b-c d", vec!["a.b-c", "d"]),
        ("[+--]+", "+,-.", vec!["+,-"]),
        ("[~~&]+", "~&", vec!["~&"]),
        ("[\\Q]^\\E]+", "]^a", vec!["]^"]),
        ("[\\d&&[^5]]+", "45678", vec!["4", "678"]),
        ("(?x) a [b c] # d", "ab ac", vec!["ab", "ac"]),
        // Escapes.
        ("\\Qa.b\\E+", "a.bb axb", vec!["a.bb"]),
        ("\\Qa\\", "a\\", vec!["a\\"]),
        ("\\x41\\u0042\\x{43}\\0104\\cA", "ABCD\u{1}", vec!["ABCD\u{1}"]),
        ("\\ud83d\\ude00", "😀", vec!["😀"]),
        ("[\\ud83c\\udc00-\\ud83d\\udfff]", "a😀", vec!["😀"]),
        ("\\/\\-\\#\\é", "/-#é", vec!["/-#é"]),
        ("\\h\\v", "\u{3000}\n", vec!["\u{3000}\n"]),
        ("\\e\\a\\f", "\u{1b}\u{7}\u{c}", vec!["\u{1b}\u{7}\u{c}"]),
        // Properties.
        ("\\d+", "٣3", vec!["3"]),
        ("(?U)\\d+", "٣3", vec!["٣3"]),
        ("\\s", "\u{a0} ", vec![" "]),
        ("\\p{Alpha}+", "aé1", vec!["a"]),
        ("\\P{Alpha}+", "aé1", vec!["é1"]),
        ("\\p{L}+\\pN", "aé1", vec!["aé1"]),
        ("\\p{Punct}+", "a$+.", vec!["$+."]),
        ("\\p{IsAlphabetic}+", "aé1", vec!["aé"]),
        ("\\p{IsHan}+|\\p{script=Greek}", "a漢字λ", vec!["漢字", "λ"]),
        ("\\p{InHiragana}+", "あa", vec!["あ"]),
        ("\\p{javaLowerCase}+", "éA", vec!["é"]),
        ("\\p{javaWhitespace}+", " \u{a0}\u{2003}", vec![" ", "\u{2003}"]),
        ("[\\p{L}&&[^\\p{InGreek}]]+", "λa", vec!["a"]),
        ("\\p{gc=Lu}\\p{Sc}", "A€", vec!["A€"]),
        // Braces and brackets that are ordinary.
        ("a}]", "a}]", vec!["a}]"]),
        ("(?<year>\\d{4})-(?<month>\\d\\d)", "on 2024-05", vec!["2024-05|2024|05"]),
        ("", "ab", vec!["", "", ""]),
    ] {
        assert_eq!(all(pattern, text), expected, "{pattern:?} in {text:?}");
    }
}

#[test]
fn a_full_match_takes_all_of_the_text() {
    for (pattern, text, expected) in [
        ("a|ab", "ab", true),
        ("a|b", "ab", false),
        (".*", "", true),
        ("a$", "a\n", false),
        ("a$\n", "a\n", true),
        ("(?i)ab.*", "ABC", true),
        ("\\d{3}(?!4)\\d", "1235", true),
        ("db\\.t\\d+", "db.t1x", false),
    ] {
        let regex = JavaRegex::compile_full(pattern, Flags::default()).unwrap();
        assert_eq!(regex.is_match(text).unwrap(), expected, "{pattern:?} {text:?}");
    }
}

#[test]
fn split_cuts_as_java_cuts() {
    for (pattern, text, limit, expected) in [
        (" ", "a b c", 2, vec!["a", "b c"]),
        (" ", "a b c", 9, vec!["a", "b", "c"]),
        (" ", "", 2, vec![""]),
        (",", ",a,,", 9, vec!["", "a", "", ""]),
        (",", "a,b", 1, vec!["a,b"]),
        ("", "abc", 9, vec!["a", "b", "c", ""]),
        ("", "abc", 2, vec!["a", "bc"]),
        ("x*", "axxb", 9, vec!["a", "", "b", ""]),
        ("\\|", "a|b", 9, vec!["a", "b"]),
        ("\\s+", "a \u{a0}b", 9, vec!["a", "\u{a0}b"]),
        ("(?=[A-Z])", "OneTwo", 9, vec!["One", "Two"]),
        ("(?<=,)", "a,b", 9, vec!["a,", "b"]),
    ] {
        assert_eq!(parts(pattern, text, limit), expected, "{pattern:?} {text:?} {limit}");
    }
}

#[test]
fn replacements_expand_as_java_expands_them() {
    for (pattern, text, replacement, first_only, expected) in [
        ("a*", "baac", "-", false, "-b--c-"),
        (".*", "abc", "b", false, "bb"),
        ("a", "banana", "o", true, "bonana"),
        ("(\\w)(\\d)", "a1 b2", "$2$1", false, "1a 2b"),
        ("(a)", "a", "$12", false, "a2"),
        ("(?<year>\\d{4})", "in 2024", "<${year}>", false, "in <2024>"),
        ("(a)|b", "b", "[$1]", false, "[]"),
        ("a", "a", "\\$1\\\\", false, "$1\\"),
        ("(?<=b)", "abb", "-", false, "ab-b-"),
        ("(.)\\1", "aabbc", "$1", false, "abc"),
        ("x", "abc", "y", false, "abc"),
    ] {
        assert_eq!(replaced(pattern, text, replacement, first_only).unwrap(), expected, "{pattern:?} in {text:?}");
    }
    for replacement in ["$", "$x", "\\", "$2", "${no}"] {
        assert_eq!(
            replaced("(a)", "a", replacement, false).unwrap_err().code,
            ErrorCode::OptionInvalid,
            "{replacement}"
        );
    }
}

#[test]
fn a_result_over_its_limit_stops() {
    let regex = compile("a");
    let replacement = Replacement::parse("bbbb", &regex).unwrap();
    for (text, limit, fits) in [("aa", 8, true), ("aa", 7, false), ("aab", 8, false), ("", 0, true)] {
        let result = regex.replace(text, &replacement, false, limit, &mut regex.groups(), &mut String::new());
        assert_eq!(result.err().map(|error| error.code), (!fits).then_some(ErrorCode::ValueTooLarge), "{text} {limit}");
    }
}

#[test]
fn what_java_refuses_is_invalid_and_what_is_missing_is_named() {
    for pattern in [
        "(",
        ")",
        "[",
        "[]",
        "[a",
        "\\",
        "*a",
        "a**",
        "{2}",
        "a{",
        "a{,2}",
        "a{2,1}",
        "\\y",
        "(?<1>a)",
        "(?<a>a)(?<a>b)",
        "\\k<no>",
        "(?z)",
        "[b-a]",
        "\\x4",
        "\\u12",
        "\\08",
        "(?<=a*)b",
        "[&&]",
        "\\p{L",
        "(a{1000}){1000}",
        "(?=(a{1000}){1000})",
        "(?#c)",
    ] {
        let error = JavaRegex::compile(pattern, Flags::default()).map(|regex| regex.pattern).unwrap_err();
        assert_eq!(error.code, ErrorCode::OptionInvalid, "{pattern} {error}");
    }
    for (pattern, named) in [
        ("\\X", "'\\X'"),
        ("\\N{DIGIT ONE}", "'\\N'"),
        ("\\b{g}", "'\\b{…}'"),
        ("\\p{InKlingon}", "'InKlingon'"),
        ("\\p{Greek}", "'Greek'"),
        ("\\ud83d", "'\\uD83D'"),
        (&"(".repeat(500), "nested"),
    ] {
        let error = JavaRegex::compile(pattern, Flags::default()).map(|regex| regex.pattern).unwrap_err();
        assert_eq!(error.code, ErrorCode::Unimplemented, "{pattern} {error}");
        assert!(error.message.contains(named), "{error}");
    }
}

#[test]
fn a_search_that_does_not_end_is_given_up() {
    let text = "a".repeat(60);
    for pattern in ["(?=(a+)+$b)x|(?:(a+)+)+\\1b", "(a|aa)+(?!a)b", "((a*)*)*+b\\1"] {
        let error = compile(pattern).is_match(&text);
        assert!(error.is_err() || error == Ok(false), "{pattern}");
    }
    let error = compile("(x+x+)+(?!x)y").is_match(&"x".repeat(60)).unwrap_err();
    assert_eq!(error.code, ErrorCode::ExpressionFailed);
    // The same idea without look-around is linear.
    assert_eq!(compile("(x+x+)+y").is_match(&"x".repeat(60)), Ok(false));
}

#[test]
fn a_pattern_without_operators_is_a_literal() {
    for (pattern, expected) in
        [("ab", Some("ab")), ("\\|", Some("|")), ("a\\.b", Some("a.b")), ("a.b", None), ("\\d", None), ("\\", None)]
    {
        assert_eq!(literal(pattern).as_deref(), expected, "{pattern}");
    }
}

proptest::proptest! {
    #[test]
    fn both_engines_agree(
        pattern in "([ab.]|\\[ab\\]|\\[\\^a\\]|\\(a\\|b\\)|\\(ab?\\)|\\\\b|\\^|\\$|(a|b|\\.|\\(a\\|b\\))(\\*|\\+|\\?|\\{1,2\\})\\??){1,5}",
        multi_line in proptest::bool::ANY, text in "[ab\\n é]{0,10}",
    ) {
        let flags = Flags { multi_line, ..Flags::default() };
        let regex = JavaRegex::compile(&pattern, flags).unwrap();
        let parsed = parser::parse(&pattern, flags).unwrap();
        let program = Program::compile(&parsed.node, parsed.groups).unwrap();
        let mut bounds = Vec::new();
        let found = backtrack::search(&program, &text, 0, &mut bounds).unwrap();
        let expected = regex.find_at(&text, 0).unwrap();
        proptest::prop_assert_eq!(found.then(|| bounds[0]..bounds[1]), expected);
    }

    #[test]
    fn no_pattern_panics_and_parts_join_to_the_text(
        pattern in "[ab*+?().\\[\\]\\\\dswQEkG^$|{}1,:<>=!&~é-]{0,12}", text in "[ab1 \\né-]{0,12}", limit in 1usize..5,
    ) {
        if let Ok(regex) = JavaRegex::compile(&pattern, Flags::default()) {
            let mut parts = Vec::new();
            if regex.split(&text, limit, |part| parts.push(part.to_owned())).is_ok() {
                proptest::prop_assert!((1..=limit).contains(&parts.len()));
            }
            let same = Replacement::parse("$0", &regex).unwrap();
            let mut out = String::new();
            if regex.replace(&text, &same, false, text.len(), &mut regex.groups(), &mut out) == Ok(true) {
                proptest::prop_assert_eq!(out, text);
            }
        }
    }

    #[test]
    fn a_literal_matches_what_its_pattern_matches(pattern in "[ab|.\\\\]{1,4}", text in "[ab|.\\\\]{0,8}") {
        if let Some(literal) = literal(&pattern).filter(|literal| !literal.is_empty()) {
            proptest::prop_assert_eq!(parts(&pattern, &text, 99), text.split(&literal).collect::<Vec<_>>());
        }
    }
}

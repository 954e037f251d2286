//! What Jayway's library answers.

#![allow(clippy::unwrap_used)]
use super::*;
use proptest::prelude::*;
use serde_json::json;

fn store() -> Value {
    json!({
        "store": {
            "book": [
                {"category": "reference", "author": "Nigel Rees", "title": "Sayings", "price": 8.95},
                {"category": "fiction", "author": "Evelyn Waugh", "title": "Sword", "price": 12.99, "tags": ["a", "b"]},
                {"category": "fiction", "author": "Herman Melville", "title": "Moby Dick", "isbn": "0-553-21311-3", "price": 8.99}
            ],
            "bicycle": {"color": "red", "price": 19.95, "none": null}
        },
        "limit": 10, "numbers": [1, 2, 3], "empty": [], "a b": {"c.d": 1}
    })
}

#[test]
fn paths_lead_where_jayway_leads() {
    for (path, expected) in [
        ("$", Some(store())),
        ("limit", Some(json!(10))),
        ("$.store.bicycle.color", Some(json!("red"))),
        ("$['store']['bicycle'].price", Some(json!(19.95))),
        ("$[\"a b\"]['c.d']", Some(json!(1))),
        ("$.store.bicycle.none", Some(json!(null))),
        ("$.store.book[0].title", Some(json!("Sayings"))),
        ("$.store.book[-1].title", Some(json!("Moby Dick"))),
        ("$.store.bicycle['color','price']", Some(json!({"color": "red", "price": 19.95}))),
        ("$.store.bicycle['color','missing']", Some(json!({"color": "red"}))),
        ("$.store.book[0,2].price", Some(json!([8.95, 8.99]))),
        ("$.store.book[0,9].price", Some(json!([8.95]))),
        ("$.store.book[1:].author", Some(json!(["Evelyn Waugh", "Herman Melville"]))),
        ("$.store.book[:-2].price", Some(json!([8.95]))),
        ("$.store.book[-2:].price", Some(json!([12.99, 8.99]))),
        ("$.numbers[5:9]", Some(json!([]))),
        ("$.store.book[*].price", Some(json!([8.95, 12.99, 8.99]))),
        ("$.store.bicycle.*", Some(json!(["red", 19.95, null]))),
        ("$..price", Some(json!([8.95, 12.99, 8.99, 19.95]))),
        ("$..book[0].title", Some(json!(["Sayings"]))),
        ("$.store..tags[*]", Some(json!(["a", "b"]))),
        ("$..missing", Some(json!([]))),
        // Filters.
        ("$.store.book[?(@.isbn)].title", Some(json!(["Moby Dick"]))),
        ("$.store.book[?(!@.isbn)].price", Some(json!([8.95, 12.99]))),
        ("$.store.book[?(@.price < $.limit)].price", Some(json!([8.95, 8.99]))),
        ("$.store.book[?(@.category == 'fiction' && @.price > 10)].title", Some(json!(["Sword"]))),
        ("$.store.book[?(@.price<9||@.title=='Sword')].price", Some(json!([8.95, 12.99, 8.99]))),
        ("$.store.book[?(@.author =~ /.*waugh/i)].title", Some(json!(["Sword"]))),
        ("$.store.book[?(@.category in ['reference', 'x'])].title", Some(json!(["Sayings"]))),
        ("$.store.book[?(@.category nin ['fiction'])].title", Some(json!(["Sayings"]))),
        ("$.store.book[?(@.tags contains 'a')].title", Some(json!(["Sword"]))),
        ("$.store.book[?(@.tags size 2)].title", Some(json!(["Sword"]))),
        ("$.store.book[?(@.tags subsetof ['a','b','c'])].title", Some(json!(["Sword"]))),
        ("$.store.book[?(@.tags empty false)].title", Some(json!(["Sword"]))),
        ("$.store.book[?(@['price'] == '8.95')].title", Some(json!(["Sayings"]))),
        ("$.store.bicycle[?(@.color == 'red')].price", Some(json!([19.95]))),
        ("$.numbers[?(@ >= 2)]", Some(json!([2, 3]))),
        ("$..[?(@.price == 19.95)].color", Some(json!(["red"]))),
        ("$.store.book[?((@.price > 8.95) && !(@.isbn))].title", Some(json!(["Sword"]))),
        ("$.store.book[?(@.tags.length() == 2)].title", Some(json!(["Sword"]))),
        // Functions.
        ("$.numbers.length()", Some(json!(3))),
        ("$.store.bicycle.length()", Some(json!(3))),
        ("$.limit.length()", Some(json!(null))),
        ("$.numbers.sum()", Some(json!(6.0))),
        ("$.numbers.min()", Some(json!(1.0))),
        ("$.numbers.max()", Some(json!(3.0))),
        ("$.numbers.avg()", Some(json!(2.0))),
        ("$..price.max()", Some(json!(19.95))),
        ("$.store.bicycle.keys()", Some(json!(["color", "price", "none"]))),
        ("$.numbers.first()", Some(json!(1))),
        ("$.numbers.last()", Some(json!(3))),
        ("$.numbers.index(-2)", Some(json!(2))),
        ("$.numbers.append(4)", Some(json!([1, 2, 3, 4]))),
        ("$.store.concat(\"x\", $.store.bicycle.color)", Some(json!("xred"))),
        // What is definite and not there.
        ("$.missing", None),
        ("$.limit.x", None),
        ("$.limit[0]", None),
        ("$.numbers[3]", None),
        ("$.numbers[-4]", None),
        ("$.store.bicycle.none.x", None),
        ("$.empty.sum()", None),
        ("$.limit[?(@.x)]", None),
    ] {
        let found = JsonPath::compile(path).unwrap().read_value(&store());
        assert_eq!(found.as_ref().ok(), expected.as_ref(), "{path}: {found:?}");
    }
}

#[test]
fn what_is_no_path_is_refused() {
    for path in [
        "",
        "$.",
        "$..",
        "$.a.",
        "$[",
        "$[]",
        "$['a",
        "$['a'",
        "$[a]",
        "$[1",
        "$[?",
        "$[?(",
        "$[?()]",
        "$[?(@.a ==)]",
        "$[?(1)]",
        "$[?(@.a == b c)]",
        "$.a b",
        "$[99999999999]",
        "$.a.sum(",
        "$[?(@.a =~ x)]",
        "$[?(@.a =~ /(/)]",
        "$x",
    ] {
        let error = JsonPath::compile(path).map(|path| format!("{path:?}")).unwrap_err();
        assert_eq!(error.code, ErrorCode::OptionInvalid, "{path} {error}");
    }
    assert_eq!(JsonPath::compile("$.a.foo()").map(drop).unwrap_err().code, ErrorCode::Unimplemented);
    assert_eq!(
        JsonPath::compile(&format!("$[?{}", "(".repeat(999))).map(drop).unwrap_err().code,
        ErrorCode::OptionInvalid
    );
}

#[test]
fn definite_paths_are_known() {
    for (path, definite) in [
        ("$.a[0]['b','c']", true),
        ("$['b','c'].d", false),
        ("$.a[*]", false),
        ("$..a", false),
        ("$.a[0,1]", false),
        ("$.a[1:]", false),
        ("$.a[?(@.b)]", false),
        ("$.a.length()", true),
    ] {
        assert_eq!(JsonPath::compile(path).unwrap().is_definite(), definite, "{path}");
    }
}

#[test]
fn an_evaluation_that_grows_without_end_is_given_up() {
    let nested = (0..60).fold(json!(1), |inner, _| json!([inner, [inner.is_null()]]));
    let path = JsonPath::compile(&format!("$..*{}", "..*".repeat(12))).unwrap();
    assert_eq!(path.read_value(&nested), Err(PathFault::Limit));
}

/// What a set with one path finds.
fn over_text(path: &str, document: &str) -> std::result::Result<Option<String>, PathFault> {
    let (mut set, mut found) = (PathSet::default(), Vec::new());
    assert_eq!(set.add(&JsonPath::compile(path).unwrap()), Some(0), "{path}");
    set.find(document, &mut found)?;
    Ok(found[0].clone().map(|range| document[range].to_owned()))
}

#[test]
fn simple_paths_are_followed_over_the_text() {
    let document = r#" {"a":{"b":[10,{"c\u0020d":"x"}],"n":null},"e":1.50,"e":2.50} "#;
    for (path, expected) in [
        ("$.a.b[0]", Some("10")),
        ("$.a.b[1]['c d']", Some("\"x\"")),
        ("$.a.n", Some("null")),
        ("$.e", Some("2.50")),
        ("$.a.b[9]", None),
        ("$.a.b.c", None),
        ("$.zz", None),
    ] {
        assert_eq!(over_text(path, document), Ok(expected.map(str::to_owned)), "{path}");
    }
    for broken in ["", "{", "{\"a\":1} x", "{\"a\":1,}", "{\"z\":[}"] {
        assert_eq!(over_text("$.a", broken), Err(PathFault::Document), "{broken}");
    }
    assert_eq!(over_text("$.a", r#"{"a":{"x":1},"a":2}"#), Ok(Some("2".into())));
    assert_eq!(over_text("$.a.x", r#"{"a":{"x":1},"a":2}"#), Ok(None));
}

#[test]
fn several_paths_are_followed_at_once() {
    let (mut set, mut found) = (PathSet::default(), Vec::new());
    assert_eq!(set.find("[1]", &mut found), Ok(()));
    assert_eq!(set.find("[1", &mut found), Err(PathFault::Document));
    for path in ["$.a", "$.a.b", "$.a.c[1]", "$.d"] {
        set.add(&JsonPath::compile(path).unwrap()).unwrap();
    }
    assert_eq!(set.add(&JsonPath::compile("$..a").unwrap()), None);
    let document = r#"{"a":{"b":1,"c":[2,3]}}"#;
    set.find(document, &mut found).unwrap();
    let texts: Vec<_> = found.iter().map(|range| range.clone().map(|range| &document[range])).collect();
    assert_eq!(texts, [Some(r#"{"b":1,"c":[2,3]}"#), Some("1"), Some("3"), None]);
}

fn any_document() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[a-c\"\\\\é]{0,3}".prop_map(Value::from)
    ];
    scalar.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-c]", inner, 0..4).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn the_text_and_the_tree_agree(document in any_document(), path in "\\$(\\.[a-c]|\\[[0-3]\\]){0,4}") {
        let expected = JsonPath::compile(&path).unwrap().read_value(&document).ok();
        let found = over_text(&path, &document.to_string()).unwrap();
        prop_assert_eq!(found.map(|text| serde_json::from_str::<Value>(&text).unwrap()), expected);
    }

    #[test]
    fn no_path_panics(path in "[$@.a-b*\\[\\]()?'\"0-9:,!=<>&|~/ -]{0,16}", document in any_document()) {
        if let Ok(path) = JsonPath::compile(&path) {
            let any_result = path.is_definite() || matches!(path.tokens.last(), Some(Token::Function(_)));
            if let Ok(found) = path.read_value(&document) {
                prop_assert!(any_result || found.is_array());
            }
        }
    }
}

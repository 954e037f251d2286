//! `.proto` texts.

use crate::framed::testing::decoder;
use crate::protobuf::DEFINITION;
use crate::protobuf::descriptor::{Kind, Label};
use crate::protobuf::parser::parse;
use millrace_batch::DataType;
use millrace_testing::{column, schema_of};
use serde_json::json;

#[test]
fn everything_of_the_grammar_is_taken() {
    let text = r#"
        // A comment, /* and one that is none.
        syntax = "proto3"; /* over
        lines */
        package a.b;
        option java_package = "x" "y";
        option (custom).name = { a: 1, b { c: "}" } d: [1, 2] };
        ;
        message Outer {
          option deprecated = true;
          reserved 2, 15, 9 to 11; reserved "foo";
          message Inner { Kind kind = 1; .a.b.Outer outer = 2; Inner.Deep deep = 3; message Deep {} }
          enum Kind { option allow_alias = true; ZERO = 0; ONE = 0x1 [(x) = "y"]; UN = 1; reserved 7; }
          Inner message = 1 [json_name = "m", (o).p = { q: 1 }, deprecated=true];
          oneof choice { option (x) = 1; string text = 3; b.Other other = 4; }
          map<string, Inner> inners = 5;
          repeated sint32 numbers = 6 [packed = false];
          optional bytes optional = 7;
        }
        message Other { repeated fixed64 oneof = 536870911; }
        service S { rpc Call (Outer) returns (stream Other) { option (x) = { a: 1 }; } }
    "#;
    let descriptor = parse(text).unwrap();
    let names: Vec<&str> = descriptor.messages.iter().map(|message| message.full_name.as_str()).collect();
    assert_eq!(names, ["a.b.Outer", "a.b.Outer.Inner", "a.b.Outer.Inner.Deep", "a.b.Outer.inners entry", "a.b.Other"]);
    let fields: Vec<_> = descriptor.messages[0]
        .fields
        .iter()
        .map(|field| (field.name.as_str(), field.number, field.kind, field.label, field.oneof, field.is_packed))
        .collect();
    assert_eq!(
        fields,
        [
            ("message", 1, Kind::Message(1), Label::Single, None, false),
            ("text", 3, Kind::String, Label::Single, Some(0), false),
            ("other", 4, Kind::Message(4), Label::Single, Some(0), false),
            ("inners", 5, Kind::Message(3), Label::Repeated, None, false),
            ("numbers", 6, Kind::Sint32, Label::Repeated, None, false),
            ("optional", 7, Kind::Bytes, Label::Single, None, false),
        ]
    );
    assert!(descriptor.messages[4].fields[0].is_packed);
    assert_eq!(descriptor.enums[0].name_of(1), Some("ONE"));
    for (name, found) in [("Outer", Some(0)), ("a.b.Outer", Some(0)), (".a.b.Other", Some(4)), ("Outer.Inner", Some(1))]
    {
        assert_eq!(descriptor.message(name), found, "{name}");
    }
    for name in ["Inner", "a.b", "", "Outer.inners entry"] {
        assert_eq!(descriptor.message(name), None, "{name}");
    }
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let deep = format!("{}{}", "message A { ".repeat(100), "}".repeat(100));
    let cases = [
        ("message", "line 1, column 8: expected the name of a message, found the end"),
        (
            "message M {\n  int32 a = 1;",
            "line 2, column 3: expected 'optional', 'required' or 'repeated', found 'int32'",
        ),
        ("syntax = \"proto3\";\nmessage M {\n  int32 é = 1;", "line 3, column 9: '\\u{e9}' begins no word"),
        ("syntax = 'proto4';", "line 1, column 10: the syntax is 'proto2' or 'proto3'"),
        ("syntax = 'proto3'; message M { int32 a = 0; }", "column 42: the number of a field is 1 to 536870911"),
        ("syntax = 'proto3'; message M { int32 a = 19000; }", "19000 to 19999 are no numbers"),
        ("syntax = 'proto3'; message M { int32 a = 1; int32 a = 2; }", "column 51: there are two fields 'a'"),
        ("syntax = 'proto3'; message M { int32 a = 1; int32 b = 1; }", "column 55: there are two fields of number 1"),
        ("syntax = 'proto3'; message M { Nope a = 1; }", "column 32: there is no type 'Nope'"),
        ("syntax = 'proto3'; message M { required int32 a = 1; }", "proto3 has no required fields"),
        ("syntax = 'proto3'; message M { int32 a = 1 [default = 1]; }", "proto3 has no defaults"),
        ("syntax = 'proto3'; message M { string a = 1 [packed = true]; }", "only repeated numbers are packed"),
        ("syntax = 'proto3'; message M { map<float, int32> a = 1; }", "column 36: the key of a map"),
        ("syntax = 'proto3'; message M { oneof o { map<int32, int32> a = 1; } }", "a oneof holds no maps"),
        ("syntax = 'proto3'; message M { int32 a = 1 }", "column 44: expected ';', found '}'"),
        ("syntax = 'proto3'; message M {} message M {}", "column 41: there are two types 'M'"),
        ("syntax = 'proto3'; enum E { A = 1; }", "the first value of a proto3 enum is 0"),
        ("syntax = 'proto3'; enum E { }", "enum 'E' has no values"),
        ("enum E { A = 1; A = 2; }", "there are two values 'A'"),
        ("enum E { A = 99999999999; }", "the number has 32 bits"),
        ("message M { optional int32 a = 1 [default = 'x']; }", "column 45: the default does not fit"),
        ("message M { optional uint32 a = 1 [default = -1]; }", "the default does not fit"),
        ("message M { optional string a = 1 [default = 'x\n'", "column 46: the text does not end on its line"),
        ("message M { optional string a = 1 [default = '\\q'", "column 48: this escape means no character"),
        ("/* never", "line 1, column 1: the comment does not end"),
        ("option a = {;", "line 1, column 1: the 'option' does not end"),
        ("option a = (];", "nothing is open that ']' closes"),
        ("package a; package b;", "column 12: the package is said once"),
        ("banana", "line 1, column 1: expected a message, an enum or an option, found 'banana'"),
        (&deep, "nested too deep"),
    ];
    for (text, message) in cases {
        let error = parse(text).unwrap_err();
        assert_eq!(error.code.name(), "OPTION_INVALID", "{text}");
        assert!(error.message.contains(message), "{text}: {error}");
    }
}

#[test]
fn what_is_not_implemented_says_so() {
    for text in [
        "syntax = 'proto3'; import 'google/protobuf/timestamp.proto';",
        "edition = '2023';",
        "message M { optional group G = 1 { } }",
        "message M { repeated group G = 1 { } }",
    ] {
        let error = parse(text).unwrap_err();
        assert_eq!(error.code.name(), "UNIMPLEMENTED", "{text}");
    }
}

#[test]
fn both_options_are_needed() {
    let schema = schema_of("t", &[column("v", DataType::Int)]);
    for options in [
        json!({}),
        json!({ "protobufSchema": "message M {}" }),
        json!({ "protobufMessageName": "M", "protobufSchema": " " }),
        json!({ "protobufMessageName": "M", "protobufSchema": 7 }),
        json!({ "protobufMessageName": "N", "protobufSchema": "message M {}" }),
        json!({ "protobufMessageName": "M", "protobufSchema": "x".repeat(5 << 20) }),
    ] {
        let error = decoder(&DEFINITION, &schema, &options).err().unwrap();
        assert_eq!(error.code.name(), "OPTION_INVALID", "{error}");
    }
}

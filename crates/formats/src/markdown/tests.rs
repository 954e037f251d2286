#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::DEFINITION;
use super::blocks::blocks;
use arrow_array::cast::AsArray;
use millrace_batch::codec::{Context, InputBounds};
use millrace_batch::schema::{Column, DataType};
use millrace_batch::{Batch, ErrorCode, Result, Schema};
use proptest::prelude::*;
use serde_json::json;
use std::sync::Arc;

/// `id|level|position|parent|children|text` of every block.
fn lines(source: &str) -> Vec<String> {
    let rows = blocks(source).unwrap();
    let lines = rows.iter().map(|row| {
        let level = row.level.map_or_else(String::new, |level| level.to_string());
        let parent = row.parent.clone().unwrap_or_default();
        format!("{}|{level}|{}|{parent}|{}|{}", row.id, row.position, row.children.join(","), row.text)
    });
    lines.collect()
}

#[test]
fn blocks_are_rows_in_the_order_of_their_begins() {
    for (source, expected) in [
        ("# One #\n\ntext *a* `b`\n  more\n", vec!["Heading_1|1|1|||One", "Paragraph_1||2|||text *a* `b`\nmore"]),
        ("Two\n===\nThree\n---", vec!["Heading_1|1|1|||Two", "Heading_2|2|2|||Three"]),
        (
            "- a\n- b\n",
            vec![
                "BulletList_1||1||BulletListItem_1,BulletListItem_2|- a\n- b\n",
                "BulletListItem_1||1|BulletList_1||a",
                "BulletListItem_2||2|BulletList_1||b",
            ],
        ),
        (
            "5. [x](#x)\n6. y\n   - z\n",
            vec![
                "OrderedList_1||1||OrderedListItem_1,OrderedListItem_2|1. [x](#x)\n2. y\n- z\n",
                "OrderedListItem_1||1|OrderedList_1||[x](#x)",
                "OrderedListItem_2||2|OrderedList_1|BulletList_1|y\n- z",
                "BulletList_1||2|OrderedListItem_2|BulletListItem_1|- z\n",
                "BulletListItem_1||1|BulletList_1||z",
            ],
        ),
        (
            "- a\n\n- b\n\n  c\n",
            vec![
                "BulletList_1||1||BulletListItem_1,BulletListItem_2|- a\n- b\nc\n",
                "BulletListItem_1||1|BulletList_1||a",
                "BulletListItem_2||2|BulletList_1||b\nc",
            ],
        ),
        ("> q *r*\n> s\n", vec!["BlockQuote_1||1|||q *r*\n> s"]),
        ("> # h\n> p\n", vec!["BlockQuote_1||1||Heading_1|# h\np", "Heading_1|1|1|BlockQuote_1||h"]),
        ("```rust\nlet a;\n\n```\n", vec!["FencedCodeBlock_1||1|||let a;\n\n"]),
        ("a\n\n---\n\nb", vec!["Paragraph_1||1|||a", "Paragraph_2||3|||b"]),
        ("    code\n\n<div>\nx\n</div>\n\np", vec!["Paragraph_1||3|||p"]),
        ("| a |\n|---|\n| b |", vec!["Paragraph_1||1|||| a |\n|---|\n| b |"]),
        ("", vec![]),
        ("\n \n", vec![]),
    ] {
        assert_eq!(lines(source), expected, "{source:?}");
    }
}

fn read(columns: &[(&str, DataType)], file: &[u8], step: usize) -> Result<Vec<Batch>> {
    let columns = columns.iter().map(|(name, data_type)| Column {
        name: (*name).to_owned(),
        data_type: data_type.clone(),
        nullable: true,
    });
    let schema = Arc::new(Schema { table: "t".to_owned(), columns: columns.collect() });
    let context = Context { value_limit_bytes: 100_000, ..Context::default() };
    let mut decoder = DEFINITION.decoder.unwrap()(&schema, &json!({ "partitionColumns": ["day"] }), &context)?;
    decoder.begin("{\"partitions\":{\"day\":\"1\"}}")?;
    let (mut position, mut batches) = (0, Vec::new());
    loop {
        let shown = (position + step).min(file.len());
        let bounds = InputBounds {
            skip_partial_record: false,
            start_of_file: position == 0,
            end_of_file: position == file.len(),
            limit: usize::MAX,
        };
        let decoded = decoder.decode(&file[position..shown], bounds)?;
        position += decoded.consumed;
        batches.extend(decoded.batch);
        if decoded.done {
            return Ok(batches);
        }
    }
}

#[test]
fn columns_are_found_by_name() {
    let columns = [("text", DataType::String), ("heading_level", DataType::Int), ("day", DataType::String)];
    let file = "\u{feff}# a\n\nb".as_bytes();
    for step in [1, 100] {
        let batches = read(&columns, file, step).unwrap();
        let batch = &batches[0];
        assert_eq!(batch.columns[0].as_string::<i32>().iter().collect::<Vec<_>>(), [Some("a"), Some("b")]);
        let levels = batch.columns[1].as_primitive::<arrow_array::types::Int32Type>();
        assert_eq!(levels.iter().collect::<Vec<_>>(), [Some(1), None]);
        assert_eq!(batch.columns[2].as_string::<i32>().value(1), "1");
    }
    let many = "a\n\n".repeat(9000);
    let batches = read(&columns, many.as_bytes(), 10_000).unwrap();
    assert_eq!(batches.iter().map(|batch| batch.rows).collect::<Vec<_>>(), [8192, 808]);
    assert!(read(&columns, b"", 10).unwrap().is_empty());
    assert_eq!(read(&[("x", DataType::Int)], b"", 10).unwrap_err().code, ErrorCode::ProgramInvalid);
}

#[test]
fn what_takes_too_much_is_refused() {
    let columns = [("text", DataType::String)];
    assert_eq!(read(&columns, &vec![b'x'; 100_001], 999).unwrap_err().code, ErrorCode::ValueTooLarge);
    assert_eq!(blocks(&">".repeat(10_000)).unwrap_err().code, ErrorCode::ValueTooLarge);
    assert_eq!(blocks(&"[".repeat(2_000_001)).unwrap_err().code, ErrorCode::ValueTooLarge);
    assert_eq!(blocks(&"a\n".repeat(2_000_001)).unwrap_err().code, ErrorCode::ValueTooLarge);
    let long = "x".repeat(2000);
    let nested: Vec<String> = (0..400).map(|depth| format!("{}- {long}", "  ".repeat(depth))).collect();
    let nested = nested.join("\n");
    assert_eq!(blocks(&nested).unwrap_err().code, ErrorCode::ValueTooLarge);
}

fn cases() -> ProptestConfig {
    ProptestConfig::with_cases(if std::env::var("MILLRACE_TEST").is_ok_and(|mode| mode == "long") {
        20_000
    } else {
        256
    })
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn any_text_gives_blocks_that_know_each_other(source in "([#>*+` \n\t0-9a-z.<\\[\\]()_~|&;=\\\\-]|- |\n\n|```|é){0,200}") {
        let rows = blocks(&source).unwrap();
        for row in &rows {
            if let Some(parent) = &row.parent {
                prop_assert!(rows.iter().any(|other| other.id == *parent && other.children.contains(&row.id)));
            }
        }
    }

    #[test]
    fn any_bytes_give_rows(bytes in proptest::collection::vec(any::<u8>(), 0..500), step in 1usize..100) {
        prop_assert!(read(&[("text", DataType::String)], &bytes, step).is_ok());
    }
}

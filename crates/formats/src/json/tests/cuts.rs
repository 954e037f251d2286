//! The result does not depend on how a file is cut.

use super::{batch_rows, decode_all, decoder, end_with, schema};
use millrace_batch::KernelError;
use millrace_batch::codec::{Context, InputBounds};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Decodes a file in pieces that begin at `cuts`, showing at first only `step` bytes of each and then `step` more.
fn decode_in_pieces(options: &Value, input: &[u8], cuts: &[usize], step: usize) -> (Vec<Value>, Option<KernelError>) {
    let schema = schema(&json!({ "a": "INT", "b": "STRING", "c": "DOUBLE" }));
    let mut decoder = decoder(&schema, options, &Context::default());
    let mut rows = Vec::new();
    for (index, start) in cuts.iter().enumerate() {
        let end = cuts.get(index + 1).copied().unwrap_or(input.len());
        // A piece shows the byte before it, so that a record that begins right at the cut is not skipped.
        let mut at = start.saturating_sub(1);
        let (mut first, mut shown) = (true, step);
        loop {
            let visible = (at + shown).min(input.len());
            let bounds = InputBounds {
                skip_partial_record: first && *start > 0,
                start_of_file: at == 0,
                end_of_file: visible == input.len(),
                limit: end.saturating_sub(at),
            };
            match decoder.decode(&input[at..visible], bounds) {
                Ok(decoded) => {
                    rows.extend(decoded.batch.iter().flat_map(batch_rows));
                    at += decoded.consumed;
                    if decoded.done {
                        break;
                    }
                    assert!(decoded.consumed > 0 || visible < input.len(), "no progress at byte {at}");
                    first &= decoded.consumed == 0;
                    shown = if decoded.consumed == 0 { shown + step } else { step };
                }
                Err(error) => return end_with(rows, decoder.rows_before_error(), error),
            }
        }
    }
    (rows, None)
}

fn record() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => (any::<i32>(), "[a-zé\\\\n\u{1F600}]{0,40}", -1e6f64..1e6)
            .prop_map(|(a, b, c)| json!({ "a": a, "b": b, "c": c }).to_string()),
        2 => ("[a-z]{0,5}", 0u8..100).prop_map(|(b, a)| format!("{{ \"b\" : \"{b}\" , \"x\":[1,{{}}], \"a\":{a}}}")),
        1 => Just(String::new()),
        1 => Just("[{\"a\":1},{\"c\":2}]".to_owned()),
        1 => Just("{\"a\":1,\"a\":2}\r".to_owned()),
    ]
}

fn file() -> impl Strategy<Value = Vec<u8>> {
    let broken = prop_oneof![
        8 => Just(None),
        1 => Just(Some(&b"{\"a\":\"x\"}"[..])),
        1 => Just(Some(&b"{\"a\":1"[..])),
        1 => Just(Some(&b"{\"b\":\"\xff\"}"[..])),
    ];
    (prop::collection::vec(record(), 0..12), broken, any::<prop::sample::Index>(), any::<bool>()).prop_map(
        |(records, broken, place, newline)| {
            let mut lines: Vec<Vec<u8>> = records.into_iter().map(String::into_bytes).collect();
            if let Some(broken) = broken {
                let place = place.index(lines.len() + 1);
                lines.insert(place, broken.to_vec());
            }
            let mut text = lines.join(&b'\n');
            if newline {
                text.push(b'\n');
            }
            text
        },
    )
}

proptest! {
    #[test]
    fn lines_give_the_same_rows_however_they_are_cut(
        input in file(),
        places in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        step in 1usize..100,
    ) {
        let schema = schema(&json!({ "a": "INT", "b": "STRING", "c": "DOUBLE" }));
        let whole = decode_all(&schema, &json!({}), &input);
        let mut cuts: Vec<usize> = places.iter().map(|place| place.index(input.len() + 1)).collect();
        cuts.push(0);
        cuts.sort_unstable();
        cuts.dedup();
        prop_assert_eq!(decode_in_pieces(&json!({}), &input, &cuts, step), whole);
    }

    #[test]
    fn an_array_gives_the_same_rows_however_little_of_it_is_shown(
        records in prop::collection::vec((any::<i32>(), "[a-zé\\\\\\[\\]{}\"]{0,20}"), 0..8),
        broken in 0usize..12,
        step in 1usize..60,
    ) {
        let mut elements: Vec<String> = records.iter().map(|(a, b)| format!("{:#}", json!({ "a": a, "b": b }))).collect();
        if broken < elements.len() {
            elements[broken] = "{\"a\":\"x\"}".into();
        }
        let input = format!("[{}\n]\n", elements.join(" ,\n"));
        let options = json!({ "arrayDocument": true });
        let schema = schema(&json!({ "a": "INT", "b": "STRING", "c": "DOUBLE" }));
        let whole = decode_all(&schema, &options, input.as_bytes());
        prop_assert_eq!(decode_in_pieces(&options, input.as_bytes(), &[0], step), whole);
    }
}

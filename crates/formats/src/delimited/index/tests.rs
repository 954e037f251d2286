#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use proptest::prelude::*;

const CSV: Separators = Separators { field: b',', row: b'\n', quote: Some(b'"'), quoted_rows: true };

fn positions(text: &[u8], separators: Separators) -> (Found, Vec<u32>) {
    let mut positions = Vec::new();
    let found = find(text, separators, usize::MAX, &mut positions);
    assert_eq!(positions.remove(0), u32::MAX);
    (found, positions)
}

#[test]
fn delimiters_outside_quotes_are_found_and_those_inside_are_not() {
    let (found, positions) = positions(b"a,\"b,\n\"\"c\",d\ne,f", CSV);
    assert_eq!(positions, [1, 10, 12, 14]);
    assert_eq!(found, Found { rows: 1, complete: 3, quotes: true, doubled: true, open: false, unclear: false });
}

#[test]
fn an_empty_text_has_no_positions() {
    assert_eq!(positions(b"", CSV), (Found::default(), vec![]));
}

#[test]
fn a_quote_inside_an_unquoted_field_is_unclear() {
    for text in [&b"a\"b,c\n"[..], b"\"a\"b,c\n", b"\"a\" ,c\n", b"\"a\"\rb\n"] {
        assert!(positions(text, CSV).0.unclear, "{}", String::from_utf8_lossy(text));
    }
    assert!(!positions(b"\"a\"\r\n", CSV).0.unclear);
}

#[test]
fn a_row_delimiter_inside_quotes_is_unclear_when_rows_are_physical_lines() {
    assert!(positions(b"\"a\nb\"\n", Separators { quoted_rows: false, ..CSV }).0.unclear);
}

#[test]
fn the_row_limit_stops_after_the_block_that_reaches_it() {
    let mut found = Vec::new();
    let text = b"a\n".repeat(1_000);
    assert_eq!(find(&text, CSV, 40, &mut found).rows, 64);
}

proptest! {
    #[test]
    fn every_instruction_set_finds_the_same(text in proptest::collection::vec(proptest::sample::select(b"ab,\"\n\r;".to_vec()), 0..400), quoted_rows: bool, quoted: bool) {
        let separators = Separators { quoted_rows, quote: quoted.then_some(b'"'), ..CSV };
        let mut first = Vec::new();
        // SAFETY: plain integer arithmetic runs everywhere.
        let expected = unsafe { scan::<portable::Swar>(&text, separators, usize::MAX, &mut first) };
        let (found, positions) = positions(&text, separators);
        prop_assert_eq!(found, expected);
        prop_assert_eq!(&positions[..], &first[1..]);
        #[cfg(target_arch = "x86_64")]
        {
            // SAFETY: SSE2 is part of every x86-64 processor.
            let found = unsafe { scan::<sse2::Sse2>(&text, separators, usize::MAX, &mut first) };
            prop_assert_eq!(found, expected);
            prop_assert_eq!(&positions[..], &first[1..]);
        }
    }
}

//! The encodings, by the examples of the format's specification.

use super::super::codec::Codec;
use super::super::read::integers::Integers;
use super::super::read::runs::{Bits, ByteRuns};
use super::super::read::source::ByteSource;
use super::*;
use bytes::Bytes;

fn source(bytes: &[u8]) -> ByteSource {
    ByteSource::new(Bytes::copy_from_slice(bytes), Codec::None, 0)
}

fn integers(bytes: &[u8], is_signed: bool, is_second: bool, count: usize) -> Result<Vec<i64>> {
    let mut values = Vec::new();
    Integers::new(source(bytes), is_signed, is_second).append(count, &mut values)?;
    Ok(values)
}

#[test]
fn runs_of_bytes_and_bits_are_read() {
    let mut runs = ByteRuns::new(source(&[0x61, 0x00, 0xfe, 0x44, 0x45]));
    let mut bytes = [1u8; 102];
    runs.fill(&mut bytes).unwrap();
    assert_eq!((bytes[0], bytes[99], bytes[100], bytes[101]), (0, 0, 0x44, 0x45));
    assert_eq!(runs.byte().unwrap_err().code, ErrorCode::FileCorrupt);

    let mut bits = Bits::new(source(&[0xff, 0x80, 0x00, 0xaa]));
    let read = |bits: &mut Bits, count| bits.read(count).unwrap().iter().map(u8::from).collect::<Vec<_>>();
    assert_eq!(read(&mut bits, 3), [1, 0, 0]);
    assert_eq!(read(&mut bits, 21), [[0; 5].as_slice(), &[1, 0, 1, 0, 1, 0, 1, 0].repeat(2)].concat());
    assert_eq!(read(&mut bits, 8), [1, 0, 1, 0, 1, 0, 1, 0]);
    assert!(bits.read(1).is_err());
}

#[test]
fn integers_of_version_1_are_read() {
    assert_eq!(integers(&[0x61, 0x00, 0x07], false, false, 100).unwrap(), [7; 100]);
    let falling: Vec<i64> = (1..=100).rev().collect();
    assert_eq!(integers(&[0x61, 0xff, 0x64], false, false, 100).unwrap(), falling);
    assert_eq!(integers(&[0xfb, 0x02, 0x03, 0x06, 0x07, 0x0b], false, false, 5).unwrap(), [2, 3, 6, 7, 11]);
    assert_eq!(integers(&[0xfe, 0x01, 0x02], true, false, 2).unwrap(), [-1, 1]);
}

#[test]
fn integers_of_version_2_are_read() {
    assert_eq!(integers(&[0x0a, 0x27, 0x10], false, true, 5).unwrap(), [10_000; 5]);
    let direct = [0x5e, 0x03, 0x5c, 0xa1, 0xab, 0x1e, 0xde, 0xad, 0xbe, 0xef];
    assert_eq!(integers(&direct, false, true, 4).unwrap(), [23_713, 43_806, 57_005, 48_879]);
    let delta = [0xc6, 0x09, 0x02, 0x02, 0x22, 0x42, 0x42, 0x46];
    assert_eq!(integers(&delta, false, true, 10).unwrap(), [2, 3, 5, 7, 11, 13, 17, 19, 23, 29]);
    let patched = [
        0x8e, 0x13, 0x2b, 0x21, 0x07, 0xd0, 0x1e, 0x00, 0x14, 0x70, 0x28, 0x32, 0x3c, 0x46, 0x50, 0x5a, 0x64, 0x6e,
        0x78, 0x82, 0x8c, 0x96, 0xa0, 0xaa, 0xb4, 0xbe, 0xfc, 0xe8,
    ];
    let mut expected: Vec<i64> = vec![2_030, 2_000, 2_020, 1_000_000];
    expected.extend((2_040..=2_190).step_by(10));
    assert_eq!(integers(&patched, false, true, 20).unwrap(), expected);
}

#[test]
fn damaged_runs_are_refused() {
    for (case, bytes, is_second) in [
        ("nothing", &[][..], true),
        ("a repeat without its value", &[0x0a, 0x27], true),
        ("fewer bits than values", &[0x5e, 0x03, 0x5c], true),
        ("a patch behind the run", &[0x80, 0x01, 0x00, 0xe1, 0x00, 0x00, 0xff, 0xff], true),
        ("a number without an end", &[0xff, 0x80, 0x80], false),
    ] {
        assert_eq!(integers(bytes, true, is_second, 2).unwrap_err().code, ErrorCode::FileCorrupt, "{case}");
    }
}

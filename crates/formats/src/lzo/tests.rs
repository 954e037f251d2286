#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::block::decompress_block;
use super::checksum::{adler32, crc32};
use super::pack::{Table, compress_block};
use super::{BLOCK_LIMIT_BYTES, LzoReader, MAGIC, flags, lzo_compress};
use millrace_batch::ErrorCode::{CodecUnavailable, FileCorrupt, FileTypeInvalid, ValueTooLarge};
use millrace_batch::{ErrorCode, Result};
use proptest::prelude::*;
use std::path::PathBuf;

/// Reads a file that is shown in pieces of `step` bytes, taking at most `room` bytes at a time.
fn read(file: &[u8], step: usize, room: usize) -> Result<Vec<u8>> {
    let (mut reader, mut data, mut at, mut shown) = (LzoReader::new(), Vec::new(), 0, step);
    loop {
        let visible = (at + shown).min(file.len());
        let mut out = Vec::new();
        let consumed = reader.push(&file[at..visible], &mut out, room)?;
        assert!(out.len() <= room);
        at += consumed;
        shown = if consumed == 0 { shown + step } else { step };
        if consumed == 0 && out.is_empty() && visible == file.len() {
            reader.finish()?;
            return Ok(data);
        }
        data.extend_from_slice(&out);
    }
}

fn code(file: &[u8]) -> Option<ErrorCode> {
    read(file, file.len().max(1), 1 << 20).err().map(|error| error.code)
}

/// A file of one block with all checksums, whose header has a name and an extra field.
fn file_with_checksums(data: &[u8], header_crc: bool) -> Vec<u8> {
    let flags = flags::ADLER_DATA
        | flags::CRC_DATA
        | flags::ADLER_COMPRESSED
        | flags::CRC_COMPRESSED
        | flags::EXTRA_FIELD
        | if header_crc { flags::CRC_HEADER } else { 0 };
    let sum = if header_crc { crc32 } else { adler32 };
    let mut header = vec![0x10, 0x40, 0x20, 0xa0, 0x09, 0x40, 3, 9];
    header.extend(flags.to_be_bytes());
    header.extend([0; 12]);
    header.extend(b"\x04name");
    let extra = b"\0\0\0\x02xy";
    let packed = lzokay_native::compress(data).unwrap();
    let mut file = MAGIC.to_vec();
    file.extend(&header);
    file.extend(sum(&header).to_be_bytes());
    file.extend(extra);
    file.extend(sum(extra).to_be_bytes());
    for number in [data.len() as u32, packed.len() as u32, adler32(data), crc32(data), adler32(&packed), crc32(&packed)]
    {
        file.extend(number.to_be_bytes());
    }
    file.extend(packed);
    file.extend([0; 4]);
    file
}

fn text(bytes: usize) -> Vec<u8> {
    (0..)
        .flat_map(|i: usize| format!("line {} of a text that repeats itself {}\n", i, i % 7).into_bytes())
        .take(bytes)
        .collect()
}

#[test]
fn what_was_compressed_is_read_back_in_pieces_of_any_size() {
    for length in [0, 1, 3, 4, 100, 5_000, 700_000] {
        let data = text(length);
        let file = lzo_compress(&data);
        assert!(length < 1_000 || file.len() < length / 2, "{length} bytes became {}", file.len());
        for (step, room) in [(usize::MAX / 2, usize::MAX), (7, 1_000), (100_000, 100)] {
            assert_eq!(read(&file, step, room).unwrap(), data, "{length} bytes in steps of {step}");
        }
    }
}

#[test]
fn files_one_behind_the_other_are_read_as_one() {
    let file = [lzo_compress(b"one,"), lzo_compress(b"two")].concat();
    assert_eq!(read(&file, 10, 100).unwrap(), b"one,two");
}

#[test]
fn checksums_and_optional_parts_of_the_header_are_read() {
    let data = text(3_000);
    for header_crc in [false, true] {
        let file = file_with_checksums(&data, header_crc);
        assert_eq!(read(&file, 50, 1 << 20).unwrap(), data);
        for place in MAGIC.len()..file.len() {
            let mut damaged = file.clone();
            damaged[place] ^= 0x40;
            assert!(code(&damaged).is_some(), "damage at byte {place} is seen");
        }
    }
}

#[test]
fn damaged_files_are_refused() {
    let file = lzo_compress(&text(1_000));
    assert_eq!(code(b"not an lzop file"), Some(FileTypeInvalid));
    assert_eq!(code(b""), Some(FileCorrupt));
    for end in 1..file.len() {
        assert_eq!(code(&file[..end]), Some(FileCorrupt), "cut at byte {end}");
    }
    let mut method = file.clone();
    method[15] = 9;
    assert_eq!(code(&method), Some(CodecUnavailable));
    let block = MAGIC.len() + 25 + 4;
    let mut bomb = file[..block].to_vec();
    bomb.extend((BLOCK_LIMIT_BYTES as u32 + 1).to_be_bytes());
    bomb.extend(10u32.to_be_bytes());
    assert_eq!(code(&bomb), Some(ValueTooLarge));
    let mut longer = file[..block].to_vec();
    longer.extend([0, 0, 0, 1, 0, 0, 0, 2, 0, 0]);
    assert_eq!(code(&longer), Some(FileCorrupt));
}

#[test]
fn a_file_of_another_writer_is_read() {
    let shared =
        PathBuf::from(std::env::var_os("MILLRACE_CONFORMANCE").unwrap_or_else(|| "../../../shared/conformance".into()));
    let path = shared.join("suite/connector-file-local-e2e/generated/lzo/e2e.txt.lzo");
    let Ok(file) = std::fs::read(path) else { return };
    let data = read(&file, 100, 1 << 20).unwrap();
    assert_eq!(data.len(), 0xabd);
    assert!(std::str::from_utf8(&data).unwrap().lines().count() > 1);
}

proptest! {
    #[test]
    fn any_data_is_read_back(
        parts in prop::collection::vec((prop::collection::vec(any::<u8>(), 1..40), 1usize..60), 0..30),
        step in 1usize..500,
    ) {
        let data: Vec<u8> = parts.iter().flat_map(|(part, times)| part.repeat(*times)).collect();
        prop_assert_eq!(read(&lzo_compress(&data), step, 300).unwrap(), data);
    }

    #[test]
    fn blocks_are_those_of_another_implementation(
        parts in prop::collection::vec((prop::collection::vec(0u8..4, 0..60), 1usize..100, 0usize..20_000), 0..8),
    ) {
        let mut data = Vec::new();
        for (part, times, noise) in parts {
            data.extend(part.repeat(times));
            data.extend((0..noise as u32).map(|i| (i.wrapping_mul(0x9e37_79b1) >> 24) as u8));
        }
        let mut packed = Vec::new();
        compress_block(&data, &mut Table::new(), &mut packed);
        let (mut unpacked, limit) = (Vec::new(), data.len());
        prop_assert_eq!(decompress_block(&packed, limit, &mut unpacked), Some(()));
        prop_assert_eq!(&unpacked, &data);
        prop_assert_eq!(&lzokay_native::decompress_all(&packed, None).unwrap(), &data);
        // The other one's form of nothing begins with an instruction that it does not document.
        prop_assume!(!data.is_empty());
        let other = lzokay_native::compress(&data).unwrap();
        unpacked.clear();
        prop_assert_eq!(decompress_block(&other, limit, &mut unpacked), Some(()));
        prop_assert_eq!(&unpacked, &data);
    }

    #[test]
    fn any_block_is_unpacked_or_refused(block in prop::collection::vec(any::<u8>(), 0..200), length in 0usize..5_000) {
        let mut out = b"before".to_vec();
        if decompress_block(&block, length, &mut out).is_some() {
            prop_assert_eq!(out.len(), 6 + length);
        }
        prop_assert!(out.len() <= 6 + length);
    }

    #[test]
    fn a_damaged_block_is_unpacked_or_refused(place in any::<prop::sample::Index>(), byte: u8) {
        let data = text(2_000);
        let mut block = lzokay_native::compress(&data).unwrap();
        let place = place.index(block.len());
        block[place] = byte;
        let mut out = Vec::new();
        let _ = decompress_block(&block, data.len(), &mut out);
        prop_assert!(out.len() <= data.len());
    }
}

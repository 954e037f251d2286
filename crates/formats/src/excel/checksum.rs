//! Check sums of bytes that stand one behind the other.

/// The polynomial of CRC-32, its lowest bit first.
const POLYNOMIAL: u32 = 0xedb8_8320;

/// The CRC-32 of two runs of bytes, from the sums of both and the length of the second.
///
/// Appending a zero bit is a linear map of the sum; its powers of two are applied where the length has a bit.
pub(super) fn combine(first: u32, second: u32, second_bytes: u64) -> u32 {
    let mut map = one_zero_bit();
    // From one bit to one byte.
    for _ in 0..3 {
        map = squared(&map);
    }
    let (mut sum, mut left) = (first, second_bytes);
    while left > 0 {
        if left & 1 == 1 {
            sum = applied(&map, sum);
        }
        map = squared(&map);
        left >>= 1;
    }
    sum ^ second
}

type BitMap = [u32; 32];

fn one_zero_bit() -> BitMap {
    let mut map = [0; 32];
    map[0] = POLYNOMIAL;
    for (bit, row) in map.iter_mut().enumerate().skip(1) {
        *row = 1 << (bit - 1);
    }
    map
}

fn applied(map: &BitMap, mut vector: u32) -> u32 {
    let mut sum = 0;
    for row in map {
        if vector & 1 == 1 {
            sum ^= row;
        }
        vector >>= 1;
    }
    sum
}

fn squared(map: &BitMap) -> BitMap {
    map.map(|row| applied(map, row))
}

#[cfg(test)]
mod tests {
    use super::combine;

    fn sum(bytes: &[u8]) -> u32 {
        let mut crc = flate2::Crc::new();
        crc.update(bytes);
        crc.sum()
    }

    #[test]
    fn two_runs_have_the_sum_of_both() {
        let bytes: Vec<u8> = (0..70_000u32).map(|at| (at * 7 + (at >> 8)) as u8).collect();
        for (length, cut) in [(0, 0), (1, 0), (1, 1), (9, 4), (70_000, 1), (70_000, 65_536), (70_000, 70_000)] {
            let (first, second) = bytes[..length].split_at(cut);
            assert_eq!(
                combine(sum(first), sum(second), second.len() as u64),
                sum(&bytes[..length]),
                "{length} at {cut}"
            );
        }
    }
}

//! Adler-32 and CRC-32.

/// Adler-32 of some bytes.
pub(super) fn adler32(bytes: &[u8]) -> u32 {
    const MODULUS: u32 = 65_521;
    // The sums of this many bytes stay below 2^32.
    const RUN: usize = 5_552;
    let (mut first, mut second) = (1u32, 0u32);
    for run in bytes.chunks(RUN) {
        for byte in run {
            first += u32::from(*byte);
            second += first;
        }
        first %= MODULUS;
        second %= MODULUS;
    }
    second << 16 | first
}

/// CRC-32 (IEEE, reflected) of some bytes.
pub(super) fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| (sum >> 8) ^ TABLE[usize::from(sum as u8 ^ byte)])
}

const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let (mut value, mut bit) = (index as u32, 0);
        while bit < 8 {
            value = if value & 1 == 1 { (value >> 1) ^ 0xedb8_8320 } else { value >> 1 };
            bit += 1;
        }
        table[index] = value;
        index += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_texts_have_their_known_sums() {
        assert_eq!((adler32(b""), crc32(b"")), (1, 0));
        assert_eq!((adler32(b"Wikipedia"), crc32(b"123456789")), (0x11e6_0398, 0xcbf4_3926));
        // The sums of a run of equal bytes have a closed form.
        let (count, byte) = (100_000u64, 255u64);
        let first = (1 + count * byte) % 65_521;
        let second = (count + byte * (count * (count + 1) / 2)) % 65_521;
        assert_eq!(u64::from(adler32(&vec![255; 100_000])), second << 16 | first);
    }
}

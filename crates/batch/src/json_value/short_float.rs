//! 16-bit floats.

/// Nearest 16-bit IEEE float, ties to even; too large becomes infinity.
pub fn half_bits(value: f32) -> u16 {
    let bits = value.to_bits();
    let sign = (bits >> 16) as u16 & 0x8000;
    let magnitude = bits & 0x7fff_ffff;
    if magnitude > 0x7f80_0000 {
        return sign | 0x7e00;
    }
    if magnitude >= 0x4780_0000 {
        return sign | 0x7c00;
    }
    if magnitude < 0x3300_0000 {
        return sign;
    }
    let exponent = (magnitude >> 23) as i32 - 112;
    let (mantissa, shift) = if exponent > 0 {
        (((exponent as u32) << 23) | (magnitude & 0x007f_ffff), 13)
    } else {
        ((magnitude & 0x007f_ffff) | 0x0080_0000, (14 - exponent) as u32)
    };
    let (kept, cut, middle) = (mantissa >> shift, mantissa & ((1 << shift) - 1), 1u32 << (shift - 1));
    sign | (kept + u32::from(cut > middle || (cut == middle && kept & 1 == 1))) as u16
}

/// Nearest 16-bit brain float, ties to even.
pub fn brain_bits(value: f32) -> u16 {
    let bits = value.to_bits();
    if value.is_nan() {
        return (bits >> 16) as u16 | 0x0040;
    }
    ((bits + 0x7fff + ((bits >> 16) & 1)) >> 16) as u16
}

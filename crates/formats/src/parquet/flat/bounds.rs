//! The smallest and the largest value of a column.

use parquet::file::statistics::Statistics;

/// Texts longer than this are not used as bounds.
const MAX_BOUND_BYTES: usize = 64;

/// A number with an order and a form of 64 bits.
pub(super) trait Bounded: Copy + PartialOrd {
    /// What no value is above; where the search for the smallest begins.
    const HIGHEST: Self;
    /// What no value is below.
    const LOWEST: Self;

    fn bits(self) -> u64;
    fn from_bits(bits: u64) -> Self;
    fn statistics(bounds: Option<(Self, Self)>, nulls: u64) -> Statistics;
}

macro_rules! bounded {
    ($native:ty, $lowest:expr, $highest:expr, $statistics:ident, $bits:expr, $from_bits:expr, $as_bounds:expr) => {
        impl Bounded for $native {
            const HIGHEST: Self = $highest;
            const LOWEST: Self = $lowest;

            #[inline]
            fn bits(self) -> u64 {
                $bits(self)
            }
            fn from_bits(bits: u64) -> Self {
                $from_bits(bits)
            }
            fn statistics(bounds: Option<(Self, Self)>, nulls: u64) -> Statistics {
                let bounds: Option<($native, $native)> = bounds.map($as_bounds);
                Statistics::$statistics(
                    bounds.map(|(min, _)| min),
                    bounds.map(|(_, max)| max),
                    None,
                    Some(nulls),
                    false,
                )
            }
        }
    };
}

// Zero has two forms as a float: a smallest zero is written as -0, a largest as +0.
bounded!(i32, i32::MIN, i32::MAX, int32, |value| u64::from(value as u32), |bits| bits as i32, |bounds| bounds);
bounded!(i64, i64::MIN, i64::MAX, int64, |value| value as u64, |bits| bits as i64, |bounds| bounds);
bounded!(
    f32,
    f32::NEG_INFINITY,
    f32::INFINITY,
    float,
    |value: f32| u64::from(value.to_bits()),
    |bits| f32::from_bits(bits as u32),
    |(min, max)| (if min == 0.0 { -0.0 } else { min }, if max == 0.0 { 0.0 } else { max })
);
bounded!(f64, f64::NEG_INFINITY, f64::INFINITY, double, f64::to_bits, f64::from_bits, |(min, max)| (
    if min == 0.0 { -0.0 } else { min },
    if max == 0.0 { 0.0 } else { max }
));

/// The bounds of numbers; not-a-number is no bound.
pub(super) struct Range<T> {
    min: T,
    max: T,
}

impl<T: Bounded> Default for Range<T> {
    fn default() -> Self {
        Self { min: T::HIGHEST, max: T::LOWEST }
    }
}

impl<T: Bounded> Range<T> {
    pub(super) fn include(&mut self, values: &[T]) {
        let (mut min, mut max) = (self.min, self.max);
        for value in values {
            min = if *value < min { *value } else { min };
            max = if *value > max { *value } else { max };
        }
        (self.min, self.max) = (min, max);
    }

    /// `None` when there was no value.
    pub(super) fn bounds(&self) -> Option<(T, T)> {
        (self.min <= self.max).then_some((self.min, self.max))
    }
}

/// The bounds of texts in the order of their bytes.
#[derive(Default)]
pub(super) struct TextRange {
    min: Vec<u8>,
    max: Vec<u8>,
    has_value: bool,
}

/// The first eight bytes as a number of the same order; shorter texts are filled with zeros.
#[inline]
fn prefix(data: &[u8], start: usize, end: usize) -> u64 {
    if let Some(bytes) = data[start..].first_chunk::<8>() {
        let missing = 8usize.saturating_sub(end - start);
        // A shift by all 64 bits is not defined: the empty text is 0.
        return if missing == 8 { 0 } else { u64::from_be_bytes(*bytes) >> (missing * 8) << (missing * 8) };
    }
    let mut bytes = [0u8; 8];
    let length = (end - start).min(8);
    bytes[..length].copy_from_slice(&data[start..start + length]);
    u64::from_be_bytes(bytes)
}

impl TextRange {
    /// Includes the texts between neighbouring offsets. Texts are compared by their first eight bytes where these differ, and
    /// only the bounds of them all are copied, so that ascending texts cost no more than others.
    pub(super) fn include_all(&mut self, offsets: &[i32], data: &[u8]) {
        let [first, second, ..] = *offsets else { return };
        let place = (first as usize, second as usize);
        let (mut min, mut max) = (place, place);
        let mut min_prefix = prefix(data, place.0, place.1);
        let mut max_prefix = min_prefix;
        for pair in offsets[1..].windows(2) {
            let place = (pair[0] as usize, pair[1] as usize);
            let prefix = prefix(data, place.0, place.1);
            if prefix < min_prefix || (prefix == min_prefix && data[place.0..place.1] < data[min.0..min.1]) {
                (min, min_prefix) = (place, prefix);
            }
            if prefix > max_prefix || (prefix == max_prefix && data[place.0..place.1] > data[max.0..max.1]) {
                (max, max_prefix) = (place, prefix);
            }
        }
        self.include(&data[min.0..min.1]);
        self.include(&data[max.0..max.1]);
    }

    pub(super) fn include(&mut self, text: &[u8]) {
        if !self.has_value || text < self.min.as_slice() {
            self.min.clear();
            self.min.extend_from_slice(text);
        }
        if !self.has_value || text > self.max.as_slice() {
            self.max.clear();
            self.max.extend_from_slice(text);
        }
        self.has_value = true;
    }

    /// The bounds; a long one is left out.
    pub(super) fn bounds(self) -> (Option<Vec<u8>>, Option<Vec<u8>>) {
        let short = |text: Vec<u8>| (self.has_value && text.len() <= MAX_BOUND_BYTES).then_some(text);
        (short(self.min), short(self.max))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_of_texts_are_those_of_their_bytes() {
        for texts in [
            &["b", "a", "c"][..],
            &["", "a"],
            &["", ""],
            &["abcdefgh", "abcdefghi", "abcdefg"],
            &["abcdefgh\0", "abcdefgh"],
            &["user1234567", "user1234566", "user1234568"],
            &["ü", "z"],
        ] {
            let data = texts.concat();
            let mut offsets = vec![0];
            for text in texts {
                offsets.push(offsets[offsets.len() - 1] + text.len() as i32);
            }
            let mut range = TextRange::default();
            range.include_all(&offsets, data.as_bytes());
            let expected =
                [texts.iter().min(), texts.iter().max()].map(|text| text.map(|text| text.as_bytes().to_vec()));
            assert_eq!(<[_; 2]>::from(range.bounds()), expected, "{texts:?}");
        }
        let mut long = TextRange::default();
        long.include(&[b'z'; 65]);
        long.include(b"a");
        assert_eq!(long.bounds(), (Some(b"a".to_vec()), None));
        assert_eq!(TextRange::default().bounds(), (None, None));
    }

    #[test]
    fn bounds_of_floats_leave_out_what_is_not_a_number() {
        let bounds = |values: &[f64]| {
            let mut range = Range::default();
            range.include(values);
            let Statistics::Double(statistics) = f64::statistics(range.bounds(), 0) else { unreachable!() };
            statistics.min_opt().zip(statistics.max_opt()).map(|(min, max)| (min.to_bits(), max.to_bits()))
        };
        let bits = |min: f64, max: f64| Some((min.to_bits(), max.to_bits()));
        assert_eq!(bounds(&[]), None);
        assert_eq!(bounds(&[f64::NAN]), None);
        assert_eq!(bounds(&[1.0, f64::NAN, -2.0]), bits(-2.0, 1.0));
        assert_eq!(bounds(&[0.0]), bits(-0.0, 0.0));
        assert_eq!(bounds(&[-0.0, 5.0]), bits(-0.0, 5.0));
        assert_eq!(bounds(&[f64::NEG_INFINITY, f64::INFINITY]), bits(f64::NEG_INFINITY, f64::INFINITY));
    }
}

//! Whether a dictionary pays for a column, judged by its first values.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType as ArrowType;

/// Values of a column that are looked at.
pub(super) const SAMPLE_VALUES: usize = 4_096;
/// Slots of the sample's hash table; half of them stay empty.
const SLOTS: usize = 2 * SAMPLE_VALUES;
/// Values that a dictionary is judged for: about a row group.
const MORSEL_VALUES: f64 = 65_536.0;
/// The estimate is at most so many times what was seen; no dictionary pays there.
const MAX_GROWTH: f64 = 64.0;
const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;

/// Decides, for each leaf below `array` in the order of the file's columns, whether it is written with a dictionary.
///
/// A dictionary makes repeated values small, which also spares their compression, but holds each distinct value once more. It
/// is used when it is estimated to take less than half the bytes of plain values, for [`MORSEL_VALUES`] of them.
pub(super) fn decide(array: &ArrayRef, decisions: &mut Vec<bool>) {
    match array.data_type() {
        ArrowType::List(_) => {
            let list = array.as_list::<i32>();
            decide(&used(list.values(), list.offsets()), decisions);
        }
        ArrowType::Map(_, _) => {
            let map = array.as_map();
            decide(&used(map.keys(), map.offsets()), decisions);
            decide(&used(map.values(), map.offsets()), decisions);
        }
        ArrowType::Struct(_) => array.as_struct().columns().iter().for_each(|column| decide(column, decisions)),
        _ => decisions.push(pays(array)),
    }
}

fn used(values: &ArrayRef, offsets: &[i32]) -> ArrayRef {
    let (first, last) = (offsets.first().copied().unwrap_or(0), offsets.last().copied().unwrap_or(0));
    values.slice(first as usize, (last - first) as usize)
}

fn pays(array: &ArrayRef) -> bool {
    let sample = array.slice(0, array.len().min(SAMPLE_VALUES));
    let Some((distinct, value_bytes)) = distinct(&sample) else { return false };
    let values = sample.len() - sample.null_count();
    let entries = estimated_entries(values as f64, distinct as f64);
    let place_bits = entries.max(2.0).log2().ceil();
    let with_dictionary = entries * value_bytes as f64 + MORSEL_VALUES * place_bits / 8.0;
    with_dictionary < MORSEL_VALUES * value_bytes as f64 / 2.0
}

/// How many values there are to choose from when so many of a random sample are distinct; infinite when all are.
fn estimated_entries(values: f64, distinct: f64) -> f64 {
    if values < 1.0 || distinct >= values {
        return f64::INFINITY;
    }
    // A sample of n out of D equally likely values has D (1 - exp(-n / D)) distinct ones, which grows with D.
    let (mut low, mut high) = (distinct, distinct * MAX_GROWTH);
    for _ in 0..24 {
        let middle = f64::midpoint(low, high);
        let expected = middle * -libm::expm1(-values / middle);
        if expected < distinct { low = middle } else { high = middle }
    }
    high
}

/// Distinct values of an array and their mean width in bytes; `None` for types that never use a dictionary.
fn distinct(array: &ArrayRef) -> Option<(usize, usize)> {
    let mut seen = Seen::new();
    match array.data_type() {
        ArrowType::Utf8 => {
            let texts = array.as_string::<i32>();
            texts.iter().flatten().for_each(|text| seen.insert(hash(text.as_bytes())));
            Some((seen.count, mean_width(texts.offsets())))
        }
        ArrowType::Binary => {
            let values = array.as_binary::<i32>();
            values.iter().flatten().for_each(|value| seen.insert(hash(value)));
            Some((seen.count, mean_width(values.offsets())))
        }
        primitive => {
            let width = primitive.primitive_width()?;
            let data = array.to_data();
            let values = data.buffers().first()?.as_slice().get(data.offset() * width..)?;
            for (row, value) in values.chunks_exact(width).take(data.len()).enumerate() {
                if array.is_valid(row) {
                    seen.insert(hash(value));
                }
            }
            Some((seen.count, width))
        }
    }
}

fn mean_width(offsets: &[i32]) -> usize {
    let bytes = offsets.last().unwrap_or(&0) - offsets.first().unwrap_or(&0);
    4 + bytes as usize / (offsets.len() - 1).max(1)
}

fn hash(bytes: &[u8]) -> u64 {
    let mut state = bytes.len() as u64;
    for chunk in bytes.chunks(8) {
        let mut word = [0u8; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        state = (state ^ u64::from_le_bytes(word)).wrapping_mul(MULTIPLIER);
        state ^= state >> 29;
    }
    state
}

/// A set of 64-bit values that is large enough for one sample.
struct Seen {
    slots: Vec<u64>,
    count: usize,
    has_zero: bool,
}

impl Seen {
    fn new() -> Self {
        Self { slots: vec![0; SLOTS], count: 0, has_zero: false }
    }

    fn insert(&mut self, value: u64) {
        if value == 0 {
            self.count += usize::from(!self.has_zero);
            self.has_zero = true;
            return;
        }
        let mut slot = (value.wrapping_mul(MULTIPLIER) >> 40) as usize % SLOTS;
        while self.slots[slot] != value {
            if self.slots[slot] == 0 {
                self.slots[slot] = value;
                self.count += 1;
                return;
            }
            slot = (slot + 1) % SLOTS;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use arrow_array::{BooleanArray, Float64Array, Int32Array, Int64Array, NullArray, StringArray};
    use std::sync::Arc;

    /// Numbers below `limit` in an order without pattern.
    fn scattered(limit: u64) -> impl Iterator<Item = u64> {
        (0..10_000u64).map(move |row| ((row + 1).wrapping_mul(MULTIPLIER) >> 20) % limit)
    }

    #[test]
    fn a_dictionary_is_chosen_where_values_repeat_often_enough() {
        let ints = |limit| Arc::new(scattered(limit).map(|value| value as i32).collect::<Int32Array>()) as ArrayRef;
        let texts =
            |limit| Arc::new(scattered(limit).map(|value| Some(format!("{value:010}"))).collect::<StringArray>());
        for (case, array, expected) in [
            ("numbers of a thousand", ints(1_000), true),
            ("numbers of fifty thousand", ints(50_000), false),
            ("numbers of two billion", ints(2_000_000_000), false),
            ("texts of a hundred", texts(100), true),
            ("texts of ten thousand", texts(10_000), true),
            ("texts of a million", texts(1_000_000), false),
            ("ascending numbers", Arc::new((0..10_000i64).collect::<Int64Array>()), false),
            ("one number", Arc::new(Int64Array::from(vec![7; 100])), true),
            (
                "fractions",
                Arc::new(scattered(u64::MAX).map(|value| value as f64 / 3.0).collect::<Float64Array>()),
                false,
            ),
            ("nothing", Arc::new(Int32Array::from(Vec::<i32>::new())), false),
            ("only nulls", Arc::new(Int32Array::from(vec![None; 100])), false),
            ("booleans", Arc::new(BooleanArray::from(vec![true; 100])), false),
            ("no type", Arc::new(NullArray::new(100)), false),
        ] {
            let mut decisions = Vec::new();
            decide(&array, &mut decisions);
            assert_eq!(decisions, [expected], "{case}");
        }
    }

    #[test]
    fn slots_hold_every_value_once() {
        let mut seen = Seen::new();
        (0..SAMPLE_VALUES as u64).chain(0..SAMPLE_VALUES as u64).for_each(|value| seen.insert(value));
        assert_eq!(seen.count, SAMPLE_VALUES);
    }
}

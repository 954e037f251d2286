//! Whether a dictionary pays for a column, judged by its first values.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType as ArrowType;

/// Values of a column that are looked at.
pub(super) const SAMPLE_VALUES: usize = 4_096;
/// Slots of the sample's hash table; half of them stay empty.
const SLOTS: usize = 2 * SAMPLE_VALUES;
const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;

/// Decides, for each leaf below `array` in the order of the file's columns, whether it is written with a dictionary.
///
/// A dictionary makes repeated values small and fast to compress, but costs a look-up per value and the whole dictionary
/// once more: it pays when few of the values are distinct. Long values pay sooner than short ones, as more is saved each time.
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
    // One in ten distinct for four-byte values, up to one in three for long ones.
    let share_limit = (value_bytes as f64 / 40.0).clamp(0.05, 0.33);
    values > 0 && (distinct as f64) <= values as f64 * share_limit
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

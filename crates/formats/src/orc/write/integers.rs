//! Runs of integers in version 2 of the encoding: repeats, even steps, growing steps, plain bits.

use crate::orc::protobuf::{push_varint, zigzag};
use crate::orc::read::integers::{MAX_RUN, WIDTHS};

/// A repeat inside other values is told apart from this length on; shorter ones cost less as plain bits.
const MIN_REPEAT: usize = 6;
/// Lengths that a short repeat can say.
const SHORT_REPEAT: std::ops::RangeInclusive<usize> = 3..=10;

/// Integers being encoded.
#[derive(Debug)]
pub(super) struct IntegerSink {
    is_signed: bool,
    /// Fewer than [`MAX_RUN`] values between two calls.
    pending: Vec<i64>,
    out: Vec<u8>,
}

impl IntegerSink {
    pub(super) fn new(is_signed: bool) -> Self {
        Self { is_signed, pending: Vec::with_capacity(MAX_RUN), out: Vec::new() }
    }

    #[inline]
    pub(super) fn push(&mut self, value: i64) {
        self.pending.push(value);
        if self.pending.len() == MAX_RUN {
            self.flush();
        }
    }

    fn flush(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        self.encode(&pending);
        self.pending = pending;
        self.pending.clear();
    }

    /// All of the stream.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.flush();
        self.out
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.out.capacity() + self.pending.capacity() * 8
    }

    fn encode(&mut self, values: &[i64]) {
        let (mut at, mut plain) = (0, 0);
        while at < values.len() {
            let repeat = values[at..].iter().take_while(|value| **value == values[at]).count();
            let is_all = repeat == values.len() && repeat >= *SHORT_REPEAT.start();
            if repeat < MIN_REPEAT && !is_all {
                at += repeat;
                continue;
            }
            self.encode_different(&values[plain..at]);
            self.encode_repeat(values[at], repeat);
            at += repeat;
            plain = at;
        }
        self.encode_different(&values[plain..]);
    }

    /// The value as an unsigned number.
    fn unsigned(&self, value: i64) -> u64 {
        if self.is_signed { zigzag(value) } else { value as u64 }
    }

    fn encode_repeat(&mut self, value: i64, count: usize) {
        if !SHORT_REPEAT.contains(&count) {
            self.encode_steps(value, 0, count, None);
            return;
        }
        let value = self.unsigned(value);
        let bytes = (64 - value.leading_zeros()).div_ceil(8).max(1) as usize;
        self.out.push(((bytes - 1) << 3 | (count - SHORT_REPEAT.start())) as u8);
        self.out.extend_from_slice(&value.to_be_bytes()[8 - bytes..]);
    }

    fn encode_different(&mut self, values: &[i64]) {
        let Some(first) = values.first() else { return };
        let widest = values.iter().fold(0, |widest, value| widest | self.unsigned(*value));
        let plain = width_code(64 - widest.leading_zeros());
        if let Some(steps) = Steps::of(values) {
            if steps.is_even {
                return self.encode_steps(*first, steps.first, values.len(), None);
            }
            // One bit cannot be said here, because its code stands for even steps.
            let code = width_code((64 - steps.widest.leading_zeros()).max(2));
            if WIDTHS[code] < WIDTHS[plain] {
                return self.encode_steps(*first, steps.first, values.len(), Some((code, values)));
            }
        }
        self.push_header(1, plain, values.len());
        let is_signed = self.is_signed;
        let unsigned = values.iter().map(|value| if is_signed { zigzag(*value) } else { *value as u64 });
        pack(unsigned, u32::from(WIDTHS[plain]), &mut self.out);
    }

    /// A run of steps; `growing` has the code of their width and all values where they are not all the same.
    fn encode_steps(&mut self, first: i64, step: i64, count: usize, growing: Option<(usize, &[i64])>) {
        self.push_header(3, growing.map_or(0, |(code, _)| code), count);
        push_varint(self.unsigned(first), &mut self.out);
        push_varint(zigzag(step), &mut self.out);
        if let Some((code, values)) = growing {
            let steps = values[1..].windows(2).map(|pair| pair[1].abs_diff(pair[0]));
            pack(steps, u32::from(WIDTHS[code]), &mut self.out);
        }
    }

    fn push_header(&mut self, kind: u8, width_code: usize, count: usize) {
        let count = count - 1;
        self.out.push(kind << 6 | (width_code as u8) << 1 | (count >> 8) as u8);
        self.out.push(count as u8);
    }
}

/// The steps between values that never change their direction.
struct Steps {
    first: i64,
    /// All bits that any later step has.
    widest: u64,
    is_even: bool,
}

impl Steps {
    /// `None` when the direction changes, a step is too wide, or there are fewer than three values.
    fn of(values: &[i64]) -> Option<Self> {
        let [start, second, _, ..] = values else { return None };
        let first = second.checked_sub(*start)?;
        let mut steps = Self { first, widest: 0, is_even: true };
        for pair in values[1..].windows(2) {
            let step = pair[1].checked_sub(pair[0])?;
            if (first < 0 && step > 0) || (first >= 0 && step < 0) {
                return None;
            }
            steps.widest |= step.unsigned_abs();
            steps.is_even &= step == first;
        }
        Some(steps)
    }
}

/// The code of the least width that is not below `bits`.
fn width_code(bits: u32) -> usize {
    WIDTHS.iter().position(|width| u32::from(*width) >= bits).unwrap_or(WIDTHS.len() - 1)
}

/// Appends the lowest `width` bits of each value, the highest bit first; the last byte is filled up with zeros.
fn pack(values: impl Iterator<Item = u64>, width: u32, out: &mut Vec<u8>) {
    if width.is_multiple_of(8) {
        let bytes = (width / 8) as usize;
        values.for_each(|value| out.extend_from_slice(&value.to_be_bytes()[8 - bytes..]));
        return;
    }
    let (mut bits, mut held) = (0u64, 0u32);
    for value in values {
        bits = bits << width | value;
        held += width;
        while held >= 8 {
            held -= 8;
            out.push((bits >> held) as u8);
        }
    }
    if held > 0 {
        out.push((bits << (8 - held)) as u8);
    }
}

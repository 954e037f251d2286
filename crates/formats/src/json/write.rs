//! Values to JSON text.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use millrace_batch::calendar::split_micros;
use millrace_batch::json_text::escape_sequence;
use millrace_batch::json_text::{CHUNK, escaped_bytes};
use millrace_batch::text::{MAX_SCALAR_BYTES, write_date, write_decimal, write_f32, write_f64, write_i64};

/// Digits of 00 to 99.
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[0; 2]; 100];
    let mut value = 0;
    while value < 100 {
        pairs[value] = [b'0' + (value / 10) as u8, b'0' + (value % 10) as u8];
        value += 1;
    }
    pairs
};

/// Upper bound of every scalar in bytes, quotes included, and of what is written beyond it before it is cut.
pub(super) const SCALAR_BOUND: usize = MAX_SCALAR_BYTES + 8;
/// What a string may take beyond six bytes for each of its own.
pub(super) const STRING_SPARE: usize = CHUNK + 2;

/// Where text is written; the room was asked for before.
pub(crate) struct Sink<'a> {
    bytes: &'a mut [u8],
    at: usize,
    dates: &'a mut DateCache,
}

/// The text of the day that was written last.
pub(crate) struct DateCache {
    days: i32,
    text: [u8; 16],
    length: usize,
}

impl Default for DateCache {
    fn default() -> Self {
        let mut cache = Self { days: 0, text: [0; 16], length: 0 };
        cache.set(0);
        cache
    }
}

impl DateCache {
    fn set(&mut self, days: i32) {
        let mut text = [0; MAX_SCALAR_BYTES];
        self.length = write_date(days, &mut text);
        self.text.copy_from_slice(&text[..16]);
        self.days = days;
    }
}

impl<'a> Sink<'a> {
    pub(crate) fn new(bytes: &'a mut [u8], dates: &'a mut DateCache) -> Self {
        Self { bytes, at: 0, dates }
    }

    /// Bytes written.
    pub(crate) fn len(&self) -> usize {
        self.at
    }

    /// Bytes that may still be written.
    #[inline(always)]
    pub(super) fn room(&self) -> usize {
        self.bytes.len() - self.at
    }

    /// What was written from `start` on.
    pub(super) fn since(&self, start: usize) -> &[u8] {
        &self.bytes[start..self.at]
    }

    /// Takes out one byte.
    pub(super) fn remove(&mut self, at: usize) {
        self.bytes.copy_within(at + 1..self.at, at);
        self.at -= 1;
    }

    #[inline(always)]
    pub(super) fn push(&mut self, byte: u8) {
        self.bytes[self.at] = byte;
        self.at += 1;
    }

    #[inline(always)]
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.bytes[self.at..self.at + bytes.len()].copy_from_slice(bytes);
        self.at += bytes.len();
    }

    /// Writes the first `length` bytes of a chunk; the bytes behind them are written over later.
    #[inline(always)]
    pub(super) fn chunk(&mut self, chunk: &[u8; CHUNK], length: usize) {
        self.bytes[self.at..self.at + CHUNK].copy_from_slice(chunk);
        self.at += length;
    }

    #[inline(always)]
    fn with(&mut self, write: impl FnOnce(&mut [u8]) -> usize) {
        self.at += write(&mut self.bytes[self.at..]);
    }

    /// Writes a quoted string that begins at `start` of `text` and has `length` bytes.
    #[inline(always)]
    pub(super) fn string(&mut self, text: &[u8], start: usize, length: usize) {
        self.push(b'"');
        let end = start + length;
        let mut at = start;
        while at < end {
            let Some(chunk) = text[at..].first_chunk::<CHUNK>() else {
                self.string_tail(&text[at..end]);
                break;
            };
            let rest = end - at;
            let below = if rest >= CHUNK { u32::MAX } else { (1 << rest) - 1 };
            let escaped = escaped_bytes(chunk) & below;
            if escaped == 0 {
                self.chunk(chunk, rest.min(CHUNK));
                at += CHUNK;
            } else {
                let plain = escaped.trailing_zeros() as usize;
                self.chunk(chunk, plain);
                self.escaped(chunk[plain]);
                at += plain + 1;
            }
        }
        self.push(b'"');
    }

    /// The end of a string that stands at the end of its buffer.
    fn string_tail(&mut self, text: &[u8]) {
        let mut chunk = [b' '; CHUNK];
        chunk[..text.len()].copy_from_slice(text);
        let mut at = 0;
        while at < text.len() {
            let escaped = escaped_bytes(&chunk) >> at;
            let plain = (escaped.trailing_zeros() as usize).min(text.len() - at);
            self.bytes(&text[at..at + plain]);
            at += plain;
            if at < text.len() {
                self.escaped(text[at]);
                at += 1;
            }
        }
    }

    #[cold]
    fn escaped(&mut self, byte: u8) {
        let (sequence, length) = escape_sequence(byte);
        self.bytes(&sequence[..length]);
    }

    #[inline(always)]
    pub(super) fn integer(&mut self, value: i64) {
        if let Ok(small) = u32::try_from(value)
            && small < 10_000
        {
            self.small(small);
        } else {
            self.with(|out| write_i64(value, out));
        }
    }

    /// Up to four digits.
    #[inline(always)]
    fn small(&mut self, value: u32) {
        let ([a, b], [c, d]) = (PAIRS[(value / 100) as usize], PAIRS[(value % 100) as usize]);
        let skip = usize::from(value < 10) + usize::from(value < 100) + usize::from(value < 1_000);
        let digits = u32::from_le_bytes([a, b, c, d]) >> (8 * skip);
        self.bytes[self.at..self.at + 4].copy_from_slice(&digits.to_le_bytes());
        self.at += 4 - skip;
    }

    /// A double as Java writes it; what is not a number is quoted.
    #[inline(always)]
    pub(super) fn double(&mut self, value: f64) {
        // A decimal of at most 15 digits that gives this double is the only one, hence the shortest.
        let scaled = value * 1e4;
        if scaled.abs() < 1e11 && scaled.abs() >= 10.0 {
            // Adding one half and cutting rounds as the test below needs, without a call.
            let whole = (scaled + if scaled < 0.0 { -0.5 } else { 0.5 }) as i64;
            // The same bits, because zero was taken out above.
            if (whole as f64 / 1e4).to_bits() == value.to_bits() {
                return self.ten_thousandths(whole);
            }
        }
        self.number(value.is_finite(), |out| write_f64(value, out));
    }

    /// `value / 10000` with at least one digit behind the point.
    #[inline(always)]
    fn ten_thousandths(&mut self, value: i64) {
        if value < 0 {
            self.push(b'-');
        }
        let value = value.unsigned_abs();
        self.integer((value / 10_000) as i64);
        let fraction = (value % 10_000) as usize;
        let ([a, b], [c, d]) = (PAIRS[fraction / 100], PAIRS[fraction % 100]);
        self.bytes[self.at..self.at + 5].copy_from_slice(&[b'.', a, b, c, d]);
        let zeros = match (b, c, d) {
            (b'0', b'0', b'0') => 3,
            (_, b'0', b'0') => 2,
            (_, _, b'0') => 1,
            _ => 0,
        };
        self.at += 5 - zeros;
    }

    /// A float as Java writes it; what is not a number is quoted.
    pub(super) fn float(&mut self, value: f32) {
        self.number(value.is_finite(), |out| write_f32(value, out));
    }

    fn number(&mut self, finite: bool, write: impl FnOnce(&mut [u8]) -> usize) {
        if finite {
            return self.with(write);
        }
        self.push(b'"');
        self.with(write);
        self.push(b'"');
    }

    /// A decimal without the zeros at its end.
    pub(super) fn decimal(&mut self, value: i128, scale: i8) {
        let (mut value, mut scale) = (value, scale);
        while scale > 0 && value % 10 == 0 {
            value /= 10;
            scale -= 1;
        }
        self.with(|out| write_decimal(value, scale, out));
    }

    /// `yyyy-MM-dd` without quotes.
    #[inline(always)]
    pub(super) fn date(&mut self, days: i32) {
        if days != self.dates.days {
            self.dates.set(days);
        }
        let text = self.dates.text;
        self.bytes[self.at..self.at + 16].copy_from_slice(&text);
        self.at += self.dates.length;
    }

    /// `HH:mm:ss` and as many digits behind a point as are needed, without quotes.
    #[inline(always)]
    pub(super) fn time(&mut self, nanos_of_day: i64) {
        let nanos = nanos_of_day.rem_euclid(86_400_000_000_000);
        let seconds = (nanos / 1_000_000_000) as u32;
        let (hour, minute) = (PAIRS[(seconds / 3_600) as usize], PAIRS[(seconds / 60 % 60) as usize]);
        let second = PAIRS[(seconds % 60) as usize];
        self.bytes(&[hour[0], hour[1], b':', minute[0], minute[1], b':', second[0], second[1]]);
        let fraction = (nanos % 1_000_000_000) as u32;
        if fraction != 0 {
            self.fraction(fraction);
        }
    }

    fn fraction(&mut self, nanos: u32) {
        let (mut value, mut digits) = (nanos, 9);
        while value % 10 == 0 {
            value /= 10;
            digits -= 1;
        }
        self.push(b'.');
        for place in (self.at..self.at + digits).rev() {
            self.bytes[place] = b'0' + (value % 10) as u8;
            value /= 10;
        }
        self.at += digits;
    }

    /// `yyyy-MM-ddTHH:mm:ss[.n]` without quotes.
    #[inline(always)]
    pub(super) fn timestamp(&mut self, micros: i64) {
        let (days, nanos) = split_micros(micros);
        self.date(days);
        self.push(b'T');
        self.time(nanos);
    }

    /// A local date-time and its offset, `Z` when that is zero, without quotes.
    pub(super) fn timestamp_tz(&mut self, instant: i64, offset_minutes: i16) {
        self.timestamp(instant.saturating_add(i64::from(offset_minutes) * 60_000_000));
        if offset_minutes == 0 {
            return self.push(b'Z');
        }
        let minutes = usize::from(offset_minutes.unsigned_abs());
        self.push(if offset_minutes < 0 { b'-' } else { b'+' });
        self.bytes(&PAIRS[minutes / 60 % 100]);
        self.push(b':');
        self.bytes(&PAIRS[minutes % 60]);
    }

    /// Base64 without quotes.
    pub(super) fn base64(&mut self, bytes: &[u8]) {
        // The room for four bytes for every three was asked for, so that nothing is lost here.
        self.with(|out| STANDARD.encode_slice(bytes, out).unwrap_or(0));
    }
}

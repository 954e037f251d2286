//! Sets of code points.

use super::ast::Fold;
use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

/// A set of code points as sorted ranges, with a table of the first 128.
#[derive(Clone, Debug)]
pub(super) struct Set {
    ranges: ClassUnicode,
    ascii: u128,
}

/// The line terminators of `.`, `^` and `$` without `UNIX_LINES`.
pub(super) const TERMINATORS: [char; 5] = ['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'];

impl From<ClassUnicode> for Set {
    fn from(ranges: ClassUnicode) -> Self {
        let mut ascii = 0;
        for range in ranges.ranges().iter().take_while(|range| range.start().is_ascii()) {
            for code in range.start() as u32..=(range.end() as u32).min(127) {
                ascii |= 1u128 << code;
            }
        }
        Self { ranges, ascii }
    }
}

impl Set {
    /// Whether a code point is in it.
    pub(super) fn contains(&self, symbol: char) -> bool {
        if symbol.is_ascii() {
            return self.ascii >> (symbol as u32) & 1 == 1;
        }
        let ranges = self.ranges.ranges();
        let at = ranges.partition_point(|range| range.end() < symbol);
        ranges.get(at).is_some_and(|range| range.start() <= symbol)
    }

    /// The ranges in order.
    pub(super) fn ranges(&self) -> &[ClassUnicodeRange] {
        self.ranges.ranges()
    }
}

/// The set of the given ranges.
pub(super) fn of(ranges: &[(char, char)]) -> ClassUnicode {
    ClassUnicode::new(ranges.iter().map(|(start, end)| ClassUnicodeRange::new(*start, *end)))
}

/// The set of the given code points.
pub(super) fn of_chars(symbols: &[char]) -> ClassUnicode {
    ClassUnicode::new(symbols.iter().map(|symbol| ClassUnicodeRange::new(*symbol, *symbol)))
}

/// Everything that is not in the set.
pub(super) fn negated(mut set: ClassUnicode) -> ClassUnicode {
    set.negate();
    set
}

/// The set with the other case of its letters.
pub(super) fn folded(mut set: ClassUnicode, fold: Fold) -> ClassUnicode {
    match fold {
        Fold::None => {}
        Fold::Unicode => set.case_fold_simple(),
        Fold::Ascii => {
            let mut ascii = set.clone();
            ascii.intersect(&of(&[('A', 'Z'), ('a', 'z')]));
            for range in ascii.ranges() {
                let swap = |symbol: char| char::from(symbol as u8 ^ 0x20);
                set.push(ClassUnicodeRange::new(swap(range.start()), swap(range.end())));
            }
        }
    }
    set
}

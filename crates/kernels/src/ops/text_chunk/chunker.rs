//! Where a text is cut.

use memchr::memmem::Finder;

/// Cuts texts; keeps its room from text to text.
pub(super) struct Chunker {
    separators: Vec<Finder<'static>>,
    chunk_size: usize,
    overlap_size: usize,
    /// Ends of the pieces of the text, with the code points of each.
    pieces: Vec<Piece>,
}

#[derive(Clone, Copy)]
struct Piece {
    end: usize,
    length: usize,
}

/// Code points of a text.
fn length(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().count() }
}

/// Byte behind the first `count` code points.
fn behind(text: &str, count: usize) -> usize {
    text.char_indices().nth(count).map_or(text.len(), |(at, _)| at)
}

impl Chunker {
    /// # Parameters
    /// Both sizes are in code points; an empty separator cuts nothing.
    pub(super) fn new(separators: &[String], chunk_size: usize, overlap_size: usize) -> Self {
        let separators = separators.iter().map(|text| Finder::new(text.as_bytes()).into_owned()).collect();
        Self { separators, chunk_size, overlap_size, pieces: Vec::new() }
    }

    /// Calls `emit` with every chunk of a text that is not empty, until it answers false. Returns whether all were given.
    pub(super) fn cut<'t>(&mut self, text: &'t str, mut emit: impl FnMut(&'t str) -> bool) -> bool {
        if self.separators.is_empty() {
            return self.windows(text, emit);
        }
        self.pieces.clear();
        self.split(text, 0, text.len(), 0);
        // The chunk has the pieces `first..next`, `size` code points, and begins at byte `start`.
        let (mut first, mut start, mut size) = (0, 0, 0);
        for next in 0..self.pieces.len() {
            let Piece { length, .. } = self.pieces[next];
            if size > 0 && size + length > self.chunk_size {
                if !emit(&text[start..self.pieces[next - 1].end]) {
                    return false;
                }
                (first, size) = self.carried(first, next, self.overlap_size.min(self.chunk_size - length));
                start = if first == 0 { 0 } else { self.pieces[first - 1].end };
            }
            size += length;
        }
        emit(&text[start..])
    }

    /// The longest run of pieces before `next`, and not before `first`, with at most `budget` code points together.
    fn carried(&self, first: usize, next: usize, budget: usize) -> (usize, usize) {
        let (mut from, mut size) = (next, 0);
        while from > first && size + self.pieces[from - 1].length <= budget {
            from -= 1;
            size += self.pieces[from].length;
        }
        (from, size)
    }

    /// Adds the pieces of `text[start..end]`, cut behind the separators from `level` on.
    fn split(&mut self, text: &str, start: usize, end: usize, level: usize) {
        let mut from = start;
        while from < end {
            let separator = &self.separators[level];
            let width = separator.needle().len();
            let found = if width == 0 { None } else { separator.find(&text.as_bytes()[from..end]) };
            let to = found.map_or(end, |found| from + found + width);
            let size = length(&text[from..to]);
            if size <= self.chunk_size {
                self.pieces.push(Piece { end: to, length: size });
            } else if level + 1 < self.separators.len() {
                self.split(text, from, to, level + 1);
            } else {
                self.fixed(text, from, to);
            }
            from = to;
        }
    }

    fn fixed(&mut self, text: &str, start: usize, end: usize) {
        let mut from = start;
        while from < end {
            let to = from + behind(&text[from..end], self.chunk_size);
            self.pieces.push(Piece { end: to, length: length(&text[from..to]) });
            from = to;
        }
    }

    fn windows<'t>(&self, text: &'t str, mut emit: impl FnMut(&'t str) -> bool) -> bool {
        let mut start = 0;
        loop {
            let end = start + behind(&text[start..], self.chunk_size);
            if !emit(&text[start..end]) {
                return false;
            }
            if end == text.len() {
                return true;
            }
            start += behind(&text[start..], self.chunk_size - self.overlap_size);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str, separators: &[&str], chunk_size: usize, overlap_size: usize) -> Vec<String> {
        let separators: Vec<_> = separators.iter().map(ToString::to_string).collect();
        let mut chunks = Vec::new();
        assert!(Chunker::new(&separators, chunk_size, overlap_size).cut(text, |chunk| {
            chunks.push(chunk.to_owned());
            true
        }));
        chunks
    }

    #[test]
    fn texts_are_cut_at_the_best_separator_that_is_left() {
        for (text, separators, size, overlap, expected) in [
            ("a b c", vec![" "], 9, 0, vec!["a b c"]),
            ("a b c", vec![" "], 4, 0, vec!["a b ", "c"]),
            ("a b c", vec![" "], 3, 0, vec!["a ", "b c"]),
            ("one.two three", vec![".", " "], 8, 0, vec!["one.two ", "three"]),
            ("one.two three", vec![".", " "], 9, 0, vec!["one.", "two three"]),
            ("abcdefg", vec![" "], 3, 0, vec!["abc", "def", "g"]),
            ("a\n\n\nb", vec!["\n\n", "\n"], 2, 0, vec!["a\n", "\n", "\nb"]),
            ("你好。世界！", vec!["。", "！"], 3, 0, vec!["你好。", "世界！"]),
            ("😀😀😀", vec![], 2, 0, vec!["😀😀", "😀"]),
            ("a b", vec!["", " "], 2, 0, vec!["a ", "b"]),
            // The overlap is whole pieces, as many as fit.
            ("aa bb cc dd", vec![" "], 6, 3, vec!["aa bb ", "bb cc ", "cc dd"]),
            ("aa bb cc dd", vec![" "], 6, 2, vec!["aa bb ", "cc dd"]),
            ("a b ccccc d", vec![" "], 6, 2, vec!["a b ", "ccccc ", "d"]),
            // Without separators it is a window.
            ("abcdef", vec![], 3, 1, vec!["abc", "cde", "ef"]),
            ("abcdef", vec![], 3, 2, vec!["abc", "bcd", "cde", "def"]),
            ("abc", vec![], 3, 2, vec!["abc"]),
        ] {
            assert_eq!(cut(text, &separators, size, overlap), expected, "{text:?} {separators:?} {size} {overlap}");
        }
    }

    #[test]
    fn a_consumer_that_has_enough_stops_it() {
        for separators in [vec![" ".to_owned()], vec![]] {
            let mut chunks = 0;
            assert!(!Chunker::new(&separators, 1, 0).cut("a b c", |_| {
                chunks += 1;
                chunks < 2
            }));
            assert_eq!(chunks, 2);
        }
    }
}

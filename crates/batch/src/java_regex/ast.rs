//! What a Java pattern means, with every flag resolved.

use super::set::Set;

/// One part of a pattern.
#[derive(Clone, Debug)]
pub(super) enum Node {
    /// Matches nothing at all, everywhere.
    Empty,
    /// One code point.
    Char(char),
    /// One code point out of a set.
    Set(Set),
    /// All of them, one behind the other.
    Concat(Vec<Node>),
    /// The first of them that leads to a match.
    Alternate(Vec<Node>),
    /// The node again and again.
    Repeat {
        /// What is repeated.
        node: Box<Node>,
        /// At least so often.
        min: u32,
        /// At most so often; `None` without limit.
        max: Option<u32>,
        /// Which number of turns is tried first.
        greed: Greed,
    },
    /// A capturing group; the first one has index 1.
    Capture(usize, Box<Node>),
    /// Looks ahead or behind without moving.
    Look {
        /// Whether it looks at what is before the position.
        behind: bool,
        /// Whether it must not match.
        negated: bool,
        /// What is looked for.
        node: Box<Node>,
    },
    /// Never gives back what it matched.
    Atomic(Box<Node>),
    /// The text of a group, again.
    Reference(usize, Fold),
    /// A place.
    Assert(Assertion),
}

/// How many turns a repetition takes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Greed {
    /// As many as possible, fewer when needed.
    Greedy,
    /// As few as possible, more when needed.
    Lazy,
    /// As many as possible, never fewer.
    Possessive,
}

/// Which letters are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fold {
    /// Only equal ones.
    None,
    /// ASCII letters of both cases.
    Ascii,
    /// Letters of both cases.
    Unicode,
}

/// A place between two code points. With `unix`, the line feed is the only line terminator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Assertion {
    /// `\A`, and `^` without MULTILINE.
    Start,
    /// `\z`.
    End,
    /// `\Z`, and `$` without MULTILINE: the end, or before a line terminator that ends the text.
    EndOrLastTerminator {
        /// See [`Assertion`].
        unix: bool,
    },
    /// `^` with MULTILINE: the start, or behind a line terminator that does not end the text.
    LineStart {
        /// See [`Assertion`].
        unix: bool,
    },
    /// `$` with MULTILINE: the end, or before a line terminator.
    LineEnd {
        /// See [`Assertion`].
        unix: bool,
    },
    /// `\b`.
    WordBoundary,
    /// `\B`.
    NotWordBoundary,
    /// `\G`: where this search began.
    SearchStart,
}

impl Node {
    /// Visits the node and everything in it.
    pub(super) fn walk(&self, visit: &mut impl FnMut(&Node)) {
        visit(self);
        match self {
            Node::Concat(nodes) | Node::Alternate(nodes) => nodes.iter().for_each(|node| node.walk(visit)),
            Node::Repeat { node, .. } | Node::Capture(_, node) | Node::Look { node, .. } | Node::Atomic(node) => {
                node.walk(visit);
            }
            Node::Empty | Node::Char(_) | Node::Set(_) | Node::Reference(..) | Node::Assert(_) => {}
        }
    }

    /// Whether an engine without backtracking can do it.
    pub(super) fn is_regular(&self) -> bool {
        let mut regular = true;
        self.walk(&mut |node| {
            regular &= !matches!(
                node,
                Node::Look { .. }
                    | Node::Atomic(_)
                    | Node::Reference(..)
                    | Node::Assert(Assertion::SearchStart)
                    | Node::Repeat { greed: Greed::Possessive, .. }
            );
        });
        regular
    }

    /// Fewest and most code points of a match; `None` when there is no bound.
    pub(super) fn width(&self) -> (usize, Option<usize>) {
        match self {
            Node::Empty | Node::Assert(_) | Node::Look { .. } => (0, Some(0)),
            Node::Char(_) | Node::Set(_) => (1, Some(1)),
            Node::Reference(..) => (0, None),
            Node::Capture(_, node) | Node::Atomic(node) => node.width(),
            Node::Concat(nodes) => nodes.iter().map(Node::width).fold((0, Some(0)), |(low, high), (min, max)| {
                (low.saturating_add(min), high.zip(max).and_then(|(a, b)| a.checked_add(b)))
            }),
            Node::Alternate(nodes) => {
                let widths = nodes.iter().map(Node::width);
                widths
                    .reduce(|(low, high), (min, max)| (low.min(min), high.zip(max).map(|(a, b)| a.max(b))))
                    .unwrap_or((0, Some(0)))
            }
            Node::Repeat { node, min, max, .. } => {
                let (low, high) = node.width();
                let most = if high == Some(0) {
                    Some(0)
                } else {
                    high.zip(*max).and_then(|(high, turns)| high.checked_mul(turns as usize))
                };
                (low.saturating_mul(*min as usize), most)
            }
        }
    }
}

//! A pattern in the syntax of the engine without backtracking.

use super::ast::{Assertion, Greed, Node};
use super::set::Set;
use std::fmt::Write;

/// Writes a pattern of which [`Node::is_regular`] holds.
///
/// `$`, `\Z` and the multi-line places are written as what they are in a text whose line terminators are all `\n` and
/// which does not end with one; the caller sees to that.
pub(super) fn print(node: &Node) -> String {
    let mut out = String::new();
    write_node(node, &mut out);
    out
}

fn write_node(node: &Node, out: &mut String) {
    match node {
        Node::Empty => out.push_str("(?:)"),
        Node::Char(symbol) => out.push_str(&regex::escape(symbol.encode_utf8(&mut [0; 4]))),
        Node::Set(set) => write_set(set, out),
        Node::Concat(nodes) => nodes.iter().for_each(|node| write_node(node, out)),
        Node::Alternate(nodes) => {
            out.push_str("(?:");
            for (index, node) in nodes.iter().enumerate() {
                if index > 0 {
                    out.push('|');
                }
                write_node(node, out);
            }
            out.push(')');
        }
        Node::Repeat { node, min, max, greed } => {
            out.push_str("(?:");
            write_node(node, out);
            out.push(')');
            // Writing to a string cannot fail.
            let _ = match (min, max) {
                (0, None) => out.write_char('*'),
                (1, None) => out.write_char('+'),
                (0, Some(1)) => out.write_char('?'),
                (min, None) => write!(out, "{{{min},}}"),
                (min, Some(max)) => write!(out, "{{{min},{max}}}"),
            };
            if *greed == Greed::Lazy {
                out.push('?');
            }
        }
        Node::Capture(_, node) => {
            out.push('(');
            write_node(node, out);
            out.push(')');
        }
        Node::Assert(assertion) => out.push_str(match assertion {
            Assertion::Start | Assertion::SearchStart => r"\A",
            Assertion::End | Assertion::EndOrLastTerminator { .. } => r"\z",
            Assertion::LineStart { .. } => "(?m:^)",
            Assertion::LineEnd { .. } => "(?m:$)",
            Assertion::WordBoundary => r"\b",
            Assertion::NotWordBoundary => r"\B",
        }),
        Node::Look { .. } | Node::Atomic(_) | Node::Reference(..) => debug_assert!(false, "not regular"),
    }
}

fn write_set(set: &Set, out: &mut String) {
    if set.ranges().is_empty() {
        out.push_str("[a&&b]");
        return;
    }
    out.push('[');
    for range in set.ranges() {
        let _ = write!(out, "\\x{{{:X}}}", range.start() as u32);
        if range.start() != range.end() {
            let _ = write!(out, "-\\x{{{:X}}}", range.end() as u32);
        }
    }
    out.push(']');
}

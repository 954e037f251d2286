//! The engine for what needs backtracking. It counts its steps, and gives up where Java would go on for years.

use super::ast::{Assertion, Fold};
use super::program::{Instruction, Program};
use super::set::TERMINATORS;

/// No group, or none yet.
pub(super) const UNSET: usize = usize::MAX;

/// Steps that one search may take, besides [`STEPS_PER_BYTE`].
const STEPS: usize = 2_000_000;
/// Further steps for each byte of the text.
const STEPS_PER_BYTE: usize = 64;
/// Choices that a search may keep open.
const MAX_CHOICES: usize = 4 << 20;

/// The search takes more steps or more memory than it may.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LimitReached;

enum Choice {
    /// Go on there.
    Resume { at: usize, position: usize },
    /// Go on there with one code point less, as long as it is more than `low`.
    Shrink { at: usize, low: usize, high: usize },
    /// Put the register back.
    Restore { register: usize, value: usize },
}

/// Finds the first match that begins at `from` or later; the bounds of the groups are in `registers`.
pub(super) fn search(
    program: &Program,
    text: &str,
    from: usize,
    registers: &mut Vec<usize>,
) -> Result<bool, LimitReached> {
    let mut machine = Machine {
        program,
        text,
        search_start: from,
        choices: Vec::new(),
        registers,
        steps_left: STEPS.saturating_add(text.len().saturating_mul(STEPS_PER_BYTE)),
    };
    let mut start = from;
    loop {
        if let Some(first) = &program.first_bytes {
            let Some(ahead) = text.as_bytes()[start..].iter().position(|byte| first[*byte as usize]) else {
                return Ok(false);
            };
            start += ahead;
        }
        machine.registers.clear();
        machine.registers.resize(program.registers, UNSET);
        if let Some(end) = machine.run(0, start, None)? {
            machine.registers[0] = start;
            machine.registers[1] = end;
            return Ok(true);
        }
        match text[start..].chars().next() {
            Some(symbol) => start += symbol.len_utf8(),
            None => return Ok(false),
        }
    }
}

struct Machine<'a> {
    program: &'a Program,
    text: &'a str,
    search_start: usize,
    choices: Vec<Choice>,
    registers: &'a mut Vec<usize>,
    steps_left: usize,
}

impl Machine<'_> {
    /// Runs from an instruction to its `Accept` and gives the position there. With `target`, only that position counts.
    /// Choices of the run are gone afterwards; what it stored is undone when it fails, and can be undone when it does not.
    fn run(&mut self, at: usize, position: usize, target: Option<usize>) -> Result<Option<usize>, LimitReached> {
        let base = self.choices.len();
        let (mut at, mut position) = (at, position);
        loop {
            self.steps_left = self.steps_left.checked_sub(1).ok_or(LimitReached)?;
            if self.choices.len() > MAX_CHOICES {
                return Err(LimitReached);
            }
            if matches!(self.program.instructions[at], Instruction::Accept)
                && target.is_none_or(|target| target == position)
            {
                self.keep_restores(base);
                return Ok(Some(position));
            }
            if let Some(next) = self.step(at, position)? {
                (at, position) = next;
            } else if let Some(next) = self.backtrack(base) {
                (at, position) = next;
            } else {
                return Ok(None);
            }
        }
    }

    /// One instruction; `None` when it fails.
    fn step(&mut self, at: usize, position: usize) -> Result<Option<(usize, usize)>, LimitReached> {
        let program = self.program;
        let next = self.text[position..].chars().next();
        Ok(match &program.instructions[at] {
            Instruction::Char(symbol) => (next == Some(*symbol)).then(|| (at + 1, position + symbol.len_utf8())),
            Instruction::Set(set) => {
                next.filter(|symbol| set.contains(*symbol)).map(|symbol| (at + 1, position + symbol.len_utf8()))
            }
            Instruction::Span(set) => {
                let rest = &self.text[position..];
                let taken = rest.find(|symbol| !set.contains(symbol)).unwrap_or(rest.len());
                self.steps_left = self.steps_left.saturating_sub(taken / 8);
                if taken > 0 {
                    self.choices.push(Choice::Shrink { at: at + 1, low: position, high: position + taken });
                }
                Some((at + 1, position + taken))
            }
            Instruction::Split(first, second) => {
                self.choices.push(Choice::Resume { at: *second, position });
                Some((*first, position))
            }
            Instruction::Jump(target) => Some((*target, position)),
            Instruction::Save(register) => {
                let value = std::mem::replace(&mut self.registers[*register], position);
                self.choices.push(Choice::Restore { register: *register, value });
                Some((at + 1, position))
            }
            Instruction::Progress { register, exit } => {
                Some((if self.registers[*register] == position { *exit } else { at + 1 }, position))
            }
            Instruction::Assert(assertion) => self.holds(*assertion, position).then_some((at + 1, position)),
            Instruction::Reference(group, fold) => self.repeated(*group, *fold, position).map(|end| (at + 1, end)),
            Instruction::Ahead { negated, exit } => {
                let found = self.look(*negated, at + 1, position, None)?;
                (found != *negated).then_some((*exit, position))
            }
            Instruction::Behind { negated, exit, min, max } => {
                let found = self.look_behind(*negated, at + 1, position, *min, *max)?;
                (found != *negated).then_some((*exit, position))
            }
            Instruction::Atomic { exit } => self.run(at + 1, position, None)?.map(|end| (*exit, end)),
            // An end that is not where it has to be.
            Instruction::Accept => None,
        })
    }

    /// The last open choice of this run.
    fn backtrack(&mut self, base: usize) -> Option<(usize, usize)> {
        while self.choices.len() > base {
            match self.choices.pop()? {
                Choice::Restore { register, value } => self.registers[register] = value,
                Choice::Resume { at, position } => return Some((at, position)),
                Choice::Shrink { at, low, high } => {
                    let last = self.text[..high].chars().next_back().map_or(0, char::len_utf8);
                    let high = high - last;
                    if high > low {
                        self.choices.push(Choice::Shrink { at, low, high });
                    }
                    return Some((at, high));
                }
            }
        }
        None
    }

    fn keep_restores(&mut self, base: usize) {
        let mut kept = base;
        for index in base..self.choices.len() {
            if matches!(self.choices[index], Choice::Restore { .. }) {
                self.choices.swap(kept, index);
                kept += 1;
            }
        }
        self.choices.truncate(kept);
    }

    /// Whether the run succeeds; what it stored is undone when `undo` is set.
    fn look(&mut self, undo: bool, at: usize, position: usize, target: Option<usize>) -> Result<bool, LimitReached> {
        let base = self.choices.len();
        let found = self.run(at, position, target)?.is_some();
        if undo {
            while self.choices.len() > base {
                if let Some(Choice::Restore { register, value }) = self.choices.pop() {
                    self.registers[register] = value;
                }
            }
        }
        Ok(found)
    }

    fn look_behind(
        &mut self,
        undo: bool,
        at: usize,
        position: usize,
        min: usize,
        max: usize,
    ) -> Result<bool, LimitReached> {
        let (mut start, mut back) = (position, 0);
        loop {
            if back >= min && self.look(undo, at, start, Some(position))? {
                return Ok(true);
            }
            let Some(symbol) = self.text[..start].chars().next_back().filter(|_| back < max) else { return Ok(false) };
            start -= symbol.len_utf8();
            back += 1;
        }
    }

    /// Where the text of a group, found again at the position, ends.
    fn repeated(&self, group: usize, fold: Fold, position: usize) -> Option<usize> {
        let (start, end) = (self.registers[2 * group], self.registers[2 * group + 1]);
        if start == UNSET || end == UNSET || end < start {
            return None;
        }
        let mut rest = self.text[position..].chars();
        for expected in self.text[start..end].chars() {
            let found = rest.next()?;
            let same = match fold {
                Fold::None => found == expected,
                Fold::Ascii => found.eq_ignore_ascii_case(&expected),
                Fold::Unicode => {
                    found == expected
                        || found
                            .to_uppercase()
                            .flat_map(char::to_lowercase)
                            .eq(expected.to_uppercase().flat_map(char::to_lowercase))
                }
            };
            if !same {
                return None;
            }
        }
        Some(self.text.len() - rest.as_str().len())
    }

    fn holds(&self, assertion: Assertion, position: usize) -> bool {
        let (before, behind) = self.text.split_at(position);
        match assertion {
            Assertion::Start => position == 0,
            Assertion::End => behind.is_empty(),
            Assertion::SearchStart => position == self.search_start,
            Assertion::EndOrLastTerminator { unix } => match behind {
                "" => true,
                "\n" => unix || !before.ends_with('\r'),
                "\r\n" => !unix,
                _ => !unix && is_one_terminator(behind),
            },
            Assertion::LineStart { unix } => {
                position == 0
                    || !behind.is_empty()
                        && before.chars().next_back().is_some_and(|last| match last {
                            '\n' => true,
                            '\r' => !unix && !behind.starts_with('\n'),
                            _ => !unix && TERMINATORS.contains(&last),
                        })
            }
            Assertion::LineEnd { unix } => behind.chars().next().is_none_or(|next| match next {
                '\n' => unix || !before.ends_with('\r'),
                _ => !unix && TERMINATORS.contains(&next),
            }),
            Assertion::WordBoundary => is_boundary(before, behind),
            Assertion::NotWordBoundary => !is_boundary(before, behind),
        }
    }
}

fn is_one_terminator(text: &str) -> bool {
    let mut symbols = text.chars();
    symbols.next().is_some_and(|symbol| TERMINATORS.contains(&symbol)) && symbols.next().is_none()
}

fn is_boundary(before: &str, behind: &str) -> bool {
    let is_word = |symbol: Option<char>| symbol.is_some_and(regex_syntax::is_word_character);
    is_word(before.chars().next_back()) != is_word(behind.chars().next())
}

//! A pattern as instructions of the backtracking engine.

use super::Fault;
use super::ast::{Assertion, Fold, Greed, Node};
use super::set::Set;

/// One instruction; the next one follows it unless it says otherwise.
#[derive(Debug)]
pub(super) enum Instruction {
    /// Takes one code point.
    Char(char),
    /// Takes one code point of a set.
    Set(Set),
    /// Takes as many code points of a set as there are, and gives them back one by one.
    Span(Set),
    /// Goes on at the first, and at the second when that fails.
    Split(usize, usize),
    /// Goes on there.
    Jump(usize),
    /// Stores the position in a register.
    Save(usize),
    /// Leaves a loop whose last turn, begun at the position in the register, matched nothing.
    Progress { register: usize, exit: usize },
    /// Checks a place.
    Assert(Assertion),
    /// Takes the text of a group.
    Reference(usize, Fold),
    /// Runs what follows up to its `Accept`, then goes on at `exit` where it was.
    Ahead { negated: bool, exit: usize },
    /// As `Ahead`, from `min` to `max` code points before the position up to exactly the position.
    Behind { negated: bool, exit: usize, min: usize, max: usize },
    /// Runs what follows up to its `Accept`, and goes on at `exit` where that ended.
    Atomic { exit: usize },
    /// The end of the pattern, or of the part in a look or an atomic group.
    Accept,
}

/// A compiled pattern.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) instructions: Vec<Instruction>,
    /// Two for each group, the whole match included, then one for each loop.
    pub(super) registers: usize,
    /// The bytes that a match can begin with; `None` when it may be empty.
    pub(super) first_bytes: Option<Box<[bool; 256]>>,
}

/// A pattern that repeats what is repeated may not grow beyond this.
const MAX_INSTRUCTIONS: usize = 100_000;

impl Program {
    /// Compiles a pattern with its number of capturing groups.
    pub(super) fn compile(node: &Node, groups: usize) -> Result<Self, Fault> {
        let mut first = Box::new([false; 256]);
        let empty = first_bytes(node, &mut first);
        let mut program =
            Self { instructions: Vec::new(), registers: 2 * (groups + 1), first_bytes: (!empty).then_some(first) };
        program.node(node)?;
        program.push(Instruction::Accept)?;
        Ok(program)
    }

    fn push(&mut self, instruction: Instruction) -> Result<usize, Fault> {
        if self.instructions.len() == MAX_INSTRUCTIONS {
            return Err(Fault::invalid("it is too large when its repetitions are written out"));
        }
        self.instructions.push(instruction);
        Ok(self.instructions.len() - 1)
    }

    fn node(&mut self, node: &Node) -> Result<(), Fault> {
        match node {
            Node::Empty => {}
            Node::Char(symbol) => drop(self.push(Instruction::Char(*symbol))?),
            Node::Set(set) => drop(self.push(Instruction::Set(set.clone()))?),
            Node::Concat(nodes) => nodes.iter().try_for_each(|node| self.node(node))?,
            Node::Alternate(nodes) => self.alternate(nodes)?,
            Node::Repeat { node, min, max, greed: Greed::Possessive } => {
                let greedy = Node::Repeat { node: node.clone(), min: *min, max: *max, greed: Greed::Greedy };
                self.nested(|exit| Instruction::Atomic { exit }, &greedy)?;
            }
            Node::Repeat { node, min, max, greed } => self.repeat(node, *min, *max, *greed == Greed::Lazy)?,
            Node::Capture(index, node) => {
                self.push(Instruction::Save(2 * index))?;
                self.node(node)?;
                self.push(Instruction::Save(2 * index + 1))?;
            }
            Node::Look { behind: false, negated, node } => {
                self.nested(|exit| Instruction::Ahead { negated: *negated, exit }, node)?;
            }
            Node::Look { behind: true, negated, node } => {
                let (min, max) = node.width();
                let max = max.unwrap_or(min);
                self.nested(|exit| Instruction::Behind { negated: *negated, exit, min, max }, node)?;
            }
            Node::Atomic(node) => self.nested(|exit| Instruction::Atomic { exit }, node)?,
            Node::Reference(group, fold) => drop(self.push(Instruction::Reference(*group, *fold))?),
            Node::Assert(assertion) => drop(self.push(Instruction::Assert(*assertion))?),
        }
        Ok(())
    }

    fn nested(&mut self, head: impl FnOnce(usize) -> Instruction, node: &Node) -> Result<(), Fault> {
        let start = self.push(Instruction::Accept)?;
        self.node(node)?;
        self.push(Instruction::Accept)?;
        self.instructions[start] = head(self.instructions.len());
        Ok(())
    }

    fn alternate(&mut self, nodes: &[Node]) -> Result<(), Fault> {
        let mut jumps = Vec::new();
        for (index, node) in nodes.iter().enumerate() {
            if index + 1 == nodes.len() {
                self.node(node)?;
                break;
            }
            let split = self.push(Instruction::Accept)?;
            self.node(node)?;
            jumps.push(self.push(Instruction::Accept)?);
            self.instructions[split] = Instruction::Split(split + 1, self.instructions.len());
        }
        for jump in jumps {
            self.instructions[jump] = Instruction::Jump(self.instructions.len());
        }
        Ok(())
    }

    fn repeat(&mut self, node: &Node, min: u32, max: Option<u32>, lazy: bool) -> Result<(), Fault> {
        for _ in 0..min {
            self.node(node)?;
        }
        let branch = |turn, exit| if lazy { Instruction::Split(exit, turn) } else { Instruction::Split(turn, exit) };
        if let Some(max) = max {
            let mut splits = Vec::new();
            for _ in min..max {
                splits.push(self.push(Instruction::Accept)?);
                self.node(node)?;
            }
            for split in splits {
                self.instructions[split] = branch(split + 1, self.instructions.len());
            }
            return Ok(());
        }
        if let (Node::Set(set), false) = (node, lazy) {
            self.push(Instruction::Span(set.clone()))?;
            return Ok(());
        }
        let split = self.push(Instruction::Accept)?;
        if node.width().0 == 0 {
            let register = self.registers;
            self.registers += 1;
            self.push(Instruction::Save(register))?;
            self.node(node)?;
            let progress = self.push(Instruction::Accept)?;
            self.push(Instruction::Jump(split))?;
            let exit = self.instructions.len();
            self.instructions[progress] = Instruction::Progress { register, exit };
        } else {
            self.node(node)?;
            self.push(Instruction::Jump(split))?;
        }
        self.instructions[split] = branch(split + 1, self.instructions.len());
        Ok(())
    }
}

/// Adds the bytes that a match of the node can begin with; true when it may match nothing.
fn first_bytes(node: &Node, bytes: &mut [bool; 256]) -> bool {
    let lead = |symbol: char| symbol.encode_utf8(&mut [0; 4]).as_bytes()[0];
    match node {
        Node::Char(symbol) => {
            bytes[lead(*symbol) as usize] = true;
            false
        }
        Node::Set(set) => {
            for range in set.ranges() {
                (lead(range.start())..=lead(range.end())).for_each(|byte| bytes[byte as usize] = true);
            }
            false
        }
        Node::Empty | Node::Look { .. } | Node::Assert(_) => true,
        Node::Reference(..) => {
            bytes.fill(true);
            true
        }
        Node::Concat(nodes) => nodes.iter().all(|node| first_bytes(node, bytes)),
        Node::Alternate(nodes) => {
            let mut empty = false;
            for node in nodes {
                empty |= first_bytes(node, bytes);
            }
            empty
        }
        Node::Capture(_, node) | Node::Atomic(node) => first_bytes(node, bytes),
        Node::Repeat { node, min, max, .. } => {
            let empty = *max == Some(0) || first_bytes(node, bytes);
            empty || *min == 0
        }
    }
}

//! The operators of a program: which output feeds which input, and what becomes of the rows that fail.

use crate::document::NodeDocument;
use crate::failed::{FailedRow, OnError, without_failing_rows};
use crate::measure::{Measure, Part, lap};
use crate::{owner, registry};
use millrace_batch::codec::{Context, Operator};
use millrace_batch::{Batch, ErrorCode, KernelError, Result, Schema};
use std::sync::Arc;

/// Operators in topological order over one input.
pub(crate) struct Graph {
    nodes: Vec<Node>,
    /// Schema of every output: the input itself, then for each node its main output and its further ones.
    schemas: Vec<Arc<Schema>>,
    /// Where the main output of every input number of documents stands in `schemas`; its further ones stand behind it.
    mains: Vec<usize>,
}

struct Node {
    input: usize,
    operator: Box<dyn Operator>,
    has_sides: bool,
    on_error: Option<OnError>,
    /// For whom it works.
    owner: u32,
}

impl Graph {
    /// Compiles operators over an input schema. `handlers` is the number of error handlers they may name.
    pub(crate) fn compile(
        input: &Arc<Schema>,
        documents: &[NodeDocument],
        handlers: usize,
        context: &Context,
    ) -> Result<Self> {
        let mut graph = Self { nodes: Vec::new(), schemas: vec![Arc::clone(input)], mains: vec![0] };
        for document in documents {
            let input = graph.output(document.input, document.port)?;
            let definition = registry::operator(&document.operator)?;
            let operator = (definition.compile)(&graph.schemas[input], &document.options, context)?;
            graph.mains.push(graph.schemas.len());
            graph.schemas.push(Arc::clone(operator.output_schema()));
            graph.schemas.extend_from_slice(operator.side_schemas());
            let has_sides = !operator.side_schemas().is_empty();
            let on_error = OnError::compile(document.on_error.as_ref(), handlers)?;
            graph.nodes.push(Node { input, operator, has_sides, on_error, owner: 0 });
        }
        Ok(graph)
    }

    /// Says for whom the nodes work.
    pub(crate) fn set_owners(&mut self, owners: &[u32]) {
        for (node, owner) in self.nodes.iter_mut().zip(owners) {
            node.owner = *owner;
        }
    }

    /// Tells every operator that a piece of work begins.
    pub(crate) fn begin(&mut self, arguments: &str) -> Result<()> {
        self.nodes.iter_mut().try_for_each(|node| node.operator.begin(arguments))
    }

    /// Schemas of the input and of every node's main output, in order.
    pub(crate) fn main_schemas(&self) -> Vec<&Schema> {
        self.mains.iter().map(|output| self.schemas[*output].as_ref()).collect()
    }

    /// Number of an output by the input number that documents give it and its port.
    pub(crate) fn output(&self, input: usize, port: usize) -> Result<usize> {
        let Some(main) = self.mains.get(input) else {
            return Err(KernelError::new(ErrorCode::ProgramInvalid, format!("input '{input}' is not an earlier node")));
        };
        let end = self.mains.get(input + 1).copied().unwrap_or(self.schemas.len());
        if port < end - main {
            return Ok(main + port);
        }
        Err(KernelError::new(ErrorCode::ProgramInvalid, format!("input '{input}' has no port '{port}'")))
    }

    /// Number of operators.
    pub(crate) fn operators(&self) -> usize {
        self.nodes.len()
    }

    /// Schema of an output.
    pub(crate) fn schema(&self, output: usize) -> &Arc<Schema> {
        &self.schemas[output]
    }

    /// Applies every node. The result has one batch per output; rows that fail where that is handled are in `failed`.
    ///
    /// # Errors
    /// The first failure that is not handled, with its row in the input of the node that failed.
    pub(crate) fn run(
        &mut self,
        batch: Batch,
        failed: &mut Vec<FailedRow>,
        measure: &mut Option<Measure>,
    ) -> Result<Vec<Batch>> {
        let mut outputs = Vec::with_capacity(self.schemas.len());
        outputs.push(batch);
        for (index, node) in self.nodes.iter_mut().enumerate() {
            owner::works(node.owner);
            let input = outputs[node.input].clone();
            let applied = if !node.has_sides && node.on_error.is_none() {
                node.operator.apply(input).map(|main| outputs.push(main))
            } else {
                node.run(input, failed).map(|(main, sides)| {
                    outputs.push(main);
                    outputs.extend(sides);
                })
            };
            lap(measure, Part::Operator(index));
            applied.map_err(|error| error.in_part(index))?;
        }
        Ok(outputs)
    }
}

impl Node {
    fn run(&mut self, input: Batch, failed: &mut Vec<FailedRow>) -> Result<(Batch, Vec<Batch>)> {
        let Some(on_error) = self.on_error.clone() else { return self.apply(input) };
        let error = match self.apply(input.clone()) {
            Ok(outputs) => return Ok(outputs),
            Err(error) => error,
        };
        let good = without_failing_rows(&input, error, &on_error, failed, &mut |piece| self.apply(piece).map(drop))?;
        self.apply(good)
    }

    fn apply(&mut self, input: Batch) -> Result<(Batch, Vec<Batch>)> {
        if self.has_sides {
            return self.operator.apply_with_sides(input);
        }
        Ok((self.operator.apply(input)?, Vec::new()))
    }
}

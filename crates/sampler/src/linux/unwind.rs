//! From the copy of a stack to the addresses of its calls.

use super::modules::Module;
use super::registers::{ADDRESS_MASK, FRAME_POINTER, PROGRAM_COUNTER, RETURN_ADDRESS, Registers, STACK_POINTER};
use super::slots::Capture;
use crate::MAX_FRAMES;
use gimli::{
    BaseAddresses, CfaRule, EhFrame, EhFrameHdr, Encoding, EndianSlice, Format, NativeEndian, Operation, Pointer,
    RegisterRule, UnwindContext, UnwindExpression, UnwindSection, UnwindTableRow,
};

type Memory = EndianSlice<'static, NativeEndian>;

/// The copied part of a stack, by the addresses that it had.
struct Stack<'a> {
    start: u64,
    bytes: &'a [u8],
}

impl Stack<'_> {
    /// The word at an address; `None` outside of the copy.
    fn word(&self, address: u64) -> Option<u64> {
        let at = usize::try_from(address.checked_sub(self.start)?).ok()?;
        let bytes = self.bytes.get(at..at.checked_add(8)?)?;
        Some(u64::from_ne_bytes(bytes.try_into().ok()?))
    }
}

/// How a step to the caller ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// The registers are those of the caller.
    Caller,
    /// They are those of what a signal interrupted: what was found so far is its handler.
    Interrupted,
    /// There is no caller, or nothing says where it is.
    End,
}

/// Addresses inside the calls of a copied stack, the innermost first. It ends where the copy does, and where nothing says how to go on.
/// A thread that was in the handler of another signal is told of as if it had not been.
pub(crate) fn frames(capture: &Capture, modules: &[Module]) -> Vec<u64> {
    let stack = Stack { start: capture.stack_start as u64, bytes: &capture.stack[..capture.stack_bytes] };
    let mut registers = capture.registers;
    let mut found = vec![registers.pc];
    let mut is_exact = true;
    let mut context = UnwindContext::new();
    while found.len() < MAX_FRAMES {
        // A call may be the last instruction of its function: the address behind it is in the next one.
        let inside = registers.pc.wrapping_sub(u64::from(!is_exact));
        let before = registers.stack_pointer();
        let step = modules
            .iter()
            .find(|module| module.contains(inside))
            .and_then(|module| by_table(&mut registers, module, inside, &stack, &mut context))
            .unwrap_or_else(|| by_frame_pointer(&mut registers, &stack));
        if step == Step::End || registers.pc == 0 || registers.stack_pointer() <= before {
            break;
        }
        is_exact = step == Step::Interrupted;
        if is_exact {
            found.clear();
        }
        found.push(registers.pc.wrapping_sub(u64::from(!is_exact)));
    }
    found
}

/// Goes to the caller by the unwind tables; `None` when they do not know the address.
fn by_table(
    registers: &mut Registers,
    module: &Module,
    address: u64,
    stack: &Stack<'_>,
    context: &mut UnwindContext<usize>,
) -> Option<Step> {
    let (index_start, index_bytes) = module.unwind_index?;
    let index = memory(index_start, index_bytes);
    let bases = BaseAddresses::default().set_eh_frame_hdr(index_start);
    let header = EhFrameHdr::from(index).parse(&bases, 8).ok()?;
    let Pointer::Direct(tables_start) = header.eh_frame_ptr() else { return None };
    let (_, tables_end) = module.range_of(tables_start)?;
    let tables = EhFrame::from(memory(tables_start, usize::try_from(tables_end - tables_start).ok()?));
    let bases = bases.set_eh_frame(tables_start);
    let entry = header.table()?.fde_for_address(&tables, &bases, address, EhFrame::cie_from_offset).ok()?;
    let row = entry.unwind_info_for_address(&tables, &bases, context, address).ok()?;
    let is_interrupted = entry.is_signal_trampoline();
    let step = if is_interrupted { Step::Interrupted } else { Step::Caller };
    Some(if apply(registers, row, stack, &tables) == Some(true) { step } else { Step::End })
}

/// Memory of a loaded library.
fn memory(start: u64, bytes: usize) -> Memory {
    // SAFETY: the loader has said that the range is mapped; libraries of a node are not unloaded while it runs, and addons stay.
    EndianSlice::new(unsafe { std::slice::from_raw_parts(start as *const u8, bytes) }, NativeEndian)
}

/// The registers as the caller has them; `None` when a rule cannot be followed, `false` when there is no caller.
fn apply(
    registers: &mut Registers,
    row: &UnwindTableRow<usize>,
    stack: &Stack<'_>,
    tables: &EhFrame<Memory>,
) -> Option<bool> {
    let frame = match row.cfa() {
        CfaRule::RegisterAndOffset { register, offset } => registers.get(register.0)?.wrapping_add_signed(*offset),
        CfaRule::Expression(expression) => evaluate(expression, tables, registers, stack)?,
    };
    let mut caller = *registers;
    caller.set(STACK_POINTER, frame);
    let mut is_pc_known = false;
    for (register, rule) in row.registers() {
        let value = match rule {
            RegisterRule::Undefined if register.0 == RETURN_ADDRESS => return Some(false),
            RegisterRule::Undefined | RegisterRule::SameValue => continue,
            RegisterRule::Offset(offset) => stack.word(frame.wrapping_add_signed(*offset))?,
            RegisterRule::ValOffset(offset) => frame.wrapping_add_signed(*offset),
            RegisterRule::Register(other) => registers.get(other.0)?,
            RegisterRule::Expression(expression) => stack.word(evaluate(expression, tables, registers, stack)?)?,
            RegisterRule::ValExpression(expression) => evaluate(expression, tables, registers, stack)?,
            _ => return None,
        };
        is_pc_known |= register.0 == PROGRAM_COUNTER;
        caller.set(register.0, value);
    }
    // Tables of signal handlers may have the place itself, and not the address to return to.
    let pc = if is_pc_known { PROGRAM_COUNTER } else { RETURN_ADDRESS };
    caller.pc = caller.get(pc)? & ADDRESS_MASK;
    *registers = caller;
    Some(true)
}

/// The value of an expression of the few operations that tables have for handlers of signals; `None` for others.
fn evaluate(
    expression: &UnwindExpression<usize>,
    tables: &EhFrame<Memory>,
    registers: &Registers,
    stack: &Stack<'_>,
) -> Option<u64> {
    const ENCODING: Encoding = Encoding { address_size: 8, format: Format::Dwarf32, version: 5 };
    let mut operations = expression.get(tables).ok()?.operations(ENCODING);
    let mut value: Option<u64> = None;
    while let Some(operation) = operations.next().ok()? {
        value = match (operation, value) {
            (Operation::RegisterOffset { register, offset, .. }, None) => {
                Some(registers.get(register.0)?.wrapping_add_signed(offset))
            }
            (Operation::Deref { size: 8, space: false, .. }, Some(address)) => Some(stack.word(address)?),
            (Operation::PlusConstant { value: added }, Some(sum)) => Some(sum.wrapping_add(added)),
            _ => return None,
        };
    }
    value
}

/// Goes to the caller by the frame pointer, as code does that was made while the program runs.
fn by_frame_pointer(registers: &mut Registers, stack: &Stack<'_>) -> Step {
    let Some(frame) = registers.get(FRAME_POINTER).filter(|pointer| pointer % 8 == 0) else { return Step::End };
    let (Some(outer), Some(pc)) = (stack.word(frame), stack.word(frame.wrapping_add(8))) else { return Step::End };
    registers.pc = pc & ADDRESS_MASK;
    registers.set(FRAME_POINTER, outer);
    registers.set(STACK_POINTER, frame + 16);
    Step::Caller
}

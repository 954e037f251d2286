//! From the copy of a stack to the addresses of its calls.

use super::modules::Module;
use super::registers::{ADDRESS_MASK, FRAME_POINTER, RETURN_ADDRESS, Registers, STACK_POINTER};
use super::slots::Capture;
use crate::MAX_FRAMES;
use gimli::{
    BaseAddresses, CfaRule, EhFrame, EhFrameHdr, EndianSlice, NativeEndian, Pointer, RegisterRule, UnwindContext,
    UnwindSection, UnwindTableRow,
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

/// Addresses inside the calls of a copied stack, the innermost first. It ends where the copy does, and where nothing says how to go on.
pub(crate) fn frames(capture: &Capture, modules: &[Module]) -> Vec<u64> {
    let stack = Stack { start: capture.stack_start as u64, bytes: &capture.stack[..capture.stack_bytes] };
    let mut registers = capture.registers;
    let mut found = vec![registers.pc];
    let mut context = UnwindContext::new();
    while found.len() < MAX_FRAMES {
        // A call may be the last instruction of its function: the address behind it is in the next one.
        let inside = if found.len() == 1 { registers.pc } else { registers.pc.wrapping_sub(1) };
        let before = registers.stack_pointer();
        let is_on = match modules.iter().find(|module| module.contains(inside)) {
            Some(module) => by_table(&mut registers, module, inside, &stack, &mut context),
            None => None,
        };
        let is_on = is_on.unwrap_or_else(|| by_frame_pointer(&mut registers, &stack));
        if !is_on || registers.pc == 0 || registers.stack_pointer() <= before {
            break;
        }
        found.push(registers.pc - 1);
    }
    found
}

/// Goes to the caller by the unwind tables; `None` when they do not know the address, `false` behind the last call.
fn by_table(
    registers: &mut Registers,
    module: &Module,
    address: u64,
    stack: &Stack<'_>,
    context: &mut UnwindContext<usize>,
) -> Option<bool> {
    let (index_start, index_bytes) = module.unwind_index?;
    let index = memory(index_start, index_bytes);
    let bases = BaseAddresses::default().set_eh_frame_hdr(index_start);
    let header = EhFrameHdr::from(index).parse(&bases, 8).ok()?;
    let Pointer::Direct(tables_start) = header.eh_frame_ptr() else { return None };
    let (_, tables_end) = module.range_of(tables_start)?;
    let tables = EhFrame::from(memory(tables_start, usize::try_from(tables_end - tables_start).ok()?));
    let bases = bases.set_eh_frame(tables_start);
    let row =
        header.table()?.unwind_info_for_address(&tables, &bases, context, address, EhFrame::cie_from_offset).ok()?;
    Some(apply(registers, row, stack).unwrap_or(false))
}

/// Memory of a loaded library.
fn memory(start: u64, bytes: usize) -> Memory {
    // SAFETY: the loader has said that the range is mapped; libraries of a node are not unloaded while it runs, and addons stay.
    EndianSlice::new(unsafe { std::slice::from_raw_parts(start as *const u8, bytes) }, NativeEndian)
}

/// The registers as the caller has them; `None` when a rule cannot be followed, `false` when there is no caller.
fn apply(registers: &mut Registers, row: &UnwindTableRow<usize>, stack: &Stack<'_>) -> Option<bool> {
    let CfaRule::RegisterAndOffset { register, offset } = row.cfa() else { return None };
    let frame = registers.get(register.0)?.wrapping_add_signed(*offset);
    let mut caller = *registers;
    caller.set(STACK_POINTER, frame);
    for (register, rule) in row.registers() {
        let value = match rule {
            RegisterRule::Undefined if register.0 == RETURN_ADDRESS => return Some(false),
            RegisterRule::Undefined | RegisterRule::SameValue => continue,
            RegisterRule::Offset(offset) => stack.word(frame.wrapping_add_signed(*offset))?,
            RegisterRule::ValOffset(offset) => frame.wrapping_add_signed(*offset),
            RegisterRule::Register(other) => registers.get(other.0)?,
            // Written by hand in a few places of the C library.
            _ => return None,
        };
        caller.set(register.0, value);
    }
    caller.pc = caller.get(RETURN_ADDRESS)? & ADDRESS_MASK;
    *registers = caller;
    Some(true)
}

/// Goes to the caller by the frame pointer, as code does that was made while the program runs.
fn by_frame_pointer(registers: &mut Registers, stack: &Stack<'_>) -> bool {
    let Some(frame) = registers.get(FRAME_POINTER).filter(|pointer| pointer % 8 == 0) else { return false };
    let (Some(outer), Some(pc)) = (stack.word(frame), stack.word(frame.wrapping_add(8))) else { return false };
    registers.pc = pc & ADDRESS_MASK;
    registers.set(FRAME_POINTER, outer);
    registers.set(STACK_POINTER, frame + 16);
    true
}

//! Registers of an interrupted thread, numbered as unwind tables number them.

/// Bytes of a stack that are copied at most, from its upper end.
pub(crate) const STACK_BYTES: usize = 64 * 1024;

/// Values of the registers that unwinding needs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Registers {
    values: [u64; COUNT],
    /// Where the thread is.
    pub(crate) pc: u64,
}

#[cfg(target_arch = "x86_64")]
mod numbers {
    pub(super) const COUNT: usize = 17;
    pub(crate) const STACK_POINTER: u16 = 7;
    pub(crate) const FRAME_POINTER: u16 = 6;
    pub(crate) const RETURN_ADDRESS: u16 = 16;
    pub(crate) const PROGRAM_COUNTER: u16 = 16;
    /// Bits of a return address that belong to it.
    pub(crate) const ADDRESS_MASK: u64 = u64::MAX;
}

#[cfg(target_arch = "aarch64")]
mod numbers {
    pub(super) const COUNT: usize = 33;
    pub(crate) const STACK_POINTER: u16 = 31;
    pub(crate) const FRAME_POINTER: u16 = 29;
    pub(crate) const RETURN_ADDRESS: u16 = 30;
    pub(crate) const PROGRAM_COUNTER: u16 = 32;
    /// The others may hold a signature.
    pub(crate) const ADDRESS_MASK: u64 = 0x0000_ffff_ffff_ffff;
}

use numbers::COUNT;
pub(crate) use numbers::{ADDRESS_MASK, FRAME_POINTER, PROGRAM_COUNTER, RETURN_ADDRESS, STACK_POINTER};

impl Registers {
    pub(crate) const ZERO: Self = Self { values: [0; COUNT], pc: 0 };

    /// Those of an interrupted thread.
    #[cfg(target_arch = "x86_64")]
    pub(crate) fn of(context: &libc::ucontext_t) -> Self {
        use libc::{REG_R8, REG_R9, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};
        use libc::{REG_RAX, REG_RBP, REG_RBX, REG_RCX, REG_RDI, REG_RDX, REG_RIP, REG_RSI, REG_RSP};
        const ORDER: [i32; COUNT - 1] = [
            REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI, REG_RBP, REG_RSP, REG_R8, REG_R9, REG_R10, REG_R11,
            REG_R12, REG_R13, REG_R14, REG_R15,
        ];
        let from = &context.uc_mcontext.gregs;
        let mut values = [0; COUNT];
        for (value, register) in values.iter_mut().zip(ORDER) {
            *value = from[register as usize] as u64;
        }
        Self { values, pc: from[REG_RIP as usize] as u64 }
    }

    /// Those of an interrupted thread.
    #[cfg(target_arch = "aarch64")]
    pub(crate) fn of(context: &libc::ucontext_t) -> Self {
        let from = &context.uc_mcontext;
        let mut values = [0; COUNT];
        values[..31].copy_from_slice(&from.regs);
        values[STACK_POINTER as usize] = from.sp;
        Self { values, pc: from.pc }
    }

    pub(crate) fn get(&self, register: u16) -> Option<u64> {
        self.values.get(register as usize).copied()
    }

    pub(crate) fn set(&mut self, register: u16, value: u64) {
        if let Some(place) = self.values.get_mut(register as usize) {
            *place = value;
        }
    }

    pub(crate) fn stack_pointer(&self) -> u64 {
        self.values[STACK_POINTER as usize]
    }
}

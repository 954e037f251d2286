//! Programs by number, per thread.
//!
//! Each JavaScript worker is a thread and compiles its own programs, so that a handle never crosses threads and no call
//! takes a lock.

use crate::step::Program;
use millrace_batch::{ErrorCode, KernelError, Result};
use std::cell::RefCell;
use std::collections::HashMap;

#[derive(Default)]
struct Handles {
    last: u32,
    programs: HashMap<u32, Program>,
}

thread_local! {
    static HANDLES: RefCell<Handles> = RefCell::default();
}

/// Keeps a program and gives its number; numbers are never used twice in a thread.
pub(crate) fn insert(program: Program) -> u32 {
    HANDLES.with_borrow_mut(|handles| {
        handles.last += 1;
        handles.programs.insert(handles.last, program);
        handles.last
    })
}

/// Takes the program out, gives it to `work`, and puts it back. A panic in `work` loses the program, as it must: its state is
/// not known any more.
pub(crate) fn with<T>(handle: u32, work: impl FnOnce(&mut Program) -> Result<T>) -> Result<T> {
    let mut program = take(handle)?;
    let result = work(&mut program);
    HANDLES.with_borrow_mut(|handles| handles.programs.insert(handle, program));
    result
}

/// Drops a program.
pub(crate) fn close(handle: u32) -> Result<()> {
    take(handle).map(drop)
}

/// Number of programs that this thread holds.
pub(crate) fn count() -> usize {
    HANDLES.with_borrow(|handles| handles.programs.len())
}

fn take(handle: u32) -> Result<Program> {
    HANDLES.with_borrow_mut(|handles| {
        let state = if handle > 0 && handle <= handles.last { "was closed" } else { "does not exist in this thread" };
        handles
            .programs
            .remove(&handle)
            .ok_or_else(|| KernelError::new(ErrorCode::HandleClosed, format!("program handle '{handle}' {state}")))
    })
}

//! The signal by which a thread is asked for a sample.

use super::slots;
use std::sync::OnceLock;

/// Signals below this one above the first real-time signal are left to others.
const FIRST_CHOICE: i32 = 7;

extern "C" fn handle(_signal: i32, _info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: the place of the error number of this thread; what was interrupted must find it as it was.
    let place = unsafe { libc::__errno_location() };
    // SAFETY: as above.
    let kept = unsafe { *place };
    slots::capture_this_thread(context.cast_const().cast());
    // SAFETY: as above.
    unsafe { *place = kept };
}

/// The signal, with its handler in place: the first real-time signal that nobody uses. `None` when all are in use. The handler stays
/// for good: without it a signal that comes late would end the process.
pub(crate) fn install() -> Option<i32> {
    static SIGNAL: OnceLock<Option<i32>> = OnceLock::new();
    *SIGNAL.get_or_init(|| {
        stay_loaded();
        (libc::SIGRTMIN() + FIRST_CHOICE..=libc::SIGRTMAX()).find(|signal| take_over(*signal))
    })
}

/// Puts the handler in place unless there is one.
fn take_over(signal: i32) -> bool {
    let mut before = std::mem::MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: a null for the new action only asks for the present one.
    if unsafe { libc::sigaction(signal, std::ptr::null(), before.as_mut_ptr()) } != 0 {
        return false;
    }
    // SAFETY: it was zeroed, and written by the call.
    if unsafe { before.assume_init() }.sa_sigaction != libc::SIG_DFL {
        return false;
    }
    // SAFETY: an action of zeros is valid.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = handle as *const () as usize;
    // Calls into the system go on by themselves behind the handler.
    action.sa_flags = libc::SA_SIGINFO | libc::SA_RESTART;
    // SAFETY: the action is complete; its mask is empty.
    unsafe { libc::sigaction(signal, &raw const action, std::ptr::null_mut()) == 0 }
}

/// Keeps this code in memory: an addon is closed with the last thread that has opened it, a signal may be under way even then.
fn stay_loaded() {
    let mut found = std::mem::MaybeUninit::<libc::Dl_info>::zeroed();
    // SAFETY: the address is one of this code; the answer is only read when there is one.
    unsafe {
        if libc::dladdr(handle as *const libc::c_void, found.as_mut_ptr()) != 0 {
            let name = found.assume_init().dli_fname;
            libc::dlopen(name, libc::RTLD_NOW | libc::RTLD_NOLOAD | libc::RTLD_NODELETE);
        }
    }
}

/// Sends it to one thread of this process; `false` when there is no such thread.
pub(crate) fn send(thread: i32, signal: i32) -> bool {
    // SAFETY: numbers only; a thread that is gone is an error of the call.
    unsafe { libc::syscall(libc::SYS_tgkill, libc::getpid(), thread, signal) == 0 }
}

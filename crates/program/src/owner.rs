//! For whom a step works, in one word per thread: whoever samples the thread can tell which part of a fused chain it is at.

use std::sync::atomic::{AtomicU32, Ordering};

/// Nothing of a program runs, or something that belongs to nobody.
const NOBODY: u32 = 0;

thread_local! {
    static OWNER: AtomicU32 = const { AtomicU32::new(NOBODY) };
}

/// Says whose work begins.
pub(crate) fn works(owner: u32) {
    OWNER.with(|word| word.store(owner, Ordering::Relaxed));
}

/// A call into a program; behind it nobody works.
pub(crate) struct Call;

impl Drop for Call {
    fn drop(&mut self) {
        works(NOBODY);
    }
}

/// The word of the calling thread: 0, or what [`crate::ProgramDocument::owners`] has for the part that works. It may be read as long as
/// the thread lives, also from a signal handler in the thread itself.
pub fn word() -> *const AtomicU32 {
    OWNER.with(std::ptr::from_ref)
}

#[cfg(test)]
mod tests {
    use super::{Call, word, works};
    use std::sync::atomic::Ordering;

    #[test]
    fn nobody_works_behind_a_call() {
        // SAFETY: the word belongs to this thread.
        let owner = || unsafe { &*word() }.load(Ordering::Relaxed);
        assert_eq!(owner(), 0);
        {
            let _call = Call;
            works(7);
            assert_eq!(owner(), 7);
        }
        assert_eq!(owner(), 0);
    }
}

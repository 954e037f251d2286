//! Samples of what threads of this process do: their stacks, unwound and named.
//!
//! A thread [`join`]s once and gets a few words in which it keeps what it works at. One other thread asks for samples with
//! [`request`], collects them with [`take`] and names their addresses with [`names`]. In between a signal reaches each thread, whose
//! handler copies the thread's registers, its words and the upper end of its stack into memory that was set aside before: it allocates
//! nothing, takes no lock and follows no pointer. The copies are unwound afterwards, by the tables that every library carries for
//! its exceptions, so that nothing has to be compiled differently for it; code that V8 has made has no tables and keeps frame
//! pointers.
//!
//! On systems other than Linux on `x86_64` and `aarch64` no thread can join. The crate belongs to the addon only; kernels know nothing of it.

#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod linux;
#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
mod nowhere;

#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
use linux as system;
#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
use nowhere as system;

use std::sync::atomic::{AtomicI32, AtomicU32};

/// Words in which a thread keeps what it works at.
pub const TAG_WORDS: usize = 8;

/// Frames of one sample at most; what is above them is left out.
pub const MAX_FRAMES: usize = 128;

/// What one thread did at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// Number that the operating system has given the thread.
    pub thread: i32,
    /// Microseconds of the monotonic clock.
    pub at_micros: u64,
    /// Whether it ran, or was ready to, when it was asked.
    pub is_running: bool,
    /// What it kept in its words.
    pub tag: [i32; TAG_WORDS],
    /// What stood in its stage word.
    pub stage: u32,
    /// Addresses inside the calls, the innermost first. Never empty.
    pub frames: Vec<u64>,
}

/// Makes the calling thread one that samples can be taken of, until it ends, and gives it its words, which live as long as the process.
///
/// `name` becomes the thread's name in the operating system, cut to 15 bytes. `stage` is a word of this thread that is copied into
/// every sample. Joining again gives the same words. `None` when the system is not supported or too many threads have joined.
pub fn join(name: &str, stage: Option<&'static AtomicU32>) -> Option<&'static [AtomicI32; TAG_WORDS]> {
    system::join(name, stage)
}

/// Numbers of the threads that have joined and not ended.
pub fn joined() -> Vec<i32> {
    system::joined()
}

/// Asks threads for a sample each; it is there for [`take`] as soon as they run again. A thread that has not joined, has ended, or was
/// asked before and has not answered is left out. Waits for nothing.
pub fn request(threads: &[i32]) {
    system::request(threads);
}

/// The samples that have been taken since the last call, in no particular order.
pub fn take() -> Vec<Sample> {
    system::take()
}

/// For each address the library and the function that it is in, as `library\tfunction`; the function is `?` where the library does
/// not tell. The library of this code is empty. An empty text for addresses that are in no library.
pub fn names(addresses: &[u64]) -> Vec<String> {
    system::names(addresses)
}

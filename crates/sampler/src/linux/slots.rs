//! The threads that have joined: a fixed table, so that a signal handler finds its place in it without a lock.

use super::registers::{Registers, STACK_BYTES};
use crate::TAG_WORDS;
use std::cell::{Cell, UnsafeCell};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, AtomicU32, AtomicUsize, Ordering};

/// Threads that can have joined at the same time. What is not used of their memory is never touched.
pub(crate) const COUNT: usize = 256;

/// Nobody waits for a sample.
pub(crate) const IDLE: u32 = 0;
/// The thread has been asked and has not answered.
pub(crate) const REQUESTED: u32 = 1;
/// A sample is there.
pub(crate) const DONE: u32 = 2;

const FREE: i32 = 0;
const BEING_JOINED: i32 = -1;

/// Words of one thread on a cache line of their own: they are written all the time.
#[repr(align(64))]
struct Tag([AtomicI32; TAG_WORDS]);

/// What the handler leaves behind.
pub(crate) struct Capture {
    pub(crate) thread: i32,
    pub(crate) at_micros: u64,
    pub(crate) tag: [i32; TAG_WORDS],
    pub(crate) stage: u32,
    pub(crate) registers: Registers,
    /// Address of the first byte of `stack`.
    pub(crate) stack_start: usize,
    pub(crate) stack_bytes: usize,
    pub(crate) stack: [u8; STACK_BYTES],
}

/// The places for the copies.
pub(crate) struct Captures(pub(crate) [UnsafeCell<Capture>; COUNT]);

// SAFETY: a copy is written by the one thread whose state is REQUESTED and read by the one that holds the reader's lock once it is
// DONE; the states are set with release and read with acquire.
unsafe impl Sync for Captures {}

/// Numbers of the threads.
static THREADS: [AtomicI32; COUNT] = [const { AtomicI32::new(FREE) }; COUNT];
/// What is with the sample of each.
pub(crate) static STATES: [AtomicU32; COUNT] = [const { AtomicU32::new(IDLE) }; COUNT];
/// Whether each ran when it was asked.
pub(crate) static RUNNING: [AtomicBool; COUNT] = [const { AtomicBool::new(false) }; COUNT];
/// Both ends of each one's stack.
static STACK_LOW: [AtomicUsize; COUNT] = [const { AtomicUsize::new(0) }; COUNT];
static STACK_HIGH: [AtomicUsize; COUNT] = [const { AtomicUsize::new(0) }; COUNT];
static STAGES: [AtomicPtr<AtomicU32>; COUNT] = [const { AtomicPtr::new(std::ptr::null_mut()) }; COUNT];
static TAGS: [Tag; COUNT] = [const { Tag([const { AtomicI32::new(0) }; TAG_WORDS]) }; COUNT];
/// The copies; all zeros, so that they take no memory before they are used.
pub(crate) static CAPTURES: Captures = Captures(
    [const {
        UnsafeCell::new(Capture {
            thread: 0,
            at_micros: 0,
            tag: [0; TAG_WORDS],
            stage: 0,
            registers: Registers::ZERO,
            stack_start: 0,
            stack_bytes: 0,
            stack: [0; STACK_BYTES],
        })
    }; COUNT],
);

/// Leaves when the thread ends.
struct Membership(Cell<Option<usize>>);

impl Drop for Membership {
    fn drop(&mut self) {
        if let Some(index) = self.0.take() {
            THREADS[index].store(FREE, Ordering::Release);
        }
    }
}

thread_local! {
    static MEMBERSHIP: Membership = const { Membership(Cell::new(None)) };
}

/// Everybody who has joined.
pub(crate) fn threads() -> Vec<i32> {
    THREADS.iter().map(|thread| thread.load(Ordering::Acquire)).filter(|thread| *thread > FREE).collect()
}

/// Where a thread's place is.
pub(crate) fn of_thread(thread: i32) -> Option<usize> {
    THREADS.iter().position(|each| each.load(Ordering::Acquire) == thread).filter(|_| thread > FREE)
}

pub(crate) fn join(name: &str, stage: Option<&'static AtomicU32>) -> Option<&'static [AtomicI32; TAG_WORDS]> {
    MEMBERSHIP.with(|membership| {
        let index = match membership.0.get() {
            Some(index) => index,
            None => enter(name, stage)?,
        };
        membership.0.set(Some(index));
        Some(&TAGS[index].0)
    })
}

fn enter(name: &str, stage: Option<&'static AtomicU32>) -> Option<usize> {
    let (low, high) = stack_of_this_thread()?;
    let index = THREADS
        .iter()
        .position(|thread| thread.compare_exchange(FREE, BEING_JOINED, Ordering::AcqRel, Ordering::Relaxed).is_ok())?;
    STATES[index].store(IDLE, Ordering::Relaxed);
    STACK_LOW[index].store(low, Ordering::Relaxed);
    STACK_HIGH[index].store(high, Ordering::Relaxed);
    let stage = stage.map_or(std::ptr::null_mut(), |word| std::ptr::from_ref(word).cast_mut());
    STAGES[index].store(stage, Ordering::Relaxed);
    for word in &TAGS[index].0 {
        word.store(0, Ordering::Relaxed);
    }
    name_thread(name);
    // SAFETY: the call has no arguments and cannot fail.
    THREADS[index].store(unsafe { libc::gettid() }, Ordering::Release);
    Some(index)
}

/// Lowest address of the stack and the one behind its highest.
fn stack_of_this_thread() -> Option<(usize, usize)> {
    let mut attributes = std::mem::MaybeUninit::<libc::pthread_attr_t>::uninit();
    let (mut low, mut bytes) = (std::ptr::null_mut(), 0);
    // SAFETY: the attributes are written before they are read, and destroyed once.
    unsafe {
        if libc::pthread_getattr_np(libc::pthread_self(), attributes.as_mut_ptr()) != 0 {
            return None;
        }
        let result = libc::pthread_attr_getstack(attributes.as_ptr(), &raw mut low, &raw mut bytes);
        libc::pthread_attr_destroy(attributes.as_mut_ptr());
        (result == 0).then_some((low as usize, low as usize + bytes))
    }
}

fn name_thread(name: &str) {
    let mut text = [0_u8; 16];
    let kept = name.as_bytes();
    let length = kept.len().min(text.len() - 1);
    text[..length].copy_from_slice(&kept[..length]);
    // SAFETY: the text ends with a zero.
    unsafe { libc::pthread_setname_np(libc::pthread_self(), text.as_ptr().cast()) };
}

/// What the signal handler does. Only what may be done at any point of a program: loads, stores, copies, and two system calls.
pub(crate) fn capture_this_thread(context: *const libc::ucontext_t) {
    // SAFETY: the call has no arguments and cannot fail.
    let thread = unsafe { libc::gettid() };
    let Some(index) = of_thread(thread) else { return };
    if STATES[index].load(Ordering::Acquire) != REQUESTED {
        return;
    }
    // SAFETY: while the state is REQUESTED nobody but this thread looks at its copy.
    let capture = unsafe { &mut *CAPTURES.0[index].get() };
    capture.thread = thread;
    capture.at_micros = monotonic_micros();
    for (kept, word) in capture.tag.iter_mut().zip(&TAGS[index].0) {
        *kept = word.load(Ordering::Relaxed);
    }
    let stage = STAGES[index].load(Ordering::Relaxed);
    // SAFETY: the word belongs to this thread, which lives; null stands for none.
    capture.stage = unsafe { stage.as_ref() }.map_or(0, |word| word.load(Ordering::Relaxed));
    // SAFETY: the kernel hands a handler the context that it has interrupted.
    capture.registers = unsafe { Registers::of(&*context) };
    let pointer = capture.registers.stack_pointer() as usize;
    let (low, high) = (STACK_LOW[index].load(Ordering::Relaxed), STACK_HIGH[index].load(Ordering::Relaxed));
    // A thread that is on another stack for a while has no frames.
    capture.stack_bytes = if low <= pointer && pointer < high { (high - pointer).min(STACK_BYTES) } else { 0 };
    capture.stack_start = pointer;
    // SAFETY: from the stack pointer to the end of the stack everything is mapped, and the copy has room for so much.
    unsafe { std::ptr::copy_nonoverlapping(pointer as *const u8, capture.stack.as_mut_ptr(), capture.stack_bytes) };
    STATES[index].store(DONE, Ordering::Release);
}

fn monotonic_micros() -> u64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call writes into `now`.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) };
    now.tv_sec as u64 * 1_000_000 + now.tv_nsec as u64 / 1000
}

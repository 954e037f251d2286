//! Samples on Linux.

mod modules;
mod registers;
mod signal;
mod slots;
mod symbols;
mod unwind;

use crate::{Sample, TAG_WORDS};
use modules::Module;
use std::sync::atomic::{AtomicI32, AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

/// Held by whoever asks for samples or reads them: a copy is read only while nobody can ask for the next one.
static READER: Mutex<()> = Mutex::new(());

pub(crate) fn join(name: &str, stage: Option<&'static AtomicU32>) -> Option<&'static [AtomicI32; TAG_WORDS]> {
    slots::join(name, stage)
}

pub(crate) fn joined() -> Vec<i32> {
    slots::threads()
}

pub(crate) fn request(threads: &[i32]) {
    let _reader = READER.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(signal) = signal::install() else { return };
    for thread in threads {
        let Some(index) = slots::of_thread(*thread) else { continue };
        let state = &slots::STATES[index];
        if state.load(Ordering::Acquire) == slots::REQUESTED {
            continue;
        }
        slots::RUNNING[index].store(is_running(*thread), Ordering::Relaxed);
        state.store(slots::REQUESTED, Ordering::Release);
        if !signal::send(*thread, signal) {
            state.store(slots::IDLE, Ordering::Release);
        }
    }
}

/// Whether a thread runs or is ready to. The state is the letter behind the name, which may hold anything, brackets too.
fn is_running(thread: i32) -> bool {
    let text = std::fs::read(format!("/proc/self/task/{thread}/stat")).unwrap_or_default();
    let end = text.iter().rposition(|byte| *byte == b')').unwrap_or(0);
    text.get(end + 2) == Some(&b'R')
}

pub(crate) fn take() -> Vec<Sample> {
    let _reader = READER.lock().unwrap_or_else(PoisonError::into_inner);
    let mut samples = Vec::new();
    let mut modules: Option<Vec<Module>> = None;
    for index in 0..slots::COUNT {
        if slots::STATES[index].load(Ordering::Acquire) != slots::DONE {
            continue;
        }
        // SAFETY: the state says that the copy is complete, and only `request`, which waits for the lock, lets it be written again.
        let capture = unsafe { &*slots::CAPTURES.0[index].get() };
        let known = modules.get_or_insert_with(modules::loaded);
        samples.push(Sample {
            thread: capture.thread,
            at_micros: capture.at_micros,
            is_running: slots::RUNNING[index].load(Ordering::Relaxed),
            tag: capture.tag,
            stage: capture.stage,
            frames: unwind::frames(capture, known),
        });
        slots::STATES[index].store(slots::IDLE, Ordering::Release);
    }
    samples
}

pub(crate) fn names(addresses: &[u64]) -> Vec<String> {
    symbols::names(addresses, &modules::loaded())
}

//! Samples of threads of the test itself.
#![cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use millrace_sampler::{Sample, join, joined as members, names, request, take};
use std::hint::black_box;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Samples belong to the process: one test at a time takes them.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[inline(never)]
fn spins_until(end: &AtomicBool) -> u64 {
    let mut sum = 0_u64;
    while !end.load(Ordering::Relaxed) {
        sum = black_box(sum.wrapping_mul(31) + 1);
    }
    sum
}

#[inline(never)]
fn waits_for(wait: &Receiver<()>) -> bool {
    black_box(wait.recv().is_err())
}

fn sample_of(thread: i32) -> Sample {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        request(&[thread]);
        std::thread::yield_now();
        if let Some(sample) = take().into_iter().find(|sample| sample.thread == thread) {
            return sample;
        }
        assert!(Instant::now() < deadline, "no sample came");
    }
}

fn text_of(sample: &Sample) -> String {
    names(&sample.frames).join("\n")
}

/// Starts a thread that has joined and gives its number.
fn joined(work: impl FnOnce() + Send + 'static) -> (i32, std::thread::JoinHandle<()>) {
    let (tell, told): (Sender<i32>, _) = channel();
    let thread = std::thread::spawn(move || {
        let tag = join("a-name-that-is-too-long", None).expect("a place");
        tag[0].store(7, Ordering::Relaxed);
        // SAFETY: the call has no arguments.
        tell.send(unsafe { libc::gettid() }).unwrap();
        work();
    });
    (told.recv().unwrap(), thread)
}

#[test]
fn a_running_thread_shows_what_it_runs() {
    static END: AtomicBool = AtomicBool::new(false);
    let _alone = alone();
    let (number, thread) = joined(|| {
        black_box(spins_until(&END));
    });
    let mut sample = sample_of(number);
    // The thread may have been asked while it was still telling its number.
    for _ in 0..100 {
        if text_of(&sample).contains("spins_until") {
            break;
        }
        sample = sample_of(number);
    }
    let was_member = members().contains(&number);
    let name = std::fs::read_to_string(format!("/proc/self/task/{number}/comm")).unwrap();
    END.store(true, Ordering::Relaxed);
    thread.join().unwrap();
    assert!(text_of(&sample).contains("\tsamples::spins_until"), "{}", text_of(&sample));
    assert!(was_member);
    assert_eq!(sample.tag[0], 7);
    assert_eq!(sample.stage, 0);
    assert_eq!(name.trim(), "a-name-that-is-");
}

#[test]
fn a_waiting_thread_shows_where_it_waits() {
    let _alone = alone();
    let (end, wait) = channel::<()>();
    let (number, thread) = joined(move || {
        black_box(waits_for(&wait));
    });
    let deadline = Instant::now() + Duration::from_secs(20);
    let mut sample = sample_of(number);
    while !text_of(&sample).contains("waits_for") || sample.is_running {
        assert!(Instant::now() < deadline, "{}", text_of(&sample));
        sample = sample_of(number);
    }
    drop(end);
    thread.join().unwrap();
}

extern "C" fn stays_in_its_handler(_signal: i32) {
    IN_HANDLER.store(true, Ordering::Release);
    while !LEAVE_HANDLER.load(Ordering::Acquire) {
        std::hint::spin_loop();
    }
}

static IN_HANDLER: AtomicBool = AtomicBool::new(false);
static LEAVE_HANDLER: AtomicBool = AtomicBool::new(false);

#[test]
fn a_thread_in_the_handler_of_another_signal_shows_what_was_interrupted() {
    static END: AtomicBool = AtomicBool::new(false);
    let _alone = alone();
    let (number, thread) = joined(|| {
        black_box(spins_until(&END));
    });
    while !text_of(&sample_of(number)).contains("spins_until") {}
    // SAFETY: the handler does what handlers may, and the thread is one of this process.
    unsafe {
        libc::signal(libc::SIGUSR1, stays_in_its_handler as *const () as usize);
        libc::syscall(libc::SYS_tgkill, libc::getpid(), number, libc::SIGUSR1);
    }
    while !IN_HANDLER.load(Ordering::Acquire) {
        std::thread::yield_now();
    }
    let text = text_of(&sample_of(number));
    LEAVE_HANDLER.store(true, Ordering::Release);
    END.store(true, Ordering::Relaxed);
    thread.join().unwrap();
    assert!(text.starts_with("\tsamples::spins_until"), "{text}");
    assert!(!text.contains("stays_in_its_handler"), "{text}");
}

#[test]
fn the_stage_word_is_in_the_sample() {
    static STAGE: AtomicU32 = AtomicU32::new(0);
    let _alone = alone();
    let (end, wait) = channel::<()>();
    let (tell, told) = channel();
    let thread = std::thread::spawn(move || {
        let first = std::ptr::from_ref(join("staged", Some(&STAGE)).unwrap());
        assert_eq!(std::ptr::from_ref(join("again", None).unwrap()), first);
        STAGE.store(42, Ordering::Relaxed);
        // SAFETY: the call has no arguments.
        tell.send(unsafe { libc::gettid() }).unwrap();
        waits_for(&wait);
    });
    let sample = sample_of(told.recv().unwrap());
    drop(end);
    thread.join().unwrap();
    assert_eq!(sample.stage, 42);
}

#[test]
fn threads_that_have_not_joined_or_are_gone_are_left_out() {
    let _alone = alone();
    let (number, thread) = joined(|| ());
    thread.join().unwrap();
    assert!(!members().contains(&number));
    // What other tests have asked for may still have come.
    take();
    request(&[number, std::process::id() as i32, 0, -1, i32::MAX]);
    assert_eq!(take(), Vec::new());
}

#[test]
fn addresses_outside_of_every_library_have_no_name() {
    assert_eq!(names(&[0, 1, u64::MAX]), ["", "", ""]);
    assert_eq!(names(&[]), Vec::<String>::new());
}

#[test]
fn threads_may_come_and_go_while_samples_are_taken() {
    static END: AtomicBool = AtomicBool::new(false);
    let _alone = alone();
    let live: &'static Mutex<Vec<i32>> = Box::leak(Box::new(Mutex::new(Vec::new())));
    let starters: Vec<_> = (0..3)
        .map(|_| {
            std::thread::spawn(move || {
                while !END.load(Ordering::Relaxed) {
                    let (number, thread) = joined(|| {
                        let mut text = String::new();
                        for number in 0..2_000 {
                            text.push_str(&black_box(number).to_string());
                        }
                        black_box(text);
                    });
                    live.lock().unwrap().push(number);
                    thread.join().unwrap();
                    live.lock().unwrap().retain(|each| *each != number);
                }
            })
        })
        .collect();
    let mut taken = 0;
    let deadline = Instant::now() + Duration::from_secs(60);
    while taken < 2_000 && Instant::now() < deadline {
        let threads = live.lock().unwrap().clone();
        request(&threads);
        for sample in take() {
            assert!(!sample.frames.is_empty() && sample.frames.len() <= millrace_sampler::MAX_FRAMES);
            taken += 1;
        }
    }
    END.store(true, Ordering::Relaxed);
    for starter in starters {
        starter.join().unwrap();
    }
    assert!(taken >= 2_000, "only {taken} samples came");
}

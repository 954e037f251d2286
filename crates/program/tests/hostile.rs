//! No byte string makes a reader panic, run for ever or take more memory than its limit.
//!
//! Every decoder of the build is given damaged forms of files that are right: bytes flipped, cut, doubled, moved, replaced by
//! pieces of other files, and the inputs of `corpus/`, which once broke something. `MILLRACE_TEST=long` runs a million of them a
//! reader; the same seed gives the same inputs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr)]

mod hostile {
    pub(crate) mod files;
    pub(crate) mod memory;
    pub(crate) mod mutate;
    pub(crate) mod reader;
}

use hostile::files::{self, Subject};
use hostile::memory::Tracked;
use hostile::mutate::Mutator;
use hostile::reader::{Outcome, read};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[global_allocator]
static MEMORY: Tracked = Tracked;

/// Damaged inputs a reader gets.
fn rounds() -> u64 {
    let named = std::env::var("MILLRACE_FUZZ_ROUNDS").ok().and_then(|text| text.parse().ok());
    named.unwrap_or(if std::env::var("MILLRACE_TEST").is_ok_and(|level| level == "long") { 1_000_000 } else { 20_000 })
}

/// A call may hold this much beside its input, whatever the input says: a batch of 64 MiB, twice while it is built.
const MEMORY_LIMIT_BYTES: usize = 192 << 20;

/// An input that takes longer than this is taken for an endless loop.
const STALLED: Duration = Duration::from_secs(60);

/// Where an input that broke something is left for a closer look.
fn keep(name: &str, input: &[u8]) -> PathBuf {
    let folder = std::env::temp_dir().join("millrace-hostile");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(format!("{name}-{}", input.len()));
    std::fs::write(&path, input).unwrap();
    path
}

/// Ends the process when one input takes too long: a hanging decoder cannot be stopped from outside.
struct Watchdog {
    current: Arc<Mutex<Vec<u8>>>,
    turn: Arc<AtomicU64>,
    ended: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Watchdog {
    fn start(name: &'static str) -> Self {
        let (current, turn, ended) =
            (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let (watched, seen, stop) = (Arc::clone(&current), Arc::clone(&turn), Arc::clone(&ended));
        let thread = std::thread::spawn(move || {
            let mut last = u64::MAX;
            loop {
                std::thread::park_timeout(STALLED);
                if stop.load(Ordering::Acquire) {
                    return;
                }
                let now = seen.load(Ordering::Acquire);
                if now == last {
                    eprintln!("{name}: an input does not end: {}", keep(name, &watched.lock().unwrap()).display());
                    std::process::abort();
                }
                last = now;
            }
        });
        Self { current, turn, ended, thread: Some(thread) }
    }

    fn next(&self, input: &[u8]) {
        let mut current = self.current.lock().unwrap();
        current.clear();
        current.extend_from_slice(input);
        self.turn.fetch_add(1, Ordering::AcqRel);
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

/// Reads one input and says what is wrong with that.
fn fault(subject: &Subject, input: &[u8]) -> Option<String> {
    let (outcome, held) = Tracked::peak_of(|| read(subject, input));
    if let Outcome::Panicked(message) = &outcome {
        return Some(format!("a panic: {message}"));
    }
    let limit = MEMORY_LIMIT_BYTES + 16 * input.len();
    (held > limit).then(|| format!("{held} bytes were held, {limit} are allowed"))
}

fn check(subject: &Subject) {
    let watchdog = Watchdog::start(subject.name);
    for (path, input) in files::stored(&format!("corpus/{}", subject.name)) {
        watchdog.next(&input);
        let found = fault(subject, &input);
        assert!(found.is_none(), "{}: {}", path.display(), found.unwrap_or_default());
    }
    let seeds = files::seeds(subject);
    assert!(!seeds.is_empty(), "{}: there is no file to begin with", subject.name);
    let mut rows = 0;
    for seed in &seeds {
        watchdog.next(seed);
        match read(subject, seed) {
            Outcome::Read(read) => rows += read,
            other => panic!("{}: a file that is right ends as {other:?}", subject.name),
        }
    }
    assert!(rows > 0, "{}: the files have no rows", subject.name);
    let mut mutator = Mutator::new(0x5EED ^ subject.name.len() as u64, &seeds);
    let mut faults = Vec::new();
    for _ in 0..rounds() {
        let input = mutator.next();
        watchdog.next(&input);
        if let Some(found) = fault(subject, &input) {
            faults.push(format!("{found}: {}", keep(subject.name, &input).display()));
            if faults.len() == 5 {
                break;
            }
        }
    }
    assert!(faults.is_empty(), "{}:\n{}", subject.name, faults.join("\n"));
}

#[test]
fn every_reader_of_files_is_tried() {
    let names: Vec<_> = files::SUBJECTS.iter().map(|subject| subject.codec).collect();
    let missing: Vec<_> = millrace_formats::FORMATS
        .iter()
        .filter(|format| format.decoder.is_some())
        .filter(|format| !names.contains(&format.name))
        .map(|format| format.name)
        .collect();
    assert!(missing.is_empty(), "no damaged files are given to {missing:?}");
}

macro_rules! readers {
    ($($test:ident: $name:literal),* $(,)?) => {
        $(#[test]
        fn $test() {
            check(files::SUBJECTS.iter().find(|subject| subject.name == $name).unwrap());
        })*

        #[test]
        fn every_subject_has_its_test() {
            let tested = [$($name),*];
            let left_out: Vec<_> =
                files::SUBJECTS.iter().map(|subject| subject.name).filter(|name| !tested.contains(name)).collect();
            assert!(left_out.is_empty(), "{left_out:?}");
        }
    };
}

readers! {
    csv_survives_damage: "csv",
    csv_with_newlines_in_quotes_survives_damage: "csv-quoted-newlines",
    text_survives_damage: "text",
    json_survives_damage: "json",
    canal_json_survives_damage: "canal-json",
    debezium_json_survives_damage: "debezium-json",
    maxwell_json_survives_damage: "maxwell-json",
    ogg_json_survives_damage: "ogg-json",
    connect_json_survives_damage: "connect-json",
    arrow_survives_damage: "arrow",
    avro_survives_damage: "avro",
    excel_survives_damage: "excel",
    binary_survives_damage: "binary",
    markdown_survives_damage: "markdown",
    xml_survives_damage: "xml",
    xml_with_attributes_survives_damage: "xml-attributes",
    protobuf_survives_damage: "protobuf",
    parquet_survives_damage: "parquet",
    orc_survives_damage: "orc",
    compressed_orc_survives_damage: "orc-zlib",
}

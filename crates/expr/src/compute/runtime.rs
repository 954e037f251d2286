//! What expressions need besides their rows: clock, zone, randomness, compiled patterns.

use crate::java::random::SplitMix64;
use crate::java::zone::Zone;
use millrace_batch::codec::Context;
use millrace_batch::java_regex::{Flags, JavaRegex};
use millrace_batch::{ErrorCode, KernelError, Result};
use millrace_crypto::{BLOCK_BYTES, VectorSource};
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

/// State of one compiled program. Everything in it comes from the program's [`Context`].
pub(crate) struct Runtime {
    /// Zone of local times.
    pub(crate) zone: Zone,
    /// Clock, microseconds since 1970-01-01T00:00Z.
    pub(crate) now_micros: i64,
    /// Longest text value in bytes.
    pub(crate) value_limit_bytes: usize,
    random: RefCell<SplitMix64>,
    vectors: RefCell<VectorSource>,
    regexes: RefCell<HashMap<(String, Flags, bool), Arc<JavaRegex>>>,
}

/// Patterns that come from a column are kept up to this number.
const REGEX_CACHE_ENTRIES: usize = 128;

impl Runtime {
    /// # Errors
    /// `OPTION_INVALID` for a zone that is not known.
    pub(crate) fn new(context: &Context) -> Result<Self> {
        Ok(Self {
            zone: Zone::parse(&context.zone)?,
            now_micros: context.now_micros,
            value_limit_bytes: context.value_limit_bytes,
            random: RefCell::new(SplitMix64::new(context.seed)),
            vectors: RefCell::new(vector_source(context)),
            regexes: RefCell::new(HashMap::new()),
        })
    }

    /// The clock as local microseconds in the program's zone.
    pub(crate) fn local_now_micros(&self) -> i64 {
        self.zone.to_local_micros(self.now_micros)
    }

    /// The next 64 random bits.
    pub(crate) fn random_bits(&self) -> u64 {
        self.random.borrow_mut().next()
    }

    /// The initialisation vector for one value to encrypt, another one for every call.
    ///
    /// Kernels have no source of randomness. A vector is a pseudo-random function of the program's seed, the number of the
    /// call and the value, so it is as hard to foretell as the seed.
    pub(crate) fn vector(&self, value: &[u8]) -> [u8; BLOCK_BYTES] {
        self.vectors.borrow_mut().next(value)
    }

    /// A Java pattern, compiled once; with `full` it has to match all of a text.
    ///
    /// # Errors
    /// `EXPRESSION_FAILED` for a pattern that is not valid; `UNIMPLEMENTED` for a construct that is not there.
    pub(crate) fn regex(&self, pattern: &str, flags: Flags, full: bool) -> Result<Arc<JavaRegex>> {
        let key = (pattern.to_owned(), flags, full);
        if let Some(regex) = self.regexes.borrow().get(&key) {
            return Ok(Arc::clone(regex));
        }
        let compile = if full { JavaRegex::compile_full } else { JavaRegex::compile };
        let regex = Arc::new(compile(pattern, flags).map_err(expression_failed)?);
        let mut cache = self.regexes.borrow_mut();
        if cache.len() >= REGEX_CACHE_ENTRIES {
            cache.clear();
        }
        cache.insert(key, Arc::clone(&regex));
        Ok(regex)
    }
}

/// Tells the bits of vectors from those of `RAND` with the same seed.
const VECTOR_STREAM: u64 = 0x5645_4354_4F52_5331;

fn vector_source(context: &Context) -> VectorSource {
    let mut bits = SplitMix64::new(context.seed ^ VECTOR_STREAM);
    let mut secret = [0u8; 32];
    for word in secret.as_chunks_mut::<8>().0 {
        *word = bits.next().to_le_bytes();
    }
    VectorSource::new(&secret, 0, context.subtask)
}

/// What is an invalid option elsewhere is a failed expression here: patterns and replacements are values.
pub(crate) fn expression_failed(error: KernelError) -> KernelError {
    let code = if error.code == ErrorCode::OptionInvalid { ErrorCode::ExpressionFailed } else { error.code };
    KernelError { code, ..error }
}

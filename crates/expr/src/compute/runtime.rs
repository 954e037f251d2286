//! What expressions need besides their rows: clock, zone, randomness, compiled patterns.

use crate::java::random::SplitMix64;
use crate::java::regex::{Flags, compile_regex};
use crate::java::zone::Zone;
use millrace_batch::Result;
use millrace_batch::codec::Context;
use regex::Regex;
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
    regexes: RefCell<HashMap<(String, Flags), Arc<Regex>>>,
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

    /// A Java pattern, compiled once.
    pub(crate) fn regex(&self, pattern: &str, flags: Flags) -> Result<Arc<Regex>> {
        let key = (pattern.to_owned(), flags);
        if let Some(regex) = self.regexes.borrow().get(&key) {
            return Ok(Arc::clone(regex));
        }
        let regex = Arc::new(compile_regex(pattern, flags)?);
        let mut cache = self.regexes.borrow_mut();
        if cache.len() >= REGEX_CACHE_ENTRIES {
            cache.clear();
        }
        cache.insert(key, Arc::clone(&regex));
        Ok(regex)
    }
}

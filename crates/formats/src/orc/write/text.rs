//! Texts and bytes: each as it is, or as its place among the distinct ones.

use super::integers::IntegerSink;
use crate::columnar::interner::TextInterner;

/// Values after which a dictionary that does not pay is given up.
const SAMPLE_VALUES: usize = 4_096;

/// Texts being encoded.
pub(super) enum TextSink {
    Dictionary { interner: TextInterner, places: Vec<u32> },
    Direct { lengths: IntegerSink, data: Vec<u8> },
}

impl TextSink {
    /// With a dictionary as long as it pays.
    pub(super) fn new() -> Self {
        TextSink::Dictionary { interner: TextInterner::new(), places: Vec::new() }
    }

    /// Never with a dictionary, which no reader expects for bytes.
    pub(super) fn of_bytes() -> Self {
        TextSink::Direct { lengths: IntegerSink::new(false), data: Vec::new() }
    }

    #[inline]
    pub(super) fn push(&mut self, text: &[u8]) {
        match self {
            TextSink::Direct { lengths, data } => {
                lengths.push(text.len() as i64);
                data.extend_from_slice(text);
            }
            TextSink::Dictionary { interner, places } => {
                places.push(interner.intern(text));
                let is_sampled = places.len() == SAMPLE_VALUES;
                if interner.is_overfull() || (is_sampled && !pays(interner, places)) {
                    self.give_up_dictionary();
                }
            }
        }
    }

    fn give_up_dictionary(&mut self) {
        if let TextSink::Dictionary { interner, places } = std::mem::replace(self, Self::of_bytes()) {
            for place in places {
                self.push(interner.text(place));
            }
        }
    }

    /// The form in which the values are kept: a dictionary that pays, or none.
    pub(super) fn settle(&mut self) {
        if let TextSink::Dictionary { interner, places } = self
            && !pays(interner, places)
        {
            self.give_up_dictionary();
        }
    }

    pub(super) fn memory_bytes(&self) -> usize {
        match self {
            TextSink::Dictionary { interner, places } => interner.memory_bytes() + places.capacity() * 4,
            TextSink::Direct { lengths, data } => lengths.memory_bytes() + data.capacity(),
        }
    }
}

fn pays(interner: &TextInterner, places: &[u32]) -> bool {
    interner.len() * 2 <= places.len()
}

//! Dictionaries: each distinct value once, in the order of its first appearance.

/// Entries above which a dictionary no longer pays, and the values that follow are plain.
const MAX_ENTRIES: usize = 1 << 15;
/// Bytes above which a dictionary of texts no longer pays.
const MAX_BYTES: usize = 1 << 20;
const FIRST_SLOT_BITS: u32 = 8;
const EMPTY: u32 = u32::MAX;
const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;

/// A table from hashes to entries, at most half full. The upper bits of a hash, which a multiplication mixes best, say where
/// a search begins.
struct Slots {
    /// Upper half of the hash, and the entry or [`EMPTY`].
    places: Vec<(u32, u32)>,
    used: usize,
    /// How far the upper half of a hash is shifted to give a slot.
    shift: u32,
}

impl Slots {
    fn new() -> Self {
        Self::with_bits(FIRST_SLOT_BITS)
    }

    fn with_bits(bits: u32) -> Self {
        Self { places: vec![(0, EMPTY); 1 << bits], used: 0, shift: 32 - bits }
    }

    /// The entry of a hash for which `is_equal` holds, or the slot that is free for it.
    #[inline]
    fn find(&self, hash: u64, is_equal: impl Fn(u32) -> bool) -> Result<u32, usize> {
        let tag = (hash >> 32) as u32;
        let mut slot = (tag >> self.shift) as usize;
        loop {
            let (slot_tag, entry) = self.places[slot];
            if entry == EMPTY {
                return Err(slot);
            }
            if slot_tag == tag && is_equal(entry) {
                return Ok(entry);
            }
            slot = (slot + 1) & (self.places.len() - 1);
        }
    }

    fn fill(&mut self, slot: usize, hash: u64, entry: u32) {
        self.places[slot] = ((hash >> 32) as u32, entry);
        self.used += 1;
        if self.used * 2 > self.places.len() {
            self.grow();
        }
    }

    fn grow(&mut self) {
        let mut grown = Self::with_bits(32 - self.shift + 1);
        for (tag, entry) in self.places.iter().filter(|(_, entry)| *entry != EMPTY) {
            if let Err(slot) = grown.find(u64::from(*tag) << 32, |_| false) {
                grown.places[slot] = (*tag, *entry);
                grown.used += 1;
            }
        }
        *self = grown;
    }
}

/// A dictionary of numbers, by their 64 bits.
pub(crate) struct NumberInterner {
    slots: Slots,
    entries: Vec<u64>,
}

impl NumberInterner {
    pub(crate) fn new() -> Self {
        Self { slots: Slots::new(), entries: Vec::new() }
    }

    /// The place of a value, which is added when it is new.
    #[inline]
    pub(crate) fn intern(&mut self, bits: u64) -> u32 {
        let hash = bits.wrapping_mul(MULTIPLIER);
        let entries = &self.entries;
        match self.slots.find(hash, |entry| entries[entry as usize] == bits) {
            Ok(entry) => entry,
            Err(slot) => {
                let entry = self.entries.len() as u32;
                self.entries.push(bits);
                self.slots.fill(slot, hash, entry);
                entry
            }
        }
    }

    pub(crate) fn entries(&self) -> &[u64] {
        &self.entries
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn is_overfull(&self) -> bool {
        self.entries.len() > MAX_ENTRIES
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        self.slots.places.capacity() * 8 + self.entries.capacity() * 8
    }
}

/// A dictionary of texts, already in the form of its page: each with its length before it.
pub(crate) struct TextInterner {
    slots: Slots,
    page: Vec<u8>,
    /// Where each text begins in the page, and its length.
    places: Vec<(u32, u32)>,
}

impl TextInterner {
    pub(crate) fn new() -> Self {
        Self { slots: Slots::new(), page: Vec::new(), places: Vec::new() }
    }

    /// The place of a text, which is added when it is new.
    #[inline]
    pub(crate) fn intern(&mut self, text: &[u8]) -> u32 {
        let hash = hash(text);
        let (page, places) = (&self.page, &self.places);
        let is_equal = |entry: u32| {
            let (start, length) = places[entry as usize];
            &page[start as usize..(start + length) as usize] == text
        };
        match self.slots.find(hash, is_equal) {
            Ok(entry) => entry,
            Err(slot) => {
                let entry = self.places.len() as u32;
                self.page.extend_from_slice(&(text.len() as u32).to_le_bytes());
                self.places.push((self.page.len() as u32, text.len() as u32));
                self.page.extend_from_slice(text);
                self.slots.fill(slot, hash, entry);
                entry
            }
        }
    }

    /// The text at a place that [`TextInterner::intern`] gave; empty for any other.
    pub(crate) fn text(&self, place: u32) -> &[u8] {
        self.places
            .get(place as usize)
            .map_or(&[], |(start, length)| &self.page[*start as usize..(start + length) as usize])
    }

    pub(crate) fn for_each(&self, mut visit: impl FnMut(&[u8])) {
        self.places.iter().for_each(|(start, length)| visit(&self.page[*start as usize..(start + length) as usize]));
    }

    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    pub(crate) fn is_overfull(&self) -> bool {
        self.places.len() > MAX_ENTRIES || self.page.len() > MAX_BYTES
    }

    /// Entries and page.
    pub(crate) fn into_page(self) -> (usize, Vec<u8>) {
        (self.places.len(), self.page)
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        self.slots.places.capacity() * 8 + self.page.capacity() + self.places.capacity() * 8
    }
}

/// A hash whose upper half is well mixed.
#[inline]
fn hash(text: &[u8]) -> u64 {
    let mut state = (text.len() as u64).wrapping_mul(MULTIPLIER);
    let (words, tail) = text.as_chunks::<8>();
    for word in words {
        state = (state ^ u64::from_le_bytes(*word)).wrapping_mul(MULTIPLIER);
        state ^= state >> 32;
    }
    if !tail.is_empty() {
        let mut word = [0u8; 8];
        for (slot, byte) in word.iter_mut().zip(tail) {
            *slot = *byte;
        }
        state = (state ^ u64::from_le_bytes(word)).wrapping_mul(MULTIPLIER);
    }
    state
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_get_the_place_of_their_first_appearance() {
        let mut numbers = NumberInterner::new();
        let mut texts = TextInterner::new();
        for round in 0..2 {
            for value in 0..20_000u32 {
                assert_eq!(numbers.intern(u64::from(value) << 40), value, "round {round}");
                assert_eq!(texts.intern(format!("City-{value:03}").as_bytes()), value, "round {round}");
            }
        }
        assert_eq!((numbers.len(), texts.len()), (20_000, 20_000));
        assert_eq!(texts.intern(b""), 20_000);
        assert_eq!(texts.intern(b"\0"), 20_001);
    }

    #[test]
    fn hashes_of_similar_texts_are_spread_over_the_slots() {
        let mut slots: Vec<u64> = (0..100).map(|city| hash(format!("City-{city:03}").as_bytes()) >> 56).collect();
        slots.sort_unstable();
        slots.dedup();
        assert!(slots.len() > 60, "{} of 256 slots", slots.len());
    }
}

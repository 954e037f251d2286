//! A bounded place to write bytes into.

/// Appends to a caller-owned region and never grows.
///
/// Encoders first ask for [`OutputBuffer::has_room`] with an upper bound of the next row, then write; a writer that finds
/// no room stops at a row boundary and is resumed with an empty buffer.
#[derive(Debug)]
pub struct OutputBuffer<'a> {
    bytes: &'a mut [u8],
    length: usize,
}

impl<'a> OutputBuffer<'a> {
    /// Starts to write at the beginning of `bytes`.
    pub fn new(bytes: &'a mut [u8]) -> Self {
        Self { bytes, length: 0 }
    }

    /// Bytes written so far.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether nothing was written yet.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Bytes that still fit.
    pub fn remaining(&self) -> usize {
        self.bytes.len() - self.length
    }

    /// Whether `bytes` more bytes fit.
    pub fn has_room(&self, bytes: usize) -> bool {
        self.remaining() >= bytes
    }

    /// Size of the whole region in bytes.
    pub fn capacity(&self) -> usize {
        self.bytes.len()
    }

    /// Appends bytes.
    ///
    /// # Panics
    /// When they do not fit; call [`OutputBuffer::has_room`] first.
    #[inline]
    pub fn push_slice(&mut self, bytes: &[u8]) {
        self.bytes[self.length..self.length + bytes.len()].copy_from_slice(bytes);
        self.length += bytes.len();
    }

    /// Appends one byte.
    ///
    /// # Panics
    /// When it does not fit.
    #[inline]
    pub fn push(&mut self, byte: u8) {
        self.bytes[self.length] = byte;
        self.length += 1;
    }

    /// The free tail, to be written directly; follow with [`OutputBuffer::advance`].
    #[inline]
    pub fn spare(&mut self) -> &mut [u8] {
        &mut self.bytes[self.length..]
    }

    /// Counts `bytes` of the tail as written.
    ///
    /// # Panics
    /// When it would pass the end.
    #[inline]
    pub fn advance(&mut self, bytes: usize) {
        assert!(bytes <= self.remaining(), "advance past the end of the output");
        self.length += bytes;
    }

    /// What was written so far.
    pub fn written(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// Forgets everything after the first `length` bytes.
    pub fn truncate(&mut self, length: usize) {
        self.length = self.length.min(length);
    }
}

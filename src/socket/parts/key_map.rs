//! What a socket keeps per pipe, found by the pipe's slot number.
//!
//! Slot numbers are small and reused, so an array is a map that never hashes and never collides.

#![forbid(unsafe_code)]

use crate::core::pipes::PipeKey;

/// A map from pipes to values.
#[derive(Debug)]
pub(crate) struct KeyMap<T>(Vec<Option<T>>);

impl<T> KeyMap<T> {
    /// An empty map.
    pub(crate) fn new() -> KeyMap<T> {
        KeyMap(Vec::new())
    }

    /// The value kept for a pipe.
    #[inline]
    pub(crate) fn get(&self, key: PipeKey) -> Option<&T> {
        self.0.get(key.index())?.as_ref()
    }

    /// Keeps a value for a pipe, in place of any earlier one.
    pub(crate) fn insert(&mut self, key: PipeKey, value: T) {
        let index = key.index();
        if index >= self.0.len() {
            self.0.resize_with(index + 1, || None);
        }
        if let Some(slot) = self.0.get_mut(index) {
            *slot = Some(value);
        }
    }

    /// Forgets what is kept for a pipe.
    pub(crate) fn remove(&mut self, key: PipeKey) -> Option<T> {
        self.0.get_mut(key.index())?.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_one_value_for_each_pipe() {
        let mut map = KeyMap::new();
        let (near, far) = (PipeKey::from_index(0), PipeKey::from_index(9));
        assert_eq!(map.get(far), None);
        map.insert(far, "far");
        map.insert(near, "near");
        map.insert(far, "farther");
        assert_eq!((map.get(near), map.get(far)), (Some(&"near"), Some(&"farther")));
        assert_eq!(map.remove(far), Some("farther"));
        assert_eq!((map.remove(far), map.get(far)), (None, None));
        assert_eq!(map.remove(PipeKey::from_index(10)), None);
    }
}

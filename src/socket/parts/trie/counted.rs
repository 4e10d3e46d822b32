//! What a subscriber has asked for: prefixes, each with the number of times it was asked for.

#![forbid(unsafe_code)]

use std::ops::ControlFlow;

use super::Removed;
use super::radix::Radix;

/// A counted set of prefixes.
#[derive(Debug)]
pub(crate) struct CountedTrie {
    counts: Radix,
}

impl CountedTrie {
    /// Nothing asked for.
    pub(crate) fn new() -> CountedTrie {
        CountedTrie { counts: Radix::new() }
    }

    /// Counts a prefix once more; says whether it is new.
    pub(crate) fn add(&mut self, prefix: &[u8]) -> bool {
        let node = self.counts.entry(prefix);
        let count = self.counts.value(node);
        self.counts.set_value(node, count.saturating_add(1));
        count == 0
    }

    /// Counts a prefix once less.
    pub(crate) fn remove(&mut self, prefix: &[u8]) -> Removed {
        let Some(node) = self.counts.find(prefix) else { return Removed::NotFound };
        match self.counts.value(node) {
            0 | 1 => {
                self.counts.remove(node);
                Removed::Last
            }
            count => {
                self.counts.set_value(node, count - 1);
                Removed::Remaining
            }
        }
    }

    /// Whether `data` begins with any of the prefixes.
    pub(crate) fn check(&self, data: &[u8]) -> bool {
        self.counts.walk(data, |_| ControlFlow::Break(())).is_break()
    }

    /// Shows each prefix once.
    pub(crate) fn for_each(&self, visit: impl FnMut(&[u8])) {
        self.counts.for_each(visit);
    }

    /// How many different prefixes there are.
    pub(crate) fn len(&self) -> usize {
        self.counts.len()
    }
}

#[cfg(test)]
impl CountedTrie {
    /// How many nodes are in use, the root included.
    pub(super) fn nodes(&self) -> usize {
        self.counts.nodes()
    }
}

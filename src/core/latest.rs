//! The queue of a conflating pipe: it holds the newest value and nothing else.
//!
//! It has the surface of [`super::queue`], so that a lane does not care which of the two it has. A
//! lock guards the one value; the [`Gate`] beside it carries sleeping and closing, as there.

#![forbid(unsafe_code)]

use super::gate::Gate;
use super::sync::{Arc, Mutex};

struct Shared<T> {
    value: Mutex<Option<T>>,
    gate: Gate,
}

/// The end that replaces the value.
pub(crate) struct Writer<T> {
    shared: Arc<Shared<T>>,
    next: Option<T>,
    count: u64,
}

/// The end that takes the value.
pub(crate) struct Reader<T> {
    shared: Arc<Shared<T>>,
    seen: u64,
}

/// Makes an empty one.
pub(crate) fn latest<T: Send>() -> (Writer<T>, Reader<T>) {
    let shared = Arc::new(Shared { value: Mutex::new(None), gate: Gate::new() });
    (Writer { shared: Arc::clone(&shared), next: None, count: 0 }, Reader { shared, seen: 0 })
}

impl<T: Send> Writer<T> {
    /// Sets the value that `publish` will show.
    pub(crate) fn push(&mut self, value: T) {
        self.next = Some(value);
    }

    /// Shows the value; true means that the reader slept and must be woken.
    #[must_use]
    pub(crate) fn publish(&mut self) -> bool {
        let Some(value) = self.next.take() else { return false };
        // The value it replaces is dropped after the lock, as that may run a program's callback.
        let _replaced = self.shared.value.lock().replace(value);
        self.count += 1;
        self.shared.gate.advance(self.count)
    }

    /// Says that nothing follows; true means that the reader must be woken.
    #[must_use]
    pub(crate) fn close(&mut self) -> bool {
        self.shared.gate.close()
    }
}

impl<T: Send> Reader<T> {
    /// Takes the newest value, if it was not taken before.
    pub(crate) fn pop(&mut self) -> Option<T> {
        self.seen = self.shared.gate.look().count;
        self.shared.value.lock().take()
    }

    /// Whether there is a value.
    pub(crate) fn has_next(&mut self) -> bool {
        self.seen = self.shared.gate.look().count;
        self.shared.value.lock().is_some()
    }

    /// Whether nothing is left and nothing will follow.
    pub(crate) fn at_end(&self) -> bool {
        self.shared.gate.look().closed && self.shared.value.lock().is_none()
    }

    /// Whether the writer has closed; values may still be left.
    pub(crate) fn is_closed(&self) -> bool {
        self.shared.gate.look().closed
    }

    /// Asks for a wake-up by the next value; false if there may be one already.
    pub(crate) fn sleep(&mut self) -> bool {
        match self.shared.gate.sleep(self.seen) {
            Ok(()) => true,
            Err(seen) => {
                self.seen = seen.count;
                false
            }
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn only_the_newest_is_read() {
        let (mut writer, mut reader) = latest();
        assert!(reader.sleep());
        writer.push(1);
        assert!(writer.publish());
        writer.push(2);
        assert!(!writer.publish());
        assert!(reader.has_next());
        assert_eq!(reader.pop(), Some(2));
        assert_eq!(reader.pop(), None);
        assert!(!reader.at_end());
        let _ = writer.close();
        assert!(reader.at_end());
    }
}

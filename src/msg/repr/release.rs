//! How a message ends, and gives back what it holds.
//!
//! The room exists because of two things that a release has to get right. What is given back is what the
//! flags say, once, and the block is closed before its content goes: a release function may free the
//! memory that the block lies in. And such a function may call back into the library, so that it is
//! called at once only by those who hold no lock (`close`, `end`, `reset`); a drop leaves it to
//! [`call_due`](crate::msg::call_due).
//!
//! Whoever owns nothing is not to notice: dropping is one test of the flags then.

use std::mem;

use super::Msg;
use super::layout::{OWNED, OWNS_ANY, OWNS_CONTENT, SHARED};
use crate::error::{Error, Result};
use crate::msg::content;
use crate::msg::due::Due;

impl Msg {
    /// Ends the message, so that the block is recognised as closed. `Fault` if it was already.
    #[inline]
    pub(crate) fn close(&mut self) -> Result<()> {
        if !self.is_valid() {
            return Err(Error::Fault);
        }
        if self.owns() {
            self.release_now();
        } else {
            self.put(Msg::closed());
        }
        Ok(())
    }

    /// Ends the message before it is dropped, where the release function may be called at once.
    #[inline]
    pub(crate) fn end(&mut self) {
        if self.owns() {
            self.release_now();
        }
    }

    /// Ends the message and leaves an empty one, without moving it out first.
    #[inline]
    pub(crate) fn reset(&mut self) {
        self.end();
        self.put(Msg::empty());
    }

    /// Whether there is something to release.
    #[inline]
    pub(crate) fn owns(&self) -> bool {
        self.flags & OWNS_ANY != 0
    }

    /// Overwrites a message that owns nothing, so that there is nothing to drop.
    #[inline]
    fn put(&mut self, msg: Msg) {
        debug_assert!(self.flags & OWNS_ANY == 0);
        mem::forget(mem::replace(self, msg));
    }

    /// Releases, and calls the release function of an application.
    #[inline(never)]
    fn release_now(&mut self) {
        if !self.release_own() {
            self.release().into_iter().for_each(Due::call);
        }
    }

    /// Releases, and leaves the release function of an application to a `call_due`.
    #[inline(never)]
    fn release_later(&mut self) {
        if !self.release_own() {
            self.release().into_iter().for_each(Due::postpone);
        }
    }

    /// Releases content that we allocated, if there is nothing else to release: what `release` would
    /// find out in more steps.
    #[inline(always)]
    fn release_own(&mut self) -> bool {
        if self.tag != OWNED || self.flags & OWNS_ANY != OWNS_CONTENT {
            return false;
        }
        let shared = self.shared();
        // SAFETY: the tag says that `heap` is the live field.
        let heap = unsafe { self.body.heap };
        mem::forget(mem::replace(self, Msg::closed()));
        // SAFETY: the flags, read before the block was closed, said that one reference to the content
        // is ours; no release function comes with what we allocated.
        let _ = unsafe { content::release(heap, true, shared) };
        true
    }

    /// Gives back whatever the flags say, and leaves the block closed. Content goes last, when the
    /// block is no longer needed: a release function may free the memory that it lies in.
    #[inline(never)]
    fn release(&mut self) -> Option<Due> {
        let (tag, flags) = (self.tag, self.flags);
        let heap = self.heap();
        drop(self.metadata.take());
        self.release_group();
        mem::forget(mem::replace(self, Msg::closed()));
        let heap = heap.filter(|_| flags & OWNS_CONTENT != 0)?;
        // SAFETY: the flag, read before the block was closed, said that one reference to the
        // content is ours; the tag and `heap` were read together with it.
        unsafe { content::release(heap, tag == OWNED, flags & SHARED != 0) }
    }
}

/// Messages are dropped anywhere in the library, under locks too, and a release function of the
/// application may call back into the library; so it is only noted here, for
/// [`call_due`](crate::msg::call_due).
impl Drop for Msg {
    #[inline]
    fn drop(&mut self) {
        if self.owns() {
            self.release_later();
        }
    }
}

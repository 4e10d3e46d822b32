//! The group that a message is for: inside the block if it is short, else shared.
//!
//! The room exists because nearly no message has a group, and those that have one mostly have a short
//! one. Only here is it looked at which of the two it is.

use std::ffi::CStr;
use std::mem::ManuallyDrop;
use std::sync::Arc;

use super::Msg;
use super::layout::{GROUP_MAX, GROUP_SIZE, Group, OWNS_GROUP};

impl Msg {
    /// The group that the message is for; empty if none.
    #[inline]
    pub(crate) fn group(&self) -> &CStr {
        if self.flags & OWNS_GROUP != 0 {
            // SAFETY: the flag says that `long` is the live field, made by `Arc::into_raw` and
            // released only with this message or by `set_group`, which borrow it mutably.
            return unsafe { &*self.group.long };
        }
        // SAFETY: without the flag `short` is the live field.
        let short = unsafe { &self.group.short };
        CStr::from_bytes_until_nul(short).unwrap_or_default()
    }

    /// Says which group the message is for, at most 255 bytes of it and none past a zero.
    pub(crate) fn set_group(&mut self, group: &[u8]) {
        let mut text = [0; GROUP_MAX + 1];
        let cut = &group[..group.len().min(GROUP_MAX)];
        text[..cut.len()].copy_from_slice(cut);
        let text = CStr::from_bytes_until_nul(&text).unwrap_or_default();
        let bytes = text.to_bytes();

        self.release_group();
        if bytes.len() < GROUP_SIZE {
            let mut short = [0; GROUP_SIZE];
            short[..bytes.len()].copy_from_slice(bytes);
            self.group = Group { short };
        } else {
            self.group = Group { long: Arc::into_raw(Arc::from(text)) };
            self.flags |= OWNS_GROUP;
        }
    }

    /// The group of a copy: a long one is counted once more.
    #[inline(always)]
    pub(super) fn share_group(&self) -> Group {
        let mut group = self.group;
        if self.flags & OWNS_GROUP != 0 {
            // SAFETY: the flag says that `long` is the live field, made by `Arc::into_raw`; the `Arc`
            // is borrowed for a clone and not dropped.
            let long = unsafe { ManuallyDrop::new(Arc::from_raw(self.group.long)) };
            group = Group { long: Arc::into_raw(Arc::clone(&long)) };
        }
        group
    }

    /// Lets go of a long group; the field is not to be looked at then.
    pub(super) fn release_group(&mut self) {
        if self.flags & OWNS_GROUP != 0 {
            self.flags &= !OWNS_GROUP;
            // SAFETY: the flag, taken away just now, said that `long` came from `Arc::into_raw`
            // and that its reference is ours to drop.
            drop(unsafe { Arc::from_raw(self.group.long) });
        }
    }
}

//! The representation of a message in 64 bytes.
//!
//! Nothing in the block points into the block, so that it may be copied bitwise as long as the
//! original is forgotten: bindings do that, and so does every Rust move. An all-zero block is a
//! message that was never initialised, or was closed.
//!
//! What has to be given back is noted in the flags byte. Most messages own nothing outside the
//! block, and for those dropping is one test of that byte.
//!
//! Here messages are made, read, written and copied. What the bytes may be stands in [`layout`], how a
//! message ends in [`release`], and the [`group`] is apart because few messages have one. Each of these
//! may look into the block, and nobody else may.

mod group;
mod layout;
mod release;
#[cfg(test)]
mod tests;

use std::ffi::c_void;
use std::fmt;
use std::mem::{self, ManuallyDrop, align_of, offset_of, size_of};
use std::ptr;
use std::slice;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use self::layout::{
    Body, CLOSED, CONSTANT, FOREIGN, GROUP_SIZE, Group, INLINE, INLINE_MAX, JOIN, KIND, LEAVE,
    MORE, OWNED, OWNS_ANY, OWNS_CONTENT, OWNS_METADATA, SHARED,
};
use super::Metadata;
use super::content::{Heap, OWNED_HEADER, allocate_foreign, allocate_owned};
use super::due::Free;
use crate::error::{Error, Result};

/// A message, or one part of a message with several.
#[repr(C, align(8))]
pub(crate) struct Msg {
    /// Inside `ManuallyDrop` because `OWNS_METADATA` decides, together with the rest.
    metadata: ManuallyDrop<Option<Arc<Metadata>>>,
    body: Body,
    /// Length of the content while `tag` is `INLINE`.
    inline_len: u8,
    /// Which representation the content has. A plain byte, because callers may pass any block.
    tag: u8,
    flags: u8,
    routing_id: u32,
    group: Group,
}

/// What a message in a pipe is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Something to hand to the application.
    Data,
    /// A DISH joins the group that the message carries.
    Join,
    /// A DISH leaves the group that the message carries.
    Leave,
    /// A subscription or its end, as the first byte says (1 or 0; the topic follows). Only SUB and
    /// XSUB mark what they send: to a reader the bytes say it all, to an encoder they do not.
    Request,
}

impl Msg {
    /// A message of length zero.
    #[inline]
    pub(crate) const fn empty() -> Msg {
        Msg::new(INLINE, 0, 0, Body { inline: [0; INLINE_MAX] })
    }

    /// A block that is not a message: zero in every byte.
    #[inline]
    pub(crate) const fn closed() -> Msg {
        Msg::new(CLOSED, 0, 0, Body { inline: [0; INLINE_MAX] })
    }

    #[inline]
    const fn new(tag: u8, flags: u8, inline_len: u8, body: Body) -> Msg {
        Msg {
            metadata: ManuallyDrop::new(None),
            body,
            inline_len,
            tag,
            flags,
            routing_id: 0,
            group: Group { short: [0; GROUP_SIZE] },
        }
    }

    /// A message with room for `len` bytes of unspecified content.
    #[inline]
    pub(crate) fn with_size(len: usize) -> Result<Msg> {
        if len <= INLINE_MAX {
            // The cast keeps the value: INLINE_MAX is below 256.
            return Ok(Msg::new(INLINE, 0, len as u8, Body { inline: [0; INLINE_MAX] }));
        }
        let content = allocate_owned(len);
        if content.is_null() {
            return Err(Error::NoMemory);
        }
        // SAFETY: `allocate_owned` made a block that is longer than the header by `len`.
        let data = unsafe { content.add(OWNED_HEADER) };
        Ok(Msg::new(OWNED, OWNS_CONTENT, 0, Body { heap: Heap { content, data, len } }))
    }

    /// A message that takes over a block of `allocate_block`.
    ///
    /// # Safety
    ///
    /// `content` is from `allocate_block(len)` or a reallocation to that length, and the caller's.
    pub(super) unsafe fn from_owned(content: *mut u8, len: usize) -> Msg {
        // SAFETY: the block is longer than the header by `len`.
        let data = unsafe { content.add(OWNED_HEADER) };
        Msg::new(OWNED, OWNS_CONTENT, 0, Body { heap: Heap { content, data, len } })
    }

    /// A message with a copy of `data`.
    #[inline]
    pub(crate) fn from_slice(data: &[u8]) -> Result<Msg> {
        let mut msg = Msg::with_size(data.len())?;
        msg.writable().copy_from_slice(data);
        Ok(msg)
    }

    /// Gives an empty message a copy of `data`, in place.
    #[inline]
    pub(crate) fn set_content(&mut self, data: &[u8]) -> Result<()> {
        debug_assert!(self.flags & OWNS_ANY == 0);
        if let Some(room) = self.inline_room(data.len()) {
            room.copy_from_slice(data);
            return Ok(());
        }
        self.set_long(data)
    }

    /// As `set_content`, with content outside of the block.
    #[inline(never)]
    fn set_long(&mut self, data: &[u8]) -> Result<()> {
        let content = allocate_owned(data.len());
        if content.is_null() {
            return Err(Error::NoMemory);
        }
        // SAFETY: `allocate_owned` made a block that is longer than the header by the length.
        let room = unsafe { content.add(OWNED_HEADER) };
        // SAFETY: as above, and the block is new.
        unsafe { room.copy_from_nonoverlapping(data.as_ptr(), data.len()) };
        self.body = Body { heap: Heap { content, data: room, len: data.len() } };
        self.tag = OWNED;
        self.flags |= OWNS_CONTENT;
        Ok(())
    }

    /// Makes an empty message one of so many bytes inside the block, if they fit there.
    #[inline]
    fn inline_room(&mut self, len: usize) -> Option<&mut [u8]> {
        if len > INLINE_MAX || self.tag != INLINE {
            return None;
        }
        // The cast keeps the value: INLINE_MAX is below 256.
        self.inline_len = len as u8;
        Some(self.writable())
    }

    /// A message that uses `data` where it lies, whatever its length. Without a release function
    /// the content is constant. On failure the caller still owns `data`.
    ///
    /// # Safety
    ///
    /// `data` is NULL or valid for reads of `len` bytes until `ffn` is called, or for ever if
    /// there is none. It may be read from any thread, and `ffn(data, hint)` may be called from
    /// any thread.
    pub(crate) unsafe fn foreign(
        data: *mut c_void,
        len: usize,
        ffn: Option<Free>,
        hint: *mut c_void,
    ) -> Result<Msg> {
        if data.is_null() && len > 0 {
            return Err(Error::Fault);
        }
        let data = data.cast();
        match ffn {
            Some(ffn) => {
                let content = allocate_foreign(ffn, hint)?;
                let heap = Heap { content, data, len };
                Ok(Msg::new(FOREIGN, OWNS_CONTENT, 0, Body { heap }))
            }
            None => {
                let heap = Heap { content: ptr::null_mut(), data, len };
                Ok(Msg::new(CONSTANT, 0, 0, Body { heap }))
            }
        }
    }

    /// A message whose release is counted, for the tests of rooms that cannot call `foreign`.
    #[cfg(test)]
    pub(crate) fn counting(releases: &'static AtomicUsize) -> Msg {
        unsafe extern "C" fn count(_: *mut c_void, hint: *mut c_void) {
            // SAFETY: the hint is the static counter below.
            unsafe { &*hint.cast::<AtomicUsize>() }.fetch_add(1, Ordering::Relaxed);
        }
        let hint = ptr::from_ref(releases).cast_mut().cast();
        // SAFETY: no data is read, and the counter is static.
        unsafe { Msg::foreign(ptr::null_mut(), 0, Some(count), hint) }.expect("there is memory")
    }

    /// Whether the block is a message: false when closed or never initialised.
    #[inline]
    pub(crate) fn is_valid(&self) -> bool {
        (INLINE..=CONSTANT).contains(&self.tag)
    }

    /// The content; empty when the block is not a message.
    #[inline]
    pub(crate) fn data(&self) -> &[u8] {
        if self.tag == INLINE {
            // SAFETY: `tag` says that `inline` is the live field, zeroed when it was made.
            let inline = unsafe { &self.body.inline };
            return &inline[..usize::from(self.inline_len)];
        }
        match self.heap() {
            // SAFETY: `allocate_owned` made `len` bytes at `data` and froze them, or the caller of
            // `foreign` vouched for them; they stay as long as this message holds its reference.
            Some(heap) if !heap.data.is_null() => unsafe {
                slice::from_raw_parts(heap.data, heap.len)
            },
            Some(_) | None => &[],
        }
    }

    /// Where the content begins, for C callers. NULL when the block is not a message, or when
    /// the content was given as NULL.
    #[inline]
    pub(crate) fn data_ptr(&mut self) -> *mut u8 {
        if self.tag == INLINE {
            return ptr::addr_of_mut!(self.body).cast();
        }
        self.heap().map_or(ptr::null_mut(), |heap| heap.data)
    }

    /// Writes into the content of a message made by `with_size`.
    ///
    /// # Panics
    ///
    /// When `bytes` does not fit, or the content is shared or belongs to the application.
    #[inline]
    pub(crate) fn fill(&mut self, at: usize, bytes: &[u8]) {
        self.writable()[at..][..bytes.len()].copy_from_slice(bytes);
    }

    /// The content while nobody else can see it; empty if somebody might.
    #[inline]
    pub(crate) fn writable(&mut self) -> &mut [u8] {
        if self.tag == INLINE {
            // SAFETY: `tag` says that `inline` is the live field, zeroed when it was made.
            let inline = unsafe { &mut self.body.inline };
            return &mut inline[..usize::from(self.inline_len)];
        }
        match self.heap() {
            // SAFETY: `allocate_owned` made these `len` bytes and froze them; without the SHARED
            // flag this message, borrowed mutably, holds the only reference to them.
            Some(heap) if self.tag == OWNED && self.flags & SHARED == 0 => unsafe {
                slice::from_raw_parts_mut(heap.data, heap.len)
            },
            Some(_) | None => &mut [],
        }
    }

    /// The length of the content in bytes.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        if self.tag == INLINE {
            return usize::from(self.inline_len);
        }
        self.heap().map_or(0, |heap| heap.len)
    }

    /// Whether the content has no bytes.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether another part of the same message follows.
    #[inline]
    pub(crate) fn more(&self) -> bool {
        self.flags & MORE != 0
    }

    /// Says whether another part of the same message follows.
    #[inline]
    pub(crate) fn set_more(&mut self, more: bool) {
        self.flags = if more { self.flags | MORE } else { self.flags & !MORE };
    }

    /// Whether a release function of the application's is called for the content.
    #[inline]
    pub(crate) fn calls_back(&self) -> bool {
        self.tag == FOREIGN
    }

    /// Whether the content is constant, or was ever shared by a copy.
    #[inline]
    pub(crate) fn shared(&self) -> bool {
        self.tag == CONSTANT || self.flags & SHARED != 0
    }

    /// What the message is to the socket that reads it.
    #[inline]
    pub(crate) fn kind(&self) -> Kind {
        match self.flags & KIND {
            0 => Kind::Data,
            JOIN => Kind::Join,
            LEAVE => Kind::Leave,
            _ => Kind::Request,
        }
    }

    /// Says what the message is to the socket that reads it.
    #[inline]
    pub(crate) fn set_kind(&mut self, kind: Kind) {
        let bits = match kind {
            Kind::Data => 0,
            Kind::Join => JOIN,
            Kind::Leave => LEAVE,
            Kind::Request => KIND,
        };
        self.flags = (self.flags & !KIND) | bits;
    }

    /// A second message with the same content, flags, metadata, group and routing id. Content
    /// outside the block is shared, content inside it is duplicated.
    #[inline]
    pub(crate) fn copy(&mut self) -> Msg {
        if self.flags & OWNS_CONTENT != 0 {
            self.share();
        }
        let group = self.share_group();
        Msg {
            metadata: self.metadata.clone(),
            body: self.body,
            inline_len: self.inline_len,
            tag: self.tag,
            flags: self.flags,
            routing_id: self.routing_id,
            group,
        }
    }

    /// Moves the message out and leaves an empty one.
    #[inline]
    pub(crate) fn take(&mut self) -> Msg {
        mem::take(self)
    }

    /// The peer that a SERVER or PEER got the message from, or sends it to; 0 if none.
    #[inline]
    pub(crate) fn routing_id(&self) -> u32 {
        self.routing_id
    }

    /// Names the peer that a SERVER or PEER sends the message to; 0 for none.
    #[inline]
    pub(crate) fn set_routing_id(&mut self, id: u32) {
        self.routing_id = id;
    }

    /// The properties of the connection that the message came in on.
    #[inline]
    pub(crate) fn metadata(&self) -> Option<&Arc<Metadata>> {
        self.metadata.as_ref()
    }

    /// Attaches the properties of a connection, or takes them off.
    #[inline]
    pub(crate) fn set_metadata(&mut self, metadata: Option<Arc<Metadata>>) {
        let flag = if metadata.is_some() { OWNS_METADATA } else { 0 };
        self.flags = (self.flags & !OWNS_METADATA) | flag;
        *self.metadata = metadata;
    }

    /// Makes the message one that a program sends, whatever it was received as.
    #[inline]
    pub(crate) fn set_outgoing(&mut self, more: bool) {
        if self.flags & OWNS_METADATA != 0 {
            self.set_metadata(None);
        }
        self.set_more(more);
    }

    /// Pointer and length of content that does not lie inside the block.
    #[inline]
    fn heap(&self) -> Option<Heap> {
        if (OWNED..=CONSTANT).contains(&self.tag) {
            // SAFETY: each of these tags says that `heap` is the live field.
            Some(unsafe { self.body.heap })
        } else {
            None
        }
    }

    /// Counts one more reference to the content.
    fn share(&mut self) {
        let Some(heap) = self.heap() else { return };
        // SAFETY: with OWNS_CONTENT set, `content` is live and begins with the count, whether it
        // is `Owned` or `Foreign`.
        let refs = unsafe { &*heap.content.cast::<AtomicUsize>() };
        if self.flags & SHARED == 0 {
            // Nobody else knows the content, and handing the copy to another thread publishes
            // this store.
            refs.store(2, Ordering::Relaxed);
            self.flags |= SHARED;
        } else {
            // As in `Arc`: whoever counts up holds a reference, so there is nothing to order.
            refs.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Default for Msg {
    #[inline]
    fn default() -> Msg {
        Msg::empty()
    }
}

impl fmt::Debug for Msg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Msg")
            .field("valid", &self.is_valid())
            .field("len", &self.len())
            .field("more", &self.more())
            .field("kind", &self.kind())
            .finish_non_exhaustive()
    }
}

// SAFETY: everything that two messages can have in common is counted atomically: content by its
// header, metadata and group by `Arc`. Shared content is only read (`writable` refuses it), and
// the caller of `foreign` allowed reads and the release function on any thread.
unsafe impl Send for Msg {}

// C programs and their compilers have these two numbers built in.
const _: () = assert!(size_of::<Msg>() == 64 && align_of::<Msg>() == 8);
// All pointers of the block are aligned, and the content begins where debuggers look for it.
const _: () = assert!(offset_of!(Msg, metadata) == 0 && offset_of!(Msg, body) == 8);
// SAFETY: both sides are one word without padding.
const _: () = assert!(unsafe { mem::transmute::<Option<Arc<Metadata>>, usize>(None) } == 0);

//! The representation of a message in 64 bytes.
//!
//! Nothing in the block points into the block, so that it may be copied bitwise as long as the
//! original is forgotten: bindings do that, and so does every Rust move. An all-zero block is a
//! message that was never initialised, or was closed.
//!
//! What has to be given back is noted in the flags byte. Most messages own nothing outside the
//! block, and for those dropping is one test of that byte.

use std::ffi::{CStr, c_void};
use std::fmt;
use std::mem::{self, ManuallyDrop, align_of, offset_of, size_of};
use std::ptr;
use std::slice;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::Metadata;
use super::content::{self, Heap, OWNED_HEADER, allocate_foreign, allocate_owned};
use super::due::{Due, Free};
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
        let mut group = self.group;
        if self.flags & OWNS_GROUP != 0 {
            // SAFETY: the flag says that `long` is the live field, made by `Arc::into_raw`; the
            // `Arc` is borrowed for a clone and not dropped.
            let long = unsafe { ManuallyDrop::new(Arc::from_raw(self.group.long)) };
            group = Group { long: Arc::into_raw(Arc::clone(&long)) };
        }
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

    fn release_group(&mut self) {
        if self.flags & OWNS_GROUP != 0 {
            self.flags &= !OWNS_GROUP;
            // SAFETY: the flag, taken away just now, said that `long` came from `Arc::into_raw`
            // and that its reference is ours to drop.
            drop(unsafe { Arc::from_raw(self.group.long) });
        }
    }
}

impl Default for Msg {
    #[inline]
    fn default() -> Msg {
        Msg::empty()
    }
}

/// Messages are dropped anywhere in the library, under locks too, and a release function of the
/// application may call back into the library; so it is only noted here, for [`call_due`].
impl Drop for Msg {
    #[inline]
    fn drop(&mut self) {
        if self.owns() {
            self.release_later();
        }
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

/// Content up to this length lies inside the block.
const INLINE_MAX: usize = 33;
/// Bytes for the group inside the block, the final zero included.
const GROUP_SIZE: usize = 16;
/// `ZMQ_GROUP_MAX_LENGTH`: bytes of a group without the final zero.
const GROUP_MAX: usize = 255;

/// Not a message.
const CLOSED: u8 = 0;
// The tags of messages are far from what uninitialised memory tends to hold, and in a row, so
// that `is_valid` and `heap` are one comparison each.
/// Content in `Body::inline`.
const INLINE: u8 = 0xc1;
/// Content in the same allocation as its header.
const OWNED: u8 = 0xc2;
/// Content of the application, with a release function.
const FOREIGN: u8 = 0xc3;
/// Content of the application that is never released.
const CONSTANT: u8 = 0xc4;

/// Another part follows.
const MORE: u8 = 0x01;
/// `Kind::Join`.
const JOIN: u8 = 0x02;
/// `Kind::Leave`.
const LEAVE: u8 = 0x04;
/// Flags: what the message is; both bits together are `Kind::Request`.
const KIND: u8 = JOIN | LEAVE;
/// The content was copied once. Stays, also when the other copies are gone.
const SHARED: u8 = 0x08;
/// The message holds a reference to `Heap::content`.
const OWNS_CONTENT: u8 = 0x10;
/// The message holds a reference to its metadata.
const OWNS_METADATA: u8 = 0x20;
/// `Group::long` is the live field, and holds a reference.
const OWNS_GROUP: u8 = 0x40;
/// There is something to release.
const OWNS_ANY: u8 = OWNS_CONTENT | OWNS_METADATA | OWNS_GROUP;

/// The content, or where it is; `Msg::tag` says which. Packed, as it ends on an odd byte.
#[repr(C, packed)]
#[derive(Clone, Copy)]
union Body {
    inline: [u8; INLINE_MAX],
    heap: Heap,
}

/// The group, or where it is; `OWNS_GROUP` says which.
#[repr(C)]
#[derive(Clone, Copy)]
union Group {
    short: [u8; GROUP_SIZE],
    long: *const CStr,
}

// C programs and their compilers have these two numbers built in.
const _: () = assert!(size_of::<Msg>() == 64 && align_of::<Msg>() == 8);
// All pointers of the block are aligned, and the content begins where debuggers look for it.
const _: () = assert!(offset_of!(Msg, metadata) == 0 && offset_of!(Msg, body) == 8);
// SAFETY: both sides are one word without padding.
const _: () = assert!(unsafe { mem::transmute::<Option<Arc<Metadata>>, usize>(None) } == 0);

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;
    use std::thread;

    use super::super::due::call_due;
    use super::*;

    /// Counts calls of the release function; the hint of each message points at one of these.
    #[derive(Default)]
    struct Calls {
        count: AtomicU32,
        data: AtomicUsize,
    }

    unsafe extern "C" fn count(data: *mut c_void, hint: *mut c_void) {
        // SAFETY: every test passes a `Calls` that outlives its messages.
        let calls = unsafe { &*hint.cast::<Calls>() };
        calls.data.store(data.addr(), Ordering::Relaxed);
        calls.count.fetch_add(1, Ordering::AcqRel);
    }

    impl Calls {
        fn get(&self) -> u32 {
            call_due();
            self.count.load(Ordering::Acquire)
        }

        fn msg(&self, data: &'static [u8]) -> Msg {
            let hint = ptr::from_ref(self).cast_mut().cast();
            let data = (data.as_ptr().cast_mut().cast(), data.len());
            // SAFETY: the data is static, and `self` outlives the message in every test.
            unsafe { Msg::foreign(data.0, data.1, Some(count), hint) }.unwrap()
        }
    }

    #[test]
    fn a_closed_block_is_all_zero() {
        // SAFETY: both are 64 initialised bytes: `closed` writes every field, and there is no
        // padding between them.
        let bytes = unsafe { mem::transmute::<Msg, [u8; 64]>(Msg::closed()) };
        assert_eq!(bytes, [0; 64]);
        // SAFETY: all-zero is the value that the line above got from `closed`.
        let mut msg = unsafe { mem::zeroed::<Msg>() };
        assert!(!msg.is_valid());
        assert_eq!(msg.close(), Err(Error::Fault));
        assert_eq!((msg.data(), msg.len()), (&b""[..], 0));
        assert!(msg.data_ptr().is_null());
    }

    #[test]
    fn foreign_content_is_used_in_place_and_released_once() {
        static SHORT: &[u8] = b"x";
        let calls = Calls::default();
        let mut msg = calls.msg(SHORT);
        assert_eq!(msg.data_ptr().cast_const(), SHORT.as_ptr());
        assert!(!msg.shared());
        let mut moved = msg.take();
        assert_eq!((msg.len(), moved.data()), (0, SHORT));
        drop(msg);
        assert_eq!(calls.get(), 0);
        assert_eq!(moved.close(), Ok(()));
        assert_eq!(calls.get(), 1);
        assert_eq!(calls.data.load(Ordering::Relaxed), SHORT.as_ptr().addr());
        assert_eq!(moved.close(), Err(Error::Fault));
        drop(moved);
        assert_eq!(calls.get(), 1);
    }

    #[test]
    fn copies_of_foreign_content_release_it_with_the_last() {
        let calls = Calls::default();
        let mut first = calls.msg(b"0123");
        let mut second = first.copy();
        let third = second.copy();
        assert!(first.shared() && second.shared() && third.shared());
        assert_eq!(first.data_ptr(), second.data_ptr());
        drop(second);
        drop(first);
        assert_eq!((calls.get(), third.data()), (0, &b"0123"[..]));
        assert!(third.shared(), "the flag stays with the survivor");
        drop(third);
        assert_eq!(calls.get(), 1);
    }

    #[test]
    fn copies_on_many_threads_release_once() {
        for _ in 0..50 {
            let calls = Calls::default();
            let mut msg = calls.msg(b"across threads");
            let mut copies: Vec<Msg> = (0..4).map(|_| msg.copy()).collect();
            drop(msg);
            thread::scope(|scope| {
                for mut copy in copies.drain(..) {
                    scope.spawn(move || {
                        for _ in 0..100 {
                            assert_eq!(copy.copy().data(), b"across threads");
                        }
                        drop(copy);
                        call_due();
                    });
                }
            });
            assert_eq!(calls.get(), 1);
        }
    }

    #[test]
    fn null_content_is_allowed_when_it_is_empty() {
        let calls = Calls::default();
        let hint = ptr::from_ref(&calls).cast_mut().cast();
        // SAFETY: there is nothing to read, and `calls` outlives the message.
        let mut msg = unsafe { Msg::foreign(ptr::null_mut(), 0, Some(count), hint) }.unwrap();
        assert!(msg.is_valid() && msg.data_ptr().is_null() && msg.data().is_empty());
        drop(msg);
        assert_eq!(calls.get(), 1);
        // SAFETY: there is nothing to read.
        let mut msg = unsafe { Msg::foreign(ptr::null_mut(), 0, None, hint) }.unwrap();
        assert!(msg.is_valid() && msg.data_ptr().is_null() && msg.data().is_empty());
        // SAFETY: NULL is refused, and nothing is read.
        let refused = unsafe { Msg::foreign(ptr::null_mut(), 1, Some(count), hint) };
        assert_eq!(refused.err(), Some(Error::Fault));
        drop(msg);
        assert_eq!(calls.get(), 1);
    }

    #[test]
    fn content_without_release_function_is_constant() {
        static TEXT: &[u8] = b"longer than the thirty-three bytes inside";
        let data = TEXT.as_ptr().cast_mut().cast();
        // SAFETY: the text is static.
        let mut msg = unsafe { Msg::foreign(data, TEXT.len(), None, ptr::null_mut()) }.unwrap();
        assert!(msg.shared());
        let mut copy = msg.copy();
        drop(msg);
        assert!(copy.shared());
        assert_eq!(copy.data_ptr().cast_const(), TEXT.as_ptr());
        assert_eq!(copy.data(), TEXT);
    }

    #[test]
    fn a_drop_leaves_the_release_function_due_and_a_close_calls_it() {
        let calls = Calls::default();
        let count = || calls.count.load(Ordering::Acquire);
        drop(calls.msg(b"dropped"));
        assert_eq!(count(), 0);
        call_due();
        assert_eq!(count(), 1);
        assert_eq!(calls.msg(b"closed").close(), Ok(()));
        calls.msg(b"reset").reset();
        assert_eq!(count(), 3);
        std::thread::scope(|scope| {
            scope.spawn(|| drop(calls.msg(b"in a thread that ends")));
        });
        // The end of a scope does not wait for the destructors of the thread's variables.
        while count() < 4 {
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_message_may_be_relocated_bitwise() {
        let calls = Calls::default();
        for mut msg in [Msg::from_slice(&[7; 33]).unwrap(), calls.msg(&[7; 33])] {
            msg.set_group(&[b'g'; 100]);
            let forgotten = ManuallyDrop::new(msg);
            // SAFETY: the original is never looked at again.
            let moved = unsafe { ptr::read(&*forgotten) };
            assert_eq!((moved.data(), moved.group().count_bytes()), (&[7; 33][..], 100));
        }
        assert_eq!(calls.get(), 1);
    }
}

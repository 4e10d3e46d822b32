//! What may stand in the bytes of a block: the sizes, the tags of the content, the flags, the unions.
//!
//! The room exists so that each number has one place to be looked up in. Nothing is done here; that a
//! tag or a flag tells the truth is the business of those who set it, in the modules around.

#![forbid(unsafe_code)]

use std::ffi::CStr;

use crate::msg::content::Heap;

/// Content up to this length lies inside the block.
pub(super) const INLINE_MAX: usize = 33;
/// Bytes for the group inside the block, the final zero included.
pub(super) const GROUP_SIZE: usize = 16;
/// `ZMQ_GROUP_MAX_LENGTH`: bytes of a group without the final zero.
pub(super) const GROUP_MAX: usize = 255;

/// Not a message.
pub(super) const CLOSED: u8 = 0;
// The tags of messages are far from what uninitialised memory tends to hold, and in a row, so
// that `is_valid` and `heap` are one comparison each.
/// Content in `Body::inline`.
pub(super) const INLINE: u8 = 0xc1;
/// Content in the same allocation as its header.
pub(super) const OWNED: u8 = 0xc2;
/// Content of the application, with a release function.
pub(super) const FOREIGN: u8 = 0xc3;
/// Content of the application that is never released.
pub(super) const CONSTANT: u8 = 0xc4;

/// Another part follows.
pub(super) const MORE: u8 = 0x01;
/// `Kind::Join`.
pub(super) const JOIN: u8 = 0x02;
/// `Kind::Leave`.
pub(super) const LEAVE: u8 = 0x04;
/// Flags: what the message is; both bits together are `Kind::Request`.
pub(super) const KIND: u8 = JOIN | LEAVE;
/// The content was copied once. Stays, also when the other copies are gone.
pub(super) const SHARED: u8 = 0x08;
/// The message holds a reference to `Heap::content`.
pub(super) const OWNS_CONTENT: u8 = 0x10;
/// The message holds a reference to its metadata.
pub(super) const OWNS_METADATA: u8 = 0x20;
/// `Group::long` is the live field, and holds a reference.
pub(super) const OWNS_GROUP: u8 = 0x40;
/// There is something to release.
pub(super) const OWNS_ANY: u8 = OWNS_CONTENT | OWNS_METADATA | OWNS_GROUP;

/// The content, or where it is; `Msg::tag` says which. Packed, as it ends on an odd byte.
#[repr(C, packed)]
#[derive(Clone, Copy)]
pub(super) union Body {
    pub(super) inline: [u8; INLINE_MAX],
    pub(super) heap: Heap,
}

/// The group, or where it is; `OWNS_GROUP` says which.
#[repr(C)]
#[derive(Clone, Copy)]
pub(super) union Group {
    pub(super) short: [u8; GROUP_SIZE],
    pub(super) long: *const CStr,
}

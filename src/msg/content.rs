//! Content outside of the 64 bytes: headers with a count of references, and their allocation.
//!
//! Short content is cut from a slab ([`super::slab`]), other content has a block of the allocator's.

use std::alloc::{Layout, alloc, dealloc, realloc};
use std::arch::asm;
use std::ffi::c_void;
use std::mem::{align_of, offset_of, size_of};
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::due::{Due, Free};
use super::slab::{self, Slab};
use crate::error::{Error, Result};

/// Content outside the block. Pointer and length are here and not behind `content`, so that
/// reading a message touches no header.
#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct Heap {
    /// An `Owned` or a `Foreign`, both of which begin with the count of references; NULL if the
    /// content is constant.
    pub(super) content: *mut u8,
    /// The bytes.
    pub(super) data: *mut u8,
    /// How many.
    pub(super) len: usize,
}

/// Header of content that we allocated; the bytes follow, aligned as `malloc` would.
#[repr(C, align(16))]
struct Owned {
    refs: AtomicUsize,
    /// What the block was cut from; NULL if it is the allocator's.
    slab: *mut Slab,
}

/// Bytes before the content in a block of `allocate_owned`.
pub(super) const OWNED_HEADER: usize = size_of::<Owned>();

/// Header of content that the application gave us with a release function.
#[repr(C)]
struct Foreign {
    refs: AtomicUsize,
    ffn: Free,
    hint: *mut c_void,
}

// `Heap::refs` and `release` reach the count without knowing the header.
const _: () = assert!(offset_of!(Owned, refs) == 0 && offset_of!(Foreign, refs) == 0);

/// Header and room for `len` bytes in one piece; NULL when that cannot be had.
#[inline]
pub(super) fn allocate_owned(len: usize) -> *mut u8 {
    if len <= slab::LONGEST - OWNED_HEADER {
        if let Some((content, slab)) = slab::cut(OWNED_HEADER + len) {
            freeze(content);
            // SAFETY: the block begins with room for a header, is aligned for it, and is ours.
            unsafe { content.cast::<Owned>().write(Owned { refs: AtomicUsize::new(1), slab }) };
            return content;
        }
    }
    allocate_block(len)
}

/// As `allocate_owned`, with a block of the allocator's, which can be made longer.
#[inline(never)]
pub(super) fn allocate_block(len: usize) -> *mut u8 {
    let size = size_of::<Owned>().saturating_add(len);
    let Ok(layout) = Layout::from_size_align(size, align_of::<Owned>()) else {
        return ptr::null_mut();
    };
    // SAFETY: the layout has at least the size of the header, which is not zero.
    let content = unsafe { alloc(layout) };
    if !content.is_null() {
        freeze(content);
        let header = Owned { refs: AtomicUsize::new(1), slab: ptr::null_mut() };
        // SAFETY: the block is new and begins with room for a header, and the alignment is its.
        unsafe { content.cast::<Owned>().write(header) };
    }
    content
}

/// Makes the block of an unfinished message longer; NULL when that cannot be had, and then the old
/// block stays.
///
/// # Safety
///
/// `content` is from `allocate_block(len)` or an earlier reallocation to `len`, and nobody else
/// has a reference to it.
pub(super) unsafe fn reallocate_block(content: *mut u8, len: usize, longer: usize) -> *mut u8 {
    let size = size_of::<Owned>().saturating_add(longer);
    if Layout::from_size_align(size, align_of::<Owned>()).is_err() {
        return ptr::null_mut();
    }
    // SAFETY: the block has the layout of `len`, and the new size was found possible.
    let content = unsafe { realloc(content, block_layout_unchecked(len), size) };
    if !content.is_null() {
        freeze(content);
    }
    content
}

/// The layout that `allocate_block` found possible for this length.
///
/// # Safety
///
/// `allocate_block(len)` has succeeded.
unsafe fn block_layout_unchecked(len: usize) -> Layout {
    // SAFETY: `allocate_block` got through `Layout::from_size_align` with these numbers.
    unsafe { Layout::from_size_align_unchecked(size_of::<Owned>() + len, align_of::<Owned>()) }
}

/// A header for content of the application.
pub(super) fn allocate_foreign(ffn: Free, hint: *mut c_void) -> Result<*mut u8> {
    // SAFETY: the layout is that of a type with a size above zero.
    let content = unsafe { alloc(Layout::new::<Foreign>()) };
    if content.is_null() {
        return Err(Error::NoMemory);
    }
    let header = Foreign { refs: AtomicUsize::new(1), ffn, hint };
    // SAFETY: the block is new, and has the size and alignment of a `Foreign`.
    unsafe { content.cast::<Foreign>().write(header) };
    Ok(content)
}

/// Gives back a block that never became a message.
///
/// # Safety
///
/// As for `reallocate_block`; the block is gone afterwards.
pub(super) unsafe fn deallocate_block(content: *mut u8, len: usize) {
    // SAFETY: the block has the layout of `len`.
    unsafe { dealloc(content, block_layout_unchecked(len)) };
}

/// Drops one reference to content, and the content with the last; a release function that is due
/// then comes back.
///
/// # Safety
///
/// The reference is the caller's to give up, and `heap` is from the message that held it: `owned`
/// if the header is that of `allocate_owned`, else it is that of `allocate_foreign`. `shared` may
/// be false only if there never was another reference.
#[inline]
pub(super) unsafe fn release(heap: Heap, owned: bool, shared: bool) -> Option<Due> {
    // SAFETY: the content is live, and begins with the count, whether `Owned` or `Foreign`.
    let refs = unsafe { &*heap.content.cast::<AtomicUsize>() };
    // If it is not shared nobody else ever had a reference. If it is, Acquire lets what other holders
    // did to the content happen before it is freed; they let go with Release. A count of one
    // cannot grow again, as only holders copy, and then a load is enough.
    let last =
        !shared || refs.load(Ordering::Acquire) == 1 || refs.fetch_sub(1, Ordering::AcqRel) == 1;
    if !last {
        return None;
    }
    if owned {
        // SAFETY: `allocate_owned` made the header, and `last` means that no reference is left.
        let slab = unsafe { (*heap.content.cast::<Owned>()).slab };
        if slab.is_null() {
            // SAFETY: the block was made for this length, which every copy carries along.
            unsafe { dealloc(heap.content, block_layout_unchecked(heap.len)) };
        } else {
            // SAFETY: the header says that the block is from this slab.
            unsafe { slab::give_back(slab) };
        }
        return None;
    }
    // SAFETY: `allocate_foreign` made the block, and `last` means that no reference to it is left.
    let foreign = unsafe { heap.content.cast::<Foreign>().read() };
    // SAFETY: as above, and `foreign` is a value of its own by now.
    unsafe { dealloc(heap.content, Layout::new::<Foreign>()) };
    // SAFETY: whoever made the header promised that the function may be called so, once.
    Some(unsafe { Due::new(foreign.ffn, heap.data.cast(), foreign.hint) })
}

/// Gives memory from the allocator a content, whichever it has: a message is filled by C code,
/// or in pieces, and until then its bytes are unspecified but must be bytes.
#[inline]
fn freeze(data: *mut u8) {
    // SAFETY: no instruction is executed. As the block may write all memory that it was shown,
    // the compiler has to take what lies at `data` as written.
    unsafe { asm!("/* {0} */", in(reg) data, options(nostack, preserves_flags)) };
}

//! Memory for short content: blocks cut from slabs.
//!
//! Content is mostly made on one thread and given back on another, one message at a time, which is
//! what general allocators are worst at: it can cost as much as all the rest that happens to a
//! message. So each thread cuts blocks off a slab of its own, which takes a few instructions, and who
//! gives a block back counts. A slab whose blocks are all back is used again by its thread, or, if
//! that has gone on to another one, freed by whoever gave back the last.
//!
//! A block that is kept keeps its slab. Slabs are therefore no larger than the buffers from which
//! libzmq cuts the messages that it receives.

use std::cell::Cell;
use std::mem::size_of;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::sys::depot::{self, Class};

/// Bytes of a slab.
const SIZE: usize = Class::Slab.size();
/// Blocks begin on a cache line of their own, as their users are on different threads.
const LINE: usize = 64;
/// The longest block that is cut from a slab.
pub(super) const LONGEST: usize = 1024 + LINE;
/// What the cutting thread holds of a slab: more than blocks go into one.
const HELD: usize = usize::MAX / 2;

/// The front of a slab.
#[repr(C)]
pub(super) struct Slab {
    /// Blocks that are not back, and while one thread cuts, what it holds.
    live: AtomicUsize,
}

/// The slab that a thread cuts from.
struct Cutter {
    slab: Cell<*mut Slab>,
    /// Where the next block begins; `SIZE` if there is no slab.
    at: Cell<usize>,
    /// Blocks cut so far.
    cut: Cell<usize>,
}

thread_local! {
    static CUTTER: Cutter = const {
        Cutter { slab: Cell::new(ptr::null_mut()), at: Cell::new(SIZE), cut: Cell::new(0) }
    };
}

/// Cuts a block of at most `LONGEST` bytes, aligned for anything, and says which slab it is from;
/// nothing if there is no memory, or if the thread is about to end.
#[inline]
pub(super) fn cut(size: usize) -> Option<(*mut u8, *mut Slab)> {
    debug_assert!(size <= LONGEST);
    CUTTER.try_with(|cutter| cutter.cut(size.next_multiple_of(LINE))).ok().flatten()
}

/// Has the calling thread's cutter registered.
pub(super) fn settle() {
    let _ = CUTTER.try_with(|_| ());
}

/// Gives a block back.
///
/// # Safety
///
/// The block is from `cut`, as is `slab`, and nobody uses it any more.
#[inline]
pub(super) unsafe fn give_back(slab: *mut Slab) {
    // SAFETY: a slab lives until all of its blocks are back, and this one is not.
    unsafe { let_go(slab, 1) };
}

/// Lets go of a part of what is held of a slab, and frees it with the last.
///
/// # Safety
///
/// The slab lives, and the part is the caller's.
unsafe fn let_go(slab: *mut Slab, part: usize) {
    // SAFETY: the slab lives. Release hands over what was done to the block; Acquire takes that in
    // before it is freed.
    if unsafe { &(*slab).live }.fetch_sub(part, Ordering::AcqRel) == part {
        if let Some(block) = NonNull::new(slab.cast()) {
            // SAFETY: `Cutter::renew` took it there, and nobody holds anything of it.
            unsafe { Class::Slab.give_back(block) };
        }
    }
}

impl Cutter {
    #[inline]
    fn cut(&self, size: usize) -> Option<(*mut u8, *mut Slab)> {
        let mut at = self.at.get();
        if at + size > SIZE {
            at = self.renew()?;
        }
        self.at.set(at + size);
        self.cut.set(self.cut.get() + 1);
        let slab = self.slab.get();
        // SAFETY: `at` is where the unused part of the slab begins, and `size` bytes of it are left:
        // looked at above, or, in a fresh one, as there is room for many of the longest.
        Some((unsafe { slab.cast::<u8>().add(at) }, slab))
    }

    /// Begins a slab: the old one if all of it is back, else a new one. Returns where its first block
    /// is.
    #[cold]
    fn renew(&self) -> Option<usize> {
        // The thread has just had its cutter registered, or had before.
        depot::settle();
        let old = self.slab.get();
        let left = HELD - self.cut.take();
        if !old.is_null() {
            // SAFETY: this thread holds a part of the slab.
            let live = unsafe { &(*old).live };
            // Acquire takes in what others did to the blocks before they gave them back.
            if live.load(Ordering::Acquire) == left {
                live.store(HELD, Ordering::Relaxed);
                return Some(first(old));
            }
            self.forget();
            // SAFETY: as above; what is left of `HELD` is this thread's part.
            unsafe { let_go(old, left) };
        }
        let slab: *mut Slab = Class::Slab.take()?.as_ptr().cast();
        // SAFETY: the block is ours, and longer and at least as well aligned as the type.
        unsafe { slab.write(Slab { live: AtomicUsize::new(HELD) }) };
        self.slab.set(slab);
        Some(first(slab))
    }

    /// Has no slab.
    fn forget(&self) {
        self.slab.set(ptr::null_mut());
        self.at.set(SIZE);
    }
}

impl Drop for Cutter {
    fn drop(&mut self) {
        let (slab, left) = (self.slab.get(), HELD - self.cut.get());
        if !slab.is_null() {
            self.forget();
            // SAFETY: what is left of `HELD` is this thread's part.
            unsafe { let_go(slab, left) };
        }
    }
}

/// Where the first block of a slab begins: on the first line that is free.
fn first(slab: *mut Slab) -> usize {
    let free = slab.addr() + size_of::<Slab>();
    free.next_multiple_of(LINE) - slab.addr()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs on a thread whose slab is fresh.
    fn on_a_thread(f: impl FnOnce() + Send + 'static) {
        std::thread::spawn(f).join().expect("the test on it passes");
    }

    fn block(size: usize) -> (usize, *mut Slab) {
        let (block, slab) = cut(size).expect("there is memory");
        (block.addr(), slab)
    }

    #[test]
    fn blocks_lie_apart_and_in_their_slab() {
        on_a_thread(|| {
            let (mut end, slab) = block(1);
            let slab_at = slab.addr();
            end += 1;
            let mut slabs = vec![slab];
            for size in [1, 63, 64, 65, LONGEST, 116, LONGEST, LONGEST, 500] {
                let (at, slab) = block(size);
                assert!(at % LINE == 0 && at >= end && at + size <= slab_at + SIZE, "{size}");
                end = at + size;
                slabs.push(slab);
            }
            assert!(slabs.iter().all(|slab| slab.addr() == slab_at));
            // SAFETY: each block is given back once.
            slabs.into_iter().for_each(|slab| unsafe { give_back(slab) });
        });
    }

    #[test]
    fn a_slab_whose_blocks_are_back_is_used_again() {
        on_a_thread(|| {
            let (first, slab) = block(LONGEST);
            // SAFETY: each block is given back once.
            unsafe { give_back(slab) };
            let mut again = 0;
            for _ in 0..100 {
                let (at, slab) = block(LONGEST);
                again += usize::from(at == first);
                // SAFETY: each block is given back once.
                unsafe { give_back(slab) };
            }
            assert!(again > 10, "{again}");
        });
    }

    #[test]
    fn blocks_outlive_their_thread() {
        let slabs = std::thread::spawn(|| {
            let cut = (0..200).map(|byte| {
                let (block, slab) = cut(100).expect("there is memory");
                // SAFETY: the block has 100 bytes.
                unsafe { block.write_bytes(byte, 100) };
                (block.expose_provenance(), slab.expose_provenance(), byte)
            });
            cut.collect::<Vec<_>>()
        });
        for (block, slab, byte) in slabs.join().expect("there is memory") {
            let block: *const u8 = ptr::with_exposed_provenance(block);
            // SAFETY: the block is not back yet, and has 100 bytes.
            let bytes = unsafe { std::slice::from_raw_parts(block, 100) };
            assert!(bytes.iter().all(|it| *it == byte));
            // SAFETY: each block is given back once.
            unsafe { give_back(ptr::with_exposed_provenance_mut(slab)) };
        }
    }
}

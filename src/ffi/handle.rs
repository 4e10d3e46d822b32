//! Handles: the `void *` that C programs hold for a context, a socket or a poller.
//!
//! A handle points into one static table, never to the object. So the table alone decides whether
//! a pointer is a handle: NULL, a foreign pointer, a handle of another kind or one that was closed
//! answer with an error, and no memory that is not ours is read to find out. The slot itself stays
//! readable for ever, because some programs (czmq) look for tags of their own behind any pointer
//! they are given. Slots are used again, but late, so that the common mistake of closing twice is
//! recognised.
//!
//! What the table cannot do is stop a program from closing a handle in one thread while another is
//! in a call on it. That is against the rules of the C surface, and the safety of `lookup` rests on
//! them.

use std::collections::VecDeque;
use std::ffi::c_void;
use std::hint::assert_unchecked;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

use parking_lot::Mutex;

use crate::error::{Error, Result};

/// How many handles there can be at once, in the whole process.
const SLOTS: usize = 1 << 20;
/// A freed slot rests until so many others were freed after it.
const REST: usize = 1024;

/// A kind of object that has handles.
pub(super) trait Kind {
    /// What the slot of such an object says; never 0.
    const TAG: u64;
}

struct Slot {
    /// The kind of the object, 0 if there is none.
    tag: AtomicU64,
    object: AtomicPtr<c_void>,
}

/// 16 MiB of address space, of which only the pages in use become memory.
static TABLE: [Slot; SLOTS] =
    [const { Slot { tag: AtomicU64::new(0), object: AtomicPtr::new(ptr::null_mut()) } }; SLOTS];

/// Which slots are free.
struct Free {
    /// The first slot that was never used.
    fresh: usize,
    resting: VecDeque<usize>,
}

static FREE: Mutex<Free> = Mutex::new(Free { fresh: 0, resting: VecDeque::new() });

/// Gives an object a handle, which then owns one count of it.
pub(super) fn create<T: Kind>(object: Arc<T>) -> Result<*mut c_void> {
    let mut free = FREE.lock();
    let index = if free.resting.len() > REST || free.fresh == SLOTS {
        free.resting.pop_front()
    } else {
        free.fresh += 1;
        Some(free.fresh - 1)
    };
    let slot = index.and_then(|index| TABLE.get(index)).ok_or(Error::TooManySockets)?;
    slot.object.store(Arc::into_raw(object).cast_mut().cast(), Ordering::Release);
    slot.tag.store(T::TAG, Ordering::Release);
    Ok(ptr::from_ref(slot).cast_mut().cast())
}

/// The slot that a pointer points to, if it is one of the table's.
#[inline]
fn slot_of(handle: *mut c_void) -> Option<(usize, &'static Slot)> {
    let offset = handle.addr().wrapping_sub(TABLE.as_ptr().addr());
    if offset % size_of::<Slot>() != 0 {
        return None;
    }
    let index = offset / size_of::<Slot>();
    Some((index, TABLE.get(index)?))
}

/// The object behind a handle, borrowed for a call; none if it is not a live handle of this kind.
///
/// # Safety
///
/// No other thread closes the handle while the result is in use: the rule of the C surface.
#[inline]
pub(super) unsafe fn lookup<'a, T: Kind>(handle: *mut c_void) -> Option<&'a T> {
    let (_, slot) = slot_of(handle)?;
    if slot.tag.load(Ordering::Acquire) != T::TAG {
        return None;
    }
    let object = slot.object.load(Ordering::Acquire).cast_const().cast::<T>();
    // SAFETY: the tag says that `create::<T>` stored this pointer, which came from an `Arc` whose
    // count the slot still owns, as by the caller's promise nobody closes the handle meanwhile. So
    // it is not NULL either.
    unsafe {
        assert_unchecked(!object.is_null());
        Some(&*object)
    }
}

/// A count of its own for the object behind a handle.
///
/// # Safety
///
/// As for [`lookup`].
pub(super) unsafe fn share<T: Kind>(handle: *mut c_void) -> Option<Arc<T>> {
    // SAFETY: the caller's promise is the one that `lookup` asks for.
    let object = unsafe { lookup::<T>(handle) }?;
    // SAFETY: the reference is to the inside of an `Arc` that the slot owns a count of.
    unsafe { Arc::increment_strong_count(object) };
    // SAFETY: the count was made above.
    Some(unsafe { Arc::from_raw(object) })
}

/// Ends a handle and returns its count of the object; none if it is not a live handle of this kind.
///
/// Of two threads that do this at once, against the rules, only one gets the object.
pub(super) fn close<T: Kind>(handle: *mut c_void) -> Option<Arc<T>> {
    let (index, slot) = slot_of(handle)?;
    slot.tag.compare_exchange(T::TAG, 0, Ordering::AcqRel, Ordering::Relaxed).ok()?;
    let object = slot.object.swap(ptr::null_mut(), Ordering::AcqRel).cast_const().cast::<T>();
    FREE.lock().resting.push_back(index);
    // SAFETY: the exchange made this thread the only one to take the pointer that `create::<T>`
    // stored, and with it the slot's count.
    Some(unsafe { Arc::from_raw(object) })
}

#[cfg(test)]
mod tests {
    use super::*;

    struct A(u32);
    struct B;

    impl Kind for A {
        const TAG: u64 = 0xa;
    }

    impl Kind for B {
        const TAG: u64 = 0xb;
    }

    #[test]
    fn a_handle_is_known_until_it_is_closed() {
        let handle = create(Arc::new(A(7))).expect("there is place");
        // SAFETY: nobody closes the handle meanwhile.
        assert_eq!(unsafe { lookup::<A>(handle) }.map(|a| a.0), Some(7));
        // SAFETY: as above.
        assert!(unsafe { lookup::<B>(handle) }.is_none());
        assert!(close::<B>(handle).is_none());
        assert_eq!(close::<A>(handle).map(|a| a.0), Some(7));
        assert!(close::<A>(handle).is_none());
        // SAFETY: as above.
        assert!(unsafe { lookup::<A>(handle) }.is_none());
    }

    #[test]
    fn foreign_pointers_are_not_read() {
        let table = TABLE.as_ptr().addr();
        for address in [0, 8, 1 << 40, usize::MAX, table + 1, table - 16, table + SLOTS * 16] {
            let pointer = ptr::without_provenance_mut(address);
            // SAFETY: nobody closes the handle, as it is none.
            assert!(unsafe { lookup::<A>(pointer) }.is_none());
        }
    }
}

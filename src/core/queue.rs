//! The queue between one writer and one reader: unbounded, lock-free, in small chunks.
//!
//! The writer fills slots and then *publishes* how many there are through a [`Gate`]; the reader
//! takes what is published. The gate's release/acquire pair is what hands a slot over, so the slots
//! themselves need no atomics. The reader gives the last chunk it emptied back through `spare`, so a
//! queue in a steady state does not allocate. Chunks are small because most queues of most programs
//! carry little: an idle pair of sockets should cost a few KiB. The first one is smaller still, as a
//! connection that has said hello once and is silent since never gets beyond it.
//!
//! This is one of the places where `unsafe` may stand. The rule that carries all of it: there is one
//! [`Writer`] and one [`Reader`], each with a position of its own (neither is `Clone`, both take
//! `&mut self`), and a slot belongs to the writer until its number is published and to the reader
//! from then on.

use std::alloc::{Layout, handle_alloc_error};
use std::mem::MaybeUninit;
use std::ptr::{self, NonNull};

use super::gate::{Gate, Seen};
use super::sync::{Arc, AtomicPtr, AtomicU64, Ordering, UnsafeCell};
use crate::sys::depot::Class;

/// Slots of a chunk: with 64-byte messages an allocation below 1 KiB, from where on glibc's `malloc`
/// tidies up all small free blocks before it serves a request.
const SLOTS: usize = if cfg!(loom) { 2 } else { 15 };
/// Slots of a queue's first chunk, which is freed when it is emptied.
const FIRST: usize = if cfg!(loom) { 1 } else { 3 };

/// A slot, filled or not.
type Slot<T> = UnsafeCell<MaybeUninit<T>>;

/// The head of a run of slots, linked to the next one when it is full. It is always the beginning of
/// a `Run`, and a pointer to it may be used for the whole of that.
struct Chunk<T> {
    next: AtomicPtr<Chunk<T>>,
}

/// A chunk with so many slots: `FIRST` or `SLOTS`, as the `end` of the position says that stands in
/// it.
#[repr(C)]
struct Run<T, const N: usize> {
    head: Chunk<T>,
    slots: [Slot<T>; N],
}

impl<T> Chunk<T> {
    /// The first chunk of a queue.
    fn first() -> *mut Chunk<T> {
        Box::into_raw(Box::new(Run::<T, FIRST>::new())).cast()
    }

    /// Any other chunk.
    fn another() -> *mut Chunk<T> {
        const {
            assert!(size_of::<Run<T, SLOTS>>() <= Class::Chunk.size());
            assert!(align_of::<Run<T, SLOTS>>() <= Class::ALIGN);
        }
        let Some(block) = Class::Chunk.take() else {
            handle_alloc_error(Layout::new::<Run<T, SLOTS>>());
        };
        let run = block.cast::<Run<T, SLOTS>>();
        // SAFETY: the block is ours, and as large and as well aligned as asserted above.
        unsafe { run.write(Run::new()) };
        run.as_ptr().cast()
    }

    /// Frees a chunk, but not what its slots hold.
    ///
    /// # Safety
    ///
    /// It is a queue's first one with `end` being `FIRST`, or another with `SLOTS`, and nobody uses it
    /// any more.
    unsafe fn free(chunk: *mut Chunk<T>, end: usize) {
        if end != SLOTS {
            // SAFETY: the caller's promise; `first` has made it.
            drop(unsafe { Box::from_raw(chunk.cast::<Run<T, FIRST>>()) });
        } else if let Some(run) = NonNull::new(chunk.cast::<Run<T, SLOTS>>()) {
            // SAFETY: the caller's promise; `another` has made it.
            unsafe {
                run.drop_in_place();
                Class::Chunk.give_back(run.cast());
            }
        }
    }

    /// A slot.
    ///
    /// # Safety
    ///
    /// The chunk lives as long as the result, and has more than `index` slots.
    #[inline]
    unsafe fn slot<'a>(chunk: *mut Chunk<T>, index: usize) -> &'a Slot<T> {
        // SAFETY: `chunk` points to a run, whose slots stand at the same place whatever their number;
        // this one is among them by the caller's promise.
        unsafe {
            &*(&raw const (*chunk.cast::<Run<T, SLOTS>>()).slots).cast::<Slot<T>>().add(index)
        }
    }
}

impl<T, const N: usize> Run<T, N> {
    fn new() -> Run<T, N> {
        Run {
            head: Chunk { next: AtomicPtr::new(ptr::null_mut()) },
            slots: std::array::from_fn(|_| UnsafeCell::new(MaybeUninit::uninit())),
        }
    }
}

/// Where one of the two stands.
struct Position<T> {
    chunk: *mut Chunk<T>,
    index: usize,
    /// How many slots the chunk has.
    end: usize,
    /// Slots passed since the beginning.
    count: u64,
}

impl<T> Position<T> {
    /// The first slot of a chunk that follows on a full or emptied one.
    fn go_to(&mut self, next: *mut Chunk<T>) {
        (self.chunk, self.index, self.end) = (next, 0, SLOTS);
    }

    /// The slot here.
    ///
    /// # Safety
    ///
    /// The chunk is not freed while the result is used, and the position is not at its end.
    #[inline(always)]
    unsafe fn slot<'a>(&self) -> &'a Slot<T> {
        // SAFETY: the caller's promise; a position's `end` is the length of its chunk.
        unsafe { Chunk::slot(self.chunk, self.index) }
    }

    #[inline(always)]
    fn pass(&mut self) {
        self.index += 1;
        self.count += 1;
    }
}

/// What both halves hold. Both write to it, so it has a cache line of its own, and the next one,
/// which processors like to fetch along with it.
#[repr(align(128))]
struct Shared<T> {
    gate: Gate,
    /// An emptied chunk on its way back to the writer.
    spare: AtomicPtr<Chunk<T>>,
    /// How much the writer had pushed when it was dropped.
    pushed: AtomicU64,
    /// Where the reader was when it was dropped.
    left_at: UnsafeCell<Option<Position<T>>>,
}

// SAFETY: values move from the writer's thread to the reader's, which `T: Send` allows; `left_at` is
// reached by the one reader's drop, and by that of `Shared`, which is the last to hold it.
unsafe impl<T: Send> Send for Shared<T> {}
// SAFETY: as above; the rest are atomics.
unsafe impl<T: Send> Sync for Shared<T> {}

/// The end that fills the queue.
pub(crate) struct Writer<T> {
    at: Position<T>,
    shared: Arc<Shared<T>>,
}

// SAFETY: the position leads to slots of `T: Send` that are this half's alone.
unsafe impl<T: Send> Send for Writer<T> {}

/// The end that empties the queue.
pub(crate) struct Reader<T> {
    at: Position<T>,
    /// How many slots were published when we last looked.
    available: u64,
    shared: Arc<Shared<T>>,
}

// SAFETY: the position leads to slots of `T: Send` that are this half's alone.
unsafe impl<T: Send> Send for Reader<T> {}

/// Makes an empty queue.
pub(crate) fn queue<T: Send>() -> (Writer<T>, Reader<T>) {
    let first = Chunk::first();
    let start = || Position { chunk: first, index: 0, end: FIRST, count: 0 };
    let shared = Arc::new(Shared {
        gate: Gate::new(),
        spare: AtomicPtr::new(ptr::null_mut()),
        pushed: AtomicU64::new(0),
        left_at: UnsafeCell::new(None),
    });
    let reader = Reader { at: start(), available: 0, shared: Arc::clone(&shared) };
    (Writer { at: start(), shared }, reader)
}

impl<T: Send> Writer<T> {
    /// Puts a value into the next slot, not yet visible to the reader.
    #[inline]
    pub(crate) fn push(&mut self, value: T) {
        if self.at.index == self.at.end {
            let next = self.next_chunk();
            // SAFETY: the writer's chunk is freed by the reader only after the reader has moved on to
            // `next`, which is set here.
            unsafe { &*self.at.chunk }.next.store(next, Ordering::Release);
            self.at.go_to(next);
        }
        // SAFETY: the chunk lives, as above, and is not at its end.
        let slot = unsafe { self.at.slot() };
        slot.with_mut(|slot| {
            // SAFETY: the slot's number is not published, so it is the writer's.
            unsafe { (*slot).write(value) };
        });
        self.at.pass();
    }

    /// Moves a value into the next slot and leaves a default in its place, if nothing but copying is
    /// to be done for it; false at the end of a chunk.
    #[inline(always)]
    pub(crate) fn push_near(&mut self, value: &mut T) -> bool
    where
        T: Default,
    {
        if self.at.index == self.at.end {
            return false;
        }
        // SAFETY: as in `push`: the reader leaves the writer's chunk alone, which is not at its end.
        let slot = unsafe { self.at.slot() };
        let left = T::default();
        slot.with_mut(|slot| {
            // SAFETY: the slot's number is not published, so it is the writer's. The value is
            // overwritten, and not dropped, before anything else can happen.
            unsafe {
                (*slot).write(ptr::read(value));
                ptr::write(value, left);
            }
        });
        self.at.pass();
        true
    }

    /// Has the next slot filled where it lies, from a default on; false at the end of a chunk, or if
    /// `fill` says that there is nothing to go into it.
    #[inline(always)]
    pub(crate) fn push_with(&mut self, fill: impl FnOnce(&mut T) -> bool) -> bool
    where
        T: Default,
    {
        if self.at.index == self.at.end {
            return false;
        }
        // SAFETY: as in `push`: the reader leaves the writer's chunk alone, which is not at its end.
        let slot = unsafe { self.at.slot() };
        let filled = slot.with_mut(|slot| {
            // SAFETY: the slot's number is not published, so it is the writer's.
            let value = unsafe { (*slot).write(T::default()) };
            let filled = fill(value);
            if !filled {
                // SAFETY: it was written above, and whoever comes to the slot next overwrites it.
                unsafe { (*slot).assume_init_drop() };
            }
            filled
        });
        if filled {
            self.at.pass();
        }
        filled
    }

    /// Makes everything pushed visible; true means that the reader slept and must be woken.
    #[inline]
    #[must_use]
    pub(crate) fn publish(&mut self) -> bool {
        self.shared.gate.advance(self.at.count)
    }

    /// Says that nothing follows what is published; true means that the reader must be woken.
    #[must_use]
    pub(crate) fn close(&mut self) -> bool {
        self.shared.gate.close()
    }

    /// A chunk to go on with.
    #[cold]
    fn next_chunk(&self) -> *mut Chunk<T> {
        let spare = self.shared.spare.swap(ptr::null_mut(), Ordering::Acquire);
        if !spare.is_null() {
            return spare;
        }
        Chunk::another()
    }
}

impl<T> Drop for Writer<T> {
    fn drop(&mut self) {
        self.shared.pushed.store(self.at.count, Ordering::Relaxed);
    }
}

impl<T: Send> Reader<T> {
    /// Takes the next value, if one is published.
    #[cfg(test)]
    pub(crate) fn pop(&mut self) -> Option<T>
    where
        T: Default,
    {
        let mut value = T::default();
        self.pop_into(&mut value).then_some(value)
    }

    /// Takes the next value, if one is published, in place of another.
    #[inline]
    pub(crate) fn pop_into(&mut self, into: &mut T) -> bool {
        if !self.has_next() {
            return false;
        }
        if self.at.index == self.at.end {
            // SAFETY: the reader's chunk is freed by the reader alone, when it moves on. A slot beyond
            // it is published, so the writer had linked the next chunk before.
            let next = unsafe { &*self.at.chunk }.next.load(Ordering::Acquire);
            self.shared.give_back(self.at.chunk, self.at.end);
            self.at.go_to(next);
        }
        // SAFETY: the chunk lives, as above, and is not at its end.
        let slot = unsafe { self.at.slot() };
        // SAFETY: the slot's number is below the published count, so the writer has filled it and
        // will not touch it again; the position moves past it, so it is read once.
        *into = slot.with_mut(|slot| unsafe { (*slot).assume_init_read() });
        self.at.pass();
        true
    }

    /// Takes the next value in place of another, which is forgotten and not dropped, if nothing but
    /// copying is to be done for it; false at the end of a chunk, or if none is published.
    #[inline(always)]
    pub(crate) fn pop_near(&mut self, over: &mut T) -> bool {
        if !self.has_next() || self.at.index == self.at.end {
            return false;
        }
        // SAFETY: the reader's chunk is freed by the reader alone, and is not at its end.
        let slot = unsafe { self.at.slot() };
        slot.with_mut(|slot| {
            // SAFETY: as in `pop_into`, and whatever a reference leads to may be overwritten.
            unsafe { ptr::write(over, (*slot).assume_init_read()) };
        });
        self.at.pass();
        true
    }

    /// Has the next value used where it lies, and drops what is left of it; false at the end of a
    /// chunk, if none is published, or if `using` says that it wants it otherwise.
    #[inline(always)]
    pub(crate) fn pop_with(&mut self, using: impl FnOnce(&mut T) -> bool) -> bool {
        if !self.has_next() || self.at.index == self.at.end {
            return false;
        }
        // SAFETY: the reader's chunk is freed by the reader alone, and is not at its end.
        let slot = unsafe { self.at.slot() };
        slot.with_mut(|slot| {
            // SAFETY: the slot's number is below the published count, so the writer has filled it and
            // will not touch it again.
            let used = using(unsafe { (*slot).assume_init_mut() });
            if used {
                self.at.pass();
                // SAFETY: as above, and the position is past it, so that nobody else drops it.
                unsafe { (*slot).assume_init_drop() };
            }
            used
        })
    }

    /// Whether a value is published that was not taken.
    #[inline(always)]
    pub(crate) fn has_next(&mut self) -> bool {
        self.at.count != self.available || self.refresh()
    }

    /// Whether everything was taken and nothing will follow.
    pub(crate) fn at_end(&self) -> bool {
        self.shared.gate.look() == Seen { count: self.at.count, closed: true }
    }

    /// Whether the writer has closed; values may still be left.
    pub(crate) fn is_closed(&self) -> bool {
        self.shared.gate.look().closed
    }

    /// Asks for a wake-up by the next `publish` or `close`; false if there is news already.
    pub(crate) fn sleep(&mut self) -> bool {
        match self.shared.gate.sleep(self.at.count) {
            Ok(()) => true,
            Err(seen) => {
                self.available = seen.count;
                false
            }
        }
    }

    /// Looks whether more was published than we knew of.
    #[inline]
    fn refresh(&mut self) -> bool {
        self.available = self.shared.gate.look().count;
        self.available != self.at.count
    }
}

impl<T> Drop for Reader<T> {
    fn drop(&mut self) {
        let Position { chunk, index, end, count } = self.at;
        // SAFETY: the one reader writes here once, and nobody looks before both halves are gone.
        self.shared
            .left_at
            .with_mut(|at| unsafe { *at = Some(Position { chunk, index, end, count }) });
    }
}

impl<T> Shared<T> {
    /// Keeps one emptied chunk for the writer and frees the others.
    fn give_back(&self, chunk: *mut Chunk<T>, end: usize) {
        let surplus = if end == SLOTS {
            // SAFETY: called by the reader with a chunk that both have left, and that lives until the
            // swap gives it away.
            unsafe { &*chunk }.next.store(ptr::null_mut(), Ordering::Relaxed);
            self.spare.swap(chunk, Ordering::AcqRel)
        } else {
            chunk
        };
        if !surplus.is_null() {
            // SAFETY: a first chunk that both have left, or what the swap made ours alone, which is
            // none; its slots are all taken.
            unsafe { Chunk::free(surplus, end) };
        }
    }
}

impl<T> Drop for Shared<T> {
    fn drop(&mut self) {
        // Whatever was pushed and never taken, published or not, is dropped here.
        let pushed = self.pushed.load(Ordering::Relaxed);
        // SAFETY: both halves are gone, as each holds an `Arc` of this, and have left word; `&mut self`.
        let left_at = self.left_at.with_mut(|at| unsafe { (*at).take() });
        let Some(mut at) = left_at else { return };
        while !at.chunk.is_null() {
            while at.index < at.end && at.count < pushed {
                // SAFETY: every chunk from the reader's on lives until it is freed below.
                let slot = unsafe { at.slot() };
                // SAFETY: between the reader's and the writer's count every slot is filled.
                slot.with_mut(|slot| unsafe { (*slot).assume_init_drop() });
                at.pass();
            }
            // SAFETY: as above.
            let next = unsafe { &*at.chunk }.next.load(Ordering::Acquire);
            // SAFETY: every chunk is linked once and owned by this list; its slots are empty.
            unsafe { Chunk::free(at.chunk, at.end) };
            at.go_to(next);
        }
        let spare = self.spare.load(Ordering::Acquire);
        if !spare.is_null() {
            // SAFETY: a chunk in `spare` is in no list, and no first one.
            unsafe { Chunk::free(spare, SLOTS) };
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_visible_before_it_is_published() {
        let (mut writer, mut reader) = queue();
        writer.push(1);
        assert_eq!(reader.pop(), None);
        assert!(!writer.publish());
        assert_eq!(reader.pop(), Some(1));
        assert_eq!(reader.pop(), None);
    }

    #[test]
    fn order_holds_over_many_chunks() {
        let (mut writer, mut reader) = queue();
        let mut next = 0;
        for round in 0..100u64 {
            for i in 0..round * 7 {
                writer.push(round * 1000 + i);
            }
            let _ = writer.publish();
            for i in 0..round * 7 {
                assert_eq!(reader.pop(), Some(round * 1000 + i));
                next += 1;
            }
        }
        assert_eq!(next, (0..100u64).map(|r| r * 7).sum::<u64>());
    }

    #[test]
    fn what_is_left_is_dropped_once() {
        let token = std::sync::Arc::new(());
        let (mut writer, mut reader) = queue();
        for _ in 0..1000 {
            writer.push(std::sync::Arc::clone(&token));
        }
        let _ = writer.publish();
        for _ in 0..300 {
            assert!(reader.pop().is_some());
        }
        writer.push(std::sync::Arc::clone(&token));
        drop(reader);
        drop(writer);
        assert_eq!(std::sync::Arc::strong_count(&token), 1);
    }

    #[test]
    fn close_is_seen_after_the_last_value() {
        let (mut writer, mut reader) = queue();
        writer.push(1);
        let _ = writer.publish();
        let _ = writer.close();
        assert!(!reader.at_end());
        assert_eq!(reader.pop(), Some(1));
        assert!(reader.at_end());
        assert!(!reader.sleep());
    }

    #[test]
    fn two_threads_pass_everything() {
        let (mut writer, mut reader) = queue();
        let total = 200_000u64;
        let thread = std::thread::spawn(move || {
            for i in 0..total {
                writer.push(i);
                let _ = writer.publish();
            }
        });
        let mut expected = 0;
        while expected < total {
            if let Some(value) = reader.pop() {
                assert_eq!(value, expected);
                expected += 1;
            }
        }
        thread.join().expect("the writer does not panic");
    }
}

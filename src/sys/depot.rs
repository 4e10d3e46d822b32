//! Blocks of memory that one thread takes and another one gives back.
//!
//! That is what general allocators are worst at: a block goes back to the part of memory that it came
//! from, under a lock that the thread which takes the next one wants at the same moment, and one of
//! the two is put to sleep. Messages on their way through a pipe do nothing else. So a thread keeps
//! a few blocks at hand, those that it was given and will take next; when they are too many it puts
//! a handful into the depot, where a thread that has none left finds it.
//!
//! What is kept is bounded, for a thread as for the depot, which is emptied when a context ends. The
//! depot's lock is only tried: whoever does not get it asks the allocator, as does for ever a child
//! that was forked while another thread held it.
//!
//! A thread has hands from `settle` on, as their end has to be registered, for which glibc takes the
//! loader's lock: nobody may come to need that by giving a block back (`core::settle` says why).

use std::alloc::{Layout, alloc, dealloc};
use std::cell::{Cell, RefCell};
use std::ptr::NonNull;

use parking_lot::Mutex;

/// Blocks that change hands together.
const HANDFUL: usize = 4;
/// A thread has at most so many at hand.
const AT_HAND: usize = 2 * HANDFUL;
/// A depot has at most so many bytes.
const STORE: usize = 1024 * 1024;

/// What blocks are for.
#[derive(Clone, Copy)]
pub(crate) enum Class {
    /// Chunks of queues.
    Chunk,
    /// Slabs, from which the content of messages is cut.
    Slab,
}

/// What all threads share of the blocks of one class.
struct Depot {
    layout: Layout,
    handfuls: Mutex<Vec<Handful>>,
}

static CHUNKS: Depot = Depot::new(Class::Chunk.size());
static SLABS: Depot = Depot::new(Class::Slab.size());

/// Blocks on their way to another thread.
struct Handful([NonNull<u8>; HANDFUL]);

// SAFETY: the blocks are nobody's; whoever takes the handful out has them alone.
unsafe impl Send for Handful {}

/// The blocks of one class that a thread has at hand: blocks that its depot has allocated and that
/// were given back.
struct Hand {
    depot: &'static Depot,
    blocks: [NonNull<u8>; AT_HAND],
    count: usize,
}

/// What a thread has at hand.
struct Hands {
    chunks: Hand,
    slabs: Hand,
}

thread_local! {
    static HANDS: RefCell<Hands> = const {
        RefCell::new(Hands { chunks: Hand::of(&CHUNKS), slabs: Hand::of(&SLABS) })
    };
    /// Whether the thread's hands are registered; this has no end itself.
    static SETTLED: Cell<bool> = const { Cell::new(false) };
}

/// Has the calling thread's hands registered: from now on it has some.
pub(crate) fn settle() {
    SETTLED.set(HANDS.try_with(|_| ()).is_ok());
}

/// Gives what the depots keep back to the allocator.
pub(crate) fn clear() {
    [&CHUNKS, &SLABS].into_iter().for_each(Depot::clear);
}

impl Class {
    /// The size of the blocks, which are aligned to [`Class::ALIGN`].
    pub(crate) const fn size(self) -> usize {
        match self {
            Class::Chunk => 968,
            Class::Slab => 8 * 1024,
        }
    }

    /// The alignment of all blocks.
    pub(crate) const ALIGN: usize = 16;

    /// A block, whose bytes are anything; none if memory is exhausted.
    pub(crate) fn take(self) -> Option<NonNull<u8>> {
        self.with_hand(Hand::take).flatten().or_else(|| self.depot().allocate())
    }

    /// Gives a block back.
    ///
    /// # Safety
    ///
    /// It is from `take` of the same class, and nobody uses it any more.
    pub(crate) unsafe fn give_back(self, block: NonNull<u8>) {
        // SAFETY: by the caller's promise it is from `take`, and so from this depot, whose blocks are
        // all that the hand of the class and its handfuls contain.
        if self.with_hand(|hand| unsafe { hand.give(block) }).is_none() {
            // SAFETY: as above.
            unsafe { self.depot().free(block) };
        }
    }

    fn depot(self) -> &'static Depot {
        match self {
            Class::Chunk => &CHUNKS,
            Class::Slab => &SLABS,
        }
    }

    /// Lends the thread's hand, if it has one.
    fn with_hand<R>(self, f: impl FnOnce(&mut Hand) -> R) -> Option<R> {
        if !SETTLED.get() {
            return None;
        }
        let lend = |hands: &RefCell<Hands>| {
            let mut hands = hands.try_borrow_mut().ok()?;
            Some(f(match self {
                Class::Chunk => &mut hands.chunks,
                Class::Slab => &mut hands.slabs,
            }))
        };
        HANDS.try_with(lend).ok().flatten()
    }
}

impl Depot {
    const fn new(size: usize) -> Depot {
        match Layout::from_size_align(size, Class::ALIGN) {
            Ok(layout) => Depot { layout, handfuls: Mutex::new(Vec::new()) },
            Err(_) => panic!("the alignment is a power of two"),
        }
    }

    fn allocate(&self) -> Option<NonNull<u8>> {
        // SAFETY: no class has blocks of no size.
        NonNull::new(unsafe { alloc(self.layout) })
    }

    /// Back to the allocator.
    ///
    /// # Safety
    ///
    /// The block is from `allocate` of this depot, and nobody uses it any more.
    unsafe fn free(&self, block: NonNull<u8>) {
        // SAFETY: the caller's promise; `allocate` used the same layout.
        unsafe { dealloc(block.as_ptr(), self.layout) };
    }

    /// Keeps a handful, unless there is enough; then it comes back.
    fn keep(&self, handful: Handful) -> Option<Handful> {
        let most = STORE / self.layout.size() / HANDFUL;
        let Some(mut kept) = self.handfuls.try_lock() else { return Some(handful) };
        if kept.len() == most || kept.try_reserve(1).is_err() {
            return Some(handful);
        }
        kept.push(handful);
        None
    }

    fn clear(&self) {
        let kept = self.handfuls.try_lock().map(|mut kept| std::mem::take(&mut *kept));
        for block in kept.into_iter().flatten().flat_map(|handful| handful.0) {
            // SAFETY: only `keep` puts handfuls there, and it gets them from hands of this depot.
            unsafe { self.free(block) };
        }
    }
}

impl Hand {
    const fn of(depot: &'static Depot) -> Hand {
        Hand { depot, blocks: [NonNull::dangling(); AT_HAND], count: 0 }
    }

    /// A block, if there is one.
    fn take(&mut self) -> Option<NonNull<u8>> {
        if self.count == 0 {
            let Handful(blocks) = self.depot.handfuls.try_lock()?.pop()?;
            self.blocks.iter_mut().zip(blocks).for_each(|(place, block)| *place = block);
            self.count = HANDFUL;
        }
        self.count -= 1;
        self.blocks.get(self.count).copied()
    }

    /// Keeps a block, or passes some on.
    ///
    /// # Safety
    ///
    /// The block is from `allocate` of the hand's depot, and nobody uses it any more.
    unsafe fn give(&mut self, block: NonNull<u8>) {
        if self.count == AT_HAND {
            self.pass_on();
        }
        if let Some(place) = self.blocks.get_mut(self.count) {
            *place = block;
            self.count += 1;
        }
    }

    /// Puts a handful into the depot.
    #[cold]
    fn pass_on(&mut self) {
        let Some(handful) = self.blocks.last_chunk() else { return };
        self.count -= HANDFUL;
        for block in self.depot.keep(Handful(*handful)).into_iter().flat_map(|handful| handful.0) {
            // SAFETY: it was given to this hand, which has just forgotten it.
            unsafe { self.depot.free(block) };
        }
    }
}

impl Drop for Hand {
    fn drop(&mut self) {
        for block in self.blocks.into_iter().take(self.count) {
            // SAFETY: it was given to this hand, which ends.
            unsafe { self.depot.free(block) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    /// Gives blocks of a depot to a hand.
    fn give(hand: &mut Hand, count: usize) -> Vec<usize> {
        let blocks = std::iter::repeat_with(|| hand.depot.allocate().expect("there is memory"));
        let blocks: Vec<_> = blocks.take(count).collect();
        // SAFETY: the block was allocated above, and is used by nobody.
        blocks.iter().for_each(|block| unsafe { hand.give(*block) });
        blocks.into_iter().map(|block| block.addr().get()).collect()
    }

    /// Takes all that a hand gets.
    fn take_all(hand: &mut Hand) -> Vec<usize> {
        let blocks: Vec<_> = std::iter::from_fn(|| hand.take()).collect();
        // SAFETY: it was taken, and is used by nobody.
        blocks.iter().for_each(|block| unsafe { hand.depot.free(*block) });
        blocks.into_iter().map(|block| block.addr().get()).collect()
    }

    #[test]
    fn what_one_hand_cannot_hold_another_one_finds() {
        static DEPOT: Depot = Depot::new(64);
        let mut giver = Hand::of(&DEPOT);
        let given = give(&mut giver, 3 * AT_HAND);
        assert_eq!(DEPOT.handfuls.lock().len(), 2 * AT_HAND / HANDFUL);
        let found = thread::spawn(|| take_all(&mut Hand::of(&DEPOT))).join().expect("no panic");
        assert_eq!(found.len(), 2 * AT_HAND);
        assert!(found.iter().all(|block| given.contains(block)));
        assert_eq!(take_all(&mut giver).len(), AT_HAND);
    }

    #[test]
    fn a_depot_keeps_no_more_than_it_may() {
        static DEPOT: Depot = Depot::new(STORE / HANDFUL / 2);
        let mut hand = Hand::of(&DEPOT);
        give(&mut hand, 100);
        assert_eq!((DEPOT.handfuls.lock().len(), hand.count <= AT_HAND), (2, true));
        DEPOT.clear();
        let left = hand.count;
        assert_eq!(take_all(&mut hand).len(), left);
    }

    #[test]
    fn nobody_waits_for_a_depot() {
        static DEPOT: Depot = Depot::new(64);
        let locked = DEPOT.handfuls.lock();
        let mut hand = Hand::of(&DEPOT);
        assert!(hand.take().is_none());
        give(&mut hand, 100);
        DEPOT.clear();
        assert!(locked.is_empty());
    }

    #[test]
    fn a_thread_that_was_not_asked_has_no_hands() {
        let on_a_thread = || {
            let before = Class::Chunk.with_hand(|_| ()).is_some();
            settle();
            (before, Class::Chunk.with_hand(|_| ()).is_some())
        };
        assert_eq!(thread::spawn(on_a_thread).join().expect("no panic"), (false, true));
    }
}

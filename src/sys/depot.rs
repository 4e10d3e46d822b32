//! Blocks of memory that one thread takes and another one gives back.
//!
//! That is what general allocators are worst at: a block goes back to the part of memory that it came
//! from, under a lock that the thread which takes the next one wants at the same moment, and one of
//! the two is put to sleep. Messages on their way through a pipe do nothing else. So a thread keeps
//! a few blocks at hand, those that it was given and will take next; when they are too many it puts
//! a handful into the depot, where a thread that has none left finds it.
//!
//! What is kept is bounded, for a thread as for the depot. The depot's lock is only tried: whoever
//! does not get it asks the allocator, as does for ever a child that was forked while another thread
//! held it.

use std::alloc::{Layout, alloc, dealloc};
use std::cell::RefCell;
use std::ptr::NonNull;

use parking_lot::Mutex;

/// Blocks that change hands together.
const HANDFUL: usize = 4;
/// A thread has at most so many at hand.
const AT_HAND: usize = 2 * HANDFUL;
/// A depot has at most so many bytes.
const STORE: usize = 1024 * 1024;
/// How many depots there are.
const DEPOTS: usize = 2;

/// Blocks of one size; see the module's text.
pub(crate) struct Depot {
    /// Which of the hands of a thread is for it.
    index: usize,
    layout: Layout,
    /// At most so many handfuls are kept.
    most: usize,
    handfuls: Mutex<Vec<Handful>>,
}

/// Bytes of a block of `CHUNKS`.
pub(crate) const CHUNK: usize = 968;
/// For the chunks of queues.
pub(crate) static CHUNKS: Depot = Depot::new(0, CHUNK);
/// Bytes of a block of `SLABS`.
pub(crate) const SLAB: usize = 8 * 1024;
/// For slabs, from which the content of messages is cut.
pub(crate) static SLABS: Depot = Depot::new(1, SLAB);

/// Blocks on their way to another thread.
struct Handful([NonNull<u8>; HANDFUL]);

// SAFETY: the blocks are nobody's; whoever takes the handful out has them alone.
unsafe impl Send for Handful {}

/// The blocks of one depot that a thread has at hand.
struct Hand {
    depot: &'static Depot,
    blocks: Vec<NonNull<u8>>,
}

thread_local! {
    static HANDS: RefCell<[Hand; DEPOTS]> = const {
        RefCell::new([Hand { depot: &CHUNKS, blocks: Vec::new() }, Hand { depot: &SLABS, blocks: Vec::new() }])
    };
}

/// Has the calling thread's hands registered.
pub(crate) fn settle() {
    let _ = HANDS.try_with(|_| ());
}

impl Depot {
    const fn new(index: usize, size: usize) -> Depot {
        let layout = match Layout::from_size_align(size, 16) {
            Ok(layout) => layout,
            Err(_) => panic!("16 is a power of two"),
        };
        let most = STORE / size / HANDFUL;
        Depot { index, layout, most, handfuls: Mutex::new(Vec::new()) }
    }

    /// A block, aligned to 16 bytes, whose bytes are anything; none if memory is exhausted.
    pub(crate) fn take(&self) -> Option<NonNull<u8>> {
        self.with_hand(|hand| hand.take()).flatten().or_else(|| {
            // SAFETY: the size is not zero.
            NonNull::new(unsafe { alloc(self.layout) })
        })
    }

    /// Gives a block back.
    ///
    /// # Safety
    ///
    /// It is from `take` of this depot, and nobody uses it any more.
    pub(crate) unsafe fn give_back(&self, block: NonNull<u8>) {
        if self.with_hand(|hand| hand.give(block)).is_none() {
            // The thread is about to end.
            self.free(block);
        }
    }

    fn with_hand<R>(&self, f: impl FnOnce(&mut Hand) -> R) -> Option<R> {
        HANDS.try_with(|hands| hands.borrow_mut().get_mut(self.index).map(f)).ok().flatten()
    }

    /// Back to the allocator; only for blocks that were given back.
    fn free(&self, block: NonNull<u8>) {
        // SAFETY: by `give_back`'s promise it is from `take`, which has allocated it with this layout,
        // and nobody has it any more.
        unsafe { dealloc(block.as_ptr(), self.layout) };
    }
}

impl Hand {
    fn take(&mut self) -> Option<NonNull<u8>> {
        if self.blocks.is_empty() {
            let handful = self.depot.handfuls.try_lock()?.pop()?;
            self.blocks.extend_from_slice(&handful.0);
        }
        self.blocks.pop()
    }

    fn give(&mut self, block: NonNull<u8>) {
        if self.blocks.len() == AT_HAND {
            self.pass_on();
        }
        self.blocks.push(block);
    }

    /// Puts a handful into the depot, unless that has enough.
    #[cold]
    fn pass_on(&mut self) {
        let Some((_, handful)) = self.blocks.split_last_chunk::<HANDFUL>() else { return };
        let handful = Handful(*handful);
        self.blocks.truncate(self.blocks.len() - HANDFUL);
        match self.depot.handfuls.try_lock() {
            Some(mut handfuls) if handfuls.len() < self.depot.most => handfuls.push(handful),
            Some(_) | None => handful.0.into_iter().for_each(|block| self.depot.free(block)),
        }
    }
}

impl Drop for Hand {
    fn drop(&mut self) {
        self.blocks.drain(..).for_each(|block| self.depot.free(block));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    fn on_a_thread<R: Send + 'static>(f: impl FnOnce() -> R + Send + 'static) -> R {
        thread::spawn(f).join().expect("nothing on it panics")
    }

    fn take(depot: &Depot, count: usize) -> Vec<usize> {
        let blocks = (0..count).map(|_| depot.take().expect("there is memory"));
        blocks.map(|block| block.expose_provenance().get()).collect()
    }

    fn give_back(depot: &Depot, blocks: Vec<usize>) {
        for block in blocks {
            let block = NonNull::new(std::ptr::with_exposed_provenance_mut(block));
            // SAFETY: the tests give back what `take` took, once.
            unsafe { depot.give_back(block.expect("take gives no NULL")) };
        }
    }

    fn kept(depot: &Depot) -> usize {
        depot.handfuls.lock().len()
    }

    #[test]
    fn what_one_thread_gives_back_another_one_finds() {
        static DEPOT: Depot = Depot::new(0, CHUNK);
        let hands = || {
            [Hand { depot: &DEPOT, blocks: Vec::new() }, Hand { depot: &SLABS, blocks: Vec::new() }]
        };
        let lent = on_a_thread(move || {
            HANDS.set(hands());
            take(&DEPOT, 3 * AT_HAND)
        });
        let given = lent.clone();
        on_a_thread(move || {
            HANDS.set(hands());
            give_back(&DEPOT, given);
        });
        assert_eq!(kept(&DEPOT), 2 * AT_HAND / HANDFUL);
        let found = on_a_thread(move || {
            HANDS.set(hands());
            let found = take(&DEPOT, 2 * AT_HAND);
            give_back(&DEPOT, found.clone());
            found
        });
        assert!(found.iter().all(|block| lent.contains(block)));
    }

    #[test]
    fn a_depot_keeps_no_more_than_it_may() {
        static DEPOT: Depot = Depot::new(0, STORE / HANDFUL / 2);
        on_a_thread(|| {
            let mut hand = Hand { depot: &DEPOT, blocks: Vec::new() };
            let blocks: Vec<_> = (0..100).filter_map(|_| DEPOT.take()).collect();
            blocks.into_iter().for_each(|block| hand.give(block));
            assert_eq!((kept(&DEPOT), hand.blocks.len() <= AT_HAND), (2, true));
        });
        on_a_thread(|| {
            let mut hand = Hand { depot: &DEPOT, blocks: Vec::new() };
            let last: Vec<_> = std::iter::from_fn(|| hand.take()).collect();
            assert_eq!(last.len(), 2 * HANDFUL);
            last.into_iter().for_each(|block| DEPOT.free(block));
        });
    }

    #[test]
    fn nobody_waits_for_the_depot() {
        static DEPOT: Depot = Depot::new(0, CHUNK);
        let locked = DEPOT.handfuls.lock();
        on_a_thread(|| {
            let mut hand = Hand { depot: &DEPOT, blocks: Vec::new() };
            assert!(hand.take().is_none());
            let blocks: Vec<_> = (0..100).filter_map(|_| DEPOT.take()).collect();
            assert_eq!(blocks.len(), 100);
            blocks.into_iter().for_each(|block| hand.give(block));
        });
        assert!(locked.is_empty());
    }
}

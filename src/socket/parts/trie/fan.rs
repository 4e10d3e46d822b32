//! The links from a node to its children, by the first byte of their edges.
//!
//! A node with one child keeps the link itself. More need a block here: up to 32 children are a
//! list that is searched, more are a table of 256. Blocks of one size lie in one pool and are
//! used again; a fan that grows or shrinks past a size moves to another pool.

#![forbid(unsafe_code)]

/// No link.
pub(super) const NONE: u32 = u32::MAX;

/// How many children fit each size of block; the last is the table.
const SIZES: [usize; 6] = [2, 4, 8, 16, 32, TABLE];
/// One slot for every byte there is.
const TABLE: usize = 256;

/// Blocks of all sizes; see the module's text. A fan is named by its block and its count, which
/// its node keeps; the count says which size the block has.
#[derive(Debug)]
pub(super) struct Fans {
    pools: [Pool; SIZES.len()],
}

/// Blocks of one size.
#[derive(Debug)]
struct Pool {
    size: usize,
    links: Vec<u32>,
    /// The first byte behind each link; not used by the table.
    bytes: Vec<u8>,
    /// The first free block, whose first link names the next one.
    free: u32,
}

impl Fans {
    /// No blocks yet.
    pub(super) fn new() -> Fans {
        Fans { pools: SIZES.map(Pool::new) }
    }

    /// A fan of two.
    pub(super) fn pair(&mut self, first: (u8, u32), second: (u8, u32)) -> u32 {
        let pool = &mut self.pools[0];
        let block = pool.take();
        pool.put(block, 0, first);
        pool.put(block, 1, second);
        block
    }

    /// The child behind a byte.
    #[inline]
    pub(super) fn find(&self, block: u32, count: usize, byte: u8) -> Option<u32> {
        let pool = &self.pools[size_of_fan(count)];
        let at = pool.position(block, count, byte)?;
        Some(pool.links[at])
    }

    /// Puts another child behind a byte that has one.
    pub(super) fn replace(&mut self, block: u32, count: usize, byte: u8, child: u32) {
        let pool = &mut self.pools[size_of_fan(count)];
        if let Some(at) = pool.position(block, count, byte) {
            pool.links[at] = child;
        }
    }

    /// Adds a child behind a byte that has none; returns the block that the fan is in now.
    pub(super) fn insert(&mut self, block: u32, count: usize, byte: u8, child: u32) -> u32 {
        let block = self.resize(block, count, count + 1);
        self.pools[size_of_fan(count + 1)].put(block, count, (byte, child));
        block
    }

    /// Takes the child behind a byte out; returns the block that the fan is in now or, when one
    /// child is left, that child.
    pub(super) fn remove(&mut self, block: u32, count: usize, byte: u8) -> u32 {
        let pool = &mut self.pools[size_of_fan(count)];
        if let Some(at) = pool.position(block, count, byte) {
            pool.clear(block, count, at);
        }
        if count == 2 {
            let left = pool.links[pool.start(block)];
            pool.give(block);
            return left;
        }
        self.resize(block, count, count - 1)
    }

    /// The children, in no particular order.
    pub(super) fn children(&self, block: u32, count: usize) -> impl Iterator<Item = u32> + '_ {
        let pool = &self.pools[size_of_fan(count)];
        let used = if pool.size == TABLE { TABLE } else { count };
        let start = pool.start(block);
        pool.links[start..start + used].iter().copied().filter(|&link| link != NONE)
    }

    /// Moves a fan to the size that a count wants, if it is another one.
    fn resize(&mut self, block: u32, from: usize, to: usize) -> u32 {
        let (old, new) = (size_of_fan(from), size_of_fan(to));
        if old == new {
            return block;
        }
        let moved = self.pools[new].take();
        let mut at = 0;
        for slot in 0..self.pools[old].size {
            if let Some(entry) = self.pools[old].entry(block, slot, from.min(to)) {
                self.pools[new].put(moved, at, entry);
                at += 1;
            }
        }
        self.pools[old].give(block);
        moved
    }
}

impl Pool {
    /// No blocks yet.
    fn new(size: usize) -> Pool {
        Pool { size, links: Vec::new(), bytes: Vec::new(), free: NONE }
    }

    /// Where a block's slots begin.
    #[inline]
    fn start(&self, block: u32) -> usize {
        block as usize * self.size
    }

    /// An empty block.
    fn take(&mut self) -> u32 {
        if self.free == NONE {
            let block = self.links.len() / self.size;
            self.links.resize(self.links.len() + self.size, NONE);
            if self.size != TABLE {
                self.bytes.resize(self.links.len(), 0);
            }
            // 2^32 blocks would need more memory than a process can address nodes for.
            return block as u32;
        }
        let block = self.free;
        let start = self.start(block);
        self.free = self.links[start];
        self.links[start..start + self.size].fill(NONE);
        block
    }

    /// Takes a block back.
    fn give(&mut self, block: u32) {
        let start = self.start(block);
        self.links[start] = self.free;
        self.free = block;
    }

    /// The slot of a byte.
    #[inline]
    fn position(&self, block: u32, count: usize, byte: u8) -> Option<usize> {
        let start = self.start(block);
        if self.size == TABLE {
            let at = start + usize::from(byte);
            return (self.links[at] != NONE).then_some(at);
        }
        let used = &self.bytes[start..start + count];
        used.iter().position(|&other| other == byte).map(|at| start + at)
    }

    /// Fills a slot: in a list the given one, which is the first free one; in the table the byte's.
    fn put(&mut self, block: u32, at: usize, (byte, child): (u8, u32)) {
        let start = self.start(block);
        if self.size == TABLE {
            self.links[start + usize::from(byte)] = child;
        } else {
            self.links[start + at] = child;
            self.bytes[start + at] = byte;
        }
    }

    /// Empties a slot of a fan of `count`; a list closes the gap with its last entry.
    fn clear(&mut self, block: u32, count: usize, at: usize) {
        let mut hole = at;
        if self.size != TABLE {
            let last = self.start(block) + count - 1;
            self.links[at] = self.links[last];
            self.bytes[at] = self.bytes[last];
            hole = last;
        }
        self.links[hole] = NONE;
    }

    /// What is in a slot of a fan of `count`.
    fn entry(&self, block: u32, slot: usize, count: usize) -> Option<(u8, u32)> {
        let at = self.start(block) + slot;
        if self.size == TABLE {
            return (self.links[at] != NONE).then(|| (slot as u8, self.links[at]));
        }
        (slot < count).then(|| (self.bytes[at], self.links[at]))
    }
}

/// Which of `SIZES` a fan of `count` children (two or more) is in.
#[inline]
fn size_of_fan(count: usize) -> usize {
    match count {
        0..=2 => 0,
        3..=4 => 1,
        5..=8 => 2,
        9..=16 => 3,
        17..=32 => 4,
        _ => 5,
    }
}

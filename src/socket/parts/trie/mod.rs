//! Subscriptions: which prefixes are held, by whom, and which of them a message begins with.
//!
//! Both containers stand on one [`radix`] tree, path-compressed, whose leaf payload is one `u32`:
//! a subscriber stores a count there ([`CountedTrie`]), a publisher a set of pipes
//! ([`MultiTrie`]). The shape is chosen for a million subscriptions and for hostile ones:
//!
//! - Nodes are records of 32 bytes in one `Vec`, linked by `u32`. Each holds up to 17 bytes of
//!   its edge in itself; a longer edge is a chain of nodes. So there is one allocation instead of
//!   one per topic, no edge buffer that fragments, one half of a cache line per step, and
//!   dropping a tree is dropping a few vectors, however deep it is. Sharing the code is then a
//!   matter of a plain number, not of a type parameter in every node.
//! - Nothing recurses: walks go down by a loop, listings keep their own stack, and links to the
//!   parent bring the bytes of a prefix back. A topic of any length costs time and memory in
//!   proportion to its length and no stack.
//! - A node that ends a prefix keeps its number for as long as the prefix is held, while the tree
//!   around it is split and merged. That is what lets a pipe remember its subscriptions as four
//!   bytes each, so that its end costs what *it* held and not a walk over the whole tree.

#![forbid(unsafe_code)]

mod counted;
mod fan;
mod multi;
mod radix;
#[cfg(test)]
mod tests;

pub(crate) use counted::CountedTrie;
pub(crate) use multi::MultiTrie;

/// What became of a prefix that was taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Removed {
    /// It had not been put in.
    NotFound,
    /// Nothing holds it any more.
    Last,
    /// It is held further.
    Remaining,
}

//! What a publisher's peers have asked for: prefixes, each with the set of pipes that hold it.
//!
//! Most topics have one subscriber, so a set of one is the pipe's number in the node itself;
//! larger ones are sorted lists, which are compact, quick to go through, and searched by halves.
//! A pipe remembers the nodes of its prefixes without order and without taking any out again: an
//! entry whose node no longer names the pipe means nothing. When more than half of a list mean
//! nothing it is cleaned, so that it stays within twice what the pipe really holds.

#![forbid(unsafe_code)]

use std::ops::ControlFlow;

use super::Removed;
use super::radix::{NodeId, Radix};
use crate::core::pipes::PipeKey;

/// Lists shorter than this are not worth cleaning.
const CLEAN_FROM: usize = 16;

/// Prefixes and the pipes that hold them.
#[derive(Debug)]
pub(crate) struct MultiTrie {
    /// The value of a prefix is a [`Holders`], as a number.
    prefixes: Radix,
    /// Sets of two pipes or more, sorted; empty ones are free.
    sets: Vec<Vec<u32>>,
    free_sets: Vec<u32>,
    /// By the index of the pipe.
    pipes: Vec<Held>,
}

/// Where the set of pipes of a prefix is.
#[derive(Clone, Copy)]
enum Holders {
    /// Nobody holds it.
    None,
    /// One pipe does; this is its index.
    One(u32),
    /// Several do; this is the index of their set.
    Set(u32),
}

/// What one pipe holds.
#[derive(Debug, Default)]
struct Held {
    /// Nodes of its prefixes, and of some it held once.
    nodes: Vec<NodeId>,
    /// How many prefixes it really holds.
    live: usize,
}

impl Holders {
    /// The number that a node stores: odd for a pipe, even for a set, 0 for nobody.
    fn pack(self) -> u32 {
        match self {
            Holders::None => 0,
            Holders::One(pipe) => pipe << 1 | 1,
            Holders::Set(set) => (set + 1) << 1,
        }
    }

    /// The reverse of `pack`.
    #[inline]
    fn unpack(value: u32) -> Holders {
        match value {
            0 => Holders::None,
            _ if value & 1 == 1 => Holders::One(value >> 1),
            _ => Holders::Set((value >> 1) - 1),
        }
    }
}

impl MultiTrie {
    /// Nobody holds anything.
    pub(crate) fn new() -> MultiTrie {
        MultiTrie {
            prefixes: Radix::new(),
            sets: Vec::new(),
            free_sets: Vec::new(),
            pipes: Vec::new(),
        }
    }

    /// How many different prefixes are held.
    pub(crate) fn len(&self) -> usize {
        self.prefixes.len()
    }

    /// Lets a pipe hold a prefix; says whether it is the first to.
    pub(crate) fn add(&mut self, prefix: &[u8], key: PipeKey) -> bool {
        let pipe = key.index() as u32;
        let node = self.prefixes.entry(prefix);
        let old = Holders::unpack(self.prefixes.value(node));
        let new = match old {
            Holders::None => Holders::One(pipe),
            Holders::One(other) if other == pipe => return false,
            Holders::One(other) => {
                Holders::Set(self.make_set(vec![other.min(pipe), other.max(pipe)]))
            }
            Holders::Set(set) => {
                let members = &mut self.sets[set as usize];
                let Err(at) = members.binary_search(&pipe) else { return false };
                members.insert(at, pipe);
                Holders::Set(set)
            }
        };
        self.prefixes.set_value(node, new.pack());
        self.remember(key, node);
        matches!(old, Holders::None)
    }

    /// Makes a pipe give up a prefix.
    pub(crate) fn remove(&mut self, prefix: &[u8], key: PipeKey) -> Removed {
        let Some(node) = self.prefixes.find(prefix) else { return Removed::NotFound };
        let removed = self.take_out(node, key);
        if removed != Removed::NotFound {
            if let Some(held) = self.pipes.get_mut(key.index()) {
                held.live -= 1;
            }
            self.clean(key);
        }
        removed
    }

    /// Makes a pipe give up all it holds, and shows each prefix and whether that was the last
    /// holder.
    pub(crate) fn remove_key(&mut self, key: PipeKey, mut on_removed: impl FnMut(&[u8], bool)) {
        let Some(held) = self.pipes.get_mut(key.index()).map(std::mem::take) else { return };
        let mut prefix = Vec::new();
        for node in held.nodes {
            if !self.holds(node, key) {
                continue;
            }
            self.prefixes.prefix_of(node, &mut prefix);
            let removed = self.take_out(node, key);
            on_removed(&prefix, removed == Removed::Last);
        }
    }

    /// Shows who holds any prefix of `data`; a pipe that holds several is shown several times.
    #[inline]
    pub(crate) fn matching(&self, data: &[u8], mut on_match: impl FnMut(PipeKey)) {
        let _ = self.prefixes.walk(data, |value| {
            self.show(value, &mut on_match);
            ControlFlow::Continue(())
        });
    }

    /// Shows who holds exactly `name`.
    pub(crate) fn exact(&self, name: &[u8], mut on_match: impl FnMut(PipeKey)) {
        if let Some(node) = self.prefixes.find(name) {
            self.show(self.prefixes.value(node), &mut on_match);
        }
    }

    #[inline]
    fn show(&self, value: u32, on_match: &mut impl FnMut(PipeKey)) {
        match Holders::unpack(value) {
            Holders::None => {}
            Holders::One(pipe) => on_match(PipeKey::from_index(pipe as usize)),
            Holders::Set(set) => {
                let members = self.sets[set as usize].iter();
                members.for_each(|&pipe| on_match(PipeKey::from_index(pipe as usize)));
            }
        }
    }

    /// Whether a node names a pipe.
    fn holds(&self, node: NodeId, key: PipeKey) -> bool {
        names(&self.prefixes, &self.sets, node, key.index() as u32)
    }

    /// Takes a pipe out of a node's set.
    fn take_out(&mut self, node: NodeId, key: PipeKey) -> Removed {
        let pipe = key.index() as u32;
        match Holders::unpack(self.prefixes.value(node)) {
            Holders::One(holder) if holder == pipe => {
                self.prefixes.remove(node);
                if self.prefixes.len() == 0 {
                    self.sets = Vec::new();
                    self.free_sets = Vec::new();
                }
                Removed::Last
            }
            Holders::None | Holders::One(_) => Removed::NotFound,
            Holders::Set(set) => {
                let members = &mut self.sets[set as usize];
                let Ok(at) = members.binary_search(&pipe) else { return Removed::NotFound };
                members.remove(at);
                if let [last] = members[..] {
                    *members = Vec::new();
                    self.free_sets.push(set);
                    self.prefixes.set_value(node, Holders::One(last).pack());
                }
                Removed::Remaining
            }
        }
    }

    /// Notes that a pipe holds a node's prefix.
    fn remember(&mut self, key: PipeKey, node: NodeId) {
        if self.pipes.len() <= key.index() {
            self.pipes.resize_with(key.index() + 1, Held::default);
        }
        self.clean(key);
        let held = &mut self.pipes[key.index()];
        held.nodes.push(node);
        held.live += 1;
    }

    /// Drops what means nothing from a pipe's list, if that is more than half of it.
    fn clean(&mut self, key: PipeKey) {
        let pipe = key.index();
        let Some(held) = self.pipes.get_mut(pipe) else { return };
        if held.nodes.len() < CLEAN_FROM || held.nodes.len() <= 2 * held.live {
            return;
        }
        let (prefixes, sets) = (&self.prefixes, &self.sets);
        held.nodes.retain(|&node| names(prefixes, sets, node, pipe as u32));
        // A prefix given up and asked for again may stand in the list twice.
        held.nodes.sort_unstable();
        held.nodes.dedup();
        held.nodes.shrink_to(2 * held.nodes.len());
    }

    /// Stores a set.
    fn make_set(&mut self, members: Vec<u32>) -> u32 {
        if let Some(set) = self.free_sets.pop() {
            self.sets[set as usize] = members;
            return set;
        }
        self.sets.push(members);
        (self.sets.len() - 1) as u32
    }
}

/// Whether the set of a node has a pipe in it.
fn names(prefixes: &Radix, sets: &[Vec<u32>], node: NodeId, pipe: u32) -> bool {
    match Holders::unpack(prefixes.value(node)) {
        Holders::None => false,
        Holders::One(holder) => holder == pipe,
        Holders::Set(set) => sets[set as usize].binary_search(&pipe).is_ok(),
    }
}

#[cfg(test)]
impl MultiTrie {
    /// How long the list of a pipe is.
    pub(super) fn remembered(&self, key: PipeKey) -> usize {
        self.pipes[key.index()].nodes.len()
    }
}

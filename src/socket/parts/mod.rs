//! What the patterns are put together from.

#![forbid(unsafe_code)]

pub(crate) mod directory;
pub(crate) mod distributor;
pub(crate) mod fair_queue;
pub(crate) mod frames;
pub(crate) mod key_map;
pub(crate) mod load_balancer;
pub(crate) mod probe;
pub(crate) mod request;
pub(crate) mod roster;
pub(crate) mod rotation;
pub(crate) mod sole_peer;
pub(crate) mod subscribers;
pub(crate) mod switch;
pub(crate) mod trie;

//! What the patterns are put together from.

pub(crate) mod distributor;
pub(crate) mod request;
pub(crate) mod subscribers;
pub(crate) mod trie;

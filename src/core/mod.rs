//! What sockets share: the context and what it owns, and the options of both.
//!
//! A room below `socket`, so that patterns can be written against pipes and options without
//! knowing who else uses them.

#![forbid(unsafe_code)]

pub(crate) mod ctx_options;
pub(crate) mod options;

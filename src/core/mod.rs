//! What sockets share: the context and its threads, mailboxes and pipes, and the options of both.
//!
//! A room below `socket`, so that patterns can be written against pipes and options without
//! knowing who else uses them.

pub(crate) mod command;
pub(crate) mod context;
pub(crate) mod ctx_options;
pub(crate) mod deadline;
mod gate;
pub(crate) mod io_thread;
pub(crate) mod kind;
pub(crate) mod lane;
mod latest;
pub(crate) mod log;
pub(crate) mod mailbox;
#[cfg(all(test, loom))]
mod models;
pub(crate) mod options;
pub(crate) mod pipe;
pub(crate) mod pipes;
pub(crate) mod pump;
mod queue;
pub(crate) mod reaper;
pub(crate) mod registry;
mod settle;
pub(crate) mod spin;
mod sync;
pub(crate) mod tempo;
pub(crate) mod waker;

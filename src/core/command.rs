//! What threads tell each other through mailboxes.

#![forbid(unsafe_code)]

use super::mailbox::Mailbox;
use super::pipe::PipeEnd;
use super::pipes::PipeKey;
use super::waker::Waker;

/// A command for a socket.
pub(crate) enum Command {
    /// The context was shut down: every call but close answers ETERM from now on.
    Stop,
    /// A peer connected to an endpoint that this socket bound.
    Attach(Box<PipeEnd>),
    /// Something happened to a pipe of this socket.
    Pipe(PipeAddress, Notice),
}

/// Which pipe of the receiving socket; stale addresses are recognised by the id and ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PipeAddress {
    /// The slot in the receiver's list.
    pub(crate) key: PipeKey,
    /// The number of the pipe, never used twice.
    pub(crate) id: u64,
}

/// What happened to a pipe, as seen by the end that is told.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    /// There is something to read for an end that slept.
    Readable,
    /// There is room again for an end that was full, or a changed capacity to look at.
    Writable,
    /// The far end is finished with the pipe: it neither reads nor writes any more.
    Term,
    /// Answer to `Term`: this end is finished too, and the pipe is no more.
    TermAck,
    /// The capacity changed: acknowledge what was read.
    Recount,
    /// The name that this end's owner connected to was bound, by a peer with this routing id, which
    /// wants to find the second value in its queue when we go.
    Bound(Vec<u8>, Option<Vec<u8>>),
    /// Tell how full the pipe is, for the event that reports it.
    AskStats,
    /// Answer to `AskStats`: messages that the far end has written and we have not read.
    Stats(u64),
}

/// The mailbox of a socket.
pub(crate) type SocketMailbox = Mailbox<Command, Waker>;

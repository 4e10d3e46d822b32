//! What threads tell each other through mailboxes.

#![forbid(unsafe_code)]

use super::io_thread::JobId;
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
    /// A listener or a peer of this socket is finished. With the flag its endpoint is no more.
    JobDone(JobId, bool),
    /// Nothing: whoever waits for news is to look at the socket, and asks by that to be told more.
    Look,
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
    /// As `Readable`, in a burst on the only pipe of a socket: its thread writes what gathers, at the
    /// latest before it waits, so that nothing is late if the end stays awake.
    Burst,
    /// There is room again for an end that was full, or a changed capacity to look at.
    Writable,
    /// The far end is finished with the pipe: it neither reads nor writes any more.
    Term(Parting),
    /// Answer to `Term`: this end is finished too, and the pipe is no more.
    TermAck,
    /// The capacity changed: acknowledge what was read.
    Recount,
    /// The name that this end's owner connected to was bound, by a peer with this routing id, which
    /// wants to find the second value in its queue when we go.
    Bound(Vec<u8>, Option<Vec<u8>>),
    /// Tell how full the pipe is, for the event that reports it.
    AskStats,
    /// Answer to `AskStats`: messages that the far end has written and we have not read, and which
    /// link the pipe leads to.
    Stats(u64, Option<Box<Names>>),
}

/// What is to become of the link behind a pipe that a socket has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parting {
    /// It ends when what was sent is delivered, which may take so many milliseconds; negative: as
    /// long as it takes.
    Linger(i32),
    /// Nothing: it stays as long as the peer keeps it, and carries nothing. Closed, it would come
    /// back at once, and be refused again.
    Refuse,
}

/// The two ends of a link, as monitors name them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Names {
    /// Ours.
    pub(crate) local: Vec<u8>,
    /// The peer's.
    pub(crate) remote: Vec<u8>,
}

/// The mailbox of a socket.
pub(crate) type SocketMailbox = Mailbox<Command, Waker>;

//! What a socket is to its listeners and peers.

#![forbid(unsafe_code)]

use std::os::fd::RawFd;
use std::sync::Arc;

use crate::core::io_thread::JobId;
use crate::core::pipe::PipeEnd;
use crate::core::registry::Absence;

/// The socket, as seen from an I/O thread. None of this waits for the application.
pub(crate) trait Owner: Send + Sync {
    /// Something happened that a monitor may want to hear of.
    fn report(&self, event: &Event<'_>);

    /// A peer is there: the socket's end of its pipe.
    fn attach(&self, end: PipeEnd);

    /// A listener or a peer is about to begin.
    fn job_begins(&self);

    /// A listener or a peer is finished; `endpoint_gone` if the socket has to forget its endpoint.
    fn job_done(&self, job: JobId, endpoint_gone: bool);

    /// A new pipe to whoever judges peers for the application, if somebody does.
    fn handler(&self) -> Result<PipeEnd, Absence>;

    /// Whether the application's thread reads connections when it waits for input, so that it may be
    /// left to it.
    fn reads_itself(&self) -> bool;

    /// Something ended that an idle application would keep alive by not calling in.
    fn tidy(&self);
}

/// A job's hold on its socket, which is not finished before the job is: let go when dropped, so
/// that a job that panics lets go as well.
pub(super) struct Hold {
    owner: Arc<dyn Owner>,
    job: JobId,
    /// The socket has to forget the endpoint.
    pub(super) endpoint_gone: bool,
}

impl Hold {
    /// Takes hold, before the job begins.
    pub(super) fn new(owner: Arc<dyn Owner>, job: JobId) -> Hold {
        owner.job_begins();
        Hold { owner, job, endpoint_gone: false }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.owner.job_done(self.job, self.endpoint_gone);
        self.owner.tidy();
    }
}

/// What happened, with the value that monitors show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Happening {
    /// `ZMQ_EVENT_CONNECTED`: a link is up; its descriptor.
    Connected(RawFd),
    /// `ZMQ_EVENT_CONNECT_DELAYED`: an attempt is under way; the errno that said so.
    ConnectDelayed(i32),
    /// `ZMQ_EVENT_CONNECT_RETRIED`: the next attempt follows after so many milliseconds.
    ConnectRetried(u64),
    /// `ZMQ_EVENT_LISTENING`: a listener is open; its descriptor.
    Listening(RawFd),
    /// `ZMQ_EVENT_BIND_FAILED`: it could not be opened; the errno.
    BindFailed(i32),
    /// `ZMQ_EVENT_ACCEPTED`: a link was accepted; its descriptor.
    Accepted(RawFd),
    /// `ZMQ_EVENT_ACCEPT_FAILED`: one could not be accepted; the errno.
    AcceptFailed(i32),
    /// `ZMQ_EVENT_CLOSED`: a listener, or an attempt that failed, was closed; its descriptor.
    Closed(RawFd),
    /// `ZMQ_EVENT_DISCONNECTED`: a link is lost; its descriptor.
    Disconnected(RawFd),
    /// `ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL`: it was lost before that was over; the errno.
    HandshakeFailedNoDetail(i32),
    /// `ZMQ_EVENT_HANDSHAKE_SUCCEEDED`: the handshake is over.
    HandshakeSucceeded,
    /// `ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL`: the peer broke the protocol; the code of that rule.
    HandshakeFailedProtocol(u32),
    /// `ZMQ_EVENT_HANDSHAKE_FAILED_AUTH`: the peer, or the handler here, refused; the status code.
    HandshakeFailedAuth(u32),
}

impl Happening {
    /// The event's number (`ZMQ_EVENT_...`) and its value.
    pub(crate) fn numbers(self) -> (u64, u64) {
        // Descriptors and errnos are never negative where they come from a success or an error.
        let positive = |value: i32| u64::try_from(value).unwrap_or(0);
        match self {
            Happening::Connected(fd) => (0x0001, positive(fd)),
            Happening::ConnectDelayed(errno) => (0x0002, positive(errno)),
            Happening::ConnectRetried(ms) => (0x0004, ms),
            Happening::Listening(fd) => (0x0008, positive(fd)),
            Happening::BindFailed(errno) => (0x0010, positive(errno)),
            Happening::Accepted(fd) => (0x0020, positive(fd)),
            Happening::AcceptFailed(errno) => (0x0040, positive(errno)),
            Happening::Closed(fd) => (0x0080, positive(fd)),
            Happening::Disconnected(fd) => (0x0200, positive(fd)),
            Happening::HandshakeFailedNoDetail(errno) => (0x0800, positive(errno)),
            Happening::HandshakeSucceeded => (0x1000, 0),
            Happening::HandshakeFailedProtocol(code) => (0x2000, u64::from(code)),
            Happening::HandshakeFailedAuth(status) => (0x4000, u64::from(status)),
        }
    }
}

/// An event and where it happened.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Event<'a> {
    /// What happened.
    pub(crate) what: Happening,
    /// Our end; may be empty.
    pub(crate) local: &'a [u8],
    /// The peer's end; may be empty.
    pub(crate) remote: &'a [u8],
    /// Which of the two a monitor of version 1 shows: the local one, if it came from a bind.
    pub(crate) bound: bool,
}

//! How links end, and what there is to say about it: to the monitor, and in the log.

#![forbid(unsafe_code)]

use std::{fmt, io};

use super::link::Link;
use super::owner::Happening;
use crate::core::command::Names;
use crate::zmtp::{Failure, NoDetail, PeerError};

/// A link that lasted no longer, in milliseconds, and brought nothing, was no good.
const BRIEF: u64 = 1000;

/// Why a link ends.
#[derive(Debug)]
pub(super) enum Ending {
    /// The peer did something wrong, went away, or was not heard of for too long.
    Peer(PeerError),
    /// The system says so.
    System(io::Error),
    /// The socket wants no more of it, and everything it sent is on its way.
    Finished,
}

impl Ending {
    /// There is no memory for what the peer sends.
    pub(super) fn no_memory() -> Ending {
        Ending::System(io::ErrorKind::OutOfMemory.into())
    }

    /// The event of a handshake that came to nothing.
    pub(super) fn failure(&self) -> Option<Happening> {
        match self {
            Ending::Peer(error) => error.failure().map(|failure| match failure {
                Failure::NoDetail(detail) => Happening::HandshakeFailedNoDetail(match detail {
                    NoDetail::Closed => libc::EPIPE,
                    NoDetail::Reset => libc::ECONNRESET,
                    NoDetail::TimedOut => libc::EAGAIN,
                    NoDetail::NoHandler => libc::EFAULT,
                    #[cfg(any(test, feature = "gssapi"))]
                    NoDetail::NoCredentials => libc::EACCES,
                }),
                Failure::Protocol(code) => Happening::HandshakeFailedProtocol(code),
                Failure::Auth(status) => Happening::HandshakeFailedAuth(status),
            }),
            Ending::System(error) => {
                let errno = error.raw_os_error().unwrap_or(libc::EPIPE);
                Some(Happening::HandshakeFailedNoDetail(errno))
            }
            Ending::Finished => None,
        }
    }

    /// Whether it is about keys and credentials; the monitor is told of that even when the handshake
    /// is over.
    pub(super) fn is_security(&self) -> bool {
        matches!(self, Ending::Peer(PeerError::Security(_)))
    }

    /// Whether the peer went away and did not say why, so that there is something to guess.
    fn is_unexplained(&self) -> bool {
        match self {
            Ending::Peer(error) => {
                matches!(error, PeerError::Closed { .. } | PeerError::Reset { .. })
            }
            Ending::System(_) => true,
            Ending::Finished => false,
        }
    }

    /// Whether a connecting side must not try again.
    pub(super) fn is_protocol(&self) -> bool {
        match self {
            Ending::Peer(error) => error.is_protocol(),
            Ending::System(_) | Ending::Finished => false,
        }
    }
}

/// What is remembered of a link whose handshake is over, to say something useful when it is lost.
#[derive(Clone, Copy, Debug)]
pub(super) struct Established {
    since: u64,
    /// The peer has sent a message.
    pub(super) heard: bool,
    /// The longest frame sent, with what encryption adds: a peer's limit counts that.
    pub(super) longest: usize,
}

impl Established {
    /// The handshake is over.
    pub(super) fn new(since: u64) -> Established {
        Established { since, heard: false, longest: 0 }
    }

    /// Whether the link has proved useful.
    fn was_good(&self, now: u64) -> bool {
        self.heard || self.since + BRIEF <= now
    }

    /// What may be the matter, if it has not.
    pub(super) fn suspicion(&self, now: u64) -> Option<Suspicion> {
        let after = now.saturating_sub(self.since);
        (!self.was_good(now)).then_some(Suspicion { after, longest: self.longest })
    }
}

/// A link that was lost soon after its handshake, without a word from the peer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Suspicion {
    after: u64,
    longest: usize,
}

impl fmt::Display for Suspicion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Suspicion { after, longest } = self;
        write!(
            f,
            "; that was {after} ms after the handshake and without a message from the peer, whose \
             reason may be a limit on the size of messages (our longest frame had {longest} \
             bytes), heartbeats that it missed, or that its program did not want us"
        )
    }
}

/// What is said of a link that was lost.
pub(super) struct Obituary<'a> {
    pub(super) link: &'a Link,
    pub(super) ending: &'a Ending,
    pub(super) now: u64,
}

impl std::fmt::Display for Obituary<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Names { local, remote } = self.link.names();
        let (local, remote) = (String::from_utf8_lossy(local), String::from_utf8_lossy(remote));
        write!(f, "the link from {local} to {remote} is lost: ")?;
        match self.ending {
            Ending::Peer(error) => write!(f, "{error}")?,
            Ending::System(error) => write!(f, "{error}")?,
            Ending::Finished => write!(f, "it is not needed any more")?,
        }
        match self.link.suspicion(self.now) {
            Some(suspicion) if self.ending.is_unexplained() => write!(f, "{suspicion}"),
            _ => Ok(()),
        }
    }
}

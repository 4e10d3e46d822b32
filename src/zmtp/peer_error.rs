//! What a peer did wrong, or how a connection ended.
//!
//! Each rule has a variant that says what was expected and what was seen; what the monitor of the
//! socket is told about it, and whether it is worth trying again, follows from the variant.

#![forbid(unsafe_code)]

use std::fmt;

use super::config::{MECHANISM_SIZE, Millis};
use super::framing::FrameError;
use super::security_error::SecurityError;
use super::{SocketType, Version};

/// `ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND`
const UNEXPECTED_COMMAND: u32 = 0x1000_0001;
/// `ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_ERROR`
const MALFORMED_COMMAND_ERROR: u32 = 0x1000_0015;
/// `ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_METADATA`
const INVALID_METADATA: u32 = 0x1000_0018;
/// `ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH`
const MECHANISM_MISMATCH: u32 = 0x1100_0002;

/// The end of a connection; see the module's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PeerError {
    /// The peer sends no more.
    Closed {
        /// How far we had come.
        stage: Stage,
    },
    /// The connection broke.
    Reset {
        /// How far we had come.
        stage: Stage,
    },
    /// The peer was not ready in time.
    HandshakeTimeout {
        /// The time that it had.
        after: Millis,
    },
    /// Nothing came after our PING.
    HeartbeatLost {
        /// The time that we waited.
        timeout: Millis,
    },
    /// Nothing came in the time that the peer's PING had named.
    TtlExpired {
        /// That time.
        ttl: Millis,
    },
    /// The peer cannot prove who it is, and must.
    OldPeer {
        /// What it speaks.
        version: Version,
    },
    /// The peer has another mechanism than we.
    MechanismMismatch {
        /// Ours.
        own: &'static str,
        /// What its greeting says.
        peer: [u8; MECHANISM_SIZE],
    },
    /// A command, or none at all, where another should have been.
    UnexpectedCommand {
        /// What should have been there.
        expected: &'static str,
        /// The front of what was there; of a command, its name.
        seen: Vec<u8>,
    },
    /// A refusal that breaks off.
    MalformedError {
        /// How many bytes there were behind its name.
        len: usize,
    },
    /// The peer has asked who we are, and does not like the answer.
    Denied {
        /// 300, 400 or 500.
        status: u32,
    },
    /// The peer refuses us for another reason.
    Refused {
        /// What it says.
        reason: Vec<u8>,
    },
    /// The peer's type of socket is none that we talk to.
    SocketTypeMismatch {
        /// Ours.
        own: SocketType,
        /// What the peer says.
        peer: Vec<u8>,
    },
    /// Metadata that breaks off.
    MetadataMalformed {
        /// How many bytes of metadata there are.
        len: usize,
        /// How many of them are left for a property that needs more.
        left: usize,
    },
    /// More metadata than we keep.
    MetadataTooLarge {
        /// How many properties there are at least.
        count: usize,
        /// How many bytes there are.
        len: usize,
    },
    /// A frame of the handshake that is longer than any that makes sense.
    HandshakeTooLong {
        /// What was announced.
        len: u64,
        /// What we take.
        limit: u64,
    },
    /// A frame that is longer than `ZMQ_MAXMSGSIZE`.
    FrameTooLong {
        /// What was announced.
        len: u64,
        /// What we take.
        limit: u64,
    },
    /// A frame of a length that no frame can have.
    ImpossibleLength {
        /// What was announced.
        len: u64,
        /// How far we had come.
        stage: Stage,
    },
    /// A frame of ZMTP 1.0 without flags.
    ZeroLength {
        /// How far we had come.
        stage: Stage,
    },
    /// There is no memory for a frame.
    NoMemory {
        /// The length of its body, or of what was missing of it.
        len: usize,
        /// How far we had come.
        stage: Stage,
    },
    /// A reply to a REQ without an empty frame at its start.
    NoDelimiter {
        /// Length of the frame that is there instead.
        len: usize,
        /// Whether it promises another.
        more: bool,
    },
    /// A message to a DISH without a group.
    NoGroup {
        /// Length of its only frame.
        len: usize,
    },
    /// A message with more frames than it may have.
    TooManyParts {
        /// How many it may have.
        expected: usize,
    },
    /// The name of a group that is too long.
    GroupTooLong {
        /// Its length.
        len: usize,
        /// What it may be.
        limit: usize,
    },
    /// Something where peers prove who they are, or where frames are sealed.
    Security(SecurityError),
}

impl From<SecurityError> for PeerError {
    fn from(error: SecurityError) -> PeerError {
        PeerError::Security(error)
    }
}

/// How far a connection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The peer's greeting is incomplete.
    Greeting {
        /// How many bytes of it have come.
        received: usize,
    },
    /// The greeting is complete, what must follow is not.
    Handshake,
    /// Messages can be exchanged.
    Established,
}

/// What the monitor of a socket is told about a handshake that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// `ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL`
    NoDetail(NoDetail),
    /// `ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL` with one of `ZMQ_PROTOCOL_ERROR_*`
    Protocol(u32),
    /// `ZMQ_EVENT_HANDSHAKE_FAILED_AUTH` with a status
    Auth(u32),
}

/// What stands for the details where there are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoDetail {
    /// The peer closed the connection (EPIPE).
    Closed,
    /// The connection broke (ECONNRESET).
    Reset,
    /// The peer took too long (EAGAIN).
    TimedOut,
    /// There is nobody to judge the peer (EFAULT).
    NoHandler,
    /// We have nothing to prove who we are with (EACCES).
    #[cfg(any(test, feature = "gssapi"))]
    NoCredentials,
}

impl PeerError {
    /// What is wrong with a frame as such, at a stage.
    #[cold]
    pub(super) fn in_frame(error: FrameError, stage: Stage) -> PeerError {
        match error {
            FrameError::Zero => PeerError::ZeroLength { stage },
            FrameError::Impossible(len) => PeerError::ImpossibleLength { len, stage },
            FrameError::NoMemory(len) => PeerError::NoMemory { len, stage },
            FrameError::TooLong { len, limit } => match stage {
                Stage::Greeting { .. } | Stage::Handshake => {
                    PeerError::HandshakeTooLong { len, limit }
                }
                Stage::Established => PeerError::FrameTooLong { len, limit },
            },
        }
    }

    /// What is wrong with a frame of a handshake.
    pub(super) fn in_handshake_frame(error: FrameError) -> PeerError {
        PeerError::in_frame(error, Stage::Handshake)
    }

    /// The event that says that the handshake failed, if there is to be one.
    pub(crate) fn failure(&self) -> Option<Failure> {
        use PeerError::*;
        match self {
            Closed { .. } if self.in_handshake() => Some(Failure::NoDetail(NoDetail::Closed)),
            Reset { .. } if self.in_handshake() => Some(Failure::NoDetail(NoDetail::Reset)),
            HandshakeTimeout { .. } => Some(Failure::NoDetail(NoDetail::TimedOut)),
            MechanismMismatch { .. } => Some(Failure::Protocol(MECHANISM_MISMATCH)),
            UnexpectedCommand { .. } => Some(Failure::Protocol(UNEXPECTED_COMMAND)),
            MalformedError { .. } => Some(Failure::Protocol(MALFORMED_COMMAND_ERROR)),
            // libzmq keeps the first two to itself, which leaves its users with a riddle.
            SocketTypeMismatch { .. } | MetadataMalformed { .. } | MetadataTooLarge { .. } => {
                Some(Failure::Protocol(INVALID_METADATA))
            }
            Denied { status } => Some(Failure::Auth(*status)),
            Security(error) => error.failure(),
            // Peers of the NULL mechanism have never been told of these.
            OldPeer { .. }
            | Refused { .. }
            | HandshakeTooLong { .. }
            | ImpossibleLength { .. }
            | ZeroLength { .. }
            | NoMemory { .. } => None,
            // And these belong to a handshake that succeeded.
            Closed { .. }
            | Reset { .. }
            | HeartbeatLost { .. }
            | TtlExpired { .. }
            | FrameTooLong { .. }
            | NoDelimiter { .. }
            | NoGroup { .. }
            | TooManyParts { .. }
            | GroupTooLong { .. } => None,
        }
    }

    /// Whether it would happen again, so that a connecting side must not try again. What is left
    /// are broken connections and peers that took too long.
    pub(crate) fn is_protocol(&self) -> bool {
        use PeerError::*;
        match self {
            Closed { .. }
            | Reset { .. }
            | HandshakeTimeout { .. }
            | HeartbeatLost { .. }
            | TtlExpired { .. } => false,
            Security(error) => error.is_protocol(),
            OldPeer { .. }
            | MechanismMismatch { .. }
            | UnexpectedCommand { .. }
            | MalformedError { .. }
            | Denied { .. }
            | Refused { .. }
            | SocketTypeMismatch { .. }
            | MetadataMalformed { .. }
            | MetadataTooLarge { .. }
            | HandshakeTooLong { .. }
            | FrameTooLong { .. }
            | ImpossibleLength { .. }
            | ZeroLength { .. }
            | NoMemory { .. }
            | NoDelimiter { .. }
            | NoGroup { .. }
            | TooManyParts { .. }
            | GroupTooLong { .. } => true,
        }
    }

    /// Whether it happened before the handshake was complete.
    pub(crate) fn in_handshake(&self) -> bool {
        use PeerError::*;
        match self {
            Closed { stage }
            | Reset { stage }
            | ImpossibleLength { stage, .. }
            | ZeroLength { stage }
            | NoMemory { stage, .. } => *stage != Stage::Established,
            Security(error) => error.in_handshake(),
            HandshakeTimeout { .. }
            | OldPeer { .. }
            | MechanismMismatch { .. }
            | UnexpectedCommand { .. }
            | MalformedError { .. }
            | Denied { .. }
            | Refused { .. }
            | SocketTypeMismatch { .. }
            | MetadataMalformed { .. }
            | MetadataTooLarge { .. }
            | HandshakeTooLong { .. } => true,
            HeartbeatLost { .. }
            | TtlExpired { .. }
            | FrameTooLong { .. }
            | NoDelimiter { .. }
            | NoGroup { .. }
            | TooManyParts { .. }
            | GroupTooLong { .. } => false,
        }
    }
}

impl fmt::Display for PeerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use PeerError::*;
        match self {
            Closed { stage } => write!(f, "the peer closed the connection {stage}"),
            Reset { stage } => write!(f, "the connection broke {stage}"),
            HandshakeTimeout { after } => {
                write!(f, "the peer did not complete the handshake in {after} ms")
            }
            HeartbeatLost { timeout } => {
                write!(f, "nothing came from the peer in the {timeout} ms after a PING")
            }
            TtlExpired { ttl } => write!(
                f,
                "nothing came from the peer in the {ttl} ms that its own PING had announced"
            ),
            OldPeer { version } => write!(
                f,
                "the peer speaks {}, which has no security mechanism, but one is asked for",
                version.name()
            ),
            MechanismMismatch { own, peer } => {
                let end = peer.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
                let peer = peer.get(..end).unwrap_or_default().escape_ascii();
                write!(f, "the security mechanism is {own} here and \"{peer}\" at the peer")
            }
            UnexpectedCommand { expected, seen } => write!(
                f,
                "a {expected} command was expected in the handshake, not \"{}\"",
                seen.escape_ascii()
            ),
            MalformedError { len } => {
                write!(f, "the peer sent an ERROR whose reason of {len} bytes breaks off")
            }
            Denied { status } => write!(f, "the peer denied access with status {status}"),
            Refused { reason } => {
                write!(f, "the peer refused the connection: \"{}\"", reason.escape_ascii())
            }
            SocketTypeMismatch { own, peer } => {
                write!(
                    f,
                    "the peer's socket is {}, but ours is {own} and talks to",
                    peer.escape_ascii()
                )?;
                match own.peers() {
                    [] => f.write_str(" nobody"),
                    [first, others @ ..] => {
                        write!(f, " {first}")?;
                        others.iter().try_for_each(|other| write!(f, " or {other}"))
                    }
                }
            }
            MetadataMalformed { len, left } => {
                write!(f, "the last {left} of {len} bytes of metadata are not a whole property")
            }
            MetadataTooLarge { count, len } => write!(
                f,
                "metadata of at least {count} properties in {len} bytes is more than we keep"
            ),
            HandshakeTooLong { len, limit } => {
                write!(f, "a frame of {len} bytes in the handshake, where {limit} are the limit")
            }
            FrameTooLong { len, limit } => {
                write!(f, "the peer sent a frame of {len} bytes, but ZMQ_MAXMSGSIZE is {limit}")
            }
            ImpossibleLength { len, stage } => {
                write!(f, "the peer announced a frame of {len} bytes {stage}")
            }
            ZeroLength { stage } => {
                write!(f, "the peer sent a frame of ZMTP 1.0 with length zero {stage}")
            }
            NoMemory { len, stage } => {
                write!(f, "there is no memory for a frame of {len} bytes {stage}")
            }
            NoDelimiter { len, more } => write!(
                f,
                "a reply must begin with an empty frame, not with one of {len} bytes{}",
                if *more { "" } else { " and nothing behind it" }
            ),
            NoGroup { len } => {
                write!(f, "a message to a DISH has one frame of {len} bytes and no group")
            }
            TooManyParts { expected } => {
                write!(f, "a message has more than the {expected} frames that it may have")
            }
            Security(error) => write!(f, "{error}"),
            GroupTooLong { len, limit } => {
                write!(f, "the name of a group has {len} bytes, where {limit} are the limit")
            }
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stage::Greeting { received } => {
                write!(f, "in the greeting, of which {received} bytes had come")
            }
            Stage::Handshake => f.write_str("in the handshake"),
            Stage::Established => f.write_str("after the handshake"),
        }
    }
}

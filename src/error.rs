//! What a caller did wrong, or the system refused: the errors that become `errno`.
//!
//! What a *peer* did wrong never passes through here: it ends that connection and becomes a
//! monitor event.

#![forbid(unsafe_code)]

use std::ffi::c_int;

/// First number of the range in which ZeroMQ keeps its own errno values.
pub(crate) const HAUSNUMERO: c_int = 156_384_712;

/// The result of every call that can fail with an errno.
pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

/// One variant per condition that a C caller can be told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Error {
    /// The endpoint is taken.
    AddrInUse,
    /// The call would have to wait, or its time ran out.
    Again,
    /// A file descriptor that cannot be one.
    BadFd,
    /// A handle or pointer that is not what it should be.
    Fault,
    /// The call does not fit the state of the socket (EFSM).
    Fsm,
    /// No such peer.
    HostUnreachable,
    /// A signal handler ran, or the process forked, while the call waited.
    Interrupted,
    /// An argument is out of range, malformed, or unknown.
    Invalid,
    /// A limit on sockets or descriptors is reached.
    TooManySockets,
    /// The transport does not serve this type of socket (ENOCOMPATPROTO).
    IncompatibleProtocol,
    /// The text is longer than the system can take.
    NameTooLong,
    /// No interface or host of that name.
    NoDevice,
    /// No such endpoint on this socket.
    NoEntry,
    /// Memory is exhausted, or the size overflows.
    NoMemory,
    /// Not a socket, or a closed one.
    NotSocket,
    /// This type of socket does not do that.
    NotSupported,
    /// No I/O thread may serve this socket (EMTHREAD).
    NoThread,
    /// The transport is unknown or not built in.
    ProtocolNotSupported,
    /// The context was shut down (ETERM).
    Terminated,
    /// Whatever else the operating system answered.
    System(c_int),
}

impl Error {
    /// The number that C callers find in `errno`.
    pub(crate) fn errno(self) -> c_int {
        match self {
            Error::AddrInUse => libc::EADDRINUSE,
            Error::Again => libc::EAGAIN,
            Error::BadFd => libc::EBADF,
            Error::Fault => libc::EFAULT,
            Error::Fsm => HAUSNUMERO + 51,
            Error::HostUnreachable => libc::EHOSTUNREACH,
            Error::Interrupted => libc::EINTR,
            Error::Invalid => libc::EINVAL,
            Error::TooManySockets => libc::EMFILE,
            Error::IncompatibleProtocol => HAUSNUMERO + 52,
            Error::NameTooLong => libc::ENAMETOOLONG,
            Error::NoDevice => libc::ENODEV,
            Error::NoEntry => libc::ENOENT,
            Error::NoMemory => libc::ENOMEM,
            Error::NotSocket => libc::ENOTSOCK,
            Error::NotSupported => libc::ENOTSUP,
            Error::NoThread => HAUSNUMERO + 54,
            Error::ProtocolNotSupported => libc::EPROTONOSUPPORT,
            Error::Terminated => HAUSNUMERO + 53,
            Error::System(errno) => errno,
        }
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Error {
        Error::System(error.raw_os_error().unwrap_or(libc::EIO))
    }
}

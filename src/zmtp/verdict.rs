//! Judging a peer by who it says that it is: what is asked of somebody else, and what the answer
//! can be. Who that somebody is, is not the protocol's business; with libzmq it is a ZAP handler.

#![forbid(unsafe_code)]

use zeroize::Zeroizing;

use crate::crypto::Key;

/// Who a peer says that it is.
#[derive(Debug)]
pub(crate) enum Credentials {
    /// It does not say.
    Null,
    /// A name and a password.
    Plain {
        /// At most 255 bytes.
        username: Vec<u8>,
        /// At most 255 bytes.
        password: Zeroizing<Vec<u8>>,
    },
    /// It has proved that it has the secret key to this public one.
    Curve(Box<Key>),
    /// A third party that we trust vouches for this name.
    #[cfg(any(test, feature = "gssapi"))]
    Gssapi(Vec<u8>),
}

/// Why a peer is not let in, as ZAP numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// 300: perhaps later. The peer is not told.
    Temporary,
    /// 400: not with these credentials.
    Denied,
    /// 500: the one who was asked failed.
    Failed,
}

/// The answer.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// The peer is let in; what is known of it goes with its messages.
    Accepted(Vec<(Vec<u8>, Vec<u8>)>),
    /// It is not.
    Denied(Status),
}

impl Status {
    /// The number.
    pub(crate) fn number(self) -> u32 {
        match self {
            Status::Temporary => 300,
            Status::Denied => 400,
            Status::Failed => 500,
        }
    }

    /// What the peer is told.
    pub(super) fn reason(self) -> Option<&'static [u8]> {
        match self {
            Status::Temporary => None,
            Status::Denied => Some(b"400"),
            Status::Failed => Some(b"500"),
        }
    }
}

//! What makes the frames of a connection unreadable to others, whichever mechanism it comes from.

#![forbid(unsafe_code)]

use super::framing::Flags;
#[cfg(any(test, feature = "gssapi"))]
use super::gssapi;
use super::outgoing::Outgoing;
use super::security_error::SecurityError;
use super::{PeerError, curve};
use crate::msg::Msg;

/// Seals the frames that go, and opens those that come.
#[derive(Debug)]
pub(super) enum Sealing {
    /// With the keys that CURVE has agreed on.
    Curve(curve::Sealing),
    /// With a context of GSSAPI.
    #[cfg(any(test, feature = "gssapi"))]
    Gssapi(gssapi::Sealing),
}

impl From<curve::Sealing> for Sealing {
    fn from(sealing: curve::Sealing) -> Sealing {
        Sealing::Curve(sealing)
    }
}

impl Sealing {
    /// Writes a frame, unless there is a [`fault`](Self::fault).
    pub(super) fn seal(&mut self, flags: Flags, payload: &[u8], out: &mut Outgoing) {
        match self {
            Sealing::Curve(sealing) => sealing.seal(flags, payload, out),
            #[cfg(any(test, feature = "gssapi"))]
            Sealing::Gssapi(sealing) => sealing.seal(flags, payload, out),
        }
    }

    /// Opens a frame.
    pub(super) fn open(&mut self, body: &[u8]) -> Result<(Flags, Msg), PeerError> {
        match self {
            Sealing::Curve(sealing) => sealing.open(body),
            #[cfg(any(test, feature = "gssapi"))]
            Sealing::Gssapi(sealing) => sealing.open(body),
        }
    }

    /// How long the body of a frame becomes that carries this much; with GSSAPI at least.
    pub(super) fn body_len(&self, len: usize) -> usize {
        match self {
            Sealing::Curve(_) => len.saturating_add(curve::OVERHEAD),
            #[cfg(any(test, feature = "gssapi"))]
            Sealing::Gssapi(_) => len,
        }
    }

    /// Why no further frame can be sealed, if so; then the connection has to end.
    pub(super) fn fault(&self) -> Option<SecurityError> {
        match self {
            Sealing::Curve(sealing) => sealing.is_exhausted().then_some(SecurityError::OutOfNonces),
            #[cfg(any(test, feature = "gssapi"))]
            Sealing::Gssapi(sealing) => sealing.fault(),
        }
    }
}

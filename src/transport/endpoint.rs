//! Endpoint strings: `transport://address`, split and checked as far as all transports agree.

#![forbid(unsafe_code)]

use crate::error::{Error, Result};

/// The transports whose names are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// Within one context.
    Inproc,
    /// TCP.
    Tcp,
    /// Local sockets.
    Ipc,
    /// Datagrams. They are not built, but some types of socket refuse them in a way of their own.
    Udp,
}

/// A split endpoint string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint<'a> {
    /// What stands before `://`.
    pub(crate) scheme: Scheme,
    /// What stands after it.
    pub(crate) address: &'a [u8],
}

impl<'a> Endpoint<'a> {
    /// Splits an endpoint at the first `://`; both sides must be there.
    ///
    /// Malformed is `Invalid`; an unknown transport is `ProtocolNotSupported`, and so is a known
    /// one that is not written in small letters.
    pub(crate) fn parse(text: &'a [u8]) -> Result<Endpoint<'a>> {
        let at = text.windows(3).position(|three| three == b"://").ok_or(Error::Invalid)?;
        let (scheme, rest) = text.split_at(at);
        let address = rest.get(3..).unwrap_or_default();
        if scheme.is_empty() || address.is_empty() {
            return Err(Error::Invalid);
        }
        match scheme {
            b"inproc" => Ok(Endpoint { scheme: Scheme::Inproc, address }),
            b"tcp" => Ok(Endpoint { scheme: Scheme::Tcp, address }),
            b"ipc" => Ok(Endpoint { scheme: Scheme::Ipc, address }),
            b"udp" => Ok(Endpoint { scheme: Scheme::Udp, address }),
            _ => Err(Error::ProtocolNotSupported),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a61_malformed_endpoints_are_invalid() {
        for text in ["", "tcp", "tcp:", "tcp:/x", "tcp://", "ipc://", "://x", "inproc://"] {
            assert_eq!(Endpoint::parse(text.as_bytes()), Err(Error::Invalid), "{text:?}");
        }
    }

    #[test]
    fn a61_unknown_transports_are_not_supported() {
        for text in ["foo://x", "TCP://x", "INPROC://x", " tcp://x", "tcp ://x", "pgm://x"] {
            assert_eq!(
                Endpoint::parse(text.as_bytes()),
                Err(Error::ProtocolNotSupported),
                "{text:?}"
            );
        }
    }

    #[test]
    fn the_address_is_everything_after_the_first_separator() {
        let endpoint = Endpoint::parse(b"inproc://a://b").expect("well-formed");
        assert_eq!(endpoint.address, b"a://b");
    }
}

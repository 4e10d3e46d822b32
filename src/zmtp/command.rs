//! Commands: frames for the protocol itself, each with a name and what belongs to it.

#![forbid(unsafe_code)]

use super::framing::{Flags, Framing};
use super::reader::Reader;
use super::security_error::SecurityError;
use super::{PeerError, Stage};

/// Begins a handshake in which the client says who it is.
pub(super) const HELLO: &[u8] = b"HELLO";
/// Answers a [`HELLO`].
pub(super) const WELCOME: &[u8] = b"WELCOME";
/// Answers a [`WELCOME`], with the metadata of the client.
pub(super) const INITIATE: &[u8] = b"INITIATE";
/// Carries a sealed frame.
pub(super) const MESSAGE: &[u8] = b"MESSAGE";

/// Ends the handshake, with the metadata of the sender.
pub(super) const READY: &[u8] = b"READY";
/// Refuses the peer.
pub(super) const ERROR: &[u8] = b"ERROR";
/// Asks for a [`PONG`].
pub(super) const PING: &[u8] = b"PING";
/// Answers a [`PING`].
pub(super) const PONG: &[u8] = b"PONG";
/// Asks a publisher for a topic.
pub(super) const SUBSCRIBE: &[u8] = b"SUBSCRIBE";
/// Takes back a [`SUBSCRIBE`].
pub(super) const CANCEL: &[u8] = b"CANCEL";
/// Asks a RADIO for a group.
pub(super) const JOIN: &[u8] = b"JOIN";
/// Takes back a [`JOIN`].
pub(super) const LEAVE: &[u8] = b"LEAVE";

/// The longest context of a PING that comes back in the PONG.
pub(super) const CONTEXT_MAX: usize = 16;

/// A command of an established connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command<'a> {
    /// The peer wants a PONG with this context.
    Ping {
        /// In tenths of a second: how long we may wait for its next frame; 0: for ever.
        ttl: u16,
        /// At most [`CONTEXT_MAX`] bytes.
        context: &'a [u8],
    },
    /// The peer wants a topic.
    Subscribe(&'a [u8]),
    /// The peer does not want a topic any more.
    Cancel(&'a [u8]),
    /// The peer wants a group.
    Join(&'a [u8]),
    /// The peer does not want a group any more.
    Leave(&'a [u8]),
    /// Nothing to act upon: a PONG, or unknown, or malformed.
    Nothing,
}

impl Command<'_> {
    /// Reads the body of a command.
    pub(super) fn parse(body: &[u8]) -> Command<'_> {
        match named(body) {
            Some((PING, data)) => ping(data).unwrap_or(Command::Nothing),
            Some((SUBSCRIBE, topic)) => Command::Subscribe(topic),
            Some((CANCEL, topic)) => Command::Cancel(topic),
            Some((JOIN, group)) => Command::Join(group),
            Some((LEAVE, group)) => Command::Leave(group),
            Some(_) | None => Command::Nothing,
        }
    }
}

/// The name of a command and what follows it.
pub(super) fn named(body: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut reader = Reader::new(body);
    let name = reader.short_text()?;
    Some((name, reader.rest()))
}

/// The same where everything must be a command.
pub(super) fn structured(body: &[u8], stage: Stage) -> Result<(&[u8], &[u8]), PeerError> {
    let malformed = || SecurityError::Malformed { len: body.len(), stage };
    // A frame of one zero byte is a command without a name, and still none.
    let named = named(body).filter(|_| body.len() >= 2);
    named.ok_or_else(|| malformed().into())
}

/// A PING; one without a whole TTL is malformed.
fn ping(data: &[u8]) -> Option<Command<'_>> {
    let mut reader = Reader::new(data);
    let ttl = reader.u16()?;
    let context = reader.rest();
    Some(Command::Ping { ttl, context: context.get(..CONTEXT_MAX).unwrap_or(context) })
}

/// Writes the front of a command, up to and with its name; `len` bytes are to follow.
pub(super) fn begin(name: &[u8], len: usize, mut put: impl FnMut(&[u8])) {
    put(Framing::V2.write(Flags::COMMAND, 1 + name.len() + len).as_slice());
    // The names are ours, and short.
    put(&[name.len() as u8]);
    put(name);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_exact() {
        assert_eq!(Command::parse(b"\x09SUBSCRIBEtop"), Command::Subscribe(b"top"));
        assert_eq!(Command::parse(b"\x06CANCEL"), Command::Cancel(b""));
        assert_eq!(Command::parse(b"\x04JOINg"), Command::Join(b"g"));
        assert_eq!(Command::parse(b"\x05LEAVEg"), Command::Leave(b"g"));
        for body in [
            &b""[..],
            b"\x00",
            b"\x09subscribetop",
            b"\x0aSUBSCRIBEtop",
            b"\x08SUBSCRIBE",
            b"\x0aSUBSCRIBE",
            b"\xffPING\0\0",
            b"\x04PONGcontext",
            b"\x05READY",
            b"\x05ERROR\x03400",
        ] {
            assert_eq!(Command::parse(body), Command::Nothing, "{}", body.escape_ascii());
        }
    }

    #[test]
    fn w012_58_and_59_contexts_are_cut_and_short_pings_dropped() {
        assert_eq!(Command::parse(b"\x04PING"), Command::Nothing);
        assert_eq!(Command::parse(b"\x04PING\x01"), Command::Nothing);
        let empty = Command::Ping { ttl: 0x0123, context: b"" };
        assert_eq!(Command::parse(b"\x04PING\x01\x23"), empty);
        let cut = Command::Ping { ttl: 0, context: b"0123456789abcdef" };
        assert_eq!(Command::parse(b"\x04PING\0\x000123456789abcdefghij"), cut);
    }

    #[test]
    fn what_begins_is_named() {
        let mut bytes: Vec<u8> = Vec::new();
        begin(JOIN, 4, |piece| bytes.extend(piece));
        assert_eq!(bytes, b"\x04\x09\x04JOIN");
    }
}

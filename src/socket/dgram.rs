//! DGRAM: single datagrams, each with the address it goes to or came from in front.
//!
//! A message is exactly two frames. Without an endpoint there is nobody to take it, which is a
//! reason to wait and no more than that.

#![forbid(unsafe_code)]

use super::parts::frames::Frames;
use super::parts::sole_peer::SolePeer;
use super::pattern::{Attach, Base, Pattern};
use crate::core::pipes::PipeKey;
use crate::error::{Error, Result};
use crate::msg::Msg;

/// DGRAM.
#[derive(Debug)]
pub(crate) struct Dgram {
    endpoint: SolePeer,
    /// The next frame to be sent is a body, not an address.
    body: bool,
}

impl Dgram {
    /// A DGRAM.
    pub(crate) fn new() -> Dgram {
        Dgram { endpoint: SolePeer::new(), body: false }
    }
}

impl Pattern for Dgram {
    fn attach(&mut self, base: &mut Base, pipe: PipeKey, _how: Attach) {
        self.endpoint.attach(&mut base.pipes, pipe);
    }

    fn detached(&mut self, _base: &mut Base, pipe: PipeKey) {
        self.endpoint.detached(pipe);
    }

    fn send(&mut self, base: &mut Base, msg: &mut Msg) -> Result<()> {
        // A body whose address was accepted is accepted too, even if the endpoint is gone since.
        if !self.body && !self.endpoint.is_present() {
            return Err(Error::Again);
        }
        let more = msg.more();
        if more == self.body {
            return Err(Error::Invalid);
        }
        let sent = self.endpoint.send(&mut base.pipes, msg, base.may_wait);
        // A body that failed was lost with its address.
        self.body = more && sent.is_ok();
        sent
    }

    fn recv(&mut self, base: &mut Base, msg: &mut Msg) -> Result<()> {
        self.endpoint.recv(&mut base.pipes, msg, Frames::Many)
    }

    fn has_in(&mut self, base: &mut Base) -> bool {
        self.endpoint.has_in(&mut base.pipes)
    }

    fn has_out(&mut self, base: &mut Base) -> bool {
        self.endpoint.has_out(&mut base.pipes)
    }

    fn read_activated(&mut self, _base: &mut Base, pipe: PipeKey) {
        self.endpoint.read_activated(pipe);
    }

    fn write_activated(&mut self, _base: &mut Base, pipe: PipeKey) {
        self.endpoint.write_activated(pipe);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::socket::testing::{Rig, connect};

    #[test]
    fn without_an_endpoint_one_can_only_wait() {
        let mut dgram = Rig::new(Dgram::new());
        assert_eq!(dgram.send_frame(b"127.0.0.1:9", true), Err(Error::Again));
        assert_eq!(dgram.send_frame(b"x", false), Err(Error::Again));
        assert_eq!(dgram.recv(), Err(Error::Again));
        assert!(!dgram.has_in() && !dgram.has_out());
    }

    #[test]
    fn h169_exactly_two_frames() {
        let (mut dgram, mut endpoint) = (Rig::new(Dgram::new()), Rig::new(Dgram::new()));
        connect(&mut dgram, &mut endpoint);
        assert!(dgram.has_out());
        assert_eq!(dgram.send_frame(b"alone", false), Err(Error::Invalid));
        dgram.send_frame(b"127.0.0.1:9", true).unwrap();
        assert_eq!(dgram.send_frame(b"body", true), Err(Error::Invalid));
        dgram.send_frame(b"body", false).unwrap();
        assert_eq!(dgram.send_frame(b"alone", false), Err(Error::Invalid));
        assert_eq!(endpoint.recv().unwrap(), [b"127.0.0.1:9".as_slice(), b"body"]);
    }

    #[test]
    fn a_body_is_lost_with_its_endpoint() {
        let (mut dgram, mut endpoint) = (Rig::new(Dgram::new()), Rig::new(Dgram::new()));
        connect(&mut dgram, &mut endpoint);
        dgram.send_frame(b"127.0.0.1:9", true).unwrap();
        endpoint.disconnect();
        dgram.send_frame(b"body", false).unwrap();
        assert_eq!(dgram.send_frame(b"127.0.0.1:9", true), Err(Error::Again));
    }
}

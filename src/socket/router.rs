//! ROUTER: messages from all peers, each with the routing id of its peer in front, and messages to
//! the peer that is named in front.
//!
//! Incoming: the first frame of a message is read together with the id and waits in `incoming`
//! until the id was handed out. Asking whether there is anything to read fills that place too, so
//! what was announced stays readable when its peer is gone. Frames after the first are read
//! straight from the pipe.
//!
//! Outgoing: once the id is accepted the whole message is, even if the peer is lost half-way.

#![forbid(unsafe_code)]

use super::pattern::{Attach, Base, Pattern};
use super::routing::Routes;
use crate::core::pipes::PipeKey;
use crate::error::{Error, Result};
use crate::msg::Msg;

/// ROUTER.
#[derive(Debug)]
pub(crate) struct Router {
    routes: Routes,
    incoming: Incoming,
    outgoing: Outgoing,
}

/// Frames that were read and not handed out.
#[derive(Debug)]
enum Incoming {
    /// None.
    Nothing,
    /// The id of a peer and the first frame of its message.
    IdAndFirst(Msg, Msg),
    /// The first frame of a message whose id was handed out.
    First(Msg),
}

/// What the next frame to be sent is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outgoing {
    /// The id of a peer.
    Address,
    /// Part of a message to this pipe.
    Body(PipeKey),
    /// Part of a message that nobody gets.
    Undeliverable,
}

impl Router {
    /// A ROUTER.
    pub(crate) fn new() -> Router {
        Router { routes: Routes::new(), incoming: Incoming::Nothing, outgoing: Outgoing::Address }
    }

    /// Reads the first frame of a message and puts the id of its peer before it.
    fn fetch(&mut self, base: &mut Base) -> Result<()> {
        let pipe = self.routes.next(base).ok_or(Error::Again)?;
        // The id comes first: if memory runs out, the message is still where it was.
        let mut id = Msg::from_slice(self.routes.id(pipe).unwrap_or_default())?;
        let mut first = Msg::empty();
        if self.routes.recv(base, &mut first).is_none() {
            return Err(Error::Again);
        }
        id.set_more(true);
        id.set_metadata(first.metadata().cloned());
        self.incoming = Incoming::IdAndFirst(id, first);
        Ok(())
    }

    /// Hands out what `fetch` has read.
    fn hand_out(&mut self, msg: &mut Msg) -> bool {
        match std::mem::replace(&mut self.incoming, Incoming::Nothing) {
            Incoming::Nothing => false,
            Incoming::IdAndFirst(id, first) => {
                *msg = id;
                self.incoming = Incoming::First(first);
                true
            }
            Incoming::First(first) => {
                *msg = first;
                true
            }
        }
    }

    /// Chooses the peer of a message by its first frame.
    fn address(&mut self, base: &mut Base, id: &[u8]) -> Result<Outgoing> {
        let error = match self.routes.pipe(id) {
            Some(pipe) if base.pipes.check_write(pipe) => return Ok(Outgoing::Body(pipe)),
            Some(pipe) if base.pipes.is_alive(pipe) => Error::Again,
            Some(_) | None => Error::HostUnreachable,
        };
        if self.routes.mandatory() { Err(error) } else { Ok(Outgoing::Undeliverable) }
    }
}

impl Pattern for Router {
    fn attach(&mut self, base: &mut Base, pipe: PipeKey, how: Attach) {
        self.routes.attach(base, pipe, how);
    }

    fn identified(&mut self, base: &mut Base, pipe: PipeKey) {
        self.routes.identified(base, pipe);
    }

    fn detached(&mut self, _base: &mut Base, pipe: PipeKey) {
        self.routes.detached(pipe);
        if self.outgoing == Outgoing::Body(pipe) {
            self.outgoing = Outgoing::Undeliverable;
        }
    }

    fn send(&mut self, base: &mut Base, msg: &mut Msg) -> Result<()> {
        let more = msg.more();
        match self.outgoing {
            // An id without a message is no message.
            Outgoing::Address if !more => {}
            Outgoing::Address => self.outgoing = self.address(base, msg.data())?,
            Outgoing::Undeliverable if more => {}
            Outgoing::Undeliverable => self.outgoing = Outgoing::Address,
            // Bytes have no end, so a raw message is always one frame; an empty one is the wish to
            // close the connection.
            Outgoing::Body(pipe) if base.options.router_raw => {
                msg.set_more(false);
                if msg.is_empty() {
                    base.pipes.terminate(pipe);
                } else if base.pipes.write(pipe, msg) {
                    base.pipes.flush(pipe);
                }
                self.outgoing = Outgoing::Address;
            }
            Outgoing::Body(pipe) => {
                let written = base.pipes.write(pipe, msg);
                if !written {
                    // There was room for the message when it began, so the pipe is closing.
                    base.pipes.rollback(pipe);
                }
                self.outgoing = match (more, written) {
                    (true, true) => Outgoing::Body(pipe),
                    (true, false) => Outgoing::Undeliverable,
                    (false, _) => Outgoing::Address,
                };
                if written && !more {
                    base.pipes.flush(pipe);
                }
            }
        }
        *msg = Msg::empty();
        Ok(())
    }

    fn recv(&mut self, base: &mut Base, msg: &mut Msg) -> Result<()> {
        if self.hand_out(msg) || self.routes.recv_more(base, msg) {
            return Ok(());
        }
        self.fetch(base)?;
        self.hand_out(msg);
        Ok(())
    }

    fn has_in(&mut self, base: &mut Base) -> bool {
        match self.incoming {
            Incoming::IdAndFirst(..) | Incoming::First(_) => true,
            Incoming::Nothing => self.routes.has_more(base) || self.fetch(base).is_ok(),
        }
    }

    /// The answer is about the next message, also while one is being sent: the rest of that one is
    /// taken in any case, and programs ask in order to see whether their peers are there.
    fn has_out(&mut self, base: &mut Base) -> bool {
        !self.routes.mandatory() || self.routes.has_room(base)
    }

    fn read_activated(&mut self, _base: &mut Base, pipe: PipeKey) {
        self.routes.read_activated(pipe);
    }

    fn set_option(&mut self, base: &mut Base, option: i32, value: &[u8]) -> Result<()> {
        self.routes.set_option(base, option, value)
    }

    fn check_connect(&self, _base: &Base) -> Result<()> {
        self.routes.check_connect()
    }

    fn peer_state(&mut self, base: &mut Base, routing_id: &[u8]) -> Result<i32> {
        self.routes.peer_state(base, routing_id)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::core::options;
    use crate::msg::Metadata;
    use crate::socket::dealer::Dealer;
    use crate::socket::testing::{Rig, connect};

    fn pair() -> (Rig<Router>, Rig<Dealer>) {
        let (mut router, mut dealer) = (Rig::new(Router::new()), dealer("d"));
        connect(&mut dealer, &mut router);
        (router, dealer)
    }

    fn dealer(id: &str) -> Rig<Dealer> {
        Rig::new(Dealer::new()).called(id)
    }

    #[test]
    fn without_peers() {
        let mut router = Rig::new(Router::new());
        assert_eq!(router.recv(), Err(Error::Again));
        assert!(router.has_out() && !router.has_in());
        router.send(&[b"unknown", b"dropped"]).unwrap();
        router.send(&[b"no id"]).unwrap();
        router.set(options::ROUTER_MANDATORY, 1).unwrap();
        assert!(!router.has_out());
        assert_eq!(router.send_frame(b"unknown", true), Err(Error::HostUnreachable));
        router.send_frame(b"swallowed", false).unwrap();
        assert_eq!(router.send_frame(b"unknown", true), Err(Error::HostUnreachable));
    }

    #[test]
    fn messages_carry_the_id_in_and_out() {
        let (mut router, mut a) = pair();
        let mut b = dealer("b");
        connect(&mut router, &mut b);
        a.send(&[b"1", b"", b"3"]).unwrap();
        b.send(&[b"from b"]).unwrap();
        assert_eq!(router.recv().unwrap(), [b"d".as_slice(), b"1", b"", b"3"]);
        assert_eq!(router.recv().unwrap(), [b"b".as_slice(), b"from b"]);
        assert_eq!(router.recv(), Err(Error::Again));
        router.send(&[b"b", b"to", b"b"]).unwrap();
        router.send(&[b"d", b""]).unwrap();
        assert_eq!(b.recv().unwrap(), [b"to", b"b".as_slice()]);
        assert_eq!(a.recv().unwrap(), [b""]);
    }

    #[test]
    fn h118_an_id_without_a_message_is_swallowed() {
        let (mut router, mut dealer) = pair();
        router.send_frame(b"d", false).unwrap();
        router.send(&[b"d", b"whole"]).unwrap();
        assert_eq!(dealer.recv().unwrap(), [b"whole"]);
    }

    #[test]
    fn h134_sending_within_a_message_that_is_read() {
        let (mut router, mut dealer) = pair();
        dealer.send(&[b"1", b"2"]).unwrap();
        for part in [b"d", b"1", b"2"] {
            router.send(&[b"d", b"re", part]).unwrap();
            assert_eq!(router.recv_msg().unwrap().data(), part);
            assert_eq!(dealer.recv().unwrap(), [b"re".as_slice(), part]);
        }
    }

    #[test]
    fn h113_a_full_peer_is_waited_for_if_mandatory_and_passed_over_if_not() {
        let mut router = Rig::new(Router::new()).with_hwm(1);
        let mut dealer = dealer("d").with_hwm(1);
        connect(&mut router, &mut dealer);
        for number in 0..3 {
            assert!(router.has_out());
            router.send(&[b"d", &[number]]).unwrap();
        }
        router.set(options::ROUTER_MANDATORY, 1).unwrap();
        assert!(!router.has_out());
        assert_eq!(router.send_frame(b"d", true), Err(Error::Again));
        assert_eq!(router.send_frame(b"x", true), Err(Error::HostUnreachable));
        assert_eq!(dealer.recv().unwrap(), [[0]]);
        assert!(router.has_out());
        router.send(&[b"d", b"3"]).unwrap();
        assert_eq!(dealer.recv().unwrap(), [[1]]);
        assert_eq!(dealer.recv().unwrap(), [b"3"]);
    }

    #[test]
    fn a_message_that_was_begun_is_finished_whatever_the_limit() {
        let mut router = Rig::new(Router::new()).with_hwm(1);
        let mut dealer = dealer("d").with_hwm(1);
        connect(&mut router, &mut dealer);
        router.set(options::ROUTER_MANDATORY, 1).unwrap();
        router.send(&[b"d", b"fill"]).unwrap();
        router.send_frame(b"d", true).unwrap();
        (0..5).for_each(|_| router.send_frame(b"part", true).unwrap());
        router.send_frame(b"end", false).unwrap();
        assert!(!router.has_out());
    }

    #[test]
    fn h115_who_has_gone_is_unreachable_with_messages_unread_or_not() {
        let (mut router, mut dealer) = pair();
        router.set(options::ROUTER_MANDATORY, 1).unwrap();
        dealer.send(&[b"unread"]).unwrap();
        dealer.disconnect();
        assert_eq!(router.send_frame(b"d", true), Err(Error::HostUnreachable));
        assert!(!router.has_out());
        router.set(options::ROUTER_MANDATORY, 0).unwrap();
        router.send(&[b"d", b"dropped"]).unwrap();
        router.set(options::ROUTER_MANDATORY, 1).unwrap();
        assert_eq!(router.recv().unwrap(), [b"d".as_slice(), b"unread"]);
        assert_eq!(router.recv(), Err(Error::Again));
        assert_eq!(router.pipe_count(), 0);
        assert_eq!(router.send_frame(b"d", true), Err(Error::HostUnreachable));
    }

    #[test]
    fn a_peer_lost_within_a_message_gets_nothing_and_nobody_is_told() {
        for unread in [false, true] {
            for parts in 0..3 {
                let (mut router, mut dealer) = pair();
                router.set(options::ROUTER_MANDATORY, 1).unwrap();
                if unread {
                    dealer.send(&[b"unread"]).unwrap();
                }
                router.send_frame(b"d", true).unwrap();
                (0..parts).for_each(|_| router.send_frame(b"part", true).unwrap());
                dealer.disconnect();
                assert!(!router.has_out());
                router.send_frame(b"part", true).unwrap();
                router.send_frame(b"end", false).unwrap();
                assert_eq!(router.send_frame(b"d", true), Err(Error::HostUnreachable));
            }
        }
    }

    #[test]
    fn h121_messages_outlive_their_peer_and_its_id_comes_first() {
        let (mut router, mut dealer) = pair();
        dealer.send(&[b"1", b"2"]).unwrap();
        dealer.send(&[b"3"]).unwrap();
        assert_eq!(router.recv_msg().unwrap().data(), b"d");
        dealer.disconnect();
        assert_eq!(router.recv().unwrap(), [b"1", b"2"]);
        assert_eq!(router.recv().unwrap(), [b"d", b"3"]);
        assert_eq!(router.recv(), Err(Error::Again));
    }

    #[test]
    fn what_was_announced_stays_readable() {
        let (mut router, mut dealer) = pair();
        dealer.send(&[b"1"]).unwrap();
        dealer.send(&[b"2"]).unwrap();
        assert!(router.has_in());
        router.disconnect();
        dealer.process();
        assert_eq!(router.pipe_count(), 0);
        assert!(router.has_in());
        assert_eq!(router.recv_msg().unwrap().data(), b"d");
        assert!(router.has_in());
        assert_eq!(router.recv().unwrap(), [b"1"]);
        assert!(!router.has_in());
        assert_eq!(router.recv(), Err(Error::Again));
    }

    #[test]
    fn a_message_that_was_cut_is_followed_by_an_id() {
        let (mut router, mut dealer) = pair();
        dealer.send(&[b"1", b"2"]).unwrap();
        assert_eq!(router.recv_msg().unwrap().data(), b"d");
        assert_eq!(router.recv_msg().unwrap().data(), b"1");
        assert!(router.has_in());
        router.disconnect();
        assert!(!router.has_in());
        let mut other = self::dealer("other");
        connect(&mut other, &mut router);
        other.send(&[b"x"]).unwrap();
        assert!(router.has_in());
        assert_eq!(router.recv().unwrap(), [b"other".as_slice(), b"x"]);
    }

    #[test]
    fn asking_within_a_message_does_not_begin_another_one() {
        let (mut router, mut dealer) = pair();
        dealer.send(&[b"1", b"2", b"3"]).unwrap();
        for part in [b"d", b"1", b"2", b"3"] {
            assert!(router.has_in());
            assert_eq!(router.recv_msg().unwrap().data(), part);
        }
        assert!(!router.has_in());
    }

    #[test]
    fn h133_the_id_has_the_properties_of_the_first_frame() {
        for ask in [false, true] {
            let (mut router, mut dealer) = pair();
            let mut msg = Msg::from_slice(b"x").unwrap();
            let properties = Arc::new(Metadata::new());
            msg.set_metadata(Some(Arc::clone(&properties)));
            dealer.send_msg(&mut msg).unwrap();
            assert!(!ask || router.has_in());
            for _ in 0..2 {
                let frame = router.recv_msg().unwrap();
                assert!(Arc::ptr_eq(frame.metadata().unwrap(), &properties));
            }
        }
    }
}

//! REP: answers one request after the other.
//!
//! A request begins with its way back: frames up to and with the first empty one. They are kept
//! and put before the answer. What cannot be answered, because it has no way back, is skipped; an
//! answer to a peer that is gone or has no room is dropped, and nobody is told.

#![forbid(unsafe_code)]

use super::pattern::{Attach, Base, Pattern};
use super::routing::Routes;
use crate::core::pipes::PipeKey;
use crate::error::{Error, Result};
use crate::msg::Msg;

/// REP.
#[derive(Debug)]
pub(crate) struct Rep {
    routes: Routes,
    state: State,
    /// The way back of the request that is read or answered, its empty frame included.
    envelope: Vec<Msg>,
}

/// Where the exchange stands. The pipe is the requester's, as long as it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// A request is due.
    Awaiting,
    /// A request was read in part.
    Reading(Option<PipeKey>),
    /// An answer is due.
    Due(Option<PipeKey>),
    /// An answer was sent in part.
    Answering(Option<PipeKey>),
}

impl Rep {
    /// A REP.
    pub(crate) fn new() -> Rep {
        Rep { routes: Routes::new(), state: State::Awaiting, envelope: Vec::new() }
    }

    /// Reads up to the first frame that the application may see.
    fn begin_request(&mut self, base: &mut Base, msg: &mut Msg) -> Option<PipeKey> {
        loop {
            self.envelope.clear();
            let pipe = self.routes.recv(base, msg)?;
            while msg.more() {
                let delimiter = msg.is_empty();
                let mut frame = msg.take();
                // What the link said about the request does not concern whoever gets the answer.
                frame.set_metadata(None);
                self.envelope.push(frame);
                if !self.routes.recv_more(base, msg) {
                    break;
                }
                if delimiter {
                    return Some(pipe);
                }
            }
        }
    }

    /// Begins an answer; it goes nowhere unless the requester has room for it.
    fn begin_answer(&mut self, base: &mut Base, to: Option<PipeKey>) -> Option<PipeKey> {
        let to = to.filter(|&pipe| base.pipes.check_write(pipe));
        let mut written = true;
        for mut frame in self.envelope.drain(..) {
            written = written && to.is_some_and(|pipe| base.pipes.write(pipe, &mut frame));
        }
        to.filter(|&pipe| {
            if !written {
                base.pipes.rollback(pipe);
            }
            written
        })
    }
}

impl Pattern for Rep {
    fn attach(&mut self, base: &mut Base, pipe: PipeKey, how: Attach) {
        self.routes.attach(base, pipe, how);
    }

    fn identified(&mut self, base: &mut Base, pipe: PipeKey) {
        self.routes.identified(base, pipe);
    }

    fn detached(&mut self, _base: &mut Base, pipe: PipeKey) {
        self.routes.detached(pipe);
        let still = |requester: Option<PipeKey>| requester.filter(|&key| key != pipe);
        self.state = match self.state {
            State::Awaiting => State::Awaiting,
            State::Reading(from) => State::Reading(still(from)),
            State::Due(to) => State::Due(still(to)),
            State::Answering(to) => State::Answering(still(to)),
        };
    }

    fn send(&mut self, base: &mut Base, msg: &mut Msg) -> Result<()> {
        let more = msg.more();
        let to = match self.state {
            State::Awaiting | State::Reading(_) => return Err(Error::Fsm),
            State::Due(to) => self.begin_answer(base, to),
            State::Answering(to) => to,
        };
        let to = to.filter(|&pipe| {
            let written = base.pipes.write(pipe, msg);
            if !written {
                base.pipes.rollback(pipe);
            }
            written
        });
        *msg = Msg::empty();
        if more {
            self.state = State::Answering(to);
        } else {
            self.state = State::Awaiting;
            if let Some(pipe) = to {
                base.pipes.flush(pipe);
            }
        }
        Ok(())
    }

    fn recv(&mut self, base: &mut Base, msg: &mut Msg) -> Result<()> {
        let from = match self.state {
            State::Due(_) | State::Answering(_) => return Err(Error::Fsm),
            State::Reading(from) if self.routes.recv_more(base, msg) => from,
            // A request that was cut will not be answered; the next one begins.
            State::Awaiting | State::Reading(_) => {
                self.state = State::Awaiting;
                Some(self.begin_request(base, msg).ok_or(Error::Again)?)
            }
        };
        self.state = if msg.more() { State::Reading(from) } else { State::Due(from) };
        Ok(())
    }

    fn has_in(&mut self, base: &mut Base) -> bool {
        match self.state {
            State::Awaiting | State::Reading(_) => self.routes.next(base).is_some(),
            State::Due(_) | State::Answering(_) => false,
        }
    }

    fn has_out(&mut self, _base: &mut Base) -> bool {
        match self.state {
            State::Awaiting | State::Reading(_) => false,
            State::Due(_) | State::Answering(_) => true,
        }
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
    use super::*;
    use crate::core::options;
    use crate::socket::dealer::Dealer;
    use crate::socket::testing::{Rig, connect, connect_unnamed, name};

    fn pair() -> (Rig<Rep>, Rig<Dealer>) {
        let (mut rep, mut dealer) = (Rig::new(Rep::new()), Rig::new(Dealer::new()));
        connect(&mut dealer, &mut rep);
        (rep, dealer)
    }

    #[test]
    fn h85_without_peers() {
        let mut rep = Rig::new(Rep::new());
        assert_eq!(rep.send(&[b"x"]), Err(Error::Fsm));
        assert_eq!(rep.recv(), Err(Error::Again));
        assert!(!rep.has_in() && !rep.has_out());
    }

    #[test]
    fn h87_h88_h90_request_and_answer_take_turns() {
        let (mut rep, mut dealer) = pair();
        dealer.send(&[b"", b"1", b"", b"3"]).unwrap();
        dealer.send(&[b"", b"next"]).unwrap();
        assert!(rep.has_in() && !rep.has_out());
        assert_eq!(rep.recv_msg().unwrap().data(), b"1");
        assert_eq!(rep.send(&[b"x"]), Err(Error::Fsm));
        assert!(rep.has_in() && !rep.has_out());
        assert_eq!(rep.recv().unwrap(), [b"".as_slice(), b"3"]);
        assert!(!rep.has_in() && rep.has_out());
        assert_eq!(rep.recv(), Err(Error::Fsm));
        rep.send_frame(b"a", true).unwrap();
        assert_eq!(rep.recv(), Err(Error::Fsm));
        assert!(!rep.has_in() && rep.has_out());
        rep.send_frame(b"b", false).unwrap();
        assert_eq!(rep.send(&[b"x"]), Err(Error::Fsm));
        assert_eq!(dealer.recv().unwrap(), [b"".as_slice(), b"a", b"b"]);
        assert_eq!(rep.recv().unwrap(), [b"next"]);
    }

    #[test]
    fn h94_the_way_back_may_be_long() {
        let (mut rep, mut dealer) = pair();
        dealer.send(&[b"X", b"Y", b"", b"A"]).unwrap();
        assert_eq!(rep.recv().unwrap(), [b"A"]);
        rep.send(&[b"reply"]).unwrap();
        assert_eq!(dealer.recv().unwrap(), [b"X".as_slice(), b"Y", b"", b"reply"]);
    }

    #[test]
    fn h95_h96_what_cannot_be_answered_is_skipped() {
        let (mut rep, mut dealer) = pair();
        dealer.send(&[b"no", b"way", b"back"]).unwrap();
        dealer.send(&[b""]).unwrap();
        dealer.send(&[b"X", b""]).unwrap();
        assert_eq!(rep.recv(), Err(Error::Again));
        dealer.send(&[b"alone"]).unwrap();
        dealer.send(&[b"", b""]).unwrap();
        assert_eq!(rep.recv().unwrap(), [b""]);
        rep.send(&[b"ok"]).unwrap();
        assert_eq!(dealer.recv().unwrap(), [b"".as_slice(), b"ok"]);
    }

    #[test]
    fn h97_an_answer_to_nobody_succeeds() {
        for parts in 0..3 {
            let (mut rep, mut dealer) = pair();
            let mut other = Rig::new(Dealer::new());
            connect(&mut other, &mut rep);
            dealer.send(&[b"", b"1"]).unwrap();
            assert_eq!(rep.recv().unwrap(), [b"1"]);
            // The requester goes before the answer, or after some of its frames.
            (0..parts).for_each(|_| rep.send_frame(b"part", true).unwrap());
            dealer.disconnect();
            rep.send(&[b"to", b"nobody"]).unwrap();
            other.send(&[b"", b"2"]).unwrap();
            assert_eq!(rep.recv().unwrap(), [b"2"]);
            rep.send(&[b"to", b"somebody"]).unwrap();
            assert_eq!(other.recv().unwrap(), [b"".as_slice(), b"to", b"somebody"]);
        }
    }

    #[test]
    fn h97_the_slot_of_a_requester_that_is_gone_is_not_its_successor() {
        let (mut rep, mut dealer) = (Rig::new(Rep::new()), Rig::new(Dealer::new()));
        let (_, slot) = connect(&mut dealer, &mut rep);
        dealer.send(&[b"", b"1"]).unwrap();
        assert_eq!(rep.recv().unwrap(), [b"1"]);
        dealer.disconnect();
        rep.process();
        let mut successor = Rig::new(Dealer::new());
        assert_eq!(connect(&mut successor, &mut rep).1, slot);
        rep.send(&[b"to nobody"]).unwrap();
        assert_eq!(successor.recv(), Err(Error::Again));
    }

    #[test]
    fn h98_an_answer_without_room_is_dropped() {
        let mut rep = Rig::new(Rep::new()).with_hwm(1);
        let mut dealer = Rig::new(Dealer::new()).with_hwm(1);
        connect(&mut dealer, &mut rep);
        for number in 0..3 {
            dealer.send(&[b"", &[number]]).unwrap();
            assert_eq!(rep.recv().unwrap(), [[number]]);
            rep.send(&[&[number], b"answer"]).unwrap();
        }
        for number in 0..2 {
            assert_eq!(dealer.recv().unwrap(), [b"".as_slice(), &[number], b"answer"]);
        }
        assert_eq!(dealer.recv(), Err(Error::Again));
    }

    #[test]
    fn a_request_that_was_cut_is_followed_by_the_next_one() {
        let (mut rep, mut dealer) = pair();
        dealer.send(&[b"", b"1", b"2"]).unwrap();
        assert_eq!(rep.recv_msg().unwrap().data(), b"1");
        rep.disconnect();
        let mut other = Rig::new(Dealer::new());
        connect(&mut other, &mut rep);
        assert_eq!(rep.recv(), Err(Error::Again));
        other.send(&[b"", b"whole"]).unwrap();
        assert_eq!(rep.recv().unwrap(), [b"whole"]);
        rep.send(&[b"answer"]).unwrap();
        assert_eq!(other.recv().unwrap(), [b"".as_slice(), b"answer"]);
    }

    #[test]
    fn peers_have_names_as_at_a_router() {
        let mut rep = Rig::new(Rep::new());
        let mut dealers = [(); 2].map(|()| Rig::new(Dealer::new()).called("same"));
        let [first, second] = &mut dealers;
        let (_, unnamed) = connect_unnamed(first, &mut rep);
        first.send(&[b"", b"early"]).unwrap();
        assert_eq!(rep.recv(), Err(Error::Again));
        name(&mut rep, unnamed, b"same");
        connect(second, &mut rep);
        second.send(&[b"", b"ignored"]).unwrap();
        assert_eq!(rep.recv().unwrap(), [b"early"]);
        rep.send(&[b"answer"]).unwrap();
        assert_eq!(rep.recv(), Err(Error::Again));
        let Rig { pattern, base, .. } = &mut rep;
        assert_eq!(pattern.peer_state(base, b"same"), Ok(2));
        assert_eq!(pattern.peer_state(base, b"other"), Err(Error::HostUnreachable));
        assert_eq!(rep.set(options::ROUTER_MANDATORY, 1), Ok(()));
        assert_eq!(rep.set(options::PROBE_ROUTER, 1), Ok(()));
    }
}

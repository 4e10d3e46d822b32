//! REQ: asks, waits for the answer, asks again.
//!
//! A request carries an empty frame in front, and with `ZMQ_REQ_CORRELATE` a number before that;
//! an answer must begin in the same way, and come from the peer that was asked. Whatever else
//! arrives is skipped. If the asked peer is gone, any other may answer: a request may have reached
//! it over another way.

#![forbid(unsafe_code)]

use super::parts::directory::Numbers;
use super::parts::fair_queue::FairQueue;
use super::parts::load_balancer::LoadBalancer;
use super::parts::probe::Probe;
use super::parts::switch::switch;
use super::pattern::{Attach, Base, Pattern};
use crate::core::options;
use crate::core::pipes::{PipeKey, Pipes};
use crate::error::{Error, Result};
use crate::msg::Msg;

/// REQ.
#[derive(Debug)]
pub(crate) struct Req {
    inbound: FairQueue,
    outbound: LoadBalancer,
    state: State,
    /// Numbers of requests (`ZMQ_REQ_CORRELATE`).
    numbers: Numbers,
    correlate: bool,
    relaxed: bool,
    probe: Probe,
}

/// Where the exchange stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// A request may begin.
    Ready,
    /// A request was sent in part.
    Composing(Question),
    /// An answer is due.
    Awaiting(Question),
    /// An answer was read in part.
    Reading(Question),
}

/// Which answer is acceptable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Question {
    /// The pipe that the request went to; none if it is gone.
    asked: Option<PipeKey>,
    /// The number that the answer must bear, as it stands in its first frame.
    number: Option<[u8; 4]>,
}

impl Req {
    /// A REQ.
    pub(crate) fn new() -> Req {
        Req {
            inbound: FairQueue::new(),
            outbound: LoadBalancer::new(),
            state: State::Ready,
            numbers: Numbers::new(),
            correlate: false,
            relaxed: false,
            probe: Probe::default(),
        }
    }

    /// Chooses a peer, sends it the frames before the request, and clears the table.
    ///
    /// Nothing has changed if that fails.
    fn ask(&mut self, base: &mut Base) -> Result<Question> {
        let number = self.correlate.then(|| self.numbers.peek().to_ne_bytes());
        let mut delimiter = Msg::empty();
        delimiter.set_more(true);
        let asked = match number {
            None => self.outbound.send(&mut base.pipes, &mut delimiter, base.may_wait)?,
            Some(number) => {
                let mut frame = Msg::from_slice(&number)?;
                frame.set_more(true);
                self.outbound.send(&mut base.pipes, &mut frame, base.may_wait)?;
                self.numbers.next();
                // From here on the request counts as begun, so a loss shows like a later one.
                self.outbound.send(&mut base.pipes, &mut delimiter, true)?
            }
        };
        let mut stale = Msg::empty();
        while self.inbound.recv(&mut base.pipes, &mut stale).is_some() {}
        Ok(Question { asked, number })
    }

    /// Reads up to the first frame of an acceptable answer that the application may see.
    fn begin_answer(&mut self, pipes: &mut Pipes, msg: &mut Msg, question: Question) -> bool {
        while let Some(pipe) = self.inbound.recv(pipes, msg) {
            if question.asked.is_none_or(|asked| asked == pipe)
                && self.strip(pipes, msg, question.number)
            {
                return true;
            }
            self.inbound.discard_rest(pipes);
        }
        false
    }

    /// Goes past the frames before an answer, of which the first one is at hand.
    fn strip(&mut self, pipes: &mut Pipes, msg: &mut Msg, number: Option<[u8; 4]>) -> bool {
        if let Some(number) = number {
            if msg.data() != number || !self.inbound.recv_more(pipes, msg) {
                return false;
            }
        }
        msg.is_empty() && self.inbound.recv_more(pipes, msg)
    }
}

impl Pattern for Req {
    fn attach(&mut self, base: &mut Base, pipe: PipeKey, _how: Attach) {
        self.probe.attach(&mut base.pipes, pipe);
        self.inbound.attach(pipe);
        self.outbound.attach(pipe);
    }

    fn detached(&mut self, _base: &mut Base, pipe: PipeKey) {
        self.inbound.detach(pipe);
        self.outbound.detach(pipe);
        match &mut self.state {
            State::Ready => {}
            State::Composing(question) | State::Awaiting(question) | State::Reading(question) => {
                question.asked = question.asked.filter(|&asked| asked != pipe);
            }
        }
    }

    fn send(&mut self, base: &mut Base, msg: &mut Msg) -> Result<()> {
        let question = match self.state {
            State::Awaiting(_) | State::Reading(_) if !self.relaxed => return Err(Error::Fsm),
            State::Composing(question) => question,
            State::Ready | State::Awaiting(_) | State::Reading(_) => self.ask(base)?,
        };
        self.state = State::Composing(question);
        let more = msg.more();
        let sent = self.outbound.send(&mut base.pipes, msg, base.may_wait);
        if !more {
            // If the last frame failed, the peer was lost and the request with it.
            self.state = if sent.is_ok() { State::Awaiting(question) } else { State::Ready };
        }
        sent.map(|_| ())
    }

    fn recv(&mut self, base: &mut Base, msg: &mut Msg) -> Result<()> {
        let question = match self.state {
            State::Ready | State::Composing(_) => return Err(Error::Fsm),
            State::Reading(question) if self.inbound.recv_more(&mut base.pipes, msg) => question,
            // An answer that was cut is none; another one may come.
            State::Awaiting(question) | State::Reading(question) => {
                self.state = State::Awaiting(question);
                if !self.begin_answer(&mut base.pipes, msg, question) {
                    return Err(Error::Again);
                }
                question
            }
        };
        self.state = if msg.more() { State::Reading(question) } else { State::Ready };
        Ok(())
    }

    fn has_in(&mut self, base: &mut Base) -> bool {
        match self.state {
            State::Ready | State::Composing(_) => false,
            State::Awaiting(_) | State::Reading(_) => self.inbound.has_in(&mut base.pipes),
        }
    }

    fn has_out(&mut self, base: &mut Base) -> bool {
        match self.state {
            State::Awaiting(_) | State::Reading(_) if !self.relaxed => false,
            State::Ready | State::Composing(_) | State::Awaiting(_) | State::Reading(_) => {
                self.outbound.has_out(&mut base.pipes)
            }
        }
    }

    fn read_activated(&mut self, _base: &mut Base, pipe: PipeKey) {
        self.inbound.read_activated(pipe);
    }

    fn write_activated(&mut self, _base: &mut Base, pipe: PipeKey) {
        self.outbound.write_activated(pipe);
    }

    fn set_option(&mut self, _base: &mut Base, option: i32, value: &[u8]) -> Result<()> {
        match option {
            options::PROBE_ROUTER => self.probe.set(value)?,
            options::REQ_CORRELATE => self.correlate = switch(value)?,
            options::REQ_RELAXED => self.relaxed = switch(value)?,
            _ => return Err(Error::Invalid),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::socket::dealer::Dealer;
    use crate::socket::rep::Rep;
    use crate::socket::testing::{Rig, connect};

    /// A REQ and the far ends of its pipes, which can answer whatever they like.
    fn asking<const N: usize>() -> (Rig<Req>, [Rig<Dealer>; N]) {
        let mut req = Rig::new(Req::new());
        let peers = std::array::from_fn(|_| {
            let mut peer = Rig::new(Dealer::new());
            connect(&mut req, &mut peer);
            peer
        });
        (req, peers)
    }

    #[test]
    fn h85_h91_without_peers() {
        let mut req = Rig::new(Req::new());
        assert_eq!(req.recv(), Err(Error::Fsm));
        assert_eq!(req.send(&[b"x"]), Err(Error::Again));
        assert_eq!(req.send_frame(b"x", true), Err(Error::Again));
        assert_eq!(req.recv(), Err(Error::Fsm));
        assert!(!req.has_in() && !req.has_out());
    }

    #[test]
    fn h86_h87_h89_request_and_answer_take_turns() {
        let (mut req, [mut peer]) = asking();
        assert!(req.has_out() && !req.has_in());
        req.send_frame(b"1", true).unwrap();
        assert_eq!(req.recv(), Err(Error::Fsm));
        assert!(req.has_out());
        req.send_frame(b"2", false).unwrap();
        assert_eq!(req.send(&[b"x"]), Err(Error::Fsm));
        assert_eq!(req.recv(), Err(Error::Again));
        assert!(!req.has_out() && !req.has_in());
        assert_eq!(peer.recv().unwrap(), [b"".as_slice(), b"1", b"2"]);
        peer.send(&[b"", b"a", b"", b"c"]).unwrap();
        assert!(req.has_in() && !req.has_out());
        assert_eq!(req.recv_msg().unwrap().data(), b"a");
        assert_eq!(req.send(&[b"x"]), Err(Error::Fsm));
        assert!(req.has_in() && !req.has_out());
        assert_eq!(req.recv().unwrap(), [b"".as_slice(), b"c"]);
        assert_eq!(req.recv(), Err(Error::Fsm));
        assert!(req.has_out() && !req.has_in());
    }

    #[test]
    fn h93_requests_go_round() {
        let mut req = Rig::new(Req::new());
        let mut reps = [(); 5].map(|()| Rig::new(Rep::new()));
        reps.iter_mut().for_each(|rep| {
            connect(&mut req, rep);
        });
        for round in 0..2 {
            for rep in &mut reps {
                req.send(&[&[round]]).unwrap();
                assert_eq!(rep.recv().unwrap(), [[round]]);
                rep.send(&[b"ok"]).unwrap();
                assert_eq!(req.recv().unwrap(), [b"ok"]);
            }
        }
    }

    #[test]
    fn h99_only_the_asked_peer_may_answer() {
        let (mut req, [mut asked, mut other]) = asking();
        req.send(&[b"question"]).unwrap();
        other.send(&[b"", b"not", b"asked"]).unwrap();
        assert_eq!(req.recv(), Err(Error::Again));
        other.send(&[b"", b"not asked"]).unwrap();
        asked.send(&[b"", b"answer"]).unwrap();
        assert_eq!(req.recv().unwrap(), [b"answer"]);
    }

    #[test]
    fn h99_anybody_may_answer_when_the_asked_peer_is_gone() {
        let (mut req, [mut asked, mut other]) = asking();
        req.send(&[b"question"]).unwrap();
        asked.disconnect();
        assert_eq!(req.send(&[b"again"]), Err(Error::Fsm));
        assert_eq!(req.recv(), Err(Error::Again));
        other.send(&[b"without envelope"]).unwrap();
        other.send(&[b"", b"answer"]).unwrap();
        assert_eq!(req.recv().unwrap(), [b"answer"]);
    }

    #[test]
    fn h99_the_slot_of_an_asked_peer_that_is_gone_is_not_its_successor() {
        let mut req = Rig::new(Req::new());
        let mut peers = [(); 3].map(|()| Rig::new(Dealer::new()));
        let [asked, other, successor] = &mut peers;
        let (slot, _) = connect(&mut req, asked);
        connect(&mut req, other);
        req.send(&[b"question"]).unwrap();
        asked.disconnect();
        req.process();
        assert_eq!(connect(&mut req, successor).0, slot);
        other.send(&[b"", b"answer"]).unwrap();
        assert_eq!(req.recv().unwrap(), [b"answer"]);
    }

    #[test]
    fn h100_malformed_answers_are_skipped() {
        let (mut req, [mut peer]) = asking();
        req.send(&[b"question"]).unwrap();
        peer.send(&[b"bare"]).unwrap();
        peer.send(&[b"no", b"delimiter"]).unwrap();
        peer.send(&[b"late", b"", b"delimiter"]).unwrap();
        peer.send(&[b""]).unwrap();
        assert_eq!(req.recv(), Err(Error::Again));
        peer.send(&[b"", b""]).unwrap();
        assert_eq!(req.recv().unwrap(), [b""]);
    }

    #[test]
    fn h106_what_came_before_the_question_is_no_answer() {
        let (mut req, [mut peer, mut other]) = asking();
        peer.send(&[b"", b"too", b"early"]).unwrap();
        other.send(&[b"", b"too early"]).unwrap();
        req.send(&[b"question"]).unwrap();
        assert!(!req.has_in());
        peer.send(&[b"", b"answer"]).unwrap();
        assert_eq!(req.recv().unwrap(), [b"answer"]);
    }

    #[test]
    fn h102_h103_numbers_tie_answers_to_questions() {
        let (mut req, [mut peer]) = asking();
        req.set(options::REQ_CORRELATE, 1).unwrap();
        req.pattern.numbers = Numbers::from(u32::MAX);
        for number in [u32::MAX, 0, 1] {
            let number = number.to_ne_bytes();
            req.send(&[b"question"]).unwrap();
            assert_eq!(peer.recv().unwrap(), [&number, b"".as_slice(), b"question"]);
            peer.send(&[b"", b"without number"]).unwrap();
            peer.send(&[b"abcd", b"", b"wrong number"]).unwrap();
            peer.send(&[&number, b"no delimiter"]).unwrap();
            peer.send(&[&number, b"x", b"no delimiter"]).unwrap();
            peer.send(&[&number]).unwrap();
            peer.send(&[&number, b""]).unwrap();
            assert_eq!(req.recv(), Err(Error::Again));
            peer.send(&[&number, b"", b"a", b"b"]).unwrap();
            assert_eq!(req.recv().unwrap(), [b"a", b"b"]);
        }
    }

    #[test]
    fn a_question_keeps_its_number_when_the_option_changes() {
        let (mut req, [mut peer]) = asking();
        req.set(options::REQ_CORRELATE, 1).unwrap();
        req.send(&[b"question"]).unwrap();
        req.set(options::REQ_CORRELATE, 0).unwrap();
        let question = peer.recv().unwrap();
        peer.send(&[b"", b"without number"]).unwrap();
        peer.send(&[&question[0], b"", b"answer"]).unwrap();
        assert_eq!(req.recv().unwrap(), [b"answer"]);
        req.send(&[b"next"]).unwrap();
        assert_eq!(peer.recv().unwrap(), [b"".as_slice(), b"next"]);
    }

    #[test]
    fn h104_h107_relaxed_may_ask_again_and_goes_on_round() {
        let (mut req, mut peers) = asking::<3>();
        req.set(options::REQ_RELAXED, 1).unwrap();
        for round in 0..2 {
            for peer in &mut peers {
                assert!(req.has_out());
                req.send(&[&[round]]).unwrap();
                assert!(req.has_out());
                assert_eq!(peer.recv().unwrap(), [b"".as_slice(), &[round]]);
            }
        }
        assert_eq!(req.recv(), Err(Error::Again));
    }

    #[test]
    fn h105_relaxed_with_numbers_discards_late_answers() {
        let (mut req, [mut peer]) = asking();
        req.set(options::REQ_RELAXED, 1).unwrap();
        req.set(options::REQ_CORRELATE, 1).unwrap();
        req.send(&[b"first"]).unwrap();
        req.send(&[b"second"]).unwrap();
        let (first, second) = (peer.recv().unwrap(), peer.recv().unwrap());
        peer.send(&[&first[0], b"", b"late"]).unwrap();
        peer.send(&[&second[0], b"", b"answer"]).unwrap();
        assert_eq!(req.recv().unwrap(), [b"answer"]);
    }

    #[test]
    fn relaxed_gives_up_an_answer_that_is_half_read() {
        let (mut req, [mut peer]) = asking();
        req.set(options::REQ_RELAXED, 1).unwrap();
        req.send(&[b"first"]).unwrap();
        peer.send(&[b"", b"1", b"2"]).unwrap();
        assert_eq!(req.recv_msg().unwrap().data(), b"1");
        req.send(&[b"second"]).unwrap();
        assert_eq!(req.recv(), Err(Error::Again));
        peer.send(&[b"", b"answer"]).unwrap();
        assert_eq!(req.recv().unwrap(), [b"answer"]);
    }

    #[test]
    fn a_failed_question_leaves_the_old_one_standing() {
        let mut req = Rig::new(Req::new()).with_hwm(1);
        let mut peer = Rig::new(Dealer::new()).with_hwm(1);
        connect(&mut req, &mut peer);
        req.set(options::REQ_RELAXED, 1).unwrap();
        req.set(options::REQ_CORRELATE, 1).unwrap();
        req.send(&[b"1"]).unwrap();
        req.send(&[b"2"]).unwrap();
        peer.send(&[b"", b"not discarded by what fails"]).unwrap();
        assert_eq!(req.send(&[b"3"]), Err(Error::Again));
        assert!(req.has_in());
        let (first, second) = (peer.recv().unwrap(), peer.recv().unwrap());
        peer.send(&[&second[0], b"", b"answer"]).unwrap();
        assert_eq!(req.recv().unwrap(), [b"answer"]);
        req.send(&[b"3"]).unwrap();
        let number =
            |message: &[Vec<u8>]| u32::from_ne_bytes(message[0].as_slice().try_into().unwrap());
        assert_eq!(number(&second), number(&first).wrapping_add(1));
        assert_eq!(number(&peer.recv().unwrap()), number(&second).wrapping_add(1));
    }

    #[test]
    fn a_peer_lost_within_the_question_never_answers() {
        let (mut req, [mut asked, mut other]) = asking();
        req.send_frame(b"1", true).unwrap();
        asked.disconnect();
        req.send_frame(b"2", false).unwrap();
        assert_eq!(req.send(&[b"x"]), Err(Error::Fsm));
        assert_eq!(other.recv(), Err(Error::Again));
        assert_eq!(asked.recv(), Err(Error::Again));
    }

    #[test]
    fn a_question_whose_last_frame_fails_is_asked_from_the_start() {
        // The asked peer sends the last of these, which is not read yet when it goes.
        let (mut req, [mut asked, mut other]) = asking();
        req.send_frame(b"1", true).unwrap();
        asked.send(&[b"", b"unread"]).unwrap();
        asked.disconnect();
        assert_eq!(req.send_frame(b"2", false), Err(Error::Again));
        req.send(&[b"whole"]).unwrap();
        assert_eq!(other.recv().unwrap(), [b"".as_slice(), b"whole"]);
        other.send(&[b"", b"answer"]).unwrap();
        assert_eq!(req.recv().unwrap(), [b"answer"]);
    }

    #[test]
    fn an_answer_that_was_cut_is_none() {
        let (mut req, [mut peer]) = asking();
        req.send(&[b"question"]).unwrap();
        peer.send(&[b"", b"1", b"2"]).unwrap();
        assert_eq!(req.recv_msg().unwrap().data(), b"1");
        req.disconnect();
        assert_eq!(req.recv(), Err(Error::Again));
        assert_eq!(req.send(&[b"x"]), Err(Error::Fsm));
        let mut other = Rig::new(Dealer::new());
        assert_eq!(peer.recv().unwrap(), [b"".as_slice(), b"question"]);
        assert_eq!(peer.recv(), Err(Error::Again));
        assert_eq!(req.pipe_count(), 0);
        connect(&mut req, &mut other);
        other.send(&[b"", b"answer"]).unwrap();
        assert_eq!(req.recv().unwrap(), [b"answer"]);
    }

    #[test]
    fn options_and_their_values() {
        let mut req = Rig::new(Req::new());
        for option in [options::REQ_CORRELATE, options::REQ_RELAXED, options::PROBE_ROUTER] {
            assert_eq!(req.set(option, -1), Err(Error::Invalid));
            assert_eq!(req.set(option, 2), Ok(()));
        }
        assert_eq!(req.set(options::ROUTER_MANDATORY, 1), Err(Error::Invalid));
    }
}

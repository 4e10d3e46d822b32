//! XSUB: receives from all its publishers in turn, and sends them its subscriptions as messages.
//!
//! Subscriptions go past the high-water mark: one that were dropped would be missing for as long
//! as the link lives. They are sent again, each once, to every new publisher and after every
//! break of a link.
//!
//! A frame that asks for something is a message of its own for the publisher, also when the
//! application wrote it in the middle of a larger message. An unsubscription that is swallowed may
//! then have been the last frame of one, and what stands before it must end all the same. So a
//! frame that has others after it waits for the next one.

#![forbid(unsafe_code)]

use super::parts::distributor::Distributor;
use super::parts::fair_queue::FairQueue;
use super::parts::request::Request;
use super::parts::switch::switch;
use super::parts::trie::{CountedTrie, Removed};
use super::pattern::{Attach, Base, Pattern};
use crate::core::options;
use crate::core::pipes::PipeKey;
use crate::error::{Error, Result};
use crate::msg::{Kind, Msg};
use crate::sys::memory::Buffer;

/// An XSUB socket, and the inside of a SUB socket.
#[derive(Debug)]
pub(crate) struct Xsub {
    queue: FairQueue,
    distributor: Distributor,
    topics: CountedTrie,
    /// Whether messages that match no subscription are thrown away: SUB.
    filter: bool,
    /// A first frame that passed before the application asked for it. Where nothing is filtered it
    /// need not be read to know of it, but then publishers would take turns, and have room, in
    /// another way than libzmq's.
    ahead: Option<Msg>,
    /// The application is inside a message that it sends.
    sending: bool,
    /// Later frames of that message are looked at for requests.
    examined: bool,
    /// A frame of that message that waits for the next one.
    held: Option<Msg>,
    only_first_subscribe: bool,
    verbose_unsubscribe: bool,
}

impl Xsub {
    /// Without peers; what it receives is not filtered.
    pub(crate) fn new() -> Xsub {
        Xsub {
            queue: FairQueue::new(),
            distributor: Distributor::new(),
            topics: CountedTrie::new(),
            filter: false,
            ahead: None,
            sending: false,
            examined: false,
            held: None,
            only_first_subscribe: false,
            verbose_unsubscribe: false,
        }
    }

    /// Without peers; gives the application only what it has subscribed to.
    pub(crate) fn filtering() -> Xsub {
        Xsub { filter: true, ..Xsub::new() }
    }

    /// Subscribes, and tells every publisher, be it the first time or not.
    pub(crate) fn subscribe(&mut self, base: &mut Base, topic: &[u8]) -> Result<()> {
        let mut msg = Request::Subscribe(topic).message()?;
        self.topics.add(topic);
        self.distributor.push_to_all(&mut base.pipes, &mut msg);
        Ok(())
    }

    /// Takes one subscription back, and tells every publisher if it was the last to its topic.
    pub(crate) fn unsubscribe(&mut self, base: &mut Base, topic: &[u8]) -> Result<()> {
        let mut msg = Request::Cancel(topic).message()?;
        if self.topics.remove(topic) == Removed::Last {
            self.distributor.push_to_all(&mut base.pipes, &mut msg);
        }
        Ok(())
    }

    /// Sends a frame of the application's own to every publisher.
    fn send_user(&mut self, base: &mut Base, msg: &mut Msg) {
        self.let_go(base, true);
        if msg.more() && self.examined {
            self.held = Some(msg.take());
        } else {
            self.distributor.send_to_all(&mut base.pipes, msg);
        }
    }

    /// Sends the frame that waited, as the last of its message or not.
    fn let_go(&mut self, base: &mut Base, more: bool) {
        if let Some(mut held) = self.held.take() {
            held.set_more(more);
            self.distributor.send_to_all(&mut base.pipes, &mut held);
        }
    }

    /// Sends every subscription to one publisher.
    fn send_subscriptions(&self, base: &mut Base, pipe: PipeKey) {
        self.topics.for_each(|topic| {
            // Without memory for it the publisher is not told: nobody waits for an answer here.
            if let Ok(msg) = Request::Subscribe(topic).message() {
                base.pipes.push(pipe, msg);
            }
        });
        base.pipes.flush(pipe);
    }

    /// Reads the next frame that the application gets; false: there is none.
    fn next(&mut self, base: &mut Base, msg: &mut Msg) -> bool {
        loop {
            // What is left of a message belongs to one that passed: others are read to the end.
            let passes = !self.filter || self.queue.has_more(&mut base.pipes);
            if self.queue.recv(&mut base.pipes, msg).is_none() {
                return false;
            }
            if passes || self.topics.check(msg.data()) != base.options.invert_matching {
                return true;
            }
            self.queue.discard_rest(&mut base.pipes);
        }
    }

    /// Forgets the frame read ahead if the rest of its message is gone with its pipe.
    fn check_ahead(&mut self, base: &mut Base) {
        let more = self.ahead.as_ref().is_some_and(Msg::more);
        if more && !self.queue.has_more(&mut base.pipes) {
            self.ahead = None;
        }
    }
}

impl Pattern for Xsub {
    fn attach(&mut self, base: &mut Base, pipe: PipeKey, _how: Attach) {
        self.queue.attach(pipe);
        self.distributor.attach(pipe);
        self.send_subscriptions(base, pipe);
    }

    fn detached(&mut self, _base: &mut Base, pipe: PipeKey) {
        self.queue.detach(pipe);
        self.distributor.detach(pipe);
    }

    fn send(&mut self, base: &mut Base, msg: &mut Msg) -> Result<()> {
        let (first, more) = (!self.sending, msg.more());
        self.sending = more;
        let looked_at = first || self.examined;
        let request = if looked_at { Request::parse(msg.data()) } else { None };
        if first {
            self.examined = !self.only_first_subscribe || request.is_some();
        }
        let passes = match request {
            None => {
                self.send_user(base, msg);
                return Ok(());
            }
            Some(Request::Subscribe(topic)) => {
                self.topics.add(topic);
                true
            }
            Some(Request::Cancel(topic)) => {
                self.topics.remove(topic) == Removed::Last || self.verbose_unsubscribe
            }
        };
        if passes {
            // What the program has typed goes out as it was typed. Within a message it has to be told
            // from the rest.
            if !first {
                msg.set_kind(Kind::Request);
            }
            self.let_go(base, true);
            self.distributor.push_to_all(&mut base.pipes, msg);
        } else {
            *msg = Msg::empty();
            if !more {
                self.let_go(base, false);
            }
        }
        Ok(())
    }

    fn recv(&mut self, base: &mut Base, msg: &mut Msg) -> Result<()> {
        self.check_ahead(base);
        if let Some(ahead) = self.ahead.take() {
            *msg = ahead;
            return Ok(());
        }
        if self.next(base, msg) { Ok(()) } else { Err(Error::Again) }
    }

    fn recv_copy(&mut self, base: &mut Base, into: &mut Buffer) -> Option<usize> {
        if self.ahead.is_some() {
            return None;
        }
        let Xsub { queue, topics, filter, .. } = self;
        let Base { pipes, options, .. } = base;
        queue.recv_copy(pipes, into, |topic| {
            !*filter || topics.check(topic) != options.invert_matching
        })
    }

    fn has_in(&mut self, base: &mut Base) -> bool {
        self.check_ahead(base);
        // What is left of a message that the application is reading stays where it counts against
        // the high-water mark.
        if self.ahead.is_none() {
            if self.queue.has_more(&mut base.pipes) {
                return true;
            }
            let mut msg = Msg::empty();
            self.ahead = self.next(base, &mut msg).then_some(msg);
        }
        self.ahead.is_some()
    }

    fn has_out(&mut self, _base: &mut Base) -> bool {
        true
    }

    fn read_activated(&mut self, _base: &mut Base, pipe: PipeKey) {
        self.queue.read_activated(pipe);
    }

    fn write_activated(&mut self, _base: &mut Base, pipe: PipeKey) {
        self.distributor.write_activated(pipe);
    }

    fn set_option(&mut self, _base: &mut Base, option: i32, value: &[u8]) -> Result<()> {
        match option {
            options::ONLY_FIRST_SUBSCRIBE => self.only_first_subscribe = switch(value)?,
            options::XSUB_VERBOSE_UNSUBSCRIBE => {
                self.verbose_unsubscribe = options::int(value)? != 0;
            }
            _ => return Err(Error::Invalid),
        }
        Ok(())
    }

    fn get_option(&mut self, _base: &Base, option: i32) -> Result<i32> {
        match option {
            options::TOPICS_COUNT => Ok(i32::try_from(self.topics.len()).unwrap_or(i32::MAX)),
            _ => Err(Error::Invalid),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::socket::testing::{Rig, connect};
    use crate::socket::xpub::Xpub;

    /// A publisher that reports every request it gets, with an XSUB.
    fn pair() -> (Rig<Xsub>, Rig<Xpub>) {
        let (mut xsub, mut xpub) = (Rig::new(Xsub::new()), Rig::new(Xpub::new()));
        xpub.set(options::XPUB_VERBOSER, 1).unwrap();
        connect(&mut xsub, &mut xpub);
        (xsub, xpub)
    }

    fn all<P: Pattern>(rig: &mut Rig<P>) -> Vec<Vec<Vec<u8>>> {
        std::iter::from_fn(|| rig.recv().ok()).collect()
    }

    #[test]
    fn without_a_publisher_sending_succeeds() {
        let mut xsub = Rig::new(Xsub::new());
        xsub.send(&[b"\x01A"]).unwrap();
        xsub.send(&[b"user", b"more"]).unwrap();
        assert_eq!(xsub.recv_msg().err(), Some(Error::Again));
        assert!(xsub.has_out() && !xsub.has_in());
    }

    #[test]
    fn repeated_subscriptions_pass_and_inner_unsubscriptions_do_not() {
        let (mut xsub, mut xpub) = pair();
        for request in [b"\x01A", b"\x01A", b"\x00A", b"\x00A", b"\x00A", b"\x00B"] {
            xsub.send(&[request]).unwrap();
        }
        assert_eq!(all(&mut xpub), [[b"\x01A"], [b"\x01A"], [b"\x00A"]]);
        assert_eq!(xsub.set(options::XSUB_VERBOSE_UNSUBSCRIBE, -1), Ok(()));
        xsub.send(&[b"\x00B"]).unwrap();
        assert_eq!(all(&mut xpub), [[b"\x00B"]]);
    }

    #[test]
    fn a_swallowed_request_does_not_hold_its_message_up() {
        let (mut xsub, mut xpub) = pair();
        xsub.send(&[b"1", b"2", b"\x00none"]).unwrap();
        xsub.send(&[b"3", b"\x00none", b"4"]).unwrap();
        xsub.send(&[b"\x00none", b"5"]).unwrap();
        xsub.send(&[b"\x01A", b"\x00none"]).unwrap();
        xsub.send(&[b"6"]).unwrap();
        let expected: [&[&[u8]]; 5] = [&[b"1", b"2"], &[b"3", b"4"], &[b"5"], &[b"\x01A"], &[b"6"]];
        assert_eq!(all(&mut xpub), expected);
    }

    #[test]
    fn each_new_publisher_hears_each_topic_once() {
        let (mut xsub, mut first) = pair();
        for request in [b"\x01A", b"\x01A", b"\x01B", b"\x01C", b"\x00C"] {
            xsub.send(&[request]).unwrap();
        }
        let mut second = Rig::new(Xpub::new());
        second.set(options::XPUB_VERBOSER, 1).unwrap();
        connect(&mut xsub, &mut second);
        let mut heard = all(&mut second);
        heard.sort();
        assert_eq!(heard, [[b"\x01A"], [b"\x01B"]]);
        assert_eq!(all(&mut first).len(), 5);
    }

    #[test]
    fn subscriptions_are_not_stopped_by_the_mark() {
        let mut xsub = Rig::new(Xsub::new()).with_hwm(1);
        let mut xpub = Rig::new(Xpub::new()).with_hwm(1);
        connect(&mut xsub, &mut xpub);
        for topic in 0..100 {
            xsub.send(&[&[1, topic]]).unwrap();
        }
        xsub.send(&[b"dropped"]).unwrap();
        assert_eq!(all(&mut xpub).len(), 100);
    }

    #[test]
    fn messages_are_not_filtered() {
        let (mut xsub, mut xpub) = pair();
        xsub.send(&[b"\x01A"]).unwrap();
        xpub.send(&[b"A1", b"x"]).unwrap();
        xsub.send(&[b"\x00A"]).unwrap();
        assert!(xsub.has_in());
        assert_eq!(all(&mut xsub), [[&b"A1"[..], b"x"]]);
    }

    #[test]
    fn its_options_are_checked() {
        let (mut xsub, _xpub) = pair();
        assert_eq!(xsub.set(options::ONLY_FIRST_SUBSCRIBE, 2), Ok(()));
        assert_eq!(xsub.set(options::ONLY_FIRST_SUBSCRIBE, -1), Err(Error::Invalid));
        assert_eq!(xsub.set(options::SUBSCRIBE, 0), Err(Error::Invalid));
        assert_eq!(xsub.set(options::XPUB_VERBOSE, 0), Err(Error::Invalid));
    }
}

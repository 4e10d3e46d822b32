//! XPUB: a publisher whose application receives what its subscribers ask for.

#![forbid(unsafe_code)]

use super::parts::subscribers::Subscribers;
use super::pattern::{Attach, Base, Pattern};
use crate::core::pipes::PipeKey;
use crate::error::Result;
use crate::msg::Msg;

/// An XPUB socket.
#[derive(Debug)]
pub(crate) struct Xpub {
    subscribers: Subscribers,
}

impl Xpub {
    /// Without peers.
    pub(crate) fn new() -> Xpub {
        Xpub { subscribers: Subscribers::new(true) }
    }
}

impl Pattern for Xpub {
    fn attach(&mut self, base: &mut Base, pipe: PipeKey, how: Attach) {
        self.subscribers.attach(base, pipe, how);
    }

    fn detached(&mut self, _base: &mut Base, pipe: PipeKey) {
        self.subscribers.detach(pipe);
    }

    fn send(&mut self, base: &mut Base, msg: &mut Msg) -> Result<()> {
        self.subscribers.send(base, msg)
    }

    fn recv(&mut self, _base: &mut Base, msg: &mut Msg) -> Result<()> {
        self.subscribers.recv(msg)
    }

    fn has_in(&mut self, _base: &mut Base) -> bool {
        self.subscribers.has_in()
    }

    fn has_out(&mut self, _base: &mut Base) -> bool {
        true
    }

    fn keeps_message(&self) -> bool {
        true
    }

    fn read_activated(&mut self, base: &mut Base, pipe: PipeKey) {
        self.subscribers.read(base, pipe);
    }

    fn write_activated(&mut self, _base: &mut Base, pipe: PipeKey) {
        self.subscribers.write_activated(pipe);
    }

    fn set_option(&mut self, _base: &mut Base, option: i32, value: &[u8]) -> Result<()> {
        self.subscribers.set_option(option, value)
    }

    fn get_option(&mut self, _base: &Base, option: i32) -> Result<i32> {
        self.subscribers.get_option(option)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::core::options;
    use crate::error::Error;
    use crate::msg::Metadata;
    use crate::socket::publisher::Pub;
    use crate::socket::sub::Sub;
    use crate::socket::testing::{Rig, connect};
    use crate::socket::xsub::Xsub;

    fn xpub_with<P: Pattern>(peer: P) -> (Rig<Xpub>, Rig<P>) {
        let (mut xpub, mut peer) = (Rig::new(Xpub::new()), Rig::new(peer));
        connect(&mut peer, &mut xpub);
        (xpub, peer)
    }

    fn another_sub(xpub: &mut Rig<Xpub>) -> Rig<Sub> {
        let mut sub = Rig::new(Sub::new());
        connect(&mut sub, xpub);
        sub
    }

    fn assign<P: Pattern>(rig: &mut Rig<P>, option: i32, topic: &[u8]) -> Result<()> {
        rig.process();
        rig.pattern.set_option(&mut rig.base, option, topic)
    }

    fn subscribe<P: Pattern>(rig: &mut Rig<P>, topic: &[u8]) {
        assign(rig, options::SUBSCRIBE, topic).expect("accepted");
    }

    fn unsubscribe<P: Pattern>(rig: &mut Rig<P>, topic: &[u8]) {
        assign(rig, options::UNSUBSCRIBE, topic).expect("accepted");
    }

    fn topics<P: Pattern>(rig: &mut Rig<P>) -> i32 {
        rig.process();
        rig.pattern.get_option(&rig.base, options::TOPICS_COUNT).expect("readable")
    }

    /// All frames that can be received, and whether each says MORE.
    fn frames<P: Pattern>(rig: &mut Rig<P>) -> Vec<(Vec<u8>, bool)> {
        let received = std::iter::from_fn(|| rig.recv_msg().ok());
        received.map(|msg| (msg.data().to_vec(), msg.more())).collect()
    }

    /// All frames that can be received; none of them may say MORE.
    fn singles<P: Pattern>(rig: &mut Rig<P>) -> Vec<Vec<u8>> {
        let single = |(data, more): (Vec<u8>, bool)| {
            assert!(!more, "{data:?} is not alone");
            data
        };
        frames(rig).into_iter().map(single).collect()
    }

    #[test]
    fn the_first_subscription_and_the_end_of_the_last_are_reported() {
        let (mut xpub, mut first) = xpub_with(Sub::new());
        let mut second = another_sub(&mut xpub);
        assert_eq!(xpub.recv_msg().err(), Some(Error::Again));
        subscribe(&mut first, b"A");
        assert!(xpub.has_in());
        assert_eq!(singles(&mut xpub), [b"\x01A"]);
        subscribe(&mut first, b"A");
        subscribe(&mut second, b"A");
        assert!(!xpub.has_in());
        unsubscribe(&mut first, b"A");
        unsubscribe(&mut first, b"A");
        assert!(!xpub.has_in());
        unsubscribe(&mut second, b"A");
        assert_eq!(singles(&mut xpub), [b"\x00A"]);
    }

    #[test]
    fn long_topics_are_reported_whole() {
        let (mut xpub, mut sub) = xpub_with(Sub::new());
        for len in [0, 245, 246, 10_000] {
            let topic = vec![b'x'; len];
            subscribe(&mut sub, &topic);
            unsubscribe(&mut sub, &topic);
            assert_eq!(
                singles(&mut xpub),
                [[&[1], &topic[..]].concat(), [&[0], &topic[..]].concat()]
            );
        }
    }

    #[test]
    fn verbose_reports_every_subscription() {
        let (mut xpub, mut first) = xpub_with(Sub::new());
        let mut second = another_sub(&mut xpub);
        xpub.set(options::XPUB_VERBOSE, 1).unwrap();
        subscribe(&mut first, b"A");
        subscribe(&mut first, b"A");
        subscribe(&mut second, b"A");
        assert_eq!(singles(&mut xpub), [b"\x01A"; 3]);
        unsubscribe(&mut second, b"A");
        assert!(!xpub.has_in());
    }

    #[test]
    fn verboser_reports_the_end_of_every_subscription() {
        let (mut xpub, mut first) = xpub_with(Sub::new());
        let mut second = another_sub(&mut xpub);
        xpub.set(options::XPUB_VERBOSER, 1).unwrap();
        subscribe(&mut first, b"A");
        subscribe(&mut second, b"A");
        unsubscribe(&mut second, b"A");
        assert_eq!(singles(&mut xpub), [b"\x01A", b"\x01A", b"\x00A"]);
        subscribe(&mut second, b"A");
        second.disconnect();
        assert_eq!(singles(&mut xpub), [b"\x01A", b"\x00A"]);
        // VERBOSE, on or off, ends that.
        let mut third = another_sub(&mut xpub);
        subscribe(&mut third, b"A");
        xpub.set(options::XPUB_VERBOSE, 1).unwrap();
        unsubscribe(&mut third, b"A");
        assert_eq!(singles(&mut xpub), [b"\x01A"]);
    }

    #[test]
    fn a_subscriber_that_disappears_takes_its_topics_along() {
        let (mut xpub, mut first) = xpub_with(Sub::new());
        let mut second = another_sub(&mut xpub);
        subscribe(&mut first, b"both");
        subscribe(&mut first, b"one");
        subscribe(&mut second, b"both");
        assert_eq!(singles(&mut xpub), [&b"\x01both"[..], b"\x01one"]);
        assert_eq!(topics(&mut xpub), 2);
        first.disconnect();
        assert_eq!(singles(&mut xpub), [b"\x00one"]);
        assert_eq!(topics(&mut xpub), 1);
        second.disconnect();
        assert_eq!(singles(&mut xpub), [b"\x00both"]);
        assert_eq!((topics(&mut xpub), xpub.pipe_count()), (0, 0));
    }

    #[test]
    fn what_a_subscriber_asked_for_before_it_went_is_still_reported() {
        let (mut xpub, mut sub) = xpub_with(Sub::new());
        subscribe(&mut sub, b"A");
        sub.disconnect();
        assert_eq!(singles(&mut xpub), [b"\x01A", b"\x00A"]);
    }

    #[test]
    fn what_is_not_held_is_reported_when_it_is_given_up() {
        let (mut xpub, mut xsub) = xpub_with(Xsub::new());
        let mut sub = another_sub(&mut xpub);
        subscribe(&mut sub, b"A");
        xsub.set(options::XSUB_VERBOSE_UNSUBSCRIBE, 1).unwrap();
        xsub.send(&[b"\x00A"]).unwrap();
        xsub.send(&[b"\x00B"]).unwrap();
        assert_eq!(singles(&mut xpub), [b"\x01A", b"\x00A", b"\x00B"]);
        assert_eq!(topics(&mut xpub), 1);
    }

    #[test]
    fn topics_are_counted_once_each() {
        let (mut xpub, mut sub) = xpub_with(Sub::new());
        for topic in [&b"a"[..], b"ab", b"abc"] {
            subscribe(&mut sub, topic);
        }
        assert_eq!((topics(&mut xpub), topics(&mut sub)), (3, 3));
        for topic in [&b"ab"[..], b"a", b"abc"] {
            unsubscribe(&mut sub, topic);
        }
        assert_eq!((topics(&mut xpub), topics(&mut sub)), (0, 0));
    }

    #[test]
    fn messages_of_the_application_pass_and_requests_between_them_are_taken_out() {
        let (mut xpub, mut xsub) = xpub_with(Xsub::new());
        xsub.send(&[b"", b"\x02x"]).unwrap();
        xsub.send(&[b"user", b"\x01A", b"rest"]).unwrap();
        assert_eq!(
            frames(&mut xpub),
            [
                (b"".to_vec(), true),
                (b"\x02x".to_vec(), false),
                (b"user".to_vec(), true),
                (b"\x01A".to_vec(), false),
                (b"rest".to_vec(), false),
            ]
        );
        // The request is known already and not reported: the message ends before it.
        xsub.send(&[b"user", b"\x01A"]).unwrap();
        xsub.send(&[b"user", b"\x00unknown"]).unwrap();
        assert_eq!(singles(&mut xpub), [b"user", b"user"]);
    }

    #[test]
    fn only_the_first_frame_decides_when_asked_for() {
        let (mut xpub, mut xsub) = xpub_with(Xsub::new());
        xpub.set(options::ONLY_FIRST_SUBSCRIBE, 1).unwrap();
        xsub.set(options::ONLY_FIRST_SUBSCRIBE, 1).unwrap();
        xsub.send(&[b"ABC", b"\x00BC", b"\x01B"]).unwrap();
        assert_eq!(xpub.recv().unwrap(), [&b"ABC"[..], b"\x00BC", b"\x01B"]);
        xsub.send(&[b"\x01BC", b"\x01CD"]).unwrap();
        assert_eq!(singles(&mut xpub), [b"\x01BC", b"\x01CD"]);
        assert_eq!(topics(&mut xpub), 2);
    }

    #[test]
    fn pub_keeps_nothing_for_its_application() {
        let (mut publisher, mut xsub) = (Rig::write_only(Pub::new()), Rig::new(Xsub::new()));
        connect(&mut xsub, &mut publisher);
        xsub.send(&[b"user"]).unwrap();
        xsub.send(&[b"\x01A"]).unwrap();
        assert_eq!(topics(&mut publisher), 1);
        assert!(!publisher.has_in() && publisher.has_out());
        assert_eq!(publisher.recv_msg().err(), Some(Error::NotSupported));
        publisher.send(&[b"A1"]).unwrap();
        publisher.send(&[b"B1"]).unwrap();
        assert_eq!(singles(&mut xsub), [b"A1"]);
        xsub.disconnect();
        assert_eq!((publisher.pipe_count(), topics(&mut publisher)), (0, 0));
    }

    #[test]
    fn reports_carry_the_properties_of_their_frame() {
        let (mut xpub, mut xsub) = xpub_with(Xsub::new());
        let mut msg = Msg::from_slice(b"\x01A").unwrap();
        msg.set_metadata(Some(Arc::new(Metadata::new())));
        xsub.send_msg(&mut msg).unwrap();
        assert!(xpub.recv_msg().unwrap().metadata().is_some());
        xsub.disconnect();
        assert!(xpub.recv_msg().unwrap().metadata().is_none());
    }

    #[test]
    fn in_manual_mode_the_application_decides() {
        let (mut xpub, mut xsub) = xpub_with(Xsub::new());
        let mut other = another_sub(&mut xpub);
        assert_eq!(assign(&mut xpub, options::SUBSCRIBE, b"B"), Err(Error::Invalid));
        xpub.set(options::XPUB_MANUAL, 1).unwrap();
        // Nobody is remembered yet.
        subscribe(&mut xpub, b"B");
        unsubscribe(&mut xpub, b"B");
        assert_eq!(topics(&mut xpub), 0);

        xsub.send(&[b"\x01A"]).unwrap();
        xsub.send(&[b"\x01A"]).unwrap();
        xsub.send(&[b"user"]).unwrap();
        subscribe(&mut other, b"A");
        assert_eq!(xpub.recv().unwrap(), [b"\x01A"]);
        subscribe(&mut xpub, b"B");
        subscribe(&mut xpub, b"C");
        assert_eq!(topics(&mut xpub), 2);
        for topic in [b"A", b"B", b"C"] {
            xpub.send(&[topic]).unwrap();
        }
        assert_eq!(singles(&mut xsub), [b"B", b"C"]);
        assert!(!other.has_in());

        assert_eq!(xpub.recv().unwrap(), [b"\x01A"]);
        assert_eq!(xpub.recv().unwrap(), [b"user"]);
        unsubscribe(&mut xpub, b"C");
        assert_eq!(xpub.recv().unwrap(), [b"\x01A"]);
        unsubscribe(&mut xpub, b"B");
        assert_eq!(topics(&mut xpub), 1);

        xpub.set(options::XPUB_MANUAL, 0).unwrap();
        assert_eq!(assign(&mut xpub, options::SUBSCRIBE, b"B"), Err(Error::Invalid));
    }

    #[test]
    fn what_was_granted_before_manual_mode_stays_granted() {
        let (mut xpub, mut xsub) = xpub_with(Xsub::new());
        xsub.send(&[b"\x01A"]).unwrap();
        assert!(xpub.has_in());
        xpub.set(options::XPUB_MANUAL, 1).unwrap();
        assert_eq!(xpub.recv().unwrap(), [b"\x01A"]);
        subscribe(&mut xpub, b"B");
        xpub.send(&[b"A"]).unwrap();
        xpub.send(&[b"B"]).unwrap();
        assert_eq!(singles(&mut xsub), [b"A"]);
        xsub.disconnect();
        assert!(!xpub.has_in());
    }

    #[test]
    fn in_manual_mode_each_vanished_subscriber_is_reported() {
        let (mut xpub, mut first) = xpub_with(Sub::new());
        let mut second = another_sub(&mut xpub);
        xpub.set(options::XPUB_MANUAL, 1).unwrap();
        subscribe(&mut first, b"T");
        subscribe(&mut second, b"T");
        assert_eq!(singles(&mut xpub), [b"\x01T"; 2]);
        subscribe(&mut xpub, b"given");
        second.disconnect();
        first.disconnect();
        assert_eq!(singles(&mut xpub), [b"\x00T"; 2]);
        assert_eq!(topics(&mut xpub), 0);
        subscribe(&mut xpub, b"nobody");
        assert_eq!(topics(&mut xpub), 0);
    }

    #[test]
    fn a_remembered_pipe_is_not_taken_for_its_successor() {
        let (mut xpub, mut gone) = xpub_with(Sub::new());
        xpub.set(options::XPUB_MANUAL, 1).unwrap();
        subscribe(&mut gone, b"T");
        gone.disconnect();
        xpub.process();
        let _successor = another_sub(&mut xpub);
        assert_eq!(xpub.recv().unwrap(), [b"\x01T"]);
        subscribe(&mut xpub, b"X");
        assert_eq!(topics(&mut xpub), 0);
    }

    #[test]
    fn the_last_value_goes_to_the_new_subscriber_alone() {
        let (mut xpub, mut old) = xpub_with(Sub::new());
        let mut new = another_sub(&mut xpub);
        xpub.set(options::XPUB_MANUAL_LAST_VALUE, 1).unwrap();
        for sub in [&mut old, &mut new] {
            subscribe(sub, b"A");
            assert_eq!(xpub.recv().unwrap(), [b"\x01A"]);
            subscribe(&mut xpub, b"A");
        }
        xpub.send(&[b"A1", b"1"]).unwrap();
        xpub.send(&[b"A2"]).unwrap();
        assert_eq!(new.recv().unwrap(), [&b"A1"[..], b"1"]);
        assert_eq!(new.recv().unwrap(), [b"A2"]);
        assert_eq!(singles(&mut old), [b"A2"]);
    }

    #[test]
    fn nodrop_waits_for_those_who_match() {
        let mut xpub = Rig::new(Xpub::new()).with_hwm(1);
        let mut slow = Rig::new(Xsub::new()).with_hwm(1);
        let mut other = Rig::new(Xsub::new()).with_hwm(1);
        connect(&mut slow, &mut xpub);
        connect(&mut other, &mut xpub);
        slow.send(&[b"\x01A"]).unwrap();
        other.send(&[b"\x01B"]).unwrap();
        // Two fit; the third is dropped without the option and refused with it, also although
        // the pipe is known to be full by then.
        for _ in 0..3 {
            xpub.send(&[b"A"]).unwrap();
        }
        xpub.set(options::XPUB_NODROP, 1).unwrap();
        assert_eq!(xpub.send(&[b"A", b"rest"]), Err(Error::Again));
        assert!(xpub.has_out());
        xpub.send(&[b"B"]).unwrap();
        assert_eq!(singles(&mut other), [b"B"]);
        assert_eq!(singles(&mut slow), [b"A", b"A"]);
        xpub.send(&[b"A", b"rest"]).unwrap();
        assert_eq!(slow.recv().unwrap(), [&b"A"[..], b"rest"]);
    }

    #[test]
    fn inverted_matching_sends_to_those_who_do_not_match() {
        let (mut xpub, mut sub) = xpub_with(Sub::new());
        xpub.base.options.invert_matching = true;
        sub.base.options.invert_matching = true;
        subscribe(&mut sub, b"A");
        for topic in [b"A1", b"B1"] {
            xpub.send(&[topic]).unwrap();
        }
        assert_eq!(singles(&mut sub), [b"B1"]);
    }

    #[test]
    fn a_welcome_comes_first_and_without_subscription() {
        let mut xpub = Rig::new(Xpub::new());
        let (mut sub, mut xsub) = (Rig::new(Sub::new()), Rig::new(Xsub::new()));
        assign(&mut xpub, options::XPUB_WELCOME_MSG, b"Welcome").unwrap();
        connect(&mut sub, &mut xpub);
        connect(&mut xsub, &mut xpub);
        assert_eq!(singles(&mut xsub), [b"Welcome"]);
        subscribe(&mut sub, b"W");
        assert_eq!(singles(&mut sub), [b"Welcome"]);
        assign(&mut xpub, options::XPUB_WELCOME_MSG, b"").unwrap();
        assert!(!another_sub(&mut xpub).has_in());
    }

    #[test]
    fn values_of_options_are_checked() {
        let mut xpub = Rig::new(Xpub::new());
        for option in [
            options::XPUB_VERBOSE,
            options::XPUB_VERBOSER,
            options::XPUB_NODROP,
            options::XPUB_MANUAL,
            options::XPUB_MANUAL_LAST_VALUE,
            options::ONLY_FIRST_SUBSCRIBE,
        ] {
            assert_eq!(xpub.set(option, 7), Ok(()));
            assert_eq!(xpub.set(option, 0), Ok(()));
            assert_eq!(xpub.set(option, -1), Err(Error::Invalid));
            assert_eq!(assign(&mut xpub, option, &[0; 8]), Err(Error::Invalid));
            assert_eq!(xpub.pattern.get_option(&xpub.base, option), Err(Error::Invalid));
        }
    }

    #[test]
    fn a_peer_that_cannot_subscribe_gets_everything() {
        let (mut xpub, mut sub) = xpub_with(Sub::new());
        let key = xpub.base.pipes.keys().next().expect("connected");
        let how = Attach { subscribe_to_all: true, locally_initiated: false };
        xpub.pattern.detached(&mut xpub.base, key);
        xpub.pattern.attach(&mut xpub.base, key, how);
        assert!(!xpub.has_in());
        // What was sent before the local subscription is judged by it all the same.
        xpub.send(&[b"any"]).unwrap();
        subscribe(&mut sub, b"");
        assert_eq!(singles(&mut sub), [b"any"]);
    }
}

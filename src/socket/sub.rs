//! SUB: an XSUB that filters, and whose application subscribes by options instead of messages.

#![forbid(unsafe_code)]

use super::pattern::{Attach, Base, Pattern};
use super::xsub::Xsub;
use crate::core::options;
use crate::core::pipes::PipeKey;
use crate::error::{Error, Result};
use crate::msg::Msg;
use crate::sys::memory::Buffer;

/// A SUB socket.
#[derive(Debug)]
pub(crate) struct Sub {
    xsub: Xsub,
}

impl Sub {
    /// Without peers and subscriptions.
    pub(crate) fn new() -> Sub {
        Sub { xsub: Xsub::filtering() }
    }
}

impl Pattern for Sub {
    fn attach(&mut self, base: &mut Base, pipe: PipeKey, how: Attach) {
        self.xsub.attach(base, pipe, how);
    }

    fn detached(&mut self, base: &mut Base, pipe: PipeKey) {
        self.xsub.detached(base, pipe);
    }

    fn recv(&mut self, base: &mut Base, msg: &mut Msg) -> Result<()> {
        self.xsub.recv(base, msg)
    }

    fn recv_copy(&mut self, base: &mut Base, into: &mut Buffer) -> Option<usize> {
        self.xsub.recv_copy(base, into)
    }

    fn has_in(&mut self, base: &mut Base) -> bool {
        self.xsub.has_in(base)
    }

    fn read_activated(&mut self, base: &mut Base, pipe: PipeKey) {
        self.xsub.read_activated(base, pipe);
    }

    fn write_activated(&mut self, base: &mut Base, pipe: PipeKey) {
        self.xsub.write_activated(base, pipe);
    }

    fn set_option(&mut self, base: &mut Base, option: i32, value: &[u8]) -> Result<()> {
        match option {
            options::SUBSCRIBE => self.xsub.subscribe(base, value),
            options::UNSUBSCRIBE => self.xsub.unsubscribe(base, value),
            _ => Err(Error::Invalid),
        }
    }

    fn get_option(&mut self, base: &Base, option: i32) -> Result<i32> {
        self.xsub.get_option(base, option)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::pipes::PipeKey;
    use crate::socket::testing::{Rig, connect};
    use crate::socket::xpub::Xpub;
    use crate::socket::xsub::Xsub;

    /// A SUB with a publisher that sends it everything, so that only its own filter decides.
    fn flooded() -> (Rig<Sub>, Rig<Xpub>, PipeKey) {
        let (mut sub, mut xpub) = (Rig::new(Sub::new()), Rig::new(Xpub::new()));
        let (key, far) = connect(&mut sub, &mut xpub);
        xpub.pattern.detached(&mut xpub.base, far);
        let how = Attach { subscribe_to_all: true, locally_initiated: false };
        xpub.pattern.attach(&mut xpub.base, far, how);
        (sub, xpub, key)
    }

    fn set(sub: &mut Rig<Sub>, option: i32, topic: &[u8]) -> Result<()> {
        sub.pattern.set_option(&mut sub.base, option, topic)
    }

    fn all(sub: &mut Rig<Sub>) -> Vec<Vec<Vec<u8>>> {
        std::iter::from_fn(|| sub.recv().ok()).collect()
    }

    #[test]
    fn it_cannot_send() {
        let (mut sub, _xpub, _) = flooded();
        assert_eq!(sub.send(&[b"\x01A"]), Err(Error::NotSupported));
        assert!(!sub.has_out());
        for option in [options::ONLY_FIRST_SUBSCRIBE, options::XSUB_VERBOSE_UNSUBSCRIBE] {
            assert_eq!(sub.set(option, 1), Err(Error::Invalid));
        }
    }

    #[test]
    fn only_subscribed_messages_arrive_or_show() {
        let (mut sub, mut xpub, _) = flooded();
        xpub.send(&[b"A", b"B"]).unwrap();
        assert!(!sub.has_in());
        assert_eq!(sub.recv_msg().err(), Some(Error::Again));
        set(&mut sub, options::SUBSCRIBE, b"A").unwrap();
        for frames in [[b"B1", b"A-"], [b"A1", b"B-"], [b"B2", b"A-"], [b"A2", b"B-"]] {
            xpub.send(&[frames[0], frames[1]]).unwrap();
        }
        assert!(sub.has_in() && sub.has_in());
        assert_eq!(sub.recv_msg().unwrap().data(), b"A1");
        // In the middle of a message every frame is wanted.
        assert!(sub.has_in());
        assert_eq!(sub.recv_msg().unwrap().data(), b"B-");
        assert_eq!(all(&mut sub), [[b"A2", b"B-"]]);
        assert!(!sub.has_in());
    }

    #[test]
    fn subscriptions_are_counted() {
        let (mut sub, mut xpub, _) = flooded();
        set(&mut sub, options::UNSUBSCRIBE, b"unknown").unwrap();
        set(&mut sub, options::SUBSCRIBE, b"").unwrap();
        set(&mut sub, options::SUBSCRIBE, b"").unwrap();
        set(&mut sub, options::UNSUBSCRIBE, b"").unwrap();
        xpub.send(&[b""]).unwrap();
        assert_eq!(all(&mut sub), [[b""]]);
        set(&mut sub, options::UNSUBSCRIBE, b"").unwrap();
        xpub.send(&[b""]).unwrap();
        assert!(!sub.has_in());
    }

    #[test]
    fn what_was_read_ahead_goes_with_the_rest_of_its_message() {
        let (mut sub, mut xpub, key) = flooded();
        set(&mut sub, options::SUBSCRIBE, b"A").unwrap();
        xpub.send(&[b"A", b"rest"]).unwrap();
        assert!(sub.has_in());
        sub.base.pipes.terminate(key);
        assert!(!sub.has_in());
        assert_eq!(sub.recv_msg().err(), Some(Error::Again));
    }

    #[test]
    fn what_a_vanished_publisher_sent_stays_readable() {
        let (mut sub, mut xpub, _) = flooded();
        set(&mut sub, options::SUBSCRIBE, b"").unwrap();
        xpub.send(&[b"1"]).unwrap();
        xpub.send(&[b"2"]).unwrap();
        assert!(sub.has_in());
        xpub.disconnect();
        assert_eq!(all(&mut sub), [[b"1"], [b"2"]]);
        assert_eq!(sub.pipe_count(), 0);
    }

    #[test]
    fn publishers_take_turns() {
        let mut sub = Rig::new(Sub::new());
        set(&mut sub, options::SUBSCRIBE, b"").unwrap();
        let mut publishers = [Rig::new(Xpub::new()), Rig::new(Xpub::new())];
        for publisher in &mut publishers {
            connect(&mut sub, publisher);
        }
        for (publisher, frame) in publishers.iter_mut().zip([b"a", b"b"]) {
            publisher.send(&[frame]).unwrap();
            publisher.send(&[frame]).unwrap();
        }
        assert_eq!(all(&mut sub), [[b"a"], [b"b"], [b"a"], [b"b"]]);
    }

    #[test]
    fn a_proxy_of_both_kinds_hides_nothing() {
        let (mut publisher, mut xsub) = (Rig::new(Xpub::new()), Rig::new(Xsub::new()));
        let (mut xpub, mut sub) = (Rig::new(Xpub::new()), Rig::new(Sub::new()));
        connect(&mut xsub, &mut publisher);
        connect(&mut sub, &mut xpub);
        set(&mut sub, options::SUBSCRIBE, b"A").unwrap();
        xsub.send_msg(&mut xpub.recv_msg().unwrap()).unwrap();
        assert_eq!(publisher.recv().unwrap(), [b"\x01A"]);
        publisher.send(&[b"A1"]).unwrap();
        xpub.send_msg(&mut xsub.recv_msg().unwrap()).unwrap();
        assert_eq!(all(&mut sub), [[b"A1"]]);
    }

    #[test]
    fn the_short_way_neither_overtakes_nor_lets_pass() {
        let (mut sub, mut xpub, _) = flooded();
        set(&mut sub, options::SUBSCRIBE, b"A").unwrap();
        for message in [b"A1", b"A2", b"B1", b"A3"] {
            xpub.send(&[message]).unwrap();
        }
        assert!(sub.has_in());
        assert_eq!(sub.recv_copy(), None);
        assert_eq!(sub.recv_msg().unwrap().data(), b"A1");
        assert_eq!(sub.recv_copy(), Some(b"A2".to_vec()));
        assert_eq!(sub.recv_copy(), None);
        assert_eq!(sub.recv_msg().unwrap().data(), b"A3");
        sub.base.options.invert_matching = true;
        for message in [b"B2", b"A4"] {
            xpub.send(&[message]).unwrap();
        }
        assert_eq!(sub.recv_copy(), Some(b"B2".to_vec()));
        assert_eq!(sub.recv_copy(), None);
        assert_eq!(sub.recv_msg().err(), Some(Error::Again));
    }
}

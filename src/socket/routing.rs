//! Peers that have names: how ROUTER, REP and STREAM find a pipe by its routing id.
//!
//! `Names` is the book of routing ids. `Routes` adds what ROUTER and REP have in common: a peer
//! takes part only once its own id is known, an id that is in use is refused or handed over, and
//! messages are read from all named peers in turn.
//!
//! - A pipe whose peer has not said its id yet is *anonymous*: nothing is read from it.
//! - A pipe whose id was in use is ignored for ever, even when the id becomes free: nothing is read
//!   from it and nobody can write to it. It is in no list here.
//! - All others are in the directory and in the fair queue.

#![forbid(unsafe_code)]

use std::sync::Arc;

use super::parts::directory::{Directory, Numbers};
use super::parts::fair_queue::FairQueue;
use super::parts::key_map::KeyMap;
use super::parts::probe::Probe;
use super::parts::switch::switch;
use super::pattern::{Attach, Base};
use crate::core::options;
use crate::core::pipes::PipeKey;
use crate::error::{Error, Result};
use crate::msg::Msg;

/// The book of routing ids of a socket's peers.
#[derive(Debug)]
pub(crate) struct Names {
    directory: Directory<Arc<[u8]>>,
    numbers: Numbers,
    /// What the next pipe that this side connects is called (`ZMQ_CONNECT_ROUTING_ID`).
    next: Option<Arc<[u8]>>,
}

impl Names {
    /// An empty book.
    pub(crate) fn new() -> Names {
        Names { directory: Directory::new(), numbers: Numbers::new(), next: None }
    }

    /// The pipe that is called so.
    pub(crate) fn pipe(&self, id: &[u8]) -> Option<PipeKey> {
        self.directory.key(id)
    }

    /// What a pipe is called.
    pub(crate) fn id(&self, pipe: PipeKey) -> Option<&[u8]> {
        self.directory.id(pipe).map(|id| &**id)
    }

    /// Enters a pipe under an id that is not in use.
    pub(crate) fn insert(&mut self, id: Arc<[u8]>, pipe: PipeKey) {
        self.directory.insert(id, pipe);
    }

    /// Forgets a pipe, so that its id may be used again.
    pub(crate) fn remove(&mut self, pipe: PipeKey) {
        self.directory.remove(pipe);
    }

    /// All pipes that have a name, in no order.
    pub(crate) fn pipes(&self) -> impl Iterator<Item = PipeKey> {
        self.directory.keys()
    }

    /// Sets `ZMQ_CONNECT_ROUTING_ID`.
    pub(crate) fn set_next(&mut self, id: &[u8]) -> Result<()> {
        if id.is_empty() {
            return Err(Error::Invalid);
        }
        self.next = Some(id.into());
        Ok(())
    }

    /// Refuses to connect under a name that another peer bears.
    pub(crate) fn check_next(&self) -> Result<()> {
        match &self.next {
            Some(id) if self.pipe(id).is_some() => Err(Error::Invalid),
            Some(_) | None => Ok(()),
        }
    }

    /// Uses up `ZMQ_CONNECT_ROUTING_ID` if the pipe comes from a connect of this side.
    pub(crate) fn take_next(&mut self, how: Attach) -> Option<Arc<[u8]>> {
        if how.locally_initiated { self.next.take() } else { None }
    }

    /// A name for a peer that has none: a zero byte and a number.
    pub(crate) fn automatic(&mut self) -> Arc<[u8]> {
        loop {
            let [a, b, c, d] = self.numbers.next().to_be_bytes();
            let id = [0, a, b, c, d];
            // Nothing keeps a peer from choosing a name of this form for itself.
            if self.pipe(&id).is_none() {
                return id.as_slice().into();
            }
        }
    }
}

/// The named peers of a ROUTER or REP; see the module's text.
#[derive(Debug)]
pub(crate) struct Routes {
    names: Names,
    anonymous: KeyMap<()>,
    inbound: FairQueue,
    /// A pipe that lost its id in the middle of a message; it is ended when that was read.
    leaving: Option<PipeKey>,
    probe: Probe,
    mandatory: bool,
    handover: bool,
}

impl Routes {
    /// Nobody yet.
    pub(crate) fn new() -> Routes {
        Routes {
            names: Names::new(),
            anonymous: KeyMap::new(),
            inbound: FairQueue::new(),
            leaving: None,
            probe: Probe::default(),
            mandatory: false,
            handover: false,
        }
    }

    /// Takes a pipe in, or lets it wait until its peer's id is known.
    pub(crate) fn attach(&mut self, base: &mut Base, pipe: PipeKey, how: Attach) {
        self.probe.attach(&mut base.pipes, pipe);
        match self.names.take_next(how) {
            Some(id) => self.admit(base, pipe, id),
            None if !self.introduce(base, pipe) => self.anonymous.insert(pipe, ()),
            None => {}
        }
    }

    /// The peer's id became known.
    pub(crate) fn identified(&mut self, base: &mut Base, pipe: PipeKey) {
        // Pipes that were named by this side, and those that are ignored, stay what they are.
        if self.anonymous.get(pipe).is_some() && self.introduce(base, pipe) {
            self.anonymous.remove(pipe);
        }
    }

    /// Forgets a pipe.
    pub(crate) fn detached(&mut self, pipe: PipeKey) {
        self.anonymous.remove(pipe);
        self.names.remove(pipe);
        self.inbound.detach(pipe);
        if self.leaving == Some(pipe) {
            self.leaving = None;
        }
    }

    /// Data came on a pipe.
    pub(crate) fn read_activated(&mut self, pipe: PipeKey) {
        self.inbound.read_activated(pipe);
    }

    /// Reads the next frame of any message, and says from where.
    pub(crate) fn recv(&mut self, base: &mut Base, msg: &mut Msg) -> Option<PipeKey> {
        let pipe = self.inbound.recv(&mut base.pipes, msg)?;
        if self.leaving == Some(pipe) && !msg.more() {
            self.leaving = None;
            self.end(base, pipe);
        }
        Some(pipe)
    }

    /// Reads the next frame of the message that was begun; false: there is none, or it was cut.
    pub(crate) fn recv_more(&mut self, base: &mut Base, msg: &mut Msg) -> bool {
        self.inbound.has_more(&mut base.pipes) && self.recv(base, msg).is_some()
    }

    /// Whether a frame of the message that was begun can be read.
    pub(crate) fn has_more(&mut self, base: &mut Base) -> bool {
        self.inbound.has_more(&mut base.pipes)
    }

    /// The pipe that `recv` would read from now.
    pub(crate) fn next(&mut self, base: &mut Base) -> Option<PipeKey> {
        self.inbound.next(&mut base.pipes)
    }

    /// The pipe behind an id.
    pub(crate) fn pipe(&self, id: &[u8]) -> Option<PipeKey> {
        self.names.pipe(id)
    }

    /// The id of a pipe.
    pub(crate) fn id(&self, pipe: PipeKey) -> Option<&[u8]> {
        self.names.id(pipe)
    }

    /// Whether the caller wants to hear of messages that cannot be delivered.
    pub(crate) fn mandatory(&self) -> bool {
        self.mandatory
    }

    /// Whether any peer has room for a message.
    pub(crate) fn has_room(&self, base: &mut Base) -> bool {
        self.names.pipes().any(|pipe| base.pipes.check_write(pipe))
    }

    /// What `zmq_socket_get_peer_state` answers.
    pub(crate) fn peer_state(&self, base: &mut Base, id: &[u8]) -> Result<i32> {
        let pipe = self.names.pipe(id).ok_or(Error::HostUnreachable)?;
        Ok(if base.pipes.check_write(pipe) { POLLOUT } else { 0 })
    }

    /// Refuses to connect under a name that another peer bears.
    pub(crate) fn check_connect(&self) -> Result<()> {
        self.names.check_next()
    }

    /// Sets the options that ROUTER and REP share.
    pub(crate) fn set_option(&mut self, base: &mut Base, option: i32, value: &[u8]) -> Result<()> {
        match option {
            options::CONNECT_ROUTING_ID => self.names.set_next(value)?,
            options::PROBE_ROUTER => self.probe.set(value)?,
            options::ROUTER_HANDOVER => self.handover = switch(value)?,
            options::ROUTER_MANDATORY => self.mandatory = switch(value)?,
            options::ROUTER_NOTIFY => match options::int(value)? {
                notify @ 0..=3 => base.options.router_notify = notify,
                _ => return Err(Error::Invalid),
            },
            options::ROUTER_RAW => base.options.router_raw = switch(value)?,
            _ => return Err(Error::Invalid),
        }
        Ok(())
    }

    /// Names a pipe as its peer asked; false if the peer has not said its id yet.
    fn introduce(&mut self, base: &mut Base, pipe: PipeKey) -> bool {
        let id = match base.pipes.peer_routing_id(pipe) {
            None => return false,
            Some([]) => self.names.automatic(),
            Some(id) => id.into(),
        };
        self.admit(base, pipe, id);
        true
    }

    /// Enters a pipe, unless its id is in use and stays so.
    fn admit(&mut self, base: &mut Base, pipe: PipeKey, id: Arc<[u8]>) {
        if let Some(holder) = self.names.pipe(&id) {
            if !self.handover {
                return;
            }
            self.names.remove(holder);
            if self.inbound.in_message_of() == Some(holder) {
                self.leaving = Some(holder);
            } else {
                self.end(base, holder);
            }
        }
        self.names.insert(id, pipe);
        self.inbound.attach(pipe);
    }

    /// Ends a pipe; nothing more is read from it, whatever still lies in it.
    fn end(&mut self, base: &mut Base, pipe: PipeKey) {
        self.inbound.detach(pipe);
        base.pipes.refuse(pipe);
    }
}

/// The bit of `zmq_socket_get_peer_state` that says that a peer has room (`ZMQ_POLLOUT`).
const POLLOUT: i32 = 2;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::socket::dealer::Dealer;
    use crate::socket::pattern::Pattern;
    use crate::socket::router::Router;
    use crate::socket::testing::{Rig, connect, connect_unnamed, name};

    fn dealer(id: &str) -> Rig<Dealer> {
        Rig::new(Dealer::new()).called(id)
    }

    #[test]
    fn h109_automatic_ids() {
        let mut router = Rig::new(Router::new());
        let mut dealers = [(); 3].map(|()| dealer(""));
        for dealer in &mut dealers {
            connect(dealer, &mut router);
            dealer.send(&[b"x"]).unwrap();
        }
        let ids = [(); 3].map(|()| router.recv().unwrap().swap_remove(0));
        let number = |id: &[u8]| u32::from_be_bytes(id[1..].try_into().unwrap());
        for (id, next) in ids.iter().zip(&ids[1..]) {
            assert_eq!((id.len(), id[0]), (5, 0));
            assert_eq!(number(next), number(id).wrapping_add(1));
        }
        for (dealer, id) in dealers.iter_mut().zip(&ids) {
            router.send(&[id, b"answer"]).unwrap();
            assert_eq!(dealer.recv().unwrap(), [b"answer"]);
        }
    }

    #[test]
    fn automatic_ids_go_past_those_that_peers_chose() {
        let mut names = Names::new();
        names.numbers = Numbers::from(7);
        names.insert(Arc::from([0, 0, 0, 0, 7].as_slice()), PipeKey::from_index(0));
        assert_eq!(&*names.automatic(), [0, 0, 0, 0, 8]);
    }

    #[test]
    fn an_anonymous_peer_is_not_read() {
        let (mut router, mut dealer) = (Rig::new(Router::new()), dealer("d"));
        let (_, key) = connect_unnamed(&mut dealer, &mut router);
        dealer.send(&[b"1"]).unwrap();
        router.process();
        dealer.send(&[b"2"]).unwrap();
        assert!(!router.has_in());
        assert_eq!(router.recv(), Err(Error::Again));
        name(&mut router, key, b"d");
        assert_eq!(router.recv().unwrap(), [b"d", b"1"]);
        assert_eq!(router.recv().unwrap(), [b"d", b"2"]);
        // The first name stays.
        name(&mut router, key, b"e");
        dealer.send(&[b"3"]).unwrap();
        assert_eq!(router.recv().unwrap(), [b"d", b"3"]);
    }

    #[test]
    fn an_anonymous_peer_can_go_before_it_has_a_name() {
        let (mut router, mut first) = (Rig::new(Router::new()), dealer("first"));
        connect_unnamed(&mut first, &mut router);
        first.disconnect();
        assert_eq!(router.pipe_count(), 0);
        let mut second = dealer("second");
        let (_, key) = connect_unnamed(&mut second, &mut router);
        second.send(&[b"x"]).unwrap();
        assert_eq!(router.recv(), Err(Error::Again));
        name(&mut router, key, b"");
        assert_eq!(router.recv().unwrap()[1], b"x");
    }

    #[test]
    fn h119_a_newcomer_with_an_id_in_use_is_ignored_for_ever() {
        let mut router = Rig::new(Router::new());
        let (mut first, mut second, mut third) = (dealer("d"), dealer("d"), dealer("d"));
        connect(&mut first, &mut router);
        connect(&mut second, &mut router);
        second.send(&[b"ignored"]).unwrap();
        router.send(&[b"d", b"to the first"]).unwrap();
        assert_eq!(first.recv().unwrap(), [b"to the first"]);
        assert_eq!(second.recv(), Err(Error::Again));
        // The id is in use as long as there is something to read under it.
        first.send(&[b"unread"]).unwrap();
        first.disconnect();
        connect(&mut third, &mut router);
        assert_eq!(router.recv().unwrap(), [b"d".as_slice(), b"unread"]);
        assert_eq!(router.recv(), Err(Error::Again));
        second.send(&[b"still ignored"]).unwrap();
        third.send(&[b"ignored"]).unwrap();
        assert_eq!(router.recv(), Err(Error::Again));
        let mut fourth = dealer("d");
        connect(&mut fourth, &mut router);
        fourth.send(&[b"fresh"]).unwrap();
        assert_eq!(router.recv().unwrap(), [b"d".as_slice(), b"fresh"]);
    }

    #[test]
    fn h120_handover_gives_the_id_to_the_newcomer() {
        let mut router = Rig::new(Router::new());
        router.set(options::ROUTER_HANDOVER, 1).unwrap();
        let (mut old, mut new) = (dealer("d"), dealer("d"));
        connect(&mut old, &mut router);
        old.send(&[b"unread", b"and lost"]).unwrap();
        connect(&mut new, &mut router);
        new.send(&[b"new"]).unwrap();
        assert_eq!(router.recv().unwrap(), [b"d".as_slice(), b"new"]);
        router.send(&[b"d", b"to the new one"]).unwrap();
        assert_eq!(new.recv().unwrap(), [b"to the new one"]);
        assert_eq!(old.recv(), Err(Error::Again));
        assert_eq!((old.pipe_count(), router.pipe_count()), (0, 1));
    }

    #[test]
    fn handover_lets_the_message_that_is_read_come_to_its_end() {
        // After the id, after the first frame, or before anything but announced.
        for read in 0..3 {
            let mut router = Rig::new(Router::new());
            router.set(options::ROUTER_HANDOVER, 1).unwrap();
            let (mut old, mut new) = (dealer("d"), dealer("d"));
            connect(&mut old, &mut router);
            old.send(&[b"1", b"2", b"3"]).unwrap();
            old.send(&[b"unread"]).unwrap();
            assert!(router.has_in());
            for frame in [b"d", b"1"].iter().take(read) {
                assert_eq!(router.recv_msg().unwrap().data(), *frame);
            }
            connect(&mut new, &mut router);
            new.send(&[b"new"]).unwrap();
            let rest = [b"d", b"1", b"2", b"3"];
            assert_eq!(router.recv().unwrap(), rest[read..]);
            assert_eq!(router.recv().unwrap(), [b"d".as_slice(), b"new"]);
            assert_eq!(router.recv(), Err(Error::Again));
            assert_eq!(old.recv(), Err(Error::Again));
            assert_eq!(router.pipe_count(), 1);
        }
    }

    #[test]
    fn handover_within_a_message_that_is_sent() {
        let mut router = Rig::new(Router::new());
        router.set(options::ROUTER_HANDOVER, 1).unwrap();
        let (mut old, mut new) = (dealer("d"), dealer("d"));
        connect(&mut old, &mut router);
        router.send_frame(b"d", true).unwrap();
        router.send_frame(b"1", true).unwrap();
        connect(&mut new, &mut router);
        router.send_frame(b"2", false).unwrap();
        router.send(&[b"d", b"next"]).unwrap();
        assert_eq!(new.recv().unwrap(), [b"next"]);
        assert_eq!(old.recv(), Err(Error::Again));
    }

    #[test]
    fn h124_h125_the_connecting_side_can_choose_the_name_once() {
        let mut router = Rig::new(Router::new());
        let (mut a, mut b, mut c) = (dealer("not asked"), dealer("b"), dealer("c"));
        assert_eq!(router.set_bytes(options::CONNECT_ROUTING_ID, b""), Err(Error::Invalid));
        router.set_bytes(options::CONNECT_ROUTING_ID, b"chosen").unwrap();
        connect(&mut b, &mut router);
        let (key, _) = connect_unnamed(&mut router, &mut a);
        router.send(&[b"chosen", b"to a"]).unwrap();
        assert_eq!(a.recv().unwrap(), [b"to a"]);
        name(&mut router, key, b"not asked");
        connect(&mut router, &mut c);
        for (peer, id) in [(&mut a, b"chosen".as_slice()), (&mut b, b"b"), (&mut c, b"c")] {
            peer.send(&[b"x"]).unwrap();
            assert_eq!(router.recv().unwrap(), [id, b"x"]);
        }
        assert_eq!(router.pattern.check_connect(&router.base), Ok(()));
        router.set_bytes(options::CONNECT_ROUTING_ID, b"chosen").unwrap();
        assert_eq!(router.pattern.check_connect(&router.base), Err(Error::Invalid));
        router.set_bytes(options::CONNECT_ROUTING_ID, b"other").unwrap();
        assert_eq!(router.pattern.check_connect(&router.base), Ok(()));
    }

    #[test]
    fn h122_h126_routers_find_each_other() {
        let (mut a, mut b) = (Rig::new(Router::new()), Rig::new(Router::new()));
        let (mut a, mut b) = {
            b.set(options::PROBE_ROUTER, 1).unwrap();
            a.set(options::ROUTER_MANDATORY, 1).unwrap();
            (a.called("a"), b.called("b"))
        };
        connect(&mut a, &mut b);
        assert_eq!(a.recv().unwrap(), [b"b".as_slice(), b""]);
        a.send(&[b"b", b"to b"]).unwrap();
        b.send(&[b"a", b"to a"]).unwrap();
        assert_eq!(b.recv().unwrap(), [b"a".as_slice(), b"to b"]);
        assert_eq!(a.recv().unwrap(), [b"b".as_slice(), b"to a"]);
    }

    #[test]
    fn h127_options_and_their_values() {
        let mut router = Rig::new(Router::new());
        router.set(options::ROUTER_NOTIFY, 3).unwrap();
        for wrong in [-1, 4] {
            assert_eq!(router.set(options::ROUTER_NOTIFY, wrong), Err(Error::Invalid));
        }
        assert_eq!(router.base.options.router_notify, 3);
        for option in [
            options::PROBE_ROUTER,
            options::ROUTER_HANDOVER,
            options::ROUTER_MANDATORY,
            options::ROUTER_RAW,
        ] {
            assert_eq!(router.set(option, -1), Err(Error::Invalid));
            assert_eq!(router.set(option, 2), Ok(()));
            assert_eq!(router.set(option, 0), Ok(()));
        }
        assert_eq!(router.set(options::REQ_RELAXED, 1), Err(Error::Invalid));
    }

    #[test]
    fn h132_the_state_of_a_peer() {
        let mut router = Rig::new(Router::new()).with_hwm(1);
        let mut dealer = dealer("d").with_hwm(1);
        connect(&mut router, &mut dealer);
        let state = |router: &mut Rig<Router>, id: &[u8]| {
            router.process();
            router.pattern.peer_state(&mut router.base, id)
        };
        assert_eq!(state(&mut router, b"d"), Ok(2));
        router.send(&[b"d", b"1"]).unwrap();
        router.send(&[b"d", b"2"]).unwrap();
        assert_eq!(state(&mut router, b"d"), Ok(0));
        assert_eq!(state(&mut router, b"x"), Err(Error::HostUnreachable));
        dealer.recv().unwrap();
        assert_eq!(state(&mut router, b"d"), Ok(2));
        dealer.disconnect();
        assert_eq!(state(&mut router, b"d"), Err(Error::HostUnreachable));
    }
}

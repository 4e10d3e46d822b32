//! SERVER and PEER: peers addressed by numbers that travel beside the message, not in it.
//!
//! The number says who sent a received message, and who is to get a sent one; it never leaves the
//! socket. PEER is a SERVER whose connecting side can ask for the number of its new peer at once,
//! so both ends may speak first.

#![forbid(unsafe_code)]

use super::parts::directory::{Directory, Numbers};
use super::parts::fair_queue::FairQueue;
use super::parts::frames::Frames;
use super::pattern::{Attach, Base, Pattern};
use crate::core::pipes::PipeKey;
use crate::error::{Error, Result};
use crate::msg::Msg;

/// SERVER or PEER.
#[derive(Debug)]
pub(crate) struct Server {
    directory: Directory<u32>,
    numbers: Numbers,
    inbound: FairQueue,
    /// The number of the newest peer, 0 before there is one; only a PEER keeps it.
    last: Option<u32>,
}

impl Server {
    /// A SERVER.
    pub(crate) fn new() -> Server {
        Server {
            directory: Directory::new(),
            numbers: Numbers::new(),
            inbound: FairQueue::new(),
            last: None,
        }
    }

    /// A PEER.
    pub(crate) fn peer() -> Server {
        Server { last: Some(0), ..Server::new() }
    }

    /// A number that no peer has, and that does not mean "nobody".
    fn unused(&mut self) -> u32 {
        loop {
            let number = self.numbers.next();
            if number != 0 && self.directory.key(&number).is_none() {
                return number;
            }
        }
    }

    fn pipe(&self, number: u32) -> Result<PipeKey> {
        self.directory.key(&number).ok_or(Error::HostUnreachable)
    }
}

impl Pattern for Server {
    fn attach(&mut self, _base: &mut Base, pipe: PipeKey, _how: Attach) {
        let number = self.unused();
        self.last = self.last.map(|_| number);
        self.directory.insert(number, pipe);
        self.inbound.attach(pipe);
    }

    fn detached(&mut self, _base: &mut Base, pipe: PipeKey) {
        self.directory.remove(pipe);
        self.inbound.detach(pipe);
    }

    fn send(&mut self, base: &mut Base, msg: &mut Msg) -> Result<()> {
        Frames::One.check(msg)?;
        let pipe = self.pipe(msg.routing_id())?;
        if !base.pipes.check_write(pipe) {
            return Err(Error::Again);
        }
        msg.set_routing_id(0);
        if base.pipes.write(pipe, msg) {
            base.pipes.flush(pipe);
        }
        *msg = Msg::empty();
        Ok(())
    }

    fn recv(&mut self, base: &mut Base, msg: &mut Msg) -> Result<()> {
        let pipe = Frames::One.recv(&mut self.inbound, &mut base.pipes, msg)?;
        msg.set_routing_id(self.directory.id(pipe).copied().unwrap_or_default());
        Ok(())
    }

    fn has_in(&mut self, base: &mut Base) -> bool {
        self.inbound.has_in(&mut base.pipes)
    }

    /// Room depends on whom a message is for, so sending is never ruled out.
    fn has_out(&mut self, _base: &mut Base) -> bool {
        true
    }

    fn read_activated(&mut self, _base: &mut Base, pipe: PipeKey) {
        self.inbound.read_activated(pipe);
    }

    fn disconnect_peer(&mut self, base: &mut Base, id: u32) -> Result<()> {
        base.pipes.terminate(self.pipe(id)?);
        Ok(())
    }

    fn last_peer(&self) -> Option<u32> {
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::socket::client::Client;
    use crate::socket::dealer::Dealer;
    use crate::socket::testing::{Rig, connect};

    fn message(data: &[u8], id: u32) -> Msg {
        let mut msg = Msg::from_slice(data).unwrap();
        msg.set_routing_id(id);
        msg
    }

    #[test]
    fn h154_nobody_there() {
        for mut server in [Rig::new(Server::new()), Rig::new(Server::peer())] {
            assert_eq!(server.send_frame(b"x", true), Err(Error::Invalid));
            assert_eq!(server.send_frame(b"x", false), Err(Error::HostUnreachable));
            assert_eq!(server.send_msg(&mut message(b"x", 5)), Err(Error::HostUnreachable));
            assert_eq!(server.recv(), Err(Error::Again));
            assert!(server.has_out() && !server.has_in());
        }
    }

    #[test]
    fn h153_answers_find_their_clients() {
        let mut server = Rig::new(Server::new());
        let mut clients = [(); 3].map(|()| Rig::new(Client::new()));
        for (client, name) in clients.iter_mut().zip([b"a", b"b", b"c"]) {
            connect(client, &mut server);
            client.send(&[name]).unwrap();
        }
        let mut ids = Vec::new();
        for name in [b"a", b"b", b"c"] {
            let mut request = server.recv_msg().unwrap();
            assert_eq!(request.data(), name);
            ids.push(request.routing_id());
            server.send_msg(&mut request).unwrap();
        }
        assert!(!ids.contains(&0));
        assert_eq!(ids[1], ids[0].wrapping_add(1).max(1));
        for (client, name) in clients.iter_mut().zip([b"a", b"b", b"c"]) {
            let answer = client.recv_msg().unwrap();
            assert_eq!((answer.data(), answer.routing_id()), (name.as_slice(), 0));
        }
    }

    #[test]
    fn ids_go_past_zero_and_past_those_in_use() {
        let mut server = Rig::new(Server::peer());
        server.pattern.numbers = Numbers::from(u32::MAX);
        let mut clients = [(); 3].map(|()| Rig::new(Client::new()));
        let [a, b, c] = &mut clients;
        connect(a, &mut server);
        assert_eq!(server.pattern.last_peer(), Some(u32::MAX));
        connect(b, &mut server);
        assert_eq!(server.pattern.last_peer(), Some(1));
        server.pattern.numbers = Numbers::from(u32::MAX);
        connect(c, &mut server);
        assert_eq!(server.pattern.last_peer(), Some(2));
    }

    #[test]
    fn h156_a_full_client_is_waited_for() {
        let mut server = Rig::new(Server::new()).with_hwm(1);
        let mut client = Rig::new(Client::new()).with_hwm(1);
        connect(&mut client, &mut server);
        client.send(&[b"hello"]).unwrap();
        let id = server.recv_msg().unwrap().routing_id();
        for _ in 0..2 {
            server.send_msg(&mut message(b"fill", id)).unwrap();
        }
        let mut refused = message(b"full", id);
        assert_eq!(server.send_msg(&mut refused), Err(Error::Again));
        assert_eq!((refused.data(), refused.routing_id()), (b"full".as_slice(), id));
        assert!(server.has_out());
        assert_eq!(client.recv().unwrap(), [b"fill"]);
        server.send_msg(&mut refused).unwrap();
    }

    #[test]
    fn a_client_that_is_gone_is_unreachable_once_it_was_read_out() {
        let (mut server, mut client) = (Rig::new(Server::new()), Rig::new(Client::new()));
        connect(&mut client, &mut server);
        client.send(&[b"last words"]).unwrap();
        client.disconnect();
        server.process();
        let id = server.recv_msg().unwrap().routing_id();
        assert_ne!(id, 0);
        assert_eq!(server.recv(), Err(Error::Again));
        assert_eq!(server.send_msg(&mut message(b"x", id)), Err(Error::HostUnreachable));
    }

    #[test]
    fn messages_of_several_frames_are_thrown_away() {
        let (mut server, mut foreign) = (Rig::new(Server::new()), Rig::new(Dealer::new()));
        connect(&mut foreign, &mut server);
        foreign.send(&[b"two", b"frames"]).unwrap();
        foreign.send(&[b"one"]).unwrap();
        assert_eq!(server.recv().unwrap(), [b"one"]);
        assert_eq!(server.recv(), Err(Error::Again));
    }

    #[test]
    fn h158_a_peer_knows_at_once_whom_it_connected_to() {
        let (mut a, mut b) = (Rig::new(Server::peer()), Rig::new(Server::peer()));
        connect(&mut a, &mut b);
        let id = a.pattern.last_peer().unwrap();
        assert_ne!(id, 0);
        a.send_msg(&mut message(b"first", id)).unwrap();
        let mut request = b.recv_msg().unwrap();
        assert_eq!(request.data(), b"first");
        b.send_msg(&mut request).unwrap();
        assert_eq!(a.recv_msg().unwrap().routing_id(), id);
        assert_eq!(Server::new().last_peer(), None);
    }

    #[test]
    fn a_peer_can_be_sent_away() {
        let (mut server, mut client) = (Rig::new(Server::new()), Rig::new(Client::new()));
        connect(&mut client, &mut server);
        client.send(&[b"hello"]).unwrap();
        let id = server.recv_msg().unwrap().routing_id();
        let Rig { pattern, base, .. } = &mut server;
        assert_eq!(pattern.disconnect_peer(base, 0), Err(Error::HostUnreachable));
        pattern.disconnect_peer(base, id).unwrap();
        pattern.disconnect_peer(base, id).unwrap();
        assert_eq!(server.send_msg(&mut message(b"x", id)), Err(Error::Again));
        assert_eq!(client.send(&[b"x"]), Err(Error::Again));
        assert_eq!(server.send_msg(&mut message(b"x", id)), Err(Error::HostUnreachable));
        assert_eq!(server.pipe_count(), 0);
    }
}

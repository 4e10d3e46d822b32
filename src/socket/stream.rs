//! STREAM: bytes of plain TCP connections, each piece with the id of its connection in front.
//!
//! Pieces have no end and no beginning, so a message is always an id and one frame. A connection
//! has the name that this side gave it; what the other side calls itself is not asked, because a
//! plain TCP peer calls itself nothing.

#![forbid(unsafe_code)]

use super::parts::fair_queue::FairQueue;
use super::parts::switch::strict_switch;
use super::pattern::{Attach, Base, Pattern};
use super::routing::Names;
use crate::core::options;
use crate::core::pipes::PipeKey;
use crate::error::{Error, Result};
use crate::msg::Msg;

/// STREAM.
#[derive(Debug)]
pub(crate) struct Stream {
    names: Names,
    inbound: FairQueue,
    /// An id and a piece that were read and not handed out.
    fetched: Option<(Msg, Msg)>,
    /// A piece whose id was handed out.
    piece: Option<Msg>,
    outgoing: Outgoing,
}

/// What the next frame to be sent is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outgoing {
    /// The id of a connection.
    Address,
    /// A piece for this pipe.
    Piece(PipeKey),
    /// A piece for nobody.
    Undeliverable,
}

impl Stream {
    /// A STREAM.
    pub(crate) fn new() -> Stream {
        Stream {
            names: Names::new(),
            inbound: FairQueue::new(),
            fetched: None,
            piece: None,
            outgoing: Outgoing::Address,
        }
    }

    /// Reads a piece and puts the id of its connection before it.
    fn fetch(&mut self, base: &mut Base) -> Result<(Msg, Msg)> {
        let pipe = self.inbound.next(&mut base.pipes).ok_or(Error::Again)?;
        // The id comes first: if memory runs out, the piece is still where it was.
        let mut id = Msg::from_slice(self.names.id(pipe).unwrap_or_default())?;
        let mut piece = Msg::empty();
        self.inbound.recv(&mut base.pipes, &mut piece).ok_or(Error::Again)?;
        id.set_more(true);
        id.set_metadata(piece.metadata().cloned());
        piece.set_more(false);
        Ok((id, piece))
    }

    /// Chooses the connection that a piece is for.
    fn address(&self, base: &mut Base, id: &[u8]) -> Result<Outgoing> {
        let pipe = self.names.pipe(id).ok_or(Error::HostUnreachable)?;
        if base.pipes.check_write(pipe) { Ok(Outgoing::Piece(pipe)) } else { Err(Error::Again) }
    }

    /// Ends a connection after what was sent on it; its id is unknown from now on.
    fn end(&mut self, base: &mut Base, pipe: PipeKey) {
        self.names.remove(pipe);
        self.inbound.detach(pipe);
        base.pipes.terminate(pipe);
    }
}

impl Pattern for Stream {
    fn attach(&mut self, base: &mut Base, pipe: PipeKey, how: Attach) {
        let chosen = self.names.take_next(how).filter(|id| self.names.pipe(id).is_none());
        let id = chosen.unwrap_or_else(|| {
            let id = self.names.automatic();
            // This is how a client learns what to call the server it has just connected to.
            base.options.routing_id = id.to_vec();
            id
        });
        self.names.insert(id, pipe);
        self.inbound.attach(pipe);
    }

    fn detached(&mut self, _base: &mut Base, pipe: PipeKey) {
        self.names.remove(pipe);
        self.inbound.detach(pipe);
        if self.outgoing == Outgoing::Piece(pipe) {
            self.outgoing = Outgoing::Undeliverable;
        }
    }

    fn send(&mut self, base: &mut Base, msg: &mut Msg) -> Result<()> {
        let outgoing = self.outgoing;
        self.outgoing = match outgoing {
            Outgoing::Address if msg.more() => self.address(base, msg.data())?,
            Outgoing::Address => Outgoing::Undeliverable,
            Outgoing::Piece(_) | Outgoing::Undeliverable => Outgoing::Address,
        };
        if let Outgoing::Piece(pipe) = outgoing {
            msg.set_more(false);
            if msg.is_empty() {
                self.end(base, pipe);
            } else if base.pipes.write(pipe, msg) {
                base.pipes.flush(pipe);
            }
        }
        *msg = Msg::empty();
        Ok(())
    }

    fn recv(&mut self, base: &mut Base, msg: &mut Msg) -> Result<()> {
        if let Some(piece) = self.piece.take() {
            *msg = piece;
            return Ok(());
        }
        let (id, piece) = match self.fetched.take() {
            Some(fetched) => fetched,
            None => self.fetch(base)?,
        };
        *msg = id;
        self.piece = Some(piece);
        Ok(())
    }

    fn has_in(&mut self, base: &mut Base) -> bool {
        if self.piece.is_none() && self.fetched.is_none() {
            self.fetched = self.fetch(base).ok();
        }
        self.piece.is_some() || self.fetched.is_some()
    }

    /// Room depends on whom a piece is for, so sending is never ruled out.
    fn has_out(&mut self, _base: &mut Base) -> bool {
        true
    }

    fn keeps_message(&self) -> bool {
        true
    }

    fn read_activated(&mut self, _base: &mut Base, pipe: PipeKey) {
        self.inbound.read_activated(pipe);
    }

    fn set_option(&mut self, base: &mut Base, option: i32, value: &[u8]) -> Result<()> {
        match option {
            options::CONNECT_ROUTING_ID => self.names.set_next(value)?,
            options::STREAM_NOTIFY => base.options.stream_notify = strict_switch(value)?,
            _ => return Err(Error::Invalid),
        }
        Ok(())
    }

    fn check_connect(&self, _base: &Base) -> Result<()> {
        self.names.check_next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::socket::dealer::Dealer;
    use crate::socket::testing::{Rig, connect};

    /// A STREAM, the far end of its connection, and what the STREAM calls that.
    fn pair() -> (Rig<Stream>, Rig<Dealer>, Vec<u8>) {
        let mut stream = Rig::new(Stream::new());
        let mut peer = Rig::new(Dealer::new()).called("not asked");
        connect(&mut stream, &mut peer);
        let id = stream.base.options.routing_id.clone();
        (stream, peer, id)
    }

    #[test]
    fn without_peers() {
        let mut stream = Rig::new(Stream::new());
        assert_eq!(stream.send_frame(b"x", true), Err(Error::HostUnreachable));
        assert_eq!(stream.recv(), Err(Error::Again));
        assert!(stream.has_out() && !stream.has_in());
        // An id alone is swallowed, and so is the piece after it.
        stream.send_frame(b"id", false).unwrap();
        stream.send_frame(b"piece", false).unwrap();
        assert_eq!(stream.send_frame(b"x", true), Err(Error::HostUnreachable));
    }

    #[test]
    fn a_failed_receive_leaves_the_message_alone() {
        let mut stream = Rig::new(Stream::new());
        let mut msg = Msg::from_slice(b"old").unwrap();
        let Rig { pattern, base, .. } = &mut stream;
        assert_eq!(pattern.recv(base, &mut msg), Err(Error::Again));
        assert_eq!(msg.data(), b"old");
        assert!(pattern.keeps_message());
    }

    #[test]
    fn h138_h139_every_piece_comes_with_the_id() {
        let (mut stream, mut peer, id) = pair();
        assert_eq!((id.len(), id[0]), (5, 0));
        peer.send(&[b"piece"]).unwrap();
        peer.send(&[b"two", b"frames"]).unwrap();
        assert!(stream.has_in());
        for piece in [b"piece".as_slice(), b"two", b"frames"] {
            assert_eq!(stream.recv().unwrap(), [&id, piece]);
        }
        assert!(!stream.has_in());
    }

    #[test]
    fn h142_more_means_nothing_on_a_piece() {
        let (mut stream, mut peer, id) = pair();
        stream.send_frame(&id, true).unwrap();
        stream.send_frame(b"a", true).unwrap();
        stream.send(&[&id, b"b"]).unwrap();
        assert_eq!(peer.recv().unwrap(), [b"a"]);
        assert_eq!(peer.recv().unwrap(), [b"b"]);
    }

    #[test]
    fn h144_an_empty_piece_closes_after_what_was_sent() {
        let (mut stream, mut peer, id) = pair();
        peer.send(&[b"unread"]).unwrap();
        stream.send(&[&id, b"last"]).unwrap();
        stream.send(&[&id, b""]).unwrap();
        assert_eq!(stream.send_frame(&id, true), Err(Error::HostUnreachable));
        assert_eq!(stream.recv(), Err(Error::Again));
        assert_eq!(peer.recv().unwrap(), [b"last"]);
        assert_eq!(peer.recv(), Err(Error::Again));
        assert_eq!((peer.pipe_count(), stream.pipe_count()), (0, 0));
    }

    #[test]
    fn a_full_connection_is_waited_for() {
        let mut stream = Rig::new(Stream::new()).with_hwm(1);
        let mut peer = Rig::new(Dealer::new()).with_hwm(1);
        connect(&mut stream, &mut peer);
        let id = stream.base.options.routing_id.clone();
        stream.send(&[&id, b"1"]).unwrap();
        stream.send(&[&id, b"2"]).unwrap();
        assert_eq!(stream.send_frame(&id, true), Err(Error::Again));
        assert_eq!(peer.recv().unwrap(), [b"1"]);
        stream.send(&[&id, b"3"]).unwrap();
    }

    #[test]
    fn h143_a_connection_lost_between_id_and_piece() {
        let (mut stream, mut peer, id) = pair();
        stream.send_frame(&id, true).unwrap();
        peer.disconnect();
        assert_eq!(stream.pipe_count(), 0);
        stream.send_frame(b"piece", false).unwrap();
        assert_eq!(stream.send_frame(&id, true), Err(Error::HostUnreachable));
    }

    #[test]
    fn a_piece_that_was_announced_stays_readable() {
        let (mut stream, mut peer, id) = pair();
        peer.send(&[b"1"]).unwrap();
        peer.send(&[b"2"]).unwrap();
        assert!(stream.has_in());
        stream.disconnect();
        assert_eq!(stream.recv_msg().unwrap().data(), id);
        assert!(stream.has_in());
        assert_eq!(stream.recv().unwrap(), [b"1"]);
        assert!(!stream.has_in());
    }

    #[test]
    fn h145_h146_ids_given_and_made() {
        let mut stream = Rig::new(Stream::new());
        let mut peers = [(); 3].map(|()| Rig::new(Dealer::new()));
        let [a, b, c] = &mut peers;
        stream.set_bytes(options::CONNECT_ROUTING_ID, b"a").unwrap();
        connect(&mut stream, a);
        assert_eq!(stream.base.options.routing_id, b"");
        connect(&mut stream, b);
        let second = stream.base.options.routing_id.clone();
        connect(c, &mut stream);
        let third = stream.base.options.routing_id.clone();
        for (peer, id) in [(a, b"a".as_slice()), (b, &second), (c, &third)] {
            stream.send(&[id, id]).unwrap();
            assert_eq!(peer.recv().unwrap(), [id]);
        }
        let number = |id: &[u8]| u32::from_be_bytes(id[1..].try_into().unwrap());
        assert_eq!(number(&third), number(&second).wrapping_add(1));
        stream.set_bytes(options::CONNECT_ROUTING_ID, b"a").unwrap();
        assert_eq!(stream.pattern.check_connect(&stream.base), Err(Error::Invalid));
        assert_eq!(stream.set_bytes(options::CONNECT_ROUTING_ID, b""), Err(Error::Invalid));
        assert_eq!(stream.set(options::STREAM_NOTIFY, 2), Err(Error::Invalid));
        assert_eq!(stream.set(options::STREAM_NOTIFY, 0), Ok(()));
    }
}

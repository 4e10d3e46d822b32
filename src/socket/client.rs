//! CLIENT: a DEALER for several threads, whose peers are SERVERs.
//!
//! It has no use for routing ids: each of its messages goes to the next SERVER, and what it
//! receives reports the id zero, whatever the peer left in the message.

#![forbid(unsafe_code)]

use super::parts::fair_queue::FairQueue;
use super::parts::frames::Frames;
use super::parts::load_balancer::LoadBalancer;
use super::pattern::{Attach, Base, Pattern};
use crate::core::pipes::PipeKey;
use crate::error::Result;
use crate::msg::Msg;

/// CLIENT.
#[derive(Debug)]
pub(crate) struct Client {
    inbound: FairQueue,
    outbound: LoadBalancer,
}

impl Client {
    /// A CLIENT.
    pub(crate) fn new() -> Client {
        Client { inbound: FairQueue::new(), outbound: LoadBalancer::new() }
    }
}

impl Pattern for Client {
    fn attach(&mut self, _base: &mut Base, pipe: PipeKey, _how: Attach) {
        self.inbound.attach(pipe);
        self.outbound.attach(pipe);
    }

    fn detached(&mut self, _base: &mut Base, pipe: PipeKey) {
        self.inbound.detach(pipe);
        self.outbound.detach(pipe);
    }

    fn send(&mut self, base: &mut Base, msg: &mut Msg) -> Result<()> {
        Frames::One.check(msg)?;
        self.outbound.send(&mut base.pipes, msg, base.may_wait).map(|_| ())
    }

    fn recv(&mut self, base: &mut Base, msg: &mut Msg) -> Result<()> {
        Frames::One.recv(&mut self.inbound, &mut base.pipes, msg)?;
        msg.set_routing_id(0);
        Ok(())
    }

    fn has_in(&mut self, base: &mut Base) -> bool {
        self.inbound.has_in(&mut base.pipes)
    }

    fn has_out(&mut self, base: &mut Base) -> bool {
        self.outbound.has_out(&mut base.pipes)
    }

    fn read_activated(&mut self, _base: &mut Base, pipe: PipeKey) {
        self.inbound.read_activated(pipe);
    }

    fn write_activated(&mut self, _base: &mut Base, pipe: PipeKey) {
        self.outbound.write_activated(pipe);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use crate::socket::dealer::Dealer;
    use crate::socket::testing::{Rig, connect};

    #[test]
    fn without_peers() {
        let mut client = Rig::new(Client::new());
        assert_eq!(client.send_frame(b"x", true), Err(Error::Invalid));
        assert_eq!(client.send_frame(b"x", false), Err(Error::Again));
        assert_eq!(client.recv(), Err(Error::Again));
        assert!(!client.has_in() && !client.has_out());
    }

    #[test]
    fn single_frames_without_ids() {
        let (mut client, mut foreign) = (Rig::new(Client::new()), Rig::new(Dealer::new()));
        connect(&mut client, &mut foreign);
        client.send(&[b"out"]).unwrap();
        assert_eq!(foreign.recv().unwrap(), [b"out"]);
        foreign.send(&[b"two", b"frames"]).unwrap();
        let mut marked = Msg::from_slice(b"in").unwrap();
        marked.set_routing_id(7);
        foreign.send_msg(&mut marked).unwrap();
        assert!(client.has_in());
        let received = client.recv_msg().unwrap();
        assert_eq!((received.data(), received.routing_id()), (b"in".as_slice(), 0));
    }
}

//! DEALER: messages out to the peers in turn, messages in from the peers in turn, and no envelope.

#![forbid(unsafe_code)]

use super::parts::fair_queue::FairQueue;
use super::parts::frames::Frames;
use super::parts::load_balancer::LoadBalancer;
use super::parts::probe::Probe;
use super::pattern::{Attach, Base, Pattern};
use crate::core::options;
use crate::core::pipes::PipeKey;
use crate::error::{Error, Result};
use crate::msg::Msg;
use crate::sys::memory::Buffer;

/// DEALER.
#[derive(Debug)]
pub(crate) struct Dealer {
    inbound: FairQueue,
    outbound: LoadBalancer,
    probe: Probe,
}

impl Dealer {
    /// A DEALER.
    pub(crate) fn new() -> Dealer {
        Dealer { inbound: FairQueue::new(), outbound: LoadBalancer::new(), probe: Probe::default() }
    }
}

impl Pattern for Dealer {
    fn attach(&mut self, base: &mut Base, pipe: PipeKey, _how: Attach) {
        self.probe.attach(&mut base.pipes, pipe);
        self.inbound.attach(pipe);
        self.outbound.attach(pipe);
    }

    fn detached(&mut self, _base: &mut Base, pipe: PipeKey) {
        self.inbound.detach(pipe);
        self.outbound.detach(pipe);
    }

    fn send(&mut self, base: &mut Base, msg: &mut Msg) -> Result<()> {
        self.outbound.send(&mut base.pipes, msg, base.may_wait).map(|_| ())
    }

    fn send_copy(&mut self, base: &mut Base, data: &[u8]) -> bool {
        self.outbound.send_copy(&mut base.pipes, data)
    }

    fn recv(&mut self, base: &mut Base, msg: &mut Msg) -> Result<()> {
        Frames::Many.recv(&mut self.inbound, &mut base.pipes, msg).map(|_| ())
    }

    fn recv_copy(&mut self, base: &mut Base, into: &mut Buffer) -> Option<usize> {
        self.inbound.recv_copy(&mut base.pipes, into, |_| true)
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

    fn set_option(&mut self, _base: &mut Base, option: i32, value: &[u8]) -> Result<()> {
        match option {
            options::PROBE_ROUTER => self.probe.set(value),
            _ => Err(Error::Invalid),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::socket::testing::{Rig, connect};

    #[test]
    fn without_peers() {
        let mut dealer = Rig::new(Dealer::new());
        assert_eq!(dealer.send(&[b"x"]), Err(Error::Again));
        assert_eq!(dealer.send_frame(b"x", true), Err(Error::Again));
        assert_eq!(dealer.recv(), Err(Error::Again));
        assert!(!dealer.has_in() && !dealer.has_out());
    }

    #[test]
    fn messages_pass_as_they_are() {
        let (mut a, mut b) = (Rig::new(Dealer::new()), Rig::new(Dealer::new()));
        connect(&mut a, &mut b);
        a.send(&[b"", b"to", b"b"]).unwrap();
        b.send(&[b"to a"]).unwrap();
        assert_eq!(b.recv().unwrap(), [b"".as_slice(), b"to", b"b"]);
        assert_eq!(a.recv().unwrap(), [b"to a"]);
    }

    #[test]
    fn a_probe_goes_first_on_every_new_pipe() {
        let mut dealer = Rig::new(Dealer::new());
        dealer.set(options::PROBE_ROUTER, 1).unwrap();
        let (mut a, mut b) = (Rig::new(Dealer::new()), Rig::new(Dealer::new()));
        connect(&mut dealer, &mut a);
        connect(&mut b, &mut dealer);
        dealer.send(&[b"1"]).unwrap();
        assert_eq!(a.recv().unwrap(), [b""]);
        assert_eq!(a.recv().unwrap(), [b"1"]);
        assert_eq!(b.recv().unwrap(), [b""]);
        assert_eq!(b.recv(), Err(Error::Again));
    }

    #[test]
    fn h125_options_of_others_are_refused() {
        let mut dealer = Rig::new(Dealer::new());
        assert_eq!(dealer.set(options::PROBE_ROUTER, -1), Err(Error::Invalid));
        assert_eq!(dealer.set_bytes(options::PROBE_ROUTER, &[1; 8]), Err(Error::Invalid));
        assert_eq!(dealer.set_bytes(options::CONNECT_ROUTING_ID, b"x"), Err(Error::Invalid));
        assert_eq!(dealer.set(options::ROUTER_NOTIFY, 1), Err(Error::Invalid));
    }
}

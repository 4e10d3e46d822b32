//! Sockets without a context, for the tests of patterns: a pattern, its base and its mailbox.
//!
//! Each call first works off the mailbox and in the end buries what is over, as the socket does,
//! so a test sees what an application would see of `DONTWAIT` calls.

#![forbid(unsafe_code)]

use std::sync::Arc;

use super::pattern::{Attach, Base, Pattern};
use crate::core::command::{Notice, SocketMailbox};
use crate::core::kind::Kind;
use crate::core::lane::LaneSpec;
use crate::core::options::{ContextDefaults, Options};
use crate::core::pipe::{PipeSpec, pipe};
use crate::core::pipes::{Activation, PipeKey, testing};
use crate::error::{Error, Result};
use crate::msg::Msg;
use crate::sys::memory::Buffer;

/// A pattern with everything that a socket gives it.
pub(crate) struct Rig<P> {
    pub(crate) pattern: P,
    pub(crate) base: Base,
    mailbox: Arc<SocketMailbox>,
    short: bool,
}

impl<P: Pattern> Rig<P> {
    /// A socket with default options.
    pub(crate) fn new(pattern: P) -> Rig<P> {
        Rig::with_reads(pattern, true)
    }

    /// A socket of a type that never reads.
    pub(crate) fn write_only(pattern: P) -> Rig<P> {
        Rig::with_reads(pattern, false)
    }

    fn with_reads(pattern: P, reads: bool) -> Rig<P> {
        let (pipes, mailbox) = testing::pipes(reads);
        let context = ContextDefaults { ipv6: false, blocky: true, zero_copy: true };
        let options = Options::new(Kind::Pair, context);
        Rig { pattern, base: Base { pipes, options, may_wait: false }, mailbox, short: false }
    }

    /// The same, with a routing id.
    pub(crate) fn called(mut self, id: &str) -> Rig<P> {
        self.base.options.routing_id = id.into();
        self
    }

    /// The same, with high-water marks.
    pub(crate) fn with_hwm(mut self, hwm: i32) -> Rig<P> {
        self.base.options.sndhwm = hwm;
        self.base.options.rcvhwm = hwm;
        self
    }

    /// Sets an int option of the pattern.
    pub(crate) fn set(&mut self, option: i32, value: i32) -> Result<()> {
        self.pattern.set_option(&mut self.base, option, &value.to_ne_bytes())
    }

    /// Sets an option of the pattern.
    pub(crate) fn set_bytes(&mut self, option: i32, value: &[u8]) -> Result<()> {
        self.pattern.set_option(&mut self.base, option, value)
    }

    /// Works off the mailbox.
    pub(crate) fn process(&mut self) {
        for (key, activation) in testing::deliver(&mut self.base.pipes, &self.mailbox) {
            match activation {
                Activation::Read => self.pattern.read_activated(&mut self.base, key),
                Activation::Write => self.pattern.write_activated(&mut self.base, key),
                Activation::Identified => self.pattern.identified(&mut self.base, key),
                Activation::None | Activation::Stats(..) => {}
            }
        }
        self.bury();
    }

    fn bury(&mut self) {
        while let Some(key) = self.base.pipes.next_ended() {
            self.pattern.detached(&mut self.base, key);
            self.base.pipes.remove(key);
        }
    }

    /// Sends a message that was made elsewhere.
    pub(crate) fn send_msg(&mut self, msg: &mut Msg) -> Result<()> {
        self.process();
        let sent = self.pattern.send(&mut self.base, msg);
        self.bury();
        assert!(sent.is_err() || msg.is_empty(), "what was sent is taken");
        sent
    }

    /// Whether it is the turn of the short way, which patterns need not have: as in a program that
    /// sometimes uses buffers and sometimes messages.
    fn goes_short(&mut self) -> bool {
        self.short = !self.short;
        self.short
    }

    /// Sends one frame the short way, if it may go there.
    pub(crate) fn send_copy(&mut self, data: &[u8]) -> bool {
        self.process();
        let sent = self.pattern.send_copy(&mut self.base, data);
        self.bury();
        sent
    }

    /// Receives a message of one frame the short way, if it may come there.
    pub(crate) fn recv_copy(&mut self) -> Option<Vec<u8>> {
        self.process();
        let received = Buffer::filled(|into| self.pattern.recv_copy(&mut self.base, into));
        self.bury();
        received
    }

    /// Sends one frame.
    pub(crate) fn send_frame(&mut self, data: &[u8], more: bool) -> Result<()> {
        if !more && self.goes_short() && self.send_copy(data) {
            return Ok(());
        }
        let mut msg = Msg::from_slice(data).expect("tests send little");
        msg.set_more(more);
        let sent = self.send_msg(&mut msg);
        assert!(sent.is_ok() || msg.data() == data, "what was not sent is kept");
        sent
    }

    /// Sends a whole message; the error is that of the first frame that fails.
    pub(crate) fn send(&mut self, frames: &[&[u8]]) -> Result<()> {
        let last = frames.len() - 1;
        let mut numbered = frames.iter().enumerate();
        numbered.try_for_each(|(number, frame)| self.send_frame(frame, number < last))
    }

    /// Receives one frame.
    pub(crate) fn recv_msg(&mut self) -> Result<Msg> {
        self.process();
        let mut msg = Msg::empty();
        let received = self.pattern.recv(&mut self.base, &mut msg);
        self.bury();
        received.map(|()| msg)
    }

    /// Receives the rest of a message, or a whole one.
    pub(crate) fn recv(&mut self) -> Result<Vec<Vec<u8>>> {
        let mut frames = Vec::new();
        if self.goes_short() {
            if let Some(frame) = self.recv_copy() {
                return Ok(vec![frame]);
            }
        }
        loop {
            let msg = match self.recv_msg() {
                Err(Error::Again) if !frames.is_empty() => panic!("{frames:?} is cut short"),
                received => received?,
            };
            frames.push(msg.data().to_vec());
            if !msg.more() {
                return Ok(frames);
            }
        }
    }

    /// Whether `ZMQ_EVENTS` would say that there is something to receive.
    pub(crate) fn has_in(&mut self) -> bool {
        self.process();
        let answer = self.pattern.has_in(&mut self.base);
        self.bury();
        answer
    }

    /// Whether `ZMQ_EVENTS` would say that something can be sent.
    pub(crate) fn has_out(&mut self) -> bool {
        self.process();
        let answer = self.pattern.has_out(&mut self.base);
        self.bury();
        answer
    }

    /// Ends all pipes, as closing or disconnecting does.
    pub(crate) fn disconnect(&mut self) {
        self.process();
        let keys: Vec<PipeKey> = self.base.pipes.keys().collect();
        for key in keys {
            self.base.pipes.terminate(key);
        }
        self.bury();
    }

    /// How many pipes there are, ending ones included.
    pub(crate) fn pipe_count(&mut self) -> usize {
        self.process();
        self.base.pipes.len()
    }
}

/// Connects `a` to `b`, which both know of when this returns.
pub(crate) fn connect<A: Pattern, B: Pattern>(
    a: &mut Rig<A>,
    b: &mut Rig<B>,
) -> (PipeKey, PipeKey) {
    let (key_a, key_b) = connect_unnamed(a, b);
    name(b, key_b, &a.base.options.routing_id.clone());
    name(a, key_a, &b.base.options.routing_id.clone());
    (key_a, key_b)
}

/// Connects `a` to `b` without telling either who the other one is.
pub(crate) fn connect_unnamed<A: Pattern, B: Pattern>(
    a: &mut Rig<A>,
    b: &mut Rig<B>,
) -> (PipeKey, PipeKey) {
    let lane = |writer: &Options, reader: &Options| LaneSpec {
        conflate: false,
        writer_part: writer.sndhwm,
        reader_part: reader.rcvhwm,
    };
    let (options_a, options_b) = (&a.base.options, &b.base.options);
    let lanes = [lane(options_a, options_b), lane(options_b, options_a)];
    let (end_a, end_b) = pipe(PipeSpec { lanes });
    let key_a = a.base.pipes.attach(end_a);
    let key_b = b.base.pipes.attach(end_b);
    let how = |locally_initiated| Attach { subscribe_to_all: false, locally_initiated };
    a.pattern.attach(&mut a.base, key_a, how(true));
    b.pattern.attach(&mut b.base, key_b, how(false));
    a.bury();
    b.bury();
    (key_a, key_b)
}

/// Tells a socket who is at the far end of a pipe.
pub(crate) fn name<P: Pattern>(rig: &mut Rig<P>, key: PipeKey, id: &[u8]) {
    rig.base.pipes.notice(key, Notice::Bound(id.to_vec(), None));
    rig.pattern.identified(&mut rig.base, key);
    rig.bury();
}

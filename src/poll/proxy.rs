//! The proxy: messages from one socket to another and back, until told to stop.
//!
//! A message is taken from one side only while the other can take it, so that a slow or missing
//! destination holds its senders back, and nothing that was read is at risk when the proxy ends.
//!
//! When there is nothing to do, the proxy sleeps until one of the conditions that are *not* met
//! becomes so. To wait for those that are met would return at once for as long as the other half of
//! the pair is missing (messages on one side, no room on the other), and the proxy would spin.
//!
//! That holds only as long as a condition that is met stays so. A destination may go, or another
//! thread may take a message from a thread-safe socket, between the look at the sockets and the work:
//! then both halves were seen, nothing is waited for, and still nothing can be moved. So a proxy
//! that tried in vain looks again, and sleeps only after a look that left it nothing to try.

#![forbid(unsafe_code)]

#[cfg(test)]
mod tests;

use super::wait::{Item, Watcher, wait};
use super::{POLLIN, POLLOUT};
use crate::error::{Error, Result};
use crate::msg::Msg;
use crate::socket::{DONTWAIT, Passage, SNDMORE, Socket};

/// How many messages go one way before the other way has its turn.
const BURST: usize = 1000;

/// What went through a socket in one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Traffic {
    frames: u64,
    bytes: u64,
}

impl Traffic {
    fn count(&mut self, msg: &Msg) {
        self.frames += 1;
        self.bytes += msg.len() as u64;
    }
}

/// One of the two sockets that are connected.
struct Side<'a> {
    socket: &'a Socket,
    received: Traffic,
    sent: Traffic,
}

impl<'a> Side<'a> {
    fn new(socket: &'a Socket) -> Side<'a> {
        Side { socket, received: Traffic::default(), sent: Traffic::default() }
    }

    fn ready(&self) -> Result<i16> {
        self.socket.events(POLLIN | POLLOUT)
    }
}

/// What a control message wants, beyond what was done when it was read.
enum Wish {
    /// Nothing but an answer.
    Acknowledge,
    /// The counters.
    Statistics,
    /// The end.
    Terminate,
}

/// A running proxy.
struct Proxy<'a> {
    frontend: Side<'a>,
    backend: Side<'a>,
    /// Both sides are the same socket, which answers itself.
    echo: bool,
    capture: Option<&'a Socket>,
    control: Option<&'a Socket>,
    paused: bool,
    /// The message in transit, empty between messages.
    frames: Vec<Msg>,
    watcher: Option<Watcher>,
}

/// Forwards messages until the control socket says `TERMINATE`, or until an error.
pub(crate) fn run(
    frontend: &Socket,
    backend: &Socket,
    capture: Option<&Socket>,
    control: Option<&Socket>,
) -> Result<()> {
    Proxy::new(frontend, backend, capture, control).go_on()
}

impl<'a> Proxy<'a> {
    fn new(
        frontend: &'a Socket,
        backend: &'a Socket,
        capture: Option<&'a Socket>,
        control: Option<&'a Socket>,
    ) -> Proxy<'a> {
        Proxy {
            frontend: Side::new(frontend),
            backend: Side::new(backend),
            echo: std::ptr::eq(frontend, backend),
            capture,
            control,
            paused: false,
            frames: Vec::new(),
            watcher: None,
        }
    }

    /// Takes turns until the end.
    fn go_on(&mut self) -> Result<()> {
        while self.turn()? {}
        Ok(())
    }

    /// Obeys, then forwards what there is, or sleeps; false is the end.
    fn turn(&mut self) -> Result<bool> {
        if let Some(control) = self.control {
            if control.events(POLLIN)? != 0 && !self.obey(control)? {
                return Ok(false);
            }
        }
        let seen = self.look()?;
        self.act(seen)?;
        Ok(true)
    }

    /// What the two sides are ready for.
    fn look(&self) -> Result<(i16, i16)> {
        let front = self.frontend.ready()?;
        // An echo waits, if it has to, in the middle of its work: a REP has no room for an answer
        // before it has read the question.
        let back = if self.echo { POLLOUT } else { self.backend.ready()? };
        Ok((front, back))
    }

    /// Forwards what there seemed to be when the sides were looked at; sleeps if that was nothing.
    fn act(&mut self, (front, back): (i16, i16)) -> Result<()> {
        let downstream = !self.paused && front & POLLIN != 0 && back & POLLOUT != 0;
        let upstream = !self.paused && back & POLLIN != 0 && front & POLLOUT != 0;
        if downstream {
            self.forward(true)?;
        }
        if upstream {
            self.forward(false)?;
        }
        // If nothing moved, what was seen is over, and only another look can tell what to wait for.
        if downstream || upstream { Ok(()) } else { self.sleep(front, back) }
    }

    /// Sleeps until a side that was ready for `front` or `back` is ready for more, or there is a
    /// command.
    fn sleep(&mut self, front: i16, back: i16) -> Result<()> {
        let wanted = match (self.paused, self.echo) {
            (true, _) => 0,
            (false, true) => POLLIN,
            (false, false) => POLLIN | POLLOUT,
        };
        let mut items = [Item::NOTHING; 3];
        let sockets = [
            Some((self.frontend.socket, wanted & !front)),
            (!self.echo).then_some((self.backend.socket, wanted & !back)),
            self.control.map(|control| (control, POLLIN)),
        ];
        let mut count = 0;
        for ((socket, events), item) in sockets.into_iter().flatten().zip(&mut items) {
            *item = Item::socket(socket, events);
            count += 1;
        }
        let items = items.get_mut(..count).unwrap_or_default();
        wait(items, -1, None, &mut self.watcher)?;
        Ok(())
    }

    /// Moves a burst of messages one way, as many as there are and there is room for.
    fn forward(&mut self, downstream: bool) -> Result<()> {
        let (from, to) = if downstream {
            (&mut self.frontend, &mut self.backend)
        } else {
            (&mut self.backend, &mut self.frontend)
        };
        // A copy may have to wait, and the capture may be one of the two.
        if self.capture.is_none() {
            if let Some(passage) = Passage::open(from.socket, to.socket)? {
                return pass(passage, from, to, &mut self.frames);
            }
        }
        for _ in 0..BURST {
            if !self.echo && to.ready()? & POLLOUT == 0 {
                return Ok(());
            }
            // What an error left behind is not forwarded later.
            self.frames.clear();
            if !receive(from.socket, &mut self.frames)? {
                return Ok(());
            }
            self.frames.iter().for_each(|frame| from.received.count(frame));
            if let Some(capture) = self.capture {
                let last = self.frames.len() - 1;
                for (at, frame) in self.frames.iter_mut().enumerate() {
                    capture.send(&mut frame.copy(), if at < last { SNDMORE } else { 0 })?;
                }
            }
            self.frames.iter().for_each(|frame| to.sent.count(frame));
            send(to.socket, &mut self.frames)?;
        }
        Ok(())
    }

    /// Reads and carries out what has arrived on the control socket; false is the end.
    ///
    /// Every frame is a command of its own, so that the address before a command from a ROUTER does
    /// no harm.
    fn obey(&mut self, control: &Socket) -> Result<bool> {
        self.frames.clear();
        if !receive(control, &mut self.frames)? {
            return Ok(true);
        }
        let mut wish = Wish::Acknowledge;
        for frame in &self.frames {
            match frame.data() {
                b"PAUSE" => self.paused = true,
                b"RESUME" => self.paused = false,
                b"STATISTICS" => wish = Wish::Statistics,
                b"TERMINATE" => wish = Wish::Terminate,
                _ => {}
            }
        }
        match wish {
            Wish::Statistics => self.report(control)?,
            // A REP has to answer before it can hear the next command, and others are answered as
            // well; but nobody has to listen, and a SUB has no way to answer.
            Wish::Acknowledge | Wish::Terminate => {
                match control.send(&mut Msg::empty(), DONTWAIT) {
                    Ok(()) | Err(Error::Again | Error::NotSupported) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(!matches!(wish, Wish::Terminate))
    }

    /// Sends the counters.
    fn report(&self, control: &Socket) -> Result<()> {
        let mut frames = Vec::new();
        for side in [&self.frontend, &self.backend] {
            for traffic in [side.received, side.sent] {
                for number in [traffic.frames, traffic.bytes] {
                    frames.push(Msg::from_slice(&number.to_ne_bytes())?);
                }
            }
        }
        send(control, &mut frames)
    }
}

/// Moves a burst of messages while nothing has to wait.
fn pass(
    mut passage: Passage<'_>,
    from: &mut Side<'_>,
    to: &mut Side<'_>,
    frames: &mut Vec<Msg>,
) -> Result<()> {
    let mut msg = Msg::empty();
    for _ in 0..BURST {
        if !passage.begin(&mut msg)? {
            return Ok(());
        }
        let message = if msg.more() {
            // What an error left behind is not forwarded later.
            frames.clear();
            frames.push(msg.take());
            while passage.go_on(&mut msg)? {
                frames.push(msg.take());
                if !frames.last().is_some_and(Msg::more) {
                    break;
                }
            }
            frames.as_mut_slice()
        } else {
            std::slice::from_mut(&mut msg)
        };
        for frame in &*message {
            from.received.count(frame);
            to.sent.count(frame);
        }
        for at in 0..message.len() {
            let left = message.get_mut(at..).unwrap_or_default();
            if let Some(frame) = left.first_mut() {
                if !passage.send(frame)? {
                    // Whoever waits lets go of the sockets before.
                    drop(passage);
                    return send(to.socket, left);
                }
            }
        }
    }
    Ok(())
}

/// Receives a whole message, unless there is none.
fn receive(from: &Socket, frames: &mut Vec<Msg>) -> Result<bool> {
    let mut flags = DONTWAIT;
    loop {
        let mut frame = Msg::empty();
        match from.recv(&mut frame, flags) {
            Err(Error::Again) if frames.is_empty() => return Ok(false),
            done => done?,
        }
        let more = frame.more();
        frames.push(frame);
        if !more {
            return Ok(true);
        }
        flags = 0;
    }
}

/// Sends a whole message, or what is left of it.
fn send(to: &Socket, frames: &mut [Msg]) -> Result<()> {
    let last = frames.len().saturating_sub(1);
    for (at, frame) in frames.iter_mut().enumerate() {
        to.send(frame, if at < last { SNDMORE } else { 0 })?;
    }
    Ok(())
}

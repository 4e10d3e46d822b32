//! The output half of a link: from the pipe to the descriptor.
//!
//! The room exists because messages are written in batches: what waits in the pipe is turned into one
//! write, up to [`BATCH`], so that a link holds memory only while bytes are under way. Whoever takes
//! messages from the socket, encodes or writes does it here; what the protocol has to say by itself
//! goes first.

#![forbid(unsafe_code)]

use std::io::{self, IoSlice};

use super::{Link, More, Protocol};
use crate::engine::ending::Ending;
use crate::engine::side::Side;
use crate::msg::Msg;

/// As many bytes are encoded before they are written.
pub(super) const BATCH: usize = 256 * 1024;
/// Pieces of one write.
const PIECES: usize = 64;

impl Link {
    /// Whether the I/O thread has stopped in the middle of writing, to go on at its next turn. That may
    /// be bodies with release functions, which are to be called there.
    pub(super) fn is_interrupted(&self) -> bool {
        self.writable && !self.outgoing.is_empty()
    }

    /// Encodes and writes; without a side, what the protocol has to say.
    pub(super) fn send(
        &mut self,
        mut side: Option<&mut Side>,
        mut share: usize,
    ) -> Result<More, Ending> {
        let mut looked = false;
        loop {
            // In a burst, what comes while this is written is worth a system call later.
            if !looked || side.as_ref().is_none_or(|side| !side.awake) {
                looked = self.fill(side.as_deref_mut());
            }
            if self.outgoing.is_empty() || !self.writable {
                return Ok(More::No);
            }
            if share == 0 {
                return Ok(More::Yes);
            }
            let mut pieces = [IoSlice::new(&[]); PIECES];
            let mut used = 0;
            for (piece, chunk) in pieces.iter_mut().zip(self.outgoing.chunks()) {
                *piece = IoSlice::new(chunk);
                used += 1;
            }
            match self.stream.send(pieces.get(..used).unwrap_or_default()) {
                Ok(count) => {
                    self.patience.written += count as u64;
                    self.outgoing.consume(count);
                    share = share.saturating_sub(count);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.writable = false;
                }
                Err(error) => {
                    // What the peer has sent before is still worth reading; the end of that is
                    // the end of the link.
                    self.write_error = Some(error);
                    self.readable = true;
                    self.read_closed = true;
                    self.outgoing.clear();
                    return Ok(More::Yes);
                }
            }
        }
    }

    /// Encodes what the protocol and the application have to say, up to one batch; whether that is
    /// all there is.
    fn fill(&mut self, side: Option<&mut Side>) -> bool {
        if self.write_error.is_some() {
            return true;
        }
        if let Protocol::Zmtp(session) = &mut self.protocol {
            session.transmit(&mut self.outgoing);
        }
        let Some(side) = side else { return true };
        let mut msg = Msg::empty();
        match &mut self.protocol {
            // What cannot be written yet stays in the pipe, where it counts; and so does what
            // nobody would get, because the peer has closed the link.
            Protocol::Zmtp(session)
                if self.writable && self.ending.is_none() && session.is_ready() =>
            {
                let outgoing = &mut self.outgoing;
                let mut len = outgoing.len();
                let mut encode = |msg: &mut Msg| {
                    if let Some(established) = &mut self.established {
                        established.longest = established.longest.max(session.body_len(msg.len()));
                    }
                    session.encode_from(msg, outgoing);
                    outgoing.len()
                };
                while len < BATCH {
                    if side.next_with(|msg| len = encode(msg)) {
                        continue;
                    }
                    if !side.next(&mut msg) {
                        break;
                    }
                    len = encode(&mut msg);
                    // The next one is then copied over nothing.
                    msg = Msg::empty();
                }
            }
            Protocol::Zmtp(_) => {}
            Protocol::Raw => {
                let goes_on = self.writable && self.ending.is_none();
                while goes_on && self.outgoing.len() < BATCH && side.next(&mut msg) {
                    self.outgoing.put_body(msg.take());
                }
            }
        }
        self.outgoing.len() < BATCH
    }

    /// After an error: tries to say what the protocol had to say before it. In the handshake this
    /// lets the peer find out for itself what does not fit, instead of guessing and trying again.
    pub(in crate::engine) fn last_words(&mut self) {
        if self.is_established() || self.write_error.is_some() {
            return;
        }
        let Protocol::Zmtp(session) = &mut self.protocol else { return };
        session.transmit(&mut self.outgoing);
        for chunk in self.outgoing.chunks() {
            if self.stream.send(&[IoSlice::new(chunk)]).is_err() {
                return;
            }
        }
    }

    /// Whether bytes are still to be written.
    pub(in crate::engine) fn has_output(&self) -> bool {
        !self.outgoing.is_empty()
    }
}

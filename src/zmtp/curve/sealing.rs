//! Traffic: every frame in a box, with a number that is never used twice.

#![forbid(unsafe_code)]

use std::fmt;

use crate::crypto::{BoxKey, FrameKey, TAG};
use crate::msg::Msg;
use crate::zmtp::command::{self, MESSAGE};
use crate::zmtp::framing::{Flags, Framing};
use crate::zmtp::outgoing::Outgoing;
use crate::zmtp::reader::Reader;
use crate::zmtp::security_error::{Form, SecurityError};
use crate::zmtp::{PeerError, Stage};

/// What nonces begin with, by the side that sends.
pub(super) const FROM_CLIENT: &[u8; 16] = b"CurveZMQMESSAGEC";
pub(super) const FROM_SERVER: &[u8; 16] = b"CurveZMQMESSAGES";

/// Name and number, before the box.
const FRONT: usize = 16;
/// How much longer a frame is than what it carries.
pub(in crate::zmtp) const OVERHEAD: usize = FRONT + TAG + 1;

/// Flags inside of the box.
const MORE: u8 = 0x01;
const COMMAND: u8 = 0x02;

/// What seals and opens the frames of a connection.
pub(in crate::zmtp) struct Sealing {
    ours: FrameKey,
    theirs: FrameKey,
    /// The last number that we used.
    sent: u64,
    /// The highest number that came.
    seen: u64,
}

impl fmt::Debug for Sealing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealing")
            .field("sent", &self.sent)
            .field("seen", &self.seen)
            .finish_non_exhaustive()
    }
}

impl Sealing {
    /// The traffic of a connection with this key: what our nonces and theirs begin with, and the
    /// last numbers used on both sides.
    pub(super) fn new(key: &BoxKey, ways: [&[u8; 16]; 2], sent: u64, seen: u64) -> Sealing {
        let [ours, theirs] = ways.map(|way| key.frames(way));
        Sealing { ours, theirs, sent, seen }
    }

    /// Whether no number is left for the next frame, or one could not be written; then none is.
    pub(in crate::zmtp) fn is_exhausted(&self) -> bool {
        self.sent == u64::MAX
    }

    /// Writes a frame.
    pub(in crate::zmtp) fn seal(&mut self, flags: Flags, payload: &[u8], out: &mut Outgoing) {
        let Some(number) = self.sent.checked_add(1) else { return };
        self.sent = number;
        let len = payload.len() + OVERHEAD;
        let header = Framing::V2.write(Flags::data(false), len);
        let header = header.as_slice();
        let inner = if flags.more { MORE } else { 0 } | if flags.command { COMMAND } else { 0 };
        let written = out.put_with(header.len() + len, |place| {
            let (front, rest) = place.split_at_mut(header.len());
            front.copy_from_slice(header);
            let (front, sealed) = rest.split_at_mut(FRONT);
            front[0] = MESSAGE.len() as u8;
            front[1..8].copy_from_slice(MESSAGE);
            front[8..].copy_from_slice(&number.to_be_bytes());
            self.ours.seal(number, inner, payload, sealed);
        });
        if !written {
            // Without this frame none that follows may go out.
            self.sent = u64::MAX;
        }
    }

    /// Opens a frame.
    pub(in crate::zmtp) fn open(&mut self, body: &[u8]) -> Result<(Flags, Msg), PeerError> {
        let len = body.len();
        let (name, data) = command::structured(body, Stage::Established)?;
        if name != MESSAGE {
            return Err(SecurityError::NotSealed { len }.into());
        }
        let wrong = SecurityError::WrongForm { command: Form::Message, len };
        let mut reader = Reader::new(data);
        let nonce = reader.u64().filter(|_| len >= OVERHEAD).ok_or(wrong)?;
        if nonce <= self.seen {
            return Err(SecurityError::Replayed { nonce, last: self.seen }.into());
        }
        self.seen = nonce;
        let size = len - OVERHEAD;
        let no_memory = |_| PeerError::NoMemory { len: size, stage: Stage::Established };
        let mut msg = Msg::with_size(size).map_err(no_memory)?;
        let opened = self.theirs.open(nonce, reader.rest(), msg.writable());
        let bits = opened.ok_or(SecurityError::Forged { command: Form::Message })?;
        // The flags of the frame outside are anybody's, those inside the peer's.
        let flags = Flags { more: bits & MORE != 0, command: bits & COMMAND != 0 };
        Ok((flags, msg))
    }
}

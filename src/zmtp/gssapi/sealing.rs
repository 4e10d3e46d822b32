//! Traffic: every frame in a token of its own.

#![forbid(unsafe_code)]

use std::fmt;

use super::{Context, failed, token};
use crate::msg::Msg;
use crate::zmtp::command::{self, CANCEL, MESSAGE, SUBSCRIBE};
use crate::zmtp::framing::{Flags, Framing};
use crate::zmtp::outgoing::Outgoing;
use crate::zmtp::security_error::{Form, GssapiAct, SecurityError};
use crate::zmtp::{PeerError, Stage};

/// Flags inside of the token.
const MORE: u8 = 0x01;
const COMMAND: u8 = 0x02;
/// Subscriptions and their ends as libzmq 4.3.6 sends them: without the name of a command. Those of
/// its older versions have neither name nor flag, so that nobody can understand them; what we send
/// has the name, which all versions understand.
const SUBSCRIBES: u8 = 0x04;
const CANCELS: u8 = 0x08;

/// Name and length, before the token.
const FRONT: usize = 1 + MESSAGE.len() + size_of::<u32>();

/// A MESSAGE. A token that is longer than a length can say makes one that nobody takes.
pub(super) fn message(token: &[u8]) -> Vec<u8> {
    let mut body = Vec::with_capacity(FRONT + token.len());
    body.extend(front(u32::try_from(token.len()).unwrap_or(u32::MAX)));
    body.extend(token);
    body
}

/// What stands before a token of a length.
fn front(len: u32) -> impl Iterator<Item = u8> {
    std::iter::once(MESSAGE.len() as u8).chain(MESSAGE.iter().copied()).chain(len.to_be_bytes())
}

/// What seals and opens the frames of a connection.
pub(in crate::zmtp) struct Sealing {
    context: Box<dyn Context>,
    /// Why nothing can be sealed any more.
    fault: Option<SecurityError>,
}

impl fmt::Debug for Sealing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealing").field("fault", &self.fault).finish_non_exhaustive()
    }
}

impl Sealing {
    /// The traffic of a connection whose context is complete.
    pub(super) fn new(context: Box<dyn Context>) -> Sealing {
        Sealing { context, fault: None }
    }

    /// Why nothing can be sealed any more, if so; then no frame is written.
    pub(in crate::zmtp) fn fault(&self) -> Option<SecurityError> {
        self.fault.clone()
    }

    /// Writes a frame.
    pub(in crate::zmtp) fn seal(&mut self, flags: Flags, payload: &[u8], out: &mut Outgoing) {
        if self.fault.is_some() {
            return;
        }
        let inner = if flags.more { MORE } else { 0 } | if flags.command { COMMAND } else { 0 };
        let plain = [&[inner], payload].concat();
        let mut fits = true;
        let put = &mut |token: &[u8]| match u32::try_from(token.len()) {
            Ok(len) => fits = write(len, token, out),
            Err(_) => fits = false,
        };
        let why = match self.context.seal(&plain, put) {
            Ok(()) if fits => return,
            Ok(()) => {
                format!("{} bytes are too many for one frame, or for the memory", payload.len())
            }
            Err(trouble) => trouble.0,
        };
        self.fault = Some(SecurityError::Gssapi { act: GssapiAct::Seal, why });
    }

    /// Opens a frame.
    pub(in crate::zmtp) fn open(&mut self, body: &[u8]) -> Result<(Flags, Msg), PeerError> {
        let len = body.len();
        let (name, data) = command::structured(body, Stage::Established)?;
        if name != MESSAGE {
            return Err(SecurityError::NotSealed { len }.into());
        }
        let wrong = || SecurityError::WrongForm { command: Form::Message, len };
        let token = token(data).ok_or_else(wrong)?;
        let mut opened = None;
        let take = &mut |plain: &[u8]| {
            opened = plain.split_first().map(|(bits, payload)| read(*bits, payload));
        };
        self.context.open(token, take).map_err(|why| failed(GssapiAct::Open, why))?;
        // What holds nothing at all has no flags either.
        opened.ok_or_else(wrong)?
    }
}

/// Writes a MESSAGE with a token of a length; false if there is no memory for it.
fn write(len: u32, token: &[u8], out: &mut Outgoing) -> bool {
    let header = Framing::V2.write(Flags::data(false), FRONT + token.len());
    let header = header.as_slice();
    out.put_with(header.len() + FRONT + token.len(), |place| {
        let bytes = header.iter().copied().chain(front(len));
        let (before, behind) = place.split_at_mut(header.len() + FRONT);
        before.iter_mut().zip(bytes).for_each(|(place, byte)| *place = byte);
        behind.copy_from_slice(token);
    })
}

/// What a token held: flags, and what they are about.
fn read(bits: u8, payload: &[u8]) -> Result<(Flags, Msg), PeerError> {
    let name = match bits {
        _ if bits & SUBSCRIBES != 0 => Some(SUBSCRIBE),
        _ if bits & CANCELS != 0 => Some(CANCEL),
        _ => None,
    };
    let command = name.is_some() || bits & COMMAND != 0;
    let name = name.unwrap_or_default();
    let front = if name.is_empty() { 0 } else { 1 + name.len() };
    let size = front.saturating_add(payload.len());
    let no_memory = |_| PeerError::NoMemory { len: size, stage: Stage::Established };
    let mut msg = Msg::with_size(size).map_err(no_memory)?;
    if front > 0 {
        msg.fill(0, &[name.len() as u8]);
        msg.fill(1, name);
    }
    msg.fill(front, payload);
    // The flags of the frame outside are anybody's, those inside the peer's.
    Ok((Flags { more: bits & MORE != 0, command }, msg))
}

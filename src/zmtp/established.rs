//! Traffic: the state of a connection whose handshake is over.

#![forbid(unsafe_code)]

use super::command::Command;
use super::config::{Config, Millis};
use super::decoder::{Body, Decoder, Frame};
use super::encoder::Encoder;
use super::frames::{Frames, Plain, Sealed};
use super::framing::Flags;
use super::heartbeat::Heartbeat;
use super::outgoing::Outgoing;
use super::sealing::Sealing;
use super::shape::{Shape, check_group};
use super::{PeerError, SocketType, Stage, Version};
use crate::msg::{Growing, Kind, Msg};

/// A connection that carries messages.
#[derive(Debug)]
pub(super) struct Established {
    socket_type: SocketType,
    version: Version,
    decoder: Decoder,
    encoder: Encoder,
    shape: Shape,
    /// The last frame for the application promised another.
    inside: bool,
    /// What makes commands known, and the connection watched; peers before ZMTP 3.0 have neither.
    heartbeat: Option<Heartbeat>,
    /// What makes frames unreadable to others, if the mechanism does.
    sealing: Option<Box<Sealing>>,
}

impl Established {
    /// Starts with the first byte behind the handshake, of which the decoder may have taken some:
    /// those that came while the peer was judged.
    pub(super) fn new(
        config: &Config,
        version: Version,
        decoder: Decoder,
        sealing: Option<Box<Sealing>>,
        now: Millis,
    ) -> Established {
        Established {
            socket_type: config.socket_type,
            version,
            decoder: decoder.limited(config.max_body),
            encoder: Encoder::new(config.socket_type, version),
            shape: Shape::new(config.socket_type),
            inside: false,
            heartbeat: version.has_commands().then(|| Heartbeat::new(config.heartbeat, now)),
            sealing,
        }
    }

    /// Takes bytes up to the end of a frame that is something to the application.
    #[inline]
    pub(super) fn receive(
        &mut self,
        input: &[u8],
        now: Millis,
    ) -> Result<(usize, Option<Msg>), PeerError> {
        let mut rest = input;
        loop {
            let (count, frame) = self
                .decoder
                .decode(rest)
                .map_err(|error| PeerError::in_frame(error, Stage::Established))?;
            rest = rest.get(count..).unwrap_or_default();
            let taken = input.len() - rest.len();
            let Some(frame) = frame else { return Ok((taken, None)) };
            if let Some(msg) = self.frame(frame, now)? {
                return Ok((taken, Some(msg)));
            }
        }
    }

    /// See [`Session::receive_plain`](super::Session::receive_plain).
    #[inline]
    pub(super) fn receive_plain(&mut self, input: &[u8], msg: &mut Msg, parts: bool) -> usize {
        if self.sealing.is_some() || !matches!(self.shape, Shape::Any) {
            return 0;
        }
        let Some((flags, body, taken)) = self.decoder.whole(input) else { return 0 };
        if flags.command || (flags.more && !parts) || msg.set_content(body).is_err() {
            return 0;
        }
        msg.set_more(flags.more);
        self.inside = flags.more;
        if let Some(heartbeat) = &mut self.heartbeat {
            heartbeat.heard();
        }
        taken
    }

    /// Takes a frame, as it came.
    #[inline]
    fn frame(&mut self, frame: Frame<'_>, now: Millis) -> Result<Option<Msg>, PeerError> {
        if let Some(heartbeat) = &mut self.heartbeat {
            heartbeat.heard();
        }
        if self.sealing.is_some() {
            return self.sealed(frame.body.bytes(), now);
        }
        self.content(frame.flags, frame.body, now)
    }

    /// Takes a frame that is sealed. A function of its own, so that `content` melts into the path
    /// of frames that are not.
    #[inline(never)]
    fn sealed(&mut self, body: &[u8], now: Millis) -> Result<Option<Msg>, PeerError> {
        let Some(sealing) = &mut self.sealing else { return Ok(None) };
        let (flags, msg) = sealing.open(body)?;
        self.content(flags, Body::Collected(msg), now)
    }

    /// Takes what a frame says.
    #[inline(always)]
    fn content(
        &mut self,
        flags: Flags,
        body: Body<'_>,
        now: Millis,
    ) -> Result<Option<Msg>, PeerError> {
        if flags.command {
            return self.command(body, now);
        }
        let mut msg =
            body.into_msg().map_err(|error| PeerError::in_frame(error, Stage::Established))?;
        msg.set_more(flags.more);
        self.inside = flags.more;
        self.shape.frame(msg)
    }

    /// Takes a command. What is unknown, malformed or not for this type of socket is dropped.
    #[cold]
    fn command(&mut self, body: Body<'_>, now: Millis) -> Result<Option<Msg>, PeerError> {
        let Some(heartbeat) = &mut self.heartbeat else { return Ok(None) };
        let is_radio = self.socket_type == SocketType::Radio;
        match Command::parse(body.bytes()) {
            Command::Ping { ttl, context } => {
                heartbeat.ping(ttl, context, now);
                Ok(None)
            }
            Command::Subscribe(topic) if self.socket_type.publishes() => self.request(1, topic),
            Command::Cancel(topic) if self.socket_type.publishes() => self.request(0, topic),
            Command::Join(group) if is_radio => membership(Kind::Join, group),
            Command::Leave(group) if is_radio => membership(Kind::Leave, group),
            Command::Subscribe(_)
            | Command::Cancel(_)
            | Command::Join(_)
            | Command::Leave(_)
            | Command::Nothing => Ok(None),
        }
    }

    /// A subscription or its end as a message. Between the parts of another message it must not
    /// end that one.
    fn request(&self, verb: u8, topic: &[u8]) -> Result<Option<Msg>, PeerError> {
        let len = topic.len().saturating_add(1);
        let no_memory = |_| PeerError::NoMemory { len, stage: Stage::Established };
        let mut msg = Msg::with_size(len).map_err(no_memory)?;
        msg.fill(0, &[verb]);
        msg.fill(1, topic);
        msg.set_kind(Kind::Request);
        msg.set_more(self.inside);
        Ok(Some(msg))
    }

    /// See [`Session::body`](super::Session::body).
    pub(super) fn body(&mut self) -> Option<&mut Growing> {
        self.decoder.body()
    }

    /// Writes what the protocol has to say.
    #[inline]
    pub(super) fn transmit(&mut self, out: &mut Outgoing) {
        let Some(heartbeat) = &mut self.heartbeat else { return };
        let framing = self.version.framing();
        match &mut self.sealing {
            None => heartbeat.transmit(&mut Plain { framing, out }),
            Some(sealing) => heartbeat.transmit(&mut Sealed { sealing, out }),
        }
    }

    /// Writes a message.
    #[inline]
    pub(super) fn encode(&mut self, msg: &mut Msg, out: &mut Outgoing) {
        let framing = self.version.framing();
        match &mut self.sealing {
            None => {
                encode(&mut self.heartbeat, &mut self.encoder, msg, &mut Plain { framing, out });
            }
            Some(sealing) => {
                encode(&mut self.heartbeat, &mut self.encoder, msg, &mut Sealed { sealing, out });
            }
        }
    }

    /// How long the body of a frame becomes that carries this much.
    #[inline]
    pub(super) fn body_len(&self, len: usize) -> usize {
        self.sealing.as_ref().map_or(len, |sealing| sealing.body_len(len))
    }

    /// When [`timeout`](Self::timeout) wants to be called.
    pub(super) fn deadline(&self) -> Option<Millis> {
        if self.sealing.as_ref().is_some_and(|sealing| sealing.fault().is_some()) {
            return Some(0);
        }
        self.heartbeat.as_ref()?.deadline()
    }

    /// Acts on the time.
    pub(super) fn timeout(&mut self, now: Millis) -> Result<(), PeerError> {
        if let Some(fault) = self.sealing.as_ref().and_then(|sealing| sealing.fault()) {
            return Err(fault.into());
        }
        self.heartbeat.as_mut().map_or(Ok(()), |heartbeat| heartbeat.timeout(now))
    }

    /// Whether the peer's answer to a PING is overdue.
    pub(super) fn misses_answer(&self, now: Millis) -> bool {
        self.heartbeat.as_ref().is_some_and(|heartbeat| heartbeat.misses_answer(now))
    }

    /// The time for that answer begins again.
    pub(super) fn excuse(&mut self, now: Millis) {
        if let Some(heartbeat) = &mut self.heartbeat {
            heartbeat.excuse(now);
        }
    }

    /// See [`Session::pause`](super::Session::pause).
    pub(super) fn pause(&mut self, paused: bool, now: Millis) {
        if let Some(heartbeat) = &mut self.heartbeat {
            heartbeat.pause(paused, now);
        }
    }
}

/// Writes a message behind what heartbeats have to say.
#[inline]
fn encode(
    heartbeat: &mut Option<Heartbeat>,
    encoder: &mut Encoder,
    msg: &mut Msg,
    out: &mut impl Frames,
) {
    if let Some(heartbeat) = heartbeat {
        heartbeat.transmit(out);
        heartbeat.sent();
    }
    encoder.encode(msg, out);
}

/// A group that was joined or left, as a message.
fn membership(kind: Kind, group: &[u8]) -> Result<Option<Msg>, PeerError> {
    check_group(group)?;
    let mut msg = Msg::empty();
    msg.set_kind(kind);
    msg.set_group(group);
    Ok(Some(msg))
}

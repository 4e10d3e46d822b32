//! One byte stream between two sockets, from the first byte to the last.

#![forbid(unsafe_code)]

use std::mem;
use std::sync::Arc;

use super::config::{Config, Millis};
use super::decoder::Decoder;
use super::established::Established;
use super::framing::Framing;
use super::greeting::{Greeting, Outcome};
use super::handshake::{COMMAND_MAX, Handshake, Said, Step};
use super::metadata::{self, Properties};
use super::outgoing::Outgoing;
use super::sealing::Sealing;
use super::security_error::SecurityError;
use super::{Credentials, PeerError, Stage, Status, Verdict};
use crate::msg::{Growing, Msg};

/// The protocol of one connection.
///
/// Whoever owns the descriptor calls, in a loop:
///
/// 1. [`receive`](Self::receive) with what was read, until it takes nothing more and has no event;
///    while [`body`](Self::body) gives one, reading straight into it instead;
/// 2. [`encode`](Self::encode) for the application's messages, once [`is_ready`](Self::is_ready);
/// 3. [`transmit`](Self::transmit) after each of the other calls that are not `encode`, and after
///    bytes of the [`Outgoing`] were written;
/// 4. [`timeout`](Self::timeout) when [`deadline`](Self::deadline) has come. What has arrived by
///    then should be received first;
/// 5. [`judge`](Self::judge) when there is an answer to an [`Event::Asks`].
///
/// After an error the session is over: it takes nothing and waits for nothing. What greeting and
/// handshake had to say before it can still be transmitted; a peer that gets that much finds for
/// itself what is wrong, instead of a connection that ends without a reason.
#[derive(Debug)]
pub(crate) struct Session {
    config: Arc<Config>,
    state: State,
    /// When the peer must be ready.
    handshake_end: Option<Millis>,
    /// What greeting and handshake have to say.
    saying: Vec<u8>,
}

/// How long a peer that was refused has to take that in and go, and how much longer at most: when
/// it is not told, the time must not tell it either.
const GRACE: Millis = 1000;
const GRACE_STEP: Millis = 4;

/// A property: its name and its value.
type Property = (Vec<u8>, Vec<u8>);

/// Where the connection stands.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "nearly all connections are in the largest state")]
enum State {
    /// The greeting is incomplete.
    Greeting(Greeting),
    /// A peer without mechanisms has greeted; its identity frame is missing.
    Identity { decoder: Decoder, version: Version },
    /// The greetings are exchanged, and now the commands of the mechanism.
    Handshake(Handshake, Negotiation),
    /// Messages are exchanged.
    Established(Established),
    /// There was an error.
    Over,
}

/// What belongs to a handshake whatever the mechanism.
#[derive(Debug)]
struct Negotiation {
    decoder: Decoder,
    version: Version,
    /// The peer is being judged.
    asked: bool,
    /// What is known of it from whoever judged it.
    known: Vec<Property>,
    /// It was refused, and the time to go is what remains to it.
    refused: Option<Status>,
}

/// What bytes amount to.
#[derive(Debug)]
pub(crate) enum Event {
    /// Somebody has to judge the peer; until then it is not ready. Comes at most once.
    Asks(Box<Credentials>),
    /// The peer is refused, as was judged.
    Refused(Status),
    /// The peer is ready, and so are we. Comes once, before any message.
    Ready(Box<Peer>),
    /// A message, or a part of one.
    Message(Msg),
}

/// The generations of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    /// ZMTP 1.0 without a greeting.
    Unversioned,
    /// ZMTP 1.0 with a greeting.
    V1_0,
    /// ZMTP 2.0.
    V2_0,
    /// ZMTP 3.0: mechanisms, heartbeats, subscriptions as messages.
    V3_0,
    /// ZMTP 3.1 and later: subscriptions as commands.
    V3_1,
}

impl Version {
    /// How frames are delimited.
    pub(super) fn framing(self) -> Framing {
        match self {
            Version::Unversioned | Version::V1_0 => Framing::V1,
            Version::V2_0 | Version::V3_0 | Version::V3_1 => Framing::V2,
        }
    }

    /// Whether commands of the peer mean anything.
    pub(super) fn has_commands(self) -> bool {
        match self {
            Version::Unversioned | Version::V1_0 | Version::V2_0 => false,
            Version::V3_0 | Version::V3_1 => true,
        }
    }

    /// Whether peers tell what they are, in a handshake that can fail.
    pub(crate) fn has_metadata(self) -> bool {
        self.has_commands()
    }

    /// What it is called.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Version::Unversioned => "ZMTP 1.0 without a version",
            Version::V1_0 => "ZMTP 1.0",
            Version::V2_0 => "ZMTP 2.0",
            Version::V3_0 => "ZMTP 3.0",
            Version::V3_1 => "ZMTP 3.1",
        }
    }
}

/// What is known of a peer when it is ready.
#[derive(Debug)]
pub(crate) struct Peer {
    /// The generation of the protocol that is spoken with it.
    pub(crate) version: Version,
    /// The name of its type of socket, if it told; the application finds it among the properties.
    #[cfg_attr(not(any(test, fuzzing)), expect(dead_code, reason = "only tests ask for it here"))]
    pub(crate) socket_type: Option<Vec<u8>>,
    /// The routing id that it wants, of 1 to 255 bytes; it may begin with a zero.
    pub(crate) routing_id: Option<Vec<u8>>,
    /// It filters by itself and will never subscribe, so a publisher sends it everything.
    pub(crate) subscribe_to_all: bool,
    /// What the application may see of what it told, each name once.
    pub(crate) properties: Vec<Property>,
}

impl Session {
    /// The protocol of a connection that was established now.
    pub(crate) fn new(config: Arc<Config>, now: Millis) -> Session {
        let mut saying = Vec::new();
        let greeting = Greeting::start(&config, &mut saying);
        let handshake_end = config.handshake_timeout.map(|timeout| now.saturating_add(timeout));
        Session { config, state: State::Greeting(greeting), handshake_end, saying }
    }

    /// Takes bytes from the front of `input`: how many, and what they amount to. It returns as
    /// soon as there is an event; without one it has taken all, or wants the rest again: call
    /// until it takes nothing and has no event. After `body` was completed, call with no bytes.
    #[inline]
    pub(crate) fn receive(
        &mut self,
        input: &[u8],
        now: Millis,
    ) -> Result<(usize, Option<Event>), PeerError> {
        let State::Established(established) = &mut self.state else {
            return self.negotiate(input, now);
        };
        match established.receive(input, now) {
            Ok((taken, Some(msg))) => Ok((taken, Some(Event::Message(msg)))),
            Ok((taken, None)) => Ok((taken, None)),
            Err(error) => Err(self.give_up(error)),
        }
    }

    /// As `receive`, for what nearly all frames are: data that lies whole at the front of `input`, and
    /// goes to the application as it is. Then `msg`, which must be empty, is the message, and the
    /// result how many bytes it took; 0 leaves everything to `receive`, and so does what is wrong.
    /// Frames that others follow are taken only with `parts`.
    #[inline]
    pub(crate) fn receive_plain(&mut self, input: &[u8], msg: &mut Msg, parts: bool) -> usize {
        match &mut self.state {
            State::Established(established) => established.receive_plain(input, msg, parts),
            _ => 0,
        }
    }

    /// Greeting and handshake, as far as `input` goes.
    #[cold]
    fn negotiate(
        &mut self,
        input: &[u8],
        now: Millis,
    ) -> Result<(usize, Option<Event>), PeerError> {
        let mut rest = input;
        loop {
            let (count, event) =
                self.negotiate_step(rest, now).map_err(|error| self.give_up(error))?;
            rest = rest.get(count..).unwrap_or_default();
            let taken = input.len() - rest.len();
            let waits =
                matches!(self.state, State::Established(_) | State::Over) || self.holds_input();
            if event.is_some() || waits || rest.is_empty() {
                return Ok((taken, event));
            }
        }
    }

    /// One step of it; without an event it takes something or changes the state.
    fn negotiate_step(
        &mut self,
        input: &[u8],
        now: Millis,
    ) -> Result<(usize, Option<Event>), PeerError> {
        match &mut self.state {
            State::Greeting(greeting) => {
                let (taken, outcome) = greeting.receive(input, &self.config, &mut self.saying)?;
                Ok((taken, self.greeted(outcome, now)?))
            }
            State::Identity { decoder, version } => {
                let (version, in_frame) = (*version, PeerError::in_handshake_frame);
                let (taken, frame) = decoder.decode(input).map_err(in_frame)?;
                let event = frame.map(|frame| {
                    let routing_id = metadata::routing_id(frame.body.bytes());
                    let told = Properties { routing_id, ..Properties::default() };
                    let decoder = Decoder::new(version.framing(), None);
                    self.establish((version, decoder), told, Vec::new(), None, now)
                });
                Ok((taken, event))
            }
            State::Handshake(handshake, _) if handshake.holds_input() => Ok((0, None)),
            State::Handshake(handshake, so_far) => {
                let in_frame = |error| handshake.in_frame(error);
                let (taken, frame) = so_far.decoder.decode(input).map_err(in_frame)?;
                let Some(frame) = frame else { return Ok((taken, None)) };
                let body = frame.body;
                let event = self.handshake_step(now, |handshake, _, config, said| {
                    handshake.command(body.bytes(), config, said)
                })?;
                Ok((taken, event))
            }
            State::Established(_) | State::Over => Ok((0, None)),
        }
    }

    /// Goes where the greeting has led.
    fn greeted(&mut self, outcome: Outcome, now: Millis) -> Result<Option<Event>, PeerError> {
        match outcome {
            Outcome::Unfinished => Ok(None),
            Outcome::Unversioned { taken } => {
                // Its header is the signature, which is sent already.
                self.saying.extend(&self.config.routing_id);
                self.expect_identity(Version::Unversioned);
                let taken = taken.as_ref().map_or(&[][..], |taken| taken);
                Ok(self.negotiate_step(taken, now)?.1)
            }
            Outcome::Old(version) => {
                let id = &self.config.routing_id;
                let flags = super::framing::Flags::data(false);
                self.saying.extend(version.framing().write(flags, id.len()).as_slice());
                self.saying.extend(id);
                self.expect_identity(version);
                Ok(None)
            }
            Outcome::Current(version) => {
                let decoder = Decoder::new(version.framing(), Some(COMMAND_MAX));
                let (asked, known, refused) = (false, Vec::new(), None);
                let so_far = Negotiation { decoder, version, asked, known, refused };
                let step = self.say(Handshake::start)?;
                self.follow(step, so_far, now)
            }
        }
    }

    /// Lets the handshake say something.
    fn say<T>(&mut self, speak: impl FnOnce(&Config, &mut Said) -> T) -> T {
        let mut said = Said(mem::take(&mut self.saying));
        let result = speak(&self.config, &mut said);
        self.saying = said.0;
        result
    }

    /// Does a step of the handshake.
    fn handshake_step(
        &mut self,
        now: Millis,
        step: impl FnOnce(Handshake, Version, &Config, &mut Said) -> Result<Step, PeerError>,
    ) -> Result<Option<Event>, PeerError> {
        match mem::replace(&mut self.state, State::Over) {
            State::Handshake(handshake, so_far) => {
                let version = so_far.version;
                let step = self.say(|config, said| step(handshake, version, config, said))?;
                self.follow(step, so_far, now)
            }
            state => {
                self.state = state;
                Ok(None)
            }
        }
    }

    /// Goes where a step of the handshake leads.
    fn follow(
        &mut self,
        step: Step,
        mut so_far: Negotiation,
        now: Millis,
    ) -> Result<Option<Event>, PeerError> {
        let (handshake, event) = match step {
            Step::Done(told, sealing) => {
                let Negotiation { version, decoder, known, .. } = so_far;
                return Ok(Some(self.establish((version, decoder), told, known, sealing, now)));
            }
            Step::Goes(handshake) => (handshake, None),
            Step::Asks(handshake, credentials) => {
                so_far.asked = true;
                (handshake, Some(Event::Asks(Box::new(credentials))))
            }
            Step::Denied(handshake, status) => {
                so_far.refused = Some(status);
                let [more] = *self.config.entropy.bytes::<1>()?;
                let end = now.saturating_add(GRACE + GRACE_STEP * Millis::from(more));
                self.handshake_end = Some(self.handshake_end.map_or(end, |other| other.min(end)));
                (handshake, Some(Event::Refused(status)))
            }
        };
        let decoder = so_far.decoder.limited(Some(handshake.limit().0));
        self.state = State::Handshake(handshake, Negotiation { decoder, ..so_far });
        Ok(event)
    }

    /// Whether `receive` takes nothing until the peer has been judged.
    pub(crate) fn holds_input(&self) -> bool {
        matches!(&self.state, State::Handshake(handshake, _) if handshake.holds_input())
    }

    /// Takes the answer to [`Event::Asks`], or why there is none.
    pub(crate) fn judge(
        &mut self,
        verdict: Result<Verdict, SecurityError>,
        now: Millis,
    ) -> Result<Option<Event>, PeerError> {
        let State::Handshake(_, so_far) = &mut self.state else { return Ok(None) };
        if !mem::take(&mut so_far.asked) {
            return Ok(None);
        }
        let event = match verdict {
            Ok(Verdict::Accepted(known)) => {
                so_far.known = known;
                self.handshake_step(now, |handshake, _, config, said| {
                    handshake.accepted(config, said)
                })
            }
            Ok(Verdict::Denied(status)) => self
                .handshake_step(now, |handshake, version, _, said| {
                    Ok(handshake.denied(status, version, said))
                }),
            Err(error) => Err(error.into()),
        };
        event.map_err(|error| self.give_up(error))
    }

    fn expect_identity(&mut self, version: Version) {
        let decoder = Decoder::new(version.framing(), Some(COMMAND_MAX));
        self.state = State::Identity { decoder, version };
    }

    /// The handshake is over.
    fn establish(
        &mut self,
        (version, decoder): (Version, Decoder),
        told: Properties,
        known: Vec<Property>,
        sealing: Option<Box<Sealing>>,
        now: Millis,
    ) -> Event {
        let established = Established::new(&self.config, version, decoder, sealing, now);
        self.state = State::Established(established);
        self.handshake_end = None;
        // What others know of the peer counts for more than what it says itself.
        let mut properties = known;
        properties.extend(told.visible);
        let unversioned = version == Version::Unversioned;
        Event::Ready(Box::new(Peer {
            version,
            socket_type: told.socket_type,
            routing_id: told.routing_id,
            subscribe_to_all: unversioned && self.config.socket_type.publishes(),
            properties,
        }))
    }

    /// Ends the session.
    #[cold]
    fn give_up(&mut self, error: PeerError) -> PeerError {
        self.state = State::Over;
        self.handshake_end = None;
        error
    }

    /// The message whose body is being received, if so much of it is missing that it should be
    /// read straight into it. To be followed by `receive` with no bytes.
    pub(crate) fn body(&mut self) -> Option<&mut Growing> {
        match &mut self.state {
            State::Established(established) => established.body(),
            State::Greeting(_) | State::Identity { .. } | State::Handshake(..) | State::Over => {
                None
            }
        }
    }

    /// Puts what the protocol itself has to say into `out`, which is always the same one.
    ///
    /// Of heartbeats there is never more than one of each kind in `out`; others wait for it to be
    /// written. So call it again after `Outgoing::consume`.
    #[inline]
    pub(crate) fn transmit(&mut self, out: &mut Outgoing) {
        if !self.saying.is_empty() {
            out.put(&mem::take(&mut self.saying));
        }
        if let State::Established(established) = &mut self.state {
            established.transmit(out);
        }
    }

    /// Whether messages may be encoded: both handshakes are complete.
    #[inline]
    pub(crate) fn is_ready(&self) -> bool {
        matches!(self.state, State::Established(_))
    }

    /// Writes a message or a part of one, behind whatever the protocol has to say. Its kind and
    /// its group decide about the form. Before the session is ready, and when it is over, the
    /// message is lost.
    #[inline]
    pub(crate) fn encode(&mut self, mut msg: Msg, out: &mut Outgoing) {
        self.encode_from(&mut msg, out);
    }

    /// As `encode`; of the message is left what was copied.
    #[inline]
    pub(crate) fn encode_from(&mut self, msg: &mut Msg, out: &mut Outgoing) {
        if !self.saying.is_empty() {
            out.put(&mem::take(&mut self.saying));
        }
        if let State::Established(established) = &mut self.state {
            established.encode(msg, out);
        }
    }

    /// How long the body of a frame becomes that carries this much.
    #[inline]
    pub(crate) fn body_len(&self, len: usize) -> usize {
        match &self.state {
            State::Established(established) => established.body_len(len),
            State::Greeting(_) | State::Identity { .. } | State::Handshake(..) | State::Over => len,
        }
    }

    /// When `timeout` wants to be called. Changes with every other call.
    pub(crate) fn deadline(&self) -> Option<Millis> {
        match &self.state {
            State::Established(established) => established.deadline(),
            State::Greeting(_) | State::Identity { .. } | State::Handshake(..) | State::Over => {
                self.handshake_end
            }
        }
    }

    /// Acts on the time: makes a PING due, or finds that the peer took too long.
    pub(crate) fn timeout(&mut self, now: Millis) -> Result<(), PeerError> {
        if self.handshake_end.is_some_and(|end| now >= end) {
            if let Some(refusal) = self.refusal() {
                return Err(self.give_up(refusal));
            }
            let after = self.config.handshake_timeout.unwrap_or_default();
            return Err(self.give_up(PeerError::HandshakeTimeout { after }));
        }
        match &mut self.state {
            State::Established(established) => {
                established.timeout(now).map_err(|error| self.give_up(error))
            }
            State::Greeting(_) | State::Identity { .. } | State::Handshake(..) | State::Over => {
                Ok(())
            }
        }
    }

    /// Whether the peer's answer to a PING is overdue. If the caller knows that the PING still lies
    /// on our side, `excuse` lets the time begin again; else `timeout` ends the session.
    pub(crate) fn misses_answer(&self, now: Millis) -> bool {
        match &self.state {
            State::Established(established) => established.misses_answer(now),
            State::Greeting(_) | State::Identity { .. } | State::Handshake(..) | State::Over => {
                false
            }
        }
    }

    /// See `misses_answer`.
    pub(crate) fn excuse(&mut self, now: Millis) {
        if let State::Established(established) = &mut self.state {
            established.excuse(now);
        }
    }

    /// Says that nothing is read any more because the application does not keep up, or that it is
    /// again. In between, silence of the peer is no reason to give it up, and it is told from time
    /// to time that we are there.
    pub(crate) fn pause(&mut self, paused: bool, now: Millis) {
        if let State::Established(established) = &mut self.state {
            established.pause(paused, now);
        }
    }

    /// What it means that the peer sends no more.
    pub(crate) fn end_of_input(&self) -> PeerError {
        self.refusal().unwrap_or_else(|| PeerError::Closed { stage: self.stage() })
    }

    /// What it means that the connection broke.
    pub(crate) fn reset(&self) -> PeerError {
        self.refusal().unwrap_or_else(|| PeerError::Reset { stage: self.stage() })
    }

    /// That the peer was refused: then however the connection ends, this is why.
    fn refusal(&self) -> Option<PeerError> {
        match self.state {
            State::Handshake(_, Negotiation { refused: Some(status), .. }) => {
                Some(SecurityError::Refused(status).into())
            }
            _ => None,
        }
    }

    /// How far the connection has come.
    pub(crate) fn stage(&self) -> Stage {
        match &self.state {
            State::Greeting(greeting) => Stage::Greeting { received: greeting.len() },
            State::Identity { .. } | State::Handshake(..) => Stage::Handshake,
            State::Established(_) | State::Over => Stage::Established,
        }
    }
}

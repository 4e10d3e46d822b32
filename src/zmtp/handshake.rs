//! What happens between greeting and traffic: the commands of a security mechanism.
//!
//! Each mechanism is a variant here and a file of its own, with an enum of its states. A state is
//! consumed by the command that ends it, so nothing of it can be used later.
//!
//! A mechanism may want a verdict on the peer: then its next state waits for that, and whoever runs
//! the session is told whom to judge.

#![forbid(unsafe_code)]

use super::PeerError;
use super::command;
use super::config::{Config, Mechanism};
use super::curve;
use super::framing::{Flags, FrameError, Framing};
#[cfg(any(test, feature = "gssapi"))]
use super::gssapi;
use super::metadata::Properties;
use super::null::Null;
use super::plain;
use super::reader::Reader;
use super::sealing::Sealing;
use super::security_error::{Form, SecurityError};
use super::session::Version;
use super::verdict::{Credentials, Status};

/// The longest command of nearly all handshakes. Longer ones are refused whatever `ZMQ_MAXMSGSIZE` says, and
/// shorter ones are not.
pub(super) const COMMAND_MAX: u64 = 64 * 1024;
/// How much of an unexpected command is kept to show it.
const SHOWN: usize = 32;

/// A handshake that is under way.
#[derive(Debug)]
pub(super) enum Handshake {
    /// Nobody proves anything.
    Null(Null),
    /// We say a name and a password.
    PlainClient(plain::Client),
    /// The peer does.
    PlainServer(plain::Server),
    /// We know the peer's public key.
    CurveClient(curve::Client),
    /// The peer knows ours.
    CurveServer(curve::Server),
    /// A third party knows both of us.
    #[cfg(any(test, feature = "gssapi"))]
    Gssapi(gssapi::Side),
}

/// What a step of the handshake led to.
#[derive(Debug)]
pub(super) enum Step {
    /// It goes on.
    Goes(Handshake),
    /// It goes on when the peer has been judged.
    Asks(Handshake, Credentials),
    /// The peer is refused. What it still says is taken, so that it can take in what it was told.
    Denied(Handshake, Status),
    /// Both sides are ready. What the peer told, and what seals frames from now on.
    Done(Properties, Option<Box<Sealing>>),
}

/// What there is to say: commands, on their way to the peer.
#[derive(Debug, Default)]
pub(super) struct Said(pub(super) Vec<u8>);

impl Said {
    /// Says a command.
    pub(super) fn command(&mut self, name: &[u8], data: &[u8]) {
        command::begin(name, data.len(), |bytes| self.0.extend(bytes));
        self.0.extend(data);
    }

    /// Says a command that has no proper name.
    pub(super) fn frame(&mut self, body: &[u8]) {
        self.0.extend(Framing::V2.write(Flags::COMMAND, body.len()).as_slice());
        self.0.extend(body);
    }
}

impl Handshake {
    /// Starts when both greetings are complete; `out` takes what is to be said at once.
    pub(super) fn start(config: &Config, out: &mut Said) -> Result<Step, PeerError> {
        Ok(Step::Goes(match &config.mechanism {
            Mechanism::Null => return Ok(Null::start(config, out)),
            Mechanism::PlainClient(login) => {
                Handshake::PlainClient(plain::Client::start(login, out))
            }
            Mechanism::PlainServer => Handshake::PlainServer(plain::Server::ExpectsHello),
            Mechanism::CurveClient(keys) => {
                Handshake::CurveClient(curve::Client::start(keys, config, out)?)
            }
            Mechanism::CurveServer(_) => Handshake::CurveServer(curve::Server::start()),
            #[cfg(any(test, feature = "gssapi"))]
            Mechanism::Gssapi(terms) => Handshake::Gssapi(gssapi::Side::start(terms, out)?),
        }))
    }

    /// The longest command that may come next, and which one that is if only one may.
    pub(super) fn limit(&self) -> (u64, Option<Form>) {
        match self {
            Handshake::PlainServer(plain::Server::ExpectsHello) => {
                (plain::HELLO_MAX, Some(Form::Hello))
            }
            _ => (COMMAND_MAX, None),
        }
    }

    /// What is wrong with a frame of the handshake as such.
    pub(super) fn in_frame(&self, error: FrameError) -> PeerError {
        match (error, self.limit().1) {
            (FrameError::TooLong { len, .. }, Some(command)) => {
                let len = usize::try_from(len).unwrap_or(usize::MAX);
                SecurityError::WrongForm { command, len }.into()
            }
            (error, _) => PeerError::in_handshake_frame(error),
        }
    }

    /// Whether nothing more is to be taken before the peer has been judged: what follows is for the
    /// time after.
    pub(super) fn holds_input(&self) -> bool {
        matches!(self, Handshake::Null(Null::ExpectsVerdict(Some(_))))
    }

    /// Takes the next command of the peer. That it is marked as one is not asked for, as the other
    /// implementations do not either.
    pub(super) fn command(
        self,
        body: &[u8],
        config: &Config,
        out: &mut Said,
    ) -> Result<Step, PeerError> {
        match self {
            Handshake::Null(null) => null.command(body, config),
            Handshake::PlainClient(client) => client.command(body, config, out),
            Handshake::PlainServer(server) => server.command(body, config, out),
            Handshake::CurveClient(client) => client.command(body, config, out),
            Handshake::CurveServer(server) => server.command(body, config, out),
            #[cfg(any(test, feature = "gssapi"))]
            Handshake::Gssapi(side) => side.command(body, config, out),
        }
    }

    /// Goes on with a peer that was judged good.
    pub(super) fn accepted(self, config: &Config, out: &mut Said) -> Result<Step, PeerError> {
        match self {
            Handshake::Null(null) => Ok(null.accepted(config, out)),
            Handshake::PlainServer(_) => Ok(plain::Server::accepted(out)),
            Handshake::CurveServer(server) => server.accepted(config, out),
            #[cfg(any(test, feature = "gssapi"))]
            Handshake::Gssapi(side) => side.accepted(config, out),
            // They ask for no verdict.
            client @ (Handshake::PlainClient(_) | Handshake::CurveClient(_)) => {
                Ok(Step::Goes(client))
            }
        }
    }

    /// Refuses a peer that was judged bad.
    pub(super) fn denied(self, status: Status, version: Version, out: &mut Said) -> Step {
        match self {
            Handshake::Null(_) => Null::denied(status, out),
            Handshake::PlainServer(_) => plain::Server::denied(status, version, out),
            Handshake::CurveServer(_) => curve::Server::denied(status, out),
            #[cfg(any(test, feature = "gssapi"))]
            Handshake::Gssapi(side) => side.denied(status),
            client @ (Handshake::PlainClient(_) | Handshake::CurveClient(_)) => Step::Goes(client),
        }
    }
}

/// Why the peer refused us, from what stands behind the name of its ERROR.
pub(super) fn refusal(data: &[u8]) -> PeerError {
    match Reader::new(data).short_text() {
        Some(b"300") => PeerError::Denied { status: 300 },
        Some(b"400") => PeerError::Denied { status: 400 },
        Some(b"500") => PeerError::Denied { status: 500 },
        Some(reason) => PeerError::Refused { reason: reason.to_vec() },
        None => PeerError::MalformedError { len: data.len() },
    }
}

/// A command, or something else, where another should have been. Of a command only the name is
/// kept: what stands behind the one of PLAIN that says HELLO is a password, and this goes into logs.
pub(super) fn unexpected(expected: &'static str, body: &[u8]) -> PeerError {
    let named = command::named(body).and_then(|(name, _)| body.get(..=name.len()));
    let seen = named.unwrap_or(body);
    let seen = seen.get(..SHOWN).unwrap_or(seen).to_vec();
    PeerError::UnexpectedCommand { expected, seen }
}

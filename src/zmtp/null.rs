//! The mechanism that proves nothing: both sides say READY, in any order.
//!
//! Where somebody judges peers by their addresses, that happens first; a READY that comes meanwhile
//! is kept, and what follows it waits: the peer may have done nothing wrong.

#![forbid(unsafe_code)]

use super::PeerError;
use super::command::{self, ERROR, READY};
use super::config::Config;
use super::handshake::{Handshake, Said, Step, refusal, unexpected};
use super::metadata::{self, Properties};
use super::security_error::SecurityError;
use super::verdict::{Credentials, Status};

/// Where the handshake stands.
#[derive(Debug)]
pub(super) enum Null {
    /// The peer is being judged; it may have said READY.
    ExpectsVerdict(Option<Properties>),
    /// Our READY is sent, the peer's is missing.
    ReadySent,
    /// The peer is refused.
    Refused,
}

impl Null {
    /// Says READY, unless the peer has to be judged first.
    pub(super) fn start(config: &Config, out: &mut Said) -> Step {
        if config.asks {
            let waiting = Handshake::Null(Null::ExpectsVerdict(None));
            return Step::Asks(waiting, Credentials::Null);
        }
        out.command(READY, &metadata::write(config));
        Step::Goes(Handshake::Null(Null::ReadySent))
    }

    /// Takes the peer's READY, or its refusal.
    pub(super) fn command(self, body: &[u8], config: &Config) -> Result<Step, PeerError> {
        match (self, command::named(body)) {
            // It holds its input, so that nothing comes.
            (Null::ExpectsVerdict(Some(_)), _) => Err(SecurityError::OutOfTurn.into()),
            (Null::Refused, _) => Ok(Step::Goes(Handshake::Null(Null::Refused))),
            (_, Some((ERROR, data))) => Err(refusal(data)),
            (state, Some((READY, data))) => {
                let properties = Properties::parse(data, config.socket_type)?;
                Ok(match state {
                    Null::ExpectsVerdict(_) => {
                        Step::Goes(Handshake::Null(Null::ExpectsVerdict(Some(properties))))
                    }
                    Null::ReadySent | Null::Refused => Step::Done(properties, None),
                })
            }
            (Null::ExpectsVerdict(None) | Null::ReadySent, _) => Err(unexpected("READY", body)),
        }
    }

    /// The peer is judged good.
    pub(super) fn accepted(self, config: &Config, out: &mut Said) -> Step {
        out.command(READY, &metadata::write(config));
        match self {
            Null::ExpectsVerdict(Some(properties)) => Step::Done(properties, None),
            Null::ExpectsVerdict(None) | Null::ReadySent | Null::Refused => {
                Step::Goes(Handshake::Null(Null::ReadySent))
            }
        }
    }

    /// It is judged bad.
    pub(super) fn denied(status: Status, out: &mut Said) -> Step {
        if let Some(reason) = status.reason() {
            out.command(ERROR, &[&[reason.len() as u8], reason].concat());
        }
        Step::Denied(Handshake::Null(Null::Refused), status)
    }
}

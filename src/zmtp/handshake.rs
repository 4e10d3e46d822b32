//! What happens between greeting and traffic: the commands of a security mechanism.
//!
//! Each mechanism is a variant here and a file of its own, with an enum of its states. A state is
//! consumed by the command that ends it, so nothing of it can be used later.

#![forbid(unsafe_code)]

use super::PeerError;
use super::config::{Config, Mechanism};
use super::metadata::Properties;
use super::null::Null;

/// The longest command of a handshake. Longer ones are refused whatever `ZMQ_MAXMSGSIZE` says, and
/// shorter ones are not.
pub(super) const COMMAND_MAX: u64 = 64 * 1024;

/// A handshake that is under way.
#[derive(Debug)]
pub(super) enum Handshake {
    /// Nobody proves anything.
    Null(Null),
}

impl Handshake {
    /// Starts when both greetings are complete; `out` takes what is to be said at once.
    pub(super) fn start(config: &Config, out: &mut Vec<u8>) -> Handshake {
        match config.mechanism {
            Mechanism::Null => Handshake::Null(Null::start(config, out)),
        }
    }

    /// Takes the next command of the peer. That it is marked as one is not asked for, as the other
    /// implementations do not either.
    pub(super) fn command(self, body: &[u8], config: &Config) -> Result<Properties, PeerError> {
        match self {
            Handshake::Null(null) => null.command(body, config),
        }
    }
}

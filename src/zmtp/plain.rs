//! The mechanism PLAIN: the client says a name and a password, which somebody judges.
//!
//! ```text
//!   client                    server
//!   HELLO, name, password ──▶ asks for a verdict
//!                         ◀── WELCOME, or ERROR, or nothing
//!   INITIATE, metadata    ──▶
//!                         ◀── READY, metadata
//! ```

#![forbid(unsafe_code)]

use super::command::{self, ERROR, HELLO, INITIATE, READY, WELCOME};
use super::config::{Config, Login};
use super::handshake::{Handshake, Said, Step, refusal, unexpected};
use super::metadata::{self, Properties};
use super::reader::Reader;
use super::security_error::{Form, SecurityError};
use super::verdict::{Credentials, Status};
use super::{PeerError, Stage, Version};

/// What libzmq writes in PLAIN where the length and the name of an ERROR belong: the length is
/// missing, and the first letter is `^`. Its clients know nothing else.
const MISSPELT_ERROR: &[u8] = b"^RROR";

/// The longest HELLO: both texts with 255 bytes.
pub(super) const HELLO_MAX: u64 = 6 + 2 * 256;

/// Where a client stands.
#[derive(Debug)]
pub(super) enum Client {
    /// HELLO is sent.
    ExpectsWelcome,
    /// INITIATE is sent.
    ExpectsReady,
}

/// Where a server stands.
#[derive(Debug)]
pub(super) enum Server {
    /// Nothing has come.
    ExpectsHello,
    /// The credentials are being judged.
    ExpectsVerdict,
    /// The credentials are good.
    ExpectsInitiate,
    /// They are not.
    Refused,
}

impl Client {
    /// Says who we are.
    pub(super) fn start(login: &Login, out: &mut Said) -> Client {
        let mut data = Vec::new();
        for text in [&login.username, &*login.password] {
            // The option takes no longer ones.
            data.push(text.len() as u8);
            data.extend(text);
        }
        out.command(HELLO, &data);
        Client::ExpectsWelcome
    }

    /// Takes what the server says.
    pub(super) fn command(
        self,
        body: &[u8],
        config: &Config,
        out: &mut Said,
    ) -> Result<Step, PeerError> {
        if let Some(reason) = body.strip_prefix(MISSPELT_ERROR) {
            return Err(refusal(reason));
        }
        match (self, command::named(body)) {
            (_, Some((ERROR, reason))) => Err(refusal(reason)),
            (Client::ExpectsWelcome, Some((WELCOME, b""))) => {
                out.command(INITIATE, &metadata::write(config));
                Ok(Step::Goes(Handshake::PlainClient(Client::ExpectsReady)))
            }
            (Client::ExpectsWelcome, Some((WELCOME, _))) => {
                let len = body.len();
                Err(SecurityError::WrongForm { command: Form::Welcome, len }.into())
            }
            (Client::ExpectsReady, Some((READY, data))) => {
                Ok(Step::Done(Properties::parse(data, config.socket_type)?, None))
            }
            (Client::ExpectsWelcome, _) => Err(unexpected("WELCOME", body)),
            (Client::ExpectsReady, _) => Err(unexpected("READY", body)),
        }
    }
}

impl Server {
    /// Takes what the client says.
    pub(super) fn command(
        self,
        body: &[u8],
        config: &Config,
        out: &mut Said,
    ) -> Result<Step, PeerError> {
        match (self, command::named(body)) {
            (Server::ExpectsVerdict | Server::Refused, _) => Err(SecurityError::OutOfTurn.into()),
            (Server::ExpectsHello, Some((HELLO, data))) => {
                let len = body.len();
                let wrong = SecurityError::WrongForm { command: Form::Hello, len };
                let credentials = credentials(data).ok_or(wrong)?;
                Ok(Step::Asks(Handshake::PlainServer(Server::ExpectsVerdict), credentials))
            }
            (Server::ExpectsInitiate, Some((INITIATE, data))) => {
                let properties = Properties::parse(data, config.socket_type)?;
                out.command(READY, &metadata::write(config));
                Ok(Step::Done(properties, None))
            }
            (Server::ExpectsHello, _) => {
                command::structured(body, Stage::Handshake)?;
                Err(unexpected("HELLO", body))
            }
            (Server::ExpectsInitiate, _) => Err(unexpected("INITIATE", body)),
        }
    }

    /// The credentials were judged good.
    pub(super) fn accepted(out: &mut Said) -> Step {
        out.command(WELCOME, b"");
        Step::Goes(Handshake::PlainServer(Server::ExpectsInitiate))
    }

    /// They were judged bad.
    pub(super) fn denied(status: Status, version: Version, out: &mut Said) -> Step {
        if let Some(reason) = status.reason() {
            let told = [&[reason.len() as u8], reason].concat();
            match version {
                // Those that greet with this version know one spelling, all others the other.
                Version::V3_1 => out.frame(&[MISSPELT_ERROR, &told].concat()),
                _ => out.command(ERROR, &told),
            }
        }
        Step::Denied(Handshake::PlainServer(Server::Refused), status)
    }
}

/// A name and a password, and nothing else.
fn credentials(data: &[u8]) -> Option<Credentials> {
    let mut reader = Reader::new(data);
    let username = reader.short_text()?.to_vec();
    let password = reader.short_text()?.to_vec().into();
    reader.is_empty().then_some(Credentials::Plain { username, password })
}

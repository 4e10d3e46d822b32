//! The side that is told who the other one is.

#![forbid(unsafe_code)]

use super::{Opening, Side, failed, say_token, stuck, token};
use crate::zmtp::command::{self, INITIATE};
use crate::zmtp::config::Config;
use crate::zmtp::handshake::{Handshake, Said, Step, unexpected};
use crate::zmtp::security_error::{Form, GssapiAct, SecurityError};
use crate::zmtp::verdict::Credentials;
use crate::zmtp::{PeerError, Stage};

/// Where the handshake stands.
#[derive(Debug)]
pub(in crate::zmtp) enum Server {
    /// The context wants a token.
    ExpectsToken(Opening),
    /// The context is complete; the client has to take our last token first.
    ExpectsConsent(Opening),
    /// The client is being judged by its name.
    ExpectsVerdict(Opening),
    /// The client is let in, and READY is sent.
    ExpectsReady(Opening),
    /// The client is refused.
    Refused,
}

impl Server {
    /// Waits for the client.
    pub(super) fn start(opening: Opening) -> Server {
        Server::ExpectsToken(opening)
    }

    /// Takes what the client says.
    pub(super) fn command(
        self,
        body: &[u8],
        config: &Config,
        out: &mut Said,
    ) -> Result<Step, PeerError> {
        match self {
            Server::ExpectsToken(mut opening) => {
                let progress = opening.initiate(body)?;
                say_token(&progress.token, out);
                match (progress.complete, progress.token.is_empty()) {
                    (false, false) => Ok(goes(Server::ExpectsToken(opening))),
                    (false, true) => Err(stuck(GssapiAct::Token)),
                    (true, false) => Ok(goes(Server::ExpectsConsent(opening))),
                    (true, true) => Server::judges(opening, config, out),
                }
            }
            Server::ExpectsConsent(opening) => {
                consent(body)?;
                Server::judges(opening, config, out)
            }
            Server::ExpectsReady(mut opening) => {
                let properties = opening.hear_ready(body, config)?;
                Ok(opening.done(properties))
            }
            Server::ExpectsVerdict(_) | Server::Refused => Err(SecurityError::OutOfTurn.into()),
        }
    }

    /// Has the client judged by its name.
    fn judges(opening: Opening, config: &Config, out: &mut Said) -> Result<Step, PeerError> {
        if !config.asks {
            return Server::lets_in(opening, config, out);
        }
        let name = opening.context.peer().map_err(|why| failed(GssapiAct::Name, why))?;
        let waiting = Handshake::Gssapi(Side::Server(Server::ExpectsVerdict(opening)));
        Ok(Step::Asks(waiting, Credentials::Gssapi(name)))
    }

    fn lets_in(mut opening: Opening, config: &Config, out: &mut Said) -> Result<Step, PeerError> {
        opening.say_ready(config, out)?;
        Ok(goes(Server::ExpectsReady(opening)))
    }

    /// The client is judged good.
    pub(super) fn accepted(self, config: &Config, out: &mut Said) -> Result<Step, PeerError> {
        match self {
            Server::ExpectsVerdict(opening) => Server::lets_in(opening, config, out),
            other @ (Server::ExpectsToken(_)
            | Server::ExpectsConsent(_)
            | Server::ExpectsReady(_)
            | Server::Refused) => Ok(goes(other)),
        }
    }
}

fn goes(server: Server) -> Step {
    Step::Goes(Handshake::Gssapi(Side::Server(server)))
}

/// Takes what a client says that has our last token and nothing to answer: a frame without content,
/// or an INITIATE without a token.
fn consent(body: &[u8]) -> Result<(), PeerError> {
    if body.is_empty() {
        return Ok(());
    }
    match command::structured(body, Stage::Handshake)? {
        (INITIATE, data) if token(data).is_some_and(<[u8]>::is_empty) => Ok(()),
        (INITIATE, _) => {
            let len = body.len();
            Err(SecurityError::WrongForm { command: Form::Initiate, len }.into())
        }
        _ => Err(unexpected("INITIATE", body)),
    }
}

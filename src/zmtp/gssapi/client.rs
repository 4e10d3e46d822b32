//! The side that says who it is first.

#![forbid(unsafe_code)]

use super::{Opening, Progress, Side, failed, say_token, stuck};
use crate::zmtp::PeerError;
use crate::zmtp::config::Config;
use crate::zmtp::handshake::{Handshake, Said, Step};
use crate::zmtp::security_error::GssapiAct;

/// Where the handshake stands.
#[derive(Debug)]
pub(in crate::zmtp) enum Client {
    /// Our token is sent, and the context wants another.
    ExpectsToken(Opening),
    /// The context is complete.
    ExpectsReady(Opening),
}

impl Client {
    /// Says who we are.
    pub(super) fn start(mut opening: Opening, out: &mut Said) -> Result<Client, PeerError> {
        let first = opening.context.step(b"").map_err(|why| failed(GssapiAct::Begin, why))?;
        if first.token.is_empty() {
            return Err(stuck(GssapiAct::Begin));
        }
        Client::goes_on(opening, &first, out)
    }

    /// Says what the context has to say.
    fn goes_on(opening: Opening, progress: &Progress, out: &mut Said) -> Result<Client, PeerError> {
        say_token(&progress.token, out);
        match (progress.complete, progress.token.is_empty()) {
            (false, false) => Ok(Client::ExpectsToken(opening)),
            (false, true) => Err(stuck(GssapiAct::Token)),
            (true, false) => Ok(Client::ExpectsReady(opening)),
            (true, true) => {
                // The server waits for a command, whatever there is to say.
                out.frame(b"");
                Ok(Client::ExpectsReady(opening))
            }
        }
    }

    /// Takes what the server says.
    pub(super) fn command(
        self,
        body: &[u8],
        config: &Config,
        out: &mut Said,
    ) -> Result<Step, PeerError> {
        match self {
            Client::ExpectsToken(mut opening) => {
                let progress = opening.initiate(body)?;
                let client = Client::goes_on(opening, &progress, out)?;
                Ok(Step::Goes(Handshake::Gssapi(Side::Client(client))))
            }
            Client::ExpectsReady(mut opening) => {
                let properties = opening.hear_ready(body, config)?;
                opening.say_ready(config, out)?;
                Ok(opening.done(properties))
            }
        }
    }
}

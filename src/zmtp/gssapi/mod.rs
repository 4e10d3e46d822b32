//! The mechanism GSSAPI: a third party that both sides trust vouches for them; in practice Kerberos.
//!
//! ```text
//!   client                      server
//!   INITIATE, token         ──▶
//!                           ◀── INITIATE, token
//!   ...                                     as many as the contexts want
//!   a frame without content ──▶             in the place of a token, when none is left to send
//!                                           a verdict on the client's name
//!                           ◀── READY       READY in clear with ZMQ_GSSAPI_PLAINTEXT, else in a
//!   READY                   ──▶             MESSAGE, as everything from here on
//! ```
//!
//! What is in a token is not known here. A [`Context`] makes and takes them, and comes from
//! [`Contexts`], which whoever makes the [`Config`](super::Config) brings along.
//!
//! There is no ERROR in this mechanism: a client that is refused is told nothing.

#![forbid(unsafe_code)]

mod client;
mod sealing;
mod server;

use std::fmt;
use std::sync::Arc;

use client::Client;
pub(super) use sealing::Sealing;
use server::Server;

use super::command::{self, INITIATE, MESSAGE, READY};
use super::config::Config;
use super::handshake::{Handshake, Said, Step, unexpected};
use super::metadata::{self, Properties};
use super::reader::Reader;
use super::security_error::{Form, GssapiAct, SecurityError};
use super::verdict::Status;
use super::{PeerError, Stage};

/// As many tokens are taken from a peer. Kerberos needs one, and others two or three.
const TOKENS_MAX: u8 = 8;

/// What GSSAPI says of a call that failed.
#[derive(Debug)]
pub(crate) struct Trouble(pub(crate) String);

/// Where a context stands.
#[derive(Debug)]
pub(crate) struct Progress {
    /// What the peer has to be told; nothing if it is empty.
    pub(crate) token: Vec<u8>,
    /// Whether the context wants no further token.
    pub(crate) complete: bool,
}

/// One side of a connection, as GSSAPI knows it.
pub(crate) trait Context: Send {
    /// Takes a token of the peer. A client takes an empty one first.
    fn step(&mut self, token: &[u8]) -> Result<Progress, Trouble>;

    /// The name of the peer; for a server whose context is complete.
    fn peer(&self) -> Result<Vec<u8>, Trouble>;

    /// Seals bytes, and hands the token to `put`. For contexts that are complete.
    fn seal(&mut self, plain: &[u8], put: &mut dyn FnMut(&[u8])) -> Result<(), Trouble>;

    /// Opens a token, and hands the bytes to `take`. For contexts that are complete.
    fn open(&mut self, token: &[u8], take: &mut dyn FnMut(&[u8])) -> Result<(), Trouble>;
}

/// Makes contexts, one for each connection.
pub(crate) trait Contexts: fmt::Debug + Send + Sync {
    /// A context that has done nothing yet.
    fn context(&self) -> Result<Box<dyn Context>, Trouble>;

    /// Does what may take long for the next context of a client. To be called beforehand, in a
    /// thread that may wait.
    #[cfg(feature = "gssapi")]
    fn prepare(&self) {}
}

/// What a socket has to know about it.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    /// `ZMQ_GSSAPI_SERVER`
    pub(crate) server: bool,
    /// `ZMQ_GSSAPI_PLAINTEXT`: frames are not sealed.
    pub(crate) plaintext: bool,
    /// Where contexts come from.
    pub(crate) contexts: Arc<dyn Contexts>,
}

/// A handshake that is under way.
#[derive(Debug)]
pub(super) enum Side {
    /// We begin.
    Client(Client),
    /// The peer does.
    Server(Server),
}

impl Side {
    /// Makes the context, and says what a client has to say first.
    pub(super) fn start(terms: &Terms, out: &mut Said) -> Result<Side, PeerError> {
        let context = terms.contexts.context().map_err(|why| failed(GssapiAct::Begin, why))?;
        let opening = Opening { context, plaintext: terms.plaintext, tokens: 0 };
        Ok(if terms.server {
            Side::Server(Server::start(opening))
        } else {
            Side::Client(Client::start(opening, out)?)
        })
    }

    /// Takes what the peer says.
    pub(super) fn command(
        self,
        body: &[u8],
        config: &Config,
        out: &mut Said,
    ) -> Result<Step, PeerError> {
        match self {
            Side::Client(client) => client.command(body, config, out),
            Side::Server(server) => server.command(body, config, out),
        }
    }

    /// The peer is judged good.
    pub(super) fn accepted(self, config: &Config, out: &mut Said) -> Result<Step, PeerError> {
        match self {
            Side::Server(server) => server.accepted(config, out),
            // Clients ask for no verdict.
            client @ Side::Client(_) => Ok(Step::Goes(Handshake::Gssapi(client))),
        }
    }

    /// It is judged bad.
    pub(super) fn denied(self, status: Status) -> Step {
        match self {
            Side::Server(_) => {
                Step::Denied(Handshake::Gssapi(Side::Server(Server::Refused)), status)
            }
            client @ Side::Client(_) => Step::Goes(Handshake::Gssapi(client)),
        }
    }
}

/// What both sides have during the handshake.
pub(super) struct Opening {
    context: Box<dyn Context>,
    plaintext: bool,
    /// How many tokens have come.
    tokens: u8,
}

impl fmt::Debug for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opening").field("tokens", &self.tokens).finish_non_exhaustive()
    }
}

impl Opening {
    /// Takes the peer's INITIATE.
    fn initiate(&mut self, body: &[u8]) -> Result<Progress, PeerError> {
        let (name, data) = command::structured(body, Stage::Handshake)?;
        if name != INITIATE {
            return Err(unexpected("INITIATE", body));
        }
        self.tokens += 1;
        // An empty token would have GSSAPI begin a negotiation of its own.
        let token = token(data).filter(|token| !token.is_empty() && self.tokens <= TOKENS_MAX);
        let token =
            token.ok_or(SecurityError::WrongForm { command: Form::Initiate, len: body.len() })?;
        self.context.step(token).map_err(|why| failed(GssapiAct::Token, why))
    }

    /// Says READY.
    fn say_ready(&mut self, config: &Config, out: &mut Said) -> Result<(), PeerError> {
        let metadata = metadata::write(config);
        if self.plaintext {
            out.command(READY, &metadata);
            return Ok(());
        }
        let plain = [&[0, READY.len() as u8], READY, &metadata].concat();
        let mut message = Vec::new();
        let put = &mut |token: &[u8]| message = sealing::message(token);
        self.context.seal(&plain, put).map_err(|why| failed(GssapiAct::Seal, why))?;
        out.frame(&message);
        Ok(())
    }

    /// Takes the peer's READY.
    fn hear_ready(&mut self, body: &[u8], config: &Config) -> Result<Properties, PeerError> {
        if self.plaintext {
            return ready(body, config);
        }
        let (name, data) = command::structured(body, Stage::Handshake)?;
        if name != MESSAGE {
            return Err(unexpected("MESSAGE", body));
        }
        let wrong = || SecurityError::WrongForm { command: Form::Message, len: body.len() };
        let token = token(data).ok_or_else(wrong)?;
        let mut plain = Vec::new();
        let take = &mut |bytes: &[u8]| plain = bytes.to_vec();
        self.context.open(token, take).map_err(|why| failed(GssapiAct::Open, why))?;
        // The flags before it say nothing: it is what it is.
        ready(plain.get(1..).ok_or_else(wrong)?, config)
    }

    /// Both sides are ready.
    fn done(self, properties: Properties) -> Step {
        let sealing = (!self.plaintext)
            .then(|| Box::new(super::sealing::Sealing::Gssapi(Sealing::new(self.context))));
        Step::Done(properties, sealing)
    }
}

/// Reads a READY.
fn ready(body: &[u8], config: &Config) -> Result<Properties, PeerError> {
    match command::structured(body, Stage::Handshake)? {
        (READY, metadata) => Properties::parse(metadata, config.socket_type),
        _ => Err(unexpected("READY", body)),
    }
}

/// What stands behind the name of a command: a length and so many bytes, and nothing else.
fn token(data: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader::new(data);
    let len = reader.u32()?;
    let token = reader.take(usize::try_from(len).ok()?)?;
    reader.is_empty().then_some(token)
}

/// Says a token, if there is one.
fn say_token(token: &[u8], out: &mut Said) {
    // A token that is longer than a length can say is longer than any command, too.
    if let (Ok(len), false) = (u32::try_from(token.len()), token.is_empty()) {
        out.command(INITIATE, &[&len.to_be_bytes(), token].concat());
    }
}

fn failed(act: GssapiAct, why: Trouble) -> PeerError {
    SecurityError::Gssapi { act, why: why.0 }.into()
}

/// A context that wants a token and has none to give for it.
fn stuck(act: GssapiAct) -> PeerError {
    failed(act, Trouble("it neither goes on nor comes to an end".to_owned()))
}

//! The side whose public key the other knows beforehand.

#![forbid(unsafe_code)]

use zeroize::Zeroizing;

use super::sealing::{FROM_CLIENT, FROM_SERVER, Sealing};
use super::{
    COOKIE_NONCE, COOKIE_SIZE, HELLO_NONCE, HELLO_SIZE, INITIATE_MIN, INITIATE_NONCE, PADDING,
    READY_NONCE, VERSION, VOUCH_NONCE, VOUCH_SIZE, WELCOME_NONCE, forged, nonce, shared,
};
use crate::crypto::{self, BoxKey, Key};
use crate::zmtp::command::{self, ERROR, HELLO, INITIATE, READY, WELCOME};
use crate::zmtp::config::{Config, Mechanism};
use crate::zmtp::handshake::{Handshake, Said, Step, unexpected};
use crate::zmtp::keys::KeyPair;
use crate::zmtp::metadata::{self, Properties};
use crate::zmtp::reader::Reader;
use crate::zmtp::security_error::{Form, SecurityError};
use crate::zmtp::verdict::{Credentials, Status};
use crate::zmtp::{PeerError, Stage};

/// The number of our only command that has one; those of frames follow.
const READY_NUMBER: u64 = 1;

/// Where the handshake stands.
#[derive(Debug)]
pub(in crate::zmtp) enum Server {
    /// Nothing has come.
    ExpectsHello,
    /// WELCOME is sent.
    ExpectsInitiate(Box<Welcome>),
    /// The client has proved who it is, and that is being judged.
    ExpectsVerdict(Box<Initiate>),
    /// The client is refused.
    Refused,
}

/// What is remembered of a WELCOME.
#[derive(Debug)]
pub(in crate::zmtp) struct Welcome {
    /// C'
    client_short: Key,
    /// Those of the connection.
    short: KeyPair,
    /// Seals the cookie, and is used for nothing else.
    cookie_key: Zeroizing<Key>,
}

/// What is remembered of an INITIATE.
#[derive(Debug)]
pub(in crate::zmtp) struct Initiate {
    /// The key of the connection.
    key: BoxKey,
    number: u64,
    metadata: Zeroizing<Vec<u8>>,
}

impl Server {
    /// Waits for the client.
    pub(in crate::zmtp) fn start() -> Server {
        Server::ExpectsHello
    }

    /// Takes what the client says.
    pub(in crate::zmtp) fn command(
        self,
        body: &[u8],
        config: &Config,
        out: &mut Said,
    ) -> Result<Step, PeerError> {
        let Mechanism::CurveServer(keys) = &config.mechanism else {
            return Err(SecurityError::OutOfTurn.into());
        };
        if let Server::ExpectsVerdict(_) | Server::Refused = self {
            return Err(SecurityError::OutOfTurn.into());
        }
        match (self, command::structured(body, Stage::Handshake)?) {
            (Server::ExpectsHello, (HELLO, data)) => {
                let client_short = hello(body.len(), data, keys)?;
                let welcome = Welcome::new(client_short, keys, config, out)?;
                Ok(goes(Server::ExpectsInitiate(Box::new(welcome))))
            }
            (Server::ExpectsInitiate(welcome), (INITIATE, data)) => {
                let (initiate, client) = welcome.initiated(body.len(), data, keys)?;
                if !config.asks {
                    return initiate.ready(config, out);
                }
                let waiting = Handshake::CurveServer(Server::ExpectsVerdict(Box::new(initiate)));
                Ok(Step::Asks(waiting, Credentials::Curve(Box::new(client))))
            }
            (Server::ExpectsHello, _) => Err(unexpected("HELLO", body)),
            (_, _) => Err(unexpected("INITIATE", body)),
        }
    }

    /// The client is judged good.
    pub(in crate::zmtp) fn accepted(
        self,
        config: &Config,
        out: &mut Said,
    ) -> Result<Step, PeerError> {
        match self {
            Server::ExpectsVerdict(initiate) => initiate.ready(config, out),
            other @ (Server::ExpectsHello | Server::ExpectsInitiate(_) | Server::Refused) => {
                Ok(goes(other))
            }
        }
    }

    /// It is judged bad.
    pub(in crate::zmtp) fn denied(status: Status, out: &mut Said) -> Step {
        if let Some(reason) = status.reason() {
            out.command(ERROR, &[&[reason.len() as u8], reason].concat());
        }
        Step::Denied(Handshake::CurveServer(Server::Refused), status)
    }
}

fn goes(server: Server) -> Step {
    Step::Goes(Handshake::CurveServer(server))
}

/// Reads a HELLO: C'.
fn hello(len: usize, data: &[u8], keys: &KeyPair) -> Result<Key, PeerError> {
    let wrong = || SecurityError::WrongForm { command: Form::Hello, len };
    let mut reader = Reader::new(data);
    let version = reader.take(VERSION.len()).filter(|_| len == HELLO_SIZE);
    if version != Some(&VERSION[..]) {
        return Err(wrong().into());
    }
    reader.take(PADDING);
    let client_short: &Key = reader.array().ok_or_else(wrong)?;
    let number = reader.take(8).ok_or_else(wrong)?;
    let key = shared(client_short, keys.secret(), Some(Form::Hello))?;
    // What the box holds does not matter: that it opens shows that the client knows our key.
    let opened = key.open(&nonce(HELLO_NONCE, number), reader.rest());
    opened.map(|_| *client_short).ok_or_else(|| forged(Form::Hello))
}

impl Welcome {
    /// Answers a HELLO.
    fn new(
        client_short: Key,
        keys: &KeyPair,
        config: &Config,
        out: &mut Said,
    ) -> Result<Welcome, PeerError> {
        let entropy = config.entropy.bytes::<96>()?;
        let mut reader = Reader::new(&*entropy);
        let mut taken = || reader.array::<32>().copied().unwrap_or_default();
        let short = KeyPair::from_entropy(&mut taken());
        let cookie_key = Zeroizing::new(taken());
        let (cookie_back, back) = reader.rest().split_at(16);

        let secrets = Zeroizing::new([&client_short[..], short.secret()].concat());
        let cookie =
            BoxKey::symmetric(&cookie_key).seal(&nonce(COOKIE_NONCE, cookie_back), &secrets);
        let plain = Zeroizing::new([&short.public()[..], cookie_back, &cookie].concat());
        let key = shared(&client_short, keys.secret(), Some(Form::Hello))?;
        let sealed = key.seal(&nonce(WELCOME_NONCE, back), &plain);
        out.command(WELCOME, &[back, &sealed].concat());
        Ok(Welcome { client_short, short, cookie_key })
    }

    /// Reads an INITIATE: what has to be remembered of it, and C.
    fn initiated(
        &self,
        len: usize,
        data: &[u8],
        keys: &KeyPair,
    ) -> Result<(Initiate, Key), PeerError> {
        let wrong = || SecurityError::WrongForm { command: Form::Initiate, len };
        let forged = || forged(Form::Initiate);
        let mut reader = Reader::new(data);
        let cookie = reader.take(COOKIE_SIZE).filter(|_| len >= INITIATE_MIN).ok_or_else(wrong)?;
        self.check_cookie(cookie)?;
        let number = reader.u64().ok_or_else(wrong)?;
        let key = shared(&self.client_short, self.short.secret(), Some(Form::Hello))?;
        let opened = key.open(&nonce(INITIATE_NONCE, &number.to_be_bytes()), reader.rest());
        let opened = opened.ok_or_else(forged)?;

        let mut reader = Reader::new(&opened);
        let client: &Key = reader.array().ok_or_else(wrong)?;
        let back = reader.take(16).ok_or_else(wrong)?;
        let vouch = reader.take(VOUCH_SIZE).ok_or_else(wrong)?;
        let vouching = shared(client, self.short.secret(), Some(Form::Initiate))?;
        let vouch = vouching.open(&nonce(VOUCH_NONCE, back), vouch).ok_or_else(forged)?;
        let expected = [&self.client_short[..], keys.public()].concat();
        if !crypto::equal(&vouch, &expected) {
            return Err(SecurityError::WrongVouch.into());
        }
        let metadata = Zeroizing::new(reader.rest().to_vec());
        Ok((Initiate { key, number, metadata }, *client))
    }

    fn check_cookie(&self, cookie: &[u8]) -> Result<(), PeerError> {
        let mut reader = Reader::new(cookie);
        let opened = reader.take(16).and_then(|back| {
            BoxKey::symmetric(&self.cookie_key).open(&nonce(COOKIE_NONCE, back), reader.rest())
        });
        let expected = Zeroizing::new([&self.client_short[..], self.short.secret()].concat());
        match opened {
            Some(opened) if crypto::equal(&opened, &expected) => Ok(()),
            Some(_) | None => Err(SecurityError::ForeignCookie.into()),
        }
    }
}

impl Initiate {
    /// Lets the client in.
    fn ready(&self, config: &Config, out: &mut Said) -> Result<Step, PeerError> {
        let properties = Properties::parse(&self.metadata, config.socket_type)?;
        let number = READY_NUMBER.to_be_bytes();
        let sealed = self.key.seal(&nonce(READY_NONCE, &number), &metadata::write(config));
        out.command(READY, &[&number[..], &sealed].concat());
        let sealing =
            Sealing::new(&self.key, [FROM_SERVER, FROM_CLIENT], READY_NUMBER, self.number);
        Ok(Step::Done(properties, Some(Box::new(sealing.into()))))
    }
}

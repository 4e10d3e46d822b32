//! The side that knows the other's public key beforehand.

#![forbid(unsafe_code)]

use zeroize::Zeroizing;

use super::sealing::{FROM_CLIENT, FROM_SERVER, Sealing};
use super::{
    COOKIE_SIZE, HELLO_NONCE, INITIATE_NONCE, PADDING, READY_MIN, READY_NONCE, VERSION,
    VOUCH_NONCE, WELCOME_NONCE, WELCOME_SIZE, ZEROS, forged, nonce, shared,
};
use crate::crypto::{BoxKey, Key};
use crate::zmtp::PeerError;
use crate::zmtp::command::{self, ERROR, HELLO, INITIATE, READY, WELCOME};
use crate::zmtp::config::{ClientKeys, Config};
use crate::zmtp::handshake::{Handshake, Said, Step, refusal, unexpected};
use crate::zmtp::keys::KeyPair;
use crate::zmtp::metadata::{self, Properties};
use crate::zmtp::reader::Reader;
use crate::zmtp::security_error::{Form, SecurityError};

/// The numbers of our commands; those of frames follow.
const HELLO_NUMBER: u64 = 1;
const INITIATE_NUMBER: u64 = 2;

/// Where the handshake stands.
#[derive(Debug)]
pub(in crate::zmtp) enum Client {
    /// HELLO is sent.
    ExpectsWelcome(Box<Hello>),
    /// INITIATE is sent.
    ExpectsReady(Box<BoxKey>),
}

/// What is remembered of a HELLO.
#[derive(Debug)]
pub(in crate::zmtp) struct Hello {
    /// Ours.
    keys: ClientKeys,
    /// Those of the connection.
    short: KeyPair,
    /// Between c' and S.
    first: BoxKey,
}

impl Client {
    /// Says which key the connection uses.
    pub(in crate::zmtp) fn start(
        keys: &ClientKeys,
        config: &Config,
        out: &mut Said,
    ) -> Result<Client, PeerError> {
        let short = KeyPair::from_entropy(&mut *config.entropy.bytes::<32>()?);
        let first = shared(&keys.server, short.secret(), None)?;
        let number = HELLO_NUMBER.to_be_bytes();
        let sealed = first.seal(&nonce(HELLO_NONCE, &number), &ZEROS);
        let data = [&VERSION[..], &[0; PADDING], short.public(), &number, &sealed].concat();
        out.command(HELLO, &data);
        Ok(Client::ExpectsWelcome(Box::new(Hello { keys: keys.clone(), short, first })))
    }

    /// Takes what the server says.
    pub(in crate::zmtp) fn command(
        self,
        body: &[u8],
        config: &Config,
        out: &mut Said,
    ) -> Result<Step, PeerError> {
        match (self, command::named(body)) {
            (_, Some((ERROR, reason))) => Err(refusal(reason)),
            (Client::ExpectsWelcome(hello), Some((WELCOME, data))) => {
                let key = hello.initiate(body.len(), data, config, out)?;
                Ok(Step::Goes(Handshake::CurveClient(Client::ExpectsReady(Box::new(key)))))
            }
            (Client::ExpectsReady(key), Some((READY, data))) => {
                ready(&key, body.len(), data, config)
            }
            (Client::ExpectsWelcome(_), _) => Err(unexpected("WELCOME", body)),
            (Client::ExpectsReady(_), _) => Err(unexpected("READY", body)),
        }
    }
}

impl Hello {
    /// Proves who we are to a server that has proved it; the key of the connection.
    fn initiate(
        &self,
        len: usize,
        welcome: &[u8],
        config: &Config,
        out: &mut Said,
    ) -> Result<BoxKey, PeerError> {
        let forged = || forged(Form::Welcome);
        let mut reader = Reader::new(welcome);
        let back = reader.take(16).filter(|_| len == WELCOME_SIZE).ok_or_else(forged)?;
        let opened = self.first.open(&nonce(WELCOME_NONCE, back), reader.rest());
        let opened = opened.ok_or_else(forged)?;
        let mut reader = Reader::new(&opened);
        let server_short: &Key = reader.array().ok_or_else(forged)?;
        let cookie = reader.take(COOKIE_SIZE).ok_or_else(forged)?;

        let key = shared(server_short, self.short.secret(), Some(Form::Welcome))?;
        let vouching = shared(server_short, &self.keys.secret.0, Some(Form::Welcome))?;
        let back = config.entropy.bytes::<16>()?;
        let vouch = [&self.short.public()[..], &self.keys.server].concat();
        let vouch = vouching.seal(&nonce(VOUCH_NONCE, &*back), &vouch);
        let metadata = metadata::write(config);
        let plain = [&self.keys.public[..], &*back, &vouch, &metadata].concat();
        let number = INITIATE_NUMBER.to_be_bytes();
        let sealed = key.seal(&nonce(INITIATE_NONCE, &number), &plain);
        out.command(INITIATE, &[cookie, &number, &sealed].concat());
        Ok(key)
    }
}

/// The server has let us in.
fn ready(key: &BoxKey, len: usize, data: &[u8], config: &Config) -> Result<Step, PeerError> {
    let wrong = SecurityError::WrongForm { command: Form::Ready, len };
    let mut reader = Reader::new(data);
    let number = reader.u64().filter(|_| len >= READY_MIN).ok_or(wrong)?;
    let opened: Option<Zeroizing<Vec<u8>>> =
        key.open(&nonce(READY_NONCE, &number.to_be_bytes()), reader.rest());
    let opened = opened.ok_or_else(|| forged(Form::Ready))?;
    let properties = Properties::parse(&opened, config.socket_type)?;
    let sealing = Sealing::new(key, [FROM_CLIENT, FROM_SERVER], INITIATE_NUMBER, number);
    Ok(Step::Done(properties, Some(Box::new(sealing.into()))))
}

//! The commands of CURVE as they are described, for peers and for models.

use crate::nacl::{self, Key, Shared, nonce};

/// A HELLO; what is in its box is not said anywhere but to be zeros.
pub fn hello(short: &Key, server: &Key, number: u64, zeros: &[u8]) -> Vec<u8> {
    hello_from(&nacl::public(short), &nacl::between(server, short), number, zeros)
}

/// A HELLO with any public key.
pub fn hello_from(public: &Key, key: &Shared, number: u64, zeros: &[u8]) -> Vec<u8> {
    let number = number.to_be_bytes();
    let sealed = key.seal(&nonce(b"CurveZMQHELLO---", &number), zeros);
    [b"\x05HELLO\x01\0", &[0; 72][..], public, &number, &sealed].concat()
}

/// The secrets of a server for one connection, and its nonces.
#[derive(Clone, Debug)]
pub struct ServerSecrets {
    /// s'
    pub short: Key,
    /// t
    pub cookie_key: Key,
    /// Of the cookie.
    pub cookie_back: [u8; 16],
    /// Of the WELCOME.
    pub back: [u8; 16],
}

impl ServerSecrets {
    /// What the library makes of its bytes instead of entropy.
    pub fn known() -> ServerSecrets {
        let mut bytes = [0; 96];
        zmq::fuzzing::entropy(&mut bytes);
        let part = |at: usize| bytes[at..].first_chunk().copied().expect("a part of 96 bytes");
        let half = |at: usize| bytes[at..].first_chunk().copied().expect("a part of 96 bytes");
        ServerSecrets {
            short: part(0),
            cookie_key: part(32),
            cookie_back: half(64),
            back: half(80),
        }
    }

    /// A cookie for a client.
    pub fn cookie(&self, client_short: &Key) -> Vec<u8> {
        let plain = [&client_short[..], &self.short].concat();
        let sealed = nacl::seal(&self.cookie_key, &nonce(b"COOKIE--", &self.cookie_back), &plain);
        [&self.cookie_back, &sealed[..]].concat()
    }
}

/// A WELCOME with any content.
pub fn welcome(key: &Shared, back: &[u8; 16], short: &Key, cookie: &[u8]) -> Vec<u8> {
    let sealed = key.seal(&nonce(b"WELCOME-", back), &[short, cookie].concat());
    [b"\x07WELCOME", &back[..], &sealed].concat()
}

/// A vouch: its nonce and its box.
pub fn vouch(key: &Shared, back: &[u8; 16], short: &Key, server: &Key) -> Vec<u8> {
    let sealed = key.seal(&nonce(b"VOUCH---", back), &[&short[..], server].concat());
    [&back[..], &sealed].concat()
}

/// An INITIATE with any content.
pub fn initiate(key: &Shared, cookie: &[u8], number: u64, plain: &[u8]) -> Vec<u8> {
    let number = number.to_be_bytes();
    let sealed = key.seal(&nonce(b"CurveZMQINITIATE", &number), plain);
    [b"\x08INITIATE", cookie, &number, &sealed].concat()
}

/// A READY.
pub fn ready(key: &Shared, number: u64, metadata: &[u8]) -> Vec<u8> {
    let number = number.to_be_bytes();
    let sealed = key.seal(&nonce(b"CurveZMQREADY---", &number), metadata);
    [b"\x05READY", &number[..], &sealed].concat()
}

/// Who sends a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// The client.
    Client,
    /// The server.
    Server,
}

impl Sender {
    fn front(self) -> &'static [u8; 16] {
        match self {
            Sender::Client => b"CurveZMQMESSAGEC",
            Sender::Server => b"CurveZMQMESSAGES",
        }
    }
}

/// A MESSAGE.
pub fn message(key: &Shared, from: Sender, number: u64, flags: u8, payload: &[u8]) -> Vec<u8> {
    let number = number.to_be_bytes();
    let sealed = key.seal(&nonce(from.front(), &number), &[&[flags], payload].concat());
    [b"\x07MESSAGE", &number[..], &sealed].concat()
}

/// What reads the MESSAGEs of one side.
#[derive(Clone)]
pub struct Opener {
    /// The key of the connection.
    pub key: Shared,
    /// Whose they are.
    pub from: Sender,
    /// The highest number so far.
    pub last: u64,
}

impl Opener {
    /// The flags and the payload of a MESSAGE, or the name of the error.
    pub fn open(&mut self, body: &[u8]) -> Result<(u8, Vec<u8>), &'static str> {
        if body.len() < 2 || body.len() <= usize::from(body[0]) {
            return Err("Malformed");
        }
        if !body.starts_with(b"\x07MESSAGE") {
            return Err("NotSealed");
        }
        if body.len() < 33 {
            return Err("WrongForm Message");
        }
        let number = body[8..].first_chunk().copied().expect("it is long enough");
        if u64::from_be_bytes(number) <= self.last {
            return Err("Replayed");
        }
        self.last = u64::from_be_bytes(number);
        let opened = self.key.open(&nonce(self.from.front(), &number), &body[16..]);
        let mut opened = opened.ok_or("Forged Message")?;
        Ok((opened.remove(0), opened))
    }
}

//! A peer that follows a script, and what a session makes of it.

#![forbid(unsafe_code)]

use std::sync::Arc;

use crate::msg::{Kind, Msg};
use crate::zmtp::config::Millis;
use crate::zmtp::{
    Config, Credentials, Entropy, Event, HeartbeatConfig, Mechanism, Outgoing, PeerError, Session,
    SocketType, Status, Version,
};

/// Bytes that everybody can guess: consecutive ones, so that a client and a server of CURVE get
/// the secrets and the nonces of the published vectors.
fn counting(buffer: &mut [u8]) -> bool {
    let first = match buffer.len() {
        32 => 0x40,
        16 => 0xc0,
        _ => 0x60,
    };
    buffer.iter_mut().enumerate().for_each(|(at, byte)| *byte = first + at as u8);
    true
}

/// A socket of a type with no options set.
pub(super) fn config(socket_type: SocketType) -> Config {
    Config {
        socket_type,
        routing_id: Vec::new(),
        properties: Vec::new(),
        mechanism: Mechanism::Null,
        asks: false,
        entropy: Entropy(counting),
        max_body: None,
        handshake_timeout: None,
        heartbeat: HeartbeatConfig::default(),
        refuse_old: false,
    }
}

/// The signature of a peer without a routing id.
pub(super) const SIGNATURE: &[u8] = b"\xff\0\0\0\0\0\0\0\x01\x7f";

/// The greeting of a peer of ZMTP 3 with the NULL mechanism.
pub(super) fn greeting(minor: u8) -> Vec<u8> {
    let mut bytes = [SIGNATURE, &[3, minor], b"NULL"].concat();
    bytes.resize(64, 0);
    bytes
}

/// A property of metadata.
pub(super) fn property(name: &[u8], value: &[u8]) -> Vec<u8> {
    let value_len = (value.len() as u32).to_be_bytes();
    [&[name.len() as u8], name, &value_len, value].concat()
}

/// A frame of v2 with flags, in the short form if it fits.
pub(super) fn frame(flags: u8, body: &[u8]) -> Vec<u8> {
    match u8::try_from(body.len()) {
        Ok(len) => [&[flags, len], body].concat(),
        Err(_) => [&[flags | 2][..], &(body.len() as u64).to_be_bytes(), body].concat(),
    }
}

/// A READY with metadata.
pub(super) fn ready(metadata: &[u8]) -> Vec<u8> {
    frame(4, &[b"\x05READY", metadata].concat())
}

/// A READY that only names a type.
pub(super) fn ready_as(socket_type: &str) -> Vec<u8> {
    ready(&property(b"Socket-Type", socket_type.as_bytes()))
}

/// Everything that a peer of a type sends until it is ready.
pub(super) fn hello(minor: u8, socket_type: &str) -> Vec<u8> {
    [greeting(minor), ready_as(socket_type)].concat()
}

/// An event, in a form that can be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// The peer is ready.
    Ready {
        /// Its generation.
        version: Version,
        /// The name of its type.
        socket_type: Option<Vec<u8>>,
        /// Its routing id.
        routing_id: Option<Vec<u8>>,
        /// Whether it gets everything.
        subscribe_to_all: bool,
        /// What the application may see.
        properties: Vec<(Vec<u8>, Vec<u8>)>,
    },
    /// Somebody has to judge the peer: these credentials, after the name of the mechanism.
    Asks(Vec<Vec<u8>>),
    /// It is refused.
    Refused(Status),
    /// A message.
    Message {
        /// Its content.
        data: Vec<u8>,
        /// Whether another part follows.
        more: bool,
        /// What it is.
        kind: Kind,
        /// Its group.
        group: Vec<u8>,
    },
}

impl From<Event> for Seen {
    fn from(event: Event) -> Seen {
        match event {
            Event::Ready(peer) => Seen::Ready {
                version: peer.version,
                socket_type: peer.socket_type,
                routing_id: peer.routing_id,
                subscribe_to_all: peer.subscribe_to_all,
                properties: peer.properties,
            },
            Event::Asks(credentials) => Seen::Asks(match *credentials {
                Credentials::Null => vec![b"NULL".to_vec()],
                Credentials::Plain { username, password } => {
                    vec![b"PLAIN".to_vec(), username, password.to_vec()]
                }
                Credentials::Curve(key) => vec![b"CURVE".to_vec(), key.to_vec()],
                Credentials::Gssapi(principal) => vec![b"GSSAPI".to_vec(), principal],
            }),
            Event::Refused(status) => Seen::Refused(status),
            Event::Message(msg) => Seen::Message {
                data: msg.data().to_vec(),
                more: msg.more(),
                kind: msg.kind(),
                group: msg.group().to_bytes().to_vec(),
            },
        }
    }
}

/// A message of the application.
pub(super) fn data(data: &[u8], more: bool) -> Seen {
    Seen::Message { data: data.to_vec(), more, kind: Kind::Data, group: Vec::new() }
}

/// A subscription or its end.
pub(super) fn request(data: &[u8]) -> Seen {
    Seen::Message { data: data.to_vec(), more: false, kind: Kind::Request, group: Vec::new() }
}

/// A message to encode.
pub(super) fn msg(data: &[u8], more: bool) -> Msg {
    let mut msg = Msg::from_slice(data).unwrap();
    msg.set_more(more);
    msg
}

/// A message of a kind other than data, or with a group.
pub(super) fn marked(data: &[u8], kind: Kind, group: &[u8]) -> Msg {
    let mut msg = msg(data, false);
    msg.set_kind(kind);
    msg.set_group(group);
    msg
}

/// What a session made of what it got.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    /// Its events.
    pub(super) events: Vec<Seen>,
    /// What it said.
    pub(super) sent: Vec<u8>,
    /// How it ended, if it did.
    pub(super) error: Option<PeerError>,
}

impl Outcome {
    /// The messages among the events.
    pub(super) fn messages(&self) -> Vec<Seen> {
        let is_message = |seen: &&Seen| matches!(seen, Seen::Message { .. });
        self.events.iter().filter(is_message).cloned().collect()
    }

    /// Whether the handshake was completed.
    pub(super) fn was_ready(&self) -> bool {
        matches!(self.events.first(), Some(Seen::Ready { .. }))
    }
}

/// One end of a connection, whose other end is the test.
#[derive(Debug)]
pub(super) struct End {
    /// The session.
    pub(super) session: Session,
    /// What it wants to write.
    pub(super) out: Outgoing,
    /// What came of it so far.
    pub(super) outcome: Outcome,
    /// Whether large bodies are read past `receive`.
    pub(super) straight: bool,
}

impl End {
    /// A new connection.
    pub(super) fn new(config: Config, now: Millis) -> End {
        let mut end = End {
            session: Session::new(Arc::new(config), now),
            out: Outgoing::new(),
            outcome: Outcome::default(),
            straight: false,
        };
        end.session.transmit(&mut end.out);
        end
    }

    /// Gives it bytes, as an engine would.
    pub(super) fn receive(&mut self, mut input: &[u8], now: Millis) {
        while self.outcome.error.is_none() {
            if self.straight {
                if let Some(body) = self.session.body() {
                    let spare = body.spare().unwrap();
                    let count = spare.len().min(input.len());
                    spare[..count].copy_from_slice(&input[..count]);
                    body.advance(count);
                    input = &input[count..];
                    if count > 0 && body.missing() > 0 {
                        continue;
                    }
                }
            }
            let result = self.session.receive(input, now);
            self.session.transmit(&mut self.out);
            match result {
                Ok((0, None)) => break,
                Ok((taken, event)) => {
                    input = &input[taken..];
                    self.outcome.events.extend(event.map(Seen::from));
                }
                Err(error) => self.outcome.error = Some(error),
            }
        }
        if self.outcome.error.is_none() {
            assert_eq!(input, b"", "bytes were left");
        }
    }

    /// Takes what it wants to write, and counts it as said.
    pub(super) fn written(&mut self) -> Vec<u8> {
        let bytes = self.out.chunks().collect::<Vec<_>>().concat();
        assert_eq!(bytes.len(), self.out.len());
        self.out.consume(bytes.len());
        self.session.transmit(&mut self.out);
        self.outcome.sent.extend(&bytes);
        bytes
    }

    /// Encodes a message; gives the bytes of it and of what went before it.
    pub(super) fn encoded(&mut self, msg: Msg) -> Vec<u8> {
        self.session.encode(msg, &mut self.out);
        self.written()
    }

    /// Lets time pass.
    pub(super) fn timeout(&mut self, now: Millis) -> Result<(), PeerError> {
        let result = self.session.timeout(now);
        self.session.transmit(&mut self.out);
        result
    }
}

/// Plays pieces of a script one after the other.
pub(super) fn play<'a>(
    config: &Config,
    straight: bool,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Outcome {
    let mut end = End::new(config.clone(), 0);
    end.straight = straight;
    end.written();
    for piece in pieces {
        end.receive(piece, 0);
        end.written();
    }
    end.outcome
}

/// Plays a script in one piece, in any two, and byte by byte, which all must have the same
/// outcome.
pub(super) fn converse(config: &Config, script: &[u8]) -> Outcome {
    let whole = play(config, false, [script]);
    // Long scripts are cut at their ends and at some places between.
    let coarse = (script.len() / 100).max(1);
    for cut in 0..=script.len() {
        if cut < 200 || cut + 50 > script.len() || cut % coarse == 0 {
            let (front, back) = script.split_at(cut);
            for straight in [false, true] {
                assert_eq!(play(config, straight, [front, back]), whole, "cut at {cut}");
            }
        }
    }
    assert_eq!(play(config, false, script.chunks(1)), whole, "byte by byte");
    whole
}

/// Plays a script behind the greeting and the READY of a peer of 3.1.
pub(super) fn after_ready(config: &Config, peer: &str, script: &[u8]) -> Outcome {
    let outcome = converse(config, &[hello(1, peer), script.to_vec()].concat());
    assert!(outcome.was_ready(), "{outcome:?}");
    outcome
}

/// A session that has a peer of a type and is ready, with nothing left to write.
pub(super) fn established(config: Config, minor: u8, peer: &str, now: Millis) -> End {
    let mut end = End::new(config, now);
    end.receive(&hello(minor, peer), now);
    end.written();
    assert!(end.session.is_ready());
    end.outcome = Outcome::default();
    end
}

//! A peer that speaks CURVE, well or badly: the fuzzer chooses each command and what is wrong with
//! it, and everything is sealed as if the peer meant it.

use zmq::fuzzing::{Judgement, Proof, Setup, peers_of, type_name};

use crate::choices::Choices;
use crate::curve::{self, Sender, ServerSecrets};
use crate::nacl::{self, Key, Shared};
use crate::{play, types, verdict, wire};

/// s: the server's secret.
const SERVER: Key = [0x51; 32];
/// c: the client's.
const CLIENT: Key = [0x0c; 32];
/// c' of a client that is played here.
const CLIENT_SHORT: Key = [0x5c; 32];
/// Anybody's.
const STRANGER: Key = [0x77; 32];

/// The peer, and what it has said.
struct Peer {
    /// Who it is.
    role: Sender,
    /// Its type of socket.
    socket_type: u8,
    server: Key,
    /// The client's secret for the connection.
    client_short: Key,
    /// The server's.
    server_short: Key,
    /// The last number that it used.
    number: u64,
    script: Vec<u8>,
    verdicts: Vec<(usize, Judgement)>,
}

/// Plays a peer of a role to a session of the other, and compares with the model.
///
/// Input: type of socket, options, two lengths of pieces, how far the peer is; then what it says.
pub fn run(role: Sender, data: &[u8]) {
    let mut choices = Choices::new(data);
    let socket_type = choices.byte() % types::COUNT;
    let options = choices.byte();
    let lengths = [choices.byte(), choices.byte()];
    let server = match options >> 5 {
        7 => nacl::WEAK[usize::from(choices.byte()) % nacl::WEAK.len()],
        _ => nacl::public(&SERVER),
    };
    let setup = Setup {
        socket_type,
        proof: match role {
            Sender::Client => Proof::CurveServer(SERVER),
            Sender::Server => {
                let public = nacl::public(&CLIENT);
                Proof::CurveClient { public, secret: CLIENT, server }
            }
        },
        asks: options & 1 != 0,
        routing_id: if options & 2 != 0 { b"id".to_vec() } else { Vec::new() },
        no_entropy: options & 0x1c == 0x1c,
        max_body: (options & 0x1c == 0x18).then_some(300),
        refuse_old: true,
        ..Setup::default()
    };
    let mut peer = Peer::new(role, &setup, server);
    peer.script = wire::greeting_with(options >> 4 & 1, b"CURVE");
    // So that not every input has to find its way through the handshake.
    let depth = choices.byte() % 4;
    if depth > 1 {
        let mut right = Choices::new(&[]);
        for step in 0..depth.min(3) - 1 {
            let body = peer.step(step, &mut right);
            peer.script.extend(wire::frame(4, &body));
        }
        peer.verdicts.push((peer.script.len(), Judgement::Accepted(Vec::new())));
    }
    while !choices.is_empty() && peer.script.len() < 200_000 {
        peer.say(&mut choices);
    }
    play::judged(&setup, &peer.script, &peer.verdicts, lengths, false);
}

impl Peer {
    fn new(role: Sender, setup: &Setup, server: Key) -> Peer {
        let own = setup.socket_type;
        let mut theirs = [0; 32];
        zmq::fuzzing::entropy(&mut theirs);
        Peer {
            role,
            socket_type: peers_of(own).first().copied().unwrap_or(own),
            server,
            client_short: if role == Sender::Client { CLIENT_SHORT } else { theirs },
            server_short: match role {
                Sender::Client => ServerSecrets::known().short,
                Sender::Server => STRANGER,
            },
            number: 0,
            script: Vec::new(),
            verdicts: Vec::new(),
        }
    }

    /// The key of the connection.
    fn key(&self) -> Shared {
        nacl::between(&nacl::public(&self.server_short), &self.client_short)
    }

    fn say(&mut self, choices: &mut Choices<'_>) {
        let happening = choices.byte();
        let mut body = match happening % 8 {
            0..3 => self.message(choices),
            3 => self.step(0, choices),
            4 => self.step(1, choices),
            5 => self.other(choices),
            6 => {
                self.verdicts.push((self.script.len(), verdict(choices)));
                return;
            }
            _ => {
                self.script.extend(choices.content());
                return;
            }
        };
        match happening >> 5 {
            0..4 => {}
            4 => {
                let at = usize::from(choices.number()) % body.len();
                body[at] ^= 1 << (choices.byte() % 8);
            }
            5 => body.truncate(choices.number().into()),
            6 => body.extend(choices.text()),
            _ => {
                let less = usize::from(choices.byte());
                body.truncate(body.len().saturating_sub(less));
            }
        }
        // What the flags outside are does not matter anywhere.
        let flags = if happening & 8 != 0 { choices.byte() & 5 } else { 4 };
        self.script.extend(wire::frame(flags, &body));
    }

    /// One of the two commands of the handshake; with a zero as the first choice it is right.
    fn step(&mut self, step: u8, choices: &mut Choices<'_>) -> Vec<u8> {
        let wrong = choices.byte() % 16;
        match (self.role, step) {
            (Sender::Client, 0) => self.hello(wrong, choices),
            (Sender::Client, _) => self.initiate(wrong, choices),
            (Sender::Server, 0) => self.welcome(wrong, choices),
            (Sender::Server, _) => {
                let key = if wrong == 1 { self.foreign_key() } else { self.key() };
                let number = self.next_number(choices);
                let metadata = self.metadata(choices);
                curve::ready(&key, number, &metadata)
            }
        }
    }

    fn hello(&mut self, wrong: u8, choices: &mut Choices<'_>) -> Vec<u8> {
        let number = self.next_number(choices);
        let short = if wrong == 1 { STRANGER } else { self.client_short };
        let server = if wrong == 2 { nacl::public(&STRANGER) } else { nacl::public(&SERVER) };
        let zeros = match wrong {
            3 => vec![choices.byte(); 64],
            4 => choices.content(),
            _ => vec![0; 64],
        };
        if wrong == 5 {
            let weak = choices.of(&nacl::WEAK);
            return curve::hello_from(&weak, &nacl::between(&weak, &SERVER), number, &zeros);
        }
        curve::hello(&short, &server, number, &zeros)
    }

    fn welcome(&mut self, wrong: u8, choices: &mut Choices<'_>) -> Vec<u8> {
        let key = match wrong {
            1 => self.foreign_key(),
            _ => nacl::between(&self.server, &self.client_short),
        };
        let back = if wrong == 2 { choices.byte() } else { 0xb0 };
        let short = match wrong {
            3 => choices.of(&nacl::WEAK),
            4 => nacl::public(&[choices.byte(); 32]),
            _ => nacl::public(&self.server_short),
        };
        let cookie = if wrong == 5 { choices.content() } else { vec![choices.byte(); 96] };
        curve::welcome(&key, &[back; 16], &short, &cookie)
    }

    fn initiate(&mut self, wrong: u8, choices: &mut Choices<'_>) -> Vec<u8> {
        let mut secrets = ServerSecrets::known();
        let short_public = nacl::public(&self.client_short);
        match wrong {
            // A cookie that opens, with another nonce or other content or both.
            1 => secrets.cookie_back = [choices.byte(); 16],
            2 => secrets.short = STRANGER,
            3 => secrets.cookie_key = STRANGER,
            _ => {}
        }
        let cookie = match wrong {
            4 => secrets.cookie(&nacl::public(&STRANGER)),
            5 => choices.take(96).to_vec(),
            _ => secrets.cookie(&short_public),
        };
        let key = if wrong == 6 { self.foreign_key() } else { self.key() };
        let client = match wrong {
            7 => choices.of(&nacl::WEAK),
            8 => nacl::public(&STRANGER),
            _ => nacl::public(&CLIENT),
        };
        let voucher = if wrong == 9 { STRANGER } else { CLIENT };
        let vouching = match wrong {
            7 => nacl::between(&client, &self.server_short),
            _ => nacl::between(&nacl::public(&self.server_short), &voucher),
        };
        let vouched = if wrong == 10 { nacl::public(&STRANGER) } else { short_public };
        let server = if wrong == 11 { nacl::public(&STRANGER) } else { nacl::public(&SERVER) };
        let vouch = curve::vouch(&vouching, &[choices.byte(); 16], &vouched, &server);
        let metadata = self.metadata(choices);
        let number = self.next_number(choices);
        let plain = match wrong {
            12 => choices.content(),
            13 => [&client[..], &choices.content(), &metadata].concat(),
            _ => [&client[..], &vouch, &metadata].concat(),
        };
        curve::initiate(&key, &cookie, number, &plain)
    }

    fn metadata(&self, choices: &mut Choices<'_>) -> Vec<u8> {
        let name = type_name(self.socket_type).expect("the number of a type");
        let socket_type = wire::property(b"Socket-Type", name.as_bytes());
        match choices.byte() % 4 {
            0 | 1 => socket_type,
            2 => [socket_type, choices.content()].concat(),
            _ => choices.content(),
        }
    }

    /// A sealed frame; with zeros as the choices it is right.
    fn message(&mut self, choices: &mut Choices<'_>) -> Vec<u8> {
        let wrong = choices.byte() % 16;
        let flags = choices.byte();
        let key = if wrong == 1 { self.foreign_key() } else { self.key() };
        let from = match (wrong, self.role) {
            (2, Sender::Client) => Sender::Server,
            (2, Sender::Server) => Sender::Client,
            (_, role) => role,
        };
        let number = self.next_number(choices);
        let payload = match choices.byte() % 4 {
            0 | 1 => choices.content(),
            2 => wire::command(b"PING", &[&[0, choices.byte()], choices.text()].concat()),
            _ => {
                let name: &[u8] = choices.of(&[&b"SUBSCRIBE"[..], b"CANCEL", b"JOIN", b"LEAVE"]);
                wire::command(name, &choices.content())
            }
        };
        curve::message(&key, from, number, flags, &payload)
    }

    /// Commands that have nothing to do with it.
    fn other(&self, choices: &mut Choices<'_>) -> Vec<u8> {
        let name = choices.of(&[
            &b"ERROR"[..],
            b"HELLO",
            b"WELCOME",
            b"INITIATE",
            b"READY",
            b"MESSAGE",
            b"PING",
            b"",
        ]);
        let data = choices.of(&[&b"\x03400"[..], b"\x03300", b"\x03500", b"\x04", b""]);
        let data = if data.is_empty() { choices.content() } else { data.to_vec() };
        wire::command(name, &data)
    }

    fn foreign_key(&self) -> Shared {
        nacl::between(&nacl::public(&STRANGER), &CLIENT)
    }

    /// The next number, or another one.
    fn next_number(&mut self, choices: &mut Choices<'_>) -> u64 {
        self.number = match choices.byte() {
            0..200 => self.number.wrapping_add(1),
            by @ 200..220 => self.number.wrapping_add(u64::from(by)).wrapping_sub(210),
            by @ 220..240 => self.number.wrapping_add(1 << (by - 180)),
            240..250 => u64::from(choices.number()),
            by => u64::MAX - u64::from(255 - by),
        };
        self.number
    }
}

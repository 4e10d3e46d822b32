//! How much memory a peer can make a session take: some for the connection, and then as a multiple
//! of what it has sent, whatever it announces. Nothing is written, so that answers would pile up.
//!
//! Input: type of socket and mechanism, version, how far the peer is; then a list of happenings.

#![no_main]

use harness::choices::Choices;
use harness::curve::{self, Sender, ServerSecrets};
use harness::nacl::{self, Key, Shared};
use harness::{types, wire};
use libfuzzer_sys::fuzz_target;
use peak_alloc::PeakAlloc;
use zmq::fuzzing::{End, Proof, Setup, peers_of, type_name};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// What a connection may take at any time, a long body that was just announced included.
const CONSTANT: usize = (64 + 24) * 1024;
/// How many times what was received; while memory grows, the old piece is there as well.
const FACTOR: usize = 5;
/// What may be left of a session that is over.
const OVER: usize = 2 * 1024;
/// Greeting, READY and a PING and a PONG.
const WORDS: usize = 160;
/// A WELCOME, and what seals the others.
const SEALED_WORDS: usize = 170 + 3 * 40;
/// The secret of a server of CURVE, and one of its clients' that it has for long and for a while.
const SECRETS: [Key; 2] = [[0x51; 32], [0x0c; 32]];

fuzz_target!(|data: &[u8]| {
    let mut choices = Choices::new(data);
    let first = choices.byte();
    let socket_type = first % types::COUNT;
    let is_sealed = first / types::COUNT % 4 == 1;
    let setup = Setup {
        socket_type,
        proof: if is_sealed { Proof::CurveServer(SECRETS[0]) } else { Proof::Null },
        heartbeat_interval: choices.of(&[None, Some(100)]),
        ..Setup::default()
    };
    let version = choices.of(&wire::VERSIONS);
    let peer = peers_of(socket_type).first().copied().unwrap_or(socket_type);
    let mut front = match choices.byte() % 4 {
        0 => Vec::new(),
        1 => wire::greeting(1),
        _ => wire::hello(version, peer),
    };
    let mut sealer = Sealer::new();
    if is_sealed {
        front = sealer.hello(peer);
    }

    let before = MEMORY.current_usage();
    let mut end = End::new(&setup, 0);
    end.forgetful = true;
    let mut meter = Meter { used: MEMORY.current_usage() - before, received: 0 };
    meter.watch(front.len(), || end.receive(&front, 0));
    let mut now = 0;
    while !choices.is_empty() && end.ending.is_none() && meter.received < 1_000_000 {
        match choices.byte() % 8 {
            happening @ 0..5 => {
                let mut bytes = choices.content();
                if is_sealed && happening > 1 {
                    bytes = sealer.seal(&bytes);
                }
                meter.watch(bytes.len(), || end.receive(&bytes, now));
            }
            5 => {
                now += u64::from(choices.byte());
                meter.watch(0, || end.timeout(now));
            }
            6 => {
                let paused = choices.flag();
                meter.watch(0, || end.pause(paused, now));
            }
            _ => end.straight = !end.straight,
        }
        let words = if is_sealed { WORDS + SEALED_WORDS } else { WORDS };
        assert!(end.waiting() <= words, "{} bytes wait to be written", end.waiting());
    }
    if end.ending.is_some() {
        assert!(meter.used <= OVER, "{} bytes are left", meter.used);
    }
    drop(end);
    drop((front, setup));
});

/// A client of CURVE.
struct Sealer {
    key: Shared,
    number: u64,
}

impl Sealer {
    fn new() -> Sealer {
        let server_short = nacl::public(&ServerSecrets::known().short);
        Sealer { key: nacl::between(&server_short, &SECRETS[1]), number: 2 }
    }

    /// All that it says until it is ready.
    fn hello(&self, socket_type: u8) -> Vec<u8> {
        let name = type_name(socket_type).expect("the number of a type");
        let (server, client) = (nacl::public(&SECRETS[0]), nacl::public(&SECRETS[1]));
        let vouch = curve::vouch(&self.key, &[7; 16], &client, &server);
        let metadata = wire::property(b"Socket-Type", name.as_bytes());
        let cookie = ServerSecrets::known().cookie(&client);
        let plain = [&client[..], &vouch, &metadata].concat();
        let commands = [
            curve::hello(&SECRETS[1], &server, 1, &[0; 64]),
            curve::initiate(&self.key, &cookie, 2, &plain),
        ];
        let commands = commands.map(|body| wire::frame(4, &body)).concat();
        [wire::greeting_with(1, b"CURVE"), commands].concat()
    }

    /// A frame of the traffic; the first byte of the content is its flags.
    fn seal(&mut self, content: &[u8]) -> Vec<u8> {
        self.number += 1;
        let (flags, payload) = content.split_first().unwrap_or((&0, &[]));
        wire::frame(0, &curve::message(&self.key, Sender::Client, self.number, *flags, payload))
    }
}

struct Meter {
    /// What the session uses.
    used: usize,
    /// What it got.
    received: usize,
}

impl Meter {
    /// Lets the session do something, with more bytes.
    fn watch<T>(&mut self, bytes: usize, act: impl FnOnce() -> T) {
        self.received += bytes;
        let before = MEMORY.current_usage();
        MEMORY.reset_peak_usage();
        act();
        let most = self.used + MEMORY.peak_usage().saturating_sub(before);
        self.used = (self.used + MEMORY.current_usage()).saturating_sub(before);
        let limit = CONSTANT + FACTOR * self.received;
        assert!(most <= limit, "{most} bytes of memory for {} received", self.received);
    }
}

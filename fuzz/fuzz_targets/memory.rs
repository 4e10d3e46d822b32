//! How much memory a peer can make a session take: some for the connection, and then as a multiple
//! of what it has sent, whatever it announces. Nothing is written, so that answers would pile up.
//!
//! Input: type of socket, version, how far the peer is; then a list of happenings.

#![no_main]

use harness::choices::Choices;
use harness::{types, wire};
use libfuzzer_sys::fuzz_target;
use peak_alloc::PeakAlloc;
use zmq::fuzzing::{End, Setup, peers_of};

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

fuzz_target!(|data: &[u8]| {
    let mut choices = Choices::new(data);
    let socket_type = choices.byte() % types::COUNT;
    let setup = Setup {
        socket_type,
        heartbeat_interval: choices.of(&[None, Some(100)]),
        ..Setup::default()
    };
    let version = choices.of(&wire::VERSIONS);
    let peer = peers_of(socket_type).first().copied().unwrap_or(socket_type);
    let front = match choices.byte() % 4 {
        0 => Vec::new(),
        1 => wire::greeting(1),
        _ => wire::hello(version, peer),
    };

    let before = MEMORY.current_usage();
    let mut end = End::new(&setup, 0);
    end.forgetful = true;
    let mut meter = Meter { used: MEMORY.current_usage() - before, received: 0 };
    meter.watch(front.len(), || end.receive(&front, 0));
    let mut now = 0;
    while !choices.is_empty() && end.ending.is_none() && meter.received < 1_000_000 {
        match choices.byte() % 8 {
            0..5 => {
                let bytes = choices.content();
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
        assert!(end.waiting() <= WORDS, "{} bytes wait to be written", end.waiting());
    }
    if end.ending.is_some() {
        assert!(meter.used <= OVER, "{} bytes are left", meter.used);
    }
    drop(end);
    drop((front, setup));
});

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

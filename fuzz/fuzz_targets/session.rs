//! A session and a hostile peer: bytes in pieces, with time passing, pauses, verdicts on the peer
//! and messages the other way in between. Whatever happens besides, the bytes decide about the events.
//!
//! Input: type of socket, options, how far the peer is; then a list of happenings.

#![no_main]

use harness::choices::Choices;
use harness::model::{self, Expected};
use harness::wire::{self, Front, VERSIONS, Version};
use harness::{play, types, verdict};
use libfuzzer_sys::fuzz_target;
use zmq::fuzzing::{End, Judgement, Part, Seen, Setup, peers_of};

/// How sessions end by the time alone.
const BY_TIME: [&str; 6] = [
    "HandshakeTimeout",
    "HeartbeatLost",
    "TtlExpired",
    "Refused(Temporary)",
    "Refused(Denied)",
    "Refused(Failed)",
];

fuzz_target!(|data: &[u8]| {
    let mut choices = Choices::new(data);
    let first = choices.byte();
    let socket_type = first % types::COUNT;
    let heartbeat_interval = choices.of(&[None, Some(1), Some(100), Some(10_000)]);
    let setup = Setup {
        socket_type,
        // Every other time that the type comes round.
        asks: first / types::COUNT % 2 == 1,
        max_body: choices.of(&[None, Some(0), Some(100), Some(70_000)]),
        handshake_timeout: choices.of(&[None, Some(500)]),
        heartbeat_interval,
        heartbeat_timeout: choices.of(&[None, Some(10), Some(1000)]).and(heartbeat_interval),
        heartbeat_ttl: choices.number(),
        refuse_old: choices.of(&[false, false, true]),
        ..Setup::default()
    };
    let peer = peers_of(socket_type).first().copied().unwrap_or(socket_type);
    let front = match choices.byte() % 8 {
        0 => Vec::new(),
        1 => wire::SIGNATURE.to_vec(),
        2 => wire::greeting(1),
        deep => wire::hello(VERSIONS[usize::from(deep - 3)], peer),
    };

    let mut scene = Scene::new(&setup);
    scene.receive(&front);
    while !choices.is_empty() && scene.end.ending.is_none() && scene.script.len() < 1_000_000 {
        scene.go_on(&mut choices);
    }
    scene.check(&setup);
});

struct Scene {
    end: End,
    now: u64,
    paused: bool,
    /// What the session got.
    script: Vec<u8>,
    /// Verdicts, and how much of the script was there before.
    verdicts: Vec<(usize, Judgement)>,
    /// What it said.
    said: Vec<u8>,
    /// What it had to send.
    sent: Vec<Part>,
}

impl Scene {
    fn new(setup: &Setup) -> Scene {
        Scene {
            end: End::new(setup, 0),
            now: 0,
            paused: false,
            script: Vec::new(),
            verdicts: Vec::new(),
            said: Vec::new(),
            sent: Vec::new(),
        }
    }

    fn receive(&mut self, bytes: &[u8]) {
        let taken = self.end.receive(bytes, self.now);
        assert!(taken == bytes.len() || self.end.ending.is_some(), "bytes were left");
        self.script.extend(bytes);
    }

    fn go_on(&mut self, choices: &mut Choices<'_>) {
        let happening = choices.byte();
        match happening % 8 {
            0 | 1 if happening >= 192 => {
                let verdict = verdict(choices);
                self.end.judge(verdict.clone(), self.now);
                self.verdicts.push((self.script.len(), verdict));
            }
            0 | 1 => self.receive(&choices.content()),
            2 => {
                let until = self.now + u64::from(choices.byte()) * 10;
                while let Some(next) = self.end.deadline().filter(|next| *next <= until) {
                    assert!(next >= self.now, "a deadline lies in the past");
                    self.now = next;
                    play::pass_time(&mut self.end, next);
                }
                self.now = until;
            }
            3 => {
                // Somebody slept too long.
                self.now += u64::from(choices.number());
                play::pass_time(&mut self.end, self.now);
            }
            4 => {
                self.paused = !self.paused;
                self.end.pause(self.paused, self.now);
            }
            5 if self.end.is_ready() => {
                let more = choices.flag();
                let part = Part::data(&choices.content(), more);
                self.end.encode(&part);
                self.sent.push(part);
            }
            5 | 6 => {
                let most = choices.of(&[usize::MAX, 1, 2, 11, 100, 9000]);
                self.said.extend(self.end.write(most));
            }
            _ => self.end.straight = !self.end.straight,
        }
    }

    fn check(mut self, setup: &Setup) {
        let expected = model::connection(setup, &self.script, &self.verdicts);
        let ending = self.end.ending.as_ref();
        let by_time = ending.map(|ending| model::name(&ending.error));
        let by_time = by_time.filter(|error| BY_TIME.contains(&&error[..]));
        if by_time.is_some() {
            assert!(expected.seen.starts_with(&self.end.seen));
        } else {
            assert_eq!(self.end.seen, expected.seen);
        }
        play::check_ending(&self.end.seen, ending, by_time.as_deref().or(expected.error));
        while self.end.waiting() > 0 {
            self.said.extend(self.end.write(usize::MAX));
        }
        if self.end.ending.is_some() {
            play::check_over(&mut self.end, self.now);
        }
        self.check_words(setup, expected);
    }

    /// Behind the handshake a session says what it had to send, and of its own only heartbeats.
    fn check_words(&self, setup: &Setup, expected: Expected) {
        let mut rest = self.said.strip_prefix(&expected.said[..]).expect("first the handshake");
        let version = expected.seen.iter().find_map(|seen| match seen {
            Seen::Ready(peer) => VERSIONS.into_iter().find(|one| one.name() == peer.version),
            Seen::Asks(_) | Seen::Refused(_) | Seen::Part(_) => None,
        });
        let Some(version) = version else {
            assert_eq!(rest, b"");
            return;
        };
        for part in &self.sent {
            rest = behind_heartbeats(version, rest);
            if setup.socket_type == types::RADIO {
                let group = model::data_frame(version, true, b"");
                rest = rest.strip_prefix(&group[..]).expect("a group goes before");
            }
            let frame = model::data_frame(version, part.more, &part.data);
            rest = rest.strip_prefix(&frame[..]).expect("the next frame");
        }
        assert_eq!(behind_heartbeats(version, rest), b"");
    }
}

fn behind_heartbeats(version: Version, bytes: &[u8]) -> &[u8] {
    let mut rest = bytes;
    while let Front::Frame(frame, behind) = wire::front(version.has_old_frames(), rest, None) {
        if !frame.command {
            break;
        }
        assert!(version.has_commands());
        assert!(frame.body.starts_with(b"\x04PING") || frame.body.starts_with(b"\x04PONG"));
        assert!(frame.body.len() <= 5 + 16);
        rest = behind;
    }
    rest
}

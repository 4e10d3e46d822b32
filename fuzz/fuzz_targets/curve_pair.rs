//! Two sessions that talk to each other in CURVE: what one end sends arrives at the other, once,
//! whole and in order, and goes over the wire sealed, with numbers that grow. At the end somebody
//! changes a bit: of that frame and of all behind it nothing arrives.
//!
//! Input: types of sockets, heartbeats; then a list of happenings.

#![no_main]

use harness::choices::Choices;
use harness::curve::{Opener, Sender, ServerSecrets};
use harness::nacl::{self, Key};
use harness::types::{CLIENT, DEALER, PAIR, PUB, REQ, ROUTER, SERVER, SUB, XPUB, XSUB};
use harness::wire::{self, Front};
use harness::{model, play};
use libfuzzer_sys::fuzz_target;
use zmq::fuzzing::{End, Kind, Part, Proof, Seen, Setup};

const SERVER_SECRET: Key = [0x51; 32];
const CLIENT_SECRET: Key = [0x0c; 32];
/// Types of a client and a server.
const TYPES: [[u8; 2]; 8] = [
    [DEALER, ROUTER],
    [ROUTER, DEALER],
    [PAIR, PAIR],
    [SUB, XPUB],
    [PUB, XSUB],
    [XSUB, XPUB],
    [CLIENT, SERVER],
    [ROUTER, REQ],
];

fuzz_target!(|data: &[u8]| {
    let mut choices = Choices::new(data);
    let mut pair = Pair::new(&mut choices);
    let mut flip = None;
    while !choices.is_empty() && flip.is_none() && pair.size < 500_000 {
        flip = pair.go_on(&mut choices);
    }
    match flip {
        None => pair.check(),
        Some(flip) => pair.suffer(flip),
    }
});

/// What somebody does on the way to an end.
struct Flip {
    at: usize,
    byte: usize,
    bit: u8,
}

struct Pair {
    types: [u8; 2],
    ends: [End; 2],
    /// What reads the frames that each end sends.
    openers: [Opener; 2],
    /// What is on its way to each end.
    wires: [Vec<u8>; 2],
    /// All that each end ever got.
    received: [Vec<u8>; 2],
    now: u64,
    /// What each end has sent.
    sent: [Vec<Part>; 2],
    size: usize,
}

impl Pair {
    fn new(choices: &mut Choices<'_>) -> Pair {
        let types = choices.of(&TYPES);
        let heartbeat_interval = choices.of(&[None, Some(100)]);
        let (public, server) = (nacl::public(&CLIENT_SECRET), nacl::public(&SERVER_SECRET));
        let proofs = [
            Proof::CurveClient { public, secret: CLIENT_SECRET, server },
            Proof::CurveServer(SERVER_SECRET),
        ];
        let mut socket_types = types.into_iter();
        let ends = proofs.map(|proof| {
            let socket_type = socket_types.next().expect("two types");
            let setup = Setup { socket_type, proof, heartbeat_interval, ..Setup::default() };
            let mut end = End::new(&setup, 0);
            end.straight = choices.flag();
            end
        });
        let mut short = [0; 32];
        zmq::fuzzing::entropy(&mut short);
        let key = nacl::between(&nacl::public(&ServerSecrets::known().short), &short);
        let opener = |from, last| Opener { key: key.clone(), from, last };
        let mut pair = Pair {
            types,
            ends,
            openers: [opener(Sender::Client, 2), opener(Sender::Server, 1)],
            wires: [Vec::new(), Vec::new()],
            received: [Vec::new(), Vec::new()],
            now: 0,
            sent: [Vec::new(), Vec::new()],
            size: 0,
        };
        pair.drive();
        for (end, received) in pair.ends.iter_mut().zip(&mut pair.received) {
            assert!(end.is_ready() && matches!(end.seen[..], [Seen::Ready(_)]), "{end:?}");
            end.seen.clear();
            received.clear();
        }
        pair
    }

    fn go_on(&mut self, choices: &mut Choices<'_>) -> Option<Flip> {
        let happening = choices.byte();
        let at = usize::from(happening >> 7);
        match happening % 8 {
            0..4 => self.send(at, choices),
            4 => {
                let most = usize::from(choices.number());
                self.write(at, most);
                self.deliver(at, most);
            }
            5 => {
                self.now += u64::from(choices.byte());
                for end in &mut self.ends {
                    play::pass_time(end, self.now);
                }
                self.drive();
            }
            6 => {
                let byte = usize::from(choices.number());
                return Some(Flip { at, byte, bit: choices.byte() % 8 });
            }
            _ => self.drive(),
        }
        None
    }

    /// Sends what a socket of the type could send.
    fn send(&mut self, at: usize, choices: &mut Choices<'_>) {
        let (own, peer) = (self.types[at], self.types[1 - at]);
        let options = choices.byte();
        let more = options & 1 != 0 && own != CLIENT && own != SERVER;
        let content = choices.content();
        let parts = match own {
            _ if peer == REQ => vec![Part::data(b"", true), Part::data(&content, false)],
            SUB | XSUB if options & 2 != 0 => {
                let data = [&[options >> 2 & 1], &content[..]].concat();
                // Inside of a message it would be a part of that.
                let inside = self.sent[at].last().is_some_and(|part| part.more);
                let kind = if inside { Kind::Data } else { Kind::Request };
                vec![Part { kind, ..Part::data(&data, false) }]
            }
            _ => vec![Part::data(&content, more)],
        };
        for part in parts {
            self.ends[at].encode(&part);
            self.size += part.data.len() + 100;
            self.sent[at].push(part);
        }
    }

    fn write(&mut self, at: usize, most: usize) {
        self.wires[1 - at].extend(self.ends[at].write(most));
    }

    fn deliver(&mut self, at: usize, most: usize) -> bool {
        let count = most.min(self.wires[at].len());
        let bytes: Vec<u8> = self.wires[at].drain(..count).collect();
        assert_eq!(self.ends[at].receive(&bytes, self.now), count);
        self.received[at].extend(bytes);
        count > 0
    }

    /// Moves bytes until there are none left to move.
    fn drive(&mut self) {
        let mut moved = true;
        while std::mem::take(&mut moved) {
            for at in [0, 1] {
                while self.ends[at].waiting() > 0 {
                    self.write(at, usize::MAX);
                }
                moved |= self.deliver(1 - at, usize::MAX);
            }
        }
    }

    fn check(mut self) {
        self.drive();
        for at in [0, 1] {
            assert_eq!(self.ends[at].ending, None);
            let expected: Vec<Seen> = self.sent[1 - at].iter().cloned().map(Seen::Part).collect();
            assert!(self.ends[at].seen == expected, "{:?}: {expected:?}", self.ends[at]);
            // What was on the wire is what was sent, and in between heartbeats.
            let opened = play::open_all(&mut self.openers[1 - at], &self.received[at]);
            let own = |(flags, payload): &(u8, Vec<u8>)| {
                flags & 2 == 0 || !matches!(payload[..5], [4, b'P', b'I' | b'O', b'N', b'G'])
            };
            let opened: Vec<_> = opened.into_iter().filter(own).collect();
            let frames: Vec<_> = self.sent[1 - at].iter().map(content).collect();
            assert!(opened == frames, "{opened:?} is not {frames:?}");
        }
    }

    /// Delivers to an end what is on its way, with one bit changed.
    fn suffer(mut self, flip: Flip) {
        let Flip { at, byte, bit } = flip;
        while self.ends[1 - at].waiting() > 0 {
            self.write(1 - at, usize::MAX);
        }
        let wire = std::mem::take(&mut self.wires[at]);
        if wire.is_empty() {
            return;
        }
        let byte = byte % wire.len();
        let mut changed = wire.clone();
        changed[byte] ^= 1 << bit;
        self.ends[at].receive(&changed, self.now);

        let all = [&self.received[at][..], &wire].concat();
        let hit = Hit::new(&all, self.received[at].len() + byte);
        let arrived = self.ends[at].seen.len();
        let sent = self.sent[1 - at].iter().cloned().map(Seen::Part).collect::<Vec<_>>();
        assert!(sent.starts_with(&self.ends[at].seen), "something else arrives");
        let ending = self.ends[at].ending.as_ref();
        if !hit.in_header {
            // All before the frame arrives, and nothing of it or behind it.
            assert_eq!(arrived, data_frames(&mut self.openers[1 - at], &all[..hit.frame_start]));
            let name = ending.map(|ending| model::name(&ending.error));
            let expected: &[&str] = match hit.offset {
                0 => &["Malformed", "NotSealed"],
                1..8 => &["NotSealed"],
                8..16 => &["Replayed", "Forged Message"],
                _ => &["Forged Message"],
            };
            assert!(name.as_deref().is_some_and(|name| expected.contains(&name)), "{name:?}");
            play::check_over(&mut self.ends[at], self.now);
        } else if hit.offset > 0 || bit == 1 {
            // Another length: there is no frame like that, whether it is known yet or not.
            assert_eq!(arrived, data_frames(&mut self.openers[1 - at], &all[..hit.frame_start]));
        } else {
            // Other flags outside mean nothing.
            assert!(ending.is_none() && sent.len() == arrived, "{ending:?}");
        }
    }
}

/// Where among the frames a byte is.
struct Hit {
    frame_start: usize,
    in_header: bool,
    /// In the header or in the body.
    offset: usize,
}

impl Hit {
    fn new(bytes: &[u8], at: usize) -> Hit {
        let mut start = 0;
        while let Front::Frame(frame, behind) = wire::front(false, &bytes[start..], None) {
            let end = bytes.len() - behind.len();
            if at < end {
                let body = end - frame.body.len();
                let in_header = at < body;
                let offset = at - if in_header { start } else { body };
                return Hit { frame_start: start, in_header, offset };
            }
            start = end;
        }
        panic!("sessions send whole frames");
    }
}

/// How many frames are for the application.
fn data_frames(opener: &mut Opener, bytes: &[u8]) -> usize {
    let opened = play::open_all(opener, bytes);
    let is_heartbeat = |payload: &[u8]| payload.starts_with(b"\x04P");
    opened.iter().filter(|(flags, payload)| flags & 2 == 0 || !is_heartbeat(payload)).count()
}

/// The flags and the content of the frame of a part.
fn content(part: &Part) -> (u8, Vec<u8>) {
    match (part.kind, part.data.split_first()) {
        (Kind::Request, Some((1, topic))) => (2, wire::command(b"SUBSCRIBE", topic)),
        (Kind::Request, Some((_, topic))) => (2, wire::command(b"CANCEL", topic)),
        _ => (u8::from(part.more), part.data.clone()),
    }
}

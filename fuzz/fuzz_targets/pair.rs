//! Two sessions, which talk to each other in every generation of the protocol: what one end sends
//! arrives at the other, once, whole, and in order; and while bytes flow, nobody gives up.
//!
//! Input: types of sockets, version, heartbeats; then a list of happenings.

#![no_main]

use harness::choices::Choices;
use harness::play;
use harness::types::{self, DISH, RADIO, REQ, SUB, XSUB};
use harness::wire::{self, VERSIONS, Version};
use libfuzzer_sys::fuzz_target;
use zmq::fuzzing::{End, Kind, Part, Seen, Setup, peers_of};

fuzz_target!(|data: &[u8]| {
    let mut choices = Choices::new(data);
    let one = choices.byte() % types::COUNT;
    let peers = peers_of(one);
    if peers.is_empty() {
        return;
    }
    let other = choices.of(&peers);
    let version = choices.of(&[None, Some(0), Some(1), Some(2), Some(3), Some(4)]);
    let mut pair = Pair::new([one, other], version.map(|at: usize| VERSIONS[at]), &mut choices);
    while !choices.is_empty() && pair.is_alive() && pair.size < 1_000_000 {
        pair.go_on(&mut choices);
    }
    pair.check();
});

struct Pair {
    types: [u8; 2],
    version: Version,
    /// Whether an end knows that heartbeats are in use.
    watches: [bool; 2],
    ends: [End; 2],
    /// What is on its way to each end.
    wires: [Vec<u8>; 2],
    paused: [bool; 2],
    /// Nothing is sent but heartbeats.
    idle: bool,
    now: u64,
    /// What each end has sent.
    sent: [Vec<Part>; 2],
    /// How much that is.
    size: usize,
}

impl Pair {
    /// A connection that is established; by the ends themselves if no version is given.
    fn new(types: [u8; 2], version: Option<Version>, choices: &mut Choices<'_>) -> Pair {
        let setups = types.map(|socket_type| {
            let interval = choices.of(&[None, Some(100), Some(1000)]);
            let times = choices.of(&[None, Some(1), Some(2)]);
            Setup {
                socket_type,
                heartbeat_interval: interval,
                heartbeat_timeout: interval.and_then(|interval| Some(interval * times?)),
                heartbeat_ttl: interval.map_or(0, |interval| (interval / 50) as u16),
                ..Setup::default()
            }
        });
        let mut pair = Pair {
            types,
            version: version.unwrap_or(Version::V31),
            watches: [0, 1].map(|at| setups[at].heartbeat_interval.is_some()),
            ends: [0, 1].map(|at| End::new(&setups[at], 0)),
            wires: [Vec::new(), Vec::new()],
            paused: [false; 2],
            idle: false,
            now: 0,
            sent: [Vec::new(), Vec::new()],
            size: 0,
        };
        match version {
            None => pair.drive(),
            Some(version) => {
                for at in [0, 1] {
                    pair.ends[at].receive(&wire::hello(version, types[1 - at]), 0);
                    pair.ends[at].write(usize::MAX);
                }
            }
        }
        for end in &mut pair.ends {
            assert!(end.is_ready() && end.ending.is_none(), "{end:?}");
            end.seen.clear();
            end.straight = choices.flag();
        }
        pair
    }

    fn go_on(&mut self, choices: &mut Choices<'_>) {
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
                let until = self.now + u64::from(choices.byte()) * 10;
                self.run_until(until);
            }
            6 => {
                self.drive();
                self.paused[at] = !self.paused[at];
                self.ends[at].pause(self.paused[at], self.now);
            }
            _ => self.drive(),
        }
    }

    /// Sends what a socket of the type could send.
    fn send(&mut self, at: usize, choices: &mut Choices<'_>) {
        let (own, peer) = (self.types[at], self.types[1 - at]);
        let options = choices.byte();
        let more = options & 1 != 0;
        let mut parts = Vec::new();
        match own {
            RADIO | DISH => {
                let group = choices.text().iter().copied().filter(|byte| *byte != 0).collect();
                let kind = if more { Kind::Join } else { Kind::Leave };
                parts.push(match own {
                    RADIO => Part { group, ..Part::data(&choices.content(), false) },
                    _ => Part { group, kind, ..Part::data(b"", false) },
                });
            }
            _ if peer == REQ => {
                if options & 2 != 0 {
                    parts.push(Part::data(b"\0\0\0\x01", true));
                }
                parts.push(Part::data(b"", true));
                for _ in 0..options >> 6 {
                    parts.push(Part::data(&choices.content(), true));
                }
                parts.push(Part::data(&choices.content(), false));
            }
            SUB | XSUB if options & 2 != 0 => {
                let data = [&[options >> 2 & 1], &choices.content()[..]].concat();
                parts.push(Part { kind: Kind::Request, ..Part::data(&data, more) });
            }
            _ => parts.push(Part::data(&choices.content(), more)),
        }
        for part in parts {
            self.ends[at].encode(&part);
            self.size += part.data.len() + 100;
            self.sent[at].push(part);
        }
    }

    fn write(&mut self, at: usize, most: usize) {
        let bytes = self.ends[at].write(most);
        self.watches[at] |= self.idle && bytes.windows(5).any(|five| five == b"\x04PONG");
        self.wires[1 - at].extend(bytes);
    }

    /// Delivers to an end that reads; whether there was anything.
    fn deliver(&mut self, at: usize, most: usize) -> bool {
        if self.paused[at] || self.ends[at].ending.is_some() {
            return false;
        }
        let count = most.min(self.wires[at].len());
        let bytes: Vec<u8> = self.wires[at].drain(..count).collect();
        let taken = self.ends[at].receive(&bytes, self.now);
        assert_eq!(taken, count);
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
            }
            for at in [0, 1] {
                moved |= self.deliver(at, usize::MAX);
            }
        }
    }

    fn run_until(&mut self, until: u64) {
        self.drive();
        self.idle = true;
        loop {
            self.drive();
            let deadlines = self.ends.iter().filter_map(End::deadline);
            let next = deadlines.min().filter(|next| *next <= until).unwrap_or(until);
            assert!(next >= self.now, "a deadline lies in the past");
            self.now = next;
            for at in [0, 1] {
                play::pass_time(&mut self.ends[at], next);
                self.forgive(at);
            }
            if next == until {
                self.drive();
                self.idle = false;
                return;
            }
        }
    }

    /// An end may give up only a peer that does not read and cannot know that it is watched.
    fn forgive(&mut self, at: usize) {
        if let Some(ending) = &self.ends[at].ending {
            let excused = self.paused[1 - at] && !self.watches[1 - at];
            assert!(excused, "end {at} gave up: {}", ending.text);
        }
    }

    fn is_alive(&self) -> bool {
        self.ends.iter().all(|end| end.ending.is_none())
    }

    fn check(mut self) {
        if !self.is_alive() {
            return;
        }
        for at in [0, 1] {
            self.paused[at] = false;
            self.ends[at].pause(false, self.now);
        }
        self.drive();
        for at in [0, 1] {
            assert_eq!(self.ends[at].ending, None);
            let expected = arrivals(self.version, self.types[1 - at], &self.sent[1 - at]);
            let seen: Vec<&Part> = self.ends[at]
                .seen
                .iter()
                .map(|seen| match seen {
                    Seen::Part(part) => part,
                    other => panic!("{other:?}"),
                })
                .collect();
            assert!(seen == expected.iter().collect::<Vec<_>>(), "{seen:?} is not {expected:?}");
        }
    }
}

/// What arrives of what a type of socket has sent.
fn arrivals(version: Version, from: u8, sent: &[Part]) -> Vec<Part> {
    let mut arrived = Vec::new();
    let mut inside = false;
    for part in sent {
        let was_inside = inside;
        match part.kind {
            // There is no way to tell an older peer.
            Kind::Join | Kind::Leave if !version.has_commands() => continue,
            Kind::Join | Kind::Leave => arrived.push(part.clone()),
            Kind::Request if version == Version::V31 && !inside && !part.more => {
                arrived.push(part.clone());
            }
            Kind::Request | Kind::Data => {
                inside = part.more;
                // Types without parts get no messages that have some.
                if !types::has_single_parts(from) || (!was_inside && !part.more) {
                    arrived.push(Part { kind: Kind::Data, ..part.clone() });
                }
            }
        }
    }
    arrived
}

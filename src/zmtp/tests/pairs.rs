//! Every type with every other, and with peers of every generation.

#![forbid(unsafe_code)]

use super::script::*;
use super::simulator::Pair;
use crate::msg::{Kind, Msg};
use crate::zmtp::{Config, PeerError, SocketType, Version};

/// Messages that a socket of a type may send, as they lie in its pipe, and how they arrive.
fn traffic(from: SocketType, to: SocketType, size: usize) -> (Vec<Msg>, Vec<Seen>) {
    use SocketType::*;
    let body = vec![b'b'; size];
    match (from, to) {
        (Sub | Xsub, _) => (
            vec![marked(b"\x01topic", Kind::Request, b""), marked(b"\0topic", Kind::Request, b"")],
            vec![request(b"\x01topic"), request(b"\0topic")],
        ),
        (Radio, _) => {
            let seen = Seen::Message {
                data: body.clone(),
                more: false,
                kind: Kind::Data,
                group: b"group".to_vec(),
            };
            (vec![marked(&body, Kind::Data, b"group")], vec![seen])
        }
        (Dish, _) => {
            let member = |kind| Seen::Message {
                data: Vec::new(),
                more: false,
                kind,
                group: b"group".to_vec(),
            };
            (
                vec![marked(b"", Kind::Join, b"group"), marked(b"", Kind::Leave, b"group")],
                vec![member(Kind::Join), member(Kind::Leave)],
            )
        }
        (_, Req) => (
            vec![msg(b"", true), msg(&body, true), msg(b"end", false)],
            vec![data(b"", true), data(&body, true), data(b"end", false)],
        ),
        (Server | Client | Gather | Scatter | Peer | Channel, _) => {
            (vec![msg(&body, false)], vec![data(&body, false)])
        }
        _ => (
            vec![msg(&body, true), msg(b"", true), msg(b"end", false)],
            vec![data(&body, true), data(b"", true), data(b"end", false)],
        ),
    }
}

fn named(socket_type: SocketType, id: &[u8]) -> Config {
    Config { routing_id: id.to_vec(), ..config(socket_type) }
}

#[test]
fn every_pair_that_fits_exchanges_messages() {
    let mut pairs = 0;
    for one in SocketType::ALL {
        for &other in one.peers() {
            pairs += 1;
            for (step, sizes) in [
                (1, &[0, 1, 33, 255, 256][..]),
                (7, &[0, 300]),
                (4096, &[0, 1, 33, 255, 256, 9000, 70_000]),
            ] {
                let mut pair = Pair::new([named(one, b"one"), named(other, b"")], step);
                pair.shake_hands();
                for &size in sizes {
                    for (from, types) in [(0, (one, other)), (1, (other, one))] {
                        let (sent, expected) = traffic(types.0, types.1, size);
                        let arrived = pair.send(from, sent);
                        assert!(arrived == expected, "{} to {}, {size} bytes", types.0, types.1);
                    }
                }
            }
        }
    }
    assert_eq!(pairs, 30);
}

#[test]
fn every_pair_that_does_not_fit_notices_on_both_sides() {
    for one in SocketType::ALL {
        for other in SocketType::ALL {
            if one.peers().contains(&other) {
                continue;
            }
            let mut pair = Pair::new([config(one), config(other)], 4096);
            pair.drive();
            for (end, own, peer) in [(&pair.ends[0], one, other), (&pair.ends[1], other, one)] {
                let peer = peer.name().as_bytes().to_vec();
                let error = PeerError::SocketTypeMismatch { own, peer };
                assert_eq!(end.outcome.error, Some(error));
                assert_eq!(end.outcome.events, []);
            }
        }
    }
}

/// A generation as a peer of it speaks, written by hand.
struct Generation {
    version: Version,
    /// What it sends until it is ready, given the number and the name of its type.
    hello: fn(u8, &str) -> Vec<u8>,
    /// What it expects of us until we are ready, given the same of ours.
    expects: fn(u8, &str) -> Vec<u8>,
    /// A frame, given whether another follows.
    frame: fn(bool, &[u8]) -> Vec<u8>,
}

fn frame_v1(more: bool, body: &[u8]) -> Vec<u8> {
    match body.len() + 1 {
        len @ ..255 => [&[len as u8, u8::from(more)], body].concat(),
        len => [&b"\xff"[..], &(len as u64).to_be_bytes(), &[u8::from(more)], body].concat(),
    }
}

fn frame_v2(more: bool, body: &[u8]) -> Vec<u8> {
    frame(u8::from(more), body)
}

fn our_greeting(_: u8, name: &str) -> Vec<u8> {
    let id = matches!(name, "REQ" | "DEALER" | "ROUTER");
    let id = if id { property(b"Identity", b"") } else { Vec::new() };
    [greeting(1), ready(&[property(b"Socket-Type", name.as_bytes()), id].concat())].concat()
}

const GENERATIONS: [Generation; 5] = [
    Generation {
        version: Version::Unversioned,
        hello: |_, _| b"\x05\x00peer".to_vec(),
        expects: |_, _| SIGNATURE.to_vec(),
        frame: frame_v1,
    },
    Generation {
        version: Version::V1_0,
        hello: |number, _| [SIGNATURE, &[0, number], b"\x05\x00peer"].concat(),
        expects: |number, _| [SIGNATURE, &[3, number], b"\x01\x00"].concat(),
        frame: frame_v1,
    },
    Generation {
        version: Version::V2_0,
        hello: |number, _| [SIGNATURE, &[1, number], b"\x00\x04peer"].concat(),
        expects: |number, _| [SIGNATURE, &[3, number], b"\x00\x00"].concat(),
        frame: frame_v2,
    },
    Generation {
        version: Version::V3_0,
        hello: |_, name| {
            let socket_type = property(b"Socket-Type", name.as_bytes());
            [greeting(0), ready(&[socket_type, property(b"Identity", b"peer")].concat())].concat()
        },
        expects: our_greeting,
        frame: frame_v2,
    },
    Generation {
        version: Version::V3_1,
        hello: |_, name| {
            let socket_type = property(b"Socket-Type", name.as_bytes());
            [greeting(1), ready(&[socket_type, property(b"Identity", b"peer")].concat())].concat()
        },
        expects: our_greeting,
        frame: frame_v2,
    },
];

#[test]
fn every_type_talks_to_every_generation() {
    for generation in &GENERATIONS {
        for own in SocketType::ALL {
            let Some(&peer) = own.peers().first() else { continue };
            let hello = (generation.hello)(peer.number(), peer.name());
            let body = vec![b'x'; 300];
            // What the peer sends: a group or a delimiter goes first where it must.
            let grouped = own == SocketType::Dish;
            let front = matches!(own, SocketType::Req | SocketType::Dish);
            let mut script = hello.clone();
            if front {
                script.extend((generation.frame)(true, b""));
            }
            script.extend((generation.frame)(false, &body));
            let outcome = converse(&config(own), &script);

            assert_eq!(outcome.error, None);
            assert_eq!(outcome.sent, (generation.expects)(own.number(), own.name()));
            let Some(Seen::Ready { version, routing_id, .. }) = outcome.events.first() else {
                panic!("{own} is not ready")
            };
            assert_eq!(*version, generation.version);
            assert_eq!(routing_id.as_deref(), Some(&b"peer"[..]));
            let mut expected = vec![data(&body, false)];
            if front && !grouped {
                expected.insert(0, data(b"", true));
            }
            assert_eq!(outcome.messages(), expected, "{own}");

            // And what it gets.
            let mut end = End::new(config(own), 0);
            end.receive(&hello, 0);
            end.written();
            let sent = [end.encoded(msg(b"a", true)), end.encoded(msg(&body, false))].concat();
            let group = (generation.frame)(true, b"");
            let parts = [(generation.frame)(true, b"a"), (generation.frame)(false, &body)];
            let separator = if own == SocketType::Radio { group } else { Vec::new() };
            let expected: Vec<u8> =
                parts.iter().flat_map(|part| [&separator[..], part].concat()).collect();
            assert_eq!(sent, expected, "{own}");
        }
    }
}

#[test]
fn large_bodies_are_written_from_where_they_are() {
    let mut end = established(config(SocketType::Push), 1, "PULL", 0);
    let large = msg(&[7; 100_000], false);
    let place = large.data().as_ptr();
    end.session.encode(large, &mut end.out);
    assert!(end.out.chunks().any(|chunk| chunk.as_ptr() == place));
    assert_eq!(end.written(), frame(0, &[7; 100_000]));
}

//! Greetings, and the generations that they choose.

#![forbid(unsafe_code)]

use super::script::*;
use crate::zmtp::{Config, PeerError, SocketType, Version};

fn with_id(socket_type: SocketType, id: &[u8]) -> Config {
    Config { routing_id: id.to_vec(), ..config(socket_type) }
}

fn refusing(socket_type: SocketType) -> Config {
    Config { refuse_old: true, ..config(socket_type) }
}

fn versions(outcome: &Outcome) -> Vec<Version> {
    let version = |seen: &Seen| match seen {
        Seen::Ready { version, .. } => Some(*version),
        Seen::Asks(_) | Seen::Refused(_) | Seen::Message { .. } => None,
    };
    outcome.events.iter().filter_map(version).collect()
}

/// The 53 bytes that follow when the peer has shown that it is of generation 3.
fn remainder() -> Vec<u8> {
    greeting(1)[11..].to_vec()
}

/// A DEALER's READY without a routing id.
const READY: &[u8] = b"\x04\x29\x05READY\x0bSocket-Type\0\0\0\x06DEALER\x08Identity\0\0\0\0";

#[test]
fn w012_1_to_3_each_part_goes_out_when_the_peer_has_shown_that_it_understands_it() {
    let mut end = End::new(with_id(SocketType::Dealer, b"ABC"), 0);
    assert_eq!(end.written(), b"\xff\0\0\0\0\0\0\0\x04\x7f");
    let peer = greeting(1);
    for (at, byte) in peer.iter().enumerate() {
        end.receive(&[*byte], 0);
        let expected = match at + 1 {
            10 => vec![3],
            11 => remainder(),
            64 => [
                &b"\x04\x2c\x05READY\x0bSocket-Type\0\0\0\x06DEALER\x08Identity\0\0\0\x03"[..],
                b"ABC",
            ]
            .concat(),
            _ => Vec::new(),
        };
        assert_eq!(end.written(), expected, "after {} bytes", at + 1);
    }
}

#[test]
fn the_transcript_of_a_dealer() {
    let outcome = converse(&config(SocketType::Dealer), &hello(1, "ROUTER"));
    let expected = [SIGNATURE, &[3], &remainder(), READY].concat();
    assert_eq!(outcome.sent, expected);
    assert_eq!(versions(&outcome), [Version::V3_1]);
}

#[test]
fn w012_4_old_revisions_get_the_number_of_our_type() {
    for revision in [0, 1] {
        let mut end = End::new(config(SocketType::Dealer), 0);
        end.written();
        end.receive(SIGNATURE, 0);
        assert_eq!(end.written(), [3]);
        end.receive(&[revision], 0);
        assert_eq!(end.written(), [5]);
        assert!(!end.session.is_ready());
    }
}

#[test]
fn w012_5_and_6_other_numbers_are_generation_3() {
    for (major, minor, version) in [
        (2, 1, Version::V3_1),
        (4, 1, Version::V3_1),
        (255, 1, Version::V3_1),
        (3, 9, Version::V3_1),
        (3, 0, Version::V3_0),
        (2, 0, Version::V3_0),
    ] {
        let mut script = hello(minor, "PUSH");
        script[10] = major;
        let outcome = converse(&config(SocketType::Pull), &script);
        assert_eq!((outcome.error.clone(), versions(&outcome)), (None, vec![version]));
    }
}

#[test]
fn w012_7_the_tenth_byte_decides_whether_there_are_versions() {
    for tenth in [0x01, 0x7f, 0xff] {
        let mut script = hello(1, "PUSH");
        script[9] = tenth;
        assert_eq!(versions(&converse(&config(SocketType::Pull), &script)), [Version::V3_1]);
    }
    for tenth in [0x00, 0x7e, 0xfe] {
        // An identity of one byte in the long form, then a message.
        let script = [b"\xff\0\0\0\0\0\0\0\x02", &[tenth][..], b"i", b"\x02\x00x"].concat();
        let outcome = converse(&config(SocketType::Pull), &script);
        assert_eq!(versions(&outcome), [Version::Unversioned]);
        assert_eq!(outcome.messages(), [data(b"x", false)]);
        assert_eq!(outcome.sent, SIGNATURE);
    }
}

#[test]
fn an_unversioned_identity_may_be_long_or_empty() {
    let id = [b'i'; 255];
    let script = [b"\xff\0\0\0\0\0\0\x01\0\0", &id[..], b"\xff\0\0\0\0\0\0\0\x02\x01x"].concat();
    let outcome = converse(&config(SocketType::Router), &script);
    let Some(Seen::Ready { routing_id, .. }) = outcome.events.first() else { panic!() };
    assert_eq!(routing_id.as_deref(), Some(&id[..]));
    assert_eq!(outcome.messages(), [data(b"x", true)]);

    let outcome = converse(&config(SocketType::Router), b"\xff\0\0\0\0\0\0\0\x01\x00\x01\x00");
    let Some(Seen::Ready { routing_id: None, .. }) = outcome.events.first() else { panic!() };
    assert_eq!(outcome.messages(), [data(b"", false)]);
}

#[test]
fn w012_8_one_byte_can_be_enough_to_know_an_unversioned_peer() {
    let mut end = End::new(with_id(SocketType::Pull, b"ABC"), 0);
    end.written();
    end.receive(b"\x03", 0);
    assert_eq!(end.written(), b"ABC");
}

#[test]
fn w012_9_we_never_say_that_we_are_the_server() {
    assert_eq!(play(&config(SocketType::Rep), false, [&hello(1, "REQ")[..]]).sent[32], 0);
}

#[test]
fn w012_10_mechanisms_must_match_in_every_byte() {
    for (at, byte) in [(12, b'n'), (16, b'x'), (31, 1)] {
        let mut script = hello(1, "PUSH");
        script[at] = byte;
        let outcome = converse(&config(SocketType::Pull), &script);
        let Some(error @ PeerError::MechanismMismatch { .. }) = outcome.error else { panic!() };
        assert!(error.is_protocol() && error.in_handshake());
        // Nothing of a handshake was said.
        assert_eq!(outcome.sent.len(), 64);
    }
}

#[test]
fn w012_11_what_nobody_uses_is_ignored() {
    let mut script = hello(1, "PUSH");
    script[1..9].fill(0xab);
    script[32..64].fill(0xcd);
    assert_eq!(versions(&converse(&config(SocketType::Pull), &script)), [Version::V3_1]);
}

#[test]
fn w012_12_and_13_messages_may_follow_in_the_same_segment() {
    let message = [frame(1, b"a"), frame(0, b"b")].concat();
    let outcome = after_ready(&config(SocketType::Pull), "PUSH", &message);
    assert_eq!(outcome.messages(), [data(b"a", true), data(b"b", false)]);
}

#[test]
fn w012_13_we_send_no_message_before_the_peer_is_ready() {
    let mut end = End::new(config(SocketType::Push), 0);
    end.receive(&greeting(1), 0);
    assert!(!end.session.is_ready());
    end.receive(&ready_as("PULL"), 0);
    assert!(end.session.is_ready());
}

#[test]
fn w012_14_our_identity_to_an_unversioned_peer() {
    let outcome = converse(&with_id(SocketType::Dealer, b"ABC"), b"\x01\x00");
    assert_eq!(outcome.sent, b"\xff\0\0\0\0\0\0\0\x04\x7fABC");
    assert_eq!(versions(&outcome), [Version::Unversioned]);
}

#[test]
fn our_identity_to_versioned_old_peers() {
    let config = with_id(SocketType::Dealer, b"ABC");
    let outcome = converse(&config, &[SIGNATURE, b"\x00\x06", b"\x01\x00"].concat());
    assert_eq!(outcome.sent, b"\xff\0\0\0\0\0\0\0\x04\x7f\x03\x05\x04\x00ABC");
    assert_eq!(versions(&outcome), [Version::V1_0]);
    let outcome = converse(&config, &[SIGNATURE, b"\x01\x06", b"\x00\x00"].concat());
    assert_eq!(outcome.sent, b"\xff\0\0\0\0\0\0\0\x04\x7f\x03\x05\x00\x03ABC");
    assert_eq!(versions(&outcome), [Version::V2_0]);
}

#[test]
fn the_transcript_of_a_peer_of_2_0() {
    let script = [SIGNATURE, b"\x01\x05", b"\x00\x02id", b"\x00\x01x"].concat();
    let outcome = converse(&config(SocketType::Router), &script);
    assert_eq!(outcome.sent, [SIGNATURE, b"\x03\x06", b"\x00\x00"].concat());
    let ready = Seen::Ready {
        version: Version::V2_0,
        socket_type: None,
        routing_id: Some(b"id".to_vec()),
        subscribe_to_all: false,
        properties: Vec::new(),
    };
    assert_eq!(outcome.events, [ready, data(b"x", false)]);
}

#[test]
fn the_type_of_an_old_peer_is_not_judged() {
    for revision in [0, 1] {
        for number in [0, 4, 200, 255] {
            let body = if revision == 0 { &b"\x01\x00"[..] } else { b"\x00\x00" };
            let script = [SIGNATURE, &[revision, number], body].concat();
            assert!(converse(&config(SocketType::Pull), &script).was_ready());
        }
    }
}

#[test]
fn w012_15_only_unversioned_peers_of_publishers_get_everything() {
    let gets_all = |socket_type, script: &[u8]| {
        let outcome = converse(&config(socket_type), script);
        let Some(Seen::Ready { subscribe_to_all, .. }) = outcome.events.first() else { panic!() };
        *subscribe_to_all
    };
    let old = [SIGNATURE, b"\x00\x02", b"\x01\x00"].concat();
    for socket_type in [SocketType::Pub, SocketType::Xpub] {
        assert!(gets_all(socket_type, b"\x01\x00"));
        assert!(!gets_all(socket_type, &old));
        assert!(!gets_all(socket_type, &hello(0, "SUB")));
    }
    assert!(!gets_all(SocketType::Push, b"\x01\x00"));
}

#[test]
fn w012_16_where_proof_is_asked_for_old_peers_are_refused() {
    for (script, sent, version) in [
        (b"\x01".to_vec(), 10, Version::Unversioned),
        (b"\xff\0\0\0\0\0\0\0\x01\x00".to_vec(), 10, Version::Unversioned),
        ([SIGNATURE, b"\x00\x05"].concat(), 12, Version::V1_0),
        ([SIGNATURE, b"\x01\x05"].concat(), 12, Version::V2_0),
    ] {
        let outcome = converse(&refusing(SocketType::Rep), &script);
        let error = PeerError::OldPeer { version };
        assert_eq!((outcome.sent.len(), outcome.error), (sent, Some(error.clone())));
        assert_eq!((error.failure(), error.is_protocol()), (None, true));
    }
    assert!(converse(&refusing(SocketType::Rep), &hello(0, "REQ")).was_ready());
}

#[test]
fn w012_17_the_handshake_has_a_time() {
    let timed = || Config { handshake_timeout: Some(300), ..config(SocketType::Pull) };
    let scripts = [
        b"".to_vec(),
        SIGNATURE.to_vec(),
        greeting(1),
        [SIGNATURE, b"\x01\x08"].concat(),
        b"GET / HTTP/1.0\r\n\r\n".to_vec(),
    ];
    for script in scripts {
        let mut end = End::new(timed(), 1000);
        end.receive(&script, 1200);
        assert_eq!(end.session.deadline(), Some(1300));
        assert_eq!(end.timeout(1299), Ok(()));
        assert_eq!(end.timeout(1300), Err(PeerError::HandshakeTimeout { after: 300 }));
        assert_eq!(end.session.deadline(), None);
        assert!(matches!(end.session.receive(b"more", 1300), Ok((0, None))));
    }
    for script in [hello(1, "PUSH"), b"\x01\x00".to_vec()] {
        let mut end = End::new(timed(), 1000);
        end.receive(&script, 1299);
        assert!(end.session.is_ready());
        assert_eq!((end.session.deadline(), end.timeout(9999)), (None, Ok(())));
    }
    let end = End::new(config(SocketType::Pull), 0);
    assert_eq!(end.session.deadline(), None);
}

#[test]
fn other_protocols_wait_as_unversioned_peers() {
    let outcome = converse(&config(SocketType::Pull), b"GET / HTTP/1.0\r\n\r\n");
    assert_eq!((outcome.events, outcome.error), (Vec::new(), None));
}

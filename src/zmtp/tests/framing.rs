//! Frames: their forms and limits, and what types of sockets expect of them.

#![forbid(unsafe_code)]

use super::script::*;
use crate::msg::Kind;
use crate::zmtp::{Config, PeerError, SocketType, Stage};

/// What an unversioned peer with an empty identity sends until it is ready.
const UNVERSIONED: &[u8] = b"\x01\x00";

fn limited(limit: u64) -> Config {
    Config { max_body: Some(limit), ..config(SocketType::Pull) }
}

fn long(flags: u8, len: u64) -> Vec<u8> {
    [&[flags][..], &len.to_be_bytes()].concat()
}

#[test]
fn w012_18_and_19_bodies_around_the_short_forms() {
    let mut current = established(config(SocketType::Push), 1, "PULL", 0);
    let mut old = End::new(config(SocketType::Push), 0);
    old.receive(UNVERSIONED, 0);
    old.written();
    for len in [0, 1, 253, 254, 255, 256, 10_000] {
        let body = vec![b'x'; len];
        let sent = current.encoded(msg(&body, false));
        assert_eq!(sent, frame(0, &body));
        let outcome = after_ready(&config(SocketType::Pull), "PUSH", &sent);
        assert_eq!(outcome.messages(), [data(&body, false)]);

        let sent = old.encoded(msg(&body, true));
        let header = match len {
            0..=253 => vec![len as u8 + 1, 1],
            _ => [long(0xff, len as u64 + 1), vec![1]].concat(),
        };
        assert_eq!(sent, [&header, &body[..]].concat());
        let script = [UNVERSIONED, &sent].concat();
        let outcome = converse(&config(SocketType::Pull), &script);
        assert_eq!(outcome.messages(), [data(&body, true)]);
    }
}

#[test]
fn w012_20_length_zero_is_no_frame_in_v1() {
    for zero in [b"\x00".to_vec(), long(0xff, 0)] {
        let outcome =
            converse(&config(SocketType::Pull), &[UNVERSIONED, b"\x02\x00x", &zero].concat());
        assert_eq!(outcome.messages(), [data(b"x", false)]);
        assert_eq!(outcome.error, Some(PeerError::ZeroLength { stage: Stage::Established }));
    }
    let outcome = converse(&config(SocketType::Pull), b"\x00");
    assert_eq!(outcome.error, Some(PeerError::ZeroLength { stage: Stage::Handshake }));
}

#[test]
fn w012_21_and_22_the_long_form_fits_any_length_and_unused_bits_are_ignored() {
    let script = [&long(0xfb, 2)[..], b"aa", &long(2, 0), b"\xf8\x01b"].concat();
    let outcome = after_ready(&config(SocketType::Pull), "PUSH", &script);
    assert_eq!(outcome.messages(), [data(b"aa", true), data(b"", false), data(b"b", false)]);
    let script = [UNVERSIONED, &long(0xff, 3), b"\xfexx"].concat();
    let outcome = converse(&config(SocketType::Pull), &script);
    assert_eq!(outcome.messages(), [data(b"xx", false)]);
}

#[test]
fn w012_23_the_limit_itself_passes() {
    let outcome = after_ready(&limited(300), "PUSH", &frame(0, &[7; 300]));
    assert_eq!(outcome.messages(), [data(&[7; 300], false)]);
    // Refused before the body is there.
    let outcome = after_ready(&limited(300), "PUSH", &long(2, 301));
    let error = PeerError::FrameTooLong { len: 301, limit: 300 };
    assert_eq!(outcome.error, Some(error.clone()));
    assert!(error.is_protocol() && !error.in_handshake() && error.failure().is_none());
    // Commands count as well.
    let outcome = after_ready(&limited(3), "PUSH", b"\x04\x07\x04PING\0\0");
    assert_eq!(outcome.error, Some(PeerError::FrameTooLong { len: 7, limit: 3 }));
    // In v1 the flags do not count.
    let outcome = converse(&limited(3), &[UNVERSIONED, b"\x04\x00abc\x05"].concat());
    assert_eq!(outcome.messages(), [data(b"abc", false)]);
    assert_eq!(outcome.error, Some(PeerError::FrameTooLong { len: 4, limit: 3 }));
    // Nothing but empty messages.
    let outcome = after_ready(&limited(0), "PUSH", b"\x00\x00\x00\x01");
    assert_eq!(outcome.messages(), [data(b"", false)]);
    assert_eq!(outcome.error, Some(PeerError::FrameTooLong { len: 1, limit: 0 }));
}

#[test]
fn w012_24_the_handshake_has_a_limit_of_its_own() {
    assert!(converse(&limited(20), &hello(1, "PUSH")).was_ready());
    let script = [greeting(1), long(6, 65_537)].concat();
    let outcome = converse(&config(SocketType::Pull), &script);
    let error = PeerError::HandshakeTooLong { len: 65_537, limit: 65_536 };
    assert_eq!(outcome.error, Some(error.clone()));
    assert_eq!((error.failure(), error.is_protocol()), (None, true));
    // Identity frames are part of it.
    let script = [SIGNATURE, b"\x01\x08", &long(2, 70_000)].concat();
    let error = PeerError::HandshakeTooLong { len: 70_000, limit: 65_536 };
    assert_eq!(converse(&config(SocketType::Pull), &script).error, Some(error));
}

#[test]
fn w012_26_lengths_beyond_63_bits_end_the_connection() {
    for len in [1 << 63, u64::MAX - 39, u64::MAX] {
        for (script, stage) in
            [(hello(1, "PUSH"), Stage::Established), (greeting(1), Stage::Handshake)]
        {
            let outcome = converse(&config(SocketType::Pull), &[script, long(2, len)].concat());
            assert_eq!(outcome.error, Some(PeerError::ImpossibleLength { len, stage }));
        }
    }
}

#[test]
fn w012_27_memory_follows_what_has_come() {
    for len in [1 << 30, i64::MAX as u64] {
        let mut end = established(config(SocketType::Pull), 1, "PUSH", 0);
        end.receive(&long(2, len), 0);
        assert_eq!(end.outcome, Outcome::default());
        let body = end.session.body().expect("it is large");
        assert_eq!(body.missing() as u64, len);
        assert_eq!(body.spare().unwrap().len(), 65_536);
    }
}

#[test]
fn only_large_bodies_are_read_past_the_session() {
    let mut end = established(config(SocketType::Pull), 1, "PUSH", 0);
    end.receive(&[long(2, 20_000), vec![1; 10_000]].concat(), 0);
    assert_eq!(end.session.body().unwrap().missing(), 10_000);
    end.receive(&[2; 9_000], 0);
    assert!(end.session.body().is_none());
    end.receive(&[3; 1_000], 0);
    let expected = [vec![1; 10_000], vec![2; 9_000], vec![3; 1_000]].concat();
    assert_eq!(end.outcome.events, [data(&expected, false)]);
    end.receive(&[long(2, 8_192), vec![1]].concat(), 0);
    assert!(end.session.body().is_none());
}

#[test]
fn messages_of_all_sizes_arrive() {
    let sizes = [0, 1, 33, 34, 255, 256, 8_191, 8_192, 8_193, 65_536, 65_537, 300_000];
    for size in sizes {
        let body: Vec<u8> = (0..size).map(|at| (at % 251) as u8).collect();
        let script = [hello(1, "PUSH"), frame(1, &body), frame(0, b"end")].concat();
        for straight in [false, true] {
            for step in [1_000, 4_096, 70_000, 1_000_000] {
                let outcome = play(&config(SocketType::Pull), straight, script.chunks(step));
                let expected = [data(&body, true), data(b"end", false)];
                assert!(outcome.messages() == expected, "{size} bytes in steps of {step}");
            }
        }
    }
}

#[test]
fn w012_32_a_reply_needs_its_delimiter() {
    let whole = |script: &[u8]| after_ready(&config(SocketType::Req), "REP", script);
    let outcome = whole(b"\x01\x00\x01\x01a\x00\x01b\x01\x00\x00\x00");
    let expected =
        [data(b"", true), data(b"a", true), data(b"b", false), data(b"", true), data(b"", false)];
    assert_eq!((outcome.messages(), outcome.error), (expected.to_vec(), None));
    let outcome = whole(b"\x01\x041234\x01\x00\x00\x01a");
    let expected = [data(b"1234", true), data(b"", true), data(b"a", false)];
    assert_eq!((outcome.messages(), outcome.error), (expected.to_vec(), None));
    for (script, len, more) in [
        (&b"\x00\x01a"[..], 1, false),
        (b"\x01\x01a\x00\x01b", 1, true),
        (b"\x00\x00", 0, false),
        (b"\x00\x041234", 4, false),
        (b"\x01\x041234\x00\x00", 0, false),
        (b"\x01\x041234\x01\x041234", 4, true),
    ] {
        let error = PeerError::NoDelimiter { len, more };
        assert_eq!(whole(script).error, Some(error.clone()));
        assert!(error.is_protocol() && error.failure().is_none() && !error.in_handshake());
    }
}

#[test]
fn w012_33_a_dish_gets_two_frames_that_become_one_message() {
    let whole = |script: &[u8]| after_ready(&config(SocketType::Dish), "RADIO", script);
    let in_group = |group: &[u8], data: &[u8]| Seen::Message {
        data: data.to_vec(),
        more: false,
        kind: Kind::Data,
        group: group.to_vec(),
    };
    let outcome = whole(b"\x01\x03grp\x00\x05body1\x01\x00\x00\x00");
    assert_eq!(outcome.messages(), [in_group(b"grp", b"body1"), in_group(b"", b"")]);
    let group = [b'g'; 255];
    let outcome = whole(&[&frame(1, &group)[..], b"\x00\x01x"].concat());
    assert_eq!(outcome.messages(), [in_group(&group, b"x")]);

    assert_eq!(whole(b"\x00\x01x").error, Some(PeerError::NoGroup { len: 1 }));
    let outcome = whole(b"\x01\x01g\x01\x01x\x00\x01y");
    assert_eq!(outcome.error, Some(PeerError::TooManyParts { expected: 2 }));
    let outcome = whole(&frame(1, &[b'g'; 256]));
    assert_eq!(outcome.error, Some(PeerError::GroupTooLong { len: 256, limit: 255 }));
}

#[test]
fn w012_34_messages_of_several_frames_are_dropped_where_there_is_only_one() {
    for (own, peer) in [
        (SocketType::Server, "CLIENT"),
        (SocketType::Client, "SERVER"),
        (SocketType::Gather, "SCATTER"),
        (SocketType::Scatter, "GATHER"),
        (SocketType::Channel, "CHANNEL"),
        (SocketType::Peer, "PEER"),
    ] {
        let script = b"\x00\x01a\x01\x01b\x01\x01c\x00\x01d\x00\x01e\x01\x01f\x00\x01g";
        let outcome = after_ready(&config(own), peer, script);
        assert_eq!(outcome.messages(), [data(b"a", false), data(b"e", false)]);
        assert_eq!(outcome.error, None);
    }
}

#[test]
fn w012_35_only_what_would_happen_again_keeps_us_from_trying_again() {
    let end = End::new(config(SocketType::Pull), 0);
    let ready = established(config(SocketType::Pull), 1, "PUSH", 0);
    for session in [&end.session, &ready.session] {
        assert!(!session.end_of_input().is_protocol());
        assert!(!session.reset().is_protocol());
    }
    assert!(!PeerError::HandshakeTimeout { after: 1 }.is_protocol());
    assert!(!PeerError::HeartbeatLost { timeout: 1 }.is_protocol());
    assert!(!PeerError::TtlExpired { ttl: 1 }.is_protocol());
    assert!(PeerError::NoMemory { len: 1, stage: Stage::Established }.is_protocol());
}

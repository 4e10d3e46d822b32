//! What becomes of every mistake of a peer: the tables of the greeting and of the NULL handshake,
//! row by row.

#![forbid(unsafe_code)]

use super::script::*;
use crate::zmtp::{Config, Failure, NoDetail, PeerError, SocketType};

/// The reaction to what follows a greeting: none if the handshake succeeds, else the event, and
/// the error must be one after which we do not try again.
fn reaction(script: &[u8]) -> Option<Option<Failure>> {
    let outcome = converse(&config(SocketType::Router), &[&greeting(1), script].concat());
    assert_eq!(outcome.was_ready(), outcome.error.is_none(), "{outcome:?}");
    let error = outcome.error?;
    assert!(error.is_protocol() && error.in_handshake(), "{error:?}");
    assert!(!error.to_string().contains('\n'));
    Some(error.failure())
}

const ACCEPTED: Option<Option<Failure>> = None;
const SILENT: Option<Option<Failure>> = Some(None);

fn protocol(code: u32) -> Option<Option<Failure>> {
    Some(Some(Failure::Protocol(code)))
}

#[test]
fn ready_in_any_dress_is_accepted() {
    let body = [b"\x05READY", &property(b"Socket-Type", b"DEALER")[..]].concat();
    for flags in [0x00, 0x01, 0x04, 0x05, 0xfc, 0xf9] {
        assert_eq!(reaction(&frame(flags, &body)), ACCEPTED);
        let long = [&[flags | 2][..], &(body.len() as u64).to_be_bytes(), &body].concat();
        assert_eq!(reaction(&long), ACCEPTED);
    }
    assert_eq!(reaction(&ready(b"")), ACCEPTED);
    assert_eq!(reaction(&ready(&property(b"X-a", b"1"))), ACCEPTED);
    assert_eq!(reaction(&ready(&property(b"socket-type", b"anything"))), ACCEPTED);
    assert_eq!(reaction(&ready(&property(b"", b"value"))), ACCEPTED);
    assert_eq!(reaction(&ready(&property(b"Identity", &[b'i'; 300]))), ACCEPTED);
}

#[test]
fn ends_of_the_handshake() {
    const METADATA: Option<Option<Failure>> = Some(Some(Failure::Protocol(0x1000_0018)));
    assert_eq!(reaction(&ready_as("PUSH")), METADATA);
    assert_eq!(reaction(&ready_as("dealer")), METADATA);
    let whole = property(b"X-a", b"1");
    assert_eq!(reaction(&ready(&[&whole[..], b"\0"].concat())), METADATA);
    assert_eq!(reaction(&ready(&[&whole[..], b"\x09abc"].concat())), METADATA);
    assert_eq!(reaction(&ready(&whole[..whole.len() - 2])), METADATA);
    // A length and no value is no property, says libzmq.
    assert_eq!(reaction(&ready(&whole[..whole.len() - 1])), ACCEPTED);
    assert_eq!(reaction(&ready(b"\x01a\xff\xff\xff\xffv")), METADATA);
    // 1 MB in one property is more than our own limit of a handshake.
    assert_eq!(reaction(&frame(4, &vec![b'x'; 1 << 20])[..9]), SILENT);
}

#[test]
fn unexpected_commands() {
    let unexpected = protocol(0x1000_0001);
    for body in
        [&b"\x06READYX"[..], b"\x05HELLO", b"\x05ready", b"\x00", b"\x09READY", b"data", b""]
    {
        assert_eq!(reaction(&frame(4, body)), unexpected, "{}", body.escape_ascii());
        assert_eq!(reaction(&frame(0, body)), unexpected);
    }
}

#[test]
fn w012_66_refusals() {
    let error = |rest: &[u8]| reaction(&frame(4, &[b"\x05ERROR", rest].concat()));
    assert_eq!(error(b""), protocol(0x1000_0015));
    assert_eq!(error(b"\x04400"), protocol(0x1000_0015));
    assert_eq!(error(b"\x01"), protocol(0x1000_0015));
    for status in [300, 400, 500] {
        let reason = [b"\x03", status.to_string().as_bytes()].concat();
        assert_eq!(error(&reason), Some(Some(Failure::Auth(status))));
    }
    for reason in [&b"\x00"[..], b"\x03200", b"\x03600", b"\x03430", b"\x04text", b"\x02400"] {
        assert_eq!(error(reason), SILENT);
    }
}

#[test]
fn a_second_command_after_ready_is_dropped() {
    let script = [ready_as("DEALER"), ready_as("PUSH"), frame(4, b"\x05ERROR\x03400")].concat();
    assert_eq!(reaction(&script), ACCEPTED);
}

#[test]
fn mechanisms_that_differ() {
    let mut script = greeting(1);
    script[12..17].copy_from_slice(b"CURVE");
    let error = converse(&config(SocketType::Router), &script).error.unwrap();
    assert_eq!(error.failure(), Some(Failure::Protocol(0x1100_0002)));
    assert!(error.is_protocol());
    assert!(error.to_string().contains("NULL") && error.to_string().contains("\"CURVE\""));
}

#[test]
fn ends_of_connections_tell_how_far_they_came() {
    let closed = Some(Failure::NoDetail(NoDetail::Closed));
    let reset = Some(Failure::NoDetail(NoDetail::Reset));
    let old = [SIGNATURE, b"\x01\x05"].concat();
    for (script, in_handshake) in [
        (b"".to_vec(), true),
        (SIGNATURE.to_vec(), true),
        (greeting(1), true),
        (old.clone(), true),
        (hello(1, "DEALER"), false),
        (b"\x01\x00".to_vec(), false),
        ([&old, &b"\x00\x00"[..]].concat(), false),
    ] {
        let mut end = End::new(config(SocketType::Router), 0);
        end.receive(&script, 0);
        for (error, failure) in [(end.session.end_of_input(), closed), (end.session.reset(), reset)]
        {
            assert_eq!(error.in_handshake(), in_handshake);
            assert_eq!(error.failure(), failure.filter(|_| in_handshake));
            assert!(!error.is_protocol());
        }
    }
    let error = PeerError::HandshakeTimeout { after: 30_000 };
    assert_eq!(error.failure(), Some(Failure::NoDetail(NoDetail::TimedOut)));
}

#[test]
fn old_peers_where_proof_is_asked_for() {
    let refusing = Config { refuse_old: true, ..config(SocketType::Router) };
    let error = converse(&refusing, b"\x01\x00").error.unwrap();
    assert_eq!((error.failure(), error.is_protocol()), (None, true));
}

#[test]
fn errors_say_what_was_expected_and_what_was_seen() {
    let own = SocketType::Sub;
    let error = PeerError::SocketTypeMismatch { own, peer: b"PUSH".to_vec() };
    assert_eq!(
        error.to_string(),
        "the peer's socket is PUSH, but ours is SUB and talks to PUB or XPUB"
    );
    let error = PeerError::FrameTooLong { len: 1000, limit: 10 };
    assert_eq!(error.to_string(), "the peer sent a frame of 1000 bytes, but ZMQ_MAXMSGSIZE is 10");
    let error = PeerError::UnexpectedCommand { expected: "READY", seen: b"\x00\n".to_vec() };
    let expected = "a READY command was expected in the handshake, not \"\\x00\\n\"";
    assert_eq!(error.to_string(), expected);
}

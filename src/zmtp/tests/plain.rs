//! The mechanism PLAIN, and verdicts on peers in it and in NULL.

#![forbid(unsafe_code)]

use super::script::*;
use super::simulator::Pair;
use crate::zmtp::config::Login;
use crate::zmtp::{
    Config, Failure, HandlerError, Mechanism, NoDetail, PeerError, SecurityError, SocketType,
    Status, Verdict,
};

/// A client with a name and a password.
fn client(username: &[u8], password: &[u8]) -> Config {
    let login = Login { username: username.to_vec(), password: password.to_vec().into() };
    Config {
        mechanism: Mechanism::PlainClient(login),
        refuse_old: true,
        ..config(SocketType::Dealer)
    }
}

fn server() -> Config {
    let mechanism = Mechanism::PlainServer;
    Config { mechanism, asks: true, refuse_old: true, ..config(SocketType::Router) }
}

/// A socket that has strangers judged although nobody proves anything.
fn judging() -> Config {
    Config { asks: true, refuse_old: true, ..config(SocketType::Router) }
}

/// The greeting of a peer with PLAIN.
fn greeting_plain(minor: u8) -> Vec<u8> {
    let mut bytes = greeting(minor);
    bytes[12..17].copy_from_slice(b"PLAIN");
    bytes
}

/// The error that a script leads to, and that it is one after which we do not try again.
fn failure(config: &Config, script: &[u8]) -> Option<Failure> {
    let outcome = converse(config, &[&greeting_plain(1), script].concat());
    let error = outcome.error.clone().expect("the script is wrong");
    assert!(error.is_protocol() && error.in_handshake(), "{error:?}");
    assert!(!outcome.was_ready() && !error.to_string().contains('\n'));
    error.failure()
}

fn protocol(code: u32) -> Option<Failure> {
    Some(Failure::Protocol(code))
}

const HELLO: &[u8] = b"\x05HELLO\x05admin\x04pass";
const METADATA: &[u8] = b"\x0bSocket-Type\0\0\0\x06DEALER";

fn initiate() -> Vec<u8> {
    frame(4, &[b"\x08INITIATE", METADATA].concat())
}

fn accepted() -> Result<Verdict, SecurityError> {
    Ok(Verdict::Accepted(vec![(b"User-Id".to_vec(), b"somebody".to_vec())]))
}

/// A server whose client has said HELLO and is being judged.
fn asking(minor: u8) -> End {
    let mut end = End::new(server(), 0);
    end.receive(&[&greeting_plain(minor)[..], &frame(4, HELLO)].concat(), 0);
    end.written();
    let asked = ["PLAIN", "admin", "pass"].map(|text| text.as_bytes().to_vec());
    assert_eq!(end.outcome.events, [Seen::Asks(asked.to_vec())]);
    end
}

#[test]
fn w067_the_conversation_of_a_client() {
    let mut end = End::new(client(b"admin", b"pass"), 0);
    end.receive(&greeting_plain(1), 0);
    let hello = end.written();
    assert!(hello.ends_with(b"\x04\x11\x05HELLO\x05admin\x04pass"));
    end.receive(&frame(4, b"\x07WELCOME"), 0);
    let initiate = b"\x04\x2c\x08INITIATE\x0bSocket-Type\0\0\0\x06DEALER\x08Identity\0\0\0\0";
    assert_eq!(end.written(), initiate);
    assert!(!end.session.is_ready());
    end.receive(&ready_as("ROUTER"), 0);
    assert!(end.outcome.was_ready() && end.outcome.error.is_none());
    end.receive(b"\0\x02hi", 0);
    assert_eq!(end.outcome.messages(), [data(b"hi", false)]);
}

#[test]
fn the_conversation_of_a_server() {
    let mut end = asking(1);
    let event = end.session.judge(accepted(), 0);
    assert!(matches!(event, Ok(None)), "{event:?}");
    end.session.transmit(&mut end.out);
    assert_eq!(end.written(), b"\x04\x08\x07WELCOME");
    end.receive(&initiate(), 0);
    assert_eq!(
        end.written(),
        ready(&[&property(b"Socket-Type", b"ROUTER")[..], &property(b"Identity", b"")].concat())
    );
    let Some(Seen::Ready { properties, .. }) = end.outcome.events.last() else {
        panic!("{:?}", end.outcome)
    };
    let known = [("User-Id", "somebody"), ("Socket-Type", "DEALER")];
    let known = known.map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec()));
    assert_eq!(properties[..], known);
}

#[test]
fn a_client_and_a_server_however_the_bytes_are_cut() {
    for step in [1, 7, 4096] {
        for (name, password) in [(&b""[..], &b""[..]), (b"admin", b"pass"), (&[1; 255], &[2; 255])]
        {
            let mut pair = Pair::new([client(name, password), server()], step);
            pair.drive();
            let asked = vec![b"PLAIN".to_vec(), name.to_vec(), password.to_vec()];
            assert_eq!(pair.ends[1].outcome.events, [Seen::Asks(asked)]);
            pair.ends[1].outcome.events.clear();
            pair.judge(1, accepted());
            pair.shake_hands();
            assert_eq!(pair.send(0, [msg(b"hi", false)]), [data(b"hi", false)]);
            assert_eq!(pair.send(1, [msg(b"ho", true)]), [data(b"ho", true)]);
        }
    }
}

#[test]
fn w068_to_069_what_a_server_may_say() {
    let client = client(b"admin", b"pass");
    let said = |body: &[u8]| failure(&client, &frame(4, body));
    assert_eq!(said(b"\x07WELCOME."), protocol(0x1000_0017));
    assert_eq!(said(b"\x05READY"), protocol(0x1000_0001));
    assert_eq!(said(b"\x05HELLO\0\0"), protocol(0x1000_0001));
    assert_eq!(said(b""), protocol(0x1000_0001));
    assert_eq!(said(b"\x05ERROR\x03400"), Some(Failure::Auth(400)));
    assert_eq!(said(b"^RROR\x03500"), Some(Failure::Auth(500)));
    assert_eq!(said(b"^RROR\x04text"), None);
    assert_eq!(said(b"^RROR"), protocol(0x1000_0015));
    let welcomed =
        |body: &[u8]| failure(&client, &[frame(4, b"\x07WELCOME"), frame(4, body)].concat());
    assert_eq!(welcomed(b"\x07WELCOME"), protocol(0x1000_0001));
    assert_eq!(welcomed(b"^RROR\x03400"), Some(Failure::Auth(400)));
    assert_eq!(welcomed(b"\x05READY\x0bSocket-Type\0\0\0\x04PULL"), protocol(0x1000_0018));
}

#[test]
fn w071_what_a_client_may_say_first() {
    let said = |body: &[u8]| failure(&server(), &frame(4, body));
    for wrong in [&b"\x05HELLO"[..], b"\x05HELLO\x01a", b"\x05HELLO\x01a\x01", b"\x05HELLO\0\0."] {
        assert_eq!(said(wrong), protocol(0x1000_0013), "{}", wrong.escape_ascii());
    }
    for none in [&b""[..], b"\0", b"\x05", b"\x05HELL", b"\xffHELLO\0\0"] {
        assert_eq!(said(none), protocol(0x1000_0011), "{}", none.escape_ascii());
    }
    for other in [&b"\x05hello\0\0"[..], b"\x08INITIATE", b"\x05READY", b"\0\0", b"\x05ERROR\0"] {
        assert_eq!(said(other), protocol(0x1000_0001), "{}", other.escape_ascii());
    }
    let too_long = failure(&server(), b"\x06\0\0\0\0\0\0\x02\x07");
    assert_eq!(too_long, protocol(0x1000_0013), "longer than any HELLO");
    let longest = [b"\x05HELLO\xff", &[1; 255][..], b"\xff", &[2; 255]].concat();
    let asked = converse(&server(), &[greeting_plain(1), frame(4, &longest)].concat());
    assert_eq!((asked.error, asked.events.len()), (None, 1));
}

#[test]
fn nothing_may_come_while_the_credentials_are_judged_or_after_a_refusal() {
    for refused in [false, true] {
        let mut end = asking(1);
        if refused {
            let event = end.session.judge(Ok(Verdict::Denied(Status::Denied)), 0);
            assert_eq!(event.unwrap().map(Seen::from), Some(Seen::Refused(Status::Denied)));
        }
        end.receive(&initiate(), 0);
        assert_eq!(end.outcome.error, Some(SecurityError::OutOfTurn.into()));
        assert_eq!(end.outcome.error.unwrap().failure(), protocol(0x1000_0000));
    }
}

#[test]
fn w087_refusals_are_told_or_not_and_the_peer_has_a_moment_to_go() {
    let told: [(u8, Status, &[u8]); 5] = [
        (1, Status::Denied, b"\x04\x09^RROR\x03400"),
        (1, Status::Failed, b"\x04\x09^RROR\x03500"),
        (1, Status::Temporary, b""),
        (0, Status::Denied, b"\x04\x0a\x05ERROR\x03400"),
        (0, Status::Temporary, b""),
    ];
    for (minor, status, expected) in told {
        let mut end = asking(minor);
        let event = end.session.judge(Ok(Verdict::Denied(status)), 100);
        assert_eq!(event.unwrap().map(Seen::from), Some(Seen::Refused(status)));
        end.session.transmit(&mut end.out);
        assert_eq!(end.written(), expected);
        let until = end.session.deadline().expect("it has to go");
        assert!((1100..=2120).contains(&until));
        assert_eq!(end.timeout(until - 1), Ok(()));
        let error = end.timeout(until).unwrap_err();
        assert_eq!(error, SecurityError::Refused(status).into());
        assert_eq!((error.failure(), error.is_protocol()), (None, false));

        let mut end = asking(minor);
        let _ = end.session.judge(Ok(Verdict::Denied(status)), 100);
        let refused = SecurityError::Refused(status).into();
        assert_eq!((end.session.end_of_input(), end.session.reset()), (refused, error));
    }
}

#[test]
fn w070_without_a_verdict_nobody_is_let_in() {
    let mut end = asking(1);
    let error = end.session.judge(Err(SecurityError::NoHandler { passing: false }), 0).unwrap_err();
    assert_eq!(error.failure(), Some(Failure::NoDetail(NoDetail::NoHandler)));
    assert!(error.is_protocol());
    let gone = SecurityError::NoHandler { passing: true };
    let error = asking(1).session.judge(Err(gone), 0).unwrap_err();
    assert_eq!(error.failure(), Some(Failure::NoDetail(NoDetail::NoHandler)));
    assert!(!error.is_protocol());
    assert_eq!(end.session.receive(&initiate(), 0).map(|(taken, _)| taken), Ok(0));
    let nonsense = SecurityError::Handler(HandlerError::Status);
    let error = asking(1).session.judge(Err(nonsense), 0).unwrap_err();
    assert_eq!(error.failure(), protocol(0x2000_0004));
    // An answer to nothing changes nothing.
    let mut end = End::new(server(), 0);
    assert!(matches!(end.session.judge(accepted(), 0), Ok(None)));
}

#[test]
fn a_handshake_ends_in_time_whoever_is_slow() {
    let mut end = End::new(Config { handshake_timeout: Some(300), ..server() }, 0);
    end.receive(&[&greeting_plain(1)[..], &frame(4, HELLO)].concat(), 0);
    assert_eq!(end.session.deadline(), Some(300));
    assert_eq!(end.timeout(300), Err(PeerError::HandshakeTimeout { after: 300 }));
}

#[test]
fn w016_older_peers_and_other_mechanisms_are_turned_away() {
    for config in [client(b"a", b"b"), server(), judging()] {
        for old in
            [&b"\x04\x00abc\x02\x00hi"[..], b"\xff\0\0\0\0\0\0\0\x04\x7f\x01\x05\0\0\0\x02hi"]
        {
            let outcome = converse(&config, old);
            assert!(matches!(outcome.error, Some(PeerError::OldPeer { .. })), "{outcome:?}");
            assert_eq!(outcome.events, []);
        }
    }
    for config in [client(b"a", b"b"), server()] {
        let outcome = converse(&config, &hello(1, "DEALER"));
        let failure = outcome.error.and_then(|error| error.failure());
        assert_eq!(failure, protocol(0x1100_0002));
    }
}

#[test]
fn w065_null_waits_with_its_ready_for_the_verdict_and_keeps_the_peers() {
    for early in [false, true] {
        let mut end = End::new(judging(), 0);
        end.receive(&greeting(1), 0);
        assert!(end.written().ends_with(&greeting(1)[11..]));
        assert_eq!(end.outcome.events, [Seen::Asks(vec![b"NULL".to_vec()])]);
        if early {
            end.receive(&ready_as("DEALER"), 0);
        }
        let event = end.session.judge(accepted(), 0).unwrap();
        assert_eq!(event.is_some(), early);
        end.session.transmit(&mut end.out);
        assert!(end.written().starts_with(b"\x04\x29\x05READY"));
        if !early {
            end.receive(&ready_as("DEALER"), 0);
        }
        assert!(end.session.is_ready());
    }
}

#[test]
fn null_takes_one_ready_during_the_verdict_and_what_follows_waits() {
    for step in [1, 1000] {
        let mut end = End::new(judging(), 0);
        let early = [greeting(1), ready_as("DEALER")].concat();
        early.chunks(step).for_each(|piece| end.receive(piece, 0));
        assert!(end.session.holds_input());
        assert!(matches!(end.session.receive(b"\0\x02hi", 0), Ok((0, None))));
        let event = end.session.judge(accepted(), 0).unwrap();
        assert!(matches!(event.map(Seen::from), Some(Seen::Ready { .. })));
        end.receive(b"\0\x02hi", 0);
        assert_eq!(end.outcome.messages(), [data(b"hi", false)]);
    }
    let mut end = End::new(judging(), 0);
    end.receive(&greeting(1), 0);
    end.written();
    let event = end.session.judge(Ok(Verdict::Denied(Status::Failed)), 0).unwrap();
    assert_eq!(event.map(Seen::from), Some(Seen::Refused(Status::Failed)));
    end.session.transmit(&mut end.out);
    assert_eq!(end.written(), b"\x04\x0a\x05ERROR\x03500");
    end.receive(&[ready_as("DEALER"), frame(0, b"hi")].concat(), 0);
    assert_eq!((end.outcome.error, end.session.is_ready()), (None, false));
}

#[test]
fn a_log_line_holds_no_password() {
    // Two clients face each other, as where somebody forgot to say which one is the server.
    let outcome =
        converse(&client(b"bob", b"none"), &[greeting_plain(1), frame(4, HELLO)].concat());
    let seen = b"\x05HELLO".to_vec();
    assert_eq!(outcome.error, Some(PeerError::UnexpectedCommand { expected: "WELCOME", seen }));
}

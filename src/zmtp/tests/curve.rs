//! The mechanism CURVE: the published vectors, whole conversations, and every way to be wrong.

#![forbid(unsafe_code)]

use super::script::*;
use super::simulator::Pair;
use crate::crypto::{BoxKey, Key};
use crate::zmtp::config::{ClientKeys, Secret};
use crate::zmtp::keys::{self, KeyPair};
use crate::zmtp::{
    Config, Entropy, Failure, Mechanism, PeerError, SecurityError, SocketType, Verdict,
};

/// Consecutive bytes from `first`: the secret keys of the vectors.
fn secret(first: u8) -> Key {
    std::array::from_fn(|at| first + at as u8)
}

fn client_to(server: Key) -> Config {
    let secret = secret(0x20);
    let keys = ClientKeys { public: keys::public(&secret), secret: Secret(secret.into()), server };
    let mechanism = Mechanism::CurveClient(Box::new(keys));
    Config { mechanism, refuse_old: true, ..config(SocketType::Dealer) }
}

fn client() -> Config {
    client_to(keys::public(&secret(0)))
}

fn server() -> Config {
    let mechanism = Mechanism::CurveServer(Box::new(KeyPair::from_secret(&secret(0))));
    Config { mechanism, refuse_old: true, ..config(SocketType::Router) }
}

fn judging() -> Config {
    Config { asks: true, ..server() }
}

fn greeting_curve() -> Vec<u8> {
    let mut bytes = greeting(1);
    bytes[12..17].copy_from_slice(b"CURVE");
    bytes
}

/// A vector, from its file.
fn vector(name: &str) -> Vec<u8> {
    let text = include_str!("curve_vectors.txt");
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    let digits: String = line.expect("the vector is there").split(' ').collect();
    (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap())
        .collect()
}

fn whole(name: &str) -> Vec<u8> {
    frame(4, &vector(name))
}

/// A client that was welcomed, with its INITIATE said.
fn welcomed() -> End {
    let mut end = End::new(client(), 0);
    end.receive(&[greeting_curve(), whole("WELCOME")].concat(), 0);
    end.written();
    assert_eq!(end.outcome.error, None);
    end
}

/// A server whose client is let in, and the other way round.
fn ready_ends() -> [End; 2] {
    let mut client = welcomed();
    client.receive(&whole("READY"), 0);
    let mut server = End::new(server(), 0);
    server.receive(&[greeting_curve(), whole("HELLO"), whole("INITIATE")].concat(), 0);
    [client, server].map(|mut end| {
        end.written();
        assert!(end.session.is_ready(), "{:?}", end.outcome);
        end.outcome = Outcome::default();
        end
    })
}

/// The key of the connection of the vectors.
fn key() -> BoxKey {
    BoxKey::between(&keys::public(&secret(0x60)), &secret(0x40)).unwrap()
}

/// A MESSAGE of the client of the vectors.
fn message(number: u64, flags: u8, payload: &[u8]) -> Vec<u8> {
    let mut sealed = vec![0; payload.len() + 17];
    key().frames(b"CurveZMQMESSAGEC").seal(number, flags, payload, &mut sealed);
    [b"\x07MESSAGE", &number.to_be_bytes()[..], &sealed].concat()
}

#[test]
fn w072_and_w082_the_vectors_are_what_both_sides_say() {
    let mut client = End::new(client(), 0);
    client.receive(&greeting_curve(), 0);
    let said = client.written();
    assert!(said.ends_with(&whole("HELLO")) && vector("HELLO").len() == 200);

    let mut server = End::new(server(), 0);
    server.receive(&[greeting_curve(), whole("HELLO")].concat(), 0);
    let said = server.written();
    assert!(said.ends_with(&whole("WELCOME")) && vector("WELCOME").len() == 168);

    client.receive(&whole("WELCOME"), 0);
    assert_eq!(client.written(), whole("INITIATE"));
    assert_eq!(vector("INITIATE").len(), 257 + 35);
    server.receive(&whole("INITIATE"), 0);
    assert_eq!(server.written(), whole("READY"));
    assert_eq!(vector("READY").len(), 30 + 35);
    client.receive(&whole("READY"), 0);
    assert!(client.outcome.was_ready() && server.outcome.was_ready());

    assert_eq!(client.encoded(msg(b"hello", false)), frame(0, &vector("MESSAGE-C")));
    assert_eq!(server.encoded(msg(b"world", true)), frame(0, &vector("MESSAGE-S")));
    server.receive(&frame(0, &vector("MESSAGE-C")), 0);
    assert_eq!(server.outcome.messages(), [data(b"hello", false)]);
    client.receive(&frame(0, &vector("MESSAGE-S")), 0);
    assert_eq!(client.outcome.messages(), [data(b"world", true)]);
    // The PING is answered, sealed: two commands of a server have numbers 1 and 2.
    server.receive(&frame(0, &vector("PING-C")), 0);
    let pong = server.written();
    assert_eq!((pong.len(), &pong[..10]), (2 + 33 + 5, &b"\x00\x26\x07MESSAGE"[..]));
}

#[test]
fn every_cut_of_a_conversation_is_the_same() {
    let script = [
        greeting_curve(),
        whole("HELLO"),
        whole("INITIATE"),
        frame(0, &message(3, 1, b"one")),
        frame(0, &message(4, 0, &[7; 300])),
    ];
    let outcome = converse(&server(), &script.concat());
    assert_eq!(outcome.messages(), [data(b"one", true), data(&[7; 300], false)]);
}

#[test]
fn clients_and_servers_talk_whatever_the_sizes() {
    for (step, sizes) in [
        (1, &[0, 1, 33, 222, 223, 255, 256][..]),
        (4096, &[0, 1, 222, 223, 8000, 8192, 9000, 70_000, 300_000]),
    ] {
        let mut pair = Pair::new([client(), server()], step);
        pair.shake_hands();
        for &size in sizes {
            for from in [0, 1] {
                let body = vec![b'b'; size];
                let arrived = pair.send(from, [msg(&body, true), msg(b"end", false)]);
                assert_eq!(arrived, [data(&body, true), data(b"end", false)]);
            }
        }
    }
}

#[test]
fn w083_subscriptions_are_sealed_commands() {
    let mut subscriber = client();
    subscriber.socket_type = SocketType::Sub;
    let mut publisher = server();
    publisher.socket_type = SocketType::Xpub;
    let mut pair = Pair::new([subscriber, publisher], 4096);
    pair.shake_hands();
    let kind = crate::msg::Kind::Request;
    let asked = pair.send(0, [marked(b"\x01topic", kind, b""), marked(b"\0topic", kind, b"")]);
    assert_eq!(asked, [request(b"\x01topic"), request(b"\0topic")]);
}

#[test]
fn w025_the_limit_counts_what_is_on_the_wire() {
    let limited = Config { max_body: Some(300), ..server() };
    let mut pair = Pair::new([client(), limited], 4096);
    pair.shake_hands();
    assert_eq!(pair.send(0, [msg(&[1; 267], false)]), [data(&[1; 267], false)]);
    assert_eq!(pair.send(0, [msg(&[1; 268], false)]), []);
    let error = PeerError::FrameTooLong { len: 301, limit: 300 };
    assert_eq!(pair.ends[1].outcome.error, Some(error));
}

#[test]
fn w074_and_w075_numbers_must_grow() {
    for (number, works) in
        [(0, false), (1, false), (2, false), (3, true), (1000, true), (u64::MAX, true)]
    {
        let [_, mut server] = ready_ends();
        server.receive(&frame(0, &message(number, 0, b"hi")), 0);
        if works {
            assert_eq!(server.outcome.messages(), [data(b"hi", false)]);
            server.receive(&frame(0, &message(number, 0, b"hi")), 0);
        }
        let last = if works { number } else { 2 };
        let error = PeerError::from(SecurityError::Replayed { nonce: number, last });
        assert_eq!(server.outcome.error, Some(error.clone()));
        assert_eq!(error.failure(), Some(Failure::Protocol(0x1000_0002)));
        assert!(error.is_protocol() && !error.in_handshake());
    }
}

#[test]
fn w076_the_flags_outside_mean_nothing() {
    for flags in [0, 1, 4, 5, 0xf8] {
        let [_, mut server] = ready_ends();
        server.receive(&frame(flags, &message(3, 1, b"a")), 0);
        server.receive(&frame(flags, &message(4, 0xfc, b"b")), 0);
        assert_eq!(server.outcome.messages(), [data(b"a", true), data(b"b", false)]);
    }
}

#[test]
fn w084_frames_that_are_not_sealed_or_not_by_the_peer() {
    let after = |body: &[u8]| {
        let [_, mut server] = ready_ends();
        server.receive(&frame(0, body), 0);
        assert_eq!(server.outcome.events, []);
        let error = server.outcome.error.expect("nothing of this is a message");
        assert!(error.is_protocol() && !error.in_handshake());
        error.failure()
    };
    let code = |code| Some(Failure::Protocol(code));
    for body in [&b""[..], b"\0", b"\x07", b"hello", b"\x07MESSAG"] {
        assert_eq!(after(body), code(0x1000_0011), "{}", body.escape_ascii());
    }
    for body in [&b"\x05READY"[..], b"\x07message", b"\x04PING\0\0", b"\0\0"] {
        assert_eq!(after(body), code(0x1000_0001), "{}", body.escape_ascii());
    }
    let whole = message(3, 0, b"");
    assert_eq!(after(&whole[..32]), code(0x1000_0012));
    for at in 16..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        assert_eq!(after(&changed), code(0x1100_0001));
    }
    assert_eq!(after(&message(3, 0, b"hi")[..34]), code(0x1100_0001));
    // What we sealed ourselves does not come back as if the peer had.
    assert_eq!(after(&vector("MESSAGE-S")[..]), code(0x1000_0002));
}

/// The outcome of a script, in one piece and byte by byte: each handshake takes its time, and how
/// commands are cut does not depend on what they say.
fn whole_and_in_bytes(config: &Config, script: &[u8]) -> Outcome {
    let whole = play(config, false, [script]);
    assert_eq!(play(config, true, script.chunks(1)), whole);
    whole
}

/// The event that a server has for a script.
fn refused(script: &[&[u8]]) -> Option<Failure> {
    let script: Vec<u8> = script.iter().flat_map(|body| frame(4, body)).collect();
    let outcome = whole_and_in_bytes(&server(), &[greeting_curve(), script].concat());
    let error = outcome.error.expect("the script is wrong");
    assert!(outcome.events.is_empty() && error.is_protocol() && error.in_handshake());
    error.failure()
}

#[test]
fn w078_to_w080_what_a_client_may_not_say() {
    let code = |code| Some(Failure::Protocol(code));
    let (hello, initiate) = (&vector("HELLO")[..], &vector("INITIATE")[..]);
    for none in [&b""[..], b"\0", b"\x05HELL"] {
        assert_eq!(refused(&[none]), code(0x1000_0011));
    }
    assert_eq!(refused(&[initiate]), code(0x1000_0001));
    assert_eq!(refused(&[b"\x05ERROR\x03400"]), code(0x1000_0001));
    assert_eq!(refused(&[&hello[..199]]), code(0x1000_0013));
    assert_eq!(refused(&[&[hello, b"."].concat()]), code(0x1000_0013));
    let changed = |of: &[u8], at: usize| {
        let mut changed = of.to_vec();
        changed[at] ^= 1;
        changed
    };
    assert_eq!(refused(&[&changed(hello, 6)]), code(0x1000_0013), "another version");
    assert_eq!(refused(&[&changed(hello, 7)]), code(0x1000_0013), "another version");
    for at in [80, 111, 119, 120, 199] {
        assert_eq!(refused(&[&changed(hello, at)]), code(0x1100_0001), "at {at}");
    }
    assert_eq!(refused(&[hello, hello]), code(0x1000_0001));
    assert_eq!(refused(&[hello, &initiate[..256]]), code(0x1000_0014));
    for at in [9, 24, 25, 104, 105, 112, 113, 291] {
        assert_eq!(refused(&[hello, &changed(initiate, at)]), code(0x1100_0001), "at {at}");
    }
    assert_eq!(refused(&[hello, &initiate[..291]]), code(0x1100_0001));
}

#[test]
fn the_padding_of_a_hello_is_not_looked_at() {
    let mut hello = vector("HELLO");
    hello[8..80].fill(0xee);
    let outcome = whole_and_in_bytes(&server(), &[greeting_curve(), frame(4, &hello)].concat());
    assert_eq!(outcome.error, None);
}

/// An INITIATE with these parts, sealed as the client of the vectors would.
fn initiate(client: &Key, vouch: &[u8], metadata: &[u8]) -> Vec<u8> {
    let number = 2_u64.to_be_bytes();
    let mut nonce = *b"CurveZMQINITIATE\0\0\0\0\0\0\0\0";
    nonce[16..].copy_from_slice(&number);
    let plain = [&client[..], vouch, metadata].concat();
    let sealed = key().seal(&nonce, &plain);
    [b"\x08INITIATE", &vector("cookie")[..], &number, &sealed].concat()
}

/// A vouch by the owner of a secret.
fn vouch(by: &Key, what: [&Key; 2]) -> Vec<u8> {
    let nonce = *b"VOUCH---0123456789abcdef";
    let key = BoxKey::between(&keys::public(&secret(0x60)), by).unwrap();
    [&nonce[8..], &key.seal(&nonce, &what.map(|key| &key[..]).concat())].concat()
}

#[test]
fn a_vouch_must_be_for_both_keys_and_by_the_client() {
    let code = |code| Some(Failure::Protocol(code));
    let hello = &vector("HELLO")[..];
    let public = |first| keys::public(&secret(first));
    let (client, short, server) = (public(0x20), public(0x40), public(0));
    let good = vouch(&secret(0x20), [&short, &server]);
    let metadata = property(b"Socket-Type", b"DEALER");
    let script =
        [greeting_curve(), frame(4, hello), frame(4, &initiate(&client, &good, &metadata))];
    assert!(whole_and_in_bytes(&self::server(), &script.concat()).was_ready());

    let by_another = vouch(&secret(0x21), [&short, &server]);
    assert_eq!(refused(&[hello, &initiate(&client, &by_another, b"")]), code(0x1100_0001));
    for wrong in [[&client, &server], [&short, &client]] {
        let wrong = vouch(&secret(0x20), wrong);
        assert_eq!(refused(&[hello, &initiate(&client, &wrong, b"")]), code(0x1000_0003));
    }
    assert_eq!(refused(&[hello, &initiate(&client, &good, b"\x01")]), code(0x1000_0018));
    // Keys with which there are no secrets.
    for weak in [[0; 32], std::array::from_fn(|at| u8::from(at == 0))] {
        assert_eq!(refused(&[hello, &initiate(&weak, &good, b"")]), code(0x1100_0001));
        let mut hello = hello.to_vec();
        hello[80..112].copy_from_slice(&weak);
        assert_eq!(refused(&[&hello]), code(0x1100_0001));
        let outcome = whole_and_in_bytes(&client_to(weak), &greeting_curve());
        assert_eq!(outcome.error, Some(SecurityError::WeakKey { command: None }.into()));
    }
}

#[test]
fn w081_what_a_server_may_not_say() {
    let said = |script: &[Vec<u8>]| {
        let script: Vec<u8> = script.iter().flat_map(|body| frame(4, body)).collect();
        let outcome = whole_and_in_bytes(&client(), &[greeting_curve(), script].concat());
        let error = outcome.error.expect("the script is wrong");
        assert!(outcome.events.is_empty() && error.is_protocol() && error.in_handshake());
        error.failure()
    };
    let code = |code| Some(Failure::Protocol(code));
    let (welcome, ready) = (vector("WELCOME"), vector("READY"));
    let changed = |of: &[u8], at: usize| {
        let mut changed = of.to_vec();
        changed[at] ^= 1;
        changed
    };
    for at in [8, 23, 24, 167] {
        assert_eq!(said(&[changed(&welcome, at)]), code(0x1100_0001), "at {at}");
    }
    assert_eq!(said(&[welcome[..167].to_vec()]), code(0x1100_0001));
    assert_eq!(said(std::slice::from_ref(&ready)), code(0x1000_0001), "too early");
    assert_eq!(said(&[b"\x05ERROR\x03400".to_vec()]), Some(Failure::Auth(400)));
    assert_eq!(said(&[b"\x05ERROR".to_vec()]), code(0x1000_0015));
    assert_eq!(said(&[vec![]]), code(0x1000_0001));
    assert_eq!(said(&[welcome.clone(), welcome.clone()]), code(0x1000_0001));
    assert_eq!(said(&[welcome.clone(), ready[..29].to_vec()]), code(0x1000_0016));
    for at in [6, 13, 14, 64] {
        assert_eq!(said(&[welcome.clone(), changed(&ready, at)]), code(0x1100_0001), "at {at}");
    }
    assert_eq!(said(&[welcome, b"\x05ERROR\x03500".to_vec()]), Some(Failure::Auth(500)));
}

#[test]
fn the_metadata_of_a_ready_is_judged() {
    let mut end = welcomed();
    let mut nonce = *b"CurveZMQREADY---\0\0\0\0\0\0\0\x09";
    let sealed = key().seal(&nonce, &property(b"Socket-Type", b"PULL"));
    end.receive(&frame(4, &[b"\x05READY", &nonce[16..], &sealed].concat()), 0);
    let failure = end.outcome.error.and_then(|error| error.failure());
    assert_eq!(failure, Some(Failure::Protocol(0x1000_0018)));
    // Any number may be the first, and counts from then on.
    nonce[16..].copy_from_slice(&[0; 8]);
    let mut end = welcomed();
    let sealed = key().seal(&nonce, &property(b"Socket-Type", b"ROUTER"));
    end.receive(&frame(4, &[b"\x05READY", &nonce[16..], &sealed].concat()), 0);
    assert!(end.outcome.was_ready());
}

#[test]
fn the_client_is_judged_by_its_key_before_its_metadata() {
    let mut end = End::new(judging(), 0);
    let hello = [greeting_curve(), whole("HELLO"), whole("INITIATE")].concat();
    end.receive(&hello, 0);
    end.written();
    let asked = vec![b"CURVE".to_vec(), keys::public(&secret(0x20)).to_vec()];
    assert_eq!(end.outcome.events, [Seen::Asks(asked)]);
    let event = end.session.judge(Ok(Verdict::Accepted(vec![])), 0).unwrap();
    assert!(matches!(event.map(Seen::from), Some(Seen::Ready { .. })));
    end.session.transmit(&mut end.out);
    assert_eq!(end.written(), whole("READY"));
    end.receive(&frame(0, &message(3, 0, b"hi")), 0);
    assert_eq!(end.outcome.messages(), [data(b"hi", false)]);
}

#[test]
fn data_before_the_verdict_ends_the_connection() {
    let script =
        [greeting_curve(), whole("HELLO"), whole("INITIATE"), frame(0, &message(3, 0, b"hi"))];
    let outcome = whole_and_in_bytes(&judging(), &script.concat());
    assert_eq!(outcome.error, Some(SecurityError::OutOfTurn.into()));
    assert_eq!(outcome.messages(), []);
}

#[test]
fn what_has_begun_during_the_verdict_goes_on_after_it() {
    let message = frame(0, &message(3, 0, &[b'm'; 300]));
    let len = message.len() as u64 - 9;
    for (limit, cuts) in [(len, 1..message.len()), (len - 1, 1..message.len())] {
        for cut in cuts {
            let (early, late) = message.split_at(cut);
            let mut end = End::new(Config { max_body: Some(limit), ..judging() }, 0);
            let first = [greeting_curve(), whole("HELLO"), whole("INITIATE"), early.to_vec()];
            end.receive(&first.concat(), 0);
            let event = end.session.judge(Ok(Verdict::Accepted(vec![])), 0).unwrap();
            assert!(matches!(event.map(Seen::from), Some(Seen::Ready { .. })));
            end.receive(late, 0);
            if limit == len {
                assert_eq!(end.outcome.messages(), [data(&[b'm'; 300], false)], "cut at {cut}");
            } else {
                let error = PeerError::FrameTooLong { len, limit };
                assert_eq!((end.outcome.messages(), end.outcome.error), (vec![], Some(error)));
            }
        }
    }
}

#[test]
fn without_entropy_there_is_no_connection() {
    let without = |config: Config| Config { entropy: Entropy(|_| false), ..config };
    let error = Some(SecurityError::NoEntropy.into());
    assert_eq!(whole_and_in_bytes(&without(client()), &greeting_curve()).error, error);
    let script = [greeting_curve(), whole("HELLO")].concat();
    assert_eq!(whole_and_in_bytes(&without(server()), &script).error, error);
}

#[test]
fn nothing_shows_a_secret() {
    let shown = format!("{:?} {:?} {:?}", client(), server(), ready_ends());
    for first in [0_u8, 0x20, 0x40, 0x60] {
        let secret = format!("{:?}", secret(first));
        assert!(!shown.contains(secret.trim_matches(['[', ']'])));
    }
}

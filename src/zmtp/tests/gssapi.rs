//! The mechanism GSSAPI with contexts of our own making: whole conversations, and every way to be
//! wrong. What is in the tokens of real ones is tested where there is a Kerberos server.

#![forbid(unsafe_code)]

use std::sync::Arc;

use super::script::*;
use super::simulator::Pair;
use crate::msg::Kind;
use crate::zmtp::gssapi::{Context, Contexts, Progress, Terms, Trouble};
use crate::zmtp::security_error::GssapiAct;
use crate::zmtp::{
    Config, Failure, HeartbeatConfig, Mechanism, NoDetail, PeerError, SecurityError, SocketType,
    Status, Verdict,
};

/// A kind of contexts: so many tokens go to and fro, and this is what does not work.
#[derive(Clone, Debug)]
struct Kit {
    server: bool,
    tokens: u8,
    fails: Option<GssapiAct>,
}

/// A context that proves nothing: the tokens are numbered, and behind the number of a client's
/// stands its name.
struct Toy {
    kit: Kit,
    /// How many tokens there were, in both directions.
    seen: u8,
    /// How many frames there were, in each direction.
    sealed: u8,
    opened: u8,
}

const NAME: &[u8] = b"alice@REALM";

impl Contexts for Kit {
    fn context(&self) -> Result<Box<dyn Context>, Trouble> {
        if self.fails == Some(GssapiAct::Begin) && self.server {
            return Err(Trouble("no key".to_owned()));
        }
        Ok(Box::new(Toy { kit: self.clone(), seen: 0, sealed: 0, opened: 0 }))
    }
}

/// The token with a number.
fn token(number: u8) -> Vec<u8> {
    if number % 2 == 1 { [&[number], NAME].concat() } else { vec![number] }
}

/// A frame as a context of the other side seals it.
fn sealed(number: u8, plain: &[u8]) -> Vec<u8> {
    let sum = plain.iter().fold(number, |sum, byte| sum.wrapping_add(*byte));
    [&[number], &plain.iter().map(|byte| byte ^ 0x55).collect::<Vec<u8>>()[..], &[sum]].concat()
}

impl Context for Toy {
    fn step(&mut self, token_of_peer: &[u8]) -> Result<Progress, Trouble> {
        if self.kit.fails == Some(GssapiAct::Begin) {
            return Err(Trouble("no ticket".to_owned()));
        }
        let begins = !self.kit.server && self.seen == 0;
        let expected = if begins { Vec::new() } else { token(self.seen + 1) };
        if token_of_peer != expected {
            return Err(Trouble("a token\nthat is none".to_owned()));
        }
        self.seen += u8::from(!begins);
        if self.seen == self.kit.tokens {
            return Ok(Progress { token: Vec::new(), complete: true });
        }
        self.seen += 1;
        Ok(Progress { token: token(self.seen), complete: self.seen == self.kit.tokens })
    }

    fn peer(&self) -> Result<Vec<u8>, Trouble> {
        match self.kit.fails {
            Some(GssapiAct::Name) => Err(Trouble("no name".to_owned())),
            _ => Ok(NAME.to_vec()),
        }
    }

    fn seal(&mut self, plain: &[u8], put: &mut dyn FnMut(&[u8])) -> Result<(), Trouble> {
        if self.kit.fails == Some(GssapiAct::Seal) && self.sealed > 0 {
            return Err(Trouble("expired".to_owned()));
        }
        self.sealed += 1;
        put(&sealed(self.sealed, plain));
        Ok(())
    }

    fn open(&mut self, token: &[u8], take: &mut dyn FnMut(&[u8])) -> Result<(), Trouble> {
        let plain: Vec<u8> = match token {
            [_, plain @ .., _] => plain.iter().map(|byte| byte ^ 0x55).collect(),
            _ => return Err(Trouble("too short".to_owned())),
        };
        if token != sealed(self.opened + 1, &plain) {
            return Err(Trouble("changed, or a replay".to_owned()));
        }
        self.opened += 1;
        take(&plain);
        Ok(())
    }
}

fn side_with(kit: Kit, plaintext: bool, socket_type: SocketType) -> Config {
    let terms = Terms { server: kit.server, plaintext, contexts: Arc::new(kit) };
    let mechanism = Mechanism::Gssapi(terms);
    Config { mechanism, asks: false, refuse_old: true, ..config(socket_type) }
}

fn kit(server: bool) -> Kit {
    Kit { server, tokens: 2, fails: None }
}

/// A client and a server as Kerberos has them: a token there, and one back.
fn client() -> Config {
    side_with(kit(false), false, SocketType::Dealer)
}

fn server() -> Config {
    side_with(kit(true), false, SocketType::Router)
}

fn judging() -> Config {
    Config { asks: true, ..server() }
}

fn plain(config: Config) -> Config {
    match config.mechanism {
        Mechanism::Gssapi(terms) => {
            let mechanism = Mechanism::Gssapi(Terms { plaintext: true, ..terms });
            Config { mechanism, ..config }
        }
        other => panic!("{other:?}"),
    }
}

fn failing(act: GssapiAct, server: bool) -> Config {
    let kit = Kit { fails: Some(act), ..kit(server) };
    side_with(kit, false, if server { SocketType::Router } else { SocketType::Dealer })
}

fn greeting_gssapi() -> Vec<u8> {
    let mut bytes = greeting(1);
    bytes[12..18].copy_from_slice(b"GSSAPI");
    bytes
}

/// A command that carries a token.
fn carrier(name: &[u8], token: &[u8]) -> Vec<u8> {
    [name, &(token.len() as u32).to_be_bytes(), token].concat()
}

fn initiate(number: u8) -> Vec<u8> {
    carrier(b"\x08INITIATE", &token(number))
}

fn message(number: u8, plain: &[u8]) -> Vec<u8> {
    carrier(b"\x07MESSAGE", &sealed(number, plain))
}

fn ready_of(socket_type: &[u8]) -> Vec<u8> {
    [&b"\0\x05READY"[..], &property(b"Socket-Type", socket_type)].concat()
}

/// The greeting and commands, as a peer sends them.
fn said(bodies: &[Vec<u8>]) -> Vec<u8> {
    bodies.iter().fold(greeting_gssapi(), |said, body| [said, frame(4, body)].concat())
}

/// What a peer says until it is ready.
fn script_of(server: bool) -> Vec<Vec<u8>> {
    if server {
        vec![initiate(2), message(1, &ready_of(b"ROUTER"))]
    } else {
        vec![initiate(1), Vec::new(), message(1, &ready_of(b"DEALER"))]
    }
}

/// The error that a script leads to.
fn error_after(config: &Config, bodies: &[Vec<u8>]) -> PeerError {
    let outcome = converse(config, &said(bodies));
    assert!(!outcome.was_ready(), "{outcome:?}");
    let error = outcome.error.expect("the script is wrong");
    assert!(!error.to_string().contains('\n'), "{error}");
    error
}

/// The code of the event that it leads to.
fn code_after(config: &Config, bodies: &[Vec<u8>]) -> u32 {
    let error = error_after(config, bodies);
    assert!(error.is_protocol(), "{error:?}");
    match error.failure() {
        Some(Failure::Protocol(code)) => code,
        other => panic!("{other:?} after {error:?}"),
    }
}

/// A session whose peer is ready, with nothing left to write.
fn ready_end(config: Config, server: bool) -> End {
    let mut end = End::new(config, 0);
    end.receive(&said(&script_of(!server)), 0);
    end.written();
    assert!(end.session.is_ready(), "{:?}", end.outcome);
    end.outcome = Outcome::default();
    end
}

fn accepted() -> Result<Verdict, SecurityError> {
    Ok(Verdict::Accepted(vec![(b"User-Id".to_vec(), b"somebody".to_vec())]))
}

#[test]
fn the_conversation_of_a_client() {
    let mut end = End::new(client(), 0);
    end.receive(&greeting_gssapi(), 0);
    assert!(end.written().ends_with(b"\x04\x19\x08INITIATE\0\0\0\x0c\x01alice@REALM"));
    end.receive(&frame(4, &initiate(2)), 0);
    // As measured with libzmq: a frame for nothing, so that the server hears something.
    assert_eq!(end.written(), b"\x04\x00");
    end.receive(&frame(4, &message(1, &ready_of(b"ROUTER"))), 0);
    let metadata = [property(b"Socket-Type", b"DEALER"), property(b"Identity", b"")].concat();
    let ready = [&b"\0\x05READY"[..], &metadata].concat();
    assert_eq!(end.written(), frame(4, &message(1, &ready)));
    assert!(end.outcome.was_ready());
    end.receive(&frame(0, &message(2, b"\0hi")), 0);
    assert_eq!(end.outcome.messages(), [data(b"hi", false)]);
    assert_eq!(end.encoded(msg(b"ho", true)), frame(0, &message(2, b"\x01ho")));
}

#[test]
fn the_conversation_of_a_server_that_has_the_client_judged() {
    let mut end = End::new(judging(), 0);
    end.receive(&said(&[initiate(1)]), 0);
    assert!(end.written().ends_with(b"\x04\x0e\x08INITIATE\0\0\0\x01\x02"));
    assert_eq!(end.outcome.events, []);
    end.receive(&frame(4, b""), 0);
    assert_eq!(end.outcome.events, [Seen::Asks(vec![b"GSSAPI".to_vec(), NAME.to_vec()])]);
    assert_eq!(end.written(), b"");
    assert!(matches!(end.session.judge(accepted(), 0), Ok(None)));
    end.session.transmit(&mut end.out);
    let metadata = [property(b"Socket-Type", b"ROUTER"), property(b"Identity", b"")].concat();
    assert_eq!(end.written(), frame(4, &message(1, &[b"\0\x05READY", &metadata[..]].concat())));
    assert!(!end.session.is_ready());
    end.receive(&frame(4, &message(1, &ready_of(b"DEALER"))), 0);
    let Some(Seen::Ready { properties, .. }) = end.outcome.events.last() else {
        panic!("{:?}", end.outcome)
    };
    let known = [("User-Id", "somebody"), ("Socket-Type", "DEALER")];
    let known = known.map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec()));
    assert_eq!(properties[..], known);
}

#[test]
fn clients_and_servers_however_many_tokens_and_however_the_bytes_are_cut() {
    for tokens in 1..=8 {
        for plaintext in [false, true] {
            for step in [1, 7, 4096] {
                let config = |server, socket_type| {
                    side_with(Kit { tokens, ..kit(server) }, plaintext, socket_type)
                };
                let ends = [config(false, SocketType::Dealer), config(true, SocketType::Router)];
                let mut pair = Pair::new(ends, step);
                pair.shake_hands();
                assert_eq!(pair.send(0, [msg(b"hi", false)]), [data(b"hi", false)]);
                assert_eq!(pair.send(1, [msg(b"", true)]), [data(b"", true)]);
                let long = vec![7; 20_000];
                assert_eq!(pair.send(0, [msg(&long, false)]), [data(&long, false)]);
            }
        }
    }
}

#[test]
fn in_clear_ready_and_messages_go_as_they_are() {
    let mut end = End::new(plain(server()), 0);
    end.receive(&said(&[initiate(1), Vec::new()]), 0);
    let metadata = [property(b"Socket-Type", b"ROUTER"), property(b"Identity", b"")].concat();
    assert!(end.written().ends_with(&ready(&metadata)));
    end.receive(&ready_as("DEALER"), 0);
    assert!(end.outcome.was_ready());
    end.receive(b"\x01\x02hi", 0);
    assert_eq!(end.outcome.messages(), [data(b"hi", true)]);
    assert_eq!(end.encoded(msg(b"ho", false)), b"\0\x02ho");
    // Both have to agree on it.
    let sealed = message(1, &ready_of(b"DEALER"));
    assert_eq!(code_after(&plain(server()), &[initiate(1), vec![], sealed]), 0x1000_0001);
    let clear = ready_of(b"DEALER")[1..].to_vec();
    assert_eq!(code_after(&server(), &[initiate(1), vec![], clear]), 0x1000_0001);
}

#[test]
fn what_a_client_may_say_first() {
    let good = initiate(1);
    let code = |body: &[u8]| code_after(&server(), &[body.to_vec()]);
    // As measured with libzmq.
    assert_eq!(code(&[&good[..], b"x"].concat()), 0x1000_0014);
    assert_eq!(code(&good[..good.len() - 1]), 0x1000_0014);
    assert_eq!(code(b"\x08INITIATE"), 0x1000_0014);
    assert_eq!(code(b"\x08INITIATE\xff\xff\xff\xff"), 0x1000_0014);
    assert_eq!(code(b"\x05READY"), 0x1000_0001);
    assert_eq!(code(b"\x05HELLO\0\0"), 0x1000_0001);
    assert_eq!(code(b""), 0x1000_0011);
    assert_eq!(code(b"\0"), 0x1000_0011);
    assert_eq!(code(b"\x08INIT"), 0x1000_0011);
    // Where libzmq waits for the end of time, or begins to negotiate.
    assert_eq!(code(&carrier(b"\x08INITIATE", b"garbage")), 0x1100_0001);
    assert_eq!(code(&carrier(b"\x08INITIATE", b"")), 0x1000_0014);
}

#[test]
fn what_a_client_may_say_when_it_has_our_token() {
    let code = |body: &[u8]| code_after(&server(), &[initiate(1), body.to_vec()]);
    assert_eq!(code(b"\0"), 0x1000_0011);
    assert_eq!(code(b"\x05READY"), 0x1000_0001);
    assert_eq!(code(&initiate(1)), 0x1000_0014);
    assert_eq!(code(b"\x08INITIATE\0\0\0"), 0x1000_0014);
    let empty = carrier(b"\x08INITIATE", b"");
    let script = said(&[initiate(1), empty, message(1, &ready_of(b"DEALER"))]);
    assert!(converse(&server(), &script).was_ready());
}

#[test]
fn what_a_server_may_say() {
    let code = |bodies: &[Vec<u8>]| code_after(&client(), bodies);
    assert_eq!(code(&[carrier(b"\x08INITIATE", b"garbage")]), 0x1100_0001);
    assert_eq!(code(&[initiate(1)]), 0x1100_0001);
    assert_eq!(code(&[[initiate(2), vec![0]].concat()]), 0x1000_0014);
    assert_eq!(code(&[vec![]]), 0x1000_0011);
    assert_eq!(code(&[message(1, &ready_of(b"ROUTER"))]), 0x1000_0001, "too early");
    // There is no such command in this mechanism.
    assert_eq!(code(&[b"\x05ERROR\x03400".to_vec()]), 0x1000_0001);
    assert_eq!(code(&[initiate(2), initiate(4)]), 0x1000_0001);
    assert_eq!(code(&[initiate(2), vec![]]), 0x1000_0011);
}

#[test]
fn what_the_ready_of_a_peer_may_be() {
    for config in [client(), server()] {
        let is_server = matches!(&config.mechanism, Mechanism::Gssapi(terms) if terms.server);
        let front = if is_server { vec![initiate(1), vec![]] } else { vec![initiate(2)] };
        let code = |body: Vec<u8>| code_after(&config, &[&front[..], &[body]].concat());
        let good = message(1, &ready_of(b"DEALER"));
        assert_eq!(code(good[..good.len() - 1].to_vec()), 0x1000_0012);
        assert_eq!(code([&good[..], b"x"].concat()), 0x1000_0012);
        assert_eq!(code(b"\x07MESSAGE".to_vec()), 0x1000_0012);
        assert_eq!(code(carrier(b"\x07MESSAGE", b"")), 0x1100_0001);
        assert_eq!(code(message(2, &ready_of(b"DEALER"))), 0x1100_0001);
        assert_eq!(code(message(1, b"")), 0x1000_0012);
        assert_eq!(code(message(1, b"\0")), 0x1000_0011);
        assert_eq!(code(message(1, b"\0\x05READX")), 0x1000_0001);
        assert_eq!(code(message(1, &ready_of(b"PULL"))), 0x1000_0018);
        assert_eq!(code(message(1, b"\0\x05READY\x0bSocket-Type\0\0")), 0x1000_0018);
    }
}

#[test]
fn what_frames_may_be_afterwards() {
    for from_server in [false, true] {
        let config = if from_server { server() } else { client() };
        let code = |body: &[u8]| {
            let mut end = ready_end(config.clone(), from_server);
            end.receive(&frame(0, body), 0);
            assert_eq!(end.outcome.events, []);
            let error = end.outcome.error.expect("the frame is wrong");
            assert!(error.is_protocol());
            error.failure()
        };
        let code = |body: &[u8]| match code(body) {
            Some(Failure::Protocol(code)) => code,
            other => panic!("{other:?}"),
        };
        let good = message(2, b"\0hi");
        assert_eq!(code(b"\x07"), 0x1000_0011);
        assert_eq!(code(b"hi"), 0x1000_0011);
        assert_eq!(code(b"\x07MESSAGF\0\0\0\0"), 0x1000_0001);
        assert_eq!(code(&good[..good.len() - 1]), 0x1000_0012);
        assert_eq!(code(&[&good[..], b"x"].concat()), 0x1000_0012);
        assert_eq!(code(&message(1, b"\0hi")), 0x1100_0001, "a replay");
        // Where libzmq aborts.
        assert_eq!(code(&message(2, b"")), 0x1000_0012);
    }
}

#[test]
fn flags_inside_count_and_flags_outside_do_not() {
    let mut end = ready_end(server(), true);
    end.receive(&frame(1, &message(2, b"\0one")), 0);
    end.receive(&frame(4, &message(3, b"\x01two")), 0);
    end.receive(&frame(0, &message(4, b"\xf0three")), 0);
    let expected = [data(b"one", false), data(b"two", true), data(b"three", false)];
    assert_eq!(end.outcome.messages(), expected);
    // A command says nothing to the application.
    end.receive(&frame(0, &message(5, b"\x02\x04PING\0\0abc")), 0);
    assert_eq!(end.outcome.messages().len(), 3);
    let pong = end.written();
    assert_eq!(pong, frame(0, &message(2, b"\x02\x04PONGabc")));
}

#[test]
fn subscriptions_go_as_commands_with_their_names() {
    let subscriber = side_with(kit(false), false, SocketType::Sub);
    let mut end = End::new(subscriber.clone(), 0);
    end.receive(&said(&[initiate(2), message(1, &ready_of(b"PUB"))]), 0);
    end.written();
    let topic = || marked(b"\x01topic", Kind::Request, b"");
    assert_eq!(end.encoded(topic()), frame(0, &message(2, b"\x02\x09SUBSCRIBEtopic")));

    let mut end = End::new(plain(subscriber), 0);
    end.receive(&[said(&[initiate(2)]), ready_as("PUB")].concat(), 0);
    end.written();
    assert_eq!(end.encoded(topic()), frame(4, b"\x09SUBSCRIBEtopic"));
}

#[test]
fn subscriptions_come_in_any_form() {
    let mut end = End::new(side_with(kit(true), false, SocketType::Pub), 0);
    end.receive(&said(&[initiate(1), vec![], message(1, &ready_of(b"SUB"))]), 0);
    end.outcome = Outcome::default();
    let forms: [&[u8]; 4] =
        [b"\x02\x09SUBSCRIBEone", b"\x04two", b"\x08three", b"\x02\x06CANCELfour"];
    for (at, form) in forms.iter().enumerate() {
        end.receive(&frame(0, &message(at as u8 + 2, form)), 0);
    }
    let expected: [&[u8]; 4] = [b"\x01one", b"\x01two", b"\0three", b"\0four"];
    assert_eq!(end.outcome.events, expected.map(request));
    end.receive(&frame(0, &message(6, b"\0\x01five")), 0);
    assert_eq!(end.outcome.events.last(), Some(&data(b"\x01five", false)));
}

#[test]
fn heartbeats_are_sealed() {
    let interval = HeartbeatConfig { interval: Some(100), timeout: Some(100), ttl: 0 };
    let ends = [client(), server()].map(|end| Config { heartbeat: interval, ..end });
    let mut pair = Pair::new(ends, 4096);
    pair.shake_hands();
    assert_eq!(pair.run_until(1000), Ok(()));
    assert!(pair.received(0) > 200 && pair.received(1) > 200);
}

#[test]
fn any_verdict_but_a_good_one_ends_it_without_a_word() {
    for status in [Status::Temporary, Status::Denied, Status::Failed] {
        let mut end = End::new(judging(), 0);
        end.receive(&said(&[initiate(1), vec![]]), 0);
        end.written();
        let event = end.session.judge(Ok(Verdict::Denied(status)), 100);
        assert_eq!(event.unwrap().map(Seen::from), Some(Seen::Refused(status)));
        end.session.transmit(&mut end.out);
        assert_eq!(end.written(), b"");
        let until = end.session.deadline().expect("it has to go");
        assert!((1100..=2120).contains(&until));
        let error = end.timeout(until).unwrap_err();
        assert_eq!(error, SecurityError::Refused(status).into());
        assert!(!end.session.is_ready());
    }
    let mut end = End::new(judging(), 0);
    end.receive(&said(&[initiate(1), vec![]]), 0);
    let error = end.session.judge(Err(SecurityError::NoHandler { passing: true }), 0).unwrap_err();
    assert_eq!(error, SecurityError::NoHandler { passing: true }.into());
}

#[test]
fn nothing_may_come_while_the_client_is_judged_or_after_a_refusal() {
    for refused in [false, true] {
        let mut end = End::new(judging(), 0);
        end.receive(&said(&[initiate(1), vec![]]), 0);
        if refused {
            end.session.judge(Ok(Verdict::Denied(Status::Denied)), 0).unwrap();
        }
        end.receive(&frame(4, &message(1, &ready_of(b"DEALER"))), 0);
        assert_eq!(end.outcome.error, Some(SecurityError::OutOfTurn.into()));
    }
    // An answer to nothing changes nothing.
    for config in [client(), judging()] {
        let mut end = End::new(config, 0);
        end.receive(&greeting_gssapi(), 0);
        assert!(matches!(end.session.judge(accepted(), 0), Ok(None)));
    }
}

#[test]
fn what_does_not_work_here_is_said_and_may_be_tried_again() {
    let after = |config: &Config, bodies: &[Vec<u8>]| {
        let error = error_after(config, bodies);
        assert!(error.in_handshake() && !error.is_protocol(), "{error:?}");
        (error.failure(), error.to_string())
    };
    let none = Some(Failure::NoDetail(NoDetail::NoCredentials));
    let (failure, text) = after(&failing(GssapiAct::Begin, false), &[]);
    assert!(failure == none && text.ends_with("no ticket"), "{text}");
    let (failure, text) = after(&failing(GssapiAct::Begin, true), &[]);
    assert!(failure == none && text.ends_with("no key"), "{text}");
    let nameless = Config { asks: true, ..failing(GssapiAct::Name, true) };
    let (failure, text) = after(&nameless, &[initiate(1), vec![]]);
    assert!(failure.is_none() && text.ends_with("no name"), "{text}");
}

#[test]
fn a_context_that_seals_no_more_ends_the_connection_at_once() {
    let mut end = ready_end(failing(GssapiAct::Seal, true), true);
    assert_eq!(end.session.deadline(), None);
    assert_eq!(end.encoded(msg(b"hi", false)), b"");
    assert_eq!(end.encoded(msg(b"ho", false)), b"");
    assert_eq!(end.session.deadline(), Some(0));
    let error = end.timeout(0).unwrap_err();
    let why = "expired".to_owned();
    assert_eq!(error, SecurityError::Gssapi { act: GssapiAct::Seal, why }.into());
    assert_eq!((error.failure(), error.is_protocol(), error.in_handshake()), (None, false, false));
}

#[test]
fn tokens_without_end_are_cut_off() {
    let endless = side_with(Kit { tokens: 200, ..kit(true) }, false, SocketType::Router);
    let script: Vec<Vec<u8>> = (0..20).map(|round| initiate(2 * round + 1)).collect();
    assert_eq!(code_after(&endless, &script), 0x1000_0014);
    let long = carrier(b"\x08INITIATE", &[1; 64 * 1024]);
    assert!(matches!(error_after(&server(), &[long]), PeerError::HandshakeTooLong { .. }));
}

#[test]
fn other_mechanisms_and_older_peers_are_turned_away() {
    for config in [client(), server()] {
        let outcome = converse(&config, &hello(1, "DEALER"));
        let failure = outcome.error.and_then(|error| error.failure());
        assert_eq!(failure, Some(Failure::Protocol(0x1100_0002)));
        let outcome = converse(&config, b"\x04\x00abc\x02\x00hi");
        assert!(matches!(outcome.error, Some(PeerError::OldPeer { .. })), "{outcome:?}");
    }
}

#[test]
fn a_handshake_ends_in_time_whoever_is_slow() {
    let mut end = End::new(Config { handshake_timeout: Some(300), ..server() }, 0);
    end.receive(&said(&[initiate(1)]), 0);
    assert_eq!(end.session.deadline(), Some(300));
    assert_eq!(end.timeout(300), Err(PeerError::HandshakeTimeout { after: 300 }));
}

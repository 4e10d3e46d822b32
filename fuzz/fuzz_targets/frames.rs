//! Frames in both forms, and which of them a type of socket takes.
//!
//! Input: version, type of socket, limit, two lengths of pieces; then contents of bytes.

#![no_main]

use harness::choices::Choices;
use harness::types::{CLIENT, DEALER, DISH, PAIR, REQ, SERVER, XPUB};
use harness::{play, wire};
use libfuzzer_sys::fuzz_target;
use zmq::fuzzing::{Setup, peers_of};

fuzz_target!(|data: &[u8]| {
    let mut choices = Choices::new(data);
    let version = choices.of(&wire::VERSIONS);
    let socket_type = choices.of(&[DEALER, REQ, DISH, CLIENT, PAIR, SERVER, XPUB]);
    let max_body = choices.of(&[None, Some(0), Some(5), Some(255), Some(10_000)]);
    let lengths = [choices.byte(), choices.byte()];
    let setup = Setup { socket_type, max_body, ..Setup::default() };
    let peer = peers_of(socket_type)[0];
    let script = [vec![wire::hello(version, peer)], choices.contents()].concat().concat();
    let outcome = play::against_model(&setup, &script, lengths, false);
    assert!(!outcome.seen.is_empty(), "the handshake is not part of the question");
});

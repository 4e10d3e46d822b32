//! Greetings of anybody, cut in every way: whom we take the peer for, and what we say at which byte.
//!
//! Input: type of socket, options, two lengths of pieces; then the peer's bytes.

#![no_main]

use harness::choices::Choices;
use harness::{play, types, wire};
use libfuzzer_sys::fuzz_target;
use zmq::fuzzing::Setup;

fuzz_target!(|data: &[u8]| {
    let mut choices = Choices::new(data);
    let socket_type = choices.byte() % types::COUNT;
    let options = choices.byte();
    let lengths = [choices.byte(), choices.byte()];
    let setup = Setup {
        socket_type,
        routing_id: vec![b'i'; usize::from(options >> 2) * 255 / 63],
        refuse_old: options & 1 != 0,
        ..Setup::default()
    };
    // So that not every input has to find the signature.
    let front = if options & 2 != 0 { wire::SIGNATURE } else { b"" };
    let script = [front, choices.rest()].concat();
    // Behind the handshake there may be PINGs.
    let outcome = play::against_model(&setup, &script, lengths, false);
    let greeting = &script[..script.len().min(64)];
    if outcome.seen.is_empty() {
        play::against_model(&setup, greeting, lengths, true);
    }
});

//! Commands behind the handshake, and frames of the application between them.
//!
//! Input: version, type of socket, two lengths of pieces; then per frame its flags, what it begins
//! with, and a content.

#![no_main]

use harness::choices::Choices;
use harness::play;
use harness::types::{DEALER, PUB, RADIO, XPUB};
use harness::wire::{self, Version};
use libfuzzer_sys::fuzz_target;
use zmq::fuzzing::{End, Setup, peers_of};

const FRONTS: [&[u8]; 9] = [
    b"",
    b"\x04PING",
    b"\x04PONG",
    b"\x09SUBSCRIBE",
    b"\x06CANCEL",
    b"\x04JOIN",
    b"\x05LEAVE",
    b"\x05READY",
    b"\x05ERROR",
];

fuzz_target!(|data: &[u8]| {
    let mut choices = Choices::new(data);
    let version = choices.of(&[Version::V31, Version::V3, Version::V2]);
    let socket_type = choices.of(&[XPUB, PUB, RADIO, DEALER]);
    let lengths = [choices.byte(), choices.byte()];
    let setup = Setup { socket_type, ..Setup::default() };
    let hello = wire::hello(version, peers_of(socket_type)[0]);
    let mut bodies: Vec<(u8, Vec<u8>)> = Vec::new();
    while !choices.is_empty() {
        let flags = choices.byte();
        bodies.push((flags, [choices.of(&FRONTS), &choices.content()].concat()));
    }
    let frames: Vec<Vec<u8>> =
        bodies.iter().map(|(flags, body)| wire::frame(flags & !2, body)).collect();
    play::against_model(&setup, &[hello.clone(), frames.concat()].concat(), lengths, false);

    // One at a time, each PING has its answer and nothing else has any.
    let mut end = End::new(&setup, 0);
    end.receive(&hello, 0);
    end.write(usize::MAX);
    for ((flags, body), frame) in bodies.iter().zip(&frames) {
        end.receive(frame, 0);
        if end.ending.is_some() {
            return;
        }
        let ping = body.strip_prefix(b"\x04PING").filter(|data| data.len() >= 2);
        let answer = match ping {
            Some(data) if flags & 4 != 0 && version.has_commands() => {
                let context = &data[2..data.len().min(18)];
                wire::frame(4, &[b"\x04PONG", context].concat())
            }
            Some(_) | None => Vec::new(),
        };
        assert_eq!(end.write(usize::MAX), answer);
    }
});

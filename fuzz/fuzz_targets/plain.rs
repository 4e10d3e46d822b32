//! PLAIN in both roles: commands that are right, nearly right, or anything, with verdicts between
//! them at any time.
//!
//! Input: role and type of socket, options, two lengths of pieces; then a list of happenings.

#![no_main]

use harness::choices::Choices;
use harness::wire::{self, command};
use harness::{play, types, verdict};
use libfuzzer_sys::fuzz_target;
use zmq::fuzzing::{Proof, Setup, peers_of, type_name};

fuzz_target!(|data: &[u8]| {
    let mut choices = Choices::new(data);
    let first = choices.byte();
    let socket_type = first % types::COUNT;
    let is_server = first / types::COUNT % 2 == 0;
    let options = choices.byte();
    let lengths = [choices.byte(), choices.byte()];
    let login = |choices: &mut Choices<'_>| {
        Proof::PlainClient(choices.text().to_vec(), choices.text().to_vec())
    };
    let setup = Setup {
        socket_type,
        proof: if is_server { Proof::PlainServer } else { login(&mut choices) },
        // The protocol asks about the peers of a server whatever this says.
        asks: options & 1 != 0,
        routing_id: if options & 2 != 0 { b"id".to_vec() } else { Vec::new() },
        no_entropy: options & 4 != 0,
        max_body: (options & 8 != 0).then_some(100),
        refuse_old: true,
        ..Setup::default()
    };
    let peer = peers_of(socket_type).first().copied().unwrap_or(socket_type);
    let mechanism: &[u8] = if options & 0x30 == 0x30 { b"NULL" } else { b"PLAIN" };
    let mut script = wire::greeting_with(options >> 7, mechanism);
    let mut verdicts = Vec::new();
    while !choices.is_empty() && script.len() < 200_000 {
        let happening = choices.byte();
        if happening % 8 == 0 {
            verdicts.push((script.len(), verdict(&mut choices)));
            continue;
        }
        script.extend(said(happening, peer, &mut choices));
    }
    // Behind the handshake there may be PINGs.
    play::judged(&setup, &script, &verdicts, lengths, false);
});

/// What a peer may say, of a type of socket.
fn said(happening: u8, peer: u8, choices: &mut Choices<'_>) -> Vec<u8> {
    let name = type_name(peer).expect("the number of a type");
    let metadata = |choices: &mut Choices<'_>| {
        let socket_type = wire::property(b"Socket-Type", name.as_bytes());
        match choices.byte() % 4 {
            0 | 1 => socket_type,
            2 => [socket_type, choices.content()].concat(),
            _ => choices.content(),
        }
    };
    let short_text = |choices: &mut Choices<'_>| {
        let text = choices.text();
        [&[text.len() as u8], text].concat()
    };
    let mut body = match happening % 8 {
        1 => [b"\x05HELLO".to_vec(), short_text(choices), short_text(choices)].concat(),
        2 => b"\x07WELCOME".to_vec(),
        3 => command(b"INITIATE", &metadata(choices)),
        4 => command(b"READY", &metadata(choices)),
        5 => {
            let name: &[u8] = choices.of(&[b"^RROR", b"\x05ERROR"]);
            let reason = choices.of(&[b"\x03300".to_vec(), b"\x03400".to_vec(), vec![]]);
            [name.to_vec(), if reason.is_empty() { choices.content() } else { reason }].concat()
        }
        6 => choices.content(),
        _ => return choices.content(),
    };
    if happening & 0x40 != 0 {
        body.extend(choices.text());
    }
    if happening & 0x80 != 0 {
        body.truncate(choices.byte().into());
    }
    // That a command is marked as one does not matter before the traffic, and there it does.
    wire::frame(if happening & 0x20 != 0 { choices.byte() & 5 } else { 4 }, &body)
}

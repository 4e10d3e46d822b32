//! Answers about peers, as they come from a handler: what they mean, and what is wrong with them.
//!
//! Input: type of socket, how many frames; then for each frame whether it is as it should be, or
//! what it is instead.

#![no_main]

use harness::choices::Choices;
use harness::{model, types, wire};
use libfuzzer_sys::fuzz_target;
use zmq::fuzzing::{Judgement, peers_of, type_name, zap_answer};

fuzz_target!(|data: &[u8]| {
    let mut choices = Choices::new(data);
    let socket_type = choices.byte() % types::COUNT;
    let count = match choices.byte() {
        count @ 1..=20 => usize::from(count) - 1,
        _ => 7,
    };
    let frames: Vec<Vec<u8>> = (0..count).map(|at| frame(at, socket_type, &mut choices)).collect();
    let frames: Vec<&[u8]> = frames.iter().map(|frame| &frame[..]).collect();
    let outcome = zap_answer(&frames, socket_type);
    let outcome = outcome.map_err(|ending| {
        let name = model::name(&ending.error);
        assert_eq!(ending.failure, model::failure(&name));
        assert!(ending.is_protocol && ending.in_handshake && !ending.text.is_empty());
        name
    });
    assert_eq!(outcome, expected(&frames, socket_type).map_err(str::to_owned));
});

fn frame(at: usize, socket_type: u8, choices: &mut Choices<'_>) -> Vec<u8> {
    let is_right = match choices.byte() % 8 {
        0 => false,
        how => how < 7 || at == 6,
    };
    if !is_right {
        return choices.content();
    }
    match at {
        1 => b"1.0".to_vec(),
        2 => b"1".to_vec(),
        3 => choices.of(&[b"200", b"300", b"400", b"500"]).to_vec(),
        4 | 5 => choices.text().to_vec(),
        6 => metadata(socket_type, choices),
        _ => Vec::new(),
    }
}

/// Properties, of which some are known.
fn metadata(socket_type: u8, choices: &mut Choices<'_>) -> Vec<u8> {
    let peer = peers_of(socket_type).first().copied().unwrap_or(socket_type);
    let peer = type_name(peer).expect("the number of a type").as_bytes();
    let mut bytes = Vec::new();
    for _ in 0..choices.byte() % 128 {
        let (name, value) = match choices.byte() % 8 {
            0 => (&b"Socket-Type"[..], peer),
            1 => (&b"Socket-Type"[..], choices.text()),
            2 => (&b"Identity"[..], choices.text()),
            3 => (&b"User-Id"[..], choices.text()),
            4 => (&b"Peer-Address"[..], choices.text()),
            5 => (&b"Hello"[..], choices.text()),
            _ => (choices.text(), choices.text()),
        };
        bytes.extend(wire::property(name, value));
    }
    bytes
}

/// What has to come of it: the first thing that is wrong, or else the verdict.
fn expected(frames: &[&[u8]], socket_type: u8) -> Result<Judgement, &'static str> {
    if frames.len() != 7 {
        return Err("Handler(Frames)");
    }
    for (at, right, error) in [
        (0, &b""[..], "Handler(Delimiter)"),
        (1, b"1.0", "Handler(Version)"),
        (2, b"1", "Handler(RequestId)"),
    ] {
        if frames[at] != right {
            return Err(error);
        }
    }
    let status = ["200", "300", "400", "500"].into_iter().find(|one| one.as_bytes() == frames[3]);
    let status: u32 = status.and_then(|text| text.parse().ok()).ok_or("Handler(Status)")?;
    let told = model::metadata::read(socket_type, wire::Version::V31, frames[6]);
    let told = told.map_err(|_| "Handler(Metadata)")?;
    if status != 200 {
        return Ok(Judgement::Denied(status));
    }
    let mut known = vec![(b"User-Id".to_vec(), frames[5].to_vec())];
    for (name, value) in told.properties {
        if name != b"Socket-Type" && name != b"Identity" {
            known.push((name, value));
        }
    }
    Ok(Judgement::Accepted(known))
}

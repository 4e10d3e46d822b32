//! Bytes that no peer means: whatever comes, a session ends or goes on, and never panics.

#![forbid(unsafe_code)]

use super::script::*;
use crate::zmtp::{Config, HeartbeatConfig, SocketType};

/// Numbers that look random and are the same each time (xorshift64*).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32
    }

    fn below(&mut self, bound: usize) -> usize {
        self.next() as usize % bound.max(1)
    }

    fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.next() as u8).collect()
    }
}

fn any_config(random: &mut Random) -> Config {
    let socket_type = SocketType::ALL[random.below(21)];
    let heartbeat = HeartbeatConfig { interval: Some(10), timeout: Some(100), ttl: 3 };
    let max_body = [None, Some(5), Some(1000)][random.below(3)];
    let refuse_old = random.below(8) == 0;
    Config { heartbeat, max_body, refuse_old, ..config(socket_type) }
}

/// Gives it the bytes in pieces of any length, with time passing; says whether it became ready.
fn survive(config: &Config, bytes: &[u8], random: &mut Random) -> bool {
    let whole = play(config, false, [bytes]);
    let mut end = End::new(config.clone(), 0);
    end.straight = random.below(2) == 0;
    let (mut rest, mut now) = (bytes, 0);
    while !rest.is_empty() {
        let (piece, behind) = rest.split_at(rest.len().min(1 + random.below(40)));
        rest = behind;
        end.receive(piece, now);
        end.session.pause(random.below(4) == 0, now);
        if end.session.is_ready() {
            end.session.encode(msg(&random.bytes(random.0 as usize % 50), false), &mut end.out);
        }
        end.written();
        now += random.below(20) as u64;
        if end.timeout(now).is_err() {
            return true;
        }
    }
    // However it is cut and whatever the time: the same events, and the same end.
    assert_eq!((&end.outcome.events, &end.outcome.error), (&whole.events, &whole.error));
    let was_ready = whole.was_ready();
    let error = whole.error.unwrap_or_else(|| end.session.end_of_input());
    assert!(!error.to_string().is_empty());
    if error.failure().is_some() {
        assert!(error.in_handshake());
    }
    was_ready
}

#[test]
fn random_bytes_never_panic() {
    let mut random = Random(0x5eed_0001);
    for round in 0..3000 {
        let config = any_config(&mut random);
        let len = random.below(400);
        let mut bytes = random.bytes(len);
        // Further and further into the connection, so that noise is not stopped at the door.
        let front = match round % 6 {
            0 => Vec::new(),
            1 => SIGNATURE.to_vec(),
            2 => greeting(1),
            3 => [SIGNATURE, &[random.below(2) as u8]].concat(),
            4 => [SIGNATURE, b"\x01\x00\x00\x00"].concat(),
            _ => [greeting(1), ready(b"")].concat(),
        };
        bytes.splice(0..0, front);
        survive(&config, &bytes, &mut random);
    }
}

#[test]
fn conversations_with_a_few_wrong_bytes_never_panic() {
    let mut random = Random(0x5eed_0002);
    let mut ready_at_all = 0;
    for _ in 0..3000 {
        let config = any_config(&mut random);
        let peer = config.socket_type.peers().first().map_or("STREAM", |peer| peer.name());
        let mut bytes = [
            hello(random.below(2) as u8, peer),
            b"\x04\x07\x04PING\0\x01".to_vec(),
            b"\x01\x00\x00\x03abc".to_vec(),
            b"\x04\x0d\x09SUBSCRIBEtop\x04\x08\x04JOINgrp".to_vec(),
            frame(1, &random.bytes(300)),
            frame(0, &random.bytes(10)),
            b"\x04\x05\x05LEAVE".to_vec(),
        ]
        .concat();
        for _ in 0..random.below(4) {
            let at = random.below(bytes.len());
            bytes[at] = random.next() as u8;
        }
        ready_at_all += u32::from(survive(&config, &bytes, &mut random));
    }
    assert!((1000..3000).contains(&ready_at_all), "{ready_at_all}");
}

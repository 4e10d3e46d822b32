//! Heartbeats: PING, PONG, and what silence means.

#![forbid(unsafe_code)]

use super::script::*;
use super::simulator::Pair;
use crate::zmtp::config::Millis;
use crate::zmtp::{Config, HeartbeatConfig, PeerError, SocketType};

const PONG: &[u8] = b"\x04\x05\x04PONG";

fn beating(socket_type: SocketType, interval: Millis, timeout: Millis, ttl: u16) -> Config {
    let timeout = Some(timeout).filter(|timeout| *timeout > 0);
    let heartbeat = HeartbeatConfig { interval: Some(interval), timeout, ttl };
    Config { heartbeat, ..config(socket_type) }
}

fn ping(ttl: u16, context: &[u8]) -> Vec<u8> {
    frame(4, &[b"\x04PING", &ttl.to_be_bytes()[..], context].concat())
}

#[test]
fn w012_57_to_59_pings_are_answered() {
    let mut end = established(config(SocketType::Pull), 0, "PUSH", 0);
    let mut answer = |ping: &[u8]| {
        end.receive(ping, 0);
        end.written()
    };
    assert_eq!(answer(&ping(0, b"")), PONG);
    assert_eq!(answer(&ping(12, b"CTX")), b"\x04\x08\x04PONGCTX");
    let context = b"0123456789abcdefghij";
    assert_eq!(answer(&ping(0, context)), b"\x04\x15\x04PONG0123456789abcdef");
    assert_eq!(answer(b"\x04\x05\x04PING"), b"");
    assert_eq!(answer(b"\x04\x06\x04PING\0"), b"");
    assert_eq!(answer(PONG), b"");
}

#[test]
fn the_answer_goes_before_the_next_frame_even_inside_a_message() {
    let mut end = established(config(SocketType::Push), 1, "PULL", 0);
    assert_eq!(end.encoded(msg(b"a", true)), b"\x01\x01a");
    // Received, but not transmitted yet.
    end.session.receive(&ping(0, b""), 0).unwrap();
    assert_eq!(end.encoded(msg(b"b", false)), [PONG, b"\x00\x01b"].concat());
    assert_eq!(end.encoded(msg(b"c", false)), b"\x00\x01c");
}

#[test]
fn a_peer_that_does_not_read_cannot_make_us_pile_up_answers() {
    let mut end = established(config(SocketType::Pull), 1, "PUSH", 0);
    for _ in 0..1000 {
        end.receive(&ping(0, b"first"), 0);
    }
    end.receive(&ping(0, b"last"), 0);
    assert_eq!(end.out.len(), 12);
    // When it has left, the newest follows.
    assert_eq!(end.written(), b"\x04\x0a\x04PONGfirst");
    assert_eq!(end.written(), b"\x04\x09\x04PONGlast");
    assert_eq!(end.written(), b"");
    // The same in one go.
    end.receive(&ping(0, b"").repeat(1000), 0);
    assert_eq!(end.written(), PONG);
    assert_eq!(end.written(), b"");
}

#[test]
fn w012_60_a_ttl_is_counted_in_more_than_16_bits() {
    for (ttl, span) in [(1, 100), (655, 65_500), (656, 65_600), (16_384, 1_638_400)] {
        let mut end = established(config(SocketType::Pull), 1, "PUSH", 0);
        end.receive(&ping(ttl, b""), 1000);
        assert_eq!(end.session.deadline(), Some(1000 + span));
        assert_eq!(end.timeout(1000 + span - 1), Ok(()));
        assert_eq!(end.timeout(1000 + span), Err(PeerError::TtlExpired { ttl: span }));
    }
    let mut end = established(config(SocketType::Pull), 1, "PUSH", 0);
    end.receive(&ping(0, b""), 1000);
    assert_eq!(end.session.deadline(), None);
}

#[test]
fn w012_61_any_whole_frame_is_a_sign_of_life() {
    for sign in [&b"\x00\x01x"[..], b"\x01\x00", b"\x04\x05\x04NOPE", b"\x04\x00", PONG] {
        let mut end = established(config(SocketType::Pull), 1, "PUSH", 0);
        end.receive(&ping(1, b""), 0);
        end.receive(&sign[..sign.len() - 1], 99);
        assert_eq!(end.session.deadline(), Some(100));
        end.receive(&sign[sign.len() - 1..], 99);
        assert_eq!((end.session.deadline(), end.timeout(1000)), (None, Ok(())));
    }
    // Another PING starts the time again.
    let mut end = established(config(SocketType::Pull), 1, "PUSH", 0);
    end.receive(&ping(1, b""), 0);
    end.receive(&ping(2, b""), 50);
    assert_eq!(end.session.deadline(), Some(250));
}

#[test]
fn w012_62_the_first_ping_comes_one_interval_after_the_handshake() {
    let mut end = End::new(beating(SocketType::Push, 200, 500, 123), 0);
    end.receive(&greeting(1), 0);
    end.written();
    assert_eq!(end.session.deadline(), None);
    end.receive(&ready_as("PULL"), 1000);
    assert_eq!(end.session.deadline(), Some(1200));
    assert_eq!((end.timeout(1199), end.written()), (Ok(()), Vec::new()));
    assert_eq!((end.timeout(1200), end.written()), (Ok(()), b"\x04\x07\x04PING\0\x7b".to_vec()));
    assert_eq!(end.session.deadline(), Some(1400));
    assert_eq!((end.timeout(1400), end.written()), (Ok(()), ping(123, b"")));
    // The time to answer runs from the first PING.
    assert_eq!((end.timeout(1600), end.session.deadline()), (Ok(()), Some(1700)));
    assert_eq!(end.timeout(1700), Err(PeerError::HeartbeatLost { timeout: 500 }));
    assert_eq!(end.session.deadline(), None);
    let error = PeerError::HeartbeatLost { timeout: 500 };
    assert!(!error.is_protocol() && !error.in_handshake() && error.failure().is_none());
}

#[test]
fn answers_keep_a_connection_alive_and_silence_ends_it() {
    let mut end = established(beating(SocketType::Push, 100, 50, 0), 1, "PULL", 0);
    for now in [100, 200, 300] {
        assert_eq!((end.timeout(now), end.session.deadline()), (Ok(()), Some(now + 50)));
        end.receive(PONG, now + 49);
        assert_eq!(end.session.deadline(), Some(now + 100));
    }
    assert_eq!(end.timeout(400), Ok(()));
    assert_eq!(end.timeout(450), Err(PeerError::HeartbeatLost { timeout: 50 }));

    let mut end = established(beating(SocketType::Push, 100, 0, 0), 1, "PULL", 0);
    for now in [100, 200, 300, 400] {
        assert_eq!((end.timeout(now), end.session.deadline()), (Ok(()), Some(now + 100)));
    }
}

#[test]
fn w012_63_old_peers_get_no_pings() {
    let versioned = |revision, identity: &[u8]| [SIGNATURE, &[revision, 7], identity].concat();
    for script in [b"\x01\x00".to_vec(), versioned(0, b"\x01\x00"), versioned(1, b"\x00\x00")] {
        let mut end = End::new(beating(SocketType::Push, 100, 50, 1), 0);
        end.receive(&script, 0);
        end.written();
        assert!(end.session.is_ready());
        end.session.pause(true, 0);
        assert_eq!((end.session.deadline(), end.timeout(1000)), (None, Ok(())));
        assert_eq!(end.written(), b"");
    }
    let mut end = established(beating(SocketType::Push, 100, 50, 1), 0, "PULL", 0);
    assert_eq!((end.timeout(100), end.written()), (Ok(()), ping(1, b"")));
}

#[test]
fn pings_to_a_peer_that_does_not_read_do_not_pile_up() {
    let mut end = established(beating(SocketType::Push, 100, 0, 1), 1, "PULL", 0);
    for round in 1..100 {
        assert_eq!(end.timeout(round * 100), Ok(()));
    }
    assert_eq!(end.out.len(), ping(1, b"").len());
}

#[test]
fn paused_nothing_is_concluded_from_silence() {
    let mut end = established(beating(SocketType::Pull, 100, 50, 0), 1, "PUSH", 0);
    end.receive(&ping(1, b""), 90);
    end.written();
    assert_eq!((end.timeout(100), end.written()), (Ok(()), ping(0, b"")));
    end.session.pause(true, 110);
    for now in (150..10_000).step_by(50) {
        assert_eq!(end.timeout(now), Ok(()));
    }
    // Going on, what was awaited gets its whole time again.
    end.session.pause(false, 10_000);
    assert_eq!(end.timeout(10_049), Ok(()));
    assert_eq!(end.timeout(10_050), Err(PeerError::HeartbeatLost { timeout: 50 }));

    let mut end = established(config(SocketType::Pull), 1, "PUSH", 0);
    end.receive(&ping(2, b""), 0);
    end.session.pause(true, 100);
    assert_eq!(end.timeout(5000), Ok(()));
    end.session.pause(false, 5000);
    assert_eq!(end.timeout(5199), Ok(()));
    assert_eq!(end.timeout(5200), Err(PeerError::TtlExpired { ttl: 200 }));
}

#[test]
fn paused_a_peer_without_heartbeats_is_left_alone() {
    let mut end = established(config(SocketType::Pull), 1, "PUSH", 0);
    end.session.pause(true, 0);
    end.session.transmit(&mut end.out);
    assert_eq!((end.written(), end.session.deadline()), (Vec::new(), None));
    end.session.pause(false, 9000);
    assert_eq!(end.session.deadline(), None);
}

#[test]
fn paused_the_peer_hears_of_us() {
    // Of its interval nothing is known yet: every 50 ms.
    let mut end = established(config(SocketType::Pull), 1, "PUSH", 0);
    end.receive(&ping(0, b""), 5);
    end.written();
    end.session.pause(true, 10);
    end.session.transmit(&mut end.out);
    assert_eq!(end.written(), PONG);
    for now in [60, 110, 160] {
        assert_eq!(end.session.deadline(), Some(now));
        assert_eq!((end.timeout(now - 1), end.written()), (Ok(()), Vec::new()));
        assert_eq!((end.timeout(now), end.written()), (Ok(()), PONG.to_vec()));
    }
    // Not after something else, but then it is looked again sooner.
    end.encoded(msg(b"x", false));
    assert_eq!((end.timeout(210), end.written()), (Ok(()), Vec::new()));
    assert_eq!((end.timeout(235), end.written()), (Ok(()), PONG.to_vec()));
    assert_eq!(end.session.deadline(), Some(285));
}

#[test]
fn paused_the_peers_own_interval_counts() {
    let mut end = established(config(SocketType::Pull), 1, "PUSH", 0);
    end.receive(&ping(0, b""), 1000);
    end.receive(&ping(0, b""), 1400);
    // These came in one go.
    end.receive(&ping(0, b"").repeat(3), 1400);
    end.written();
    end.session.pause(true, 1500);
    assert_eq!(end.session.deadline(), Some(1700));
    end.session.pause(false, 9000);
    // What was waiting says nothing about the interval, nor does the pause.
    end.receive(&ping(0, b"").repeat(3), 9000);
    end.session.pause(true, 9001);
    assert_eq!(end.session.deadline(), Some(9201));
}

#[test]
fn a_slow_reader_and_a_busy_writer_do_not_lose_each_other() {
    // Both beat, with times that silence would break quickly.
    let configs = || [beating(SocketType::Push, 100, 60, 2), beating(SocketType::Pull, 130, 70, 3)];
    for step in [1, 1000] {
        let mut pair = Pair::new(configs(), step);
        pair.shake_hands();
        assert_eq!(pair.run_until(1000), Ok(()));
        pair.pause(1, true);
        assert_eq!(pair.run_until(3000), Ok(()));
        let before = pair.received(0);
        assert_eq!(pair.run_until(8000), Ok(()));
        // A sign every 50 ms at most, and our PINGs.
        let signs = (pair.received(0) - before) / PONG.len();
        assert!((75..=200).contains(&signs), "{signs}");
        pair.pause(1, false);
        assert_eq!(pair.run_until(20_000), Ok(()));
        pair.send(0, [msg(b"still there", false)]);
    }
    // And to be sure that they would: without a word about the pause they do.
    let mut pair = Pair::new(configs(), 1000);
    pair.shake_hands();
    assert_eq!(pair.run_until(1000), Ok(()));
    pair.pause(1, true);
    pair.ends[1].session.pause(false, 1000);
    assert!(pair.run_until(3000).is_err());
}

#[test]
fn idle_pairs_beat_for_ever() {
    let configs = [beating(SocketType::Dealer, 100, 50, 5), config(SocketType::Router)];
    let mut pair = Pair::new(configs, 1000);
    pair.shake_hands();
    assert_eq!(pair.run_until(100_000), Ok(()));
    assert_eq!(pair.send(0, [msg(b"x", false)]), [data(b"x", false)]);
}

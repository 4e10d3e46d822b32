//! What the two sides tell each other about themselves.

#![forbid(unsafe_code)]

use super::script::*;
use crate::zmtp::{Config, Failure, PeerError, SocketType};

fn own_ready(config: &Config) -> Vec<u8> {
    play(config, false, [&greeting(1)[..]]).sent.split_off(64)
}

fn told(metadata: &[u8]) -> Outcome {
    converse(&config(SocketType::Router), &[greeting(1), ready(metadata)].concat())
}

/// Names and values.
type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

/// The properties that the application sees, and the routing id.
fn seen(outcome: &Outcome) -> (Pairs, Option<Vec<u8>>) {
    let Some(Seen::Ready { properties, routing_id, .. }) = outcome.events.first() else {
        panic!("{outcome:?}")
    };
    (properties.clone(), routing_id.clone())
}

#[test]
fn w012_46_and_47_what_each_type_says() {
    let ready = own_ready(&config(SocketType::Pull));
    assert_eq!(ready, b"\x04\x1a\x05READY\x0bSocket-Type\0\0\0\x04PULL");
    for socket_type in SocketType::ALL {
        let config = Config { routing_id: b"ID".to_vec(), ..config(socket_type) };
        let ready = own_ready(&config);
        let expected = property(b"Socket-Type", socket_type.name().as_bytes());
        let with_id = matches!(socket_type.name(), "REQ" | "DEALER" | "ROUTER");
        let id = if with_id { property(b"Identity", b"ID") } else { Vec::new() };
        assert_eq!(ready, super::script::ready(&[expected, id].concat()), "{socket_type}");
    }
    let ready = own_ready(&config(SocketType::Req));
    assert_eq!(ready, b"\x04\x26\x05READY\x0bSocket-Type\0\0\0\x03REQ\x08Identity\0\0\0\0");
}

#[test]
fn w012_48_properties_of_the_application_are_sorted() {
    let properties = [("X-b", "2"), ("X-a", "1"), ("X-B", "3")];
    let properties = properties.map(|(name, value)| (name.into(), value.into())).to_vec();
    let ready = own_ready(&Config { properties, ..config(SocketType::Dealer) });
    let expected = [
        property(b"Socket-Type", b"DEALER"),
        property(b"Identity", b""),
        property(b"X-B", b"3"),
        property(b"X-a", b"1"),
        property(b"X-b", b"2"),
    ];
    assert_eq!(ready, super::script::ready(&expected.concat()));
}

#[test]
fn a_long_ready_takes_the_long_form() {
    let properties = vec![(b"X-long".to_vec(), vec![b'v'; 300])];
    let ready = own_ready(&Config { properties, ..config(SocketType::Dealer) });
    assert_eq!(ready[0], 6);
    let outcome = converse(&config(SocketType::Dealer), &[greeting(1), ready].concat());
    assert!(seen(&outcome).0.contains(&(b"X-long".to_vec(), vec![b'v'; 300])));
}

#[test]
fn w012_49_and_54_what_the_application_sees() {
    assert_eq!(seen(&told(b"")), (Vec::new(), None));
    let metadata = [
        property(b"Socket-Type", b"DEALER"),
        property(b"Identity", b"first"),
        property(b"X-a", b"1"),
        property(b"X-a", b"2"),
        property(b"", b"nameless"),
        property(b"socket-type", b"NONSENSE"),
        property(b"Identity", b"last"),
    ];
    let (properties, routing_id) = seen(&told(&metadata.concat()));
    let expected = [
        ("Socket-Type", "DEALER"),
        ("Identity", "first"),
        ("X-a", "1"),
        ("", "nameless"),
        ("socket-type", "NONSENSE"),
    ];
    assert_eq!(properties, expected.map(|(name, value)| (name.into(), value.into())));
    assert_eq!(routing_id.as_deref(), Some(&b"last"[..]));
}

#[test]
fn the_type_of_a_peer_is_known_if_it_tells() {
    for (metadata, expected) in
        [(property(b"Socket-Type", b"REQ"), Some(b"REQ".to_vec())), (Vec::new(), None)]
    {
        let outcome = told(&metadata);
        let Some(Seen::Ready { socket_type, .. }) = outcome.events.first() else { panic!() };
        assert_eq!(*socket_type, expected);
    }
}

#[test]
fn w012_50_metadata_that_breaks_off() {
    let whole = property(b"Socket-Type", b"DEALER");
    let huge = [b"\x01a", &u32::MAX.to_be_bytes()[..], b"v"].concat();
    let almost = [b"\x01a", &2_u32.to_be_bytes()[..], b"v"].concat();
    for tail in [&b"\x00"[..], b"\x05", b"\x05abcd", b"\x01a\0\0\0", &huge, &almost] {
        let metadata = [&whole[..], tail].concat();
        let error = PeerError::MetadataMalformed { len: metadata.len(), left: tail.len() };
        assert_eq!(told(&metadata).error, Some(error.clone()));
        let failure = Some(Failure::Protocol(0x1000_0018));
        assert_eq!(
            (error.failure(), error.is_protocol(), error.in_handshake()),
            (failure, true, true)
        );
    }
}

#[test]
fn w012_51_types_that_do_not_fit() {
    for name in [&b"PUSH"[..], b"ROUTERX", b"dealer", b"", b"DEALE"] {
        let outcome = told(&property(b"Socket-Type", name));
        let own = SocketType::Router;
        let error = PeerError::SocketTypeMismatch { own, peer: name.to_vec() };
        assert_eq!(outcome.error, Some(error.clone()));
        let failure = Some(Failure::Protocol(0x1000_0018));
        assert_eq!((error.failure(), error.is_protocol()), (failure, true));
        assert_eq!(outcome.events, []);
    }
    // Each occurrence is looked at.
    let twice = [property(b"Socket-Type", b"DEALER"), property(b"Socket-Type", b"PUSH")].concat();
    assert!(matches!(told(&twice).error, Some(PeerError::SocketTypeMismatch { .. })));
}

#[test]
fn w012_52_what_only_we_know_cannot_be_forged() {
    let names = [&b"User-Id"[..], b"Peer-Address", b"Routing-Id", b"__fd"];
    let metadata = names.map(|name| property(name, b"forged")).concat();
    assert_eq!(seen(&told(&metadata)), (Vec::new(), None));
}

#[test]
fn w012_55_which_routing_ids_are_taken() {
    let id = |value: &[u8]| seen(&told(&property(b"Identity", value))).1;
    assert_eq!(id(b""), None);
    assert_eq!(id(b"x"), Some(b"x".to_vec()));
    assert_eq!(id(&[b'x'; 255]), Some(vec![b'x'; 255]));
    assert_eq!(id(&[b'x'; 256]), None);
    // As libzmq does, though a generated id looks the same.
    assert_eq!(id(b"\0abcd"), Some(b"\0abcd".to_vec()));
}

#[test]
fn more_metadata_than_is_kept_is_refused() {
    let many = |count: usize| -> Vec<u8> {
        (0..count).flat_map(|at| property(format!("X-{at}").as_bytes(), b"v")).collect()
    };
    assert_eq!(seen(&told(&many(64))).0.len(), 64);
    let metadata = many(65);
    let error = PeerError::MetadataTooLarge { count: 65, len: metadata.len() };
    assert_eq!(told(&metadata).error, Some(error.clone()));
    assert_eq!(error.failure(), Some(Failure::Protocol(0x1000_0018)));

    let large = property(b"X", &vec![b'v'; 32 * 1024 - 6]);
    assert_eq!(seen(&told(&large)).0.len(), 1);
    let larger = property(b"X", &vec![b'v'; 32 * 1024 - 5]);
    let error = PeerError::MetadataTooLarge { count: 1, len: 32 * 1024 + 1 };
    assert_eq!(told(&larger).error, Some(error));
}

#[test]
fn names_and_numbers_of_types_agree() {
    for (number, socket_type) in SocketType::ALL.into_iter().enumerate() {
        assert_eq!(usize::from(socket_type.number()), number);
        assert_eq!(SocketType::from_number(number as i32), Some(socket_type));
        // Whoever is talked to talks back.
        for peer in socket_type.peers() {
            assert!(peer.peers().contains(&socket_type), "{socket_type} and {peer}");
        }
    }
    assert_eq!(SocketType::from_number(21), None);
    assert_eq!(SocketType::from_number(-1), None);
}

//! Endpoints: what is split can be put together again, addresses are what the C library takes them
//! for, and what is printed is read as the same address.
//!
//! Input: options; then an endpoint. Nothing here asks for a name or an interface.

#![no_main]

use std::net::{IpAddr, SocketAddr};

use dns_lookup::{AddrInfoHints, getaddrinfo};
use libfuzzer_sys::fuzz_target;
use zmq::fuzzing::{
    connect_to, host_and_zone, ip_address, leading_number, listen_at, split_endpoint,
};

/// `AI_NUMERICHOST`
const NUMERIC: i32 = 4;

/// The address that the C library reads.
fn c_address(text: &str) -> Option<IpAddr> {
    let hints = AddrInfoHints { flags: NUMERIC, ..AddrInfoHints::default() };
    let found = getaddrinfo(Some(text), None, Some(hints)).ok()?.next()?.ok()?;
    Some(found.sockaddr.ip())
}

/// What stands before and behind the first `://`, if anything does and a transport has that name.
fn model(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = (0..text.len()).find(|&at| text[at..].starts_with(b"://"))?;
    let (scheme, address) = (&text[..at], &text[at + 3..]);
    let is_known = [&b"inproc"[..], b"tcp", b"ipc", b"udp"].contains(&scheme);
    (is_known && !address.is_empty()).then_some((scheme, address))
}

/// Whether the system has to be asked what a part of a tcp address is: an interface, a name, a
/// zone that is not a number.
fn asks(host_and_port: &str) -> bool {
    let Some((host, _)) = host_and_port.rsplit_once(':') else { return false };
    let (host, zone) = host_and_zone(host);
    let is_plain = host == "*" || host.parse::<IpAddr>().is_ok();
    !is_plain || zone.is_some_and(|zone| zone.starts_with(|first: char| first.is_alphabetic()))
}

fuzz_target!(|data: &[u8]| {
    let Some((&options, text)) = data.split_first() else { return };
    // Programs hand over C strings.
    let text = text.split(|&byte| byte == 0).next().unwrap_or_default();
    let ipv6 = options & 1 != 0;
    // So that not every input has to find the name of a transport.
    let text = match options >> 1 & 3 {
        0 => text.to_vec(),
        1 | 2 => [b"tcp://", text].concat(),
        _ => [b"ipc://", text].concat(),
    };
    leading_number(&text);
    let split = split_endpoint(&text);
    assert_eq!(split.ok().map(|(scheme, address)| (scheme.as_bytes(), address)), model(&text));
    let Ok((scheme, address)) = split else {
        assert!(connect_to(&text, ipv6).is_err());
        return;
    };
    if scheme == "tcp" {
        let Ok(address) = std::str::from_utf8(address) else {
            assert!(connect_to(&text, ipv6).is_err());
            assert!(listen_at(address, ipv6).is_err());
            return;
        };
        let (host, _) = address.rsplit_once(':').unwrap_or((address, ""));
        let (host, _) = host_and_zone(host);
        // A zone has been taken off, and is asked for separately.
        if !host.contains('%') {
            assert_eq!(ip_address(host), c_address(host), "{host:?}");
        }
        if address.split(';').any(asks) {
            return;
        }
        if let Ok(at) = listen_at(address.as_bytes(), ipv6) {
            check_numbers(address, at);
            assert_eq!(at.is_ipv6(), ipv6);
            read_again(at, ipv6);
        }
    }
    if let Ok(Some(printed)) = connect_to(&text, ipv6) {
        for endpoint in printed {
            assert_eq!(connect_to(&endpoint, ipv6), Ok(Some(vec![endpoint.clone()])));
        }
    }
});

/// Port and zone, where they are plain numbers.
fn check_numbers(address: &str, at: SocketAddr) {
    let (host, port) = address.rsplit_once(':').unwrap_or_default();
    if let Ok(port) = port.parse::<u16>() {
        assert_eq!(at.port(), port);
    }
    let (_, zone) = host_and_zone(host);
    if let (SocketAddr::V6(at), Some(Ok(zone))) = (at, zone.map(str::parse::<u32>)) {
        assert_eq!(at.scope_id(), zone);
    }
}

/// Somebody binds, or connects, to the place that is printed.
fn read_again(at: SocketAddr, ipv6: bool) {
    let address = at.to_string();
    assert_eq!(listen_at(address.as_bytes(), ipv6), Ok(at));
    let found = connect_to(format!("tcp://{address}").as_bytes(), ipv6);
    assert!(found.is_ok_and(|found| found.is_some()), "{address}");
}

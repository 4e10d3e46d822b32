//! How addresses and numbers are spelled: as in C, not as in `std`.
//!
//! `127.1` and `0x7f.1` are addresses, a zone may follow, IPv4 becomes IPv6 where the socket speaks
//! that, and numbers end where their digits do.

#![forbid(unsafe_code)]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::sys::net_names;

/// Takes a host apart: without its brackets, and with the zone that follows the last `%`.
pub(crate) fn host_and_zone(text: &str) -> (&str, Option<&str>) {
    let text = match text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
        Some(inner) => inner,
        None => text,
    };
    match text.rsplit_once('%') {
        Some((host, zone)) => (host, Some(zone)),
        None => (text, None),
    }
}

/// The number of a zone: that of an interface, which is not looked up, or that of a name, which is.
pub(crate) fn zone(text: &str) -> Option<u32> {
    if text.starts_with(|first: char| first.is_ascii_alphabetic()) {
        net_names::interface_number(text)
    } else {
        Some(leading_number(text.as_bytes()) as u32).filter(|&number| number != 0)
    }
}

/// Reads an address of either family.
pub(crate) fn address(text: &str) -> Option<IpAddr> {
    let v4 = ipv4(text).map(IpAddr::V4);
    v4.or_else(|| text.parse::<Ipv6Addr>().ok().map(IpAddr::V6))
}

/// An address in the family that a socket speaks, if it can be said there.
pub(crate) fn in_family(address: IpAddr, ipv6: bool) -> Option<IpAddr> {
    match (address, ipv6) {
        (IpAddr::V4(v4), true) => Some(IpAddr::V6(v4.to_ipv6_mapped())),
        (IpAddr::V6(v6), false) => v6.to_ipv4_mapped().map(IpAddr::V4),
        (IpAddr::V4(_), false) | (IpAddr::V6(_), true) => Some(address),
    }
}

/// Reads IPv4 as C's `inet_aton` does: one to four numbers, decimal, octal or hexadecimal, of which
/// the last one fills what is left.
fn ipv4(text: &str) -> Option<Ipv4Addr> {
    let mut parts = text.split('.').map(c_integer);
    let mut address: u32 = 0;
    let mut bits_left = 32;
    let mut last = parts.next()??;
    for part in parts {
        if last > 0xff || bits_left == 8 {
            return None;
        }
        bits_left -= 8;
        address |= last << bits_left;
        last = part?;
    }
    if bits_left < 32 && last >> bits_left != 0 {
        return None;
    }
    Some(Ipv4Addr::from_bits(address | last))
}

/// Reads a number with the prefixes of C: `0x` for hexadecimal, `0` for octal.
fn c_integer(text: &str) -> Option<u32> {
    if !text.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) if digits.starts_with('+') => None,
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None if text.len() > 1 && text.starts_with('0') => u32::from_str_radix(text, 8).ok(),
        None => text.parse().ok(),
    }
}

/// The number a text starts with, as C's `strtol` reads it: blanks, a sign, digits; 0 if none.
pub(crate) fn leading_number(text: &[u8]) -> i64 {
    let blanks = text.iter().take_while(|byte| matches!(byte, b' ' | b'\t'..=b'\r')).count();
    let (negative, digits) = match text.get(blanks..).unwrap_or_default() {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    let number =
        digits.iter().take_while(|byte| byte.is_ascii_digit()).fold(0_i64, |number, &digit| {
            number.saturating_mul(10).saturating_add(i64::from(digit - b'0'))
        });
    if negative { -number } else { number }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_and_zones() {
        for (text, apart) in [
            ("a", ("a", None)),
            ("[a]", ("a", None)),
            ("[a%b]", ("a", Some("b"))),
            ("a%b%c", ("a%b", Some("c"))),
            ("[a]%b", ("[a]", Some("b"))),
            ("a%", ("a", Some(""))),
            ("[", ("[", None)),
            ("[]", ("", None)),
            ("", ("", None)),
        ] {
            assert_eq!(host_and_zone(text), apart, "{text:?}");
        }
    }

    #[test]
    fn the_number_an_address_stands_for() {
        for (text, address) in [
            ("1", [0, 0, 0, 1]),
            ("127.1", [127, 0, 0, 1]),
            ("1.2.65535", [1, 2, 255, 255]),
            ("1.2.3.4", [1, 2, 3, 4]),
            ("010.0x10.1", [8, 16, 0, 1]),
            ("4294967295", [255; 4]),
            ("0", [0; 4]),
        ] {
            assert_eq!(ipv4(text), Some(Ipv4Addr::from(address)), "{text}");
        }
    }

    #[test]
    fn families() {
        let ip = |text: &str| text.parse::<IpAddr>().expect("an address");
        assert_eq!(in_family(ip("1.2.3.4"), false), Some(ip("1.2.3.4")));
        assert_eq!(in_family(ip("1.2.3.4"), true), Some(ip("::ffff:1.2.3.4")));
        assert_eq!(in_family(ip("::ffff:1.2.3.4"), false), Some(ip("1.2.3.4")));
        assert_eq!(in_family(ip("::1"), false), None);
        assert_eq!(in_family(ip("::1"), true), Some(ip("::1")));
    }

    #[test]
    fn numbers_as_c_reads_them() {
        for (text, number) in [
            (&b""[..], 0),
            (b"x", 0),
            (b"8x", 8),
            (b" \t\n\x0b\x0c\r8", 8),
            (b"+8", 8),
            (b"-8", -8),
            (b"--8", 0),
            (b"0x10", 0),
            (b"008", 8),
            (b"99999999999999999999", i64::MAX),
        ] {
            assert_eq!(leading_number(text), number, "{text:?}");
        }
    }
}

//! The addresses that TCP_ACCEPT_FILTER lets in.
//!
//! The spelling of addresses is that of C's resolver, not that of `std`: `127.1` and `0x7f.1` are
//! addresses, a zone may follow, and IPv4 becomes IPv6 where the socket speaks that.

#![forbid(unsafe_code)]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::parse::until_nul;
use crate::error::{Error, Result};
use crate::transport::spelling::{self, leading_number};

/// A range of addresses of one family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AcceptFilter {
    /// Any address of the range.
    network: IpAddr,
    /// How many bits, from the first, an address has to share with it.
    prefix: u32,
}

impl AcceptFilter {
    /// Reads `address`, `address/bits`, with the address in brackets or not.
    ///
    /// With `ipv6`, ranges are ranges of IPv6, where IPv4 has its place (`::ffff:0:0/96`), and
    /// bits are counted there; without, only IPv4 can be given.
    pub(super) fn parse(text: &[u8], ipv6: bool) -> Result<AcceptFilter> {
        let text = std::str::from_utf8(until_nul(text)).map_err(|_| Error::Invalid)?;
        let (address, bits) = match text.rsplit_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let network = parse_address(address, ipv6).ok_or(Error::Invalid)?;
        let max = match network {
            IpAddr::V4(_) => Ipv4Addr::BITS,
            IpAddr::V6(_) => Ipv6Addr::BITS,
        };
        let prefix = match bits {
            None => max,
            // Spelled any other way a zero is what `leading_number` makes of nonsense.
            Some("0") => 0,
            Some(bits) => u32::try_from(leading_number(bits.as_bytes()))
                .ok()
                .filter(|bits| (1..=max).contains(bits))
                .ok_or(Error::Invalid)?,
        };
        Ok(AcceptFilter { network, prefix })
    }

    /// Whether a peer of this address is in the range; one of the other family never is.
    pub(crate) fn matches(&self, peer: IpAddr) -> bool {
        match (self.network, peer) {
            (IpAddr::V4(network), IpAddr::V4(peer)) => {
                let differing = network.to_bits() ^ peer.to_bits();
                differing.leading_zeros() >= self.prefix
            }
            (IpAddr::V6(network), IpAddr::V6(peer)) => {
                let differing = network.to_bits() ^ peer.to_bits();
                differing.leading_zeros() >= self.prefix
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

/// Reads an address, of the family the socket speaks.
fn parse_address(text: &str, ipv6: bool) -> Option<IpAddr> {
    let (text, zone) = spelling::host_and_zone(text);
    if let Some(zone) = zone {
        // Peers are compared by their address alone: that there is such a zone is all it says.
        spelling::zone(zone)?;
    }
    spelling::address(text).and_then(|address| spelling::in_family(address, ipv6))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Text, and whether a socket without and with IPv6 takes it; measured on libzmq 4.3.4.
    const CASES: &[(&str, bool, bool)] = &[
        ("1.2.3.4", true, true),
        ("127.1", true, true),
        ("1", true, true),
        ("0", true, true),
        ("00", true, true),
        ("0x7f.1", true, true),
        ("0X7f.1", true, true),
        ("0x7F.0x0.1", true, true),
        ("010.1", true, true),
        ("0377.1.1.1", true, true),
        ("0400.1.1.1", false, false),
        ("0x00000000001.1.1.1", true, true),
        ("08.1.1.1", false, false),
        ("0x", false, false),
        ("0x+1", false, false),
        ("+1", false, false),
        ("256.1.1.1", false, false),
        ("1.2.3.256", false, false),
        ("1.2.65535", true, true),
        ("1.2.65536", false, false),
        ("1.16777215", true, true),
        ("1.16777216", false, false),
        ("4294967295", true, true),
        ("4294967296", false, false),
        ("1.2.3.4.5", false, false),
        ("1..2", false, false),
        ("1.2.3.4.", false, false),
        ("1.2.3.4 ", false, false),
        (" 1.2.3.4", false, false),
        ("1.2.3.4:5", false, false),
        ("[1.2.3.4]", true, true),
        ("[1.2.3.4]/8", true, true),
        ("[1]", true, true),
        ("[1.2.3.4%1]", true, true),
        ("1.2.3.4%1", true, true),
        ("1.2.3.4%9lo", true, true),
        ("1.2.3.4%0", false, false),
        ("1.2.3.4%_", false, false),
        ("1.2.3.4%..", false, false),
        ("1.2.3.4%no-such-device", false, false),
        ("1.2.3.4%lo/../lo", false, false),
        ("1.2.3.4\0zz/77", true, true),
        ("1.2.3.4/0", true, true),
        ("1.2.3.4/1", true, true),
        ("1.2.3.4/32", true, true),
        ("1.2.3.4/33", false, true),
        ("1.2.3.4/128", false, true),
        ("1.2.3.4/129", false, false),
        ("1.2.3.4/8x", true, true),
        ("1.2.3.4/+8", true, true),
        ("1.2.3.4/ 8", true, true),
        ("1.2.3.4/\t8", true, true),
        ("1.2.3.4/08", true, true),
        ("1.2.3.4/00", false, false),
        ("1.2.3.4/0x10", false, false),
        ("1.2.3.4/", false, false),
        ("1.2.3.4/x", false, false),
        ("1.2.3.4/-1", false, false),
        ("1.2.3.4//8", false, false),
        ("1.2.3.4/8/9", false, false),
        ("1.2.3.4/4294967304", false, false),
        ("1.2.3.4/18446744073709551624", false, false),
        ("::ffff:1.2.3.4", true, true),
        ("::FFFF:7f00:1", true, true),
        ("[::ffff:1.2.3.4]", true, true),
        ("::ffff:1.2.3.4/32", true, true),
        ("::ffff:1.2.3.4/33", false, true),
        ("::1.2.3.4", false, true),
        ("::", false, true),
        ("::1", false, true),
        ("[::1]", false, true),
        ("[::1]/64", false, true),
        ("::1/0", false, true),
        ("::1/128", false, true),
        ("::1/129", false, false),
        ("fe80::1%1", false, true),
        ("fe80::1%999", false, true),
        ("fe80::1%lo", false, true),
        ("[fe80::1%lo]", false, true),
        ("fe80::1%lo/64", false, true),
        ("fe80::1%no-such-device", false, false),
        ("::1%-1", false, true),
        ("::1% 1", false, true),
        ("::1%", false, false),
        ("::1%0", false, false),
        ("::1%4294967296", false, false),
        ("[fe80::1]%lo", false, false),
        ("%lo", false, false),
        ("00000::1", false, false),
        ("0::0::1", false, false),
        ("::1.2.3", false, false),
        ("[::1", false, false),
        ("::1]", false, false),
        ("[[::1]]", false, false),
        ("[]", false, false),
        ("[::1]:5", false, false),
        ("", false, false),
        ("/8", false, false),
        ("*", false, false),
        ("lo", false, false),
        ("localhost", false, false),
    ];

    #[test]
    fn the_spelling_of_addresses() {
        for &(text, without, with) in CASES {
            assert_eq!(AcceptFilter::parse(text.as_bytes(), false).is_ok(), without, "{text:?}");
            assert_eq!(AcceptFilter::parse(text.as_bytes(), true).is_ok(), with, "{text:?} IPv6");
        }
        assert_eq!(AcceptFilter::parse(b"1.2.3.\xff", false), Err(Error::Invalid));
    }

    /// Whether a filter, read with or without IPv6, lets an address in.
    fn admits(filter: &str, ipv6: bool, peer: &str) -> bool {
        AcceptFilter::parse(filter.as_bytes(), ipv6).unwrap().matches(peer.parse().unwrap())
    }

    #[test]
    fn ranges_of_ipv4() {
        assert!(admits("10.1.2.3", false, "10.1.2.3"));
        assert!(!admits("10.1.2.3", false, "10.1.2.2"));
        assert!(admits("10.1.2.3/8", false, "10.255.0.1"));
        assert!(!admits("10.1.2.3/8", false, "11.1.2.3"));
        assert!(admits("10.1.2.3/31", false, "10.1.2.2"));
        assert!(!admits("10.1.2.3/31", false, "10.1.2.1"));
        assert!(admits("0.0.0.0/0", false, "255.255.255.255"));
        assert!(!admits("0.0.0.0/0", false, "::1"));
    }

    #[test]
    fn ranges_of_ipv6() {
        assert!(admits("2001:db8::/33", true, "2001:db8:7fff::1"));
        assert!(!admits("2001:db8::/33", true, "2001:db8:8000::1"));
        assert!(admits("::1", true, "::1"));
        assert!(!admits("::1", true, "::2"));
        assert!(admits("::/0", true, "ffff::"));
        assert!(!admits("::/0", true, "1.2.3.4"));
    }

    #[test]
    fn ipv4_among_ipv6_counts_its_bits_from_the_left() {
        assert!(admits("10.1.2.3", true, "::ffff:10.1.2.3"));
        assert!(!admits("10.1.2.3", true, "::ffff:10.1.2.2"));
        assert!(admits("10.1.2.3/8", true, "::1"));
        assert!(admits("10.1.2.3/104", true, "::ffff:10.9.9.9"));
        assert!(!admits("10.1.2.3/104", true, "::ffff:11.1.2.3"));
    }
}

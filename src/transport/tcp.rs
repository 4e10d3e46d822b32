//! Addresses of tcp: `host:port`, with another one before a `;` to come from.

#![forbid(unsafe_code)]

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

use super::spelling::{self, leading_number};
use crate::error::{Error, Result};
use crate::sys::net_names::{self, Wanted};

/// What an address is for, which decides what can stand in the place of the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    /// To listen at: `*`, an interface, a literal, a name.
    Listen,
    /// To come from: the same without names.
    Source,
    /// To connect to: a literal or a name.
    Connect,
}

/// What a `host:port` leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Located {
    /// A socket address.
    Here(SocketAddr),
    /// A name that has to be looked up.
    Named(Name),
}

/// A host to look up, and what to add to the addresses it has.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Name {
    host: String,
    port: u16,
    zone: Option<u32>,
}

/// Where to connect to, as far as is known without asking anybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Route {
    to: Located,
    from: Option<SocketAddr>,
}

/// Where to listen; a name is looked up at once, and the first of its addresses taken.
///
/// A source before a `;` means nothing here, but has to be one.
pub(crate) fn listening_address(text: &[u8], ipv6: bool) -> Result<SocketAddr> {
    let (source, text) = split_source(text)?;
    if let Some(source) = source {
        locate(source, Use::Source, ipv6)?;
    }
    match locate(text, Use::Listen, ipv6)? {
        Located::Here(at) => Ok(at),
        Located::Named(name) => {
            let wanted = if ipv6 { Wanted::V6OrMapped } else { Wanted::V4 };
            match name.look_up(wanted) {
                Ok(found) => found.first().copied().ok_or(Error::NoDevice),
                // What the name has no part in.
                Err(error) => match error.raw_os_error() {
                    Some(errno @ (libc::EMFILE | libc::ENFILE | libc::ENOMEM)) => {
                        Err(Error::System(errno))
                    }
                    _ => Err(Error::NoDevice),
                },
            }
        }
    }
}

/// Whether the text could be an address to connect to: what can be seen of it without
/// understanding.
pub(super) fn looks_connectable(text: &[u8]) -> bool {
    let starts_well =
        text.first().is_some_and(|&first| first.is_ascii_alphanumeric() || b"[:".contains(&first));
    let goes_on_well =
        text.iter().skip(1).all(|byte| byte.is_ascii_alphanumeric() || b".-:%;[]_*".contains(byte));
    let port = text.rsplit(|&byte| byte == b':').next().unwrap_or_default();
    let has_port = port.len() < text.len() && port.first().is_some_and(u8::is_ascii_digit);
    starts_well && goes_on_well && has_port
}

impl Route {
    /// Reads `host:port` or `source:port;host:port`.
    ///
    /// Interfaces and zones are looked at now, so that this has to be done again for every attempt.
    pub(super) fn new(text: &[u8], ipv6: bool) -> Result<Route> {
        let (source, text) = split_source(text)?;
        let from = match source.map(|source| locate(source, Use::Source, ipv6)).transpose()? {
            Some(Located::Here(from)) => Some(from),
            Some(Located::Named(_)) => return Err(Error::NoDevice),
            None => None,
        };
        Ok(Route { to: locate(text, Use::Connect, ipv6)?, from })
    }

    /// Where it leads and where it starts, if no name has to be looked up.
    pub(super) fn known(&self) -> Option<(SocketAddr, Option<SocketAddr>)> {
        match &self.to {
            Located::Here(to) => Some((*to, self.from)),
            Located::Named(_) => None,
        }
    }

    /// All ends that it may have; may ask the resolver, and wait for it.
    pub(super) fn ends(&self, ipv6: bool) -> io::Result<Vec<(SocketAddr, Option<SocketAddr>)>> {
        let mut ends = match &self.to {
            Located::Here(to) => vec![*to],
            Located::Named(name) => {
                name.look_up(if ipv6 { Wanted::V6AndMapped } else { Wanted::V4 })?
            }
        };
        // Whoever speaks IPv6 is meant to use it; IPv4 is for when that fails.
        ends.sort_by_key(|end| match end.ip() {
            IpAddr::V4(_) => false,
            IpAddr::V6(ip) => ip.to_ipv4_mapped().is_some(),
        });
        Ok(ends.into_iter().map(|to| (to, self.from)).collect())
    }
}

impl Name {
    fn look_up(&self, wanted: Wanted) -> io::Result<Vec<SocketAddr>> {
        let found = net_names::host_addresses(&self.host, wanted)?;
        Ok(found.into_iter().map(|at| with(at, self.port, self.zone)).collect())
    }
}

/// Takes the source off, which ends at the last `;`.
fn split_source(text: &[u8]) -> Result<(Option<&str>, &str)> {
    let text = std::str::from_utf8(text).map_err(|_| Error::Invalid)?;
    Ok(match text.rsplit_once(';') {
        Some((source, rest)) => (Some(source), rest),
        None => (None, text),
    })
}

/// Understands a `host:port`.
fn locate(text: &str, role: Use, ipv6: bool) -> Result<Located> {
    let (host, port) = text.rsplit_once(':').ok_or(Error::Invalid)?;
    let port = parse_port(port, role)?;
    let (host, zone) = spelling::host_and_zone(host);
    let zone = match zone {
        Some(zone) => Some(spelling::zone(zone).ok_or(Error::Invalid)?),
        None => None,
    };
    let here = |ip| Ok(Located::Here(with(SocketAddr::new(ip, 0), port, zone)));
    if role != Use::Connect {
        if host == "*" {
            return here(any(ipv6));
        }
        if may_be_interface(host) {
            if let Some(at) = net_names::interface_address(host, ipv6)? {
                return Ok(Located::Here(with(at, port, zone)));
            }
        }
    }
    if let Some(ip) = spelling::address(host) {
        return here(spelling::in_family(ip, ipv6).ok_or(Error::NoDevice)?);
    }
    if role == Use::Source || !may_be_name(host) {
        return Err(Error::NoDevice);
    }
    Ok(Located::Named(Name { host: host.to_owned(), port, zone }))
}

/// Reads a port: as far as its digits go, and of that the last 16 bits.
///
/// 0 and, except to connect to, `*` let the system choose; a 0 that is spelled in another way does
/// not.
fn parse_port(text: &str, role: Use) -> Result<u16> {
    if text == "0" || (text == "*" && role != Use::Connect) {
        return Ok(0);
    }
    match leading_number(text.as_bytes()) as u16 {
        0 => Err(Error::Invalid),
        port => Ok(port),
    }
}

/// Whether the list of interfaces is worth a look: not for addresses in full, which no one calls an
/// interface.
fn may_be_interface(host: &str) -> bool {
    !host.is_empty() && host.parse::<IpAddr>().is_err()
}

/// Whether the resolver is worth a question: not for what is no host's name in any network.
fn may_be_name(host: &str) -> bool {
    !host.is_empty() && !host.contains(['*', '[', ']', ';', ':', '%'])
}

/// The address that stands for all.
fn any(ipv6: bool) -> IpAddr {
    if ipv6 { Ipv6Addr::UNSPECIFIED.into() } else { Ipv4Addr::UNSPECIFIED.into() }
}

/// The same address with another port and, if given and if it can have one, another zone.
fn with(address: SocketAddr, port: u16, zone: Option<u32>) -> SocketAddr {
    match address {
        SocketAddr::V4(at) => SocketAddr::new((*at.ip()).into(), port),
        SocketAddr::V6(at) => {
            let scope = zone.unwrap_or(at.scope_id());
            SocketAddrV6::new(*at.ip(), port, at.flowinfo(), scope).into()
        }
    }
}

/// The text of an address, as endpoints have it.
pub(super) fn endpoint(address: &SocketAddr) -> String {
    let host = net_names::numeric_host(address);
    match address {
        SocketAddr::V4(_) => format!("tcp://{host}:{}", address.port()),
        SocketAddr::V6(_) => format!("tcp://[{host}]:{}", address.port()),
    }
}

/// The address without IPv6, for systems that have none.
pub(super) fn as_v4(address: &SocketAddr) -> Option<SocketAddr> {
    match address.ip() {
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Some(SocketAddr::new(any(false), address.port())),
        ip => spelling::in_family(ip, false).map(|ip| SocketAddr::new(ip, address.port())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is bound, and where that is without and with IPv6; measured on libzmq 4.3.5.
    const LISTEN: &[(&str, &str, &str)] = &[
        ("*:*", "0.0.0.0:0", "[::]:0"),
        ("*:0", "0.0.0.0:0", "[::]:0"),
        ("[*]:*", "0.0.0.0:0", "[::]:0"),
        ("127.0.0.1:*", "127.0.0.1:0", "[::ffff:127.0.0.1]:0"),
        ("127.0.0.1:5555", "127.0.0.1:5555", "[::ffff:127.0.0.1]:5555"),
        ("127.1:*", "127.0.0.1:0", "[::ffff:127.0.0.1]:0"),
        ("0x7f.1:*", "127.0.0.1:0", "[::ffff:127.0.0.1]:0"),
        ("1:*", "0.0.0.1:0", "[::ffff:0.0.0.1]:0"),
        ("0:*", "0.0.0.0:0", "[::ffff:0.0.0.0]:0"),
        ("[127.0.0.1]:*", "127.0.0.1:0", "[::ffff:127.0.0.1]:0"),
        ("[::1]:*", "ENODEV", "[::1]:0"),
        ("::1:*", "ENODEV", "[::1]:0"),
        ("[0:0::1]:*", "ENODEV", "[::1]:0"),
        ("[::]:*", "ENODEV", "[::]:0"),
        (":::*", "ENODEV", "[::]:0"),
        ("[::ffff:127.0.0.1]:*", "127.0.0.1:0", "[::ffff:127.0.0.1]:0"),
        ("[::FFFF:7f00:1]:*", "127.0.0.1:0", "[::ffff:127.0.0.1]:0"),
        ("127.0.0.1%lo:*", "127.0.0.1:0", "[::ffff:127.0.0.1%1]:0"),
        ("127.0.0.1%1:*", "127.0.0.1:0", "[::ffff:127.0.0.1%1]:0"),
        ("127.0.0.1%9lo:*", "127.0.0.1:0", "[::ffff:127.0.0.1%9]:0"),
        ("127.0.0.1%-1:*", "127.0.0.1:0", "[::ffff:127.0.0.1%4294967295]:0"),
        ("127.0.0.1%0:*", "EINVAL", "EINVAL"),
        ("127.0.0.1%:*", "EINVAL", "EINVAL"),
        ("127.0.0.1%no-such-device:*", "EINVAL", "EINVAL"),
        ("127.0.0.1%lo%lo:*", "ENODEV", "ENODEV"),
        ("127.0.0.1%x%lo:*", "ENODEV", "ENODEV"),
        ("[::1%lo]:*", "ENODEV", "[::1%1]:0"),
        ("[::1]%lo:*", "ENODEV", "ENODEV"),
        ("[fe80::1%lo]:*", "ENODEV", "[fe80::1%1]:0"),
        ("[fe80::1%999]:*", "ENODEV", "[fe80::1%999]:0"),
        (":*", "ENODEV", "ENODEV"),
        (":5555", "ENODEV", "ENODEV"),
        ("**:*", "ENODEV", "ENODEV"),
        ("127.0.0.1/8:*", "ENODEV", "ENODEV"),
        ("256.1.1.1:*", "ENODEV", "ENODEV"),
        ("[::1:*", "ENODEV", "ENODEV"),
        ("::1]:*", "ENODEV", "ENODEV"),
        ("[[::1]]:*", "ENODEV", "ENODEV"),
        ("[]:*", "ENODEV", "ENODEV"),
        ("]:*", "ENODEV", "ENODEV"),
        (":", "EINVAL", "EINVAL"),
        ("*", "EINVAL", "EINVAL"),
        ("*:", "EINVAL", "EINVAL"),
        ("127.0.0.1", "EINVAL", "EINVAL"),
        ("127.0.0.1:", "EINVAL", "EINVAL"),
        ("127.0.0.1:00", "EINVAL", "EINVAL"),
        ("127.0.0.1:0x", "EINVAL", "EINVAL"),
        ("127.0.0.1:0 ", "EINVAL", "EINVAL"),
        ("127.0.0.1:**", "EINVAL", "EINVAL"),
        ("127.0.0.1:*x", "EINVAL", "EINVAL"),
        ("127.0.0.1:abc", "EINVAL", "EINVAL"),
        ("127.0.0.1:http", "EINVAL", "EINVAL"),
        ("127.0.0.1:65536", "EINVAL", "EINVAL"),
        ("127.0.0.1:65537x", "127.0.0.1:1", "[::ffff:127.0.0.1]:1"),
        ("127.0.0.1:70000", "127.0.0.1:4464", "[::ffff:127.0.0.1]:4464"),
        ("127.0.0.1:-1", "127.0.0.1:65535", "[::ffff:127.0.0.1]:65535"),
        ("127.0.0.1:-65000", "127.0.0.1:536", "[::ffff:127.0.0.1]:536"),
        ("127.0.0.1:+41000", "127.0.0.1:41000", "[::ffff:127.0.0.1]:41000"),
        ("127.0.0.1: 41001", "127.0.0.1:41001", "[::ffff:127.0.0.1]:41001"),
        ("127.0.0.1:41002abc", "127.0.0.1:41002", "[::ffff:127.0.0.1]:41002"),
        ("127.0.0.1:4294967297", "127.0.0.1:1", "[::ffff:127.0.0.1]:1"),
        ("127.0.0.1:2147507295", "127.0.0.1:23647", "[::ffff:127.0.0.1]:23647"),
        ("127.0.0.1:99999999999999999999", "127.0.0.1:65535", "[::ffff:127.0.0.1]:65535"),
        ("127.0.0.1:0;127.0.0.1:*", "127.0.0.1:0", "[::ffff:127.0.0.1]:0"),
        ("*:*;127.0.0.1:*", "127.0.0.1:0", "[::ffff:127.0.0.1]:0"),
        ("8.8.8.8:1;127.0.0.1:*", "127.0.0.1:0", "[::ffff:127.0.0.1]:0"),
        ("[::1]:0;127.0.0.1:*", "ENODEV", "[::ffff:127.0.0.1]:0"),
        ("localhost:*;127.0.0.1:*", "ENODEV", "ENODEV"),
        ("127.0.0.1:0;127.0.0.1:0;127.0.0.1:*", "ENODEV", "ENODEV"),
        ("127.0.0.1;127.0.0.1:*", "EINVAL", "EINVAL"),
        ("127.0.0.1:x;127.0.0.1:*", "EINVAL", "EINVAL"),
        (";127.0.0.1:*", "EINVAL", "EINVAL"),
        ("127.0.0.1:*;", "EINVAL", "EINVAL"),
    ];

    /// What is connected to, and what comes of it without and with IPv6; measured on libzmq 4.3.5.
    const CONNECT: &[(&str, &str, &str)] = &[
        ("127.0.0.1:9", "127.0.0.1:9", "[::ffff:127.0.0.1]:9"),
        ("127.0.0.1:9abc", "127.0.0.1:9", "[::ffff:127.0.0.1]:9"),
        ("127.0.0.1:65545", "127.0.0.1:9", "[::ffff:127.0.0.1]:9"),
        ("127.0.0.1:09", "127.0.0.1:9", "[::ffff:127.0.0.1]:9"),
        ("127.0.0.1:9]", "127.0.0.1:9", "[::ffff:127.0.0.1]:9"),
        ("127.0.0.1:1_2", "127.0.0.1:1", "[::ffff:127.0.0.1]:1"),
        ("127.0.0.1:0", "127.0.0.1:0", "[::ffff:127.0.0.1]:0"),
        ("127.0.0.1:00", "later EINVAL", "later EINVAL"),
        ("127.0.0.1:65536", "later EINVAL", "later EINVAL"),
        ("127.1:9", "127.0.0.1:9", "[::ffff:127.0.0.1]:9"),
        ("[127.0.0.1]:9", "127.0.0.1:9", "[::ffff:127.0.0.1]:9"),
        ("[::1]:9", "later ENODEV", "[::1]:9"),
        ("::1:9", "later ENODEV", "[::1]:9"),
        ("[::ffff:127.0.0.1]:9", "127.0.0.1:9", "[::ffff:127.0.0.1]:9"),
        ("[::1%lo]:9", "later ENODEV", "[::1%1]:9"),
        ("127.0.0.1%lo:9", "127.0.0.1:9", "[::ffff:127.0.0.1%1]:9"),
        ("127.0.0.1%no-such:9", "later EINVAL", "later EINVAL"),
        ("127.0.0.1%0:9", "later EINVAL", "later EINVAL"),
        ("localhost:9", "name", "name"),
        ("lo:9", "name", "name"),
        ("a_b:9", "name", "name"),
        ("1.2.3.4.5:9", "name", "name"),
        ("a*:9", "later ENODEV", "later ENODEV"),
        (":9", "later ENODEV", "later ENODEV"),
        ("[]:9", "later ENODEV", "later ENODEV"),
        ("[:9", "later ENODEV", "later ENODEV"),
        ("a:1;", "later ENODEV", "later ENODEV"),
        ("*:9", "EINVAL", "EINVAL"),
        ("127.0.0.1:*", "EINVAL", "EINVAL"),
        ("127.0.0.1:", "EINVAL", "EINVAL"),
        ("127.0.0.1", "EINVAL", "EINVAL"),
        ("127.0.0.1:http", "EINVAL", "EINVAL"),
        ("127.0.0.1: 9", "EINVAL", "EINVAL"),
        ("127.0.0.1:+9", "EINVAL", "EINVAL"),
        ("127.0.0.1 :9", "EINVAL", "EINVAL"),
        ("-a:9", "EINVAL", "EINVAL"),
        ("_a:9", "EINVAL", "EINVAL"),
        (".a:9", "EINVAL", "EINVAL"),
        ("%lo:9", "EINVAL", "EINVAL"),
        (";a:9", "EINVAL", "EINVAL"),
        ("]:9", "EINVAL", "EINVAL"),
        ("a b:9", "EINVAL", "EINVAL"),
        ("a/b:9", "EINVAL", "EINVAL"),
        ("a@b:9", "EINVAL", "EINVAL"),
        ("\u{e4}:9", "EINVAL", "EINVAL"),
        ("127.0.0.1\u{1}:9", "EINVAL", "EINVAL"),
        ("127.0.0.1:9\u{80}", "EINVAL", "EINVAL"),
        ("9", "EINVAL", "EINVAL"),
    ];

    /// A source, and where that is without and with IPv6; measured on libzmq 4.3.5.
    const SOURCE: &[(&str, &str, &str)] = &[
        ("127.0.0.1:0", "127.0.0.1:0", "[::ffff:127.0.0.1]:0"),
        ("127.0.0.1:*", "127.0.0.1:0", "[::ffff:127.0.0.1]:0"),
        ("127.0.0.1:41009", "127.0.0.1:41009", "[::ffff:127.0.0.1]:41009"),
        ("127.0.0.1:41009x", "127.0.0.1:41009", "[::ffff:127.0.0.1]:41009"),
        ("0:0", "0.0.0.0:0", "[::ffff:0.0.0.0]:0"),
        ("[*]:0", "0.0.0.0:0", "[::]:0"),
        ("[::1]:0", "later ENODEV", "[::1]:0"),
        ("localhost:0", "later ENODEV", "later ENODEV"),
        ("0*:0", "later ENODEV", "later ENODEV"),
        (":*", "later ENODEV", "later ENODEV"),
        ("a:0;b:0", "later ENODEV", "later ENODEV"),
        ("127.0.0.1:x", "later EINVAL", "later EINVAL"),
        ("127.0.0.1", "later EINVAL", "later EINVAL"),
    ];

    fn name_of(error: Error) -> &'static str {
        match error {
            Error::Invalid => "EINVAL",
            Error::NoDevice => "ENODEV",
            other => panic!("{other:?} is not among the answers"),
        }
    }

    #[test]
    fn a62_addresses_to_listen_at() {
        for &(text, without, with) in LISTEN {
            for (ipv6, expected) in [(false, without), (true, with)] {
                let found = match listening_address(text.as_bytes(), ipv6) {
                    Ok(at) => at.to_string(),
                    Err(error) => name_of(error).to_owned(),
                };
                assert_eq!(found, expected, "{text:?}, IPv6: {ipv6}");
            }
        }
        assert_eq!(listening_address(b"\xff:1", false), Err(Error::Invalid));
    }

    #[test]
    fn a62_interfaces_and_names_to_listen_at() {
        let loopback = Ok("127.0.0.1:0".parse().expect("an address"));
        for text in ["lo:*", "[lo]:*", "lo%lo:*", "lo:*;lo:*", "localhost:*", "[LOCALHOST]:*"] {
            assert_eq!(listening_address(text.as_bytes(), false), loopback, "{text:?}");
        }
        if net_names::interface_address("lo", true).is_ok_and(|at| at.is_some()) {
            let loopback = Ok("[::1]:0".parse().expect("an address"));
            assert_eq!(listening_address(b"lo:*", true), loopback);
        }
        let unknown = listening_address(b"no-such-host.invalid:*", false);
        assert_eq!(unknown, Err(Error::NoDevice));
    }

    fn seen(route: Result<Route>, pick: impl Fn(&Route) -> String) -> String {
        match route {
            Ok(route) => pick(&route),
            Err(error) => format!("later {}", name_of(error)),
        }
    }

    #[test]
    fn a62_addresses_to_connect_to() {
        for &(text, without, with) in CONNECT {
            for (ipv6, expected) in [(false, without), (true, with)] {
                let found = if looks_connectable(text.as_bytes()) {
                    seen(Route::new(text.as_bytes(), ipv6), |route| match route.known() {
                        Some((to, None)) => to.to_string(),
                        Some((_, Some(from))) => panic!("{text:?} has no source {from}"),
                        None => "name".to_owned(),
                    })
                } else {
                    "EINVAL".to_owned()
                };
                assert_eq!(found, expected, "{text:?}, IPv6: {ipv6}");
            }
        }
    }

    #[test]
    fn a62_sources() {
        for &(text, without, with) in SOURCE {
            for (ipv6, expected) in [(false, without), (true, with)] {
                let all = format!("{text};127.0.0.1:9");
                let found = seen(Route::new(all.as_bytes(), ipv6), |route| match route.known() {
                    Some((to, Some(from))) => {
                        assert_eq!(to.port(), 9);
                        from.to_string()
                    }
                    other => panic!("{all:?} has a source: {other:?}"),
                });
                assert_eq!(found, expected, "{text:?}, IPv6: {ipv6}");
            }
        }
        assert!(looks_connectable(b"lo:0;127.0.0.1:9"));
        let (_, from) =
            Route::new(b"lo:0;127.0.0.1:9", false).expect("fits").known().expect("fits");
        assert_eq!(from, Some("127.0.0.1:0".parse().expect("an address")));
        assert!(!looks_connectable(b"*:0;127.0.0.1:9"), "a star cannot come first");
    }

    #[test]
    fn a62_names_to_connect_to_are_looked_up_in_the_family() {
        let ends = |text: &str, ipv6| {
            let route = Route::new(text.as_bytes(), ipv6).expect("well-formed");
            assert_eq!(route.known(), None, "{text:?} is a name");
            route.ends(ipv6).map_err(|error| error.kind())
        };
        let v4 = ends("localhost:9", false).expect("every machine knows it");
        assert!(v4.contains(&("127.0.0.1:9".parse().expect("an address"), None)), "{v4:?}");
        let v6 = ends("localhost:9", true).expect("every machine knows it");
        assert!(v6.iter().all(|(to, _)| to.is_ipv6()), "{v6:?}");
        let v4_first = v6.iter().position(|(to, _)| as_v4(to).is_some()).unwrap_or(v6.len());
        assert!(v6.iter().skip(v4_first).all(|(to, _)| as_v4(to).is_some()), "{v6:?}");
        assert_eq!(ends("no-such-host.invalid:9", false), Err(io::ErrorKind::NotFound));
    }

    #[test]
    fn a62_endpoints_are_numeric() {
        for (address, text) in [
            ("127.0.0.1:5555", "tcp://127.0.0.1:5555"),
            ("[::1]:1", "tcp://[::1]:1"),
            ("[::ffff:127.0.0.1]:1", "tcp://[::ffff:127.0.0.1]:1"),
            ("[fe80::1%1]:1", "tcp://[fe80::1%lo]:1"),
            ("[::102:304]:1", "tcp://[::1.2.3.4]:1"),
        ] {
            assert_eq!(endpoint(&address.parse().expect("an address")), text);
        }
    }

    #[test]
    fn a62_what_is_left_without_ipv6() {
        let without =
            |text: &str| as_v4(&text.parse().expect("an address")).map(|at| at.to_string());
        assert_eq!(without("[::ffff:127.0.0.1]:9").as_deref(), Some("127.0.0.1:9"));
        assert_eq!(without("[::]:9").as_deref(), Some("0.0.0.0:9"));
        assert_eq!(without("[::1]:9"), None);
    }
}

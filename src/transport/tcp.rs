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
pub(super) fn listening_address(text: &[u8], ipv6: bool) -> Result<SocketAddr> {
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
                Err(error) if error.raw_os_error() == Some(libc::ENOMEM) => Err(Error::NoMemory),
                Err(_) => Err(Error::NoDevice),
            }
        }
    }
}

/// Whether the text could be an address to connect to: what can be seen of it without understanding.
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
/// 0 and, except to connect to, `*` let the system choose; a 0 that is spelled in another way does not.
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

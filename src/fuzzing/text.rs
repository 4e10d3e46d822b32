//! The readers of what people write: endpoints, addresses and keys.

#![forbid(unsafe_code)]

use std::net::{IpAddr, SocketAddr};

use crate::transport::{self, Endpoint, Scheme, Target, spelling};
use crate::zmtp;

/// A transport and what stands after its `://`, or an errno.
pub fn split_endpoint(text: &[u8]) -> Result<(&'static str, &[u8]), i32> {
    let Endpoint { scheme, address } = Endpoint::parse(text).map_err(|error| error.errno())?;
    let scheme = match scheme {
        Scheme::Inproc => "inproc",
        Scheme::Tcp => "tcp",
        Scheme::Ipc => "ipc",
        Scheme::Udp => "udp",
    };
    Ok((scheme, address))
}

/// What connecting to an endpoint means, as far as it is known without waiting: the endpoints in
/// numbers. Errors are errno values.
pub fn connect_to(text: &[u8], ipv6: bool) -> Result<Option<Vec<Vec<u8>>>, i32> {
    let parse = || {
        let Endpoint { scheme, address } = Endpoint::parse(text)?;
        Target::parse(scheme, address)
    };
    let target = parse().map_err(|error| error.errno())?;
    let addresses = target.addresses(ipv6);
    Ok(addresses.map(|all| all.iter().map(transport::Address::endpoint).collect()))
}

/// Where a tcp address listens, or an errno. Asks the system about what is neither `*` nor an
/// address in numbers.
pub fn listen_at(address: &[u8], ipv6: bool) -> Result<SocketAddr, i32> {
    transport::listening_address(address, ipv6).map_err(|error| error.errno())
}

/// The address that a text spells.
pub fn ip_address(text: &str) -> Option<IpAddr> {
    spelling::address(text)
}

/// A host without its brackets, and its zone.
pub fn host_and_zone(text: &str) -> (&str, Option<&str>) {
    spelling::host_and_zone(text)
}

/// The number that a text starts with.
pub fn leading_number(text: &[u8]) -> i64 {
    spelling::leading_number(text)
}

/// Bytes as Z85.
pub fn z85_encode(data: &[u8]) -> Option<String> {
    zmtp::z85::encode(data)
}

/// Z85 as bytes.
pub fn z85_decode(text: &[u8]) -> Option<Vec<u8>> {
    zmtp::z85::decode(text)
}

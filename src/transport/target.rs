//! Where a connect goes.
//!
//! `zmq_connect` only looks whether the text could be an address. What it means is found out at
//! every attempt again, because interfaces come and go and hosts move.

#![forbid(unsafe_code)]

use std::fmt;
use std::io;
use std::net::SocketAddr;

use super::endpoint::{Endpoint, Scheme};
use super::ipc;
use super::stream::endpoint_of;
use super::tcp::{self, Route};
use crate::error::{Error, Result};
use crate::sys::net_address::Place;

/// An address that was given to connect, looked at but not understood yet.
#[derive(Clone, Debug)]
pub(crate) struct Target(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Tcp(Vec<u8>),
    Ipc(Place),
}

/// One place to connect to and, if it matters, where to come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address(Ends);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Ends {
    Tcp { to: SocketAddr, from: Option<SocketAddr> },
    Ipc(Place),
}

impl Target {
    /// Looks at what stands after the `://` of a transport that has connections.
    pub(crate) fn parse(scheme: Scheme, address: &[u8]) -> Result<Target> {
        match scheme {
            Scheme::Tcp if tcp::looks_connectable(address) => Ok(Target(Kind::Tcp(address.into()))),
            Scheme::Tcp => Err(Error::Invalid),
            Scheme::Ipc => ipc::place(address).map(|place| Target(Kind::Ipc(place))),
            Scheme::Inproc | Scheme::Udp => Err(Error::ProtocolNotSupported),
        }
    }

    /// Where it is, if that is known without waiting; otherwise ask [`resolve`](Self::resolve),
    /// which also says what is wrong with an address that leads nowhere.
    pub(crate) fn addresses(&self, ipv6: bool) -> Option<Vec<Address>> {
        match &self.0 {
            Kind::Tcp(text) => {
                let (to, from) = Route::new(text, ipv6).ok()?.known()?;
                Some(vec![Address(Ends::Tcp { to, from })])
            }
            Kind::Ipc(place) => Some(vec![Address(Ends::Ipc(place.clone()))]),
        }
    }

    /// Where it is, in the order in which to try; this may wait for the resolver.
    pub(crate) fn resolve(&self, ipv6: bool) -> io::Result<Vec<Address>> {
        match &self.0 {
            Kind::Tcp(text) => tcp_addresses(text, ipv6),
            Kind::Ipc(place) => Ok(vec![Address(Ends::Ipc(place.clone()))]),
        }
    }
}

fn tcp_addresses(text: &[u8], ipv6: bool) -> io::Result<Vec<Address>> {
    let route =
        Route::new(text, ipv6).map_err(|error| io::Error::from_raw_os_error(error.errno()))?;
    let ends = route.ends(ipv6)?;
    Ok(ends.into_iter().map(|(to, from)| Address(Ends::Tcp { to, from })).collect())
}

impl Address {
    /// The endpoint in numbers: `tcp://127.0.0.1:5555`.
    pub(crate) fn endpoint(&self) -> Vec<u8> {
        match &self.0 {
            Ends::Tcp { to, .. } => tcp::endpoint(to).into_bytes(),
            Ends::Ipc(place) => endpoint_of(place),
        }
    }

    /// Where to connect to, and where from.
    pub(super) fn places(&self) -> (Place, Option<Place>) {
        match &self.0 {
            Ends::Tcp { to, from } => (Place::Inet(*to), from.map(Place::Inet)),
            Ends::Ipc(place) => (place.clone(), None),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.endpoint()))
    }
}

/// The form in which `zmq_unbind` and `zmq_disconnect` look for a tcp endpoint that they do not know
/// as it is written; `text` is the whole endpoint. This may wait for the resolver.
pub(crate) fn numeric_endpoint(text: &[u8], ipv6: bool) -> Option<Vec<u8>> {
    let Endpoint { scheme, address } = Endpoint::parse(text).ok()?;
    match scheme {
        Scheme::Tcp => tcp_addresses(address, ipv6).ok()?.first().map(Address::endpoint),
        Scheme::Inproc | Scheme::Ipc | Scheme::Udp => None,
    }
}

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

/// The form in which `zmq_unbind` and `zmq_disconnect` look for a tcp endpoint that they do not
/// know as it is written; `text` is the whole endpoint. This may wait for the resolver.
pub(crate) fn numeric_endpoint(text: &[u8], ipv6: bool) -> Option<Vec<u8>> {
    let Endpoint { scheme, address } = Endpoint::parse(text).ok()?;
    match scheme {
        Scheme::Tcp => tcp_addresses(address, ipv6).ok()?.first().map(Address::endpoint),
        Scheme::Inproc | Scheme::Ipc | Scheme::Udp => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(addresses: Vec<Address>) -> Vec<String> {
        addresses.iter().map(Address::to_string).collect()
    }

    #[test]
    fn a62_what_cannot_be_connected_to_is_invalid() {
        let parse = |scheme, text: &str| Target::parse(scheme, text.as_bytes()).map(|_| ()).err();
        assert_eq!(parse(Scheme::Tcp, "127.0.0.1:9"), None);
        assert_eq!(parse(Scheme::Tcp, "no.such.host:9"), None);
        assert_eq!(parse(Scheme::Tcp, "*:9"), Some(Error::Invalid));
        assert_eq!(parse(Scheme::Ipc, "no/such/file"), None);
        assert_eq!(parse(Scheme::Ipc, "*"), None);
        assert_eq!(parse(Scheme::Ipc, "@"), Some(Error::Invalid));
        assert_eq!(parse(Scheme::Ipc, &"x".repeat(108)), Some(Error::NameTooLong));
        assert_eq!(parse(Scheme::Udp, "127.0.0.1:9"), Some(Error::ProtocolNotSupported));
    }

    #[test]
    fn what_is_known_needs_no_resolver() {
        let target = |scheme, text: &str| Target::parse(scheme, text.as_bytes()).expect("fits");
        let known = target(Scheme::Tcp, "127.1:9");
        assert_eq!(known.addresses(false).map(shown), Some(vec!["tcp://127.0.0.1:9".to_owned()]));
        let mapped = "tcp://[::ffff:127.0.0.1]:9".to_owned();
        assert_eq!(known.addresses(true).map(shown), Some(vec![mapped]));
        let known = target(Scheme::Ipc, "@name");
        assert_eq!(known.addresses(false).map(shown), Some(vec!["ipc://@name".to_owned()]));
        assert_eq!(known.resolve(false).expect("known"), known.addresses(false).expect("known"));
    }

    #[test]
    fn what_is_not_known_or_wrong_is_for_the_resolver() {
        for (text, errno) in [
            ("localhost:9", None),
            ("127.0.0.1:00", Some(libc::EINVAL)),
            ("[::1]:9", Some(libc::ENODEV)),
            ("127.0.0.1%no-such:9", Some(libc::EINVAL)),
        ] {
            let target = Target::parse(Scheme::Tcp, text.as_bytes()).expect("looks like one");
            assert_eq!(target.addresses(false), None, "{text:?}");
            let error = target.resolve(false).err();
            assert_eq!(error.and_then(|error| error.raw_os_error()), errno, "{text:?}");
        }
    }

    /// What is given to unbind, without the port, and the form under which it is found without and
    /// with IPv6 on a libzmq 4.3.5.
    const NUMERIC: &[(&str, Option<&str>, Option<&str>)] = &[
        ("tcp://127.0.0.1:9", Some("tcp://127.0.0.1:9"), Some("tcp://[::ffff:127.0.0.1]:9")),
        ("tcp://127.1:9", Some("tcp://127.0.0.1:9"), Some("tcp://[::ffff:127.0.0.1]:9")),
        ("tcp://[127.0.0.1]:9", Some("tcp://127.0.0.1:9"), Some("tcp://[::ffff:127.0.0.1]:9")),
        ("tcp://127.0.0.1:+9", Some("tcp://127.0.0.1:9"), Some("tcp://[::ffff:127.0.0.1]:9")),
        ("tcp://127.0.0.1: 9", Some("tcp://127.0.0.1:9"), Some("tcp://[::ffff:127.0.0.1]:9")),
        ("tcp://127.0.0.1:09x", Some("tcp://127.0.0.1:9"), Some("tcp://[::ffff:127.0.0.1]:9")),
        ("tcp://*:0;127.1:9", Some("tcp://127.0.0.1:9"), Some("tcp://[::ffff:127.0.0.1]:9")),
        ("tcp://0:9", Some("tcp://0.0.0.0:9"), Some("tcp://[::ffff:0.0.0.0]:9")),
        ("tcp://[0::1]:9", None, Some("tcp://[::1]:9")),
        ("tcp://:::9", None, Some("tcp://[::]:9")),
        ("tcp://x:0;127.0.0.1:9", None, None),
        ("tcp://*:9", None, None),
        ("tcp://[*]:9", None, None),
        ("tcp://:9", None, None),
        ("tcp://127.0.0.1", None, None),
        ("tcp://127.0.0.1:", None, None),
        ("tcp://127.0.0.1:*", None, None),
        ("tcp://127.0.0.1:x", None, None),
        ("tcp://no-such.invalid:9", None, None),
        ("ipc://127.0.0.1:9", None, None),
        ("tcp", None, None),
    ];

    #[test]
    fn d4_the_numeric_form_of_a_name() {
        for &(text, without, with) in NUMERIC {
            for (ipv6, expected) in [(false, without), (true, with)] {
                let found = numeric_endpoint(text.as_bytes(), ipv6);
                let expected = expected.map(|text| text.as_bytes().to_vec());
                assert_eq!(found, expected, "{text:?}, IPv6: {ipv6}");
            }
        }
        let localhost = numeric_endpoint(b"tcp://localhost:9", false);
        assert_eq!(localhost.as_deref(), Some(&b"tcp://127.0.0.1:9"[..]));
    }

    #[test]
    fn d4_interfaces_have_no_numeric_form() {
        assert_eq!(numeric_endpoint(b"tcp://lo:9", false), None);
    }
}

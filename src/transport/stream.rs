//! A connection: bytes in both directions, never waited for.

#![forbid(unsafe_code)]

use std::io::{self, IoSlice};
use std::net::IpAddr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};

use super::settings::{LinkSettings, Settings};
use super::target::Address;
use super::{ipc, tcp};
use crate::sys::net::{self, Credentials, Setting};
use crate::sys::net_address::Place;
use crate::sys::net_names;

/// A connection of tcp or ipc, established or about to be. Dropping it closes it.
#[derive(Debug)]
pub(crate) struct Stream {
    socket: OwnedFd,
    /// Kept because the kernel forgets it when the peer is gone.
    peer: Place,
    settings: LinkSettings,
}

/// How far connecting has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// The connection is there.
    Done,
    /// It is there, or has failed, once the descriptor is writable.
    Pending,
}

impl Stream {
    /// Starts to connect.
    ///
    /// Every error ends the attempt; over ipc, `WouldBlock` too, which says that the listener has too
    /// many who wait.
    pub(crate) fn connect(to: &Address, settings: &Settings) -> io::Result<(Stream, Progress)> {
        let (to, from) = to.places();
        match Stream::connect_places(to.clone(), from.clone(), settings) {
            Err(error) if error.raw_os_error() == Some(libc::EAFNOSUPPORT) => {
                let to = without_v6(&to).ok_or(error)?;
                Stream::connect_places(to, from.as_ref().and_then(without_v6), settings)
            }
            result => result,
        }
    }

    fn connect_places(
        to: Place,
        from: Option<Place>,
        settings: &Settings,
    ) -> io::Result<(Stream, Progress)> {
        let socket = settings.socket(&to)?;
        if let Some(from) = from {
            net::set(socket.as_fd(), Setting::ReuseAddr, 1)?;
            net::bind(socket.as_fd(), &from)?;
        }
        let result = net::connect(socket.as_fd(), &to);
        let stream = Stream { socket, peer: to, settings: settings.of_links() };
        match result {
            Ok(()) => {
                stream.settle();
                Ok((stream, Progress::Done))
            }
            Err(error) if error.raw_os_error() == Some(libc::EINPROGRESS) => {
                Ok((stream, Progress::Pending))
            }
            Err(error) => Err(error),
        }
    }

    /// Asks how connecting went, when the descriptor has become writable.
    pub(crate) fn finish_connect(&self) -> io::Result<()> {
        net::pending_error(self.as_fd())?;
        self.settle();
        Ok(())
    }

    /// A connection that a listener has got.
    pub(super) fn accepted(socket: OwnedFd, peer: Place, settings: &Settings) -> Stream {
        let stream = Stream { socket, peer, settings: settings.of_links() };
        if let Place::Inet(_) = stream.peer {
            settings.mark(stream.as_fd());
        }
        stream.settle();
        stream
    }

    /// Sets what an established connection needs.
    fn settle(&self) {
        match self.peer {
            Place::Inet(_) => self.settings.apply(self.as_fd()),
            Place::Unix(_) | Place::Foreign => {}
        }
    }

    /// Receives what there is, at most as much as fits; 0 is the end.
    pub(crate) fn recv(&self, into: &mut [u8]) -> io::Result<usize> {
        net::recv(self.as_fd(), into)
    }

    /// Sends as much as the kernel takes at once, from the first chunk on.
    pub(crate) fn send(&self, chunks: &[IoSlice<'_>]) -> io::Result<usize> {
        net::send(self.as_fd(), chunks)
    }

    /// Whether bytes wait to be received; the end is none.
    pub(crate) fn has_input(&self) -> bool {
        net::waiting(self.as_fd()).is_ok_and(|waiting| waiting > 0)
    }

    /// This end, as monitors show it.
    pub(crate) fn local_endpoint(&self) -> Vec<u8> {
        net::local_place(self.as_fd()).map(|place| endpoint_of(&place)).unwrap_or_default()
    }

    /// The other end, as monitors show it.
    pub(crate) fn remote_endpoint(&self) -> Vec<u8> {
        endpoint_of(&self.peer)
    }

    /// The other end, as it stands in the property `Peer-Address` and in ZAP requests.
    pub(crate) fn peer_address(&self) -> Vec<u8> {
        match &self.peer {
            Place::Inet(peer) => net_names::numeric_host(peer).into_bytes(),
            Place::Unix(_) => match self.peer_credentials() {
                Some(Credentials { pid, uid, gid }) => {
                    format!("localhost:{uid}:{gid}:{pid}").into_bytes()
                }
                None => b"localhost".to_vec(),
            },
            Place::Foreign => Vec::new(),
        }
    }

    /// The address of a peer that has one; in its IPv6 form if that is what the socket speaks.
    pub(crate) fn peer_ip(&self) -> Option<IpAddr> {
        match &self.peer {
            Place::Inet(peer) => Some(peer.ip()),
            Place::Unix(_) | Place::Foreign => None,
        }
    }

    /// Who a peer is that is on this machine.
    pub(crate) fn peer_credentials(&self) -> Option<Credentials> {
        match &self.peer {
            Place::Unix(_) => net::credentials(self.as_fd()).ok(),
            Place::Inet(_) | Place::Foreign => None,
        }
    }
}

impl AsFd for Stream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl AsRawFd for Stream {
    fn as_raw_fd(&self) -> RawFd {
        self.socket.as_raw_fd()
    }
}

/// The endpoint of a place.
pub(super) fn endpoint_of(place: &Place) -> Vec<u8> {
    match place {
        Place::Inet(at) => tcp::endpoint(at).into_bytes(),
        Place::Unix(name) => ipc::endpoint(name),
        Place::Foreign => Vec::new(),
    }
}

/// The same place for a system without IPv6.
fn without_v6(place: &Place) -> Option<Place> {
    match place {
        Place::Inet(at) if at.is_ipv6() => tcp::as_v4(at).map(Place::Inet),
        Place::Inet(_) | Place::Unix(_) | Place::Foreign => None,
    }
}

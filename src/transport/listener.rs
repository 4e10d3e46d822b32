//! Where peers come in.

#![forbid(unsafe_code)]

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};

use super::endpoint::Scheme;
use super::ipc::{self, OwnFolder};
use super::settings::Settings;
use super::stream::{Stream, endpoint_of};
use super::tcp;
use crate::error::Error;
use crate::sys::net::{self, Setting};
use crate::sys::net_address::Place;

/// A socket that takes connections. Dropping it closes it; connections that it gave stay.
#[derive(Debug)]
pub(crate) struct Listener {
    socket: OwnedFd,
    endpoint: Vec<u8>,
    /// Dropped after the socket: the fields go in this order.
    _folder: Option<OwnFolder>,
}

/// Why there is no listener.
///
/// When a descriptor was made and closed again, monitors see that first, as an event CLOSED with
/// this number: for tcp with an empty endpoint, for ipc with the one that was to be bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OpenError {
    /// What bind answers.
    pub(crate) error: Error,
    /// The number of the descriptor, which is closed by now.
    pub(crate) closed: Option<RawFd>,
}

impl From<Error> for OpenError {
    fn from(error: Error) -> OpenError {
        OpenError { error, closed: None }
    }
}

impl From<io::Error> for OpenError {
    fn from(error: io::Error) -> OpenError {
        Error::from(error).into()
    }
}

impl Listener {
    /// Listens at what stands after the `://` of a transport that has connections; peers can connect
    /// when this returns. Names of hosts are looked up, and waited for.
    pub(crate) fn open(
        scheme: Scheme,
        address: &[u8],
        settings: &Settings,
    ) -> std::result::Result<Listener, OpenError> {
        match scheme {
            Scheme::Tcp => Listener::open_tcp(address, settings),
            Scheme::Ipc => Listener::open_ipc(address, settings),
            Scheme::Inproc | Scheme::Udp => Err(Error::ProtocolNotSupported.into()),
        }
    }

    fn open_tcp(address: &[u8], settings: &Settings) -> std::result::Result<Listener, OpenError> {
        if settings.use_fd >= 0 {
            return Listener::adopt(settings, |place| matches!(place, Place::Inet(_)));
        }
        let at = |ipv6| tcp::listening_address(address, ipv6).map(Place::Inet);
        let place = at(settings.ipv6)?;
        let (place, socket) = match settings.socket(&place) {
            Err(error) if settings.ipv6 && error.raw_os_error() == Some(libc::EAFNOSUPPORT) => {
                let place = at(false)?;
                let socket = settings.socket(&place)?;
                (place, socket)
            }
            result => (place, result?),
        };
        net::set(socket.as_fd(), Setting::ReuseAddr, 1)?;
        Listener::start(socket, &place, settings, None)
    }

    fn open_ipc(address: &[u8], settings: &Settings) -> std::result::Result<Listener, OpenError> {
        if settings.use_fd >= 0 {
            // Only looked at, as a check of what the program says.
            ipc::place(address)?;
            return Listener::adopt(settings, |place| matches!(place, Place::Unix(_)));
        }
        if address.first() == Some(&b'*') {
            let (folder, address) = OwnFolder::make()?;
            let place = ipc::place(&address)?;
            let socket = settings.socket(&place)?;
            return Listener::start(socket, &place, settings, Some(folder));
        }
        let place = ipc::place(address)?;
        let socket = settings.socket(&place)?;
        ipc::clear(&place);
        Listener::start(socket, &place, settings, None)
    }

    /// Binds and listens.
    fn start(
        socket: OwnedFd,
        place: &Place,
        settings: &Settings,
        folder: Option<OwnFolder>,
    ) -> std::result::Result<Listener, OpenError> {
        let fd = socket.as_fd();
        let started = net::bind(fd, place)
            .and_then(|()| net::listen(fd, settings.backlog))
            .and_then(|()| net::local_place(fd));
        match started {
            Ok(place) => Ok(Listener { endpoint: endpoint_of(&place), socket, _folder: folder }),
            Err(error) => {
                let closed = Some(socket.as_raw_fd());
                Err(OpenError { error: error.into(), closed })
            }
        }
    }

    /// Takes over what the program has prepared, if it is of the right kind.
    fn adopt(
        settings: &Settings,
        fits: impl Fn(&Place) -> bool,
    ) -> std::result::Result<Listener, OpenError> {
        let (socket, place) = net::adopt(settings.use_fd, fits)?;
        Ok(Listener { endpoint: endpoint_of(&place), socket, _folder: None })
    }

    /// What `ZMQ_LAST_ENDPOINT` reports.
    pub(crate) fn endpoint(&self) -> &[u8] {
        &self.endpoint
    }

    /// Takes one of the connections that wait; `WouldBlock` if there is none.
    ///
    /// Any other error means that a connection was lost, or that it waits on for want of
    /// descriptors or memory: then the listener stays readable, and the caller has to pause.
    pub(crate) fn accept(&self, settings: &Settings) -> io::Result<Stream> {
        let (socket, peer) = net::accept(self.as_fd())?;
        Ok(Stream::accepted(socket, peer, settings))
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl AsRawFd for Listener {
    fn as_raw_fd(&self) -> RawFd {
        self.socket.as_raw_fd()
    }
}

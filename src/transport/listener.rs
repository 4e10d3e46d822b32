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
    /// Listens at what stands after the `://` of a transport that has connections; peers can
    /// connect when this returns. Names of hosts are looked up, and waited for.
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

#[cfg(test)]
mod tests {
    use std::fs;
    use std::net::TcpListener;
    use std::os::fd::IntoRawFd;
    use std::os::unix::fs::symlink;
    use std::os::unix::net::{UnixListener, UnixStream};

    use super::*;
    use crate::transport::testing::{Folder, accept, connect, has_ipv6, listen};

    fn endpoint(listener: &Listener) -> &str {
        std::str::from_utf8(listener.endpoint()).expect("these are text")
    }

    /// The errno, and whether there was a descriptor.
    fn failure(scheme: Scheme, address: &str, settings: &Settings) -> (i32, bool) {
        let error = Listener::open(scheme, address.as_bytes(), settings).expect_err(address);
        (error.error.errno(), error.closed.is_some())
    }

    /// What is bound, and the endpoint without the port; measured on libzmq 4.3.5.
    const ENDPOINTS: &[(&str, &str, &str)] = &[
        ("*:*", "tcp://0.0.0.0:", "tcp://[::]:"),
        ("127.0.0.1:0", "tcp://127.0.0.1:", "tcp://[::ffff:127.0.0.1]:"),
        ("127.1:*", "tcp://127.0.0.1:", "tcp://[::ffff:127.0.0.1]:"),
        ("127.0.0.1%lo:*", "tcp://127.0.0.1:", "tcp://[::ffff:127.0.0.1]:"),
        ("lo:*;127.0.0.1:*", "tcp://127.0.0.1:", "tcp://[::ffff:127.0.0.1]:"),
        ("lo:*", "tcp://127.0.0.1:", "tcp://[::1]:"),
    ];

    #[test]
    fn a62_endpoints_have_numbers_and_can_be_connected_to() {
        for ipv6 in [false, true] {
            if ipv6 && !has_ipv6() {
                continue;
            }
            let settings = Settings { ipv6, ..Settings::default() };
            for &(text, without, with) in ENDPOINTS {
                let listener = listen(Scheme::Tcp, text, &settings);
                let (start, port) = endpoint(&listener).rsplit_once(':').expect("has a port");
                assert_eq!(format!("{start}:"), if ipv6 { with } else { without }, "{text:?}");
                assert_ne!(port.parse::<u16>(), Ok(0));
                let _connected = connect(&listener, &settings);
                accept(&listener, &settings);
            }
        }
    }

    #[test]
    fn a62_a_listener_of_ipv6_serves_ipv4() {
        if !has_ipv6() {
            return;
        }
        let settings = Settings { ipv6: true, ..Settings::default() };
        let listener = listen(Scheme::Tcp, "*:*", &settings);
        let port = endpoint(&listener).rsplit_once(':').and_then(|(_, port)| port.parse().ok());
        let port: u16 = port.expect("has a port");
        let peer = std::net::TcpStream::connect(("127.0.0.1", port)).expect("it listens");
        let accepted = accept(&listener, &settings);
        assert_eq!(accepted.peer_address(), b"::ffff:127.0.0.1");
        let local = format!("tcp://[::ffff:127.0.0.1]:{}", peer.local_addr().expect("one").port());
        assert_eq!(accepted.remote_endpoint(), local.as_bytes());
        let here = format!("tcp://[::ffff:127.0.0.1]:{port}");
        assert_eq!(accepted.local_endpoint(), here.as_bytes());
    }

    #[test]
    fn d2_what_bind_answers() {
        let settings = Settings::default();
        let taken = listen(Scheme::Tcp, "127.0.0.1:*", &settings);
        let address = endpoint(&taken).trim_start_matches("tcp://");
        let everywhere = address.replace("127.0.0.1", "*");
        for text in [address, &everywhere] {
            assert_eq!(failure(Scheme::Tcp, text, &settings), (libc::EADDRINUSE, true));
        }
        let tcp = |text| failure(Scheme::Tcp, text, &settings);
        // Of the block that is set aside for documentation.
        assert_eq!(tcp("198.51.100.1:*"), (libc::EADDRNOTAVAIL, true));
        assert_eq!(tcp("[::1]:*"), (libc::ENODEV, false));
        assert_eq!(tcp("127.0.0.1:x"), (libc::EINVAL, false));
        let udp = failure(Scheme::Udp, "127.0.0.1:*", &settings);
        assert_eq!(udp, (libc::EPROTONOSUPPORT, false));
    }

    #[test]
    fn a62_a_device_that_cannot_be_had_is_an_error() {
        let bindtodevice = b"no-such-device".to_vec();
        let settings = Settings { bindtodevice, ..Settings::default() };
        let (errno, closed) = failure(Scheme::Tcp, "127.0.0.1:*", &settings);
        // Without the right to choose at all, the kernel does not look at the name.
        assert!([libc::ENODEV, libc::EPERM].contains(&errno), "{errno}");
        assert!(!closed);
    }

    #[test]
    fn a62_nobody_waits_and_nobody_is_waited_for() {
        let settings = Settings::default();
        let listener = listen(Scheme::Tcp, "127.0.0.1:*", &settings);
        let error = listener.accept(&settings).expect_err("nobody has connected");
        assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
    }

    #[test]
    fn a63_a_file_that_stays_and_is_replaced() {
        let (folder, settings) = (Folder::new(), Settings::default());
        let address = folder.address("file");
        let first = listen(Scheme::Ipc, &address, &settings);
        assert_eq!(endpoint(&first), format!("ipc://{address}"));
        let second = listen(Scheme::Ipc, &address, &settings);
        let _connected = connect(&second, &settings);
        accept(&second, &settings);
        assert!(first.accept(&settings).is_err(), "the second has the path");
        drop((first, second));
        assert_eq!(folder.names(), ["file"]);
        let third = listen(Scheme::Ipc, &address, &settings);
        symlink(&address, folder.path("link")).expect("there is room");
        listen(Scheme::Ipc, &folder.address("link"), &settings);
        drop(third);
    }

    #[test]
    fn a63_what_is_no_socket_is_left_alone() {
        let (folder, settings) = (Folder::new(), Settings::default());
        fs::write(folder.path("file"), b"precious").expect("there is room");
        fs::create_dir(folder.path("folder")).expect("there is room");
        symlink("nowhere", folder.path("dangling")).expect("there is room");
        symlink("file", folder.path("link")).expect("there is room");
        for name in ["file", "folder", "dangling", "link"] {
            let found = failure(Scheme::Ipc, &folder.address(name), &settings);
            assert_eq!(found, (libc::EADDRINUSE, true), "{name}");
        }
        assert_eq!(folder.names(), ["dangling", "file", "folder", "link"]);
        assert_eq!(fs::read(folder.path("file")).expect("it is there"), b"precious");
    }

    #[test]
    fn a63_paths_that_cannot_be_bound() {
        let (folder, settings) = (Folder::new(), Settings::default());
        fs::write(folder.path("file"), b"").expect("there is room");
        let ipc = |address: &str| failure(Scheme::Ipc, address, &settings);
        assert_eq!(ipc(&folder.address("no/such")), (libc::ENOENT, true));
        assert_eq!(ipc(&folder.address("file/x")), (libc::ENOTDIR, true));
        assert_eq!(ipc(&"x".repeat(108)), (libc::ENAMETOOLONG, false));
        assert_eq!(ipc("@"), (libc::EINVAL, false));
    }

    #[test]
    fn a63_names_that_are_no_files() {
        let settings = Settings::default();
        let address = format!("@zmq-oxide test {}", std::process::id());
        let listener = listen(Scheme::Ipc, &address, &settings);
        assert_eq!(endpoint(&listener), format!("ipc://{address}"));
        assert_eq!(failure(Scheme::Ipc, &address, &settings), (libc::EADDRINUSE, true));
        let _connected = connect(&listener, &settings);
        accept(&listener, &settings);
        drop(listener);
        listen(Scheme::Ipc, &address, &settings);
    }

    #[test]
    fn a63_a_path_of_its_own() {
        let settings = Settings::default();
        let listener = listen(Scheme::Ipc, "*.anything", &settings);
        let path = endpoint(&listener).trim_start_matches("ipc://").to_owned();
        assert!(path.ends_with("/socket"), "{path}");
        let _connected = connect(&listener, &settings);
        accept(&listener, &settings);
        drop(listener);
        assert!(!fs::exists(&path).expect("one may look"));
        let folder = path.trim_end_matches("/socket");
        assert!(!fs::exists(folder).expect("one may look"));
    }

    fn using(fd: RawFd) -> Settings {
        Settings { use_fd: fd, ..Settings::default() }
    }

    #[test]
    fn d6_a_prepared_socket_of_tcp() {
        let prepared = TcpListener::bind("127.0.0.1:0").expect("ports are left");
        let expected = format!("tcp://{}", prepared.local_addr().expect("it has one"));
        let settings = using(prepared.into_raw_fd());
        let listener = listen(Scheme::Tcp, "not even looked at", &settings);
        assert_eq!(endpoint(&listener), expected);
        let error = listener.accept(&settings).expect_err("nobody has connected");
        assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
        let _connected = connect(&listener, &settings);
        accept(&listener, &settings);
    }

    #[test]
    fn d6_a_prepared_socket_of_ipc() {
        let folder = Folder::new();
        let prepared = UnixListener::bind(folder.path("file")).expect("there is room");
        let fd = prepared.as_raw_fd();
        assert_eq!(failure(Scheme::Ipc, "@", &using(fd)), (libc::EINVAL, false));
        assert_eq!(failure(Scheme::Tcp, "x", &using(fd)), (libc::EINVAL, false));
        let settings = using(prepared.into_raw_fd());
        let listener = listen(Scheme::Ipc, "*", &settings);
        assert_eq!(endpoint(&listener), format!("ipc://{}", folder.address("file")));
        let _connected = connect(&listener, &settings);
        accept(&listener, &settings);
        drop(listener);
        assert_eq!(folder.names(), ["file"]);
    }

    #[test]
    fn d6_what_is_no_prepared_socket_is_refused_and_stays_open() {
        let (mute, mut other) = UnixStream::pair().expect("descriptors are left");
        let refused = failure(Scheme::Ipc, "x", &using(mute.as_raw_fd()));
        assert_eq!(refused, (libc::EINVAL, false));
        io::Write::write_all(&mut other, b"x").expect("the other end is still there");
    }
}

//! A connection: bytes in both directions, never waited for.

#![forbid(unsafe_code)]

use std::io::{self, IoSlice};
use std::net::IpAddr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};

use super::settings::{LinkSettings, Settings};
use super::target::Address;
use super::{ipc, tcp};
use crate::sys::net::{self, Backlog, Credentials, Setting};
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

/// Why an attempt came to nothing.
#[derive(Debug)]
pub(crate) struct ConnectError {
    /// What the system said.
    pub(crate) error: io::Error,
    /// The descriptor that there was and that is closed again.
    pub(crate) closed: Option<RawFd>,
}

impl From<io::Error> for ConnectError {
    fn from(error: io::Error) -> ConnectError {
        ConnectError { error, closed: None }
    }
}

impl Stream {
    /// Starts to connect.
    ///
    /// Every error ends the attempt; over ipc, `WouldBlock` too, which says that the listener has
    /// too many who wait.
    pub(crate) fn connect(
        to: &Address,
        settings: &Settings,
    ) -> Result<(Stream, Progress), ConnectError> {
        let (to, from) = to.places();
        match Stream::connect_places(to.clone(), from.clone(), settings) {
            Err(failed) if failed.error.raw_os_error() == Some(libc::EAFNOSUPPORT) => {
                let to = without_v6(&to).ok_or(failed)?;
                Stream::connect_places(to, from.as_ref().and_then(without_v6), settings)
            }
            result => result,
        }
    }

    fn connect_places(
        to: Place,
        from: Option<Place>,
        settings: &Settings,
    ) -> Result<(Stream, Progress), ConnectError> {
        let socket = settings.socket(&to)?;
        let stream = Stream { socket, peer: to, settings: settings.of_links() };
        let failed = |error| ConnectError { error, closed: Some(stream.socket.as_raw_fd()) };
        if let Some(from) = from {
            net::set(stream.as_fd(), Setting::ReuseAddr, 1).map_err(failed)?;
            net::bind(stream.as_fd(), &from).map_err(failed)?;
        }
        match net::connect(stream.as_fd(), &stream.peer) {
            Ok(()) => {
                stream.established().map_err(failed)?;
                Ok((stream, Progress::Done))
            }
            Err(error) if error.raw_os_error() == Some(libc::EINPROGRESS) => {
                Ok((stream, Progress::Pending))
            }
            Err(error) => Err(failed(error)),
        }
    }

    /// Asks how connecting went, when the descriptor has become writable.
    pub(crate) fn finish_connect(&self) -> io::Result<()> {
        net::pending_error(self.as_fd())?;
        self.established()
    }

    /// Checks and sets what an established connection of ours needs.
    ///
    /// A connection to a port of this machine at which nobody listens meets itself if the system
    /// happens to choose that very port for its near end. Nobody else is there, and as long as it
    /// stood, the listener that is waited for could not have the port.
    fn established(&self) -> io::Result<()> {
        if let Place::Inet(peer) = self.peer {
            if net::local_place(self.as_fd())? == Place::Inet(peer) {
                return Err(io::Error::from_raw_os_error(libc::ECONNREFUSED));
            }
        }
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

    /// How bytes that were sent are doing.
    pub(crate) fn backlog(&self) -> io::Result<Backlog> {
        net::backlog(self.as_fd(), matches!(self.peer, Place::Inet(_)))
    }

    /// Whether bytes wait to be received; the end is none.
    #[cfg(test)]
    fn has_input(&self) -> bool {
        net::waiting(self.as_fd()).is_ok_and(|waiting| waiting > 0)
    }

    /// Receives what there is, at most as much as fits; 0 is the end.
    pub(crate) fn recv(&self, into: &mut [u8]) -> io::Result<usize> {
        net::recv(self.as_fd(), into)
    }

    /// Ends the connection both ways.
    pub(crate) fn shut_down(&self) {
        net::shut_down(self.as_fd());
    }

    /// As `recv`, into one room and then into another.
    pub(crate) fn recv_both(&self, first: &mut [u8], second: &mut [u8]) -> io::Result<usize> {
        net::recv_both(self.as_fd(), first, second)
    }

    /// Sends as much as the kernel takes at once, from the first chunk on.
    pub(crate) fn send(&self, chunks: &[IoSlice<'_>]) -> io::Result<usize> {
        net::send(self.as_fd(), chunks)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::testing::{
        Folder, accept, address, connect, connect_to, has_ipv6, listen, wait_for,
    };
    use crate::transport::{Listener, Scheme};

    /// Settings with a value for everything.
    fn special(ipv6: bool) -> Settings {
        Settings {
            ipv6,
            sndbuf: 50_000,
            rcvbuf: 60_000,
            backlog: 7,
            tos: 16,
            priority: 4,
            keepalive: 1,
            keepalive_cnt: 3,
            keepalive_idle: 60,
            keepalive_intvl: 5,
            maxrt: 1234,
            ..Settings::default()
        }
    }

    fn get(of: &impl AsFd, setting: Setting) -> i32 {
        net::get(of.as_fd(), setting).expect("every socket of tcp has it")
    }

    /// Both ends of a new connection, and where it came about.
    fn pair(scheme: Scheme, at: &str, settings: &Settings) -> (Stream, Stream, Listener) {
        let listener = listen(scheme, at, settings);
        let ours = connect(&listener, settings);
        (ours, accept(&listener, settings), listener)
    }

    #[test]
    fn w91_settings_arrive() {
        for ipv6 in [false, true] {
            if ipv6 && !has_ipv6() {
                continue;
            }
            let (connected, accepted, listener) = pair(Scheme::Tcp, "lo:*", &special(ipv6));
            for end in [&connected, &accepted] {
                assert_eq!(get(end, Setting::NoDelay), 1);
                assert_eq!(get(end, Setting::KeepAlive), 1);
                assert_eq!(get(end, Setting::KeepAliveCount), 3);
                assert_eq!(get(end, Setting::KeepAliveIdle), 60);
                assert_eq!(get(end, Setting::KeepAliveInterval), 5);
                assert_eq!(get(end, Setting::UserTimeout), 1234);
            }
            for socket in [connected.as_fd(), accepted.as_fd(), listener.as_fd()] {
                assert_eq!(get(&socket, Setting::Tos), 16);
                assert_eq!(get(&socket, Setting::Priority), 4);
                // The kernel doubles what it is told.
                assert_eq!(get(&socket, Setting::SendBuffer), 100_000);
                assert_eq!(get(&socket, Setting::RecvBuffer), 120_000);
                if ipv6 {
                    assert_eq!(get(&socket, Setting::TrafficClass), 16);
                }
            }
            if ipv6 {
                // The others are bound to an address of IPv6, and can serve no other.
                assert_eq!(get(&connected, Setting::OnlyV6), 0);
            }
            assert_eq!(get(&listener, Setting::ReuseAddr), 1);
            assert_eq!(get(&connected, Setting::ReuseAddr), 0);
        }
    }

    #[test]
    fn w91_without_wishes_only_nodelay_is_set() {
        let (connected, accepted, _listener) =
            pair(Scheme::Tcp, "127.0.0.1:*", &Settings::default());
        for end in [connected, accepted] {
            assert_eq!(get(&end, Setting::NoDelay), 1);
            assert_eq!(get(&end, Setting::KeepAlive), 0);
            assert_eq!(get(&end, Setting::UserTimeout), 0);
            assert_eq!(get(&end, Setting::Tos), 0);
        }
    }

    #[test]
    fn w91_details_of_probes_need_a_decision_about_them() {
        let system = {
            let (end, ..) = pair(Scheme::Tcp, "127.0.0.1:*", &Settings::default());
            get(&end, Setting::KeepAliveCount)
        };
        let count = |keepalive| {
            let wishes = Settings { keepalive, keepalive_cnt: system + 1, ..Settings::default() };
            let (end, ..) = pair(Scheme::Tcp, "127.0.0.1:*", &wishes);
            (get(&end, Setting::KeepAlive), get(&end, Setting::KeepAliveCount))
        };
        assert_eq!(count(-1), (0, system));
        assert_eq!(count(0), (0, system + 1));
        assert_eq!(count(1), (1, system + 1));
    }

    #[test]
    fn w91_the_source_is_bound() {
        let settings = Settings::default();
        let listener = listen(Scheme::Tcp, "127.0.0.1:*", &settings);
        let to = String::from_utf8_lossy(listener.endpoint()).replace("tcp://", "");
        let stream = connect_to(&format!("tcp://127.0.0.2:0;{to}"), &settings).expect("it listens");
        assert_eq!(get(&stream, Setting::ReuseAddr), 1);
        let accepted = accept(&listener, &settings);
        assert_eq!(accepted.peer_address(), b"127.0.0.2");
        assert_eq!(accepted.remote_endpoint(), stream.local_endpoint());
        let error = connect_to(&format!("tcp://198.51.100.1:0;{to}"), &settings).err();
        let errno = error.and_then(|error| error.raw_os_error());
        assert_eq!(errno, Some(libc::EADDRNOTAVAIL));
    }

    #[test]
    fn e3_the_ends_of_tcp() {
        let (connected, accepted, listener) =
            pair(Scheme::Tcp, "127.0.0.1:*", &Settings::default());
        assert_eq!(connected.remote_endpoint(), listener.endpoint());
        assert_eq!(accepted.local_endpoint(), listener.endpoint());
        assert_eq!(accepted.remote_endpoint(), connected.local_endpoint());
        assert_eq!(accepted.peer_address(), b"127.0.0.1");
        assert_eq!(connected.peer_ip(), "127.0.0.1".parse().ok());
        assert_eq!(accepted.peer_ip(), "127.0.0.1".parse().ok());
        assert_eq!(accepted.peer_credentials(), None);
    }

    #[test]
    fn e3_the_ends_of_ipc() {
        let folder = Folder::new();
        let name = format!("@zmq-oxide ends {}", std::process::id());
        for at in [&folder.address("file"), &name] {
            let (connected, accepted, listener) = pair(Scheme::Ipc, at, &Settings::default());
            assert_eq!(connected.remote_endpoint(), listener.endpoint());
            assert_eq!(accepted.local_endpoint(), listener.endpoint());
            assert_eq!(connected.local_endpoint(), b"ipc://");
            assert_eq!(accepted.remote_endpoint(), b"ipc://");
            assert_eq!(accepted.peer_ip(), None);
        }
    }

    #[test]
    fn w45_the_address_of_a_local_peer_is_who_it_is() {
        let folder = Folder::new();
        let (_connected, accepted, _listener) =
            pair(Scheme::Ipc, &folder.address("file"), &Settings::default());
        let Credentials { pid, uid, gid } = accepted.peer_credentials().expect("the kernel knows");
        assert_eq!(pid.unsigned_abs(), std::process::id());
        let expected = format!("localhost:{uid}:{gid}:{pid}");
        assert_eq!(accepted.peer_address(), expected.as_bytes());
    }

    #[test]
    fn w45_a_peer_that_has_gone_is_still_known() {
        let (connected, accepted, _listener) =
            pair(Scheme::Tcp, "127.0.0.1:*", &Settings::default());
        let before = accepted.remote_endpoint();
        drop(connected);
        wait_for(&accepted, libc::POLLIN);
        assert_eq!(accepted.recv(&mut [0; 8]).expect("the end is no error"), 0);
        assert_eq!(accepted.peer_address(), b"127.0.0.1");
        assert_eq!(accepted.remote_endpoint(), before);
    }

    #[test]
    fn refused_and_absent() {
        let settings = Settings::default();
        let gone = listen(Scheme::Tcp, "127.0.0.1:*", &settings).endpoint().to_vec();
        let errno = |endpoint: &str| {
            connect_to(endpoint, &settings).err().and_then(|error| error.raw_os_error())
        };
        assert_eq!(errno(&String::from_utf8_lossy(&gone)), Some(libc::ECONNREFUSED));
        let folder = Folder::new();
        let absent = format!("ipc://{}", folder.address("absent"));
        assert_eq!(errno(&absent), Some(libc::ENOENT));
        listen(Scheme::Ipc, &folder.address("left"), &settings);
        let left = format!("ipc://{}", folder.address("left"));
        assert_eq!(errno(&left), Some(libc::ECONNREFUSED));
    }

    #[test]
    fn a_connection_with_itself_is_refused() {
        let settings = Settings::default();
        let gone = listen(Scheme::Tcp, "127.0.0.1:*", &settings).endpoint().to_vec();
        let at = String::from_utf8_lossy(&gone).replace("tcp://", "");
        let met = connect_to(&format!("tcp://{at};{at}"), &settings).map(|_| ());
        assert_eq!(met.err().and_then(|error| error.raw_os_error()), Some(libc::ECONNREFUSED));
    }

    #[test]
    fn ipc_connects_at_once_or_not_at_all() {
        let folder = Folder::new();
        let settings = Settings { backlog: 0, ..Settings::default() };
        let listener = listen(Scheme::Ipc, &folder.address("file"), &settings);
        let to = address(&String::from_utf8_lossy(listener.endpoint()), false);
        let (_first, progress) = Stream::connect(&to, &settings).expect("it listens");
        assert_eq!(progress, Progress::Done);
        let full = Stream::connect(&to, &settings).expect_err("one may wait, not two").error;
        assert_eq!(full.kind(), io::ErrorKind::WouldBlock);
        accept(&listener, &settings);
        Stream::connect(&to, &settings).expect("there is room again");
    }

    #[test]
    fn bytes_go_both_ways_and_nobody_waits() {
        let folder = Folder::new();
        for (scheme, at) in [(Scheme::Tcp, "127.0.0.1:*"), (Scheme::Ipc, &folder.address("file"))] {
            let (one, other, _listener) = pair(scheme, at, &Settings::default());
            let nothing = one.recv(&mut [0; 8]).expect_err("nothing was sent");
            assert_eq!(nothing.kind(), io::ErrorKind::WouldBlock);
            assert!(!one.has_input());
            for (from, to) in [(&one, &other), (&other, &one)] {
                let chunks = [IoSlice::new(b"ab"), IoSlice::new(b"cd")];
                assert_eq!(from.send(&chunks).expect("there is room"), 4);
                wait_for(to, libc::POLLIN);
                assert!(to.has_input());
                let mut got = [0; 8];
                assert_eq!(to.recv(&mut got).expect("it was sent"), 4);
                assert_eq!(got.get(..4), Some(&b"abcd"[..]));
            }
            let chunk = vec![0; 1 << 20];
            let full = loop {
                if let Err(error) = one.send(&[IoSlice::new(&chunk)]) {
                    break error;
                }
            };
            assert_eq!(full.kind(), io::ErrorKind::WouldBlock);
        }
    }
}

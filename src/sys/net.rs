//! Sockets: never blocking, closed on exec, and without signals.

use std::ffi::{c_int, c_void};
use std::io::{self, IoSlice, IoSliceMut};
use std::mem;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::ptr;

use libc::socklen_t;

use super::checked;
use super::net_address::{Place, RawAddress};

/// How many pieces the kernel takes at once (UIO_MAXIOV).
const PIECES_MAX: usize = 1024;

/// A setting that is one integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Setting {
    /// Addresses can be bound while old connections of theirs are still dying.
    ReuseAddr,
    /// The size of the kernel's buffer for sending.
    SendBuffer,
    /// The size of the kernel's buffer for receiving.
    RecvBuffer,
    /// The priority of packets within this machine.
    Priority,
    /// Microseconds of busy waiting for the network card.
    BusyPoll,
    /// Whether idle connections are probed.
    KeepAlive,
    /// How many probes may stay unanswered.
    KeepAliveCount,
    /// Seconds before the first probe.
    KeepAliveIdle,
    /// Seconds between probes.
    KeepAliveInterval,
    /// Small segments leave at once.
    NoDelay,
    /// Milliseconds that sent data may stay unacknowledged.
    UserTimeout,
    /// The type of service of IPv4 packets.
    Tos,
    /// The same for IPv6.
    TrafficClass,
    /// An IPv6 socket does not serve IPv4.
    OnlyV6,
}

impl Setting {
    /// The kernel's numbers for it: level and option.
    fn numbers(self) -> (c_int, c_int) {
        match self {
            Setting::ReuseAddr => (libc::SOL_SOCKET, libc::SO_REUSEADDR),
            Setting::SendBuffer => (libc::SOL_SOCKET, libc::SO_SNDBUF),
            Setting::RecvBuffer => (libc::SOL_SOCKET, libc::SO_RCVBUF),
            Setting::Priority => (libc::SOL_SOCKET, libc::SO_PRIORITY),
            Setting::BusyPoll => (libc::SOL_SOCKET, libc::SO_BUSY_POLL),
            Setting::KeepAlive => (libc::SOL_SOCKET, libc::SO_KEEPALIVE),
            Setting::KeepAliveCount => (libc::IPPROTO_TCP, libc::TCP_KEEPCNT),
            Setting::KeepAliveIdle => (libc::IPPROTO_TCP, libc::TCP_KEEPIDLE),
            Setting::KeepAliveInterval => (libc::IPPROTO_TCP, libc::TCP_KEEPINTVL),
            Setting::NoDelay => (libc::IPPROTO_TCP, libc::TCP_NODELAY),
            Setting::UserTimeout => (libc::IPPROTO_TCP, libc::TCP_USER_TIMEOUT),
            Setting::Tos => (libc::IPPROTO_IP, libc::IP_TOS),
            Setting::TrafficClass => (libc::IPPROTO_IPV6, libc::IPV6_TCLASS),
            Setting::OnlyV6 => (libc::IPPROTO_IPV6, libc::IPV6_V6ONLY),
        }
    }
}

/// Who is at the other end of a local socket, by the kernel's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Credentials {
    /// The process.
    pub(crate) pid: i32,
    /// Its user.
    pub(crate) uid: u32,
    /// Its group.
    pub(crate) gid: u32,
}

/// A new stream socket of the family that `place` belongs to.
pub(crate) fn socket(place: &Place) -> io::Result<OwnedFd> {
    let (family, protocol) = match place {
        Place::Inet(at) if at.is_ipv4() => (libc::AF_INET, libc::IPPROTO_TCP),
        Place::Inet(_) => (libc::AF_INET6, libc::IPPROTO_TCP),
        Place::Unix(_) => (libc::AF_UNIX, 0),
        Place::Foreign => return Err(io::Error::from_raw_os_error(libc::EAFNOSUPPORT)),
    };
    let kind = libc::SOCK_STREAM | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
    // SAFETY: socket takes no pointers.
    let fd = checked(unsafe { libc::socket(family, kind, protocol) })?;
    // SAFETY: the kernel has just returned this descriptor, and nobody else knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Takes over a listening socket that the program has prepared; returns it and where it listens.
///
/// A descriptor that is none, or whose place does not fit, is left to the program.
pub(crate) fn adopt(fd: RawFd, fits: impl Fn(&Place) -> bool) -> io::Result<(OwnedFd, Place)> {
    if fd < 0 {
        return Err(io::Error::from_raw_os_error(libc::EBADF));
    }
    // SAFETY: the number is not negative, and the borrow ends with this function. If it is not
    // open, or no socket, the calls below fail and nothing else happens.
    let borrowed = unsafe { BorrowedFd::borrow_raw(fd) };
    if get_int(borrowed, libc::SOL_SOCKET, libc::SO_ACCEPTCONN)? == 0 {
        return Err(io::Error::from_raw_os_error(libc::EINVAL));
    }
    let place = local_place(borrowed)?;
    if !fits(&place) {
        return Err(io::Error::from_raw_os_error(libc::EINVAL));
    }
    // SAFETY: fcntl with these commands takes no pointers.
    unsafe {
        let flags = checked(libc::fcntl(fd, libc::F_GETFL))?;
        checked(libc::fcntl(fd, libc::F_SETFL, flags | libc::O_NONBLOCK))?;
        checked(libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC))?;
    }
    // SAFETY: it is an open descriptor, and by naming it in ZMQ_USE_FD the program has given it
    // away.
    Ok((unsafe { OwnedFd::from_raw_fd(fd) }, place))
}

/// Gives a socket its place.
pub(crate) fn bind(fd: BorrowedFd<'_>, place: &Place) -> io::Result<()> {
    let raw = RawAddress::of(place)?;
    // SAFETY: the address lives to the end of the call, with as many bytes as its length says.
    checked(unsafe { libc::bind(fd.as_raw_fd(), raw.as_ptr(), raw.len()) })?;
    Ok(())
}

/// Has a bound socket take connections, so many of which may wait to be accepted.
pub(crate) fn listen(fd: BorrowedFd<'_>, backlog: i32) -> io::Result<()> {
    // SAFETY: listen takes no pointers.
    checked(unsafe { libc::listen(fd.as_raw_fd(), backlog) })?;
    Ok(())
}

/// Takes one of the connections that wait; returns it and where it comes from.
pub(crate) fn accept(fd: BorrowedFd<'_>) -> io::Result<(OwnedFd, Place)> {
    let flags = libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
    let mut raw = RawAddress::room();
    let accepted = retried(|| {
        raw = RawAddress::room();
        let (address, len) = raw.as_mut_ptrs();
        // SAFETY: both pointers belong to the exclusive borrow, and the length says its size.
        unsafe { libc::accept4(fd.as_raw_fd(), address, len, flags) }
    })?;
    // SAFETY: the kernel has just returned this descriptor, and nobody else knows it.
    Ok((unsafe { OwnedFd::from_raw_fd(accepted) }, raw.place()))
}

/// Starts to connect; EINPROGRESS says that it goes on in the background.
pub(crate) fn connect(fd: BorrowedFd<'_>, place: &Place) -> io::Result<()> {
    let raw = RawAddress::of(place)?;
    // SAFETY: the address lives to the end of the call, with as many bytes as its length says.
    checked(unsafe { libc::connect(fd.as_raw_fd(), raw.as_ptr(), raw.len()) })?;
    Ok(())
}

/// Where a socket is.
pub(crate) fn local_place(fd: BorrowedFd<'_>) -> io::Result<Place> {
    let mut raw = RawAddress::room();
    let (address, len) = raw.as_mut_ptrs();
    // SAFETY: both pointers belong to the exclusive borrow, and the length says its size.
    checked(unsafe { libc::getsockname(fd.as_raw_fd(), address, len) })?;
    Ok(raw.place())
}

/// How the connecting went, or what has gone wrong since somebody last asked.
pub(crate) fn pending_error(fd: BorrowedFd<'_>) -> io::Result<()> {
    match get_int(fd, libc::SOL_SOCKET, libc::SO_ERROR)? {
        0 => Ok(()),
        errno => Err(io::Error::from_raw_os_error(errno)),
    }
}

/// Sets what is one integer.
pub(crate) fn set(fd: BorrowedFd<'_>, setting: Setting, value: i32) -> io::Result<()> {
    let (level, option) = setting.numbers();
    set_bytes(fd, level, option, &value.to_ne_bytes())
}

/// Reads what is one integer.
#[cfg(test)]
pub(crate) fn get(fd: BorrowedFd<'_>, setting: Setting) -> io::Result<i32> {
    let (level, option) = setting.numbers();
    get_int(fd, level, option)
}

/// Ties a socket to a network interface.
pub(crate) fn bind_to_device(fd: BorrowedFd<'_>, device: &[u8]) -> io::Result<()> {
    set_bytes(fd, libc::SOL_SOCKET, libc::SO_BINDTODEVICE, device)
}

/// Who has connected to, or listens at, the other end of a local socket.
pub(crate) fn credentials(fd: BorrowedFd<'_>) -> io::Result<Credentials> {
    let mut found = libc::ucred { pid: 0, uid: 0, gid: 0 };
    let mut len = size_of::<libc::ucred>() as socklen_t;
    // SAFETY: the kernel writes at most `len` bytes to the exclusive borrow, which is that large.
    checked(unsafe {
        libc::getsockopt(
            fd.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_PEERCRED,
            (&raw mut found).cast::<c_void>(),
            &mut len,
        )
    })?;
    Ok(Credentials { pid: found.pid, uid: found.uid, gid: found.gid })
}

/// Receives what there is, at most as much as fits; 0 is the end of the stream.
pub(crate) fn recv(fd: BorrowedFd<'_>, into: &mut [u8]) -> io::Result<usize> {
    let received = retried(|| {
        // SAFETY: the kernel writes at most into.len() bytes, all inside the exclusive slice.
        unsafe { libc::recv(fd.as_raw_fd(), into.as_mut_ptr().cast(), into.len(), 0) }
    })?;
    Ok(received.unsigned_abs())
}

/// Ends a connection both ways; one that has ended already stays so.
pub(crate) fn shut_down(fd: BorrowedFd<'_>) {
    // SAFETY: the call takes no memory.
    unsafe { libc::shutdown(fd.as_raw_fd(), libc::SHUT_RDWR) };
}

/// As `recv`, into one room and then into another.
pub(crate) fn recv_both(
    fd: BorrowedFd<'_>,
    first: &mut [u8],
    second: &mut [u8],
) -> io::Result<usize> {
    let mut rooms = [IoSliceMut::new(first), IoSliceMut::new(second)];
    // SAFETY: a msghdr is made of integers and pointers, for which zero is a value.
    let mut message: libc::msghdr = unsafe { mem::zeroed() };
    message.msg_iov = rooms.as_mut_ptr().cast::<libc::iovec>();
    message.msg_iovlen = rooms.len() as _;
    let received = retried(|| {
        // SAFETY: IoSliceMut has the layout of an iovec, by its documentation. The kernel writes into
        // the two exclusive slices, no more than their lengths.
        unsafe { libc::recvmsg(fd.as_raw_fd(), &mut message, 0) }
    })?;
    Ok(received.unsigned_abs())
}

/// Sends as much as the kernel takes at once.
pub(crate) fn send(fd: BorrowedFd<'_>, chunks: &[IoSlice<'_>]) -> io::Result<usize> {
    let sent = if let [chunk] = chunks {
        retried(|| {
            // SAFETY: the kernel reads chunk.len() bytes of the borrowed slice.
            unsafe {
                let (at, len) = (chunk.as_ptr().cast::<c_void>(), chunk.len());
                libc::send(fd.as_raw_fd(), at, len, libc::MSG_NOSIGNAL)
            }
        })?
    } else {
        // SAFETY: a msghdr is made of integers and pointers, for which zero is a value.
        let mut message: libc::msghdr = unsafe { mem::zeroed() };
        message.msg_iov = chunks.as_ptr().cast::<libc::iovec>().cast_mut();
        message.msg_iovlen = chunks.len().min(PIECES_MAX) as _;
        retried(|| {
            // SAFETY: IoSlice has the layout of an iovec, by its documentation. The kernel only
            // reads the first msg_iovlen of them, and the bytes they borrow.
            unsafe { libc::sendmsg(fd.as_raw_fd(), &message, libc::MSG_NOSIGNAL) }
        })?
    };
    Ok(sent.unsigned_abs())
}

/// How bytes that were sent are doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Backlog {
    /// What the kernel still holds for the peer.
    pub(crate) queued: usize,
    /// That is more than a few bytes: a peer that leaves those is not busy, it has stopped.
    pub(crate) long: bool,
    /// It is long, it is the peer that does not read, and it is not in doubt that it is there: over
    /// tcp everything sent so far was acknowledged, and its window holds the rest back.
    pub(crate) held_up: bool,
}

/// Asks the kernel for it.
pub(crate) fn backlog(fd: BorrowedFd<'_>, tcp: bool) -> io::Result<Backlog> {
    let queued = queue_length(fd, libc::TIOCOUTQ)?;
    if !tcp {
        let long = queued >= FEW_LOCAL;
        return Ok(Backlog { queued, long, held_up: long });
    }
    let unsent = queue_length(fd, SIOCOUTQNSD)?;
    let long = queued >= FEW;
    let held_up =
        long && queued == unsent && tcp_window(fd).is_some_and(|window| window.holds_back(unsent));
    Ok(Backlog { queued, long, held_up })
}

/// Less than this is what heartbeats alone may leave behind.
const FEW: usize = 1024;
/// The same over ipc, where the kernel counts the memory that it needs for them.
const FEW_LOCAL: usize = 64 * 1024;
/// Bytes in the kernel's queue that TCP has not sent yet; libc has no name for it.
const SIOCOUTQNSD: libc::Ioctl = 0x894b;

fn queue_length(fd: BorrowedFd<'_>, which: libc::Ioctl) -> io::Result<usize> {
    let mut length: c_int = 0;
    // SAFETY: these requests write one int through the exclusive reference.
    checked(unsafe { libc::ioctl(fd.as_raw_fd(), which, &raw mut length) })?;
    Ok(usize::try_from(length).unwrap_or(0))
}

/// What TCP knows of the room at the peer.
struct TcpWindow {
    /// Bytes that the peer has room for.
    size: u32,
    /// How often it was asked for more since it last answered.
    probes: u8,
}

impl TcpWindow {
    /// Where these stand in the kernel's `tcp_info`, of which libc knows the beginning only.
    const PROBES: usize = 3;
    const SIZE: std::ops::Range<usize> = 228..232;

    /// A peer that is there answers each question at once.
    fn holds_back(&self, bytes: usize) -> bool {
        self.probes <= 1 && usize::try_from(self.size).is_ok_and(|size| size < bytes)
    }
}

/// None from a kernel that does not tell.
fn tcp_window(fd: BorrowedFd<'_>) -> Option<TcpWindow> {
    let mut info = [0_u8; 256];
    let mut len = info.len() as socklen_t;
    // SAFETY: the kernel writes at most `len` bytes through the exclusive reference.
    checked(unsafe {
        libc::getsockopt(
            fd.as_raw_fd(),
            libc::IPPROTO_TCP,
            libc::TCP_INFO,
            info.as_mut_ptr().cast(),
            &raw mut len,
        )
    })
    .ok()?;
    let told = info.get(..usize::try_from(len).ok()?)?;
    let size = u32::from_ne_bytes(told.get(TcpWindow::SIZE)?.try_into().ok()?);
    Some(TcpWindow { size, probes: *told.get(TcpWindow::PROBES)? })
}

/// How many bytes wait to be received.
#[cfg(test)]
pub(crate) fn waiting(fd: BorrowedFd<'_>) -> io::Result<usize> {
    let mut waiting: c_int = 0;
    // SAFETY: FIONREAD writes one int through the exclusive reference.
    checked(unsafe { libc::ioctl(fd.as_raw_fd(), libc::FIONREAD, &raw mut waiting) })?;
    Ok(usize::try_from(waiting).unwrap_or(0))
}

/// Sets what is some bytes.
fn set_bytes(fd: BorrowedFd<'_>, level: c_int, option: c_int, value: &[u8]) -> io::Result<()> {
    let len = socklen_t::try_from(value.len()).unwrap_or(socklen_t::MAX);
    let at = if value.is_empty() { ptr::null() } else { value.as_ptr().cast::<c_void>() };
    // SAFETY: the kernel reads at most `len` bytes, which is not more than the slice has.
    checked(unsafe { libc::setsockopt(fd.as_raw_fd(), level, option, at, len) })?;
    Ok(())
}

/// Reads an int.
fn get_int(fd: BorrowedFd<'_>, level: c_int, option: c_int) -> io::Result<i32> {
    let mut value: c_int = 0;
    let mut len = size_of::<c_int>() as socklen_t;
    let at = (&raw mut value).cast::<c_void>();
    // SAFETY: the kernel writes at most `len` bytes to the exclusive borrow, which is that large.
    checked(unsafe { libc::getsockopt(fd.as_raw_fd(), level, option, at, &mut len) })?;
    Ok(value)
}

/// Makes a system call, again and again while signal handlers interrupt it.
fn retried<T: Default + PartialOrd>(mut call: impl FnMut() -> T) -> io::Result<T> {
    loop {
        match checked(call()) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::{IoSlice, Read, Write};
    use std::os::fd::{AsFd, AsRawFd};
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn sockets_neither_block_nor_survive_exec() {
        let anywhere = Place::Inet("127.0.0.1:0".parse().expect("an address"));
        for place in [anywhere, Place::Unix(Vec::new())] {
            let socket = socket(&place).expect("descriptors are left");
            // SAFETY: fcntl with these commands takes no pointers.
            let (status, own) = unsafe {
                let fd = socket.as_raw_fd();
                (libc::fcntl(fd, libc::F_GETFL), libc::fcntl(fd, libc::F_GETFD))
            };
            assert_eq!(status & libc::O_NONBLOCK, libc::O_NONBLOCK);
            assert_eq!(own & libc::FD_CLOEXEC, libc::FD_CLOEXEC);
        }
    }

    #[test]
    fn one_chunk_or_many_arrive_in_order() {
        let (ours, mut theirs) = UnixStream::pair().expect("descriptors are left");
        assert_eq!(send(ours.as_fd(), &[IoSlice::new(b"abc")]).expect("there is room"), 3);
        let many = [IoSlice::new(b"de"), IoSlice::new(b""), IoSlice::new(b"fg")];
        assert_eq!(send(ours.as_fd(), &many).expect("there is room"), 4);
        let mut got = [0; 7];
        theirs.read_exact(&mut got).expect("it was sent");
        assert_eq!(&got, b"abcdefg");
    }

    #[test]
    fn more_pieces_than_the_kernel_takes_are_sent_in_part() {
        let (ours, _theirs) = UnixStream::pair().expect("descriptors are left");
        let many = vec![IoSlice::new(b"x"); PIECES_MAX + 1];
        assert_eq!(send(ours.as_fd(), &many).expect("there is room"), PIECES_MAX);
    }

    #[test]
    fn a_closed_peer_is_an_end_and_an_error_but_no_signal() {
        let (ours, theirs) = UnixStream::pair().expect("descriptors are left");
        drop(theirs);
        assert_eq!(recv(ours.as_fd(), &mut [0; 8]).expect("the end is no error"), 0);
        let broken = send(ours.as_fd(), &[IoSlice::new(b"x")]).expect_err("nobody is there");
        assert_eq!(broken.raw_os_error(), Some(libc::EPIPE));
    }

    #[test]
    fn what_waits_is_counted() {
        let (ours, mut theirs) = UnixStream::pair().expect("descriptors are left");
        assert_eq!(waiting(ours.as_fd()).expect("a socket can tell"), 0);
        theirs.write_all(b"12345").expect("there is room");
        assert_eq!(waiting(ours.as_fd()).expect("a socket can tell"), 5);
    }

    #[test]
    fn the_peer_of_a_pair_is_this_process() {
        let (ours, _theirs) = UnixStream::pair().expect("descriptors are left");
        let peer = credentials(ours.as_fd()).expect("a local socket");
        assert_eq!(peer.pid, std::process::id() as i32);
    }

    #[test]
    fn only_a_listening_socket_is_adopted() {
        let errno = |fd| adopt(fd, |_| true).err().and_then(|error| error.raw_os_error());
        assert_eq!(errno(-1), Some(libc::EBADF));
        let file = File::open("/dev/null").expect("it is always there");
        assert_eq!(errno(file.as_raw_fd()), Some(libc::ENOTSOCK));
        let (mute, _other) = UnixStream::pair().expect("descriptors are left");
        assert_eq!(errno(mute.as_raw_fd()), Some(libc::EINVAL));
    }
}

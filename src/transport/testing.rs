//! What the tests of this room share.

#![forbid(unsafe_code)]

use std::fs;
use std::os::fd::AsRawFd;
use std::path::PathBuf;

use super::{Address, Listener, Progress, Scheme, Settings, Stream, Target};
use crate::sys::net_local::make_temporary_folder;
use crate::sys::poll::{PollFd, poll};

/// How long something may take that takes no time, in milliseconds.
const LONG: i64 = 60_000;

/// A folder that goes with all that is in it.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new() -> Folder {
        let parent = std::env::temp_dir();
        Folder(make_temporary_folder(Some(&parent)).expect("there is room"))
    }

    /// A path in it; it itself for nothing.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        if name.is_empty() { self.0.clone() } else { self.0.join(name) }
    }

    /// A path in it as an address.
    pub(super) fn address(&self, name: &str) -> String {
        self.path(name).into_os_string().into_string().expect("the path is text")
    }

    /// What is in it.
    pub(super) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).expect("it is there");
        let mut names = entries
            .map(|entry| entry.expect("it can be read").file_name())
            .map(|name| name.into_string().expect("names are text"))
            .collect::<Vec<_>>();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Waits for `POLLIN` or `POLLOUT`.
pub(super) fn wait_for(fd: &impl AsRawFd, events: i16) {
    let mut fds = [PollFd::new(fd.as_raw_fd(), events)];
    assert_eq!(poll(&mut fds, LONG, None), Ok(1), "it has to happen");
}

/// Listens.
pub(super) fn listen(scheme: Scheme, address: &str, settings: &Settings) -> Listener {
    Listener::open(scheme, address.as_bytes(), settings)
        .unwrap_or_else(|error| panic!("{address}: {error:?}"))
}

/// Takes the next connection.
pub(super) fn accept(listener: &Listener, settings: &Settings) -> Stream {
    wait_for(listener, libc::POLLIN);
    listener.accept(settings).expect("one waits")
}

/// The address in an endpoint.
pub(super) fn address(endpoint: &str, ipv6: bool) -> Address {
    let (scheme, text) = endpoint.split_once("://").expect("an endpoint");
    let scheme = if scheme == "tcp" { Scheme::Tcp } else { Scheme::Ipc };
    let target = Target::parse(scheme, text.as_bytes()).expect("well-formed");
    target.addresses(ipv6).expect("a literal").pop().expect("a literal is one address")
}

/// Connects to where a listener is.
pub(super) fn connect(listener: &Listener, settings: &Settings) -> Stream {
    let endpoint = String::from_utf8_lossy(listener.endpoint()).into_owned();
    connect_to(&endpoint, settings).expect("it listens")
}

/// Connects, and waits for how that goes.
pub(super) fn connect_to(endpoint: &str, settings: &Settings) -> std::io::Result<Stream> {
    let (stream, progress) = Stream::connect(&address(endpoint, settings.ipv6), settings)
        .map_err(|failed| failed.error)?;
    match progress {
        Progress::Done => {}
        Progress::Pending => {
            wait_for(&stream, libc::POLLOUT);
            stream.finish_connect()?;
        }
    }
    Ok(stream)
}

/// Whether this machine speaks IPv6 with itself.
pub(super) fn has_ipv6() -> bool {
    std::net::TcpListener::bind("[::1]:0").is_ok()
}

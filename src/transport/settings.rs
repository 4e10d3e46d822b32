//! What of a socket's options concerns descriptors, and how it gets there.

#![forbid(unsafe_code)]

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use crate::sys::net::{self, Setting};
use crate::sys::net_address::Place;

/// The options of a socket that act on descriptors, with the values that the options have: -1 or 0
/// leaves most of them to the system.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// Whether IPv6 is spoken; IPv4 is then, too.
    pub(crate) ipv6: bool,
    /// The size of the kernel's buffer for sending; negative: the system's choice.
    pub(crate) sndbuf: i32,
    /// The size of the kernel's buffer for receiving; negative: the system's choice.
    pub(crate) rcvbuf: i32,
    /// How many connections may wait to be accepted.
    pub(crate) backlog: i32,
    /// A descriptor that listens already; negative: none.
    pub(crate) use_fd: i32,
    /// The type of service; 0: the system's choice.
    pub(crate) tos: i32,
    /// The priority within this machine; 0: the system's choice.
    pub(crate) priority: i32,
    /// Microseconds of busy waiting for the network card; not positive: the system's choice.
    pub(crate) busy_poll: i32,
    /// The interface that packets have to take; empty: any.
    pub(crate) bindtodevice: Vec<u8>,
    /// Whether idle connections are probed; -1: the system's choice.
    pub(crate) keepalive: i32,
    /// How many probes may stay unanswered; -1: the system's choice.
    pub(crate) keepalive_cnt: i32,
    /// Seconds before the first probe; -1: the system's choice.
    pub(crate) keepalive_idle: i32,
    /// Seconds between probes; -1: the system's choice.
    pub(crate) keepalive_intvl: i32,
    /// Milliseconds that sent data may stay unacknowledged; 0: the system's choice.
    pub(crate) maxrt: i32,
}

/// The part of the settings that a connection gets when it is established.
#[derive(Clone, Copy, Debug)]
pub(super) struct LinkSettings {
    keepalive: i32,
    keepalive_cnt: i32,
    keepalive_idle: i32,
    keepalive_intvl: i32,
    maxrt: i32,
}

impl Settings {
    /// A new socket to listen at or to connect to `place`.
    ///
    /// Only a device that cannot be had is an error, because packets would take another way than
    /// they were told to; the other settings are about speed.
    pub(super) fn socket(&self, place: &Place) -> io::Result<OwnedFd> {
        let socket = net::socket(place)?;
        let Place::Inet(at) = place else { return Ok(socket) };
        let fd = socket.as_fd();
        if at.is_ipv6() {
            // Systems whose administrator wants it otherwise must not cut IPv4 off.
            set(fd, Setting::OnlyV6, 0);
        }
        self.mark(fd);
        if !self.bindtodevice.is_empty() {
            net::bind_to_device(fd, &self.bindtodevice)?;
        }
        if self.sndbuf >= 0 {
            set(fd, Setting::SendBuffer, self.sndbuf);
        }
        if self.rcvbuf >= 0 {
            set(fd, Setting::RecvBuffer, self.rcvbuf);
        }
        if self.busy_poll > 0 {
            set(fd, Setting::BusyPoll, self.busy_poll);
        }
        Ok(socket)
    }

    /// Sets what is written on packets.
    pub(super) fn mark(&self, fd: BorrowedFd<'_>) {
        if self.tos != 0 {
            set(fd, Setting::Tos, self.tos);
            // Fails on sockets of IPv4, which have nothing of the kind.
            set(fd, Setting::TrafficClass, self.tos);
        }
        if self.priority != 0 {
            set(fd, Setting::Priority, self.priority);
        }
    }

    /// What a connection gets when it is established.
    pub(super) fn of_links(&self) -> LinkSettings {
        LinkSettings {
            keepalive: self.keepalive,
            keepalive_cnt: self.keepalive_cnt,
            keepalive_idle: self.keepalive_idle,
            keepalive_intvl: self.keepalive_intvl,
            maxrt: self.maxrt,
        }
    }
}

impl LinkSettings {
    /// Sets what an established tcp connection needs.
    pub(super) fn apply(&self, fd: BorrowedFd<'_>) {
        set(fd, Setting::NoDelay, 1);
        if self.keepalive != -1 {
            set(fd, Setting::KeepAlive, self.keepalive);
            for (setting, value) in [
                (Setting::KeepAliveCount, self.keepalive_cnt),
                (Setting::KeepAliveIdle, self.keepalive_idle),
                (Setting::KeepAliveInterval, self.keepalive_intvl),
            ] {
                if value != -1 {
                    set(fd, setting, value);
                }
            }
        }
        if self.maxrt > 0 {
            set(fd, Setting::UserTimeout, self.maxrt);
        }
    }
}

/// Sets what a connection can do without, so that a refusal is not worth the connection.
fn set(fd: BorrowedFd<'_>, setting: Setting, value: i32) {
    let _ = net::set(fd, setting, value);
}

/// The settings of a socket whose options nobody has touched.
#[cfg(test)]
impl Default for Settings {
    fn default() -> Settings {
        Settings {
            ipv6: false,
            sndbuf: -1,
            rcvbuf: -1,
            backlog: 100,
            use_fd: -1,
            tos: 0,
            priority: 0,
            busy_poll: 0,
            bindtodevice: Vec::new(),
            keepalive: -1,
            keepalive_cnt: -1,
            keepalive_idle: -1,
            keepalive_intvl: -1,
            maxrt: 0,
        }
    }
}

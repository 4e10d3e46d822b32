//! Socket addresses, between the kernel's form and ours.

use std::io;
use std::mem;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::ptr;

use libc::socklen_t;

/// Where the name starts in a `sockaddr_un`.
const UNIX_NAME_AT: usize = mem::offset_of!(libc::sockaddr_un, sun_path);
/// How many bytes a name in the file system can have, besides the NUL that ends it.
pub(crate) const UNIX_NAME_MAX: usize = size_of::<libc::sockaddr_un>() - UNIX_NAME_AT - 1;

/// The place of a socket, as far as this library makes or meets such.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// An address and a port.
    Inet(SocketAddr),
    /// A path; or a zero byte and a name, which is no file; or nothing, for a socket without name.
    Unix(Vec<u8>),
    /// A family that we have nothing to do with.
    Foreign,
}

/// An address as the kernel reads and writes it.
pub(super) struct RawAddress {
    storage: libc::sockaddr_storage,
    len: socklen_t,
}

impl RawAddress {
    /// Room for any address, for the kernel to write to.
    pub(super) fn room() -> RawAddress {
        // SAFETY: a sockaddr_storage is made of integers, for which zero is a value.
        let storage = unsafe { mem::zeroed() };
        RawAddress { storage, len: size_of::<libc::sockaddr_storage>() as socklen_t }
    }

    /// The kernel's form of a place; only names of files can be too long for it.
    pub(super) fn of(place: &Place) -> io::Result<RawAddress> {
        match place {
            Place::Inet(SocketAddr::V4(at)) => Ok(RawAddress::holding(libc::sockaddr_in {
                sin_family: libc::AF_INET as libc::sa_family_t,
                sin_port: at.port().to_be(),
                sin_addr: libc::in_addr { s_addr: u32::from_ne_bytes(at.ip().octets()) },
                sin_zero: [0; 8],
            })),
            Place::Inet(SocketAddr::V6(at)) => Ok(RawAddress::holding(libc::sockaddr_in6 {
                sin6_family: libc::AF_INET6 as libc::sa_family_t,
                sin6_port: at.port().to_be(),
                sin6_flowinfo: at.flowinfo(),
                sin6_addr: libc::in6_addr { s6_addr: at.ip().octets() },
                sin6_scope_id: at.scope_id(),
            })),
            Place::Unix(name) if name.len() <= UNIX_NAME_MAX => {
                let mut address = libc::sockaddr_un {
                    sun_family: libc::AF_UNIX as libc::sa_family_t,
                    sun_path: [0; UNIX_NAME_MAX + 1],
                };
                for (to, &from) in address.sun_path.iter_mut().zip(name) {
                    *to = from as libc::c_char;
                }
                // The name of a file ends with a NUL, every other one with its last byte.
                let nul = usize::from(name.first().is_some_and(|&first| first != 0));
                let mut raw = RawAddress::holding(address);
                raw.len = (UNIX_NAME_AT + name.len() + nul) as socklen_t;
                Ok(raw)
            }
            Place::Unix(_) => Err(io::Error::from_raw_os_error(libc::ENAMETOOLONG)),
            Place::Foreign => Err(io::Error::from_raw_os_error(libc::EAFNOSUPPORT)),
        }
    }

    /// One that holds an address of a certain family.
    fn holding<T: Copy>(address: T) -> RawAddress {
        const { assert!(size_of::<T>() <= size_of::<libc::sockaddr_storage>()) };
        let mut raw = RawAddress::room();
        // SAFETY: the storage is at least as large as T, by the assertion, and unaligned writes
        // need nothing more.
        unsafe { (&raw mut raw.storage).cast::<T>().write_unaligned(address) };
        raw.len = size_of::<T>() as socklen_t;
        raw
    }

    /// What an address says, of which `len` bytes at `at` are valid.
    ///
    /// # Safety
    /// `at` may be NULL; otherwise `len` bytes can be read there.
    pub(super) unsafe fn read(at: *const libc::sockaddr, len: usize) -> Place {
        let mut raw = RawAddress::room();
        if at.is_null() || len > size_of::<libc::sockaddr_storage>() {
            return Place::Foreign;
        }
        // SAFETY: the caller answers for the source; the storage is large enough, as just checked,
        // and is another object.
        unsafe {
            ptr::copy_nonoverlapping(at.cast::<u8>(), (&raw mut raw.storage).cast::<u8>(), len);
        }
        raw.len = len as socklen_t;
        raw.place()
    }

    /// What this one says.
    pub(super) fn place(&self) -> Place {
        match libc::c_int::from(self.storage.ss_family) {
            libc::AF_INET => {
                let at = self.as_family::<libc::sockaddr_in>();
                let ip = Ipv4Addr::from(at.sin_addr.s_addr.to_ne_bytes());
                Place::Inet(SocketAddrV4::new(ip, u16::from_be(at.sin_port)).into())
            }
            libc::AF_INET6 => {
                let at = self.as_family::<libc::sockaddr_in6>();
                let ip = Ipv6Addr::from(at.sin6_addr.s6_addr);
                let (port, scope) = (u16::from_be(at.sin6_port), at.sin6_scope_id);
                Place::Inet(SocketAddrV6::new(ip, port, at.sin6_flowinfo, scope).into())
            }
            libc::AF_UNIX => {
                let at = self.as_family::<libc::sockaddr_un>();
                let len = (self.len as usize).saturating_sub(UNIX_NAME_AT);
                let name = at.sun_path.iter().take(len).map(|&byte| byte as u8);
                if at.sun_path[0] == 0 {
                    Place::Unix(name.collect())
                } else {
                    Place::Unix(name.take_while(|&byte| byte != 0).collect())
                }
            }
            _ => Place::Foreign,
        }
    }

    /// The storage as what one family calls an address.
    fn as_family<T: Copy>(&self) -> T {
        const { assert!(size_of::<T>() <= size_of::<libc::sockaddr_storage>()) };
        // SAFETY: the storage is at least as large as T, by the assertion, all of it is
        // initialised, and every address is made of integers, for which all bits are values.
        unsafe { (&raw const self.storage).cast::<T>().read_unaligned() }
    }

    /// For calls that read an address.
    pub(super) fn as_ptr(&self) -> *const libc::sockaddr {
        (&raw const self.storage).cast()
    }

    /// How many bytes of it count.
    pub(super) fn len(&self) -> socklen_t {
        self.len
    }

    /// For calls that write an address and its length, which says how much room there is.
    pub(super) fn as_mut_ptrs(&mut self) -> (*mut libc::sockaddr, *mut socklen_t) {
        ((&raw mut self.storage).cast(), &raw mut self.len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read() {
        for place in [
            Place::Inet("127.0.0.1:5555".parse().expect("an address")),
            Place::Inet("[::1]:65535".parse().expect("an address")),
            Place::Inet(SocketAddrV6::new(Ipv6Addr::LOCALHOST, 1, 2, 3).into()),
            Place::Unix(b"/a/path".to_vec()),
            Place::Unix(vec![b'p'; UNIX_NAME_MAX]),
            Place::Unix(b"\0no file".to_vec()),
            Place::Unix(b"\0with\0in it".to_vec()),
            Place::Unix(Vec::new()),
        ] {
            let raw = RawAddress::of(&place).expect("not too long");
            assert_eq!(raw.place(), place);
            // SAFETY: the pointer and the length belong to the same address.
            assert_eq!(unsafe { RawAddress::read(raw.as_ptr(), raw.len() as usize) }, place);
        }
    }

    #[test]
    fn a63_a_name_has_107_bytes_at_most() {
        assert_eq!(UNIX_NAME_MAX, 107);
        let long = RawAddress::of(&Place::Unix(vec![b'p'; 108])).err();
        assert_eq!(long.and_then(|error| error.raw_os_error()), Some(libc::ENAMETOOLONG));
    }
}

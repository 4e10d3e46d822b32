//! Names of hosts and interfaces, and the texts of addresses, as the C library has them.

use std::ffi::{CStr, CString, c_char, c_int};
use std::io;
use std::mem;
use std::net::{IpAddr, SocketAddr};
use std::ptr;

use super::checked;
use super::net_address::{Place, RawAddress};

/// The longest numeric address, with a zone, and its NUL (NI_MAXHOST is a kilobyte for names).
const NUMERIC_MAX: usize = 128;

/// Which addresses are wanted of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Those of IPv4.
    V4,
    /// Those of IPv6; if there are none, those of IPv4 in their IPv6 form.
    V6OrMapped,
    /// Those of IPv6 and those of IPv4, the latter in their IPv6 form.
    V6AndMapped,
}

/// Asks the system's resolver for the addresses of a host; this may take long.
pub(crate) fn host_addresses(host: &str, wanted: Wanted) -> io::Result<Vec<SocketAddr>> {
    let host = CString::new(host).map_err(|_| io::ErrorKind::NotFound)?;
    // SAFETY: an addrinfo is made of integers and pointers, for which zero is a value.
    let mut hints: libc::addrinfo = unsafe { mem::zeroed() };
    hints.ai_socktype = libc::SOCK_STREAM;
    (hints.ai_family, hints.ai_flags) = match wanted {
        Wanted::V4 => (libc::AF_INET, 0),
        Wanted::V6OrMapped => (libc::AF_INET6, libc::AI_V4MAPPED),
        Wanted::V6AndMapped => (libc::AF_INET6, libc::AI_V4MAPPED | libc::AI_ALL),
    };
    let mut list = ptr::null_mut();
    // SAFETY: the host is a C string, the hints are borrowed, and the list is written on success.
    match unsafe { libc::getaddrinfo(host.as_ptr(), ptr::null(), &hints, &mut list) } {
        0 => {}
        libc::EAI_SYSTEM => return Err(io::Error::last_os_error()),
        libc::EAI_MEMORY => return Err(io::Error::from_raw_os_error(libc::ENOMEM)),
        code => return Err(unresolved(code)),
    }
    let mut found = Vec::new();
    let mut at = list;
    while !at.is_null() {
        // SAFETY: the list is ours until freeaddrinfo, its links are valid or NULL, and each
        // element points to ai_addrlen bytes of address.
        let place = unsafe {
            let info = &*at;
            at = info.ai_next;
            RawAddress::read(info.ai_addr, info.ai_addrlen as usize)
        };
        if let Place::Inet(address) = place {
            found.push(address);
        }
    }
    // SAFETY: getaddrinfo has made the list, and nothing points into it any more.
    unsafe { libc::freeaddrinfo(list) };
    Ok(found)
}

/// The error for what the resolver answered.
fn unresolved(code: c_int) -> io::Error {
    // SAFETY: gai_strerror accepts any number and returns a constant text.
    let text = unsafe { CStr::from_ptr(libc::gai_strerror(code)) };
    io::Error::new(io::ErrorKind::NotFound, text.to_string_lossy())
}

/// The first address that an interface has in a family, with port 0.
pub(crate) fn interface_address(name: &str, ipv6: bool) -> io::Result<Option<SocketAddr>> {
    let mut list: *mut libc::ifaddrs = ptr::null_mut();
    // SAFETY: the list is written on success.
    checked(unsafe { libc::getifaddrs(&mut list) })?;
    let mut found = None;
    let mut at = list;
    while !at.is_null() && found.is_none() {
        // SAFETY: the list is ours until freeifaddrs, its links are valid or NULL, each name is a C
        // string, and an address, if there, has the size that its family says, which
        // inet_address checks before it reads.
        unsafe {
            let info = &*at;
            at = info.ifa_next;
            if CStr::from_ptr(info.ifa_name).to_bytes() == name.as_bytes() {
                found = inet_address(info.ifa_addr).filter(|found| found.is_ipv6() == ipv6);
            }
        }
    }
    // SAFETY: getifaddrs has made the list, and nothing points into it any more.
    unsafe { libc::freeifaddrs(list) };
    Ok(found)
}

/// Reads an address of IPv4 or IPv6.
///
/// # Safety
/// `at` is NULL or points to an address that is as large as its family says.
unsafe fn inet_address(at: *const libc::sockaddr) -> Option<SocketAddr> {
    if at.is_null() {
        return None;
    }
    // SAFETY: not NULL, so that the family can be read, by the caller's word.
    let len = match c_int::from(unsafe { (*at).sa_family }) {
        libc::AF_INET => size_of::<libc::sockaddr_in>(),
        libc::AF_INET6 => size_of::<libc::sockaddr_in6>(),
        _ => return None,
    };
    // SAFETY: an address of that family has as many bytes, by the caller's word.
    match unsafe { RawAddress::read(at, len) } {
        Place::Inet(address) => Some(address),
        Place::Unix(_) | Place::Foreign => None,
    }
}

/// The number of the interface with this name.
pub(crate) fn interface_number(name: &str) -> Option<u32> {
    let name = CString::new(name).ok()?;
    // SAFETY: the name is a C string that lives to the end of the call.
    match unsafe { libc::if_nametoindex(name.as_ptr()) } {
        0 => None,
        number => Some(number),
    }
}

/// The text of an address without its port, with the zone if there is one: `127.0.0.1`,
/// `fe80::1%lo`.
pub(crate) fn numeric_host(address: &SocketAddr) -> String {
    let in_words = || match address.ip() {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => ip.to_string(),
    };
    let Ok(raw) = RawAddress::of(&Place::Inet(*address)) else { return in_words() };
    let mut text = [0_u8; NUMERIC_MAX];
    // SAFETY: the address lives to the end of the call, with as many bytes as its length says; at
    // most NUMERIC_MAX bytes are written to the exclusive buffer, and nothing to NULL.
    let code = unsafe {
        libc::getnameinfo(
            raw.as_ptr(),
            raw.len(),
            text.as_mut_ptr().cast::<c_char>(),
            NUMERIC_MAX as libc::socklen_t,
            ptr::null_mut(),
            0,
            libc::NI_NUMERICHOST,
        )
    };
    match CStr::from_bytes_until_nul(&text) {
        Ok(text) if code == 0 => text.to_string_lossy().into_owned(),
        _ => in_words(),
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddrV6;

    use super::*;

    #[test]
    fn literals_are_found_without_asking_anybody() {
        let found = |host, wanted| {
            let found = host_addresses(host, wanted).map_err(|error| error.kind());
            found.map(|all| all.iter().map(numeric_host).collect::<Vec<_>>())
        };
        assert_eq!(found("127.1", Wanted::V4), Ok(vec!["127.0.0.1".to_owned()]));
        for wanted in [Wanted::V6OrMapped, Wanted::V6AndMapped] {
            assert_eq!(found("127.1", wanted), Ok(vec!["::ffff:127.0.0.1".to_owned()]));
            assert_eq!(found("::1", wanted), Ok(vec!["::1".to_owned()]));
        }
        assert_eq!(found("::1", Wanted::V4), Err(io::ErrorKind::NotFound));
        assert_eq!(found("1\0", Wanted::V4), Err(io::ErrorKind::NotFound));
    }

    #[test]
    fn the_loopback_interface_has_a_number_and_an_address() {
        let number = interface_number("lo").expect("every machine has one");
        assert_ne!(number, 0);
        assert_eq!(interface_number("no such"), None);
        let at = interface_address("lo", false).expect("interfaces can be listed");
        assert_eq!(at, Some("127.0.0.1:0".parse().expect("an address")));
        assert_eq!(interface_address("no such", false).expect("they can be listed"), None);
    }

    #[test]
    fn zones_are_part_of_the_text() {
        let local = |scope| {
            let ip = "fe80::1".parse().expect("an address");
            numeric_host(&SocketAddrV6::new(ip, 9, 0, scope).into())
        };
        assert_eq!(local(0), "fe80::1");
        assert_eq!(local(interface_number("lo").expect("every machine has one")), "fe80::1%lo");
        assert_eq!(local(987_654), "fe80::1%987654");
    }
}

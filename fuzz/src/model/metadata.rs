//! What peers tell about themselves.

use zmq::fuzzing::{Peer, Setup, type_name};

use crate::wire::{self, Version};

/// The most properties, and the most bytes of them.
const PROPERTIES_MAX: (usize, usize) = (64, 32 * 1024);
/// What only we know about a connection.
const RESERVED: [&[u8]; 4] = [b"User-Id", b"Peer-Address", b"Routing-Id", b"__fd"];

/// What we tell about ourselves; without properties of the application.
pub fn own(setup: &Setup) -> Vec<u8> {
    let name = type_name(setup.socket_type).expect("the number of a type");
    let mut bytes = wire::property(b"Socket-Type", name.as_bytes());
    if matches!(name, "REQ" | "DEALER" | "ROUTER") {
        bytes.extend(wire::property(b"Identity", &setup.routing_id));
    }
    bytes
}

/// Metadata of a peer.
pub fn read(own: u8, version: Version, bytes: &[u8]) -> Result<Peer, &'static str> {
    let mut peer = Peer {
        version: version.name(),
        socket_type: None,
        routing_id: None,
        subscribe_to_all: false,
        properties: Vec::new(),
    };
    let mut rest = bytes;
    let mut count = 0;
    while let Some((&name_len, behind)) = rest.split_first() {
        let name_len = usize::from(name_len);
        let name = behind.get(..name_len).ok_or("MetadataMalformed")?;
        let behind = &behind[name_len..];
        // What a single name at the end, or one with a length, means has been measured: nothing.
        if name_len > 0 && behind.is_empty() {
            break;
        }
        let (len, behind) = behind.split_first_chunk().ok_or("MetadataMalformed")?;
        let len = u32::from_be_bytes(*len) as usize;
        if len > 0 && behind.is_empty() {
            break;
        }
        let value = behind.get(..len).ok_or("MetadataMalformed")?;
        rest = &behind[len..];
        count += 1;
        if count > PROPERTIES_MAX.0 || bytes.len() > PROPERTIES_MAX.1 {
            return Err("MetadataTooLarge");
        }
        if name == b"Socket-Type" {
            let fits = |peer: &u8| type_name(*peer).is_some_and(|name| name.as_bytes() == value);
            if !zmq::fuzzing::peers_of(own).iter().any(fits) {
                return Err("SocketTypeMismatch");
            }
            peer.socket_type.get_or_insert(value.to_vec());
        }
        if name == b"Identity" {
            peer.routing_id = (1..=255).contains(&value.len()).then(|| value.to_vec());
        }
        let known = peer.properties.iter().any(|(earlier, _)| earlier == name);
        if !known && !RESERVED.contains(&name) {
            peer.properties.push((name.to_vec(), value.to_vec()));
        }
    }
    Ok(peer)
}

//! What the two sides tell each other about themselves in the handshake.

#![forbid(unsafe_code)]

use super::config::Config;
use super::reader::Reader;
use super::{PeerError, SocketType};

/// Name of the property that holds the type of the socket.
const SOCKET_TYPE: &[u8] = b"Socket-Type";
/// Name of the property that holds the routing id.
const IDENTITY: &[u8] = b"Identity";
/// Names of what only we know about a connection: from a peer it would be a forgery.
const RESERVED: [&[u8]; 4] = [b"User-Id", b"Peer-Address", b"Routing-Id", b"__fd"];

/// The most properties that a peer may have.
const COUNT_MAX: usize = 64;
/// The most bytes that they may take.
const SIZE_MAX: usize = 32 * 1024;
/// The longest routing id.
const ROUTING_ID_MAX: usize = 255;

/// What a peer told about itself.
#[derive(Debug, Default)]
pub(super) struct Properties {
    /// The type of its socket, which is one that we talk to.
    pub(super) socket_type: Option<Vec<u8>>,
    /// Its routing id.
    pub(super) routing_id: Option<Vec<u8>>,
    /// What the application may see of it: the first value of each name, the two above included.
    pub(super) visible: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Properties {
    /// Reads metadata and judges the type of the peer's socket.
    pub(super) fn parse(bytes: &[u8], own: SocketType) -> Result<Properties, PeerError> {
        let mut properties = Properties::default();
        let mut reader = Reader::new(bytes);
        let mut count = 0;
        while !reader.is_empty() {
            let left = reader.rest().len();
            let malformed = PeerError::MetadataMalformed { len: bytes.len(), left };
            let Some(name) = reader.short_text() else { return Err(malformed) };
            if left > 1 && reader.is_empty() {
                // A name and nothing else: libzmq takes it as not being there.
                break;
            }
            let Some(len) = reader.u32() else { return Err(malformed) };
            if len > 0 && reader.is_empty() {
                // The same, with a length.
                break;
            }
            let len = usize::try_from(len).unwrap_or(usize::MAX);
            let value = reader.take(len).ok_or(malformed)?;
            count += 1;
            if count > COUNT_MAX || bytes.len() > SIZE_MAX {
                return Err(PeerError::MetadataTooLarge { count, len: bytes.len() });
            }
            properties.take(name, value, own)?;
        }
        Ok(properties)
    }

    fn take(&mut self, name: &[u8], value: &[u8], own: SocketType) -> Result<(), PeerError> {
        if name == SOCKET_TYPE {
            if !own.accepts(value) {
                return Err(PeerError::SocketTypeMismatch { own, peer: value.to_vec() });
            }
            self.socket_type.get_or_insert_with(|| value.to_vec());
        }
        if name == IDENTITY {
            self.routing_id = routing_id(value);
        }
        let known = self.visible.iter().any(|(earlier, _)| earlier == name);
        if !known && !RESERVED.contains(&name) {
            self.visible.push((name.to_vec(), value.to_vec()));
        }
        Ok(())
    }
}

/// The routing id that a peer asks for, if it can have one.
pub(super) fn routing_id(value: &[u8]) -> Option<Vec<u8>> {
    (1..=ROUTING_ID_MAX).contains(&value.len()).then(|| value.to_vec())
}

/// What we tell about ourselves.
pub(super) fn write(config: &Config) -> Vec<u8> {
    let mut bytes = Vec::new();
    put(&mut bytes, SOCKET_TYPE, config.socket_type.name().as_bytes());
    if config.socket_type.announces_routing_id() {
        put(&mut bytes, IDENTITY, &config.routing_id);
    }
    let mut properties: Vec<_> = config.properties.iter().collect();
    properties.sort();
    for (name, value) in properties {
        put(&mut bytes, name, value);
    }
    bytes
}

/// Adds a property. One that does not fit its length fields is left out; options refuse such.
fn put(bytes: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    let (Ok(name_len), Ok(value_len)) = (u8::try_from(name.len()), u32::try_from(value.len()))
    else {
        return;
    };
    bytes.push(name_len);
    bytes.extend(name);
    bytes.extend(value_len.to_be_bytes());
    bytes.extend(value);
}

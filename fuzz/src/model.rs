//! What a session has to make of bytes: the same rules as the library's, for somebody who has all
//! of the bytes and all of the time.

use zmq::fuzzing::{Kind, Part, Peer, Seen, Setup, type_name};

use crate::types::{self, DISH, RADIO, REQ};
use crate::wire::{self, Frame, Front, Version};

/// The longest frame of a handshake.
const HANDSHAKE_MAX: u64 = 64 * 1024;
/// The most properties, and the most bytes of them.
const PROPERTIES_MAX: (usize, usize) = (64, 32 * 1024);
/// What only we know about a connection.
const RESERVED: [&[u8]; 4] = [b"User-Id", b"Peer-Address", b"Routing-Id", b"__fd"];

/// What has to come of bytes.
#[derive(Debug, Default)]
pub struct Expected {
    /// The events.
    pub seen: Vec<Seen>,
    /// The name of the error.
    pub error: Option<&'static str>,
    /// What the session says in greeting and handshake.
    pub said: Vec<u8>,
}

/// A peer's bytes from the first on.
pub fn connection(setup: &Setup, bytes: &[u8]) -> Expected {
    let mut expected = Expected::default();
    if let Err(error) = greet(setup, bytes, &mut expected) {
        expected.error = Some(error);
    }
    expected
}

fn greet(setup: &Setup, bytes: &[u8], expected: &mut Expected) -> Result<(), &'static str> {
    let id = &setup.routing_id;
    let said = &mut expected.said;
    said.push(0xff);
    said.extend((id.len() as u64 + 1).to_be_bytes());
    said.push(0x7f);
    let Some(first) = bytes.first() else { return Ok(()) };
    if *first != 0xff || bytes.get(9).is_some_and(|tenth| tenth & 1 == 0) {
        if setup.refuse_old {
            return Err("OldPeer");
        }
        said.extend(id);
        return identity(setup, Version::Unversioned, bytes, expected);
    }
    if bytes.len() < 10 {
        return Ok(());
    }
    said.push(3);
    let Some(&revision) = bytes.get(10) else { return Ok(()) };
    if revision < 2 {
        said.push(setup.socket_type);
        let Some(behind) = bytes.get(12..) else { return Ok(()) };
        if setup.refuse_old {
            return Err("OldPeer");
        }
        let version = if revision == 0 { Version::V1 } else { Version::V2 };
        said.extend(data_frame(version, false, id));
        return identity(setup, version, behind, expected);
    }
    said.extend(&wire::greeting(1)[11..]);
    let Some(behind) = bytes.get(64..) else { return Ok(()) };
    if bytes[12..32] != wire::greeting(1)[12..32] {
        return Err("MechanismMismatch");
    }
    said.extend(wire::ready(&own_metadata(setup)));
    let version = if bytes[11] == 0 { Version::V3 } else { Version::V31 };
    handshake(setup, version, behind, expected)
}

/// A frame of the application.
pub fn data_frame(version: Version, more: bool, body: &[u8]) -> Vec<u8> {
    let flags = u8::from(more);
    if !version.has_old_frames() {
        return wire::frame(flags, body);
    }
    match body.len() + 1 {
        len @ ..255 => [&[len as u8, flags], body].concat(),
        len => [&b"\xff"[..], &(len as u64).to_be_bytes(), &[flags], body].concat(),
    }
}

/// What we tell about ourselves; without properties of the application.
fn own_metadata(setup: &Setup) -> Vec<u8> {
    let name = type_name(setup.socket_type).expect("the number of a type");
    let mut bytes = wire::property(b"Socket-Type", name.as_bytes());
    if matches!(name, "REQ" | "DEALER" | "ROUTER") {
        bytes.extend(wire::property(b"Identity", &setup.routing_id));
    }
    bytes
}

/// A frame of the handshake, if it is there.
fn handshake_frame(
    version: Version,
    bytes: &[u8],
) -> Result<Option<(Frame<'_>, &[u8])>, &'static str> {
    match wire::front(version.has_old_frames(), bytes, Some(HANDSHAKE_MAX)) {
        Front::Frame(frame, behind) => Ok(Some((frame, behind))),
        Front::Part => Ok(None),
        Front::Wrong("TooLong", _) => Err("HandshakeTooLong"),
        Front::Wrong(error, _) => Err(error),
    }
}

fn identity(
    setup: &Setup,
    version: Version,
    bytes: &[u8],
    expected: &mut Expected,
) -> Result<(), &'static str> {
    let Some((frame, behind)) = handshake_frame(version, bytes)? else { return Ok(()) };
    let unversioned = version == Version::Unversioned;
    expected.seen.push(Seen::Ready(Peer {
        version: version.name(),
        socket_type: None,
        routing_id: (1..=255).contains(&frame.body.len()).then(|| frame.body.to_vec()),
        subscribe_to_all: unversioned && types::publishes(setup.socket_type),
        properties: Vec::new(),
    }));
    traffic(setup, version, behind, &mut expected.seen)
}

fn handshake(
    setup: &Setup,
    version: Version,
    bytes: &[u8],
    expected: &mut Expected,
) -> Result<(), &'static str> {
    let Some((frame, behind)) = handshake_frame(version, bytes)? else { return Ok(()) };
    if let Some(reason) = frame.body.strip_prefix(b"\x05ERROR") {
        let Some((&len, reason)) = reason.split_first() else { return Err("MalformedError") };
        return Err(match reason.get(..len.into()) {
            None => "MalformedError",
            Some(b"300" | b"400" | b"500") => "Denied",
            Some(_) => "Refused",
        });
    }
    let metadata = frame.body.strip_prefix(b"\x05READY").ok_or("UnexpectedCommand")?;
    expected.seen.push(Seen::Ready(read_metadata(setup.socket_type, version, metadata)?));
    traffic(setup, version, behind, &mut expected.seen)
}

/// Metadata of a peer.
fn read_metadata(own: u8, version: Version, bytes: &[u8]) -> Result<Peer, &'static str> {
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

/// Frames behind the handshake.
fn traffic(
    setup: &Setup,
    version: Version,
    bytes: &[u8],
    seen: &mut Vec<Seen>,
) -> Result<(), &'static str> {
    let mut rest = bytes;
    // The parts of a message so far, and whether the last frame promised another.
    let mut parts: Vec<&[u8]> = Vec::new();
    let mut inside = false;
    loop {
        let frame = match wire::front(version.has_old_frames(), rest, setup.max_body) {
            Front::Frame(frame, behind) => {
                rest = behind;
                frame
            }
            Front::Part => return Ok(()),
            Front::Wrong("TooLong", _) => return Err("FrameTooLong"),
            Front::Wrong(error, _) => return Err(error),
        };
        if frame.command {
            if version.has_commands() {
                seen.extend(command(setup.socket_type, inside, frame.body)?.map(Seen::Part));
            }
            continue;
        }
        inside = frame.more;
        let mut part = Part::data(frame.body, frame.more);
        let number = parts.len();
        parts.push(frame.body);
        let complete = match setup.socket_type {
            REQ => {
                let delimiter = parts.iter().position(|part| part.is_empty());
                let starts_well = match delimiter {
                    Some(0) => true,
                    Some(1..) => parts[0].len() == 4,
                    None => number == 0 && parts[0].len() == 4,
                };
                if !starts_well || (!frame.more && delimiter.is_none_or(|at| at == number)) {
                    return Err("NoDelimiter");
                }
                true
            }
            DISH => {
                if number == 0 && !frame.more {
                    return Err("NoGroup");
                }
                if number == 0 && frame.body.len() > 255 {
                    return Err("GroupTooLong");
                }
                if number == 1 && frame.more {
                    return Err("TooManyParts");
                }
                part.group = group(parts[0]);
                number == 1
            }
            other => !types::has_single_parts(other) || (number == 0 && !frame.more),
        };
        if !frame.more {
            parts.clear();
        }
        if complete {
            seen.push(Seen::Part(part));
        }
    }
}

/// A group ends where a C string would.
fn group(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().copied().take_while(|&byte| byte != 0).collect()
}

/// A command behind the handshake.
fn command(own: u8, inside: bool, body: &[u8]) -> Result<Option<Part>, &'static str> {
    let request = |verb: u8, topic: &[u8]| {
        let data = [&[verb], topic].concat();
        Part { kind: Kind::Request, ..Part::data(&data, inside) }
    };
    let membership = |kind, name: &[u8]| match name.len() {
        256.. => Err("GroupTooLong"),
        _ => Ok(Some(Part { kind, group: group(name), ..Part::data(b"", false) })),
    };
    if types::publishes(own) {
        if let Some(topic) = body.strip_prefix(b"\x09SUBSCRIBE") {
            return Ok(Some(request(1, topic)));
        }
        return Ok(body.strip_prefix(b"\x06CANCEL").map(|topic| request(0, topic)));
    }
    if own == RADIO {
        if let Some(name) = body.strip_prefix(b"\x04JOIN") {
            return membership(Kind::Join, name);
        }
        if let Some(name) = body.strip_prefix(b"\x05LEAVE") {
            return membership(Kind::Leave, name);
        }
    }
    Ok(None)
}

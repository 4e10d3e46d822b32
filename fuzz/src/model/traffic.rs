//! Frames behind the handshake.

use zmq::fuzzing::{Kind, Part, Seen, Setup};

use crate::curve::Opener;
use crate::types::{self, DISH, RADIO, REQ};
use crate::wire::{self, Front, Version};

/// Takes frames, which all are sealed if there is what opens them.
pub fn run(
    setup: &Setup,
    version: Version,
    bytes: &[u8],
    mut opener: Option<Opener>,
    seen: &mut Vec<Seen>,
) -> Result<(), &'static str> {
    let mut rest = bytes;
    // The parts of a message so far, and whether the last frame promised another.
    let mut parts: Vec<Vec<u8>> = Vec::new();
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
        let sealed = opener.as_mut().map(|opener| opener.open(frame.body)).transpose()?;
        let (more, is_command, body) = match sealed {
            Some((flags, body)) => (flags & 1 != 0, flags & 2 != 0, body),
            None => (frame.more, frame.command, frame.body.to_vec()),
        };
        if is_command {
            if version.has_commands() {
                seen.extend(command(setup.socket_type, inside, &body)?.map(Seen::Part));
            }
            continue;
        }
        inside = more;
        let mut part = Part::data(&body, more);
        let number = parts.len();
        parts.push(body);
        let complete = match setup.socket_type {
            REQ => {
                let delimiter = parts.iter().position(|part| part.is_empty());
                let starts_well = match delimiter {
                    Some(0) => true,
                    Some(1..) => parts[0].len() == 4,
                    None => number == 0 && parts[0].len() == 4,
                };
                if !starts_well || (!more && delimiter.is_none_or(|at| at == number)) {
                    return Err("NoDelimiter");
                }
                true
            }
            DISH => {
                if number == 0 && !more {
                    return Err("NoGroup");
                }
                if number == 0 && parts[0].len() > 255 {
                    return Err("GroupTooLong");
                }
                if number == 1 && more {
                    return Err("TooManyParts");
                }
                part.group = group(&parts[0]);
                number == 1
            }
            other => !types::has_single_parts(other) || (number == 0 && !more),
        };
        if !more {
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

//! What peers send, and how it is read by somebody who has all of it.

/// The generations of the protocol, as a peer may speak them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// ZMTP 1.0 without a greeting.
    Unversioned,
    /// ZMTP 1.0 with a greeting.
    V1,
    /// ZMTP 2.0.
    V2,
    /// ZMTP 3.0.
    V3,
    /// ZMTP 3.1.
    V31,
}

/// All of them.
pub const VERSIONS: [Version; 5] =
    [Version::V31, Version::V3, Version::V2, Version::V1, Version::Unversioned];

/// A greeting up to its tenth byte.
pub const SIGNATURE: &[u8] = b"\xff\0\0\0\0\0\0\0\x01\x7f";

/// The greeting of ZMTP 3 with the NULL mechanism.
pub fn greeting(minor: u8) -> Vec<u8> {
    greeting_with(minor, b"NULL")
}

/// The greeting of ZMTP 3 with any mechanism.
pub fn greeting_with(minor: u8, mechanism: &[u8]) -> Vec<u8> {
    let mut bytes = [SIGNATURE, &[3, minor], mechanism].concat();
    bytes.resize(64, 0);
    bytes
}

/// A frame of ZMTP 2 and later.
pub fn frame(flags: u8, body: &[u8]) -> Vec<u8> {
    match u8::try_from(body.len()) {
        Ok(len) => [&[flags, len], body].concat(),
        Err(_) => [&[flags | 2][..], &(body.len() as u64).to_be_bytes(), body].concat(),
    }
}

/// A property of metadata.
pub fn property(name: &[u8], value: &[u8]) -> Vec<u8> {
    let name_len = u8::try_from(name.len()).expect("names are short");
    let value_len = u32::try_from(value.len()).expect("values are not that long");
    [&[name_len], name, &value_len.to_be_bytes(), value].concat()
}

/// The body of a command.
pub fn command(name: &[u8], data: &[u8]) -> Vec<u8> {
    let name_len = u8::try_from(name.len()).expect("names are short");
    [&[name_len], name, data].concat()
}

/// A READY.
pub fn ready(metadata: &[u8]) -> Vec<u8> {
    frame(4, &command(b"READY", metadata))
}

/// All that a peer without a routing id sends until it is ready.
pub fn hello(version: Version, socket_type: u8) -> Vec<u8> {
    let name = zmq::fuzzing::type_name(socket_type).expect("the number of a type");
    let ready = ready(&property(b"Socket-Type", name.as_bytes()));
    match version {
        Version::Unversioned => b"\x01\0".to_vec(),
        Version::V1 => [SIGNATURE, &[0, socket_type], b"\x01\0"].concat(),
        Version::V2 => [SIGNATURE, &[1, socket_type], b"\0\0"].concat(),
        Version::V3 => [greeting(0), ready].concat(),
        Version::V31 => [greeting(1), ready].concat(),
    }
}

impl Version {
    /// Its name in events.
    pub fn name(self) -> &'static str {
        match self {
            Version::Unversioned => "ZMTP 1.0 without a version",
            Version::V1 => "ZMTP 1.0",
            Version::V2 => "ZMTP 2.0",
            Version::V3 => "ZMTP 3.0",
            Version::V31 => "ZMTP 3.1",
        }
    }

    /// Whether its frames have the form of ZMTP 1.0.
    pub fn has_old_frames(self) -> bool {
        matches!(self, Version::Unversioned | Version::V1)
    }

    /// Whether commands are more than frames to drop.
    pub fn has_commands(self) -> bool {
        matches!(self, Version::V3 | Version::V31)
    }
}

/// A frame that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Another part follows.
    pub more: bool,
    /// It is a command.
    pub command: bool,
    /// Its content.
    pub body: &'a [u8],
}

/// What stands at the front of bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Front<'a> {
    /// A frame, and what is behind it.
    Frame(Frame<'a>, &'a [u8]),
    /// Not a whole frame.
    Part,
    /// Something that is not allowed; this is the error and, in most, the length.
    Wrong(&'static str, u64),
}

/// Reads the frame at the front of bytes.
pub fn front(old: bool, bytes: &[u8], limit: Option<u64>) -> Front<'_> {
    let long_len = |at: usize| {
        let bytes: [u8; 8] = bytes.get(at..at + 8)?.try_into().ok()?;
        Some(u64::from_be_bytes(bytes))
    };
    let Some(&first) = bytes.first() else { return Front::Part };
    let (len, long) = if old {
        if first == 255 { (long_len(1), true) } else { (Some(first.into()), false) }
    } else if first & 2 != 0 {
        (long_len(1), true)
    } else {
        (bytes.get(1).map(|&len| u64::from(len)), false)
    };
    let Some(announced) = len else { return Front::Part };
    if old && announced == 0 {
        return Front::Wrong("ZeroLength", 0);
    }
    let len = announced - u64::from(old);
    if len >= 1 << 63 {
        return Front::Wrong("ImpossibleLength", len);
    }
    if limit.is_some_and(|limit| len > limit) {
        return Front::Wrong("TooLong", len);
    }
    // Where the flags are, and where the body begins.
    let (flags_at, body_at) = match (old, long) {
        (true, false) => (1, 2),
        (true, true) => (9, 10),
        (false, false) => (0, 2),
        (false, true) => (0, 9),
    };
    let Some(flags) = bytes.get(flags_at) else { return Front::Part };
    let Some(rest) = bytes.get(body_at..) else { return Front::Part };
    if (rest.len() as u64) < len {
        return Front::Part;
    }
    let (body, behind) = rest.split_at(len as usize);
    let frame = Frame { more: flags & 1 != 0, command: !old && flags & 4 != 0, body };
    Front::Frame(frame, behind)
}

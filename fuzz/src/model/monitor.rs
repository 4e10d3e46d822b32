//! What monitors hear of errors.

use zmq::fuzzing::Failure;

/// What they hear of the error of a name.
pub fn failure(error: &str) -> Option<Failure> {
    Some(Failure::Protocol(match error {
        "OutOfTurn" => 0x1000_0000,
        "UnexpectedCommand" | "NotSealed" => 0x1000_0001,
        "Replayed" => 0x1000_0002,
        "WrongVouch" => 0x1000_0003,
        "Malformed" => 0x1000_0011,
        "WrongForm Message" => 0x1000_0012,
        "WrongForm Hello" => 0x1000_0013,
        "WrongForm Initiate" => 0x1000_0014,
        "MalformedError" => 0x1000_0015,
        "WrongForm Ready" => 0x1000_0016,
        "WrongForm Welcome" => 0x1000_0017,
        "SocketTypeMismatch" | "MetadataMalformed" | "MetadataTooLarge" => 0x1000_0018,
        "ForeignCookie" => 0x1100_0001,
        "MechanismMismatch" => 0x1100_0002,
        "Handler(Delimiter)" => 0x2000_0000,
        "Handler(Frames)" => 0x2000_0001,
        "Handler(RequestId)" => 0x2000_0002,
        "Handler(Version)" => 0x2000_0003,
        "Handler(Status)" => 0x2000_0004,
        "Handler(Metadata)" => 0x2000_0005,
        "Denied 300" => return Some(Failure::Auth(300)),
        "Denied 400" => return Some(Failure::Auth(400)),
        "Denied 500" => return Some(Failure::Auth(500)),
        "NoHandler" => return Some(Failure::NoDetail("NoHandler")),
        "HandshakeTimeout" => return Some(Failure::NoDetail("TimedOut")),
        _ if error.starts_with("Forged ") || error.starts_with("WeakKey ") => 0x1100_0001,
        _ => return None,
    }))
}

/// The name of an error, from what `Debug` writes of it: the variant, and which command or status.
pub fn name(error: &str) -> String {
    let variant = error.split(" {").next().unwrap_or_default();
    if variant.starts_with("Handler(Frames(") {
        return "Handler(Frames)".to_owned();
    }
    for field in ["command: ", "status: "] {
        let Some((_, value)) = error.split_once(field) else { continue };
        let value = value.split([',', ' ']).next().unwrap_or_default();
        return format!("{variant} {value}");
    }
    variant.to_owned()
}

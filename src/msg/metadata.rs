//! Properties of the connection that a message came in on.
//!
//! One list is made per connection, when its handshake is over, and every message that arrives on
//! it points at that list. `zmq_msg_gets` hands out pointers into it, hence C strings throughout.

#![forbid(unsafe_code)]

use std::ffi::{CStr, c_int};

/// Name under which the peer's `ZMQ_ROUTING_ID` travels on the wire.
const IDENTITY: &CStr = c"Identity";
/// Name that `zmq.h` gives to the same property.
const ROUTING_ID: &CStr = c"Routing-Id";
/// Private name of the descriptor behind `ZMQ_SRCFD`.
const FD: &CStr = c"__fd";

/// Names and values of a connection. The first value of a name stays, so whoever fills the list
/// goes from the strongest source to the weakest: connection, ZAP reply, handshake.
#[derive(Debug, Default)]
pub(crate) struct Metadata {
    /// Names and values in turn, each with its zero byte: one allocation for each of many
    /// connections.
    text: Vec<u8>,
    fd: Option<c_int>,
}

impl Metadata {
    /// A list without properties.
    pub(crate) fn new() -> Metadata {
        Metadata::default()
    }

    /// Adds a property unless the name is there already. C callers see a value up to its first
    /// zero byte. A name with a zero byte cannot be asked for and is left out, and so is the
    /// private one, lest a peer name a descriptor of this process.
    pub(crate) fn insert(&mut self, name: &[u8], value: &[u8]) {
        let known = self.properties().any(|(known, _)| known.to_bytes() == name);
        if !known && !name.contains(&0) && name != FD.to_bytes() {
            self.append(name, value);
        }
    }

    /// Notes the descriptor that messages come in on.
    pub(crate) fn set_fd(&mut self, fd: c_int) {
        let before = std::mem::take(self);
        for (name, value) in before.properties().filter(|(name, _)| *name != FD) {
            self.append(name.to_bytes(), value.to_bytes());
        }
        self.append(FD.to_bytes(), fd.to_string().as_bytes());
        self.fd = Some(fd);
    }

    /// The descriptor that messages come in on, which is what `ZMQ_SRCFD` answers.
    pub(crate) fn fd(&self) -> Option<c_int> {
        self.fd
    }

    /// The value of a property. `Routing-Id`, the name that `zmq.h` documents, stands for a missing
    /// `Identity`, the name on the wire; in libzmq this does not work the other way round, and
    /// programs tell the two apart.
    pub(crate) fn get(&self, name: &CStr) -> Option<&CStr> {
        let fallback = || if name == IDENTITY { self.exact(ROUTING_ID) } else { None };
        self.exact(name).or_else(fallback)
    }

    fn exact(&self, name: &CStr) -> Option<&CStr> {
        self.properties().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// Adds a name without a zero byte, and a value up to its first one.
    fn append(&mut self, name: &[u8], value: &[u8]) {
        let value = value.split(|byte| *byte == 0).next().unwrap_or_default();
        self.text.reserve_exact(name.len() + value.len() + 2);
        for bytes in [name, value] {
            self.text.extend_from_slice(bytes);
            self.text.push(0);
        }
    }

    /// The names and their values.
    fn properties(&self) -> impl Iterator<Item = (&CStr, &CStr)> {
        let mut rest = self.text.as_slice();
        let mut next = move || {
            let text = CStr::from_bytes_until_nul(rest).ok()?;
            rest = rest.get(text.count_bytes() + 1..).unwrap_or_default();
            Some(text)
        };
        std::iter::from_fn(move || Some((next()?, next()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(name: &[u8], value: &[u8]) -> Metadata {
        let mut metadata = Metadata::new();
        metadata.insert(name, value);
        metadata
    }

    #[test]
    fn names_are_case_sensitive() {
        let metadata = one(b"Socket-Type", b"DEALER");
        assert_eq!(metadata.get(c"Socket-Type"), Some(c"DEALER"));
        assert_eq!(metadata.get(c"socket-type"), None);
        assert_eq!(metadata.get(c""), None);
    }

    #[test]
    fn routing_id_stands_for_a_missing_identity() {
        assert_eq!(one(b"Identity", b"me").get(c"Routing-Id"), None);
        assert_eq!(one(b"Routing-Id", b"me").get(c"Identity"), Some(c"me"));
        let mut both = one(b"Identity", b"a");
        both.insert(b"Routing-Id", b"b");
        assert_eq!(both.get(c"Identity"), Some(c"a"));
        assert_eq!(both.get(c"Routing-Id"), Some(c"b"));
    }

    #[test]
    fn the_first_value_stays() {
        let mut metadata = one(b"Peer-Address", b"127.0.0.1");
        metadata.insert(b"Peer-Address", b"forged");
        assert_eq!(metadata.get(c"Peer-Address"), Some(c"127.0.0.1"));
    }

    #[test]
    fn values_end_at_a_zero_byte_and_such_names_are_left_out() {
        let mut metadata = one(b"X-a", b"left\0right");
        metadata.insert(b"X-b\0c", b"hidden");
        metadata.insert(b"X-empty", b"");
        assert_eq!(metadata.get(c"X-a"), Some(c"left"));
        assert_eq!(metadata.get(c"X-b"), None);
        assert_eq!(metadata.get(c"X-empty"), Some(c""));
    }

    #[test]
    fn only_the_connection_names_the_descriptor() {
        let mut metadata = one(b"__fd", b"0");
        assert_eq!((metadata.fd(), metadata.get(c"__fd")), (None, None));
        metadata.set_fd(17);
        metadata.insert(b"__fd", b"0");
        assert_eq!((metadata.fd(), metadata.get(c"__fd")), (Some(17), Some(c"17")));
        metadata.set_fd(18);
        assert_eq!((metadata.fd(), metadata.get(c"__fd")), (Some(18), Some(c"18")));
    }
}

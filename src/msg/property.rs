//! What `zmq_msg_get` and `zmq_msg_gets` answer.

#![forbid(unsafe_code)]

use std::ffi::{CStr, c_int};

use super::Msg;
use crate::error::{Error, Result};

/// More parts of the same message follow (`ZMQ_MORE`).
const MORE: c_int = 1;
/// The descriptor that the message came in on (`ZMQ_SRCFD`).
const SRCFD: c_int = 2;
/// The content is, or was, shared with another message (`ZMQ_SHARED`).
const SHARED: c_int = 3;

impl Msg {
    /// The value of a numbered property; `Invalid` if there is no such property, or none here.
    pub(crate) fn property(&self, property: c_int) -> Result<c_int> {
        match property {
            MORE => Ok(c_int::from(self.more())),
            SRCFD => self.metadata().and_then(|metadata| metadata.fd()).ok_or(Error::Invalid),
            SHARED => Ok(c_int::from(self.shared())),
            _ => Err(Error::Invalid),
        }
    }

    /// The value of a named property; `Invalid` if the message does not have it.
    pub(crate) fn string_property(&self, name: &CStr) -> Result<&CStr> {
        self.metadata().and_then(|metadata| metadata.get(name)).ok_or(Error::Invalid)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::msg::Metadata;

    #[test]
    fn a_message_without_metadata_has_flags_only() {
        let mut msg = Msg::empty();
        assert_eq!(msg.property(MORE), Ok(0));
        msg.set_more(true);
        assert_eq!(msg.property(MORE), Ok(1));
        assert_eq!(msg.property(SHARED), Ok(0));
        for property in [SRCFD, 0, 4, -1, c_int::MAX] {
            assert_eq!(msg.property(property), Err(Error::Invalid));
        }
        assert_eq!(msg.string_property(c"Socket-Type"), Err(Error::Invalid));
    }

    #[test]
    fn metadata_answers_names_and_the_descriptor() {
        let mut metadata = Metadata::new();
        metadata.insert(b"Socket-Type", b"PUSH");
        let mut msg = Msg::empty();
        msg.set_metadata(Some(Arc::new(metadata)));
        assert_eq!(msg.string_property(c"Socket-Type"), Ok(c"PUSH"));
        assert_eq!(msg.string_property(c"User-Id"), Err(Error::Invalid));
        assert_eq!(msg.property(SRCFD), Err(Error::Invalid));

        let mut metadata = Metadata::new();
        metadata.set_fd(9);
        msg.set_metadata(Some(Arc::new(metadata)));
        assert_eq!(msg.property(SRCFD), Ok(9));
    }
}

//! The socket, its parts, and one file per messaging pattern.

pub(crate) mod parts;

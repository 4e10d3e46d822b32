//! What sockets are made of: the context and its threads, mailboxes and pipes, options.

#![forbid(unsafe_code)]

//! How peers are reached: one file per scheme, and what endpoint strings mean.
//!
//! So far only `inproc` is built, and its meeting place is the context's registry; what is here is
//! the form that all endpoint strings share.

#![forbid(unsafe_code)]

mod endpoint;

pub(crate) use endpoint::{Endpoint, Scheme};

//! Tests of whole conversations.

#![forbid(unsafe_code)]

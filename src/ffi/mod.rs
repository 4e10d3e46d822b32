//! What C programs see: `extern "C"` and nothing else, one file for each section of `zmq.h`.
//!
//! The room exists so that pointers end here. Each entry point checks what it was handed, turns it
//! into references, makes one call into the rooms below and turns the `Result` into a return value
//! and an errno.
//!
//! Rules for every pointer that comes in; a `# Safety` section names what it adds to them:
//!
//! - It is NULL, or valid for the type it points to for as long as the call runs. What happens on
//!   NULL is said by the function and is never undefined.
//! - Pointer and length belong together: the pointer is valid for that many bytes.
//! - A `const char *` is NULL or ends with a zero byte.
//! - One message is used by one thread at a time.
//! - A handle is NULL, one that the matching `new` returned and nobody destroyed, or any other
//!   readable memory where a tag is checked. One set of timers is used by one thread at a time.

pub mod context;
pub mod crypto;
mod errno;
mod handle;
pub mod message;
pub mod polling;
pub mod proxy;
pub mod socket;
pub mod timers;
pub mod transfer;
pub mod utils;
pub mod version;

//! Takes the place of the crate of this name, which compiles a libzmq: has the interface of it that
//! the build script of zmq-sys uses, and tells cargo to link with the libzmq that pkg-config finds.
#![forbid(unsafe_code)]

use std::process::Command;

/// What there would be to configure.
pub struct Build;

impl Build {
    /// Nothing to configure.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        Self
    }

    /// An installed library brings its encryption along.
    pub fn with_libsodium(&mut self, _folders: Option<()>) -> &mut Self {
        self
    }

    /// Prints for cargo what pkg-config says.
    pub fn build(&mut self) {
        println!("cargo:rerun-if-env-changed=PKG_CONFIG_PATH");
        let said = Command::new("pkg-config")
            .args(["--libs", "libzmq"])
            .output()
            .expect("pkg-config runs");
        assert!(said.status.success(), "pkg-config finds libzmq");
        let flags = String::from_utf8(said.stdout).expect("flags are text");
        for flag in flags.split_whitespace() {
            match flag.split_at_checked(2) {
                Some(("-L", folder)) => println!("cargo:rustc-link-search=native={folder}"),
                Some(("-l", name)) => println!("cargo:rustc-link-lib=dylib={name}"),
                _ => panic!("a flag of another kind: {flag}"),
            }
        }
    }
}

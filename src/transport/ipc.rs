//! Addresses of ipc: paths of socket files, and `@` and a name that is no file.

#![forbid(unsafe_code)]

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileTypeExt;
use std::path::{self, Path, PathBuf};

use crate::error::{Error, Result};
use crate::sys::net_address::{Place, UNIX_NAME_MAX};
use crate::sys::net_local;

/// The environment variables that may name a folder for temporary files, in order.
const FOLDERS: [&str; 3] = ["TMPDIR", "TEMPDIR", "TMP"];

/// What the address means to the kernel.
pub(super) fn place(address: &[u8]) -> Result<Place> {
    if address.len() > UNIX_NAME_MAX {
        return Err(Error::NameTooLong);
    }
    match address {
        b"@" => Err(Error::Invalid),
        [b'@', name @ ..] => Ok(Place::Unix([b"\0", name].concat())),
        path => Ok(Place::Unix(path.to_vec())),
    }
}

/// The endpoint of a place; sockets without a name have one without an address.
pub(super) fn endpoint(name: &[u8]) -> Vec<u8> {
    match name {
        [0, name @ ..] => [b"ipc://@", name].concat(),
        path => [b"ipc://", path].concat(),
    }
}

/// Removes the file that a socket has left behind, so that the path can be bound again.
///
/// What is no socket is left alone, whoever's it is and however it got there: a mistyped path must
/// not cost a file. Binding then fails and says why.
pub(super) fn clear(place: &Place) {
    let Place::Unix(name) = place else { return };
    if name.first().is_none_or(|&first| first == 0) {
        return;
    }
    let path = Path::new(OsStr::from_bytes(name));
    if fs::metadata(path).is_ok_and(|found| found.file_type().is_socket()) {
        // If this fails, so does binding.
        let _ = fs::remove_file(path);
    }
}

/// A folder that was made for one socket; it goes when this is dropped, with the socket's file.
#[derive(Debug)]
pub(super) struct OwnFolder {
    /// Absolute, so that it is found after a change of the working directory.
    folder: PathBuf,
}

impl OwnFolder {
    /// Makes a folder where the environment says, or in the working directory; returns it and the
    /// address of the socket to bind in it.
    pub(super) fn make() -> io::Result<(OwnFolder, Vec<u8>)> {
        let parents = FOLDERS.iter().filter_map(env::var_os);
        let parent = parents.map(PathBuf::from).find(|parent| parent.is_dir());
        let made = net_local::make_temporary_folder(parent.as_deref())?;
        let folder = path::absolute(&made).unwrap_or_else(|_| made.clone());
        let socket = made.join("socket").into_os_string().as_bytes().to_vec();
        Ok((OwnFolder { folder }, socket))
    }
}

impl Drop for OwnFolder {
    fn drop(&mut self) {
        // Somebody else may have cleaned up already, which is as good.
        let _ = fs::remove_file(self.folder.join("socket"));
        let _ = fs::remove_dir(&self.folder);
    }
}

//! Addresses of ipc: paths of socket files, and `@` and a name that is no file.

#![forbid(unsafe_code)]

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
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
        OwnFolder::make_in(FOLDERS.iter().filter_map(env::var_os).map(PathBuf::from))
    }

    /// Makes one in the first of the folders that is one.
    fn make_in(mut parents: impl Iterator<Item = PathBuf>) -> io::Result<(OwnFolder, Vec<u8>)> {
        let parent = parents.find(|parent| parent.is_dir());
        let made = net_local::make_temporary_folder(parent.as_deref())?;
        let folder = path::absolute(&made).unwrap_or_else(|_| made.clone());
        let socket = made.join("socket").into_os_string().into_vec();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::testing::Folder;

    #[test]
    fn a63_paths_and_names() {
        assert_eq!(place(b"/a/b"), Ok(Place::Unix(b"/a/b".to_vec())));
        assert_eq!(place(b"rel"), Ok(Place::Unix(b"rel".to_vec())));
        assert_eq!(place(b"*"), Ok(Place::Unix(b"*".to_vec())));
        assert_eq!(place(b"@a b*"), Ok(Place::Unix(b"\0a b*".to_vec())));
        assert_eq!(place(b"@"), Err(Error::Invalid));
    }

    #[test]
    fn a63_no_more_than_107_bytes() {
        for first in [b'x', b'@'] {
            let mut text = vec![first; 107];
            assert!(place(&text).is_ok());
            text.push(b'x');
            assert_eq!(place(&text), Err(Error::NameTooLong));
        }
    }

    #[test]
    fn a63_endpoints() {
        for text in [&b"/a/b"[..], b"rel", b"@name", b"@a\0b"] {
            let Ok(Place::Unix(name)) = place(text) else { panic!("{text:?} is short") };
            assert_eq!(endpoint(&name), [b"ipc://", text].concat());
        }
        assert_eq!(endpoint(b""), b"ipc://");
    }
    #[test]
    fn a63_the_first_folder_that_is_one_and_nothing_stays_in_it() {
        let parent = Folder::new();
        let file = parent.path("file");
        fs::write(&file, b"").expect("there is room");
        let parents = [PathBuf::new(), "/no such".into(), file, parent.path(""), "/proc".into()];
        let (folder, socket) = OwnFolder::make_in(parents.into_iter()).expect("there is room");
        let socket = Path::new(OsStr::from_bytes(&socket)).to_path_buf();
        assert_eq!(socket, folder.folder.join("socket"));
        assert_eq!(folder.folder.parent(), Some(parent.path("").as_path()));
        fs::write(&socket, b"").expect("there is room");
        drop(folder);
        assert_eq!(parent.names(), ["file"]);
        let error = OwnFolder::make_in([PathBuf::from("/proc")].into_iter()).map(|_| ());
        assert_eq!(error.err().and_then(|error| error.raw_os_error()), Some(libc::ENOENT));
    }

    #[test]
    fn a63_without_a_folder_the_path_is_relative() {
        let (folder, socket) = OwnFolder::make_in(std::iter::empty()).expect("there is room");
        assert!(socket.starts_with(b"tmp") && socket.ends_with(b"/socket"), "{socket:?}");
        assert!(folder.folder.is_absolute() && folder.folder.is_dir());
        let path = folder.folder.clone();
        drop(folder);
        assert!(!path.exists());
    }
}

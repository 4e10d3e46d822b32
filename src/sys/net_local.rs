//! What local sockets need beside sockets: users and groups, and folders of their own.

use std::ffi::{CStr, CString, OsString, c_char, c_int};
use std::io;
use std::mem::MaybeUninit;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::ptr;

/// How long an entry of the user or the group database may be.
const ENTRY_MAX: usize = 1 << 20;

/// Makes a folder for this user alone, `tmp` and six random characters, in another one.
///
/// Without a parent it is made in the working directory, and the path that comes back is relative.
pub(crate) fn make_temporary_folder(parent: Option<&Path>) -> io::Result<PathBuf> {
    let mut template = Vec::new();
    if let Some(parent) = parent {
        template.extend_from_slice(parent.as_os_str().as_bytes());
        if !template.ends_with(b"/") {
            template.push(b'/');
        }
    }
    template.extend_from_slice(b"tmpXXXXXX");
    let template = CString::new(template)?.into_raw();
    // SAFETY: the template is a C string that ends as mkdtemp demands, and only its last characters
    // are changed, so that it can be taken back as what it was.
    let (made, path) = unsafe {
        let made = libc::mkdtemp(template);
        let error = io::Error::last_os_error();
        (if made.is_null() { Err(error) } else { Ok(()) }, CString::from_raw(template))
    };
    made.map(|()| OsString::from_vec(path.into_bytes()).into())
}

/// Whether a group lists a user as a member; the user's own group need not.
pub(crate) fn is_member(uid: u32, gid: u32) -> bool {
    // SAFETY: getpwuid_r is of the family that `entry` is for.
    let user = unsafe {
        entry(|entry: *mut libc::passwd, buffer, len, found| {
            libc::getpwuid_r(uid, entry, buffer, len, found)
        })
    };
    let Some(user) = user else { return false };
    // SAFETY: the name of a user is a C string, in the buffer that `user` holds.
    let name = unsafe { CStr::from_ptr(user.fields.pw_name) };
    // SAFETY: getgrgid_r is of the family that `entry` is for.
    let group = unsafe {
        entry(|entry: *mut libc::group, buffer, len, found| {
            libc::getgrgid_r(gid, entry, buffer, len, found)
        })
    };
    let Some(group) = group else { return false };
    let mut member = group.fields.gr_mem;
    // SAFETY: the members of a group are an array of C strings that ends with NULL, in the buffer
    // that `group` holds.
    unsafe {
        while !(*member).is_null() {
            if CStr::from_ptr(*member) == name {
                return true;
            }
            member = member.add(1);
        }
    }
    false
}

/// An entry of a database, and the texts that its fields point to.
struct Entry<T> {
    fields: T,
    /// Read through the pointers in `fields` only.
    _texts: Vec<c_char>,
}

/// Looks an entry up with one of the `..._r` functions, with as much room as it asks for.
///
/// # Safety
/// When `look_up` returns 0 and does not leave NULL in its last argument, it has filled in its
/// first one, with pointers to the buffer that it got or to what stays for ever.
unsafe fn entry<T>(
    mut look_up: impl FnMut(*mut T, *mut c_char, usize, *mut *mut T) -> c_int,
) -> Option<Entry<T>> {
    let mut room = 1024;
    while room <= ENTRY_MAX {
        let mut texts = vec![0; room];
        let mut fields = MaybeUninit::<T>::uninit();
        let mut found = ptr::null_mut();
        match look_up(fields.as_mut_ptr(), texts.as_mut_ptr(), room, &mut found) {
            0 if found.is_null() => return None,
            // SAFETY: filled in, by the caller's word; moving a Vec does not move what it holds.
            0 => return Some(Entry { fields: unsafe { fields.assume_init() }, _texts: texts }),
            libc::ERANGE => room *= 4,
            libc::EINTR => {}
            _ => return None,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a63_a_folder_of_its_own() {
        let parent = std::env::temp_dir();
        let one = make_temporary_folder(Some(&parent)).expect("there is room");
        let other = make_temporary_folder(Some(&parent)).expect("there is room");
        assert_ne!(one, other);
        for made in [one, other] {
            assert_eq!(made.parent(), Some(parent.as_path()));
            let name = made.file_name().expect("it has one").as_bytes();
            assert!(name.starts_with(b"tmp") && name.len() == 9, "{made:?}");
            let mode = fs::metadata(&made).expect("it is there").permissions().mode();
            assert_eq!(mode & 0o777, 0o700);
            fs::remove_dir(made).expect("it is empty");
        }
        let error = make_temporary_folder(Some(Path::new("/no such"))).expect_err("no parent");
        assert_eq!(error.raw_os_error(), Some(libc::ENOENT));
    }

    #[test]
    fn who_is_in_a_group() {
        let id = |text: &str| text.parse::<u32>().ok();
        let users = fs::read_to_string("/etc/passwd").expect("every system has one");
        let uid_of = |name: &str| {
            let mut lines = users.lines().map(|line| line.split(':').collect::<Vec<_>>());
            lines.find(|line| line.first() == Some(&name)).and_then(|line| id(line.get(2)?))
        };
        let groups = fs::read_to_string("/etc/group").expect("every system has one");
        for line in groups.lines() {
            let fields = line.split(':').collect::<Vec<_>>();
            let [_, _, gid, members] = fields[..] else { continue };
            let gid = id(gid).expect("a number");
            for member in members.split(',') {
                if let Some(uid) = uid_of(member) {
                    assert!(is_member(uid, gid), "{line}");
                }
            }
        }
        assert!(!is_member(0, u32::MAX - 1), "no such group");
        assert!(!is_member(u32::MAX - 1, 0), "no such user");
    }
}

//! What a file carries besides bytes, owner and mode bits, and a rename would lose: its access
//! control list and extended attributes (acl(5), xattr(7)). It says which of them go along; the pen
//! sets them.

use std::ffi::{CStr, CString};
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;

use rustix::io::Errno;

use super::pen::Pen;

/// Most bytes of names, or of one value, that are carried (`XATTR_LIST_MAX`, `XATTR_SIZE_MAX`).
const MOST: usize = 64 << 10;

const ACCESS_LIST: &CStr = c"system.posix_acl_access";

/// Gives `to` the attributes of `from`.
///
/// Capabilities and integrity sums (`security.capability`, `security.ima`) are of the old bytes and do
/// not go along. An attribute that cannot be set is left out, an access control list is not: without
/// it the mode bits mean something else, and somebody may read what they may not.
pub(super) fn carry_over(pen: &Pen, from: &OwnedFd, to: &File) -> io::Result<()> {
    let names = names(from);
    for name in names.iter().filter(|name| goes_along(name)) {
        let Some(value) = value(from, name) else { continue };
        let set = pen.set_attribute(to, name, &value);
        if name.as_c_str() == ACCESS_LIST {
            set?;
        }
    }
    // A list that the folder gives to new files is not the file's.
    if !names.iter().any(|name| name.as_c_str() == ACCESS_LIST) && has_access_list(to) {
        pen.remove_attribute(to, ACCESS_LIST)?;
    }
    Ok(())
}

fn goes_along(name: &CStr) -> bool {
    name == ACCESS_LIST || name == c"security.selinux" || name.to_bytes().starts_with(b"user.")
}

fn names(file: &OwnedFd) -> Vec<CString> {
    let mut list = Vec::with_capacity(MOST);
    // No attributes here, or a file system without them.
    if rustix::fs::flistxattr(file, rustix::buffer::spare_capacity(&mut list)).is_err() {
        return Vec::new();
    }
    let names = list.split(|byte| *byte == 0).filter(|name| !name.is_empty());
    names.filter_map(|name| CString::new(name).ok()).collect()
}

fn value(file: &OwnedFd, name: &CStr) -> Option<Vec<u8>> {
    let mut value = Vec::with_capacity(MOST);
    rustix::fs::fgetxattr(file, name, rustix::buffer::spare_capacity(&mut value)).ok()?;
    Some(value)
}

fn has_access_list(file: &File) -> bool {
    // Too small a buffer is an answer as well.
    matches!(rustix::fs::fgetxattr(file, ACCESS_LIST, &mut [0u8; 1]), Ok(_) | Err(Errno::RANGE))
}

#[cfg(test)]
mod tests {
    use rustix::fs::XattrFlags;

    use super::super::fixture::{Project, land};
    use super::*;

    fn open(project: &Project, name: &str) -> OwnedFd {
        File::open(project.root().join(name)).unwrap().into()
    }

    fn set(project: &Project, name: &str, attribute: &CStr, value: &[u8]) -> bool {
        rustix::fs::fsetxattr(open(project, name), attribute, value, XattrFlags::empty()).is_ok()
    }

    /// `user::rw-, user:1234:r--, group::---, mask::r--, other::---`, in the kernel's form
    /// (`linux/posix_acl_xattr.h`): version 2, then tag, permissions, id of each entry.
    fn access_list() -> Vec<u8> {
        let none = u32::MAX;
        let entries: [(u16, u16, u32); 5] =
            [(1, 6, none), (2, 4, 1234), (4, 0, none), (0x10, 4, none), (0x20, 0, none)];
        let bytes = entries.iter().flat_map(|(tag, may, id)| {
            [&tag.to_le_bytes()[..], &may.to_le_bytes()[..], &id.to_le_bytes()[..]].concat()
        });
        2u32.to_le_bytes().into_iter().chain(bytes).collect()
    }

    #[test]
    fn attributes_and_access_lists_survive_a_landing_and_its_undo() {
        let project = Project::new(&[("a", "old")]);
        let noted = set(&project, "a", c"user.note", b"mine");
        let listed = set(&project, "a", ACCESS_LIST, &access_list());
        let workspace = project.open();
        let check = || {
            let file = open(&project, "a");
            assert_eq!(value(&file, c"user.note"), noted.then(|| b"mine".to_vec()));
            assert_eq!(value(&file, ACCESS_LIST), listed.then(access_list));
        };
        land(&workspace, &[("a", Some("new"))]).unwrap();
        assert_eq!(project.text("a").unwrap(), "new");
        check();
        workspace.undo(None).unwrap();
        check();
    }

    #[test]
    fn a_list_for_new_files_is_not_forced_on_an_old_one() {
        let project = Project::new(&[("d/a", "old")]);
        let default = rustix::fs::fsetxattr(
            open(&project, "d"),
            c"system.posix_acl_default",
            &access_list(),
            XattrFlags::empty(),
        );
        land(&project.open(), &[("d/a", Some("new")), ("d/b", Some("new"))]).unwrap();
        assert_eq!(value(&open(&project, "d/a"), ACCESS_LIST), None);
        // A new file takes what the folder gives, as from any program.
        assert_eq!(value(&open(&project, "d/b"), ACCESS_LIST).is_some(), default.is_ok());
    }
}

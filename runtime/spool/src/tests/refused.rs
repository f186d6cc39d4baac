//! What is no spool, or not ours.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use super::{Home, LIMITS, append_up_to, assert_reads};
use crate::{HeaderError, Spool, SpoolError, SpoolLimits, SpoolSync};

fn create(dir: &Path) -> Result<Spool, SpoolError> {
    Spool::create(dir, LIMITS, SpoolSync::Each)
}

fn recover(dir: &Path) -> SpoolError {
    Spool::recover(dir, LIMITS, SpoolSync::Each).unwrap_err()
}

/// A spool with two segments at least, closed.
fn left_behind() -> Home {
    let home = Home::new();
    let mut spool = home.create();
    append_up_to(&mut spool, 10);
    spool.flush().unwrap();
    home
}

/// Recovery says this of the file and has changed nothing.
#[track_caller]
fn assert_refused(home: &Home, file: &str, why: HeaderError) {
    let is_file = |path: &PathBuf| fs::symlink_metadata(path).unwrap().is_file();
    let content = || home.files().into_iter().filter(is_file).map(|file| fs::read(file).unwrap()).collect::<Vec<_>>();
    let before = content();
    let error = recover(&home.dir());
    let SpoolError::Refused { path, why: said } = &error else { panic!("{error}") };
    assert_eq!((path, said), (&home.dir().join(file), &why));
    assert_eq!(content(), before);
}

#[test]
fn a_new_spool_is_private_and_begins_in_nothing_or_an_empty_directory() {
    let home = Home::new();
    drop(create(&home.dir()).unwrap());
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&home.dir()), 0o700);
    assert_eq!(mode(&home.dir().join("position")), 0o600);
    assert!(matches!(create(&home.dir()), Err(SpoolError::NotEmpty(_))));

    let home = Home::new();
    fs::create_dir(home.dir()).unwrap();
    fs::set_permissions(home.dir(), Permissions::from_mode(0o755)).unwrap();
    drop(create(&home.dir()).unwrap());
    assert_eq!(mode(&home.dir()), 0o700);
}

#[test]
fn a_link_or_a_file_at_its_place_is_refused_and_left_alone() {
    let home = Home::new();
    let target = home.0.path().join("target");
    fs::create_dir(&target).unwrap();
    symlink(&target, home.dir()).unwrap();
    assert!(matches!(create(&home.dir()), Err(SpoolError::NotADirectory(_))));
    assert!(matches!(recover(&home.dir()), SpoolError::NotADirectory(_)));
    assert_eq!(fs::read_dir(&target).unwrap().count(), 0);

    fs::remove_file(home.dir()).unwrap();
    fs::write(home.dir(), "mine").unwrap();
    assert!(matches!(create(&home.dir()), Err(SpoolError::NotADirectory(_))));
    assert_eq!(fs::read(home.dir()).unwrap(), b"mine");
}

#[test]
fn where_there_is_no_spool_none_is_made() {
    let home = Home::new();
    assert!(matches!(recover(&home.dir()), SpoolError::NoSpool(_)));
    assert!(!home.dir().exists());
    fs::create_dir(home.dir()).unwrap();
    fs::set_permissions(home.dir(), Permissions::from_mode(0o700)).unwrap();
    assert!(matches!(recover(&home.dir()), SpoolError::NoSpool(_)));
    assert_eq!(home.files().len(), 0);
}

#[test]
fn a_spool_is_open_once() {
    let home = Home::new();
    let spool = home.create();
    assert!(matches!(recover(&home.dir()), SpoolError::InUse(_)));
    drop(spool);
    home.recover();
}

#[test]
fn a_directory_that_others_may_enter_is_refused() {
    let home = left_behind();
    fs::set_permissions(home.dir(), Permissions::from_mode(0o750)).unwrap();
    let error = recover(&home.dir());
    assert!(matches!(error, SpoolError::NotPrivate(_)), "{error}");
    assert!(error.to_string().contains("chmod 700"));
}

#[test]
fn a_foreign_file_is_refused_whatever_its_name() {
    let home = left_behind();
    let strange = home.dir().join("notes.txt");
    fs::write(&strange, "mine").unwrap();
    assert_refused(&home, "notes.txt", HeaderError::Foreign);
    fs::remove_file(strange).unwrap();

    let named = home.dir().join("00000000000000000099.blocks");
    fs::write(&named, "This is a letter, and no segment.").unwrap();
    assert_refused(&home, "00000000000000000099.blocks", HeaderError::Foreign);
    fs::remove_file(&named).unwrap();

    fs::create_dir(&named).unwrap();
    assert_refused(&home, "00000000000000000099.blocks", HeaderError::Foreign);
    fs::remove_dir(&named).unwrap();
    symlink("/dev/zero", &named).unwrap();
    assert_refused(&home, "00000000000000000099.blocks", HeaderError::Foreign);
    fs::remove_file(&named).unwrap();
    nix::unistd::mkfifo(&named, nix::sys::stat::Mode::S_IRWXU).unwrap();
    assert_refused(&home, "00000000000000000099.blocks", HeaderError::Foreign);
    fs::remove_file(&named).unwrap();

    fs::write(home.dir().join("position"), [b'x'; 600]).unwrap();
    assert_refused(&home, "position", HeaderError::Foreign);
}

#[test]
fn a_newer_version_is_refused() {
    let home = left_behind();
    let newer = |file: &str, at: usize, length: usize| {
        let path = home.dir().join(file);
        let before = fs::read(&path).unwrap();
        let mut bytes = before.clone();
        bytes[at + 8] = 2;
        let sum = crc32fast::hash(&bytes[at + 8..at + length - 4]);
        bytes[at + length - 4..at + length].copy_from_slice(&sum.to_le_bytes());
        fs::write(&path, bytes).unwrap();
        assert_refused(&home, file, HeaderError::Newer { version: 2 });
        fs::write(&path, before).unwrap();
    };
    for segment in home.segments() {
        newer(&segment, 0, 28);
    }
    newer("position", 0, 32);
    newer("position", 512, 32);
    assert_reads(&mut home.recover(), 0..10);
}

#[test]
fn a_limit_that_became_lower_is_no_reason_to_throw_blocks_away() {
    let home = left_behind();
    let limits = SpoolLimits { max_block_bytes: 25, ..LIMITS };
    let error = Spool::recover(&home.dir(), limits, SpoolSync::Never).unwrap_err();
    assert!(matches!(error, SpoolError::Longer { bytes: 26, max: 25, .. }), "{error}");
    assert!(error.to_string().contains("`max_block_bytes` larger"), "{error}");
    assert_reads(&mut home.recover(), 0..10);
}

#[test]
fn a_spool_is_removed_with_its_directory_but_not_with_what_is_not_its_own() {
    let home = left_behind();
    let spool = home.recover();
    fs::write(home.dir().join("notes.txt"), "mine").unwrap();
    assert!(matches!(spool.remove(), Err(SpoolError::Io { call: "remove", .. })));
    assert_eq!(home.files(), [home.dir().join("notes.txt")]);

    let home = left_behind();
    home.recover().remove().unwrap();
    assert!(!home.dir().exists());
}

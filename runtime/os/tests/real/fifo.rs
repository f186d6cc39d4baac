//! Directories of FIFOs: who may make, find and remove what.

use std::{
    fs,
    os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, symlink},
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use pipeloom_os::{
    Errno,
    fifo::{self, FifoDir, OuterFifo},
    keeper::{Keeper, OpenWatch, Opened},
    process::Signal,
};

use crate::common::{Driven, host_program, program, read_line};

/// An outer FIFO, at its path at once.
fn make_at(path: &Path) -> pipeloom_os::Result<OuterFifo> {
    fifo::make_hidden(path)?.appear()
}

#[test]
fn a_directory_is_ours_alone_and_goes_with_its_fifos() {
    let base = tempfile::tempdir().unwrap();
    let dir = FifoDir::create(base.path(), "run").unwrap();
    let path = dir.path().to_owned();
    assert!(path.file_name().unwrap().to_str().unwrap().starts_with("pipeloom-run-"));
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o700);

    let made = dir.make("frames").unwrap();
    assert_eq!(made, path.join("frames"));
    assert!(fs::symlink_metadata(&made).unwrap().file_type().is_fifo());
    drop(dir);
    assert!(!path.exists());
}

#[test]
fn what_exists_already_is_never_taken() {
    let base = tempfile::tempdir().unwrap();
    let dir = FifoDir::create(base.path(), "run").unwrap();
    dir.make("a").unwrap();
    assert_eq!(dir.make("a").unwrap_err().errno(), Errno::EEXIST);

    let victim = base.path().join("victim");
    fs::write(&victim, "precious").unwrap();
    symlink(&victim, dir.path().join("b")).unwrap();
    symlink(base.path().join("nowhere"), dir.path().join("c")).unwrap();
    for name in ["b", "c"] {
        assert_eq!(dir.make(name).unwrap_err().errno(), Errno::EEXIST);
        assert_eq!(make_at(&dir.path().join(name)).unwrap_err().errno(), Errno::EEXIST);
        assert_eq!(Keeper::open(&dir.path().join(name)).unwrap_err().errno(), Errno::ELOOP);
    }
    assert_eq!(Keeper::open(&victim).unwrap_err().errno(), Errno::EINVAL, "a file is no FIFO");
    assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 3, "what was refused leaves nothing");
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    let base = tempfile::tempdir().unwrap();
    let dir = FifoDir::create(base.path(), "run").unwrap();
    for name in ["", ".", "..", "../a", "a/b", "/a", "a\0b"] {
        assert_eq!(dir.make(name).unwrap_err().errno(), Errno::EINVAL, "{name:?}");
    }
    assert_eq!(dir.make(&"x".repeat(300)).unwrap_err().errno(), Errno::ENAMETOOLONG);
    for tag in ["", "a/b", "..\0", "a b"] {
        assert_eq!(FifoDir::create(base.path(), tag).unwrap_err().errno(), Errno::EINVAL, "{tag:?}");
    }
}

#[test]
fn a_sweep_takes_what_a_crash_left_and_nothing_else() {
    let base = tempfile::tempdir().unwrap();
    let make = |name: &str, mode: u32| {
        let path = base.path().join(name);
        fs::create_dir(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    };
    let crashed = make("pipeloom-run-abcdef", 0o700);
    std::mem::forget(make_at(&crashed.join("a")).unwrap());
    let with_a_file = make("pipeloom-run-ghijkl", 0o700);
    fs::write(with_a_file.join("thesis"), "precious").unwrap();
    let open_to_others = make("pipeloom-run-mnopqr", 0o755);
    let other_name = make("pipeloom-results", 0o700);
    let link = base.path().join("pipeloom-run-stuvwx");
    symlink(&crashed, &link).unwrap();
    let living = FifoDir::create(base.path(), "run").unwrap();
    living.make("a").unwrap();

    assert_eq!(fifo::abandoned(base.path()).unwrap(), std::slice::from_ref(&crashed));
    assert!(crashed.exists() && !fifo::remove_abandoned(living.path()).unwrap());
    assert_eq!(fifo::sweep(base.path()).unwrap(), std::slice::from_ref(&crashed));
    assert!(!crashed.exists());
    for kept in [&with_a_file, &open_to_others, &other_name] {
        assert!(kept.exists(), "{}", kept.display());
    }
    assert!(link.is_symlink() && living.path().join("a").exists());
}

#[test]
fn the_directory_of_a_killed_run_is_swept_once_nobody_holds_it() {
    let base = tempfile::tempdir().unwrap();
    let mut warden = Driven::start();
    let host = host_program();
    let spawn = program(host.to_str().unwrap(), &["echo ready; exec sleep 77", base.path().to_str().unwrap()]);
    let (token, mut output) = warden.spawn_with_output(spawn);
    assert_eq!(read_line(&mut output), "ready");
    assert_eq!(fifo::sweep(base.path()).unwrap().len(), 0, "it lives");

    // Runtime and warden at once: nobody is left to remove it.
    let inner = pipeloom_os::process::children(warden.pid(token))[0];
    pipeloom_os::process::PidFd::open(inner).unwrap().signal(Signal::STOP).unwrap();
    warden.spawned[&token].signal(Signal::KILL).unwrap();
    warden.exit(token);
    assert_eq!(fifo::sweep(base.path()).unwrap().len(), 1);
    assert_eq!(fs::read_dir(base.path()).unwrap().count(), 0);
}

#[test]
fn makers_and_sweepers_do_not_disturb_each_other() {
    let base = tempfile::tempdir().unwrap();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    fifo::sweep(base.path()).unwrap();
                }
            });
        }
        let makers = [(); 2].map(|()| {
            scope.spawn(|| {
                for _ in 0..300 {
                    let dir = FifoDir::create(base.path(), "race").unwrap();
                    let path = dir.make("a").unwrap();
                    assert!(fs::symlink_metadata(&path).unwrap().file_type().is_fifo());
                }
            })
        });
        let made = makers.map(thread::ScopedJoinHandle::join);
        // Also after a maker has failed: the sweepers would never end.
        done.store(true, Ordering::Relaxed);
        made.into_iter().for_each(Result::unwrap);
    });
    assert_eq!(fs::read_dir(base.path()).unwrap().count(), 0);
}

#[test]
fn an_outer_fifo_is_removed_only_if_it_is_still_there() {
    let base = tempfile::tempdir().unwrap();
    let path = base.path().join("in");
    drop(make_at(&path).unwrap());
    assert!(!path.exists());

    let outer = make_at(&path).unwrap();
    assert_eq!(make_at(&path).unwrap_err().errno(), Errno::EEXIST);
    fs::remove_file(&path).unwrap();
    fs::write(&path, "somebody else's").unwrap();
    drop(outer);
    assert_eq!(fs::read_to_string(&path).unwrap(), "somebody else's");
}

#[test]
fn an_outer_fifo_is_watched_before_it_appears() {
    let base = tempfile::tempdir().unwrap();
    let path = base.path().join("in");
    let hidden = fifo::make_hidden(&path).unwrap();
    assert!(!path.exists());
    let (_keeper, mut watch) = (Keeper::open(hidden.hidden_path()).unwrap(), OpenWatch::new().unwrap());
    watch.add_hidden(&hidden).unwrap();

    let outer = hidden.appear().unwrap();
    assert_eq!(watch.next_open().unwrap(), None);
    drop(fs::File::options().write(true).open(&path).unwrap());
    assert_eq!(watch.next_open().unwrap(), Some(Opened::At(path)));
    drop(outer);
    drop(fifo::make_hidden(&base.path().join("out")).unwrap());
    assert_eq!(fs::read_dir(base.path()).unwrap().count(), 0);
}

#[test]
fn a_mark_of_an_outer_fifo_means_no_other() {
    let base = tempfile::tempdir().unwrap();
    let path = base.path().join("in");
    let crashed = std::mem::ManuallyDrop::new(make_at(&path).unwrap());
    let mark = crashed.mark().unwrap();
    assert!(mark.is_there());
    // The inode may be given again, and here it often is; the time is another one.
    for _ in 0..20 {
        fs::remove_file(&path).unwrap();
        std::mem::forget(make_at(&path).unwrap());
        assert!(!mark.is_there());
        mark.remove().unwrap();
        assert!(path.exists());
    }
    let mark = std::mem::ManuallyDrop::new(make_at(&base.path().join("out")).unwrap()).mark().unwrap();
    mark.remove().unwrap();
    assert!(!mark.path().exists());
}

#[test]
fn the_warden_removes_what_it_was_told_of() {
    let base = tempfile::tempdir().unwrap();
    let outer = std::mem::ManuallyDrop::new(make_at(&base.path().join("in")).unwrap());
    let replaced = std::mem::ManuallyDrop::new(make_at(&base.path().join("out")).unwrap());
    let mut warden = Driven::start();
    warden.warden.remove_at_end(&outer).unwrap();
    warden.warden.remove_at_end(&replaced).unwrap();
    fs::rename(replaced.path(), base.path().join("old")).unwrap();
    fs::write(replaced.path(), "somebody else's").unwrap();
    drop(warden);
    assert!(!outer.path().exists() && replaced.path().exists());
}

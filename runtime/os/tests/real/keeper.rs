//! The ways in which a FIFO hangs or loses data when it is let go too early or too late, each with real programs.

use pipeloom_os::{
    fifo::FifoDir,
    keeper::{Keeper, OpenWatch, Opened, Settled},
    pipe::{Io, WriteEnd},
    process::{Exit, Signal},
    warden::Token,
};
use tempfile::TempDir;

use crate::common::{Driven, fds, output, read_all, readable, sh};

/// A FIFO `f` with its keeper, and a warden for the programs at its ends.
struct Scene {
    _base: TempDir,
    dir: FifoDir,
    keeper: Keeper,
    watch: OpenWatch,
    warden: Driven,
}

impl Scene {
    fn new() -> Self {
        let base = tempfile::tempdir().unwrap();
        let dir = FifoDir::create(base.path(), "keeper").unwrap();
        let keeper = Keeper::open(&dir.make("f").unwrap()).unwrap();
        let mut watch = OpenWatch::new().unwrap();
        watch.add(dir.path()).unwrap();
        Self { _base: base, dir, keeper, watch, warden: Driven::start() }
    }

    /// Starts a script that knows the FIFO as `$0`.
    fn start(&mut self, script: &str) -> Token {
        let mut spawn = sh(script);
        spawn.argv.push(self.keeper.path().into());
        self.warden.spawn(spawn)
    }

    /// Starts a script whose `read go` returns when the gate is dropped.
    fn start_gated(&mut self, script: &str) -> (Token, WriteEnd, pipeloom_os::pipe::ReadEnd) {
        let (mut gate, go) = pipeloom_os::pipe::unnamed().unwrap();
        gate.set_blocking(true).unwrap();
        let (reader, writer) = output();
        let mut spawn = fds(vec![(gate.into_fd(), 0), (writer, 1)], sh(script));
        spawn.argv.push(self.keeper.path().into());
        (self.warden.spawn(spawn), go, reader)
    }

    /// Pokes the keeper at every open until it closes.
    #[track_caller]
    fn settle(&mut self) {
        loop {
            match self.watch.next_open().unwrap() {
                Some(Opened::At(path)) => {
                    assert_eq!(path, self.dir.path().join("f"));
                    if self.keeper.poke().unwrap() == Settled::Closed {
                        return;
                    }
                }
                Some(Opened::Closed(path, _)) => panic!("nobody has asked who closes {}", path.display()),
                Some(Opened::Many) => panic!("so few cannot be too many"),
                None => readable(&self.watch),
            }
        }
    }
}

#[test]
fn a_late_reader_gets_what_a_gone_writer_wrote_and_then_the_end() {
    let mut scene = Scene::new();
    let (reader, go, mut output) = scene.start_gated("read go; wc -c < \"$0\"");
    let writer = scene.start("printf 1234567890 > \"$0\"");
    assert_eq!(scene.warden.exit(writer), Exit::Code(0));
    assert_eq!(scene.keeper.writer_gone().unwrap(), Settled::WaitingForOpen);
    assert_eq!(scene.keeper.poke().unwrap(), Settled::WaitingForOpen);

    drop(go);
    scene.settle();
    assert_eq!(read_all(&mut output).trim(), "10");
    assert_eq!(scene.warden.exit(reader), Exit::Code(0));
}

#[test]
fn a_reader_that_is_there_settles_it_at_once() {
    let mut scene = Scene::new();
    let (reader, _go, mut output) = scene.start_gated("exec < \"$0\"; echo open; wc -c");
    assert_eq!(crate::common::read_line(&mut output), "open");
    let writer = scene.start("printf 1234567890 > \"$0\"");
    assert_eq!(scene.warden.exit(writer), Exit::Code(0));
    assert_eq!(scene.keeper.writer_gone().unwrap(), Settled::Closed);
    assert_eq!(read_all(&mut output).trim(), "10");
    assert_eq!(scene.warden.exit(reader), Exit::Code(0));
}

#[test]
fn a_late_writer_whose_reader_is_gone_breaks_and_does_not_hang() {
    let mut scene = Scene::new();
    let (writer, go, mut output) = scene.start_gated("read go; exec > \"$0\"; yes");
    assert_eq!(scene.keeper.reader_gone().unwrap(), Settled::WaitingForOpen);
    drop(go);
    scene.settle();
    assert_eq!(read_all(&mut output), "");
    scene.warden.exit(writer);
}

#[test]
fn a_writer_that_is_there_is_told_at_once() {
    let mut scene = Scene::new();
    let writer = scene.start("exec yes > \"$0\"");
    loop {
        match scene.watch.next_open().unwrap() {
            Some(_) => break,
            None => readable(&scene.watch),
        }
    }
    assert_eq!(scene.keeper.reader_gone().unwrap(), Settled::Closed);
    assert_eq!(scene.warden.exit(writer), Exit::Signal { signal: Signal::PIPE, core: false });
}

#[test]
fn who_is_gone_when_it_is_looked_at_is_known_by_the_end_that_was_closed() {
    for (script, could_write) in [("echo > \"$0\"", true), ("exec < \"$0\"", false)] {
        let mut scene = Scene::new();
        scene.watch = OpenWatch::new().unwrap();
        scene.watch.add_closes(&scene.dir.path().join("f")).unwrap();
        // Whoever waits for opens there goes on doing so.
        scene.watch.add(&scene.dir.path().join("f")).unwrap();
        scene.start(script);
        let mut told = Vec::new();
        while told.len() < 2 {
            match scene.watch.next_open().unwrap() {
                Some(what) => told.push(what),
                None => readable(&scene.watch),
            }
        }
        let path = || scene.dir.path().join("f");
        assert_eq!(told, [Opened::At(path()), Opened::Closed(path(), could_write)], "{script}");
    }
}

#[test]
fn it_is_over_when_both_are_gone_in_either_order() {
    let mut scene = Scene::new();
    assert_eq!(scene.keeper.writer_gone().unwrap(), Settled::WaitingForOpen);
    assert_eq!(scene.keeper.reader_gone().unwrap(), Settled::Closed);
    assert!(scene.keeper.is_closed());

    let mut scene = Scene::new();
    assert_eq!(scene.keeper.reader_gone().unwrap(), Settled::WaitingForOpen);
    assert_eq!(scene.keeper.writer_gone().unwrap(), Settled::Closed);
    assert_eq!(scene.keeper.reader_gone().unwrap(), Settled::Closed, "saying it again does no harm");
}

#[test]
fn programs_that_open_two_fifos_in_crossed_order_both_go_on() {
    let base = tempfile::tempdir().unwrap();
    let dir = FifoDir::create(base.path(), "keeper").unwrap();
    let [a, b] = ["a", "b"].map(|name| dir.make(name).unwrap());
    let _keepers = [&a, &b].map(|path| Keeper::open(path).unwrap());
    let mut warden = Driven::start();
    let mut start = |script: &str| {
        let mut spawn = sh(script);
        spawn.argv.extend([a.clone().into(), b.clone().into()]);
        warden.spawn(spawn)
    };
    let writer = start("exec 4> \"$0\" 5> \"$1\"; echo x >&4; echo y >&5");
    let reader = start("exec 5< \"$1\" 4< \"$0\"; read x <&4; read y <&5; [ $x$y = xy ]");
    assert_eq!(warden.exit(writer), Exit::Code(0));
    assert_eq!(warden.exit(reader), Exit::Code(0));
}

#[test]
fn the_runtime_as_reader_sees_the_end_after_the_data() {
    let mut scene = Scene::new();
    let mut reader = scene.keeper.open_reader().unwrap();
    let writer = scene.start("printf 1234567890 > \"$0\"");
    assert_eq!(scene.warden.exit(writer), Exit::Code(0));
    let mut buffer = [0; 64];
    assert_eq!(reader.read(&mut buffer[..4]).unwrap(), Io::Some(4));
    assert_eq!(scene.keeper.writer_gone().unwrap(), Settled::Closed);
    assert_eq!(reader.read(&mut buffer).unwrap(), Io::Some(6));
    assert_eq!(reader.read(&mut buffer).unwrap(), Io::End);
}

#[test]
fn the_runtime_as_writer_sees_the_broken_pipe() {
    let mut scene = Scene::new();
    let mut writer = scene.keeper.open_writer().unwrap();
    let reader = scene.start("head -c 4 < \"$0\" > /dev/null");
    assert_eq!(writer.write(b"1234567890").unwrap(), Io::Some(10));
    assert_eq!(scene.warden.exit(reader), Exit::Code(0));
    assert_eq!(writer.write(b"x").unwrap(), Io::Some(1), "the keeper still reads");
    assert_eq!(scene.keeper.reader_gone().unwrap(), Settled::Closed);
    assert_eq!(writer.write(b"x").unwrap(), Io::End);
    assert!(scene.keeper.open_writer().is_err(), "too late for another");
}

#[test]
fn an_unnamed_pipe_needs_no_keeper() {
    let mut warden = Driven::start();
    let (gate, go) = output();
    let (data, mut writer) = pipeloom_os::pipe::unnamed().unwrap();
    let mut gate = gate;
    let mut data = data;
    gate.set_blocking(true).unwrap();
    data.set_blocking(true).unwrap();
    let spawn = fds(vec![(gate.into_fd(), 0), (data.into_fd(), 5)], sh("read go; wc -c < /dev/fd/5"));
    let (token, mut output) = warden.spawn_with_output(spawn);
    warden.pid(token);
    assert_eq!(writer.write(b"1234567890").unwrap(), Io::Some(10));
    drop(writer);
    drop(go);
    assert_eq!(read_all(&mut output).trim(), "10");
}

#[test]
fn a_fifo_that_was_replaced_is_not_opened() {
    let scene = Scene::new();
    std::fs::remove_file(scene.keeper.path()).unwrap();
    scene.dir.make("f").unwrap();
    assert_eq!(scene.keeper.open_reader().unwrap_err().errno(), pipeloom_os::Errno::ESTALE);
}

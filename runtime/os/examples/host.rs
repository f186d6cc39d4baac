//! A host program: runs a shell script under a warden of its own and returns the script's exit status.
//!
//! ```text
//! cargo run -p pipeloom-os --example host -- 'echo $PPID; ls /nowhere'
//! ```
//!
//! With a directory as the second argument it makes a directory of FIFOs there first, and names it to the script as `$1`.
//! With `HOST_FORKS` in its environment the warden is a copy of it, and else its program once more.
//! Asked to end (SIGINT, SIGTERM) it passes that on to the script. If it is killed, however hard, nothing of the script
//! lives on and no FIFO is left.

use std::{env, error::Error, ffi::OsString, io, os::fd::AsFd, path::Path, process::ExitCode};

use pipeloom_os::{
    doorbell::{self, Doorbell, Interest},
    fifo::FifoDir,
    process::{Exit, Signal},
    signals::SignalWatch,
    warden::{self, Reach, Spawn, Token, Warden, WardenEvent},
};

fn main() -> Result<ExitCode, Box<dyn Error>> {
    if let Some(code) = warden::enter() {
        return Ok(code);
    }
    let mut signals = SignalWatch::new(&[Signal::INT, Signal::TERM])?;
    let mut arguments = env::args_os().skip(1);
    let script = arguments.next().ok_or("usage: host SCRIPT [DIRECTORY]")?;
    let fifos = arguments.next().map(|base| FifoDir::create(Path::new(&base), "host")).transpose()?;
    let dir = fifos.as_ref().map(FifoDir::path);
    let mut warden = match env::var_os("HOST_FORKS") {
        Some(_) => Warden::fork()?,
        None => Warden::start(&env::current_exe()?, &[])?,
    };
    if let Some(dir) = dir {
        warden.remove_dir_at_end(dir)?;
    }

    let mut argv: Vec<OsString> = ["sh", "-c"].map(OsString::from).into();
    argv.extend([script, "sh".into()]);
    argv.extend(dir.map(|dir| dir.as_os_str().to_owned()));
    let stdin = io::stdin().as_fd().try_clone_to_owned()?;
    let stdout = io::stdout().as_fd().try_clone_to_owned()?;
    let fds = vec![(stdin, 0), (stdout, 1)];
    warden.spawn(
        Token(1),
        Spawn { program: "/bin/sh".into(), argv, env: env::vars_os().collect(), fds, ..Spawn::default() },
    )?;

    let code = wait_for_exit(&mut warden, &mut signals)?;
    warden.shutdown()?;
    Ok(code)
}

fn wait_for_exit(warden: &mut Warden, signals: &mut SignalWatch) -> Result<ExitCode, Box<dyn Error>> {
    let bell = Doorbell::new()?;
    loop {
        match warden.next_event()? {
            Some(WardenEvent::Exited(ended)) => match ended[..] {
                [(_, Exit::Code(code)), ..] => return Ok(ExitCode::from(u8::try_from(code)?)),
                _ => return Ok(ExitCode::FAILURE),
            },
            Some(WardenEvent::SpawnFailed { error, .. }) => return Err(error.into()),
            Some(WardenEvent::Lost) => return Err("the warden has died".into()),
            Some(_) => {}
            None => {
                let fd = warden.as_fd();
                let mut interests = vec![Interest::readable(fd), Interest::readable(signals.as_fd())];
                if warden.wants_write() {
                    interests.push(Interest::writable(fd));
                }
                doorbell::wait(&bell, &mut interests, None)?;
                while let Some(signal) = signals.next_signal()? {
                    warden.signal(Token(1), signal, Reach::Group)?;
                }
            }
        }
    }
}

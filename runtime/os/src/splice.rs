//! Moving bytes from one pipe to another inside the kernel, without a copy, or having them in both.

use std::os::fd::AsFd;

use nix::fcntl::{SpliceFFlags, splice, tee};

use crate::{
    Errno, OsError, Result,
    call::raw,
    pipe::{ReadEnd, WriteEnd},
};

/// What a splice came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spliced {
    /// That many bytes have moved, at least one.
    Some(usize),
    /// There is nothing to move now; wait for the pipe that is read.
    Empty,
    /// There is no room now; wait for the pipe that is written.
    Full,
    /// There is nothing to move any more: all writers are gone and the pipe is empty.
    End,
    /// Nobody reads the other pipe any more.
    Gone,
}

impl ReadEnd {
    /// Moves at most `most` bytes (more than 0) on to another pipe. Never waits.
    ///
    /// What a program wrote by `vmsplice` stays its own memory on the way; what it wrote otherwise cannot change any more.
    ///
    /// ```
    /// use pipeloom_os::pipe::{self, Io};
    /// use pipeloom_os::splice::Spliced;
    ///
    /// let (mut from, mut source) = pipe::unnamed()?;
    /// let (mut sink, mut to) = pipe::unnamed()?;
    /// source.write(b"hello")?;
    /// assert_eq!(from.splice(&mut to, 4)?, Spliced::Some(4));
    /// let mut buffer = [0; 16];
    /// assert_eq!(sink.read(&mut buffer)?, Io::Some(4));
    /// assert_eq!(&buffer[..4], b"hell");
    /// # Ok::<(), pipeloom_os::OsError>(())
    /// ```
    pub fn splice(&mut self, to: &mut WriteEnd, most: usize) -> Result<Spliced> {
        let flags = SpliceFFlags::SPLICE_F_MOVE | SpliceFFlags::SPLICE_F_NONBLOCK;
        self.came_to("splice", || raw(|| splice(self.as_fd(), None, to.as_fd(), None, most, flags)))
    }

    /// Has at most the first `most` bytes (more than 0) in another pipe as well. Here they stay, so the next call begins with them
    /// again. Never waits.
    ///
    /// Both pipes hold the same memory, which counts for each of them.
    ///
    /// ```
    /// use pipeloom_os::pipe::{self, Io};
    /// use pipeloom_os::splice::Spliced;
    ///
    /// let (mut from, mut source) = pipe::unnamed()?;
    /// let (mut sink, mut to) = pipe::unnamed()?;
    /// source.write(b"hello")?;
    /// assert_eq!(from.tee(&mut to, 4)?, Spliced::Some(4));
    /// let mut buffer = [0; 16];
    /// assert_eq!(sink.read(&mut buffer)?, Io::Some(4));
    /// assert_eq!(from.read(&mut buffer)?, Io::Some(5));
    /// # Ok::<(), pipeloom_os::OsError>(())
    /// ```
    pub fn tee(&self, to: &mut WriteEnd, most: usize) -> Result<Spliced> {
        self.came_to("tee", || raw(|| tee(self.as_fd(), to.as_fd(), most, SpliceFFlags::SPLICE_F_NONBLOCK)))
    }

    /// The kernel says the same of an empty pipe and of a full one, and looks at the full one first: then it does not tell of the end
    /// either. So the other one is full for sure only if it says so once more after bytes were seen here, which nobody else takes.
    fn came_to(&self, name: &'static str, call: impl Fn() -> Result<usize, Errno>) -> Result<Spliced> {
        let mut has_bytes = false;
        loop {
            return match call() {
                Ok(0) => Ok(Spliced::End),
                Ok(bytes) => Ok(Spliced::Some(bytes)),
                Err(Errno::EAGAIN) if has_bytes => Ok(Spliced::Full),
                Err(Errno::EAGAIN) => {
                    // Asked first: who goes has written before.
                    let hung_up = self.state()?.hung_up;
                    has_bytes = self.queued()? > 0;
                    match (has_bytes, hung_up) {
                        (true, _) => continue,
                        (false, true) => Ok(Spliced::End),
                        (false, false) => Ok(Spliced::Empty),
                    }
                }
                Err(Errno::EPIPE) => Ok(Spliced::Gone),
                Err(errno) => Err(OsError::new(name, "pipe", errno)),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipe::{Io, unnamed};

    #[test]
    fn it_is_told_which_side_is_waited_for() {
        let (mut from, mut source) = unnamed().unwrap();
        let (mut sink, mut to) = unnamed().unwrap();
        assert_eq!(from.splice(&mut to, 10).unwrap(), Spliced::Empty);
        let room = to.capacity().unwrap();
        assert_eq!(source.write(&vec![7; room]).unwrap(), Io::Some(room));
        assert_eq!(from.splice(&mut to, 2 * room).unwrap(), Spliced::Some(room));
        assert_eq!(from.splice(&mut to, 10).unwrap(), Spliced::Empty);
        source.write(b"more").unwrap();
        assert_eq!(from.splice(&mut to, 10).unwrap(), Spliced::Full);
        assert_eq!(sink.read(&mut vec![0; room]).unwrap(), Io::Some(room));
        assert_eq!(from.splice(&mut to, 3).unwrap(), Spliced::Some(3));
        assert_eq!(from.queued().unwrap(), 1);
    }

    #[test]
    fn the_end_of_either_side_is_told() {
        let (mut from, mut source) = unnamed().unwrap();
        let (sink, mut to) = unnamed().unwrap();
        source.write(b"last").unwrap();
        drop(source);
        assert_eq!(from.splice(&mut to, 10).unwrap(), Spliced::Some(4));
        assert_eq!(from.splice(&mut to, 10).unwrap(), Spliced::End);
        let room = to.capacity().unwrap();
        to.write(&vec![7; room]).unwrap();
        assert_eq!(from.splice(&mut to, 10).unwrap(), Spliced::End, "though there is no room");
        drop(sink);
        let (mut from, mut source) = unnamed().unwrap();
        source.write(b"x").unwrap();
        assert_eq!(from.splice(&mut to, 10).unwrap(), Spliced::Gone);
    }

    #[test]
    fn what_is_in_two_pipes_is_taken_out_of_each_for_itself() {
        let (mut from, mut source) = unnamed().unwrap();
        let (mut sink, mut to) = unnamed().unwrap();
        assert_eq!(from.tee(&mut to, 10).unwrap(), Spliced::Empty);
        let room = to.capacity().unwrap();
        source.write(&vec![7; room]).unwrap();
        assert_eq!(from.tee(&mut to, room - 1).unwrap(), Spliced::Some(room - 1));
        assert_eq!(from.tee(&mut to, 10).unwrap(), Spliced::Full);
        drop(source);
        assert_eq!(from.tee(&mut to, 10).unwrap(), Spliced::Full, "it is not at its end");
        assert_eq!(sink.read(&mut vec![0; room]).unwrap(), Io::Some(room - 1));
        assert_eq!(from.read(&mut vec![0; room]).unwrap(), Io::Some(room));
        assert_eq!(from.tee(&mut to, 10).unwrap(), Spliced::End);
    }
}

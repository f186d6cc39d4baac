//! What an executable waits for, as the kernel tells.

use pipeloom_os::process::{Pid, wchan};

/// What the process waits for, if it is one of the things that a pipe makes it wait for.
pub(super) fn what_for(pid: Pid) -> Option<&'static str> {
    meaning(&wchan(pid)?)
}

/// The functions of the kernel's fs/pipe.c; since Linux 6.14 they are called `anon_pipe_read` and so on.
fn meaning(function: &str) -> Option<&'static str> {
    if function.contains("pipe_read") {
        Some("waits for input")
    } else if function.contains("pipe_write") {
        Some("waits for its reader")
    } else if function.contains("wait_for_partner") || function.contains("fifo_open") {
        Some("waits for the other end")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_and_new_names_are_known() {
        assert_eq!(meaning("pipe_read"), Some("waits for input"));
        assert_eq!(meaning("anon_pipe_write"), Some("waits for its reader"));
        assert_eq!(meaning("fifo_pipe_read"), Some("waits for input"));
        assert_eq!(meaning("do_epoll_wait"), None);
    }
}

//! The run's side of its socket, driven as the reactor does.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use pipeloom_events::request::MAX_REQUEST_BYTES;
use pipeloom_job::lines::{LineQueue, Next};
use pipeloom_os::doorbell::Doorbell;
use pipeloom_os::socket::connect_to;
use tempfile::TempDir;

use super::*;
use crate::lines::Post;
use crate::sample::{Sample, job};

/// A run with one job, `ask`, that takes lines.
struct Asked {
    requests: Requests,
    poller: Poller,
    bell: Doorbell,
    post: Arc<Post>,
    path: PathBuf,
    _dir: TempDir,
}

impl Asked {
    fn new() -> Asked {
        let network = Sample::new().native("ask", &[], &["a"]).native("end", &["a"], &[]).network();
        let id = job(&network, "ask");
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("socket");
        let bell = Doorbell::new().unwrap();
        let post = Arc::new(Post::new(&bell).unwrap());
        let takers = Takers::new(Arc::new(network), HashMap::from([(id, post.clone())]));
        let poller = Poller::new().unwrap();
        poller.add(&bell, Token::Bell.number(), Interest::READABLE).unwrap();
        let mut requests = Requests::new(Some(Listener::bind(&path).unwrap()), takers);
        requests.listen(&poller).unwrap();
        Asked { requests, poller, bell, post, path, _dir: dir }
    }

    fn connect(&self) -> UnixStream {
        connect_to(&self.path).unwrap()
    }

    /// Turns until nothing happens any more.
    fn turn(&mut self) {
        let mut ready = Vec::new();
        for _ in 0..1000 {
            self.poller.wait(&mut ready, Some(Duration::ZERO)).unwrap();
            if ready.is_empty() {
                return;
            }
            for ready in &ready {
                match Token::from_number(ready.token) {
                    Some(Token::Bell) => {
                        self.bell.woke();
                        self.requests.retry(&self.poller).unwrap();
                    }
                    Some(Token::Listener) => self.requests.accept(&self.poller).unwrap(),
                    Some(Token::Connection(place)) => self.requests.ready(place, ready, &self.poller).unwrap(),
                    other => panic!("{other:?}"),
                }
            }
        }
        panic!("it never comes to rest");
    }

    fn connected(&self) -> usize {
        self.requests.connections.iter().flatten().count()
    }

    fn taken(&self) -> Vec<String> {
        let line = || match self.post.next() {
            Next::Line(line) => Some(line),
            Next::Empty | Next::Closed => None,
        };
        std::iter::from_fn(line).collect()
    }
}

fn send(line: &str) -> String {
    format!("{{\"v\":1,\"send\":{{\"job\":\"ask\",\"line\":\"{line}\"}}}}\n")
}

fn answer(stream: &UnixStream) -> String {
    let mut line = String::new();
    BufReader::with_capacity(1, stream).read_line(&mut line).unwrap();
    line
}

/// Writes what there is room for.
#[expect(clippy::disallowed_methods, reason = "how much it takes is what is looked at")]
fn write_some(stream: &mut UnixStream, bytes: &[u8]) -> std::io::Result<usize> {
    stream.write(bytes)
}

const OK: &str = "{\"v\":1,\"ok\":true}\n";

#[test]
fn lines_of_several_senders_come_whole_however_they_are_cut() {
    let mut asked = Asked::new();
    let (mut one, mut two) = (asked.connect(), asked.connect());
    let (text, other) = (send("one"), send("two"));
    for at in 0..text.len() {
        one.write_all(&text.as_bytes()[at..=at]).unwrap();
        two.write_all(&other.as_bytes()[at..=at]).unwrap();
        asked.turn();
    }
    one.write_all((send("three") + &send("four")).as_bytes()).unwrap();
    asked.turn();
    assert_eq!([answer(&one), answer(&one), answer(&one), answer(&two)], [OK; 4]);
    let mut taken = asked.taken();
    taken[..2].sort();
    assert_eq!(taken, ["one", "two", "three", "four"]);
    drop((one, two));
    asked.turn();
    assert_eq!(asked.connected(), 0);
}

#[test]
fn what_is_no_request_is_answered_and_the_next_one_is_taken() {
    let mut asked = Asked::new();
    let mut stream = asked.connect();
    let wrong: [&[u8]; 6] = [b"", b"\xff\xfe\0", b"[]", b"{\"v\":1}", b"{\"v\":9,\"send\":{}}", &[b'['; 5000]];
    for line in wrong {
        stream.write_all(line).unwrap();
        stream.write_all(b"\n").unwrap();
        asked.turn();
        let answer = answer(&stream);
        assert!(answer.starts_with("{\"v\":1,\"error\":\"this is no request: "), "{answer}");
    }
    stream.write_all(send("right").as_bytes()).unwrap();
    asked.turn();
    assert_eq!(answer(&stream), OK);
    assert_eq!(asked.taken(), ["right"]);
}

/// They once stayed in the buffer: what was read last in a turn was looked at only when more came.
#[test]
fn requests_that_end_with_the_last_read_of_a_turn_are_answered_in_it() {
    let mut asked = Asked::new();
    let mut stream = asked.connect();
    for len in [16, 32, 48, 64].map(|kib| kib * 1024) {
        let text = send(&"x".repeat(len - send("").len()));
        stream.write_all(text.as_bytes()).unwrap();
        asked.turn();
        assert_eq!(answer(&stream), OK, "{len}");
    }
    let many = "{}\n".repeat(3000);
    stream.write_all(many.as_bytes()).unwrap();
    for _ in 0..3000 {
        asked.turn();
        assert!(answer(&stream).contains("error"));
    }
}

#[test]
fn an_endless_request_is_cut_off() {
    let mut asked = Asked::new();
    let mut stream = asked.connect();
    stream.set_nonblocking(true).unwrap();
    let chunk = [b'x'; 64 * 1024];
    let mut sent = 0;
    // Once it is told off, nothing more is read, and the connection breaks.
    while let Ok(count) = write_some(&mut stream, &chunk) {
        sent += count;
        assert!(sent < 2 * MAX_REQUEST_BYTES, "it listens for ever");
        asked.turn();
    }
    let mut said = [0; 200];
    let count = stream.read(&mut said).unwrap();
    let said = String::from_utf8_lossy(&said[..count]);
    assert_eq!(said, format!("{{\"v\":1,\"error\":\"a request is longer than {MAX_REQUEST_BYTES} bytes\"}}\n"));
    assert_eq!(asked.connected(), 0);
    assert!(asked.taken().is_empty());
}

#[test]
fn a_sender_waits_while_too_much_is_on_its_way() {
    let mut asked = Asked::new();
    let mut stream = asked.connect();
    let half = "x".repeat(600_000);
    stream.set_nonblocking(true).unwrap();
    let (text, mut sent) = (send(&half).repeat(2) + &send("after"), 0);
    while sent < text.len() {
        sent += write_some(&mut stream, &text.as_bytes()[sent..]).unwrap_or(0);
        asked.turn();
        if asked.requests.connections.iter().flatten().any(|watched| watched.connection.is_waiting()) {
            break;
        }
    }
    stream.set_nonblocking(false).unwrap();
    assert_eq!(answer(&stream), OK);
    // The job takes what there is, and with that there is room.
    let mut taken = asked.taken();
    while sent < text.len() {
        asked.turn();
        sent += write_some(&mut stream, &text.as_bytes()[sent..]).unwrap();
    }
    asked.turn();
    assert_eq!([answer(&stream), answer(&stream)], [OK; 2]);
    taken.extend(asked.taken());
    assert_eq!(taken, [half.clone(), half, "after".to_owned()]);
}

#[test]
fn a_sender_that_goes_while_it_waits_is_forgotten() {
    let mut asked = Asked::new();
    while asked.requests.takers.send(&full()) == crate::lines::Sent::Taken {}
    let mut stream = asked.connect();
    stream.write_all(send("never").as_bytes()).unwrap();
    asked.turn();
    assert_eq!(asked.connected(), 1);
    drop(stream);
    asked.turn();
    assert_eq!(asked.connected(), 0);
    assert!(!asked.taken().contains(&"never".to_owned()));
}

#[test]
fn who_waits_is_told_when_the_job_is_over() {
    let mut asked = Asked::new();
    while asked.requests.takers.send(&full()) == crate::lines::Sent::Taken {}
    let mut stream = asked.connect();
    stream.write_all(send("never").as_bytes()).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    asked.turn();
    let id = job(&Sample::new().native("ask", &[], &["a"]).native("end", &["a"], &[]).network(), "ask");
    asked.requests.job_over(id, &asked.poller).unwrap();
    assert_eq!(answer(&stream), "{\"v\":1,\"error\":\"job `ask` has ended\"}\n");
    assert_eq!(asked.connected(), 0);
}

fn full() -> pipeloom_events::request::SendRequest {
    pipeloom_events::request::SendRequest { job: "ask".to_owned(), line: Some("x".to_owned()), end: false }
}

#[test]
fn only_so_many_may_ask_at_once() {
    let mut asked = Asked::new();
    let mut streams: Vec<UnixStream> = Vec::new();
    for _ in 0..MAX_CONNECTIONS {
        streams.push(asked.connect());
        asked.turn();
    }
    let one_more = asked.connect();
    asked.turn();
    assert!(answer(&one_more).contains("too many ask this run at once"));
    assert_eq!(asked.connected(), MAX_CONNECTIONS);
    streams.pop();
    asked.turn();
    let mut again = asked.connect();
    again.write_all(send("x").as_bytes()).unwrap();
    asked.turn();
    assert_eq!(answer(&again), OK);
}

#[test]
fn who_reads_no_answers_is_not_listened_to_for_ever() {
    let mut asked = Asked::new();
    let mut stream = asked.connect();
    stream.set_nonblocking(true).unwrap();
    let wrong = "{}\n".repeat(10_000);
    let mut sent = 0;
    while let Ok(count) = write_some(&mut stream, wrong.as_bytes()) {
        sent += count;
        assert!(sent < 100 << 20, "its answers are kept without bound");
        asked.turn();
    }
    let kept = asked.requests.connections.iter().flatten().map(|watched| watched.connection.kept()).sum::<usize>();
    assert!(kept < 4 * MAX_REQUEST_BYTES, "{kept}");
}

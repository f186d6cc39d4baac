//! Blocks on a pipe, as an executable reads and writes them: blocking, one at a time, by the documented form
//! `head? length? payload newline?`.

use std::io::{self, BufRead, Read, Write};

use pipeloom_job::control::PipeEntry;

/// How blocks stand on one pipe.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Framing {
    /// A line each.
    Lines,
    /// So many bytes each.
    Fixed(usize),
    /// A length of 32 bits, little-endian, before each.
    Length,
    /// No blocks at all.
    None,
}

/// One block on the wire.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WireBlock {
    /// The head, if there are heads on the wire.
    pub head: Option<Vec<u8>>,
    /// What it holds.
    pub payload: Vec<u8>,
}

/// How blocks stand on the pipes of a program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Format {
    /// Between blocks.
    pub framing: Framing,
    /// How many bytes of head stand before each payload.
    pub head_bytes: usize,
}

impl Format {
    /// What the runtime says of a pipe.
    pub fn of(entry: &PipeEntry, head_size: u8) -> io::Result<Format> {
        let framing = match (entry.codec.as_str(), entry.block_size) {
            ("json" | "lines", None) => Framing::Lines,
            ("framed" | "bincode", None) => Framing::Length,
            ("bytes", Some(size)) => Framing::Fixed(size),
            ("stream", None) => Framing::None,
            _ => return Err(io::Error::other(format!("{entry:?} has no known form"))),
        };
        Ok(Format { framing, head_bytes: if entry.head { usize::from(head_size) } else { 0 } })
    }

    /// The next block; `None` at the end of the stream. On a stream without blocks, what has come.
    pub fn read(self, from: &mut impl BufRead) -> io::Result<Option<WireBlock>> {
        let here = from.fill_buf()?;
        if here.is_empty() {
            return Ok(None);
        }
        if self.framing == Framing::None {
            let payload = here.to_vec();
            from.consume(payload.len());
            return Ok(Some(WireBlock { head: None, payload }));
        }
        let head = (self.head_bytes > 0).then(|| exactly(from, self.head_bytes)).transpose()?;
        let payload = match self.framing {
            Framing::Fixed(size) => exactly(from, size)?,
            Framing::Length => {
                let mut length = [0; 4];
                from.read_exact(&mut length)?;
                exactly(from, u32::from_le_bytes(length) as usize)?
            }
            Framing::Lines | Framing::None => {
                let mut line = Vec::new();
                from.read_until(b'\n', &mut line)?;
                if line.pop() != Some(b'\n') {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                line
            }
        };
        Ok(Some(WireBlock { head, payload }))
    }

    /// Writes a block; a head where there are none on this wire is left out.
    pub fn write(self, head: &[u8], payload: &[u8], to: &mut impl Write) -> io::Result<()> {
        if self.framing != Framing::None {
            to.write_all(&head[..self.head_bytes])?;
        }
        if self.framing == Framing::Length {
            to.write_all(&(payload.len() as u32).to_le_bytes())?;
        }
        to.write_all(payload)?;
        if self.framing == Framing::Lines {
            to.write_all(b"\n")?;
        }
        Ok(())
    }
}

fn exactly(from: &mut impl Read, len: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; len];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        for framing in [Framing::Lines, Framing::Fixed(3), Framing::Length] {
            for head_bytes in [0, 2] {
                let format = Format { framing, head_bytes };
                let mut wire = Vec::new();
                for payload in [b"abc", b"def"] {
                    format.write(&[9, 8, 0, 0], payload, &mut wire).unwrap();
                }
                let head = (head_bytes > 0).then(|| vec![9, 8]);
                let mut rest = wire.as_slice();
                for payload in [b"abc", b"def"] {
                    let block = WireBlock { head: head.clone(), payload: payload.to_vec() };
                    assert_eq!(format.read(&mut rest).unwrap(), Some(block));
                }
                assert_eq!(format.read(&mut rest).unwrap(), None);
            }
        }
    }

    #[test]
    fn a_stream_that_ends_inside_a_block_is_an_error() {
        let format = Format { framing: Framing::Length, head_bytes: 0 };
        assert!(format.read(&mut [3, 0, 0, 0, b'x'].as_slice()).is_err());
    }
}

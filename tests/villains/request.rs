//! What the villain is asked for.

use std::env;
use std::error::Error;
use std::fs::{File, OpenOptions};
use std::io;

use crate::words::Failure;

/// What the villain is asked for.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) deed: String,
    values: Vec<String>,
    inputs: Vec<String>,
    outputs: Vec<String>,
}

impl Request {
    pub(crate) fn from_arguments() -> Result<Request, Failure> {
        let mut arguments = env::args().skip(1);
        let deed = arguments.next().ok_or("a deed is missing")?;
        let mut request = Request { deed, values: Vec::new(), inputs: Vec::new(), outputs: Vec::new() };
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "-i" => request.inputs.extend(arguments.next()),
                "-o" => request.outputs.extend(arguments.next()),
                _ => request.values.push(argument),
            }
        }
        Ok(request)
    }

    /// The same pipes for the deed that stands behind this one.
    pub(crate) fn next(&self) -> Result<Request, Failure> {
        let (deed, values) = self.values.split_first().ok_or("a deed is missing")?;
        Ok(Request { deed: deed.clone(), values: values.to_vec(), ..self.clone() })
    }

    /// A value that is a number.
    pub(crate) fn number<T>(&self, place: usize) -> Result<T, Failure>
    where
        T: std::str::FromStr<Err: Error + 'static>,
    {
        Ok(self.values.get(place).ok_or("a value is missing")?.parse()?)
    }

    /// A value that is given by name, as `NAME=VALUE`.
    pub(crate) fn setting(&self, name: &str) -> Option<&str> {
        self.values.iter().find_map(|value| value.strip_prefix(name)?.strip_prefix('='))
    }

    /// The same, for a number.
    pub(crate) fn number_of<T>(&self, name: &str) -> Result<Option<T>, Failure>
    where
        T: std::str::FromStr<Err: Error + 'static>,
    {
        Ok(self.setting(name).map(str::parse).transpose()?)
    }

    /// Opens an input, waiting for its writer.
    pub(crate) fn input(&self, place: usize) -> io::Result<File> {
        open(&self.inputs[place], OpenOptions::new().read(true))
    }

    /// Opens an output, waiting for its reader.
    pub(crate) fn output(&self, place: usize) -> io::Result<File> {
        open(&self.outputs[place], OpenOptions::new().write(true))
    }

    /// The places of the inputs and of the outputs.
    pub(crate) fn places(&self) -> (std::ops::Range<usize>, std::ops::Range<usize>) {
        (0..self.inputs.len(), 0..self.outputs.len())
    }
}

/// Opens what is given: a path, or the number of a descriptor.
fn open(given: &str, options: &OpenOptions) -> io::Result<File> {
    match given.parse() {
        Ok(number) => pipeloom_os::duplicate(number).map(File::from).map_err(io::Error::other),
        Err(_) => options.open(given),
    }
}

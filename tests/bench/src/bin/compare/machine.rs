//! Where and when figures were taken.

use std::{fmt, fs, io, thread::available_parallelism};

use jiff::Zoned;
use serde::Serialize;

/// The machine, and the day.
#[derive(Serialize)]
pub(crate) struct Machine {
    date: String,
    processor: String,
    cores: usize,
    kernel: String,
}

impl Machine {
    /// This one, today.
    ///
    /// # Errors
    /// The system does not say what it is.
    pub(crate) fn this() -> io::Result<Self> {
        let processors = fs::read_to_string("/proc/cpuinfo")?;
        Ok(Self {
            date: Zoned::now().date().to_string(),
            processor: model(&processors).unwrap_or("a processor without a name").to_owned(),
            cores: available_parallelism()?.get(),
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease")?.trim_end().to_owned(),
        })
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { date, processor, cores, kernel } = self;
        write!(f, "Taken on {date}, with Linux {kernel} on {cores} cores of {processor}")
    }
}

/// The first processor's name, where the kernel knows one.
fn model(processors: &str) -> Option<&str> {
    let mut fields = processors.lines().filter_map(|line| line.split_once(':'));
    fields.find(|(field, _)| field.trim() == "model name").map(|(_, name)| name.trim())
}

#[cfg(test)]
mod tests {
    use super::model;

    #[test]
    fn a_processor_is_called_what_the_kernel_calls_it() {
        assert_eq!(model("processor\t: 0\nmodel name\t: Some CPU @ 2 GHz\n"), Some("Some CPU @ 2 GHz"));
        assert_eq!(model("processor\t: 0\n"), None);
    }
}

//! Three processes over ZeroMQ, which push and pull over ipc.

use std::{ffi::OsString, path::Path};

use crate::{args::Places, launch::Launch, row::Chain};

/// The chain; `None` where it is not installed.
pub(super) fn launch(chain: &Chain, places: &Places, dir: &Path) -> Option<Launch> {
    let program = places.tools.find("zeromq-chain")?;
    let report = dir.join("report.json");
    let [first, second] = ["first", "second"].map(|name| format!("ipc://{}", dir.join(name).display()));
    let (size, count) = (chain.size.to_string(), chain.count.to_string());
    let every = chain.every.unwrap_or(0).to_string();
    let path = report.to_string_lossy();
    let argv = |words: &[&str]| {
        let program = program.clone().into_os_string();
        std::iter::once(program).chain(words.iter().map(OsString::from)).collect()
    };
    let programs = vec![
        argv(&["source", &first, &size, &count, &every]),
        argv(&["forward", &first, &second]),
        argv(&["sink", &second, &size, &count, &every, &path]),
    ];
    Some(Launch { programs, expects: vec![chain.expected(report)], ..Launch::default() })
}

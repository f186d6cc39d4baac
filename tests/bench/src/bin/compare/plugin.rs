//! Native jobs that touch each payload: `fill` and `sum`, out of the library that lies beside `compare`.

use std::path::Path;

use serde_json::Value;

use crate::{args::Places, network::Job};

/// A source of `count` blocks and a sink that reports; both make the file `ready` when they are set up, if it is asked for.
pub(crate) fn ends(places: &Places, count: u64, report: &Path, ready: Option<&Path>) -> [Job; 2] {
    let text = |path: &Path| Value::from(path.to_string_lossy());
    let native = |job, arg: (_, Value)| Job {
        plugin: Some(places.bare.join("libpipeloom_bench.so")),
        job: Some(job),
        args: [arg].into_iter().chain(ready.map(|path| ("ready", text(path)))).collect(),
        ..Job::default()
    };
    [native("fill", ("count", count.into())), native("sum", ("report", text(report)))]
}

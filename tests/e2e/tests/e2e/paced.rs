//! A network that takes its time, for tests of what happens meanwhile.

/// The same as [`numbers`], without an end.
pub(crate) fn endless() -> String {
    network("")
}

/// Numbers up to `last` at an interval, through a program that says when the first has come.
pub(crate) fn numbers(last: u32) -> String {
    network(&format!(", to = {last}"))
}

fn network(to: &str) -> String {
    NETWORK.replace(", TO", to)
}

const NETWORK: &str = r#"
    [jobs.count]
    use = "count"
    args = { interval_seconds = 0.002, TO }
    outputs = ["numbers"]
    [jobs.pass]
    exec = ["sh", "-c", "read first; echo $first; echo '{\"ready\": true}' >&3; exec cat"]
    pass = "stdio"
    inputs = ["numbers"]
    outputs = ["same"]
    [jobs.save]
    use = "lines-sink"
    args = { path = "${run}/numbers.txt" }
    inputs = ["same"]
    [pipes]
    numbers.codec = "lines"
    same.codec = "lines"
"#;

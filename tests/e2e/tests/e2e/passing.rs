//! How executables are given their pipes, and what else they are given.
use pipeloom_e2e::network;

#[test]
fn lines_go_through() {
    network(
        r#"
        [jobs.read]
        use = "lines-source"
        args = { path = "in.txt" }
        outputs = ["lines"]
        [jobs.pass]
        exec = ["cat"]
        pass = "stdio"
        inputs = ["lines"]
        outputs = ["passed"]
        [jobs.show]
        use = "lines-sink"
        inputs = ["passed"]
        [pipes.lines]
        codec = "lines"
        [pipes.passed]
        codec = "lines"
        "#,
    )
    .file("in.txt", "a\nb\n")
    .run()
    .stdout("a\nb\n")
    .exits(0)
    .delivered("lines", "pass", 2)
    .delivered("passed", "show", 2);
}

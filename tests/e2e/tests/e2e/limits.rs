//! Jobs that use more than they may.

use pipeloom_e2e::events::{Cause, CauseKind};
use pipeloom_e2e::{Ended, Test, network};

/// A network with one job, which runs these words with these limits.
fn job(words: &[&str], limits: &str) -> Test {
    network(format!("[jobs.it]\nexec = {words:?}\nlimits = {{ {limits} }}\n"))
}

/// Runs the job without a limit, which must go well, and with it, which must not: how it fails.
#[track_caller]
fn failure(words: &[&str], limit: &str) -> Cause {
    job(words, "").run().exits(0);
    let cause = job(words, limit).run().exits(1).failure("it");
    assert_eq!(cause.kind, CauseKind::Exit);
    cause
}

#[test]
fn a_job_that_spins_is_ended_by_name_after_its_processor_time() {
    // Fault 23.
    let cause = job(&["villain", "spin"], "cpu_seconds = 1").run().exits(1).failure("it");
    // Where the system keeps core dumps there is one.
    let message = cause.message.replace(" (core dumped)", "");
    assert_eq!(message, "killed by SIGXCPU: it used more than cpu_seconds = 1");
}

#[test]
fn a_job_that_writes_a_file_too_long_is_ended_by_name() {
    // Fault 23.
    let message = failure(&["villain", "scribble", "2000"], "file_bytes = 1000").message;
    let message = message.replace(" (core dumped)", "");
    assert_eq!(message, "killed by SIGXFSZ: it wrote a file longer than file_bytes = 1000");
}

#[test]
fn a_job_in_python_that_writes_a_file_too_long_has_its_limits_beside_its_status() {
    // Fault 23. Python ignores the signal, and its write fails.
    let write = "with open('scribbled', 'wb') as file: file.write(b'x' * 2000)";
    let cause = failure(&["python3", "-c", write], "file_bytes = 1000");
    assert_eq!(cause.message, "exit status 1; its limits: file_bytes = 1000");
    assert!(cause.last_lines.iter().any(|line| line.contains("File too large")), "{cause:?}");
}

#[test]
fn a_job_that_hoards_memory_has_its_limits_beside_its_status() {
    // Fault 23.
    let cause = failure(&["villain", "hoard", "300"], "memory_bytes = 200_000_000, cpu_seconds = 100");
    assert_eq!(cause.message, "exit status 1; its limits: memory_bytes = 200000000, cpu_seconds = 100");
    assert!(cause.last_lines.iter().any(|line| line.contains("memory")), "{cause:?}");
}

#[test]
fn a_job_without_room_for_its_own_program_has_its_limits_beside_its_end() {
    // Fault 23. The kernel or the program's loader gives up, before the program has begun.
    let message = failure(&["villain", "grab", "1"], "memory_bytes = 1_048_576").message;
    assert!(message.ends_with("; its limits: memory_bytes = 1048576"), "{message}");
}

#[test]
fn a_job_that_grabs_descriptors_has_its_limits_beside_its_status() {
    // Fault 23.
    let cause = failure(&["villain", "grab", "40"], "open_files = 20");
    assert_eq!(cause.message, "exit status 1; its limits: open_files = 20");
    assert!(cause.last_lines.iter().any(|line| line.contains("Too many open files")), "{cause:?}");
}

#[test]
fn a_job_that_may_start_no_process_has_its_limits_beside_its_status() {
    // Fault 23. Root may always start one, and so becomes somebody else first.
    let fork = "import os; os.getuid() or os.setuid(65534); os.fork() and os.wait()";
    let cause = failure(&["python3", "-c", fork], "processes = 1");
    assert_eq!(cause.message, "exit status 1; its limits: processes = 1");
    assert!(cause.last_lines.iter().any(|line| line.contains("BlockingIOError")), "{cause:?}");
}

#[test]
fn only_the_job_that_has_limits_is_limited() {
    let run = network(
        r#"
        [jobs.free]
        exec = ["villain", "scribble", "2000"]
        [jobs.limited]
        exec = ["villain", "scribble", "2000"]
        dependencies = ["own"]
        on_failure = "isolate"
        limits.file_bytes = 1000
        "#,
    )
    .file("own/file", "")
    .run()
    .exits(1);
    assert_eq!(run.failures(), ["limited"]);
}

#[test]
fn a_plugin_with_a_process_of_its_own_can_be_limited() {
    // Fault 23. The job does not fit into its limit, whatever it does.
    let toml = |limits: &str| {
        format!(
            "[jobs.count]\nuse = 'count'\nargs = {{ from = 1, to = 20 }}\noutputs = ['a']\n\
             [jobs.echo]\nplugin = '{}'\njob = 'echo'\nisolation = 'process'\n{limits}\ninputs = ['a']\noutputs = ['b']\n\
             [jobs.sink]\nuse = 'null-sink'\ninputs = ['b']\n[pipes]\na.codec = 'json'\nb.codec = 'json'\n",
            pipeloom_e2e::plugin().display()
        )
    };
    network(toml("")).run().exits(0).delivered("b", "sink", 20);
    network(toml("limits.memory_bytes = 2_000_000_000")).run().exits(0).delivered("b", "sink", 20);
    let message = network(toml("limits.memory_bytes = 1_048_576")).run().exits(1).failure("echo").message;
    assert!(message.ends_with("; its limits: memory_bytes = 1048576"), "{message}");
}

#[test]
fn a_lower_limit_of_the_runtime_holds_and_is_told() {
    let run = |open_files: u64| -> Ended {
        let job = job(&["sh", "-c", "ulimit -n > had"], &format!("open_files = {open_files}"));
        job.through(&["sh", "-c", "ulimit -n 512; exec \"$@\"", "sh"]).run()
    };
    run(500).exits(0).file("had", "500\n");
    let told = "open_files = 600 is more than the runtime may give; it gets 512 (ulimit -H -a)";
    run(600).stderr_has(told).exits(0).file("had", "512\n").warned("it", told);
}

#[test]
fn a_job_that_keeps_to_its_limits_does_not_notice_them() {
    let all = "memory_bytes = 4_000_000_000, cpu_seconds = 60, open_files = 64, file_bytes = 2000, processes = 1";
    job(&["villain", "scribble", "2000"], all).run().exits(0);
    job(&["villain", "grab", "40"], all).run().exits(0);
}

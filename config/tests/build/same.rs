//! The same network from a file and from a builder.

use pipeloom_config::build::{JobBuilder, NetworkBuilder, Pipe};
use pipeloom_config::file::{
    ConduitName, DropName, ExternalName, OnFailureName, PassName, RestartName, SignalName, StepsName, WhenFull,
};
use pipeloom_config::{HostEnd, Kind, Native, Network, Text, ValueType, check};
use pipeloom_job::Args;
use serde_json::json;

use crate::{ANY, options};

/// All that is known of a network, but for its places in a text.
fn shown(network: &Network) -> Vec<String> {
    let jobs = network.jobs().map(|(_, job)| format!("{job:?}"));
    let pipes = network.pipes().map(|(_, pipe)| format!("{pipe:?}"));
    let whole = format!("{} {:?} {:?}", network.name(), network.description(), network.head_size());
    let without_places = |text: String| {
        let mut parts = text.split("Span { ");
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |text, part| text + part.split_once('}').unwrap().1)
    };
    jobs.chain(pipes).chain([whole]).map(without_places).collect()
}

#[track_caller]
fn assert_same(built: &NetworkBuilder, file: &str) {
    let folder = std::env::current_dir().unwrap();
    let text = Text { path: folder.join("network.toml"), text: file.to_owned() };
    let expected = check(text, &options()).unwrap_or_else(|problems| panic!("{problems}"));
    let network = built.check(&options()).unwrap_or_else(|problems| panic!("{problems}\n{built}"));
    assert_eq!(shown(&network), shown(&expected), "{built}");
    assert_eq!(network.source(), built.to_toml());
    assert_eq!(network.dir(), expected.dir());
}

#[test]
fn a_chain_of_programs() {
    let (numbers, sums) = (Pipe::untyped("numbers").codec("lines"), Pipe::untyped("sums"));
    let built = NetworkBuilder::new("chain")
        .description("counts")
        .param("last", 3)
        .job(JobBuilder::exec("count", ["seq", "${last}"]).pass(PassName::Stdio).output(&numbers))
        .job(
            JobBuilder::exec("add", ["awk", "{ s += $$1; print s }"])
                .pass(PassName::Stdio)
                .input(&numbers)
                .output(&sums),
        )
        .job(JobBuilder::exec("show", ["cat"]).pass(PassName::Stdio).input(&sums));
    assert_same(
        &built,
        "[network]\nname = 'chain'\ndescription = 'counts'\n[params]\nlast = 3\n\
         [jobs.count]\nexec = ['seq', '${last}']\npass = 'stdio'\noutputs = ['numbers']\n\
         [jobs.add]\nexec = ['awk', '{ s += $$1; print s }']\npass = 'stdio'\ninputs = ['numbers']\noutputs = ['sums']\n\
         [jobs.show]\nexec = ['cat']\npass = 'stdio'\ninputs = ['sums']\n[pipes.numbers]\ncodec = 'lines'\n",
    );
}

#[test]
fn every_key_of_a_job() {
    let (a, times) = (Pipe::untyped("a").codec("json"), Pipe::untyped("times"));
    let built = NetworkBuilder::new("jobs")
        .head_size(2)
        .job(
            JobBuilder::exec("first", ["cat", "${run}"])
                .pass(PassName::Fd)
                .input_flag("")
                .output_flag("--out")
                .head(true)
                .steps(StepsName::Free)
                .dependencies(&["src"])
                .env("A", "${run}")
                .env("B.c", "b")
                .env_clear(true)
                .on_failure(OnFailureName::Isolate)
                .stop_signal(SignalName::Usr1)
                .grace_seconds(1.5)
                .drain_seconds(0.0)
                .linger_seconds("eof")
                .limit_memory_bytes(1 << 30)
                .restart(RestartName::OnFailure)
                .backoff_seconds(0.5)
                .backoff_max_seconds(8.0)
                .stable_seconds(20.0)
                .max_restarts(3)
                .restart_window_seconds(100.0)
                .limit_cpu_seconds(60)
                .limit_open_files(64)
                .limit_file_bytes(1)
                .limit_processes(20)
                .ends_run(true)
                .groups(&["local"])
                .node("localhost")
                .local(true)
                .output(&a),
        )
        .job(
            JobBuilder::predefined("second", "any")
                .args(json!({ "list": [1, 2.5, "x"], "inner": { "a": true } }))
                .arg("more", "${network}")
                .max_queue(7)
                .when_full(WhenFull::DropNewest)
                .thread(true)
                .log_times(true)
                .input(&a)
                .output(&times),
        )
        .job(JobBuilder::kind("third", ANY).linger_seconds(2).input(&times))
        .job(
            JobBuilder::exec("fourth", ["true"])
                .cwd("src")
                .start_timeout_seconds(2.5)
                .heartbeat_seconds(10.0)
                .stall_seconds(5.0)
                .input(&times),
        );
    assert_same(
        &built,
        "[network]\nname = 'jobs'\nhead_size = 2\n\
         [jobs.first]\nexec = ['cat', '${run}']\npass = 'fd'\ninput_flag = ''\noutput_flag = '--out'\nhead = true\n\
         steps = 'free'\ndependencies = ['src']\nenv = { A = '${run}', 'B.c' = 'b' }\nenv_clear = true\n\
         on_failure = 'isolate'\nends_run = true\ngroups = ['local']\nnode = 'localhost'\nlocal = true\noutputs = ['a']\n\
         stop = { signal = 'USR1', grace_seconds = 1.5, drain_seconds = 0, linger_seconds = 'eof' }\n\
         restart = { policy = 'on-failure', backoff_seconds = 0.5, backoff_max_seconds = 8, stable_seconds = 20, \
         max_restarts = 3, window_seconds = 100 }\n\
         limits = { memory_bytes = 1_073_741_824, cpu_seconds = 60, open_files = 64, file_bytes = 1, processes = 20 }\n\
         [jobs.second]\nuse = 'any'\nmax_queue = 7\nwhen_full = 'drop-newest'\nthread = true\nlog_times = true\n\
         args = { inner = { a = true }, list = [1, 2.5, 'x'], more = '${network}' }\n\
         inputs = ['a']\noutputs = ['times']\n\
         [jobs.third]\nuse = 'any'\nstop.linger_seconds = 2\ninputs = ['times']\n[jobs.fourth]\nexec = ['true']\ncwd = 'src'\n\
         start_timeout_seconds = 2.5\nheartbeat_seconds = 10\nstall_seconds = 5\ninputs = ['times']\n[pipes.a]\ncodec = 'json'\n",
    );
}

#[test]
fn every_key_of_a_pipe() {
    let plain = Pipe::untyped("plain").codec("bytes").block_size(8).max_queue(5).capacity_bytes(8192);
    let plain = plain.conduit(ConduitName::Fifo).block_count(2).dummy_value([1, 2, 3, 4, 5, 6, 7, 8]);
    let late = Pipe::untyped("late").codec("json").optional_default(json!({ "x": [1] })).optional_store(false);
    let late = late.optional_buffer(3).optional_drop(DropName::Newest).writers(&["w"]).readers(&["r"]);
    let outside = Pipe::untyped("outside").codec("lines").external(ExternalName::Reader).path("no-such-file");
    let outside = outside.when_full(WhenFull::DropOldest).max_block_bytes(100);
    let held = Pipe::untyped("held").codec("lines").dummy("previous");
    let back = Pipe::untyped("back").codec("json").asynchronous(true).cycle(true).when_full(WhenFull::Fail);
    let empty = Pipe::untyped("empty").optional();
    let built = NetworkBuilder::new("pipes")
        .job(
            JobBuilder::predefined("w", "any")
                .input(&back)
                .output(&plain)
                .output(&late)
                .output(&outside)
                .output(&empty)
                .output(&held),
        )
        .job(JobBuilder::predefined("r", "any").input(&plain).input(&late).input(&empty).input(&held).output(&back));
    assert_same(
        &built,
        "[network]\nname = 'pipes'\n\
         [jobs.w]\nuse = 'any'\ninputs = ['back']\noutputs = ['plain', 'late', 'outside', 'empty', 'held']\n\
         [jobs.r]\nuse = 'any'\ninputs = ['plain', 'late', 'empty', 'held']\noutputs = ['back']\n\
         [pipes.plain]\ncodec = 'bytes'\nblock_size = 8\nmax_queue = 5\ncapacity_bytes = 8192\nconduit = 'fifo'\n\
         block_count = 2\ndummy = { value = [1, 2, 3, 4, 5, 6, 7, 8] }\n\
         [pipes.late]\ncodec = 'json'\nwriters = ['w']\nreaders = ['r']\n\
         optional = { default = { x = [1] }, store = false, buffer = 3, drop = 'newest' }\n\
         [pipes.outside]\ncodec = 'lines'\nexternal = 'reader'\npath = 'no-such-file'\nwhen_full = 'drop-oldest'\n\
         max_block_bytes = 100\n\
         [pipes.back]\ncodec = 'json'\nasync = true\ncycle = true\nwhen_full = 'fail'\n[pipes.empty]\noptional = {}\n\
         [pipes.held]\ncodec = 'lines'\ndummy = 'previous'\n",
    );
}

#[test]
fn odd_names_and_texts_stay_what_they_are() {
    let pipe = Pipe::untyped("a.b").codec("lines");
    let odd = "\"'\\\n\t'''\"\"\" = [x]\u{1b}é";
    let built = NetworkBuilder::new("odd")
        .job(JobBuilder::exec("x.y", ["echo", odd]).pass(PassName::Stdio).output(&pipe))
        .job(JobBuilder::predefined("0", "any").arg("a.b \"", odd).input(&pipe));
    let network = built.check(&options()).unwrap_or_else(|problems| panic!("{problems}\n{built}"));
    let (_, echo) = network.jobs().next().unwrap();
    assert!(format!("{:?}", echo.executable().unwrap().argv[1]).contains(&format!("{odd:?}")));
    let (_, any) = network.jobs().nth(1).unwrap();
    let pipeloom_config::Body::Native(Native { args, .. }) = &any.body else { panic!("{any:?}") };
    assert_eq!(*args, Args::from_iter([("a.b \"".to_owned(), json!(odd))]));
}

#[test]
fn the_ends_of_the_program_are_jobs_too() {
    let numbers = Pipe::<f64>::new("numbers");
    let built = NetworkBuilder::new("ends")
        .job(JobBuilder::sender("feed", &numbers).ends_run(true))
        .job(JobBuilder::receiver("read", &numbers));
    let network = built.check_alone().unwrap();
    let kinds = network.jobs().map(|(_, job)| match &job.body {
        pipeloom_config::Body::Native(native) => native.kind.clone(),
        other => panic!("{other:?}"),
    });
    let kinds: Vec<Kind> = kinds.collect();
    let [Kind::Host(feed), Kind::Host(read)] = &kinds[..] else { panic!("{kinds:?}") };
    let value = Some(ValueType::of::<f64>());
    assert_eq!((*feed, *read), (HostEnd::Sender(value), HostEnd::Receiver(value)));
    // A file alone does not say what they are.
    let text = Text { path: "saved.toml".into(), text: built.to_toml() };
    let problems = check(text, &options()).unwrap_err();
    let messages: Vec<&str> = problems.iter().map(|problem| problem.message.as_str()).collect();
    assert_eq!(messages, ["there is no predefined job `sender`", "there is no predefined job `receiver`"]);
}

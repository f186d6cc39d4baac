//! One job of a network, alone.

use pipeloom_config::{Body, JobId, Kind, Native, Network, Part, PipeId, PipeSpec, Runs, Taking, WhenFull};
use pipeloom_job::{Args, PortList, PortType, Ports};

use crate::setting::{KINDS, network};

/// A job whose first input is optional, whose second leads back, and whose times are logged; between programs that are not
/// there.
const MIDDLE: &str = "\
[jobs.before]
exec = ['not-there']
dependencies = ['nothing']
outputs = ['a']
[jobs.middle]
exec = ['cat', '${pipe.c}', '${pipe.b}']
inputs = ['a', 'b']
outputs = ['c', 't']
log_times = true
[jobs.after]
exec = ['./not-there-either']
inputs = ['c', 't']
outputs = ['b', 'd']
[jobs.last]
exec = ['gone']
cwd = 'nowhere'
inputs = ['d', 'c']
[pipes.a]
codec = 'json'
optional = { default = 7 }
when_full = 'drop-oldest'
block_count = 3
[pipes.b]
codec = 'json'
async = true
cycle = true
when_full = 'drop-newest'
[pipes.c]
codec = 'lines'
block_count = 2
[pipes.d]
codec = 'lines'
external = 'reader'
path = 'no/folder/d'
[pipes.t]
codec = 'json'
";

fn helper(_: &PipeSpec) -> Native {
    let any = || PortList::some(PortType::any());
    Native { kind: Kind::Named(KINDS[0]), args: Args::default(), ports: Ports::new(any(), any()) }
}

fn alone(network: &Network, job: &str) -> Network {
    network.alone(network.find_job(job).unwrap(), helper, helper)
}

/// `WRITER -> PIPE -> READERS`, for each pipe.
fn wires(network: &Network) -> Vec<String> {
    let name = |job: JobId| network[job].name.to_string();
    let wire = |pipe: &PipeSpec| {
        let readers: Vec<String> = pipe.readers.iter().map(|end| name(end.job)).collect();
        format!("{} -> {} -> {}", name(pipe.writer.unwrap().job), pipe.name, readers.join(", "))
    };
    network.pipes().map(|(_, pipe)| wire(pipe)).collect()
}

#[track_caller]
fn assert_ends_agree(network: &Network) {
    for (id, job) in network.jobs() {
        let inputs: Vec<PipeId> = job.inputs.clone();
        for (port, pipe) in inputs.iter().enumerate() {
            assert!(network[*pipe].readers.iter().any(|end| end.job == id && end.port == port), "{}", job.name);
        }
        for (port, pipe) in job.written().enumerate() {
            let writer = network[pipe].writer.unwrap();
            assert_eq!((writer.job, writer.port), (id, port), "{}", job.name);
        }
    }
}

#[test]
fn only_the_programs_that_are_run_must_be_there() {
    for name in ["not-there", "not-there-either", "gone"] {
        let messages = network(MIDDLE).messages();
        assert!(messages.iter().any(|message| message.contains(name)), "{messages:?}");
    }
    network(MIDDLE).runs(Runs::Only("middle".into())).is_right();
    network(MIDDLE).runs(Runs::Nothing).is_right();
    let messages = network(MIDDLE).runs(Runs::Only("last".into())).messages();
    assert_eq!(messages.len(), 2, "{messages:?}");
    assert!(messages[0].contains("gone") && messages[1].contains("nowhere"), "{messages:?}");
}

#[test]
fn nobody_asks_libraries_and_classes_that_are_not_run() {
    let network = || {
        network(
            "[jobs.a]\nplugin = 'gone.so'\njob = 'x'\noutputs = ['x']\n\
             [jobs.b]\npython = 'gone.py:Sum'\ninputs = ['x']\noutputs = ['y']\n\
             [jobs.c]\nexec = ['cat']\ninputs = ['y']\n\
             [pipes]\nx.codec = 'json'\ny.codec = 'json'\n",
        )
    };
    network().runs(Runs::Only("c".into())).is_right();
    for job in ["a", "b"] {
        let messages = network().runs(Runs::Only(job.into())).messages();
        assert_eq!(messages.len(), 1, "{messages:?}");
    }
}

#[test]
fn all_else_that_is_wrong_is_still_said() {
    let messages = network("[jobs.a]\nexec = ['gone']\noutputs = ['x']\n").runs(Runs::Nothing).messages();
    assert_eq!(
        messages,
        ["the pipe `x` has no reader", "the pipe `x` needs a codec, as job `a`, an executable, is at its end"]
    );
}

#[test]
fn what_is_at_the_far_ends_is_replaced() {
    let setting = network(MIDDLE).runs(Runs::Only("middle".into()));
    let alone = alone(&setting.is_right(), "middle");
    let expected =
        ["input a -> a -> middle", "input b -> b -> middle", "middle -> c -> output c", "middle -> t -> output t"];
    assert_eq!(wires(&alone), expected);
    assert_ends_agree(&alone);
    let [a, b, c, _] = &alone.pipes().map(|(_, pipe)| pipe.clone()).collect::<Vec<_>>()[..] else { panic!() };
    assert_eq!((&a.taking, a.when_full, a.block_count.get()), (&Taking::InStep, WhenFull::Block, 3));
    assert_eq!((&b.taking, b.when_full, b.cycle), (&Taking::Async, WhenFull::Block, false));
    assert_eq!(c.block_count.get(), 1, "each block is taken by itself");

    let (_, middle) = alone.jobs().next().unwrap();
    assert_eq!(middle.times.map(|id| alone[id].name.to_string()), Some("t".to_owned()));
    let argv = &middle.executable().unwrap().argv;
    let named = |place: usize| match argv[place].parts() {
        [Part::Pipe(id)] => alone[*id].name.to_string(),
        parts => panic!("{parts:?}"),
    };
    assert_eq!((named(1), named(2)), ("c".to_owned(), "b".to_owned()));
}

#[test]
fn a_pipe_from_the_job_to_itself_stays() {
    let setting = network(
        "[jobs.a]\nexec = ['cat']\ninputs = ['x', 'state']\noutputs = ['state']\n\
         [jobs.b]\nexec = ['cat']\noutputs = ['x']\n\
         [pipes]\nx.codec = 'json'\n\
         state = { codec = 'json', cycle = true, async = true, when_full = 'fail' }\n",
    );
    let alone = alone(&setting.is_right(), "a");
    assert_eq!(wires(&alone), ["input x -> x -> a", "a -> state -> a, output state"]);
    assert_ends_agree(&alone);
    let (_, state) = alone.pipes().nth(1).unwrap();
    assert_eq!((state.cycle, state.when_full), (true, WhenFull::Fail));
}

#[test]
fn a_native_job_stays_what_it_is() {
    let setting = network(
        "[jobs.a]\nuse = 'forward'\ninputs = ['x']\noutputs = ['y']\n\
         [jobs.b]\nexec = ['cat']\noutputs = ['x']\ninputs = ['y']\n\
         [pipes]\nx.codec = 'lines'\ny = { codec = 'json', cycle = true, optional = {}, when_full = 'drop-oldest' }\n",
    );
    let alone = alone(&setting.is_right(), "a");
    let (_, forward) = alone.jobs().next().unwrap();
    assert!(matches!(&forward.body, Body::Native(native) if native.kind.name() == "forward"));
    let (_, y) = alone.pipes().nth(1).unwrap();
    assert_eq!((&y.taking, y.when_full, y.cycle), (&Taking::InStep, WhenFull::Block, false));
}

#[test]
fn a_wrong_name_is_told_with_the_right_one() {
    let setting = network(MIDDLE).runs(Runs::Nothing);
    let network = setting.is_right();
    let help = |problems: pipeloom_config::Problems| {
        let problem = problems.iter().next().unwrap().clone();
        (problem.message, problem.help.unwrap_or_default().into_string())
    };
    let expected = ("there is no job `midle`".to_owned(), "did you mean `middle`?".to_owned());
    assert_eq!(help(network.find_job("midle").unwrap_err()), expected);
    let expected = ("there is no pipe `sums`".to_owned(), "there are `a`, `b`, `c`, `t`, `d`".to_owned());
    assert_eq!(help(network.find_pipe("sums").unwrap_err()), expected);
    assert_eq!(network[network.find_pipe("d").unwrap()].name.as_str(), "d");
}

//! Blocks that are wrong, cut off or none.

use pipeloom_faults::e2e::events::Event;
use pipeloom_faults::e2e::peak_memory;
use pipeloom_faults::{Blocks, CauseKind, Chain, JobEnd, Middle, PipeEnding, Signal, fault};

use crate::flow::MEMORY;

#[test]
fn c37_reset_bits_without_cause() {
    fault(37).seeds().each(|case| {
        let chain = Chain::new(Blocks::random(case).with_heads(), case.pick(&Middle::SEEN));
        let (count, each) = (case.number(1..=500), 1 + case.up_to(50));
        let chain = chain.source(format!("blocks={count}")).source(format!("resets={each}"));
        let run = case.network(chain.toml()).start();
        case.has_fault();
        let over = case.over(run, 0);
        over.all_through(&chain);
        // The first one has its cause. They are the writer's, and so counted once, however many readers there are.
        assert_eq!(over.tallies().map(|tally| tally.false_resets).sum::<u64>(), (count - 1) / each);
        for sink in chain.sinks() {
            let seen = over.seen(sink, 0);
            let resets = seen.blocks.iter().filter(|block| block.head.unwrap() & 0x40 != 0);
            assert!(resets.map(|block| block.number).eq([0]));
        }
    });
}

#[test]
fn c38_a_block_is_cut_off() {
    fault(38).seeds().each(|case| {
        let chain = Chain::random(case);
        let whole = chain.blocks.sizes.0 + if chain.blocks.framed { 4 } else { 0 };
        let cut = case.number(1..=whole - 1);
        let chain = chain.source(format!("blocks={}", case.up_to(100))).source(format!("cut={cut}"));
        let run = case.network(chain.toml()).start();
        case.has_fault();
        let over = case.over(run, 0);
        over.all_through(&chain);
        match chain.middle {
            Middle::Direct | Middle::Program => assert_eq!(over.seen("sink", 0).torn, Some(cut)),
            Middle::Relay | Middle::Fan | Middle::WholeFan | Middle::Native => {
                for (pipe, reader) in chain.legs().iter().filter(|(pipe, _)| *pipe == "a") {
                    assert_eq!(over.run().tally(pipe, reader).ending, Some(PipeEnding::Torn { bytes: cut }));
                }
            }
        }
    });
}

#[test]
fn c42_random_bytes() {
    fault(42).seeds().each(|case| {
        let codec = case.pick(&["stream", "lines", "bytes\"\nblock_size = \"N", "framed", "bincode", "json"]);
        let codec = codec.replace("\"N", &case.number(1..=100_000).to_string());
        let codec = if codec.ends_with(char::is_numeric) { codec } else { codec + "\"" };
        let mebibytes = case.number(1..=16);
        let mut run = case
            .network(format!(
                "[jobs.noise]\nexec = ['villain', 'noise', 'bytes={}', 'seed={}']\noutputs = ['a']\non_failure = 'isolate'\n\
                 [jobs.sink]\nuse = 'null-sink'\ninputs = ['a']\non_failure = 'isolate'\n\
                 [jobs.keeper]\nexec = ['villain', 'blind']\n[pipes.a]\ncodec = \"{codec}\nmax_block_bytes = 1000000\n",
                mebibytes << 20,
                case.seed(),
            ))
            .start();
        case.has_fault();
        for name in ["noise", "sink"] {
            run.until(&format!("the end of {name}"), |event| {
                matches!(event, Event::JobEnded { job, .. } | Event::JobFailed { job, .. } if job == name).then_some(())
            });
        }
        let peak = peak_memory(run.pid());
        assert!(peak < MEMORY, "{codec}: {peak} bytes");
        run.signal(Signal::TERM);
        let over = case.over(run, 130);
        let failed = over.events().iter().filter_map(|event| match event {
            Event::JobFailed { cause, .. } => Some(cause.kind),
            _ => None,
        });
        for kind in failed {
            assert_eq!(kind, CauseKind::Flow, "{codec}");
        }
    });
}

#[test]
fn c43_pieces_of_any_length() {
    fault(43).seeds().each(|case| {
        let chain = Chain::random(case);
        let most = 1 + case.up_to(2 * chain.blocks.sizes.1);
        let count = (chain.count(case) / 20 + 1).min(40_000 * most / chain.blocks.sizes.1 + 1);
        let chain = chain.source(format!("pieces={most}")).source(format!("blocks={count}"));
        let run = case.network(chain.toml()).start();
        case.has_fault();
        let over = case.over(run, 0);
        over.all_through(&chain);
        assert_eq!(over.end("source"), Some(JobEnd::Ended));
    });
}

#[test]
fn c46_noise_where_values_are_expected() {
    fault(46).seeds().each(|case| {
        let (codec, of, reader) = case.pick(&[
            ("json", r#"{}[]":,01e-tnul \n"#, "csv-sink"),
            ("json", "", "csv-sink"),
            ("lines", "", "csv-sink"),
            ("bincode", "", "level"),
        ]);
        let of = if of.is_empty() { String::new() } else { format!(", '''of={of}'''") };
        let (args, outputs) = match reader {
            "csv-sink" => ("args = { path = '${run}/table.csv' }", ""),
            _ => ("", "outputs = ['levels']\n[jobs.sink]\nuse = 'null-sink'\ninputs = ['levels']"),
        };
        let run = case
            .network(format!(
                "[jobs.noise]\nexec = ['villain', 'noise', 'bytes={}', 'seed={}'{of}]\noutputs = ['a']\n\
                 [jobs.reader]\nuse = '{reader}'\n{args}\ninputs = ['a']\n{outputs}\n[pipes]\na.codec = '{codec}'\n{}",
                case.number(20_000..=200_000),
                case.seed(),
                if reader == "level" { "levels.codec = 'json'" } else { "" }
            ))
            .start();
        case.has_fault();
        let over = case.over(run, 1);
        let (job, kind, _) = over.first_failure();
        assert_eq!(job, "reader");
        assert!(matches!(kind, CauseKind::Error | CauseKind::Flow), "{kind:?}");
    });
}

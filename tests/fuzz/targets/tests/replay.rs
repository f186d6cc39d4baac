//! All that is in the corpus, beginnings of it, and what is near it. Whatever fails is left as a file.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its files has failed")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use pipeloom_fuzz_targets::seeds::Seed;
use pipeloom_fuzz_targets::{TARGETS, Target, mutate, seeds};

/// How long beginnings are tried, and then inputs near the corpus.
const TIME: Duration = Duration::from_secs(2);

/// Of longer inputs not every beginning is tried.
const BEGINNINGS: usize = 100;

#[test]
fn control_channel() {
    replay("control_lines");
}

#[test]
fn blocks_of_built_in_codecs() {
    // Faults 38 to 43: also one byte at a time, with lengths up to 2^32 - 1, and nothing is allocated that is not allowed.
    replay("frames");
}

#[test]
fn blocks_of_custom_codecs() {
    replay("custom_codec");
}

#[test]
fn network_file_and_options() {
    // Fault 47.
    replay("network_file");
}

#[test]
fn what_a_program_is_started_with() {
    replay("program_start");
}

#[test]
fn requests_to_a_run() {
    replay("requests");
}

#[test]
fn segments_of_a_spool() {
    // Fault 44.
    replay("spool");
}

#[test]
fn values_in_blocks() {
    // Fault 46.
    replay("values");
}

/// All seeds are tried, and of the rest what there is time for.
#[track_caller]
fn replay(name: &str) {
    let target = Target::named(name).unwrap();
    let seeds = seeds::of(target).unwrap();
    for seed in &seeds {
        attempt(target, &seed.name, &seed.bytes);
    }
    let until = Instant::now() + TIME;
    for (seed, end) in beginnings(&seeds).take_while(|_| Instant::now() < until) {
        attempt(target, &format!("the first {end} bytes of {}", seed.name), &seed.bytes[..end]);
    }
    let (until, first) = (Instant::now() + TIME, fastrand::u64(..));
    for number in (0..).map(|tried| first.wrapping_add(tried)).take_while(|_| Instant::now() < until) {
        let input = mutate::near(&seeds, target.words, number);
        attempt(target, &format!("fuzz-stable --target {name} --seed {number}"), &input);
    }
}

fn beginnings(seeds: &[Seed]) -> impl Iterator<Item = (&Seed, usize)> {
    seeds.iter().flat_map(|seed| {
        let step = seed.bytes.len() / BEGINNINGS + 1;
        (0..seed.bytes.len()).step_by(step).map(move |end| (seed, end))
    })
}

#[track_caller]
fn attempt(target: Target, what: &str, input: &[u8]) {
    if let Err(error) = target.attempt(input) {
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("failed-{}", target.name));
        fs::write(&file, input).unwrap();
        panic!("{what}: {error}\nthe input is in {}", file.display());
    }
}

#[test]
fn every_target_has_its_program_and_its_corpus() {
    let fuzz = seeds::corpus().join("..");
    let names: BTreeSet<String> = TARGETS.iter().map(|target| target.name.to_owned()).collect();
    assert_eq!(names, entries(&seeds::corpus()), "folders of the corpus");
    assert_eq!(names, entries(&fuzz.join("fuzz_targets")), "programs for libFuzzer");
    let manifest = fs::read_to_string(fuzz.join("Cargo.toml")).unwrap();
    for name in &names {
        let program = fs::read_to_string(fuzz.join(format!("fuzz_targets/{name}.rs"))).unwrap();
        assert!(program.contains(&format!("pipeloom_fuzz_targets::{name}::{name}(data)")), "{name}: {program}");
        assert!(
            manifest.contains(&format!("[[bin]]\nname = \"{name}\"\npath = \"fuzz_targets/{name}.rs\"\n")),
            "{name}"
        );
        assert!(entries(&seeds::corpus().join(name)).len() >= 10, "{name}: a corpus is more than that");
    }
}

fn entries(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

#[test]
fn an_input_has_a_number() {
    let seeds = [Seed { name: String::new(), bytes: b"some bytes".to_vec() }];
    let inputs = || (0..100).map(|number| mutate::near(&seeds, &["word"], number)).collect::<Vec<_>>();
    assert_eq!(inputs(), inputs());
    assert!(inputs().iter().collect::<BTreeSet<_>>().len() > 50);
}

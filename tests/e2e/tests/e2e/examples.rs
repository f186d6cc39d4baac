//! The examples of the project do what they say.

use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};

use pipeloom_e2e::{Run, build, compile, example};

/// How far a level may be from the expected one: the last places depend on the processor's way to add.
const LEVEL: f64 = 1e-3;

/// How many of a thousand pixels may be one shade off.
const SHADES: usize = 1;

fn expected(example: &str, name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(example).join("expected").join(name)
}

fn read(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn hello() {
    example("hello").run().stdout(read(&expected("hello", "stdout.txt"))).exits(0);
}

#[test]
fn logs() {
    let run = example("logs").run().stdout("").exits(0);
    run.file("run/top.txt", read(&expected("logs", "top.txt")))
        .file("run/minutes.txt", read(&expected("logs", "minutes.txt")));
}

#[test]
fn rates() {
    let run = example("rates").run().stdout("").exits(0);
    run.file("run/report.txt", read(&expected("rates", "report.txt")));
}

#[test]
fn flags() {
    example("flags").run().stdout(read(&expected("flags", "stdout.txt"))).exits(0);
}

#[test]
fn polyglot() {
    let test = example("polyglot");
    compile("examples/polyglot/tone.c", &test.path("tone"));
    let (c, rust) = (test.dir().display().to_string(), build("pipeloom-example-polyglot").display().to_string());
    let test = test.arg("--param").arg(format!("c={c}")).arg("--param").arg(format!("rust={rust}"));
    test.run().stdout(read(&expected("polyglot", "stdout.txt"))).exits(0);
}

#[test]
fn operator() {
    // When an operator comes is a matter of time; all else is not.
    let run = example("operator").arg("--set").arg("jobs.show.args.path=${run}/results.txt").run().stdout("").exits(0);
    right_results(&run.text("run/results.txt"));
    right_results(&String::from_utf8(read(&expected("operator", "stdout.txt"))).unwrap());
}

#[track_caller]
fn right_results(text: &str) {
    let mut operators = Vec::new();
    for (row, number) in text.lines().zip(1..) {
        let (left, right) = (number, 2 * number);
        let operator = row.split(' ').nth(1).unwrap_or_default().to_owned();
        let result = if operator == "-" { left - right } else { left + right };
        assert_eq!(row, format!("{left} {operator} {right} = {result}"));
        operators.push(operator);
    }
    assert_eq!(operators.len(), 50, "{operators:?}");
    operators.dedup();
    // The default, then what was sent, as far as there was time for each.
    assert!(["+", "-", "+"].windows(operators.len()).any(|run| run == operators), "{operators:?}");
}

#[test]
fn voice() {
    let run = example("voice").run().stdout("").exits(0);
    let run = run.file("run/segments.csv", read(&expected("voice", "segments.csv")));
    same_levels(&run);
    same_picture(&run);
}

#[track_caller]
fn same_levels(run: &Run) {
    let table = |text: &str| text.lines().map(|row| row.split(',').map(str::to_owned).collect()).collect();
    let got: Vec<Vec<String>> = table(&run.text("run/levels.csv"));
    let expected: Vec<Vec<String>> = table(&String::from_utf8(read(&expected("voice", "levels.csv"))).unwrap());
    assert_eq!(got.len(), expected.len(), "rows");
    assert_eq!(got[0], expected[0], "columns");
    for (row, (got, expected)) in got.iter().zip(&expected).enumerate().skip(1) {
        let numbers = |cells: &[String]| cells.iter().map(|cell| cell.parse().unwrap()).collect::<Vec<f64>>();
        let (got, expected) = (numbers(got), numbers(expected));
        let near = got.len() == expected.len() && got.iter().zip(&expected).all(|(a, b)| (a - b).abs() <= LEVEL);
        assert!(near, "row {row}: {got:?} instead of {expected:?}");
    }
}

#[track_caller]
fn same_picture(run: &Run) {
    let (got, expected) = (picture(&run.path("run/spectrogram.png")), picture(&expected("voice", "spectrogram.png")));
    assert_eq!((got.size, got.palette), (expected.size, expected.palette));
    let pairs = got.shades.iter().zip(&expected.shades);
    let off: Vec<u8> = pairs.map(|(a, b)| a.abs_diff(*b)).filter(|off| *off > 0).collect();
    assert!(off.iter().all(|off| *off == 1), "{} pixels are off, some by more than a shade", off.len());
    assert!(off.len() * 1000 <= expected.shades.len() * SHADES, "{} pixels are off", off.len());
}

/// A picture of at most 256 shades.
struct Picture {
    size: (u32, u32),
    palette: Vec<u8>,
    shades: Vec<u8>,
}

fn picture(path: &Path) -> Picture {
    let file = File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut reader = png::Decoder::new(BufReader::new(file)).read_info().unwrap();
    let mut shades = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut shades).unwrap();
    assert_eq!((frame.color_type, frame.bit_depth), (png::ColorType::Indexed, png::BitDepth::Eight));
    let info = reader.info();
    Picture { size: info.size(), palette: info.palette.clone().unwrap().into_owned(), shades }
}

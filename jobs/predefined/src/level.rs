//! `level`: the level of each block of samples or of each spectrum.
//!
//! ```toml
//! [jobs.meter]
//! use = "level"
//! inputs = ["samples"]
//! outputs = ["levels"]
//!
//! [pipes.levels]
//! codec = "json"
//! ```
//!
//! For each block it sends `{"rms": 0.5, "db": -6.02}`: the root of the mean square, and the same in dB relative to 1, so
//! that a sine of full scale has -3.01 dB. Silence, and a block without samples, has -120 dB. Under `bytes` and `framed`
//! the two are 64-bit floats, little-endian, so that `block_size` is 16.
//!
//! Samples are 32-bit floats (little-endian under `bytes` and `framed`, a list of numbers under `json` and `bincode`).
//! With `of = "spectrum"` the input is the magnitudes that [`crate::spectrum`] sends, and the level is that of the
//! signal behind them; say which `window` they were made with.

use pipeloom_job::typed::{Connector, ConnectorJob, Output};
use pipeloom_job::{Args, ArgsError, CodecName, Flow, JobError, JobKind, PortList, PortType, Ports, Seq};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::samples::{self, Samples};
use crate::window_function::Window;

/// The level of silence, in dB.
const FLOOR_DB: f64 = -120.0;

/// The arguments of `level`.
#[derive(Clone, PartialEq, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LevelArgs {
    /// What the blocks hold.
    #[serde(default)]
    pub of: LevelOf,
    /// Of spectra: how samples were weighted; `hann` unless given.
    pub window: Option<Window>,
    /// Of spectra: the samples behind each; unless given, twice the number of values less two.
    pub size: Option<usize>,
}

/// What `level` measures.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LevelOf {
    /// Samples of a signal.
    #[default]
    Samples,
    /// Magnitudes as `spectrum` sends them.
    Spectrum,
}

/// `level` by name.
pub const KIND: JobKind = JobKind {
    name: "level",
    about: "measures RMS and dB of each block of samples or spectrum",
    args: &|| schemars::schema_for!(LevelArgs),
    ports: &|args| {
        Meter::new(args)?;
        let levels = PortType::values(&[CodecName::Bincode, CodecName::Json, CodecName::Bytes, CodecName::Framed])
            .block_size(16);
        Ok(Ports::new(PortList::one(samples::port().one_block()), PortList::one(levels)))
    },
    new: &|args| Ok(ConnectorJob::boxed(Meter::new(args)?)),
};

/// What `level` sends for each block.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Level {
    /// The root of the mean square; 1 is full scale.
    pub rms: f64,
    /// The same in dB, -120 at least.
    pub db: f64,
}

impl Level {
    fn of_mean_square(mean_square: f64) -> Level {
        let db = 10.0 * mean_square.log10();
        // Not `max`, which would turn what is no number into silence.
        Level { rms: mean_square.sqrt(), db: if db < FLOOR_DB { FLOOR_DB } else { db } }
    }
}

enum Meter {
    Samples,
    Spectrum {
        window: Window,
        size: Option<usize>,
        /// The noise bandwidth for the size met last.
        bandwidth: Option<(usize, f64)>,
    },
}

/// Why a block is no spectrum.
#[derive(Debug, thiserror::Error)]
#[error("block {block} of input 0: a spectrum of {got} values, where {size} samples give {expected}")]
struct WrongBins {
    block: Seq,
    got: usize,
    size: usize,
    expected: usize,
}

impl Meter {
    fn new(args: &Args) -> Result<Meter, ArgsError> {
        let LevelArgs { of, window, size } = args.parse()?;
        let given = [("window", window.is_some()), ("size", size.is_some())];
        match of {
            LevelOf::Samples => match given.iter().find(|(_, given)| *given) {
                Some((key, _)) => Err(ArgsError::at(key, "only with of = \"spectrum\"")),
                None => Ok(Meter::Samples),
            },
            LevelOf::Spectrum if size.is_some_and(|size| size < 2) => {
                Err(ArgsError::at("size", "a spectrum is of at least 2 samples"))
            }
            LevelOf::Spectrum => Ok(Meter::Spectrum { window: window.unwrap_or_default(), size, bandwidth: None }),
        }
    }

    fn mean_square(&mut self, Samples { values, block, .. }: &Samples) -> Result<f64, WrongBins> {
        let squares = |values: &[f32]| values.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>();
        match self {
            Meter::Samples if values.is_empty() => Ok(0.0),
            Meter::Samples => Ok(squares(values) / values.len() as f64),
            Meter::Spectrum { window, size, bandwidth } => {
                let got = values.len();
                let size = size.unwrap_or(2 * got.saturating_sub(1)).max(2);
                let expected = size / 2 + 1;
                if got != expected {
                    return Err(WrongBins { block: *block, got, size, expected });
                }
                let bandwidth = match *bandwidth {
                    Some((met, known)) if met == size => known,
                    _ => bandwidth.insert((size, window.noise_bandwidth(size))).1,
                };
                // Parseval's theorem: a magnitude is the amplitude of a sine, whose mean square is half its square;
                // frequency 0 and half the sample rate have no mirror image to share with.
                let edges = if size.is_multiple_of(2) { [values[0], values[got - 1]] } else { [values[0], 0.0] };
                Ok((squares(values) + squares(&edges)) / (2.0 * bandwidth))
            }
        }
    }
}

impl Connector for Meter {
    type In = Samples;
    type Out = Level;

    fn step(&mut self, samples: Samples, out: &mut Output<'_, Level>) -> Result<Flow, JobError> {
        let mean_square = self.mean_square(&samples).map_err(JobError::failed)?;
        out.send(&Level::of_mean_square(mean_square))?;
        Ok(Flow::Again)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spectrum;
    use pipeloom_job::Codec;
    use pipeloom_job::testing::JobTest;
    use serde_json::json;

    fn levels(args: serde_json::Value, blocks: Vec<String>) -> Vec<Level> {
        let test = JobTest::of_kind(&KIND, args).unwrap().reads("samples", Codec::Json, blocks);
        test.writes("levels", Codec::Json).run().values(0)
    }

    #[test]
    fn levels_are_records() {
        let outcome = JobTest::of_kind(&KIND, json!({}))
            .unwrap()
            .reads("samples", Codec::Json, ["[1, -1]", "[0.5, 0.5]", "[0, 0]", "[]"])
            .writes("levels", Codec::Json)
            .run();
        let expected = [
            r#"{"rms":1.0,"db":0.0}"#,
            r#"{"rms":0.5,"db":-6.020599913279624}"#,
            r#"{"rms":0.0,"db":-120.0}"#,
            r#"{"rms":0.0,"db":-120.0}"#,
        ];
        assert_eq!(outcome.texts(0), expected);
        assert!(outcome.is_finished());
    }

    #[test]
    fn a_spectrum_has_the_level_of_its_signal() {
        for window in ["hann", "hamming", "blackman", "rectangular"] {
            for size in [64, 101] {
                // A constant, a sine and, for even sizes, an alternating sign: all kinds of bins.
                let signal: Vec<f64> = (0..size)
                    .map(|n| {
                        let alternating = if size % 2 == 0 { 0.1 * (1 - 2 * (n % 2)) as f64 } else { 0.0 };
                        0.2 + 0.5 * (std::f64::consts::TAU * 16.0 * n as f64 / size as f64).sin() + alternating
                    })
                    .collect();
                let block = serde_json::to_string(&signal).unwrap();
                let args = json!({"window": window, "size": size});
                let outcome = JobTest::of_kind(&spectrum::KIND, args)
                    .unwrap()
                    .reads("samples", Codec::Json, [block.clone()])
                    .writes("spectra", Codec::Json)
                    .run();
                let spectra = outcome.texts(0).into_iter().map(str::to_owned).collect();
                let direct = levels(json!({}), vec![block])[0];
                let of_spectrum = levels(json!({"of": "spectrum", "window": window, "size": size}), spectra)[0];
                assert!((of_spectrum.rms - direct.rms).abs() < 1e-5, "{window} {size}: {of_spectrum:?} {direct:?}");
            }
        }
    }

    #[test]
    fn a_spectrum_of_another_size_is_refused() {
        let outcome = JobTest::of_kind(&KIND, json!({"of": "spectrum", "size": 8}))
            .unwrap()
            .reads("spectra", Codec::Json, ["[0, 0, 0, 0]"])
            .writes("levels", Codec::Json)
            .run();
        assert_eq!(outcome.failure(), "block 1 of input 0: a spectrum of 4 values, where 8 samples give 5");
    }

    #[test]
    fn arguments_that_mean_nothing_for_samples_are_refused() {
        let wrong = JobTest::of_kind(&KIND, json!({"window": "hann"})).unwrap_err();
        assert_eq!((wrong.path.join("."), wrong.message), ("window".into(), "only with of = \"spectrum\"".into()));
    }
}

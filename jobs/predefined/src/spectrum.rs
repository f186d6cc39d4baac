//! `spectrum`: short-time spectra of a signal.
//!
//! ```toml
//! [jobs.transform]
//! use = "spectrum"
//! args = { window = "hann", size = 512, hop = 256 }
//! inputs = ["samples"]
//! outputs = ["spectra"]
//!
//! [pipes.spectra]
//! codec = "bytes"
//! block_size = 1028
//! ```
//!
//! The input is one signal of 32-bit float samples, cut into blocks of any size (little-endian under `bytes` and
//! `framed`, a list of numbers under `json` and `bincode`). A spectrum is made of `size` samples every `hop` samples. It
//! is one block of `size / 2 + 1` such floats, from frequency 0 to half the sample rate, so that under `bytes`
//! `block_size` is `4 * (size / 2 + 1)`. Samples at the end that do not fill a window are left out.
//!
//! Values are scaled so that a sine of amplitude 1 (full scale) in the middle of a bin has magnitude 1, whatever the
//! window and its size; a constant 1 has magnitude 1 at frequency 0.
//!
//! A spectrum carries the head of the block in which its window became full. A block may complete several windows or
//! none, so the outputs are numbered by themselves. A reset bit in the input drops what was left of a window.

use std::num::NonZeroUsize;
use std::sync::Arc;

use pipeloom_job::typed::{Connector, ConnectorJob, Output};
use pipeloom_job::{Args, ArgsError, Flow, JobError, JobKind, PortList, Ports, Steps};
use realfft::num_complex::Complex;
use realfft::{FftError, RealFftPlanner, RealToComplex};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::samples::{self, Samples};
use crate::window_function::Window;

/// The longest window, in samples: beyond any use, and still little memory.
const MAX_SIZE: usize = 1 << 24;

/// The least magnitude that is told in dB, and what less than it counts as.
const FLOOR: f32 = 1e-6;
const FLOOR_DB: f32 = -120.0;

/// The arguments of `spectrum`.
#[derive(Clone, PartialEq, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SpectrumArgs {
    /// How samples are weighted.
    #[serde(default)]
    pub window: Window,
    /// The samples behind each spectrum, at least 2; fastest where it has only small prime factors.
    pub size: usize,
    /// The samples from one spectrum to the next; `size` unless given. Above `size`, samples are left out between.
    pub hop: Option<NonZeroUsize>,
    /// What is sent.
    #[serde(default)]
    pub output: SpectrumOutput,
}

/// What `spectrum` sends.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SpectrumOutput {
    /// The amplitude of a sine in that bin.
    #[default]
    Magnitude,
    /// The magnitude squared.
    Power,
    /// The magnitude in dB: 0 for full scale, -120 at least.
    Db,
}

/// `spectrum` by name.
pub const KIND: JobKind = JobKind {
    name: "spectrum",
    about: "makes short-time spectra of float samples",
    args: &|| schemars::schema_for!(SpectrumArgs),
    ports: &|args| {
        let bins = checked(args)?.size / 2 + 1;
        let spectra = samples::port().block_size(bins * size_of::<f32>());
        Ok(Ports {
            steps: Steps::Free,
            ..Ports::new(PortList::one(samples::port().one_block()), PortList::one(spectra))
        })
    },
    new: &|args| Ok(ConnectorJob::boxed(Spectrum::new(checked(args)?))),
};

fn checked(args: &Args) -> Result<SpectrumArgs, ArgsError> {
    let args: SpectrumArgs = args.parse()?;
    if (2..=MAX_SIZE).contains(&args.size) {
        Ok(args)
    } else {
        Err(ArgsError::at("size", format!("a window of {} samples, where it has 2 to {MAX_SIZE}", args.size)))
    }
}

struct Spectrum {
    weights: Vec<f32>,
    hop: usize,
    output: SpectrumOutput,
    fft: Arc<dyn RealToComplex<f32>>,
    /// The samples that came and are not done with.
    waiting: Vec<f32>,
    /// How many samples to come are left out, where windows are apart.
    skipped: usize,
    weighted: Vec<f32>,
    bins: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    /// What is sent; its memory is used again.
    values: Vec<f32>,
    /// One over the sum of weights.
    scale: f32,
}

impl Spectrum {
    fn new(args: SpectrumArgs) -> Spectrum {
        let size = args.size;
        let fft = RealFftPlanner::new().plan_fft_forward(size);
        Spectrum {
            weights: args.window.weights(size),
            hop: args.hop.map_or(size, NonZeroUsize::get),
            output: args.output,
            waiting: Vec::new(),
            skipped: 0,
            weighted: fft.make_input_vec(),
            bins: fft.make_output_vec(),
            scratch: fft.make_scratch_vec(),
            values: Vec::new(),
            scale: (1.0 / args.window.sum(size)) as f32,
            fft,
        }
    }

    /// Fills `values` from the window that begins at `start`.
    fn transform(&mut self, start: usize) -> Result<(), FftError> {
        let window = &self.waiting[start..start + self.weights.len()];
        for (weighted, (sample, weight)) in self.weighted.iter_mut().zip(window.iter().zip(&self.weights)) {
            *weighted = sample * weight;
        }
        self.fft.process_with_scratch(&mut self.weighted, &mut self.bins, &mut self.scratch)?;

        // A sine's energy is half in negative frequencies, but for the two that are their own mirror image.
        let nyquist = if self.weights.len().is_multiple_of(2) { self.bins.len() - 1 } else { 0 };
        let (scale, output) = (self.scale, self.output);
        self.values.clear();
        self.values.extend(self.bins.iter().enumerate().map(|(bin, value)| {
            let magnitude = value.norm() * if bin == 0 || bin == nyquist { scale } else { 2.0 * scale };
            match output {
                SpectrumOutput::Magnitude => magnitude,
                SpectrumOutput::Power => magnitude * magnitude,
                // Not `max`, which would turn what is no number into silence.
                SpectrumOutput::Db if magnitude < FLOOR => FLOOR_DB,
                SpectrumOutput::Db => 20.0 * magnitude.log10(),
            }
        }));
        Ok(())
    }
}

impl Connector for Spectrum {
    type In = Samples;
    type Out = Vec<f32>;

    fn step(&mut self, samples: Samples, out: &mut Output<'_, Vec<f32>>) -> Result<Flow, JobError> {
        if samples.reset {
            self.waiting.clear();
            self.skipped = 0;
        }
        let skipped = self.skipped.min(samples.values.len());
        self.skipped -= skipped;
        self.waiting.extend_from_slice(&samples.values[skipped..]);

        let mut start = 0;
        while start + self.weights.len() <= self.waiting.len() {
            self.transform(start).map_err(JobError::failed)?;
            out.send(&self.values)?;
            start += self.hop;
        }
        self.skipped += start.saturating_sub(self.waiting.len());
        self.waiting.drain(..start.min(self.waiting.len()));
        Ok(Flow::Again)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pipeloom_job::Codec;
    use pipeloom_job::head::RESET;
    use pipeloom_job::testing::{JobTest, Sent};
    use proptest::prelude::*;
    use serde_json::json;

    fn spectra(args: serde_json::Value, blocks: &[Vec<f32>]) -> Vec<Vec<f32>> {
        let blocks = blocks.iter().map(|samples| {
            let mut payload = Vec::new();
            Codec::Framed.encode(samples, &mut payload).unwrap();
            payload
        });
        let test = JobTest::of_kind(&KIND, args).unwrap().reads("samples", Codec::Framed, blocks);
        test.writes("spectra", Codec::Framed).run().values(0)
    }

    fn sine(cycles: f64, size: usize) -> Vec<f32> {
        (0..size).map(|n| (std::f64::consts::TAU * cycles * n as f64 / size as f64).sin() as f32).collect()
    }

    #[test]
    fn a_sine_of_full_scale_has_magnitude_one_with_every_window_and_size() {
        for window in ["hann", "hamming", "blackman", "rectangular"] {
            for size in [64, 100, 511, 512] {
                let args = json!({"window": window, "size": size, "hop": size});
                let [spectrum] = &spectra(args, &[sine(8.0, size)])[..] else { panic!("one spectrum") };
                assert_eq!(spectrum.len(), size / 2 + 1);
                assert!((spectrum[8] - 1.0).abs() < 1e-4, "{window} {size}: {}", spectrum[8]);
                assert!(spectrum[20..].iter().all(|rest| *rest < 1e-4), "{window} {size}");
            }
        }
    }

    #[test]
    fn a_constant_has_its_value_at_frequency_zero() {
        let [spectrum] = &spectra(json!({"size": 32}), &[vec![0.25; 32]])[..] else { panic!("one spectrum") };
        assert!((spectrum[0] - 0.25).abs() < 1e-6, "{}", spectrum[0]);
    }

    #[test]
    fn it_can_send_power_and_decibels() {
        let tenth: Vec<f32> = sine(4.0, 64).iter().map(|sample| sample / 10.0).collect();
        let power = &spectra(json!({"size": 64, "output": "power"}), std::slice::from_ref(&tenth))[0];
        assert!((power[4] - 0.01).abs() < 1e-6, "{}", power[4]);
        let db = &spectra(json!({"size": 64, "output": "db"}), &[tenth])[0];
        assert!((db[4] + 20.0).abs() < 1e-3, "{}", db[4]);
        assert_eq!(spectra(json!({"size": 64, "output": "db"}), &[vec![0.0; 64]])[0], [-120.0; 33]);
    }

    proptest! {
        #[test]
        fn blocks_may_be_cut_anywhere(
            size in 2usize..40,
            hop in 1usize..60,
            cuts in prop::collection::vec(0usize..50, 1..20),
        ) {
            let blocks: Vec<Vec<f32>> = cuts.iter().map(|len| sine(3.0, len + 1)).collect();
            let args = json!({"size": size, "hop": hop});
            let whole = blocks.concat();
            let expected = if whole.len() < size { 0 } else { (whole.len() - size) / hop + 1 };
            let cut = spectra(args.clone(), &blocks);
            prop_assert_eq!(cut.len(), expected);
            prop_assert_eq!(cut, spectra(args, &[whole]));
        }
    }

    #[test]
    fn a_spectrum_carries_the_head_of_the_block_that_completed_it() {
        let outcome = JobTest::of_kind(&KIND, json!({"size": 4, "hop": 2}))
            .unwrap()
            .reads("samples", Codec::Json, [Sent::new("[1,1,1]").with(5), Sent::new("[1,1,1]").with(6)])
            .writes("spectra", Codec::Bincode)
            .run();
        let bits = |sent: &Sent| (3..8).filter(|bit| sent.head.bit(*bit)).collect::<Vec<_>>();
        assert_eq!(outcome.outputs[0].iter().map(bits).collect::<Vec<_>>(), [[6], [6]]);
        assert!(outcome.is_finished());
    }

    #[test]
    fn a_reset_drops_the_window_that_was_being_filled() {
        let outcome = JobTest::of_kind(&KIND, json!({"size": 4}))
            .unwrap()
            .reads("samples", Codec::Json, [Sent::new("[1,1,1]"), Sent::new("[2,2,2,2]").with(RESET)])
            .writes("spectra", Codec::Json)
            .run();
        let spectra = outcome.values::<Vec<f32>>(0);
        assert_eq!((spectra.len(), spectra[0][0]), (1, 2.0));
    }

    #[test]
    fn a_block_that_ends_inside_a_sample_is_named() {
        let outcome = JobTest::of_kind(&KIND, json!({"size": 4}))
            .unwrap()
            .reads("samples", Codec::Framed, [vec![0; 8], vec![0; 7]])
            .writes("spectra", Codec::Framed)
            .run();
        assert_eq!(
            outcome.failure(),
            "block 2 of input 0 (pipe samples): it ends after 7 bytes, inside a value of 4 that begins at byte 4"
        );
    }

    #[test]
    fn its_output_has_one_size_under_bytes() {
        let args = [("size".to_owned(), json!(512))].into_iter().collect();
        assert_eq!((KIND.ports)(&args).unwrap().outputs.fixed[0].block_size, Some(1028));
    }

    #[test]
    fn wrong_arguments_are_named() {
        let wrong = |args| JobTest::of_kind(&KIND, args).unwrap_err();
        assert_eq!(wrong(json!({"size": 1})).path, ["size"]);
        assert_eq!(wrong(json!({"size": 8, "hop": 0})).path, ["hop"]);
        assert!(wrong(json!({"size": 8, "window": "hanning"})).message.contains("unknown variant `hanning`"));
    }
}

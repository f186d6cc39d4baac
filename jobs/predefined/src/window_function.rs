//! The windows that samples are weighted with before a transform.

use std::f64::consts::TAU;

use schemars::JsonSchema;
use serde::Deserialize;

/// A window function, in its periodic form (F. J. Harris, "On the use of windows for harmonic analysis with the discrete
/// Fourier transform", Proc. IEEE 66, 1978).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Window {
    /// 0.5 - 0.5 cos(2πn/N): the usual choice.
    #[default]
    Hann,
    /// 0.54 - 0.46 cos(2πn/N): the nearest side lobe is lower, the far ones higher.
    Hamming,
    /// 0.42 - 0.5 cos(2πn/N) + 0.08 cos(4πn/N): low side lobes, a wider main lobe.
    Blackman,
    /// 1: no weighting.
    Rectangular,
}

impl Window {
    /// The weights of `size` samples.
    pub fn weights(self, size: usize) -> Vec<f32> {
        self.exact(size).map(|weight| weight as f32).collect()
    }

    fn exact(self, size: usize) -> impl Iterator<Item = f64> {
        let [constant, once, twice] = match self {
            Window::Hann => [0.5, 0.5, 0.0],
            Window::Hamming => [0.54, 0.46, 0.0],
            Window::Blackman => [0.42, 0.5, 0.08],
            Window::Rectangular => [1.0, 0.0, 0.0],
        };
        (0..size).map(move |n| {
            let angle = TAU * n as f64 / size as f64;
            constant - once * angle.cos() + twice * (2.0 * angle).cos()
        })
    }

    /// The sum of all weights: what a constant of 1 comes to in bin 0.
    pub fn sum(self, size: usize) -> f64 {
        self.exact(size).sum()
    }

    /// The equivalent noise bandwidth in bins: how much more noise than one bin of a rectangular window takes in.
    pub fn noise_bandwidth(self, size: usize) -> f64 {
        let squares: f64 = self.exact(size).map(|weight| weight * weight).sum();
        size as f64 * squares / self.sum(size).powi(2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_bandwidths_are_those_of_the_literature() {
        let expected =
            [(Window::Hann, 1.5), (Window::Hamming, 1.3628), (Window::Blackman, 1.7268), (Window::Rectangular, 1.0)];
        for (window, bandwidth) in expected {
            let got = window.noise_bandwidth(512);
            assert!((got - bandwidth).abs() < 1e-4, "{window:?}: {got}");
        }
    }

    #[test]
    fn windows_are_periodic() {
        assert_eq!(Window::Hann.weights(4), [0.0, 0.5, 1.0, 0.5]);
    }
}

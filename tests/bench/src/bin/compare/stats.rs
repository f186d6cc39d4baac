//! Medians and percentiles.

/// The median; for an even number the mean of the two in the middle. `None` for nothing.
pub(crate) fn median(figures: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut sorted: Vec<f64> = figures.into_iter().collect();
    sorted.sort_by(f64::total_cmp);
    let upper = *sorted.get(sorted.len() / 2)?;
    let lower = *sorted.get((sorted.len() - 1) / 2)?;
    Some(f64::midpoint(lower, upper))
}

/// The least of the figures that so many of a hundred do not exceed. `None` for nothing.
pub(crate) fn percentile(percent: usize, figures: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut sorted: Vec<f64> = figures.into_iter().collect();
    sorted.sort_by(f64::total_cmp);
    let place = (sorted.len() * percent).div_ceil(100);
    sorted.get(place.max(1) - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::{median, percentile};

    #[test]
    fn the_middle_one_or_between_the_two_in_the_middle() {
        assert_eq!(median([]), None);
        assert_eq!(median([3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median([4.0, 1.0, 2.0, 3.0]), Some(2.5));
    }

    #[test]
    fn a_percentile_is_one_of_the_figures() {
        assert_eq!(percentile(99, []), None);
        assert_eq!(percentile(50, [3.0]), Some(3.0));
        assert_eq!(percentile(50, (1..=200).rev().map(f64::from)), Some(100.0));
        assert_eq!(percentile(99, (1..=200).rev().map(f64::from)), Some(198.0));
    }
}

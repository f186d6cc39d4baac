//! Lines and bars on logarithmic scales, as SVG.

use std::{error::Error, path::Path};

use plotters::prelude::*;

/// Width and height of a picture, in pixels.
const SIZE: (u32, u32) = (960, 560);
/// What figures are written in.
const FONT: &str = "sans-serif";
/// The colour of what is ours.
const OURS: RGBColor = RGBColor(0xC0, 0x30, 0x20);

/// Whether a picture was drawn.
pub(super) type Drawn = Result<(), Box<dyn Error + Send + Sync>>;

/// One line.
pub(super) struct Series {
    pub(super) name: String,
    pub(super) points: Vec<(f64, f64)>,
    pub(super) is_ours: bool,
}

/// One bar.
pub(super) struct Bar {
    pub(super) label: String,
    pub(super) value: f64,
    pub(super) is_ours: bool,
}

/// What one direction means.
pub(super) struct Axis<'a> {
    pub(super) what: &'a str,
    /// How a figure on it is written.
    pub(super) text: &'a dyn Fn(f64) -> String,
}

/// Draws lines through points.
pub(super) fn lines(path: &Path, title: &str, x: &Axis<'_>, y: &Axis<'_>, series: &[Series]) -> Drawn {
    let points = || series.iter().flat_map(|series| &series.points);
    let (left, right) = span(points().map(|point| point.0));
    let (low, high) = span(points().map(|point| point.1));
    let area = SVGBackend::new(path, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .caption(title, (FONT, 20))
        .margin(12)
        .x_label_area_size(44)
        .y_label_area_size(84)
        .build_cartesian_2d((left / 1.2..right * 1.2).log_scale().base(2.0), (low / 1.5..high * 1.5).log_scale())?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .x_desc(x.what)
        .y_desc(y.what)
        .x_label_formatter(&|figure| (x.text)(*figure))
        .y_label_formatter(&|figure| (y.text)(*figure))
        .label_style((FONT, 13))
        .draw()?;
    for (place, Series { name, points, is_ours }) in series.iter().enumerate() {
        let style = colour(place, *is_ours).stroke_width(if *is_ours { 3 } else { 2 });
        chart
            .draw_series(LineSeries::new(points.iter().copied(), style).point_size(3))?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
    }
    chart
        .configure_series_labels()
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK.mix(0.3))
        .label_font((FONT, 13))
        .position(legend(series))
        .draw()?;
    Ok(area.present()?)
}

/// Draws a bar for each figure, one below the other.
pub(super) fn bars(path: &Path, title: &str, bars: &[Bar], text: &dyn Fn(f64) -> String) -> Drawn {
    let (least, most) = span(bars.iter().map(|bar| bar.value));
    let origin = least / 10.0;
    let height = 80 + 28 * bars.len() as u32;
    let area = SVGBackend::new(path, (SIZE.0, height)).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .caption(title, (FONT, 20))
        .margin(12)
        .x_label_area_size(30)
        .build_cartesian_2d((origin..most * 2.0).log_scale(), bars.len() as f64..0.0)?;
    chart
        .configure_mesh()
        .disable_y_mesh()
        .light_line_style(TRANSPARENT)
        .x_label_formatter(&|figure| text(*figure))
        .label_style((FONT, 13))
        .draw()?;
    for (place, Bar { label, value, is_ours }) in bars.iter().enumerate() {
        let top = place as f64;
        let style = colour(1, *is_ours).mix(0.4).filled();
        chart.draw_series([Rectangle::new([(origin, top + 0.15), (*value, top + 0.85)], style)])?;
        let words = format!("{label}: {}", text(*value));
        chart.draw_series([Text::new(words, (origin * 1.05, top + 0.3), (FONT, 13))])?;
    }
    Ok(area.present()?)
}

/// The lower corner that lines stay away from.
fn legend(series: &[Series]) -> SeriesLabelPosition {
    match series.first().map(|series| series.points.as_slice()) {
        Some([(_, first), .., (_, last)]) if last < first => SeriesLabelPosition::LowerLeft,
        _ => SeriesLabelPosition::LowerRight,
    }
}

fn colour(place: usize, is_ours: bool) -> RGBAColor {
    if is_ours { OURS.to_rgba() } else { Palette99::pick(place).to_rgba() }
}

/// The least and the most of some figures.
fn span(figures: impl Iterator<Item = f64>) -> (f64, f64) {
    figures.fold((f64::INFINITY, 0.0), |(low, high), figure| (low.min(figure), high.max(figure)))
}

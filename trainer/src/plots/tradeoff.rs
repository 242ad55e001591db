//! Accuracy against size: what each storage of the same checkpoint costs and keeps, with 95 % intervals.

use super::{BLUE, FAINT_INK, GRID, INK, ORANGE, PANEL, failed, svg, text};
use crate::metrics::Interval;
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

/// One way to store the model.
#[derive(Clone, Debug)]
pub struct TradeoffPoint {
    /// Names the point.
    pub name: String,
    /// Size of the file in megabytes (10⁶ bytes), above 0.
    pub size_mb: f64,
    /// 0 ..= 1.
    pub accuracy: f64,
    /// 95 % interval of the accuracy.
    pub interval: Interval,
    /// The one that the configuration asks for.
    pub is_chosen: bool,
}

/// Draws the points over a logarithmic axis of sizes; returns the SVG.
///
/// # Errors
/// None that a caller can cause: drawing into memory.
pub fn size_against_accuracy(points: &[TradeoffPoint]) -> anyhow::Result<String> {
    let sizes = || points.iter().map(|point| point.size_mb);
    let (smallest, largest) = (sizes().fold(f64::INFINITY, f64::min), sizes().fold(0.0, f64::max));
    let low = points.iter().map(|point| point.interval.low).fold(1.0, f64::min);
    let high = points.iter().map(|point| point.interval.high).fold(0.0, f64::max);
    let air = (0.3 * (high - low)).max(0.005);
    svg(PANEL, |area| {
        area.draw_text("Accuracy against size", &text(20, INK, HPos::Left), (64, 28)).map_err(failed)?;
        let mut chart = ChartBuilder::on(area)
            .margin_top(54)
            .margin_right(28)
            .margin_bottom(8)
            .x_label_area_size(46)
            .y_label_area_size(64)
            .build_cartesian_2d(
                (smallest.min(largest) / 1.7..largest * 1.7).log_scale(),
                (low - air).max(0.0)..high + air,
            )
            .map_err(failed)?;
        chart
            .configure_mesh()
            .disable_mesh()
            .axis_style(GRID)
            .label_style(text(13, FAINT_INK, HPos::Center))
            // The sizes are written below the points: powers of ten alone would be labelled here.
            .x_label_formatter(&|_| String::new())
            .y_labels(6)
            .y_label_formatter(&|accuracy| format!("{:.1} %", accuracy * 100.0))
            .x_desc("MB")
            .axis_desc_style(text(13, FAINT_INK, HPos::Center))
            .draw()
            .map_err(failed)?;
        let color = |point: &TradeoffPoint| if point.is_chosen { ORANGE } else { BLUE };
        let whisker = |point: &TradeoffPoint| {
            let ends = [(point.size_mb, point.interval.low), (point.size_mb, point.interval.high)];
            PathElement::new(ends, color(point).mix(0.5).stroke_width(2))
        };
        chart.draw_series(points.iter().map(whisker)).map_err(failed)?;
        let circle =
            |point: &TradeoffPoint| Circle::new((point.size_mb, point.accuracy), 6, color(point).filled());
        chart.draw_series(points.iter().map(circle)).map_err(failed)?;
        // Names above and below all points by turns: neighbours of nearly the same size would write over each other.
        let name = |(index, point): (usize, &TradeoffPoint)| {
            let y = if index % 2 == 0 { high + 0.4 * air } else { low - 0.3 * air };
            Text::new(point.name.clone(), (point.size_mb, y), text(13, INK, HPos::Center))
        };
        chart.draw_series(points.iter().enumerate().map(name)).map_err(failed)?;
        let size = |point: &TradeoffPoint| {
            let words = format!("{:.1}", point.size_mb);
            let at = (point.size_mb, (low - air).max(0.0) + 0.1 * air);
            Text::new(words, at, text(12, FAINT_INK, HPos::Center))
        };
        chart.draw_series(points.iter().map(size)).map_err(failed)?;
        Ok(())
    })
}

//! Accuracy against size: what each storage of the same checkpoint costs and keeps, with 95 % intervals.

use super::canvas::{BLUE, FAINT_INK, GRID, INK, ORANGE, PANEL, failed, svg, text};
use crate::scoring::bootstrap::Interval;
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

/// Pixels from the top to the first name, and from each to the next.
const NAMES_TOP: i32 = 56;
const NAME_HEIGHT: i32 = 18;

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
            .margin_top(NAMES_TOP + NAME_HEIGHT * points.len() as i32)
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
            // The sizes stand beside the names: powers of ten alone would be labelled here.
            .x_label_formatter(&|_| String::new())
            .y_labels(6)
            .y_label_formatter(&|accuracy| format!("{:.1} %", accuracy * 100.0))
            .x_desc("size, logarithmic")
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
        // Every name has a line of its own, with a thread down to its point: sizes may be nearly the same.
        for (index, point) in points.iter().enumerate() {
            let (x, y) = chart.backend_coord(&(point.size_mb, point.interval.high));
            let line = NAMES_TOP + NAME_HEIGHT * index as i32;
            area.draw(&PathElement::new([(x, line + 8), (x, y)], GRID)).map_err(failed)?;
            let (anchor, aside) = if x > PANEL.0 as i32 / 2 { (HPos::Right, 8) } else { (HPos::Left, -8) };
            let words = format!("{}, {:.1} MB", point.name, point.size_mb);
            area.draw_text(&words, &text(13, color(point), anchor), (x + aside, line)).map_err(failed)?;
        }
        Ok(())
    })
}

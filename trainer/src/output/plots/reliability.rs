//! The reliability diagram: how often predictions of a confidence are right (Guo et al. 2017, figure 1).
//!
//! A perfectly calibrated model's bars end on the diagonal; the mark in each bar is its mean confidence, the number
//! its predictions.

use super::canvas::{BLUE, FAINT_INK, GRID, INK, ORANGE, PANEL, failed, svg, text};
use crate::scoring::reliability::ReliabilityBin;
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

/// Upper end of the axis of shares: room for the numbers above the bars and the threshold's words above them.
const TOP: f64 = 1.2;

/// Draws the bins, and where the threshold of uncertainty lies; returns the SVG.
///
/// # Errors
/// None that a caller can cause: drawing into memory.
pub fn reliability_diagram(bins: &[ReliabilityBin], threshold: f32) -> anyhow::Result<String> {
    let lowest = bins.first().map_or(0.0, |bin| bin.low);
    svg(PANEL, |area| {
        area.draw_text("Reliability", &text(20, INK, HPos::Left), (64, 28)).map_err(failed)?;
        let mut chart = ChartBuilder::on(area)
            .margin_top(62)
            .margin_right(28)
            .margin_bottom(8)
            .x_label_area_size(46)
            .y_label_area_size(64)
            .build_cartesian_2d(lowest..1.0, 0.0..TOP)
            .map_err(failed)?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .bold_line_style(GRID)
            .light_line_style(TRANSPARENT)
            .axis_style(GRID)
            .label_style(text(13, FAINT_INK, HPos::Center))
            .x_labels(6)
            .y_labels(6)
            .x_label_formatter(&|x| format!("{x:.1}"))
            .y_label_formatter(&|y| format!("{y:.1}"))
            .x_desc("confidence")
            .y_desc("accuracy")
            .axis_desc_style(text(13, FAINT_INK, HPos::Center))
            .draw()
            .map_err(failed)?;
        let air = 0.004;
        let bar = |bin: &ReliabilityBin| {
            Rectangle::new([(bin.low + air, 0.0), (bin.high - air, bin.accuracy)], BLUE.mix(0.45).filled())
        };
        chart.draw_series(bins.iter().map(bar)).map_err(failed)?;
        let ends = [(lowest, lowest), (1.0, 1.0)];
        chart.draw_series(LineSeries::new(ends, FAINT_INK.stroke_width(1))).map_err(failed)?;
        let mark = |bin: &ReliabilityBin| {
            let ends = [(bin.low + air, bin.confidence), (bin.high - air, bin.confidence)];
            PathElement::new(ends, ORANGE.stroke_width(3))
        };
        chart.draw_series(bins.iter().map(mark)).map_err(failed)?;
        let count = |bin: &ReliabilityBin| {
            let at = ((bin.low + bin.high) / 2.0, bin.accuracy.max(bin.confidence) + 0.035);
            Text::new(bin.rows.to_string(), at, text(12, FAINT_INK, HPos::Center))
        };
        chart.draw_series(bins.iter().map(count)).map_err(failed)?;
        let threshold = f64::from(threshold);
        if threshold > lowest {
            let line = LineSeries::new([(threshold, 0.0), (threshold, TOP)], INK.stroke_width(1));
            chart.draw_series(line).map_err(failed)?;
            let words = format!("uncertain below {threshold:.2}");
            // On the side of the line where there is more room.
            let (side, air) =
                if threshold > (lowest + 1.0) / 2.0 { (HPos::Right, -0.01) } else { (HPos::Left, 0.01) };
            let label = Text::new(words, (threshold + air, TOP - 0.04), text(13, INK, side));
            chart.draw_series([label]).map_err(failed)?;
        }
        Ok(())
    })
}

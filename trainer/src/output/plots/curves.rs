//! Learning curves: losses on the left, what the validation rows say on the right, over the same epochs.

use super::canvas::{Area, BLUE, FAINT_INK, GRID, INK, ORANGE, PANEL, draw, failed, svg, text};
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;
use std::path::Path;

const TITLES: [&str; 2] = ["Loss", "Validation"];
/// Most points of the steps' line: more are finer than a pixel.
const MAX_POINTS: usize = 240;

/// What is drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LearningCurves {
    /// The loss of every step.
    pub step_losses: Vec<f64>,
    /// One an epoch.
    pub epochs: Vec<EpochPoint>,
}

/// What one epoch showed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EpochPoint {
    /// Counted from 1.
    pub epoch: usize,
    /// Mean loss over the training rows.
    pub train_loss: f64,
    /// Mean loss over the validation rows.
    pub validation_loss: f64,
    /// 0 ..= 1.
    pub validation_accuracy: f64,
    /// 0 ..= 1, where there is one.
    pub validation_macro_f1: Option<f64>,
}

/// One line of a panel.
struct Curve {
    name: &'static str,
    color: RGBColor,
    points: Vec<(f64, f64)>,
    /// Epochs are marked, steps are a faint line behind them.
    is_marked: bool,
}

/// Draws losses and what the validation rows say to `path` (SVG).
///
/// # Errors
/// A file that cannot be written.
pub fn learning_curves(path: &Path, curves: &LearningCurves) -> anyhow::Result<()> {
    let ([losses, qualities], num_epochs) = (panels(curves), curves.epochs.len());
    draw(path, (2 * PANEL.0, PANEL.1), |area| {
        let (left, right) = area.split_horizontally(PANEL.0);
        panel(&left, TITLES[0], &losses, num_epochs)?;
        panel(&right, TITLES[1], &qualities, num_epochs)
    })
}

/// The same two panels as pictures of their own, which a narrow page can stack.
///
/// # Errors
/// None that a caller can cause: drawing into memory.
pub fn learning_panels(curves: &LearningCurves) -> anyhow::Result<[String; 2]> {
    let ([losses, qualities], num_epochs) = (panels(curves), curves.epochs.len());
    Ok([
        svg(PANEL, |area| panel(area, TITLES[0], &losses, num_epochs))?,
        svg(PANEL, |area| panel(area, TITLES[1], &qualities, num_epochs))?,
    ])
}

/// What the loss panel and the validation panel show.
fn panels(curves: &LearningCurves) -> [Vec<Curve>; 2] {
    let LearningCurves { step_losses, epochs } = curves;
    let over_epochs = |name, color, value: fn(&EpochPoint) -> f64| Curve {
        name,
        color,
        points: epochs.iter().map(|record| (record.epoch as f64, value(record))).collect(),
        is_marked: true,
    };
    let losses = vec![
        Curve {
            name: "each step",
            color: BLUE,
            points: smoothed(step_losses, epochs.len()),
            is_marked: false,
        },
        over_epochs("training", BLUE, |record| record.train_loss),
        over_epochs("validation", ORANGE, |record| record.validation_loss),
    ];
    let mut qualities = vec![over_epochs("accuracy", BLUE, |record| record.validation_accuracy)];
    if epochs.iter().all(|record| record.validation_macro_f1.is_some()) {
        let macro_f1 = |record: &EpochPoint| record.validation_macro_f1.unwrap_or_default();
        qualities.push(over_epochs("macro-F1", ORANGE, macro_f1));
    }
    [losses, qualities]
}

/// Steps on the axis of epochs, averaged into at most [`MAX_POINTS`] points.
fn smoothed(steps: &[f64], num_epochs: usize) -> Vec<(f64, f64)> {
    let width = steps.len().div_ceil(MAX_POINTS).max(1);
    let per_epoch = steps.len().max(1) as f64 / num_epochs.max(1) as f64;
    let mean = |(index, window): (usize, &[f64])| {
        let middle = index as f64 * width as f64 + window.len() as f64 / 2.0;
        (middle / per_epoch, window.iter().sum::<f64>() / window.len() as f64)
    };
    steps.chunks(width).enumerate().map(mean).collect()
}

fn panel(area: &Area<'_>, title: &str, curves: &[Curve], num_epochs: usize) -> anyhow::Result<()> {
    area.draw_text(title, &text(20, INK, HPos::Left), (64, 28)).map_err(failed)?;
    let last_epoch = num_epochs.max(1) as f64;
    let (low, high) = range(curves);
    // Labels of a narrow range would all round to the same two decimals.
    let num_decimals = if high - low < 0.1 { 3 } else { 2 };
    let mut chart = ChartBuilder::on(area)
        .margin_top(76)
        .margin_right(28)
        .margin_bottom(8)
        .x_label_area_size(46)
        .y_label_area_size(64)
        .build_cartesian_2d(0.0..last_epoch * 1.02, low..high)
        .map_err(failed)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .bold_line_style(GRID)
        .light_line_style(TRANSPARENT)
        .axis_style(GRID)
        .label_style(text(13, FAINT_INK, HPos::Center))
        .x_labels(num_epochs.min(10) + 1)
        .y_labels(6)
        .x_label_formatter(&|epoch| format!("{epoch:.0}"))
        .y_label_formatter(&|value| format!("{value:.num_decimals$}"))
        .x_desc("epoch")
        .axis_desc_style(text(13, FAINT_INK, HPos::Center))
        .draw()
        .map_err(failed)?;
    let mut legend_x = 64;
    for curve in curves {
        let (color, width) =
            if curve.is_marked { (curve.color.to_rgba(), 2) } else { (curve.color.mix(0.35), 1) };
        let line = LineSeries::new(curve.points.iter().copied(), color.stroke_width(width));
        chart.draw_series(line).map_err(failed)?;
        if curve.is_marked {
            let marks = curve.points.iter().map(|point| Circle::new(*point, 4, curve.color.filled()));
            chart.draw_series(marks).map_err(failed)?;
        }
        let stroke = color.stroke_width(width + 1);
        area.draw(&PathElement::new([(legend_x, 54), (legend_x + 22, 54)], stroke)).map_err(failed)?;
        area.draw_text(curve.name, &text(13, FAINT_INK, HPos::Left), (legend_x + 30, 54)).map_err(failed)?;
        legend_x += 110;
    }
    Ok(())
}

/// Lowest and highest value with some air; values that are no numbers do not count.
fn range(curves: &[Curve]) -> (f64, f64) {
    let values =
        || curves.iter().flat_map(|curve| &curve.points).map(|(_, value)| *value).filter(|v| v.is_finite());
    let (low, high) = (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
    if low > high {
        return (0.0, 1.0);
    }
    let air = ((high - low) * 0.08).max(0.01);
    (low - air, high + air)
}

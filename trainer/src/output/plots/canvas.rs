//! What every plot is drawn with: one palette, one size of a panel, SVG out.

use crate::output::file::write_atomically;
use anyhow::anyhow;
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::path::Path;

/// One panel of a page, in pixels.
pub const PANEL: (u32, u32) = (480, 380);

/// Where a plot is drawn.
pub type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Text.
pub const INK: RGBColor = RGBColor(31, 41, 55);
/// Text that explains.
pub const FAINT_INK: RGBColor = RGBColor(107, 114, 128);
/// Lines behind the data.
pub const GRID: RGBColor = RGBColor(229, 231, 235);
/// The first of two series.
pub const BLUE: RGBColor = RGBColor(37, 99, 235);
/// The second of two series.
pub const ORANGE: RGBColor = RGBColor(234, 88, 12);

/// Draws on white and writes the file, whole or not at all.
///
/// # Errors
/// What `picture` returns; a file that cannot be written.
pub fn draw(
    path: &Path,
    size: (u32, u32),
    picture: impl FnOnce(&Area<'_>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    write_atomically(path, svg(size, picture)?.as_bytes())
}

/// Draws on white; returns the SVG.
///
/// # Errors
/// What `picture` returns.
pub fn svg(
    size: (u32, u32),
    picture: impl FnOnce(&Area<'_>) -> anyhow::Result<()>,
) -> anyhow::Result<String> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        area.fill(&WHITE).map_err(failed)?;
        picture(&area)?;
        area.present().map_err(failed)?;
    }
    Ok(svg)
}

/// plotters' errors borrow from the drawing area and cannot travel as they are.
pub fn failed(error: impl std::fmt::Display) -> anyhow::Error {
    anyhow!("cannot draw the plot: {error}")
}

/// plotters' SVG writes a font's size divided by this factor.
const FONT_SCALE: f64 = 1.24;

/// Text of this height in pixels.
pub fn text(size: u32, color: RGBColor, horizontal: HPos) -> TextStyle<'static> {
    ("sans-serif", f64::from(size) * FONT_SCALE)
        .into_font()
        .color(&color)
        .pos(Pos::new(horizontal, VPos::Center))
}

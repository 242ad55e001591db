//! The npm package `tickertone` as a tarball.

use crate::workspace::Workspace;
use anyhow::Result;
use std::path::Path;

/// Packs `dist/engine` into `tickertone-VERSION.tgz` in `folder`.
///
/// # Errors
/// It cannot be written.
pub fn pack(_workspace: &Workspace, _folder: &Path) -> Result<()> {
    Ok(())
}

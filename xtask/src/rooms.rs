//! The trainer's rooms: `trainer/src/lib.rs` declares them, the lowest first, and a room imports only from those
//! declared before it. The compiler would let them import each other in circles.

use crate::workspace::Workspace;
use anyhow::{Context, Result, ensure};
use std::path::Path;

/// Checks every file of the trainer's library.
///
/// # Errors
/// The first import that runs upwards, with its place; a file that cannot be read.
pub fn check(workspace: &Workspace) -> Result<()> {
    let source = workspace.root.join("trainer/src");
    let plan = read(&source.join("lib.rs"))?;
    let rooms: Vec<&str> = rooms(&plan).collect();
    ensure!(rooms.len() > 1, "expected the trainer's rooms in {}, found {rooms:?}", source.display());
    for room in &rooms {
        check_folder(&source.join(room), room, &rooms)?;
    }
    Ok(())
}

/// The names behind `pub mod … {`, in their order.
fn rooms(plan: &str) -> impl Iterator<Item = &str> {
    plan.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(" {"))
}

fn check_folder(folder: &Path, room: &str, rooms: &[&str]) -> Result<()> {
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    for entry in entries {
        let path = entry.with_context(|| format!("{} cannot be read", folder.display()))?.path();
        if path.is_dir() {
            check_folder(&path, room, rooms)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            check_file(&read(&path)?, room, rooms).with_context(|| path.display().to_string())?;
        }
    }
    Ok(())
}

/// Checks one file of a room. What stands behind `#[cfg(test)]` may import from anywhere, and comments may link.
fn check_file(text: &str, room: &str, rooms: &[&str]) -> Result<()> {
    let shipped = text.split("#[cfg(test)]").next().unwrap_or_default();
    let code = || shipped.lines().filter(|line| !line.trim_start().starts_with("//"));
    let above = rooms.iter().skip_while(|other| **other != room).skip(1);
    for other in above {
        let path = format!("crate::{other}::");
        ensure!(
            !code().any(|line| line.contains(&path)),
            "`{room}` stands below `{other}` in trainer/src/lib.rs, found that it imports from it: move what both need \
             down, or the rooms"
        );
    }
    Ok(())
}

fn read(file: &Path) -> Result<String> {
    std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))
}

#[cfg(test)]
mod tests {
    use super::{check_file, rooms};

    #[test]
    fn a_room_imports_from_those_below_it() {
        let plan = "/// Ground.\npub mod data {\n    mod rows;\n}\n\npub mod fit {\n}\n\npub mod cli;\n";
        let rooms: Vec<&str> = rooms(plan).collect();
        assert_eq!(rooms, ["data", "fit"]);
        check_file("use crate::data::rows;", "fit", &rooms).unwrap();
        check_file("/// As [`Loop`](crate::fit::Loop).", "data", &rooms).unwrap();
        check_file("use crate::data::split;\n#[cfg(test)]\nuse crate::fit::x;", "data", &rooms).unwrap();
        let error = check_file("use crate::fit::Loop;", "data", &rooms).unwrap_err().to_string();
        assert!(error.contains("`data` stands below `fit`"), "{error}");
    }
}

//! A copy of an example with the package installed, and what runs in it: a development server, a browser.

use crate::workspace::{Workspace, output, run};
use anyhow::{Context, Result, bail};
use chromium::Page;
use sha2::{Digest, Sha256};
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

/// The copy; its folder is removed with the trial's.
pub struct Project<'a> {
    workspace: &'a Workspace,
    folder: PathBuf,
}

impl<'a> Project<'a> {
    /// Copies `examples/NAME`, puts the model in its place, and installs the tarball and nothing else.
    ///
    /// # Errors
    /// Something cannot be copied, or npm fails.
    pub fn install(
        workspace: &'a Workspace,
        example: &str,
        folder: &Path,
        tarball: &Path,
        model: &Path,
        place_of_model: &str,
    ) -> Result<Self> {
        let made = tempfile::Builder::new().prefix(&format!("{example}-")).tempdir_in(folder);
        let folder = made.context("no temporary folder")?.keep();
        let source = workspace.root.join("examples").join(example);
        let mut files = workspace.command("git");
        files.args(["ls-files", "--cached", "--others", "--exclude-standard"]).current_dir(&source);
        let files = output(&mut files)?;
        for name in files.lines() {
            copy(&source.join(name), &folder.join(name))?;
        }
        copy(model, &folder.join(place_of_model))?;
        let project = Self { workspace, folder };
        project.forget_tools()?;
        let mut npm = project.command("npm");
        npm.args(["install", "--offline", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]);
        run(npm.arg(tarball).stdout(Stdio::null()))?;
        Ok(project)
    }

    /// What the example wants of a registry is in the cache of tools, and the package is at hand.
    fn forget_tools(&self) -> Result<()> {
        let manifest = self.folder.join("package.json");
        let text = if manifest.is_file() { std::fs::read_to_string(manifest)? } else { "{}".to_owned() };
        let mut manifest: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&text)?;
        manifest.retain(|name, _| !name.to_ascii_lowercase().ends_with("dependencies"));
        self.write("package.json", &serde_json::to_string(&manifest)?)
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Copies the installed package to where a server would have it.
    ///
    /// # Errors
    /// It cannot be copied.
    pub fn place_package(&self, name: &str) -> Result<()> {
        copy_folder(&self.folder.join("node_modules/tickertone"), &self.folder.join(name))
    }

    /// Writes a file.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&self, name: &str, text: &str) -> Result<()> {
        std::fs::write(self.folder.join(name), text).with_context(|| format!("{name} cannot be written"))
    }

    /// A program in the project's folder.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = self.workspace.command(program);
        command.current_dir(&self.folder).env("NO_COLOR", "1");
        command
    }

    /// A browser that has the project's folder as an extension, and the extension's id.
    ///
    /// # Errors
    /// It does not start.
    pub fn browser_with_extension(&self, chromium: &Path) -> Result<(Page, String)> {
        let folder = self.folder.display();
        let starter = self.folder.join("chromium-with-extension");
        let script = format!(
            "#!/bin/sh\nexec '{}' --disable-features=DisableLoadExtensionCommandLineSwitch --load-extension='{folder}' \"$@\"\n",
            chromium.display()
        );
        std::fs::write(&starter, script)
            .with_context(|| format!("{} cannot be written", starter.display()))?;
        make_executable(&starter)?;
        Ok((Page::launch(&starter)?, extension_id(&self.folder)))
    }
}

/// Chromium calls an unpacked extension after the hash of its folder, in the letters a to p.
fn extension_id(folder: &Path) -> String {
    let hash = Sha256::digest(folder.as_os_str().as_encoded_bytes());
    let digits = hash[..16].iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(b'a' + digit)).collect()
}

/// A server that runs until it is dropped.
pub struct Served {
    child: Child,
    /// Where it answers.
    pub origin: String,
    /// Read no further, but open: a server that cannot write its log would end.
    _log: BufReader<ChildStdout>,
}

impl Served {
    /// Starts Vite on a free port and waits until it says that it answers.
    ///
    /// # Errors
    /// It ends before.
    pub fn start(vite: &mut Command) -> Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|free| free.local_addr())
            .context("no free port")?
            .port();
        vite.args(["--host", "127.0.0.1", "--strictPort", "--port", &port.to_string()]);
        let mut child = vite.stdout(Stdio::piped()).spawn().context("the server could not be started")?;
        let stdout = child.stdout.take().context("the server says nothing")?;
        let mut log = BufReader::new(stdout);
        let origin = format!("http://127.0.0.1:{port}/");
        let mut said = String::new();
        while !said.contains(&origin) {
            if log.read_line(&mut said).context("the server's words cannot be read")? == 0 {
                bail!("expected a server at {origin}, found that it ended: {said}");
            }
        }
        Ok(Self { child, origin, _log: log })
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("{} could not be made", folder.display()))?;
    }
    std::fs::copy(from, to)
        .with_context(|| format!("{} could not be copied to {}", from.display(), to.display()))?;
    Ok(())
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    for entry in std::fs::read_dir(from).with_context(|| format!("{} cannot be read", from.display()))? {
        let entry = entry.with_context(|| format!("{} cannot be read", from.display()))?;
        let place = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &place)?;
        } else {
            copy(&entry.path(), &place)?;
        }
    }
    Ok(())
}

#[cfg(unix)]
fn make_executable(file: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755))
        .with_context(|| format!("{} could not be made a program", file.display()))
}

#[cfg(not(unix))]
fn make_executable(_file: &Path) -> Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::extension_id;
    use std::path::Path;

    #[test]
    fn an_extension_is_called_after_its_folder() {
        // The first half of what `printf abc | sha256sum` says, with `a` for 0 and `p` for f.
        assert_eq!(extension_id(Path::new("abc")), "lkhibglpipabmpokebebeanofnkocccd");
    }
}

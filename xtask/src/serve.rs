//! Hands over to the server. On Unix this process becomes the server, so whoever stops `cargo xtask serve`, by
//! Ctrl-C or by SIGTERM, stops the server itself and gets its exit code.

use crate::workspace::Workspace;
use anyhow::Result;
use std::net::IpAddr;
use std::process::Command;

/// Serves what was built until it is stopped.
///
/// # Errors
/// The server cannot be started; what goes wrong later it says itself.
pub fn serve(workspace: &Workspace, host: IpAddr, port: u16) -> Result<()> {
    let mut server = command(workspace);
    become_child(server.args(["--host", &host.to_string(), "--port", &port.to_string()]))
}

/// The server over what was built in this workspace.
pub fn command(workspace: &Workspace) -> Command {
    workspace.command(workspace.release_binary("static-server"))
}

#[cfg(unix)]
fn become_child(command: &mut Command) -> Result<()> {
    use std::os::unix::process::CommandExt;
    Err(anyhow::Error::new(command.exec()).context("the server could not be started"))
}

#[cfg(not(unix))]
fn become_child(command: &mut Command) -> Result<()> {
    crate::workspace::run(command)
}

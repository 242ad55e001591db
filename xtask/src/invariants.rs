//! What must hold of the sources as a whole, and no compiler checks: who may depend on whom, what the library
//! must not do, what must not be written down.
//!
//! The rules are those of ARCHITECTURE.md. A package that is new has to be entered here before anything passes.

use crate::tools::WASM;
use crate::workspace::{Workspace, output};
use anyhow::{Context, Result, ensure};
use cargo_metadata::{DependencyKind, Package};
use memchr::memmem;
use std::collections::BTreeSet;
use std::path::Path;

/// Which packages of the workspace each one may depend on, outside its tests.
const MAY_DEPEND_ON: [(&str, &[&str]); 11] = [
    ("messages", &[]),
    ("classifier", &[]),
    ("encoder", &["classifier"]),
    ("web", &["messages"]),
    ("wasm-model", &["classifier", "messages"]),
    ("static-server", &["classifier", "messages"]),
    ("trainer", &["classifier", "encoder", "messages"]),
    ("chromium", &[]),
    ("e2e", &["chromium"]),
    ("fuzz", &["classifier", "static-server", "trainer"]),
    ("xtask", &["chromium", "messages"]),
];
/// What the page must not link, directly or by others: it paints before the engine has arrived.
const NOT_IN_THE_PAGE: [&str; 3] = ["candle", "classifier", "tokenizers"];
/// The means of I/O, which the classifier has no use for: bytes in, values out.
const IO: [&str; 8] =
    ["std::fs", "std::net", "std::env", "std::process", "std::io::stdin", "println!", "eprintln!", "web_sys"];
/// Where people's home folders are.
const HOMES: [&[u8]; 3] = [b"/home/", b"/Users/", b"/root/"];

/// Checks all of them.
///
/// # Errors
/// The first that does not hold, with the place.
pub fn check(workspace: &Workspace) -> Result<()> {
    for package in workspace.metadata.workspace_packages() {
        let found: Vec<&str> = workspace_dependencies(package).collect();
        check_dependencies(package.name.as_str(), &found)?;
    }
    let tree = ["tree", "--package", "web", "--edges", "normal", "--target", WASM, "--prefix", "none"];
    check_page(&output(workspace.cargo().args(tree))?)?;
    check_features(&features(workspace, "normal,build")?, &features(workspace, "normal,build,dev")?)?;
    let files = output(workspace.command("git").args([
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]))?;
    for name in files.split_terminator('\0') {
        let file = workspace.root.join(name);
        // A file that git knows may have been deleted, and a link's target is listed itself.
        if !file.is_file() || file.is_symlink() {
            continue;
        }
        let bytes = std::fs::read(&file).with_context(|| format!("{} cannot be read", file.display()))?;
        check_file(Path::new(name), &bytes)?;
    }
    Ok(())
}

/// The workspace's packages that a package depends on, outside its tests.
fn workspace_dependencies(package: &Package) -> impl Iterator<Item = &str> {
    let built_in =
        package.dependencies.iter().filter(|dependency| dependency.kind != DependencyKind::Development);
    built_in.filter(|dependency| dependency.path.is_some()).map(|dependency| dependency.name.as_str())
}

fn check_dependencies(package: &str, found: &[&str]) -> Result<()> {
    let rule = MAY_DEPEND_ON.iter().find(|(name, _)| *name == package);
    let (_, allowed) = rule.with_context(|| {
        format!(
            "expected a rule for {package} in xtask/src/invariants.rs, found none: say what it may depend on"
        )
    })?;
    for dependency in found {
        ensure!(
            allowed.contains(dependency),
            "{package} may depend on {allowed:?} of the workspace, found it depends on {dependency}"
        );
    }
    Ok(())
}

/// Checks the page's dependencies, one `name version` a line.
fn check_page(tree: &str) -> Result<()> {
    ensure!(tree.lines().any(|line| line.starts_with("web ")), "expected the page's tree, found: {tree}");
    for line in tree.lines() {
        for name in NOT_IN_THE_PAGE {
            ensure!(
                !line.starts_with(name),
                "the page must not link {name}, found {line}: see `cargo tree -p web`"
            );
        }
    }
    Ok(())
}

/// Every package that is linked, with its features, one a line.
fn features(workspace: &Workspace, edges: &str) -> Result<String> {
    output(workspace.cargo().args([
        "tree",
        "--workspace",
        "--edges",
        edges,
        "--prefix",
        "none",
        "-f",
        "{p} {f}",
    ]))
}

/// Checks that no dependency of a test adds a feature to what programs link: each such package, and candle with it,
/// would be compiled twice, once for the tests and once for `cargo xtask serve`.
fn check_features(without_tests: &str, with_tests: &str) -> Result<()> {
    let packages =
        |tree| -> BTreeSet<String> { str::lines(tree).map(|line| line.replace(" (*)", "")).collect() };
    let with_tests = packages(with_tests);
    for package in packages(without_tests) {
        ensure!(
            with_tests.contains(&package),
            "expected the same features with and without tests, found that the dependencies of tests add some to \
             `{package}`: ask for these outside of tests as well, or do without"
        );
    }
    Ok(())
}

/// Checks one file of the tree.
fn check_file(name: &Path, bytes: &[u8]) -> Result<()> {
    let is_library = name.starts_with("classifier/src");
    for word in IO.iter().filter(|_| is_library) {
        let position = memmem::find(bytes, word.as_bytes());
        ensure!(position.is_none(), "the classifier does no I/O, found `{word}` in {}", name.display());
    }
    for home in HOMES {
        for position in memmem::find_iter(bytes, home) {
            // `/home/` within an address or a longer path is somebody else's.
            let is_start = position == 0
                || !(bytes[position - 1].is_ascii_alphanumeric()
                    || b"._-~*]}".contains(&bytes[position - 1]));
            let is_path = bytes.get(position + home.len()).is_some_and(u8::is_ascii_alphanumeric);
            ensure!(
                !(is_start && is_path),
                "{} names somebody's home folder at byte {position}: `{}`; write a relative path",
                name.display(),
                String::from_utf8_lossy(&bytes[position..bytes.len().min(position + 40)]).escape_debug()
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{check_dependencies, check_features, check_file, check_page};
    use std::path::Path;

    #[test]
    fn who_may_depend_on_whom() {
        check_dependencies("trainer", &["classifier"]).unwrap();
        let found = check_dependencies("web", &["messages", "classifier"]).unwrap_err().to_string();
        assert!(found.contains("web") && found.contains("depends on classifier"), "{found}");
        let found = check_dependencies("unheard-of", &[]).unwrap_err().to_string();
        assert!(found.contains("a rule for unheard-of"), "{found}");
    }

    #[test]
    fn the_page_links_no_tensors() {
        check_page("web v0.1.0 (web)\nyew v0.23.0\n").unwrap();
        for linked in ["candle-core v0.11.1", "classifier v0.1.0 (classifier)", "tokenizers v0.23.2"] {
            assert!(check_page(&format!("web v0.1.0 (web)\n{linked}\n")).is_err(), "{linked}");
        }
        assert!(check_page("").is_err(), "an empty tree proves nothing");
    }

    #[test]
    fn tests_add_no_features() {
        let plain = "rustix v1.1.6 fs\nserde v1.0.229 derive (*)\n";
        check_features(plain, "serde v1.0.229 derive\nrustix v1.1.6 fs\nproptest v1.12.0 std\n").unwrap();
        let found = check_features(plain, "serde v1.0.229 derive\nrustix v1.1.6 fs,process\n").unwrap_err();
        assert!(found.to_string().contains("`rustix v1.1.6 fs`"), "{found}");
    }

    #[test]
    fn the_library_does_no_io() {
        let code = b"let text = std::fs::read_to_string(path);";
        assert!(check_file(Path::new("classifier/src/kernels/rows.rs"), code).is_err());
        check_file(Path::new("trainer/src/data.rs"), code).unwrap();
    }

    #[test]
    fn nobodys_home_is_written_down() {
        for folder in ["home", "Users", "root"] {
            let leak = format!("\u{0}made in /{folder}/ann/tickertone");
            let error =
                check_file(Path::new("models/x/model.gguf"), leak.as_bytes()).unwrap_err().to_string();
            assert!(error.contains("models/x/model.gguf") && error.contains("/ann/tickertone"), "{error}");
        }
        check_file(Path::new("README.md"), b"https://example.org/home/ann and ~/root/x and /home/").unwrap();
    }
}

//! The server's life: read, listen, load, serve, drain.
//!
//! The socket opens before the model is loaded, so the page can be fetched meanwhile; a model that cannot be
//! loaded ends the process. The accept loop is axum-server's, which, unlike `axum::serve`, bounds the time
//! for headers and the time for a graceful shutdown.

use crate::config::Config;
use crate::model_store::ModelStore;
use crate::router::{AppState, router};
use crate::security_headers;
use crate::static_files::StaticFiles;
use anyhow::Context;
use axum_server::Handle;
use std::future::pending;
use std::io::Write;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::info;

/// Runs until a signal has ended it gracefully.
///
/// # Errors
/// A folder, model, address or file that cannot be used; the message names it and says what to do.
pub async fn run(config: &Config) -> anyhow::Result<()> {
    let mut signals = signals()?;
    let mut files = StaticFiles::read(&config.app, &config.engine)?;
    let models = ModelStore::read(&config.models)?;
    for (path, file) in models.files() {
        files.insert(path, file);
    }
    let html = files.find("/").map(|file| String::from_utf8_lossy(file.bytes()).into_owned());
    let security_headers = security_headers::for_page(&html.unwrap_or_default())?;
    let state = Arc::new(AppState::new(files, security_headers, config.limits.clone()));

    let listener = listen(config)?;
    let address = listener.local_addr().context("could not read the address of the socket")?;
    let handle = Handle::new();
    let mut server = axum_server::from_tcp(listener)
        .context("could not use the socket")?
        .http1_only()
        .handle(handle.clone())
        .first_request_timeout(config.limits.read_timeout());
    server.http_builder().http1().header_read_timeout(config.limits.read_timeout());
    announce(&format!("listening on http://{address}"));

    let serve = server.serve(router(Arc::clone(&state)).into_make_service());
    let shut_down = async {
        let name = received(&mut signals).await;
        info!(signal = name, grace_seconds = config.grace_seconds, "shutting down");
        state.begin_shutdown();
        handle.graceful_shutdown(Some(Duration::from_secs(config.grace_seconds)));
        pending().await
    };
    tokio::select! {
        served = serve => served.context("could not serve"),
        failed = load(models, Arc::clone(&state)) => failed,
        () = shut_down => Ok(()),
    }
}

/// Loads the default model and packs the files; comes back only if that fails.
async fn load(models: ModelStore, state: Arc<AppState>) -> anyhow::Result<()> {
    let loading = tokio::task::spawn_blocking(move || {
        let classifier = models.load()?;
        let (model, kernel) = (classifier.model_id().to_owned(), classifier.kernel().to_owned());
        state.predictor.set_classifier(classifier);
        state.files.compress();
        info!(model, kernel, "ready");
        anyhow::Ok(())
    });
    loading.await.context("loading the model stopped")??;
    pending().await
}

fn listen(config: &Config) -> anyhow::Result<TcpListener> {
    let Config { host, port, .. } = config;
    TcpListener::bind((host.as_str(), *port)).with_context(|| {
        format!(
            "could not listen on {host}:{port}. Expected a free port on an address of this machine: stop the program \
             that uses it, or choose another one with --port (0 takes a free one) or --host"
        )
    })
}

/// The one line on stdout. Nobody may be reading it any more: that is no reason to stop.
fn announce(line: &str) {
    let mut stdout = std::io::stdout();
    let written = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
    match written {
        Ok(()) => info!("{line}"),
        Err(error) => info!(%error, "{line}, but stdout is closed"),
    }
}

fn signals() -> anyhow::Result<[Signal; 2]> {
    let listen = |kind| signal(kind).context("could not listen for signals");
    Ok([listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?])
}

async fn received([interrupt, terminate]: &mut [Signal; 2]) -> &'static str {
    tokio::select! {
        _ = interrupt.recv() => "SIGINT",
        _ = terminate.recv() => "SIGTERM",
    }
}

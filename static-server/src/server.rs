//! The server's life: read and hash, listen, load, serve, drain.
//!
//! The socket opens after every model file has been checked against its hash, so that no wrong file ever goes out
//! under it, and before the model is loaded, so that the page can be fetched meanwhile; a model that cannot be
//! loaded ends the process. The accept loop is axum-server's, which, unlike `axum::serve`, bounds the time
//! for headers and the time for a graceful shutdown; [`connections`](crate::connections) bounds what it accepts.

use crate::config::Config;
use crate::connections::{Connections, Patience, Peer};
use crate::descriptors::max_connections;
use crate::model_store::ModelStore;
use crate::router::router;
use crate::security_headers;
use crate::state::AppState;
use crate::static_files::StaticFiles;
use anyhow::Context;
use axum_server::{Handle, Server};
use std::convert::Infallible;
use std::future::{pending, ready};
use std::io::Write;
use std::net::TcpListener;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tower::service_fn;
use tracing::info;

/// What a connection may hold of a request's head; a longer one is answered with 431.
const MAX_BUFFER_BYTES: usize = 64 << 10;

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

    let limits = &config.limits;
    let max_connections = max_connections(limits.max_connections.map(NonZeroUsize::get))?;
    let patience = Patience { write_timeout: limits.write_timeout(), linger: limits.read_timeout() };
    let listener = listen(config)?;
    let address = listener.local_addr().context("could not read the address of the socket")?;
    let handle = Handle::new();
    let connections =
        Connections::new(listener, max_connections, patience).context("could not use the socket")?;
    let mut server = Server::<Peer>::from_listener(connections)
        .http1_only()
        .handle(handle.clone())
        .first_request_timeout(config.limits.read_timeout());
    let http = server.http_builder();
    http.http1().header_read_timeout(config.limits.read_timeout()).max_buf_size(MAX_BUFFER_BYTES);
    announce(&format!("listening on http://{address}"));

    let router = router(Arc::clone(&state));
    let serve =
        server.serve(service_fn(move |peer: Peer| ready(Ok::<_, Infallible>(peer.track(router.clone())))));
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

//! The command line: every setting with its default, its unit and its environment variable.
//!
//! A flag wins over its `TICKERTONE_*` variable, the variable wins over the default; of a flag given twice, the
//! last one counts.

use clap::{Args, Parser};
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

/// Serves the Tickertone page, its engine and its models, and answers POST /predict_batch.
///
/// Everything is read once at start: restart after a new build or a new model. One line goes to stdout,
/// `listening on http://HOST:PORT`; logs go to stderr and never hold a text. SIGINT and SIGTERM finish the
/// requests in flight, then exit with 0.
#[derive(Clone, Debug, Parser)]
#[command(name = "static-server", version, args_override_self = true)]
pub struct Config {
    /// Address or host name to listen on; 0.0.0.0 listens on every interface
    #[arg(long, env = "TICKERTONE_HOST", default_value = "127.0.0.1")]
    pub host: String,

    /// TCP port; 0 takes a free one
    #[arg(long, env = "TICKERTONE_PORT", default_value_t = 8080)]
    pub port: u16,

    /// Folder of the page as trunk built it; served at /
    #[arg(long, env = "TICKERTONE_APP", default_value = "dist/app", value_name = "FOLDER")]
    pub app: PathBuf,

    /// Folder of the engine package; served at /engine/
    #[arg(long, env = "TICKERTONE_ENGINE", default_value = "dist/engine", value_name = "FOLDER")]
    pub engine: PathBuf,

    /// Folder of manifest.json and the models it names; served at /models/
    #[arg(long, env = "TICKERTONE_MODELS", default_value = "models", value_name = "FOLDER")]
    pub models: PathBuf,

    /// What a request may ask for and how long it may take
    #[command(flatten)]
    pub limits: Limits,

    /// Seconds that requests in flight get to finish after SIGINT or SIGTERM
    #[arg(long, env = "TICKERTONE_GRACE_SECONDS", default_value_t = 10, value_name = "SECONDS")]
    pub grace_seconds: u64,

    /// What is logged: error, warn, info, debug, trace, or a tracing filter such as static_server=debug
    #[arg(long, env = "RUST_LOG", default_value = "info", value_name = "FILTER")]
    pub log: String,
}

/// What a request may ask for and how long it may take.
#[derive(Clone, Debug, Args)]
pub struct Limits {
    /// Most texts in one request
    #[arg(long, env = "TICKERTONE_MAX_BATCH", default_value = "256", value_name = "TEXTS")]
    pub max_batch: NonZeroUsize,

    /// Largest text in UTF-8 bytes; the model reads only its beginning
    #[arg(long, env = "TICKERTONE_MAX_TEXT_BYTES", default_value = "102400", value_name = "BYTES")]
    pub max_text_bytes: NonZeroUsize,

    /// Largest request body in bytes
    #[arg(long, env = "TICKERTONE_MAX_BODY_BYTES", default_value = "1048576", value_name = "BYTES")]
    pub max_body_bytes: NonZeroUsize,

    /// Batches that are computed at the same time [default: one for each core]
    #[arg(long, env = "TICKERTONE_THREADS")]
    pub threads: Option<NonZeroUsize>,

    /// Batches that may wait for their turn; one more is answered with 503
    #[arg(long, env = "TICKERTONE_MAX_QUEUED", default_value_t = 64, value_name = "BATCHES")]
    pub max_queued: usize,

    /// Seconds a client may take to send its headers, and again its body
    #[arg(long, env = "TICKERTONE_READ_TIMEOUT_SECONDS", default_value = "10", value_name = "SECONDS")]
    pub read_timeout_seconds: NonZeroU64,

    /// Seconds a client may leave an answer unread before the connection is closed
    #[arg(long, env = "TICKERTONE_WRITE_TIMEOUT_SECONDS", default_value = "30", value_name = "SECONDS")]
    pub write_timeout_seconds: NonZeroU64,

    /// Connections at a time; beyond it, the one that idles longest is closed [default: 1024, or as many as there
    /// are file descriptors for]
    #[arg(long, env = "TICKERTONE_MAX_CONNECTIONS", value_name = "CONNECTIONS")]
    pub max_connections: Option<NonZeroUsize>,

    /// Seconds a batch may take, waiting for its turn included
    #[arg(long, env = "TICKERTONE_PREDICT_TIMEOUT_SECONDS", default_value = "30", value_name = "SECONDS")]
    pub predict_timeout_seconds: NonZeroU64,
}

impl Limits {
    /// Batches that are computed at the same time.
    pub fn concurrent_batches(&self) -> usize {
        self.threads.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get)
    }

    /// How long a client may take to send its headers, and again its body.
    pub fn read_timeout(&self) -> Duration {
        Duration::from_secs(self.read_timeout_seconds.get())
    }

    /// How long a client may leave an answer unread.
    pub fn write_timeout(&self) -> Duration {
        Duration::from_secs(self.write_timeout_seconds.get())
    }

    /// How long a batch may take, waiting for its turn included.
    pub fn predict_timeout(&self) -> Duration {
        Duration::from_secs(self.predict_timeout_seconds.get())
    }
}

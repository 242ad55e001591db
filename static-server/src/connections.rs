//! The listening socket: how many connections there may be, and which one goes when there are too many.
//!
//! At the limit the connection that has waited longest for its client (for a request, or for the client to read)
//! makes room, so that no number of idle clients shuts others out. Only where every connection has its request
//! computed is a new one refused, with 503.

mod activity;
mod open;
mod stream;

pub use activity::Tracked;
pub use stream::{Connection, Patience};

use crate::error::{PROBLEM_JSON, problem};
use activity::Activity;
use axum::http::StatusCode;
use axum_server::{AddrListener, Address};
use open::Open;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tracing::{debug, warn};

/// Refusals that are written at the same time; they come out of the reserved descriptors.
const MAX_REFUSALS: usize = 16;
/// How long a connection that was told to go may take.
const EVICTION: Duration = Duration::from_secs(1);

/// The listening socket and the connections that came through it.
#[derive(Debug)]
pub struct Connections {
    listener: TcpListener,
    max_connections: usize,
    patience: Patience,
    open: Arc<Open>,
    refusals: Arc<Semaphore>,
}

/// The server's side of a connection; axum-server hands it to the service that answers it.
#[derive(Clone, Debug)]
pub struct Peer(Arc<Activity>);

impl Peer {
    /// A service that keeps book of this connection's requests.
    pub fn track<S>(&self, service: S) -> Tracked<S> {
        Tracked::new(service, Arc::clone(&self.0))
    }
}

impl Connections {
    /// The connections of this socket: at most so many at a time, each with this patience.
    ///
    /// # Errors
    /// The socket cannot be used without blocking.
    pub fn new(
        listener: std::net::TcpListener,
        max_connections: usize,
        patience: Patience,
    ) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let (listener, refusals) = (TcpListener::from_std(listener)?, Arc::new(Semaphore::new(MAX_REFUSALS)));
        Ok(Self { listener, max_connections, patience, open: Arc::default(), refusals })
    }

    /// Whether there is room for one more, after closing an idle one if need be.
    async fn make_room(&self) -> bool {
        let evicting = async {
            while self.open.count() >= self.max_connections {
                if !self.open.evict_longest_waiting() {
                    return false;
                }
                debug!(
                    max_connections = self.max_connections,
                    "the connection that waited longest was closed"
                );
                self.open.one_closed().await;
            }
            true
        };
        tokio::time::timeout(EVICTION, evicting).await.unwrap_or(false)
    }

    fn admit(&self, stream: TcpStream) -> (Connection, Peer) {
        let activity = Arc::new(Activity::new());
        let guard = self.open.insert(Arc::clone(&activity));
        let connection = Connection::new(stream, Arc::clone(&activity), self.patience, Some(guard));
        (connection, Peer(activity))
    }

    fn refuse(&self, stream: TcpStream) {
        warn!(max_connections = self.max_connections, "a connection was refused: all are busy");
        let Ok(permit) = Arc::clone(&self.refusals).try_acquire_owned() else { return };
        let activity = Activity::new();
        activity.expect_more();
        let mut connection = Connection::new(stream, Arc::new(activity), self.patience, None);
        let limit = self.max_connections;
        tokio::spawn(async move {
            let _held_until_closed = permit;
            // Nobody may be there any more to read it.
            tokio::time::timeout(EVICTION, async {
                connection.write_all(refusal(limit).as_bytes()).await?;
                connection.shutdown().await
            })
            .await
            .ok()
        });
    }
}

/// A whole HTTP answer: there is no service yet that could give one.
fn refusal(limit: usize) -> String {
    let detail = format!(
        "expected at most {limit} connections at a time, found all of them busy. Try again in a moment"
    );
    let body = problem(StatusCode::SERVICE_UNAVAILABLE, &detail);
    format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: {PROBLEM_JSON}\r\ncache-control: no-store\r\n\
         retry-after: 1\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

impl AddrListener<Connection, Peer> for Connections {
    async fn bind_to(_: Peer) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    async fn accept_stream(&self) -> io::Result<(Connection, Peer)> {
        loop {
            let (stream, _) = self.listener.accept().await?;
            if self.make_room().await {
                return Ok(self.admit(stream));
            }
            self.refuse(stream);
        }
    }

    /// The address is announced by whoever opened the socket.
    fn get_local_addr(&self) -> io::Result<Peer> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

impl Address for Peer {
    type Stream = Connection;
    type Listener = Connections;
}

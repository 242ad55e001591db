//! What a connection is doing: whose turn it is, since when, and whether all that was sent has been read.

use axum::body::{Bytes, HttpBody};
use axum::http::Request;
use http_body::{Frame, SizeHint};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use tokio_util::sync::CancellationToken;
use tower::Service;
use tower_http::metrics::InFlightRequests;
use tower_http::metrics::in_flight_requests::InFlightRequestsCounter;

/// Counts connections and steps of connections; it orders them without a clock.
static STEPS: AtomicU64 = AtomicU64::new(0);

/// The book of one connection, shared by its stream and its service.
#[derive(Debug)]
pub(super) struct Activity {
    number: u64,
    in_flight: InFlightRequestsCounter,
    last_progress: AtomicU64,
    is_write_pending: AtomicBool,
    has_unread_body: AtomicBool,
    evicted: CancellationToken,
}

impl Activity {
    pub(super) fn new() -> Self {
        let number = STEPS.fetch_add(1, Ordering::Relaxed);
        Self {
            number,
            in_flight: InFlightRequestsCounter::new(),
            last_progress: AtomicU64::new(number),
            is_write_pending: AtomicBool::new(false),
            has_unread_body: AtomicBool::new(false),
            evicted: CancellationToken::new(),
        }
    }

    /// Different for every connection.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// The connection waits for its client: to send a request, or to read an answer.
    pub(super) fn is_waiting_for_client(&self) -> bool {
        self.in_flight.get() == 0 || self.is_write_pending.load(Ordering::Relaxed)
    }

    /// Grows with every answer, or part of one, that a client takes. What a client sends slowly is no progress.
    pub(super) fn last_progress(&self) -> u64 {
        self.last_progress.load(Ordering::Relaxed)
    }

    /// Bytes of an answer were taken by the client, or it takes none.
    pub(super) fn wrote(&self, is_pending: bool) {
        self.is_write_pending.store(is_pending, Ordering::Relaxed);
        if !is_pending {
            self.last_progress.store(STEPS.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        }
    }

    /// The client may still be sending what nobody will read.
    pub(super) fn has_unread_body(&self) -> bool {
        self.has_unread_body.load(Ordering::Relaxed)
    }

    /// The client is going to send what nobody will read.
    pub(super) fn expect_more(&self) {
        self.has_unread_body.store(true, Ordering::Relaxed);
    }

    /// Tells the connection to end.
    pub(super) fn evict(&self) {
        self.evicted.cancel();
    }

    /// Cancelled when the connection has to end.
    pub(super) fn evicted(&self) -> &CancellationToken {
        &self.evicted
    }
}

/// A service that notes in its connection's book when a request is in flight and whether its body was read.
#[derive(Clone, Debug)]
pub struct Tracked<S> {
    inner: InFlightRequests<S>,
    activity: Arc<Activity>,
}

impl<S> Tracked<S> {
    pub(super) fn new(inner: S, activity: Arc<Activity>) -> Self {
        Self { inner: InFlightRequests::new(inner, activity.in_flight.clone()), activity }
    }
}

impl<S, B> Service<Request<B>> for Tracked<S>
where
    InFlightRequests<S>: Service<Request<TrackedBody<B>>>,
    B: HttpBody,
{
    type Response = <InFlightRequests<S> as Service<Request<TrackedBody<B>>>>::Response;
    type Error = <InFlightRequests<S> as Service<Request<TrackedBody<B>>>>::Error;
    type Future = <InFlightRequests<S> as Service<Request<TrackedBody<B>>>>::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let activity = Arc::clone(&self.activity);
        activity.has_unread_body.store(!request.body().is_end_stream(), Ordering::Relaxed);
        self.inner.call(request.map(|inner| TrackedBody { inner, activity }))
    }
}

/// The body of a request; its end is noted.
#[derive(Debug)]
pub struct TrackedBody<B> {
    inner: B,
    activity: Arc<Activity>,
}

impl<B: HttpBody<Data = Bytes> + Unpin> HttpBody for TrackedBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let frame = Pin::new(&mut self.inner).poll_frame(context);
        if let Poll::Ready(None) = frame {
            self.activity.has_unread_body.store(false, Ordering::Relaxed);
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

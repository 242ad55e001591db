//! One connection's bytes: a time for the client to read, an end when it has to go, and a patient close.
//!
//! Closing a socket while the client still sends resets the connection, and the client sees that instead of the
//! answer. So after an early answer (413, 415, 503) the server says that it is done and reads on for a while, as RFC
//! 9112 (section 9.6) advises.

use super::activity::Activity;
use super::open::OpenGuard;
use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};
use tokio_io_timeout::TimeoutWriter;
use tokio_util::sync::WaitForCancellationFutureOwned;

/// How much of what nobody wants is read and dropped before the connection is closed all the same.
const MAX_DRAINED_BYTES: usize = 64 << 20;

/// How long a client is waited for.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// How long it may leave an answer unread.
    pub write_timeout: Duration,
    /// How long what it still sends after a refusal is read and dropped.
    pub linger: Duration,
}

/// A TCP stream with the server's patience.
#[derive(Debug)]
pub struct Connection {
    stream: Pin<Box<TimeoutWriter<TcpStream>>>,
    activity: Arc<Activity>,
    evicted: Pin<Box<WaitForCancellationFutureOwned>>,
    linger: Duration,
    lingering: Option<Pin<Box<Sleep>>>,
    drained_bytes: usize,
    _open: Option<OpenGuard>,
}

impl Connection {
    pub(super) fn new(
        stream: TcpStream,
        activity: Arc<Activity>,
        patience: Patience,
        open: Option<OpenGuard>,
    ) -> Self {
        let mut stream = TimeoutWriter::new(stream);
        stream.set_timeout(Some(patience.write_timeout));
        let evicted = Box::pin(activity.evicted().clone().cancelled_owned());
        let (stream, linger) = (Box::pin(stream), patience.linger);
        Self { stream, activity, evicted, linger, lingering: None, drained_bytes: 0, _open: open }
    }

    /// Fails once the connection has to go; until then the task is woken when it has.
    fn check(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        match self.evicted.as_mut().poll(context) {
            Poll::Ready(()) => Err(io::ErrorKind::ConnectionAborted.into()),
            Poll::Pending => Ok(()),
        }
    }

    fn note<T>(&self, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if !matches!(written, Poll::Ready(Err(_))) {
            self.activity.wrote(written.is_pending());
        }
        written
    }

    /// Reads and drops until the client has nothing more to say or the patience ends.
    fn poll_drain(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let linger = self.linger;
        let lingering = self.lingering.get_or_insert_with(|| Box::pin(sleep(linger)));
        if lingering.as_mut().poll(context).is_ready() {
            return Poll::Ready(());
        }
        let mut dropped = [0; 8192];
        while self.drained_bytes <= MAX_DRAINED_BYTES {
            let mut buffer = ReadBuf::new(&mut dropped);
            let read = ready!(self.stream.as_mut().poll_read(context, &mut buffer));
            if read.is_err() || buffer.filled().is_empty() {
                break;
            }
            self.drained_bytes += buffer.filled().len();
        }
        Poll::Ready(())
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check(context)?;
        self.stream.as_mut().poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.check(context)?;
        let written = self.stream.as_mut().poll_write(context, bytes);
        self.note(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.check(context)?;
        let written = self.stream.as_mut().poll_write_vectored(context, slices);
        self.note(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check(context)?;
        self.stream.as_mut().poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check(context)?;
        ready!(self.stream.as_mut().poll_shutdown(context))?;
        if self.activity.has_unread_body() {
            ready!(self.poll_drain(context));
        }
        Poll::Ready(Ok(()))
    }
}

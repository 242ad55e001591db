//! From a file or pasted lines to rows: slices of bytes, decoded by the browser as they come, never the whole at once.

use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{TextDecodeOptions, TextDecoder};

use super::desk::{Desk, Input, Next};
use super::locale::count;
use super::turns::{Budget, turn};
use crate::announcer::say;
use crate::many::{
    Action, Encoding, Format, HEAD_BYTES, MAX_FILE_BYTES, Problem, Settings, Source, Stage, listen,
};

/// Bytes that are decoded and cut into rows at once.
const SLICE_BYTES: usize = 64 * 1024;

/// What the visitor wants in place of a guess.
#[derive(Clone, Copy, Default)]
pub struct Wish {
    /// Of the bytes.
    pub encoding: Option<Encoding>,
    /// Of the text.
    pub format: Option<Format>,
}

/// Opens an input, unless answers would be lost by it: then asks first.
pub fn open_or_ask(desk: &Desk, next: Next) {
    if desk.batch().is_unsaved {
        say("The results are not saved yet.");
        return desk.ask_before(Some(next));
    }
    go_on(desk, next);
}

/// Opens an input, or goes back to the beginning.
pub fn go_on(desk: &Desk, next: Next) {
    match next {
        Next::Open(input) => open(desk, input, Wish::default()),
        Next::Close => {
            desk.begin_opening(None);
            desk.apply(Action::Closed);
        }
    }
}

/// Reads an input from its beginning.
pub fn open(desk: &Desk, input: Input, wish: Wish) {
    let opening = desk.begin_opening(Some(input.clone()));
    let source = match &input {
        Input::File(file) => Source { name: Some(file.name()), size_bytes: file.size() as u64 },
        Input::Text(text) => Source { name: None, size_bytes: text.len() as u64 },
    };
    desk.apply(Action::Opened(source));
    let desk = desk.clone();
    spawn_local(async move {
        let outcome = match &input {
            Input::File(file) => read_file(&desk, opening, file, wish).await,
            Input::Text(text) => read_text(&desk, opening, text, wish).await,
        };
        if desk.opening() != opening {
            return;
        }
        desk.apply(match outcome {
            Ok(()) => Action::Ended,
            Err(problem) => Action::Refused(problem),
        });
        let batch = desk.batch();
        match (&batch.problem, &batch.stage) {
            (Some(problem), _) => say(&problem.to_string()),
            (None, Stage::Ready) => say(&format!("{} rows are ready to be read.", count(batch.num_rows()))),
            (None, _) => {}
        }
    });
}

async fn read_file(desk: &Desk, opening: u32, file: &web_sys::File, wish: Wish) -> Result<(), Problem> {
    let size = file.size();
    if size > MAX_FILE_BYTES as f64 {
        return Err(Problem::FileTooLarge { found_mb: (size / 1e6) as u64 });
    }
    let head = bytes(file, 0.0, HEAD_BYTES as f64).await?;
    let heard = listen(&head.to_vec(), size <= HEAD_BYTES as f64)?;
    let encoding = wish.encoding.unwrap_or(heard.encoding);
    let is_encoding_doubtful = heard.is_doubtful;
    let head = Decoder::new(encoding)?.decode(&head, true)?;
    let format = wish.format.map_or_else(|| Format::guess(Some(&file.name()), &head), Ok)?;
    desk.apply(Action::Heard(Settings { encoding, is_encoding_doubtful, format, ..Settings::default() }));
    let decoder = Decoder::new(encoding)?;
    let mut start = 0.0;
    while start < size && desk.opening() == opening {
        let end = (start + SLICE_BYTES as f64).min(size);
        let text = decoder.decode(&bytes(file, start, end).await?, end < size)?;
        start = end;
        if desk.opening() == opening {
            desk.apply(Action::Arrived(text, start as u64));
        }
        if desk.batch().problem.is_some() {
            // Told already, with the rows before it.
            break;
        }
    }
    refused(desk)
}

async fn read_text(desk: &Desk, opening: u32, text: &str, wish: Wish) -> Result<(), Problem> {
    let cut = |from: usize, most: usize| {
        let end = (from + most).min(text.len());
        (end..=text.len()).find(|end| text.is_char_boundary(*end)).unwrap_or(text.len())
    };
    let head = text.get(..cut(0, HEAD_BYTES)).unwrap_or(text);
    let format = wish.format.map_or_else(|| Format::guess(None, head), Ok)?;
    desk.apply(Action::Heard(Settings { format, ..Settings::default() }));
    let (mut start, mut budget) = (0, Budget::default());
    while start < text.len() && desk.opening() == opening && desk.batch().problem.is_none() {
        let end = cut(start, SLICE_BYTES);
        let piece = text.get(start..end).unwrap_or_default().to_owned();
        desk.apply(Action::Arrived(piece, end as u64));
        start = end;
        if budget.is_spent() {
            turn().await;
            budget = Budget::default();
        }
    }
    refused(desk)
}

/// What was found wrong while rows were cut.
fn refused(desk: &Desk) -> Result<(), Problem> {
    desk.batch().problem.clone().map_or(Ok(()), Err)
}

async fn bytes(file: &web_sys::File, start: f64, end: f64) -> Result<Uint8Array, Problem> {
    let unreadable = |_: JsValue| Problem::Unreadable;
    let slice = file.slice_with_f64_and_f64(start, end).map_err(unreadable)?;
    let buffer = JsFuture::from(slice.array_buffer()).await.map_err(unreadable)?;
    Ok(Uint8Array::new(buffer.unchecked_ref()))
}

/// Bytes that arrive in pieces, cut anywhere.
struct Decoder(TextDecoder);

impl Decoder {
    fn new(encoding: Encoding) -> Result<Self, Problem> {
        TextDecoder::new_with_label(encoding.label()).map(Self).map_err(|_| Problem::Unreadable)
    }

    fn decode(&self, bytes: &Uint8Array, has_more: bool) -> Result<String, Problem> {
        let options = TextDecodeOptions::new();
        options.set_stream(has_more);
        let decoded = self.0.decode_with_js_u8_array_and_options(bytes, &options);
        decoded.map_err(|_| Problem::Unreadable)
    }
}

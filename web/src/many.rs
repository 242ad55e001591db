//! Reading many texts: what a batch knows and does, without a browser.
//!
//! Bytes become text (`encoding`), text becomes rows (`table`), rows become questions and answers ([`Batch`]), answers
//! become counts (`summary`), rows to look at ([`Selection`]) and a file ([`Export`]). All of it works in small steps:
//! whoever drives it (`components/many`) gives the browser a turn between two of them.

mod batch;
mod columns;
mod dates;
mod delimited;
mod encoding;
mod evaluation;
mod export;
mod format;
mod json_lines;
mod pace;
mod plain_lines;
mod problem;
mod queue;
mod results;
mod selection;
mod settings;
mod summary;
mod table;
mod tickers;
mod timeline;

pub use batch::{Action, Batch, Stage};
pub use encoding::{Encoding, HEAD_BYTES, listen};
pub use evaluation::{Evaluation, Scores};
pub use export::{Export, ExportFormat, ExportOptions};
pub use format::Format;
pub use problem::{MAX_FILE_BYTES, Problem};
pub use queue::{Request, Step};
pub use results::Reading;
pub use selection::{Kept, Query, Selection, SortKey};
pub use settings::{Settings, Source};
pub use summary::BINS;
pub use timeline::{Column, DateOrder, Unit};

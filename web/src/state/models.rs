//! The two models that the page may answer with, and which of them does.
//!
//! The default model is the one that counts. Where the manifest names a preview, that small model is loaded
//! first and answers until the default one is there, which then takes its place for good. What goes wrong with
//! the preview is told to nobody: the default model comes all the same.

use messages::{EngineInfo, Metrics};

/// What the manifest calls a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The small one that answers first, if there is one.
    Preview,
    /// The one that the page is about.
    Default,
}

/// Both models.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Models {
    /// See [`Role::Preview`].
    pub preview: Model,
    /// See [`Role::Default`].
    pub default: Model,
}

/// One model on its way into the page.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// Counts the loads from 0; what an earlier load still reports is dropped.
    pub attempt: u32,
    /// How far the latest load is.
    pub load: Load,
    /// How fast it gets on.
    pub pace: Pace,
}

/// How far a load is.
#[derive(Clone, Debug, PartialEq)]
pub enum Load {
    /// Engine and model are on their way.
    Loading(Progress),
    /// The visitor has paused the download here; what has arrived is kept.
    Paused(Progress),
    /// The engine answers.
    Ready(ReadyEngine),
    /// There will be no engine; the message says why.
    Absent(String),
}

/// How much of a model has arrived, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Progress {
    /// Bytes received.
    pub loaded: u64,
    /// Bytes to come in all, once that is known.
    pub total: Option<u64>,
}

/// How fast bytes arrive: the mean since the first ones did.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pace {
    /// Bytes that were there at first, and when.
    first: Option<(u64, f64)>,
    /// Bytes that are there now, and when.
    last: Option<(u64, f64)>,
}

/// Nothing is said of a download that is younger, in milliseconds: its pace is chance.
const YOUNG_MS: f64 = 500.0;

impl Pace {
    fn note(&mut self, loaded: u64, now_ms: f64) {
        self.first.get_or_insert((loaded, now_ms));
        self.last = Some((loaded, now_ms));
    }

    /// Bytes a second, once there is something to say.
    pub fn bytes_per_second(&self) -> Option<f64> {
        let ((before, since_ms), (now, now_ms)) = (self.first?, self.last?);
        let bytes = now.checked_sub(before).filter(|bytes| *bytes > 0)?;
        (now_ms - since_ms >= YOUNG_MS).then(|| bytes as f64 * 1000.0 / (now_ms - since_ms))
    }

    /// Seconds until the rest is there, at this pace.
    pub fn seconds_left(&self, progress: Progress) -> Option<f64> {
        let rest = progress.total?.checked_sub(progress.loaded)?;
        Some(rest as f64 / self.bytes_per_second()?)
    }
}

/// An engine that answers, and how good its model is.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadyEngine {
    /// What the engine says of itself.
    pub info: EngineInfo,
    /// What the manifest says of the model.
    pub metrics: Metrics,
}

/// What the models let the page do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Readiness<'a> {
    /// None answers yet; this one is on its way.
    Waiting(Role, Progress),
    /// None answers, and the visitor has paused the one that would.
    Paused(Progress),
    /// This model answers.
    Answering(Role, &'a ReadyEngine),
    /// None answers and none will; the message says why.
    Failed(&'a str),
}

impl Default for Model {
    fn default() -> Self {
        Self { attempt: 0, load: Load::Loading(Progress::default()), pace: Pace::default() }
    }
}

impl Models {
    /// What the models let the page do.
    pub fn readiness(&self) -> Readiness<'_> {
        match (&self.default.load, &self.preview.load) {
            (Load::Ready(engine), _) => Readiness::Answering(Role::Default, engine),
            (_, Load::Ready(engine)) => Readiness::Answering(Role::Preview, engine),
            // Sizes are known when a download begins: the preview's first, unless it is not needed or stalls.
            (Load::Loading(whole), Load::Loading(preview))
                if whole.total.is_none() && preview.total.is_some() =>
            {
                Readiness::Waiting(Role::Preview, *preview)
            }
            (Load::Loading(whole), _) => Readiness::Waiting(Role::Default, *whole),
            (_, Load::Loading(preview)) => Readiness::Waiting(Role::Preview, *preview),
            (Load::Paused(whole), _) => Readiness::Paused(*whole),
            (Load::Absent(message), _) => Readiness::Failed(message),
        }
    }

    /// The model that is asked, once there is one.
    pub fn answering(&self) -> Option<Role> {
        match self.readiness() {
            Readiness::Answering(role, _) => Some(role),
            _ => None,
        }
    }

    /// The model of this role.
    pub fn get(&self, role: Role) -> &Model {
        match role {
            Role::Preview => &self.preview,
            Role::Default => &self.default,
        }
    }

    /// Takes note of the bytes that have arrived.
    pub fn progressed(&mut self, role: Role, attempt: u32, progress: Progress, now_ms: f64) {
        if let Some(load) = self.pending(role, attempt) {
            *load = Load::Loading(progress);
            self.get_mut(role).pace.note(progress.loaded, now_ms);
        }
    }

    /// Takes note that a load was paused.
    pub fn paused(&mut self, role: Role, attempt: u32) {
        if let Some(load) = self.pending(role, attempt)
            && let Load::Loading(progress) = *load
        {
            *load = Load::Paused(progress);
        }
    }

    /// Lets the paused download go on.
    pub fn resume(&mut self) {
        if let Load::Paused(progress) = self.default.load {
            self.reload(Role::Default);
            self.default.load = Load::Loading(progress);
        }
    }

    /// Takes note of how a load has ended.
    pub fn loaded(&mut self, role: Role, attempt: u32, outcome: Result<ReadyEngine, String>) {
        let Some(load) = self.pending(role, attempt) else { return };
        *load = outcome.map_or_else(Load::Absent, Load::Ready);
        if matches!(self.default.load, Load::Ready(_)) {
            self.preview.load = Load::Absent("The default model has taken its place.".to_owned());
        }
    }

    /// Loads a model anew.
    pub fn reload(&mut self, role: Role) {
        let model = self.get_mut(role);
        *model = Model { attempt: model.attempt + 1, ..Model::default() };
    }

    /// Loads anew what is missing: the default model, and the preview if that does not answer either.
    pub fn retry(&mut self) {
        if let Load::Absent(_) = self.default.load {
            if let Load::Absent(_) = self.preview.load {
                self.reload(Role::Preview);
            }
            self.reload(Role::Default);
        }
    }

    /// The load that this attempt is about, while it runs.
    fn pending(&mut self, role: Role, attempt: u32) -> Option<&mut Load> {
        let model = self.get_mut(role);
        (model.attempt == attempt && matches!(model.load, Load::Loading(_))).then_some(&mut model.load)
    }

    fn get_mut(&mut self, role: Role) -> &mut Model {
        match role {
            Role::Preview => &mut self.preview,
            Role::Default => &mut self.default,
        }
    }
}

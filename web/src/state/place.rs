//! Where texts are read: on this device, or by the server that the page came from.
//!
//! The device is the default and stays it until the visitor says otherwise: a page that promises privacy may not fall
//! back on the network by itself.

use super::{Models, Readiness, Role};

/// Where texts are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// On this device.
    Here,
    /// By the server that the page came from.
    Server,
}

/// What the visitor wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wanted {
    /// On this device or not at all.
    #[default]
    Here,
    /// On this device; by the server where no model runs here.
    Automatic,
    /// By the server.
    Server,
}

/// Who is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// The engine of this load of this role's model.
    Engine(Role, u32),
    /// The server.
    Server,
}

impl Wanted {
    /// Every choice.
    pub const ALL: [Self; 3] = [Self::Here, Self::Automatic, Self::Server];

    /// The name under which the browser remembers it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Here => "here",
            Self::Automatic => "automatic",
            Self::Server => "server",
        }
    }

    /// What has this name; the default for an unknown one.
    pub fn of(name: &str) -> Self {
        Self::ALL.into_iter().find(|wanted| wanted.name() == name).unwrap_or_default()
    }

    /// Who is asked next; none while the one that is wanted cannot answer yet.
    pub fn reader(self, models: &Models) -> Option<Reader> {
        match (self, models.readiness()) {
            (Self::Server, _) | (Self::Automatic, Readiness::Failed(_)) => Some(Reader::Server),
            (_, Readiness::Answering(role, _)) => Some(Reader::Engine(role, models.get(role).attempt)),
            _ => None,
        }
    }

    /// Where the next text goes.
    pub fn place(self, models: &Models) -> Place {
        match self.reader(models) {
            Some(Reader::Server) => Place::Server,
            _ => Place::Here,
        }
    }
}

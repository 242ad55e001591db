//! The engines that have loaded, by the role of their model; each holds a worker and its memory until it is given back
//! here, and by whoever still reads with it: a batch ends with the model that it began with.
//!
//! The same rule as in [`crate::state::Models`]: the default model takes the place of the preview.

use std::rc::Rc;

use crate::engine::Engine;
use crate::state::Role;

/// At most one engine for each role.
#[derive(Default)]
pub struct Engines {
    preview: Option<Rc<Engine>>,
    default: Option<Rc<Engine>>,
}

impl Engines {
    /// The engine of this role, once it has loaded.
    pub fn get(&self, role: Role) -> Option<Rc<Engine>> {
        match role {
            Role::Preview => self.preview.clone(),
            Role::Default => self.default.clone(),
        }
    }

    /// Takes an engine that has loaded, and gives a preview back that is not needed any more.
    pub fn put(&mut self, role: Role, engine: Engine) {
        *self.slot(role) = Some(Rc::new(engine));
        if self.default.is_some() {
            self.give_back(Role::Preview);
        }
    }

    /// Gives the engine of this role back, if there is one.
    pub fn give_back(&mut self, role: Role) {
        *self.slot(role) = None;
    }

    fn slot(&mut self, role: Role) -> &mut Option<Rc<Engine>> {
        match role {
            Role::Preview => &mut self.preview,
            Role::Default => &mut self.default,
        }
    }
}

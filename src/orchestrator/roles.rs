//! Who serves which role: for each an ordered list of models, each with its server and what is known
//! of it. Owns no health and sends nothing.

use std::sync::Arc;

use crate::model::{ModelId, Role};
use crate::provider::{Card, Catalogue, Endpoint};

/// One way to serve a role: a model at an endpoint.
#[derive(Clone, Debug)]
pub struct Route {
    pub endpoint: Arc<Endpoint>,
    pub model: String,
    pub card: Card,
}

impl Route {
    pub fn id(&self) -> ModelId {
        ModelId { provider: self.endpoint.name.clone(), model: self.model.clone() }
    }
}

/// For each role the routes that serve it, first choice first.
#[derive(Clone, Default, Debug)]
pub struct Roles {
    endpoints: Vec<Arc<Endpoint>>,
    catalogue: Arc<Catalogue>,
    lists: [Vec<Route>; Role::ALL.len()],
}

impl Roles {
    /// Nobody serves anything yet.
    pub fn new(endpoints: &[Endpoint], catalogue: Catalogue) -> Self {
        let endpoints = endpoints.iter().cloned().map(Arc::new).collect();
        Self { endpoints, catalogue: Arc::new(catalogue), lists: Default::default() }
    }

    pub fn endpoints(&self) -> &[Arc<Endpoint>] {
        &self.endpoints
    }

    pub fn catalogue(&self) -> Arc<Catalogue> {
        Arc::clone(&self.catalogue)
    }

    pub fn serve(&self, role: Role) -> &[Route] {
        self.lists.get(place(role)).map(Vec::as_slice).unwrap_or_default()
    }

    /// Lists `models` for `role`; one whose server is not configured, or cannot serve it, is left out.
    pub fn list(&mut self, role: Role, models: &[ModelId]) {
        let routes = models.iter().filter_map(|model| self.route(role, model)).collect();
        if let Some(list) = self.lists.get_mut(place(role)) {
            *list = routes;
        }
    }

    /// Puts `model` first for `role`, those that were there behind it. Says whether it can serve.
    pub fn prefer(&mut self, role: Role, model: &ModelId) -> bool {
        let Some(route) = self.route(role, model) else { return false };
        let Some(list) = self.lists.get_mut(place(role)) else { return false };
        list.retain(|known| known.id() != *model);
        list.insert(0, route);
        true
    }

    fn route(&self, role: Role, model: &ModelId) -> Option<Route> {
        let endpoint = self.endpoints.iter().find(|one| one.name == model.provider)?;
        let card = self.catalogue.card(model, endpoint.base_url.is_loopback());
        let route = || Route { endpoint: Arc::clone(endpoint), model: model.model.clone(), card };
        endpoint.wire.serves(role).then(route)
    }
}

fn place(role: Role) -> usize {
    Role::ALL.iter().position(|known| *known == role).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::{BaseUrl, Wire};

    fn id(text: &str) -> ModelId {
        text.parse().unwrap()
    }

    #[test]
    fn a_model_that_is_preferred_comes_first_and_the_others_stay_behind_it() {
        let at = |name: &str, wire| {
            Endpoint::new(name, wire, BaseUrl::parse("http://127.0.0.1:9", false).unwrap())
        };
        let endpoints = [at("a", Wire::OpenAiChat), at("b", Wire::Voyage)];
        let mut roles = Roles::new(&endpoints, Catalogue::default());
        roles.list(Role::Chat, &[id("a/1"), id("a/2"), id("b/1"), id("c/1")]);
        let listed = |roles: &Roles| -> Vec<String> {
            roles.serve(Role::Chat).iter().map(|route| route.id().to_string()).collect()
        };
        assert_eq!(listed(&roles), ["a/1", "a/2"]);
        assert!(roles.prefer(Role::Chat, &id("a/2")));
        assert_eq!(listed(&roles), ["a/2", "a/1"]);
        assert!(roles.prefer(Role::Chat, &id("a/3")) && !roles.prefer(Role::Chat, &id("b/1")));
        assert_eq!(listed(&roles), ["a/3", "a/2", "a/1"]);
        assert!(roles.serve(Role::Embed).is_empty());
    }
}

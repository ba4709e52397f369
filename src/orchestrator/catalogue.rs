//! Which models there are to choose from: the servers that are on this machine, or have their key, are
//! asked for their lists.

use std::sync::Arc;
use std::time::Duration;

use super::supply::Supply;
use crate::model::{ModelId, Role};
use crate::provider::{Catalogue, Endpoint, discover};
use crate::session::{Candidate, Event};

/// How long a server may take to say what it has.
const PATIENCE: Duration = Duration::from_secs(4);

/// Asks and answers with [`Event::Models`].
pub async fn list(supply: Arc<Supply>, endpoints: Vec<Arc<Endpoint>>, prices: Arc<Catalogue>) {
    let may_answer = |endpoint: &&Arc<Endpoint>| endpoint.key.is_some() || endpoint.base_url.is_loopback();
    let asked: Vec<Endpoint> =
        endpoints.iter().filter(may_answer).map(|endpoint| Endpoint::clone(endpoint)).collect();
    let mut candidates = Vec::new();
    for found in discover(&supply.client, &asked, PATIENCE).await {
        let wire = found.endpoint.wire;
        let roles: Vec<Role> = Role::ALL.into_iter().filter(|role| wire.serves(*role)).collect();
        let local = found.endpoint.base_url.is_loopback();
        candidates.extend(found.models.into_iter().map(|model| {
            let model = ModelId { provider: found.endpoint.name.clone(), model };
            let price = prices.card(&model, local).price;
            Candidate { model, roles: roles.clone(), price }
        }));
    }
    let _ = supply.events.send(Event::Models(candidates)).await;
}

//! Texts in, vectors out: in batches, metered, within the day's limits, and with patience for a server
//! that is busy. A batch that is too long for the model is halved, and a text that is, cut.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::super::dice;
use super::super::meter::Meter;
use super::super::roles::Route;
use super::NotMeant;
use crate::model::{Bill, Delta, EmbedAs, Failure, Finish, Tokens};
use crate::provider::{Backoff, Client};

/// Shortest text that is cut to be short enough, in bytes. A model that takes no more is none for code.
const SHORTEST: usize = 200;

/// What holds for all texts of a project.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Rules {
    /// Most tokens a day that this model is sent.
    pub tokens: Option<Tokens>,
    /// Stands before each text that is searched.
    pub document_prefix: String,
    /// Stands before each text that is searched for.
    pub query_prefix: String,
}

/// See the module.
#[derive(Debug)]
pub struct Embedder {
    client: Client,
    meter: Arc<Meter>,
    route: Route,
    rules: Rules,
    spent: Mutex<Bill>,
}

impl Embedder {
    pub fn new(client: Client, meter: Arc<Meter>, route: Route, rules: Rules) -> Self {
        Self { client, meter, route, rules, spent: Mutex::default() }
    }

    /// Who makes the vectors.
    pub fn route(&self) -> &Route {
        &self.route
    }

    /// A name for everything that makes its vectors what they are: those of another name cannot be compared.
    pub fn space(&self) -> String {
        let Rules { document_prefix, query_prefix, .. } = &self.rules;
        let id = self.route.id();
        if document_prefix.is_empty() && query_prefix.is_empty() {
            return id.to_string();
        }
        format!("{id} {document_prefix:?} {query_prefix:?}")
    }

    /// What all requests of this one cost.
    pub fn spent(&self) -> Bill {
        *self.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The vectors of `texts`, in their order.
    ///
    /// # Errors
    /// The model cannot be asked, or may not.
    pub async fn vectors(&self, texts: Vec<String>, of: EmbedAs) -> Result<Vec<Vec<f32>>, NotMeant> {
        let prefix = match of {
            EmbedAs::Query => &self.rules.query_prefix,
            EmbedAs::Document => &self.rules.document_prefix,
        };
        let texts = texts.into_iter().map(|text| format!("{prefix}{text}")).collect();
        let mut done: BTreeMap<usize, Vec<f32>> = BTreeMap::new();
        let mut open: Vec<(usize, Vec<String>)> = vec![(0, texts)];
        while let Some((at, mut texts)) = open.pop() {
            match self.patiently(&texts, of).await {
                Ok(vectors) => {
                    done.extend(vectors.into_iter().enumerate().map(|(n, vector)| (at + n, vector)))
                }
                Err(NotMeant::Model(why)) if texts.len() > 1 && is_of_its_size(&why) => {
                    let rest = texts.split_off(texts.len() / 2);
                    open.push((at + texts.len(), rest));
                    open.push((at, texts));
                }
                Err(NotMeant::Model(why))
                    if is_too_long(&why) && texts.iter().all(|text| text.len() > SHORTEST) =>
                {
                    let halved = texts.into_iter().map(half);
                    open.push((at, halved.collect()));
                }
                Err(why) => return Err(why),
            }
        }
        Ok(done.into_values().collect())
    }

    /// One request, again where that may help.
    async fn patiently(&self, texts: &[String], of: EmbedAs) -> Result<Vec<Vec<f32>>, NotMeant> {
        let mut backoff = Backoff::default();
        loop {
            match self.request(texts, of).await {
                Err(NotMeant::Model(why)) => match backoff.wait(&why, dice()) {
                    Some(wait) => tokio::time::sleep(wait).await,
                    None => return Err(NotMeant::Model(why)),
                },
                other => return other,
            }
        }
    }

    async fn request(&self, texts: &[String], of: EmbedAs) -> Result<Vec<Vec<f32>>, NotMeant> {
        let sent = texts.iter().map(|text| Tokens::estimate(text)).sum();
        self.admit(sent)?;
        let route = &self.route;
        let mut tab = self.meter.open(None, route, sent, Some(Tokens(0)))?;
        let found = self.client.embed(&route.endpoint, &route.model, texts, of).await;
        if let Ok(found) = &found {
            tab.heard(&Delta::Usage(found.usage));
            tab.heard(&Delta::Finish(Finish::Stop));
        }
        let (bill, _) = tab.close(&found.as_ref().map(|_| ()).map_err(Failure::clone));
        *self.spent.lock().unwrap_or_else(PoisonError::into_inner) += bill;
        Ok(found?.vectors)
    }

    fn admit(&self, sent: Tokens) -> Result<(), NotMeant> {
        let Some(limit) = self.rules.tokens else { return Ok(()) };
        let model = self.route.id();
        let used = self.meter.today_of(&model).map_or(Tokens(0), |bill| bill.usage.input);
        let fits = used.0.saturating_add(sent.0) <= limit.0;
        fits.then_some(()).ok_or(NotMeant::DayIsOver { model, used, limit })
    }
}

/// Might a smaller batch be taken?
fn is_of_its_size(why: &Failure) -> bool {
    is_too_long(why) || matches!(why, Failure::Refused { status: 400 | 413 | 422, .. })
}

fn is_too_long(why: &Failure) -> bool {
    matches!(why, Failure::TooLong { .. })
}

fn half(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(text.len() / 2));
    text
}

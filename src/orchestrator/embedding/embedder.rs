//! Texts in, vectors out: from a table on this machine, or from a model, in batches, metered, within the
//! day's limits, and with patience for a server that is busy. A batch that is too long for the model is halved, and a text that is, cut.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc::Sender;

use super::super::dice;
use super::super::meter::Meter;
use super::super::roles::Route;
use super::NotMeant;
use crate::model::{Bill, Delta, EmbedAs, Failure, Finish, ModelId, Money, Tokens, Usage};
use crate::provider::{Backoff, Client, Endpoint, Weights};
use crate::session::{Event, Payer};

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
    maker: Maker,
    rules: Rules,
    spent: Mutex<Bill>,
    /// Tokens of the requests under way.
    aside: AtomicU64,
    /// Who hears what each request came to.
    events: Option<Sender<Event>>,
}

#[derive(Debug)]
enum Maker {
    Asked(Asked),
    /// Under a name for people.
    Table(Weights, String),
}

/// A model at a server.
#[derive(Debug)]
struct Asked {
    client: Client,
    meter: Arc<Meter>,
    route: Route,
}

impl Embedder {
    /// Vectors by a model, which is asked for each.
    pub fn new(client: Client, meter: Arc<Meter>, route: Route, rules: Rules) -> Self {
        Self::by(Maker::Asked(Asked { client, meter, route }), rules)
    }

    /// Vectors by a table on this machine, which is called `name`.
    pub fn of_table(weights: Weights, name: String, rules: Rules) -> Self {
        Self::by(Maker::Table(weights, name), rules)
    }

    fn by(maker: Maker, rules: Rules) -> Self {
        Self { maker, rules, spent: Mutex::default(), aside: AtomicU64::new(0), events: None }
    }

    /// What each request comes to is told to `events`.
    #[must_use]
    pub fn telling(mut self, events: Sender<Event>) -> Self {
        self.events = Some(events);
        self
    }

    /// Who makes the vectors.
    pub fn id(&self) -> ModelId {
        match &self.maker {
            Maker::Asked(asked) => asked.route.id(),
            Maker::Table(_, name) => ModelId { provider: "table".to_owned(), model: name.clone() },
        }
    }

    /// Who is sent the texts; nobody, where they stay in this process.
    pub fn endpoint(&self) -> Option<&Endpoint> {
        match &self.maker {
            Maker::Asked(asked) => Some(&asked.route.endpoint),
            Maker::Table(..) => None,
        }
    }

    /// A name for everything that makes its vectors what they are: those of another name cannot be compared.
    pub fn space(&self) -> String {
        let Rules { document_prefix, query_prefix, .. } = &self.rules;
        let id = match &self.maker {
            Maker::Asked(asked) => asked.route.id().to_string(),
            Maker::Table(weights, _) => format!("table/{}", weights.digest()),
        };
        if document_prefix.is_empty() && query_prefix.is_empty() {
            return id;
        }
        format!("{id} {document_prefix:?} {query_prefix:?}")
    }

    /// What all requests of this one cost.
    pub fn spent(&self) -> Bill {
        *self.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What this model was sent today, by all of rein's processes; none of a table. Blocking, for a moment.
    pub fn today(&self) -> Option<Bill> {
        match &self.maker {
            Maker::Asked(asked) => asked.meter.today_of(&asked.route.id()),
            Maker::Table(..) => None,
        }
    }

    /// What texts of about `tokens` would cost, where that is known.
    pub fn price(&self, tokens: Tokens) -> Option<Money> {
        let Maker::Asked(asked) = &self.maker else { return None };
        let usage = Usage { input: tokens, ..Usage::default() };
        asked.route.card.price.map(|price| price.cost(&usage))
    }

    /// The vector of a text that is searched for. Asked once: whoever waits for it would rather do without.
    /// Counted for `payer`.
    ///
    /// # Errors
    /// As for [`Embedder::vectors`].
    pub async fn question(&self, text: &str, payer: Option<Payer>) -> Result<Vec<f32>, NotMeant> {
        let texts = [format!("{}{text}", self.rules.query_prefix)];
        let asked = match &self.maker {
            Maker::Asked(asked) => asked,
            Maker::Table(weights, _) => {
                return Ok(texts.iter().flat_map(|text| weights.vector(text)).collect());
            }
        };
        Ok(self.request(asked, &texts, EmbedAs::Query, payer).await?.into_iter().next().unwrap_or_default())
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
        let texts: Vec<String> = texts.into_iter().map(|text| format!("{prefix}{text}")).collect();
        let asked = match &self.maker {
            Maker::Asked(asked) => asked,
            Maker::Table(weights, _) => {
                // Whoever wants to stop it gets a turn.
                tokio::task::yield_now().await;
                return Ok(texts.iter().map(|text| weights.vector(text)).collect());
            }
        };
        let mut done: BTreeMap<usize, Vec<f32>> = BTreeMap::new();
        let mut open: Vec<(usize, Vec<String>)> = vec![(0, texts)];
        while let Some((at, mut texts)) = open.pop() {
            match self.patiently(asked, &texts, of).await {
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
    async fn patiently(
        &self,
        asked: &Asked,
        texts: &[String],
        of: EmbedAs,
    ) -> Result<Vec<Vec<f32>>, NotMeant> {
        let mut backoff = Backoff::default();
        loop {
            match self.request(asked, texts, of, None).await {
                Err(NotMeant::Model(why)) => match backoff.wait(&why, dice()) {
                    Some(wait) => tokio::time::sleep(wait).await,
                    None => return Err(NotMeant::Model(why)),
                },
                other => return other,
            }
        }
    }

    async fn request(
        &self,
        asked: &Asked,
        texts: &[String],
        of: EmbedAs,
        payer: Option<Payer>,
    ) -> Result<Vec<Vec<f32>>, NotMeant> {
        let sent = texts.iter().map(|text| Tokens::estimate(text)).sum();
        let Asked { client, meter, route } = asked;
        let _aside = self.admit(asked, sent)?;
        let mut tab = meter.open(payer, route, sent, Some(Tokens(0)))?;
        let found = client.embed(&route.endpoint, &route.model, texts, of).await;
        if let Ok(found) = &found {
            tab.heard(&Delta::Usage(found.usage));
            tab.heard(&Delta::Finish(Finish::Stop));
        }
        let (bill, today) = tab.close(&found.as_ref().map(|_| ()).map_err(Failure::clone));
        *self.spent.lock().unwrap_or_else(PoisonError::into_inner) += bill;
        if let Some(events) = self.events.as_ref().filter(|_| bill != Bill::default()) {
            let turn = payer.map(|payer| payer.turn);
            // A closed channel means that the front has left.
            let _ = events.send(Event::Metered { turn, bill, today }).await;
        }
        Ok(found?.vectors)
    }

    /// Sets the tokens aside for as long as the request runs, if the day has room for them.
    fn admit(&self, asked: &Asked, sent: Tokens) -> Result<Aside<'_>, NotMeant> {
        let before = self.aside.fetch_add(sent.0, Ordering::Relaxed);
        let aside = Aside(&self.aside, sent.0);
        let Some(limit) = self.rules.tokens else { return Ok(aside) };
        let model = asked.route.id();
        let used = asked.meter.today_of(&model).map_or(Tokens(0), |bill| bill.usage.input);
        let fits = used.0.saturating_add(before).saturating_add(sent.0) <= limit.0;
        if fits { Ok(aside) } else { Err(NotMeant::DayIsOver { model, used, limit }) }
    }
}

/// Given back when it is dropped.
struct Aside<'a>(&'a AtomicU64, u64);

impl Drop for Aside<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(self.1, Ordering::Relaxed);
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

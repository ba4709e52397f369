//! The meter: what each request used and cost, and the check before it that the most it can cost fits
//! the budget. Today's requests of all of rein's processes are counted in one file; what a request may
//! cost at most is set aside there while it runs, so that two that run at once cannot both take the
//! last of the day. Knows no server and no screen.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::dice;
use super::roles::Route;
use crate::model::{Bill, Budget, Counted, Delta, Failure, ModelId, Money, Price, Tokens, Usage};
use crate::session::{Payer, TurnId};
use crate::workspace::{Drawer, Workspace};

/// An answer without any known limit is projected to be this long.
const LONG: Tokens = Tokens(128_000);

/// A line of the day's file: set aside first, then what it was in the end.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Line {
    /// Of the request.
    id: String,
    model: String,
    /// Set aside: the most that it can cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    most: Option<Money>,
    /// What it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bill: Option<Bill>,
}

impl Line {
    fn bytes(&self) -> Option<Vec<u8>> {
        let mut line = serde_json::to_vec(self).ok()?;
        line.push(b'\n');
        Some(line)
    }
}

/// What is in the day's file. A request that never said what it was counts with all that was set aside
/// for it: a process that was killed may have spent it. A line that a crash cut off says nothing.
fn sum(file: &[u8]) -> Bill {
    sum_of(file, |_| true)
}

fn sum_of(file: &[u8], counts: impl Fn(&Line) -> bool) -> Bill {
    let lines =
        file.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice::<Line>(line).ok());
    let lines = lines.filter(counts);
    let mut requests: HashMap<String, Bill> = HashMap::new();
    for line in lines {
        let aside = |most| Bill::of(Usage::default(), Some(most));
        if let Some(bill) = line.bill.or_else(|| line.most.map(aside)) {
            requests.insert(line.id, bill);
        }
    }
    requests.into_values().sum()
}

/// Counts, and admits.
#[derive(Debug)]
pub struct Meter {
    budget: Budget,
    /// One file for each day.
    book: Drawer,
    /// By the turns of this process, requests under way with all they can cost.
    turns: Mutex<HashMap<TurnId, Money>>,
}

/// Below the state folder, for all workspaces.
const FOLDER: &str = "spent";

impl Meter {
    pub fn of(workspace: &Workspace, budget: Budget) -> Arc<Self> {
        Arc::new(Self::new(budget, workspace.common_drawer(FOLDER)))
    }

    fn new(budget: Budget, book: Drawer) -> Self {
        Self { budget, book, turns: Mutex::default() }
    }

    /// All of today's requests. Blocking.
    pub fn today(&self) -> Option<Bill> {
        self.book.read(&file_of_today()).ok().map(|file| sum(&file.unwrap_or_default()))
    }

    /// Today's requests to one model. Blocking.
    pub fn today_of(&self, model: &ModelId) -> Option<Bill> {
        let (file, model) = (self.book.read(&file_of_today()).ok()?, model.to_string());
        Some(sum_of(&file.unwrap_or_default(), |line| line.model == model))
    }

    /// Opens a tab for a request, if the most it can cost fits. Blocking, but for a moment only.
    ///
    /// # Errors
    /// [`Failure::OverBudget`].
    pub fn open(
        self: &Arc<Self>,
        payer: Option<Payer>,
        route: &Route,
        sent: Tokens,
        most_output: Option<Tokens>,
    ) -> Result<Tab, Failure> {
        let turn = payer.map(|payer| payer.turn);
        let budget = Budget { question: payer.and_then(|payer| payer.limit), ..self.budget };
        let output = most_output.or(route.card.max_output).unwrap_or(LONG);
        let most = route.card.price.map(|price| price.most(at_most(sent), output));
        let aside = most.filter(|most| *most > Money(0));
        let line =
            Line { id: format!("{:016x}", dice()), model: route.id().to_string(), most: aside, bill: None };
        let by_turn = self.of_turn(turn);
        let admitted = self.book.append(&file_of_today(), |held| {
            let admitted = budget.admit(most, by_turn, Some(sum(held).cost));
            let set_aside = aside.is_some() && admitted.is_ok();
            (line.bytes().filter(|_| set_aside), admitted)
        });
        // Without a readable count a limit for the day cannot be kept, and one for the turn can.
        let admitted = admitted.unwrap_or_else(|_| budget.admit(most, by_turn, None));
        admitted.map_err(|excess| Failure::OverBudget { model: line.model.clone(), excess })?;
        let aside = aside.unwrap_or_default();
        self.add_to_turn(turn, Money(0), aside);
        Ok(Tab {
            meter: Arc::clone(self),
            turn,
            price: route.card.price,
            line: Line { most: None, ..line },
            aside,
            sent,
            said: 0,
            usage: None,
            finished: false,
            closed: false,
        })
    }

    fn of_turn(&self, turn: Option<TurnId>) -> Money {
        let turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        turn.and_then(|turn| turns.get(&turn).copied()).unwrap_or_default()
    }

    fn add_to_turn(&self, turn: Option<TurnId>, less: Money, more: Money) {
        let Some(turn) = turn else { return };
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        let sum = turns.entry(turn).or_default();
        *sum = sum.saturating_sub(less) + more;
    }
}

/// A count of ours may be short by half, with unusual text.
fn at_most(estimate: Tokens) -> Tokens {
    Tokens(estimate.0.saturating_mul(3).div_ceil(2))
}

/// A day is one of UTC, as in `rein log`.
fn file_of_today() -> String {
    let now = jiff::Timestamp::now().to_string();
    format!("{}.jsonl", now.split('T').next().unwrap_or_default())
}

/// One request while it runs. However it ends, what it used is counted: closed in good order, or
/// dropped where nobody waits for the answer any more.
#[derive(Debug)]
pub struct Tab {
    meter: Arc<Meter>,
    turn: Option<TurnId>,
    price: Option<Price>,
    line: Line,
    aside: Money,
    sent: Tokens,
    /// Bytes of the answer so far, hidden thinking included.
    said: usize,
    usage: Option<Usage>,
    finished: bool,
    closed: bool,
}

impl Tab {
    /// A delta came.
    pub fn heard(&mut self, delta: &Delta) {
        match delta {
            Delta::Text(text) | Delta::Reasoning(text) => self.said += text.len(),
            Delta::Calling { arguments, .. } => self.said += arguments.len(),
            Delta::Usage(usage) => self.usage = Some(*usage),
            Delta::Finish(_) => self.finished = true,
            _ => {}
        }
    }

    /// What we took the request for, and what its model's provider counted.
    pub fn counted(&self) -> Option<(ModelId, Tokens, Usage)> {
        Some((self.line.model.parse().ok()?, self.sent, self.usage?))
    }

    /// The request has ended. Gives what it was, and all of today. Blocking, but for a moment only.
    pub fn close(mut self, result: &Result<(), Failure>) -> (Bill, Option<Bill>) {
        // Who refuses a request takes nothing for it.
        let nothing = result.is_err() && self.said == 0 && self.usage.is_none();
        self.settle(nothing)
    }

    fn settle(&mut self, nothing: bool) -> (Bill, Option<Bill>) {
        self.closed = true;
        let bill = if nothing { Bill::default() } else { self.bill() };
        self.meter.add_to_turn(self.turn, self.aside, bill.cost);
        let line = Line { bill: Some(bill), ..self.line.clone() };
        // A request that was nothing and had nothing set aside leaves no trace.
        let worth_a_line = !nothing || self.aside > Money(0);
        let append = |held: &[u8]| {
            let more = line.bytes().filter(|_| worth_a_line);
            let all = [held, more.as_deref().unwrap_or_default()].join(&b'\n');
            (more, sum(&all))
        };
        (bill, self.meter.book.append(&file_of_today(), append).ok())
    }

    fn bill(&self) -> Bill {
        let usage = self.usage.unwrap_or_default();
        let said = Tokens::of_bytes(self.said as u64);
        let usage = match usage.counted {
            Counted::Provider if self.finished => usage,
            // A count in mid-answer is of the beginning.
            Counted::Provider => {
                let counted = if said > usage.output { Counted::Estimated } else { Counted::Provider };
                Usage { output: usage.output.max(said), counted, ..usage }
            }
            Counted::Estimated => Usage { input: self.sent, output: said, ..Usage::default() },
        };
        Bill::of(usage, self.price.map(|price| price.cost(&usage)))
    }
}

impl Drop for Tab {
    fn drop(&mut self) {
        if !self.closed {
            self.settle(false);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::model::{Excess, Rate, Span};
    use crate::provider::{BaseUrl, Card, Endpoint, Wire};

    struct Home {
        folder: tempfile::TempDir,
    }

    impl Home {
        fn new() -> Self {
            Self { folder: tempfile::tempdir().unwrap() }
        }

        fn meter(&self, turn: Option<u64>, day: Option<u64>) -> Arc<Meter> {
            let budget = Budget { turn: turn.map(Money), day: day.map(Money), question: None };
            Arc::new(Meter::new(budget, Drawer::at(self.folder.path().join("spent"))))
        }
    }

    /// A token in or out costs a millionth of a dollar.
    fn route() -> Route {
        let rate = Rate(Money(1_000_000));
        let price = Price { input: rate, output: rate, cached: rate, cache_write: rate };
        let base = BaseUrl::parse("http://127.0.0.1:9", false).unwrap();
        Route {
            endpoint: Arc::new(Endpoint::new("it", Wire::OpenAiChat, base)),
            model: "m".into(),
            card: Card { price: Some(price), ..Card::default() },
        }
    }

    const TURN: Option<Payer> = Some(Payer { turn: TurnId(1), limit: None });

    fn open(meter: &Arc<Meter>) -> Result<Tab, Failure> {
        meter.open(TURN, &route(), Tokens(100), Some(Tokens(50)))
    }

    fn used(input: u64, output: u64) -> Delta {
        let counted = Counted::Provider;
        Delta::Usage(Usage { input: Tokens(input), output: Tokens(output), counted, ..Usage::default() })
    }

    #[test]
    fn the_days_sum_survives_a_restart() {
        let home = Home::new();
        let mut tab = open(&home.meter(None, None)).unwrap();
        tab.heard(&used(80, 20));
        tab.heard(&Delta::Finish(crate::model::Finish::Stop));
        let (bill, today) = tab.close(&Ok(()));
        assert_eq!((bill.cost, today.unwrap().cost), (Money(100), Money(100)));
        let again = home.meter(None, None).today().unwrap();
        assert_eq!((again.cost, again.requests, again.usage.input), (Money(100), 1, Tokens(80)));
    }

    #[test]
    fn what_cannot_fit_into_the_budget_is_not_sent() {
        let home = Home::new();
        // 150 tokens at most in (100, and half as many again), 50 out.
        for (turn, day, expected) in [
            (Some(200), Some(200), None),
            (Some(199), None, Some(Span::Turn)),
            (None, Some(199), Some(Span::Day)),
        ] {
            let refused = open(&home.meter(turn, day)).map(|tab| tab.close(&Ok(()))).err();
            let span = refused.map(|failure| match failure {
                Failure::OverBudget { excess, .. } => excess.span(),
                other => panic!("{other:?}"),
            });
            assert_eq!(span, expected);
            std::fs::remove_dir_all(home.folder.path().join("spent")).unwrap();
        }
    }

    #[test]
    fn requests_that_run_at_once_cannot_both_take_the_last_of_the_day() {
        let home = Home::new();
        let meters = [home.meter(None, Some(500)), home.meter(None, Some(500))];
        let opened = thread::scope(|scope| {
            let tasks: Vec<_> = (0..8)
                .map(|n| {
                    scope.spawn({
                        let meter = &meters[n % 2];
                        move || open(meter)
                    })
                })
                .collect();
            tasks.into_iter().filter_map(|task| task.join().unwrap().ok()).collect::<Vec<_>>()
        });
        assert_eq!(opened.len(), 2, "each sets 200 aside");
        drop(opened);
        assert!(
            home.meter(None, None).today().unwrap().cost < Money(400),
            "what was set aside is given back"
        );
    }

    #[test]
    fn a_process_that_was_killed_may_have_spent_all_that_it_set_aside() {
        let home = Home::new();
        std::mem::forget(open(&home.meter(None, Some(500))).unwrap());
        assert_eq!(home.meter(None, None).today().unwrap().cost, Money(200));
    }

    #[test]
    fn a_request_that_nobody_waits_for_any_more_is_counted_here_and_said_to_be() {
        let home = Home::new();
        let mut tab = open(&home.meter(None, None)).unwrap();
        tab.heard(&Delta::Text("x".repeat(70)));
        drop(tab);
        let today = home.meter(None, None).today().unwrap();
        assert_eq!((today.usage.input, today.usage.output), (Tokens(100), Tokens(20)));
        assert_eq!((today.usage.counted, today.to_string().as_str()), (Counted::Estimated, "~$0.0002"));
    }

    #[test]
    fn who_refuses_a_request_takes_nothing_for_it_and_the_turn_may_go_on() {
        let home = Home::new();
        let meter = home.meter(Some(200), None);
        let cut = Err(Failure::Cut { server: "it".into() });
        let (bill, today) = open(&meter).unwrap().close(&cut);
        assert_eq!((bill, today.unwrap().cost), (Bill::default(), Money(0)));
        let mut second = open(&meter).unwrap();
        second.heard(&used(100, 1));
        second.close(&cut);
        assert!(matches!(
            open(&meter),
            Err(Failure::OverBudget { excess: Excess::Over { span: Span::Turn, spent: Money(101), .. }, .. })
        ));
    }

    #[test]
    fn a_file_that_a_crash_cut_off_still_adds_up() {
        let whole = Line { id: "a".into(), model: "m".into(), most: Some(Money(7)), bill: None };
        let mut file = whole.bytes().unwrap();
        file.extend(b"{\"id\":\"b\",\"mo");
        assert_eq!(sum(&file).cost, Money(7));
    }
}

//! `rein apply --serve`: one request a line on stdin, one answer a line on stdout. A request that is
//! wrong is answered with what is wrong, and the next one is read.

use std::io::{BufRead, Write as _};
use std::path::PathBuf;
use std::time::Instant;

use serde::Deserialize;
use serde_json::{Value, json};

use super::desk::Desk;
use super::ops::{self, ScopeSaid};
use super::{ApplyFormat, ApplyRequest, House, line, without_a_desk};
use crate::front::{Exit, stop};

/// Longest request, in bytes: the longest document of operations, as a JSON string.
const MAX_REQUEST: usize = 2 * ops::MAX_BYTES;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    root: PathBuf,
    #[serde(default = "auto")]
    format: String,
    edit: String,
    base: Option<PathBuf>,
    scope: Option<ScopeSaid>,
    /// The file of edits that name none.
    file: Option<PathBuf>,
    /// Write nothing.
    #[serde(default)]
    check: bool,
}

fn auto() -> String {
    "auto".into()
}

/// Answers requests until there are no more.
pub fn serve() -> Exit {
    let house = match House::open() {
        Ok(house) => house,
        Err(why) => return stop(Exit::NotHere, why),
    };
    let (mut stdin, mut stdout) = (std::io::stdin().lock(), std::io::stdout().lock());
    let mut request = Vec::new();
    loop {
        request.clear();
        match next_line(&mut stdin, &mut request) {
            Ok(true) => {}
            Ok(false) => return Exit::Done,
            Err(why) => return stop(Exit::NotHere, format!("stdin cannot be read: {why}")),
        }
        if request.trim_ascii().is_empty() {
            continue;
        }
        let began = Instant::now();
        let mut answer = answer(&house, &request).unwrap_or_else(|why| without_a_desk("error", &why));
        if let Value::Object(answer) = &mut answer {
            answer.insert("ms".into(), json!(began.elapsed().as_secs_f64() * 1e3));
        }
        match stdout.write_all(&line(&answer)).and_then(|()| stdout.flush()) {
            Ok(()) => {}
            Err(why) if why.kind() == std::io::ErrorKind::BrokenPipe => return Exit::Done,
            Err(why) => return stop(Exit::NotHere, format!("the answer cannot be written: {why}")),
        }
    }
}

/// Reads a line, of which no more than [`MAX_REQUEST`] bytes are kept; false: there is none.
fn next_line(from: &mut impl BufRead, line: &mut Vec<u8>) -> std::io::Result<bool> {
    let mut any = false;
    loop {
        let seen = from.fill_buf()?;
        if seen.is_empty() {
            return Ok(any);
        }
        any = true;
        let end = seen.iter().position(|byte| *byte == b'\n');
        let taken = end.map_or(seen.len(), |end| end + 1);
        let room = (MAX_REQUEST + 1).saturating_sub(line.len());
        line.extend_from_slice(seen.get(..taken.min(room)).unwrap_or_default());
        from.consume(taken);
        if end.is_some() {
            return Ok(true);
        }
    }
}

fn answer(house: &House, request: &[u8]) -> Result<Value, String> {
    if request.len() > MAX_REQUEST {
        return Err(format!("the request is longer than {} MiB", MAX_REQUEST >> 20));
    }
    let request: Request =
        serde_json::from_slice(request).map_err(|why| format!("this is no request: {why}"))?;
    let format: ApplyFormat = request.format.parse()?;
    let mut within = request.scope.as_ref().map(ScopeSaid::meant).transpose()?;
    if format == ApplyFormat::Ops
        && let Some(said) = ops::scope(&request.edit)?
        && within.replace(said).is_some()
    {
        return Err("the scope is given twice; give it in the request or in the operations".into());
    }
    let asked = ApplyRequest {
        format,
        root: Some(request.root),
        base: request.base,
        file: request.file,
        check: request.check,
        diff: false,
        json: true,
    };
    let mut desk = Desk::open(house, &asked, within.as_ref()).map_err(|why| why.to_string())?;
    desk.take(&request.edit, format);
    let outcome = desk.finish(asked.check);
    Ok(desk.as_json(&outcome))
}

//! An error that a server reports: inside an answer, beside one, or in place of one. Servers agree on
//! no shape; this file knows those there are, and nothing of what a person is told (`refusal`'s).

use serde_json::{Value, json};

/// What was reported, as it came.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Report {
    pub kind: Value,
    pub code: Value,
    pub message: Value,
    /// The whole value that holds it.
    around: Value,
}

impl Report {
    /// The error in one value of an answer, if there is one. `name`: of the event that carried it.
    pub fn within(name: &str, value: &Value) -> Option<Self> {
        let places = [
            &value["error"],
            &value["x_groq"]["error"],
            &value["response"]["error"],
            &value["choices"][0]["error"],
        ];
        if let Some(error) = places.into_iter().find(|error| is_something(error)) {
            return Some(Self::of(error, value));
        }
        // An event, or a chunk of vLLM's, that is nothing but an error.
        let named = name == "error" || value["type"] == "error" || value["object"] == "error";
        named.then(|| Self::of(value, value))
    }

    /// The error that a body with an HTTP error status is about.
    pub fn in_place_of_an_answer(value: &Value) -> Self {
        let value = value.get(0).unwrap_or(value);
        Self::within("error", value).unwrap_or_else(|| Self::of(value, value))
    }

    /// Two answers in one stream.
    pub fn spliced() -> Self {
        let (kind, code) = (json!("protocol"), json!("spliced_message_start"));
        Self { kind, code, message: Value::Null, around: Value::Null }
    }

    fn of(error: &Value, around: &Value) -> Self {
        if let Value::String(message) = error {
            let message = json!(message);
            return Self { kind: Value::Null, code: Value::Null, message, around: around.clone() };
        }
        let own = [&error["type"], &error["status"]].into_iter().find(|kind| kind.is_string());
        // Beside the error, unless that is the type of the event.
        let event = |kind: &str| kind == "error" || kind.starts_with("response.");
        let beside = Some(&around["type"]).filter(|kind| kind.as_str().is_some_and(|kind| !event(kind)));
        let message = [&error["message"], &error["detail"]].into_iter().find(|text| !text.is_null());
        let message = message.cloned().unwrap_or_default();
        let kind = own.or(beside).cloned().unwrap_or_default();
        Self { kind, code: error["code"].clone(), message, around: around.clone() }
    }

    /// Is it an event that is called an error, rather than an error that is spelled out?
    pub fn is_bare(&self) -> bool {
        !is_something(&self.around["error"]) && self.around["response"].is_null()
    }

    /// The HTTP status that it amounts to, where it says so.
    pub fn status(&self) -> Option<u16> {
        let error = if self.around["error"].is_object() { &self.around["error"] } else { &self.around };
        let numbers = [&self.code, &error["status_code"], &error["code"], &error["status"]];
        let number =
            numbers.into_iter().find_map(Value::as_u64).and_then(|number| u16::try_from(number).ok());
        let names = [&self.kind, &self.code];
        number
            .filter(|number| (400..600).contains(number))
            .or_else(|| names.into_iter().filter_map(Value::as_str).find_map(named_status))
    }

    /// As bytes, for `refusal` to read.
    pub fn body(&self) -> Vec<u8> {
        self.around.to_string().into_bytes()
    }
}

fn is_something(error: &Value) -> bool {
    match error {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        _ => true,
    }
}

fn named_status(name: &str) -> Option<u16> {
    Some(match name {
        "overloaded_error" => 529,
        "rate_limit_error" | "rate_limit_exceeded" | "insufficient_quota" | "RESOURCE_EXHAUSTED" => 429,
        "authentication_error" | "invalid_api_key" | "UNAUTHENTICATED" => 401,
        "permission_error" | "PERMISSION_DENIED" => 403,
        "not_found_error" | "model_not_found" | "NOT_FOUND" => 404,
        "request_too_large" | "context_length_exceeded" => 413,
        "invalid_request_error" | "INVALID_ARGUMENT" => 400,
        "api_error" | "server_error" | "INTERNAL" => 500,
        "UNAVAILABLE" => 503,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn within(value: Value) -> Option<(Value, Value, Value)> {
        Report::within("", &value).map(|report| (report.kind, report.code, report.message))
    }

    #[test]
    fn each_shape_of_error_is_found_and_nothing_else_is_one() {
        let nothing = Value::Null;
        for (value, kind, code, message) in [
            (json!({"error": "no"}), nothing.clone(), nothing.clone(), json!("no")),
            (json!({"error": {"type": "a", "code": 1, "message": "no"}}), json!("a"), json!(1), json!("no")),
            (json!({"error": {"status": "S", "message": "no"}}), json!("S"), nothing.clone(), json!("no")),
            (json!({"type": "b", "error": {"message": "no"}}), json!("b"), nothing.clone(), json!("no")),
            (
                json!({"type": "response.failed", "response": {"error": {"code": "c", "message": "no"}}}),
                nothing.clone(),
                json!("c"),
                json!("no"),
            ),
            (json!({"x_groq": {"error": "no"}}), nothing.clone(), nothing.clone(), json!("no")),
            (json!({"type": "error", "message": "no"}), json!("error"), nothing.clone(), json!("no")),
        ] {
            assert_eq!(within(value.clone()), Some((kind, code, message)), "{value}");
        }
        for fine in
            [json!({"error": null}), json!({"error": ""}), json!({"error": {}}), json!({"choices": []})]
        {
            assert_eq!(within(fine.clone()), None, "{fine}");
        }
    }

    #[test]
    fn a_body_that_stands_for_an_error_is_one_whatever_its_shape() {
        let message = |value: Value| Report::in_place_of_an_answer(&value).message;
        assert_eq!(message(json!({"detail": "no"})), "no");
        assert_eq!(message(json!({"message": "no", "type": "t", "code": "1500"})), "no");
        assert_eq!(message(json!([{"error": {"message": "no"}}])), "no");
        assert_eq!(message(json!(null)), Value::Null);
    }
}

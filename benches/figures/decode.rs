//! A streamed answer of 1 MB, as real servers frame it, in pieces as a socket gives them: from bytes to
//! the whole result. And what a thousand deltas cost.

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use rein::provider::{Response, Wire, decode};

const ANSWER: usize = 1 << 20;
const PIECE: usize = 16 << 10;

/// The words of an answer, a token in each event.
const WORDS: [&str; 8] = ["fn", " main", "()", " {\\n", "    let", " größe", " =", " 17;\\n"];

fn chat(word: &str) -> String {
    format!(
        "data: {{\"id\":\"chatcmpl-Bq3fXw0rYbK2c8Yt1mZ5uJv7dQeLh\",\"object\":\"chat.completion.chunk\",\"created\":1764061234,\"model\":\"gpt-4o-mini-2024-07-18\",\"service_tier\":\"default\",\"system_fingerprint\":\"fp_560af6e559\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{word}\"}},\"logprobs\":null,\"finish_reason\":null}}],\"obfuscation\":\"aB3dE\"}}\n\n"
    )
}

fn anthropic(word: &str) -> String {
    format!(
        "event: content_block_delta\ndata: {{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{{\"type\":\"text_delta\",\"text\":\"{word}\"}}}}\n\n"
    )
}

fn responses(word: &str) -> String {
    format!(
        "event: response.output_text.delta\ndata: {{\"type\":\"response.output_text.delta\",\"sequence_number\":41,\"item_id\":\"msg_68c1a2b3c4d5e6f7\",\"output_index\":0,\"content_index\":0,\"delta\":\"{word}\",\"logprobs\":[],\"obfuscation\":\"aB3dE\"}}\n\n"
    )
}

fn gemini(word: &str) -> String {
    format!(
        "data: {{\"candidates\": [{{\"content\": {{\"parts\": [{{\"text\": \"{word}\"}}],\"role\": \"model\"}},\"index\": 0}}],\"usageMetadata\": {{\"promptTokenCount\": 8,\"totalTokenCount\": 8}},\"modelVersion\": \"gemini-2.5-flash\",\"responseId\": \"abcdefgh\"}}\r\n\r\n"
    )
}

fn ollama(word: &str) -> String {
    format!(
        "{{\"model\":\"qwen3-coder:30b\",\"created_at\":\"2026-11-25T09:00:00.123456789Z\",\"message\":{{\"role\":\"assistant\",\"content\":\"{word}\"}},\"done\":false}}\n"
    )
}

fn stream(event: Event, bytes: usize) -> (String, usize) {
    let mut stream = String::new();
    let mut events = 0;
    for word in WORDS.iter().cycle() {
        if stream.len() >= bytes {
            break;
        }
        stream.push_str(&event(word));
        events += 1;
    }
    (stream, events)
}

fn read(wire: Wire, body: &str) -> usize {
    let response = Response { wire, status: 200, content_type: "" };
    decode(response, body.as_bytes().chunks(PIECE)).text().len()
}

/// One event with this word in it, as JSON has it.
type Event = fn(&str) -> String;

const WIRES: [(Wire, Event); 5] = [
    (Wire::OpenAiChat, chat),
    (Wire::OpenAiResponses, responses),
    (Wire::Anthropic, anthropic),
    (Wire::Gemini, gemini),
    (Wire::Ollama, ollama),
];

fn events(wire: Wire) -> Event {
    WIRES.into_iter().find(|(known, _)| *known == wire).map(|(_, event)| event).unwrap()
}

#[divan::bench(args = WIRES.map(|(wire, _)| wire))]
fn a_megabyte(bencher: Bencher<'_, '_>, wire: &Wire) {
    let (body, count) = stream(events(*wire), ANSWER);
    assert!(read(*wire, &body) >= count);
    bencher.counter(BytesCount::of_str(&body)).bench(|| read(*wire, divan::black_box(&body)));
}

#[divan::bench(args = WIRES.map(|(wire, _)| wire))]
fn a_thousand_deltas(bencher: Bencher<'_, '_>, wire: &Wire) {
    let body: String = WORDS.iter().cycle().take(1000).map(|word| events(*wire)(word)).collect();
    bencher.counter(ItemsCount::new(1000_usize)).bench(|| read(*wire, divan::black_box(&body)));
}

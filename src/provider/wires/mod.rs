//! The wire formats, one per file. A new wire is a file here and a line in [`super::wire::Wire`].

pub(super) mod anthropic;
pub(super) mod gemini;
pub(super) mod llamacpp_infill;
pub(super) mod mistral_fim;
pub(super) mod ollama;
pub(super) mod openai_chat;
pub(super) mod openai_completions;
pub(super) mod openai_responses;
pub(super) mod voyage;

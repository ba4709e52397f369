//! `rein models`: what there is to know about the models and the servers behind them.

mod decode;

pub use decode::{DecodeRequest, decode};

//! What is said to models.
pub mod dialect;

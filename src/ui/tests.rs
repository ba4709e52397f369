//! The screen as a user meets it: keys in, pictures out.

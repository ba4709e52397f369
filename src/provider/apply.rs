//! How an apply model is asked to work a sketched change into a text, and its answer taken out of what
//! it wraps it in. One convention serves the family: three tags in one message of a conversation.
//! Whether the merged text is right is not known here.

use crate::model::{Ask, Merge, Message};

/// The request of a merge: nothing is sent to an apply model that is not in here.
pub fn ask(merge: &Merge) -> Ask {
    let Merge { instruction, code, update } = merge;
    let said =
        format!("<instruction>{instruction}</instruction>\n<code>{code}</code>\n<update>{update}</update>");
    Ask { messages: vec![Message::user(said)], max_output: Some(merge.max_output()), ..Ask::default() }
}

/// The merged text in a reply. Some models put it into a tag, some into a fence; a text that begins
/// with a fence of its own is left alone.
pub(super) fn text<'a>(reply: &'a str, merge: &Merge) -> &'a str {
    let tagged = between(reply, "<updated-code>", "</updated-code>");
    let fenced = || (!merge.code.starts_with("```")).then(|| unfenced(reply)).flatten();
    tagged.or_else(fenced).unwrap_or(reply)
}

fn between<'a>(reply: &'a str, open: &str, close: &str) -> Option<&'a str> {
    let inside = reply.trim().strip_prefix(open)?.strip_suffix(close)?;
    Some(inside.strip_prefix('\n').unwrap_or(inside))
}

/// What is in a fence around the whole of a reply, with its last line break.
fn unfenced(reply: &str) -> Option<&str> {
    let (_, inside) = reply.trim().strip_prefix("```")?.split_once('\n')?;
    let inside = inside.strip_suffix("```")?;
    (inside.is_empty() || inside.ends_with('\n')).then_some(inside)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Tokens;

    fn merge(code: &str) -> Merge {
        Merge { instruction: "add b".into(), code: code.into(), update: "// ...\nb\n".into() }
    }

    #[test]
    fn a_merge_is_three_tags_with_room_for_the_whole_text() {
        let ask = ask(&merge(&"a\n".repeat(1000)));
        let said = &ask.messages[0].text;
        assert!(said.starts_with("<instruction>add b</instruction>\n<code>a\na\n"));
        assert!(said.ends_with("</code>\n<update>// ...\nb\n</update>"));
        assert!(ask.max_output > Some(Tokens(1000)));
    }

    #[test]
    fn what_a_model_wraps_its_text_in_is_taken_off_and_nothing_else() {
        for (reply, expected) in [
            ("a\nb\n", "a\nb\n"),
            ("```rust\na\nb\n```\n", "a\nb\n"),
            ("<updated-code>\na\nb\n</updated-code>", "a\nb\n"),
            ("here:\n```\na\n```", "here:\n```\na\n```"),
            ("```a\nb", "```a\nb"),
        ] {
            assert_eq!(text(reply, &merge("a\n")), expected);
        }
        assert_eq!(text("```\na\n```\n", &merge("```\na\n```\n")), "```\na\n```\n");
    }
}

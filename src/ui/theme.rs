//! Colours. The only file that names one: everything else asks for a [`Paint`]. Nothing on screen
//! needs colour to be understood; without it marks, signs and bold carry the meaning.

use ratatui::style::{Color, Modifier, Style};

use crate::text::highlight::Class;

/// What the terminal can show.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Depth {
    /// `NO_COLOR`, `TERM=dumb`.
    None,
    Ansi16,
    Indexed256,
    True,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ground {
    Dark,
    Light,
}

/// A look: how many colours on which ground.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Theme {
    pub depth: Depth,
    pub ground: Ground,
}

/// What a piece of the screen means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Paint {
    Text,
    Dim,
    Title,
    Gutter,
    GutterHere,
    Added,
    AddedWord,
    Removed,
    RemovedWord,
    Settled,
    Selection,
    Match,
    Mark,
    /// What is an error, where it stands.
    Wrong,
    /// What is warned of.
    Doubtful,
    Ghost,
    Bar,
    BarKey,
    Notch,
    NotchOn,
    Prompt,
    Good,
    Warn,
    Bad,
    Syntax(Class),
}

impl Theme {
    pub fn style(self, paint: Paint) -> Style {
        match self.depth {
            Depth::None => plain(paint),
            Depth::Ansi16 => ansi(paint),
            Depth::Indexed256 | Depth::True => self.rich(paint),
        }
    }

    fn rich(self, paint: Paint) -> Style {
        let dark = self.ground == Ground::Dark;
        let pick = |on_dark: (u8, u8, u8), on_light: (u8, u8, u8)| {
            self.colour(if dark { on_dark } else { on_light })
        };
        let style = Style::new();
        match paint {
            Paint::Added => style.bg(pick((18, 52, 30), (218, 247, 224))),
            Paint::AddedWord => style.bg(pick((28, 96, 52), (158, 228, 176))),
            Paint::Removed => style.bg(pick((64, 22, 26), (255, 226, 224))),
            Paint::RemovedWord => style.bg(pick((122, 36, 42), (250, 178, 174))),
            Paint::Settled => style.bg(pick((34, 38, 46), (234, 237, 242))),
            Paint::Selection => style.bg(pick((48, 62, 92), (200, 216, 246))),
            Paint::Match => style.bg(pick((94, 78, 20), (250, 230, 150))),
            Paint::Gutter => style.fg(pick((92, 99, 112), (160, 166, 178))),
            Paint::GutterHere => style.fg(pick((200, 205, 215), (60, 66, 78))),
            Paint::Dim | Paint::Ghost => style.fg(pick((128, 136, 150), (118, 126, 140))),
            Paint::Bar => {
                style.fg(pick((206, 212, 222), (52, 58, 70))).bg(pick((36, 40, 50), (228, 232, 240)))
            }
            Paint::BarKey => {
                style.fg(pick((250, 204, 110), (150, 90, 0))).bg(pick((36, 40, 50), (228, 232, 240)))
            }
            Paint::Notch => style.fg(pick((128, 136, 150), (118, 126, 140))),
            Paint::NotchOn => style
                .fg(pick((20, 24, 30), (255, 255, 255)))
                .bg(pick((250, 204, 110), (150, 90, 0)))
                .add_modifier(Modifier::BOLD),
            Paint::Prompt => style.fg(pick((250, 204, 110), (150, 90, 0))).add_modifier(Modifier::BOLD),
            Paint::Title => style.add_modifier(Modifier::BOLD),
            Paint::Good => style.fg(pick((120, 210, 140), (20, 120, 50))),
            Paint::Warn => style.fg(pick((240, 190, 90), (150, 90, 0))),
            Paint::Bad => style.fg(pick((244, 120, 116), (186, 30, 36))),
            Paint::Mark => style.fg(pick((255, 150, 120), (190, 50, 20))).add_modifier(Modifier::REVERSED),
            Paint::Wrong => underlined(style).fg(pick((244, 120, 116), (186, 30, 36))),
            Paint::Doubtful => underlined(style),
            Paint::Text => style,
            Paint::Syntax(class) => self.syntax(class, pick),
        }
    }

    fn syntax(self, class: Class, pick: impl Fn((u8, u8, u8), (u8, u8, u8)) -> Color) -> Style {
        let style = Style::new();
        match class {
            Class::Keyword => style.fg(pick((198, 146, 234), (128, 40, 170))),
            Class::Function => style.fg(pick((130, 170, 255), (30, 80, 190))),
            Class::Type | Class::Tag => style.fg(pick((240, 200, 120), (140, 90, 0))),
            Class::String => style.fg(pick((150, 200, 130), (40, 110, 30))),
            Class::Number | Class::Constant => style.fg(pick((244, 150, 110), (170, 70, 10))),
            Class::Comment => style.fg(pick((118, 128, 144), (120, 128, 142))).add_modifier(Modifier::ITALIC),
            Class::Property => style.fg(pick((140, 200, 220), (0, 100, 130))),
            Class::Heading => style.fg(pick((130, 170, 255), (30, 80, 190))).add_modifier(Modifier::BOLD),
            Class::Operator | Class::Punctuation => style.fg(pick((168, 176, 190), (84, 92, 106))),
        }
    }

    fn colour(self, (r, g, b): (u8, u8, u8)) -> Color {
        match self.depth {
            Depth::True => Color::Rgb(r, g, b),
            _ => Color::Indexed(cube(r, g, b)),
        }
    }
}

/// Without a colour of its own: terminals that do not know of one take its numbers for other attributes.
fn underlined(style: Style) -> Style {
    style.add_modifier(Modifier::UNDERLINED)
}

/// The nearest colour of xterm's 6×6×6 cube or grey ramp.
fn cube(r: u8, g: u8, b: u8) -> u8 {
    let (low, high) = (r.min(g).min(b), r.max(g).max(b));
    if high - low < 14 {
        let grey = (u16::from(r) + u16::from(g) + u16::from(b)) / 3;
        return match grey {
            0..8 => 16,
            238.. => 231,
            _ => 232 + u8::try_from((grey - 8) / 10).unwrap_or(23).min(23),
        };
    }
    let level = |c: u8| match c {
        0..48 => 0,
        48..115 => 1,
        _ => (c - 35) / 40,
    };
    16 + 36 * level(r) + 6 * level(g) + level(b)
}

fn ansi(paint: Paint) -> Style {
    let style = Style::new();
    match paint {
        Paint::Added => style.fg(Color::Green),
        Paint::AddedWord => style.fg(Color::Green).add_modifier(Modifier::BOLD | Modifier::UNDERLINED),
        Paint::Removed => style.fg(Color::Red),
        Paint::RemovedWord => style.fg(Color::Red).add_modifier(Modifier::BOLD | Modifier::UNDERLINED),
        Paint::Gutter | Paint::Dim | Paint::Ghost | Paint::Notch | Paint::Settled => {
            style.fg(Color::DarkGray)
        }
        Paint::Selection | Paint::Mark | Paint::NotchOn => style.add_modifier(Modifier::REVERSED),
        Paint::Match => style.fg(Color::Yellow).add_modifier(Modifier::REVERSED),
        Paint::Title | Paint::GutterHere => style.add_modifier(Modifier::BOLD),
        Paint::Prompt | Paint::Warn | Paint::BarKey => style.fg(Color::Yellow),
        Paint::Good => style.fg(Color::Green),
        Paint::Bad => style.fg(Color::Red),
        Paint::Wrong => underlined(style).fg(Color::Red),
        Paint::Doubtful => underlined(style),
        Paint::Text | Paint::Bar => style,
        Paint::Syntax(Class::Keyword) => style.fg(Color::Magenta),
        Paint::Syntax(Class::String) => style.fg(Color::Green),
        Paint::Syntax(Class::Comment) => style.fg(Color::DarkGray),
        Paint::Syntax(Class::Function | Class::Heading) => style.fg(Color::Blue),
        Paint::Syntax(Class::Type | Class::Tag) => style.fg(Color::Yellow),
        Paint::Syntax(Class::Number | Class::Constant | Class::Property) => style.fg(Color::Cyan),
        Paint::Syntax(Class::Operator | Class::Punctuation) => style,
    }
}

fn plain(paint: Paint) -> Style {
    let style = Style::new();
    match paint {
        Paint::Title | Paint::GutterHere | Paint::Prompt | Paint::Bad | Paint::Warn => {
            style.add_modifier(Modifier::BOLD)
        }
        Paint::Added | Paint::AddedWord => style.add_modifier(Modifier::BOLD),
        Paint::RemovedWord | Paint::Wrong | Paint::Doubtful => underlined(style),
        Paint::Selection | Paint::NotchOn | Paint::Mark | Paint::Match => {
            style.add_modifier(Modifier::REVERSED)
        }
        Paint::Ghost | Paint::Gutter | Paint::Dim | Paint::Removed | Paint::Settled => {
            style.add_modifier(Modifier::DIM)
        }
        _ => style,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Paint; 24] = [
        Paint::Text,
        Paint::Dim,
        Paint::Title,
        Paint::Gutter,
        Paint::GutterHere,
        Paint::Added,
        Paint::AddedWord,
        Paint::Removed,
        Paint::RemovedWord,
        Paint::Settled,
        Paint::Selection,
        Paint::Match,
        Paint::Mark,
        Paint::Wrong,
        Paint::Doubtful,
        Paint::Ghost,
        Paint::Bar,
        Paint::BarKey,
        Paint::Notch,
        Paint::NotchOn,
        Paint::Prompt,
        Paint::Good,
        Paint::Warn,
        Paint::Bad,
    ];

    #[test]
    fn without_colour_no_style_has_one() {
        let theme = Theme { depth: Depth::None, ground: Ground::Dark };
        for paint in ALL {
            let style = theme.style(paint);
            assert_eq!((style.fg, style.bg), (None, None), "{paint:?}");
        }
    }

    #[test]
    fn added_and_removed_differ_in_every_look() {
        for depth in [Depth::None, Depth::Ansi16, Depth::Indexed256, Depth::True] {
            for ground in [Ground::Dark, Ground::Light] {
                let theme = Theme { depth, ground };
                assert_ne!(theme.style(Paint::Added), theme.style(Paint::Removed), "{theme:?}");
                assert_ne!(theme.style(Paint::NotchOn), theme.style(Paint::Notch), "{theme:?}");
            }
        }
    }

    #[test]
    fn the_cube_keeps_hue() {
        assert_eq!(cube(0, 0, 0), 16);
        assert_eq!(cube(255, 255, 255), 231);
        assert_eq!(cube(255, 0, 0), 196);
        assert_eq!(cube(0, 255, 0), 46);
    }
}

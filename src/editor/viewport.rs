//! The part of a text that is on screen. Rows are those of [`super::Placed`], columns those of the
//! screen.

/// Rows kept in sight above and below the cursor.
const MARGIN: usize = 3;
/// Columns kept in sight before and behind the cursor.
const SIDE_MARGIN: usize = 5;

/// A window on rows and columns, all counted from 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Viewport {
    pub top_row: usize,
    pub left_col: usize,
    pub height: usize,
    pub width: usize,
}

impl Viewport {
    /// Scrolls no further than it must to show the cursor with a margin, in a text of `total` rows.
    pub fn follow(&mut self, row: usize, column: usize, total: usize) {
        self.top_row = followed(self.top_row, self.height, row, MARGIN);
        self.top_row = self.top_row.min(total.saturating_sub(self.height));
        self.left_col = followed(self.left_col, self.width, column, SIDE_MARGIN);
    }

    /// Scrolls by some rows, down when positive; the last row stays in sight.
    pub fn scroll(&mut self, rows: isize, total: usize) {
        self.top_row = self.top_row.saturating_add_signed(rows).min(total.saturating_sub(1));
    }

    /// Puts a row into the middle, as jumps do.
    pub fn center(&mut self, row: usize, total: usize) {
        let last = total.saturating_sub(self.height);
        self.top_row = row.saturating_sub(self.height / 2).min(last);
    }

    /// The row nearest to `row` that is in sight with a margin: where the cursor goes when the window
    /// is scrolled away from it.
    pub fn nearest(&self, row: usize, total: usize) -> usize {
        let margin = MARGIN.min(self.height.saturating_sub(1) / 2);
        let first = if self.top_row == 0 { 0 } else { self.top_row + margin };
        let end = self.top_row + self.height;
        let last = if end >= total { total.saturating_sub(1) } else { end.saturating_sub(1 + margin) };
        row.clamp(first.min(last), last)
    }

    pub fn rows(&self) -> std::ops::Range<usize> {
        self.top_row..self.top_row.saturating_add(self.height)
    }
}

fn followed(start: usize, len: usize, at: usize, margin: usize) -> usize {
    let margin = margin.min(len.saturating_sub(1) / 2);
    let least = (at + margin + 1).saturating_sub(len);
    let most = at.saturating_sub(margin);
    start.clamp(least.min(most), most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn view(top_row: usize, height: usize) -> Viewport {
        Viewport { top_row, height, width: 20, left_col: 0 }
    }

    fn top(top_row: usize, row: usize) -> usize {
        let mut view = view(top_row, 10);
        view.follow(row, 0, 100);
        view.top_row
    }

    #[test]
    fn it_moves_no_further_than_it_must() {
        assert_eq!((top(0, 6), top(0, 7), top(0, 50)), (0, 1, 44));
        assert_eq!((top(20, 23), top(20, 22), top(20, 0)), (20, 19, 0));
        assert_eq!(top(0, 99), 90);
    }

    #[test]
    fn a_click_wheel_keeps_the_cursor_in_sight() {
        let mut view = view(0, 10);
        view.scroll(20, 100);
        assert_eq!((view.top_row, view.nearest(5, 100)), (20, 23));
        view.scroll(-99, 100);
        assert_eq!((view.top_row, view.nearest(23, 100)), (0, 6));
    }

    proptest! {
        #[test]
        fn the_cursor_is_always_in_sight(
            top in 0usize..200, left in 0usize..200, height in 1usize..20, width in 1usize..20,
            total in 1usize..100, at in 0usize..100, column in 0usize..100,
        ) {
            let row = at % total;
            let mut view = Viewport { top_row: top, left_col: left, height, width };
            view.follow(row, column, total);
            prop_assert!(view.rows().contains(&row));
            prop_assert!((view.left_col..view.left_col + width).contains(&column));
            prop_assert!(view.nearest(row, total) < total);
        }
    }
}

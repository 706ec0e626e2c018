//! Where a line of YAML belongs, told by its indentation: the text may be half written.

/// Where something is being written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Place {
    /// Keys from the top, with `-` for an item of a list.
    pub(super) path: Vec<String>,
    /// The key whose value is being written; `None` for a key.
    pub(super) value_of: Option<String>,
}

impl Place {
    /// The keys, with the one whose value is written.
    pub(super) fn whole(&self) -> Vec<&str> {
        self.path.iter().chain(&self.value_of).map(String::as_str).collect()
    }
}

/// The place at the end of the last of these lines, which is cut at the cursor.
pub(super) fn place(lines: &[&str]) -> Place {
    let Some((own, above)) = lines.split_last() else { return Place::default() };
    let own = Line::new(own);
    let mut climb = Climb { column: own.column, list: false, path: Vec::new() };
    let value_of = own.key.map(ToOwned::to_owned);
    climb.dashes(&own);
    for line in above.iter().rev() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        if line.starts_with("---") || (climb.column == 0 && !climb.list) {
            break;
        }
        climb.line(&Line::new(line));
    }
    climb.path.reverse();
    Place { path: climb.path, value_of }
}

/// One line: `  - - key: value`.
struct Line<'t> {
    /// The columns of its dashes.
    dashes: Vec<usize>,
    /// Where its text begins, after them.
    column: usize,
    /// What stands before a colon.
    key: Option<&'t str>,
    /// Nothing but a comment or an anchor follows the colon.
    opens: bool,
}

impl<'t> Line<'t> {
    fn new(line: &'t str) -> Self {
        let mut dashes = Vec::new();
        let mut column = line.len() - line.trim_start_matches(' ').len();
        while line[column..].starts_with("- ") || &line[column..] == "-" {
            dashes.push(column);
            let rest = &line[column + 1..];
            column += 1 + (rest.len() - rest.trim_start_matches(' ').len());
        }
        let text = &line[column..];
        let split = text.split_once(": ").or_else(|| Some((text.strip_suffix(':')?, "")));
        let (key, value) = split.unwrap_or(("", ""));
        let key = key.trim().trim_matches(['"', '\'']);
        let is_key = !key.is_empty() && !key.starts_with(['#', '{', '[']);
        let value = value.trim();
        Self {
            dashes,
            column,
            key: is_key.then_some(key),
            opens: value.is_empty() || value.starts_with(['#', '&']),
        }
    }
}

/// The way up, line by line.
struct Climb {
    /// What is looked for stands to the left of this column.
    column: usize,
    /// Or in it, for the dashes of a list may stand below their key.
    list: bool,
    /// From the innermost.
    path: Vec<String>,
}

impl Climb {
    fn line(&mut self, line: &Line<'_>) {
        let is_left = line.column < self.column || (self.list && line.column == self.column);
        if let Some(key) = line.key.filter(|_| is_left && line.opens) {
            self.path.push(key.to_owned());
            (self.column, self.list) = (line.column, false);
        }
        if line.column <= self.column {
            self.dashes(line);
        }
    }

    fn dashes(&mut self, line: &Line<'_>) {
        for &dash in line.dashes.iter().rev() {
            if dash < self.column || (dash == self.column && !self.list) {
                self.path.push("-".to_owned());
                (self.column, self.list) = (dash, true);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> String {
        let place = place(&text.split('\n').collect::<Vec<_>>());
        let value = place.value_of.map(|key| format!(" = {key}")).unwrap_or_default();
        place.path.join(".") + &value
    }

    #[test]
    fn a_key_belongs_to_what_is_further_left() {
        assert_eq!(at("a:\n  b: 1\n  c:\n    d: 1\n  "), "a");
        assert_eq!(at("a:\n  b:\n\n    # why\n    x"), "a.b");
        assert_eq!(at("a: 1\nx"), "");
        assert_eq!(at("a:\n  b: "), "a = b");
        assert_eq!(at("a: 1\n---\n  x"), "");
    }

    #[test]
    fn an_item_belongs_to_its_list() {
        assert_eq!(at("a:\n  - b: 1\n    x"), "a.-");
        assert_eq!(at("a:\n- b: 1\n  x"), "a.-");
        assert_eq!(at("a:\n  - b: 1\n  - x"), "a.-");
        assert_eq!(at("a:\n  - b:\n      - c: 1\n        x"), "a.-.b.-");
        assert_eq!(at("a:\n- b: 1\nx"), "");
        assert_eq!(
            at("spec:\n  containers:\n    - name: a\n      ports:\n        - "),
            "spec.containers.-.ports.-"
        );
    }
}

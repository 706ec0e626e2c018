//! A unified diff for people.

use super::escape;

/// A diff for a terminal: without control characters, and in colour as git has it.
///
/// It is for reading; `git apply` takes the diff as it was.
pub(crate) fn for_terminal(diff: &str, color: bool) -> String {
    let lines = diff.split_inclusive('\n');
    lines.fold(String::with_capacity(diff.len()), |mut shown, line| {
        let (text, end) = match line.strip_suffix('\n') {
            Some(text) => (text.strip_suffix('\r').unwrap_or(text), "\n"),
            None => (line, ""),
        };
        let (on, off) = if color { colors(text) } else { ("", "") };
        shown.extend([on, &*escape::line(text), off, end]);
        shown
    })
}

/// What switches a line's colour on and off.
fn colors(line: &str) -> (&'static str, &'static str) {
    // A document marker that is removed is `----`.
    let is_name = line.starts_with("--- a/") || line.starts_with("+++ b/");
    let on = match line.bytes().next() {
        _ if is_name => "\u{1b}[1m",
        Some(b'-') => "\u{1b}[31m",
        Some(b'+') => "\u{1b}[32m",
        Some(b'@') => "\u{1b}[36m",
        _ => return ("", ""),
    };
    (on, "\u{1b}[m")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diff_is_in_gits_colours_and_cannot_control_the_terminal() {
        let diff =
            "--- a/x.yaml\n+++ b/x.yaml\n@@ -1,2 +1 @@\n----\n-a: \u{1b}[2J\r\n+a: 1\n b: 2\r\n";
        let lines = [
            ("\u{1b}[1m", "--- a/x.yaml"),
            ("\u{1b}[1m", "+++ b/x.yaml"),
            ("\u{1b}[36m", "@@ -1,2 +1 @@"),
            ("\u{1b}[31m", "----"),
            ("\u{1b}[31m", "-a: \\u{1b}[2J"),
            ("\u{1b}[32m", "+a: 1"),
        ];
        let colored: String =
            lines.iter().map(|(on, line)| format!("{on}{line}\u{1b}[m\n")).collect();
        assert_eq!(for_terminal(diff, true), colored + " b: 2\n");
        let plain: String = lines.iter().map(|(_, line)| format!("{line}\n")).collect();
        assert_eq!(for_terminal(diff, false), plain + " b: 2\n");
    }
}

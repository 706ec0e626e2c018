//! Code actions: what can be done about findings.

use std::collections::BTreeSet;
use std::sync::Arc;

use gen_lsp_types as lsp;

use super::capability::OPEN;
use super::diagnostics::Texts;
use super::edit::Edits;
use super::view::View;
use super::{proof, setting};
use crate::config::FILE_NAMES;
use crate::finding::{Applicability, Severity};
use crate::lint::silence;
use crate::report::model::Entry;

/// The placeholder for the reason in a new suppression.
const REASON: &str = "FIXME say why";

/// The actions for the findings in a range, or in the whole document if the client asks for `source.fixAll`.
pub(super) fn actions(view: &View<'_>, params: &lsp::CodeActionParams) -> Vec<lsp::CodeAction> {
    let own = view.found.iter().filter(|entry| entry.location.file == view.shown);
    let (texts, own) = (Texts::new(&view.snapshot), own.cloned().collect());
    let mut actions = Actions { view, texts, own, made: Vec::new() };
    let wants = |kind: &str| {
        let only = params.context.only.as_deref();
        only.is_none_or(|only| only.iter().any(|asked| covers(&String::from(asked.clone()), kind)))
    };
    if wants("quickfix") {
        let at = actions.at(params.range);
        let fixable = at.iter().filter(|entry| entry.fix.is_some());
        let rules: BTreeSet<String> = fixable.map(|entry| entry.rule.clone()).collect();
        actions.prove(|entry| rules.contains(&entry.rule));
        let found = actions.at(params.range);
        // Fixes come first, suppressions after them.
        for offer in [
            Actions::fix,
            Actions::fix_all_of,
            Actions::suppress,
            Actions::weigh,
            Actions::open_page,
        ] {
            for entry in &found {
                offer(&mut actions, entry);
            }
        }
    }
    if params.context.only.is_some() && wants("source.fixAll") {
        actions.prove(|_| true);
        actions.fix_everything();
    }
    actions.made
}

/// Whether a requested kind includes another, as `source` includes `source.fixAll`.
fn covers(asked: &str, kind: &str) -> bool {
    let below = |long: &str, short: &str| {
        long.strip_prefix(short).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    asked.is_empty() || below(kind, asked) || below(asked, kind)
}

struct Actions<'a, 'w> {
    view: &'a View<'w>,
    texts: Texts<'a>,
    /// The findings in the document.
    own: Vec<Entry>,
    made: Vec<lsp::CodeAction>,
}

impl Actions<'_, '_> {
    /// The findings in the document that overlap a range.
    fn at(&self, range: lsp::Range) -> Vec<Entry> {
        let text = &self.view.document.text;
        let encoding = self.view.editor.encoding;
        let (from, to) = (text.offset(range.start, encoding), text.offset(range.end, encoding));
        let touched = |entry: &&Entry| {
            let start = text.offset_of(entry.location.start);
            let end = text.offset_of(entry.location.end);
            start <= to && from <= end
        };
        self.own.iter().filter(touched).cloned().collect()
    }

    /// Tries the fixes of some findings, and removes those that do not help.
    fn prove(&mut self, wanted: impl Fn(&Entry) -> bool) {
        let is_wanted = |entry: &Entry| entry.fix.is_some() && wanted(entry);
        let (mut tried, rest): (Vec<Entry>, Vec<Entry>) =
            std::mem::take(&mut self.own).into_iter().partition(is_wanted);
        if !tried.is_empty() {
            proof::prove(self.view, &mut tried);
        }
        self.own = tried;
        self.own.extend(rest);
    }

    fn fix(&mut self, entry: &Entry) {
        let Some(fix) = &entry.fix else { return };
        let title = match fix.title.is_empty() {
            true => format!("Fix `{}`", entry.rule),
            false => format!("Fix `{}`: {}", entry.rule, fix.title),
        };
        let title = match fix.applicability {
            Applicability::Safe => title,
            Applicability::Unsafe => format!("{title} (may change behaviour)"),
            Applicability::Display => return,
        };
        let edits = Edits::of_fix(&fix.edits, &mut self.texts);
        let is_safe = fix.applicability == Applicability::Safe;
        let made = self.edit(title, lsp::CodeActionKind::QuickFix, Some(entry), edits);
        if let Some(made) = made.filter(|_| is_safe) {
            made.is_preferred = Some(true);
        }
    }

    fn fix_all_of(&mut self, entry: &Entry) {
        let of_rule = self.own.iter().filter(|other| other.rule == entry.rule);
        let of_rule: Vec<Entry> = of_rule.cloned().collect();
        let title = format!("Fix all `{}` in this file", entry.rule);
        if self.made.iter().any(|made| made.title == title) {
            return;
        }
        if let Some((edits, _)) = self.safe(&of_rule).filter(|(_, count)| *count > 1) {
            self.edit(title, lsp::CodeActionKind::QuickFix, None, Some(edits));
        }
    }

    fn fix_everything(&mut self) {
        let own = self.own.clone();
        if let Some((edits, _)) = self.safe(&own) {
            let title = "Apply all safe fixes of plimsoll".to_owned();
            self.edit(title, lsp::CodeActionKind::SourceFixAll, None, Some(edits));
        }
    }

    /// The edits of the safe fixes of some findings that do not overlap, and the number of these fixes.
    fn safe(&mut self, entries: &[Entry]) -> Option<(Edits, usize)> {
        let (mut all, mut count) = (Edits::default(), 0);
        for fix in entries.iter().filter_map(|entry| entry.fix.as_ref()) {
            if fix.applicability != Applicability::Safe {
                continue;
            }
            if let Some(edits) = Edits::of_fix(&fix.edits, &mut self.texts)
                && all.join(edits)
            {
                count += 1;
            }
        }
        (count > 0).then_some((all, count))
    }

    fn suppress(&mut self, entry: &Entry) {
        let text = &self.view.document.text.text;
        let read = |_: &str| Some(text.to_string());
        let Ok(made) = silence::comments(std::slice::from_ref(entry), REASON, &read) else {
            return;
        };
        let Some(new) = made.files.get(&entry.location.file) else { return };
        let edits = Edits::between(&self.view.shown, text, new);
        let title = format!("Silence `{}` here", entry.rule);
        self.edit(title, lsp::CodeActionKind::QuickFix, Some(entry), Some(edits));
    }

    /// Offers to change the severity of the rule, or to switch it off.
    fn weigh(&mut self, entry: &Entry) {
        let Some((shown, text)) = self.configuration() else { return };
        let others = [Severity::Error, Severity::Warning, Severity::Info];
        let others = others.into_iter().filter(|severity| *severity != entry.severity);
        for word in others.map(Severity::as_str).chain(["off"]) {
            let title = format!("Set `{}` to {word} in {shown}", entry.rule);
            let new = setting::with_severity(text.as_deref().unwrap_or(""), &entry.rule, word);
            if let Some(new) = new.filter(|_| !self.made.iter().any(|made| made.title == title)) {
                let edits = match &text {
                    Some(text) => Edits::between(&shown, text, &new),
                    None => Edits::new_file(&shown, &new),
                };
                self.edit(title, lsp::CodeActionKind::QuickFix, Some(entry), Some(edits));
            }
        }
    }

    /// The path and the text of the configuration. If there is none, the path of a new one at the top of the folder, without
    /// a text, if the client can create files.
    fn configuration(&mut self) -> Option<(String, Option<Arc<str>>)> {
        if let Some(file) = &self.view.snapshot.settings.config.file {
            let shown = crate::project::shown(&file.path);
            let text = Arc::clone(&self.texts.get(&shown)?.text);
            return Some((shown, Some(text)));
        }
        let folder = self.view.session.root();
        (self.view.client.creates && folder.is_dir())
            .then(|| (crate::project::shown(&folder.join(FILE_NAMES[0])), None))
    }

    fn open_page(&mut self, entry: &Entry) {
        let Some(url) = entry.url.as_ref().filter(|_| self.view.client.shows) else { return };
        let title = format!("Open the page on `{}`", entry.rule);
        if self.made.iter().any(|made| made.title == title) {
            return;
        }
        self.made.push(lsp::CodeAction {
            title: title.clone(),
            kind: Some(lsp::CodeActionKind::QuickFix),
            command: Some(lsp::Command {
                title,
                tooltip: None,
                command: OPEN.to_owned(),
                arguments: Some(vec![(&**url).into()]),
            }),
            ..lsp::CodeAction::default()
        });
    }

    fn edit(
        &mut self,
        title: String,
        kind: lsp::CodeActionKind,
        entry: Option<&Entry>,
        edits: Option<Edits>,
    ) -> Option<&mut lsp::CodeAction> {
        let edit = edits?.settle(self.view, &mut self.texts)?;
        let diagnostics = entry.map(|entry| {
            let diagnostic = self.view.editor.diagnostic(entry, &mut self.texts);
            vec![diagnostic]
        });
        self.made.push(lsp::CodeAction {
            title,
            kind: Some(kind),
            diagnostics,
            edit: Some(edit),
            ..lsp::CodeAction::default()
        });
        self.made.last_mut()
    }
}

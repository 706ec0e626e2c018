//! The capabilities of the server and of the client, and the user's settings.

use std::path::PathBuf;
use std::time::Duration;

use gen_lsp_types as lsp;
use serde::Deserialize;

use super::position::Encoding;
use super::workspace::path_of;

/// The command that opens an address in the user's browser.
pub(super) const OPEN: &str = "plimsoll.open";

/// `initializationOptions`, and the section `plimsoll` of the client's settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Settings {
    /// How long to wait after a keystroke for the next one, in milliseconds.
    pub(super) debounce_ms: u64,
    /// Show rendered values as hints in templates and values.
    pub(super) inlay_hints: bool,
}

/// The settings that a client sends. Those that it leaves out stay as they are.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Named {
    debounce_ms: Option<u64>,
    inlay_hints: Option<bool>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { debounce_ms: 10, inlay_hints: false }
    }
}

impl Settings {
    /// These settings, overridden by those that a client sends. Settings that cannot be read are ignored.
    pub(super) fn with(&self, options: &serde_json::Value) -> Self {
        let own = options.get("plimsoll").unwrap_or(options);
        let Named { debounce_ms, inlay_hints } = Named::deserialize(own).unwrap_or_default();
        Self {
            debounce_ms: debounce_ms.unwrap_or(self.debounce_ms),
            inlay_hints: inlay_hints.unwrap_or(self.inlay_hints),
        }
    }

    pub(super) fn debounce(&self) -> Duration {
        Duration::from_millis(self.debounce_ms.min(10_000))
    }
}

/// What is known about the client from `initialize`.
#[allow(clippy::struct_excessive_bools, reason = "each is a capability of the protocol")]
#[derive(Debug, Clone)]
pub(super) struct Client {
    pub(super) encoding: Encoding,
    /// It shows the related places of diagnostics.
    pub(super) related: bool,
    /// It can watch files.
    pub(super) watches: bool,
    /// It can open pages in the browser.
    pub(super) shows: bool,
    /// Edits may name the version of a document.
    pub(super) versions: bool,
    /// Edits may create files.
    pub(super) creates: bool,
    pub(super) folders: Vec<PathBuf>,
    pub(super) process: Option<i32>,
    pub(super) settings: Settings,
}

impl Client {
    pub(super) fn new(params: lsp::InitializeParams) -> Self {
        let folders = params.workspace_folders_initialize_params.workspace_folders;
        let folders = match folders {
            Some(lsp::WorkspaceFolders::WorkspaceFolderList(folders)) => folders,
            _ => Vec::new(),
        };
        let mut folders: Vec<PathBuf> =
            folders.iter().filter_map(|folder| path_of(&folder.uri)).collect();
        if folders.is_empty() {
            #[allow(deprecated, reason = "older clients name their folder so")]
            folders.extend(params.root_uri.as_ref().and_then(path_of));
        }
        let (capabilities, options) = (params.capabilities, params.initialization_options);
        let offered = capabilities.general.and_then(|general| general.position_encodings);
        let document = capabilities.text_document.unwrap_or_default();
        let workspace = capabilities.workspace.unwrap_or_default();
        let published = document.publish_diagnostics.unwrap_or_default();
        let watched = workspace.did_change_watched_files.unwrap_or_default();
        let window = capabilities.window.unwrap_or_default();
        let edits = workspace.workspace_edit.unwrap_or_default();
        Self {
            encoding: Encoding::negotiated(&offered.unwrap_or_default()),
            related: published.diagnostics_capabilities.related_information == Some(true),
            watches: watched.dynamic_registration == Some(true),
            shows: window.show_document.is_some_and(|show| show.support),
            versions: edits.document_changes == Some(true),
            creates: edits.document_changes == Some(true)
                && edits
                    .resource_operations
                    .is_some_and(|able| able.contains(&lsp::ResourceOperationKind::Create)),
            folders,
            process: params.process_id,
            settings: options
                .map_or_else(Settings::default, |options| Settings::default().with(&options)),
        }
    }
}

/// The capabilities of the server.
pub(super) fn server(client: &Client) -> lsp::ServerCapabilities {
    lsp::ServerCapabilities {
        position_encoding: Some(client.encoding.kind()),
        text_document_sync: Some(lsp::TextDocumentSync::Options(lsp::TextDocumentSyncOptions {
            open_close: Some(true),
            change: Some(lsp::TextDocumentSyncKind::Incremental),
            save: Some(lsp::Save::Bool(true)),
            ..lsp::TextDocumentSyncOptions::default()
        })),
        workspace: Some(lsp::WorkspaceOptions {
            workspace_folders: Some(lsp::WorkspaceFoldersServerCapabilities {
                supported: Some(true),
                change_notifications: Some(lsp::ChangeNotifications::Bool(true)),
            }),
            ..lsp::WorkspaceOptions::default()
        }),
        completion_provider: Some(lsp::CompletionOptions {
            trigger_characters: Some([".", "[", " "].map(ToOwned::to_owned).to_vec()),
            ..lsp::CompletionOptions::default()
        }),
        hover_provider: Some(lsp::HoverProvider::Bool(true)),
        definition_provider: Some(lsp::DefinitionProvider::Bool(true)),
        references_provider: Some(lsp::ReferencesProvider::Bool(true)),
        inlay_hint_provider: Some(lsp::InlayHintProvider::Bool(true)),
        document_symbol_provider: Some(lsp::DocumentSymbolProvider::Bool(true)),
        code_action_provider: Some(lsp::CodeActionProvider::CodeActionOptions(
            lsp::CodeActionOptions {
                code_action_kinds: Some(vec![
                    lsp::CodeActionKind::QuickFix,
                    lsp::CodeActionKind::SourceFixAll,
                ]),
                ..lsp::CodeActionOptions::default()
            },
        )),
        execute_command_provider: Some(lsp::ExecuteCommandOptions {
            commands: vec![OPEN.to_owned()],
            ..lsp::ExecuteCommandOptions::default()
        }),
        ..lsp::ServerCapabilities::default()
    }
}

/// The registration for changes of files on disk.
pub(super) fn watching() -> lsp::RegistrationParams {
    let watcher = lsp::FileSystemWatcher {
        glob_pattern: lsp::GlobPattern::Pattern("**/*".to_owned()),
        kind: None,
    };
    let options = lsp::DidChangeWatchedFilesRegistrationOptions { watchers: vec![watcher] };
    lsp::RegistrationParams {
        registrations: vec![lsp::Registration {
            id: "plimsoll-files".to_owned(),
            method: "workspace/didChangeWatchedFiles".to_owned(),
            register_options: serde_json::to_value(options).ok(),
        }],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_a_client_names_is_changed() {
        let set = Settings { debounce_ms: 50, inlay_hints: true };
        for (options, debounce_ms, inlay_hints) in [
            (json!({}), 50, true),
            (json!({"plimsoll": null}), 50, true),
            (json!({"yaml": {"validate": true}}), 50, true),
            (json!({"inlayHints": false}), 50, false),
            (json!({"plimsoll": {"debounceMs": 5}}), 5, true),
            (json!({"debounceMs": "soon"}), 50, true),
        ] {
            assert_eq!(set.with(&options), Settings { debounce_ms, inlay_hints }, "{options}");
        }
    }
}

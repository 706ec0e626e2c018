//! Reads requests, and answers them.

use gen_lsp_types as lsp;
use lsp_server::{ErrorCode, Request};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::capability::OPEN;
use super::rendered;
use super::view::View;
use super::worker::Worker;
use super::{action, completion, definition, hint, hover, symbol};

/// A request with its parameters.
pub(super) enum Query {
    Symbols(lsp::DocumentSymbolParams),
    Actions(lsp::CodeActionParams),
    Execute(lsp::ExecuteCommandParams),
    Hover(lsp::HoverParams),
    Definition(lsp::DefinitionParams),
    References(lsp::ReferenceParams),
    Completion(lsp::CompletionParams),
    Hints(lsp::InlayHintParams),
    Rendered(rendered::Params),
}

impl Query {
    /// Reads a request.
    ///
    /// # Errors
    /// When the method is not known, or its parameters cannot be read.
    pub(super) fn read(request: Request) -> Result<Self, (ErrorCode, String)> {
        let Request { method, params, .. } = request;
        Ok(match method.as_str() {
            "textDocument/documentSymbol" => Self::Symbols(parameters(params)?),
            "textDocument/codeAction" => Self::Actions(parameters(params)?),
            "workspace/executeCommand" => Self::Execute(parameters(params)?),
            "textDocument/hover" => Self::Hover(parameters(params)?),
            "textDocument/definition" => Self::Definition(parameters(params)?),
            "textDocument/references" => Self::References(parameters(params)?),
            "textDocument/completion" => Self::Completion(parameters(params)?),
            "textDocument/inlayHint" => Self::Hints(parameters(params)?),
            "plimsoll/rendered" => Self::Rendered(parameters(params)?),
            _ => return Err((ErrorCode::MethodNotFound, format!("`{method}` is not known"))),
        })
    }
}

fn parameters<T: DeserializeOwned>(params: Value) -> Result<T, (ErrorCode, String)> {
    serde_json::from_value(params).map_err(|error| (ErrorCode::InvalidParams, error.to_string()))
}

/// Answers a request; `null` if there is nothing to answer.
///
/// # Errors
/// When the document's directory cannot be read, or a release does not render; with the reason.
pub(super) fn answer(worker: &mut Worker, asked: Query) -> Result<Value, String> {
    match asked {
        Query::Symbols(params) => {
            of(worker, &params.text_document.uri, |view| json(symbol::symbols(view)))
        }
        Query::Actions(params) => {
            of(worker, &params.text_document.uri, |view| json(action::actions(view, &params)))
        }
        Query::Execute(params) => {
            execute(worker, params);
            Ok(Value::Null)
        }
        Query::Hover(params) => at(worker, &params.text_document_position_params, |view, at| {
            json(hover::hover(view, &mut view.traces.borrow_mut(), at))
        }),
        Query::Definition(params) => {
            at(worker, &params.text_document_position_params, |view, at| {
                json(definition::definition(view, at))
            })
        }
        Query::References(params) => {
            at(worker, &params.text_document_position_params, |view, at| {
                json(definition::references(view, at))
            })
        }
        Query::Completion(params) => {
            at(worker, &params.text_document_position_params, |view, at| {
                json(completion::completions(view, at))
            })
        }
        Query::Hints(params) => {
            of(worker, &params.text_document.uri, |view| match view.client.settings.inlay_hints {
                true => json(hint::hints(view, &mut view.traces.borrow_mut(), params.range)),
                false => json(()),
            })
        }
        Query::Rendered(params) => of(worker, &params.uri, |view| {
            let mut traces = view.traces.borrow_mut();
            json(rendered::rendered(view, &mut traces, params.release.as_deref())?)
        }),
    }
}

/// Answers about an open document; `null` if it is not open.
fn of(
    worker: &mut Worker,
    uri: &lsp::Uri,
    say: impl FnOnce(&View<'_>) -> Result<Value, String>,
) -> Result<Value, String> {
    match worker.view(uri).map_err(|error| error.to_string())? {
        Some(view) => say(&view),
        None => Ok(Value::Null),
    }
}

/// Answers about a byte offset of an open document.
fn at(
    worker: &mut Worker,
    params: &lsp::TextDocumentPositionParams,
    say: impl FnOnce(&View<'_>, usize) -> Result<Value, String>,
) -> Result<Value, String> {
    of(worker, &params.text_document.uri, |view| say(view, view.offset(params.position)))
}

/// Runs the only command, which makes the client open a page in the browser.
fn execute(worker: &Worker, params: lsp::ExecuteCommandParams) {
    if params.command != OPEN {
        return;
    }
    let first = params.arguments.and_then(|arguments| arguments.into_iter().next());
    let uri: Option<lsp::Uri> = first.and_then(|uri| serde_json::from_value(uri).ok());
    if let Some(uri) = uri {
        let show = lsp::ShowDocumentParams {
            uri,
            external: Some(true),
            take_focus: Some(true),
            selection: None,
        };
        worker.ask("window/showDocument", show);
    }
}

fn json(value: impl Serialize) -> Result<Value, String> {
    serde_json::to_value(value).map_err(|error| error.to_string())
}

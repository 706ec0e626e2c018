"""Drives `plimsoll lsp` with a client that is not ours: python -m pytest tests/lsp

The program is the one that PLIMSOLL names, else the one of the last build.
"""

import asyncio
import os
from pathlib import Path

import pytest
import pytest_lsp
from lsprotocol import types
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities, make_test_lsp_client

TOP = Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("PLIMSOLL") or str(TOP / "target/debug/plimsoll")

# Seconds, for a busy machine.
PATIENCE = 120

FILES = {
    "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "web/values.yaml": "# How many.\nreplicas: 1\nhostNetwork: false\n",
    "web/templates/web.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
spec:
  replicas: {{ .Values.replicas }}
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      hostNetwork: {{ .Values.hostNetwork }}
      containers:
        - name: web
          image: registry.example/web:1.0.0
""",
    "prod.yaml": "replicas: 3\nhostNetwork: false\n",
    "plimsoll.yaml": "preset: security\nreleases:\n  - {name: shop, chart: web, namespace: shop, values: [prod.yaml]}\n",
}


class Editor:
    """A folder of files, some of them open."""

    def __init__(self, client: LanguageClient, root: Path):
        self.client = client
        self.root = root
        self.versions: dict[str, int] = {}

    def uri(self, path: str) -> str:
        return (self.root / path).as_uri()

    def document(self, path: str) -> types.TextDocumentIdentifier:
        return types.TextDocumentIdentifier(uri=self.uri(path))

    def open(self, path: str) -> None:
        self.versions[path] = 1
        text = (self.root / path).read_text()
        item = types.TextDocumentItem(uri=self.uri(path), language_id="yaml", version=1, text=text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(text_document=item))

    def change(self, path: str, *changes: types.TextDocumentContentChangeEvent) -> None:
        self.versions[path] += 1
        document = types.VersionedTextDocumentIdentifier(uri=self.uri(path), version=self.versions[path])
        self.client.text_document_did_change(
            types.DidChangeTextDocumentParams(text_document=document, content_changes=list(changes))
        )

    def write(self, path: str, text: str) -> None:
        self.change(path, types.TextDocumentContentChangeWholeDocument(text=text))

    async def diagnostics(self, path: str, fits) -> list[types.Diagnostic]:
        """The diagnostics of a file, once they are as they should be."""

        async def come():
            while not fits(found := self.client.diagnostics.get(self.uri(path), [])):
                await self.client.wait_for_notification(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
            return found

        return list(await asyncio.wait_for(come(), PATIENCE))


def listening_client() -> LanguageClient:
    """The usual client, which also hears what it would otherwise complain of."""
    client = make_test_lsp_client()
    for method in ("client/registerCapability", "plimsoll/status"):
        client.feature(method)(lambda *_: None)
    return client


@pytest_lsp.fixture(config=ClientServerConfig(server_command=[PROGRAM, "lsp"], client_factory=listening_client))
async def client(lsp_client: LanguageClient, tmp_path: Path):
    for path, text in FILES.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    await lsp_client.initialize_session(
        types.InitializeParams(
            capabilities=client_capabilities("visual-studio-code"),
            workspace_folders=[types.WorkspaceFolder(uri=tmp_path.as_uri(), name="shop")],
        )
    )
    yield
    await lsp_client.shutdown_session()


@pytest.fixture
def editor(client: LanguageClient, tmp_path: Path) -> Editor:
    return Editor(client, tmp_path)


def on_host_network(found: list[types.Diagnostic]) -> list[types.Diagnostic]:
    return [one for one in found if one.code == "host-network-forbidden"]


async def test_a_value_is_found_while_it_is_typed_and_gone_when_it_is_mended(editor: Editor):
    editor.open("prod.yaml")
    await editor.diagnostics("prod.yaml", lambda found: not on_host_network(found))
    editor.write("prod.yaml", "replicas: 3\nhostNetwork: true\n")
    [found] = on_host_network(await editor.diagnostics("prod.yaml", on_host_network))
    assert (found.range.start.line, found.source) == (1, "plimsoll")
    assert found.code_description is not None
    related = {one.location.uri for one in found.related_information or []}
    assert editor.uri("web/templates/web.yaml") in related
    editor.write("prod.yaml", "replicas: 3\nhostNetwork: false\n")
    await editor.diagnostics("prod.yaml", lambda found: not on_host_network(found))


async def test_columns_after_an_emoji_are_those_of_the_client(editor: Editor):
    editor.open("prod.yaml")
    editor.write("prod.yaml", "{x: \"🦀🦀\", hostNetwork: true}\n")
    [found] = on_host_network(await editor.diagnostics("prod.yaml", on_host_network))
    # Each of the two is two UTF-16 units.
    assert found.range.start.character == len('{x: "🦀🦀", hostNetwork: ') + 2


async def test_edits_of_ranges_add_up_to_the_text(editor: Editor):
    editor.open("prod.yaml")
    place = types.Range(types.Position(1, 13), types.Position(1, 18))
    editor.change("prod.yaml", types.TextDocumentContentChangePartial(range=place, text="true"))
    [found] = on_host_network(await editor.diagnostics("prod.yaml", on_host_network))
    assert found.range.start.line == 1
    above = types.Range(types.Position(0, 0), types.Position(0, 0))
    editor.change("prod.yaml", types.TextDocumentContentChangePartial(range=above, text="# one\n# two\n"))
    moved = lambda found: [one for one in on_host_network(found) if one.range.start.line == 3]
    await editor.diagnostics("prod.yaml", moved)


async def test_a_template_is_linted_while_it_is_edited(editor: Editor):
    path = "web/templates/web.yaml"
    editor.open(path)
    editor.write(path, FILES[path].replace("{{ .Values.hostNetwork }}", "true"))
    [found] = on_host_network(await editor.diagnostics(path, on_host_network))
    assert found.range.start.line == 12


async def test_a_key_leads_to_its_default_and_its_readers(editor: Editor):
    editor.open("prod.yaml")
    place = {"text_document": editor.document("prod.yaml"), "position": types.Position(0, 2)}
    hover = await editor.client.text_document_hover_async(types.HoverParams(**place))
    assert hover is not None and "templates/web.yaml" in hover.contents.value
    found = await editor.client.text_document_definition_async(types.DefinitionParams(**place))
    assert [(one.uri, one.range.start.line) for one in found] == [(editor.uri("web/values.yaml"), 1)]
    context = types.ReferenceContext(include_declaration=True)
    found = await editor.client.text_document_references_async(types.ReferenceParams(context=context, **place))
    assert editor.uri("web/templates/web.yaml") in {one.uri for one in found}


async def test_keys_that_the_chart_knows_are_offered(editor: Editor):
    editor.open("prod.yaml")
    editor.write("prod.yaml", "replicas: 3\nhost")
    params = types.CompletionParams(text_document=editor.document("prod.yaml"), position=types.Position(1, 4))
    offered = await editor.client.text_document_completion_async(params)
    items = offered.items if isinstance(offered, types.CompletionList) else offered
    assert "hostNetwork" in [item.label for item in items]


async def test_a_finding_is_silenced_by_an_action(editor: Editor):
    editor.open("prod.yaml")
    editor.write("prod.yaml", "replicas: 3\nhostNetwork: true\n")
    [found] = on_host_network(await editor.diagnostics("prod.yaml", on_host_network))
    context = types.CodeActionContext(diagnostics=[found])
    params = types.CodeActionParams(text_document=editor.document("prod.yaml"), range=found.range, context=context)
    actions = await editor.client.text_document_code_action_async(params)
    edits = [edit for action in actions for edit in texts_of(action)]
    assert any("plimsoll: ignore[host-network-forbidden]" in edit.new_text for edit in edits), actions


def texts_of(action: types.CodeAction | types.Command) -> list[types.TextEdit]:
    edit = getattr(action, "edit", None)
    if edit is None:
        return []
    changes = [one for edits in (edit.changes or {}).values() for one in edits]
    documents = [one for one in edit.document_changes or [] if isinstance(one, types.TextDocumentEdit)]
    return changes + [one for document in documents for one in document.edits]


async def test_a_document_has_an_outline(editor: Editor):
    editor.open("prod.yaml")
    params = types.DocumentSymbolParams(text_document=editor.document("prod.yaml"))
    symbols = await editor.client.text_document_document_symbol_async(params)
    assert [symbol.name for symbol in symbols] == ["replicas", "hostNetwork"]


async def test_a_rendered_release_leads_back_to_what_was_written(editor: Editor):
    editor.open("prod.yaml")
    editor.write("prod.yaml", "replicas: 7\nhostNetwork: false\n")
    ask = editor.client.protocol.send_request_async("plimsoll/rendered", {"uri": editor.uri("prod.yaml")})
    answer = await asyncio.wait_for(ask, PATIENCE)
    lines = answer.text.splitlines()
    place = answer.lines[lines.index("  replicas: 7")].location
    assert (place.uri, place.range.start.line) == (editor.uri("prod.yaml"), 0)


async def test_a_request_that_is_not_known_is_refused_and_the_next_one_answered(editor: Editor):
    editor.open("prod.yaml")
    with pytest.raises(Exception, match="not known"):
        await editor.client.protocol.send_request_async("plimsoll/nothing", {})
    params = types.DocumentSymbolParams(text_document=editor.document("prod.yaml"))
    assert await editor.client.text_document_document_symbol_async(params)

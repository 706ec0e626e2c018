// What `plimsoll lsp` speaks beyond the Language Server Protocol.

import { NotificationType, RequestType, type Location } from "vscode-languageserver-protocol";

/**
 * Asks for a release's manifests as they are rendered from the texts in the editor. Null for a file that is
 * not open, an error where the release does not render.
 */
export const renderedRequest = new RequestType<RenderedParams, Rendered | null, void>("plimsoll/rendered");

/** Says, whenever it changes, what the server is doing and what there is to see. */
export const statusNotification = new NotificationType<Status>("plimsoll/status");

/** Which release to render: one of those that the file is part of; the first where none is named. */
export interface RenderedParams {
  uri: string;
  release?: string;
}

/** A rendered release. */
export interface Rendered {
  /** The releases that the file is part of; empty where there is none. */
  releases: string[];
  /** The one that is rendered. */
  release: string;
  text: string;
  /** For each line of the text, the place that a person edits to change it. */
  lines: { location: Location | null }[];
}

/** What the server is doing, and the findings that it has. */
export interface Status {
  busy: boolean;
  files: number;
  releases: number;
  error: number;
  warning: number;
  info: number;
  /** What a person should know, such as a configuration that cannot be read. */
  message?: string;
}

// The addresses of rendered manifests: which file they were asked for, and which release they are.

/** The scheme of their URIs. */
export const SCHEME = "plimsoll-rendered";

/** What a rendered manifest is made of. */
export interface Address {
  /** The URI of the values file or template that it was asked for. */
  source: string;
  release: string;
}

/** The path of its URI, whose last part is the title of the editor's tab, and the URI's query. */
export function encode(address: Address): { path: string; query: string } {
  return { path: `/${address.release} (rendered).yaml`, query: JSON.stringify([address.source, address.release]) };
}

/** Reads the query of a URI; nothing where it is none that `encode` made. */
export function decode(query: string): Address | undefined {
  try {
    const parts: unknown = JSON.parse(query);
    if (!Array.isArray(parts) || parts.length !== 2) return undefined;
    const [source, release] = parts as unknown[];
    return typeof source === "string" && typeof release === "string" ? { source, release } : undefined;
  } catch {
    return undefined;
  }
}

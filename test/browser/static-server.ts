// A small web server for pages under test: it serves files as they are, with the strictest policy under which
// WebAssembly runs, and without the headers that isolate a page from other origins.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname } from 'node:path';

/** Scripts and data of this server only; 'wasm-unsafe-eval' is what compiling WebAssembly needs, and allows no eval. */
export const strictPolicy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'";

const mediaTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
  '.wgsl': 'text/plain; charset=utf-8',
};

export class StaticServer {
  readonly #files = new Map<string, Uint8Array>();
  readonly #server: Server;

  private constructor(policy: string) {
    this.#server = createServer((request, response) => {
      const path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname);
      const contents = this.#files.get(path);
      response.setHeader('Content-Security-Policy', policy);
      response.setHeader('Cache-Control', 'no-store');
      response.statusCode = contents === undefined ? 404 : 200;
      response.setHeader('Content-Type', mediaTypes[extname(path)] ?? 'application/octet-stream');
      response.end(contents ?? 'not found');
    });
  }

  /** Serves on a free port of this machine, until `close()`. */
  static async start(policy = strictPolicy): Promise<StaticServer> {
    const server = new StaticServer(policy);
    await new Promise<void>((resolve) => {
      server.#server.listen(0, '127.0.0.1', resolve);
    });
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Puts files into a folder, given as `/name`. */
  add(folder: string, files: Iterable<readonly [string, Uint8Array]>): void {
    for (const [name, contents] of files) this.#files.set(`${folder}/${name}`, contents);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }
}

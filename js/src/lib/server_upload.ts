/** A large file to the page's own server, which puts it where the kernel finds it, if both share a disk. */

/** Smaller ones are as fast in chunks. */
export const LARGE_BYTES = 8_000_000;
/** A proxy between page and server may take a file and never answer: then it goes in chunks. */
export const STALLED_MS = 30_000;

export class ServerUpload {
  readonly #base = baseUrl();
  /** Whether the page says where its server is; others than Jupyter's do not. */
  readonly known = this.#base !== undefined;

  /**
   * Send a file whose place the kernel has given a secret name: a server that does not know it is another machine's.
   * `progress` is told the share that was sent, and answers whether to go on. Gives the checksum of what the server got;
   * undefined where it did not take the file.
   */
  async send(nonce: string, file: File, progress: (share: number) => boolean): Promise<string | undefined> {
    const address = `${this.#base}marcelle-nb/uploads/${encodeURIComponent(nonce)}`;
    const place = await request("GET", address).catch(() => undefined);
    if (place?.size !== file.size) return undefined;
    const told = await request("PUT", address, file, progress).catch(() => undefined);
    return typeof told?.sha256 === "string" ? told.sha256 : undefined;
  }
}

interface Told {
  size?: number;
  sha256?: string;
}

function request(method: string, address: string, body?: File, progress?: (share: number) => boolean): Promise<Told> {
  return new Promise((resolve, reject) => {
    const call = new XMLHttpRequest();
    call.open(method, address);
    call.responseType = "json";
    call.setRequestHeader("X-XSRFToken", cookie("_xsrf"));
    const { token } = settings();
    if (token) call.setRequestHeader("Authorization", `token ${token}`);
    let stalled: ReturnType<typeof setTimeout> | undefined;
    const wait = (): void => {
      clearTimeout(stalled);
      stalled = setTimeout(() => call.abort(), STALLED_MS);
    };
    call.onload = () => (call.status === 200 ? resolve(call.response as Told) : reject(new Error(String(call.status))));
    call.onerror = call.onabort = () => reject(new Error("no answer"));
    call.onloadend = () => clearTimeout(stalled);
    call.upload.onprogress = ({ loaded, total }) => {
      wait();
      if (progress?.(loaded / total) === false) call.abort();
    };
    wait();
    call.send(body ?? null);
  });
}

/** Where the server that the page comes from has its addresses; undefined where that is not told, or is another one. */
function baseUrl(): string | undefined {
  const told = settings().baseUrl;
  if (!told) return undefined;
  const url = new URL(told, location.href);
  return url.origin === location.origin ? url.href.replace(/\/*$/, "/") : undefined;
}

/** What JupyterLab and Notebook write into their page. */
function settings(): { baseUrl?: string; token?: string } {
  try {
    return JSON.parse(document.getElementById("jupyter-config-data")?.textContent || "{}");
  } catch {
    return {};
  }
}

function cookie(name: string): string {
  const pair = document.cookie.split("; ").find((text) => text.startsWith(`${name}=`));
  return decodeURIComponent(pair?.slice(name.length + 1) ?? "");
}

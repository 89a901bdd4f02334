// Files in memory, as Go's os package asks Node's fs for them (its syscall/fs_js.go): the calls that it makes, and no others.

type Folder = { entries: Map<string, Entry> };
type Data = { bytes: Uint8Array; size: number };
type Entry = { folder?: Folder; data?: Data; mode: number; time: number; ino: number };
type Done = (error: Error | null, result?: any) => void;

const O = { O_RDONLY: 0, O_WRONLY: 1, O_RDWR: 2, O_CREAT: 64, O_EXCL: 128, O_TRUNC: 512, O_APPEND: 1024, O_DIRECTORY: 65536 };
const DIRECTORY = 0o040000, REGULAR = 0o100000;

const fail = (code: string, path: string) => Object.assign(new Error(`${code}: ${path}`), { code });

export class Memory {
  private numbers = 1;
  private root = this.entry(DIRECTORY | 0o755);
  private open = new Map<number, { entry: Entry; path: string; at: number; append: boolean }>();
  private fds = 10;

  // print hears what goes to standard output and standard error.
  constructor(private print: (bytes: Uint8Array) => void) {}

  private entry(mode: number): Entry {
    const e: Entry = { mode, time: Date.now(), ino: this.numbers++ };
    if (mode & DIRECTORY) e.folder = { entries: new Map() };
    else e.data = { bytes: new Uint8Array(0), size: 0 };
    return e;
  }

  private parts(path: string): string[] {
    const out: string[] = [];
    for (const p of (path.startsWith("/") ? path : "/work/" + path).split("/")) {
      if (p === "..") out.pop();
      else if (p && p !== ".") out.push(p);
    }
    return out;
  }

  private find(path: string): Entry {
    let at = this.root;
    for (const p of this.parts(path)) {
      if (!at.folder) throw fail("ENOTDIR", path);
      const next = at.folder.entries.get(p);
      if (!next) throw fail("ENOENT", path);
      at = next;
    }
    return at;
  }

  // parent is the folder that a path lies in, and its name there.
  private parent(path: string): [Folder, string] {
    const parts = this.parts(path), name = parts.pop();
    if (!name) throw fail("EINVAL", path);
    const folder = this.find("/" + parts.join("/")).folder;
    if (!folder) throw fail("ENOTDIR", path);
    return [folder, name];
  }

  private stats(e: Entry) {
    const ms = e.time, size = e.data?.size ?? 0;
    return {
      dev: 1, ino: e.ino, mode: e.mode, nlink: 1, uid: 0, gid: 0, rdev: 0, size, blksize: 4096, blocks: Math.ceil(size / 512),
      atimeMs: ms, mtimeMs: ms, ctimeMs: ms, isDirectory: () => !!e.folder,
    };
  }

  private resize(d: Data, size: number) {
    if (size > d.bytes.length) {
      const bytes = new Uint8Array(Math.max(size, 2 * d.bytes.length));
      bytes.set(d.bytes.subarray(0, d.size));
      d.bytes = bytes;
    } else if (size < d.size) d.bytes.fill(0, size, d.size);
    d.size = size;
  }

  private handle(fd: number) {
    const h = this.open.get(fd);
    if (!h) throw fail("EBADF", String(fd));
    return h;
  }

  put(path: string, bytes: Uint8Array) {
    let at = "";
    for (const p of this.parts(path).slice(0, -1)) {
      at += "/" + p;
      try { this.find(at); } catch { this.mkdir(at); }
    }
    const [folder, name] = this.parent(path);
    const e = this.entry(REGULAR | 0o644);
    e.data = { bytes: bytes.slice(), size: bytes.length };
    folder.entries.set(name, e);
  }

  get(path: string): Uint8Array {
    const d = this.find(path).data;
    if (!d) throw fail("EISDIR", path);
    return d.bytes.slice(0, d.size);
  }

  mkdir(path: string) {
    const [folder, name] = this.parent(path);
    if (folder.entries.has(name)) throw fail("EEXIST", path);
    folder.entries.set(name, this.entry(DIRECTORY | 0o755));
  }

  private openFile(path: string, flags: number, mode: number): number {
    let e: Entry;
    try {
      e = this.find(path);
      if (flags & O.O_CREAT && flags & O.O_EXCL) throw fail("EEXIST", path);
    } catch (error) {
      if ((error as any).code !== "ENOENT" || !(flags & O.O_CREAT)) throw error;
      const [folder, name] = this.parent(path);
      e = this.entry(REGULAR | (mode & 0o777));
      folder.entries.set(name, e);
    }
    if (e.folder && flags & 3) throw fail("EISDIR", path);
    if (!e.folder && flags & O.O_DIRECTORY) throw fail("ENOTDIR", path);
    if (flags & O.O_TRUNC && e.data) this.resize(e.data, 0);
    const fd = this.fds++;
    this.open.set(fd, { entry: e, path, at: 0, append: !!(flags & O.O_APPEND) });
    return fd;
  }

  private remove(path: string, folder: boolean) {
    const [parent, name] = this.parent(path);
    const e = parent.entries.get(name);
    if (!e) throw fail("ENOENT", path);
    if (folder && !e.folder) throw fail("ENOTDIR", path);
    if (!folder && e.folder) throw fail("EISDIR", path);
    if (e.folder?.entries.size) throw fail("ENOTEMPTY", path);
    parent.entries.delete(name);
  }

  private rename(from: string, to: string) {
    const e = this.find(from), [was, old] = this.parent(from), [folder, name] = this.parent(to), there = folder.entries.get(name);
    if (there?.folder && !e.folder) throw fail("EISDIR", to);
    if (there?.folder?.entries.size) throw fail("ENOTEMPTY", to);
    if (there && e.folder && !there.folder) throw fail("ENOTDIR", to);
    was.entries.delete(old);
    folder.entries.set(name, e);
  }

  private write(fd: number, buffer: Uint8Array, offset: number, length: number, position: number | null): number {
    const bytes = buffer.subarray(offset, offset + length);
    if (fd <= 2) {
      this.print(bytes);
      return length;
    }
    const h = this.handle(fd), d = h.entry.data;
    if (!d) throw fail("EISDIR", h.path);
    const at = position ?? (h.append ? d.size : h.at);
    if (at + length > d.size) this.resize(d, at + length);
    d.bytes.set(bytes, at);
    if (position === null) h.at = at + length;
    h.entry.time = Date.now();
    return length;
  }

  private read(fd: number, buffer: Uint8Array, offset: number, length: number, position: number | null): number {
    if (fd <= 2) return 0;
    const h = this.handle(fd), d = h.entry.data;
    if (!d) throw fail("EISDIR", h.path);
    const at = position ?? h.at, n = Math.max(0, Math.min(length, d.size - at));
    buffer.set(d.bytes.subarray(at, at + n), offset);
    if (position === null) h.at = at + n;
    return n;
  }

  // node is the object that Go finds as globalThis.fs.
  node(): object {
    const later = (f: (...args: any[]) => any) => (...args: any[]) => {
      const done = args.pop() as Done;
      let result: any;
      try { result = f(...args); } catch (error) { return done(error as Error); }
      done(null, result);
    };
    const file = (fd: number) => this.handle(fd).entry;
    return {
      constants: O,
      writeSync: (fd: number, bytes: Uint8Array) => this.write(fd, bytes, 0, bytes.length, null),
      open: later((path, flags, mode) => this.openFile(path, flags, mode)),
      close: later((fd) => void this.open.delete(fd)),
      read: later((fd, b, offset, length, position) => this.read(fd, b, offset, length, position)),
      write: later((fd, b, offset, length, position) => this.write(fd, b, offset, length, position)),
      stat: later((path) => this.stats(this.find(path))),
      lstat: later((path) => this.stats(this.find(path))),
      fstat: later((fd) => this.stats(file(fd))),
      readdir: later((path) => {
        const folder = this.find(path).folder;
        if (!folder) throw fail("ENOTDIR", path);
        return [...folder.entries.keys()];
      }),
      mkdir: later((path) => this.mkdir(path)),
      unlink: later((path) => this.remove(path, false)),
      rmdir: later((path) => this.remove(path, true)),
      rename: later((from, to) => this.rename(from, to)),
      truncate: later((path, size) => this.resize(this.find(path).data!, size)),
      ftruncate: later((fd, size) => this.resize(file(fd).data!, size)),
      chmod: later((path, mode) => { const e = this.find(path); e.mode = (e.mode & ~0o777) | (mode & 0o777); }),
      fchmod: later((fd, mode) => { const e = file(fd); e.mode = (e.mode & ~0o777) | (mode & 0o777); }),
      utimes: later((path, _access, time) => { this.find(path).time = 1000 * time; }),
      fsync: later(() => {}),
      chown: later(() => {}), fchown: later(() => {}), lchown: later(() => {}),
      readlink: later((path) => { throw fail("EINVAL", path); }),
      link: later((path) => { throw fail("ENOSYS", path); }),
      symlink: later((path) => { throw fail("ENOSYS", path); }),
    };
  }
}

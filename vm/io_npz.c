// SPDX-License-Identifier: MIT
// NumPy's .npz: a zip archive of .npy files, one for each array. Entries are stored, not compressed, as numpy.savez does;
// beside them stands provenance.json. (PKWARE, .ZIP File Format Specification 6.3.)
//
//   [local header, name, bytes] ... [central directory: an entry for each] [end of central directory]
#include "vm/io_format.h"

#include <string.h>

static uint32_t crc32_of(const char *p, size_t n) {
  static const uint32_t nibble[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
                                      0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
                                      0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
  uint32_t c = 0xffffffff;
  for (size_t k = 0; k < n; k++) {
    c ^= (unsigned char)p[k];
    c = nibble[c & 15] ^ c >> 4;
    c = nibble[c & 15] ^ c >> 4;
  }
  return ~c;
}

static void le(Str *out, uint64_t x, int bytes) {
  for (int k = 0; k < bytes; k++) str_addc(out, (char)(x >> (8 * k)));
}

// ---- writing ----
static void entry_fields(Str *out, uint32_t crc, size_t n, size_t name) { // of both headers
  le(out, 20, 2);   // version 2.0
  le(out, 0x800, 2); // names are UTF-8
  le(out, 0, 2);    // stored
  le(out, 0, 2);
  le(out, 0x21, 2); // 1 January 1980: the same file from the same run
  le(out, crc, 4);
  le(out, n, 4);
  le(out, n, 4);
  le(out, name, 2);
  le(out, 0, 2);
}

static void add_entry(Str *out, Str *directory, const char *name, const Str *bytes) {
  size_t at = out->n, len = strlen(name), n = bytes->n;
  const char *data = bytes->data ? bytes->data : "";
  uint32_t crc = crc32_of(data, n);
  le(out, 0x04034b50, 4);
  entry_fields(out, crc, n, len);
  str_addn(out, name, len);
  str_addn(out, data, n);
  le(directory, 0x02014b50, 4);
  le(directory, 20, 2);
  entry_fields(directory, crc, n, len);
  le(directory, 0, 4); // comment, disk
  le(directory, 0, 6); // attributes
  le(directory, at, 4);
  str_addn(directory, name, len);
}

static void add_end(Str *out, const Str *directory, int entries) {
  size_t at = out->n;
  str_addn(out, directory->data, directory->n);
  le(out, 0x06054b50, 4);
  le(out, 0, 4);
  le(out, (uint64_t)entries, 2);
  le(out, (uint64_t)entries, 2);
  le(out, directory->n, 4);
  le(out, at, 4);
  le(out, 0, 2);
}

static void provenance(Str *out, const IoColumns *c, const IoText *how) {
  str_add(out, "{");
  str_add(out, how->provenance ? how->provenance : "");
  str_addf(out, "%s\"units\": {", how->provenance && *how->provenance ? ", " : "");
  for (int k = 0; k < c->n; k++) {
    if (k) str_add(out, ", ");
    str_addjson(out, c->column[k].name, strlen(c->column[k].name));
    str_add(out, ": ");
    str_addjson(out, c->column[k].unit, strlen(c->column[k].unit));
  }
  str_add(out, "}}\n");
}

bool io_npz_bytes(Diags *d, Span span, Value v, const IoText *how, Str *out) {
  IoColumns c;
  Str directory = {0}, bytes = {0}, name = {0};
  if (!io_columns(d, span, v, how, "npz", &c)) return false;
  for (int k = 0; k < c.n; k++) {
    bytes.n = name.n = 0;
    io_npy_add(&bytes, c.column[k].a, c.column[k].scale);
    str_addf(&name, "%s.npy", c.column[k].name);
    add_entry(out, &directory, name.data, &bytes);
  }
  bytes.n = 0;
  provenance(&bytes, &c, how);
  add_entry(out, &directory, "provenance.json", &bytes);
  add_end(out, &directory, c.n + 1);
  bool fits = out->n < 0xffffffff;
  if (!fits) {
    Diag *e = diag(d, E_SAVE, span, "a .npz file holds 4 GB at most");
    diag_hint(e, "save arrays one by one as .npy");
  }
  str_free(&bytes);
  str_free(&name);
  str_free(&directory);
  io_columns_free(&c);
  return fits;
}

// ---- reading ----
static uint64_t get(const char *p, int bytes) {
  uint64_t x = 0;
  for (int k = 0; k < bytes; k++) x |= (uint64_t)(unsigned char)p[k] << (8 * k);
  return x;
}

static bool bad(Diags *d, Span span, const char *path, const char *what) {
  diag(d, E_FILE_CONTENT, span, "\"%s\" cannot be read as .npz: %s", path, what);
  return false;
}

typedef struct Zip {
  Diags *d;
  Span span;
  const char *path, *bytes;
  size_t n;
} Zip;

// The bytes of the entry whose place in the central directory is p; NULL after a report.
static const char *entry_bytes(const Zip *z, const char *p, size_t *n) {
  size_t at = (size_t)get(p + 42, 4);
  *n = (size_t)get(p + 20, 4);
  if (get(p + 10, 2) != 0) {
    Diag *e = diag(z->d, E_FILE_CONTENT, z->span, "\"%s\" is compressed, which hebb does not read", z->path);
    diag_hint(e, "write it with numpy.savez instead of numpy.savez_compressed");
    return NULL;
  }
  if (at > z->n - 30 || get(z->bytes + at, 4) != 0x04034b50) return bad(z->d, z->span, z->path, "an entry is missing"), NULL;
  size_t skip = 30 + (size_t)get(z->bytes + at + 26, 2) + (size_t)get(z->bytes + at + 28, 2);
  if (skip > z->n - at || *n > z->n - at - skip) return bad(z->d, z->span, z->path, "it ends within an entry"), NULL;
  const char *data = z->bytes + at + skip;
  if (crc32_of(data, *n) != get(p + 16, 4)) return bad(z->d, z->span, z->path, "it is damaged: a checksum differs"), NULL;
  return data;
}

static bool take_entry(const Zip *z, const char *p, Table *t, int *taken) {
  size_t len = (size_t)get(p + 28, 2), n;
  const char *name = p + 46;
  if (len < 5 || memcmp(name + len - 4, ".npy", 4) != 0) return true;
  const char *data = entry_bytes(z, p, &n);
  Value v = value_none();
  if (!data || !io_npy_parse(z->d, z->span, z->path, data, n, &v)) return false;
  char text[256];
  snprintf(text, sizeof text, "%.*s", (int)(len - 4 < 250 ? len - 4 : 250), name);
  table_set(t, (*taken)++, text, "", 1, v);
  return true;
}

static const char *find_end(const Zip *z) {
  for (size_t k = 22; k <= z->n && k < 22 + 65536; k++)
    if (get(z->bytes + z->n - k, 4) == 0x06054b50) return z->bytes + z->n - k;
  return NULL;
}

bool io_npz_parse(Diags *d, Span span, const char *path, const char *bytes, size_t n, Value *out) {
  Zip z = {d, span, path, bytes, n};
  const char *end = find_end(&z);
  if (!end) return bad(d, span, path, "it does not end as such a file");
  int entries = (int)get(end + 10, 2), taken = 0;
  size_t at = (size_t)get(end + 16, 4);
  Table *t = table_new(entries);
  bool ok = true;
  for (int k = 0; ok && k < entries; k++) {
    size_t left = at <= n ? n - at : 0;
    size_t size = left < 46 ? 0 : 46 + (size_t)get(bytes + at + 28, 2) + (size_t)get(bytes + at + 30, 2) + (size_t)get(bytes + at + 32, 2);
    ok = size && size <= left && get(bytes + at, 4) == 0x02014b50;
    if (!ok) bad(d, span, path, "its directory is malformed");
    else ok = take_entry(&z, bytes + at, t, &taken);
    at += size;
  }
  t->ncols = taken;
  if (ok) *out = value_obj(t);
  else value_drop(value_obj(t));
  return ok;
}

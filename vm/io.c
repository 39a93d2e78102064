// SPDX-License-Identifier: MIT
// Files: choosing the format by the ending, paths, and writing all or nothing.
#include "vm/io.h"

#include "base/arena.h"
#include "vm/io_format.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void io_path(Str *out, const char *path, const char *dir) {
  if (path[0] != '/' && dir && *dir) str_addf(out, "%s/", dir);
  str_add(out, path);
}

const char *io_write(const char *path, const char *bytes, size_t n) {
  struct stat st;
  if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) return "it is a directory";
  Str part = {0};
  str_addf(&part, "%s.part%ld", path, (long)getpid());
  const char *why = NULL;
  FILE *f = fopen(part.data, "wb");
  if (!f)
    why = errno == ENOENT ? "there is no such directory" : errno == EACCES ? "permission denied" : strerror(errno);
  else {
    bool ok = n == 0 || fwrite(bytes, 1, n, f) == n;
    if (fclose(f) != 0) ok = false;
    if (!ok) why = errno ? strerror(errno) : "the disk is full";
    else if (rename(part.data, path) != 0) why = strerror(errno);
    if (why) unlink(part.data);
  }
  str_free(&part);
  return why;
}

static const char *ending(const char *path) {
  const char *slash = strrchr(path, '/'), *dot = strrchr(slash ? slash : path, '.');
  return dot ? dot + 1 : "";
}

static bool is_h5(const char *end) { return strcmp(end, "h5") == 0 || strcmp(end, "hdf5") == 0; }

static bool unknown_kind(Diags *d, Span span, const char *path) {
  const char *end = ending(path);
  if (is_h5(end)) {
    Diag *e = diag(d, E_NOT_SUPPORTED, span, "this hebb was built without HDF5, and cannot handle .%s files", end);
    diag_hint(e, "use .npz or .csv, or install HDF5 (Debian: libhdf5-dev) and build hebb again");
    return false;
  }
  Diag *e = diag(d, E_FILE_KIND, span, "the ending of \"%s\" does not say what kind of file it is", path);
  diag_hint(e, "use a name that ends in .csv, .npy, .npz or .h5");
  return false;
}

static const char *write_h5(const char *path, const IoColumns *c, const IoText *how) {
#ifdef HAVE_HDF5
  Str part = {0};
  str_addf(&part, "%s.part%ld", path, (long)getpid());
  const char *why = io_h5_write(part.data, c, how);
  if (!why && rename(part.data, path) != 0) why = strerror(errno);
  if (why) unlink(part.data);
  str_free(&part);
  return why;
#else
  return (void)path, (void)c, (void)how, "hebb was built without HDF5";
#endif
}

static bool save_h5(Diags *d, Span span, Value v, const IoText *how, const char *path, const char **why) {
  IoColumns c;
  if (!io_columns(d, span, v, how, "h5", &c)) return false;
  *why = write_h5(path, &c, how);
  io_columns_free(&c);
  return true;
}

bool io_save_from(Diags *d, Span span, Value v, const char *name, const char *unit, double scale, const char *path,
                  const char *dir, const char *provenance) {
  IoText how = {.name = name ? name : "", .unit = unit ? unit : "", .scale = scale != 0 ? scale : 1, .provenance = provenance};
  Str bytes = {0}, full = {0};
  const char *end = ending(path), *why = NULL;
  bool h5 = IO_H5 && is_h5(end);
  io_path(&full, path, dir);
  bool ok = strcmp(end, "csv") == 0   ? io_csv_text(d, span, v, &how, &bytes)
            : strcmp(end, "npy") == 0 ? io_npy_bytes(d, span, v, &how, &bytes)
            : strcmp(end, "npz") == 0 ? io_npz_bytes(d, span, v, &how, &bytes)
            : h5                      ? save_h5(d, span, v, &how, full.data, &why)
                                      : unknown_kind(d, span, path);
  if (ok && !h5) why = io_write(full.data, bytes.data ? bytes.data : "", bytes.n);
  if (why) {
    diag(d, E_FILE_WRITE, span, "cannot write \"%s\": %s", full.data, why);
    ok = false;
  }
  str_free(&bytes);
  str_free(&full);
  return ok;
}

bool io_save(Diags *d, Span span, Value v, const char *name, const char *unit, double scale, const char *path,
             const char *dir) {
  return io_save_from(d, span, v, name, unit, scale, path, dir, NULL);
}

bool io_load(Diags *d, Span span, const char *path, const char *dir, Value *out) {
  const char *end = ending(path);
  bool csv = strcmp(end, "csv") == 0 || strcmp(end, "txt") == 0, npy = strcmp(end, "npy") == 0, npz = strcmp(end, "npz") == 0;
  bool h5 = IO_H5 && is_h5(end);
  if (!csv && !npy && !npz && !h5) return unknown_kind(d, span, path);
  Str full = {0};
  io_path(&full, path, dir);
#ifdef HAVE_HDF5
  if (h5) {
    bool read = io_h5_read(d, span, full.data, out);
    str_free(&full);
    return read;
  }
#endif
  size_t n = 0;
  const char *why = NULL;
  char *bytes = file_read(full.data, &n, &why);
  bool ok = false;
  if (!bytes) diag(d, E_FILE_READ, span, "cannot read \"%s\": %s", full.data, why);
  else ok = csv ? io_csv_parse(d, span, full.data, bytes, n, out)
            : npy ? io_npy_parse(d, span, full.data, bytes, n, out)
                  : io_npz_parse(d, span, full.data, bytes, n, out);
  mem_free(bytes);
  str_free(&full);
  return ok;
}

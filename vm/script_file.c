// SPDX-License-Identifier: MIT
// Files that grow while a run goes on. Samples come in pieces of the size the recording chooses (RecordSink); they are
// written under another name, and the file is renamed when the script has ended well; v.csv of a run that failed is left as
// v.incomplete.csv. How a file goes on after a checkpoint: script_file_resume.c.
//
//   csv  a line of names with units, then a line per sample (t and the elements) or spike (t, i and what is with it)
//   npy  the values [samples, elements]; the shape in the header is filled in at the end
//   h5   t and the values, with units and what made them
#include "vm/script_file_impl.h"

#include "base/scale.h"
#include "base/str.h"
#include "vm/format.h"
#include "vm/io.h"
#include "vm/io_format.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "0.1.0"
#endif

void provenance_text(Vm *vm, Str *out) {
  str_addf(out, "\"program\": \"hebb %s\", \"seed\": %llu, \"trial\": %u, \"dt\": \"", PACKAGE_VERSION, (unsigned long long)vm->seed,
           (unsigned)vm->trial);
  format_number(out, vm->dt, 1e-3);
  str_addf(out, " ms\", \"semantics\": \"%s\", \"model\": \"%016llx\"", vm->semantics == SEMANTICS_NEST ? "nest" : "brian",
           (unsigned long long)vm_model_hash(vm));
}

// Of all that follows the header; FNV-1a of 64 bits.
uint64_t stream_hash_bytes(uint64_t h, const void *bytes, size_t n) {
  const unsigned char *b = bytes;
  for (size_t k = 0; k < n; k++) h = (h ^ b[k]) * 0x100000001b3u;
  return h;
}

static bool put(RecordFile *f, const void *bytes, size_t n) {
  f->hash = stream_hash_bytes(f->hash, bytes, n);
  f->bytes += (int64_t)n;
  return fwrite(bytes, 1, n, f->out) == n;
}

const char *path_extension(const char *path) {
  const char *dot = strrchr(path, '.'), *slash = strrchr(path, '/');
  return dot && (!slash || dot > slash) ? dot : "";
}

static bool write_failed(RecordFile *f) {
  if (!f->failed) diag(f->diags, E_FILE_WRITE, f->span, "%s cannot be written: %s", f->path, errno ? strerror(errno) : "the disk is full");
  f->failed = true;
  return false;
}

// ---- pieces ----
static void csv_header(RecordFile *f, const Recording *r, int64_t width) {
  Str s = {0};
  const char *unit = f->how->format.unit;
  bool spikes = f->how->kind == RECORD_SPIKES;
  Array *i = spikes ? NULL : recording_i(r);
  str_add(&s, spikes ? "t (ms),i" : "t (ms)");
  for (int k = 0; spikes && recording_with(r, k); k++) str_addf(&s, ",%s", recording_with(r, k));
  for (int64_t k = 0; !spikes && k < width; k++) {
    str_addf(&s, ",%s", f->how->name);
    if (!f->flat) str_addf(&s, "[%lld]", (long long)(i && i->n == width ? (int64_t)i->data[k] : k));
    if (unit && *unit) str_addf(&s, " (%s)", unit);
  }
  str_addc(&s, '\n');
  fwrite(s.data, 1, s.n, f->out);
  str_free(&s);
  if (i) value_drop(value_obj(i));
}

static bool csv_piece(RecordFile *f, const double *t, const double *values, int64_t samples, int64_t width, double scale) {
  Str s = {0};
  bool ok = true;
  for (int64_t k = 0; ok && k < samples; k++) {
    s.n = 0;
    format_number(&s, t[k], 1e-3);
    for (int64_t c = 0; c < width; c++) {
      str_addc(&s, ',');
      format_number(&s, values[k * width + c], scale);
    }
    str_addc(&s, '\n');
    ok = put(f, s.data, s.n);
  }
  str_free(&s);
  return ok && fflush(f->out) == 0;
}

static double *scaled(const double *x, int64_t n, double scale) {
  double *y = mem_alloc(sizeof *y * (size_t)(n + 1));
  for (int64_t k = 0; k < n; k++) y[k] = scale_from_si(x[k], scale);
  return y;
}

// Of spikes t stands in the first column, as in a csv file.
static double *spike_rows(const double *t, const double *values, int64_t n, int64_t width) {
  double *y = mem_alloc(sizeof *y * (size_t)(n * (width + 1) + 1));
  for (int64_t k = 0; k < n; k++) {
    y[k * (width + 1)] = scale_from_si(t[k], 1e-3);
    memcpy(&y[k * (width + 1) + 1], &values[k * width], sizeof *y * (size_t)width);
  }
  return y;
}

static bool npy_piece(RecordFile *f, const double *rows, int64_t n) {
  return put(f, rows, sizeof *rows * (size_t)n) && fflush(f->out) == 0;
}

#ifdef HAVE_HDF5
static bool h5_piece(RecordFile *f, const double *t, const double *rows, int64_t samples, int64_t width) {
  double *ms = scaled(t, samples, 1e-3);
  bool ok = io_h5_add(f->h5, ms, rows, samples, width, f->flat);
  mem_free(ms);
  return ok;
}
#else
static bool h5_piece(RecordFile *f, const double *t, const double *rows, int64_t samples, int64_t width) {
  return (void)f, (void)t, (void)rows, (void)samples, (void)width, false;
}
#endif

static void npy_header(RecordFile *f) {
  Str s = {0};
  io_npy_header(&s, f->rows, f->flat ? 0 : f->cols);
  fwrite(s.data, 1, s.n, f->out);
  str_free(&s);
}

static bool sink(void *ctx, const Recording *r, const double *t, const double *values, int64_t samples) {
  RecordFile *f = ctx;
  bool spikes = f->how->kind == RECORD_SPIKES;
  if (f->failed) return false;
  int64_t width = recording_width(r);
  double scale = spikes ? 1 : f->how->format.scale;
  if (!f->headed) {
    f->flat = !spikes && recording_flat(r);
    f->cols = width + (spikes && f->npy);
    if (f->npy) npy_header(f);
    else if (f->out) csv_header(f, r, width);
    if (f->out) f->header = ftell(f->out);
  }
  f->headed = true;
  f->rows += samples;
  errno = 0;
  if (f->out && !f->npy) return csv_piece(f, t, values, samples, width, scale) || write_failed(f);
  double *rows = spikes && f->npy ? spike_rows(t, values, samples, width) : scaled(values, samples * width, scale);
  bool ok = f->npy ? npy_piece(f, rows, samples * f->cols) : h5_piece(f, t, rows, samples, width);
  mem_free(rows);
  return ok || write_failed(f);
}

// ---- opening and closing ----
static bool wrong_kind(Script *m, const char *path, Span span) {
  bool h5 = strcmp(path_extension(path), ".h5") == 0 || strcmp(path_extension(path), ".hdf5") == 0;
  Diag *e = diag(m->diags, h5 ? E_NOT_SUPPORTED : E_FILE_KIND, span,
                 h5 ? "this hebb was built without HDF5, and cannot write \"%s\"" : "a recording goes to a .csv, .npy or .h5 file during a run, but this is \"%s\"", path);
  diag_hint(e, h5 ? "use .npy or .csv, or install HDF5 and build hebb again" : "for other kinds of files record without `to`, and `save` after the run");
  return false;
}

static bool file_open(RecordFile *f, Vm *vm, bool h5) {
  if (!h5) {
    f->out = fopen(f->part, "wb");
    return f->out != NULL;
  }
#ifdef HAVE_HDF5
  Str made = {0};
  provenance_text(vm, &made);
  f->h5 = io_h5_open(f->part, f->how->name, f->how->kind == RECORD_SPIKES ? "" : f->how->format.unit, made.data);
  str_free(&made);
#else
  (void)vm;
#endif
  return f->h5 != NULL;
}

bool record_to_file(Script *m, Recording *r, const ScriptRecord *how, const char *path, Span span) {
  const char *end = path_extension(path);
  bool npy = strcmp(end, ".npy") == 0, h5 = IO_H5 && (strcmp(end, ".h5") == 0 || strcmp(end, ".hdf5") == 0);
  if (!npy && !h5 && strcmp(end, ".csv") != 0) return wrong_kind(m, path, span);
  Str full = {0}, part = {0};
  io_path(&full, path, m->save_dir);
  str_addf(&part, "%s.part%ld", full.data, (long)getpid());
  RecordFile *f = mem_alloc(sizeof *f);
  *f = (RecordFile){.diags = m->diags, .path = full.data, .part = part.data, .recording = r, .how = how, .span = span, .npy = npy, .hash = STREAM_HASH};
  errno = 0;
  if (!file_open(f, m->vm, h5)) {
    diag(m->diags, E_FILE_WRITE, span, "%s cannot be written: %s", full.data, errno ? strerror(errno) : "it cannot be made");
    str_free(&full);
    str_free(&part);
    mem_free(f);
    return false;
  }
  vec_push(&m->files, f);
  recording_sink(r, sink, f);
  return true;
}

// ---- going back ----
struct RecordFileMark {
  long at;
  int64_t rows, bytes;
  uint64_t hash;
  bool headed;
};

RecordFileMark *record_files_mark(Script *m) {
  if (!m->files.n) return NULL;
  RecordFileMark *marks = mem_alloc(sizeof *marks * (size_t)m->files.n);
  for (int k = 0; k < m->files.n; k++) {
    const RecordFile *f = m->files.data[k];
    marks[k] = (RecordFileMark){.at = f->out ? ftell(f->out) : 0, .rows = f->rows, .bytes = f->bytes, .hash = f->hash, .headed = f->headed};
  }
  return marks;
}

static bool file_back(RecordFile *f, const RecordFileMark *mark) {
  f->rows = mark->rows;
  f->bytes = mark->bytes;
  f->hash = mark->hash;
  f->headed = mark->headed;
#ifdef HAVE_HDF5
  if (f->h5) return io_h5_cut(f->h5, mark->rows);
#endif
  return fflush(f->out) == 0 && ftruncate(fileno(f->out), mark->at) == 0 && fseek(f->out, mark->at, SEEK_SET) == 0;
}

void record_files_back(Script *m, const RecordFileMark *marks, int n) {
  errno = 0;
  for (int k = 0; marks && k < n && k < m->files.n; k++) {
    RecordFile *f = m->files.data[k];
    if (f->rows == marks[k].rows) continue;
    if (!file_back(f, &marks[k])) write_failed(f);
    recording_resumed(f->recording);
  }
}

// What nothing came to is an empty file of its kind.
static bool file_close(RecordFile *f) {
  bool ok = !f->failed;
  if (f->out && f->npy) {
    rewind(f->out);
    npy_header(f);
  }
  if (f->out && (ferror(f->out) || fclose(f->out) != 0)) ok = false;
#ifdef HAVE_HDF5
  if (f->h5 && !io_h5_close(f->h5)) ok = false;
#endif
  return ok;
}

void incomplete_path(Str *out, const char *path) {
  const char *end = path_extension(path);
  str_addn(out, path, strlen(path) - strlen(end));
  str_addf(out, ".incomplete%s", end);
}

// A file of a run that failed is kept where it is found, but not under the name of a whole one.
static void file_end(Script *m, bool undone) {
  RecordFile *f = vec_pop(&m->files);
  Str rest = {0};
  incomplete_path(&rest, f->path);
  errno = 0;
  bool ok = file_close(f);
  if (undone) unlink(f->part);
  else ok = ok && rename(f->part, m->run_failed ? rest.data : f->path) == 0;
  if (!undone && !ok) write_failed(f);
  if (!undone && ok && !m->run_failed) unlink(rest.data); // of a run before
  str_free(&rest);
  mem_free(f->path);
  mem_free(f->part);
  mem_free(f);
}

void record_files_cut(Script *m, int n) {
  while (m->files.n > n) file_end(m, true);
}

void record_files_close(Script *m) {
  while (m->files.n) file_end(m, false);
  vec_free(&m->files);
}

// SPDX-License-Identifier: MIT
// A csv file: a line of names with units, then one line per sample (t and the elements) or per spike (t and i). Samples
// come in pieces of the size the recording chooses (RecordSink).
#include "vm/script_file.h"

#include "base/str.h"
#include "vm/format.h"
#include "vm/io.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

typedef struct RecordFile {
  FILE *out;
  Diags *diags;
  char *path;
  const ScriptRecord *how;
  Span span;
  bool headed, failed;
} RecordFile;

static const char *extension(const char *path) {
  const char *dot = strrchr(path, '.'), *slash = strrchr(path, '/');
  return dot && (!slash || dot > slash) ? dot : "";
}

static void header(RecordFile *f, int64_t width) {
  Str s = {0};
  const char *unit = f->how->format.unit;
  str_add(&s, "t (s)");
  if (f->how->kind == RECORD_SPIKES) str_add(&s, ",i");
  for (int64_t k = 0; f->how->kind != RECORD_SPIKES && k < width; k++) {
    str_addf(&s, ",%s", f->how->name);
    if (width > 1) str_addf(&s, "[%lld]", (long long)k);
    if (unit && *unit) str_addf(&s, " (%s)", unit);
  }
  str_addc(&s, '\n');
  fwrite(s.data, 1, s.n, f->out);
  str_free(&s);
  f->headed = true;
}

static bool write_failed(RecordFile *f) {
  if (!f->failed) diag(f->diags, E_FILE_WRITE, f->span, "%s cannot be written: %s", f->path, strerror(errno));
  f->failed = true;
  return false;
}

static bool sink(void *ctx, const Recording *r, const double *t, const double *values, int64_t samples) {
  (void)r;
  RecordFile *f = ctx;
  if (f->failed || !f->out) return false;
  int64_t width = recording_width(r);
  if (!f->headed) header(f, width);
  Str s = {0};
  for (int64_t k = 0; k < samples; k++) {
    s.n = 0;
    str_addnum(&s, t[k]);
    for (int64_t c = 0; c < width; c++) {
      str_addc(&s, ',');
      format_number(&s, values[k * width + c], f->how->kind == RECORD_SPIKES ? 1 : f->how->format.scale);
    }
    str_addc(&s, '\n');
    if (fwrite(s.data, 1, s.n, f->out) != s.n) break;
  }
  str_free(&s);
  return (fflush(f->out) == 0 && !ferror(f->out)) || write_failed(f);
}

bool record_to_file(Script *m, Recording *r, const ScriptRecord *how, const char *path, Span span) {
  if (strcmp(extension(path), ".csv") != 0) {
    Diag *e = diag(m->diags, E_FILE_KIND, span, "a recording is written to a .csv file during a run, but this is \"%s\"", path);
    diag_hint(e, "for other kinds of files record without `to`, and `save` after the run");
    return false;
  }
  Str full = {0};
  io_path(&full, path, m->save_dir);
  FILE *out = fopen(full.data, "w");
  if (!out) {
    diag(m->diags, E_FILE_WRITE, span, "%s cannot be written: %s", full.data, strerror(errno));
    str_free(&full);
    return false;
  }
  RecordFile *f = mem_alloc(sizeof *f);
  *f = (RecordFile){.out = out, .diags = m->diags, .path = full.data, .how = how, .span = span};
  vec_push(&m->files, f);
  recording_sink(r, sink, f);
  return true;
}

void record_files_cut(Script *m, int n) {
  while (m->files.n > n) {
    RecordFile *f = vec_pop(&m->files);
    if (f->out && fclose(f->out) != 0) write_failed(f);
    mem_free(f->path);
    mem_free(f);
  }
}

void record_files_close(Script *m) {
  record_files_cut(m, 0);
  vec_free(&m->files);
}

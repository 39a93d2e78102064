// SPDX-License-Identifier: MIT
// Recordings on disk across checkpoints. A checkpoint keeps of each file how many rows and bytes it had, a hash of the bytes
// and where they are. A run that resumes looks for a file that begins with those bytes - its own, if it wrote the checkpoint
// itself; else that of the run that did: still under its provisional name if that run was killed, under the incomplete name
// if it failed, under its own if it ended - and takes them over, so that the file becomes what it would have been without the
// interruption, byte by byte. Nothing is changed before all of them are found.
#include "vm/io.h"
#include "vm/script_file_impl.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

typedef struct FileMark {
  int64_t rows, cols, header, bytes;
  uint64_t hash, npath, npart; // of the two names that follow
  uint8_t headed, flat, h5, unused[5];
} FileMark;

typedef struct Found {
  FileMark mark;
  FILE *from;  // csv, npy: at its beginning; NULL: its own, or nothing to take over
  Value rows;  // h5
} Found;

struct FileMarks {
  Found *file;
  int n;
};

void record_files_describe(Script *m, Str *out) {
  recordings_flush(m->vm);
  for (int k = 0; k < m->files.n; k++) {
    const RecordFile *f = m->files.data[k];
    FileMark mark = {.rows = f->rows, .cols = f->cols, .header = f->header, .bytes = f->bytes, .hash = f->hash,
                     .npath = strlen(f->path), .npart = strlen(f->part), .headed = f->headed, .flat = f->flat, .h5 = f->h5 != NULL};
    str_addn(out, (const char *)&mark, sizeof mark);
    str_add(out, f->path);
    str_add(out, f->part);
  }
}

// ---- looking for what was written ----
static bool begins_so(FILE *in, const FileMark *mark) {
  char buf[1 << 16];
  uint64_t h = STREAM_HASH;
  if (fseek(in, (long)mark->header, SEEK_SET) != 0) return false;
  for (int64_t left = mark->bytes; left > 0;) {
    size_t want = left < (int64_t)sizeof buf ? (size_t)left : sizeof buf, n = fread(buf, 1, want, in);
    if (n != want) return false;
    h = stream_hash_bytes(h, buf, n);
    left -= (int64_t)n;
  }
  return h == mark->hash && fseek(in, 0, SEEK_SET) == 0;
}

static bool open_bytes(Found *found, const char *path) {
  FILE *in = fopen(path, "rb");
  if (in && begins_so(in, &found->mark)) return found->from = in, true;
  if (in) fclose(in);
  return false;
}

#ifdef HAVE_HDF5
static bool open_rows(Found *found, const char *path) {
  Diags *quiet = diags_new(NULL);
  bool ok = io_h5_read(quiet, (Span){0}, path, &found->rows);
  diags_free(quiet);
  const Table *t = ok ? (const Table *)found->rows.obj : NULL;
  ok = t && t->ncols == 2;
  for (int k = 0; ok && k < 2; k++) ok = t->cols[k].kind == VAL_ARRAY && ((const Array *)t->cols[k].obj)->shape[0] >= found->mark.rows;
  if (!ok) value_drop(found->rows), found->rows = value_none();
  return ok;
}
#else
static bool open_rows(Found *found, const char *path) { return (void)found, (void)path, false; }
#endif

static bool look(Found *found, const char *path) { return found->mark.h5 ? open_rows(found, path) : open_bytes(found, path); }

// The files of a checkpoint and those at hand go together by their order and their last names.
static bool same_name(const char *a, const char *b) {
  const char *x = strrchr(a, '/'), *y = strrchr(b, '/');
  return strcmp(x ? x + 1 : a, y ? y + 1 : b) == 0;
}

static bool find_file(Script *m, const RecordFile *f, Found *found, const char *path, const char *part, Span span) {
  Str rest = {0}, theirs = {0};
  if (!same_name(path, f->path)) {
    diag(m->diags, E_CHECKPOINT, span, "the checkpoint was written with a recording to \"%s\", here is one to \"%s\"", path, f->path);
    return false;
  }
  if (!found->mark.headed || strcmp(part, f->part) == 0) return true; // nothing yet, or its own
  incomplete_path(&rest, f->path);
  incomplete_path(&theirs, path);
  const char *where[] = {part, rest.data, f->path, theirs.data, path};
  bool ok = false;
  for (int k = 0; k < 5 && !ok; k++) ok = look(found, where[k]);
  if (!ok) {
    Diag *e = diag(m->diags, E_CHECKPOINT, span, "what was recorded to \"%s\" before the checkpoint is not there any more", path);
    diag_hint(e, "leave the file (or what remained of it, \"%s\") where it was written", theirs.data);
  }
  str_free(&rest);
  str_free(&theirs);
  return ok;
}

FileMarks *record_files_find(Script *m, const char *bytes, size_t n, Span span) {
  FileMarks *marks = mem_alloc(sizeof *marks);
  *marks = (FileMarks){.file = mem_alloc(sizeof(Found) * (size_t)(m->files.n + 1))};
  bool ok = true;
  for (int k = 0; ok && k < m->files.n; k++) {
    Found *found = &marks->file[marks->n];
    *found = (Found){.rows = value_none()};
    if (n < sizeof found->mark) break; // recordings that are new since
    memcpy(&found->mark, bytes, sizeof found->mark);
    bytes += sizeof found->mark, n -= sizeof found->mark;
    if (found->mark.npath > n || found->mark.npart > n - found->mark.npath) break;
    Str path = {0}, part = {0};
    str_addn(&path, bytes, (size_t)found->mark.npath);
    str_addn(&part, bytes + found->mark.npath, (size_t)found->mark.npart);
    bytes += found->mark.npath + found->mark.npart, n -= found->mark.npath + found->mark.npart;
    marks->n++;
    ok = find_file(m, m->files.data[k], found, path.data, part.data, span);
    str_free(&path);
    str_free(&part);
  }
  if (ok) return marks;
  record_files_continue(m, marks, false);
  return NULL;
}

// ---- going on behind it ----
static bool copy_bytes(FILE *in, FILE *out, int64_t n) {
  char buf[1 << 16];
  while (n > 0) {
    size_t want = n < (int64_t)sizeof buf ? (size_t)n : sizeof buf;
    if (fread(buf, 1, want, in) != want || fwrite(buf, 1, want, out) != want) return false;
    n -= (int64_t)want;
  }
  return true;
}

static bool cut_file(RecordFile *f, int64_t size) {
  return fflush(f->out) == 0 && ftruncate(fileno(f->out), (off_t)size) == 0 && fseek(f->out, (long)size, SEEK_SET) == 0;
}

#ifdef HAVE_HDF5
static bool continue_h5(RecordFile *f, const Found *found) {
  if (found->rows.kind == VAL_NONE) return !found->mark.headed || io_h5_cut(f->h5, found->mark.rows);
  const Table *t = (const Table *)found->rows.obj;
  int time = strcmp(t->names[0], "t") == 0 ? 0 : 1;
  const Array *when = (const Array *)t->cols[time].obj, *x = (const Array *)t->cols[1 - time].obj;
  return io_h5_add(f->h5, when->data, x->data, found->mark.rows, found->mark.cols, found->mark.flat);
}
#else
static bool continue_h5(RecordFile *f, const Found *found) { return (void)f, (void)found, false; }
#endif

static bool continue_file(RecordFile *f, Found *found) {
  const FileMark *mark = &found->mark;
  int64_t size = mark->header + mark->bytes;
  bool ok = f->h5 ? continue_h5(f, found) : cut_file(f, found->from ? 0 : size) && (!found->from || copy_bytes(found->from, f->out, size));
  f->rows = mark->rows, f->cols = mark->cols, f->header = mark->header, f->bytes = mark->bytes;
  f->hash = mark->hash;
  f->headed = mark->headed, f->flat = mark->flat;
  recording_resumed(f->recording);
  if (!ok) diag(f->diags, E_FILE_WRITE, f->span, "%s cannot be continued: %s", f->path, errno ? strerror(errno) : "the disk is full");
  return ok;
}

bool record_files_continue(Script *m, FileMarks *marks, bool resumed) {
  bool ok = true;
  errno = 0;
  for (int k = 0; marks && k < marks->n; k++) {
    if (resumed) ok = continue_file(m->files.data[k], &marks->file[k]) && ok;
    if (marks->file[k].from) fclose(marks->file[k].from);
    value_drop(marks->file[k].rows);
  }
  if (marks) mem_free(marks->file);
  mem_free(marks);
  return ok;
}

// SPDX-License-Identifier: MIT
// Recordings that go to disk while a run is going on: record v = P.V every 1 ms to "v.csv".
// The file is opened when the statement runs, so that a place that cannot be written is an error then and not hours later;
// it stands under a provisional name until the script has ended well (vm/script_file.c).
#ifndef HEBB_SCRIPT_FILE_H
#define HEBB_SCRIPT_FILE_H
#include "vm/script_machine.h"

// What made a file: "program": "hebb 0.1.0", "seed": 42 ...
void provenance_text(Vm *vm, struct Str *out);
bool record_to_file(Script *m, Recording *r, const ScriptRecord *how, const char *path, Span span);
// How far each file has grown, to be given back to record_files_back or freed (NULL: there are none).
typedef struct RecordFileMark RecordFileMark;
RecordFileMark *record_files_mark(Script *m);
void record_files_back(Script *m, const RecordFileMark *marks, int n); // the first n files end where they did
void record_files_cut(Script *m, int n); // undoes those behind the first n
void record_files_close(Script *m);

// Checkpoints: what every file holds is put on record; on resume the same is looked for in the files of the run that wrote
// the checkpoint (whatever became of it), and a file goes on behind it.
typedef struct FileMarks FileMarks;
void record_files_describe(Script *m, struct Str *out);
FileMarks *record_files_find(Script *m, const char *bytes, size_t n, Span span); // NULL after a report
bool record_files_continue(Script *m, FileMarks *marks, bool resumed);           // frees the marks, which may be NULL

#endif

// SPDX-License-Identifier: MIT
// See fmt.h. Four passes: tokens and the comments between them; lines (breaks, indentation); columns; text.
//
// Columns are a least fixed point. The place of a token is at least its gap behind the token before; tokens linked to one
// another (the same column in the author's text, in neighbouring lines, one of them behind more than one blank) stand in
// the same place; so the places only grow until nothing changes. In the result every link still holds, which is why
// formatting twice changes nothing.
#include "lang/fmt.h"

#include "base/vec.h"
#include "lang/ast_print.h"
#include "lang/lexer.h"
#include "lang/parse.h"
#include "lang/parser.h"

#include <string.h>

// What the tree says about the end of an operand or name, by offset.
enum { LEFT = 1, APPLIED = 2, RANGE = 4 };

// A token, or a whole string.
typedef struct Cell {
  int kind;
  uint32_t lo, hi;
  int source_column, source_gap; // gap: blanks before it in its line; -1 where a line begins
  int width;                     // of its last line, in characters
  bool starts;                   // a statement
  bool unary;                    // a minus
  bool semicolon;                // behind a `}`, before more in its line
  bool block, bind;              // `{`: a block over several lines; the values of a population or connection
  int gap;                       // blanks to the token before
  int anchor;                    // first of its line: the cell it stands under, or -1
  int link;                      // the cell in the line above it stands under, or -1
  int place;                     // column in the result
} Cell;

typedef struct Line {
  int first, n; // cells; n 0: a comment alone
  int indent, anchor; // anchor: of a comment alone, the cell it stands under, or -1
  uint32_t lo, hi;    // the comment; empty if lo == hi
  int source_column, place;
  bool blank; // an empty line stands before it
} Line;

typedef struct Open {
  int cell;
  int base; // indentation of the line it stands in
} Open;

typedef struct Fmt {
  const char *text;
  uint32_t n;
  uint8_t *marks;
  Vec(Cell) cells;
  Vec(Line) lines;
  Vec(Open) open;
  int base;      // indentation of statements
  int statement; // its first cell
  bool broken;   // the cell begins a line
} Fmt;

// ---- what the tree says ----

static void mark(Fmt *f, const Node *n, uint8_t what) {
  if (n && n->span.hi <= f->n) f->marks[n->span.hi] |= what;
}

static void marks_of(Fmt *f, const Node *n);

static void marks_list(Fmt *f, Node *const *list, int n) {
  for (int k = 0; k < n; k++) marks_of(f, list[k]);
}

static void marks_of(Fmt *f, const Node *n) {
  if (!n) return;
  if (n->kind == N_BINARY) mark(f, n->kid[0], LEFT);
  if (n->kind == N_CALL || n->kind == N_INDEX || n->kind == N_POPULATION) mark(f, n->kid[0], APPLIED);
  if (n->kind == N_RANGE) mark(f, n->kid[0], RANGE);
  bool named = n->kind == N_FUNCTION || n->kind == N_NETWORK || n->kind == N_NATIVEFN || n->kind == N_POPULATION ||
               n->kind == N_SPIKEWHEN || n->kind == N_FPARAM;
  if (named && n->name && n->name_span.hi <= f->n) f->marks[n->name_span.hi] |= APPLIED;
  for (int k = 0; k < 4; k++) marks_of(f, n->kid[k]);
  marks_list(f, n->list, n->nlist);
  marks_list(f, n->list2, n->nlist2);
  marks_list(f, n->list3, n->nlist3);
}

// ---- tokens ----

static int width_of(const Fmt *f, uint32_t lo, uint32_t hi) {
  int n = 0;
  for (uint32_t k = lo; k < hi; k++) n += ((unsigned char)f->text[k] & 0xC0) != 0x80;
  return n;
}

static int column_of(const Fmt *f, uint32_t at) {
  uint32_t lo = at;
  while (lo && f->text[lo - 1] != '\n') lo--;
  return width_of(f, lo, at);
}

static void add_cell(Fmt *f, const Token *t, bool starts) {
  uint32_t before = f->cells.n ? vec_last(&f->cells).hi : 0;
  bool first = !f->cells.n || memchr(f->text + before, '\n', t->span.lo - before);
  vec_push(&f->cells, (Cell){.kind = t->kind,
                             .lo = t->span.lo,
                             .hi = t->span.hi,
                             .source_column = column_of(f, t->span.lo),
                             .source_gap = first ? -1 : (int)(t->span.lo - before),
                             .width = width_of(f, t->span.lo, t->span.hi),
                             .starts = starts,
                             .anchor = -1,
                             .link = -1});
}

static void read_cells(Fmt *f, Lexer *lx) {
  bool starts = true;
  int strings = 0;
  for (Token t = lexer_next(lx); t.kind != T_YYEOF; t = lexer_next(lx)) {
    if (strings) {
      strings += (t.kind == T_STRBEGIN) - (t.kind == T_STREND);
      Cell *c = &vec_last(&f->cells);
      c->hi = t.span.hi;
      c->width = width_of(f, c->lo, c->hi);
      continue;
    }
    bool shown = t.span.lo < t.span.hi;
    if (shown) add_cell(f, &t, starts && t.kind != T_SEP && t.kind != '}');
    if (shown || t.kind == T_SEP) starts = t.kind == T_SEP || t.kind == '{';
    strings = t.kind == T_STRBEGIN;
  }
}

// ---- gaps ----

static bool soft(int kind) { return kind != T_IDENT && kind >= T_AGAINST && kind <= T_WITHIN; }

// Does a value end with this token?
static bool ends_value(const Fmt *f, const Cell *c) {
  switch (c->kind) {
  case T_IDENT: case T_NUMBER: case T_UNIT: case T_STRBEGIN: case ')': case ']': case T_CTRUE: case T_CFALSE:
  case T_CINF: case T_CNAN: case T_CPI: return true;
  default: return soft(c->kind) && (f->marks[c->hi] & LEFT);
  }
}

// Is what stands before this bracket called or indexed?
static bool applied(const Fmt *f, const Cell *c) {
  return c->kind == T_IDENT || c->kind == T_STRBEGIN || c->kind == ')' || c->kind == ']' ||
         (soft(c->kind) && (f->marks[c->hi] & APPLIED));
}

static bool in_square(const Fmt *f) { return f->open.n && f->cells.data[vec_last(&f->open).cell].kind == '['; }

static bool tight_colon(const Fmt *f, int k) {
  return in_square(f) || (k && (f->marks[f->cells.data[k - 1].hi] & RANGE));
}

// The author's blanks around * / and the colon of a range: those on the side where the line does not break.
static int chosen(const Fmt *f, int k) {
  const Cell *c = &f->cells.data[k];
  bool after = k + 1 < f->cells.n && c[1].source_gap > 0;
  return c->source_gap > 0 || after;
}

static int range_gap(const Fmt *f, int k) {
  int before = f->cells.data[k - 1].kind;
  return before != ',' && before != '[' && tight_colon(f, k) && chosen(f, k);
}

static int gap_before(const Fmt *f, int k) {
  const Cell *c = &f->cells.data[k], *p = c - 1;
  switch (c->kind) {
  case '.': return p->kind == T_NUMBER; // 1 .x is not a number
  case ',': case ';': case T_SEP: case ')': case ']': return 0;
  default: break;
  }
  if (p->kind == '(' || p->kind == '[' || p->kind == '.' || p->unary) return 0;
  if (c->kind == ':') return p->kind == ',' || range_gap(f, k);
  if (p->kind == ':') return !tight_colon(f, k - 1) || range_gap(f, k - 1);
  if (p->kind == '^' || c->kind == '^') return 0;
  if (c->kind == '*' || c->kind == '/') return chosen(f, k);
  if (p->kind == '*' || p->kind == '/') return chosen(f, k - 1);
  if (c->kind == '(' || c->kind == '[') return !applied(f, p);
  if (c->kind == '}' && p->kind == '{') return 0;
  return 1;
}

// ---- lines ----

static bool between_has(const Fmt *f, int k, char what) { // between cell k - 1 and cell k
  uint32_t lo = f->cells.data[k - 1].hi, hi = f->cells.data[k].lo;
  return memchr(f->text + lo, what, hi - lo);
}

// Finds the braces that enclose a line break: their blocks go over several lines.
static void find_blocks(Fmt *f) {
  Vec(int) open = {0};
  for (int k = 0; k < f->cells.n; k++) {
    Cell *c = &f->cells.data[k];
    if (c->source_gap < 0 && c->kind != '{')
      for (int j = 0; j < open.n; j++) f->cells.data[open.data[j]].block = true;
    if (c->kind == '{') vec_push(&open, k);
    if (c->kind == '}' && open.n) {
      Cell *o = &f->cells.data[vec_pop(&open)];
      if (k == o - f->cells.data + 1 && !between_has(f, k, '#')) o->block = false;
      c->block = o->block;
    }
  }
  vec_free(&open);
}

static bool breaks(const Fmt *f, int k) {
  const Cell *c = &f->cells.data[k];
  if (!k) return true;
  const Cell *p = c - 1;
  bool line = c->source_gap < 0, comment = line && between_has(f, k, '#');
  if (comment) return true;
  if (p->kind == '{') return p->block;
  if (c->kind == '}') return c->block;
  if (c->kind == '{' || c->kind == T_SEP) return false;
  if (p->kind == '}' && p->block && c->kind == T_ELSE) return false;
  if (p->kind == '}' && p->block && c->starts) return true;
  return line;
}

static int new_line(Fmt *f, int indent) {
  vec_push(&f->lines, (Line){.first = f->cells.n, .indent = indent, .anchor = -1});
  return f->lines.n - 1;
}

// The comments between the tokens, and the empty lines. `indent` is that of comments on lines of their own. Returns
// whether an empty line stands before what follows.
static bool comments(Fmt *f, uint32_t lo, uint32_t hi, int indent) {
  bool behind = f->lines.n > 0, opened = lo && f->text[lo - 1] == '{';
  int newlines = behind ? 0 : 1;
  for (uint32_t k = lo; k < hi; k++) {
    if (f->text[k] == '\n') newlines++;
    if (f->text[k] != '#') continue;
    uint32_t end = k + (uint32_t)strcspn(f->text + k, "\n"), stop = end;
    while (stop > k && strchr(" \t\r", f->text[stop - 1])) stop--;
    int at = newlines ? new_line(f, indent) : f->lines.n - 1;
    Line *l = &f->lines.data[at];
    l->blank = newlines ? newlines > 1 && !opened : l->blank;
    l->lo = k;
    l->hi = stop;
    l->source_column = column_of(f, k);
    newlines = 0;
    opened = false;
    k = end - 1;
  }
  return newlines > 1 && !opened;
}

// The cell that the first one of a line was put under: the first inside the innermost bracket, or the second of its
// statement in a list of declarations. -1: none.
static int anchor_of(const Fmt *f, int k) {
  const Cell *c = &f->cells.data[k];
  int in = f->open.n ? vec_last(&f->open).cell : -1;
  bool block = in < 0 || f->cells.data[in].kind == '{';
  int at = block ? f->statement + 1 : in + 1;
  if (at <= 0 || at >= k || c->starts || c->kind == '}' || c->kind == ')' || c->kind == ']') return -1;
  if (block && (c[-1].kind != ',' || f->cells.data[in < 0 ? 0 : in].bind)) return -1;
  const Cell *to = &f->cells.data[at];
  return to->source_gap >= 0 && to->source_column == c->source_column ? at : -1;
}

static bool in_binds(const Fmt *f) { return f->open.n && f->cells.data[vec_last(&f->open).cell].bind; }

static int indent_of(const Fmt *f, int k) {
  const Cell *c = &f->cells.data[k];
  if (c->kind == '}' || c->kind == ')' || c->kind == ']') return f->open.n ? vec_last(&f->open).base : 0;
  if (c->starts || (k && in_binds(f) && c[-1].kind == ',')) return f->base;
  if (c->kind == T_ELSE && c[-1].kind == '}') return f->base;
  if (f->open.n && f->cells.data[vec_last(&f->open).cell].kind != '{') return vec_last(&f->open).base + 2;
  return f->base + 2;
}

static void count_brackets(Fmt *f, int k, int indent) {
  Cell *c = &f->cells.data[k];
  if (c->kind == '{') {
    int head = f->statement < f->cells.n ? f->cells.data[f->statement].kind : 0;
    c->bind = head == T_POPULATION || head == T_CONNECT;
    vec_push(&f->open, (Open){k, f->base});
    f->base += 2;
  } else if (c->kind == '(' || c->kind == '[') {
    vec_push(&f->open, (Open){k, indent});
  } else if ((c->kind == '}' || c->kind == ')' || c->kind == ']') && f->open.n) {
    if (c->kind == '}') f->base = vec_last(&f->open).base;
    (void)vec_pop(&f->open);
  }
}

// A `;` that nothing follows in its line.
static bool superfluous(const Fmt *f, int k) {
  if (f->cells.data[k].kind != T_SEP) return false;
  return k + 1 == f->cells.n || breaks(f, k + 1) || f->cells.data[k + 1].kind == '}';
}

static void lay_out(Fmt *f) {
  int indent = 0;
  uint32_t before = 0;
  bool first = true; // no cell in the line yet
  for (int k = 0; k < f->cells.n; k++) {
    Cell *c = &f->cells.data[k];
    bool closes = c->kind == '}' || c->kind == ')' || c->kind == ']';
    bool drop = superfluous(f, k), broken = breaks(f, k);
    if (c->starts) f->statement = k;
    int here = indent_of(f, k), above = f->lines.n;
    bool blank = comments(f, before, c->lo, closes ? here + 2 : here);
    before = c->hi;
    if (drop) {
      c->width = -1;
      continue;
    }
    if (broken || first) {
      indent = here;
      int at = new_line(f, here);
      f->lines.data[at].first = k;
      f->lines.data[at].blank = blank && !closes;
      c->anchor = anchor_of(f, k);
      for (; above < at; above++) f->lines.data[above].anchor = c->anchor;
    }
    bool semicolon = k && !broken && c->kind != '}' && c[-1].kind == '}' && between_has(f, k, ';');
    if (semicolon) c[-1].semicolon = true;
    c[-1 + !k].width += semicolon;
    c->unary = c->kind == '-' && !(k && ends_value(f, c - 1));
    c->gap = broken || first ? 0 : gap_before(f, k);
    first = false;
    vec_last(&f->lines).n = k + 1 - vec_last(&f->lines).first;
    count_brackets(f, k, indent);
  }
  comments(f, before, f->n, 0);
}

// ---- columns ----

static bool value(int kind) {
  return kind == T_IDENT || kind == T_NUMBER || kind == '-' || kind == '[' || kind == '(' || kind == T_STRBEGIN;
}

// May the author have meant the two to stand below each other?
static bool alike(const Cell *a, const Cell *b) {
  bool same = a->kind == b->kind || (value(a->kind) && value(b->kind));
  return same && a->kind != '*' && a->kind != '/' && a->gap == 1 && b->gap == 1 && a->source_gap > 0 && b->source_gap > 0;
}

static bool wide(const Cell *c) { return c->source_gap >= 2 && c[-1].kind != '*' && c[-1].kind != '/'; }

static void link_lines(Fmt *f, const Line *above, const Line *l) {
  int j = above->first + 1, end = above->first + above->n;
  for (int k = l->first + 1; k < l->first + l->n; k++) {
    Cell *c = &f->cells.data[k];
    while (j < end && f->cells.data[j].source_column < c->source_column) j++;
    const Cell *a = &f->cells.data[j < end ? j : k];
    bool same = j < end && c->source_column == a->source_column && alike(c, a);
    if (same && (wide(c) || wide(a))) c->link = j;
  }
}

static bool place_line(Fmt *f, const Line *l) {
  bool moved = false;
  int at = l->indent;
  for (int k = l->first; k < l->first + l->n; k++) {
    Cell *c = &f->cells.data[k];
    if (c->width < 0) continue;
    int place = at + c->gap;
    if (c->anchor >= 0) place = f->cells.data[c->anchor].place;
    if (c->link >= 0 && f->cells.data[c->link].place > place) place = f->cells.data[c->link].place;
    if (place < c->place) place = c->place;
    moved |= place != c->place;
    c->place = place;
    if (c->link >= 0 && f->cells.data[c->link].place < place) {
      f->cells.data[c->link].place = place;
      moved = true;
    }
    at = c->place + c->width;
  }
  return moved;
}

static int line_end(const Fmt *f, const Line *l) {
  for (int k = l->first + l->n - 1; l->n && k >= l->first; k--)
    if (f->cells.data[k].width >= 0) return f->cells.data[k].place + f->cells.data[k].width;
  return 0;
}

static int max(int a, int b) { return a > b ? a : b; }

// Comments behind code in neighbouring lines stand below each other, no further left than the author had them. Where the
// author had them so but for lines that are too long, only those stand out.
static void place_run(Fmt *f, int from, int to) {
  int wanted = f->lines.data[from].source_column, aligned = 0, least = 0, all = 0;
  bool conforms = true;
  for (int k = from; k < to; k++) wanted = f->lines.data[k].source_column < wanted ? f->lines.data[k].source_column : wanted;
  for (int k = from; k < to; k++) {
    const Line *l = &f->lines.data[k];
    int end = l->n ? line_end(f, l) + 2 : 0;
    all = max(all, end);
    if (l->source_column == wanted) aligned++, least = max(least, end);
    else if (l->n && (end <= wanted || l->source_column > end)) conforms = false;
  }
  int column = max(wanted, conforms && aligned > 1 ? least : all);
  for (int k = from; k < to; k++) {
    Line *l = &f->lines.data[k];
    l->place = l->n ? max(column, line_end(f, l) + 2) : l[-1].place;
  }
}

static void place_comments(Fmt *f) {
  for (int k = 0; k < f->lines.n;) {
    Line *l = &f->lines.data[k];
    int end = k + 1;
    if (l->lo == l->hi || !l->n) {
      l->place = l->anchor >= 0 ? f->cells.data[l->anchor].place : l->indent;
    } else {
      for (; end < f->lines.n; end++) {
        const Line *m = &f->lines.data[end];
        bool below = m->n || m->source_column == m[-1].source_column; // goes on from the comment above
        if (m->lo == m->hi || m->blank || !below) break;
      }
      place_run(f, k, end);
    }
    k = end;
  }
}

static void place_all(Fmt *f) {
  for (int k = 1; k < f->lines.n; k++)
    if (!f->lines.data[k].blank) link_lines(f, &f->lines.data[k - 1], &f->lines.data[k]);
  for (bool moved = true; moved;) {
    moved = false;
    for (int k = 0; k < f->lines.n; k++) moved |= place_line(f, &f->lines.data[k]);
  }
  place_comments(f);
}

// ---- text ----

static void pad(Str *out, int *at, int place) {
  for (; *at < place; ++*at) str_addc(out, ' ');
}

static void write_lines(const Fmt *f, Str *out) {
  for (int k = 0; k < f->lines.n; k++) {
    const Line *l = &f->lines.data[k];
    int at = 0;
    if (k && l->blank) str_addc(out, '\n');
    for (int j = l->first; j < l->first + l->n; j++) {
      const Cell *c = &f->cells.data[j];
      if (c->width < 0) continue;
      pad(out, &at, c->place);
      str_addn(out, f->text + c->lo, c->hi - c->lo);
      if (c->semicolon) str_addc(out, ';');
      at += c->width;
    }
    if (l->lo < l->hi) {
      pad(out, &at, l->place);
      str_addn(out, f->text + l->lo, l->hi - l->lo);
    }
    str_addc(out, '\n');
  }
}

// ---- the whole ----

static void print_tree(uint32_t file, const Sources *s, Interner *in, Diags *d, Str *out) {
  Arena *a = arena_new();
  ast_print(parse_file(file, s, in, d, a), out);
  arena_free(a);
}

// The result must say the same: a text laid out wrongly would be a model changed.
static void check_same(uint32_t file, Interner *in, const Sources *s, const Str *result) {
  Sources *again = sources_new();
  Diags *d = diags_new(again);
  Str was = {0}, is = {0};
  const Source *src = sources_get(s, file);
  print_tree(sources_add(again, src->path, src->text, src->n), again, in, d, &was);
  print_tree(sources_add(again, src->path, result->data ? result->data : "", result->n), again, in, d, &is);
  if (diags_errors(d) || was.n != is.n || (was.n && memcmp(was.data, is.data, was.n) != 0))
    BUG("the layout of %s would change its meaning; it was left as it is", src->path);
  str_free(&was);
  str_free(&is);
  diags_free(d);
  sources_free(again);
}

bool fmt_file(uint32_t file, Sources *s, Interner *in, Diags *d, Str *out) {
  int before = diags_errors(d);
  Arena *a = arena_new();
  Node *tree = parse_file(file, s, in, d, a);
  bool ok = diags_errors(d) == before;
  if (ok) {
    const Source *src = sources_get(s, file);
    Fmt f = {.text = src->text, .n = (uint32_t)src->n, .marks = NEWN(a, uint8_t, src->n + 1)};
    marks_of(&f, tree);
    Lexer *lx = lexer_new(file, s, in, d, a);
    read_cells(&f, lx);
    lexer_free(lx);
    find_blocks(&f);
    lay_out(&f);
    place_all(&f);
    Str result = {0};
    write_lines(&f, &result);
    check_same(file, in, s, &result);
    if (result.n) str_addn(out, result.data, result.n);
    str_free(&result);
    vec_free(&f.cells);
    vec_free(&f.lines);
    vec_free(&f.open);
  }
  arena_free(a);
  return ok;
}

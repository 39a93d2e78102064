// SPDX-License-Identifier: MIT
// The grammar. It builds nodes and does nothing else: builders are in parse_nodes.c, messages in parse_error.c.
//
// The lexer (lexer.h) makes it regular: statements end with SEP, blocks end with SEP before `}`. Words that have a meaning
// in one place only are tokens of their own, and a name may be any of them (`soft`); words that start a part (P_...)
// come as IDENT everywhere else. After an error the parser goes on at the next SEP of the innermost list.
%require "3.6"
%define api.pure full
%define api.token.prefix {T_}
%define api.location.type {Span}
%define parse.error custom
%define parse.lac full
%locations
%expect 0
%param {Parser *ps}

%code requires {
#include "lang/parse_state.h"
}

%code provides {
int yylex(YYSTYPE *value, Span *span, Parser *ps);
}

%code {
#include <string.h>

#define YYMALLOC mem_alloc
#define YYFREE mem_free
#define YYMAXDEPTH 20000
#define YYLLOC_DEFAULT(cur, rhs, n)                                                                                     \
  ((cur) = (n) ? (Span){YYRHSLOC(rhs, 1).file, YYRHSLOC(rhs, 1).lo, YYRHSLOC(rhs, n).hi}                               \
               : (Span){YYRHSLOC(rhs, 0).file, YYRHSLOC(rhs, 0).hi, YYRHSLOC(rhs, 0).hi})

static void yyerror(const Span *span, Parser *ps, const char *text);
static void recovered(Parser *ps) { lexer_recovered(ps->lx); }
#define K0(kind, at) mk(ps, N_##kind, at, NULL, NULL, NULL, NULL)
#define K1(kind, at, a) mk(ps, N_##kind, at, a, NULL, NULL, NULL)
#define K2(kind, at, a, b) mk(ps, N_##kind, at, a, b, NULL, NULL)
#define K3(kind, at, a, b, c) mk(ps, N_##kind, at, a, b, c, NULL)
#define NAMED(node, tok, at) with_name(node, (tok).name, at)
}

%union {
  Tok tok;
  Node *node;
  Items *items;
  Clauses *clauses;
  int num;
}

%token <tok> IDENT "a name" NUMBER "a number" UNIT "a unit"
%token <tok> SEP "the end of the statement"
%token STRBEGIN "a string" STREND "the end of the string" INTERPOPEN
%token <tok> STRTEXT INTERPCLOSE "`}`"
%token ARROW "`->`" LE "`<=`" GE "`>=`" EQ "`==`" NE "`!=`" ADDEQ "`+=`" SUBEQ "`-=`" MULEQ "`*=`" DIVEQ "`/=`"
%token <tok> NEURON SYNAPSE RULE NETWORK FUNCTION NATIVE USE
%token <tok> AT BUILD CHECKPOINT COLLECT CONNECT CONST EVERY EXPECT FOR IF INJECT LEARNING LET PLOT POPULATION PRINT
%token <tok> RECORD RESET RESTORE RESUME RETURN RUN SAVE SET SIGNAL STORE SWEEP TEST TRAIN WHILE
%token <tok> AND ELSE IN LEARN NOT OR THEN UNTIL VIA WHERE WITH
%token <tok> CTRUE CFALSE CINF CNAN CPI
%token <tok> P_PARAM P_INPUT P_STATE P_WEIGHT P_REQUIRE P_METHOD P_SPIKE P_REFRACTORY P_EVENT P_ON P_SCALED P_PRE P_POST
%token <tok> P_COUNT P_START P_UPDATE
%token <tok> AGAINST ALL AS BATCH CROSSES DERIVATIVE DETACHED EACH EPOCHS EXTENDS FROM HOLDING IMPURE INDEGREE INOUT INTO
%token <tok> KERNEL LIKE MINIMIZE MULTIPLE NEAR NO OF OFF ONE OUT OUTDEGREE OVER PRESENT PREV PROBABILITY SAME SELF
%token <tok> SHARING SPIKES STEP STEPS SURROGATE TITLE TO TOTAL TRANSPOSED TRIAL WHEN WITHIN

%precedence UNITONLY
%precedence ELSE
%left OR
%left AND
%precedence NOT
%nonassoc '<' LE '>' GE EQ NE
%precedence IN
%left '+' '-'
%left '*' '/'
%precedence NEG
%right '^'

%type <tok> name soft decl_word
%type <node> top_decl part stmt hstmt assign expr primary postfix string arg sub comp qname call
%type <node> unit unit_atom unit_name after_number vardecl letdecl scriptlet svalue vartype
%type <node> block handler handler_opt body elsepart helse bind titem nativefn fparam fbody ftype rettype
%type <node> pattern patbase sweep range plotitem to_file title_opt as_opt from_opt to_opt every_opt batch_opt for_opt
%type <items> parts stmts hstmts binds exprs vardecls letdecls scriptlets names args args1 subs strparts units
%type <items> calls bindlist titems nativefns fparams fparams1 nparams plotitems dims with_names held surrogate_args
%type <clauses> clauses pclauses
%type <num> detached_opt each_opt transposed_opt direction learn_state assign_op
%type <tok> derivative_opt exponent

%start file

%%

file: items | items error;

items: %empty
  | items top_decl SEP          { file_add(ps, $2, &$3); }
  | items stmt SEP              { file_add(ps, $2, &$3); }
  | items LET scriptlets SEP    { items_doc($3, $2.doc); items_trail($3, $4.trail); file_join(ps, $3, 0); }
  | items CONST letdecls SEP    { items_doc($3, $2.doc); items_trail($3, $4.trail); file_join(ps, $3, NF_CONST); }
  | items SIGNAL vardecls SEP   { items_doc($3, $2.doc); items_trail($3, $4.trail);
                                  file_join(ps, items_kind($3, N_SIGNAL, 0), 0); }
  | items error SEP             { yyerrok; recovered(ps); }
  ;

// ---- declarations ----

top_decl: decl_word name body   { $$ = with_doc(NAMED($3, $2, @2), $1.doc); $$->kind = (uint8_t)$1.flags; $$->span = @$; }
  | decl_word name EXTENDS name body
                                { $$ = with_doc(NAMED($5, $2, @2), $1.doc); $$->kind = (uint8_t)$1.flags; $$->span = @$;
                                  $$->name2 = $4.name; }
  | NETWORK name block          { $$ = with_doc(NAMED(K0(NETWORK, @$), $2, @2), $1.doc); take_list(ps, $$, $3); }
  | NETWORK name '(' nparams ')' block
                                { $$ = with_doc(NAMED(K0(NETWORK, @$), $2, @2), $1.doc); take_list(ps, $$, $6);
                                  with_list2(ps, $$, $4); }
  | FUNCTION name '(' fparams ')' fbody
                                { $$ = $6; $$->span = @$; NAMED(with_doc($$, $1.doc), $2, @2); with_list2(ps, $$, $4); }
  | NATIVE string '{' nativefns '}'
                                { $$ = with_doc(with_list(ps, K0(NATIVE, @$), $4), $1.doc); plain_text(ps, $$, $2);
                                  $$->name_span = @2; }
  | NATIVE string '{' nativefns error '}'
                                { $$ = with_list(ps, K0(NATIVE, @$), $4); plain_text(ps, $$, $2); yyerrok; recovered(ps); }
  | USE name                    { $$ = NAMED(K0(USE, @$), $2, @2); }
  | USE string                  { $$ = K0(USE, @$); plain_text(ps, $$, $2); }
  ;

decl_word: NEURON               { $$ = $1; $$.flags = N_NEURON; }
  | SYNAPSE                     { $$ = $1; $$.flags = N_SYNAPSE; }
  | RULE                        { $$ = $1; $$.flags = N_RULE; }
  ;

body: '{' parts '}'             { $$ = with_list(ps, K0(NEURON, @$), $2); }
  | '{' parts error '}'         { $$ = with_list(ps, K0(NEURON, @$), $2); yyerrok; recovered(ps); }
  ;

nparams: %empty                 { $$ = items_new(ps); }
  | vardecls
  ;

fparams: %empty                 { $$ = items_new(ps); }
  | fparams1
  ;
fparams1: fparam                { $$ = items_one(ps, $1); }
  | fparams1 ',' fparam         { $$ = items_add(ps, $1, $3); }
  ;
fparam: name                    { $$ = NAMED(K0(FPARAM, @$), $1, @1); }
  | name '=' expr               { $$ = NAMED(K2(FPARAM, @$, NULL, $3), $1, @1); }
  | name ':' ftype              { $$ = $3; $$->span = @$; NAMED($$, $1, @1); }
  | name ':' ftype '=' expr     { $$ = with_kid(ps, $3, 1, $5); $$->span = @$; NAMED($$, $1, @1); }
  ;
// in, out, inout and arrays: of native functions; the checker sees to it
ftype: direction unit dims      { $$ = with_op(with_list(ps, K1(FPARAM, @$, $2), $3), $1); };
direction: %empty               { $$ = DIR_IN; }
  | IN                          { $$ = DIR_IN; }
  | OUT                         { $$ = DIR_OUT; }
  | INOUT                       { $$ = DIR_INOUT; }
  ;
dims: %empty                    { $$ = items_new(ps); }
  | '[' exprs ']'               { $$ = $2; }
  ;
fbody: '=' expr                 { $$ = K1(FUNCTION, @$, $2); }
  | block                       { $$ = K2(FUNCTION, @$, NULL, $1); }
  ;

nativefns: %empty               { $$ = items_new(ps); }
  | nativefns nativefn SEP      { $$ = items_add(ps, $1, $2); trail_doc($2, &$3); }
  | nativefns error SEP         { $$ = $1; yyerrok; recovered(ps); }
  ;
nativefn: name '(' fparams ')' rettype derivative_opt
                                { $$ = with_doc(NAMED(K1(NATIVEFN, @$, $5), $1, @1), $1.doc); with_list2(ps, $$, $3);
                                  $$->name2 = $6.name; }
  | KERNEL name '(' fparams ')' rettype
                                { $$ = with_doc(NAMED(with_flags(K1(NATIVEFN, @$, $6), NF_KERNEL), $2, @2), $1.doc);
                                  with_list2(ps, $$, $4); }
  | IMPURE nativefn             { $$ = with_doc(with_flags($2, NF_IMPURE), $1.doc); $$->span = @$; }
  ;
rettype: %empty                 { $$ = NULL; }
  | ARROW unit                  { $$ = $2; }
  ;
derivative_opt: %empty          { $$ = (Tok){0}; }
  | DERIVATIVE name             { $$ = $2; }
  ;

// ---- parts of neurons, synapses and rules ----

parts: %empty                   { $$ = items_new(ps); }
  | parts part SEP              { $$ = items_add(ps, $1, $2); trail_doc($2, &$3); }
  | parts P_PARAM vardecls SEP  { $$ = items_vars(ps, $1, items_kind($3, N_PARAM, 0), &$2, &$4); }
  | parts P_INPUT vardecls SEP  { $$ = items_vars(ps, $1, items_kind($3, N_INPUT, 0), &$2, &$4); }
  | parts P_STATE vardecls SEP  { $$ = items_vars(ps, $1, items_kind($3, N_STATE, PLACE_SELF), &$2, &$4); }
  | parts P_PRE P_STATE vardecls SEP
                                { $$ = items_vars(ps, $1, items_kind($4, N_STATE, PLACE_PRE), &$2, &$5); }
  | parts P_POST P_STATE vardecls SEP
                                { $$ = items_vars(ps, $1, items_kind($4, N_STATE, PLACE_POST), &$2, &$5); }
  | parts P_WEIGHT vardecls SEP { $$ = items_vars(ps, $1, items_kind($3, N_WEIGHT, 0), &$2, &$4); }
  | parts SIGNAL vardecls SEP   { $$ = items_vars(ps, $1, items_kind($3, N_SIGNAL, 0), &$2, &$4); }
  | parts LET letdecls SEP      { $$ = items_vars(ps, $1, $3, &$2, &$4); }
  | parts error SEP             { $$ = $1; yyerrok; recovered(ps); }
  ;

part: P_REQUIRE expr ',' string { $$ = K2(REQUIRE, @$, $2, $4); }
  | expr '=' expr               { $$ = K2(EQUATION, @$, $1, $3); }
  | P_METHOD name               { $$ = NAMED(K0(METHOD, @$), $2, @2); }
  | P_SPIKE WHEN expr handler_opt
                                { $$ = K3(SPIKEWHEN, @$, $3, NULL, $4); }
  | P_SPIKE WHEN expr SURROGATE name surrogate_args detached_opt handler_opt
                                { $$ = with_op(with_list(ps, K3(SPIKEWHEN, @$, $3, NULL, $8), $6), $7);
                                  NAMED($$, $5, @5); }
  | P_SPIKE WHEN expr CROSSES expr handler_opt
                                { $$ = K3(SPIKECROSS, @$, $3, $5, $6); }
  | P_SPIKE P_COUNT expr handler_opt
                                { $$ = K3(SPIKECOUNT, @$, $3, NULL, $4); }
  | P_REFRACTORY expr held      { $$ = with_list(ps, K1(REFRACTORY, @$, $2), $3); }
  | P_REFRACTORY WHILE expr     { $$ = K1(REFRWHILE, @$, $3); }
  | P_EVENT name WHEN expr handler_opt
                                { $$ = with_doc(NAMED(K3(EVENT, @$, $4, NULL, $5), $2, @2), $1.doc); }
  | P_ON STEP handler           { $$ = with_op(K3(ON, @$, NULL, NULL, $3), ON_STEP); }
  | P_ON EVERY expr handler     { $$ = with_op(K3(ON, @$, $3, NULL, $4), ON_EVERY); }
  | P_ON P_START handler        { $$ = with_op(K3(ON, @$, NULL, NULL, $3), ON_START); }
  | P_ON P_UPDATE handler       { $$ = with_op(K3(ON, @$, NULL, NULL, $3), ON_UPDATE); }
  | P_ON P_PRE handler          { $$ = with_op(K3(ON, @$, NULL, NULL, $3), ON_PRE); }
  | P_ON P_PRE '.' name handler { $$ = NAMED(with_op(K3(ON, @$, NULL, NULL, $5), ON_PRE), $4, @4); }
  | P_ON P_POST handler         { $$ = with_op(K3(ON, @$, NULL, NULL, $3), ON_POST); }
  | P_ON P_POST '.' name handler
                                { $$ = NAMED(with_op(K3(ON, @$, NULL, NULL, $5), ON_POST), $4, @4); }
  | INJECT expr                 { $$ = K1(INJECTS, @$, $2); }
  | P_SCALED IN units body      { $$ = $4; $$->kind = N_SCALED; $$->span = @$; with_list2(ps, $$, $3); }
  ;

surrogate_args: %empty          { $$ = items_new(ps); }
  | '(' args ')'                { $$ = $2; }
  ;
detached_opt: %empty            { $$ = 0; }
  | DETACHED                    { $$ = 1; }
  ;
held: %empty                    { $$ = items_new(ps); }
  | HOLDING names              { $$ = $2; }
  ;
units: unit                     { $$ = items_one(ps, $1); }
  | units ',' unit              { $$ = items_add(ps, $1, $3); }
  ;

vardecls: vardecl               { $$ = items_one(ps, $1); }
  | vardecls ',' vardecl        { items_trail($1, ps->trail); $$ = items_add(ps, $1, $3); }
  ;
vardecl: name vartype           { $$ = mk_var(ps, @$, &$1, @1, $2, NULL, OP_NONE); }
  | name vartype '=' expr       { $$ = mk_var(ps, @$, &$1, @1, $2, $4, OP_NONE); }
  | name vartype '~' expr       { $$ = mk_var(ps, @$, &$1, @1, $2, $4, OP_DRAW); }
  ;
vartype: %empty                 { $$ = NULL; }
  | ':' unit                    { $$ = $2; }
  | LIKE name                   { $$ = NAMED(K0(LIKE, @$), $2, @2); }
  ;

letdecls: letdecl               { $$ = items_one(ps, $1); }
  | letdecls ',' letdecl        { items_trail($1, ps->trail); $$ = items_add(ps, $1, $3); }
  ;
letdecl: name vartype '=' expr  { $$ = mk_var(ps, @$, &$1, @1, $2, $4, OP_NONE); $$->kind = N_LET; }
  | name vartype '~' expr       { $$ = mk_var(ps, @$, &$1, @1, $2, $4, OP_DRAW); $$->kind = N_LET; }
  ;

// the blocks of handlers

handler_opt: %empty             { $$ = NULL; }
  | handler
  ;
handler: '{' hstmts '}'         { $$ = with_list(ps, K0(BLOCK, @$), $2); }
  | '{' hstmts error '}'        { $$ = with_list(ps, K0(BLOCK, @$), $2); yyerrok; recovered(ps); }
  ;
hstmts: %empty                  { $$ = items_new(ps); }
  | hstmts hstmt SEP            { $$ = items_add(ps, $1, $2); }
  | hstmts LET letdecls SEP     { items_doc($3, $2.doc); $$ = items_join(ps, $1, $3); }
  | hstmts error SEP            { $$ = $1; yyerrok; recovered(ps); }
  ;
hstmt: assign
  | expr                        { $$ = mk_expr_statement(ps, @$, $1); }
  | IF expr handler             { $$ = K2(IF, @$, $2, $3); }
  | IF expr handler ELSE helse  { $$ = K3(IF, @$, $2, $3, $5); }
  | P_SCALED IN units handler   { $$ = K0(SCALED, @$); take_list(ps, $$, $4); with_list2(ps, $$, $3); }
  ;
helse: handler
  | IF expr handler             { $$ = K2(IF, @$, $2, $3); }
  | IF expr handler ELSE helse  { $$ = K3(IF, @$, $2, $3, $5); }
  ;

assign: expr assign_op expr     { $$ = mk_assign(ps, (Op)$2, @$, $1, $3); };
assign_op: '='                  { $$ = OP_NONE; }
  | '~'                         { $$ = OP_DRAW; }
  | ADDEQ                       { $$ = OP_ADD; }
  | SUBEQ                       { $$ = OP_SUB; }
  | MULEQ                       { $$ = OP_MUL; }
  | DIVEQ                       { $$ = OP_DIV; }
  ;

// ---- networks and scripts ----

block: '{' stmts '}'            { $$ = with_list(ps, K0(BLOCK, @$), $2); }
  | '{' stmts error '}'         { $$ = with_list(ps, K0(BLOCK, @$), $2); yyerrok; recovered(ps); }
  ;
stmts: %empty                   { $$ = items_new(ps); }
  | stmts stmt SEP              { $$ = items_add(ps, $1, $2); }
  | stmts LET scriptlets SEP    { items_doc($3, $2.doc); $$ = items_join(ps, $1, $3); }
  | stmts CONST letdecls SEP    { items_doc($3, $2.doc); items_const($3); $$ = items_join(ps, $1, $3); }
  | stmts SIGNAL vardecls SEP   { items_doc($3, $2.doc); $$ = items_join(ps, $1, items_kind($3, N_SIGNAL, 0)); }
  | stmts error SEP             { $$ = $1; yyerrok; recovered(ps); }
  ;

scriptlets: scriptlet           { $$ = items_one(ps, $1); }
  | scriptlets ',' scriptlet    { items_trail($1, ps->trail); $$ = items_add(ps, $1, $3); }
  ;
scriptlet: name vartype '=' svalue
                                { $$ = mk_var(ps, @$, &$1, @1, $2, $4, OP_NONE); $$->kind = N_LET; }
  | name vartype '~' expr       { $$ = mk_var(ps, @$, &$1, @1, $2, $4, OP_DRAW); $$->kind = N_LET; }
  ;
svalue: expr | sweep;

stmt: assign
  | expr                        { $$ = mk_expr_statement(ps, @$, $1); }
  | sweep
  | POPULATION name '=' qname '[' exprs ']' pclauses
                                { $$ = mk_population(ps, @$, &$2, @2, $4, $6, $8); with_doc($$, $1.doc); }
  | POPULATION name '[' name IN range ']' '=' qname '[' exprs ']' pclauses
                                { $$ = mk_population(ps, @$, &$2, @2, $9, $11, $13); with_doc($$, $1.doc);
                                  with_kid(ps, $$, 1, $6); $$->name2 = $4.name; }
  | CONNECT expr ARROW expr clauses
                                { $$ = with_doc(mk_connect(ps, @$, $2, $4, $5), $1.doc); }
  | CONNECT name ':' expr ARROW expr clauses
                                { $$ = with_doc(NAMED(mk_connect(ps, @$, $4, $6, $7), $2, @2), $1.doc); }
  | INJECT expr INTO expr from_opt to_opt
                                { $$ = mk(ps, N_INJECT, @$, $2, $4, $5, $6); }
  | INJECT SPIKES AT expr INTO expr
                                { $$ = K2(INJSPIKES, @$, $4, $6); }
  | INJECT SPIKES FROM '(' expr ',' expr ')' INTO expr
                                { $$ = K3(INJSPIKES, @$, $7, $10, $5); }
  | RECORD SPIKES OF expr with_names to_file
                                { $$ = with_list(ps, K3(RECSPIKES, @$, $4, NULL, $6), $5); }
  | RECORD name '=' SPIKES OF expr with_names to_file
                                { $$ = with_list(ps, K3(RECSPIKES, @$, $6, NULL, $8), $7); NAMED($$, $2, @2); }
  | RECORD name '=' expr every_opt to_file
                                { $$ = NAMED(K3(RECORD, @$, $4, $5, $6), $2, @2); }
  | BUILD name '=' call         { $$ = with_doc(NAMED(K1(BUILD, @$, $4), $2, @2), $1.doc); }
  | BUILD name '[' name IN range ']' '=' call
                                { $$ = with_doc(NAMED(K2(BUILD, @$, $9, $6), $2, @2), $1.doc); $$->name2 = $4.name; }
  | SET bindlist                { $$ = with_list(ps, K0(SET, @$), $2); }
  | RUN expr                    { $$ = with_op(K1(RUN, @$, $2), RUN_FOR); }
  | RUN expr STEPS              { $$ = with_op(K1(RUN, @$, $2), RUN_STEPS); }
  | RUN UNTIL expr              { $$ = with_op(K1(RUN, @$, $3), RUN_UNTIL); }
  | RESET                       { $$ = K0(RESET, @$); }
  | RESET SAME                  { $$ = with_op(K0(RESET, @$), 1); }
  | STORE                       { $$ = K0(STORE, @$); }
  | STORE string                { $$ = K1(STORE, @$, $2); }
  | RESTORE                     { $$ = K0(RESTORE, @$); }
  | RESTORE string              { $$ = K1(RESTORE, @$, $2); }
  | CHECKPOINT string           { $$ = K1(CHECKPOINT, @$, $2); }
  | RESUME string               { $$ = K1(RESUME, @$, $2); }
  | AT expr block               { $$ = K3(AT, @$, $2, NULL, $3); }
  | EVERY expr block            { $$ = K3(EVERY, @$, $2, NULL, $3); }
  | COLLECT args1               { $$ = with_list(ps, K0(COLLECT, @$), $2); }
  | IF expr block               { $$ = K2(IF, @$, $2, $3); }
  | IF expr block ELSE elsepart { $$ = K3(IF, @$, $2, $3, $5); }
  | FOR name IN range block     { $$ = NAMED(K3(FOR, @$, $4, NULL, $5), $2, @2); }
  | WHILE expr block            { $$ = K3(WHILE, @$, $2, NULL, $3); }
  | PRINT                       { $$ = K0(PRINT, @$); }
  | PRINT exprs                 { $$ = with_list(ps, K0(PRINT, @$), $2); }
  | PLOT plotitems title_opt as_opt
                                { $$ = with_list(ps, K2(PLOT, @$, $3, $4), $2); }
  | SAVE expr TO string         { $$ = K2(SAVE, @$, $2, $4); }
  | EXPECT expr                 { $$ = K1(EXPECT, @$, $2); }
  | EXPECT expr NEAR expr       { $$ = K2(EXPECT, @$, $2, $4); }
  | EXPECT expr NEAR expr WITHIN expr
                                { $$ = K3(EXPECT, @$, $2, $4, $6); }
  | TEST string block           { $$ = K3(TEST, @$, NULL, NULL, $3); plain_text(ps, $$, $2); }
  | TRAIN expr EPOCHS P_ON expr batch_opt '{' titems '}'
                                { $$ = with_list(ps, K3(TRAIN, @$, $2, $5, $6), $8); }
  | TRAIN expr EPOCHS P_ON expr batch_opt '{' titems error '}'
                                { $$ = with_list(ps, K3(TRAIN, @$, $2, $5, $6), $8); yyerrok; recovered(ps); }
  | LEARNING learn_state        { $$ = with_op(K0(LEARNING, @$), $2); }
  | RETURN                      { $$ = K0(RETURN, @$); }
  | RETURN expr                 { $$ = K1(RETURN, @$, $2); }
  ;

learn_state: OFF                { $$ = 0; }
  | P_ON                        { $$ = 1; }
  ;
elsepart: block
  | IF expr block               { $$ = K2(IF, @$, $2, $3); }
  | IF expr block ELSE elsepart { $$ = K3(IF, @$, $2, $3, $5); }
  ;
sweep: SWEEP name IN range block
                                { $$ = NAMED(K3(SWEEP, @$, $4, NULL, $5), $2, @2); };
range: expr
  | expr ':' expr               { $$ = K2(RANGE, @$, $1, $3); }
  ;

from_opt: %empty                { $$ = NULL; }
  | FROM expr                   { $$ = $2; }
  ;
to_opt: %empty                  { $$ = NULL; }
  | TO expr                     { $$ = $2; }
  ;
every_opt: %empty               { $$ = NULL; }
  | EVERY expr                  { $$ = $2; }
  ;
to_file: %empty                 { $$ = NULL; }
  | TO string                   { $$ = $2; }
  ;
with_names: %empty              { $$ = items_new(ps); }
  | WITH names                 { $$ = $2; }
  ;
title_opt: %empty               { $$ = NULL; }
  | TITLE string                { $$ = $2; }
  ;
as_opt: %empty                  { $$ = NULL; }
  | AS string                   { $$ = $2; }
  ;
plotitems: plotitem             { $$ = items_one(ps, $1); }
  | plotitems ',' plotitem      { $$ = items_add(ps, $1, $3); }
  ;
plotitem: expr                  { $$ = K1(PLOTITEM, @$, $1); }
  | expr AGAINST expr           { $$ = K2(PLOTITEM, @$, $1, $3); }
  ;

batch_opt: %empty               { $$ = NULL; }
  | BATCH expr                  { $$ = $2; }
  ;
titems: %empty                  { $$ = items_new(ps); }
  | titems titem SEP            { $$ = items_add(ps, $1, $2); }
  | titems error SEP            { $$ = $1; yyerrok; recovered(ps); }
  ;
titem: PRESENT expr TO expr each_opt for_opt
                                { $$ = with_op(K3(PRESENT, @$, $2, $4, $6), $5); }
  | MINIMIZE expr WITH call     { $$ = K2(MINIMIZE, @$, $2, $4); }
  ;
each_opt: %empty                { $$ = 0; }
  | EACH STEP                   { $$ = 1; }
  ;
for_opt: %empty                 { $$ = NULL; }
  | FOR expr                    { $$ = $2; }
  ;

// entries of the blocks of populations and connections, and of `set`

binds: %empty                   { $$ = items_new(ps); }
  | binds bind SEP              { $$ = items_add(ps, $1, $2); }
  | binds bind ','              { $$ = items_add(ps, $1, $2); }
  | binds error SEP             { $$ = $1; yyerrok; recovered(ps); }
  ;
bindlist: bind                  { $$ = items_one(ps, $1); }
  | bindlist ',' bind           { $$ = items_add(ps, $1, $3); }
  ;
bind: qname '=' expr            { $$ = with_op(K3(BIND, @$, $3, NULL, $1), OP_NONE); }
  | qname '~' expr              { $$ = with_op(K3(BIND, @$, $3, NULL, $1), OP_DRAW); }
  ;

pclauses: %empty                { $$ = NULL; }
  | pclauses '{' binds '}'      { $$ = clause_block(ps, $1, $3, @2); }
  | pclauses '{' binds error '}'
                                { $$ = clause_block(ps, $1, $3, @2); yyerrok; recovered(ps); }
  | pclauses LEARN calls        { $$ = clause_learn(ps, $1, $3); }
  ;
clauses: %empty                 { $$ = NULL; }
  | clauses VIA call            { $$ = clause_via(ps, $1, $3); }
  | clauses VIA qname           { $$ = clause_via(ps, $1, $3); }
  | clauses pattern             { $$ = clause_pattern(ps, $1, $2); }
  | clauses SHARING postfix transposed_opt
                                { $$ = clause_sharing(ps, $1, $3, $4, @2); }
  | clauses '{' binds '}'       { $$ = clause_block(ps, $1, $3, @2); }
  | clauses '{' binds error '}' { $$ = clause_block(ps, $1, $3, @2); yyerrok; recovered(ps); }
  | clauses LEARN calls         { $$ = clause_learn(ps, $1, $3); }
  ;
transposed_opt: %empty          { $$ = 0; }
  | TRANSPOSED                  { $$ = 1; }
  ;
pattern: patbase
  | pattern ',' WHERE expr      { $$ = pattern_where(ps, $1, $4, @4); $$->span = @$; }
  | pattern ',' NO SELF         { $$ = with_flags($1, NF_NO_SELF); $$->span = @$; }
  | pattern ',' NO MULTIPLE     { $$ = with_flags($1, NF_NO_MULTIPLE); $$->span = @$; }
  ;
patbase: ALL TO ALL             { $$ = with_op(K0(PATTERN, @$), PAT_ALL); }
  | ONE TO ONE                  { $$ = with_op(K0(PATTERN, @$), PAT_ONE); }
  | WITH PROBABILITY expr       { $$ = with_op(K1(PATTERN, @$, $3), PAT_PROB); }
  | WITH INDEGREE expr          { $$ = with_op(K1(PATTERN, @$, $3), PAT_INDEGREE); }
  | WITH OUTDEGREE expr         { $$ = with_op(K1(PATTERN, @$, $3), PAT_OUTDEGREE); }
  | WITH TOTAL expr             { $$ = with_op(K1(PATTERN, @$, $3), PAT_TOTAL); }
  | WHERE expr                  { $$ = with_op(K1(PATTERN, @$, $2), PAT_WHERE); }
  | FROM '(' expr ',' expr ')'  { Items *pair = items_add(ps, items_one(ps, $3), $5);
                                  $$ = with_op(K1(PATTERN, @$, with_list(ps, K0(ARRAY, @2), pair)), PAT_FROM); }
  ;

calls: call                     { $$ = items_one(ps, $1); }
  | qname                       { $$ = items_one(ps, mk_call(ps, @1, $1, NULL)); }
  | calls ',' call              { $$ = items_add(ps, $1, $3); }
  | calls ',' qname             { $$ = items_add(ps, $1, mk_call(ps, @3, $3, NULL)); }
  ;
call: qname '(' args ')'        { $$ = mk_call(ps, @$, $1, $3); };
qname: name                     { $$ = mk_name(ps, &$1, @1); }
  | qname '.' name              { $$ = NAMED(K1(MEMBER, @$, $1), $3, @3); }
  ;

// ---- expressions ----

exprs: expr                     { $$ = items_one(ps, $1); }
  | exprs ',' expr              { $$ = items_add(ps, $1, $3); }
  ;
expr: postfix
  | expr '+' expr               { $$ = mk_binary(ps, OP_ADD, @$, $1, $3); }
  | expr '-' expr               { $$ = mk_binary(ps, OP_SUB, @$, $1, $3); }
  | expr '*' expr               { $$ = mk_binary(ps, OP_MUL, @$, $1, $3); }
  | expr '/' expr               { $$ = mk_binary(ps, OP_DIV, @$, $1, $3); }
  | expr '^' expr               { $$ = mk_binary(ps, OP_POW, @$, $1, $3); }
  | expr '<' expr               { $$ = mk_binary(ps, OP_LT, @$, $1, $3); }
  | expr LE expr                { $$ = mk_binary(ps, OP_LE, @$, $1, $3); }
  | expr '>' expr               { $$ = mk_binary(ps, OP_GT, @$, $1, $3); }
  | expr GE expr                { $$ = mk_binary(ps, OP_GE, @$, $1, $3); }
  | expr EQ expr                { $$ = mk_binary(ps, OP_EQ, @$, $1, $3); }
  | expr NE expr                { $$ = mk_binary(ps, OP_NE, @$, $1, $3); }
  | expr AND expr               { $$ = mk_binary(ps, OP_AND, @$, $1, $3); }
  | expr OR expr                { $$ = mk_binary(ps, OP_OR, @$, $1, $3); }
  | expr IN unit %prec IN       { $$ = K2(IN, @$, $1, $3); }
  | '-' expr %prec NEG          { $$ = mk_unary(ps, OP_NEG, @$, $2); }
  | NOT expr                    { $$ = mk_unary(ps, OP_NOT, @$, $2); }
  | IF expr THEN expr ELSE expr { $$ = K3(IFX, @$, $2, $4, $6); }
  ;

postfix: primary
  | postfix '.' name            { $$ = NAMED(K1(MEMBER, @$, $1), $3, @3); }
  | postfix '(' args ')'        { $$ = mk_call(ps, @$, $1, $3); }
  | postfix '[' subs ']'        { $$ = with_list(ps, K1(INDEX, @$, $1), $3); }
  ;
primary: name                   { $$ = mk_name(ps, &$1, @1); }
  | NUMBER                      { $$ = mk_number(ps, &$1, @$, NULL); }
  | NUMBER after_number         { $$ = mk_number(ps, &$1, @$, $2); }
  | CINF                        { $$ = with_op(K0(CONST, @$), C_INF); }
  | CINF after_number           { $$ = with_op(K1(CONST, @$, $2), C_INF); }
  | CNAN                        { $$ = with_op(K0(CONST, @$), C_NAN); }
  | CNAN after_number           { $$ = with_op(K1(CONST, @$, $2), C_NAN); }
  | CPI                         { $$ = with_op(K0(CONST, @$), C_PI); }
  | CPI after_number            { $$ = with_op(K1(CONST, @$, $2), C_PI); }
  | CTRUE                       { $$ = with_op(K0(CONST, @$), C_TRUE); }
  | CFALSE                      { $$ = with_op(K0(CONST, @$), C_FALSE); }
  | string
  | '(' expr ')'                { $$ = with_flags($2, NF_PAREN); $$->span = @$; }
  | '[' ']'                     { $$ = K0(ARRAY, @$); }
  | '[' ']' after_number        { $$ = K1(ARRAY, @$, $3); }
  | '[' exprs ']'               { $$ = with_list(ps, K0(ARRAY, @$), $2); }
  | '[' exprs ']' after_number  { $$ = with_list(ps, K1(ARRAY, @$, $4), $2); }
  | comp
  | PREV name                   { $$ = K1(PREV, @$, mk_name(ps, &$2, @2)); }
  ;
comp: '[' expr FOR name IN range ']'
                                { $$ = NAMED(K2(COMP, @$, $2, $6), $4, @4); };

args: %empty                    { $$ = items_new(ps); }
  | args1
  ;
args1: arg                      { $$ = items_one(ps, $1); }
  | args1 ',' arg               { $$ = items_add(ps, $1, $3); }
  ;
arg: expr                       { $$ = K1(ARG, @$, $1); }
  | expr OVER TRIAL             { $$ = with_op(K1(ARG, @$, $1), 1); }
  | name '=' expr               { $$ = NAMED(K1(ARG, @$, $3), $1, @1); }
  ;

subs: sub                       { $$ = items_one(ps, $1); }
  | subs ',' sub                { $$ = items_add(ps, $1, $3); }
  ;
sub: expr
  | expr ':' expr               { $$ = K2(RANGE, @$, $1, $3); }
  | expr ':'                    { $$ = K1(RANGE, @$, $1); }
  | ':' expr                    { $$ = K2(RANGE, @$, NULL, $2); }
  | ':'                         { $$ = K0(RANGE, @$); }
  | WHERE expr                  { $$ = K1(WHERE, @$, $2); }
  ;

string: STRBEGIN strparts STREND
                                { $$ = with_list(ps, K0(STR, @$), $2); };
strparts: %empty                { $$ = items_new(ps); }
  | strparts STRTEXT            { Node *n = K0(STRTEXT, @2); n->text = $2.text; n->textn = $2.textn;
                                  $$ = items_add(ps, $1, n); }
  | strparts INTERPOPEN expr INTERPCLOSE
                                { Span at = span_join(@2, @4); Node *n = K1(INTERP, at, $3);
                                  n->text = $4.text; n->textn = $4.textn; $$ = items_add(ps, $1, n); }
  ;

// ---- units ----

after_number: UNIT %prec UNITONLY
                                { $$ = mk_unit(ps, $1.name, @1, 1); }
  | UNIT '^' exponent           { $$ = mk_unit(ps, $1.name, @$, $3.num); }
  ;
exponent: NUMBER                { $$ = mk_exponent(ps, 1, &$1, NULL, @$); }
  | '-' NUMBER                  { $$ = mk_exponent(ps, -1, &$2, NULL, @$); }
  | '(' NUMBER ')'              { $$ = mk_exponent(ps, 1, &$2, NULL, @$); }
  | '(' '-' NUMBER ')'          { $$ = mk_exponent(ps, -1, &$3, NULL, @$); }
  | '(' NUMBER '/' NUMBER ')'   { $$ = mk_exponent(ps, 1, &$2, &$4, @$); }
  | '(' '-' NUMBER '/' NUMBER ')'
                                { $$ = mk_exponent(ps, -1, &$3, &$5, @$); }
  ;

unit: unit_atom
  | unit '*' unit_atom          { $$ = with_op(K2(UNITOP, @$, $1, $3), OP_MUL); }
  | unit '/' unit_atom          { $$ = with_op(K2(UNITOP, @$, $1, $3), OP_DIV); }
  ;
unit_atom: unit_name
  | NUMBER                      { $$ = mk_unit_one(ps, &$1, @$); }
  | NUMBER after_number         { mk_unit_one(ps, &$1, @$); $$ = $2; }
  | '(' unit ')'                { $$ = with_flags($2, NF_PAREN); $$->span = @$; }
  ;
unit_name: IDENT %prec UNITONLY { $$ = mk_unit(ps, $1.name, @1, 1); }
  | IDENT '^' exponent          { $$ = mk_unit(ps, $1.name, @$, $3.num); }
  ;

// ---- names ----

names: name                     { $$ = items_one(ps, mk_name(ps, &$1, @1)); }
  | names ',' name              { $$ = items_add(ps, $1, mk_name(ps, &$3, @3)); }
  ;

name: IDENT | soft;
soft: AGAINST | ALL | AS | BATCH | CROSSES | DERIVATIVE | DETACHED | EACH | EPOCHS | EXTENDS | FROM | HOLDING | IMPURE
  | INDEGREE | INOUT | INTO | KERNEL | LIKE | MINIMIZE | MULTIPLE | NEAR | NO | OF | OFF | ONE | OUT | OUTDEGREE | OVER
  | PRESENT | PROBABILITY | SAME | SELF | SHARING | SPIKES | STEP | STEPS | SURROGATE | TITLE | TO | TOTAL | TRANSPOSED
  | TRIAL | WHEN | WITHIN;

%%

// The only other thing the parser itself has to say: "memory exhausted", that is, YYMAXDEPTH.
static void yyerror(const Span *span, Parser *ps, const char *text) {
  (void)text;
  parse_too_deep(ps, *span);
}

static int yyreport_syntax_error(const yypcontext_t *ctx, Parser *ps) {
  enum { LAST = T_WITHIN };
  yysymbol_kind_t symbols[YYNTOKENS];
  int expected[YYNTOKENS], n = 0, found = T_YYEOF;
  int nsymbols = yypcontext_expected_tokens(ctx, symbols, YYNTOKENS);
  bool wanted[YYNTOKENS] = {false};
  for (int k = 0; k < nsymbols; k++) wanted[symbols[k]] = true;
  for (int token = 0; token <= LAST; token++) {
    yysymbol_kind_t symbol = YYTRANSLATE(token);
    if (symbol == YYSYMBOL_YYUNDEF) continue;
    if (wanted[symbol]) expected[n++] = token;
    if (symbol == yypcontext_token(ctx)) found = token;
  }
  parse_unexpected(ps, found, *yypcontext_location(ctx), expected, n);
  return 0;
}

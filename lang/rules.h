// SPDX-License-Identifier: MIT
// The rules of the language, each one function that says what breaks it. Included by check_impl.h.
#ifndef HEBB_RULES_H
#define HEBB_RULES_H
struct Checker;

// words
const char *sym_words(const Sym *s);         // "a parameter"
const char *measured(Checker *c, Type want); // "measured in mV", "a time"

// names
void rule_unknown_name(Checker *c, Node *at, Atom name);
void rule_unknown_target(Checker *c, Node *at);
void rule_unknown_function(Checker *c, Node *call);
void rule_unknown_member(Checker *c, Node *n, const char *of, const char *const *names, int count);
void rule_unknown_base(Checker *c, Node *n);
void rule_unknown_neuron(Checker *c, Node *name);
void rule_unknown_synapse(Checker *c, Node *name);
void rule_unknown_learning(Checker *c, Node *name);
void rule_unknown_network(Checker *c, Node *name);
void rule_not_a_network(Checker *c, Node *n, const Sym *s);
void rule_network_item(Checker *c, Node *n);
void rule_dotted(Checker *c, Node *n, const char *what);
void rule_unknown_rule(Checker *c, Node *target);
void rule_name_twice(Checker *c, Span span, Sym *old);
void rule_not_a_value(Checker *c, Node *n, const Sym *s);
void rule_not_a_neuron(Checker *c, Node *n, const Sym *s);
void rule_not_a_synapse(Checker *c, Node *n, const Sym *s);
void rule_not_a_rule(Checker *c, Node *n, const Sym *s);
void rule_function_value(Checker *c, Node *n);
void rule_not_function(Checker *c, Node *call, Type t);
void rule_one_of_list(Checker *c, Node *n, Type t);
void rule_no_members(Checker *c, Node *n, Type t);
void rule_mixed_member(Checker *c, Node *n);
void rule_mixed_side(Checker *c, Node *n);
void rule_no_pair(Checker *c, Node *n);
void rule_pos_alone(Checker *c, Node *n);
void rule_use(Checker *c, Node *n, const char *name, const char *why);
void rule_use_cycle(Checker *c, Node *n, const char *name);
void rule_module_statement(Checker *c, Node *n);

// units and kinds
void rule_unit_unknown(Checker *c, Node *unit);
void rule_chain(Checker *c, Node *chain, Node *before, Node *quantity, Node *unit);
void rule_unit_twice(Checker *c, Node *n, Type t);
void rule_exponent(Checker *c, Node *base, Span exponent);
void rule_not_plain(Checker *c, Node *n, Type t, const char *what);
void rule_plain_argument(Checker *c, Node *call, Node *arg, Type t);
void rule_in_unit(Checker *c, Node *n, Type t, Type u);
void rule_scaled(Checker *c, Node *n, Type t, Node *scaled);
void rule_scaled_many(Checker *c, Span span);
void rule_quantity(Checker *c, Node *n, Type t, Type want, const char *what);
void rule_plot_axis(Checker *c, Node *first, Node *n, bool against);
void rule_scale_by(Checker *c, Node *n, Type t);
void rule_wrong_kind(Checker *c, Node *n, Type t, const char *want);
void rule_one_number(Checker *c, Node *n, Type t, const char *what);
void rule_not_whole(Checker *c, Node *n, Type t, const char *what);
void rule_not_condition(Checker *c, Node *n, Type t);
void rule_array_condition(Checker *c, Node *n, const char *of);
void rule_no_value(Checker *c, Node *n);
void rule_branches(Checker *c, Node *n, Type l, Type r);
void rule_join_texts(Checker *c, Node *n);
void rule_format(Checker *c, Node *part);
void rule_element(Checker *c, Node *elem, Type t, Type so_far);
void rule_not_array(Checker *c, Node *n, Type t);
void rule_where_index(Checker *c, Node *n, Type t);
void rule_index_kind(Checker *c, Node *n, Type t);
void rule_index_count(Checker *c, Node *n, int have, int used);
void rule_open_range(Checker *c, Node *n);
void rule_range_place(Checker *c, Node *n);

// calls
void rule_argument_count(Checker *c, Node *call, int least, int most);
void rule_argument_missing(Checker *c, Node *call, const char *name);
void rule_argument_twice(Checker *c, Node *arg);
void rule_unknown_argument(Checker *c, Node *arg, Node *call, const char *const *names, int n);
void rule_argument_kind(Checker *c, Node *call, Node *arg, const char *param, Type t, const char *want);
void rule_argument_unit(Checker *c, Node *call, Node *arg, const char *param, Type t, Type want);
void rule_column_twice(Checker *c, Node *arg, Atom name);
void rule_column_name(Checker *c, Node *arg);
void rule_recursion(Checker *c, Node *call);
void rule_return_missing(Checker *c, Node *f);
void rule_return_place(Checker *c, Node *n);
void rule_returns(Checker *c, Node *n, Type was, Type t);
void rule_native_param(Checker *c, Node *p);

// native functions (rules_native.c)
void rule_native_type(Checker *c, Node *unit, const char *meant);
void rule_native_untyped(Checker *c, Node *p);
void rule_native_default(Checker *c, Node *p);
void rule_native_sizes(Checker *c, Node *p, Node *size);
void rule_native_function_param(Checker *c, Node *p);
void rule_native_array(Checker *c, Node *p);
void rule_native_count_first(Checker *c, Node *p);
void rule_native_many(Checker *c, Node *n, int most);
void rule_native_nameless(Checker *c, Node *n);
void rule_native_text(Checker *c, Node *n);
void rule_native_axes(Checker *c, Node *call, Node *arg, const char *param, int want, int found);
void rule_native_twice(Checker *c, Node *arg, Node *first);
void rule_impure_place(Checker *c, Node *call, const char *name);
void rule_native_place(Checker *c, Node *arg, const char *param);
void rule_kernel_place(Checker *c, Node *call);
void rule_kernel_result(Checker *c, Node *call);
void rule_kernel_state(Checker *c, Node *arg, const char *param);
void rule_kernel_column(Checker *c, Node *arg, const char *param);
void rule_kernel_out_value(Checker *c, Node *arg, const char *param);

// bodies
void rule_array_in_body(Checker *c, Node *n);
void rule_body_reads_changed(Checker *c, Node *n, const Sym *s);
void rule_signal_in_body(Checker *c, Node *n, const Sym *s);
void rule_signal_reads(Checker *c, const Sym *v, Node *value);
void rule_assign_computed(Checker *c, Node *n, const Sym *s);
void rule_population_in_body(Checker *c, Node *n, const Sym *s);
void rule_body_function(Checker *c, Node *call, const Sym *f);
void rule_lane_function(Checker *c, Node *call, const Sym *f);
void rule_random_place(Checker *c, Node *call, const char *where);
void rule_xi_place(Checker *c, Node *n);
void rule_prev(Checker *c, Node *n);
void rule_statement_place(Checker *c, Node *n, const char *where);
void rule_useless(Checker *c, Node *n);
void rule_draw(Checker *c, Node *value);
void rule_assign_fixed(Checker *c, Node *n, const Sym *v);
void rule_assign_place(Checker *c, Node *n);
void rule_assign_item(Checker *c, Node *n, const Sym *s);
void rule_assign_const(Checker *c, Node *n, const Sym *s);
void rule_assign_read_in_body(Checker *c, Node *n, const Sym *s);
void rule_assign_copy(Checker *c, Node *n, const Sym *s);
void rule_assign_outer(Checker *c, Node *n, const Sym *s);
void rule_assign_int(Checker *c, Node *n, const Sym *s, Type t);
void rule_pre_in_post(Checker *c, Node *place);
void rule_once_reads(Checker *c, Node *n, bool pre);
void rule_shared_assign(Checker *c, Node *n, Node *place);

// neurons, synapses, rules
void rule_part_twice(Checker *c, Node *n, const Node *first, const char *what);
void rule_part_place(Checker *c, Node *n, const char *kind);
void rule_extends_kind(Checker *c, Node *n, const Sym *base);
void rule_param_unit(Checker *c, const Sym *v);
void rule_param_reads(Checker *c, const Sym *v, Node *value);
void rule_shared_reads(Checker *c, Node *n, const Sym *v, const char *what);
void rule_many_parts(Checker *c, Node *decl, int most);
void rule_deep_lets(Checker *c, const Sym *v);
void rule_type_cycle(Checker *c, const Sym *v);
void rule_let_cycle(Checker *c, Sym *const *path, int n);
void rule_init_cycle(Checker *c, const Sym *const *path, int n);
void rule_refractory(Checker *c, Node *n);
void rule_holding(Checker *c, Node *n, const Sym *v);
void rule_method(Checker *c, Atom name, Span span, const char *const *names, int n);
void rule_equation_state(Checker *c, Node *n, Node *d, Atom name, const Sym *v);
void rule_equation_kind(Checker *c, Node *d, const Sym *v);
void rule_equation_twice(Checker *c, Node *n, const Sym *v, const Node *first);
void rule_equation_unit(Checker *c, Node *n, const Equation *eq, Type left, Type right);
void rule_no_derivative(Checker *c, Node *n);
void rule_many_derivatives(Checker *c, Node *n);
void rule_many_factors(Checker *c, Node *n);

// networks
void rule_population_size(Checker *c, Node *n, double x);
void rule_no_size(Checker *c, Node *n);
void rule_unknown_entry(Checker *c, Node *target, const Model *m);
void rule_entry_fixed(Checker *c, Node *target, const Sym *v);
void rule_entry_target(Checker *c, Node *target);
void rule_unknown_event(Checker *c, const Node *at, const Node *on, const Model *source);
void rule_entry_twice(Checker *c, Node *n, const Node *first);
void rule_param_missing(Checker *c, Node *n, const Sym *v, const char *of);
void rule_unknown_param(Checker *c, Node *arg, Node *call, const char *const *names, int n);
void rule_population_array(Checker *c, Node *n);
void rule_not_a_population(Checker *c, Node *n, Type t, const char *what);
void rule_mixed_target(Checker *c, Node *n);
void rule_not_an_input(Checker *c, Node *n, const Model *m, const Sym *v);
void rule_which_input(Checker *c, Node *target, const Model *m, int count, const char *who);
void rule_no_via(Checker *c, Node *n);
void rule_no_pattern(Checker *c, Node *n);
void rule_weight_missing(Checker *c, Node *n, const Sym *w, const Model *syn);
void rule_stimulus_unit(Checker *c, Node *n, Type t, const Sym *input, const Model *m);
void rule_inject_reads(Checker *c, const Node *n);
void rule_no_weight(Checker *c, Node *n, const Model *syn);
void rule_no_source(Checker *c, Node *n);
void rule_lesson_method(Checker *c, Node *n);
void rule_neuron_weight(Checker *c, Node *n, const Model *m);
void rule_which_weight(Checker *c, Node *n, const Model *m, const Sym *one, const Sym *other);
void rule_injected_unit(Checker *c, Node *n, Node *inject, Type t, const Sym *input, const Model *post);
void rule_probability(Checker *c, Node *n, double p);
void rule_negative_count(Checker *c, Node *n, double x);
void rule_negative_delay(Checker *c, Node *n);
void rule_not_recordable(Checker *c, Node *n, Type t);
void rule_not_recorded(Checker *c, Node *n, const Sym *pop);
void rule_item_place(Checker *c, Node *n, const char *what);
void rule_run_in_block(Checker *c, Node *n);
void rule_collect_place(Checker *c, Node *n);
void rule_option(Checker *c, Node *target, const char *const *names, int n);
void rule_option_value(Checker *c, Node *b, const char *const *words, int n);
void rule_dt(Checker *c, Node *n);
void rule_tolerance(Checker *c, Node *n);
void rule_threads(Checker *c, Node *n);

#endif
